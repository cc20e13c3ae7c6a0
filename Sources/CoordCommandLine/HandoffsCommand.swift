import CoordCore
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// `coord handoffs`: what was handed over, to whom, and what is owed.
enum HandoffsCommand {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let entries = try HandoffHistory(context.runReading()).entries
        if context.wantsJSON {
            context.answer([
                "schema": "coord.handoffs/1",
                "handoffs": .array(entries.map { json($0, at: context.now) }),
            ])
            return .done
        }
        guard !entries.isEmpty else {
            context.diagnostics.note("nothing was handed over in this run")
            return .done
        }
        var table = TextTable([
            .left("TASK"), .left("FROM"), .left("TO"), .left("STATE"), .right("AGE"), .left("WRITTEN BY"),
            .flexible("WHY"),
        ])
        for entry in entries {
            let record = entry.record
            let origin = record.sheet.map { $0.origin == .agent ? "the agent" : "coord" } ?? "–"
            table.append([
                .init("\(entry.task)#\(record.attempt)"), .init(record.from.rawValue),
                .init(entry.taker?.rawValue ?? record.order.to.description),
                .init(entry.stateText) { entry.isOwed ? context.style.yellow($0) : $0 },
                .init(Wording.duration(entry.age(at: context.now))), .init(origin),
                .init(record.problem ?? record.order.reason),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        return .done
    }

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let name = context.arguments.words[0]
        let entries = try HandoffHistory(reading).entries
        guard let entry = find(name, entries) else {
            let names = entries.flatMap { [$0.task.rawValue, $0.name] }
            throw CommandFailure(
                .wrongInput, "run `\(reading.record.id)` has no handoff `\(name)`",
                hint: Suggestion.nearest(to: name, among: names).map { "did you mean `\($0)`?" }
                    ?? "`coord handoffs` lists them")
        }
        let text = try text(of: entry, reading)
        if context.wantsJSON {
            guard case .object(var members) = json(entry, at: context.now) else {
                preconditionFailure("a handoff is an object")
            }
            members["document"] = text.flatMap { HandoffText.parse($0) }.map(json) ?? .null
            context.answer(["schema": "coord.handoff/1", "handoff": .object(members)])
        } else if let text {
            context.output.write(TerminalText.escaped(text, keepsLines: true))
        } else {
            context.diagnostics.note("the document of this handoff is not written yet")
        }
        return .done
    }

    /// By the document's name, else the last of a task or of a worker.
    private static func find(_ name: String, _ entries: [HandoffHistory.Entry]) -> HandoffHistory.Entry? {
        entries.last { $0.name == name } ?? entries.last { $0.task.rawValue == name }
            ?? entries.last { $0.record.from.rawValue == name }
    }

    private static func text(
        of entry: HandoffHistory.Entry, _ reading: RunReading
    ) throws(CommandFailure) -> String? {
        guard let sheet = entry.record.sheet else { return nil }
        do throws(SystemError) {
            return try Files.readText(reading.state.handoffs + "/" + sheet.file, limitBytes: 1 << 20)
        } catch { throw CommandFailure(error) }
    }

    // MARK: JSON

    static func json(_ entry: HandoffHistory.Entry, at now: Timestamp) -> JSONValue {
        let record = entry.record
        let sheet = record.sheet
        return [
            "task": .name(entry.task), "attempt": .count(record.attempt), "number": .count(record.number),
            "from": .name(record.from), "to": .string(record.order.to.description),
            "taker": .name(entry.taker),
            "reason": .string(record.order.reason), "automatic": .bool(record.order.isAutomatic),
            "state": .string(record.state.rawValue), "debt": .bool(entry.isOwed),
            "heir": .name(entry.heir),
            "step": .string(record.step.rawValue), "problem": .optional(record.problem),
            "beganAt": .time(record.beganAt), "takenAt": .time(entry.takenAt),
            "ageSeconds": .seconds(entry.age(at: now)), "name": .string(entry.name),
            "file": .optional(sheet?.file), "origin": .optional(sheet?.origin.rawValue),
            "commit": .optional(sheet?.commit?.rawValue), "base": .optional(sheet?.base?.rawValue),
            "files": .count(sheet?.files), "confirmed": .count(sheet?.confirmed),
            "refuted": .count(sheet?.refuted), "unchecked": .count(sheet?.unchecked),
            "rescue": .optional(sheet?.rescue),
            "steps": .array(
                entry.steps.map { step in
                    [
                        "step": .string(step.step.rawValue), "outcome": .string(step.outcome.kind),
                        "detail": .string(step.outcome.detail), "time": .time(step.time),
                    ]
                }),
        ]
    }

    private static func json(_ document: HandoffDocument) -> JSONValue {
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "origin": .string(document.origin.rawValue), "reason": .string(document.reason),
            "base": .optional(document.base?.rawValue), "commit": .optional(document.commit?.rawValue),
            "costUSD": .dollars(document.cost), "files": texts(document.files),
            "checks": .array(
                document.checks.map {
                    ["command": .string($0.command), "outcome": .optional($0.outcome?.rawValue)]
                }),
            "done": .array(
                document.done.map {
                    [
                        "text": .string($0.text), "finding": .string($0.finding.rawValue),
                        "evidence": .string($0.evidence),
                    ]
                }),
            "decisions": texts(document.decisions), "remaining": texts(document.remaining),
            "questions": texts(document.questions), "pitfalls": texts(document.pitfalls),
            "howToCheck": texts(document.howToCheck),
        ]
    }
}
