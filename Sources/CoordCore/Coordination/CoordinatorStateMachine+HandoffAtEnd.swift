import CoordModel

// MARK: - Sessions that end before their task is done

/// What a session leaves that cannot go on goes to a fresh one: its context is full, its worker's budget or
/// its vendor's quota is used up. One that died leaves a document as well, and its work beside it.
extension CoordinatorStateMachine {
    /// A provider that names a longer pause than this is as good as gone: another vendor's worker goes on.
    private static let pauseMax = Duration.seconds(600)

    /// A session that ended because of its context or its vendor's quota is handed over with what it left.
    mutating func beginHandoffAtEnd(_ slot: Int, _ node: Int, _ outcome: AttemptOutcome) {
        guard case .agentFailed(let failure) = outcome, mayHandOverByItself(node) else { return }
        if failure.kind == .context {
            begin(slot, node, to: .sameWorker, "its context was full")
        } else if isOutOfQuota(failure), let other = otherVendor(for: node, than: slot) {
            let agent = slots[slot].spec.agent
            let reason = "agent `\(agent)`: \(failure.description)"
            begin(slot, node, to: .worker(slots[other].spec.worker), reason)
            setAside(agent, until: failure.retryAfter.map { now + $0 })
        }
    }

    /// The budget of a worker ends in the middle of a task: the work goes to a fresh session elsewhere.
    mutating func beginHandoffAtBudget(_ slot: Int, _ node: Int) {
        guard case .working = slots[slot].work, mayHandOverByItself(node) else { return }
        begin(slot, node, to: .anyWorker, "the budget of worker `\(slots[slot].spec.worker)` is used up")
    }

    private mutating func begin(_ slot: Int, _ node: Int, to target: HandoffTarget, _ reason: String) {
        let order = HandoffOrder(to: target, reason: reason, isAutomatic: true)
        record(.handoffBegan(tasks[node].lease, worker: slots[slot].spec.worker, order))
    }

    /// Whether a task may be handed over without anybody's wish, and is not being so already.
    private func mayHandOverByItself(_ node: Int) -> Bool {
        tasks[node].spec.run == nil && !isPlan(node) && !isReviewed(node)
            && (tasks[node].handoff?.automatic ?? 0) < settings.limits.handoff.automaticMax
            && tasks[node].handoff.map { $0.attempt != tasks[node].attempt } ?? true
    }

    // MARK: The vendor's quota

    private func isOutOfQuota(_ failure: AgentFailure) -> Bool {
        switch failure.kind {
        case .billing: true
        case .rateLimit: failure.retryAfter.map { $0 >= Self.pauseMax } ?? false
        default: false
        }
    }

    /// A vendor asks a session that lives for a long pause: another vendor's worker goes on meanwhile. False:
    /// there is none, or the pause is short.
    mutating func handOverInPause(_ slot: Int, _ node: Int, _ wait: Duration?) -> Bool {
        guard let wait, wait >= Self.pauseMax, case .working = slots[slot].work, mayHandOverByItself(node),
            let other = otherVendor(for: node, than: slot)
        else { return false }
        let agent = slots[slot].spec.agent
        setAside(agent, until: now + wait)
        let reason = "agent `\(agent)` is to wait for \(wait.wholeMilliseconds / 1000) s"
        beginHandoff(
            slot, node,
            HandoffOrder(to: .worker(slots[other].spec.worker), reason: reason, isAutomatic: true))
        return true
    }

    /// A provider takes a session's call not before long, or not before somebody pays: another vendor's
    /// worker goes on. The session waits for just that call and can write nothing; it is ended. False: there
    /// is no other, or the pause is short.
    mutating func handOverWhileHeld(_ entry: CallEntry, _ outcome: CallOutcome, _ reason: String) -> Bool {
        let (slot, node) = (entry.slot, entry.node)
        guard case .turnedAway(let why, let wait) = outcome, !entry.call.isAside,
            why == .spent || why == .limited && (wait ?? .zero) >= Self.pauseMax,
            case .working(node, _, _) = slots[slot].work, mayHandOverByItself(node),
            let other = otherVendor(for: node, than: slot)
        else { return false }
        let agent = slots[slot].spec.agent
        setAside(agent, until: why == .spent ? nil : wait.map { now + $0 })
        begin(slot, node, to: .worker(slots[other].spec.worker), "agent `\(agent)`: \(reason)")
        cancelWork(of: slot, .handedOff, reason: reason)
        return true
    }

    /// A worker with another agent that may take the task, or that can do all that its worker can.
    private func otherVendor(for node: Int, than slot: Int) -> Int? {
        let able = slots.indices.filter { other in
            slots[other].spec.agent != slots[slot].spec.agent && !slots[other].isStoppedByPerson
                && slots[other].quota == .there && !isOutOfBudget(other)
        }
        let servers = scheduler.servers(of: tasks[node].lane)
        var fit = able.filter(servers.contains)
        if fit.isEmpty {
            fit = able.filter { other in
                slots[slot].spec.capabilities.allSatisfy(slots[other].spec.capabilities.contains)
            }
        }
        return fit.first { slots[$0].canTake } ?? fit.first
    }

    /// The workers of an agent take nothing until its quota is back.
    private mutating func setAside(_ agent: AgentChoice, until: Timestamp?) {
        for slot in slots.indices where slots[slot].spec.agent == agent {
            slots[slot].quota = .gone(until: until)
            scheduler.setAbsent(slot)
        }
    }

    /// A quota that was to be back by now is.
    mutating func passQuotaDeadline(_ slot: Int) {
        if case .gone(let until?) = slots[slot].quota, until <= now { giveQuotaBack(slot) }
    }

    private mutating func giveQuotaBack(_ slot: Int) {
        slots[slot].quota = .there
        if slots[slot].life == .up { scheduler.setPresent(slot) }
    }

    /// What is left waits for agents whose quota does not come back by itself: a person must decide.
    mutating func askAboutQuotas() {
        var agents: [String] = []
        for slot in slots.indices {
            guard case .gone(until: nil) = slots[slot].quota else { continue }
            agents.append("`\(slots[slot].spec.agent)`")
            giveQuotaBack(slot)
        }
        let names = Set(agents).sorted().joined(separator: ", ")
        askPerson("no credit or quota left for \(names), and no other worker can do what is left")
    }

    // MARK: After a death

    /// What the next session is to be told of one that died with its worker or its coordinator. Nil: it did
    /// not, or there is nothing to tell of it.
    func orderAfterDeath(
        _ node: Int, _ outcome: AttemptOutcome, _ cause: SlotEntry.CancelCause?
    ) -> HandoffOrder? {
        switch outcome {
        case .workerLost, .interrupted: break
        default: return nil
        }
        guard cause == nil, tasks[node].spec.run == nil, !isPlan(node),
            (tasks[node].handoff?.automatic ?? 0) < settings.limits.handoff.automaticMax
        else { return nil }
        return HandoffOrder(to: .anyWorker, reason: outcome.reason, isAutomatic: true)
    }

    /// A session died and left work: the next begins as the dead one did, with its document beside.
    mutating func prepareAfterDeath(
        _ node: Int, _ document: HandoffSheet, _ outcome: AttemptOutcome, from slot: Int
    ) {
        let lease = tasks[node].lease
        var sheet = document
        if let (base, content) = handedOver(node) { (sheet.base, sheet.commit) = (base, content) }
        begin(slot, node, to: .anyWorker, outcome.reason)
        record(.handoffStepEnded(lease, .write, .done(sheet.file)))
        record(.handoffStepEnded(lease, .commit, .done("kept as \(sheet.rescue ?? "")")))
        record(.handoffStepEnded(lease, .stop, .done("the session has died")))
        record(.handoffPrepared(lease, sheet))
    }
}
