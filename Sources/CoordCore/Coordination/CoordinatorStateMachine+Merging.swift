import CoordModel

// MARK: - Between tasks and the merge queue

extension CoordinatorStateMachine {
    mutating func submit(_ node: Int, commit: ObjectID, base: ObjectID, files: [String]) {
        let candidate = Candidate(lease: tasks[node].lease, commit: commit, base: base)
        record(.workSubmitted(candidate.lease, commit: commit, base: base, files: files))
        let spec = tasks[node].spec
        let wish: String? =
            if spec.approval { "the task asks for approval" } else if spec.risk == .high {
                "the task's risk is high"
            } else if settings.review == .human { "the mission asks for a person's review" } else { nil }
        if let wish {
            setState(node, .approval(candidate))
            record(.approvalAsked(candidate.lease, reason: wish))
        } else {
            enterQueue(node, candidate)
        }
    }

    mutating func enterQueue(_ node: Int, _ candidate: Candidate) {
        setState(node, .queued)
        perform(queue.submitted(candidate))
    }

    mutating func landed(_ candidate: Candidate) {
        let node = number(of: candidate.lease.task)
        setState(node, .landed)
        satisfy(node)
    }

    mutating func bounced(_ candidate: Candidate, _ why: MergeQueue.Bounce) {
        let node = number(of: candidate.lease.task)
        switch why {
        case .conflict(let files, let excerpt):
            tasks[node].conflicts += 1
            let reason = "merge conflict in \(files.map { "`\($0)`" }.joined(separator: ", "))"
            if tasks[node].conflicts >= settings.conflictsMax {
                fail(node, reason: "\(reason), for the \(tasks[node].conflicts)th time", cause: nil)
            } else {
                retryOrFail(
                    node, reason: reason, note: Self.note(reason, tail: excerpt), countsAsFailure: false)
            }
        case .gateFailed(let report):
            let reason = "the gate `\(report.command)` failed: \(report.reason)"
            retryOrFail(node, reason: reason, note: Self.note(reason, tail: report.tail))
        case .gateCouldNotRun(let report):
            let reason = "the gate `\(report.command)` could not run: \(report.reason)"
            retryOrFail(node, reason: reason, note: Self.note(reason, tail: report.tail))
        case .failed(let reason): retryOrFail(node, reason: reason, note: reason)
        }
    }
}

// MARK: - Ends

extension CoordinatorStateMachine {
    /// Fails a task and, by name, everything that cannot start without it.
    mutating func fail(_ node: Int, reason: String, cause: Int?) {
        setState(node, .failed(cause: cause))
        record(.taskFailed(tasks[node].spec.id, reason: reason, cause: cause.map { tasks[$0].spec.id }))
        spreadFailure(from: node)
    }

    mutating func quarantine(_ node: Int, reason: String) {
        setState(node, .quarantined)
        record(.taskQuarantined(tasks[node].spec.id, reason: reason))
        spreadFailure(from: node)
    }

    private mutating func spreadFailure(from root: Int) {
        let name = tasks[root].spec.id
        for dependant in openDependants(of: root) {
            setState(dependant, .failed(cause: root))
            record(
                .taskFailed(tasks[dependant].spec.id, reason: "needs `\(name)`, which failed", cause: name))
        }
    }

    /// Everything behind `root` that has not started, nearest first.
    private func openDependants(of root: Int) -> [Int] {
        var found: [Int] = []
        var seen: Set<Int> = [root]
        var next = [root]
        while !next.isEmpty {
            let wave = next.flatMap { graph.dependants(of: $0) }
            next = wave.filter { tasks[$0].isOpen && seen.insert($0).inserted }
            found += next
        }
        return found
    }

    mutating func skip(_ node: Int, reason: String) {
        setState(node, .skipped)
        record(.taskSkipped(tasks[node].spec.id, reason: reason))
        satisfy(node)
    }

    mutating func cancel(_ node: Int, reason: String) {
        setState(node, .cancelled(cause: nil))
        let name = tasks[node].spec.id
        record(.taskCancelled(name, reason: reason))
        for dependant in openDependants(of: node) {
            setState(dependant, .cancelled(cause: node))
            record(
                .taskCancelled(tasks[dependant].spec.id, reason: "needs `\(name)`, which was cancelled"))
        }
    }

    /// Brings a failed, quarantined, skipped or cancelled task back, with everything that ended because of it.
    mutating func revive(_ node: Int, reason: String) {
        bringBack([node], reason: reason)
        bringBack(endedBecause(of: node), reason: "`\(tasks[node].spec.id)` was brought back")
    }

    /// The tasks that failed or were cancelled because of this one.
    func endedBecause(of node: Int) -> [Int] {
        tasks.indices.filter {
            switch tasks[$0].state {
            case .failed(cause: node), .cancelled(cause: node): true
            default: false
            }
        }
    }

    mutating func bringBack(_ nodes: [Int], reason: String) {
        for node in nodes {
            if tasks[node].state.satisfies { graph.unsatisfy(node) }
            tasks[node].failures = 0
            tasks[node].conflicts = 0
            tasks[node].workerLosses = 0
            setState(node, .waiting)
            record(.taskRevived(tasks[node].spec.id, reason: reason))
        }
        for node in nodes where graph.isReady(node) { becomeReady(node) }
    }
}
