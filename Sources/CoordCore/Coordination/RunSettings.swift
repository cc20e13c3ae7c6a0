package import CoordModel

/// What a run's decisions depend on besides events: the limits and their reasons.
package struct RunSettings: Sendable {
    package var limits: Limits
    package var slots: [SlotSpec]
    package var assignment: AssignmentStrategy
    /// Kinds and capabilities of the roles that tasks name.
    package var roles: [RoleID: Role]
    /// Whether a person must see each candidate before its gate.
    package var review: Review
    /// Whether the agents of this run call models: only then are rates and money reserved.
    package var callsModels: Bool
    /// Whether agents call models through the gateway: then rates and money are reserved call by call.
    package var usesGateway: Bool
    /// What models cost.
    package var prices: PriceList
    /// How many gates may run side by side, and how many candidates may be tested together.
    package var gatesMax: Int
    package var batchMax: Int
    /// How what landed is passed on.
    package var deliver: Delivery
    /// Whether a person can be asked while the run waits. When not, a run that waits for a person alone ends.
    package var mayAsk: Bool
    package var estimate: RateLimiter.Estimate
    package var restart: RestartPolicy.Settings
    /// How the number of workers follows the queue. Nil: every slot has a worker.
    package var scale: Scale?
    /// Workers that died are replaced at this rate at most, over all slots. Sixteen leave room for starts
    /// that are carried out late: even then there are no more than twenty within a second.
    package var startsPerSecondMax: Int
    /// Slots that a person left out of the run; `coord workers restart` brings them back.
    package var unmanned: Set<WorkerID>
    /// A worker beats every two seconds; three missed beats make it suspect, five dead.
    package var suspectAfter: Duration
    package var deadAfter: Duration
    /// How long a started worker may take to say hello.
    package var helloWithin: Duration
    /// A cancelled attempt has this long to end before its worker is killed: TERM at 0, KILL at 5 s, and
    /// slack.
    package var cancelWithin: Duration
    /// How long past a task's own time-out the coordinator waits for the worker to report it.
    package var timeoutSlack: Duration
    /// A task that was being worked on when this many workers died is kept away from them.
    package var workerLossesMax: Int
    /// A candidate that conflicts this often fails.
    package var conflictsMax: Int
    /// After so many rounds in which reviewers asked for changes a person is asked.
    package var reviewRoundsMax: Int
    /// What no task may change without a person.
    package var protected: ProtectedPaths
    /// Tasks one task's agents may add, and how deep additions may nest.
    package var proposalsPerTaskMax: Int
    package var proposalDepthMax: Int
    /// The first retry of a failed attempt waits this long at most, the next twice as long, up to a minute.
    package var retryDelay: Duration
    /// How many leases a slot may hold behind the one it works on; 0: none.
    package var leasesAheadMax: Int
    /// How long a task may stand behind another before it is asked back.
    package var aheadWithin: Duration
    /// How often the worktrees of living attempts are compared; nil: never, and nothing waits for overlap.
    package var overlapEvery: Duration?
    /// How often the target is looked at while something is on its way to it; nil: a move of somebody else's
    /// is noticed at the landing.
    package var targetLookEvery: Duration?
    /// How long a ready task waits at most because its files overlap those of another under way.
    package var overlapPatience: Duration
    /// The task whose agent makes the plan; its tasks are judged together. Nil: the mission has its own.
    package var planTask: TaskID?
    /// How many tasks a plan may have.
    package var planTasksMax: Int
    /// Members who look at what landed, again and again.
    package var rounds: [RoundRule]
    package var seed: UInt64

    package init(
        limits: Limits = Limits(), slots: [SlotSpec], assignment: AssignmentStrategy = .capability,
        roles: [RoleID: Role] = [:], review: Review = .none, callsModels: Bool = false,
        gatesMax: Int = 1, batchMax: Int = 1, seed: UInt64 = 1
    ) {
        self.limits = limits
        self.slots = slots
        self.assignment = assignment
        self.roles = roles
        self.review = review
        self.callsModels = callsModels
        self.gatesMax = gatesMax
        self.batchMax = batchMax
        usesGateway = false
        prices = .none
        deliver = .branch
        mayAsk = true
        estimate = RateLimiter.Estimate()
        restart = RestartPolicy.Settings()
        scale = nil
        startsPerSecondMax = 16
        unmanned = []
        suspectAfter = .seconds(6)
        deadAfter = .seconds(10)
        helloWithin = .seconds(60)
        cancelWithin = .seconds(12)
        timeoutSlack = .seconds(15)
        workerLossesMax = 3
        conflictsMax = 3
        reviewRoundsMax = 3
        protected = ProtectedPaths()
        proposalsPerTaskMax = 20
        proposalDepthMax = 3
        retryDelay = .milliseconds(100)
        leasesAheadMax = 32
        aheadWithin = .milliseconds(100)
        overlapEvery = nil
        targetLookEvery = nil
        overlapPatience = .seconds(60)
        planTask = nil
        planTasksMax = 200
        rounds = []
        self.seed = seed
    }
}
