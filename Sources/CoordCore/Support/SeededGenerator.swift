import CoordModel

/// A generator whose whole state is a value: the same seed gives the same chances (SplitMix64, Steele et al.
/// 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number of milliseconds from 0 to `limit`, both included.
    package mutating func jitter(upTo limit: Duration) -> Duration {
        let milliseconds = UInt64(max(0, limit.wholeMilliseconds))
        return .milliseconds(Int64(next() % (milliseconds + 1)))
    }
}
