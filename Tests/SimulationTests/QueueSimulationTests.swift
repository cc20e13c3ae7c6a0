import CoordSimulation
import Testing

@Suite("The merge queue, simulated")
struct QueueSimulationTests {
    /// Six times 840: 5,040 landings.
    @Test(
        "5,000 landings at sixteen workers, two in five clashing: no red commit, none untested, none wronged",
        arguments: [1, 2, 4, 8, 16, 32])
    func neverRed(batch: Int) {
        var conditions = QueueSimulation.Conditions(tasks: 840, workers: 16, parallel: 16, batch: batch)
        // 1 − 0.969¹⁶ = 0.4: so many of the changes clash with one of sixteen others.
        conditions.clashPerMille = 31
        conditions.redPerMille = 20
        conditions.conflictPerMille = 20
        conditions.flakePerMille = 10
        var simulation = QueueSimulation(seed: UInt64(batch), conditions)
        let result = simulation.run()
        #expect(result.landed == 840)
        #expect(result.redLandings == 0 && result.untestedLandings == 0)
        #expect(result.wronged == 0)
        #expect(result.bounced > 80 && result.flakes > 0)
        #expect(batch < 4 || result.largestGroup > 1)
    }

    @Test("the same seed gives the same days")
    func sameDays() {
        var conditions = QueueSimulation.Conditions(tasks: 300, workers: 8, parallel: 4, batch: 8)
        conditions.redPerMille = 100
        var first = QueueSimulation(seed: 7, conditions)
        var second = QueueSimulation(seed: 7, conditions)
        #expect(first.run() == second.run())
    }
}
