package import CoordModel

// MARK: - Into the graph

extension CoordinatorStateMachine {
    /// Adds tasks that name each other or tasks already there, in one go.
    mutating func addTasks(_ specs: [TaskSpec], proposedBy proposer: Int? = nil) {
        let first = tasks.count
        graph.reserve(
            nodes: first + specs.count, edges: specs.reduce(0) { $0 + $1.dependencies.count })
        for spec in specs {
            numbers[spec.id] = graph.addNode()
            var entry = TaskEntry(
                spec: spec, lane: scheduler.lane(role: spec.role, capabilities: spec.capabilities))
            entry.depth = proposer.map { tasks[$0].depth + 1 } ?? 0
            tasks.append(entry)
            record(.taskAdded(spec, proposedBy: proposer.map { tasks[$0].spec.id }))
        }
        openCount += specs.count
        for node in first..<tasks.count {
            for need in tasks[node].spec.dependencies { graph.addEdge(from: number(of: need), to: node) }
        }
        if specs.count > 1 { graph.weigh() } else { reweigh(from: first) }
        for node in first..<tasks.count { settleNewcomer(node) }
    }

    /// A task that is added behind a need that failed fails at once, by the same name.
    private mutating func settleNewcomer(_ node: Int) {
        for need in tasks[node].spec.dependencies {
            switch tasks[number(of: need)].state {
            case .failed, .quarantined, .cancelled:
                fail(node, reason: "needs `\(need)`, which failed", cause: number(of: need))
                return
            default: continue
            }
        }
        if graph.isReady(node) { becomeReady(node) }
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
        if old == .ready { readyCount -= 1 }
        if state == .ready { readyCount += 1 }
        if old.isFinal != state.isFinal { openCount += state.isFinal ? -1 : 1 }
        failedCount += (Self.isFailure(state) ? 1 : 0) - (Self.isFailure(old) ? 1 : 0)
    }

    private static func isFailure(_ state: TaskEntry.State) -> Bool {
        switch state {
        case .failed, .quarantined: true
        default: false
        }
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
    /// Gives ready tasks to idle workers until one of both, the rate or the budget is used up.
    mutating func grantLeases() {
        guard mode == .running, readyCount > 0 else { return }
        let limit = settings.limits.maxConcurrency ?? slots.count
        for slot in slots.indices {
            guard busyCount < limit, readyCount > 0 else { return }
            guard slots[slot].canTake else { continue }
            let node = scheduler.take(for: slot) { [tasks] in tasks[$0].state == .ready }
            guard let node else { continue }
            if mayStart(node) { grant(node, to: slot) } else { enqueue(node) }
            guard mode == .running else { return }
        }
    }

    private func callsModel(_ node: Int) -> Bool { settings.callsModels && tasks[node].spec.run == nil }

    /// Whether the rate and the budget have room for the task. Says why not, once, when they do not.
    private mutating func mayStart(_ node: Int) -> Bool {
        guard callsModel(node) else { return true }
        if let earliest = limiter.earliest(settings.estimate, at: now) {
            if rateBlockedUntil.map({ $0 <= now }) ?? true {
                record(.rateLimited(until: earliest, reason: "the fleet's rate limit"))
            }
            rateBlockedUntil = earliest
            return false
        }
        rateBlockedUntil = nil
        guard ledger.hasRoom(for: reservation(for: node)) else {
            if busyCount == 0, !queue.isBusy { exhaustBudget() }
            return false
        }
        return true
    }

    private func reservation(for node: Int) -> Money {
        let spec = tasks[node].spec
        return spec.budget.map { max($0 - ledger.spent(by: spec.id), .zero) } ?? .zero
    }

    mutating func exhaustBudget() {
        guard let budget = ledger.budget else { return }
        record(.budgetExhausted(spent: ledger.spent, budget: budget, scope: "run"))
        beginStopping(
            Ending(
                status: .stopped, exitStatus: 5,
                reason: "the budget of \(budget) is used up: \(ledger.spent) spent, \(ledger.reserved) reserved"))
    }

    private mutating func grant(_ node: Int, to slot: Int) {
        if callsModel(node) {
            limiter.reserve(settings.estimate, for: tasks[node].spec.id, at: now)
            let before = ledger.reserved
            ledger.reserve(reservation(for: node), for: tasks[node].spec.id)
            if ledger.reserved != before { record(.reservationChanged(reserved: ledger.reserved)) }
        }
        tasks[node].attempt += 1
        setState(node, .leased(slot: slot))
        busyCount += 1
        let lease = tasks[node].lease
        record(.leaseGranted(lease, worker: slots[slot].spec.worker))
        switch tasks[node].spec.workspace {
        case .worktree:
            slots[slot].work = .preparing(node)
            effects.append(.prepareWorktree(slot: slot, lease, base: nil))
        case .none: assign(node, to: slot, base: nil)
        }
    }

    private mutating func assign(_ node: Int, to slot: Int, base: ObjectID?) {
        let entry = tasks[node]
        let limit = entry.spec.timeout ?? settings.limits.taskTimeout
        slots[slot].work = .working(node, base: base, deadline: now + limit + settings.timeoutSlack)
        effects.append(.assign(slot: slot, entry.lease, entry.spec, base: base, note: entry.note))
    }

    mutating func worktreePrepared(_ slot: Int, _ lease: Lease, branch: String, base: ObjectID) {
        guard case .preparing(let node) = slots[slot].work, tasks[node].lease == lease else {
            preconditionFailure("slot \(slot) prepares nothing for \(lease): \(slots[slot].work)")
        }
        record(.worktreePrepared(lease, branch: branch, base: base))
        if slots[slot].life == .up, mode == .running || mode == .paused || isDraining {
            assign(node, to: slot, base: base)
        } else {
            // The worker died, or the run is being stopped, before anything was done.
            giveBack(node, from: slot)
        }
    }

    private var isDraining: Bool { if case .draining = mode { true } else { false } }

    mutating func worktreeFailed(_ slot: Int, _ lease: Lease, _ reason: String) {
        guard case .preparing(let node) = slots[slot].work, tasks[node].lease == lease else {
            preconditionFailure("slot \(slot) prepares nothing for \(lease): \(slots[slot].work)")
        }
        release(node, from: slot)
        retryOrFail(node, reason: "no worktree: \(reason)", note: nil, countsAsFailure: true)
    }

    /// Ends the slot's part in an attempt; the task's state is set by the caller.
    mutating func release(_ node: Int, from slot: Int) {
        slots[slot].work = .free
        busyCount -= 1
        limiter.release(tasks[node].spec.id, at: now)
        let before = ledger.reserved
        ledger.release(tasks[node].spec.id)
        if ledger.reserved != before { record(.reservationChanged(reserved: ledger.reserved)) }
    }

    /// Puts a task whose attempt never counted back among the ready ones.
    mutating func giveBack(_ node: Int, from slot: Int) {
        release(node, from: slot)
        becomeReady(node)
    }
}
