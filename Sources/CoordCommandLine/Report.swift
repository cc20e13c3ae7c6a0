package import CoordModel
package import CoordStore

/// What was done in a run, by whom, at what cost, and what went wrong on the way: folded from its journal.
package struct Report: Sendable {
    /// An attempt that did not lead on, and why.
    package struct Setback: Sendable, Equatable {
        package var time: Timestamp
        package var task: TaskID
        package var attempt: Int?
        package var what: String
    }

    package var status: StatusDocument
    package var tasks: [TaskLine]
    package var setbacks: [Setback]
    /// Gates that passed, failed, could not run.
    package var gates: [GateOutcome: Int]
    package var attempts: Int
    package var costs: [CostGrouping: [CostSum]]
    package var handoffs: [HandoffHistory.Entry]
    /// What had a say in the attempts: each content once, with how many attempts it was given to.
    package var content: [(mark: ContentMark, attempts: Int)]
    private let madeAt: Timestamp

    /// Reads the whole journal of the run.
    package init(_ reading: RunReading, at now: Timestamp) throws(CommandFailure) {
        status = try StatusDocument(reading, at: now)
        let run = reading.record.id
        tasks = try reading.read { () throws(StoreError) in try reading.store.taskLines(run, .all) }
        costs = [:]
        for grouping in [CostGrouping.role, .model, .worker] {
            costs[grouping] = try reading.read { () throws(StoreError) in
                try reading.store.costSums(run, by: grouping)
            }
        }
        handoffs = try HandoffHistory(reading).entries
        madeAt = now
        setbacks = []
        gates = [:]
        attempts = 0
        content = []
        var pages = FactPages(reading)
        try pages.forEach { fact in
            // Only these few types say something here; the others are not even decoded.
            switch fact.type {
            case "lease.granted": attempts += 1
            case "gate.finished", "task.retryable", "task.failed", "task.quarantined", "candidate.conflicted",
                "worker.exited", "work.rescued", "budget.exhausted", "content.given":
                // A fact of a newer coord is no reason to go without a report.
                if let body = try? fact.fact().body { fold(body, at: fact.time) }
            default: break
            }
            return true
        }
    }

    private mutating func fold(_ body: Fact.Body, at time: Timestamp) {
        func add(_ task: TaskID, _ attempt: Int?, _ what: String) {
            setbacks.append(Setback(time: time, task: task, attempt: attempt, what: what))
        }
        switch body {
        case .gateFinished(let lease, _, let gate):
            gates[gate.outcome, default: 0] += 1
            if gate.outcome == .failed {
                add(lease.task, lease.attempt, "the gate `\(gate.command)` failed: \(gate.reason)")
            }
            if gate.outcome == .couldNotRun {
                add(lease.task, lease.attempt, "the gate `\(gate.command)` could not run: \(gate.reason)")
            }
        case .candidateConflicted(let lease, _, let files):
            add(
                lease.task, lease.attempt,
                "conflicted with what had landed, in \(Wording.list(files, atMost: 3))")
        case .taskRetryable(let lease, let reason, _, _):
            let isKnown = setbacks.last.map { $0.task == lease.task && $0.attempt == lease.attempt } ?? false
            // The gate or the conflict before it said it already.
            if !isKnown { add(lease.task, lease.attempt, reason) }
        case .taskFailed(let task, let reason, let cause):
            add(task, nil, "failed" + (cause.map { " because of `\($0)`" } ?? ": \(reason)"))
        case .taskQuarantined(let task, let reason): add(task, nil, "was set aside: \(reason)")
        case .contentGiven(_, let marks):
            for mark in marks {
                let index = content.firstIndex {
                    $0.mark.kind == mark.kind && $0.mark.name == mark.name && $0.mark.hash == mark.hash
                }
                if let index { content[index].attempts += 1 } else { content.append((mark, 1)) }
            }
        case .workRescued(let lease, _, let reference):
            add(lease.task, lease.attempt, "unfinished work was kept as \(reference)")
        default: break
        }
    }

    // MARK: Sections

    /// A heading with sentences and perhaps a table, the same in every format.
    struct Section {
        var title: String
        var sentences: [String] = []
        var columns: [(title: String, isRight: Bool)] = []
        var rows: [[String]] = []
    }

    var title: String { "\(status.run.missionName): \(status.run.status.rawValue)" }

    var sections: [Section] {
        [summarySection, tasksSection, setbacksSection, handoffsSection, costsSection, contentSection].filter
        {
            !$0.sentences.isEmpty || !$0.rows.isEmpty
        }
    }

    private var summarySection: Section {
        let run = status.run
        var sentences = ["tasks: " + tally, "commits: " + commits]
        if let delivery = run.delivery { sentences.append("delivery: " + Wording.delivery(delivery)) }
        let checked = gates.values.reduce(0, +)
        if checked > 0 {
            sentences.append(
                "the gate ran \(checked == 1 ? "once" : "\(checked) times"): "
                    + "\(gates[.passed] ?? 0) passed, \(gates[.failed] ?? 0) failed, "
                    + "\(gates[.couldNotRun] ?? 0) could not run")
        }
        sentences.append("cost: " + money)
        if run.tokens.total > 0 { sentences.append("tokens: " + Wording.tokens(run.tokens)) }
        if !run.reason.isEmpty { sentences.append(run.reason) }
        let ended = run.endedAt.map { ", ended \($0)" } ?? ""
        sentences.append(
            "run \(run.id) in \(run.project), agent \(run.agent), started \(run.startedAt)\(ended)")
        return Section(title: "Summary", sentences: sentences)
    }

    /// `17 of 18 completed, 1 failed, 0 skipped, 0 cancelled; 21 attempts in 17 s`.
    var tally: String {
        let open = status.count(.pending) + status.count(.inProgress)
        return "\(status.count(.completed)) of \(status.total) completed, "
            + "\(status.count(.failed)) failed, \(status.count(.skipped)) skipped, "
            + "\(status.count(.cancelled)) cancelled" + (open > 0 ? ", \(open) not finished" : "")
            + "; \(Wording.plural(attempts, "attempt")) in \(Wording.duration(status.elapsed))"
    }

    /// `17 landed on main, now at 1a2b3c4d5e6f; 2 candidates sent back`.
    var commits: String {
        let run = status.run
        return "\(run.landed) landed on \(run.target)"
            + (run.head.map { ", now at \($0.short)" } ?? "")
            + (run.bounced > 0 ? "; \(Wording.plural(run.bounced, "candidate")) sent back" : "")
    }

    /// What it cost, and whether that was real.
    var money: String {
        let run = status.run
        if run.simulated {
            return "a rehearsal: no model was called; the cost of \(Wording.money(run.spent)) is simulated"
        }
        let budget = run.budget.map { " of \(Wording.money($0))" } ?? ""
        return "\(Wording.money(run.spent))\(budget)"
    }

    private var tasksSection: Section {
        let rows = tasks.map { task -> [String] in
            var time = ""
            if let start = task.startedAt, let end = task.completedAt {
                time = Wording.duration(max(.zero, end - start))
            }
            return [
                task.id.rawValue, Wording.stage(task.stage), task.role?.rawValue ?? "",
                task.assignedTo?.rawValue ?? "", "\(task.attempt)", time, Wording.money(task.cost),
                task.commit?.short ?? "", task.title,
            ]
        }
        return Section(
            title: "Tasks",
            columns: [
                ("task", false), ("state", false), ("role", false), ("worker", false), ("tries", true),
                ("time", true), ("cost", true), ("commit", false), ("title", false),
            ], rows: rows)
    }

    private var setbacksSection: Section {
        Section(
            title: "What did not go straight",
            columns: [("time (UTC)", false), ("task", false), ("try", true), ("what", false)],
            rows: setbacks.map {
                [$0.time.clock, $0.task.rawValue, $0.attempt.map { "\($0)" } ?? "", $0.what]
            })
    }

    /// Who handed what over to whom, and how long that took or has been owed.
    private var handoffsSection: Section {
        Section(
            title: "Handed over",
            columns: [
                ("task", false), ("from", false), ("to", false), ("state", false), ("age", true),
                ("why", false),
            ],
            rows: handoffs.map { entry in
                [
                    "\(entry.task)#\(entry.record.attempt)", entry.record.from.rawValue,
                    entry.taker?.rawValue ?? entry.record.order.to.description, entry.stateText,
                    Wording.duration(entry.age(at: madeAt)), entry.record.order.reason,
                ]
            })
    }

    /// Mission, roles and skills as the agents had them.
    private var contentSection: Section {
        Section(
            title: "What agents were given",
            columns: [("kind", false), ("name", false), ("SHA-256", false), ("tries", true), ("", false)],
            rows: content.map { mark, attempts in
                [
                    mark.kind.rawValue, mark.name, String(mark.hash.prefix(12)), "\(attempts)",
                    mark.isChanged ? "changed in the middle of the run" : "",
                ]
            })
    }

    private var costsSection: Section {
        var rows: [[String]] = []
        for grouping in [CostGrouping.role, .model, .worker] {
            for sum in costs[grouping] ?? [] {
                rows.append([
                    grouping.rawValue, sum.id.isEmpty ? "(none)" : sum.id, Wording.money(sum.cost),
                    "\(sum.calls)",
                    Wording.tokens(sum.tokens),
                ])
            }
        }
        return Section(
            title: "Cost",
            columns: [("by", false), ("name", false), ("cost", true), ("calls", true), ("tokens", false)],
            rows: rows)
    }
}
