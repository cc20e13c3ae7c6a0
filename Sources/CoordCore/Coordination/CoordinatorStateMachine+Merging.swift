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
                fail(node, reason: "\(reason); it conflicted \(tasks[node].conflicts) times", cause: nil)
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
