import CoordModel

/// Knows when to look whether somebody else moved the target, and how often that was since the last landing.
/// Never runs git, never reads the clock.
///
/// Looks are taken as long as something is built, tested or landed. Without them a commit of a person's would
/// show only at the landing: a gate's time after it was made, with the next one about to come.
struct TargetWatch: Sendable {
    private let every: Duration?
    private var nextLook: Timestamp?
    private var isLooking = false
    /// Where the target was seen, or moved by a landing. Nil: not known.
    private var known: ObjectID?
    private var moves = 0
    private var firstMove: Timestamp?

    /// - Parameter every: the distance of two looks. Nil: there are none.
    init(every: Duration?) { self.every = every }

    /// When the next look is due; nil while one is on its way, and when nothing waits to land.
    var deadline: Timestamp? { isLooking ? nil : nextLook }

    /// Whether a look is to be taken now.
    ///
    /// - Parameter isBusy: something is on its way to the target.
    mutating func isDue(isBusy: Bool, at now: Timestamp) -> Bool {
        guard let every, isBusy, !isLooking else {
            if !isBusy { nextLook = nil }
            return false
        }
        guard let due = nextLook else {
            nextLook = now + every
            return false
        }
        guard due <= now else { return false }
        nextLook = now + every
        isLooking = true
        return true
    }

    /// Where the target stood when something was first built on it. Of no account once that is known better.
    mutating func begins(at commit: ObjectID?) {
        if known == nil { known = commit }
    }

    /// A landing moved the target: whoever was in the way is not any more.
    mutating func landed(_ commit: ObjectID) {
        known = commit
        moves = 0
        firstMove = nil
    }

    /// A look is answered.
    mutating func looked() { isLooking = false }

    /// Answers what is to be recorded when somebody else had moved the target.
    mutating func saw(_ commit: ObjectID, by name: String, at now: Timestamp) -> Fact.Body? {
        defer { known = commit }
        guard let known, known != commit else { return nil }
        moves += 1
        let since = firstMove ?? now
        firstMove = since
        return .targetMoved(commit: commit, by: name, times: moves, since: since)
    }
}
