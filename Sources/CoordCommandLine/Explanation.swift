package import CoordModel

/// Says in one sentence what a task waits for, and since when. Pure: the records and the time go in.
package enum Explanation {
    /// Nil when the run has no such task.
    package static func sentence(
        for id: TaskID, run: RunRecord, tasks: [TaskRecord], workers: [WorkerRecord],
        targetMoves: TargetMoves? = nil, at now: Timestamp
    ) -> String? {
        guard let task = tasks.first(where: { $0.spec.id == id }) else { return nil }
        let since = "since \(moment(task.since)) (\(Wording.duration(max(.zero, now - task.since))))"
        if let end = ending(of: task, at: moment(task.completedAt ?? task.since)) { return "`\(id)` \(end)" }
        let what =
            switch task.stage {
            case .waiting: need(of: task, in: tasks)
            case .ready: place(of: task, run, workers, now)
            case .retryable: retry(of: task, now)
            case .leased: work(on: task, workers)
            case .submitting: "was handed in by its agent and is being taken over"
            case .reviewing:
                task.reviewer.map { "is being looked at by `\($0)`" } ?? "waits for a reviewer"
            case .approval:
                "waits for a person to look at it (`coord tasks approve \(id)`)"
                    + (task.approvalReason.map { ", because \($0)" } ?? "")
            case .asking:
                "waits for a person's answer (`coord tasks answer \(id) TEXT`)"
                    + (task.approvalReason.map { " to: \($0)" } ?? "")
            case .queued: queue(of: task, in: tasks)
            case .checking: "is at the gate that decides whether it lands on `\(run.target)`"
            case .landed, .completed, .failed, .quarantined, .skipped, .cancelled: "is over"
            }
        var sentence = "`\(id)` \(what), \(since)"
        if let targetMoves, task.stage == .queued || task.stage == .checking {
            sentence += "; " + targetMoves.sentence
        }
        guard run.status.isFinal else { return sentence }
        return sentence + "; nothing moves, for the run is \(run.status.rawValue)"
            + (run.reason.isEmpty ? "" : ": \(run.reason)")
    }

    private static func moment(_ time: Timestamp) -> String { time.clock + " UTC" }

    private static func ending(of task: TaskRecord, at moment: String) -> String? {
        let why = task.lastError.map { ": \($0)" } ?? ""
        switch task.stage {
        case .landed: return "landed at \(moment)" + (task.commit.map { " as \($0.short)" } ?? "")
        case .completed: return "was completed at \(moment), without a change to land"
        case .failed:
            if let cause = task.failedBecause {
                return "failed at \(moment) because `\(cause)`, which it needs, failed"
            }
            let tries = task.attempt > 0 ? " after \(Wording.plural(task.attempt, "attempt"))" : ""
            return "failed at \(moment)\(tries)\(why)"
        case .quarantined:
            return "was set aside at \(moment) because \(Wording.plural(task.workerLosses, "worker")) "
                + "ended while at it\(why)"
        case .skipped: return "was skipped at \(moment)"
        case .cancelled: return "was cancelled at \(moment)"
        default: return nil
        }
    }

    private static func need(of task: TaskRecord, in tasks: [TaskRecord]) -> String {
        var stages: [TaskID: TaskStage] = [:]
        for other in tasks { stages[other.spec.id] = other.stage }
        let open = task.spec.dependencies.filter { stages[$0]?.status != .completed }
        guard !open.isEmpty else { return "waits to be looked at again" }
        let names = open.map { need in
            "`\(need)`" + (stages[need].map { " (\(Wording.stage($0)))" } ?? "")
        }
        return "waits for " + Wording.enumeration(names)
    }

    /// Why a task that could start has not.
    private static func place(
        of task: TaskRecord, _ run: RunRecord, _ workers: [WorkerRecord], _ now: Timestamp
    ) -> String {
        switch run.status {
        case .paused: return "is ready, but the run is paused (`coord resume`)"
        case .stopping: return "is ready, but the run is ending and grants no more work"
        default: break
        }
        if task.spec.run == nil {
            if let until = run.rateLimitedUntil, until > now {
                return "is ready and waits for the model's rate limit, until \(moment(until))"
            }
            if let budget = run.budget, run.spent + run.reserved >= budget {
                return "is ready, but the budget of \(Wording.money(budget)) is spent or reserved"
            }
        }
        if let pinned = task.pinnedTo { return "is ready and waits for `\(pinned)`, to whom it was given" }
        let fitting = workers.filter {
            task.spec.role == nil || $0.slot.role == nil || $0.slot.role == task.spec.role
        }
        let alive = fitting.filter { $0.status != .stopped && $0.status != .offline }
        let role = task.spec.role.map { " of role `\($0)`" } ?? ""
        if fitting.isEmpty { return "is ready and waits for a worker that fits: none is\(role)" }
        if alive.isEmpty { return "is ready, but no worker\(role) is up" }
        if alive.contains(where: { $0.status == .idle }) {
            return "is ready and is about to be given out"
                + (task.spec.files.isEmpty
                    ? "" : ", or waits a minute at most for one under way with the same files")
        }
        let busy = alive.compactMap(\.task)
        guard !busy.isEmpty else { return "is ready and waits for a worker\(role) to start" }
        return "is ready and waits for a worker\(role): "
            + (alive.count == 1 ? "the only one is" : "all \(alive.count) are") + " at work"
    }

    private static func retry(of task: TaskRecord, _ now: Timestamp) -> String {
        let why = task.lastError.map { " (\($0))" } ?? ""
        guard let time = task.notBefore, time > now else {
            return "failed\(why) and is about to be tried again"
        }
        return "failed\(why) and will be tried again in \(Wording.duration(time - now))"
    }

    private static func work(on task: TaskRecord, _ workers: [WorkerRecord]) -> String {
        if let worker = workers.first(where: { $0.slot.worker == task.assignedTo }), let other = worker.task,
            other != task.spec.id
        {
            return "waits for its turn at `\(worker.slot.worker)`, which works on `\(other)`"
        }
        let worker = task.assignedTo.map { " by `\($0)`" } ?? ""
        return "is being worked on\(worker)" + (task.attempt > 1 ? " (attempt \(task.attempt))" : "")
    }

    private static func queue(of task: TaskRecord, in tasks: [TaskRecord]) -> String {
        let ahead = tasks.count { $0.stage == .checking || ($0.stage == .queued && $0.since < task.since) }
        if ahead == 0 { return "is the next in the merge queue" }
        return "waits in the merge queue behind \(Wording.plural(ahead, "task"))"
    }
}
