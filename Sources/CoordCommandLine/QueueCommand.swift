import CoordJSON
import CoordModel
import CoordStore
import CoordWire

/// `coord queue`: what waits to land, and on what evidence anything lands or goes back.
enum QueueCommand {
    private static let stages: [TaskStage] = [.checking, .queued, .reviewing, .approval]

    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let record = reading.record
        let lines = try reading.read { () throws(StoreError) in
            try reading.store.taskLines(record.id, TaskFilter(stages: stages))
        }.sorted { $0.since < $1.since }
        let plan = context.arguments.has("explain") ? try plan(reading) : nil
        let collisions = record.status.isFinal ? [] : Collision.ask(reading.state)
        if context.wantsJSON {
            context.answer(document(record, lines, collisions, plan))
            return .done
        }
        var table = TextTable([
            .left("TASK"), .left("STATE"), .right("FOR"), .left("COMMIT"), .flexible("TITLE"),
        ])
        for line in stages.flatMap({ stage in lines.filter { $0.stage == stage } }) {
            table.append([
                .init(line.id.rawValue), .init(Wording.stage(line.stage)),
                .init(Wording.duration(max(.zero, context.now - line.since))),
                .init(line.commit?.short ?? "–"),
                .init(line.title),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        for collision in collisions {
            context.output.line(context.style.yellow(TerminalText.escaped(collision.sentence)))
        }
        let head = record.head.map { " at \($0.short)" } ?? ""
        let summary =
            "\(TerminalText.escaped(record.target))\(head): \(record.landed) landed, "
            + "\(record.bounced) sent back"
        context.output.line(lines.isEmpty ? "nothing waits; " + summary : summary)
        if let delivery = record.delivery {
            context.output.line(TerminalText.escaped(Wording.delivery(delivery)))
        }
        if let plan { context.output.write(explanation(plan, lines)) }
        return .done
    }

    private static func document(
        _ record: RunRecord, _ lines: [TaskLine], _ collisions: [Collision], _ plan: Plan?
    ) -> JSONValue {
        func entries(_ stage: TaskStage) -> JSONValue {
            .array(
                lines.filter { $0.stage == stage }.map {
                    [
                        "id": .name($0.id), "attempt": .count($0.attempt), "since": .time($0.since),
                        "commit": .optional($0.commit?.rawValue),
                    ]
                })
        }
        var members: [(String, JSONValue)] = [
            ("schema", "coord.queue/1"), ("target", .string(record.target)),
            ("head", .optional(record.head?.rawValue)), ("waiting", entries(.queued)),
            ("checking", entries(.checking)), ("reviewing", entries(.reviewing)),
            ("approval", entries(.approval)), ("collisions", .array(collisions.map(\.json))),
            ("landed", .count(record.landed)), ("bounced", .count(record.bounced)),
            ("delivery", StatusDocument.json(record.delivery)),
        ]
        if let plan {
            members.append(
                (
                    "plan",
                    [
                        "window": .count(plan.window), "batch": .count(plan.batch),
                        "reason": .string(plan.reason), "gates": plan.gates.json,
                    ]
                ))
        }
        return .object(JSONObject(members))
    }

    // MARK: - Why so

    /// How far the queue runs ahead, as it said last. Nil as window: it never said.
    private struct Plan {
        var window: Int?
        var batch = 1
        var reason =
            "each candidate is tested by itself, on top of those ahead of it, with as many gates as "
            + "`merge.parallel` allows"
        var gates = GateHistory()
    }

    private static func plan(_ reading: RunReading) throws(CommandFailure) -> Plan {
        var plan = Plan()
        for type in [FactType.queuePlanned, .gateFinished, .targetGated, .gateFlaked] {
            let said = try reading.read { () throws(StoreError) in
                try reading.store.facts(reading.record.id, ofType: type.rawValue)
            }
            for stored in said {
                // What only a newer coord knows is as good as not said.
                guard let fact = try? stored.fact() else { continue }
                if case .queuePlanned(let window, let batch, let reason) = fact.body {
                    (plan.window, plan.batch, plan.reason) = (window, batch, reason)
                }
                plan.gates.apply(fact.body)
            }
        }
        return plan
    }

    /// How the gate fared in the run so far.
    private struct GateHistory {
        private var passed = 0
        private var failed = 0
        private var couldNotRun = 0
        private var flakes = 0
        private var durations: [Duration] = []

        mutating func apply(_ body: Fact.Body) {
            switch body {
            case .gateFinished(_, _, let report), .targetGated(_, let report):
                durations.append(report.duration)
                switch report.outcome {
                case .passed: passed += 1
                case .failed: failed += 1
                case .couldNotRun: couldNotRun += 1
                }
            case .gateFlaked: flakes += 1
            default: break
            }
        }

        private var median: Duration? {
            durations.isEmpty ? nil : durations.sorted()[durations.count / 2]
        }

        var sentence: String {
            guard let median else { return "no gate has run yet" }
            return "the gate so far: \(passed) passed, \(failed) failed, \(couldNotRun) could not run; "
                + "\(Wording.plural(flakes, "flake")); \(Wording.duration(median)) in the median"
        }

        var json: JSONValue {
            [
                "passed": .count(passed), "failed": .count(failed), "couldNotRun": .count(couldNotRun),
                "flakes": .count(flakes), "medianSeconds": .seconds(median),
            ]
        }
    }

    private static func explanation(_ plan: Plan, _ lines: [TaskLine]) -> String {
        var text = ""
        if let window = plan.window {
            text += "at most \(Wording.plural(window, "group")) of \(plan.batch) ahead: "
        }
        text += TerminalText.escaped(plan.reason) + "\n" + plan.gates.sentence + "\n"
        let waiting = lines.filter { $0.stage == .checking || $0.stage == .queued }
        if !waiting.isEmpty {
            text += "in this order: "
            text += waiting.map { TerminalText.escaped($0.id.rawValue) }.joined(separator: ", ") + "\n"
        }
        return text
    }

    // MARK: - Evidence

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let task = try reading.task(context.arguments.words[0])
        var evidence = CandidateEvidence(of: task.spec.id)
        var pages = FactPages(reading)
        try pages.forEach { stored in
            // A fact of a newer coord is no evidence that this one could read.
            if let fact = try? stored.fact() { evidence.apply(fact) }
            return true
        }
        if context.wantsJSON {
            context.answer([
                "schema": "coord.candidate/1", "task": .name(task.spec.id),
                "stage": .string(task.stage.rawValue),
                "attempt": .count(task.submittedAttempt ?? task.attempt),
                "commit": .optional(task.commit?.rawValue), "tree": .optional(task.tree?.rawValue),
                "evidence": .array(evidence.items.map(\.json)),
            ])
            return .done
        }
        let style = context.style
        context.output.line(
            style.bold(TerminalText.escaped(task.spec.id.rawValue)) + "  " + Wording.stage(task.stage))
        if evidence.items.isEmpty { context.output.line("nothing was handed in yet") }
        for item in evidence.items {
            context.output.line(style.dim(item.time.clock) + "  " + TerminalText.escaped(item.sentence))
            for line in item.details {
                context.output.line("          " + TerminalText.escaped(line))
            }
        }
        return .done
    }
}
