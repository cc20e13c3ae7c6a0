package import CoordJSON
package import CoordModel
package import CoordStore
import CoordWire

/// Where a run stands: everything `coord status` shows, and the document the API answers with.
package struct StatusDocument: Sendable, Equatable {
    package var run: RunRecord
    package var counts: [TaskStage: Int]
    package var workers: [WorkerRecord]
    /// Seconds since each worker was last heard of; empty when nobody knows.
    package var heartbeatAges: [WorkerID: Double]
    /// Attempts at work that would not unite with each other or with the target as they stand.
    package var collisions: [Collision]
    package var queued: [TaskID]
    package var checking: [TaskID]
    package var elapsed: Duration
    /// The first few tasks that failed or that a person must look at.
    package var attention: [TaskLine]
    /// Who keeps what waits from landing by moving the target again and again.
    package var targetMoves: TargetMoves?
    /// What agents ask a person.
    package var questions: [Question] = []
    /// How the number of workers follows the queue; nil when it does not.
    package var scale: Scale?
    /// Handoffs that are owed: begun, and no new session has the work.
    package var handoffDebt: [HandoffDebt] = []

    /// The time of the look.
    private var now = Timestamp(milliseconds: 0)

    /// A handoff that is owed.
    package struct HandoffDebt: Sendable, Equatable {
        package var task: TaskID
        package var record: HandoffRecord
    }

    package init(
        run: RunRecord, counts: [TaskStage: Int], workers: [WorkerRecord],
        heartbeatAges: [WorkerID: Double] = [:], collisions: [Collision] = [], queued: [TaskID],
        checking: [TaskID], elapsed: Duration,
        attention: [TaskLine] = [], scale: Scale? = nil
    ) {
        self.run = run
        self.counts = counts
        self.workers = workers
        self.heartbeatAges = heartbeatAges
        self.collisions = collisions
        self.queued = queued
        self.checking = checking
        self.elapsed = elapsed
        self.attention = attention
        self.scale = scale
    }

    /// One moment of the journal.
    init(_ reading: RunReading, at now: Timestamp) throws(CommandFailure) {
        let (counts, lines, attention) = try reading.read { () throws(StoreError) in
            try reading.store.reading { () throws(StoreError) in
                (
                    try reading.store.taskCounts(reading.record.id),
                    try reading.store.taskLines(reading.record.id, TaskFilter(stages: [.queued, .checking])),
                    try reading.store.taskLines(
                        reading.record.id,
                        TaskFilter(stages: [.approval, .asking, .failed, .quarantined], limit: 5))
                )
            }
        }
        self.init(
            run: reading.record, counts: counts, workers: try reading.workers(),
            heartbeatAges: reading.record.status.isFinal ? [:] : Heartbeats.ask(reading.state),
            collisions: reading.record.status.isFinal ? [] : Collision.ask(reading.state),
            queued: lines.filter { $0.stage == .queued }.map(\.id),
            checking: lines.filter { $0.stage == .checking }.map(\.id), elapsed: try reading.elapsed(at: now),
            attention: attention, scale: try Self.scale(of: reading))
        questions = try OpenQuestions.read(reading)
        let heirs = try reading.heirs()
        if !lines.isEmpty, !reading.record.status.isFinal { targetMoves = try TargetMoves.read(reading) }
        handoffDebt = try reading.read { () throws(StoreError) in
            try reading.store.handoffs(reading.record.id).filter {
                $0.handoff.state.needsLook && heirs[$0.handoff.sheet?.file ?? ""] == nil
            }.map {
                HandoffDebt(task: $0.task, record: $0.handoff)
            }
        }
        self.now = now
    }

    /// The first fact of a run says how it scales.
    private static func scale(of reading: RunReading) throws(CommandFailure) -> Scale? {
        let first = try reading.read { () throws(StoreError) in
            try reading.store.facts(reading.record.id, after: 0, limit: 1).first
        }
        // A fact of another version of coord has no scale that could be shown.
        guard let first, case .runStarted(let start)? = (try? first.fact())?.body else { return nil }
        return start.scale
    }

    /// Makes two looks equal that differ in their time alone.
    mutating func forgetTime() { now = Timestamp(milliseconds: 0) }

    /// How many tasks have a status.
    package func count(_ status: TaskStatus) -> Int {
        counts.reduce(0) { $0 + ($1.key.status == status ? $1.value : 0) }
    }
    package var total: Int { counts.values.reduce(0, +) }
    /// How much of the run is completed, in tenths of a percent.
    private var permille: Int { total == 0 ? 0 : (count(.completed) * 2000 + total) / (2 * total) }

    // MARK: JSON

    /// The document of `coord status --json`.
    package var json: JSONValue {
        [
            "schema": "coord.status/1", "run": runMembers, "progress": progressMembers,
            "workers": .array(workers.map { Self.json($0, run: run, age: heartbeatAges[$0.slot.worker]) }),
            "queue": queueMembers, "collisions": .array(collisions.map(\.json)), "cost": costMembers,
            "scale": scaleMembers, "delivery": Self.json(run.delivery), "handoffs": handoffMembers,
            "questions": .array(questions.map(OpenQuestions.json)),
        ]
    }

    private var runMembers: JSONValue {
        [
            "id": .name(run.id), "mission": .name(run.mission), "name": .string(run.missionName),
            "project": .string(run.project), "status": .string(run.status.rawValue),
            "reason": .string(run.reason), "startedAt": .time(run.startedAt), "endedAt": .time(run.endedAt),
            "elapsedSeconds": .seconds(elapsed), "agent": .string(run.agent),
            "simulated": .bool(run.simulated),
            "target": .string(run.target), "exitStatus": .count(run.exitStatus.map(Int.init)),
        ]
    }

    private var progressMembers: JSONValue {
        [
            "total": .count(total), "completed": .count(count(.completed)), "failed": .count(count(.failed)),
            "skipped": .count(count(.skipped)), "cancelled": .count(count(.cancelled)),
            "inProgress": .count(count(.inProgress)), "pending": .count(count(.pending)),
            "percent": permille % 10 == 0 ? .count(permille / 10) : .number(Double(permille) / 10),
        ]
    }

    private var queueMembers: JSONValue {
        [
            "target": .string(run.target), "head": .optional(run.head?.rawValue),
            "waiting": .array(queued.map { .name($0) }), "checking": .array(checking.map { .name($0) }),
            "landed": .count(run.landed), "bounced": .count(run.bounced),
        ]
    }

    /// Workers that live, or are to: those that are neither stopped nor scaled down.
    private var workersWanted: Int { workers.count { $0.status != .stopped } }

    private var scaleMembers: JSONValue {
        guard let scale else { return .null }
        return [
            "min": .count(scale.min), "max": .count(workers.count), "queueDepth": .count(scale.queueDepth),
            "idleSeconds": .seconds(scale.idle), "workers": .count(workersWanted),
        ]
    }

    private var handoffMembers: JSONValue {
        [
            "debt": .array(
                handoffDebt.filter(\.record.state.isDebt).map { debt in
                    [
                        "task": .name(debt.task), "from": .name(debt.record.from),
                        "to": .string(debt.record.order.to.description),
                        "state": .string(debt.record.state.rawValue),
                        "step": .string(debt.record.step.rawValue), "problem": .optional(debt.record.problem),
                        "ageSeconds": .seconds(max(.zero, now - debt.record.beganAt)),
                    ]
                })
        ]
    }

    /// How far what landed was passed on; null when it was not tried.
    static func json(_ delivery: DeliveryRecord?) -> JSONValue {
        guard let delivery else { return .null }
        return [
            "commit": .optional(delivery.commit?.rawValue), "place": .string(delivery.place),
            "address": .optional(delivery.address), "problem": .optional(delivery.problem),
        ]
    }

    private var costMembers: JSONValue {
        [
            "totalUSD": .dollars(run.spent), "reservedUSD": .dollars(run.reserved),
            "budgetUSD": .dollars(run.budget), "tokens": .tokens(run.tokens),
            "simulated": .bool(run.simulated),
        ]
    }

    /// The number of the worker's process; nil when the last one is gone and no other was started.
    static func pid(of worker: WorkerRecord) -> Int? {
        switch worker.status {
        case .starting, .idle, .working, .suspect: worker.process.map { Int($0.pid) }
        case .backingOff, .offline, .stopped: nil
        }
    }

    /// A worker as `status` and `workers` show it.
    static func json(_ worker: WorkerRecord, run: RunRecord, age: Double?) -> JSONValue {
        [
            "id": .name(worker.slot.worker), "slot": .count(worker.slot.number),
            "role": .name(worker.slot.role),
            "status": .string(worker.status.rawValue), "pid": .count(pid(of: worker)),
            "task": .name(worker.task), "attempt": .count(worker.attempt),
            "restarts": .count(worker.restarts),
            "heartbeatAgeSeconds": age.map { .number(($0 * 1000).rounded() / 1000) } ?? .null,
            "worktree": .string(worker.slot.worktree), "branch": .optional(worker.branch),
            "color": .string(worker.slot.color), "shape": .string(worker.slot.shape),
            "agent": .string(worker.slot.agent.description), "model": .optional(worker.slot.model),
            "sandbox": .string(worker.slot.sandbox.rawValue),
            "since": .time(worker.since), "lastError": .optional(worker.lastError),
            "tokens": .tokens(worker.tokens), "costUSD": .dollars(worker.cost),
        ]
    }
}

// MARK: - Text

extension StatusDocument {
    /// What `coord status` prints.
    package func text(columns: Int, style: Style, now: Timestamp) -> String {
        var text = heading(style)
        text += "\n" + progress(style)
        for debt in handoffDebt.prefix(5) { text += Self.line(about: debt, columns: columns, style, now) }
        for task in attention { text += Self.line(about: task, columns: columns, style) }
        for collision in collisions {
            let line = TerminalText.cut(TerminalText.escaped(collision.sentence), to: columns - 2)
            text += "  " + style.yellow(line) + "\n"
        }
        if let targetMoves {
            let line = TerminalText.cut(TerminalText.escaped(targetMoves.sentence), to: columns - 2)
            text += "  " + style.yellow(line) + "\n"
        }
        for question in questions {
            let line = TerminalText.escaped(OpenQuestions.sentence(question))
            text += "  " + style.yellow(TerminalText.cut("? " + line, to: columns - 2)) + "\n"
        }
        text += workerTable(columns: columns, style, now)
        let queue =
            "\(queued.count) waiting, \(checking.count) at the gate, \(run.landed) landed, "
            + "\(run.bounced) sent back"
        if let delivery = run.delivery {
            text += "\n" + style.dim("remote ") + TerminalText.escaped(Wording.delivery(delivery))
        }
        text += "\n" + style.dim("queue  ") + queue + "\n" + style.dim("cost   ") + cost + "\n"
        if let scale {
            text +=
                style.dim("scale  ") + "\(workersWanted) of \(scale.min) to \(workers.count) workers\n"
        }
        return text
    }

    private func heading(_ style: Style) -> String {
        let status =
            switch run.status {
            case .completed: style.green(run.status.rawValue)
            case .failed: style.red(run.status.rawValue)
            case .running: style.bold(run.status.rawValue)
            case .paused, .stopping, .stopped: style.yellow(run.status.rawValue)
            }
        var text = style.bold(TerminalText.escaped(run.missionName)) + " · " + status
        text += " · " + Wording.duration(elapsed) + " · " + TerminalText.escaped(run.agent)
        if run.simulated { text += ": no model is called" }
        text += "\n"
        if !run.reason.isEmpty { text += TerminalText.escaped(run.reason) + "\n" }
        text += style.dim("run \(run.id), project \(TerminalText.escaped(run.project)), branch ")
        text +=
            style.dim(TerminalText.escaped(run.target) + (run.head.map { " at \($0.short)" } ?? "")) + "\n"
        return text
    }

    private static func line(about task: TaskLine, columns: Int, _ style: Style) -> String {
        let what =
            task.stage == .asking
            ? " waits for your answer: `coord tasks answer \(task.id) TEXT`"
            : task.stage == .approval
                ? " waits for you: `coord tasks approve \(task.id)`"
                : " \(task.stage.rawValue)" + (task.lastError.map { ": \($0)" } ?? "")
        let text = TerminalText.cut(TerminalText.escaped("\(task.id)\(what)"), to: columns - 2)
        return "  " + ([.approval, .asking].contains(task.stage) ? style.yellow(text) : style.red(text))
            + "\n"
    }

    private static func line(
        about debt: HandoffDebt, columns: Int, _ style: Style, _ now: Timestamp
    ) -> String {
        let record = debt.record
        let age = Wording.duration(max(.zero, now - record.beganAt))
        let what =
            switch record.state {
            case .failed:
                "handoff stopped at `\(record.step.rawValue)`: \(record.problem ?? ""); "
                    + "`coord handoff \(record.from) --continue`"
            case .unacknowledged:
                "was taken over and not acknowledged: \(record.problem ?? ""); "
                    + "`coord handoff \(record.from) --continue` goes back to the session before"
            case .prepared: "handed over by \(record.from), waits for a new session"
            default: "\(record.from) is handing it over, at `\(record.step.rawValue)`"
            }
        let text = TerminalText.escaped("\(debt.task) \(what), for \(age)")
        return "  " + style.yellow(TerminalText.cut(text, to: columns - 2)) + "\n"
    }

    private func progress(_ style: Style) -> String {
        let completed = count(.completed)
        var parts = ["\(completed)/\(total) completed"]
        for (status, word) in [
            (TaskStatus.inProgress, run.status.isFinal ? "interrupted" : "at work"), (.pending, "pending"),
            (.failed, "failed"),
            (.skipped, "skipped"),
            (.cancelled, "cancelled"),
        ] where count(status) > 0 {
            let part = "\(count(status)) \(word)"
            parts.append(status == .failed ? style.red(part) : part)
        }
        let bar = ProgressBar.text(done: completed, failed: count(.failed), total: total, columns: 24, style)
        return bar + "  " + parts.joined(separator: " · ") + "\n"
    }

    private func workerTable(columns: Int, _ style: Style, _ now: Timestamp) -> String {
        guard !workers.isEmpty else { return "" }
        var table = TextTable([
            .left("WORKER"), .left("ROLE"), .left("STATUS"), .flexible("TASK"), .right("FOR"), .right("COST"),
        ])
        for worker in workers {
            let slot = worker.slot
            let attempt = worker.attempt.map { $0 > 1 ? " (attempt \($0))" : "" } ?? ""
            table.append([
                .init(slot.shape + " " + slot.worker.rawValue) { style.colored($0, slot.color) },
                .init(slot.role?.rawValue ?? "–"), .init(worker.status.rawValue),
                .init(worker.task.map { $0.rawValue + attempt } ?? "–"),
                .init(run.status.isFinal ? "–" : Wording.duration(now - worker.since)),
                .init(Wording.money(worker.cost)),
            ])
        }
        return "\n" + table.text(columns: columns, style: style)
    }

    private var cost: String {
        var text = Wording.money(run.spent)
        if let budget = run.budget { text += " of \(Wording.money(budget))" }
        if run.reserved > .zero { text += " (\(Wording.money(run.reserved)) reserved)" }
        text += ", tokens " + Wording.tokens(run.tokens)
        return run.simulated ? text + ", simulated" : text
    }
}

/// A bar that fills from the left.
enum ProgressBar {
    /// What failed is shown too: a run does not look less done because of it.
    static func text(done: Int, failed: Int, total: Int, columns: Int, _ style: Style) -> String {
        guard total > 0 else { return style.dim(String(repeating: "─", count: columns)) }
        let doneColumns = columns * done / total
        let failedColumns = failed == 0 ? 0 : max(1, columns * failed / total)
        let rest = max(0, columns - doneColumns - failedColumns)
        return style.green(String(repeating: "━", count: min(doneColumns, columns - failedColumns)))
            + style.red(String(repeating: "━", count: failedColumns))
            + style.dim(String(repeating: "─", count: rest))
    }
}
