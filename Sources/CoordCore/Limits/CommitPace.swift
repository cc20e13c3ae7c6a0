/// Decides how long a turn waits for more news before it is recorded, so that one synced commit serves
/// several workers at once.
///
/// A wait pays only while tasks are shorter than a commit: then whoever was given a task last is about to
/// answer. With tasks that take longer, with a journal that costs next to nothing, or with nobody left to
/// answer, nothing waits. Times are nanoseconds of any one clock that does not go back.
package struct CommitPace: Sendable, Equatable {
    /// Commits cheaper than this are not worth a wait.
    private static let commitMin: Int64 = 100_000
    /// No turn waits longer, however slow the disk is.
    private static let patienceMax: Int64 = 1_000_000

    /// When the task of each slot was handed out; nil: it has none.
    private var handedOut: [Int64?]
    /// What a commit costs, as a sliding mean.
    private var commit: Int64 = 0
    /// Whether somebody answered within the time of a commit since the last one.
    private var sawQuickAnswer = false

    package init(slots: Int) { handedOut = Array(repeating: nil, count: slots) }

    /// A slot was given a task.
    package mutating func handedOut(to slot: Int, at now: Int64) { handedOut[slot] = now }

    /// A slot answered.
    package mutating func answered(_ slot: Int, at now: Int64) {
        if let since = handedOut[slot], now - since < window { sawQuickAnswer = true }
        handedOut[slot] = nil
    }

    /// A commit took so long.
    package mutating func committed(in duration: Int64) {
        commit = commit == 0 ? duration : commit + (duration - commit) / 8
        sawQuickAnswer = false
    }

    /// How long a turn that has news may wait for more; 0: not at all.
    package func patience(at now: Int64) -> Int64 {
        guard sawQuickAnswer, commit >= Self.commitMin else { return 0 }
        let isAwaited = handedOut.contains { since in since.map { now - $0 < window } ?? false }
        return isAwaited ? min(commit / 2, Self.patienceMax) : 0
    }

    /// An answer within this time counts as quick: the commit that handed the task out is over before, and
    /// twice its time is what a wait could still save.
    private var window: Int64 { commit * 2 }
}
