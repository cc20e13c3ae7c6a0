import CoordCore
import CoordModel

/// What is fixed for one simulation: the team, the limits, the tasks.
struct Scenario {
    var settings: RunSettings
    var tasks: [TaskSpec]
    /// Of a hundred pairs of tasks so many are red together, each green alone.
    var clashesPercent: Int
    /// No gate takes longer, in milliseconds.
    var gateLongest: Int

    private static let roles: [RoleID] = ["coder", "tester", "writer"]

    /// The scenario of a seed.
    init(_ chance: inout SeededGenerator) {
        let team = (1...chance.number(1...5)).map { number -> SlotSpec in
            var slot = SlotSpec(worker: WorkerID("w\(number)"), number: number)
            if chance.happens(perMille: 600) { slot.role = chance.pick(Self.roles) }
            if chance.happens(perMille: 500) { slot.capabilities = [.writesCode] }
            return slot
        }
        settings = RunSettings(
            slots: team, assignment: chance.pick(AssignmentStrategy.allCases),
            review: chance.pick([
                .none, .none, .none, .none, .none, .none, .human, .role("tester"), .role("nobody"),
            ]),
            callsModels: chance.happens(perMille: 600), gatesMax: chance.number(1...4),
            batchMax: chance.pick([1, 2, 4, 8]), seed: chance.next())
        clashesPercent = chance.pick([0, 0, 10, 40])
        gateLongest = chance.pick([500, 4000, 30_000])
        tasks = []
        limit(&chance)
        settings.leasesAheadMax = chance.number(0...8)
        settings.aheadWithin = .milliseconds(chance.pick([20, 1000, 5000]))
        settings.overlapEvery = chance.pick([nil, .seconds(1), .seconds(10)])
        settings.targetLookEvery = chance.pick([nil, .milliseconds(100), .seconds(2)])
        settings.overlapPatience = .seconds(chance.pick([1, 60]))
        // A rush of quick commands, beside the rest.
        let isRush = chance.happens(perMille: 500)
        for number in 0..<(isRush ? chance.number(10...40) : 0) {
            var spec = newTask(named: "q\(number)", after: tasks.map(\.id), &chance)
            spec.run = "true"
            spec.workspace = .none
            if chance.happens(perMille: 700) { spec.dependencies = [] }
            tasks.append(spec)
        }
        for number in 0..<chance.number(2...14) {
            tasks.append(newTask(named: "t\(number)", after: tasks.map(\.id), &chance))
        }
        if chance.happens(perMille: 200) {
            settings.rounds = [
                RoundRule(
                    member: "lead", role: chance.pick(Self.roles),
                    rounds: Rounds(
                        everyLandings: chance.pick([nil, 1, 3]), atEnd: chance.happens(perMille: 700),
                        most: chance.number(1...3)))
            ]
        }
        // What this one proposes is a plan: taken whole, or not at all.
        if chance.happens(perMille: 100) { settings.planTask = chance.pick(tasks).id }
    }

    private mutating func limit(_ chance: inout SeededGenerator) {
        if chance.happens(perMille: 300) { settings.limits.maxConcurrency = chance.number(1...3) }
        settings.limits.progressWithin = .seconds(chance.number(8...40))
        if chance.happens(perMille: 300) {
            settings.scale = Scale(
                min: chance.number(1...settings.slots.count), max: settings.slots.count,
                queueDepth: chance.number(1...4), idle: .seconds(chance.number(1...40)))
        }
        settings.limits.maxAttempts = chance.number(1...4)
        settings.workerLossesMax = chance.number(1...3)
        settings.conflictsMax = chance.number(1...3)
        settings.reviewRoundsMax = chance.number(1...3)
        if chance.happens(perMille: 100) { settings.protected = ProtectedPaths(named: ["f"]) }
        settings.proposalsPerTaskMax = chance.number(1...5)
        settings.proposalDepthMax = chance.number(1...3)
        settings.limits.taskTimeout = .seconds(chance.number(20...60))
        if chance.happens(perMille: 100) { settings.limits.runTimeout = .seconds(chance.number(60...300)) }
        for role in Self.roles {
            settings.roles[role] = Role(
                id: role, capabilities: chance.happens(perMille: 500) ? [.writesCode] : [])
        }
        guard settings.callsModels else { return }
        if chance.happens(perMille: 300) {
            settings.limits.budget = Money(microDollars: Int64(chance.number(1...8)) * 500_000)
        }
        if chance.happens(perMille: 200) {
            let slot = chance.number(0...(settings.slots.count - 1))
            settings.slots[slot].budget = Money(microDollars: Int64(chance.number(1...10)) * 100_000)
        }
        if chance.happens(perMille: 300) {
            settings.limits.rate.requestsPerMinute = Int64(chance.number(5...60))
        }
        if chance.happens(perMille: 300) {
            settings.limits.rate.inputTokensPerMinute = Int64(chance.number(1000...50_000))
        }
        if chance.happens(perMille: 200) {
            settings.limits.rate.outputTokensPerMinute = Int64(chance.number(300...9000))
        }
    }

    /// A task that needs some of those before it.
    func newTask(named name: String, after earlier: [TaskID], _ chance: inout SeededGenerator) -> TaskSpec {
        var spec = TaskSpec(id: TaskID(name))
        for _ in 0..<chance.pick([0, 0, 1, 1, 2, 3]) where !earlier.isEmpty {
            spec.dependencies.append(chance.pick(earlier))
        }
        spec.priority = chance.pick([0, 0, 0, -5, 5])
        if chance.happens(perMille: 400) { spec.role = chance.pick(Self.roles) }
        if chance.happens(perMille: 100) { spec.capabilities = [.writesCode] }
        if chance.happens(perMille: 200) { spec.run = "make" }
        if chance.happens(perMille: 100) { spec.workspace = .none }
        if chance.happens(perMille: 100) { spec.approval = true }
        if chance.happens(perMille: 50) { spec.risk = .high }
        if chance.happens(perMille: 200) { spec.maxAttempts = chance.number(1...3) }
        if chance.happens(perMille: 100) { spec.timeout = .seconds(chance.number(5...30)) }
        if chance.happens(perMille: 300) { spec.files = [chance.pick(["f", "h/**", "**", "x"])] }
        if chance.happens(perMille: 150) {
            spec.budget = Money(microDollars: Int64(chance.number(1...20)) * 50_000)
        }
        return spec
    }
}
