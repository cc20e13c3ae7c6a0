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
    /// What nobody is to read in what commands say: the secrets of their environment.
    let secrets: SecretMask
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
        secrets = SecretMask(environment: environment)
        self.launcher = launcher
        self.grace = grace
        self.hasRoom = hasRoom
    }
}

/// What a step runs.
enum StepProgram {
    /// Through `/bin/sh -c`.
    case shell(String)
    /// A program by its absolute path.
    case file(String, arguments: [String])
}

/// What becomes of what a step says, and whether it is spoken to.
struct StepLines {
    /// Each line of standard output, without its end.
    var output: ((ArraySlice<UInt8>) -> Void)?
    /// Each line of standard error.
    var error: ((ArraySlice<UInt8>) -> Void)?
    /// A line above the limit was dropped; its size.
    var oversized: ((Int) -> Void)?
    /// In bytes.
    var limit = 1 << 20
    /// Whether all of it goes to the transcript as it comes.
    var isTranscript = true
    /// Whether its standard input is a pipe that can be written; else it is the null device.
    var readsInput = false
}

/// One command of an attempt: started in a session of its own, read to its end, and cleared away with
/// all it started.
///
/// Its end is the end of its own process: what it leaves behind is killed, also what went into a session of
/// its own, where orphans come to this process; and a stranger that holds its output open is listened to for
/// one more second.
final class CommandStep {
    private static let drain = Duration.seconds(1)

    private let surroundings: StepSurroundings
    /// Whether nothing else of the attempt runs beside it, so that every orphan is its own.
    private let isAlone: Bool
    private let lines: StepLines
    private let completion: (ExitOutcome) -> Void
    private let child: ChildProcess
    private var outputs: [Int32]
    /// One for standard output, one for standard error.
    private var framing: [LineFraming]
    private var masking: [MaskedStream]
    /// What the command reads; nil when that is the null device.
    private var input: LineChannel?
    private var isPaused = false
    private var hasEnded = false
    /// The polite signal was sent; until its grace is over the tree may end by itself.
    private var isTerminating = false
    private var wasTerminated = false
    /// Nothing that the command started lives any more.
    private var isCleared = false
    private var isComplete = false
    private var timer: Timers.Token?

    /// Starts the command. What it says goes to the transcript as it comes, unless `lines` says otherwise.
    /// `completion` is called once, unless `abort` is.
    init(
        _ program: StepProgram, in surroundings: StepSurroundings, variables: [String: String?] = [:],
        lines: StepLines = StepLines(), isAlone: Bool = true, completion: @escaping (ExitOutcome) -> Void
    ) throws(ProcessError) {
        self.surroundings = surroundings
        self.isAlone = isAlone
        self.lines = lines
        self.completion = completion
        framing = [LineFraming(limitBytes: lines.limit), LineFraming(limitBytes: lines.limit)]
        masking = [MaskedStream(surroundings.secrets), MaskedStream(surroundings.secrets)]
        var writeEnd: Int32 = -1
        (child, outputs, writeEnd) = try Self.spawn(program, surroundings, variables, lines.readsInput)
        let loop = surroundings.loop
        if writeEnd >= 0 {
            do throws(SystemError) {
                input = try LineChannel(loop: loop, read: -1, write: writeEnd, writeLimitBytes: 16 << 20)
            } catch {
                child.killTree()
                throw .system(error)
            }
        }
        watchOutputs()
        loop.watchReadable(child.exitDescriptor) { [unowned self] in self.handleEnd() }
    }

    deinit { abort() }

    private static func spawn(
        _ program: StepProgram, _ surroundings: StepSurroundings, _ variables: [String: String?],
        _ readsInput: Bool
    ) throws(ProcessError) -> (ChildProcess, [Int32], Int32) {
        var open: [Int32] = []
        defer { for descriptor in open { Descriptors.close(descriptor) } }
        func pipe() throws(ProcessError) -> (read: Int32, write: Int32) {
            do throws(SystemError) {
                let pipe = try Descriptors.makePipe()
                open += [pipe.read, pipe.write]
                return pipe
            } catch {
                throw .system(error)
            }
        }
        let output = try pipe()
        let error = try pipe()
        let input = readsInput ? try pipe() : nil
        do throws(SystemError) {
            try Descriptors.setNonBlocking(output.read)
            try Descriptors.setNonBlocking(error.read)
        } catch {
            throw .system(error)
        }
        var descriptors: [(child: Int32, parent: Int32)] = [(1, output.write), (2, error.write)]
        if let input { descriptors.append((0, input.read)) }
        let child = try start(program, request(program, surroundings, variables, descriptors))
        open = [output.write, error.write] + (input.map { [$0.read] } ?? [])
        return (child, [output.read, error.read], input?.write ?? -1)
    }

    /// Starts a shell's command without the shell where nothing needs it.
    private static func start(
        _ program: StepProgram, _ request: SpawnRequest
    ) throws(ProcessError) -> ChildProcess {
        if case .shell(let command) = program, request.launcher == .none,
            let folder = request.workingFolder,
            let plain = PlainCommand(command, folder: folder, path: request.environment["PATH"])
        {
            var direct = request
            direct.executable = plain.executable
            direct.name = plain.name
            direct.arguments = plain.arguments
            // A script without a first line for the system, say: the shell runs it, or says what is wrong.
            if let child = try? ChildProcess.spawn(direct) { return child }
        }
        return try ChildProcess.spawn(request)
    }

    private static func request(
        _ program: StepProgram, _ surroundings: StepSurroundings, _ variables: [String: String?],
        _ descriptors: [(child: Int32, parent: Int32)]
    ) -> SpawnRequest {
        var environment = surroundings.environment
        for (name, value) in variables { environment[name] = value }
        var request = SpawnRequest(
            executable: ShellCommand.program, environment: environment,
            workingFolder: surroundings.folder, descriptors: descriptors, launcher: surroundings.launcher)
        switch program {
        case .shell(let command):
            request.arguments = ShellCommand.arguments(command, launcher: surroundings.launcher)
        case .file(let path, let arguments):
            request.executable = path
            request.arguments = arguments
        }
        return request
    }

    // MARK: Input

    /// Sends a line. False: the command does not read, or not any more.
    @discardableResult
    func send(_ line: [UInt8]) -> Bool { input?.send(line: line) ?? false }

    /// The command finds the end of its input behind what was sent.
    func finishInput() { input?.finishWriting() }

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
        masking[index].append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { take($0, of: index) }
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer, of index: Int) {
        if lines.isTranscript {
            surroundings.transcript.append(bytes)
        } else {
            surroundings.transcript.noteLife(bytes.count)
        }
        if handler(index) != nil {
            framing[index].append(bytes)
            deliverLines(index)
        }
    }

    private func handler(_ index: Int) -> ((ArraySlice<UInt8>) -> Void)? {
        index == 0 ? lines.output : lines.error
    }

    private func deliverLines(_ index: Int) {
        while let piece = framing[index].next() {
            switch piece {
            case .line(let line): handler(index)?(line)
            // A line above the limit is no event.
            case .oversized(let bytes): lines.oversized?(bytes)
            }
        }
    }

    private func closeOutput(_ index: Int) {
        let descriptor = outputs[index]
        guard descriptor >= 0 else { return }
        masking[index].finish { take($0, of: index) }
        // The last line of a stream may lack its end and is a line all the same.
        if handler(index) != nil, !framing[index].unfinished.isEmpty {
            framing[index].append([0x0A])
            deliverLines(index)
        }
        outputs[index] = -1
        surroundings.loop.unwatch(descriptor)
        Descriptors.close(descriptor)
    }

    private var isSilent: Bool { outputs.allSatisfy { $0 < 0 } }

    // MARK: End

    /// Asks the whole group to leave off, as the interrupt key would.
    func interrupt() {
        guard !hasEnded, !isComplete else { return }
        signalAll(SIGINT)
    }

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
        input?.close()
        killAll()
        surroundings.timers.cancel(timer)
        surroundings.loop.unwatch(child.exitDescriptor)
        _ = child.wait()
        ProcessTable.reapAdopted()
        for index in outputs.indices { closeOutput(index) }
    }

    private func signalAll(_ signal: Int32) {
        child.signalTree(signal)
        guard isAlone else { return }
        for orphan in ProcessTable.adopted() { ProcessTable.signal(orphan, signal) }
    }

    /// A step that is alone has every orphan that comes to the worker; what leaves the tree of one beside it
    /// is ended with the attempt. Once the command itself
    /// has ended, all that is left of it are such orphans, where there are any.
    private func killAll() {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.processesLeft) { return child.signalGroup(SIGKILL) }
        #endif
        guard isAlone else { return hasEnded ? child.signalGroup(SIGKILL) : child.killTree() }
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
        input?.close()
        surroundings.timers.cancel(timer)
        completion(child.wait())
    }
}
