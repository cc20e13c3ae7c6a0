/// Two sides whose changes do not unite as they stand: an attempt, and another or the target.
package struct Collision: Hashable, Sendable {
    package var lease: Lease
    /// Nil: what landed on the target since the attempt started.
    package var other: Lease?
    /// Where they clash, sorted.
    package var files: [String]

    package init(_ lease: Lease, with other: Lease?, files: [String]) {
        self.lease = lease
        self.other = other
        self.files = files
    }

    /// Whether both are about the same two sides, whatever the files.
    package func isSamePair(as collision: Collision) -> Bool {
        lease == collision.lease && other == collision.other
    }
}
