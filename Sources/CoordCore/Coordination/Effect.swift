package import CoordModel

/// Everything the coordinator can want done. Imperative; every outcome returns as an event. Their order is
/// the order of performance, and facts of the same turn are on disk before the first act. What is large lies
/// beside (`indirect`): a turn makes many.
package enum Effect: Sendable, Equatable {
    case record(Fact.Body)

    // MARK: workers
    case startWorker(slot: Int)
    /// Ask it to end, then use force: message, five seconds, TERM, five seconds, KILL of its whole tree.
    case stopWorker(slot: Int)
    case killWorker(slot: Int)

    // MARK: attempts
    case prepareWorktree(slot: Int, Lease, base: ObjectID?)
    /// Hand the task to the worker. `note` says what went wrong before; `base` is nil without a worktree.
    indirect case assign(slot: Int, Lease, TaskSpec, base: ObjectID?, note: String?)
    /// As `prepareWorktree`, with the candidate's commit in it and its diff written down. What is changed
    /// there afterwards is nobody's.
    indirect case prepareReview(slot: Int, Lease, Candidate)
    /// Hand a candidate to the worker to look at.
    indirect case review(slot: Int, Lease, ReviewOrder)
    /// Tell an attempt's agent what came of its call.
    indirect case answer(slot: Int, Lease, call: Int64, CallAnswer)
    case cancelAttempt(slot: Int, Lease, reason: String)
    /// Have a task back that stands behind another, unless it has begun.
    case withdraw(slot: Int, Lease)
    /// Make a commit of what the attempt left, to land it or, for `rescue`, to keep it.
    indirect case takeWork(slot: Int, Lease, TaskSpec, base: ObjectID, rescue: Bool)

    /// Tell the agent of a living attempt something that it may want to know.
    case notice(slot: Int, Lease, text: String)
    /// Find out which of the attempts would not unite with each other or with the target as they stand.
    case lookForOverlap([OverlapRadar.Attempt])
    /// Have the attempt's agent write its handoff and end.
    case askForHandoff(slot: Int, Lease)
    /// Do a step of a handoff beside the living session.
    indirect case handOff(slot: Int, Lease, HandoffStep, HandoffJob)
    /// The session has ended: commit what it left, or keep what a dead one left as a rescue, and write and
    /// check the document.
    indirect case takeHandoff(slot: Int, Lease, HandoffJob)
    /// As `prepareWorktree`, for a task whose work was handed over: the files are those of `content`, which
    /// descends from `base`.
    case continueWorktree(slot: Int, Lease, base: ObjectID, content: ObjectID)

    // MARK: merging
    /// Build the candidates one on top of the other, on `onto` or, when it is nil, on the target's head.
    indirect case stage(MergeQueue.Ticket, [Candidate], [TaskSpec], onto: ObjectID?)
    case gate(MergeQueue.Ticket, commit: ObjectID)
    case cancelGate(MergeQueue.Ticket)
    /// Move the target to the commit, if its tree is this one.
    case advance(MergeQueue.Ticket, commit: ObjectID, tree: ObjectID, from: ObjectID)
    /// Find out where the target stands, and who made the commit.
    case lookAtTarget
    /// Bring the remote's branch to the commit; nil: look whether the remote has moved, and follow it.
    /// `landed` is what a pull request tells: the tasks that landed so far.
    case deliver(ObjectID?, landed: [TaskSpec])

    // MARK: model calls
    /// The gateway may send it.
    case grantCall(CallID)
    /// The gateway answers it itself, with the status and the reason.
    case refuseCall(CallID, status: Int, reason: String)

    // MARK: people
    indirect case reply(Int, CommandReply)
    /// The run is over: leave the loop and answer with this status.
    case finish(RunStatus, exitStatus: Int32, reason: String)
}

/// What the steps of a handoff need to know.
package struct HandoffJob: Sendable, Equatable {
    package var spec: TaskSpec
    package var order: HandoffOrder
    /// How many handoffs of the task there were, this one included.
    package var number: Int
    package var from: WorkerID
    package var beganAt: Timestamp
    /// What the task's first session started from; nil: without a worktree.
    package var base: ObjectID?
    package var cost: Money
    /// Why earlier attempts came back; nil: they did not.
    package var note: String?
    /// The session died: its files are kept as a rescue, and the next one is told of them.
    package var hasDied: Bool

    package init(
        spec: TaskSpec, order: HandoffOrder, number: Int, from: WorkerID, beganAt: Timestamp, base: ObjectID?,
        cost: Money, note: String?, hasDied: Bool = false
    ) {
        self.spec = spec
        self.order = order
        self.number = number
        self.from = from
        self.beganAt = beganAt
        self.base = base
        self.cost = cost
        self.note = note
        self.hasDied = hasDied
    }
}

/// What a run that is over handed over and no session took.
package struct InheritedHandoff: Sendable, Equatable {
    package var run: RunID
    package var task: TaskID
    package var from: WorkerID
    package var sheet: HandoffSheet

    package init(run: RunID, task: TaskID, from: WorkerID, sheet: HandoffSheet) {
        self.run = run
        self.task = task
        self.from = from
        self.sheet = sheet
    }
}
