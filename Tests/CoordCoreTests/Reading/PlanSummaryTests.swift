import CoordCore
import CoordModel
import Testing

@Suite("Plan summary")
struct PlanSummaryTests {
    @Test("waves, critical path, weights and width of a mission")
    func diamond() {
        let specs = graph("collect", "write <- collect", "draw <- collect", "ship <- write, draw", "aside")
        let plan = PlanSummary(specs)
        #expect(plan.levels.map { $0.map(\.id) } == [["collect", "aside"], ["write", "draw"], ["ship"]])
        #expect(plan.criticalPath == ["collect", "write", "ship"])
        #expect(plan.weights == ["collect": 3, "write": 2, "draw": 2, "ship": 1, "aside": 1])
        #expect(plan.width == 2)
    }

    @Test("a mission without tasks has no waves")
    func empty() {
        let plan = PlanSummary([])
        #expect(plan.levels == [] && plan.criticalPath == [] && plan.width == 0)
    }

    @Test("a plan of twenty thousand tasks is summed up along its edges")
    func size() {
        let specs = (0..<20_000).map {
            TaskSpec(id: TaskID("t\($0)"), dependencies: $0 == 0 ? [] : [TaskID("t\(($0 - 1) / 2)")])
        }
        let plan = PlanSummary(specs)
        #expect(plan.levels.count == 15 && plan.width == 8192)
    }
}
