import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Commands that reach the running coordinator through the socket of its state folder.
enum ActingCommands {
    /// How long an answer may take. The coordinator answers between two events; a minute means that it hangs.
    private static let patienceMilliseconds: Int32 = 60_000

    static func pause(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send([.pause], context)
    }
    static func resume(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send([.resume], context)
    }
    static func drain(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send([.drain], context)
    }
    static func stop(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send([.stop], context)
    }

    static func skip(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send(tasks(context).map { .skipTask($0) }, context)
    }
    static func retry(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send(tasks(context).map { .retryTask($0) }, context)
    }
    static func cancel(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send(tasks(context).map { .cancelTask($0) }, context)
    }
    static func approve(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let state = try context.journalProject()
        do { return try send(tasks(context).map { .approveTask($0) }, context) } catch {
            guard error.status == .notReachable,
                let status = try OfflineApproval.approve(tasks(context), state, context)
            else { throw error }
            return status
        }
    }
    static func reject(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reason = context.arguments.value("reason") ?? "no reason was given"
        return try send(tasks(context).map { .rejectTask($0, reason: reason) }, context)
    }
    static func answer(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let words = context.arguments.words
        let command = Command.answerTask(
            TaskID(words[0]), question: context.arguments.value("question"), text: words[1])
        return try send([command], context)
    }
    static func reassign(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let worker = context.arguments.value("to").map { WorkerID($0) }
        return try send(tasks(context).map { .reassignTask($0, worker) }, context)
    }
    static func restartWorker(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send(context.arguments.words.map { .restartWorker(WorkerID($0)) }, context)
    }
    static func stopWorker(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try send(context.arguments.words.map { .stopWorker(WorkerID($0)) }, context)
    }

    static func addTask(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let arguments = context.arguments
        let id = TaskID(arguments.first ?? "")
        guard id.isValid else {
            throw CommandFailure(
                .wrongInput, "`\(id)` is not a name for a task",
                hint: "lower-case letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first")
        }
        let prompt = arguments.value("prompt") ?? ""
        let command = arguments.value("command")
        guard !prompt.isEmpty || command != nil else {
            throw CommandFailure(
                .wrongInput, "task `\(id)` has nothing to do",
                hint: "say what with `--prompt TEXT` or `--command CMD`")
        }
        let spec = TaskSpec(
            id: id, title: arguments.value("title"), prompt: prompt,
            role: arguments.value("role").map { RoleID($0) },
            dependencies: arguments.values("needs").map { TaskID($0) },
            priority: arguments.number("priority") ?? 0, run: command, checks: arguments.values("check"))
        return try send([.addTask(spec)], context)
    }

    static func editTask(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let arguments = context.arguments
        let needs = arguments.has("needs") ? arguments.values("needs").filter { !$0.isEmpty } : nil
        let edit = TaskEdit(
            title: arguments.value("title"), prompt: arguments.value("prompt"),
            priority: arguments.number("priority"), role: arguments.value("role").map { RoleID($0) },
            dependencies: needs?.map { TaskID($0) })
        guard edit != TaskEdit() else {
            throw CommandFailure(
                .wrongInput, "nothing to change was named",
                hint: "`coord help tasks edit` lists what can be changed")
        }
        return try send(tasks(context).map { .editTask($0, edit) }, context)
    }

    private static func tasks(_ context: CommandContext) -> [TaskID] {
        context.arguments.words.map { TaskID($0) }
    }

    // MARK: - The socket

    /// Sends the commands one after the other; every one is answered, and a refused one makes the exit status
    /// 2.
    private static func send(_ commands: [Command], _ context: CommandContext) throws(CommandFailure)
        -> ExitStatus
    {
        let state = try context.journalProject()
        let caller = try ControlCaller(state)
        var refused: CommandFailure?
        var answers: [JSONValue] = []
        for command in commands {
            let reply = try caller.ask(command, patienceMilliseconds: patienceMilliseconds)
            answers.append(CommandCodec.encode(reply))
            switch reply {
            case .accepted(let text):
                if !context.wantsJSON { context.output.line(TerminalText.escaped(text)) }
            case .refused(let reason, let hint):
                let failure = CommandFailure(.wrongInput, reason, hint: hint.isEmpty ? nil : hint)
                if let earlier = refused { context.diagnostics.report(earlier) }
                refused = failure
            }
        }
        if context.wantsJSON { context.answer(["schema": "coord.replies/1", "replies": .array(answers)]) }
        if let refused { throw refused }
        return .done
    }
}

/// One connection to a running coordinator, for requests one at a time.
final class ControlCaller {
    private let state: StateFolder
    private let socket: Int32
    private var framing = LineFraming(limitBytes: 1 << 20)
    private var nextID: Int64 = 1

    /// Fails with exit status 6, and the command that would help, when no coordinator runs.
    init(_ state: StateFolder) throws(CommandFailure) {
        self.state = state
        do throws(SystemError) { socket = try LocalSocket.connect(state.socket) } catch {
            throw CommandFailure(
                .notReachable, "no coordinator runs on `\(state.project)`",
                hint: "`coord run --resume` goes on with the last run; `coord status` says how it stands")
        }
    }

    deinit { Descriptors.close(socket) }

    func ask(_ command: Command, patienceMilliseconds: Int32) throws(CommandFailure) -> CommandReply {
        let id = nextID
        nextID += 1
        let request = RPCMessage.request(
            id: .number(id), method: "command", params: CommandCodec.encode(command))
        do throws(SystemError) { try Descriptors.writeAll(request.encoded() + [0x0A], to: socket) } catch {
            throw gone
        }
        while true {
            switch try nextMessage(patienceMilliseconds) {
            case .response(.number(id), let result):
                guard let reply = CommandCodec.decodeReply(result) else {
                    throw CommandFailure(.internalFault, "the coordinator's answer is not understood")
                }
                return reply
            case .failure(_, _, let message, _): throw CommandFailure(.internalFault, message)
            case .request, .notification, .response: continue
            }
        }
    }

    private var gone: CommandFailure {
        CommandFailure(
            .notReachable, "the coordinator of `\(state.project)` ended before it answered",
            hint: "`coord status` says how the run stands")
    }

    private func nextMessage(_ patienceMilliseconds: Int32) throws(CommandFailure) -> RPCMessage {
        while true {
            if case .line(let line)? = framing.next() {
                do throws(WireError) { return try RPCMessage.decode(line) } catch {
                    throw CommandFailure(
                        .internalFault, "the coordinator's answer is not understood: \(error)")
                }
            }
            var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, patienceMilliseconds) > 0 else {
                throw CommandFailure(
                    .notReachable, "the coordinator of `\(state.project)` does not answer",
                    hint: "`coord status` says how the run stands")
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
            defer { buffer.deallocate() }
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { throw gone }
            framing.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
