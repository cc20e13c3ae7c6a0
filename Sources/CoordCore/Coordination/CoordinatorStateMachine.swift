package import CoordModel

/// The one mind: decides everything, does nothing. Events and the time go in, effects come out.
///
/// Within one call the order of the effects is the order of performance. Chance is the seed's, time is the
/// argument's; no order is left to a hash table: tasks and slots are numbered.
package struct CoordinatorStateMachine: Sendable {
    enum Mode: Sendable, Equatable {
        /// Can become: `paused`, `draining`, `stopping`, `closing`.
        case running
        /// No lease is granted; what runs goes on. Can become: `running`, `draining`, `stopping`.
        case paused
        /// No lease is granted; the run ends when nothing is under way. Can become: `stopping`, `closing`.
        case draining(Ending)
        /// Attempts are being ended. Can become: `closing`.
        case stopping(Ending)
        /// The workers are being sent home. Can become: `ended`.
        case closing(Ending)
        case ended
    }

    /// How a run answers once it is over.
    struct Ending: Sendable, Equatable {
        var status: RunStatus
        var exitStatus: Int32
        var reason: String
    }

    let settings: RunSettings
    var mode = Mode.running
    var tasks: [TaskEntry] = []
    var numbers: [TaskID: Int] = [:]
    var graph = TaskGraph()
    var scheduler: Scheduler
    var limiter: RateLimiter
    var ledger: CostLedger
    var governor: ModelGovernor
    /// What was told last of the money that is held.
    var toldReserved = Money.zero
    /// The model calls that wait or are on their way.
    var calls: [CallID: CallEntry] = [:]
    /// The last pause of a provider that was told, so that the same one is not told every few seconds.
    var lastPause: (reason: String, at: Timestamp)?
    var queue: MergeQueue
    var delivery: DeliveryQueue
    var slots: [SlotEntry]
    var chance: SeededGenerator
    var pace: StartPace
    /// The tasks that landed last, the newest at the end.
    var recentLandings: [Int] = []
    var radar: OverlapRadar
    var watch: TargetWatch
    /// What each role owns.
    let territories: [RoleID: [PathPattern]]
    /// When the first of the tasks that are held back for overlap may start in any case.
    var heldUntil: Timestamp?
    /// How far each of the settings' rounds has come, in their order.
    var roundStates: [RoundState]
    let runDeadline: Timestamp

    var counts = StateCounts()
    /// The tasks whose work waits for a reviewer, in the order of their submission.
    var reviewLine: [Int] = []
    /// What the agents share, and who waits for an answer.
    var board = Blackboard()
    var waiters: [Waiter] = []
    /// Slots whose work is not free.
    var busyCount = 0
    /// Whether any task has a handoff: else no fact need be looked at for one.
    var hasHandoffs = false
    /// When the tasks that wait for their time come back.
    var retryTimes = DueTimes()
    /// No lease for a model before this time: the rate limiter said so at the last look.
    var rateBlockedUntil: Timestamp?
    /// How many pauses in a row a provider's failures have made; usage ends the row.
    var outages = 0

    /// The answer being built and the time of the event, valid within one call.
    var effects: [Effect] = []
    var now: Timestamp
    /// When the machine asked at its last turn to be called again.
    private var wakeAt: Timestamp?

    /// A turn that comes this much later than the machine asked for was slept through.
    private static let latenessMax = Duration.seconds(1)

    package init(settings: RunSettings, at now: Timestamp) {
        self.settings = settings
        self.now = now
        scheduler = Scheduler(strategy: settings.assignment, slots: settings.slots)
        limiter = RateLimiter(settings.usesGateway ? RateLimits() : settings.limits.rate, at: now)
        governor = ModelGovernor(settings.limits.rate, seed: settings.seed)
        ledger = CostLedger(budget: settings.limits.budget, softBudget: settings.limits.softBudget)
        queue = MergeQueue(
            parallel: settings.gatesMax, batch: settings.batchMax,
            guardsTests: settings.protected.guardsTests)
        delivery = DeliveryQueue(mode: settings.deliver)
        roundStates = settings.rounds.map { _ in RoundState() }
        slots = settings.slots.map { SlotEntry(spec: $0, policy: RestartPolicy(settings.restart)) }
        chance = SeededGenerator(seed: settings.seed)
        pace = StartPace(startsMax: settings.startsPerSecondMax)
        territories = settings.roles.mapValues { $0.owns.map { PathPattern(claim: $0) } }
        radar = OverlapRadar(every: settings.slots.count > 1 ? settings.overlapEvery : nil)
        watch = TargetWatch(every: settings.targetLookEvery)
        runDeadline = now + settings.limits.runTimeout
        for index in slots.indices where settings.unmanned.contains(slots[index].spec.worker) {
            slots[index].isStoppedByPerson = true
        }
        scaleDownAtStart()
    }

    /// Puts the mission's tasks in and starts the workers. The catalogue has checked the graph.
    ///
    /// - Parameter inherited: what an earlier run handed over and nobody took.
    package mutating func start(
        _ specs: [TaskSpec], inherited: [InheritedHandoff] = [], at now: Timestamp
    ) -> [Effect] {
        self.now = now
        addTasks(specs)
        for handoff in inherited { inherit(handoff) }
        startAllWorkers()
        perform(delivery.begin(last: nil))
        finishTurn()
        return takeEffects()
    }

    /// Takes one event in and answers with everything that follows from it.
    package mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        handle(CollectionOfOne(event), at: now)
    }

    /// Takes in what happened together, in its order. Leases, and whether the run is over, follow from all of
    /// it at once: what a worker ended in between does not cost a look at every slot each.
    package mutating func handle(_ events: some Collection<Event>, at now: Timestamp) -> [Effect] {
        self.now = max(now, self.now)
        if mode != .ended {
            forgiveOwnSleep()
            for event in events { if mode == .ended { answerAfterTheEnd(event) } else { take(event) } }
            passDeadlines()
            finishTurn()
        } else {
            for event in events { answerAfterTheEnd(event) }
        }
        return takeEffects()
    }

    private mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .workerStarted(let slot, let process): workerStarted(slot, process)
        case .workerStartFailed(let slot, let reason): workerStartFailed(slot, reason)
        case .workerReady(let slot): workerReady(slot)
        case .workerBeat(let slot, let hasProgress):
            heard(slot)
            if hasProgress { progressed(slot) }
        case .workerFlooded(let slot): workerFlooded(slot)
        case .workerExited(let slot, let exit): workerExited(slot, exit)
        case .worktreePrepared(let slot, let lease, let branch, let base):
            worktreePrepared(slot, lease, branch: branch, base: base)
        case .worktreeFailed(let slot, let lease, let reason): worktreeFailed(slot, lease, reason)
        case .agentReported(let slot, let lease, let report): agentReported(slot, lease, report)
        case .agentCalled(let slot, let lease, let number, let call):
            agentCalled(slot, lease, number, call)
        case .attemptEnded(let slot, let lease, let outcome, let tail):
            attemptEnded(slot, lease, outcome, tail: tail)
        case .workTaken(let slot, let lease, let work): workTaken(slot, lease, work)
        case .handoffStepEnded(let slot, let lease, let step, let outcome):
            handoffStepEnded(slot, lease, step, outcome)
        case .workFound(let lease, let commit, let reference):
            record(.workRescued(lease, commit: commit, reference: reference))
        case .overlapSeen(let sighting): overlapSeen(sighting)
        case .contentGiven(let lease, let marks): record(.contentGiven(lease, marks))
        case .skillsRanked(let lease, let ranking): record(.skillsRanked(lease, ranking))
        case .staged(let ticket, let staging): perform(queue.staged(ticket, staging))
        case .gated(let ticket, let report): perform(queue.gated(ticket, report))
        case .advanced(let ticket, let advance): perform(queue.advanced(ticket, advance, at: self.now))
        case .targetSeen(let commit, let name): targetSeen(commit, by: name)
        case .delivered(let commit, let outcome):
            perform(delivery.answered(commit, outcome, at: self.now))
        case .callAsked(let call): callAsked(call)
        case .callSettled(let call, let outcome, let hints): callSettled(call, outcome, hints)
        case .callWithdrawn(let call): callWithdrawn(call)
        case .gatewayLost: gatewayLost()
        case .commanded(let command, let reply): effects.append(.reply(reply, obey(command)))
        case .interrupted(let exitStatus): interrupted(exitStatus)
        case .elapsed: break
        }
    }

    /// When to call `handle(.elapsed, at:)` if nothing else happens. Nil: nothing is pending.
    package var nextDeadline: Timestamp? {
        var earliest: Timestamp?
        func consider(_ time: Timestamp?) {
            guard let time else { return }
            earliest = earliest.map { min($0, time) } ?? time
        }
        if mode == .ended { return nil }
        for slot in slots { consider(deadline(of: slot)) }
        if mode == .running || mode == .paused {
            consider(runDeadline)
            if counts.retryable > 0 { consider(retryTimes.first) }
        }
        if mode == .running && counts.ready > 0 || (mode == .running || isDraining) && !reviewLine.isEmpty {
            consider(rateBlockedUntil)
        }
        if mode == .running, counts.ready > 0 { consider(heldUntil) }
        consider(radar.deadline)
        consider(watch.deadline)
        consider(governor.nextDeadline)
        consider(queue.nextDeadline)
        if wantsDeliveries { consider(delivery.nextDeadline) }
        consider(scaleDeadline)
        return earliest
    }

    // MARK: - Turns

    mutating func record(_ body: Fact.Body) {
        effects.append(.record(body))
        followHandoff(body)
    }

    /// Events that were under way when the run ended change nothing; who asked for something still gets an
    /// answer.
    private mutating func answerAfterTheEnd(_ event: Event) {
        guard case .commanded(let command, let reply) = event else { return }
        effects.append(.reply(reply, obey(command)))
    }

    /// What follows from any event: leases for idle workers, and the end when nothing is left.
    private mutating func finishTurn() {
        beginRounds()
        grantCalls()
        grantReviews()
        grantLeases()
        scaleUp()
        scaleDown()
        lookForOverlap()
        watch.begins(at: queue.head)
        if watch.isDue(isBusy: queue.isBusy, at: now) { effects.append(.lookAtTarget) }
        concludeIfOver()
        if let until = rateBlockedUntil, until <= now { rateBlockedUntil = nil }
        wakeAt = nextDeadline
    }

    /// A machine that slept (a closed laptop, a stopped process) heard nothing meanwhile: what its workers
    /// let pass in that time does not count against them.
    private mutating func forgiveOwnSleep() {
        guard let wakeAt, now - wakeAt > Self.latenessMax else { return }
        let slept = now - wakeAt
        for slot in slots.indices { forgive(slot, slept) }
    }

    private mutating func passDeadlines() {
        if now >= runDeadline, mode == .running || mode == .paused {
            beginStopping(
                Ending(status: .stopped, exitStatus: 124, reason: "the run's time is over"))
        }
        for index in slots.indices { passDeadlines(of: index) }
        while let node = retryTimes.popFirst(dueAt: now) {
            // It may have been tried again or ended meanwhile; then another entry, or none, tells its time.
            if case .retryable(let notBefore) = tasks[node].state, notBefore <= now { comeBack(node) }
        }
        perform(queue.elapsed(at: now))
        if wantsDeliveries { perform(delivery.elapsed(at: now)) }
    }

    /// Carries the queue's answers out into the coordinator's.
    mutating func perform(_ answers: [MergeQueue.Effect]) {
        for answer in answers {
            switch answer {
            case .record(let body): record(body)
            case .stage(let ticket, let candidates, let onto):
                effects.append(.stage(ticket, candidates, candidates.map { spec(of: $0) }, onto: onto))
            case .gate(let ticket, let commit): effects.append(.gate(ticket, commit: commit))
            case .cancelGate(let ticket): effects.append(.cancelGate(ticket))
            case .advance(let ticket, let commit, let tree, let from):
                effects.append(.advance(ticket, commit: commit, tree: tree, from: from))
            case .landed(let candidate, let commit): landed(candidate, commit)
            case .bounced(let candidate, let why): bounced(candidate, why)
            }
        }
    }

    private func spec(of candidate: Candidate) -> TaskSpec { tasks[number(of: candidate.lease.task)].spec }

    /// The number of a task that the machine itself named before.
    func number(of id: TaskID) -> Int {
        guard let number = numbers[id] else { preconditionFailure("task \(id) is not in the graph") }
        return number
    }

    // MARK: - The end

    /// Whether anything is still under way that will come back as an event.
    var isQuiet: Bool { busyCount == 0 && !queue.isBusy && governor.counts.granted == 0 }

    private mutating func concludeIfOver() {
        switch mode {
        case .running, .paused:
            guard isQuiet else { return }
            if counts.open == 0 {
                if !delivery.isAwaited { close(endingWithoutOpenTasks()) }
            } else if let ending = endingForPerson() {
                close(ending)
            }
        case .draining(let ending):
            if counts.open == 0, isQuiet {
                mode = .running
                concludeIfOver()
            } else if isQuiet, queue.isIdle || queue.nextDeadline != nil, !delivery.isAwaited {
                close(ending)
            }
        case .stopping(let ending): if isQuiet { close(ending) }
        case .closing(let ending):
            guard slots.allSatisfy({ $0.life == .none }) else { return }
            mode = .ended
            record(.runEnded(ending.status, exitStatus: ending.exitStatus, reason: ending.reason))
            effects.append(.finish(ending.status, exitStatus: ending.exitStatus, reason: ending.reason))
        case .ended: return
        }
    }

    private mutating func close(_ ending: Ending) {
        mode = .closing(ending)
        // A landing that was delayed is tried again by the next coordinator.
        perform(queue.interrupt())
        for index in slots.indices { sendHome(index) }
        concludeIfOver()
    }

    /// Ends every attempt and then the run; the work is kept and `--resume` goes on.
    mutating func beginStopping(_ ending: Ending) {
        switch mode {
        case .closing, .ended, .stopping: return
        case .running, .paused, .draining: break
        }
        mode = .stopping(ending)
        record(.runStatusChanged(.stopping, reason: ending.reason))
        for index in slots.indices { cancelWork(of: index, .stop, reason: "the run is being stopped") }
        perform(queue.interrupt())
    }

    private mutating func interrupted(_ exitStatus: Int32) {
        let ending = Ending(status: .stopped, exitStatus: exitStatus, reason: "interrupted")
        switch mode {
        case .running, .paused: beginDraining(ending)
        case .draining: beginStopping(ending)
        case .stopping, .closing, .ended: break
        }
    }

    mutating func beginDraining(_ ending: Ending) {
        guard mode == .running || mode == .paused else { return }
        mode = .draining(ending)
        record(.runStatusChanged(.stopping, reason: "draining: \(ending.reason)"))
        for index in slots.indices { askBackAll(of: index, reason: "no new task starts") }
    }
}
