import CPosix
package import CoordModel

/// The time of this process: the wall clock read once, advanced by the monotonic clock. It never runs
/// backwards, whatever happens to the wall clock.
package struct RuntimeClock: Sendable {
    private let wallAnchor: Int64
    private let monotonicAnchor: Int64

    /// Takes the wall clock's word once.
    package init() {
        monotonicAnchor = coord_monotonic_now()
        wallAnchor = coord_wall_now()
    }

    /// The present time.
    package func now() -> Timestamp {
        let nanoseconds = wallAnchor + (coord_monotonic_now() - monotonicAnchor)
        return Timestamp(milliseconds: nanoseconds / 1_000_000)
    }

    /// Nanoseconds of the monotonic clock, for measuring.
    package static func monotonicNanoseconds() -> Int64 { coord_monotonic_now() }
}
