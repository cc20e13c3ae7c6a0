import CoordModel

// MARK: - Handing a task over to a new session

/// The chain: write, commit, push, stop, start. The first three happen beside the living session, so a step
/// that fails ends nothing. A session that ends meanwhile, however it ends but well, is handed over with what
/// it left. What is recorded decides where a successor of this coordinator goes on.
extension CoordinatorStateMachine {
    /// How far the present session of a slot is with its handoff, beside what is recorded.
    enum HandoffPhase: Sendable, Equatable {
        case none
        /// A threshold was crossed; it begins when the step of the agent is finished.
        case wanted(HandoffOrder)
        /// The agent was asked, and may answer until then.
        case asked(until: Timestamp)
        /// A step is being done beside it. `hasEnded`: the session is over, and its files wait for the step.
        case working(hasEnded: Bool)
        /// It has begun from a handoff, and is to say until then what it does next.
        case owesAcknowledgement(until: Timestamp)

        var deadline: Timestamp? {
            switch self {
            case .asked(let until), .owesAcknowledgement(let until): until
            case .none, .wanted, .working: nil
            }
        }
    }

    // MARK: The record

    /// Keeps a task's handoff as the facts have it.
    mutating func followHandoff(_ body: Fact.Body) {
        if case .handoffBegan = body { hasHandoffs = true }
        guard hasHandoffs, let id = body.task, let node = numbers[id] else { return }
        tasks[node].handoff = HandoffRecord.folding(body, into: tasks[node].handoff, at: now)
    }

    // MARK: Beginning

    mutating func handOffByPerson(_ slot: Int, _ order: HandoffOrder) -> CommandReply {
        let worker = slots[slot].spec.worker
        guard mode == .running || mode == .paused || isDraining else {
            return .refused(reason: "the run is ending", hint: "")
        }
        guard case .working(let node, _, _) = slots[slot].work else {
            return .refused(
                reason: "worker `\(worker)` has no session that could hand over",
                hint: "`coord workers` shows who works")
        }
        if let problem = problem(withHandoffOf: node, order) { return .refused(reason: problem, hint: "") }
        if let record = tasks[node].handoff, record.attempt == tasks[node].attempt {
            if record.state == .underway {
                return .refused(reason: "worker `\(worker)` is handing over already", hint: "")
            }
            if record.state == .failed {
                return .refused(
                    reason:
                        "its handoff stopped at the step `\(record.step.rawValue)`: \(record.problem ?? "")",
                    hint: "`coord handoff --continue` goes on from there")
            }
        }
        beginHandoff(slot, node, order)
        return .accepted("worker `\(worker)` hands `\(tasks[node].spec.id)` over to \(order.to)")
    }

    private func problem(withHandoffOf node: Int, _ order: HandoffOrder) -> String? {
        let id = tasks[node].spec.id
        if tasks[node].spec.run != nil { return "`\(id)` is a plain command: it has no session to hand over" }
        if isReviewed(node) { return "`\(id)` is being reviewed: a reviewer hands nothing over" }
        switch order.to {
        case .sameWorker, .anyWorker: return nil
        case .worker(let worker):
            return slots.contains { $0.spec.worker == worker }
                ? nil : "there is no worker `\(worker)` in this run"
        case .role(let role):
            if let problem = problem(withRole: role) { return problem }
            return slots.contains { $0.spec.role == role } ? nil : "no worker has the role `\(role)`"
        case .agent(let agent):
            return slots.contains { $0.spec.agent == agent } ? nil : "no worker drives the agent `\(agent)`"
        }
    }

    mutating func beginHandoff(_ slot: Int, _ node: Int, _ order: HandoffOrder) {
        record(.handoffBegan(tasks[node].lease, worker: slots[slot].spec.worker, order))
        ask(slot, node)
    }

    private mutating func ask(_ slot: Int, _ node: Int) {
        slots[slot].handoff = .asked(until: now + settings.limits.handoff.askWithin)
        effects.append(.askForHandoff(slot: slot, tasks[node].lease))
    }

    /// Goes on with what a failed step stopped, and with the session before where its successor did not say
    /// how it goes on.
    mutating func continueHandoffs(of worker: WorkerID?) -> CommandReply {
        var count = 0
        for slot in slots.indices {
            guard case .working(let node, let base, _) = slots[slot].work, let record = tasks[node].handoff,
                worker == nil || worker == slots[slot].spec.worker || worker == record.from
            else { continue }
            if record.state == .failed, record.attempt == tasks[node].attempt {
                count += 1
                // It counts as under way again with the first step that ends.
                resume(record.step, slot, node, base: base)
            } else if record.state == .unacknowledged {
                count += 1
                let order = HandoffOrder(
                    to: .worker(record.from), reason: "not acknowledged: \(record.problem ?? "")",
                    resumes: true)
                beginHandoff(slot, node, order)
            }
        }
        guard count > 0 else {
            return .refused(
                reason:
                    "no handoff\(worker.map { " of worker `\($0)`" } ?? "") was stopped by a failed step, or is not acknowledged",
                hint: "`coord handoffs` lists them")
        }
        return .accepted(count == 1 ? "the handoff goes on" : "\(count) handoffs go on")
    }

    private mutating func resume(_ step: HandoffStep, _ slot: Int, _ node: Int, base: ObjectID?) {
        switch step {
        case .write: ask(slot, node)
        case .commit, .push: take(step, slot, node, base: base)
        case .stop, .start: stop(slot)
        }
    }

    // MARK: The agent's words

    /// What an agent says that concerns handoffs; other reports may be the answer to one, too.
    mutating func handoffReported(_ slot: Int, _ node: Int, _ report: AgentReport) {
        guard case .working = slots[slot].work else { return }
        switch (report, slots[slot].handoff) {
        case (.handoffAsked(accepted: false), .asked), (.handoff, .asked): writeHandoff(slot, node)
        case (.toolEnded, .wanted(let order)), (.progress, .wanted(let order)):
            slots[slot].handoff = .none
            beginHandoff(slot, node, order)
        case (.acknowledged(let text), .owesAcknowledgement):
            if let problem = acknowledge(slot, node, text) {
                record(.handoffUnacknowledged(tasks[node].lease, reason: problem))
            }
        case (.progress(let text), .owesAcknowledgement): _ = acknowledge(slot, node, text)
        case (.handoffWished(let reason), .none):
            wish(slot, node, HandoffOrder(reason: reason, isAutomatic: true), isUrgent: true)
        case (.context(let used, let window), .none), (.context(let used, let window), .wanted):
            measure(slot, node, used: used, window: window)
        default: break
        }
    }

    private mutating func measure(_ slot: Int, _ node: Int, used: Int64, window: Int64?) {
        let limits = settings.limits.handoff
        guard let whole = window ?? limits.contextTokens, whole > 0, used > 0 else { return }
        let percent = Int(min(used, whole) * 100 / whole)
        guard percent >= limits.softPercent else { return }
        let order = HandoffOrder(reason: "its context is \(percent) % full", isAutomatic: true)
        // Between two calls of tools the step is finished already.
        let isNow = percent >= limits.hardPercent || slots[slot].toolsUnderWay == 0
        wish(slot, node, order, isUrgent: isNow)
    }

    /// Hands over without being asked, as often as a task may.
    private mutating func wish(_ slot: Int, _ node: Int, _ order: HandoffOrder, isUrgent: Bool) {
        guard case .working = slots[slot].work, problem(withHandoffOf: node, order) == nil,
            (tasks[node].handoff?.automatic ?? 0) < settings.limits.handoff.automaticMax,
            mode == .running || mode == .paused
        else { return }
        if isUrgent { beginHandoff(slot, node, order) } else { slots[slot].handoff = .wanted(order) }
    }

    /// Nil: it is one.
    private mutating func acknowledge(_ slot: Int, _ node: Int, _ text: String) -> String? {
        let remaining = tasks[node].handoff?.sheet?.remaining ?? []
        if let problem = HandoffAcknowledgement.problem(text, remaining: remaining) { return problem }
        slots[slot].handoff = .none
        record(.handoffAcknowledged(tasks[node].lease, text: text))
        return nil
    }

    // MARK: Steps beside the living session

    mutating func writeHandoff(_ slot: Int, _ node: Int) {
        guard case .working(_, let base, _) = slots[slot].work else { return }
        take(.write, slot, node, base: base)
    }

    private mutating func take(_ step: HandoffStep, _ slot: Int, _ node: Int, base: ObjectID?) {
        if step == .commit, base == nil {
            return skip(step, "the task has no worktree", slot, node, base: base)
        }
        if step == .push, tasks[node].handoff?.order.push != true {
            return skip(step, "it was not asked for", slot, node, base: base)
        }
        slots[slot].handoff = .working(hasEnded: false)
        effects.append(.handOff(slot: slot, tasks[node].lease, step, job(of: node, base: base)))
    }

    private mutating func skip(
        _ step: HandoffStep, _ reason: String, _ slot: Int, _ node: Int, base: ObjectID?
    ) {
        record(.handoffStepEnded(tasks[node].lease, step, .skipped(reason)))
        next(after: step, slot, node, base: base)
    }

    private mutating func next(after step: HandoffStep, _ slot: Int, _ node: Int, base: ObjectID?) {
        switch step {
        case .write: take(.commit, slot, node, base: base)
        case .commit: take(.push, slot, node, base: base)
        case .push, .stop, .start: stop(slot)
        }
    }

    private mutating func stop(_ slot: Int) {
        slots[slot].handoff = .none
        cancelWork(of: slot, .handedOff, reason: "its task is handed over to a new session")
    }

    /// `afterDeath`: the session died, and nothing of this handoff is recorded yet.
    func job(of node: Int, base: ObjectID?, afterDeath order: HandoffOrder? = nil) -> HandoffJob {
        let entry = tasks[node]
        let record = order == nil ? entry.handoff : nil
        return HandoffJob(
            spec: entry.spec, order: order ?? record?.order ?? HandoffOrder(reason: ""),
            number: record?.number ?? (entry.handoff?.number ?? 0) + 1,
            from: record?.from ?? entry.worker.map { slots[$0].spec.worker } ?? "unknown",
            beganAt: record?.beganAt ?? now, base: base, cost: ledger.spent(by: entry.spec.id),
            note: entry.note, hasDied: order != nil)
    }

    mutating func handoffStepEnded(
        _ slot: Int, _ lease: Lease, _ step: HandoffStep, _ outcome: HandoffStepOutcome
    ) {
        guard let node = slots[slot].node, tasks[node].lease == lease,
            case .working(let hasEnded) = slots[slot].handoff
        else { preconditionFailure("slot \(slot) does no step of a handoff of \(lease)") }
        slots[slot].handoff = .none
        if hasEnded {
            // Whether or not it could be done: the taking over does it again, with all that was left.
            takeOver(slot)
            return
        }
        record(.handoffStepEnded(lease, step, outcome))
        if case .working(_, let base, _) = slots[slot].work {
            if case .failed = outcome { return }
            next(after: step, slot, node, base: base)
        }
    }

    // MARK: The end of the session

    /// Whether a session that ends is handed over with what it left. One that finished has nothing to hand
    /// over, and a person's last word on the task counts more.
    func handsOver(
        _ node: Int, _ outcome: AttemptOutcome, _ cause: SlotEntry.CancelCause?
    ) -> Bool {
        guard let record = tasks[node].handoff, record.attempt == tasks[node].attempt else { return false }
        guard record.state == .underway || record.state == .failed && outcome == .handedOff else {
            return false
        }
        return outcome != .finished && outcome != .notBegun && cause?.endsTask != true
    }

    /// Has the files of a session taken over that has ended; a step that still reads them comes first.
    mutating func takeOver(_ slot: Int) {
        guard case .taking(let node, let outcome, let cause, let tail) = slots[slot].work else { return }
        if case .working = slots[slot].handoff {
            slots[slot].handoff = .working(hasEnded: true)
            return
        }
        slots[slot].handoff = .none
        let lease = tasks[node].lease
        let base = slots[slot].takingBase
        if handsOver(node, outcome, cause) {
            slots[slot].work = .taking(node, outcome, .handedOff, tail: tail)
            effects.append(.takeHandoff(slot: slot, lease, job(of: node, base: base)))
        } else if let base, let order = orderAfterDeath(node, outcome, cause) {
            effects.append(.takeHandoff(slot: slot, lease, job(of: node, base: base, afterDeath: order)))
        } else if let base {
            effects.append(
                .takeWork(
                    slot: slot, lease, tasks[node].spec, base: base,
                    rescue: outcome != .finished || cause != nil || isPlan(node)))
        } else {
            workTaken(slot, lease, .nothing)
        }
    }

    /// A session's work was not taken over as a handoff: it came to something else, or to nothing.
    mutating func stopHandoff(_ node: Int, _ work: TakenWork) {
        let lease = tasks[node].lease
        switch work {
        case .handedOff: break
        case .commit: record(.handoffWithdrawn(lease, reason: "the session finished its work"))
        case .nothing: record(.handoffWithdrawn(lease, reason: "the session left nothing"))
        case .rescued(_, let reference, _):
            let reason = "what the session left is kept as \(reference)"
            record(.handoffStepEnded(lease, .stop, .failed(reason)))
            record(.handoffWithdrawn(lease, reason: reason))
        case .failed(let reason):
            record(.handoffStepEnded(lease, .stop, .failed(reason)))
            record(.handoffWithdrawn(lease, reason: reason))
        }
    }

    /// The document is there and the work committed: a new session gets both, at once if its worker can.
    mutating func concludeHandedOff(_ node: Int, _ sheet: HandoffSheet, from slot: Int) {
        let lease = tasks[node].lease
        let order = tasks[node].handoff?.order ?? HandoffOrder(reason: "")
        let commit = sheet.commit.map { "commit \($0.short)" } ?? "nothing was changed"
        let ends: [(HandoffStep, String)] = [
            (.write, sheet.file), (.commit, commit), (.stop, "the session has ended"),
        ]
        for (step, text) in ends where step.index >= tasks[node].handoff?.step.index ?? 0 {
            record(.handoffStepEnded(lease, step, .done(text)))
        }
        record(.handoffPrepared(lease, sheet))
        address(node, order.to)
        comeBack(node)
        // A fresh session where the old one was, if nothing else was wished: its worker is free by now.
        guard order.to == .sameWorker, tasks[node].state == .ready, tasks[node].pinned == nil,
            mode == .running, slots[slot].canTake, !slots[slot].isStoppedByPerson, !isOutOfBudget(slot),
            busyCount < settings.limits.maxConcurrency ?? slots.count,
            case .granted = admission(of: node, callsModel: callsModel(node))
        else { return }
        grant(node, to: slot)
    }

    /// Turns the wish for a taker into what the scheduler knows.
    private mutating func address(_ node: Int, _ target: HandoffTarget) {
        switch target {
        case .sameWorker, .anyWorker: break
        case .worker(let worker): pin(node, slots.firstIndex { $0.spec.worker == worker })
        case .role(let role):
            tasks[node].spec.role = role
            tasks[node].lane = lane(of: tasks[node].spec)
            record(.taskEdited(tasks[node].spec))
        case .agent(let agent):
            let able = slots.indices.filter { slots[$0].spec.agent == agent && !slots[$0].isStoppedByPerson }
            pin(node, able.first { slots[$0].canTake } ?? able.first)
        }
    }

    private mutating func pin(_ node: Int, _ slot: Int?) {
        guard let slot else { return }
        tasks[node].pinned = slot
        record(.taskReassigned(tasks[node].spec.id, worker: slots[slot].spec.worker))
    }
}
