import CoordModel

// MARK: - The lives of workers

extension CoordinatorStateMachine {
    /// Starts every worker that is wanted: not those that were stopped, or whose budget is used up.
    mutating func startAllWorkers() {
        for index in slots.indices where slots[index].life == .none && !slots[index].isScaledDown {
            if isOutOfBudget(index) { slots[index].isStoppedByPerson = true }
            if slots[index].isStoppedByPerson { scheduler.setAbsent(index) } else { startWorker(index) }
        }
    }

    /// Whether nothing more may be spent by the slot's worker.
    func isOutOfBudget(_ slot: Int) -> Bool {
        slots[slot].spec.budget.map { ledger.spent(by: slots[slot].spec.worker) >= $0 } ?? false
    }

    mutating func startWorker(_ slot: Int) {
        slots[slot].life = .starting(deadline: now + settings.helloWithin)
        slots[slot].isSuspect = false
        slots[slot].isCondemned = false
        slots[slot].floods = []
        effects.append(.startWorker(slot: slot))
    }

    mutating func workerStarted(_ slot: Int, _ process: ProcessIdentity) {
        slots[slot].policy.started(at: now)
        slots[slot].lastBeat = now
        record(.workerStarted(slots[slot].spec.worker, process))
    }

    mutating func workerStartFailed(_ slot: Int, _ reason: String) {
        record(.workerStartFailed(slots[slot].spec.worker, reason: reason))
        switch slots[slot].life {
        case .stopping(let thenStart, _): stayDown(slot, thenStart: thenStart)
        case .starting, .up, .none, .backingOff, .offline: replace(slot)
        }
    }

    mutating func workerReady(_ slot: Int) {
        heard(slot)
        // A hello that was on its way while the worker was told to end, or killed, changes nothing.
        guard case .starting = slots[slot].life, !slots[slot].isCondemned else { return }
        slots[slot].life = .up
        slots[slot].idleSince = now
        if slots[slot].quota == .there { scheduler.setPresent(slot) }
        record(.workerReady(slots[slot].spec.worker))
    }

    /// Any word of a worker is a sign of life, but for one that was killed: its last words were in the pipe.
    mutating func heard(_ slot: Int) {
        guard !slots[slot].isCondemned else { return }
        slots[slot].lastBeat = now
        guard slots[slot].isSuspect else { return }
        slots[slot].isSuspect = false
        record(.workerRecovered(slots[slot].spec.worker))
    }

    /// So many lines longer than any message within so long, and a worker is ended: it says nothing that can
    /// be heard.
    private static let floodsMax = 3
    private static let floodsWithin = Duration.seconds(60)

    /// A flood is a sign of life, but of none that gets on.
    mutating func workerFlooded(_ slot: Int) {
        heard(slot)
        guard !slots[slot].isCondemned else { return }
        slots[slot].floods.removeAll { $0 + Self.floodsWithin <= now }
        slots[slot].floods.append(now)
        if slots[slot].floods.count == Self.floodsMax { kill(slot) }
    }

    mutating func workerExited(_ slot: Int, _ exit: ExitOutcome) {
        let worker = slots[slot].spec.worker
        slots[slot].isSuspect = false
        switch slots[slot].life {
        case .stopping(let thenStart, _):
            loseWork(of: slot, exit)
            stayDown(slot, thenStart: thenStart)
        case .starting, .up:
            let isFlood = slots[slot].floods.count >= Self.floodsMax
            record(
                .workerExited(
                    worker, exit,
                    reason: isFlood
                        ? "it was ended: it sent \(Self.floodsMax) lines longer than any message in a minute"
                        : "it ended by itself or was killed"))
            loseWork(of: slot, exit)
            replace(slot)
        case .none, .backingOff, .offline:
            preconditionFailure("worker \(worker) exited without a process: \(slots[slot].life)")
        }
    }

    private mutating func loseWork(of slot: Int, _ exit: ExitOutcome) {
        loseBehind(of: slot)
        switch slots[slot].work {
        case .working: endAttempt(slot, .workerLost(reason: "\(exit)"), tail: "")
        // Its end was wanted: the task did not cost a worker its life.
        case .cancelling: endAttempt(slot, .cancelled, tail: "")
        case .free, .preparing, .taking: break
        }
    }

    /// Whether a slot without a process should get one.
    var wantsWorkers: Bool {
        switch mode {
        case .running, .paused: true
        case .draining, .stopping, .closing, .ended: false
        }
    }

    /// The process of a slot is gone and none is to follow, or one that a person asked for.
    private mutating func stayDown(_ slot: Int, thenStart: Bool = false) {
        slots[slot].life = .none
        record(.workerStopped(slots[slot].spec.worker))
        if thenStart, wantsWorkers { startWorker(slot) } else { scheduler.setAbsent(slot) }
    }

    private mutating func replace(_ slot: Int) {
        guard wantsWorkers, !slots[slot].isStoppedByPerson else {
            stayDown(slot)
            return
        }
        let worker = slots[slot].spec.worker
        switch slots[slot].policy.failed(at: now, chance: &chance) {
        case .now: startInTurn(slot)
        case .after(let until):
            slots[slot].life = .backingOff(until: until, hasTurn: false)
            record(.workerBackingOff(worker, until: until))
        case .offline(let until, let reason):
            slots[slot].life = .offline(until: until)
            scheduler.setAbsent(slot)
            record(.workerOffline(worker, until: until, reason: reason))
        }
    }

    /// Starts a successor when it is its turn: many that died at once do not come back at once.
    private mutating func startInTurn(_ slot: Int) {
        let turn = pace.take(at: now)
        guard turn > now else { return startWorker(slot) }
        slots[slot].life = .backingOff(until: turn, hasTurn: true)
        record(.workerBackingOff(slots[slot].spec.worker, until: turn))
    }

    /// Tells a worker to end for good.
    mutating func sendHome(_ slot: Int) {
        switch slots[slot].life {
        case .none: break
        case .stopping(_, let deadline): slots[slot].life = .stopping(thenStart: false, deadline: deadline)
        case .backingOff, .offline: stayDown(slot)
        case .starting, .up: stop(slot, thenStart: false)
        }
    }

    mutating func restartWorker(_ slot: Int) {
        slots[slot].isStoppedByPerson = false
        slots[slot].isScaledDown = false
        switch slots[slot].life {
        case .none, .backingOff, .offline: startWorker(slot)
        case .stopping(_, let deadline): slots[slot].life = .stopping(thenStart: true, deadline: deadline)
        case .starting, .up:
            cancelWork(of: slot, .workerRestart, reason: "the worker is being restarted")
            stop(slot, thenStart: true)
        }
    }

    private mutating func stop(_ slot: Int, thenStart: Bool) {
        slots[slot].life = .stopping(thenStart: thenStart, deadline: now + settings.cancelWithin)
        effects.append(.stopWorker(slot: slot))
    }

    // MARK: - Deadlines

    func deadline(of slot: SlotEntry) -> Timestamp? {
        let life: Timestamp? =
            switch slot.life {
            case .none: nil
            case .starting(let deadline), .stopping(_, let deadline): deadline
            case .up:
                slot.lastBeat
                    + (slot.isSuspect || slot.isCondemned ? settings.deadAfter : settings.suspectAfter)
            case .backingOff(let until, _), .offline(let until): wantsWorkers ? until : nil
            }
        let work: Timestamp? =
            switch slot.work {
            case .free, .preparing, .taking: nil
            case .working(let node, _, let deadline):
                progressDeadline(of: slot, node).map { min($0, deadline) } ?? deadline
            case .cancelling(_, _, let deadline, _): deadline
            }
        var earliest = life
        var quota: Timestamp?
        if case .gone(let until) = slot.quota { quota = until }
        for time in [work, slowAt(slot), slot.handoff.deadline, quota] {
            if let time { earliest = earliest.map { min($0, time) } ?? time }
        }
        return earliest
    }

    mutating func passDeadlines(of slot: Int) {
        switch slots[slot].life {
        case .starting(let deadline) where deadline <= now: kill(slot)
        case .stopping(_, let deadline) where deadline <= now: kill(slot)
        case .up where slots[slot].lastBeat + settings.deadAfter <= now: kill(slot)
        case .up
        where !slots[slot].isSuspect && !slots[slot].isCondemned
            && slots[slot].lastBeat + settings.suspectAfter <= now:
            slots[slot].isSuspect = true
            record(.workerSuspected(slots[slot].spec.worker))
        case .backingOff(let until, hasTurn: true) where until <= now && wantsWorkers: startWorker(slot)
        case .backingOff(let until, _) where until <= now && wantsWorkers,
            .offline(let until) where until <= now && wantsWorkers:
            startInTurn(slot)
        case .none, .starting, .up, .backingOff, .offline, .stopping: break
        }
        askBackIfSlow(slot)
        passHandoffDeadline(slot)
        passQuotaDeadline(slot)
        switch slots[slot].work {
        case .working(let node, _, let deadline) where deadline <= now:
            let limit = tasks[node].spec.timeout ?? settings.limits.taskTimeout
            cancelWork(of: slot, .timeout(after: limit), reason: "its time is over")
        case .working(let node, _, _) where hasPassed(progressDeadline(of: slots[slot], node)):
            passProgressDeadline(slot, node)
        case .cancelling(let node, let base, let deadline, let cause) where deadline <= now:
            slots[slot].work = .cancelling(node, base: base, deadline: now + settings.cancelWithin, cause)
            kill(slot)
        case .free, .preparing, .working, .cancelling, .taking: break
        }
    }

    // MARK: - Progress

    /// Any sign that the agent gets on: a report, output, processor time of its tree.
    mutating func progressed(_ slot: Int) {
        slots[slot].lastProgress = now
        slots[slot].isStalled = false
    }

    /// When the silence of an agent that lives is spoken of, and then when it is ended. A task that is a
    /// plain command has only its time: nobody can tell a command that waits from one that hangs.
    private func progressDeadline(of slot: SlotEntry, _ node: Int) -> Timestamp? {
        guard tasks[node].spec.run == nil || isReviewed(node) else { return nil }
        let limit = settings.limits.progressWithin
        return slot.lastProgress + (slot.isStalled ? limit : limit * 0.5)
    }

    private func hasPassed(_ time: Timestamp?) -> Bool {
        // No closure: it would hold, and copy, the whole machine.
        guard let time else { return false }
        return time <= now
    }

    private mutating func passProgressDeadline(_ slot: Int, _ node: Int) {
        // A call that hangs is given up by the gateway.
        if waitsForModel(slot) { return progressed(slot) }
        let silent = now - slots[slot].lastProgress
        if slots[slot].isStalled {
            let limit = settings.limits.progressWithin
            cancelWork(
                of: slot, .stalled(after: limit),
                reason: "no progress for \(limit.wholeMilliseconds / 1000) s")
        } else {
            slots[slot].isStalled = true
            record(.attemptStalled(tasks[node].lease, silent: silent))
        }
    }

    /// Gives back what a slot lost by the coordinator's own sleep.
    mutating func forgive(_ slot: Int, _ slept: Duration) {
        slots[slot].lastBeat = now
        slots[slot].lastProgress = slots[slot].lastProgress + slept
        slots[slot].idleSince = slots[slot].idleSince + slept
        slots[slot].turnBegan = slots[slot].turnBegan + slept
        forgiveHandoff(slot, slept)
        if case .starting(let deadline) = slots[slot].life {
            slots[slot].life = .starting(deadline: deadline + slept)
        }
        switch slots[slot].work {
        case .working(let node, let base, let deadline):
            slots[slot].work = .working(node, base: base, deadline: deadline + slept)
        case .cancelling(let node, let base, let deadline, let cause):
            slots[slot].work = .cancelling(node, base: base, deadline: deadline + slept, cause)
        case .free, .preparing, .taking: break
        }
    }

    /// Ends a worker by force; its exit comes back as an event. Until then it is nobody's, and when the exit
    /// stays away the verdict is passed again after the usual time.
    private mutating func kill(_ slot: Int) {
        slots[slot].lastBeat = now
        slots[slot].isCondemned = true
        switch slots[slot].life {
        case .starting: slots[slot].life = .starting(deadline: now + settings.helloWithin)
        case .stopping(let thenStart, _):
            slots[slot].life = .stopping(thenStart: thenStart, deadline: now + settings.cancelWithin)
        case .none, .up, .backingOff, .offline: break
        }
        effects.append(.killWorker(slot: slot))
    }
}
