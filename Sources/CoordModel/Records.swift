/// What listings show of a run: the fold of its facts.
package struct RunRecord: Hashable, Sendable {
    package var id: RunID
    package var mission: MissionID
    package var missionName: String
    package var missionFile: String
    package var project: String
    package var target: String
    package var agent: String
    package var simulated: Bool
    package var status: RunStatus
    /// Why the status is what it is; empty when there is nothing to say.
    package var reason: String
    package var process: ProcessIdentity
    package var startedAt: Timestamp
    package var endedAt: Timestamp?
    package var exitStatus: Int32?
    package var budget: Money?
    package var spent: Money
    package var reserved: Money
    package var tokens: TokenCounts
    package var head: ObjectID?
    package var landed: Int
    package var bounced: Int
    /// No lease for an agent is granted before this time.
    package var rateLimitedUntil: Timestamp?
    /// How far what landed was passed on; nil when it was not tried.
    package var delivery: DeliveryRecord?
    package var slots: [SlotSpec]

    package init(_ start: RunStart, at time: Timestamp) {
        id = start.run
        mission = start.mission
        missionName = start.missionName
        missionFile = start.missionFile
        project = start.project
        target = start.target
        agent = start.agent
        simulated = start.simulated
        status = .running
        reason = ""
        process = start.process
        startedAt = time
        budget = start.budget
        spent = .zero
        reserved = .zero
        tokens = .zero
        head = start.head
        landed = 0
        bounced = 0
        slots = start.slots
    }
}

/// How far what landed was passed on to a remote.
package struct DeliveryRecord: Hashable, Sendable {
    /// The last commit that the remote is known to hold, and where.
    package var commit: ObjectID?
    package var place: String
    /// The page of the pull request, or the one to open it with.
    package var address: String?
    /// Why the last try failed; nil when it did not.
    package var problem: String?

    package init(
        commit: ObjectID? = nil, place: String = "", address: String? = nil, problem: String? = nil
    ) {
        self.commit = commit
        self.place = place
        self.address = address
        self.problem = problem
    }
}

/// What listings show of a task.
package struct TaskRecord: Hashable, Sendable {
    /// The order in which tasks were added, from 0.
    package var index: Int
    @Boxed package var spec: TaskSpec
    package var stage: TaskStage
    /// When it entered the stage.
    package var since: Timestamp
    package var proposedBy: TaskID?
    /// Who has it, or had it last.
    package var assignedTo: WorkerID?
    /// The worker a person chose for it.
    package var pinnedTo: WorkerID?
    package var attempt: Int
    /// Attempts that failed and count against `maxAttempts`.
    package var failures: Int
    package var conflicts: Int
    /// How many workers died while they had it.
    package var workerLosses: Int
    package var lastError: String?
    /// The need whose failure failed it.
    package var failedBecause: TaskID?
    package var notBefore: Timestamp?
    package var branch: String?
    package var base: ObjectID?
    /// The submitted commit; once landed, the landing commit.
    package var commit: ObjectID?
    package var tree: ObjectID?
    /// The gated commit that was about to land, and where the target stood: the intent of the last landing.
    package var landing: ObjectID?
    package var landingFrom: ObjectID?
    /// Where that landing moves the target: the same commit, or one above it that lands with it.
    package var landingTip: ObjectID?
    /// The attempt whose commit was submitted; reviewers have later numbers.
    package var submittedAttempt: Int?
    /// Who looks at the commit now.
    package var reviewer: WorkerID?
    /// How often reviewers asked for changes.
    package var reviewRounds: Int
    /// Why a person is asked, or will be once a reviewer has approved.
    package var approvalReason: String?
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var cost: Money
    package var tokens: TokenCounts
    /// How many tasks its agents added.
    package var proposals: Int
    private var boxedHandoff: Boxed<HandoffRecord>?

    package init(index: Int, spec: TaskSpec, proposedBy: TaskID?, at time: Timestamp) {
        self.index = index
        self.spec = spec
        self.proposedBy = proposedBy
        stage = .waiting
        since = time
        attempt = 0
        failures = 0
        conflicts = 0
        workerLosses = 0
        reviewRounds = 0
        cost = .zero
        tokens = .zero
        proposals = 0
    }

    package var status: TaskStatus { stage.status }
    package var lease: Lease { Lease(task: spec.id, attempt: attempt) }
    /// Its last handoff.
    package var handoff: HandoffRecord? {
        get { boxedHandoff?.wrappedValue }
        set { boxedHandoff = newValue.map { Boxed(wrappedValue: $0) } }
    }

    /// Takes over what its author wrote and who that was from an earlier record of the same task.
    package mutating func keepSpec(of earlier: TaskRecord) {
        _spec = earlier._spec
        proposedBy = earlier.proposedBy
    }
}

/// What listings show of a worker.
package struct WorkerRecord: Hashable, Sendable {
    package var slot: SlotSpec
    package var status: WorkerStatus
    package var since: Timestamp
    package var process: ProcessIdentity?
    package var task: TaskID?
    package var attempt: Int?
    package var branch: String?
    package var restarts: Int
    package var lastError: String?
    package var cost: Money
    package var tokens: TokenCounts

    package init(slot: SlotSpec, at time: Timestamp) {
        self.slot = slot
        status = .stopped
        since = time
        restarts = 0
        cost = .zero
        tokens = .zero
    }
}

/// Sums of usage that share task, worker, role and model.
package struct CostRecord: Hashable, Sendable {
    /// What the usage of one sum has in common.
    package struct Key: Hashable, Sendable {
        package var task: TaskID
        package var worker: WorkerID
        package var role: RoleID?
        package var model: String

        package init(task: TaskID, worker: WorkerID, role: RoleID?, model: String) {
            self.task = task
            self.worker = worker
            self.role = role
            self.model = model
        }
    }

    package var key: Key
    package var calls: Int
    package var cost: Money
    package var tokens: TokenCounts

    package init(key: Key, calls: Int = 0, cost: Money = .zero, tokens: TokenCounts = .zero) {
        self.key = key
        self.calls = calls
        self.cost = cost
        self.tokens = tokens
    }
}
