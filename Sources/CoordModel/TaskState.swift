/// The coarse life of a task, as every listing shows it.
package enum TaskStatus: String, Sendable, CaseIterable {
    case pending
    case inProgress = "in_progress"
    case completed, failed, skipped, cancelled

    /// Whether nothing more happens to the task unless a person asks for it.
    package var isFinal: Bool {
        switch self {
        case .pending, .inProgress: false
        case .completed, .failed, .skipped, .cancelled: true
        }
    }
}

/// Where exactly a task stands. Each stage belongs to one status.
package enum TaskStage: String, Sendable, CaseIterable {
    /// Its needs have not landed. Can become: `ready`, `failed` (a need failed), `skipped`, `cancelled`.
    case waiting
    /// Everything it needs is there; it waits for a worker, a rate, the budget. Can become: `leased`.
    case ready
    /// It failed and will be tried again, not before a time. Can become: `ready`.
    case retryable
    /// A worker has it: its worktree is made, its agent works. Can become: `submitting`, `retryable`,
    /// `failed`.
    case leased
    /// Its agent ended; coord takes the work over. Can become: `reviewing`, `approval`, `queued`,
    /// `completed`, `retryable`, `failed`.
    case submitting
    /// A reviewer looks at its commit, or is awaited. Can become: `approval`, `queued`, `retryable`,
    /// `failed`.
    case reviewing
    /// Its commit waits for a person. Can become: `queued`, `retryable`, `failed`.
    case approval
    /// Its agent asked a person and ended; it waits for the answer. Can become: `ready`, `failed`, `skipped`,
    /// `cancelled`.
    case asking
    /// Its commit waits in the merge queue. Can become: `checking`.
    case queued
    /// Its candidate is built, gated, landed. Can become: `landed`, `retryable`, `failed`.
    case checking
    /// Its landing commit is on the target. Final.
    case landed
    /// It is done and had no file to change. Final.
    case completed
    /// It was tried as often as it may be, or a need failed. Final; `retry` brings it back.
    case failed
    /// It ended several workers and is kept away from them. Final; `retry` brings it back.
    case quarantined
    case skipped
    case cancelled

    package var status: TaskStatus {
        switch self {
        case .waiting, .ready, .retryable: .pending
        case .leased, .submitting, .reviewing, .approval, .asking, .queued, .checking: .inProgress
        case .landed, .completed: .completed
        case .failed, .quarantined: .failed
        case .skipped: .skipped
        case .cancelled: .cancelled
        }
    }
}

/// The state of a run.
package enum RunStatus: String, Sendable, CaseIterable {
    case running, paused
    /// No new lease is granted; what runs is finished (drain) or ended (stop).
    case stopping
    /// Ended before its end; `--resume` goes on.
    case stopped
    case completed, failed

    package var isFinal: Bool { self == .completed || self == .failed || self == .stopped }
}

/// The state of a worker, as listings show it.
package enum WorkerStatus: String, Sendable, CaseIterable {
    case starting, idle, working, suspect
    case backingOff = "backing-off"
    case offline, stopped
}

/// How a process ended.
package enum ExitOutcome: Hashable, Sendable, CustomStringConvertible {
    case exited(status: Int32)
    case signaled(Int32)

    package var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}

/// How an attempt at a task ended, as its worker saw it.
package enum AttemptOutcome: Hashable, Sendable {
    /// The agent ended well and every check passed.
    case finished
    /// The agent, or a check, ended otherwise.
    case failed(reason: String)
    /// The coding agent could not do its work.
    case agentFailed(AgentFailure)
    case timedOut(after: Duration)
    /// The worker was told to end it.
    case cancelled
    /// It handed its task over to a new session.
    case handedOff
    /// The worker itself died or was replaced.
    case workerLost(reason: String)
    /// The coordinator died while it ran.
    case interrupted
    /// It stood behind another and came back before its turn: nothing of it ran.
    case notBegun

    /// Whether the agent brought it to this end, or its time did.
    package var isOfTheAgent: Bool {
        switch self {
        case .finished, .failed, .timedOut: true
        case .agentFailed, .cancelled, .handedOff, .workerLost, .interrupted, .notBegun: false
        }
    }

    package var reason: String {
        switch self {
        case .finished: "finished"
        case .failed(let reason): reason
        case .agentFailed(let failure): failure.description
        case .timedOut(let limit): "time-out after \(limit.wholeMilliseconds / 1000) s"
        case .cancelled: "cancelled"
        case .handedOff: "handed over to a new session"
        case .workerLost(let reason): "worker lost: \(reason)"
        case .interrupted: "interrupted"
        case .notBegun: "given back before it began"
        }
    }

    /// The word that names the kind in facts and listings.
    package var kind: String {
        switch self {
        case .finished: "finished"
        case .failed: "failed"
        case .agentFailed: "agent-failed"
        case .timedOut: "timed-out"
        case .cancelled: "cancelled"
        case .handedOff: "handed-off"
        case .workerLost: "worker-lost"
        case .interrupted: "interrupted"
        case .notBegun: "not-begun"
        }
    }
}

/// What a gate said of a tree. Only `passed` lands.
package enum GateOutcome: String, Sendable, CaseIterable {
    case passed, failed
    /// Missing tool, exit status 126 or 127, signal, time-out, no test found.
    case couldNotRun = "could-not-run"
}

/// The evidence of one gate: what ran, on which tree, and what came of it.
package struct GateReport: Hashable, Sendable {
    package var outcome: GateOutcome
    /// The command that decided: the first that did not pass, or the last.
    package var command: String
    package var exit: ExitOutcome?
    package var duration: Duration
    /// How many tests ran, when the output says so.
    package var testCount: Int?
    /// How many of them, or beside them, were skipped, when the output says so.
    package var skipCount: Int?
    package var reason: String
    /// The last lines of the output, at most 4 KiB.
    package var tail: String

    package init(
        outcome: GateOutcome, command: String, exit: ExitOutcome?, duration: Duration, testCount: Int? = nil,
        skipCount: Int? = nil, reason: String, tail: String
    ) {
        self.outcome = outcome
        self.command = command
        self.exit = exit
        self.duration = duration
        self.testCount = testCount
        self.skipCount = skipCount
        self.reason = reason
        self.tail = tail
    }
}

/// What an agent's run says while it works, already read out of its output.
package enum AgentReport: Hashable, Sendable {
    case usage(Usage)
    case progress(String)
    case toolStarted(name: String, id: String, summary: String)
    case toolEnded(name: String, id: String, succeeded: Bool, summary: String)
    case handoff(Handoff)
    case proposedTask(TaskSpec)
    case rateLimited(retryAfter: Duration?)
    /// The session it works in, to go on with after an interruption.
    case session(String)
    /// Whether the agent was told to hand over; it then ends by itself.
    case handoffAsked(accepted: Bool)
    /// The agent wants to hand over.
    case handoffWished(reason: String)
    /// What a new session says it does next.
    case acknowledged(String)
    /// How much of its context is used, in tokens; `window` is all of it where the agent knows.
    case context(used: Int64, window: Int64?)
    /// What a reviewer makes of a candidate.
    case verdict(ReviewVerdict)
}
