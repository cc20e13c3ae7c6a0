import CoordModel

/// A model call that waits or is on its way, and whose it is.
struct CallEntry: Sendable {
    var call: ModelCall
    var slot: Int
    var node: Int
    var lease: Lease
    /// The worst it may cost.
    var costMax: Money
    /// Since when it waits; nil: it is on its way.
    var waitsSince: Timestamp?
}

// MARK: - Model calls

extension CoordinatorStateMachine {
    /// A new attempt: nothing of it was measured yet.
    mutating func beginMeasuring(_ slot: Int) {
        slots[slot].isMeasured = false
        slots[slot].heldFor = .zero
    }

    mutating func callAsked(_ call: ModelCall) {
        guard calls[call.id] == nil else { return }
        guard let slot = slots.firstIndex(where: { $0.spec.worker == call.worker }),
            case .working(let node, _, _) = slots[slot].work,
            mode == .running || mode == .paused || isDraining
        else {
            effects.append(.refuseCall(call.id, status: 403, reason: "the worker has no task"))
            return
        }
        guard let costMax = settings.prices.costMax(of: call) else {
            effects.append(
                .refuseCall(
                    call.id, status: 400,
                    reason: "model `\(call.model)` has no price; see `coord prices`"))
            return
        }
        if !call.isAside { slots[slot].isMeasured = true }
        progressed(slot)
        calls[call.id] = CallEntry(
            call: call, slot: slot, node: node, lease: tasks[node].lease, costMax: costMax, waitsSince: now)
        governor.ask(call, priority: tasks[node].spec.priority, at: now)
    }

    mutating func callWithdrawn(_ id: CallID) {
        guard let entry = calls[id], entry.waitsSince != nil else { return }
        governor.withdraw(id)
        calls[id] = nil
    }

    mutating func callSettled(_ id: CallID, _ outcome: CallOutcome, _ hints: RateHints) {
        guard let entry = calls[id], entry.waitsSince == nil else { return }
        governor.learn(hints, from: id, at: now)
        if let pause = governor.settle(id, outcome, at: now),
            !handOverWhileHeld(entry, outcome, pause.reason)
        {
            pauseBegan(pause.until, pause.reason)
        }
        ledger.letGo(of: id)
        if case .turnedAway = outcome {
            calls[id]?.waitsSince = now
        } else {
            calls[id] = nil
        }
        if slots[entry.slot].node == entry.node { progressed(entry.slot) }
        if case .answered(let usage, let isCut) = outcome, !entry.call.isFree {
            charge(entry, usage, isCut: isCut)
            // What is held for a call is not told by itself: a call would cost two commits more.
            if toldReserved > .zero { recordReservation(changedFrom: toldReserved) }
        }
    }

    /// A call that was answered without a word of its usage costs what was held for it.
    private mutating func charge(_ entry: CallEntry, _ told: Usage?, isCut: Bool) {
        var usage =
            told ?? Usage(model: entry.call.model, tokens: .zero, cost: entry.costMax, isEstimated: true)
        usage.id = entry.call.id.rawValue
        usage.source = .gateway
        usage.isEstimated = usage.isEstimated || isCut
        if usage.cost == nil {
            // The answer may name a model more exactly than any list does.
            usage.cost =
                settings.prices.entry(of: usage.model) == nil
                ? settings.prices.cost(of: usage.tokens, model: entry.call.model) : nil
        }
        recordUsage(usage, entry.lease, node: entry.node, slot: entry.slot)
    }

    /// Everybody keeps the pause: no lease is granted meanwhile either.
    private mutating func pauseBegan(_ until: Timestamp, _ reason: String) {
        rateBlockedUntil = limiter.coolDown(for: until - now, at: now)
        if let lastPause, lastPause.reason == reason, now - lastPause.at < .seconds(30) { return }
        lastPause = (reason, now)
        record(.rateLimited(until: until, reason: reason))
    }

    mutating func gatewayLost() {
        for id in calls.keys.sorted() {
            guard let entry = calls[id] else { continue }
            if entry.waitsSince == nil {
                callSettled(id, .answered(nil, isCut: true), RateHints())
            } else {
                callWithdrawn(id)
            }
        }
    }

    /// Sends what may go now, and refuses what never may.
    mutating func grantCalls() {
        guard !calls.isEmpty else { return }
        while let decision = nextCall() {
            switch decision {
            case .grant(let call):
                guard let entry = calls[call.id] else { continue }
                if let since = entry.waitsSince {
                    slots[entry.slot].heldFor += now - since
                    progressed(entry.slot)
                }
                calls[call.id]?.waitsSince = nil
                ledger.hold(
                    entry.costMax, for: call.id, task: entry.lease.task, worker: call.worker)
                effects.append(.grantCall(call.id))
            case .refuse(let call, let status, let reason, let scope):
                guard let entry = calls.removeValue(forKey: call.id) else { continue }
                effects.append(.refuseCall(call.id, status: status, reason: reason))
                if let scope, !call.isAside { ranOut(of: scope, entry, reason: reason) }
            }
        }
    }

    private mutating func nextCall() -> ModelGovernor.Decision? {
        let (ledger, calls, tasks, slots) = (ledger, calls, tasks, slots)
        return governor.next(at: now) { call in
            guard let entry = calls[call.id] else { return .later }
            return ledger.room(
                forCall: entry.costMax, task: entry.lease.task, taskBudget: tasks[entry.node].spec.budget,
                worker: call.worker, workerBudget: slots[entry.slot].spec.budget)
        }
    }

    /// The next call would break a budget whatever else is given back.
    private mutating func ranOut(
        of scope: ModelGovernor.BudgetScope, _ entry: CallEntry, reason: String
    ) {
        let worker = slots[entry.slot].spec.worker
        switch scope {
        case .run: exhaustBudget()
        case .task:
            guard let budget = tasks[entry.node].spec.budget, slots[entry.slot].node == entry.node else {
                return
            }
            record(
                .budgetExhausted(
                    spent: ledger.spent(by: entry.lease.task), budget: budget,
                    scope: "task `\(entry.lease.task)`"))
            cancelWork(of: entry.slot, .taskBudget, reason: reason)
        case .worker:
            guard let budget = slots[entry.slot].spec.budget, !slots[entry.slot].isStoppedByPerson else {
                return
            }
            record(
                .budgetExhausted(
                    spent: ledger.spent(by: worker), budget: budget, scope: "worker `\(worker)`"))
            cancelWork(of: entry.slot, .workerBudget, reason: reason)
            slots[entry.slot].isStoppedByPerson = true
        }
    }

    /// Whether the attempt's time went by in waiting for a provider: that is nobody's failure.
    func ranOutOfTimeWaiting(_ node: Int, _ outcome: AttemptOutcome) -> Bool {
        guard case .timedOut(let limit) = outcome, let slot = tasks[node].worker else { return false }
        return slots[slot].heldFor * 4 > limit
    }

    /// Whether a call of the slot's agent waits or is on its way.
    func waitsForModel(_ slot: Int) -> Bool { calls.values.contains { $0.slot == slot } }
}
