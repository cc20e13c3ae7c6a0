package import CoordModel
import CoordProcess
import CoordSandbox
package import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a worker is told when it starts.
package struct WorkerSettings: Sendable {
    package var worker: WorkerID
    /// Where the coordinator speaks, and where it listens.
    package var input: Int32
    package var output: Int32
    package var heartbeat: Duration
    /// From the polite signal to the other when an attempt is ended.
    package var grace: Duration
    /// Told in `hello`.
    package var build: String

    package init(
        worker: WorkerID, input: Int32 = 0, output: Int32 = 1, heartbeat: Duration = .seconds(2),
        grace: Duration = .seconds(5), build: String = "0.1.0"
    ) {
        self.worker = worker
        self.input = input
        self.output = output
        self.heartbeat = heartbeat
        self.grace = grace
        self.build = build
    }
}

/// One hand of the coordinator: takes an assignment, drives its agent, reports, and takes the next. One
/// thread, one loop; it never decides anything that outlives the attempt.
///
/// The end of its input is an order to stop now: whoever could want its work is gone.
package final class Worker {
    private enum State {
        /// Waits for an assignment. Can become: `working`, `draining`.
        case idle
        /// Can become: `idle`, `draining`.
        case working(Attempt)
        /// Ends its attempt, then itself.
        case draining(Attempt)
    }

    /// Reports wait for the coordinator up to here; beyond, the agent waits.
    private static let backlogLimit = 1 << 20
    /// Assignments that may wait for their turn.
    private static let waitingMax = 256
    /// How long a full pipe is left alone.
    private static let pipeWait = Duration.milliseconds(5)

    private let settings: WorkerSettings
    private let loop: EventLoop
    private let timers: Timers
    private let channel: LineChannel
    private var signals: SignalSource?
    private var state = State.idle
    /// What was assigned behind the present attempt, in the order of the turns; nothing of it has begun.
    private var waiting: [Assignment] = []
    private var isTurnPlanned = false
    /// The run of the last assignment.
    private var run: RunID = "none"
    private var exitStatus: Int32 = 0
    private var progress = ProgressWatch()

    package init(_ settings: WorkerSettings) throws(SystemError) {
        self.settings = settings
        loop = try EventLoop()
        timers = Timers(loop: loop)
        channel = try LineChannel(
            loop: loop, read: settings.input, write: settings.output, writeLimitBytes: 8 << 20)
        signals = try SignalSource(loop: loop, signals: [SIGCHLD, SIGTERM, SIGINT, SIGHUP]) {
            [unowned self] in handle(signal: $0)
        }
        channel.onLine = { [unowned self] in handle($0) }
        channel.onOversizedLine = { [unowned self] in log("a line of \($0) bytes was dropped") }
        channel.onClose = { [unowned self] in stopNow(status: 0) }
        loop.onTurnEnd { [unowned self] in attempt?.resumeIfPossible() }
    }

    /// Works until told to stop. Returns the exit status.
    package func work() -> Int32 {
        // Where there is no such thing, what an agent starts apart from itself is beyond our reach.
        try? ProcessTable.becomeSubreaper()
        send(
            .hello(
                protocol: WorkerMessage.protocolVersion, pid: getpid(), build: settings.build,
                worker: settings.worker))
        beat()
        loop.run()
        return exitStatus
    }

    private var attempt: Attempt? {
        switch state {
        case .idle: nil
        case .working(let attempt), .draining(let attempt): attempt
        }
    }

    // MARK: Speaking

    private func send(_ message: WorkerMessage) { _ = pass(message) }

    /// False: the coordinator is gone, or does not read.
    private func pass(_ message: WorkerMessage) -> Bool {
        let secrets = attempt?.secrets
        let isSent = channel.send { [run] in
            let start = $0.count
            message.write(run: run, to: &$0)
            if let secrets, !secrets.isEmpty { secrets.mask(&$0, from: start) }
        }
        // A coordinator that is gone is told by the end of our input; one that does not read is not told
        // more.
        if !isSent, channel.isWritable { log("the coordinator does not read; a message was dropped") }
        return isSent
    }

    private func beat() {
        let attempt = attempt
        let hasProgress = attempt.map { progress.look(at: $0.countSigns()) } ?? true
        send(.heartbeat(attempt?.assignment.lease, hasProgress: hasProgress))
        timers.after(settings.heartbeat) { [unowned self] in beat() }
    }

    private func log(_ text: String) {
        WorkerLog.write("\(settings.worker): \(text)")
    }

    // MARK: Listening

    private func handle(_ line: ArraySlice<UInt8>) {
        do throws(WireError) {
            guard let (run, message) = try CoordinatorMessage.decode(line) else {
                return log("a message of a later version was ignored")
            }
            switch message {
            case .assign(let assignment): accept(assignment)
            case .cancel(let lease, let reason): cancel(run, lease, reason)
            case .withdraw(let lease): _ = giveBack(run, lease)
            case .tell(let lease, let text): tell(run, lease, text)
            case .notice(let lease, let text): take(note: text, for: lease, of: run)
            case .answer(let lease, let call, let answer):
                // An attempt that is over has nobody who waits.
                guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else {
                    return
                }
                attempt.channel?.take(answer, of: call)
            case .handOff(let lease): handOff(run, lease)
            case .shutdown: shutDown()
            }
        } catch {
            log("a message was refused: \(error)")
        }
    }

    private func accept(_ assignment: Assignment) {
        switch state {
        case .idle where waiting.isEmpty: begin(assignment)
        case .draining: send(.finished(assignment.lease, .notBegun, tail: ""))
        case .idle, .working:
            let known = waiting + (attempt.map { [$0.assignment] } ?? [])
            // Said twice is said once.
            if known.contains(where: { $0.run == assignment.run && $0.lease == assignment.lease }) { return }
            guard waiting.count < Self.waitingMax else {
                let reason = "\(waiting.count) tasks wait for their turn already"
                return send(.finished(assignment.lease, .failed(reason: reason), tail: ""))
            }
            waiting.append(assignment)
        }
    }

    private func begin(_ assignment: Assignment) {
        run = assignment.run
        let lease = assignment.lease
        if assignment.work == .none, assignment.checks.isEmpty {
            return send(.finished(lease, .finished, tail: ""))
        }
        let transcript = Transcript(path: assignment.transcript) { [unowned self] in log($0) }
        // Where the pool lies is the worker's to know.
        var environment = assignment.environment
        if environment[SkillDesk.poolVariable] != nil { environment[SkillDesk.poolVariable] = nil }
        let surroundings = StepSurroundings(
            loop: loop, timers: timers, transcript: transcript, folder: assignment.worktree,
            environment: environment, launcher: assignment.launcher, grace: settings.grace,
            hasRoom: { [unowned self] in channel.backlog < Self.backlogLimit })
        let attempt = Attempt(
            assignment, in: surroundings, report: { [unowned self] in send(.report(lease, $0)) },
            tell: { [unowned self] number, call in pass(.call(lease, number: number, call)) },
            completion: { [unowned self] outcome, tail in conclude(lease, outcome, tail) })
        state = .working(attempt)
        attempt.start()
    }

    private func conclude(_ lease: Lease, _ outcome: AttemptOutcome, _ tail: String) {
        send(.finished(lease, outcome, tail: tail))
        // The attempt is still on the stack: let go of it when the turn is over.
        let over = attempt
        timers.after(.zero) { withExtendedLifetime(over) {} }
        if case .draining = state { loop.stop() }
        state = .idle
        planNextTurn()
    }

    /// The next begins when the end of the one before is in the pipe: if it takes this process with it, the
    /// coordinator knows which it was.
    private func planNextTurn(after delay: Duration = .zero) {
        guard !waiting.isEmpty, !isTurnPlanned else { return }
        isTurnPlanned = true
        timers.after(delay) { [unowned self] in
            isTurnPlanned = false
            guard case .idle = state, !waiting.isEmpty else { return }
            channel.flush()
            guard channel.backlog == 0 || !channel.isWritable else {
                return planNextTurn(after: Self.pipeWait)
            }
            begin(waiting.removeFirst())
            if case .idle = state { planNextTurn() }
        }
    }

    /// Gives back an attempt that waits for its turn. False: it does not.
    private func giveBack(_ run: RunID?, _ lease: Lease) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.lease == lease && $0.run == run }) else {
            return false
        }
        waiting.remove(at: index)
        send(.finished(lease, .notBegun, tail: ""))
        return true
    }

    private func cancel(_ run: RunID?, _ lease: Lease, _ reason: String) {
        if giveBack(run, lease) { return }
        // One that is over, or was never here, needs no end.
        guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else { return }
        log("\(lease) is cancelled: \(reason)")
        attempt.end(.cancelled)
    }

    /// Adds to the notes of the attempt at work. One for an attempt that is over has no reader.
    private func take(note: String, for lease: Lease, of run: RunID?) {
        guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else { return }
        do throws(SystemError) { try attempt.add(note: note) } catch { log("a note was lost: \(error)") }
    }

    private func tell(_ run: RunID?, _ lease: Lease, _ text: String) {
        guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else { return }
        if !attempt.tell(text) { log("\(lease) cannot be spoken to") }
    }

    private func handOff(_ run: RunID?, _ lease: Lease) {
        // One that is over tells that by its end.
        guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else { return }
        attempt.handOff()
    }

    private func shutDown() {
        for assignment in waiting { send(.finished(assignment.lease, .notBegun, tail: "")) }
        waiting = []
        switch state {
        case .idle: loop.stop()
        case .draining: break
        case .working(let attempt):
            state = .draining(attempt)
            attempt.end(.cancelled)
        }
    }

    private func handle(signal: Int32) {
        // An orphan may have ended that was left to us.
        if signal == SIGCHLD { return ProcessTable.reapAdopted() }
        stopNow(status: 128 + signal)
    }

    private func stopNow(status: Int32) {
        exitStatus = status
        attempt?.abort()
        loop.stop()
    }
}

/// The program of the worker executable.
package enum WorkerProgram {
    /// Reads the arguments, works, and returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        if arguments.count > 1, arguments[1] == LandlockRules.option {
            if let command = ConfinedCommand(arguments.dropFirst(2)) { return command.run() }
            WorkerLog.write("wrong arguments behind `\(LandlockRules.option)`")
            return ConfinedCommand.refusal
        }
        if arguments.count == 2, arguments[1] == "mcp" { return ChannelRelay.run() }
        #if COORD_PLANTED_BUGS
            PlantedBug.active = Environment.value("COORD_PLANTED_BUG").flatMap(PlantedBug.init(rawValue:))
        #endif
        guard arguments.count == 3, arguments[1] == "--worker", WorkerID(arguments[2]).isValid else {
            WorkerLog.write("wrong arguments; it is started by coord as `coord-worker --worker ID`")
            return 2
        }
        var settings = WorkerSettings(worker: WorkerID(arguments[2]))
        if let beat = milliseconds("COORD_HEARTBEAT_MS") { settings.heartbeat = beat }
        if let grace = milliseconds("COORD_GRACE_MS") { settings.grace = grace }
        do throws(SystemError) {
            try Confinement.forbidCoreDumps()
            return try Worker(settings).work()
        } catch {
            WorkerLog.write("\(error)")
            return 70
        }
    }

    private static func milliseconds(_ name: String) -> Duration? {
        guard let number = Environment.value(name).flatMap({ Int64($0) }), (1...3_600_000).contains(number)
        else { return nil }
        return .milliseconds(number)
    }
}

/// Standard error, one line a time.
enum WorkerLog {
    static func write(_ text: String) {
        // A log that cannot be written is nobody's end.
        try? Descriptors.writeAll(Array("coord-worker: \(text)\n".utf8), to: 2)
    }
}
