import CoordCore
import CoordModel

/// A deterministic world around one coordinator: workers, git, people and time, all out of a seed, on one
/// thread.
///
/// It obeys the effects in the place of the runtime: a turn decides, records what was decided, and then acts.
/// Between any two of these the coordinator may die; what it recorded is all that its successor knows.
struct SimulatedWorld {
    struct Finish: Equatable {
        var status: RunStatus
        var exitStatus: Int32
        var reason: String
    }

    let scenario: Scenario
    var plan: FaultPlan
    var chance: SeededGenerator
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    var happenings = Agenda<Happening>()

    // MARK: the coordinator
    /// Nil while it is dead.
    var machine: CoordinatorStateMachine?
    /// Counts coordinators; what belongs to an earlier one is lost.
    var epoch = 0
    /// How far its clock is off.
    var clockOffset = Duration.zero
    var inbox: [Event] = []
    var isTurnPlanned = false
    var alarmGeneration = 0
    var facts: [Fact] = []
    var projection = Projection()
    var pendingLanding: (ticket: Int, commit: ObjectID, from: ObjectID)?
    var finish: Finish?

    // MARK: the rest
    /// The living, in the order of their start.
    var workers: [SimulatedWorker] = []
    var nextPID: Int32 = 1
    var project = SimulatedProject()
    /// Whose changes the worktree of a slot holds that nobody took over yet.
    var leftBy: [Lease?]
    /// What was made of the work of an attempt: the same again when it is taken over once more.
    var taken: [Lease: ObjectID] = [:]
    /// What became of a session that handed over: the same again when it is taken over once more.
    var handedOver: [Lease: ObjectID] = [:]
    /// The slots beside whose session a step of a handoff is being done.
    var handoffSteps: [Int: Lease] = [:]
    var nextUsage = 1
    var nextProposal = 1
    var unanswered: Set<Int> = []
    /// Until when the workers of a slot die as soon as they are up.
    var flapsUntil: [Timestamp?]
    /// Slots that people stopped.
    var stoppedByPeople: Set<WorkerID> = []
    /// When workers were started, the newest last.
    var starts: [Timestamp] = []
    var nextReply = 1

    // MARK: what is watched
    var safety = Safety()
    /// How often each fault struck.
    var strikes = Array(repeating: 0, count: Fault.allCases.count)
    var turns = 0
    /// When the coordinator was last not able to notice anything.
    var lastDisturbance = Timestamp(milliseconds: .min)
    /// The last happenings as text, when somebody wants to read them.
    var trace: [String]?

    init(_ scenario: Scenario, plan: FaultPlan, chance: SeededGenerator, isTraced: Bool) {
        self.scenario = scenario
        self.plan = plan
        self.chance = chance
        leftBy = Array(repeating: nil, count: scenario.settings.slots.count)
        flapsUntil = Array(repeating: nil, count: scenario.settings.slots.count)
        project.clashesPercent = scenario.clashesPercent
        trace = isTraced ? [] : nil
    }

    var settings: RunSettings { scenario.settings }
    var coordinatorNow: Timestamp { now + clockOffset }

    mutating func strikes(_ fault: Fault) -> Bool {
        guard chance.happens(perMille: plan.perMille(fault)) else { return false }
        strikes[fault.rawValue] += 1
        return true
    }

    mutating func note(_ text: @autoclosure () -> String) {
        if trace != nil { trace?.append("\(now.clock) " + text()) }
    }

    mutating func plan(_ happening: Happening, in delay: Duration) {
        happenings.plan(happening, at: now + delay)
    }

    // MARK: - What happens

    /// Lets the next thing happen. False: nothing is going to happen any more.
    mutating func step() -> Bool {
        guard let (time, happening) = happenings.popFirst() else { return false }
        now = max(now, time)
        switch happening {
        case .told(let event, let epoch):
            if epoch == self.epoch {
                if case .handoffStepEnded(let slot, _, _, _) = event { handoffSteps[slot] = nil }
                receive(event)
            }
        case .turn(let epoch): if epoch == self.epoch { takeTurn() }
        case .alarm(let epoch, let generation):
            if epoch == self.epoch, generation == alarmGeneration { receive(.elapsed) }
        case .landing(let epoch): if epoch == self.epoch { land() }
        case .look(let epoch):
            // Told at once: looks and landings are answered in their order.
            if epoch == self.epoch { tell(.targetSeen(project.head, by: "a person"), after: .zero) }
        case .worker(let pid, let deed): if let index = worker(pid) { act(index, deed) }
        case .coordinatorStarts: startCoordinator()
        case .personActs: personActs()
        case .targetMoves: targetMoves()
        }
        return true
    }

    private mutating func receive(_ event: Event) {
        guard machine != nil else { return }
        inbox.append(event)
        guard !isTurnPlanned else { return }
        isTurnPlanned = true
        // A turn ends with a transaction; what arrives meanwhile is taken in together.
        let sleeps = strikes(.coordinatorSleeps)
        let delay = sleeps ? chance.milliseconds(1000...90_000) : chance.milliseconds(0...8)
        if sleeps { lastDisturbance = now + delay }
        plan(.turn(epoch: epoch), in: delay)
    }

    // MARK: - The coordinator

    mutating func startRun() {
        machine = CoordinatorStateMachine(settings: settings, at: coordinatorNow)
        let start = RunStart(
            run: "r", mission: "m", missionName: "M", missionFile: "", project: "/p", target: "main",
            agent: "a", budget: settings.limits.budget, process: ProcessIdentity(pid: 0, startTime: 0),
            head: project.head, slots: settings.slots, simulated: true)
        let time = coordinatorNow
        let effects = machine?.start(scenario.tasks, at: time) ?? []
        conclude([.record(.runStarted(start))] + effects)
    }

    private mutating func startCoordinator() {
        guard machine == nil else { return }
        // Nothing was ever recorded: whoever wanted the run starts it again.
        guard let run = projection.run else { return startRun() }
        if strikes(.clockLeaps) { clockOffset = chance.milliseconds(-600_000...600_000) }
        note("a coordinator starts")
        let finished = Set(
            facts.compactMap { fact -> Lease? in
                if case .attemptEnded(let lease, .finished) = fact.body { lease } else { nil }
            })
        finish = nil
        lastDisturbance = now
        safety.coordinatorStarts(projection)
        let fresh = Projection(
            run: run, tasks: projection.tasks, workers: projection.workers, costs: projection.costs)
        projection = fresh
        var machine = CoordinatorStateMachine(settings: settings, at: coordinatorNow)
        let effects = machine.restore(
            tasks: projection.tasks, costs: projection.costs, usageIDs: safety.countedIDs,
            finished: finished,
            process: ProcessIdentity(pid: Int32(epoch), startTime: 0), at: coordinatorNow)
        self.machine = machine
        conclude(effects)
    }

    private mutating func takeTurn() {
        isTurnPlanned = false
        let events = inbox
        inbox.removeAll(keepingCapacity: true)
        let time = coordinatorNow
        for event in events { note("  \(event)") }
        conclude(machine?.handle(events, at: time) ?? [])
    }

    /// Records, then acts; or dies on the way.
    private mutating func conclude(_ effects: [Effect]) {
        turns += 1
        let acts = effects.filter { if case .record = $0 { false } else { true } }
        let isDoomed = strikes(.coordinatorDies)
        let survived = isDoomed ? chance.number(-1...acts.count) : acts.count
        // Before the record: it is as if nothing had been decided.
        guard survived >= 0 else { return die() }
        safety.turnConcludes(acts, slots: settings.slots)
        for case .record(let body) in effects { record(body) }
        if isDoomed { note("  recorded, \(survived) of \(acts.count) acts") }
        for act in acts.prefix(survived) {
            perform(act)
            if machine == nil { return }
        }
        if isDoomed { return die() }
        if let machine, !effects.isEmpty { safety.turnEnded(machine, projection) }
        watchHung()
        watchStalled()
        setAlarm()
    }

    private mutating func record(_ body: Fact.Body) {
        note("    \(body)")
        let fact = Fact(time: coordinatorNow, body: body)
        watch(body)
        facts.append(fact)
        projection.apply(fact)
    }

    private mutating func setAlarm() {
        alarmGeneration += 1
        guard let deadline = machine?.nextDeadline else { return }
        let time = coordinatorNow
        safety.expect(deadline > time, "asked to be called at \(deadline), which is not after \(time)")
        // An alarm is never early and always a little late.
        let delay = max(deadline - coordinatorNow, .zero) + chance.milliseconds(0...3)
        plan(.alarm(epoch: epoch, generation: alarmGeneration), in: delay)
    }

    /// Kills the coordinator. Its workers' pipes close and they end; a landing under way has happened or has
    /// not.
    private mutating func die() {
        note("the coordinator dies")
        if let landing = pendingLanding, chance.happens(perMille: 500) {
            let answer = project.land(landing.commit, from: landing.from, at: now)
            if case .landed = answer { watchLanding(landing.commit, from: landing.from) }
        }
        workers.removeAll()
        leave()
        plan(.coordinatorStarts, in: chance.milliseconds(100...20_000))
    }

    private mutating func leave() {
        pendingLanding = nil
        handoffSteps = [:]
        machine = nil
        epoch += 1
        inbox.removeAll()
        isTurnPlanned = false
        unanswered.removeAll()
    }

    /// The coordinator said that the run is over.
    mutating func finishRun(_ finish: Finish) {
        note("finished: \(finish)")
        self.finish = finish
        if let machine { safety.turnEnded(machine, projection) }
        watchEnd(finish)
        leave()
        // A person goes on with it later.
        let isOver = finish.status != .stopped || finish.exitStatus == 5
        if !isOver { plan(.coordinatorStarts, in: chance.milliseconds(1000...30_000)) }
    }
}
