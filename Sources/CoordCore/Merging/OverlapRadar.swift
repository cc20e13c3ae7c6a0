package import CoordModel

/// Knows which living attempts touch which files and which of them would not unite; decides when to look
/// again. Never runs git, never reads the clock.
///
/// Looks follow each other at a distance; a moved target brings the next one forward. One is on its way at
/// most, and none while nobody works.
package struct OverlapRadar: Sendable {
    /// An attempt whose worktree can be looked at.
    package struct Attempt: Sendable, Hashable {
        package var slot: Int
        package var lease: Lease
        package var base: ObjectID
        /// Whether its files are to be read; else what was seen last is good enough.
        package var isFresh: Bool

        package init(slot: Int, lease: Lease, base: ObjectID, isFresh: Bool) {
            self.slot = slot
            self.lease = lease
            self.base = base
            self.isFresh = isFresh
        }
    }

    /// What a look found.
    package struct Sighting: Sendable, Hashable {
        /// What each attempt changed so far, sorted.
        package var touched: [Lease: [String]]
        package var collisions: [Collision]

        package init(touched: [Lease: [String]] = [:], collisions: [Collision] = []) {
            self.touched = touched
            self.collisions = collisions
        }
    }

    /// Attempts of which nothing was heard are read too, so many with each look, in turn.
    private static let quietPerLook = 2

    private let every: Duration?
    private(set) var collisions: [Collision] = []
    private var touched: [Lease: [String]] = [:]
    private var nextLook: Timestamp?
    private var isLooking = false
    /// When the files of each attempt were read last.
    private var readAt: [Lease: Timestamp] = [:]

    /// - Parameter every: the distance of two looks. Nil: there are none.
    package init(every: Duration?) { self.every = every }

    var isOn: Bool { every != nil }
    /// When the next look is due; nil while one is on its way, and when there is nothing to see.
    var deadline: Timestamp? { isLooking ? nil : nextLook }

    /// What a living attempt changed, as far as it was seen.
    func files(of lease: Lease) -> [String] { touched[lease] ?? [] }

    /// An attempt begins to work in a worktree.
    package mutating func began(at now: Timestamp) {
        guard let every, nextLook == nil else { return }
        nextLook = now + every
    }

    /// What landed may be in somebody's way.
    mutating func targetMoved(at now: Timestamp) {
        guard let every, let planned = nextLook else { return }
        nextLook = min(planned, now + every / 4)
    }

    /// The look to take now, if it is time.
    ///
    /// - Parameter living: the attempts at work; `progress` is when each was last heard to get on.
    package mutating func look(
        at now: Timestamp, _ living: () -> [(attempt: Attempt, progress: Timestamp)]
    ) -> [Attempt]? {
        guard let every, !isLooking, let due = nextLook, due <= now else { return nil }
        let living = living()
        guard !living.isEmpty else {
            nextLook = nil
            return nil
        }
        nextLook = now + every
        isLooking = true
        var attempts = living.map(\.attempt)
        let quiet = living.indices.filter { index in
            guard let read = readAt[attempts[index].lease] else { return false }
            return living[index].progress <= read
        }
        // The longest unread first; of equals the first.
        let inTurn = quiet.sorted {
            (readAt[attempts[$0].lease]!, $0) < (readAt[attempts[$1].lease]!, $1)
        }.prefix(Self.quietPerLook)
        let unread = Set(quiet).subtracting(inTurn)
        for index in attempts.indices {
            attempts[index].isFresh = !unread.contains(index)
            if attempts[index].isFresh { readAt[attempts[index].lease] = now }
        }
        return attempts
    }

    /// Takes a look's answer in. What it says of attempts that are over is left out.
    ///
    /// - Parameter held: attempts whose work is not handed in yet; what they touched is still known.
    package mutating func seen(
        _ sighting: Sighting, living: Set<Lease>, held: Set<Lease>
    ) -> (found: [Collision], cleared: [Collision]) {
        isLooking = false
        touched = touched.filter { held.contains($0.key) }
        touched.merge(sighting.touched.filter { living.contains($0.key) }) { $1 }
        readAt = readAt.filter { living.contains($0.key) }
        let now = sighting.collisions.filter { collision in
            living.contains(collision.lease) && collision.other.map(living.contains) ?? true
        }
        let cleared = collisions.filter { old in !now.contains { $0.isSamePair(as: old) } }
        let found = now.filter { !collisions.contains($0) }
        collisions = now
        return (found, cleared)
    }

    /// The attempt is over, and with it what it was part of.
    mutating func ended(_ lease: Lease) -> [Collision] {
        readAt[lease] = nil
        let cleared = collisions.filter { $0.lease == lease || $0.other == lease }
        collisions.removeAll { $0.lease == lease || $0.other == lease }
        return cleared
    }
}
