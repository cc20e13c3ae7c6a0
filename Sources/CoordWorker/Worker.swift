package import CoordModel
import CoordProcess
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

    private let settings: WorkerSettings
    private let loop: EventLoop
    private let timers: Timers
    private let channel: LineChannel
    private var signals: SignalSource?
    private var state = State.idle
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

    private func send(_ message: WorkerMessage) {
        let isSent = channel.send { [run] in message.write(run: run, to: &$0) }
        // A coordinator that is gone is told by the end of our input; one that does not read is not told
        // more.
        if !isSent, channel.isWritable { log("the coordinator does not read; a message was dropped") }
    }

    private func beat() {
        let attempt = attempt
        let hasProgress = attempt.map { progress.look(at: $0.signsOfLife) } ?? true
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
            case .shutdown: shutDown()
            }
        } catch {
            log("a message was refused: \(error)")
        }
    }

    private func accept(_ assignment: Assignment) {
        switch state {
        case .idle: break
        case .working(let attempt), .draining(let attempt):
            let present = attempt.assignment
            // Said twice is said once.
            if present.run == assignment.run, present.lease == assignment.lease { return }
            let reason = "the worker is busy with \(present.lease)"
            return send(.finished(assignment.lease, .failed(reason: reason), tail: ""))
        }
        run = assignment.run
        let lease = assignment.lease
        if assignment.work == .none, assignment.checks.isEmpty {
            return send(.finished(lease, .finished, tail: ""))
        }
        let transcript = Transcript(path: assignment.transcript) { [unowned self] in log($0) }
        let surroundings = StepSurroundings(
            loop: loop, timers: timers, transcript: transcript, folder: assignment.worktree,
            environment: assignment.environment, launcher: assignment.launcher, grace: settings.grace,
            hasRoom: { [unowned self] in channel.backlog < Self.backlogLimit })
        let attempt = Attempt(
            assignment, in: surroundings, report: { [unowned self] in send(.report(lease, $0)) },
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
    }

    private func cancel(_ run: RunID?, _ lease: Lease, _ reason: String) {
        // One that is over, or was never here, needs no end.
        guard let attempt, attempt.assignment.lease == lease, attempt.assignment.run == run else { return }
        log("\(lease) is cancelled: \(reason)")
        attempt.end(.cancelled)
    }

    private func shutDown() {
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
        guard arguments.count == 3, arguments[1] == "--worker", WorkerID(arguments[2]).isValid else {
            WorkerLog.write("wrong arguments; it is started by coord as `coord-worker --worker ID`")
            return 2
        }
        var settings = WorkerSettings(worker: WorkerID(arguments[2]))
        if let beat = milliseconds("COORD_HEARTBEAT_MS") { settings.heartbeat = beat }
        if let grace = milliseconds("COORD_GRACE_MS") { settings.grace = grace }
        do throws(SystemError) {
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
