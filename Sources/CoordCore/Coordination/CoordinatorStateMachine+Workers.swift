import CoordModel

// MARK: - The lives of workers

extension CoordinatorStateMachine {
    mutating func startAllWorkers() {
        for index in slots.indices { startWorker(index) }
    }

    private mutating func startWorker(_ slot: Int) {
        slots[slot].life = .starting(deadline: now + settings.helloWithin)
        slots[slot].isSuspect = false
        effects.append(.startWorker(slot: slot))
    }

    mutating func workerStarted(_ slot: Int, _ process: ProcessIdentity) {
        slots[slot].policy.started(at: now)
        slots[slot].lastBeat = now
        record(.workerStarted(slots[slot].spec.worker, process))
    }

    mutating func workerStartFailed(_ slot: Int, _ reason: String) {
        record(.workerStartFailed(slots[slot].spec.worker, reason: reason))
        replace(slot)
    }

    mutating func workerReady(_ slot: Int) {
        slots[slot].lastBeat = now
        // A hello that was on its way while the worker was told to end changes nothing.
        guard case .starting = slots[slot].life else { return }
        slots[slot].life = .up
        record(.workerReady(slots[slot].spec.worker))
    }

    mutating func workerBeat(_ slot: Int) {
        slots[slot].lastBeat = now
        guard slots[slot].isSuspect else { return }
        slots[slot].isSuspect = false
        record(.workerRecovered(slots[slot].spec.worker))
    }

    mutating func workerExited(_ slot: Int, _ exit: ExitOutcome) {
        let worker = slots[slot].spec.worker
        slots[slot].isSuspect = false
        switch slots[slot].life {
        case .stopping(let thenStart):
            slots[slot].life = .none
            record(.workerStopped(worker))
            loseWork(of: slot, exit)
            if thenStart, wantsWorkers { startWorker(slot) }
        case .starting, .up:
            record(.workerExited(worker, exit, reason: "it ended by itself or was killed"))
            loseWork(of: slot, exit)
            replace(slot)
        case .none, .backingOff, .offline:
            preconditionFailure("worker \(worker) exited without a process: \(slots[slot].life)")
        }
    }

    private mutating func loseWork(of slot: Int, _ exit: ExitOutcome) {
        switch slots[slot].work {
        case .working, .cancelling: endAttempt(slot, .workerLost(reason: "\(exit)"), tail: "")
        case .free, .preparing, .taking: break
        }
    }

    /// Whether a slot without a process should get one.
    private var wantsWorkers: Bool {
        switch mode {
        case .running, .paused: true
        case .draining, .stopping, .closing, .ended: false
        }
    }

    private mutating func replace(_ slot: Int) {
        guard wantsWorkers else {
            slots[slot].life = .none
            return
        }
        let worker = slots[slot].spec.worker
        switch slots[slot].policy.failed(at: now, chance: &chance) {
        case .now: startWorker(slot)
        case .after(let until):
            slots[slot].life = .backingOff(until: until)
            record(.workerBackingOff(worker, until: until))
        case .offline(let until):
            slots[slot].life = .offline(until: until)
            record(.workerOffline(worker, until: until, reason: "it failed three times in a row"))
        }
    }

    /// Tells a worker to end for good.
    mutating func sendHome(_ slot: Int) {
        switch slots[slot].life {
        case .none, .stopping: break
        case .backingOff, .offline:
            slots[slot].life = .none
            record(.workerStopped(slots[slot].spec.worker))
        case .starting, .up:
            slots[slot].life = .stopping(thenStart: false)
            effects.append(.stopWorker(slot: slot))
        }
    }

    mutating func restartWorker(_ slot: Int) {
        slots[slot].isStoppedByPerson = false
        switch slots[slot].life {
        case .none, .backingOff, .offline: startWorker(slot)
        case .stopping: slots[slot].life = .stopping(thenStart: true)
        case .starting, .up:
            cancelWork(of: slot, .workerRestart, reason: "the worker is being restarted")
            slots[slot].life = .stopping(thenStart: true)
            effects.append(.stopWorker(slot: slot))
        }
    }

    // MARK: - Deadlines

    func deadline(of slot: SlotEntry) -> Timestamp? {
        let life: Timestamp? =
            switch slot.life {
            case .none, .stopping: nil
            case .starting(let deadline): deadline
            case .up: slot.lastBeat + (slot.isSuspect ? settings.deadAfter : settings.suspectAfter)
            case .backingOff(let until), .offline(let until): wantsWorkers ? until : nil
            }
        let work: Timestamp? =
            switch slot.work {
            case .free, .preparing, .taking: nil
            case .working(_, _, let deadline), .cancelling(_, _, let deadline, _): deadline
            }
        guard let life, let work else { return life ?? work }
        return min(life, work)
    }

    mutating func passDeadlines(of slot: Int) {
        switch slots[slot].life {
        case .starting(let deadline) where deadline <= now: kill(slot)
        case .up where slots[slot].lastBeat + settings.deadAfter <= now: kill(slot)
        case .up where !slots[slot].isSuspect && slots[slot].lastBeat + settings.suspectAfter <= now:
            slots[slot].isSuspect = true
            record(.workerSuspected(slots[slot].spec.worker))
        case .backingOff(let until) where until <= now && wantsWorkers,
            .offline(let until) where until <= now && wantsWorkers:
            startWorker(slot)
        case .none, .starting, .up, .backingOff, .offline, .stopping: break
        }
        switch slots[slot].work {
        case .working(let node, _, let deadline) where deadline <= now:
            let limit = tasks[node].spec.timeout ?? settings.limits.taskTimeout
            cancelWork(of: slot, .timeout(after: limit), reason: "its time is over")
        case .cancelling(let node, let base, let deadline, let cause) where deadline <= now:
            slots[slot].work = .cancelling(node, base: base, deadline: now + settings.cancelWithin, cause)
            kill(slot)
        case .free, .preparing, .working, .cancelling, .taking: break
        }
    }

    /// Ends a worker by force; its exit comes back as an event.
    private mutating func kill(_ slot: Int) {
        // Until the exit is seen, the same verdict is not passed again.
        slots[slot].lastBeat = now
        if case .starting = slots[slot].life {
            slots[slot].life = .starting(deadline: now + settings.helloWithin)
        }
        effects.append(.killWorker(slot: slot))
    }
}
