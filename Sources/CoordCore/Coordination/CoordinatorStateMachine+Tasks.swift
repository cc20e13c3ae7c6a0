import CoordModel

// MARK: - Into the graph

extension CoordinatorStateMachine {
    /// Adds tasks that name each other or tasks already there, in one go.
    mutating func addTasks(_ specs: [TaskSpec], proposedBy proposer: Int? = nil) {
        guard !specs.isEmpty else { return }
        let first = tasks.count
        if specs.count > 1 {
            graph.reserve(
                nodes: first + specs.count, edges: specs.reduce(0) { $0 + $1.dependencies.count })
        }
        for spec in specs {
            numbers[spec.id] = graph.addNode()
            var entry = TaskEntry(spec: spec, lane: lane(of: spec))
            entry.proposer = proposer
            entry.depth = proposer.map { tasks[$0].depth + 1 } ?? 0
            tasks.append(entry)
            counts.add(entry.state)
            record(.taskAdded(spec, proposedBy: proposer.map { tasks[$0].spec.id }))
        }
        for node in first..<tasks.count {
            for need in needs(of: node) { graph.addEdge(from: need, to: node) }
        }
        if specs.count > 1 { graph.weigh() } else { reweigh(from: first) }
        for node in first..<tasks.count where tasks[node].state == .waiting {
            if graph.isReady(node) { becomeReady(node) } else { endIfNeedIsDead(node) }
        }
    }

    /// The direct needs of a task, each once, in the order of their naming.
    func needs(of node: Int) -> [Int] { distinct(tasks[node].spec.dependencies).map { number(of: $0) } }

    /// The names without repetition: an agent or a person may write one twice.
    func distinct(_ needs: [TaskID]) -> [TaskID] {
        guard needs.count > 1 else { return needs }
        var seen: Set<TaskID> = []
        return needs.filter { seen.insert($0).inserted }
    }

    mutating func lane(of spec: TaskSpec) -> Int {
        scheduler.lane(
            role: spec.role ?? owner(of: spec), capabilities: spec.capabilities,
            callsModel: settings.callsModels && spec.run == nil)
    }

    /// The role of the team that owns most of the files a task means to change, if it can do what the task
    /// needs; the first of the team among equals. Nil: nobody owns any, or tasks are dealt in turn.
    private func owner(of spec: TaskSpec) -> RoleID? {
        guard settings.assignment == .capability, spec.run == nil, !spec.files.isEmpty else { return nil }
        var best: (role: RoleID, count: Int)?
        var seen: Set<RoleID> = []
        for slot in slots {
            guard let id = slot.spec.role, seen.insert(id).inserted, let role = settings.roles[id],
                spec.capabilities.allSatisfy(slot.spec.capabilities.contains)
            else { continue }
            let owned = role.owns.map { PathPattern(rule: $0) }
            let count = spec.files.count { file in owned.contains { $0.matches(file) } }
            if count > best?.count ?? 0 { best = (id, count) }
        }
        return best?.role
    }

    /// After one node or edge was added: its needs may have become more urgent.
    mutating func reweigh(from node: Int) {
        let heavier = graph.reweigh(from: node) { [numbers, tasks] in
            tasks[$0].spec.dependencies.compactMap { numbers[$0] }
        }
        // The old entry of a ready task goes stale: the new one, heavier, is taken first.
        for node in heavier where tasks[node].state == .ready { enqueue(node) }
    }

    mutating func becomeReady(_ node: Int) {
        setState(node, .ready)
        record(.taskReady(tasks[node].spec.id))
        enqueue(node)
    }

    /// Puts a task that is to be tried again where it belongs. A need may have been taken back, or have
    /// failed, while it was being worked on.
    mutating func comeBack(_ node: Int) {
        if graph.isReady(node) { becomeReady(node) } else if !endIfNeedIsDead(node) { wait(node) }
    }

    /// Puts a task back behind its needs.
    mutating func wait(_ node: Int) {
        setState(node, .waiting)
        record(.taskRevived(tasks[node].spec.id, reason: "it waits for a need that came back"))
        resetTries(node)
    }

    /// What a revived task starts with; the fact says the same to the fold.
    mutating func resetTries(_ node: Int) {
        tasks[node].failures = 0
        tasks[node].conflicts = 0
        tasks[node].workerLosses = 0
        tasks[node].rounds = 0
    }

    func key(of node: Int) -> UInt64 {
        ReadyQueue.key(priority: tasks[node].spec.priority, weight: graph.weights[node], node: node)
    }

    mutating func enqueue(_ node: Int) {
        scheduler.enqueue(key: key(of: node), lane: tasks[node].lane, pinnedTo: tasks[node].pinned)
    }

    /// The one place where a task changes its state: the counters follow here.
    mutating func setState(_ node: Int, _ state: TaskEntry.State) {
        let old = tasks[node].state
        tasks[node].state = state
        counts.remove(old)
        counts.add(state)
    }

    /// Releases what waited for the task.
    mutating func satisfy(_ node: Int) {
        var released: [Int] = []
        graph.satisfy(node) { released.append($0) }
        for next in released.reversed() where tasks[next].state == .waiting { becomeReady(next) }
    }
}

// MARK: - Leases

extension CoordinatorStateMachine {
    /// Whether a task may start now.
    enum Admission {
        case granted
        /// The rate or the budget has no room for a model's work now.
        case heldByRate, heldByBudget
        /// It will never start.
        case refused(reason: String)
    }

    /// Gives ready tasks to idle workers until one of both, the rate or the budget is used up. A task that
    /// calls no model needs neither rate nor budget and does not wait behind one that does.
    mutating func grantLeases() {
        heldUntil = nil
        guard mode == .running, counts.ready > 0 else { return }
        let limit = settings.limits.maxConcurrency ?? slots.count
        var modelsMayStart = true
        var lacksBudget = false
        var passedOver: [Int] = []
        for slot in slots.indices {
            while busyCount < limit, counts.ready > 0, slots[slot].canTake, !isOutOfBudget(slot) {
                let taken = takeApart(for: slot, withoutModels: !modelsMayStart, &passedOver)
                guard let node = taken else { break }
                switch admission(of: node, callsModel: callsModel(node)) {
                case .granted: grant(node, to: slot)
                case .refused(let reason): fail(node, reason: reason, cause: nil)
                case .heldByRate:
                    scheduler.putBack(node)
                    modelsMayStart = false
                case .heldByBudget:
                    scheduler.putBack(node)
                    modelsMayStart = false
                    lacksBudget = true
                }
            }
        }
        for node in passedOver { scheduler.putBack(node) }
        grantLeasesAhead()
        if lacksBudget, isQuiet { exhaustBudget() }
        stopIfWorkersAreOutOfBudget()
    }

    func callsModel(_ node: Int) -> Bool { settings.callsModels && tasks[node].spec.run == nil }

    /// Whether the rate and the budget have room for the task. Says why not, once, when they do not.
    mutating func admission(of node: Int, callsModel: Bool) -> Admission {
        guard callsModel else { return .granted }
        if let reason = overspending(of: node) { return .refused(reason: reason) }
        if let earliest = limiter.earliest(settings.estimate, at: now) {
            if rateBlockedUntil.map({ $0 <= now }) ?? true {
                record(.rateLimited(until: earliest, reason: "the fleet's rate limit"))
            }
            rateBlockedUntil = earliest
            return .heldByRate
        }
        rateBlockedUntil = nil
        return ledger.hasRoom(for: reservation(for: node)) ? .granted : .heldByBudget
    }

    /// Why the task gets no further attempt: it spent what it may.
    func budgetRefusal(of node: Int) -> String? {
        callsModel(node) ? overspending(of: node) : nil
    }

    private func overspending(of node: Int) -> String? {
        let spec = tasks[node].spec
        guard let budget = spec.budget, ledger.spent(by: spec.id) >= budget else { return nil }
        return "the task's budget of \(budget) is used up"
    }

    private func reservation(for node: Int) -> Money {
        let spec = tasks[node].spec
        return spec.budget.map { max($0 - ledger.spent(by: spec.id), .zero) } ?? .zero
    }

    mutating func exhaustBudget() {
        guard let budget = ledger.budget, mode == .running || mode == .paused || isDraining else { return }
        record(.budgetExhausted(spent: ledger.spent, budget: budget, scope: "run"))
        beginStopping(
            Ending(
                status: .stopped, exitStatus: 5,
                reason:
                    "the budget of \(budget) is used up: \(ledger.spent) spent, \(ledger.reserved) reserved"))
    }

    /// What is ready could only be done by workers that may spend no more, and nothing else is under way:
    /// waiting would not help.
    mutating func stopIfWorkersAreOutOfBudget() {
        guard mode == .running, counts.ready > 0 || !reviewLine.isEmpty, isQuiet, queue.isIdle,
            rateBlockedUntil == nil,
            counts.retryable == 0, counts.approval == 0, counts.asking == 0
        else { return }
        var isOut = false
        var lacksQuota = false
        for slot in slots.indices {
            if isOutOfBudget(slot) {
                isOut = true
            } else if case .gone(let until) = slots[slot].quota {
                if until != nil { return }
                lacksQuota = true
            } else if slots[slot].isScaledDown {
                // It is about to be woken for what nobody else can do.
                if scheduler.isOnlyHope(slot) { return }
            } else if !slots[slot].canTake {
                return
            }
        }
        if lacksQuota { return askAboutQuotas() }
        guard isOut else { return }
        beginStopping(
            Ending(
                status: .stopped, exitStatus: 5,
                reason: "the budgets of the workers that could go on are used up"))
    }

    mutating func grant(_ node: Int, to slot: Int) {
        if callsModel(node) { reserve(for: node) }
        lease(node, to: slot)
        busyCount += 1
        let lease = tasks[node].lease
        switch tasks[node].spec.workspace {
        case .worktree:
            slots[slot].work = .preparing(node, nil)
            if let (base, content) = handedOver(node) {
                effects.append(.continueWorktree(slot: slot, lease, base: base, content: content))
            } else {
                effects.append(.prepareWorktree(slot: slot, lease, base: nil))
            }
        case .none: assign(node, to: slot, base: nil)
        }
    }

    /// Sets apart what a model's work is likely to need of the rate and the budget.
    mutating func reserve(for node: Int) {
        limiter.reserve(settings.estimate, for: tasks[node].spec.id, at: now)
        let before = ledger.reserved
        ledger.reserve(reservation(for: node), for: tasks[node].spec.id)
        recordReservation(changedFrom: before)
    }

    mutating func lease(_ node: Int, to slot: Int) {
        tasks[node].attempt += 1
        tasks[node].worker = slot
        tasks[node].heldSince = nil
        tasks[node].notices = []
        tasks[node].planned = []
        setState(node, .leased(slot: slot))
        record(.leaseGranted(tasks[node].lease, worker: slots[slot].spec.worker))
    }

    private mutating func assign(_ node: Int, to slot: Int, base: ObjectID?) {
        let entry = tasks[node]
        slots[slot].work = .working(node, base: base, deadline: turnDeadline(of: node))
        slots[slot].turnBegan = now
        slots[slot].isAskedBack = false
        beginMeasuring(slot)
        progressed(slot)
        if base != nil { radar.began(at: now) }
        effects.append(.assign(slot: slot, entry.lease, entry.spec, base: base, note: entry.note))
        handoffAssigned(node, slot)
    }

    mutating func worktreePrepared(_ slot: Int, _ lease: Lease, branch: String, base: ObjectID) {
        let (node, cause) = preparing(slot, lease)
        if isReviewed(node) { return reviewPrepared(slot, node, cause) }
        record(.worktreePrepared(lease, branch: branch, base: base))
        if cause == nil, slots[slot].life == .up, !slots[slot].isCondemned {
            assign(node, to: slot, base: base)
            return
        }
        // The worker died, or the attempt is not wanted any more, before anything was done.
        record(.attemptEnded(lease, .cancelled))
        release(node, from: slot)
        if let cause { concludeCancelled(node, cause, tail: "") } else { comeBack(node) }
        sendHomeIfStopped(slot)
    }

    var isDraining: Bool { if case .draining = mode { true } else { false } }

    mutating func worktreeFailed(_ slot: Int, _ lease: Lease, _ reason: String) {
        let (node, cause) = preparing(slot, lease)
        if isReviewed(node) {
            return endReview(node, by: slot, .failed(reason: "no worktree: \(reason)"), cause)
        }
        record(.attemptEnded(lease, .failed(reason: "no worktree: \(reason)")))
        release(node, from: slot)
        if let cause {
            concludeCancelled(node, cause, tail: "")
        } else {
            retryOrFail(node, reason: "no worktree: \(reason)", note: nil)
        }
        sendHomeIfStopped(slot)
    }

    private func preparing(_ slot: Int, _ lease: Lease) -> (node: Int, SlotEntry.CancelCause?) {
        guard case .preparing(let node, let cause) = slots[slot].work, tasks[node].lease == lease else {
            preconditionFailure("slot \(slot) prepares nothing for \(lease): \(slots[slot].work)")
        }
        return (node, cause)
    }

    /// Ends the slot's part in an attempt; the task's state is set by the caller. The next lease of the slot,
    /// if it holds one, has its turn.
    mutating func release(_ node: Int, from slot: Int) {
        slots[slot].work = .free
        slots[slot].handoff = .none
        slots[slot].toolsUnderWay = nil
        slots[slot].idleSince = now
        forgetCalls(of: tasks[node].lease)
        busyCount -= 1
        limiter.release(tasks[node].spec.id, at: now)
        let before = ledger.reserved
        ledger.release(tasks[node].spec.id)
        recordReservation(changedFrom: before)
        beginNextTurn(of: slot)
    }

    mutating func recordReservation(changedFrom before: Money) {
        guard ledger.reserved != before else { return }
        toldReserved = ledger.reserved
        record(.reservationChanged(reserved: ledger.reserved))
    }
}
