import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord slot`: the machine's slots for heavy commands.
enum SlotCommands {
    /// Runs a command with a slot held for it, and answers as it did.
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let words = context.arguments.words
        guard let program = Executables.find(words[0]) else {
            throw CommandFailure(
                ExitStatus(rawValue: 127), "there is no program `\(words[0])`",
                hint: words[0].contains(" ") ? "for a line of shell: `coord slot run -- sh -c '…'`" : nil)
        }
        let visit = try CommandFailure.fromSystem { () throws(SystemError) in
            try SlotVisit(program: program, arguments: Array(words.dropFirst()), context)
        }
        return try visit.perform()
    }

    /// Shows who holds and who waits.
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard let slots = MachineSlots.ofThisMachine() else { throw noHome }
        let picture = slots.picture()
        if context.wantsJSON {
            context.answer([
                "schema": "coord.slots/1", "count": .integer(Int64(slots.count)),
                "slots": .array(
                    picture.slots.map {
                        [
                            "number": .integer(Int64($0.number)), "free": .bool($0.use == nil),
                            "use": $0.use.map(document) ?? .null,
                        ]
                    }),
                "waiting": .array(picture.waiting.map(document)),
            ])
            return .done
        }
        let now = context.now
        for slot in picture.slots {
            context.output.line("slot \(slot.number)  " + (slot.use.map { sentence($0, now) } ?? "free"))
        }
        for use in picture.waiting { context.output.line("waits   " + sentence(use, now)) }
        return .done
    }

    static var noHome: CommandFailure {
        CommandFailure(.notReachable, "there is no home folder to keep slots in", hint: "set HOME")
    }

    /// `make test (pid 12, 3m 4s)`.
    static func sentence(_ use: SlotUse, _ now: Timestamp) -> String {
        let age = max(now - Timestamp(milliseconds: use.since), .zero)
        let priority = use.priority == 0 ? "" : ", priority \(use.priority)"
        return TerminalText.escaped("\(use.label) (pid \(use.pid), \(Wording.duration(age))\(priority))")
    }

    private static func document(_ use: SlotUse) -> JSONValue {
        [
            "pid": .integer(Int64(use.pid)), "priority": .integer(Int64(use.priority)),
            "since": .string(Timestamp(milliseconds: use.since).description), "label": .string(use.label),
        ]
    }
}

/// One command and its slot, from the waiting line to the exit status.
///
/// The command stays in our process group, so the terminal's keys reach it by themselves; what is sent to us
/// alone is passed on. Should we be killed, the slot is free at once.
private final class SlotVisit {
    private enum Answer: Sendable {
        case held(HeldSlot), cancelled, timedOut, waits(SlotPicture), none(String)
    }

    private let context: CommandContext
    private let program: String
    private let arguments: [String]
    private let loop: EventLoop
    private let cancellation = Cancellation()
    private let waiter = BlockingThreads(count: 1, name: "coord-slot")
    private var held: HeldSlot?
    /// Where the worker holds a slot for us, for as long as it is open, and what it said of it.
    private var channel: LineChannel?
    private var variables: [String: String] = [:]
    private var child: ChildProcess?
    private var interruption: Int32?
    private var result: Result<ExitStatus, CommandFailure> = .success(.done)

    init(program: String, arguments: [String], _ context: CommandContext) throws(SystemError) {
        self.program = program
        self.arguments = arguments
        self.context = context
        loop = try EventLoop()
    }

    func perform() throws(CommandFailure) -> ExitStatus {
        let caught = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2]
        let signals = try CommandFailure.fromSystem { () throws(SystemError) in
            try SignalSource(loop: loop, signals: caught) { [unowned self] in pass($0) }
        }
        if MachineSlots.isInside(Environment.all) {
            start()
        } else {
            try waitForSlot()
        }
        loop.run()
        waiter.shutdown()
        withExtendedLifetime(signals) {}
        return try result.get()
    }

    /// In an attempt the worker has the slot for us: a sandbox hides the machine's. Falls back to those when
    /// there is no channel.
    private func waitForSlot() throws(CommandFailure) {
        if askWorker() { return }
        try waitForMachine()
    }

    private func askWorker() -> Bool {
        let environment = AttemptChannel.environment()
        guard let door = environment[ChannelHello.channelVariable],
            ChannelHello(environment: environment) != nil,
            // A door that is closed, and one that is not ours, are as good as none.
            let ends = try? NamedPipes.call(
                door, line: { ChannelHello(environment: environment, pipes: $0)?.line ?? [] }),
            let channel = try? LineChannel(loop: loop, read: ends.read, write: ends.write)
        else { return false }
        self.channel = channel
        channel.onLine = { [unowned self] in receive($0) }
        channel.onClose = { [unowned self] in if child == nil { goOnWithoutWorker() } }
        let request = RPCMessage.request(
            id: .number(1), method: ChannelHello.slotMethod,
            params: [
                "label": .string(label),
                "priority": .integer(Int64(context.arguments.number("priority") ?? 0)),
            ])
        channel.send(line: request.encoded())
        if let seconds = context.arguments.number("timeout") {
            loop.alarm = { [unowned self] in if child == nil { receive(Answer.timedOut) } }
            loop.setAlarm(after: .seconds(seconds))
        }
        return true
    }

    private func receive(_ line: ArraySlice<UInt8>) {
        guard child == nil else { return }
        // What is no message is no slot either.
        switch try? RPCMessage.decode(line) {
        case ChannelHello.welcome?: break
        case .response(_, let result)?:
            guard let number = result["slot"]?.stringValue else {
                return receive(Answer.none("the worker has none"))
            }
            variables = [MachineSlots.mark: number]
            start()
        default: goOnWithoutWorker()
        }
    }

    private func goOnWithoutWorker() {
        channel = nil
        loop.setAlarm(after: nil)
        do throws(CommandFailure) { try waitForMachine() } catch { finish(.failure(error)) }
    }

    private var label: String { ([Files.name(program)] + arguments).joined(separator: " ") }

    private func waitForMachine() throws(CommandFailure) {
        guard let slots = MachineSlots.ofThisMachine() else { throw SlotCommands.noHome }
        let mailbox = try CommandFailure.fromSystem { () throws(SystemError) in
            try Mailbox<Answer>(loop: loop) { [unowned self] in receive($0) }
        }
        let label = label
        let priority = context.arguments.number("priority") ?? 0
        let timeout = context.arguments.number("timeout").map { Duration.seconds($0) }
        waiter.submit { [cancellation] in
            do throws(SystemError) {
                let answer = try slots.claim(
                    label, priority: priority, timeout: timeout, cancellation: cancellation
                ) { mailbox.post(.waits($0)) }
                switch answer {
                case .held(let slot): mailbox.post(.held(slot))
                case .cancelled: mailbox.post(.cancelled)
                case .timedOut: mailbox.post(.timedOut)
                }
            } catch { mailbox.post(.none(error.description)) }
        }
    }

    private func receive(_ answer: Answer) {
        switch answer {
        case .waits(let picture):
            let uses = picture.slots.compactMap(\.use).map { SlotCommands.sentence($0, context.now) }
            let others = max(0, picture.waiting.count - 1)
            context.diagnostics.note(
                "waiting for a slot; \(uses.isEmpty ? "the line is served in order" : "held by " + uses.joined(separator: ", "))"
                    + (others > 0 ? "; \(others) more \(others == 1 ? "waits" : "wait")" : ""))
        case .held(let slot):
            held = slot
            start()
        case .none(let reason):
            // A sandbox, or a full disk: to refuse the command would help nobody.
            context.diagnostics.warning("no slot can be had, going on without: \(reason)")
            start()
        case .timedOut:
            finish(
                .failure(
                    CommandFailure(
                        .timedOut, "no slot became free in time",
                        hint: "`coord slot list` says who holds them")))
        case .cancelled: finish(.success(ExitStatus(rawValue: 128 + (interruption ?? SIGTERM))))
        }
    }

    private func start() {
        if let interruption { return finish(.success(ExitStatus(rawValue: 128 + interruption))) }
        var environment = Environment.all
        environment.merge(held?.variables ?? variables) { $1 }
        let request = SpawnRequest(
            executable: program, arguments: arguments, environment: environment,
            descriptors: [(child: 0, parent: 0), (child: 1, parent: 1), (child: 2, parent: 2)],
            staysInGroup: true)
        do throws(ProcessError) {
            let child = try ChildProcess.spawn(request)
            self.child = child
            loop.watchReadable(child.exitDescriptor) { [unowned self] in ended() }
        } catch {
            finish(.failure(CommandFailure(ExitStatus(rawValue: 126), error.description)))
        }
    }

    private func ended() {
        guard let exit = child?.poll() else { return }
        if let child { loop.unwatch(child.exitDescriptor) }
        switch exit {
        case .exited(let status): finish(.success(ExitStatus(rawValue: status)))
        case .signaled(let signal): finish(.success(ExitStatus(rawValue: 128 + signal)))
        }
    }

    /// What came to us before the command ran ends the waiting; later it is the command's.
    private func pass(_ signal: Int32) {
        guard let child else {
            interruption = signal
            if channel != nil { return receive(Answer.cancelled) }
            return cancellation.cancel()
        }
        let isKey = signal == SIGINT || signal == SIGQUIT
        if isKey, Terminal.isOurs() { return }
        child.signalProcess(signal)
    }

    private func finish(_ result: Result<ExitStatus, CommandFailure>) {
        self.result = result
        held = nil
        loop.stop()
    }
}
