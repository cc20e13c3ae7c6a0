package import CoordModel

/// Judges a plan that a planner's agent made: whether its tasks can be taken into the run as they are.
///
/// The tasks may name each other in any order. Linear in tasks and needs, but for the suggestions.
package enum PlanCheck {
    /// Everything that is wrong, as sentences without a full stop; empty: nothing.
    ///
    /// - Parameters:
    ///   - roles: whose tasks there can be; empty: nobody knows, and every name passes.
    ///   - taken: names that the run has already.
    package static func problems(
        _ plan: [TaskSpec], roles: Set<RoleID>, taken: Set<TaskID>, tasksMax: Int
    ) -> [String] {
        guard !plan.isEmpty else { return ["it has no task"] }
        guard plan.count <= tasksMax else { return ["it has more than \(tasksMax) tasks"] }
        var problems: [String] = []
        var numbers: [TaskID: Int] = [:]
        for (number, spec) in plan.enumerated() {
            if !spec.id.isValid { problems.append("`\(spec.id)` is no valid name for a task") }
            if taken.contains(spec.id) { problems.append("the run has a task `\(spec.id)` already") }
            if numbers.updateValue(number, forKey: spec.id) != nil {
                problems.append("two tasks are called `\(spec.id)`")
            }
        }
        for spec in plan { problems += self.problems(with: spec, numbers, roles) }
        if problems.isEmpty, let circle = circle(plan, numbers) {
            problems.append("its tasks wait for each other in a circle: " + circle)
        }
        return problems
    }

    private static func problems(
        with spec: TaskSpec, _ numbers: [TaskID: Int], _ roles: Set<RoleID>
    ) -> [String] {
        var problems: [String] = []
        if spec.prompt.allSatisfy(\.isWhitespace) { problems.append("task `\(spec.id)` has no prompt") }
        if spec.run != nil { problems.append("task `\(spec.id)` is a shell command; a plan is for agents") }
        if let role = spec.role, !roles.isEmpty, !roles.contains(role) {
            problems.append(
                "task `\(spec.id)` is for the role `\(role)`, which is not on the team"
                    + suggestion(for: role.rawValue, among: roles.map(\.rawValue).sorted()))
        }
        for need in spec.dependencies {
            if need == spec.id {
                problems.append("task `\(spec.id)` needs itself")
            } else if numbers[need] == nil {
                problems.append(
                    "task `\(spec.id)` needs `\(need)`, which is not in the plan"
                        + suggestion(for: need.rawValue, among: numbers.keys.map(\.rawValue).sorted()))
            }
        }
        return problems
    }

    private static func suggestion(for word: String, among names: [String]) -> String {
        Suggestion.nearest(to: word, among: names).map { "; did you mean `\($0)`?" }
            ?? "; there is " + names.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
    }

    /// A circle of needs as `a → b → a`; nil: there is none. Needs must all be in the plan. Nothing recurses.
    private static func circle(_ plan: [TaskSpec], _ numbers: [TaskID: Int]) -> String? {
        let needs = plan.map { spec in spec.dependencies.compactMap { numbers[$0] } }
        // How many of a task's needs were looked at; `needs.count + 1`: it is done with.
        var next = Array(repeating: 0, count: plan.count)
        var isOnPath = Array(repeating: false, count: plan.count)
        for start in plan.indices where next[start] == 0 {
            var path = [start]
            isOnPath[start] = true
            while let last = path.last {
                guard next[last] < needs[last].count else {
                    next[last] = needs[last].count + 1
                    isOnPath[last] = false
                    path.removeLast()
                    continue
                }
                let need = needs[last][next[last]]
                next[last] += 1
                if isOnPath[need], let first = path.firstIndex(of: need) {
                    return (path[first...] + [need]).map { "`\(plan[$0].id)`" }.joined(separator: " → ")
                }
                if next[need] == 0 {
                    path.append(need)
                    isOnPath[need] = true
                }
            }
        }
        return nil
    }
}
