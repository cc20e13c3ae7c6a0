package import CoordModel

/// Everything the coordinator can want done. Imperative; every outcome returns as an event. Their order is
/// the order of performance, and facts of the same turn are on disk before the first act.
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
    case assign(slot: Int, Lease, TaskSpec, base: ObjectID?, note: String?)
    /// As `prepareWorktree`, with the candidate's commit in it and its diff written down. What is changed
    /// there afterwards is nobody's.
    case prepareReview(slot: Int, Lease, Candidate)
    /// Hand a candidate to the worker to look at.
    case review(slot: Int, Lease, ReviewOrder)
    /// Tell an attempt's agent what came of its call.
    case answer(slot: Int, Lease, call: Int64, CallAnswer)
    case cancelAttempt(slot: Int, Lease, reason: String)
    /// Have a task back that stands behind another, unless it has begun.
    case withdraw(slot: Int, Lease)
    /// Make a commit of what the attempt left, to land it or, for `rescue`, to keep it.
    case takeWork(slot: Int, Lease, TaskSpec, base: ObjectID, rescue: Bool)

    /// Tell the agent of a living attempt something that it may want to know.
    case notice(slot: Int, Lease, text: String)
    /// Find out which of the attempts would not unite with each other or with the target as they stand.
    case lookForOverlap([OverlapRadar.Attempt])

    // MARK: merging
    /// Build the candidates one on top of the other, on `onto` or, when it is nil, on the target's head.
    case stage(MergeQueue.Ticket, [Candidate], [TaskSpec], onto: ObjectID?)
    case gate(MergeQueue.Ticket, commit: ObjectID)
    case cancelGate(MergeQueue.Ticket)
    /// Move the target to the commit, if its tree is this one.
    case advance(MergeQueue.Ticket, commit: ObjectID, tree: ObjectID, from: ObjectID)
    /// Bring the remote's branch to the commit; nil: look whether the remote has moved, and follow it.
    /// `landed` is what a pull request tells: the tasks that landed so far.
    case deliver(ObjectID?, landed: [TaskSpec])

    // MARK: people
    case reply(Int, CommandReply)
    /// The run is over: leave the loop and answer with this status.
    case finish(RunStatus, exitStatus: Int32, reason: String)
}
