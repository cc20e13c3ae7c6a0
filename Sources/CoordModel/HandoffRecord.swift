/// The steps of a handoff, in their order.
package enum HandoffStep: String, Sendable, CaseIterable {
    /// The session, or coord in its place, writes down where the work stands.
    case write
    /// What is in the worktree becomes a commit that coord keeps.
    case commit
    /// The commit goes to a branch of the remote, when that was asked for.
    case push
    /// The session is ended.
    case stop
    /// A new session has the document and the committed work.
    case start
}

/// How a step of a handoff ended.
package enum HandoffStepOutcome: Hashable, Sendable {
    case done(String)
    /// Not needed here; why.
    case skipped(String)
    /// It stopped the chain; nothing was lost.
    case failed(String)

    /// The word that names the kind in facts and listings.
    package var kind: String {
        switch self {
        case .done: "done"
        case .skipped: "skipped"
        case .failed: "failed"
        }
    }

    /// What there is to say about it.
    package var detail: String {
        switch self {
        case .done(let text), .skipped(let text), .failed(let text): text
        }
    }
}

/// What is wanted of a handoff.
package struct HandoffOrder: Hashable, Sendable {
    package var to: HandoffTarget
    /// Bring the commit to a branch of the remote as well.
    package var push: Bool
    package var reason: String
    /// Nobody asked for it: a threshold was crossed, or the agent wished it. These are counted and limited.
    package var isAutomatic: Bool
    /// Back to the session that handed over before: its successor did not say how it goes on.
    package var resumes: Bool

    package init(
        to: HandoffTarget = .sameWorker, push: Bool = false, reason: String, isAutomatic: Bool = false,
        resumes: Bool = false
    ) {
        self.to = to
        self.push = push
        self.reason = reason
        self.isAutomatic = isAutomatic
        self.resumes = resumes
    }
}

/// What a written handoff comes to: where it lies, and what the next session needs to begin.
package struct HandoffSheet: Hashable, Sendable {
    /// The document's file, below `.coord/state/handoffs`.
    package var file: String
    package var origin: HandoffDocument.Origin
    /// Nil: no file was changed, or the task has no worktree.
    package var commit: ObjectID?
    package var base: ObjectID?
    /// How many files the commit changes.
    package var files: Int
    /// What remains, as far as an acknowledgement is held against it.
    package var remaining: [String]
    /// How many of the session's claims were found so.
    package var confirmed: Int
    package var refuted: Int
    package var unchecked: Int
    /// Where the work of a session that died is kept. It is not in the next one's worktree: half an edit
    /// cannot be told from a whole one. Nil: `commit` holds all there is.
    package var rescue: String?

    package init(
        file: String, origin: HandoffDocument.Origin, commit: ObjectID? = nil, base: ObjectID? = nil,
        files: Int = 0, remaining: [String] = [], confirmed: Int = 0, refuted: Int = 0, unchecked: Int = 0,
        rescue: String? = nil
    ) {
        self.file = file
        self.origin = origin
        self.commit = commit
        self.base = base
        self.files = files
        self.remaining = remaining
        self.confirmed = confirmed
        self.refuted = refuted
        self.unchecked = unchecked
        self.rescue = rescue
    }
}

/// The last handoff of a task: the fold of its facts.
package struct HandoffRecord: Hashable, Sendable {
    /// How far it is.
    package enum State: String, Sendable, CaseIterable {
        /// A step is under way. Can become: `failed`, `prepared`, `withdrawn`.
        case underway
        /// A step failed; the session goes on. Can become: `underway`, `prepared`, `withdrawn`.
        case failed
        /// Written and committed; no session has it yet. Can become: `taken`, `over`.
        case prepared
        /// A new session has it. Can become: `acknowledged`, `unacknowledged`, `prepared` (that session ended
        /// without a result), `over`.
        case taken
        case acknowledged
        /// The new session did not say what it does next; the one before it can be gone on with.
        case unacknowledged
        /// Not needed any more: the session finished, or its task ended.
        case withdrawn
        /// Work that holds it was handed in.
        case over

        /// Whether it is owed: begun and not in the hands of a new session.
        package var isDebt: Bool { self == .underway || self == .failed || self == .prepared }
        /// Whether a person should know of it.
        package var needsLook: Bool { isDebt || self == .unacknowledged }
        /// Whether the next session begins with its work.
        package var isCarried: Bool {
            self == .prepared || self == .taken || self == .acknowledged || self == .unacknowledged
        }
    }

    /// How many handoffs of the task there were, this one included; and of them without being asked for.
    package var number: Int
    package var automatic: Int
    package var order: HandoffOrder
    /// The session that hands over.
    package var attempt: Int
    package var from: WorkerID
    package var beganAt: Timestamp
    package var state: State
    package var since: Timestamp
    /// The step under way, or the one that failed.
    package var step: HandoffStep
    /// Why it failed, or is not acknowledged.
    package var problem: String?
    package var sheet: HandoffSheet?

    package init(
        number: Int, automatic: Int, order: HandoffOrder, attempt: Int, from: WorkerID, at time: Timestamp
    ) {
        self.number = number
        self.automatic = automatic
        self.order = order
        self.attempt = attempt
        self.from = from
        beganAt = time
        state = .underway
        since = time
        step = .write
    }
}

/// When handoffs happen by themselves, and how long they may take.
package struct HandoffSettings: Hashable, Sendable {
    /// So full, in percent, and the session hands over when its step is finished.
    package var softPercent: Int
    /// So full, and it hands over now.
    package var hardPercent: Int
    /// How many tokens a session can hold, where the agent does not say. Nil: then nothing is measured.
    package var contextTokens: Int64?
    /// How many handoffs a task gets without being asked for.
    package var automaticMax: Int
    /// How long a session may take to write its handoff.
    package var askWithin: Duration
    /// How long a new session may take to say what it does next.
    package var acknowledgeWithin: Duration

    package init(
        softPercent: Int = 70, hardPercent: Int = 85, contextTokens: Int64? = nil, automaticMax: Int = 10,
        askWithin: Duration = .seconds(60), acknowledgeWithin: Duration = .seconds(300)
    ) {
        self.softPercent = softPercent
        self.hardPercent = hardPercent
        self.contextTokens = contextTokens
        self.automaticMax = automaticMax
        self.askWithin = askWithin
        self.acknowledgeWithin = acknowledgeWithin
    }
}
