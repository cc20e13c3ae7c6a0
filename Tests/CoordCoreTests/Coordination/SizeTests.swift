import CoordCore
import CoordModel
import Testing

/// Nothing here measures time: whatever costs time in proportion to the square of these numbers does not come
/// back.
@Suite("Sizes")
struct SizeTests {
    private let count = 20_000

    private func machine(_ specs: [TaskSpec], _ change: (inout RunSettings) -> Void = { _ in })
        -> CoordinatorStateMachine
    {
        var settings = RunSettings(slots: slots(nil, nil))
        change(&settings)
        var machine = CoordinatorStateMachine(settings: settings, at: at(0))
        _ = machine.start(specs, at: at(0))
        for slot in 0..<2 {
            _ = machine.handle(.workerStarted(slot: slot, Story.process), at: at(0))
            _ = machine.handle(.workerReady(slot: slot), at: at(0))
        }
        return machine
    }

    private func id(_ number: Int) -> TaskID { TaskID("t\(number)") }

    @Test("a hundred thousand tasks behind one fail with it and come back with it")
    func failingRoot() {
        let count = 100_000
        let specs =
            [TaskSpec(id: "root", maxAttempts: 1)]
            + (0..<count).map { TaskSpec(id: id($0), dependencies: ["root"]) } + [task("x!")]
        var machine = machine(specs)
        let failed = machine.handle(.worktreeFailed(slot: 1, lease("root"), reason: "x"), at: at(0))
        #expect(failed.count == count + 2)
        #expect(machine.handle(.commanded(.retryTask("root"), reply: 1), at: at(0)).count > count)
    }

    @Test("twenty thousand tasks behind one are cancelled with it, come back, and go on when it is skipped")
    func cancelledRoot() {
        let specs =
            [task("x!"), task("y!"), task("root")]
            + (0..<count).map { TaskSpec(id: id($0), dependencies: ["root"]) }
        var machine = machine(specs)
        for command in [
            Command.cancelTask("root"), .retryTask("root"), .skipTask("root"), .retryTask("root"),
        ] {
            #expect(machine.handle(.commanded(command, reply: 1), at: at(0)).count > count, "\(command)")
        }
        #expect(machine.contradictions() == [])
    }

    @Test("a chain of twenty thousand tasks fails from its root", arguments: AssignmentStrategy.allCases)
    func chain(strategy: AssignmentStrategy) {
        let specs = (0..<count).map {
            TaskSpec(id: id($0), dependencies: $0 == 0 ? [] : [id($0 - 1)], maxAttempts: 1)
        }
        var machine = machine(specs) { $0.assignment = strategy }
        let first = machine.handle(.worktreeFailed(slot: 0, lease("t0"), reason: "x"), at: at(0))
        #expect(first.count == count + 3)
    }

    @Test(
        "tasks added one by one, wide or in a chain, cost no more as the graph grows",
        arguments: [true, false])
    func adding(inAChain: Bool) {
        var machine = machine(graph("x!", "y!", "t0"))
        for number in 1...3000 {
            let spec = TaskSpec(id: id(number), dependencies: inAChain ? [id(number - 1)] : ["x"])
            _ = machine.handle(.commanded(.addTask(spec), reply: 1), at: at(0))
        }
        #expect(machine.stage(of: id(3000)) == .waiting)
        #expect(machine.contradictions() == [])
    }

    @Test("five thousand tasks wait for their next try, and none is looked at before its time")
    func retrying() {
        var machine = machine((0..<5000).map { TaskSpec(id: id($0)) }) { $0.retryDelay = .seconds(60) }
        var slot = 0
        for number in 0..<5000 {
            _ = machine.handle(.worktreeFailed(slot: slot, lease(id(number)), reason: "x"), at: at(0))
            slot = 1 - slot
        }
        var steps = 0
        while let next = machine.nextDeadline, next <= at(5), steps < 10_000 {
            _ = machine.handle(.elapsed, at: next)
            for slot in 0..<2 { _ = machine.handle(.workerBeat(slot: slot), at: next) }
            steps += 1
        }
        #expect(steps < 10_000 && machine.contradictions() == [])
    }

    @Test("an idle worker costs nothing for the tasks it cannot do", arguments: AssignmentStrategy.allCases)
    func idleBesideMany(strategy: AssignmentStrategy) {
        var settings = RunSettings(slots: slots("a", "b"), assignment: strategy)
        settings.suspectAfter = .seconds(1e6)
        settings.deadAfter = .seconds(2e6)
        var machine = CoordinatorStateMachine(settings: settings, at: at(0))
        _ = machine.start((0..<5000).map { TaskSpec(id: id($0), role: "b") }, at: at(0))
        _ = machine.handle(.workerStarted(slot: 0, Story.process), at: at(0))
        _ = machine.handle(.workerReady(slot: 0), at: at(0))
        for second in 1...5000 {
            let effects = machine.handle(.workerBeat(slot: 0), at: Timestamp(milliseconds: Int64(second)))
            if !effects.isEmpty { Issue.record("\(effects)") }
        }
    }

    @Test("twenty thousand records are restored in one pass")
    func restoration() {
        let time = at(0)
        let records = (0..<count).map { number -> TaskRecord in
            var record = TaskRecord(
                index: number,
                spec: TaskSpec(id: id(number), dependencies: number == 0 ? [] : [id(number / 2)]),
                proposedBy: nil, at: time)
            record.stage = number < 1000 ? .landed : number < 2000 ? .ready : .waiting
            return record
        }
        var machine = CoordinatorStateMachine(settings: RunSettings(slots: slots(nil)), at: time)
        let effects = machine.restore(
            tasks: records, costs: [], usageIDs: [], finished: [], process: Story.process, at: time)
        #expect(effects.count == 2)
        #expect(machine.contradictions() == [])
    }
}
