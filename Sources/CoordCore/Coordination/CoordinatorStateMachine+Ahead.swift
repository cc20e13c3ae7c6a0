import CoordModel

// MARK: - Leases ahead

/// A slot may hold leases behind the task it works on, so that its worker goes on without a question and one
/// record serves many tasks. Only commands that need no worktree are leased ahead, and only behind such a
/// one: they draw neither on a rate nor on a budget, and nothing has to be made ready for them.
///
/// The turns follow the order of the leases. A turn begins when the one before has ended, and with it the
/// task's time. What stands behind is asked back when its slot is needed no more or too slow; the worker
/// gives back what it has not begun.
extension CoordinatorStateMachine {
    func mayBeAhead(_ node: Int) -> Bool {
        tasks[node].spec.workspace == .none && tasks[node].spec.run != nil
    }

    /// How many more leases may stand behind the present one of a slot.
    private func roomAhead(_ slot: Int) -> Int {
        // Read where it stands: a slot is large, and this is asked several times for each task.
        guard slots[slot].depth > slots[slot].behind.count, slots[slot].life == .up, !slots[slot].isSuspect,
            !slots[slot].isCondemned, !slots[slot].isStoppedByPerson,
            case .working(let node, nil, _) = slots[slot].work, mayBeAhead(node),
            now < slots[slot].turnBegan + settings.aheadWithin,
            !slots[slot].behind.contains(where: { $0.cause != nil })
        else { return 0 }
        return slots[slot].depth - slots[slot].behind.count
    }

    /// Gives out ahead what no idle worker could take: one more for each slot in turn, and to none more than
    /// its share among the workers that are up, so that few tasks are spread evenly.
    mutating func grantLeasesAhead() {
        guard settings.leasesAheadMax > 0, counts.ready > 0 else { return }
        var open: [Int] = []
        for slot in slots.indices where roomAhead(slot) > 0 { open.append(slot) }
        guard !open.isEmpty else { return }
        let held = slots.reduce(0) { $0 + $1.behind.count }
        let share = (counts.ready + held) / slots.count { $0.life == .up }
        var level = 1
        while level <= share, counts.ready > 0, !open.isEmpty {
            var rest: [Int] = []
            for slot in open
            where slots[slot].behind.count >= level || grantAhead(to: slot) && roomAhead(slot) > 0 {
                rest.append(slot)
            }
            open = rest
            level += 1
        }
    }

    private mutating func grantAhead(to slot: Int) -> Bool {
        let taken = scheduler.take(for: slot, withoutModels: true, mayRob: false) { [tasks] in
            tasks[$0].state == .ready
        }
        guard let node = taken else { return false }
        guard mayBeAhead(node) else {
            scheduler.putBack(node)
            return false
        }
        lease(node, to: slot)
        slots[slot].behind.append(SlotEntry.Behind(node: node, cause: nil))
        effects.append(
            .assign(slot: slot, tasks[node].lease, tasks[node].spec, base: nil, note: tasks[node].note))
        return true
    }

    // MARK: - Turns

    /// The task in front has ended: the next has begun, or was given back before it could.
    mutating func beginNextTurn(of slot: Int) {
        guard !slots[slot].behind.isEmpty else { return }
        let next = slots[slot].behind.removeFirst()
        busyCount += 1
        slots[slot].turnBegan = now
        slots[slot].isAskedBack = next.cause != nil
        progressed(slot)
        if let cause = next.cause, cause != .takenBack {
            slots[slot].work = .cancelling(
                next.node, base: nil, deadline: now + settings.cancelWithin, cause)
        } else {
            slots[slot].work = .working(next.node, base: nil, deadline: turnDeadline(of: next.node))
        }
    }

    func turnDeadline(of node: Int) -> Timestamp {
        now + (tasks[node].spec.timeout ?? settings.limits.taskTimeout) + settings.timeoutSlack
    }

    /// Judges by the attempt that ends how many leases its slot may hold ahead: as many as it is likely to
    /// get through within the time that a task may stand behind.
    mutating func learnPace(of slot: Int, _ outcome: AttemptOutcome) {
        guard settings.leasesAheadMax > 0 else { return }
        guard outcome == .finished, case .working(let node, nil, _) = slots[slot].work, mayBeAhead(node)
        else {
            slots[slot].depth = 0
            return
        }
        let took = max(1, (now - slots[slot].turnBegan).wholeMilliseconds)
        slots[slot].depth = min(settings.leasesAheadMax, Int(settings.aheadWithin.wholeMilliseconds / took))
    }

    // MARK: - Asking back

    /// Has an attempt ended that its slot works on or holds behind.
    mutating func cancelAttempt(
        _ node: Int, of slot: Int, _ cause: SlotEntry.CancelCause, reason: String
    ) {
        if let index = slots[slot].behind.firstIndex(where: { $0.node == node }) {
            askBack(index, of: slot, cause, reason: reason)
        } else {
            cancelWork(of: slot, cause, reason: reason)
        }
    }

    /// Wants everything back that stands behind the present task of a slot and has not begun.
    mutating func askBackAll(of slot: Int, _ cause: SlotEntry.CancelCause = .takenBack, reason: String) {
        for index in slots[slot].behind.indices { askBack(index, of: slot, cause, reason: reason) }
    }

    /// A wish to have it back is polite: one that began meanwhile goes on. Every other cause ends it then,
    /// too.
    private mutating func askBack(
        _ index: Int, of slot: Int, _ cause: SlotEntry.CancelCause, reason: String
    ) {
        let entry = slots[slot].behind[index]
        let lease = tasks[entry.node].lease
        if cause == .takenBack {
            guard entry.cause == nil else { return }
            effects.append(.withdraw(slot: slot, lease))
        } else if entry.cause == nil || entry.cause == .takenBack {
            effects.append(.cancelAttempt(slot: slot, lease, reason: reason))
        }
        slots[slot].behind[index].cause = Self.outcome(of: cause, after: entry.cause)
    }

    /// A task that takes long lets nobody wait behind it while another worker could be free.
    mutating func askBackIfSlow(_ slot: Int) {
        guard let due = slowAt(slots[slot]), due <= now else { return }
        askBackAll(of: slot, reason: "the task before it takes long")
    }

    /// When what stands behind the present task of a slot is asked back. Nil: nothing is.
    func slowAt(_ slot: SlotEntry) -> Timestamp? {
        slot.behind.contains { $0.cause == nil } ? slot.turnBegan + settings.aheadWithin : nil
    }

    // MARK: - Ends

    /// The worker says that an attempt is over which stands behind: it gave it back.
    mutating func endBehind(_ index: Int, of slot: Int, _ outcome: AttemptOutcome, tail: String) {
        let entry = slots[slot].behind.remove(at: index)
        record(.attemptEnded(tasks[entry.node].lease, outcome))
        if let cause = entry.cause, Self.decides(cause, over: outcome) {
            concludeCancelled(entry.node, cause, tail: tail)
        } else {
            conclude(entry.node, outcome, .nothing, of: slot, tail: tail)
        }
    }

    /// The worker is gone: what stood behind was never begun, and comes back as it was.
    mutating func loseBehind(of slot: Int) {
        let lost = slots[slot].behind
        slots[slot].behind = []
        slots[slot].depth = 0
        for entry in lost {
            record(.attemptEnded(tasks[entry.node].lease, .notBegun))
            concludeCancelled(entry.node, entry.cause ?? .takenBack, tail: "")
        }
    }

    /// Whether the wish to end an attempt decides what becomes of its task, and not how it ended. Finished
    /// work is not thrown away, unless a person wants nothing of it; and a wish to have a task back is over
    /// when the task had begun.
    static func decides(_ cause: SlotEntry.CancelCause, over outcome: AttemptOutcome) -> Bool {
        if cause.endsTask { return true }
        return cause == .takenBack ? outcome == .notBegun : outcome != .finished
    }
}
