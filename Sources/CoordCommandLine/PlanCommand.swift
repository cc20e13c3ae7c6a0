import CoordCore
import CoordJSON
import CoordModel
import CoordRuntime

/// `coord plan` and `coord run --dry-run`: the graph, its waves and its critical path; starts nothing.
enum PlanCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard let argument = context.arguments.first else {
            throw CommandFailure(.wrongInput, "`coord plan` wants a mission")
        }
        let preparation = try MissionPreparation(argument, context)
        for warning in preparation.warnings { context.diagnostics.show(warning) }
        return show(preparation.mission, slots: [], agent: nil, project: nil, context)
    }

    static func show(_ plan: RunPlan, project: String, _ context: CommandContext) -> ExitStatus {
        show(plan.mission, slots: plan.slots, agent: plan.agentName, project: project, context)
    }

    private static func show(
        _ mission: Mission, slots: [SlotSpec], agent: String?, project: String?, _ context: CommandContext
    ) -> ExitStatus {
        let summary = PlanSummary(mission.tasks)
        if context.wantsJSON {
            context.answer(document(mission, summary, slots: slots, agent: agent, project: project))
        } else {
            write(mission, summary, slots: slots, agent: agent, project: project, context)
        }
        return .done
    }

    private static func document(
        _ mission: Mission, _ summary: PlanSummary, slots: [SlotSpec], agent: String?, project: String?
    ) -> JSONValue {
        let tasks = summary.levels.enumerated().flatMap { level, specs in
            specs.map { spec -> JSONValue in
                [
                    "id": .string(spec.id.rawValue), "title": .string(spec.title), "role": .name(spec.role),
                    "deps": .array(spec.dependencies.map { .string($0.rawValue) }), "level": .count(level),
                    "weight": .count(summary.weights[spec.id] ?? 0), "priority": .count(spec.priority),
                ]
            }
        }
        return [
            "schema": "coord.plan/1", "mission": .string(mission.id.rawValue), "name": .string(mission.name),
            "agent": .optional(agent), "project": .optional(project), "tasks": .array(tasks),
            "levels": .array(summary.levels.map { .array($0.map { .string($0.id.rawValue) }) }),
            "criticalPath": .array(summary.criticalPath.map { .string($0.rawValue) }),
            "width": .count(summary.width), "budgetUSD": .dollars(mission.limits.budget),
            "workers": .array(slots.map { ["id": .string($0.worker.rawValue), "role": .name($0.role)] }),
            "gate": .array(mission.merge.gate.map { .string($0) }),
        ]
    }

    private static func write(
        _ mission: Mission, _ summary: PlanSummary, slots: [SlotSpec], agent: String?, project: String?,
        _ context: CommandContext
    ) {
        let output = context.output
        let style = context.style
        let critical = Set(summary.criticalPath)
        output.line(
            style.bold(TerminalText.escaped(mission.name)) + ": "
                + Wording.plural(mission.tasks.count, "task")
                + " in \(Wording.plural(summary.levels.count, "wave")), at most \(summary.width) side by side"
        )
        for (level, specs) in summary.levels.enumerated() {
            output.line()
            output.line(style.dim("wave \(level + 1)"))
            for spec in specs {
                let mark = critical.contains(spec.id) ? style.yellow("◆") : "·"
                let role = spec.role.map { " (\($0))" } ?? ""
                let needs =
                    spec.dependencies.isEmpty
                    ? "" : style.dim(" needs " + spec.dependencies.map(\.rawValue).joined(separator: ", "))
                output.line(
                    "  \(mark) \(spec.id)\(style.dim(role))  \(TerminalText.escaped(spec.title))\(needs)")
            }
        }
        output.line()
        output.line(
            "critical path (\(summary.criticalPath.count)): "
                + summary.criticalPath.map(\.rawValue).joined(separator: " → "))
        if !slots.isEmpty {
            let limit = mission.limits.maxConcurrency.map { ", at most \($0) at work at once" } ?? ""
            output.line("workers: \(slots.count)\(limit); agent: \(TerminalText.escaped(agent ?? ""))")
        }
        if mission.planningRole != nil, mission.tasks.isEmpty {
            output.line("tasks: none yet; the planning role turns the goal into tasks")
        }
        output.line(
            "gate: "
                + (mission.merge.gate.isEmpty
                    ? "none" : TerminalText.escaped(mission.merge.gate.joined(separator: "; "))))
        if let budget = mission.limits.budget { output.line("budget: at most \(budget)") }
        if let project { output.line("project: " + TerminalText.escaped(project)) }
        output.line("Nothing was started.")
    }
}
