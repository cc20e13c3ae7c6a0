import CoordCore
import CoordModel
import Testing

/// A coordinator in a test: it is told what happened and answers with everything that follows.
///
/// After each answer it must not contradict itself, and what was recorded must say the same as it knows.
struct Story {
    var machine: CoordinatorStateMachine
    private(set) var now: Timestamp
    private(set) var facts: [Fact] = []
    private(set) var projection = Projection()
    let settings: RunSettings
    /// The wish of the merge queue that is open for each task.
    private var tickets: [TaskID: Int] = [:]

    init(_ settings: RunSettings, at now: Timestamp = at(0)) {
        self.settings = settings
        self.now = now
        machine = CoordinatorStateMachine(settings: settings, at: now)
    }

    /// A run of the tasks on workers w1, w2, …, with every worker up and the first leases granted.
    init(
        _ specs: [TaskSpec], workers: Int = 1, _ change: (inout RunSettings) -> Void = { _ in }
    ) {
        var settings = RunSettings(
            slots: Array(slots(nil, nil, nil, nil, nil, nil, nil, nil).prefix(workers)))
        change(&settings)
        self.init(settings)
        _ = start(specs)
        bringUp()
    }

    static let process = ProcessIdentity(pid: 1, startTime: 1)

    mutating func start(_ specs: [TaskSpec]) -> [Effect] {
        let start = RunStart(
            run: "r", mission: "m", missionName: "M", missionFile: "", project: "/p", target: "main",
            agent: "rehearsal", budget: settings.limits.budget, process: Self.process, head: oid("4ead"),
            slots: settings.slots, simulated: true)
        return take([.record(.runStarted(start))] + machine.start(specs, at: now)).filter {
            if case .record(.runStarted) = $0 { false } else { true }
        }
    }

    /// Starts a new coordinator from what was recorded.
    mutating func restart(_ change: (inout RunSettings) -> Void = { _ in }) -> [Effect] {
        var settings = settings
        change(&settings)
        machine = CoordinatorStateMachine(settings: settings, at: now)
        let ids = facts.compactMap { fact -> String? in
            if case .usageRecorded(_, _, _, let usage, _, true) = fact.body { usage.id } else { nil }
        }
        let finished = facts.compactMap { fact -> Lease? in
            if case .attemptEnded(let lease, .finished) = fact.body { lease } else { nil }
        }
        var board = Blackboard()
        for fact in facts { board.apply(fact.body) }
        for claim in board.claims { board.end(claim.lease) }
        return take(
            machine.restore(
                tasks: projection.tasks, costs: projection.costs, usageIDs: Set(ids),
                finished: Set(finished), board: board, process: Self.process, at: now))
    }

    /// Tells one event, at the time of the last one or at a later one.
    @discardableResult
    mutating func tell(_ event: Event, at time: Timestamp? = nil) -> [Effect] {
        if let time { now = time }
        return take(machine.handle(event, at: now))
    }

    /// Answers the merge queue's open wish for the task.
    @discardableResult
    mutating func tell(_ answer: QueueAnswer) -> [Effect] {
        switch answer {
        case .staged(let lease, let staging): tell(Event.staged(tickets[lease.task] ?? -1, staging))
        case .gated(let lease, let report): tell(Event.gated(tickets[lease.task] ?? -1, report))
        case .advanced(let lease, let advance): tell(Event.advanced(tickets[lease.task] ?? -1, advance))
        }
    }

    /// What a person asks for, and only the answer to it.
    @discardableResult
    mutating func ask(_ command: Command) -> CommandReply {
        for case .reply(7, let reply) in tell(.commanded(command, reply: 7)) { return reply }
        preconditionFailure("\(command) got no reply")
    }

    /// Lets the time pass to `time`, as the machine asks for it.
    @discardableResult
    mutating func wait(until time: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        while let next = machine.nextDeadline, next <= time { effects += tell(.elapsed, at: next) }
        return effects + tell(.elapsed, at: time)
    }

    private mutating func take(_ effects: [Effect]) -> [Effect] {
        for case .record(let body) in effects {
            let fact = Fact(time: now, body: body)
            facts.append(fact)
            projection.apply(fact)
        }
        noteTickets(of: effects)
        for contradiction in machine.contradictions() { Issue.record("\(contradiction)") }
        for record in projection.tasks
        where machine.stage(of: record.spec.id) != record.stage.asTheMachineSeesIt {
            let stage = machine.stage(of: record.spec.id)
            Issue.record("`\(record.spec.id)`: recorded \(record.stage), is \(stage as Any)")
        }
        return effects
    }

    private mutating func noteTickets(of effects: [Effect]) {
        var gated: [TaskID] = []
        for effect in effects {
            switch effect {
            case .record(.gateStarted(_, _, _, let tasks)): gated = tasks
            case .stage(let ticket, let candidates, _, _):
                for candidate in candidates { tickets[candidate.lease.task] = ticket }
            case .gate(let ticket, _):
                for task in gated { tickets[task] = ticket }
            case .advance(let ticket, let commit, _, _):
                for task in projection.tasks where task.landingTip == commit {
                    tickets[task.spec.id] = ticket
                }
            default: break
            }
        }
    }

    // MARK: - Whole chapters

    mutating func bringUp() {
        for slot in settings.slots.indices { bringUp(slot) }
    }

    @discardableResult
    mutating func bringUp(_ slot: Int) -> [Effect] {
        tell(.workerStarted(slot: slot, ProcessIdentity(pid: Int32(100 + slot), startTime: 1)))
            + tell(.workerReady(slot: slot))
    }

    /// The slot's worktree is made: its worker has the task.
    @discardableResult
    mutating func prepare(_ lease: Lease, on slot: Int = 0) -> [Effect] {
        tell(.worktreePrepared(slot: slot, lease, branch: "b/\(lease)", base: oid("ba5e")))
    }

    /// The agent ends so, and its worktree is taken over as told.
    @discardableResult
    mutating func end(
        _ lease: Lease, on slot: Int = 0, _ outcome: AttemptOutcome, _ work: TakenWork = .nothing
    ) -> [Effect] {
        tell(.attemptEnded(slot: slot, lease, outcome, tail: "")) + tell(.workTaken(slot: slot, lease, work))
    }

    /// From the grant to the merge queue, which then builds it.
    @discardableResult
    mutating func submit(_ lease: Lease, on slot: Int = 0) -> [Effect] {
        prepare(lease, on: slot)
            + end(lease, on: slot, .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
    }

    /// From the grant to the landing.
    @discardableResult
    mutating func land(_ lease: Lease, on slot: Int = 0) -> [Effect] {
        submit(lease, on: slot) + landQueued(lease)
    }

    /// From the queue to the landing.
    @discardableResult
    mutating func landQueued(_ lease: Lease) -> [Effect] {
        tell(.staged(lease, .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
            + tell(.gated(lease, Story.passed)) + tell(.advanced(lease, .landed))
    }

    static let passed = GateReport(
        outcome: .passed, command: "make", exit: .exited(status: 0), duration: .seconds(1), reason: "",
        tail: "")

    /// The stages of all tasks, as in `a:landed b:ready`.
    var stages: String {
        projection.tasks.map { "\($0.spec.id):\($0.stage.rawValue)" }.joined(separator: " ")
    }
}

extension TaskStage {
    fileprivate var asTheMachineSeesIt: TaskStage {
        switch self {
        case .submitting: .leased
        case .checking: .queued
        default: self
        }
    }
}

/// `a#1` as a lease.
func lease(_ task: TaskID, _ attempt: Int = 1) -> Lease { Lease(task: task, attempt: attempt) }

/// The facts among effects.
func facts(_ effects: [Effect]) -> [Fact.Body] {
    effects.compactMap { if case .record(let body) = $0 { body } else { nil } }
}

/// The acts among effects: everything that is not a fact.
func acts(_ effects: [Effect]) -> [Effect] {
    effects.filter { if case .record = $0 { false } else { true } }
}

/// What became of a wish of the merge queue, by the attempt it was about.
enum QueueAnswer {
    case staged(Lease, MergeQueue.Staging)
    case gated(Lease, GateReport)
    case advanced(Lease, MergeQueue.Advance)
}

extension MergeQueue.Staging {
    /// One candidate was built.
    static func staged(commit: ObjectID, tree: ObjectID, onto: ObjectID) -> Self {
        .staged([BuiltCommit(commit: commit, tree: tree)], onto: onto)
    }

    /// The first candidate does not unite.
    static func conflict(onto: ObjectID, files: [String], excerpt: String) -> Self {
        .conflict(after: [], onto: onto, files: files, excerpt: excerpt)
    }
}

/// What is wanted done with the files of a session of w1 that died.
func afterDeath(_ spec: TaskSpec, _ reason: String, at seconds: Double = 0) -> HandoffJob {
    HandoffJob(
        spec: spec, order: HandoffOrder(to: .anyWorker, reason: reason, isAutomatic: true), number: 1,
        from: "w1", beganAt: at(seconds), base: oid("ba5e"), cost: .zero, note: nil, hasDied: true)
}
