import CoordJSON
import CoordModel
import CoordStore
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord handoff`: has a worker's session hand its task over to a fresh one, and shows the five steps.
enum HandoffCommand {
    private static let patienceMilliseconds: Int32 = 60_000
    private static let lookIntervalMicroseconds: UInt32 = 100_000

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let worker = context.arguments.words.first.map { WorkerID($0) }
        let command = try command(worker, context)
        let state = try context.journalProject()
        let before = context.arguments.has("continue") ? try steps(of: worker, context) : [:]
        let reply = try ControlCaller(state).ask(command, patienceMilliseconds: patienceMilliseconds)
        switch reply {
        case .refused(let reason, let hint):
            throw CommandFailure(.wrongInput, reason, hint: hint.isEmpty ? nil : hint)
        case .accepted(let text):
            if !context.wantsJSON { context.diagnostics.note(text) }
        }
        if context.arguments.has("no-wait") {
            if context.wantsJSON {
                context.answer(["schema": "coord.replies/1", "replies": [CommandCodec.encode(reply)]])
            }
            return .done
        }
        return try follow(worker, after: before, context)
    }

    /// How many steps of each handoff have ended.
    private static func steps(
        of worker: WorkerID?, _ context: CommandContext
    ) throws(CommandFailure) -> [String: Int] {
        var steps: [String: Int] = [:]
        for entry in try latest(of: worker, context.runReading()) { steps[key(entry)] = entry.steps.count }
        return steps
    }

    /// A task may have several.
    private static func key(_ entry: HandoffHistory.Entry) -> String {
        "\(entry.task) \(entry.record.number)"
    }

    private static func command(
        _ worker: WorkerID?, _ context: CommandContext
    ) throws(CommandFailure) -> Command {
        let arguments = context.arguments
        if arguments.has("continue") { return .continueHandoff(worker) }
        guard let worker else {
            throw CommandFailure(
                .wrongInput, "say which worker hands over", hint: "`coord workers` lists them")
        }
        var targets: [HandoffTarget] = []
        if let name = arguments.value("to") { targets.append(.worker(WorkerID(name))) }
        if let role = arguments.value("role") { targets.append(.role(RoleID(role))) }
        if let name = arguments.value("agent") {
            guard let agent = AgentChoice(name) else {
                throw CommandFailure(
                    .wrongInput, "`\(name)` is no agent that coord knows",
                    hint: Suggestion.nearest(to: name, among: AgentChoice.knownNames).map {
                        "did you mean `\($0)`?"
                    })
            }
            targets.append(.agent(agent))
        }
        guard targets.count <= 1 else {
            throw CommandFailure(.wrongInput, "`--to`, `--role` and `--agent` exclude each other")
        }
        let order = HandoffOrder(
            to: targets.first ?? .sameWorker, push: arguments.has("push"),
            reason: arguments.value("reason") ?? "asked for by a person")
        return .handOff(worker, order)
    }

    // MARK: Following

    /// Shows each step as it ends, until a new session has the work, a step fails, or the run is over.
    private static func follow(
        _ worker: WorkerID?, after before: [String: Int], _ context: CommandContext
    ) throws(CommandFailure) -> ExitStatus {
        var shown = before
        while true {
            let reading = try context.runReading()
            let latest = try latest(of: worker, reading)
            for entry in latest where !context.wantsJSON {
                for step in entry.steps.dropFirst(shown[key(entry)] ?? 0) {
                    context.output.line(line(step.step, step.outcome, context.style))
                }
                shown[key(entry)] = entry.steps.count
            }
            context.output.flush()
            let isOver = reading.record.status.isFinal || context.output.isClosed
            if isOver || !latest.isEmpty && latest.allSatisfy({ !isMoving($0, before) }) {
                return conclude(latest, context)
            }
            usleep(lookIntervalMicroseconds)
        }
    }

    /// The last handoff of each task that the worker handed over, or hands over now.
    private static func latest(
        of worker: WorkerID?, _ reading: RunReading
    ) throws(CommandFailure) -> [HandoffHistory.Entry] {
        var last: [TaskID: HandoffHistory.Entry] = [:]
        for entry in try HandoffHistory(reading).entries { last[entry.task] = entry }
        let own = last.values.filter { worker == nil || $0.record.from == worker }
            .sorted { ($0.record.beganAt, $0.task) < ($1.record.beganAt, $1.task) }
        return worker == nil ? own : Array(own.suffix(1))
    }

    /// One that goes on from a failed step stays failed until its next step has ended.
    private static func isMoving(_ entry: HandoffHistory.Entry, _ before: [String: Int]) -> Bool {
        switch entry.record.state {
        case .underway, .prepared: true
        case .failed: entry.steps.count <= before[key(entry)] ?? 0
        default: false
        }
    }

    private static func line(_ step: HandoffStep, _ outcome: HandoffStepOutcome, _ style: Style) -> String {
        let mark =
            switch outcome {
            case .done: style.green("✓")
            case .skipped: style.dim("–")
            case .failed: style.red("✗")
            }
        let name = TerminalText.padded(step.rawValue, to: 7)
        return "\(mark) \(name)  " + style.dim(TerminalText.escaped(outcome.detail))
    }

    private static func conclude(
        _ latest: [HandoffHistory.Entry], _ context: CommandContext
    ) -> ExitStatus {
        if context.wantsJSON {
            context.answer([
                "schema": "coord.handoffs/1",
                "handoffs": .array(latest.map { HandoffsCommand.json($0, at: context.now) }),
            ])
        }
        var status = ExitStatus.done
        for entry in latest {
            switch entry.record.state {
            case .failed:
                status = .needsDecision
                context.diagnostics.report(
                    CommandFailure(
                        .needsDecision,
                        "the step `\(entry.record.step.rawValue)` failed: \(entry.record.problem ?? ""); the "
                            + "session goes on and nothing was lost",
                        hint: "put it right, then `coord handoff \(entry.record.from) --continue`"))
            case .unacknowledged:
                context.diagnostics.note(
                    "the new session of `\(entry.task)` did not say what it does next; "
                        + "`coord handoff \(entry.record.from) --continue` goes back to the one before")
            case .withdrawn:
                context.diagnostics.note("`\(entry.task)` needed no handoff: its session ended before")
            case .prepared, .underway:
                context.diagnostics.note("`\(entry.task)` waits for a new session; `coord why \(entry.task)`")
            case .taken, .acknowledged, .over:
                guard let sheet = entry.record.sheet else { continue }
                context.diagnostics.note(
                    "\(entry.taker?.rawValue ?? "a new session") has `\(entry.task)`; "
                        + "`coord handoffs show \(entry.task)` shows \(sheet.file)")
            }
        }
        return status
    }
}
