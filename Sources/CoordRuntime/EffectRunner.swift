import CoordCore
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// Carries effects out: one switch from wish to act. Every outcome comes back as an event.
final class EffectRunner {
    private let parts: Coordinator.Parts
    private let loop: EventLoop
    private let clock: RuntimeClock
    private let report: (Event) -> Void
    private(set) var hosts: [WorkerHost] = []
    private var crew: GitCrew?
    private var deliveries: DeliveryCrew?
    private var handoffs: HandoffCrew?
    private var memory = HandoffMemory()
    private let assignments: AssignmentWriter
    private let sandbox: Sandbox?
    private var gateway: GatewayHost?
    private var ranker: SkillRanker?
    private var workerEnvironment: [String: String]
    /// Workers to be started once the loop has listened to everybody else again.
    private var waitingStarts: [Int] = []
    private var startsInThisPass = 0
    private var nextPass: Mailbox<Void>?
    /// A start takes about a millisecond; with many at once the socket and the pipes would wait for all.
    private static let startsPerPassMax = 4

    var onReply: ((Int, CommandReply) -> Void)?
    var onFinish: ((RunStatus, Int32, String) -> Void)?

    init(
        _ parts: Coordinator.Parts, loop: EventLoop, clock: RuntimeClock, report: @escaping (Event) -> Void
    ) throws(SystemError) {
        self.parts = parts
        self.loop = loop
        self.clock = clock
        self.report = report
        let plan = parts.plan
        let sandbox = Sandbox(
            plan.sandbox, state: parts.state, run: parts.run, workspace: parts.workspace,
            worktrees: plan.slots.first.map { Files.parent($0.worktree) } ?? parts.state.project,
            programs: [parts.workerProgram, Files.parent(parts.workerProgram) + "/coord"])
        self.sandbox = sandbox
        assignments = AssignmentWriter(parts, sandbox: sandbox)
        assignments.onContent = { lease, marks in report(.contentGiven(lease, marks)) }
        workerEnvironment = AgentEnvironment.inherited().merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        hosts = plan.slots.enumerated().map { index, slot in
            WorkerHost(slot: index, worker: slot.worker, run: parts.run, loop: loop, clock: clock) {
                [unowned self] event in
                passOn(event)
            }
        }
        #if COORD_PLANTED_BUGS
            workerEnvironment["COORD_PLANTED_BUG"] = PlantedBug.active?.rawValue
        #endif
        if let wanted = plan.gateway, !parts.isNoop {
            gateway = try GatewayHost(
                wanted, run: parts.run, workers: plan.slots.map(\.worker),
                log: parts.state.logs + "/gateway.log",
                loop: loop
            ) { [unowned self] in passOn($0) }
            assignments.gateway = gateway
        }
        if let wish = plan.skillRanking, !parts.isNoop {
            ranker = SkillRanker(
                wish, program: plan.gateway?.program, gateway: gateway,
                log: parts.state.logs + "/gateway.log", loop: loop, clock: clock)
        }
        nextPass = try Mailbox<Void>(loop: loop) { [unowned self] in startWaiting() }
        let answers = try Mailbox<Event>(loop: loop) { [unowned self] in passOn($0) }
        assignments.secrets = SecretMask(environment: Environment.all, and: gateway?.callerSecrets ?? [])
        handoffs = HandoffCrew(
            workspace: parts.workspace, state: parts.state, run: parts.run, merge: plan.mission.merge,
            secrets: assignments.secrets, answers: answers)
        if let workspace = parts.workspace {
            let crew = GitCrew(
                workspace: workspace, merge: plan.mission.merge, run: parts.run, workers: plan.slots.count,
                sandbox: sandbox,
                attempts: { [state = parts.state, run = parts.run] in state.attempt(run, $0) },
                answers: answers)
            self.crew = crew
            deliveries = DeliveryCrew(
                workspace: workspace, merge: plan.mission.merge, run: parts.run,
                post: { answers.post($0) }, land: crew.onLander)
        }
    }

    /// What an agent wrote into its handoff file counts as said before its attempt ended.
    private func passOn(_ event: Event) {
        if case .gated(let ticket, _) = event { crew?.forgetGate(ticket) }
        if case .workerExited(let slot, _) = event { ranker?.drop(slot) }
        if case .attemptEnded(let slot, let lease, _, _) = event {
            sandbox?.discard(lease)
            if let text = assignments.handoff(of: lease) {
                report(.agentReported(slot: slot, lease, .handoff(Handoff(summary: text))))
            }
        }
        report(event)
    }

    /// Keeps what agents passed on, for the tasks that need it.
    func remember(_ facts: [Fact]) {
        assignments.remember(facts)
        memory.remember(facts)
        guard let crew else { return }
        for fact in facts { if case .taskLanded(let lease, _, _) = fact.body { crew.release(lease.task) } }
    }

    /// Keeps who worked on what was not landed when the coordinator before this one ended.
    func rememberAuthors(of records: [TaskRecord]) { assignments.rememberAuthors(of: records) }

    /// Takes what was handed over before a run was stopped.
    func adopt(_ records: [TaskRecord]) { memory.adopt(records) }

    func perform(_ effect: Effect) {
        // What is said to a worker stays in its order: it has its attempt before it hears of anything else.
        if let slot = effect.workerSpokenTo { ranker?.hurry(slot) }
        switch effect {
        case .record: preconditionFailure("facts are recorded by the loop")
        case .startWorker(let slot):
            waitingStarts.append(slot)
            if startsInThisPass == 0 { nextPass?.post(()) }
            startAFew()
        case .stopWorker(let slot): if !withdrawStart(of: slot) { hosts[slot].stop() }
        case .killWorker(let slot): if !withdrawStart(of: slot) { hosts[slot].kill() }
        case .assign(let slot, let lease, let spec, let base, let note):
            rank(slot, lease, spec) { [unowned self] in
                assign(slot, lease, spec, base: base, note: note)
            }
        case .review(let slot, let lease, let order): review(slot, lease, order)
        case .cancelAttempt(let slot, let lease, let reason): hosts[slot].send(.cancel(lease, reason: reason))
        case .notice(let slot, let lease, let text): hosts[slot].send(.notice(lease, text: text))
        case .answer(let slot, let lease, let call, let answer):
            hosts[slot].send(.answer(lease, call: call, answer))
        case .withdraw(let slot, let lease): hosts[slot].send(.withdraw(lease))
        case .grantCall(let call): gateway?.send(.grant(call))
        case .refuseCall(let call, let status, let reason):
            gateway?.send(.refuse(call, status: status, reason: reason))
        case .reply(let number, let reply): onReply?(number, reply)
        case .finish(let status, let exitStatus, let reason): onFinish?(status, exitStatus, reason)
        case .askForHandoff(let slot, let lease): hosts[slot].send(.handOff(lease))
        case .handOff(let slot, let lease, let step, let job):
            handoffs?.take(step, handoffWork(slot, lease, job))
        case .takeHandoff(let slot, let lease, let job): handoffs?.takeOver(handoffWork(slot, lease, job))
        case .prepareWorktree, .continueWorktree, .prepareReview, .takeWork, .stage, .gate, .advance,
            .cancelGate, .lookForOverlap, .lookAtTarget, .deliver:
            performGit(effect)
        }
    }

    private func performGit(_ effect: Effect) {
        guard let crew else { preconditionFailure("a run without git wants \(effect)") }
        switch effect {
        case .prepareWorktree(let slot, let lease, let base):
            crew.prepareWorktree(slot: slot, worker: worker(slot), lease, base: base)
        case .continueWorktree(let slot, let lease, let base, let content):
            crew.continueWorktree(slot: slot, worker: worker(slot), lease, base: base, content: content)
        case .prepareReview(let slot, let lease, let candidate):
            crew.prepareReview(
                slot: slot, worker: worker(slot), lease, candidate, diff: assignments.diffFile(of: lease))
        case .takeWork(let slot, let lease, let spec, let base, let rescue):
            crew.takeWork(slot: slot, worker: worker(slot), lease, spec, base: base, rescue: rescue)
        case .stage(let ticket, let candidates, let specs, let onto):
            let orders = zip(candidates, specs).map { candidate, spec in
                (candidate, spec, assignments.worker(of: candidate.lease.task) ?? "unknown")
            }
            crew.stage(ticket, orders, onto: onto)
        case .gate(let ticket, let commit): crew.gate(ticket, commit: commit)
        case .advance(let ticket, let commit, let tree, let from):
            crew.advance(ticket, commit: commit, tree: tree, from: from)
        case .deliver(let commit, let landed): deliveries?.deliver(commit, letter(of: landed))
        case .cancelGate(let ticket): crew.cancelGate(ticket)
        case .lookAtTarget: crew.lookAtTarget()
        case .lookForOverlap(let attempts):
            crew.lookForOverlap(attempts, slots: attempts.map { worker($0.slot) })
        case .record, .startWorker, .stopWorker, .killWorker, .assign, .review, .cancelAttempt, .withdraw,
            .reply, .answer, .finish, .notice, .askForHandoff, .handOff, .takeHandoff, .grantCall,
            .refuseCall:
            break
        }
    }

    private func handoffWork(_ slot: Int, _ lease: Lease, _ job: HandoffJob) -> HandoffCrew.Work {
        HandoffCrew.Work(
            slot: slot, worker: worker(slot), worktree: parts.plan.slots[slot].worktree, lease: lease,
            job: job,
            session: memory.sessions[lease.task] ?? HandoffMemory.Session())
    }

    /// What a pull request says: the mission's goal, and one line for each task that landed.
    private func letter(of landed: [TaskSpec]) -> DeliveryCrew.Letter {
        let mission = parts.plan.mission
        var text = mission.goal.isEmpty ? "" : mission.goal + "\n\n"
        for spec in landed { text += "- \(spec.title) (`\(spec.id)`)\n" }
        text += "\nEach commit passed the gate on its own tree. Run `\(parts.run)`.\n"
        return DeliveryCrew.Letter(title: mission.name, text: text)
    }

    private func worker(_ slot: Int) -> WorkerID { parts.plan.slots[slot].worker }

    private func startWaiting() {
        startsInThisPass = 0
        startAFew()
        if startsInThisPass > 0 { nextPass?.post(()) }
    }

    private func startAFew() {
        while startsInThisPass < Self.startsPerPassMax, !waitingStarts.isEmpty {
            startsInThisPass += 1
            startWorker(waitingStarts.removeFirst())
        }
    }

    /// Whether the slot's worker was still to be started; it is not wanted any more.
    private func withdrawStart(of slot: Int) -> Bool {
        guard let place = waitingStarts.firstIndex(of: slot) else { return false }
        waitingStarts.remove(at: place)
        report(.workerStartFailed(slot: slot, reason: "it was not wanted any more"))
        return true
    }

    private func startWorker(_ slot: Int) {
        hosts[slot].start(
            program: parts.workerProgram, arguments: ["--worker", worker(slot).rawValue],
            environment: workerEnvironment, log: parts.state.logs + "/\(worker(slot)).log")
    }

    private func review(_ slot: Int, _ lease: Lease, _ order: ReviewOrder) {
        handOut(slot, lease) { () throws(RuntimeError) in
            try assignments.review(slot: parts.plan.slots[slot], lease: lease, order)
        }
    }

    /// Has a model rank the skills of an agent's attempt first, where one is to be asked and many fit.
    private func rank(_ slot: Int, _ lease: Lease, _ spec: TaskSpec, then assign: @escaping () -> Void) {
        let member = parts.plan.slots[slot]
        guard let ranker, spec.run == nil, member.agent != .rehearsal,
            let (request, candidates) = assignments.skills.question(for: spec, on: member)
        else { return assign() }
        let question = SkillRanker.Question(
            slot: slot, worker: member.worker, lease: lease, request: request, candidates: candidates)
        ranker.ask(question) { [unowned self] ranking in
            if !ranking.skills.isEmpty {
                assignments.skills.keep(ranking.skills, of: candidates, for: spec.id)
            }
            report(.skillsRanked(lease, ranking))
            assign()
        }
    }

    private func assign(_ slot: Int, _ lease: Lease, _ spec: TaskSpec, base: ObjectID?, note: String?) {
        handOut(slot, lease) { () throws(RuntimeError) in
            try assignments.assignment(
                slot: parts.plan.slots[slot], lease: lease, spec: spec, base: base, note: note,
                handoff: memory.sessions[lease.task]?.handoff)
        }
    }

    private func handOut(_ slot: Int, _ lease: Lease, _ make: () throws(RuntimeError) -> Assignment) {
        do {
            let assignment = try make()
            try FailPoint.pass(.assignment, .before)
            hosts[slot].send(.assign(assignment))
            FailPoint.passOrDie(.assignment, .after)
        } catch {
            report(
                .attemptEnded(
                    slot: slot, lease, .failed(reason: "the task could not be handed out: \(error)"), tail: ""
                ))
        }
    }

    /// Ends the threads; the workers are gone by now, or are ended by force.
    func end() {
        ranker?.end()
        for host in hosts where host.isAlive { host.kill() }
        gateway?.end()
        deliveries?.end()
        handoffs?.end()
        crew?.end()
        // Coord's own folder, made anew when it is needed; what is left there harms nobody.
        try? sandbox?.end()
    }
}

extension Effect {
    /// The slot whose worker hears something by this effect. Nil: none does.
    fileprivate var workerSpokenTo: Int? {
        switch self {
        case .stopWorker(let slot), .killWorker(let slot), .assign(let slot, _, _, _, _),
            .review(let slot, _, _), .cancelAttempt(let slot, _, _), .notice(let slot, _, _),
            .answer(let slot, _, _, _), .withdraw(let slot, _), .askForHandoff(let slot, _):
            slot
        default: nil
        }
    }
}
