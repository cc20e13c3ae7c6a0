import CoordModel

// MARK: - The plan

/// A mission without tasks begins with one: its agent turns the goal into the others.
///
/// What that agent proposes is kept until it ends and is then judged as a whole: either all of it becomes
/// tasks, in one turn, or none, and the next attempt is told why. Its files do not land.
extension CoordinatorStateMachine {
    func isPlan(_ node: Int) -> Bool { settings.planTask == tasks[node].spec.id }

    /// Takes a task into the plan that is being made. One above the limit is kept, so that the limit shows.
    mutating func collect(_ proposal: TaskSpec, for node: Int) {
        guard tasks[node].planned.count <= settings.planTasksMax else { return }
        tasks[node].planned.append(proposal)
    }

    /// The planner ended well: its plan becomes tasks, or goes back with everything that is wrong with it.
    mutating func concludePlan(_ node: Int) {
        let plan = tasks[node].planned.map { spec -> TaskSpec in
            var spec = spec
            spec.role = spec.role.map(ownName)
            // That the plan itself must be there is no need of a task.
            spec.dependencies = distinct(spec.dependencies).filter { $0 != settings.planTask }
            return spec
        }
        tasks[node].planned = []
        let problems = PlanCheck.problems(
            plan, roles: rolesForPlans, taken: Set(numbers.keys), tasksMax: settings.planTasksMax)
        guard let first = problems.first else {
            tasks[node].proposals = plan.count
            setState(node, .completed)
            addTasks(plan, proposedBy: node)
            record(.taskCompleted(tasks[node].lease, note: "planned \(plan.count) tasks"))
            satisfy(node)
            return
        }
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        let list = problems.prefix(Self.planProblemsMax).map { "- " + $0 }.joined(separator: "\n")
        retryOrFail(
            node, reason: "the plan is refused: \(first)\(more)",
            note: "Your plan was refused, and no task of it was taken. What is wrong with it:\n\n\(list)\n\n"
                + "Hand in the whole plan again, mended.")
    }

    /// How many faults of a plan its next attempt is told.
    private static let planProblemsMax = 30

    /// The roles of those who can take tasks; of a team without roles, all there are.
    private var rolesForPlans: Set<RoleID> {
        let team = Set(slots.compactMap(\.spec.role))
        return team.isEmpty ? Set(settings.roles.keys) : team
    }

    /// The name by which a role is known that answers to this one.
    private func ownName(_ role: RoleID) -> RoleID {
        if settings.roles[role] != nil { return role }
        return settings.roles.values.filter { $0.aliases.contains(role) }.map(\.id).min() ?? role
    }
}
