package import CoordModel

// MARK: - Looking in from outside

extension CoordinatorStateMachine {
    /// The stage of a task as the machine sees it. `submitting` and `checking` are parts of `leased` and
    /// `queued` here.
    package func stage(of id: TaskID) -> TaskStage? { numbers[id].map { stage(of: $0) } }

    /// What in the machine's own state contradicts itself, as sentences; empty when nothing does.
    ///
    /// For simulations and tests: it looks at every task and costs time accordingly.
    package func contradictions() -> [String] {
        var found = contradictionsOfCounts()
        for node in tasks.indices { found += contradictions(of: node) }
        for slot in slots.indices { found += contradictions(ofSlot: slot) }
        if let deadline = nextDeadline, deadline <= now {
            found.append("the next deadline \(deadline) has passed at \(now): the shell would spin")
        }
        return found
    }

    private func contradictionsOfCounts() -> [String] {
        var found: [String] = []
        var truth = StateCounts()
        for task in tasks { truth.add(task.state) }
        if truth != counts { found.append("counted \(counts), there are \(truth)") }
        let busy = slots.filter { $0.work != .free }.count
        if busy != busyCount { found.append("counted \(busyCount) busy slots, there are \(busy)") }
        let queued = Set(queue.candidates.map(\.lease.task))
        for task in tasks where (task.state == .queued) != queued.contains(task.spec.id) {
            found.append("`\(task.spec.id)` is \(task.state), in the queue: \(queued.contains(task.spec.id))")
        }
        if ledger.reserved < .zero { found.append("\(ledger.reserved) is reserved") }
        if mode == .ended, let slot = slots.first(where: { $0.life != .none }) {
            found.append("the run ended with a worker \(slot.life)")
        }
        return found
    }

    private func contradictions(of node: Int) -> [String] {
        var found: [String] = []
        let name = tasks[node].spec.id
        let unmet = needs(of: node).filter { !tasks[$0].state.satisfies }.count
        if unmet != graph.unmetNeeds(of: node) {
            found.append("`\(name)` has \(unmet) unmet needs, the graph says \(graph.unmetNeeds(of: node))")
        }
        switch tasks[node].state {
        case .waiting:
            if unmet == 0 { found.append("`\(name)` waits for nothing") }
            if let need = deadNeed(of: node) {
                found.append("`\(name)` waits for `\(tasks[need].spec.id)`, which is \(stage(of: need))")
            }
        case .ready: if unmet > 0 { found.append("`\(name)` is ready with \(unmet) unmet needs") }
        case .leased(let slot):
            if slots[slot].node != node, !slots[slot].behind.contains(where: { $0.node == node }) {
                found.append("`\(name)` is leased to a slot that has \(slots[slot].work)")
            }
        case .reviewing(let review):
            let isInLine = reviewLine.contains(node)
            if review.slot.map({ slots[$0].node != node }) ?? !isInLine {
                found.append("`\(name)` is reviewed by slot \(review.slot as Any), in line: \(isInLine)")
            }
        case .failed(cause: .some(let cause)), .cancelled(cause: .some(let cause)):
            if !isDead(cause) || self.cause(of: cause) != nil {
                found.append(
                    "`\(name)` ended because of `\(tasks[cause].spec.id)`, which is \(stage(of: cause))")
            }
            if deadNeed(of: node) == nil { found.append("`\(name)` ended because of no need") }
        case .asking:
            if openQuestions(of: node).isEmpty { found.append("`\(name)` waits for no answer") }
        case .retryable, .approval, .queued, .landed, .completed, .failed, .quarantined, .skipped, .cancelled:
            break
        }
        return found
    }

    private func contradictions(ofSlot slot: Int) -> [String] {
        let behind = slots[slot].behind
        var found: [String] = []
        for node in behind.map(\.node) + (slots[slot].node.map { [$0] } ?? [])
        where tasks[node].state != .leased(slot: slot) && !isReviewed(node) {
            found.append("slot \(slot) has `\(tasks[node].spec.id)`, which is \(tasks[node].state)")
        }
        guard !behind.isEmpty else { return found }
        switch slots[slot].work {
        case .working(_, nil, _), .cancelling(_, nil, _, _): break
        default: found.append("\(behind.count) leases stand behind \(slots[slot].work)")
        }
        if behind.count > settings.leasesAheadMax || !behind.allSatisfy({ mayBeAhead($0.node) }) {
            found.append("slot \(slot) holds leases ahead that it may not")
        }
        return found
    }
}
