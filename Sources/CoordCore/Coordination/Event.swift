package import CoordModel

/// Everything that can happen to the coordinator. Past tense; no event is a wish but `commanded`.
package enum Event: Sendable, Equatable {
    // MARK: workers
    case workerStarted(slot: Int, ProcessIdentity)
    case workerStartFailed(slot: Int, reason: String)
    /// Its hello was read.
    case workerReady(slot: Int)
    /// A sign of life. `hasProgress`: its agent said or computed something since the last one.
    case workerBeat(slot: Int, hasProgress: Bool = true)
    /// It sent a line longer than any message, which was dropped.
    case workerFlooded(slot: Int)
    case workerExited(slot: Int, ExitOutcome)

    // MARK: attempts
    case worktreePrepared(slot: Int, Lease, branch: String, base: ObjectID)
    case worktreeFailed(slot: Int, Lease, reason: String)
    indirect case agentReported(slot: Int, Lease, AgentReport)
    /// Its agent used a tool; the answer carries the number.
    indirect case agentCalled(slot: Int, Lease, call: Int64, AgentCall)
    case attemptEnded(slot: Int, Lease, AttemptOutcome, tail: String)
    /// What the attempt left was taken over; `nothing` when no file changed.
    indirect case workTaken(slot: Int, Lease, TakenWork)

    /// Work that an earlier attempt had left in a worktree was found and kept.
    case workFound(Lease, ObjectID, reference: String)

    /// The look for overlap that was wished for.
    indirect case overlapSeen(OverlapRadar.Sighting)
    /// What an attempt was given, by its content.
    case contentGiven(Lease, [ContentMark])
    /// A model was asked to rank an attempt's skills, and answered or not.
    indirect case skillsRanked(Lease, SkillsRanking)
    /// A step of a handoff ended that the session lives through: written, committed or pushed.
    case handoffStepEnded(slot: Int, Lease, HandoffStep, HandoffStepOutcome)

    // MARK: merging
    indirect case staged(MergeQueue.Ticket, MergeQueue.Staging)
    indirect case gated(MergeQueue.Ticket, GateReport)
    case advanced(MergeQueue.Ticket, MergeQueue.Advance)
    /// Where the target stands, as was asked; `by` is who made that commit. Nil: it could not be found out.
    indirect case targetSeen(ObjectID?, by: String)
    /// A delivery of the commit, or a look at the remote (nil), ended.
    indirect case delivered(ObjectID?, DeliveryQueue.Outcome)

    // MARK: model calls
    /// An agent wants to call a model.
    indirect case callAsked(ModelCall)
    /// One try of a call ended.
    indirect case callSettled(CallID, CallOutcome, RateHints)
    /// The client of a call that waits is gone.
    case callWithdrawn(CallID)
    /// The gateway died, and with it every call.
    case gatewayLost

    // MARK: people and time
    indirect case commanded(Command, reply: Int)
    /// The person at the terminal pressed Ctrl-C, or a TERM signal came. The first drains, a second stops.
    case interrupted(exitStatus: Int32)
    case elapsed
}

/// What coord made of the files an attempt left.
package enum TakenWork: Sendable, Equatable {
    case commit(ObjectID, base: ObjectID, files: [String])
    case nothing
    /// `document`: what the next session is told of it, where one was written.
    case rescued(ObjectID, reference: String, document: HandoffSheet? = nil)
    /// The handoff is written, checked and committed.
    case handedOff(HandoffSheet)
    case failed(reason: String)
}
