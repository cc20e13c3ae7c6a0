package import CoordModel

/// What the agent that makes a plan is asked to do.
package enum PlanPrompt {
    /// The name of the planning task.
    package static let task: TaskID = "plan"

    package static let title = "Turn the goal into tasks"

    /// The first task of a mission that has none: the goal becomes the others.
    package static func spec(_ mission: Mission, role: RoleID, roles: [RoleID: Role]) -> TaskSpec {
        TaskSpec(
            id: task, title: title, prompt: text(mission, roles), role: role,
            category: "coordination")
    }

    private static func text(_ mission: Mission, _ roles: [RoleID: Role]) -> String {
        var team = ""
        var seen: Set<RoleID> = []
        for member in mission.team {
            let count = mission.team.filter { $0.role == member.role }.reduce(0) { $0 + $1.count }
            guard seen.insert(member.role).inserted else { continue }
            let what = roles[member.role].map { ": " + firstSentence($0.description) } ?? ""
            team += "- `\(member.role)` (\(count))\(what)\n"
        }
        let width = mission.limits.maxConcurrency.map { "; at most \($0) tasks are worked on at once" } ?? ""
        let budget = mission.limits.budget.map { "; the whole may cost \($0)" } ?? ""
        return """
            Turn the goal into a graph of tasks for the team. Look at the project first.

            Write the plan as JSON to the file that the environment variable `COORD_PLAN_OUT` names:

                { "tasks": [
                    { "id": "notes-api", "title": "Store and list notes", "role": "backend-dev",
                      "prompt": "…", "deps": [], "files": ["src/notes/**"], "checks": ["make test"] },
                    { "id": "notes-page", "title": "…", "prompt": "…", "deps": ["notes-api"] } ] }

            `id`, `title` and `prompt` are needed; `role`, `deps`, `files`, `checks`, `priority` and `category` where
            they say something. `deps` are ids of this plan. (An agent that cannot write files hands the plan in by
            the tool `hand_in_plan`, or says each task as a line `{"coord":"task","id":…,"prompt":…}`.) Each task is done by an agent that knows nothing but its
            prompt, the handoffs of what it needs, and the project: put in everything it needs. No circles, no
            task without a way to see that it is done, no two tasks at once on the same file.

            The team\(width)\(budget):

            \(team.isEmpty ? "any agent takes any task\n" : team)
            The plan is checked before anything of it starts; a wrong one comes back to you with the reasons. Your
            files in this folder do not land.
            """
    }

    private static func firstSentence(_ text: String) -> String {
        guard let end = text.firstIndex(where: { $0 == "." || $0 == ";" }) else { return text }
        return String(text[..<end])
    }
}
