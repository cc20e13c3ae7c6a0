package import CoordModel

/// Keeps the replacements of workers apart: at most so many starts within any second, over all slots.
///
/// When a whole team dies at once its successors come in groups, and the machine is not drowned in starts.
/// Whoever must wait is given a turn of its own and need not ask again.
package struct StartPace: Sendable, Equatable {
    private let startsMax: Int
    private let period: Duration
    /// The newest turns, in their order; none is earlier than the one before.
    private var turns: [Timestamp] = []

    /// A little over a second by default, so that turns that are taken a moment late do not crowd.
    package init(startsMax: Int = 16, period: Duration = .milliseconds(1050)) {
        self.startsMax = max(1, startsMax)
        self.period = period
    }

    /// The next turn, `now` at the soonest. It is taken.
    package mutating func take(at now: Timestamp) -> Timestamp {
        var turn = max(now, turns.last ?? now)
        if turns.count == startsMax {
            turn = max(turn, turns[0] + period)
            turns.removeFirst()
        }
        turns.append(turn)
        return turn
    }
}
