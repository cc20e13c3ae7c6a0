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

    /// A gate takes 60 s, a look at the target comes every 0.5 s, building and landing take 0.03 s.
    private static func disturbed(parallel: Int, batch: Int) -> QueueSimulation.Conditions {
        var conditions = QueueSimulation.Conditions(
            tasks: 150, workers: 16, parallel: parallel, batch: batch)
        conditions.pauses = .milliseconds(60_600)...(.milliseconds(61_000))
        conditions.looksEvery = .milliseconds(500)
        return conditions
    }

    @Test(
        "something lands in every pause between two commits of a person that is longer than a gate",
        arguments: [(1, 1), (1, 8), (4, 1), (16, 8)])
    func disturbance(parallel: Int, batch: Int) {
        var simulation = QueueSimulation(seed: 3, Self.disturbed(parallel: parallel, batch: batch))
        let result = simulation.run()
        #expect(result.landed == 150 && result.byHand > 5)
        // The first pause may be over before the first worker hands in.
        #expect(result.barren <= 2)
    }

    @Test(
        "a red group is parted further from pause to pause, and every task lands in the end",
        arguments: [(1, 8), (4, 8), (16, 32)])
    func disturbedGroups(parallel: Int, batch: Int) {
        var conditions = Self.disturbed(parallel: parallel, batch: batch)
        conditions.redPerMille = 100
        conditions.clashPerMille = 10
        conditions.flakePerMille = 10
        var simulation = QueueSimulation(seed: 5, conditions)
        let result = simulation.run()
        #expect(result.landed == 150 && result.redLandings == 0 && result.untestedLandings == 0)
        #expect(result.wronged == 0 && result.bounced > 5)
        // A second look, halves of eight, four and two, and a look at the target itself.
        #expect(result.barren <= 8)
    }

    @Test("without looks at the target the same pauses let nothing land for a long time")
    func unseen() {
        var conditions = Self.disturbed(parallel: 1, batch: 1)
        conditions.looksEvery = nil
        conditions.within = .seconds(60 * 60 * 24)
        var simulation = QueueSimulation(seed: 3, conditions)
        #expect(simulation.run().barren > 30)
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
