package import CoordModel

// MARK: - While the agent works

extension CoordinatorStateMachine {
    /// The task a message speaks of, if its attempt is the living one of that slot. Otherwise the message is refused
    /// and recorded: it comes from an attempt whose lease moved on.
    private mutating func living(_ slot: Int, _ lease: Lease, method: String) -> Int? {
        if let node = slots[slot].node, tasks[node].lease == lease {
            switch slots[slot].work {
            case .working, .cancelling: return node
            case .free, .preparing, .taking: break
            }
        }
        let current = numbers[lease.task].map { tasks[$0].attempt }
        record(
            .staleMessageRefused(slots[slot].spec.worker, lease, method: method, current: current))
        return nil
    }

    mutating func agentReported(_ slot: Int, _ lease: Lease, _ report: AgentReport) {
        guard let node = living(slot, lease, method: "report") else { return }
        slots[slot].lastBeat = now
        switch report {
        case .usage(let usage): recordUsage(usage, node: node, slot: slot)
        case .progress(let text): record(.progressReported(lease, text: text))
        case .toolStarted(let name, let id, let summary):
            record(.toolStarted(lease, name: name, id: id, summary: summary))
        case .toolEnded(let name, let id, let succeeded, let summary):
            record(
                .toolCompleted(
                    lease, name: name, id: id, succeeded: succeeded, summary: summary, duration: nil))
        case .handoff(let summary, let remaining):
            record(.handoffWritten(lease, summary: summary, remaining: remaining))
        case .proposedTask(let spec): considerProposal(spec, by: node)
        case .rateLimited(let retryAfter):
            let until = limiter.coolDown(for: retryAfter, at: now)
            record(.rateLimited(until: until, reason: "a provider asked for a pause"))
            rateBlockedUntil = until
        }
    }

    private mutating func recordUsage(_ usage: Usage, node: Int, slot: Int) {
        let cost = usage.cost ?? .zero
        let spec = tasks[node].spec
        let worker = slots[slot].spec.worker
        let counted = ledger.record(usage, cost: cost, task: spec.id, worker: worker)
        if counted { limiter.settle(usage, for: spec.id, at: now) }
        record(
            .usageRecorded(
                tasks[node].lease, worker: worker, role: slots[slot].spec.role, usage, cost: cost,
                counted: counted))
        guard counted else { return }
        if let budget = ledger.budget, ledger.takeWarning() {
            record(.budgetWarned(spent: ledger.spent, budget: budget))
        }
        if ledger.isExhausted {
            exhaustBudget()
        } else if let budget = spec.budget, ledger.spent(by: spec.id) >= budget {
            record(
                .budgetExhausted(spent: ledger.spent(by: spec.id), budget: budget, scope: "task `\(spec.id)`"))
            cancelWork(of: slot, .taskBudget, reason: "the task's budget of \(budget) is used up")
        } else if let budget = slots[slot].spec.budget, ledger.spent(by: worker) >= budget {
            record(
                .budgetExhausted(spent: ledger.spent(by: worker), budget: budget, scope: "worker `\(worker)`"))
            slots[slot].isStoppedByPerson = true
            cancelWork(of: slot, .workerBudget, reason: "the worker's budget of \(budget) is used up")
        }
    }

    private mutating func considerProposal(_ proposal: TaskSpec, by node: Int) {
        var spec = proposal
        if spec.role == nil { spec.role = tasks[node].spec.role }
        if let problem = problem(withNew: spec, proposedBy: node) {
            record(.taskProposalRefused(tasks[node].lease, id: spec.id.rawValue, reason: problem))
            return
        }
        tasks[node].proposals += 1
        addTasks([spec], proposedBy: node)
    }

    private func problem(withNew spec: TaskSpec, proposedBy node: Int) -> String? {
        if tasks[node].proposals >= settings.proposalsPerTaskMax {
            return "a task may add at most \(settings.proposalsPerTaskMax) tasks"
        }
        if tasks[node].depth >= settings.proposalDepthMax {
            return "added tasks may nest at most \(settings.proposalDepthMax) deep"
        }
        if spec.dependencies.contains(tasks[node].spec.id) == false, spec.run != nil {
            return "an agent may not add a shell command that does not wait for its own task"
        }
        return problem(withNew: spec)
    }

    /// Why a new task cannot be taken in; nil when it can.
    func problem(withNew spec: TaskSpec) -> String? {
        if !spec.id.isValid { return "`\(spec.id)` is not a valid name for a task" }
        if numbers[spec.id] != nil { return "there is a task `\(spec.id)` already" }
        if let missing = spec.dependencies.first(where: { numbers[$0] == nil }) {
            let near = Suggestion.nearest(to: missing.rawValue, among: tasks.lazy.map(\.spec.id.rawValue))
            return "it needs `\(missing)`, which is not in the run"
                + (near.map { "; did you mean `\($0)`?" } ?? "")
        }
        if let role = spec.role, !settings.roles.isEmpty, settings.roles[role] == nil {
            return "there is no role `\(role)`"
        }
        return nil
    }

    // MARK: - Ending an attempt

    /// Tells the slot's worker to end what it does. Nothing happens when it does nothing.
    mutating func cancelWork(of slot: Int, _ cause: SlotEntry.CancelCause, reason: String) {
        guard case .working(let node, let base, _) = slots[slot].work else { return }
        slots[slot].work = .cancelling(
            node, base: base, deadline: now + settings.cancelWithin, cause)
        effects.append(.cancelAttempt(slot: slot, tasks[node].lease, reason: reason))
    }

    mutating func attemptEnded(_ slot: Int, _ lease: Lease, _ outcome: AttemptOutcome, tail: String) {
        guard living(slot, lease, method: "finished") != nil else { return }
        slots[slot].lastBeat = now
        slots[slot].policy.proved()
        endAttempt(slot, outcome, tail: tail)
    }

    /// The attempt of a slot is over, by its own word or by its worker's death: take over what it left.
    mutating func endAttempt(_ slot: Int, _ outcome: AttemptOutcome, tail: String) {
        let node: Int
        let base: ObjectID?
        var cause: SlotEntry.CancelCause?
        switch slots[slot].work {
        case .working(let working, let from, _): (node, base) = (working, from)
        case .cancelling(let working, let from, _, let why): (node, base, cause) = (working, from, why)
        case .free, .preparing, .taking:
            preconditionFailure("slot \(slot) has no attempt to end: \(slots[slot].work)")
        }
        record(.attemptEnded(tasks[node].lease, outcome))
        slots[slot].work = .taking(node, outcome, cause, tail: tail)
        guard let base else {
            workTaken(slot, tasks[node].lease, .nothing)
            return
        }
        effects.append(
            .takeWork(
                slot: slot, tasks[node].lease, tasks[node].spec, base: base,
                rescue: outcome != .finished || cause != nil))
    }

    mutating func workTaken(_ slot: Int, _ lease: Lease, _ work: TakenWork) {
        guard case .taking(let node, let outcome, let cause, let tail) = slots[slot].work,
            tasks[node].lease == lease
        else { preconditionFailure("slot \(slot) takes nothing over for \(lease): \(slots[slot].work)") }
        release(node, from: slot)
        if case .rescued(let commit, let reference) = work {
            record(.workRescued(lease, commit: commit, reference: reference))
        }
        if case .failed(let reason) = work {
            retryOrFail(node, reason: "its work could not be taken over: \(reason)", note: nil)
        } else if let cause {
            concludeCancelled(node, cause, tail: tail)
        } else {
            conclude(node, outcome, work, tail: tail)
        }
        if slots[slot].isStoppedByPerson, slots[slot].life == .up { sendHome(slot) }
    }

    private mutating func conclude(_ node: Int, _ outcome: AttemptOutcome, _ work: TakenWork, tail: String) {
        switch outcome {
        case .finished:
            if case .commit(let commit, let base, let files) = work {
                submit(node, commit: commit, base: base, files: files)
            } else {
                concludeWithoutChange(node)
            }
        case .failed, .timedOut, .cancelled:
            retryOrFail(node, reason: outcome.reason, note: Self.note(outcome.reason, tail: tail))
        case .workerLost:
            tasks[node].workerLosses += 1
            if tasks[node].workerLosses >= settings.workerLossesMax {
                quarantine(node, reason: "\(tasks[node].workerLosses) workers died while they had it")
            } else {
                becomeReady(node)
            }
        case .interrupted: becomeReady(node)
        }
    }

    private mutating func concludeCancelled(_ node: Int, _ cause: SlotEntry.CancelCause, tail: String) {
        switch cause {
        case .stop, .taskReassigned, .workerRestart, .workerBudget: becomeReady(node)
        case .taskSkipped: skip(node, reason: "skipped by a person")
        case .taskCancelled: cancel(node, reason: "cancelled by a person")
        case .taskBudget: fail(node, reason: "the task's budget is used up", cause: nil)
        case .timeout(let limit):
            let reason = AttemptOutcome.timedOut(after: limit).reason
            retryOrFail(node, reason: reason, note: Self.note(reason, tail: tail))
        }
    }

    /// No file changed. That is the end of a task that need not change any, and a failed try of one that must.
    private mutating func concludeWithoutChange(_ node: Int) {
        let entry = tasks[node]
        let writes = entry.spec.role.flatMap { settings.roles[$0] }?.capabilities.contains(.writesCode)
        let mustChange =
            entry.spec.workspace == .worktree && entry.spec.run == nil && settings.callsModels
            && (writes ?? entry.spec.capabilities.contains(.writesCode))
        if mustChange {
            let reason = "no-change: the agent ended without changing a file"
            retryOrFail(node, reason: reason, note: reason)
        } else {
            setState(node, .completed)
            record(.taskCompleted(entry.lease, note: entry.spec.workspace == .none ? "" : "no-change"))
            satisfy(node)
        }
    }

    /// At most 4 KiB for the next attempt: why the last one failed, and what it said last.
    static func note(_ reason: String, tail: String) -> String {
        tail.isEmpty ? reason : reason + "\n\n" + String(tail.suffix(4096))
    }

    /// Tries again later, or gives up when the task was tried as often as it may be.
    mutating func retryOrFail(_ node: Int, reason: String, note: String?, countsAsFailure: Bool = true) {
        tasks[node].note = note ?? reason
        if countsAsFailure { tasks[node].failures += 1 }
        let limit = tasks[node].spec.maxAttempts ?? settings.limits.maxAttempts
        guard tasks[node].failures < limit else {
            fail(node, reason: reason, cause: nil)
            return
        }
        let exponent = min(max(tasks[node].failures - 1, 0), 9)
        let ceiling = min(settings.retryDelay * Double(1 << exponent), .seconds(60))
        let notBefore = countsAsFailure ? now + chance.jitter(upTo: ceiling) : now
        record(
            .taskRetryable(
                tasks[node].lease, reason: reason, notBefore: notBefore, failures: tasks[node].failures))
        if notBefore <= now {
            becomeReady(node)
        } else {
            setState(node, .retryable(notBefore: notBefore))
            retrying.insert(node)
        }
    }
}
