package import CoordCore
package import CoordGit
package import CoordModel
package import CoordProcess
package import CoordStore
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The shell of the mind: one thread, one loop. It takes events in, has them decided, records what was
/// decided in one transaction, and only then acts.
///
/// Confined to the thread that calls `run`. If the journal cannot be written, the run stops: coord never acts
/// on a decision that is not recorded.
package final class Coordinator {
    /// What a run needs from outside.
    package struct Parts {
        package var run: RunID
        package var plan: RunPlan
        package var state: StateFolder
        package var store: any Store
        /// Nil: no task of the run touches git.
        package var workspace: Workspace?
        package var workerProgram: String
        package var seed: UInt64
        /// The files that the gate names and the target had when the run began: nobody changes them alone.
        package var gateFiles: [String]
        /// Replaces what workers are given to do; for benches that measure dispatch alone.
        package var isNoop: Bool

        package init(
            run: RunID, plan: RunPlan, state: StateFolder, store: any Store, workspace: Workspace?,
            workerProgram: String, seed: UInt64, gateFiles: [String] = [], isNoop: Bool = false
        ) {
            self.run = run
            self.plan = plan
            self.state = state
            self.store = store
            self.workspace = workspace
            self.workerProgram = workerProgram
            self.seed = seed
            self.gateFiles = gateFiles
            self.isNoop = isNoop
        }
    }

    /// How a run ended, and how `coord run` answers.
    package struct Outcome: Sendable, Equatable {
        package var status: RunStatus
        package var exitStatus: Int32
        package var reason: String
    }

    let parts: Parts
    let clock: RuntimeClock
    package let loop: EventLoop
    private var machine: CoordinatorStateMachine
    package private(set) var projection = Projection()
    private var sequence: Int64 = 0
    private var inbox: [Event] = []
    /// Those that are being decided on.
    private var events: [Event] = []
    private var pace: CommitPace
    private var isTurning = false
    private var runner: EffectRunner?
    private var outcome: Outcome?
    private var failure: RuntimeError?
    /// Decided, and not recorded because the disk is full or the journal locked: nothing of it is done, and
    /// nothing more decided, until it is. Its facts are in the projection already.
    private var held: HeldTurn?
    /// When it is tried again, in the loop's nanoseconds.
    private var heldUntil: Int64 = 0
    /// The loop runs: before that, a journal that cannot be written is a run that cannot start.
    private var isWorking = false

    private struct HeldTurn {
        var batch: StoreBatch
        var effects: [Effect]
        var reason: StoreError
    }

    /// How long until a journal that could not be written is tried again.
    private static let journalRetry = Duration.milliseconds(500)

    /// Called when dispatch pauses because the journal cannot be written, with why; and with nil when it goes
    /// on.
    package var onJournalWait: ((StoreError?) -> Void)?
    /// Called after each turn with the facts it recorded, in order, numbered from `firstSequence`.
    package var onFacts: ((_ facts: [Fact], _ firstSequence: Int64) -> Void)?
    /// Called when a command was answered.
    package var onReply: ((Int, CommandReply) -> Void)?

    package init(_ parts: Parts) throws(RuntimeError) {
        self.parts = parts
        clock = RuntimeClock()
        pace = CommitPace(slots: parts.plan.slots.count)
        do { loop = try EventLoop() } catch { throw .system(error) }
        machine = CoordinatorStateMachine(
            settings: parts.plan.settings(
                seed: parts.seed, project: parts.state.project, gateFiles: parts.gateFiles),
            at: clock.now())
    }

    /// Starts a new run and works until it is over.
    package func start(
        _ start: RunStart, tasks: [TaskSpec], inherited: [InheritedHandoff] = []
    ) throws(RuntimeError) -> Outcome {
        try prepare()
        turn { machine, now in
            [.record(.runStarted(start))] + machine.start(tasks, inherited: inherited, at: now)
        }
        return try work()
    }

    /// Takes up a run that was stopped, or whose coordinator died, and works until it is over.
    ///
    /// - Parameter known: the run's tasks, if they were read already.
    package func resume(
        _ run: RunRecord, tasks known: [TaskRecord]? = nil, process: ProcessIdentity
    ) throws(RuntimeError) -> Outcome {
        let store = parts.store
        let records: [TaskRecord]
        let costs: [CostRecord]
        let usageIDs: Set<String>
        let finished: Set<Lease>
        do throws(StoreError) {
            records = if let known { known } else { try store.tasks(run.id, .all) }
            costs = try store.costs(run.id)
            usageIDs = try store.usageIDs(run.id)
            finished = try finishedAttempts(of: records)
            sequence = try store.lastSequence(run.id)
            projection = Projection(
                run: run, tasks: records, workers: try store.workers(run.id), costs: costs)
        } catch { throw .store(error) }
        endLeftovers()
        try prepare()
        let board = try rememberBoard(of: run.id)
        runner?.rememberAuthors(of: records)
        runner?.adopt(records)
        let manned = Set(run.slots.map(\.worker))
        let added = parts.plan.slots.filter { !manned.contains($0.worker) }
        turn { machine, now in
            (added.isEmpty ? [] : [.record(.workersAdded(added))])
                + machine.restore(
                    tasks: records, costs: costs, usageIDs: usageIDs, finished: finished, board: board,
                    process: process, at: now)
        }
        return try work()
    }

    /// Hands an event in from the loop's thread.
    package func receive(_ event: Event) { inbox.append(event) }

    // MARK: - The loop

    private func prepare() throws(RuntimeError) {
        #if os(Linux)
            do throws(SystemError) { try ProcessTable.becomeSubreaper() } catch { throw .system(error) }
        #endif
        let runner: EffectRunner
        do throws(SystemError) {
            runner = try EffectRunner(parts, loop: loop, clock: clock) { [unowned self] event in
                inbox.append(event)
            }
        } catch { throw .system(error) }
        runner.onReply = { [unowned self] number, reply in onReply?(number, reply) }
        runner.onFinish = { [unowned self] status, exitStatus, reason in
            outcome = Outcome(status: status, exitStatus: exitStatus, reason: reason)
            loop.stop()
        }
        self.runner = runner
        loop.alarm = { [unowned self] in inbox.append(.elapsed) }
        loop.onTurnEnd { [unowned self] in drainInbox() }
    }

    private func work() throws(RuntimeError) -> Outcome {
        isWorking = true
        drainInbox()
        if outcome == nil, failure == nil { loop.run() }
        runner?.end()
        if let failure { throw failure }
        guard let outcome else { preconditionFailure("the loop ended without an outcome") }
        return outcome
    }

    /// Hears out the workers that are about to answer, so that one commit serves them all.
    private func gather() {
        var noted = 0
        var deadline: Int64?
        while true {
            let now = loop.nanoseconds
            for case .attemptEnded(let slot, _, _, _) in inbox[noted...] { pace.answered(slot, at: now) }
            noted = inbox.count
            let patience = pace.patience(at: now)
            guard patience > 0 else { return }
            let end = deadline ?? now + patience
            deadline = end
            guard now < end, loop.admit(within: .nanoseconds(end - now)) else { return }
        }
    }

    private func drainInbox() {
        guard held == nil || takeUpHeldTurn() else { return }
        if !inbox.isEmpty { gather() }
        while !inbox.isEmpty, failure == nil, outcome == nil, held == nil {
            swap(&inbox, &events)
            turn { machine, now in machine.handle(events, at: now) }
            events.removeAll(keepingCapacity: true)
        }
        guard failure == nil, outcome == nil, held == nil else { return }
        let wait = machine.nextDeadline.map { max($0 - clock.now(), .zero) }
        loop.setAlarm(after: wait)
    }

    /// Decide, record, act.
    private func turn(_ decide: (inout CoordinatorStateMachine, Timestamp) -> [Effect]) {
        let now = clock.now()
        let effects = decide(&machine, now)
        var facts: [Fact] = []
        for case .record(let body) in effects {
            let fact = Fact(time: now, body: body)
            facts.append(fact)
            projection.apply(fact)
        }
        guard !facts.isEmpty else { return perform(effects) }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.actsBeforeRecording) { perform(effects) }
        #endif
        let touched = projection.takeTouched()
        let batch = StoreBatch(
            run: parts.run, firstSequence: sequence + 1, facts: facts, record: touched.run,
            tasks: touched.tasks, workers: touched.workers, costs: touched.costs)
        recordAndAct(HeldTurn(batch: batch, effects: effects, reason: .unknownRun(parts.run)))
    }

    private func perform(_ effects: [Effect]) {
        for effect in effects {
            if case .record = effect { continue }
            if case .assign(let slot, _, _, _, _) = effect { pace.handedOut(to: slot, at: loop.nanoseconds) }
            runner?.perform(effect)
        }
    }

    private func recordAndAct(_ turn: HeldTurn) {
        let begin = loop.nanoseconds
        do throws(StoreError) { try parts.store.append(turn.batch) } catch {
            guard error.isTransient, isWorking else { return stop(.store(error)) }
            if held == nil { onJournalWait?(error) }
            held = turn
            held?.reason = error
            heldUntil = loop.nanoseconds + Self.journalRetry.wholeNanoseconds
            loop.setAlarm(after: Self.journalRetry)
            return
        }
        if held != nil { onJournalWait?(nil) }
        held = nil
        pace.committed(in: loop.nanoseconds - begin)
        let facts = turn.batch.facts
        sequence += Int64(facts.count)
        runner?.remember(facts)
        onFacts?(facts, turn.batch.firstSequence)
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.actsBeforeRecording) { return }
        #endif
        perform(turn.effects)
    }

    /// Tries once more to record what was decided. False: still not, or the run stops.
    private func takeUpHeldTurn() -> Bool {
        guard let turn = held, failure == nil else { return false }
        // Who wants to end now cannot be told through a journal that cannot be written.
        let wantsEnd = inbox.contains { if case .interrupted = $0 { true } else { false } }
        guard !wantsEnd else {
            stop(.store(turn.reason))
            return false
        }
        inbox.removeAll { $0 == .elapsed }
        guard loop.nanoseconds >= heldUntil else { return false }
        recordAndAct(turn)
        return held == nil && failure == nil
    }

    private func stop(_ error: RuntimeError) {
        failure = error
        loop.stop()
    }

    /// Of attempts whose work was being taken over, those that had come to a good end.
    private func finishedAttempts(of records: [TaskRecord]) throws(StoreError) -> Set<Lease> {
        let leases = Set(records.filter { $0.stage == .submitting }.map(\.lease))
        guard !leases.isEmpty else { return [] }
        let ended = try parts.store.facts(parts.run, ofType: FactType.attemptEnded.rawValue)
        var finished: Set<Lease> = []
        for stored in ended {
            // One that a newer coord wrote otherwise is redone.
            guard case .attemptEnded(let lease, .finished)? = try? stored.fact().body else { continue }
            if leases.contains(lease) { finished.insert(lease) }
        }
        return finished
    }

    /// What agents passed on, asked and noted before the run was stopped.
    private func rememberBoard(of run: RunID) throws(RuntimeError) -> Blackboard {
        let types: [FactType] = [
            .handoffWritten, .workRescued, .noteWritten, .questionAsked, .questionAnswered,
            .agentSessionBegan, .usageRecorded, .attemptEnded, .handoffBegan, .handoffPrepared,
        ]
        var facts: [StoredFact] = []
        do throws(StoreError) {
            for type in types { facts += try parts.store.facts(run, ofType: type.rawValue) }
        } catch { throw .store(error) }
        // In their order, in which a session is known before what speaks of it.
        facts.sort { $0.sequence < $1.sequence }
        // One that a newer coord wrote otherwise is left out: it informs and decides nothing.
        let known = facts.compactMap { try? $0.fact() }
        runner?.remember(known)
        var board = Blackboard()
        for fact in known { board.apply(fact.body) }
        return board
    }

    /// Workers of a dead coordinator end by themselves when their pipe closes; one that did not is ended
    /// here, before its worktree is touched.
    private func endLeftovers() {
        for worker in projection.workers {
            guard let process = worker.process, ProcessTable.isAlive(process) else { continue }
            endTree(of: process)
        }
    }

    private func endTree(of process: ProcessIdentity) {
        let descendants = ProcessTable.descendants(of: process.pid)
        // Gone meanwhile is as good: the signal is sent only to the same process.
        _ = ProcessTable.signal(process, SIGKILL)
        for pid in descendants {
            if let startTime = ProcessTable.startTime(pid) {
                _ = ProcessTable.signal(ProcessIdentity(pid: pid, startTime: startTime), SIGKILL)
            }
        }
    }

    /// Seconds since each worker was last heard of.
    package func heartbeatAges() -> [(WorkerID, Double)] {
        guard let runner else { return [] }
        let now = clock.now()
        return runner.hosts.enumerated().compactMap { index, host in
            host.lastHeard.map { (parts.plan.slots[index].worker, (now - $0).inSeconds) }
        }
    }
}
