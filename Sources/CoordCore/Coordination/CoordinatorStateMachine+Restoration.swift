package import CoordModel

// MARK: - Going on after a stop or a crash

extension CoordinatorStateMachine {
    /// Takes up a run from its records and makes the world agree with them: the work of interrupted attempts
    /// is kept and their tasks come back, candidates queue again, an unfinished landing is finished or found
    /// done.
    ///
    /// - Parameter finished: attempts whose good end was recorded: their work is handed in, not repeated.
    /// - Parameter board: what the agents shared so far.
    package mutating func restore(
        tasks records: [TaskRecord], costs: [CostRecord], usageIDs: Set<String>, finished: Set<Lease>,
        board: Blackboard = Blackboard(), process: ProcessIdentity, at now: Timestamp
    ) -> [Effect] {
        self.now = now
        self.board = board
        record(.runResumed(process: process))
        ledger.restore(costs: costs, usageIDs: usageIDs)
        restoreGraph(records)
        for record in records {
            restoreState(record, among: records, isFinished: finished.contains(record.lease))
        }
        nameCauses(of: tasks.indices.filter { cause(of: $0) != nil })
        restoreQueue(records)
        restoreRounds(records)
        perform(delivery.begin(last: lastLanding(records)))
        if counts.open > 0 {
            startAllWorkers()
            // The journal may still speak of the workers of the last coordinator.
            for slot in slots where slot.life == .none { self.record(.workerStopped(slot.spec.worker)) }
        }
        if ledger.isExhausted { exhaustBudget() }
        return handle(.elapsed, at: now)
    }

    /// What the run landed last, as far as its records tell.
    private func lastLanding(_ records: [TaskRecord]) -> ObjectID? {
        records.filter { $0.stage == .landed }
            .max { ($0.completedAt ?? $0.since, $0.index) < ($1.completedAt ?? $1.since, $1.index) }?.commit
    }

    private mutating func restoreGraph(_ records: [TaskRecord]) {
        graph.reserve(nodes: records.count, edges: records.reduce(0) { $0 + $1.spec.dependencies.count })
        for record in records {
            numbers[record.spec.id] = graph.addNode()
            var entry = TaskEntry(spec: record.spec, lane: lane(of: record.spec))
            entry.attempt = record.attempt
            #if COORD_PLANTED_BUGS
                if PlantedBug.isActive(.attemptReused) { entry.attempt = max(0, record.attempt - 1) }
            #endif
            entry.failures = record.failures
            entry.conflicts = record.conflicts
            entry.rounds = record.reviewRounds
            entry.worker = slots.firstIndex { $0.spec.worker == record.assignedTo }
            entry.author = entry.worker
            entry.workerLosses = record.workerLosses
            entry.note = record.lastError
            entry.proposals = record.proposals
            entry.proposer = record.proposedBy.flatMap { numbers[$0] }
            entry.depth = entry.proposer.map { tasks[$0].depth + 1 } ?? 0
            entry.handoff = record.handoff
            if record.handoff != nil { hasHandoffs = true }
            entry.pinned = record.pinnedTo.flatMap { worker in
                slots.firstIndex { $0.spec.worker == worker }
            }
            tasks.append(entry)
            counts.add(entry.state)
        }
        for node in tasks.indices {
            for need in needs(of: node) { graph.addEdge(from: need, to: node) }
        }
        graph.weigh()
        for (node, record) in records.enumerated()
        where [.landed, .completed, .skipped].contains(record.stage) {
            graph.satisfy(node) { _ in }
        }
    }

    private mutating func restoreState(
        _ record: TaskRecord, among records: [TaskRecord], isFinished: Bool
    ) {
        let node = record.index
        switch record.stage {
        case .waiting: if graph.isReady(node) { becomeReady(node) }
        case .ready:
            setState(node, .ready)
            enqueue(node)
        case .retryable:
            let notBefore = record.notBefore ?? now
            setState(node, .retryable(notBefore: notBefore))
            retryTimes.insert(node, at: notBefore)
        // The plan itself was not on disk: it is made again.
        case .submitting where isFinished && !isPlan(node): restoreTaking(node, record, .finished)
        case .leased, .submitting:
            self.record(.attemptEnded(record.lease, .interrupted))
            restoreTaking(node, record, .interrupted)
        case .reviewing, .approval, .queued, .checking: restoreCandidate(node, record)
        case .asking: if openQuestions(of: node).isEmpty { comeBack(node) } else { setState(node, .asking) }
        case .landed: setState(node, .landed)
        case .completed: setState(node, .completed)
        case .failed: setState(node, .failed(cause: record.failedBecause.flatMap { numbers[$0] }))
        case .quarantined: setState(node, .quarantined)
        case .skipped: setState(node, .skipped)
        case .cancelled: setState(node, .cancelled(cause: badNeed(of: node, records)))
        }
    }

    /// The journal does not say why a task was cancelled. A need that came to no good end either is why, as
    /// far as coming back goes.
    private func badNeed(of node: Int, _ records: [TaskRecord]) -> Int? {
        needs(of: node).first { [.cancelled, .failed, .quarantined].contains(records[$0].stage) }
    }

    /// An attempt whose coordinator died: what its worktree holds is handed in when it was finished; else it
    /// is kept, and the task comes back.
    private mutating func restoreTaking(_ node: Int, _ record: TaskRecord, _ outcome: AttemptOutcome) {
        let slot = slots.firstIndex { $0.spec.worker == record.assignedTo }
        guard let slot, let base = record.base, slots[slot].work == .free else {
            // No worktree was made, or its slot is gone: preparing that folder again keeps what lies there.
            comeBack(node)
            return
        }
        setState(node, .leased(slot: slot))
        busyCount += 1
        slots[slot].work = .taking(node, outcome, nil, tail: "")
        slots[slot].takingBase = base
        takeOver(slot)
    }

    private mutating func restoreCandidate(_ node: Int, _ record: TaskRecord) {
        guard let candidate = record.candidate else {
            comeBack(node)
            return
        }
        if record.stage == .reviewing { return restoreReview(node, record, candidate) }
        setState(node, record.stage == .approval ? .approval(candidate) : .queued)
    }

    /// The landing under way goes first, then the others in the order of their submission.
    private mutating func restoreQueue(_ records: [TaskRecord]) {
        reviewLine.sort { (records[$0].since, $0) < (records[$1].since, $1) }
        let queued = records.filter { tasks[$0.index].state == .queued && $0.stage != .reviewing }.sorted {
            let left = ($0.stage == .queued ? 1 : 0, $0.since, $0.index)
            let right = ($1.stage == .queued ? 1 : 0, $1.since, $1.index)
            return left < right
        }
        let landing = queued.first { $0.landingTip != nil }?.landingTip
        // The commit that the target moves to goes last: what passed the gate is its tree.
        let together =
            landing.map { tip in
                queued.filter { $0.landingTip == tip && $0.landing != tip }
                    + queued.filter { $0.landing == tip }
            } ?? []
        let from = together.last?.landing == landing ? together.last?.landingFrom : nil
        if let from {
            let built = together.compactMap { record in
                record.landing.flatMap { commit in
                    record.tree.map { BuiltCommit(commit: commit, tree: $0) }
                }
            }
            #if COORD_PLANTED_BUGS
                if PlantedBug.isActive(.landingForgotten) {
                    for candidate in together.compactMap(\.candidate) { perform(queue.submitted(candidate)) }
                    return
                }
            #endif
            perform(queue.restore(together.compactMap(\.candidate), built: built, from: from))
        }
        for record in queued where from == nil || record.landingTip != landing {
            if let candidate = record.candidate { perform(queue.submitted(candidate)) }
        }
    }
}

extension TaskRecord {
    /// The commit that was handed in, while it waits for its landing.
    fileprivate var candidate: Candidate? {
        guard let commit, let base else { return nil }
        let lease = Lease(task: spec.id, attempt: submittedAttempt ?? attempt)
        var candidate = Candidate(lease: lease, commit: commit, base: base)
        // Only a person's yes leads on from there.
        candidate.isApproved = approvalReason != nil && (stage == .queued || stage == .checking)
        return candidate
    }
}
