import CoordJSON
import CoordModel
import CoordStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord status`: where the run stands.
enum StatusCommand {
    private static let watchIntervalMicroseconds: UInt32 = 500_000

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        if let task = context.arguments.value("why") { return try WhyCommand.answer(task, context) }
        if context.arguments.has("watch") { return try watch(context) }
        let document = try StatusDocument(context.runReading(), at: context.now)
        if context.wantsJSON {
            context.answer(document.json)
        } else {
            context.output.write(
                document.text(columns: context.columns, style: context.style, now: context.now))
        }
        return .done
    }

    /// On a terminal one picture that is kept up to date; otherwise one document for each change.
    private static func watch(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let isPicture = context.surroundings.outputIsTerminal && !context.wantsJSON
        var area = LiveArea()
        var last: StatusDocument?
        while !context.output.isClosed {
            let reading = try context.runReading()
            var document = try StatusDocument(reading, at: context.now)
            if isPicture {
                let size = context.surroundings.terminalSize() ?? (80, 24)
                let text = document.text(columns: size.columns, style: context.style, now: context.now)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
                    String.init)
                context.output.write(area.frame(Array(lines.prefix(size.rows - 1)), columns: size.columns))
            } else {
                // The clock alone is no change.
                document.elapsed = last?.elapsed ?? document.elapsed
                document.heartbeatAges = [:]
                document.forgetTime()
                if document != last {
                    last = document
                    document.elapsed = try reading.elapsed(at: context.now)
                    if context.wantsJSON {
                        context.output.line(TerminalText.escapedJSON(document.json.text))
                    } else {
                        context.output.line(document.summaryLine)
                    }
                }
            }
            context.output.flush()
            if document.run.status.isFinal { break }
            usleep(watchIntervalMicroseconds)
        }
        return .done
    }
}

extension StatusDocument {
    /// One line for a reader that takes lines.
    fileprivate var summaryLine: String {
        "\(run.status.rawValue)  \(count(.completed))/\(total) completed, \(count(.inProgress)) at work, "
            + "\(count(.failed)) failed, \(Wording.money(run.spent)), \(Wording.duration(elapsed))"
    }
}

/// `coord why TASK`: what a task waits for.
enum WhyCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try answer(context.arguments.words[0], context)
    }

    static func answer(_ name: String, _ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let task = try reading.task(name)
        let sentence = try sentence(for: task.spec.id, reading, at: context.now)
        if context.wantsJSON {
            context.answer([
                "schema": "coord.why/1", "task": .name(task.spec.id), "status": .string(task.status.rawValue),
                "stage": .string(task.stage.rawValue), "since": .time(task.since),
                "sentence": .string(sentence),
            ])
        } else {
            context.output.line(TerminalText.escaped(sentence))
        }
        return .done
    }

    /// The sentence about a task that is known to be there.
    static func sentence(
        for id: TaskID, _ reading: RunReading, at now: Timestamp
    ) throws(CommandFailure) -> String {
        let tasks = try related(to: id, reading)
        let sentence = Explanation.sentence(
            for: id, run: reading.record, tasks: tasks, workers: try reading.workers(),
            targetMoves: try TargetMoves.read(reading), at: now)
        return sentence ?? "`\(id)` is not there any more"
    }

    /// The task, what it needs, and what is ahead of it: all that a sentence can be about.
    private static func related(to id: TaskID, _ reading: RunReading) throws(CommandFailure) -> [TaskRecord] {
        let store = reading.store, run = reading.record.id
        return try reading.read { () throws(StoreError) in
            guard let task = try store.task(run, id) else { return [] }
            var tasks = try store.tasks(run, TaskFilter(stages: [.queued, .checking]))
            tasks.removeAll { $0.spec.id == id }
            let known = Set(tasks.map(\.spec.id))
            for need in task.spec.dependencies where !known.contains(need) {
                if let record = try store.task(run, need) { tasks.append(record) }
            }
            return [task] + tasks
        }
    }
}
