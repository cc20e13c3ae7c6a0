import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the steps of an attempt share: where they run, and where their words go.
final class StepSurroundings {
    let loop: EventLoop
    let timers: Timers
    let transcript: Transcript
    let folder: String
    let environment: [String: String]
    /// What every command is started through.
    let launcher: Launcher
    /// From the polite signal to the other.
    let grace: Duration
    /// Whether the coordinator takes more reports at present.
    let hasRoom: () -> Bool

    init(
        loop: EventLoop, timers: Timers, transcript: Transcript, folder: String,
        environment: [String: String], launcher: Launcher, grace: Duration,
        hasRoom: @escaping () -> Bool
    ) {
        self.loop = loop
        self.timers = timers
        self.transcript = transcript
        self.folder = folder
        self.environment = environment
        self.launcher = launcher
        self.grace = grace
        self.hasRoom = hasRoom
    }
}

/// One shell command of an attempt: started in a session of its own, read to its end, and cleared away with
/// all it started.
///
/// Its end is the end of its own process: what it leaves behind is killed, also what went into a session of
/// its own, where orphans come to this process; and a stranger that holds its output open is listened to for
/// one more second.
final class ShellStep {
    private static let drain = Duration.seconds(1)

    private let surroundings: StepSurroundings
    private let onLine: ((ArraySlice<UInt8>) -> Void)?
    private let completion: (ExitOutcome) -> Void
    private let child: ChildProcess
    private var outputs: [Int32]
    private var framing = LineFraming()
    private var isPaused = false
    private var hasEnded = false
    /// The polite signal was sent; until its grace is over the tree may end by itself.
    private var isTerminating = false
    private var wasTerminated = false
    /// Nothing that the command started lives any more.
    private var isCleared = false
    private var isComplete = false
    private var timer: Timers.Token?

    /// Starts the command. Standard output goes to the transcript and, line by line, to `onLine`; standard
    /// error to the transcript. `completion` is called once, unless `abort` is.
    init(
        _ command: String, in surroundings: StepSurroundings, variables: [String: String] = [:],
        onLine: ((ArraySlice<UInt8>) -> Void)? = nil, completion: @escaping (ExitOutcome) -> Void
    ) throws(ProcessError) {
        self.surroundings = surroundings
        self.onLine = onLine
        self.completion = completion
        (child, outputs) = try Self.spawn(command, surroundings, variables)
        let loop = surroundings.loop
        watchOutputs()
        loop.watchReadable(child.exitDescriptor) { [unowned self] in self.handleEnd() }
    }

    deinit { abort() }

    private static func spawn(
        _ command: String, _ surroundings: StepSurroundings, _ variables: [String: String]
    ) throws(ProcessError) -> (ChildProcess, [Int32]) {
        var open: [Int32] = []
        defer { for descriptor in open { Descriptors.close(descriptor) } }
        let output: (read: Int32, write: Int32)
        let error: (read: Int32, write: Int32)
        do throws(SystemError) {
            output = try Descriptors.makePipe()
            open += [output.read, output.write]
            error = try Descriptors.makePipe()
            open += [error.read, error.write]
            try Descriptors.setNonBlocking(output.read)
            try Descriptors.setNonBlocking(error.read)
        } catch {
            throw .system(error)
        }
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: ShellCommand.program,
                arguments: ShellCommand.arguments(command, launcher: surroundings.launcher),
                environment: surroundings.environment.merging(variables) { $1 },
                workingFolder: surroundings.folder,
                descriptors: [(child: 1, parent: output.write), (child: 2, parent: error.write)],
                launcher: surroundings.launcher))
        open = [output.write, error.write]
        return (child, [output.read, error.read])
    }

    // MARK: Output

    private func watchOutputs() {
        for (index, descriptor) in outputs.enumerated() where descriptor >= 0 {
            surroundings.loop.watchReadable(descriptor) { [unowned self] in self.receive(index) }
        }
    }

    private func receive(_ index: Int) {
        read(index)
        if !isPaused, !surroundings.hasRoom() {
            // The agent's pipe fills up next, and so its own words slow it down.
            isPaused = true
            for descriptor in outputs where descriptor >= 0 { surroundings.loop.unwatch(descriptor) }
        }
        completeIfDone()
    }

    /// To be called when the coordinator may have taken something.
    func resumeIfPossible() {
        guard isPaused, surroundings.hasRoom() else { return }
        isPaused = false
        watchOutputs()
    }

    /// False at the end of the stream, or when nothing is there at present.
    @discardableResult
    private func read(_ index: Int) -> Bool {
        let descriptor = outputs[index]
        guard descriptor >= 0 else { return false }
        let buffer = surroundings.loop.scratch
        #if canImport(Glibc)
            let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
        #else
            let count = Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
        #endif
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { closeOutput(index) }
            return false
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        surroundings.transcript.append(bytes)
        if index == 0, onLine != nil {
            framing.append(bytes)
            deliverLines()
        }
        return true
    }

    private func deliverLines() {
        while let piece = framing.next() {
            // A line above the limit is no event; the transcript has it.
            if case .line(let line) = piece { onLine?(line) }
        }
    }

    private func closeOutput(_ index: Int) {
        let descriptor = outputs[index]
        guard descriptor >= 0 else { return }
        // The last line of a stream may lack its end and is a line all the same.
        if index == 0, !framing.unfinished.isEmpty {
            framing.append([0x0A])
            deliverLines()
        }
        outputs[index] = -1
        surroundings.loop.unwatch(descriptor)
        Descriptors.close(descriptor)
    }

    private var isSilent: Bool { outputs.allSatisfy { $0 < 0 } }

    // MARK: End

    /// Ends the command and all it started: the polite signal, then, after the grace, the other.
    func terminate() {
        guard !wasTerminated, !hasEnded, !isComplete else { return }
        wasTerminated = true
        isTerminating = true
        signalAll(SIGTERM)
        // A stopped process sees the signal only when it goes on.
        signalAll(SIGCONT)
        timer = surroundings.timers.after(surroundings.grace) { [unowned self] in
            isTerminating = false
            if hasEnded { startDraining() } else { killAll() }
        }
    }

    /// Kills everything now, without a word to anybody.
    func abort() {
        guard !isComplete else { return }
        isComplete = true
        killAll()
        surroundings.timers.cancel(timer)
        surroundings.loop.unwatch(child.exitDescriptor)
        _ = child.wait()
        ProcessTable.reapAdopted()
        for index in outputs.indices { closeOutput(index) }
    }

    private func signalAll(_ signal: Int32) {
        child.signalTree(signal)
        for orphan in ProcessTable.adopted() { ProcessTable.signal(orphan, signal) }
    }

    /// A worker has one step at a time: every orphan that comes to it is of this one. Once the command itself
    /// has ended, all that is left of it are such orphans, where there are any.
    private func killAll() {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.processesLeft) { return child.signalGroup(SIGKILL) }
        #endif
        if hasEnded, ProcessTable.isSubreaper { child.signalGroup(SIGKILL) } else { child.killTree() }
        ProcessTable.endAdopted()
    }

    private func handleEnd() {
        guard child.hasEnded else { return }
        hasEnded = true
        surroundings.loop.unwatch(child.exitDescriptor)
        // Told politely, the rest of the tree has its grace as well, as long as it can be heard.
        if !isTerminating || isSilent { startDraining() }
    }

    private func startDraining() {
        isTerminating = false
        killAll()
        isCleared = true
        surroundings.timers.cancel(timer)
        timer = surroundings.timers.after(Self.drain) { [unowned self] in complete() }
        completeIfDone()
    }

    private func completeIfDone() {
        guard hasEnded, isSilent else { return }
        complete()
    }

    private func complete() {
        guard !isComplete else { return }
        if !isCleared { killAll() }
        // What stands in the pipes is read whether there is room for it or not.
        for index in outputs.indices {
            for _ in 0..<16 where read(index) {}
            closeOutput(index)
        }
        isComplete = true
        surroundings.timers.cancel(timer)
        completion(child.wait())
    }
}
