import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real worker process at the other end of two pipes, as its coordinator sees it.
final class WorkerHarness {
    let loop: EventLoop
    let channel: LineChannel
    let child: ChildProcess
    let folder: String
    let run: RunID = "r1"
    private(set) var messages: [WorkerMessage] = []
    private(set) var exit: ExitOutcome?
    private(set) var hasClosed = false
    /// Answers the calls of agents.
    var onCall: (Lease, Int64, AgentCall) -> Void = { _, _, _ in }

    /// Heartbeats come every hour unless told otherwise, so that silence can be told from talk.
    ///
    /// - Parameter state: the folder for what coord keeps of the whole machine; its own when not given.
    init(
        heartbeatMilliseconds: Int = 3_600_000, graceMilliseconds: Int = 300, state: String? = nil
    ) throws {
        folder = try Files.realPath(Files.temporaryFolder(prefix: "coord-worker-test-"))
        try Files.makeFolder(folder + "/tree")
        loop = try EventLoop()
        let there = try Descriptors.makePipe()
        let back = try Descriptors.makePipe()
        let log = try Descriptors.open(folder + "/log", O_WRONLY | O_CREAT | O_APPEND)
        child = try ChildProcess.spawn(
            SpawnRequest(
                executable: Files.parent(Executables.own()) + "/coord-worker",
                arguments: ["--worker", "w-1"],
                environment: [
                    "COORD_HEARTBEAT_MS": "\(heartbeatMilliseconds)",
                    "COORD_GRACE_MS": "\(graceMilliseconds)", "HOME": folder,
                    "XDG_STATE_HOME": state ?? folder + "/state",
                    // Coverage data of a worker is nobody's, and must not land in the working folder.
                    "LLVM_PROFILE_FILE": "/dev/null",
                ],
                descriptors: [
                    (child: 0, parent: there.read), (child: 1, parent: back.write), (child: 2, parent: log),
                ]))
        for descriptor in [there.read, back.write, log] { Descriptors.close(descriptor) }
        channel = try LineChannel(loop: loop, read: back.read, write: there.write)
        channel.onLine = { [unowned self] line in
            do throws(WireError) {
                guard let message = try WorkerMessage.decode(line)?.message else { return }
                messages.append(message)
                if case .call(let lease, let number, let call) = message { onCall(lease, number, call) }
            } catch {
                Issue.record("the worker said \(String(decoding: line, as: UTF8.self)): \(error)")
            }
        }
        channel.onClose = { [unowned self] in hasClosed = true }
        loop.watchExit(of: child) { [unowned self] in exit = $0 }
        loop.onTurnEnd { [unowned self] in if isDone() { loop.stop() } }
    }

    /// The end of its input makes the worker clear away its agent; killed, it could not.
    deinit {
        channel.close()
        _ = child.wait()
        // What cannot be removed stays for the next cleaning of the temporary folder.
        try? Files.removeTree(folder)
    }

    private var isDone: () -> Bool = { true }

    /// Turns the loop until the condition holds. False when it does not within ten seconds.
    @discardableResult
    func wait(_ condition: @escaping () -> Bool) -> Bool {
        guard !condition() else { return true }
        isDone = condition
        var isLate = false
        loop.alarm = { [unowned self] in
            isLate = true
            loop.stop()
        }
        loop.setAlarm(after: .seconds(10))
        loop.run()
        loop.setAlarm(after: nil)
        // What waits often holds this object.
        isDone = { true }
        if isLate { Issue.record("waited in vain; messages: \(messages); log: \(log)") }
        return !isLate
    }

    func send(_ message: CoordinatorMessage) {
        channel.send { message.write(run: run, to: &$0) }
    }

    func assignment(
        _ work: Assignment.Work, task: TaskID = "api", attempt: Int = 1, timeout: Duration? = nil,
        checks: [String] = []
    ) -> Assignment {
        Assignment(
            run: run, lease: Lease(task: task, attempt: attempt), worktree: folder + "/tree", work: work,
            transcript: folder + "/transcripts/\(task)-\(attempt)",
            environment: ["PATH": "/usr/bin:/bin", "COORD_TASK": task.rawValue], timeout: timeout,
            checks: checks)
    }

    /// Assigns a shell command and waits for its outcome.
    func outcome(_ command: String, timeout: Duration? = nil, checks: [String] = []) -> AttemptOutcome? {
        outcome(assignment(.command(command), timeout: timeout, checks: checks))
    }

    func outcome(_ assignment: Assignment) -> AttemptOutcome? {
        let before = finished.count
        send(.assign(assignment))
        wait { self.finished.count > before }
        return finished.last?.outcome
    }

    var finished: [(lease: Lease, outcome: AttemptOutcome, tail: String)] {
        messages.compactMap {
            if case .finished(let lease, let outcome, let tail) = $0 { (lease, outcome, tail) } else { nil }
        }
    }

    var reports: [AgentReport] {
        messages.compactMap { if case .report(_, let report) = $0 { report } else { nil } }
    }

    var log: String { (try? Files.readText(folder + "/log")) ?? "" }

    func text(_ name: String) -> String? { try? Files.readText(folder + "/" + name) }

    func transcript(_ name: String = "api-1") -> String? { text("transcripts/" + name) }

    /// Waits until so many processes of the agent have said `pid NUMBER`, and tells which they are.
    func family(of count: Int) throws -> [ProcessIdentity] {
        func pids() -> [Int32] {
            reports.compactMap {
                guard case .progress(let text) = $0, text.hasPrefix("pid ") else { return nil }
                return Int32(text.dropFirst(4))
            }
        }
        wait { pids().count == count }
        return try pids().map {
            ProcessIdentity(pid: $0, startTime: try #require(ProcessTable.startTime($0)))
        }
    }

    /// Lets time pass, and hears what the worker says meanwhile.
    func listen(for time: Duration) {
        isDone = { false }
        loop.alarm = { [unowned self] in loop.stop() }
        loop.setAlarm(after: time)
        loop.run()
        isDone = { true }
    }
}
