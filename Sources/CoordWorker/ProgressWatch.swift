import CoordModel
import CoordProcess
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells an agent that gets on from one that only lives: it says something, or its tree computes.
///
/// Output counts at once. Only after a silence of half a minute is the processor time of everything below the
/// worker looked at, each half minute: a twentieth of a core counts as work. A model that thinks elsewhere
/// looks like nothing; that is what the coordinator's patience is for.
struct ProgressWatch {
    private static let silenceNanoseconds: Int64 = 30_000_000_000
    private static let shareOfCore = 20

    private var seen: UInt64 = 0
    private var lookedAt: Int64 = 0
    private var computed = Duration.zero

    /// Whether there was progress since the last look. `signs` grows with every output.
    mutating func look(at signs: UInt64) -> Bool {
        let now = RuntimeClock.monotonicNanoseconds()
        if signs != seen {
            seen = signs
            lookedAt = now
            computed = .zero
            return true
        }
        guard now - lookedAt >= Self.silenceNanoseconds else { return false }
        let before = computed
        let elapsed = now - lookedAt
        computed = ProcessTable.processorTime(below: getpid())
        lookedAt = now
        // The first look at a silence has nothing to compare with: it gives the benefit of the doubt.
        guard before > .zero else { return computed > .zero }
        return (computed - before).wholeNanoseconds * Int64(Self.shareOfCore) >= elapsed
    }
}
