import CoordCore
package import CoordModel

/// One bad day of a coordinator, out of a seed: first things go wrong and nothing may ever be wrong about it;
/// then nothing goes wrong any more and everything must come to its end.
///
/// The same seed gives the same day. `run` takes milliseconds; the day takes minutes.
package struct Simulation {
    /// How a day ended.
    package struct Result: Sendable {
        package var seed: UInt64
        /// What must never happen and did; empty when the day was survived.
        package var violations: [String]
        /// How long the day was.
        package var elapsed: Duration
        package var turns: Int
        package var facts: [Fact]
        /// How often the run was taken up by another coordinator.
        package var restarts: Int
        package var landed: Int
        /// How often each fault struck.
        package var strikes: [Fault: Int]
        /// What happened, line by line, if it was asked for.
        package var trace: [String]
    }

    private let seed: UInt64
    private var world: SimulatedWorld

    /// The faults last so long, a random part of it.
    private static let badTimeMax = 150_000
    /// With faults gone, a run that has not ended after so long never will.
    private static let goodTimeMax = Duration.seconds(4 * 3600)
    private static let stepsMax = 300_000

    package init(seed: UInt64, isTraced: Bool = false) {
        self.seed = seed
        var chance = SeededGenerator(seed: seed)
        let scenario = Scenario(&chance)
        let plan = FaultPlan.drawn(from: &chance)
        world = SimulatedWorld(scenario, plan: plan, chance: chance, isTraced: isTraced)
    }

    /// Lives through the day.
    package mutating func run() -> Result {
        let morning = world.now
        world.startRun()
        world.plan(.personActs, in: .seconds(1))
        let noon = morning + world.chance.milliseconds(5000...Self.badTimeMax)
        while world.now < noon, isGoingOn, world.step() {}
        var steps = 0
        if isGoingOn {
            world.note("from now on nothing goes wrong")
            world.plan = .none
            steps = liveOn(until: noon + Self.goodTimeMax)
        }
        if isGoingOn {
            world.safety.violate(
                "with faults gone the run did not end in \(steps) steps and \(world.now - noon): \(stages)")
        }
        if world.safety.violations.isEmpty { foldAnew() }
        return result(since: morning)
    }

    private var isGoingOn: Bool {
        guard world.safety.violations.isEmpty else { return false }
        guard let finish = world.finish else { return true }
        return finish.status == .stopped && finish.exitStatus != 5
    }

    /// People look after the run now and then.
    private mutating func liveOn(until evening: Timestamp) -> Int {
        var steps = 0
        var nextLook = world.now
        while world.now < evening, steps < Self.stepsMax, isGoingOn, world.step() {
            steps += 1
            guard world.now >= nextLook else { continue }
            world.heal()
            nextLook = world.now + .seconds(20)
        }
        return steps
    }

    private var stages: String {
        world.projection.tasks.filter { !$0.status.isFinal }
            .map { "\($0.spec.id):\($0.stage)" }.joined(separator: " ")
    }

    /// The journal folded from its first fact says what the kept records say.
    private mutating func foldAnew() {
        var anew = Projection()
        for fact in world.facts { anew.apply(fact) }
        let kept = world.projection
        world.safety.expect(anew.run == kept.run, "the run, folded anew, is another")
        world.safety.expect(anew.tasks == kept.tasks, "the tasks, folded anew, are others")
        world.safety.expect(anew.workers == kept.workers, "the workers, folded anew, are others")
        world.safety.expect(anew.costs == kept.costs, "the costs, folded anew, are others")
    }

    private func result(since morning: Timestamp) -> Result {
        var strikes: [Fault: Int] = [:]
        for fault in Fault.allCases { strikes[fault] = world.strikes[fault.rawValue] }
        return Result(
            seed: seed, violations: world.safety.violations, elapsed: world.now - morning, turns: world.turns,
            facts: world.facts, restarts: world.epoch,
            landed: world.project.history.count { $0.landing != nil },
            strikes: strikes, trace: world.trace ?? [])
    }
}
