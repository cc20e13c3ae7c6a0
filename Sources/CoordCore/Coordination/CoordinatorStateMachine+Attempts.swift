import CoordModel

// MARK: - While the agent works

extension CoordinatorStateMachine {
    /// The task a message speaks of, if its attempt is the living one of that slot. Otherwise the message is
    /// refused and recorded: it comes from an attempt whose lease moved on.
    mutating func living(_ slot: Int, _ lease: Lease, method: String) -> Int? {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.fenceDropped), let node = slots[slot].node {
                switch slots[slot].work {
                case .working, .cancelling: return node
                case .free, .preparing, .taking: break
                }
            }
        #endif
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
        heard(slot)
        guard let node = living(slot, lease, method: "report") else { return }
        progressed(slot)
        if reviewerReported(slot, node, report) { return }
        defer { handoffReported(slot, node, report) }
        switch report {
        case .usage(let usage): agentUsed(usage, lease, node: node, slot: slot)
        case .progress(let text): record(.progressReported(lease, text: text))
        case .toolStarted(let name, let id, let summary):
            slots[slot].toolsUnderWay = (slots[slot].toolsUnderWay ?? 0) + 1
            record(.toolStarted(lease, name: name, id: id, summary: summary))
        case .toolEnded(let name, let id, let succeeded, let summary):
            slots[slot].toolsUnderWay = max(0, (slots[slot].toolsUnderWay ?? 0) - 1)
            record(
                .toolCompleted(
                    lease, name: name, id: id, succeeded: succeeded, summary: summary, duration: nil))
        case .handoff(let handoff):
            write(.handoffWritten(lease, handoff))
            tasks[node].summary = String(handoff.summary.prefix(Self.summaryMax))
        case .proposedTask(let spec): considerProposal(spec, by: node)
        case .rateLimited(let retryAfter):
            if handOverInPause(slot, node, retryAfter) { break }
            let until = limiter.coolDown(for: retryAfter, at: now)
            record(.rateLimited(until: until, reason: "a provider asked for a pause"))
            rateBlockedUntil = until
        case .session(let session):
            record(.agentSessionBegan(lease, agent: slots[slot].spec.agent.description, session: session))
        case .verdict, .handoffAsked, .handoffWished, .acknowledged, .context: break
        }
    }

    /// What an agent says it used is counted when nobody measures it, and else kept to be compared.
    private mutating func agentUsed(_ usage: Usage, _ lease: Lease, node: Int, slot: Int) {
        guard slots[slot].isMeasured else { return recordUsage(usage, lease, node: node, slot: slot) }
        record(
            .usageRecorded(
                lease, worker: slots[slot].spec.worker, role: slots[slot].spec.role, usage,
                cost: cost(of: usage), counted: false))
    }

    /// What the reporter says, else what the list says.
    func cost(of usage: Usage) -> Money {
        usage.cost ?? settings.prices.cost(of: usage.tokens, model: usage.model) ?? .zero
    }

    mutating func recordUsage(_ usage: Usage, _ lease: Lease, node: Int, slot: Int) {
        let cost = cost(of: usage)
        let spec = tasks[node].spec
        let worker = slots[slot].spec.worker
        let reserved = ledger.reserved
        let before = (task: ledger.spent(by: spec.id), worker: ledger.spent(by: worker))
        let counted = ledger.record(usage, cost: cost, task: spec.id, worker: worker)
        if counted { limiter.settle(usage, for: spec.id, at: now) }
        record(
            .usageRecorded(
                lease, worker: worker, role: slots[slot].spec.role, usage, cost: cost,
                counted: counted))
        guard counted else { return }
        outages = 0
        recordReservation(changedFrom: reserved)
        if let budget = ledger.budget, ledger.takeWarning() {
            record(.budgetWarned(spent: ledger.spent, budget: budget))
        }
        if ledger.isExhausted {
            exhaustBudget()
        } else if let soft = ledger.takeSoftLimit() {
            askPerson("the soft limit of \(soft) is reached: \(ledger.spent) spent")
        }
        guard tasks[node].lease == lease, slots[slot].node == node else { return }
        // Said once, when the limit is crossed, however much is still reported until the attempt has ended.
        if let budget = spec.budget, before.task < budget, ledger.spent(by: spec.id) >= budget {
            let scope = "task `\(spec.id)`"
            record(.budgetExhausted(spent: ledger.spent(by: spec.id), budget: budget, scope: scope))
            cancelWork(of: slot, .taskBudget, reason: "the task's budget of \(budget) is used up")
        }
        if let budget = slots[slot].spec.budget, before.worker < budget, isOutOfBudget(slot) {
            let scope = "worker `\(worker)`"
            record(.budgetExhausted(spent: ledger.spent(by: worker), budget: budget, scope: scope))
            beginHandoffAtBudget(slot, node)
            cancelWork(of: slot, .workerBudget, reason: "the worker's budget of \(budget) is used up")
            slots[slot].isStoppedByPerson = true
            // One that is being restarted does not come back.
            if case .stopping = slots[slot].life { sendHome(slot) }
        }
    }

    /// Why a new task cannot be taken in; nil when it can.
    ///
    /// - Parameter others: tasks that are added together with it.
    func problem(withNew spec: TaskSpec, beside others: Set<TaskID> = []) -> String? {
        if !spec.id.isValid { return "`\(spec.id)` is not a valid name for a task" }
        if numbers[spec.id] != nil { return "there is a task `\(spec.id)` already" }
        if let missing = spec.dependencies.first(where: { numbers[$0] == nil && !others.contains($0) }) {
            let near = suggestion(for: missing)
            return "it needs `\(missing)`, which is not in the run"
                + (near.map { "; did you mean `\($0)`?" } ?? "")
        }
        return problem(withRole: spec.role)
    }

    func problem(withRole role: RoleID?) -> String? {
        guard let role, !settings.roles.isEmpty, settings.roles[role] == nil else { return nil }
        return "there is no role `\(role)`"
    }

    /// The name that was probably meant. Only the first 4,096 tasks are asked: a wrong word is no reason to
    /// stop work.
    func suggestion(for id: TaskID) -> String? {
        Suggestion.nearest(to: id.rawValue, among: tasks.prefix(4096).lazy.map(\.spec.id.rawValue))
    }

    // MARK: - Ending an attempt

    /// Has what the slot is doing ended. What cannot be ended at once (its worktree is being made, its files
    /// are being taken over) is concluded that way when it can be. Nothing happens when the slot does
    /// nothing.
    mutating func cancelWork(of slot: Int, _ cause: SlotEntry.CancelCause, reason: String) {
        askBackAll(of: slot, cause.endsSlot ? cause : .takenBack, reason: reason)
        switch slots[slot].work {
        case .free: break
        case .preparing(let node, let earlier):
            slots[slot].work = .preparing(node, Self.outcome(of: cause, after: earlier))
        case .working(let node, let base, _):
            slots[slot].work = .cancelling(
                node, base: base, deadline: now + settings.cancelWithin, cause)
            effects.append(.cancelAttempt(slot: slot, tasks[node].lease, reason: reason))
        case .cancelling(let node, let base, let deadline, let earlier):
            slots[slot].work = .cancelling(
                node, base: base, deadline: deadline, Self.outcome(of: cause, after: earlier))
        case .taking(let node, let outcome, let earlier, let tail):
            guard cause.endsTask else { return }
            slots[slot].work = .taking(node, outcome, Self.outcome(of: cause, after: earlier), tail: tail)
        }
    }

    /// A person's last word on the task counts; among other causes, the first.
    static func outcome(
        of cause: SlotEntry.CancelCause, after earlier: SlotEntry.CancelCause?
    ) -> SlotEntry.CancelCause {
        if cause.endsTask || earlier == .takenBack { return cause }
        return earlier ?? cause
    }

    mutating func attemptEnded(_ slot: Int, _ lease: Lease, _ outcome: AttemptOutcome, tail: String) {
        heard(slot)
        let behind = slots[slot].behind.firstIndex { tasks[$0.node].lease == lease }
        if let behind { return endBehind(behind, of: slot, outcome, tail: tail) }
        guard living(slot, lease, method: "finished") != nil else { return }
        slots[slot].policy.proved()
        learnPace(of: slot, outcome)
        endAttempt(slot, outcome, tail: tail)
    }

    /// The attempt of a slot is over, by its own word or by its worker's death: take over what it left.
    mutating func endAttempt(_ slot: Int, _ outcome: AttemptOutcome, tail: String) {
        let node: Int
        let base: ObjectID?
        var cause: SlotEntry.CancelCause?
        switch slots[slot].work {
        case .working(let working, let from, _):
            (node, base) = (working, from)
            if outcome == .notBegun, slots[slot].isAskedBack { cause = .takenBack }
        case .cancelling(let working, let from, _, let why):
            (node, base) = (working, from)
            if Self.decides(why, over: outcome) { cause = why }
        case .free, .preparing, .taking:
            preconditionFailure("slot \(slot) has no attempt to end: \(slots[slot].work)")
        }
        if isReviewed(node) { return endReview(node, by: slot, outcome, cause) }
        forgetOverlap(of: tasks[node].lease)
        endAcknowledging(slot, node)
        if cause == nil { beginHandoffAtEnd(slot, node, outcome) }
        let isHandedOff = outcome == .cancelled && cause == .handedOff
        record(.attemptEnded(tasks[node].lease, isHandedOff ? .handedOff : outcome))
        if case .workerLost = outcome { tasks[node].workerLosses += 1 }
        slots[slot].work = .taking(node, outcome, cause, tail: tail)
        slots[slot].takingBase = base
        takeOver(slot)
    }

    mutating func workTaken(_ slot: Int, _ lease: Lease, _ work: TakenWork) {
        guard case .taking(let node, let outcome, let cause, let tail) = slots[slot].work,
            tasks[node].lease == lease
        else { preconditionFailure("slot \(slot) takes nothing over for \(lease): \(slots[slot].work)") }
        release(node, from: slot)
        if case .rescued(let commit, let reference, let document) = work {
            record(.workRescued(lease, commit: commit, reference: reference))
            if let document { prepareAfterDeath(node, document, outcome, from: slot) }
        }
        if cause == .handedOff { stopHandoff(node, work) }
        if case .failed(let reason) = work {
            retryOrFail(node, reason: "its work could not be taken over: \(reason)", note: nil)
        } else if case .handedOff(let sheet) = work, cause?.endsTask != true {
            concludeHandedOff(node, sheet, from: slot)
        } else if let cause {
            concludeCancelled(node, cause, tail: tail)
        } else {
            conclude(node, outcome, work, of: slot, tail: tail)
        }
        sendHomeIfStopped(slot)
    }

    mutating func sendHomeIfStopped(_ slot: Int) {
        if slots[slot].isStoppedByPerson, slots[slot].work == .free { sendHome(slot) }
    }

    mutating func conclude(
        _ node: Int, _ outcome: AttemptOutcome, _ work: TakenWork, of slot: Int, tail: String
    ) {
        if case .commit = work {} else if outcome.isOfTheAgent, waitForPerson(node) { return }
        switch outcome {
        case .finished:
            if isPlan(node) {
                concludePlan(node)
            } else if case .commit(let commit, let base, let files) = work {
                submit(node, commit: commit, base: base, files: files)
            } else {
                concludeWithoutChange(node)
            }
        case .agentFailed(let failure):
            let isNobodysFault = accept(failure, of: slot)
            retryOrFail(
                node, reason: outcome.reason, note: Self.note(outcome.reason, tail: tail),
                countsAsFailure: !isNobodysFault)
        // Handed over without being asked to: it did not do its task.
        case .failed, .timedOut, .cancelled, .notBegun, .handedOff:
            retryOrFail(
                node, reason: outcome.reason, note: Self.note(outcome.reason, tail: tail),
                countsAsFailure: !ranOutOfTimeWaiting(node, outcome))
        case .workerLost: concludeLost(node)
        case .interrupted: comeBack(node)
        }
    }

    private mutating func concludeLost(_ node: Int) {
        if tasks[node].workerLosses >= settings.workerLossesMax {
            quarantine(node, reason: "\(tasks[node].workerLosses) workers died while they had it")
        } else {
            comeBack(node)
        }
    }

    mutating func concludeCancelled(_ node: Int, _ cause: SlotEntry.CancelCause, tail: String) {
        switch cause {
        case .timeout, .stalled: if waitForPerson(node) { return }
        default: break
        }
        switch cause {
        case .stop, .taskReassigned, .workerRestart, .workerBudget, .takenBack, .handedOff: comeBack(node)
        case .taskSkipped: skip(node, reason: "skipped by a person")
        case .taskCancelled: cancel(node, reason: "cancelled by a person")
        case .taskBudget: fail(node, reason: "the task's budget is used up", cause: nil)
        case .timeout(let limit):
            let reason = AttemptOutcome.timedOut(after: limit).reason
            retryOrFail(node, reason: reason, note: Self.note(reason, tail: tail))
        case .stalled(let limit):
            let reason =
                "no progress for \(limit.wholeMilliseconds / 1000) s: the agent lived and did nothing"
            retryOrFail(node, reason: reason, note: Self.note(reason, tail: tail))
        }
    }

    /// No file changed. That is the end of a task that need not change any, and a failed try of one that
    /// must.
    private mutating func concludeWithoutChange(_ node: Int) {
        let entry = tasks[node]
        // Only a role that writes no code excuses; a task without a role is not excused.
        let writes = entry.spec.role.flatMap { settings.roles[$0] }?.capabilities.contains(.writesCode)
        let mustChange =
            entry.spec.workspace == .worktree && entry.spec.run == nil && settings.callsModels
            && (writes ?? true)
        if mustChange {
            let reason = "no-change: the agent ended without changing a file"
            retryOrFail(node, reason: reason, note: reason)
        } else {
            setState(node, .completed)
            record(.taskCompleted(entry.lease, note: entry.spec.workspace == .none ? "" : "no-change"))
            satisfy(node)
        }
    }

    /// So many characters of what an attempt says of its work are told to those who conflict with it.
    private static let summaryMax = 512

    /// At most 4 KiB for the next attempt: why the last one failed, and what it said last.
    static func note(_ reason: String, tail: String) -> String {
        tail.isEmpty ? reason : reason + "\n\n" + String(tail.suffix(4096))
    }

    /// Tries again later, or gives up when the task was tried as often as it may be.
    mutating func retryOrFail(_ node: Int, reason: String, note: String?, countsAsFailure: Bool = true) {
        tasks[node].note = note ?? reason
        if countsAsFailure { tasks[node].failures += 1 }
        let limit = tasks[node].spec.maxAttempts ?? settings.limits.maxAttempts
        guard tasks[node].failures < limit, budgetRefusal(of: node) == nil else {
            fail(node, reason: budgetRefusal(of: node) ?? reason, cause: nil)
            return
        }
        let exponent = min(max(tasks[node].failures - 1, 0), 9)
        let ceiling = min(settings.retryDelay * Double(1 << exponent), .seconds(60))
        let notBefore = countsAsFailure ? now + chance.jitter(upTo: ceiling) : now
        record(
            .taskRetryable(
                tasks[node].lease, reason: reason, notBefore: notBefore, failures: tasks[node].failures))
        if notBefore <= now {
            comeBack(node)
        } else {
            setState(node, .retryable(notBefore: notBefore))
            retryTimes.insert(node, at: notBefore)
        }
    }
}
