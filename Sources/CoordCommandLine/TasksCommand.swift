import CoordJSON
import CoordModel
import CoordStore
import CoordWire

/// `coord tasks`: the tasks of a run.
enum TasksCommand {
    /// What `--status` takes: statuses, then the stages that say more.
    static let filters = {
        let statuses = TaskStatus.allCases.map(\.rawValue)
        return statuses + TaskStage.allCases.map(\.rawValue).filter { !statuses.contains($0) }
    }()

    // MARK: list

    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let filter = filter(context.arguments)
        let lines = try reading.read { () throws(StoreError) in
            try reading.store.taskLines(reading.record.id, filter)
        }
        if context.wantsJSON {
            context.answer("coord.tasks/1", "tasks", lines) { write($0, to: &$1) }
            return .done
        }
        guard !lines.isEmpty else {
            context.diagnostics.note(filter == .all ? "the run has no tasks" : "no task is like that")
            return .done
        }
        table(lines, context.style)
            .write(to: context.output, columns: context.columns, style: context.style)
        return .done
    }

    private static func filter(_ arguments: LowArguments) -> TaskFilter {
        let words = arguments.values("status")
        let stages = TaskStage.allCases.filter {
            words.contains($0.rawValue) || words.contains($0.status.rawValue)
        }
        return TaskFilter(
            stages: words.isEmpty ? nil : stages, offset: arguments.number("offset") ?? 0,
            limit: arguments.number("limit"))
    }

    private static func table(_ lines: [TaskLine], _ style: Style) -> TextTable {
        var table = TextTable(
            [
                .left("TASK"), .left("STATE"), .left("ROLE"), .left("WORKER"), .right("TRY"), .right("COST"),
                .flexible("TITLE"),
            ], rows: lines.count)
        for line in lines {
            // A title that repeats the name says nothing; what went wrong says more.
            var title = line.title == line.id.rawValue ? "" : line.title
            if line.stage.status != .completed, let error = line.lastError {
                title = title.isEmpty ? error : title + ": " + error
            }
            table.append(line.id.rawValue)
            table.append(
                Wording.stage(line.stage),
                style == .plain ? nil : { emphasised($0, line.stage, style) })
            table.append(line.role?.rawValue ?? "–")
            table.append(line.assignedTo?.rawValue ?? "–")
            table.append(line.attempt == 0 ? "–" : String(line.attempt))
            table.append(line.cost == .zero ? "–" : Wording.money(line.cost))
            table.append(title)
        }
        return table
    }

    static func emphasised(_ text: String, _ stage: TaskStage, _ style: Style) -> String {
        switch stage.status {
        case .pending: style.dim(text)
        case .inProgress: style.bold(text)
        case .completed: style.green(text)
        case .failed: style.red(text)
        case .skipped, .cancelled: style.yellow(text)
        }
    }

    /// A task as `tasks` and the API show it.
    static func write(_ line: TaskLine, to writer: inout MemberWriter) {
        writer.string("id", line.id.rawValue)
        writer.string("title", line.title)
        writer.string("status", line.stage.status.rawValue)
        writer.string("stage", line.stage.rawValue)
        writer.stringOrNull("role", line.role?.rawValue)
        writer.strings("deps", line.dependencies.map { $0.rawValue })
        writer.integer("priority", line.priority)
        writer.stringOrNull("assignedTo", line.assignedTo?.rawValue)
        writer.integer("attempt", line.attempt)
        writer.integer("retryCount", max(0, line.attempt - 1))
        writer.stringOrNull("lastError", line.lastError)
        writer.stringOrNull("branch", line.branch)
        writer.stringOrNull("commit", line.commit?.rawValue)
        writer.timeOrNull("startedAt", line.startedAt)
        writer.timeOrNull("completedAt", line.completedAt)
        writer.money("costUSD", line.cost)
    }

    /// The same as a tree.
    static func json(_ line: TaskLine) -> JSONValue { MemberWriter.tree { write(line, to: &$0) } }

    // MARK: show

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let task = try reading.task(context.arguments.words[0])
        let sentence = try WhyCommand.sentence(for: task.spec.id, reading, at: context.now)
        let history = try history(of: task.spec.id, reading)
        if context.wantsJSON {
            context.answer(document(task, sentence, history, run: reading.record.id))
        } else {
            context.output.write(text(task, sentence, history, context))
        }
        return .done
    }

    /// Everything that was recorded about the task, its agents' chatter left out.
    private static func history(
        of task: TaskID, _ reading: RunReading
    ) throws(CommandFailure) -> [StoredFact] {
        let chatter = [
            "progress.reported", "session.began", "content.given", "skills.ranked", "tool.started",
            "tool.completed",
        ]
        var facts: [StoredFact] = []
        var pages = FactPages(reading)
        try pages.forEach { fact in
            if fact.task == task, !chatter.contains(fact.type) { facts.append(fact) }
            return true
        }
        return facts
    }

    private static func document(
        _ task: TaskRecord, _ sentence: String, _ history: [StoredFact], run: RunID
    ) -> JSONValue {
        guard case .object(var members) = json(TaskLine(task)) else {
            preconditionFailure("a task is an object")
        }
        members["spec"] = task.spec.json
        members["conflicts"] = .count(task.conflicts)
        members["failures"] = .count(task.failures)
        members["workerLosses"] = .count(task.workerLosses)
        members["proposedBy"] = .name(task.proposedBy)
        members["since"] = .time(task.since)
        members["base"] = .optional(task.base?.rawValue)
        members["tree"] = .optional(task.tree?.rawValue)
        members["tokens"] = .tokens(task.tokens)
        return [
            "schema": "coord.task/1", "task": .object(members), "why": .string(sentence),
            "history": .array(history.map { EventsCommand.json($0, run: run) }),
        ]
    }

    private static func text(
        _ task: TaskRecord, _ sentence: String, _ history: [StoredFact], _ context: CommandContext
    ) -> String {
        let style = context.style
        func line(_ name: String, _ value: String?) -> String {
            guard let value, !value.isEmpty else { return "" }
            return style.dim(TerminalText.padded(name, to: 9)) + TerminalText.escaped(value) + "\n"
        }
        let spec = task.spec
        var text = style.bold(TerminalText.escaped(spec.id.rawValue)) + "  "
        text += TerminalText.escaped(spec.title == spec.id.rawValue ? "" : spec.title) + "\n"
        text += TerminalText.escaped(sentence) + "\n\n"
        text += line("role", spec.role?.rawValue)
        text += line("needs", spec.dependencies.map(\.rawValue).joined(separator: ", "))
        text += line("command", spec.run)
        text += line("checks", spec.checks.joined(separator: "; "))
        text += line("files", spec.files.joined(separator: ", "))
        text += line("priority", spec.priority == 0 ? nil : "\(spec.priority)")
        text += line("asked by", task.proposedBy.map { "the agent of \($0)" })
        text += line("worker", task.assignedTo.map { "\($0), attempt \(task.attempt)" })
        text += line("branch", task.branch)
        text += line("commit", task.commit?.rawValue)
        text += line(
            "cost", task.cost == .zero ? nil : Wording.money(task.cost) + ", " + Wording.tokens(task.tokens))
        text += line("error", task.lastError)
        if !spec.prompt.isEmpty { text += "\n" + TerminalText.escaped(spec.prompt, keepsLines: true) + "\n" }
        if !history.isEmpty { text += "\n" }
        for fact in history { text += EventsCommand.line(fact, style, columns: context.columns) + "\n" }
        return text
    }
}
