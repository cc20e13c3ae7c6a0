import CoordModel

// MARK: - The new session of a handoff

extension CoordinatorStateMachine {
    /// The commit that a task's next session begins with, and what that descends from. Nil: the target's
    /// head.
    func handedOver(_ node: Int) -> (base: ObjectID, content: ObjectID)? {
        guard let record = tasks[node].handoff, record.state.isCarried, let sheet = record.sheet,
            let base = sheet.base, let content = sheet.commit
        else { return nil }
        return (base, content)
    }

    /// A task begins with what an earlier run of its mission handed over, as its attempt 0.
    mutating func inherit(_ handoff: InheritedHandoff) {
        guard let node = numbers[handoff.task], tasks[node].spec.run == nil, !isPlan(node) else { return }
        let lease = Lease(task: handoff.task, attempt: 0)
        let order = HandoffOrder(
            to: .anyWorker, reason: "run \(handoff.run) ended before it was taken", isAutomatic: true)
        record(.handoffBegan(lease, worker: handoff.from, order))
        record(.handoffPrepared(lease, handoff.sheet))
    }

    /// A session was given its task: with a handoff, if there is one for it.
    mutating func handoffAssigned(_ node: Int, _ slot: Int) {
        slots[slot].handoff = .none
        guard let record = tasks[node].handoff, record.state.isCarried, record.sheet != nil else { return }
        let worker = slots[slot].spec.worker
        self.record(.handoffStepEnded(tasks[node].lease, .start, .done("worker \(worker)")))
        // One that begins anew owes no word of what it would go on with.
        guard record.sheet?.rescue == nil else { return }
        slots[slot].handoff = .owesAcknowledgement(until: now + settings.limits.handoff.acknowledgeWithin)
    }

    /// The session ends, and did not say what it does next.
    mutating func endAcknowledging(_ slot: Int, _ node: Int) {
        switch slots[slot].handoff {
        case .owesAcknowledgement:
            slots[slot].handoff = .none
            guard tasks[node].handoff?.state != .unacknowledged else { return }
            record(
                .handoffUnacknowledged(tasks[node].lease, reason: "it ended without saying what it does next")
            )
        case .wanted, .asked: slots[slot].handoff = .none
        case .none, .working: break
        }
    }

    mutating func passHandoffDeadline(_ slot: Int) {
        guard let deadline = slots[slot].handoff.deadline, deadline <= now,
            case .working(let node, _, _) = slots[slot].work
        else { return }
        switch slots[slot].handoff {
        case .asked: writeHandoff(slot, node)
        case .owesAcknowledgement:
            slots[slot].handoff = .none
            guard tasks[node].handoff?.state != .unacknowledged else { return }
            let limit = settings.limits.handoff.acknowledgeWithin.wholeMilliseconds / 1000
            record(
                .handoffUnacknowledged(
                    tasks[node].lease, reason: "within \(limit) s it did not say what it does next"))
        case .none, .wanted, .working: break
        }
    }

    /// Gives back what the coordinator slept through.
    mutating func forgiveHandoff(_ slot: Int, _ slept: Duration) {
        switch slots[slot].handoff {
        case .asked(let until): slots[slot].handoff = .asked(until: until + slept)
        case .owesAcknowledgement(let until): slots[slot].handoff = .owesAcknowledgement(until: until + slept)
        case .none, .wanted, .working: break
        }
    }
}
