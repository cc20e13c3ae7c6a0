import CoordModel
import CoordSimulation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

private func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

/// `COORD_SEED=n` lives through the day of that seed alone, and tells it line by line if it goes wrong.
private let chosenSeed = number("COORD_SEED")
/// `COORD_SEEDS=n` lives through so many days instead of 500; `COORD_FIRST_SEED` is where they begin.
private let seedCount = number("COORD_SEEDS") ?? 500
private let firstSeed = number("COORD_FIRST_SEED") ?? 0

@Suite("Simulation")
struct SimulationTests {
    private static let parts: UInt64 = 10

    @Test("bad days do no harm, and with faults gone everything ends", arguments: 0..<parts)
    func days(part: UInt64) {
        let all = chosenSeed.map { $0...$0 } ?? firstSeed...(firstSeed + max(1, seedCount) - 1)
        for seed in all where seed % Self.parts == part {
            var simulation = Simulation(seed: seed)
            if !simulation.run().violations.isEmpty { tell(seed) }
        }
    }

    /// Lives through the day again, and writes down how it came to its end.
    private func tell(_ seed: UInt64) {
        var again = Simulation(seed: seed, isTraced: true)
        let result = again.run()
        let lines = result.trace.suffix(chosenSeed == nil ? 40 : 4000).joined(separator: "\n")
        Issue.record("seed \(seed): \(result.violations.joined(separator: "; "))\n\(lines)")
    }
}
