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
        // A plan needs no project; where there is one, it says which gate would be taken.
        let folder = try? ProjectLookup(context.surroundings).forRunning(
            project: context.arguments.value("project").map(context.path), mission: preparation.mission.id)
        var gate = GateLine(preparation.mission)
        gate.look(in: folder)
        return show(
            preparation.mission, slots: [], agent: nil, project: nil, gate: gate, context)
    }

    /// The commands of the gate and where they come from.
    struct GateLine {
        var commands: [String]
        /// `mission` (or typed), `detected`, `none`.
        var source: String
        var reason: String

        init(_ mission: Mission) {
            commands = mission.merge.gate
            source = commands.isEmpty ? "none" : "mission"
            reason = commands.isEmpty ? "the mission names none, and no project was looked at" : ""
        }

        init(_ plan: RunPlan) {
            self.init(plan.mission)
            switch plan.gateSource {
            case .named: break
            case .detected(let preset): (source, reason) = ("detected", preset.reason)
            case .none(let project): reason = Self.none(project)
            }
        }

        /// Takes the gate that a run in this project would take.
        mutating func look(in project: String?) {
            guard commands.isEmpty, let project else { return }
            reason = Self.none(project)
            guard let preset = GatePreset.detect(in: project) else { return }
            (commands, source, reason) = (preset.commands, "detected", preset.reason)
        }

        private static func none(_ project: String?) -> String {
            project == nil
                ? "the mission names none, and no project was looked at"
                : "the mission names none, and nothing in the project says how it is tested"
        }

        var text: String {
            let shown = commands.isEmpty ? "none" : commands.joined(separator: "; ")
            return TerminalText.escaped(reason.isEmpty ? shown : "\(shown) (\(reason))")
        }
    }

    static func show(_ plan: RunPlan, project: String, _ context: CommandContext) -> ExitStatus {
        show(
            plan.mission, slots: plan.slots, agent: plan.agentName, project: project, gate: GateLine(plan),
            context)
    }

    private static func show(
        _ mission: Mission, slots: [SlotSpec], agent: String?, project: String?, gate: GateLine,
        _ context: CommandContext
    ) -> ExitStatus {
        let summary = PlanSummary(mission.tasks)
        if context.wantsJSON {
            context.answer(document(mission, summary, slots: slots, agent: agent, project: project, gate))
        } else {
            write(mission, summary, slots: slots, agent: agent, project: project, gate, context)
        }
        return .done
    }

    private static func document(
        _ mission: Mission, _ summary: PlanSummary, slots: [SlotSpec], agent: String?, project: String?,
        _ gate: GateLine
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
            "gate": .array(gate.commands.map { .string($0) }), "gateSource": .string(gate.source),
            "gateReason": .string(gate.reason),
            "planning": .name(isToBePlanned(mission) ? mission.planningRole : nil),
        ]
    }

    private static func write(
        _ mission: Mission, _ summary: PlanSummary, slots: [SlotSpec], agent: String?, project: String?,
        _ gate: GateLine, _ context: CommandContext
    ) {
        let output = context.output
        let style = context.style
        let name = style.bold(TerminalText.escaped(mission.name))
        if mission.tasks.isEmpty {
            output.line(name)
        } else {
            output.line(
                name + ": " + Wording.plural(mission.tasks.count, "task")
                    + " in \(Wording.plural(summary.levels.count, "wave")), at most \(summary.width) side by side"
            )
            write(summary, context)
        }
        if !slots.isEmpty {
            let limit = mission.limits.maxConcurrency.map { ", at most \($0) at work at once" } ?? ""
            output.line("workers: \(slots.count)\(limit); agent: \(TerminalText.escaped(agent ?? ""))")
        }
        if isToBePlanned(mission), let role = mission.planningRole {
            let goal = mission.goal.isEmpty ? "; there is no goal yet: `--goal TEXT`" : ""
            output.line(
                "tasks: to be planned; `\(role)` turns the goal into tasks before anything else\(goal)")
        }
        for member in mission.team {
            if let rounds = member.rounds { output.line("rounds: \(member.id) \(Self.words(rounds))") }
        }
        output.line("gate: " + gate.text)
        if let budget = mission.limits.budget { output.line("budget: at most \(budget)") }
        if let project { output.line("project: " + TerminalText.escaped(project)) }
        output.line("Nothing was started.")
    }

    /// The tasks wave by wave, and the longest way through them.
    private static func write(_ summary: PlanSummary, _ context: CommandContext) {
        let output = context.output
        let style = context.style
        let critical = Set(summary.criticalPath)
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
    }

    /// Whether its tasks are made when it runs: it has none, or only the one that makes them.
    private static func isToBePlanned(_ mission: Mission) -> Bool {
        mission.planningRole != nil && mission.tasks.allSatisfy { $0.id == PlanPrompt.task }
            && mission.tasks.count < 2
            && (mission.tasks.isEmpty || mission.tasks[0].title == PlanPrompt.title)
    }

    private static func words(_ rounds: Rounds) -> String {
        var times = rounds.everyLandings.map { ["after every \($0) landings"] } ?? []
        if rounds.atEnd { times.append("at the end") }
        return times.joined(separator: " and ") + ", at most \(rounds.most)"
    }
}
