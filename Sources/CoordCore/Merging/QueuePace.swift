import CoordModel

/// How far the merge queue runs ahead, and how many candidates it tests together: measured, never guessed.
///
/// The window is that of Zuul's gate pipelines: one more with each landing, half after a failure, though
/// never under half of the gates, for one that stands idle lands nothing. The size of a batch follows
/// Dorfman's group testing (1943): with a share p of red candidates about 1/√p of them tested together cost
/// the fewest gates each.
package struct QueuePace: Sendable, Equatable {
    /// A gate shorter than this is not worth a shared verdict.
    private static let quickGate = Duration.seconds(2)
    /// What is assumed of red candidates before any was seen: 1 in 20, with the weight of 20 of them.
    private static let assumedReds = 1.0
    private static let assumedCandidates = 20.0

    /// How many gates may run side by side.
    package let parallel: Int
    /// How many candidates may be tested together.
    package let batch: Int
    /// How many groups of candidates are built ahead at the moment.
    package private(set) var window: Int
    /// What a gate takes, as a sliding mean. Nil: none was timed yet.
    package private(set) var gateTime: Duration?
    private var reds = assumedReds
    private var conflicts = 0.0
    private var candidates = assumedCandidates

    /// - Parameter gateTime: what a gate took before; nil when nobody knows.
    package init(parallel: Int, batch: Int, gateTime: Duration? = nil) {
        self.gateTime = gateTime
        self.parallel = max(1, parallel)
        self.batch = max(1, batch)
        window = max(1, parallel)
    }

    /// The share of candidates whose own change failed the gate.
    package var redShare: Double { min(1, reds / candidates) }
    /// The share of candidates that did not unite with the target.
    package var conflictShare: Double { conflicts / candidates }

    /// A gate ran so long.
    package mutating func gateTook(_ duration: Duration) {
        gateTime = gateTime.map { $0 + (duration - $0) * 0.3 } ?? duration
    }

    /// Candidates landed.
    package mutating func landed(_ count: Int) {
        candidates += Double(count)
        window = min(parallel, window + count)
    }

    /// A gate failed: what is tested behind it is likely to be for nothing.
    package mutating func turnedRed() { window = max((parallel + 1) / 2, window / 2) }

    /// A candidate's own change was red.
    package mutating func foundCulprit() {
        candidates += 1
        reds += 1
    }

    /// A candidate did not unite with the target.
    package mutating func conflicted() {
        candidates += 1
        conflicts += 1
    }

    /// How many of `waiting` candidates to test together now, with `free` gates at hand.
    package func size(waiting: Int, free: Int) -> Int { plan(waiting: waiting, free: free).size }

    /// The same decision in words.
    package func reason(waiting: Int, free: Int) -> String { plan(waiting: waiting, free: free).reason }

    private func plan(waiting: Int, free: Int) -> (size: Int, reason: String) {
        guard batch > 1 else { return (1, "`merge.batch` is 1: each candidate is tested by itself") }
        guard let gateTime else { return (1, "no gate was timed yet: each candidate is tested by itself") }
        let seconds = (gateTime.inSeconds * 10).rounded() / 10
        guard gateTime >= Self.quickGate else {
            return (1, "a gate takes \(seconds) s: each candidate is tested by itself")
        }
        guard waiting > free else {
            return (1, "\(waiting) wait and \(free) gates are free: each candidate is tested by itself")
        }
        let share = (waiting + window - 1) / window
        let best = max(1, Int((1 / redShare).squareRoot()))
        let size = max(1, min(batch, share, best))
        let percent = Int((redShare * 100).rounded())
        return (
            size,
            "a gate takes \(seconds) s, \(percent) % of the candidates are red, \(waiting) wait: "
                + (size == 1 ? "each is tested by itself" : "\(size) are tested together")
        )
    }
}
