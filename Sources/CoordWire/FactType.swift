package import CoordModel

/// The names under which facts are journalled and published. A name, once written, is never given another
/// meaning.
package enum FactType: String, Sendable, CaseIterable {
    case runStarted = "run.started"
    case runResumed = "run.resumed"
    case runStatusChanged = "run.status-changed"
    case runEnded = "run.ended"
    case scaleChanged = "scale.changed"
    case workersAdded = "workers.added"

    case taskAdded = "task.added"
    case taskEdited = "task.edited"
    case taskReady = "task.ready"
    case leaseGranted = "lease.granted"
    case worktreePrepared = "worktree.prepared"
    case attemptEnded = "attempt.ended"
    case attemptStalled = "attempt.stalled"
    case workSubmitted = "work.submitted"
    case workRescued = "work.rescued"
    case reviewAsked = "review.asked"
    case reviewStarted = "review.started"
    case reviewFinished = "review.finished"
    case approvalAsked = "approval.asked"
    case approvalGiven = "approval.given"
    case candidateStaged = "candidate.staged"
    case candidateConflicted = "candidate.conflicted"
    case gateStarted = "gate.started"
    case gateFinished = "gate.finished"
    case gateFlaked = "gate.flaked"
    case landingStarted = "landing.started"
    case landingDelayed = "landing.delayed"
    case candidateBounced = "candidate.bounced"
    case targetGated = "target.gated"
    case targetMoved = "target.moved"
    case queuePlanned = "queue.planned"
    case deliveryPushed = "delivery.pushed"
    case deliveryFailed = "delivery.failed"
    case targetFollowed = "target.followed"
    case overlapFound = "overlap.found"
    case overlapCleared = "overlap.cleared"
    case taskLanded = "task.landed"
    case taskCompleted = "task.completed"
    case taskRetryable = "task.retryable"
    case taskFailed = "task.failed"
    case taskQuarantined = "task.quarantined"
    case taskSkipped = "task.skipped"
    case taskCancelled = "task.cancelled"
    case taskRevived = "task.revived"
    case taskReassigned = "task.reassigned"

    case workerStarted = "worker.started"
    case workerReady = "worker.ready"
    case workerSuspected = "worker.suspected"
    case workerRecovered = "worker.recovered"
    case workerExited = "worker.exited"
    case workerStartFailed = "worker.start-failed"
    case workerBackingOff = "worker.backing-off"
    case workerOffline = "worker.offline"
    case workerStopped = "worker.stopped"

    case usageRecorded = "usage.recorded"
    case progressReported = "progress.reported"
    case agentSessionBegan = "session.began"
    case contentGiven = "content.given"
    case skillsRanked = "skills.ranked"
    case toolStarted = "tool.started"
    case toolCompleted = "tool.completed"
    case handoffWritten = "handoff.written"
    case handoffBegan = "handoff.began"
    case handoffStepEnded = "handoff.step-ended"
    case handoffPrepared = "handoff.prepared"
    case handoffAcknowledged = "handoff.acknowledged"
    case handoffUnacknowledged = "handoff.unacknowledged"
    case handoffWithdrawn = "handoff.withdrawn"
    case taskProposalRefused = "task.proposal-refused"
    case staleMessageRefused = "message.stale-refused"
    case questionAsked = "question.asked"
    case questionAnswered = "question.answered"
    case answerAwaited = "answer.awaited"
    case filesClaimed = "files.claimed"
    case noteWritten = "note.written"
    case callRefused = "call.refused"

    case rateLimited = "rate.limited"
    case budgetWarned = "budget.warned"
    case budgetExhausted = "budget.exhausted"
    case reservationChanged = "reservation.changed"
}

extension Fact.Body {
    /// The name of the case in the journal and in every event stream.
    package var type: FactType {
        switch self {
        case .runStarted: .runStarted
        case .runResumed: .runResumed
        case .runStatusChanged: .runStatusChanged
        case .runEnded: .runEnded
        case .scaleChanged: .scaleChanged
        case .workersAdded: .workersAdded
        case .taskAdded: .taskAdded
        case .taskEdited: .taskEdited
        case .taskReady: .taskReady
        case .leaseGranted: .leaseGranted
        case .worktreePrepared: .worktreePrepared
        case .attemptEnded: .attemptEnded
        case .attemptStalled: .attemptStalled
        case .workSubmitted: .workSubmitted
        case .workRescued: .workRescued
        case .reviewAsked: .reviewAsked
        case .reviewStarted: .reviewStarted
        case .reviewFinished: .reviewFinished
        case .approvalAsked: .approvalAsked
        case .approvalGiven: .approvalGiven
        case .candidateStaged: .candidateStaged
        case .candidateConflicted: .candidateConflicted
        case .gateStarted: .gateStarted
        case .gateFinished: .gateFinished
        case .gateFlaked: .gateFlaked
        case .landingStarted: .landingStarted
        case .landingDelayed: .landingDelayed
        case .candidateBounced: .candidateBounced
        case .targetGated: .targetGated
        case .targetMoved: .targetMoved
        case .queuePlanned: .queuePlanned
        case .deliveryPushed: .deliveryPushed
        case .deliveryFailed: .deliveryFailed
        case .targetFollowed: .targetFollowed
        case .overlapFound: .overlapFound
        case .overlapCleared: .overlapCleared
        case .taskLanded: .taskLanded
        case .taskCompleted: .taskCompleted
        case .taskRetryable: .taskRetryable
        case .taskFailed: .taskFailed
        case .taskQuarantined: .taskQuarantined
        case .taskSkipped: .taskSkipped
        case .taskCancelled: .taskCancelled
        case .taskRevived: .taskRevived
        case .taskReassigned: .taskReassigned
        case .workerStarted: .workerStarted
        case .workerReady: .workerReady
        case .workerSuspected: .workerSuspected
        case .workerRecovered: .workerRecovered
        case .workerExited: .workerExited
        case .workerStartFailed: .workerStartFailed
        case .workerBackingOff: .workerBackingOff
        case .workerOffline: .workerOffline
        case .workerStopped: .workerStopped
        case .usageRecorded: .usageRecorded
        case .progressReported: .progressReported
        case .agentSessionBegan: .agentSessionBegan
        case .contentGiven: .contentGiven
        case .skillsRanked: .skillsRanked
        case .toolStarted: .toolStarted
        case .toolCompleted: .toolCompleted
        case .handoffWritten: .handoffWritten
        case .handoffBegan: .handoffBegan
        case .handoffStepEnded: .handoffStepEnded
        case .handoffPrepared: .handoffPrepared
        case .handoffAcknowledged: .handoffAcknowledged
        case .handoffUnacknowledged: .handoffUnacknowledged
        case .handoffWithdrawn: .handoffWithdrawn
        case .taskProposalRefused: .taskProposalRefused
        case .staleMessageRefused: .staleMessageRefused
        case .questionAsked: .questionAsked
        case .questionAnswered: .questionAnswered
        case .answerAwaited: .answerAwaited
        case .filesClaimed: .filesClaimed
        case .noteWritten: .noteWritten
        case .callRefused: .callRefused
        case .rateLimited: .rateLimited
        case .budgetWarned: .budgetWarned
        case .budgetExhausted: .budgetExhausted
        case .reservationChanged: .reservationChanged
        }
    }
}
