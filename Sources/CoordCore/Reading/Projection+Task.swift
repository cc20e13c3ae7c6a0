import CoordModel

// MARK: - A task

extension Projection {
    /// Folds a fact about a task into its record.
    static func apply(_ body: Fact.Body, to task: inout TaskRecord, at time: Timestamp) {
        let before = task.stage
        task.handoff = HandoffRecord.folding(body, into: task.handoff, at: time)
        switch body {
        case .taskEdited(let spec): task.spec = spec
        case .taskReady: task.stage = .ready
        case .leaseGranted(let lease, let worker): takeLease(lease, worker, &task, time)
        case .worktreePrepared(_, let branch, let base):
            task.branch = branch
            task.base = base
        case .attemptEnded: task.stage = .submitting
        case .workSubmitted(let lease, let commit, let base, _):
            task.stage = .queued
            task.submittedAttempt = lease.attempt
            task.commit = commit
            task.base = base
        case .reviewAsked(_, _, let wish):
            task.stage = .reviewing
            task.approvalReason = wish
        case .reviewStarted(let lease, let worker, _):
            task.attempt = lease.attempt
            task.reviewer = worker
        case .reviewFinished(_, _, let verdict, _):
            task.reviewer = nil
            if verdict?.approves == true { task.stage = .queued }
            if verdict?.approves == false { task.reviewRounds += 1 }
        case .approvalAsked(_, let reason), .answerAwaited(_, let reason):
            if case .approvalAsked = body { task.stage = .approval } else { task.stage = .asking }
            task.approvalReason = reason
        case .approvalGiven:
            task.stage = .queued
            task.conflicts = 0
        case .candidateStaged(_, _, let tree, _):
            task.stage = .checking
            task.tree = tree
            // Built anew: an earlier landing came to nothing, its intent must not be taken up again.
            task.landing = nil
            task.landingFrom = nil
            task.landingTip = nil
        case .candidateConflicted(_, _, let files):
            task.conflicts += 1
            task.lastError = "merge conflict in \(files.joined(separator: ", "))"
        case .landingStarted(_, let commit, let from, let tip):
            task.landing = commit
            task.landingFrom = from
            task.landingTip = tip
        case .taskLanded(_, let commit, let tree):
            task.stage = .landed
            task.commit = commit
            task.tree = tree
            task.lastError = nil
        case .taskCompleted: task.stage = .completed
        case .taskRetryable(_, let reason, let notBefore, let failures):
            task.stage = .retryable
            task.failures = failures
            task.lastError = reason
            task.notBefore = notBefore
            task.landing = nil
            task.landingTip = nil
        case .taskReassigned(_, let worker): task.pinnedTo = worker
        default: applyEnd(body, to: &task)
        }
        if case .attemptEnded(_, .workerLost) = body { task.workerLosses += 1 }
        if task.stage != before {
            task.since = time
            task.completedAt = task.status.isFinal ? time : nil
        }
    }

    private static func takeLease(
        _ lease: Lease, _ worker: WorkerID, _ task: inout TaskRecord, _ time: Timestamp
    ) {
        task.stage = .leased
        task.attempt = lease.attempt
        task.assignedTo = worker
        task.startedAt = task.startedAt ?? time
        task.base = nil
        task.commit = nil
        task.landing = nil
        task.landingTip = nil
        task.submittedAttempt = nil
        task.approvalReason = nil
    }

    private static func applyEnd(_ body: Fact.Body, to task: inout TaskRecord) {
        switch body {
        case .taskFailed(_, let reason, let cause):
            task.stage = .failed
            task.lastError = reason
            task.failedBecause = cause
        case .taskQuarantined(_, let reason):
            task.stage = .quarantined
            task.lastError = reason
        case .taskSkipped: task.stage = .skipped
        case .taskCancelled(_, let reason):
            task.stage = .cancelled
            task.lastError = reason
        case .taskRevived:
            task.stage = .waiting
            task.failures = 0
            task.conflicts = 0
            task.workerLosses = 0
            task.reviewRounds = 0
            task.lastError = nil
            task.failedBecause = nil
        default: break
        }
    }
}
