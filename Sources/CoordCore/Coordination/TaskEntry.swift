import CoordModel

/// One task as the coordinator knows it.
struct TaskEntry: Sendable {
    enum State: Sendable, Equatable {
        /// Needs something. Can become: `ready`, `failed` (a need failed), `skipped`, `cancelled`.
        case waiting
        /// Can become: `leased`, `waiting` (a need came back), `failed`, `skipped`, `cancelled`.
        case ready
        /// Can become: `ready` when the time has come, and what `ready` can become.
        case retryable(notBefore: Timestamp)
        /// The slot prepares, works, holds it behind, or its work is being taken over. Can become:
        /// `approval`, `queued`, `completed`, `retryable`, `ready` (interrupted), `waiting` (a need was taken
        /// back meanwhile), `failed`, `quarantined`, `skipped`, `cancelled`.
        case leased(slot: Int)
        /// A reviewer looks at the work, or is awaited. Can become: `approval`, `queued`, `retryable`,
        /// `failed`, `cancelled`.
        case reviewing(Review)
        /// Can become: `queued` (approved), `retryable` or `failed` (rejected), `cancelled`.
        case approval(Candidate)
        /// Its agent ended with a question to a person open. Can become: `ready`, `waiting`, `failed`,
        /// `skipped`, `cancelled`.
        case asking
        /// In the merge queue. Can become: `landed`, `retryable`, `failed`, `cancelled`.
        case queued
        case landed, completed
        /// `cause` is the need whose failure failed it. Can become: `waiting`, `ready` (retried).
        case failed(cause: Int?)
        case quarantined
        case skipped
        /// `cause` is the need whose cancelling cancelled it.
        case cancelled(cause: Int?)

        var isFinal: Bool {
            switch self {
            case .waiting, .ready, .retryable, .leased, .reviewing, .approval, .asking, .queued: false
            case .landed, .completed, .failed, .quarantined, .skipped, .cancelled: true
            }
        }

        /// Whether dependants may go on.
        var satisfies: Bool {
            switch self {
            case .landed, .completed, .skipped: true
            default: false
            }
        }
    }

    /// Work that waits for a reviewer's word.
    struct Review: Sendable, Equatable {
        var candidate: Candidate
        /// Why a person is asked as well.
        var wish: String?
        /// Who looks at it; nil: nobody yet.
        var slot: Int?
        /// How many looks came to no verdict.
        var unanswered = 0
    }

    var spec: TaskSpec {
        didSet { globs = spec.files.map { PathPattern(claim: $0) } }
    }
    /// What `spec.files` means.
    private(set) var globs: [PathPattern]
    var state = State.waiting
    var lane: Int
    var attempt = 0
    var failures = 0
    var conflicts = 0
    /// How often reviewers asked for changes.
    var rounds = 0
    /// The slot that had it last as its worker, and the one whose work was submitted.
    var worker: Int?
    var author: Int?
    var workerLosses = 0
    var pinned: Int?
    /// What the next attempt should know of the last.
    var note: String?
    var proposals = 0
    /// What its last attempt said of its work.
    var summary: String?
    /// The plan that the present attempt has handed in so far. Only the planning task has one.
    var planned: [TaskSpec] = []
    /// Its last handoff, as the facts have it.
    var handoff: HandoffRecord? {
        get { boxedHandoff?.wrappedValue }
        set { boxedHandoff = newValue.map { Boxed(wrappedValue: $0) } }
    }
    private var boxedHandoff: Boxed<HandoffRecord>?
    /// What its submitted work changed.
    var files: [String] = []
    /// Where its last candidate did not unite with what had landed. A later coordinator does not know it.
    var clashes: Set<String> = []
    /// Since when it was passed over because its files overlap those of another.
    var heldSince: Timestamp?
    /// What its present attempt was told of its neighbours.
    var notices: [String] = []
    /// 0 for tasks of the mission, one more than the proposer's for proposed ones.
    var depth = 0
    /// Whose agent asked for it; nil: the mission or a person did.
    var proposer: Int?

    init(spec: TaskSpec, lane: Int) {
        self.spec = spec
        self.lane = lane
        globs = spec.files.map { PathPattern(claim: $0) }
    }

    var lease: Lease { Lease(task: spec.id, attempt: attempt) }
    /// Whether only a person brings it on.
    var isForPerson: Bool {
        switch state {
        case .approval, .asking: true
        default: false
        }
    }
    var isAwaitingReviewer: Bool {
        if case .reviewing(let review) = state { review.slot == nil } else { false }
    }
    /// Whether no worker and no queue has it, and it has not come to its end.
    var isOpen: Bool {
        switch state {
        case .waiting, .ready, .retryable, .asking: true
        default: false
        }
    }
}

/// One slot as the coordinator knows it: a process, and beside it the work. They are apart because the work
/// of a dead worker is still being taken over while its successor starts.
struct SlotEntry: Sendable {
    enum Life: Sendable, Equatable {
        /// No process, and none wanted. Can become: `starting`.
        case none
        /// Can become: `up` (hello), `backingOff`, `offline`, `none`.
        case starting(deadline: Timestamp)
        /// Can become: `backingOff`, `offline`, `starting` (restarted at once), `stopping`.
        case up
        /// `hasTurn`: only the pace of starts keeps it waiting.
        case backingOff(until: Timestamp, hasTurn: Bool)
        case offline(until: Timestamp)
        /// It was told to end, and is killed if it has not by the deadline. Can become: `none`, `starting` (a
        /// restart was asked for).
        case stopping(thenStart: Bool, deadline: Timestamp)
    }

    enum Work: Sendable, Equatable {
        case free
        /// Its worktree is being made; the cause, if any, ends the attempt before it begins.
        case preparing(Int, CancelCause?)
        case working(Int, base: ObjectID?, deadline: Timestamp)
        case cancelling(Int, base: ObjectID?, deadline: Timestamp, CancelCause)
        /// The attempt ended; its files are being taken over.
        case taking(Int, AttemptOutcome, CancelCause?, tail: String)
    }

    /// Why an attempt is being ended before its time.
    enum CancelCause: Sendable, Equatable {
        case stop, taskSkipped, taskCancelled, taskReassigned, taskBudget, workerBudget
        /// The worker did not report the time-out it was given.
        case timeout(after: Duration)
        /// The agent lives and does not get on.
        case stalled(after: Duration)
        case workerRestart
        /// A new session goes on with its work.
        case handedOff
        /// It stood behind another and is wanted for whoever can take it sooner, or for nobody now.
        case takenBack

        /// A person wants nothing of the attempt; every other cause only ends it early.
        var endsTask: Bool { self == .taskSkipped || self == .taskCancelled }

        /// It concerns everything that the slot has, not only the present task.
        var endsSlot: Bool { self == .stop || self == .workerRestart || self == .workerBudget }
    }

    /// A lease behind the present one: nothing of it runs.
    struct Behind: Sendable, Equatable {
        var node: Int
        /// Why it was asked back; nil: it was not.
        var cause: CancelCause?
    }

    /// Whether the vendor of its agent still gives something.
    enum Quota: Sendable, Equatable {
        case there
        /// Nil: until somebody pays.
        case gone(until: Timestamp?)
    }

    var spec: SlotSpec
    var life = Life.none
    var work = Work.free
    /// In the order of their turns. Only behind a task that works, or is being ended.
    var behind: [Behind] = []
    /// How many may stand behind; 0 until a task was quick.
    var depth = 0
    /// When the present task was handed out, or its turn came.
    var turnBegan = Timestamp(milliseconds: 0)
    /// The present task was asked back before its turn: that it was not begun is no surprise.
    var isAskedBack = false
    var lastBeat = Timestamp(milliseconds: 0)
    var isSuspect = false
    var policy: RestartPolicy
    /// When it sent lines longer than any message, as far as the last minute.
    var floods: [Timestamp] = []
    /// It was killed and its exit is awaited: nothing it still says counts as life.
    var isCondemned = false
    /// A person stopped it, or its budget is used up; it stays down until they start it again.
    var isStoppedByPerson = false
    /// The queue is too short for it (`scale`).
    var isScaledDown = false
    var quota = Quota.there
    /// When it last had something to do, or came up.
    var idleSince = Timestamp(milliseconds: 0)
    /// When its agent last gave a sign of getting on.
    var lastProgress = Timestamp(milliseconds: 0)
    /// The silence of its agent was spoken of.
    var isStalled = false
    /// How far its session is with handing over, or with taking over.
    var handoff = CoordinatorStateMachine.HandoffPhase.none
    /// Calls of tools that its session has begun and not ended. Nil: it has told of none so far.
    var toolsUnderWay: Int?
    /// What the files that are being taken over started from; nil: there is no worktree.
    var takingBase: ObjectID?
    /// Its agent calls models through the gateway: what it says itself of its usage is not counted.
    var isMeasured = false
    /// How long the present attempt waited for a provider or a budget.
    var heldFor = Duration.zero
    /// What its agent made of the work it was given to look at.
    var verdict: ReviewVerdict?

    var canTake: Bool {
        life == .up && work == .free && !isSuspect && !isCondemned && quota == .there
    }
    var isIdle: Bool { life == .up && work == .free && !isScaledDown }

    var node: Int? {
        switch work {
        case .free: nil
        case .preparing(let node, _), .working(let node, _, _), .cancelling(let node, _, _, _),
            .taking(let node, _, _, _):
            node
        }
    }
}
