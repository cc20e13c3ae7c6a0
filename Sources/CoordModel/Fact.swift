/// One thing that coord states as true, with its time. Facts are numbered by the journal in the order of
/// their performance; status, cost, report and recovery are folds over them.
package struct Fact: Hashable, Sendable {
    package var time: Timestamp
    package var body: Body

    package init(time: Timestamp, body: Body) {
        self.time = time
        self.body = body
    }

    /// What happened: past tense, with a subject. What is large lies beside (`indirect`), for facts are
    /// copied and kept by the hundred thousand, and most are small.
    package enum Body: Hashable, Sendable {
        // MARK: run
        indirect case runStarted(RunStart)
        /// A coordinator took the run up again after a stop or a crash.
        case runResumed(process: ProcessIdentity)
        case runStatusChanged(RunStatus, reason: String)
        /// The run reached its end; `exitStatus` is what `coord run` answers.
        case runEnded(RunStatus, exitStatus: Int32, reason: String)
        /// The number of workers that are wanted follows the queue.
        case scaleChanged(workers: Int, reason: String)
        /// A person gave the run more places for workers.
        case workersAdded([SlotSpec])

        // MARK: tasks
        /// `proposedBy` names the task whose agent asked for it.
        indirect case taskAdded(TaskSpec, proposedBy: TaskID?)
        indirect case taskEdited(TaskSpec)
        case taskReady(TaskID)
        case leaseGranted(Lease, worker: WorkerID)
        case worktreePrepared(Lease, branch: String, base: ObjectID)
        case attemptEnded(Lease, AttemptOutcome)
        /// A warning: the agent lives and has shown no progress for so long.
        case attemptStalled(Lease, silent: Duration)
        /// The work is a commit; `files` were changed.
        case workSubmitted(Lease, commit: ObjectID, base: ObjectID, files: [String])
        /// What an unfinished attempt left is kept under `reference`.
        case workRescued(Lease, commit: ObjectID, reference: String)
        /// A reviewer of the role is to look at the work. `thenPerson`: why a person is asked afterwards.
        case reviewAsked(Lease, role: RoleID, thenPerson: String?)
        /// The worker looks at the commit; the lease is the reviewer's own.
        case reviewStarted(Lease, worker: WorkerID, commit: ObjectID)
        /// Without a verdict `reason` says why there is none.
        indirect case reviewFinished(Lease, worker: WorkerID, ReviewVerdict?, reason: String)
        case approvalAsked(Lease, reason: String)
        case approvalGiven(Lease)
        case candidateStaged(Lease, commit: ObjectID, tree: ObjectID, onto: ObjectID)
        case candidateConflicted(Lease, onto: ObjectID, files: [String])
        /// The exact tree is being tested, for all of `tasks` together; the lease is that of the last.
        case gateStarted(Lease, commit: ObjectID, tree: ObjectID, tasks: [TaskID])
        indirect case gateFinished(Lease, tree: ObjectID, GateReport)
        /// The gate failed on this tree, and passed when it ran on the same tree again.
        indirect case gateFlaked(Lease, tree: ObjectID, GateReport)
        /// The intent: after this fact the target may have moved, to `tip`. `commit` is the task's own, the
        /// same or one below it. `from` is nil for an unborn target.
        case landingStarted(Lease, commit: ObjectID, from: ObjectID?, tip: ObjectID)
        /// The candidate went back.
        case candidateBounced(Lease, reason: String)
        case landingDelayed(Lease, reason: String)
        case taskLanded(Lease, commit: ObjectID, tree: ObjectID)
        case taskCompleted(Lease, note: String)
        /// Tried in vain; comes back at `notBefore`. `failures` counts the tries that count against the limit
        /// so far.
        case taskRetryable(Lease, reason: String, notBefore: Timestamp, failures: Int)
        /// `cause` names the need whose failure failed this one.
        case taskFailed(TaskID, reason: String, cause: TaskID?)
        case taskQuarantined(TaskID, reason: String)
        case taskSkipped(TaskID, reason: String)
        case taskCancelled(TaskID, reason: String)
        /// A person, or a need that came back, brought it back.
        case taskRevived(TaskID, reason: String)
        case taskReassigned(TaskID, worker: WorkerID?)

        // MARK: workers
        case workerStarted(WorkerID, ProcessIdentity)
        case workerReady(WorkerID)
        case workerSuspected(WorkerID)
        case workerRecovered(WorkerID)
        case workerExited(WorkerID, ExitOutcome, reason: String)
        case workerStartFailed(WorkerID, reason: String)
        case workerBackingOff(WorkerID, until: Timestamp)
        case workerOffline(WorkerID, until: Timestamp?, reason: String)
        case workerStopped(WorkerID)

        // MARK: agents
        /// `counted` is false when the same usage id was counted before.
        indirect case usageRecorded(Lease, worker: WorkerID, role: RoleID?, Usage, cost: Money, counted: Bool)
        case progressReported(Lease, text: String)
        /// The agent works in a session of its own that can be gone on with.
        case agentSessionBegan(Lease, agent: String, session: String)
        /// What had a say in an attempt: its mission, its role, its skills, each by its content.
        case contentGiven(Lease, [ContentMark])
        /// A model was asked which of many skills the attempt needs, and what came of it.
        indirect case skillsRanked(Lease, SkillsRanking)
        case toolStarted(Lease, name: String, id: String, summary: String)
        indirect case toolCompleted(
            Lease, name: String, id: String, succeeded: Bool, summary: String, duration: Duration?)
        case handoffWritten(Lease, Handoff)
        /// A session is to hand its task over.
        indirect case handoffBegan(Lease, worker: WorkerID, HandoffOrder)
        /// A step of it ended; of `start` the lease is the new session's.
        indirect case handoffStepEnded(Lease, HandoffStep, HandoffStepOutcome)
        /// The document is written and checked, the work committed: a new session can begin.
        indirect case handoffPrepared(Lease, HandoffSheet)
        /// The new session said what it does next, and that is part of what remains.
        case handoffAcknowledged(Lease, text: String)
        case handoffUnacknowledged(Lease, reason: String)
        /// It is not needed any more.
        case handoffWithdrawn(Lease, reason: String)
        case taskProposalRefused(Lease, id: String, reason: String)
        /// An agent asks a person, or the agent of another task.
        indirect case questionAsked(Question)
        /// `lease` is the attempt that asked; `text` the answer, by a person when `by` is nil.
        case questionAnswered(Lease, question: String, text: String, by: TaskID?)
        /// The attempt ended with a question to a person open: the task waits for the answer.
        case answerAwaited(Lease, reason: String)
        /// What the attempt means to change, in place of what it claimed before.
        case filesClaimed(Lease, patterns: [String])
        /// An empty text: the note was taken away.
        case noteWritten(Lease, key: String, text: String)
        /// A call that did not prove to come from the attempt.
        case callRefused(Lease, tool: String, reason: String)
        /// A message that named an attempt other than the living one.
        case staleMessageRefused(WorkerID, Lease, method: String, current: Int?)

        // MARK: merge queue
        /// The gate ran on the target itself, to know whether it was red before.
        indirect case targetGated(commit: ObjectID, GateReport)
        /// Somebody else moved the target while something was on its way to it: so many times since `since`,
        /// with no landing in between.
        case targetMoved(commit: ObjectID, by: String, times: Int, since: Timestamp)
        /// How many groups of how many candidates are tested ahead, and why.
        case queuePlanned(window: Int, batch: Int, reason: String)
        /// While the attempts still go on: their changes, or one's and the target's, do not unite. Said again
        /// when the files differ.
        case overlapFound(Collision)
        case overlapCleared(Lease, other: Lease?)

        // MARK: delivery
        /// The remote's branch, `to`, holds the commit. `address` is the page of a pull request, or the one
        /// to open it with.
        case deliveryPushed(commit: ObjectID, to: String, address: String?)
        /// It could not be delivered; told once for each reason. Without a commit the remote was looked at.
        case deliveryFailed(commit: ObjectID?, reason: String, needsPerson: Bool)
        /// The remote had moved, and the target was moved up to it.
        case targetFollowed(from: ObjectID, to: ObjectID, place: String)

        // MARK: limits
        case rateLimited(until: Timestamp, reason: String)
        case budgetWarned(spent: Money, budget: Money)
        case budgetExhausted(spent: Money, budget: Money, scope: String)
        case reservationChanged(reserved: Money)
    }
}

/// A process, told apart from a later one that got the same number.
package struct ProcessIdentity: Hashable, Sendable {
    package var pid: Int32
    /// When the process started, in the system's own unit (Linux: clock ticks after boot). 0: not known.
    package var startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }
}

/// What is fixed when a run starts.
package struct RunStart: Hashable, Sendable {
    package var run: RunID
    package var mission: MissionID
    package var missionName: String
    /// The mission file as an absolute path; empty when there was none.
    package var missionFile: String
    package var project: String
    package var target: String
    package var agent: String
    package var budget: Money?
    package var process: ProcessIdentity
    package var head: ObjectID?
    package var slots: [SlotSpec]
    /// True when no model is called and every figure of money is zero by nature.
    package var simulated: Bool
    /// How the number of workers follows the queue. Nil: there are always as many as slots.
    package var scale: Scale?

    package init(
        run: RunID, mission: MissionID, missionName: String, missionFile: String, project: String,
        target: String, agent: String, budget: Money?, process: ProcessIdentity, head: ObjectID?,
        slots: [SlotSpec], simulated: Bool, scale: Scale? = nil
    ) {
        self.run = run
        self.mission = mission
        self.missionName = missionName
        self.missionFile = missionFile
        self.project = project
        self.target = target
        self.agent = agent
        self.budget = budget
        self.process = process
        self.head = head
        self.slots = slots
        self.simulated = simulated
        self.scale = scale
    }
}

/// A place for a worker. Its number, colour and shape stay for the run.
package struct SlotSpec: Hashable, Sendable {
    package var worker: WorkerID
    /// From 1.
    package var number: Int
    package var role: RoleID?
    package var kind: Role.Kind
    package var capabilities: [Capability]
    package var model: String?
    package var budget: Money?
    package var agent: AgentChoice
    package var worktree: String
    /// What confines its agents.
    package var sandbox: SandboxMechanism

    package init(
        worker: WorkerID, number: Int, role: RoleID? = nil, kind: Role.Kind = .code,
        capabilities: [Capability] = [], model: String? = nil, budget: Money? = nil,
        agent: AgentChoice = .rehearsal, worktree: String = "", sandbox: SandboxMechanism = .off
    ) {
        self.worker = worker
        self.number = number
        self.role = role
        self.kind = kind
        self.capabilities = capabilities
        self.model = model
        self.budget = budget
        self.agent = agent
        self.worktree = worktree
        self.sandbox = sandbox
    }

    /// The colours of the slots, told apart also by people who do not see red and green alike.
    package static let palette = [
        "#6366f1", "#10b981", "#f59e0b", "#f43f5e", "#0ea5e9", "#a855f7", "#84cc16", "#ec4899", "#14b8a6",
        "#f97316", "#8b5cf6", "#22d3ee", "#eab308", "#ef4444", "#3b82f6", "#d946ef",
    ]
    /// The shapes of the slots: colour is never the only mark.
    package static let shapes = [
        "●", "■", "▲", "◆", "★", "⬟", "⬢", "✚", "◉", "▣", "△", "◇", "☆", "⬠", "⬡", "✖",
    ]

    package var color: String { Self.palette[(number - 1) % Self.palette.count] }
    package var shape: String { Self.shapes[(number - 1) % Self.shapes.count] }
}

extension Fact.Body {
    /// The task the fact is about.
    package var task: TaskID? {
        if let lease { return lease.task }
        switch self {
        case .taskAdded(let spec, _), .taskEdited(let spec): return spec.id
        case .taskReady(let id), .taskFailed(let id, _, _), .taskQuarantined(let id, _),
            .taskSkipped(let id, _), .taskCancelled(let id, _), .taskRevived(let id, _),
            .taskReassigned(let id, _):
            return id
        default: return nil
        }
    }

    /// The attempt the fact is about.
    package var lease: Lease? {
        switch self {
        case .leaseGranted(let lease, _), .worktreePrepared(let lease, _, _), .attemptEnded(let lease, _),
            .attemptStalled(let lease, _),
            .workSubmitted(let lease, _, _, _), .workRescued(let lease, _, _), .approvalAsked(let lease, _),
            .reviewAsked(let lease, _, _), .reviewStarted(let lease, _, _),
            .reviewFinished(let lease, _, _, _), .approvalGiven(let lease),
            .candidateStaged(let lease, _, _, _),
            .candidateConflicted(let lease, _, _), .gateStarted(let lease, _, _, _),
            .gateFinished(let lease, _, _), .gateFlaked(let lease, _, _), .candidateBounced(let lease, _),
            .landingStarted(let lease, _, _, _), .landingDelayed(let lease, _), .taskLanded(let lease, _, _),
            .taskCompleted(let lease, _), .taskRetryable(let lease, _, _, _),
            .usageRecorded(let lease, _, _, _, _, _), .progressReported(let lease, _),
            .agentSessionBegan(let lease, _, _), .contentGiven(let lease, _), .skillsRanked(let lease, _),
            .toolStarted(let lease, _, _, _), .toolCompleted(let lease, _, _, _, _, _),
            .handoffWritten(let lease, _), .taskProposalRefused(let lease, _, _),
            .questionAnswered(let lease, _, _, _), .answerAwaited(let lease, _),
            .filesClaimed(let lease, _), .noteWritten(let lease, _, _), .callRefused(let lease, _, _),
            .handoffBegan(let lease, _, _), .handoffStepEnded(let lease, _, _),
            .handoffPrepared(let lease, _), .handoffAcknowledged(let lease, _),
            .handoffUnacknowledged(let lease, _), .handoffWithdrawn(let lease, _),
            .staleMessageRefused(_, let lease, _, _), .overlapCleared(let lease, _):
            return lease
        case .overlapFound(let collision): return collision.lease
        case .questionAsked(let question): return question.lease
        default: return nil
        }
    }

    /// The worker the fact names.
    package var worker: WorkerID? {
        switch self {
        case .leaseGranted(_, let worker), .reviewStarted(_, let worker, _),
            .reviewFinished(_, let worker, _, _), .usageRecorded(_, let worker, _, _, _, _),
            .staleMessageRefused(let worker, _, _, _), .workerStarted(let worker, _),
            .workerReady(let worker), .workerSuspected(let worker), .workerRecovered(let worker),
            .workerExited(let worker, _, _), .workerStartFailed(let worker, _),
            .workerBackingOff(let worker, _), .workerOffline(let worker, _, _), .workerStopped(let worker):
            return worker
        case .taskReassigned(_, let worker): return worker
        case .handoffBegan(_, let worker, _): return worker
        default: return nil
        }
    }
}
