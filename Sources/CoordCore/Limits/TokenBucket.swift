package import CoordModel

/// A token bucket over whole numbers: it fills at a steady rate up to one minute's worth.
///
/// The level is kept in sixty-thousandths of a token, so that one millisecond adds exactly `perMinute` of
/// them and nothing is ever rounded. A request above the capacity is granted alone, out of a full bucket, and
/// leaves a debt.
package struct TokenBucket: Sendable, Equatable {
    private static let scale: Int64 = 60_000
    /// No amount counts for more, and no debt grows beyond the same number of tokens: sums cannot overflow.
    private static let amountMax: Int64 = 1 << 42

    package private(set) var perMinute: Int64
    private var level: Int64
    private var filledAt: Timestamp

    /// A full bucket. `perMinute` is at least 1 and counts for 2⁴² at most.
    package init(perMinute: Int64, at now: Timestamp) {
        precondition(perMinute >= 1, "a bucket that never fills would wait for ever")
        self.perMinute = min(perMinute, Self.amountMax)
        level = self.perMinute * Self.scale
        filledAt = now
    }

    /// How long until `amount` may be taken; zero when it may be taken now.
    package mutating func wait(for amount: Int64, at now: Timestamp) -> Duration {
        refill(at: now)
        let wanted = min(Self.counted(amount), perMinute) * Self.scale
        guard wanted > level else { return .zero }
        return .milliseconds((wanted - level + perMinute - 1) / perMinute)
    }

    /// Takes the amount whether it is there or not. A level below zero is a debt that must fill up first.
    package mutating func take(_ amount: Int64, at now: Timestamp) {
        refill(at: now)
        level = max(level - Self.counted(amount) * Self.scale, -Self.amountMax * Self.scale)
    }

    /// Gives back what was taken and not used; the bucket never holds more than its capacity.
    package mutating func giveBack(_ amount: Int64, at now: Timestamp) {
        refill(at: now)
        level = min(level + Self.counted(amount) * Self.scale, perMinute * Self.scale)
    }

    /// Goes on at another rate. What is in the bucket stays, as far as it fits.
    package mutating func change(perMinute rate: Int64, at now: Timestamp) {
        refill(at: now)
        perMinute = min(max(rate, 1), Self.amountMax)
        level = min(level, perMinute * Self.scale)
    }

    /// Leaves at most so much in the bucket.
    package mutating func lower(to amount: Int64, at now: Timestamp) {
        refill(at: now)
        level = min(level, Self.counted(amount) * Self.scale)
    }

    private static func counted(_ amount: Int64) -> Int64 { min(max(amount, 0), amountMax) }

    /// A clock that stands or runs back adds nothing; a leap forward fills the bucket at most to its
    /// capacity.
    private mutating func refill(at now: Timestamp) {
        let elapsed = (now - filledAt).wholeMilliseconds
        guard elapsed > 0 else { return }
        filledAt = now
        let capacity = perMinute * Self.scale
        let missing = capacity - level
        level = elapsed >= missing / perMinute + 1 ? capacity : level + elapsed * perMinute
    }
}
