package import CoordModel

/// What a mission's graph looks like before anything starts: waves, the critical path, how wide it gets.
package struct PlanSummary: Sendable, Equatable {
    /// Tasks by wave: each needs only tasks of earlier waves.
    package var levels: [[TaskSpec]]
    package var criticalPath: [TaskID]
    /// Task, and how many tasks the longest chain from it to a goal has.
    package var weights: [TaskID: Int]

    /// The tasks were checked: every need is there and there is no cycle.
    package init(_ specs: [TaskSpec]) {
        var graph = TaskGraph()
        var numbers: [TaskID: Int] = [:]
        for spec in specs { numbers[spec.id] = graph.addNode() }
        for (node, spec) in specs.enumerated() {
            for need in spec.dependencies {
                guard let number = numbers[need] else { preconditionFailure("unchecked need \(need)") }
                graph.addEdge(from: number, to: node)
            }
        }
        graph.weigh()
        let waves = graph.levels()
        levels = Array(repeating: [], count: (waves.max() ?? -1) + 1)
        for (node, spec) in specs.enumerated() { levels[waves[node]].append(spec) }
        criticalPath = graph.criticalPath().map { specs[$0].id }
        weights = [:]
        for (node, spec) in specs.enumerated() { weights[spec.id] = Int(graph.weights[node]) }
    }

    /// The most tasks that could ever run side by side by waves.
    package var width: Int { levels.map(\.count).max() ?? 0 }
}
