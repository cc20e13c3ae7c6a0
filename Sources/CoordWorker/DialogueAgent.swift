import CoordAgents
import CoordJSON
import CoordMCP
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// A coding agent, driven through its own machine interface: what it prints is read by its dialogue, what the
/// dialogue answers is written back.
final class DialogueAgent: AgentDriver {
    /// Tool output can make a line of megabytes; what is longer is no event.
    private static let lineBytesMax = 32 << 20
    /// How long a client may live and say nothing when its work is over. Its subagents may still be at work.
    private static let lingeringMax = Duration.seconds(60)
    /// What is read of a file that a client leaves at its end.
    private static let resultBytesMax = 64 << 20

    private let launch: AgentLaunch
    private let assignment: Assignment
    private let surroundings: StepSurroundings
    /// The door to the attempt's tools, once it is open.
    private let channel: () -> AgentChannel?
    private let clock = RuntimeClock()
    private var command: AgentCommand?
    private var dialogue: (any AgentDialogue)?
    private var step: CommandStep?
    private var isTerminating = false
    /// Its input was closed: there is nothing more to do but to end.
    private var isDone = false
    private var hasLingered = false
    private var timer: Timers.Token?
    private let turn: LoginTurn
    private var report: (AgentReport) -> Void = { _ in }
    private var completion: (AttemptOutcome?) -> Void = { _ in }

    init(
        _ launch: AgentLaunch, assignment: Assignment, in surroundings: StepSurroundings,
        channel: @escaping () -> AgentChannel?
    ) {
        self.channel = channel
        self.launch = launch
        self.assignment = assignment
        self.surroundings = surroundings
        turn = LoginTurn(launch, in: surroundings)
    }

    func start(report: @escaping (AgentReport) -> Void, completion: @escaping (AttemptOutcome?) -> Void) {
        self.report = { [turn] event in
            turn.heard(event)
            report(event)
        }
        self.completion = completion
        do throws(SystemError) {
            let prompt = try assignment.promptFile.map { (path) throws(SystemError) in
                try Files.readText(path)
            }
            let request = AgentRequest(
                launch: launch, prompt: prompt ?? "", promptFile: assignment.promptFile ?? "",
                worktree: surroundings.folder, environment: surroundings.environment, tools: tools(),
                kept: ConversationFile(launch)?.read())
            guard let (command, dialogue) = AgentRoster.open(request) else {
                return fail("coord has no driver for `\(launch.driver)`")
            }
            try prepare(command)
            self.command = command
            self.dialogue = dialogue
        } catch {
            return fail("\(error)")
        }
        turn.wait { [unowned self] in begin() }
    }

    /// The tools of coord's, for an agent that coord itself speaks with.
    private func tools() -> [AgentTool] {
        guard launch.driver == "api", let channel = channel() else { return [] }
        channel.openDesk { [unowned self] id, result in
            perform(dialogue?.used(id, result.text, isError: result.isError) ?? [])
        }
        return Self.offered(channel)
    }

    /// Model APIs know shorter names, of fewer letters, than MCP does.
    private static func offered(_ channel: AgentChannel) -> [AgentTool] {
        channel.tools.filter { $0.name.utf8.count <= 64 && !$0.name.utf8.contains(0x2E) }.map {
            AgentTool(name: $0.name, description: $0.description, schema: $0.schema)
        }
    }

    /// What was not called for long goes from the list, what was found is there.
    private func endTurn(_ called: [String]) {
        let channel = channel()
        channel?.skills?.turnEnded(called: called)
        perform(dialogue?.begin(turnWith: channel.map(Self.offered) ?? []) ?? [])
    }

    private func use(_ id: RPCID, _ tool: String, _ arguments: JSONObject) {
        let problem: String?
        if let channel = channel() {
            problem = channel.use(id, tool: tool, arguments: arguments)
        } else {
            problem = "Your tools are not there."
        }
        guard let problem else { return }
        perform(dialogue?.used(id, problem, isError: true) ?? [])
    }

    private func fail(_ reason: String) {
        completion(.agentFailed(AgentFailure(.setup, reason)))
    }

    /// Makes what the client must find in its own folder. An earlier attempt may have left links there.
    private func prepare(_ command: AgentCommand) throws(SystemError) {
        guard let home = launch.home else { return }
        try Files.makeFolder(home, permissions: 0o700)
        for folder in command.folders { try makeFolder(folder, in: home) }
        for (path, text) in command.files.sorted(by: { $0.key < $1.key }) {
            let folder = Files.parent("/" + path)
            if folder != "/" { try makeFolder(String(folder.dropFirst()), in: home) }
            try Files.write(Array(text.utf8), to: home + "/" + path, permissions: 0o600)
        }
    }

    private func makeFolder(_ path: String, in home: String) throws(SystemError) {
        var place = home
        for part in path.split(separator: "/") {
            place += "/" + part
            if Files.kind(place) == .link { try Files.remove(place) }
            try Files.makeFolder(place, permissions: 0o700)
        }
    }

    private func begin() {
        guard let command else { return }
        let lines = StepLines(
            output: { [unowned self] in perform(dialogue?.hear($0, at: clock.now()) ?? []) },
            error: { [unowned self] in perform(dialogue?.hearError($0) ?? []) },
            oversized: { [unowned self] in
                surroundings.transcript.note("[coord: a line of \($0) bytes was not read]")
            },
            limit: Self.lineBytesMax, isTranscript: false, readsInput: command.readsInput)
        let program: StepProgram =
            switch command.program {
            case .shell(let line): .shell(line)
            case .file(let path, let arguments): .file(path, arguments: arguments)
            }
        surroundings.transcript.note("[coord: \(launch.driver) begins]")
        do throws(ProcessError) {
            step = try CommandStep(
                program, in: surroundings, variables: command.environment, lines: lines,
                completion: { [unowned self] in conclude($0) })
        } catch {
            return fail("the agent could not start: \(error)")
        }
        perform(dialogue?.begin() ?? [])
    }

    // MARK: Speaking

    private func perform(_ actions: [AgentAction]) {
        for action in actions {
            switch action {
            case .send(let line): step?.send(line)
            case .closeInput: finishInput()
            case .report(let event): report(event)
            case .say(let text): surroundings.transcript.note(text)
            case .access(let id, let access):
                let result = FileService.serve(access, in: surroundings.folder)
                perform(dialogue?.accessed(id, result) ?? [])
            case .use(let id, let tool, let arguments): use(id, tool, arguments)
            case .keep(let bytes): keep(bytes)
            case .turnEnded(let called): endTurn(called)
            }
        }
    }

    private func keep(_ conversation: [UInt8]) {
        do throws(SystemError) { try ConversationFile(launch)?.write(conversation) } catch {
            // The work goes on: what is lost is that another attempt could go on with it.
            surroundings.transcript.note("[coord: the conversation could not be kept: \(error)]")
        }
    }

    private func finishInput() {
        step?.finishInput()
        isDone = true
        watchLingering(since: surroundings.transcript.bytesSeen)
    }

    /// Ends a client that does not end by itself; what it said of its work counts all the same.
    private func watchLingering(since seen: UInt64) {
        guard !isTerminating else { return }
        surroundings.timers.cancel(timer)
        timer = surroundings.timers.after(Self.lingeringMax) { [unowned self] in
            let now = surroundings.transcript.bytesSeen
            guard now == seen else { return watchLingering(since: now) }
            hasLingered = true
            surroundings.transcript.note("[coord: it is done and does not end; it is ended]")
            step?.terminate()
        }
    }

    func steer(_ text: String) -> Bool {
        guard !isDone, let actions = dialogue?.steer(text) else { return false }
        surroundings.transcript.note("[coord: told the agent] \(text)")
        perform(actions)
        return true
    }

    // MARK: End

    /// First in the client's own way, so that it can say what it used; then by signals.
    func terminate() {
        if turn.isAwaited {
            turn.end()
            return completion(.agentFailed(AgentFailure(.interrupted, "")))
        }
        guard !isTerminating, let step else { return }
        isTerminating = true
        surroundings.timers.cancel(timer)
        if let actions = dialogue?.interrupt() { perform(actions) } else { step.interrupt() }
        timer = surroundings.timers.after(surroundings.grace) { [unowned self] in self.step?.terminate() }
    }

    func abort() {
        turn.end()
        surroundings.timers.cancel(timer)
        step?.abort()
    }

    func resumeIfPossible() { step?.resumeIfPossible() }

    private func conclude(_ exit: ExitOutcome) {
        turn.end()
        surroundings.timers.cancel(timer)
        let told = hasLingered ? ExitOutcome.exited(status: 0) : exit
        guard let ending = dialogue?.end(told, files: results()) else { return }
        perform(ending.actions)
        if let failure = ending.failure { surroundings.transcript.note("[coord: \(failure)]") }
        completion(ending.failure.map { .agentFailed($0) })
    }

    /// What the client wrote about its run. The agent could write there too: it is believed like its words.
    private func results() -> [String: [UInt8]] {
        guard let command, let home = launch.home else { return [:] }
        var found: [String: [UInt8]] = [:]
        for (name, path) in command.results {
            guard let place = ResultFile.find(path, in: home) else { continue }
            // A file that cannot be read, or leads elsewhere, is as good as none.
            found[name] = try? Files.readUntrusted(
                Files.name(place), in: Files.parent(place), firstBytes: Self.resultBytesMax)
        }
        return found
    }
}

/// Where the file is that a client left.
enum ResultFile {
    private static let foldersMax = 10_000

    /// The file of that path below the folder; with `*/NAME` the newest of that name at any depth.
    static func find(_ path: String, in folder: String) -> String? {
        guard let star = path.range(of: "*/") else {
            let place = folder + "/" + path
            return Files.kind(place) == .file ? place : nil
        }
        let start =
            star.lowerBound == path.startIndex
            ? folder : folder + "/" + path[..<path.index(before: star.lowerBound)]
        return newest(String(path[star.upperBound...]), below: start)
    }

    private static func newest(_ name: String, below folder: String) -> String? {
        var best: (path: String, time: Int64)?
        var waiting = [folder]
        var seen = 0
        while let next = waiting.popLast(), seen < foldersMax {
            seen += 1
            // A folder that cannot be listed holds nothing for us.
            for entry in (try? Files.list(next)) ?? [] {
                let path = next + "/" + entry
                switch Files.kind(path) {
                case .folder: waiting.append(path)
                case .file where entry == name || (name.hasPrefix(".") && entry.hasSuffix(name)):
                    let time = Files.modificationTime(path) ?? 0
                    if time >= best?.time ?? .min { best = (path, time) }
                default: continue
                }
            }
        }
        return best?.path
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// Files for agents that have them read and written by whoever drives them: those of the worktree, and no
/// others.
enum FileService {
    private static let fileBytesMax = 16 << 20

    static func serve(_ access: FileAccess, in worktree: String) -> FileAccess.Result {
        do throws(RehearsalError) {
            switch access {
            case .read(let path, let line, let limit):
                let place = try resolve(path, in: worktree)
                return .text(cut(try read(place, path), from: line, limit: limit))
            case .write(let path, let content):
                let place = try resolve(path, in: worktree)
                try write(content, to: place, path)
                return .written
            }
        } catch {
            return .refused("\(error)")
        }
    }

    private static func resolve(_ path: String, in worktree: String) throws(RehearsalError) -> String {
        guard path.hasPrefix(worktree + "/") else {
            throw RehearsalError("`\(path)` is not in the worktree `\(worktree)`")
        }
        return try SafePath.resolve(String(path.dropFirst(worktree.count + 1)), below: worktree)
    }

    private static func read(_ place: String, _ path: String) throws(RehearsalError) -> String {
        do throws(SystemError) {
            let bytes = try Files.readUntrusted(
                Files.name(place), in: Files.parent(place), firstBytes: fileBytesMax)
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw RehearsalError("`\(path)` cannot be read: \(SystemError.reason(error.code))")
        }
    }

    private static func write(_ content: String, to place: String, _ path: String) throws(RehearsalError) {
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(place))
            try Files.write(
                Array(content.utf8), to: place, permissions: Files.permissions(place) ?? 0o644)
        } catch {
            throw RehearsalError("`\(path)` cannot be written: \(SystemError.reason(error.code))")
        }
    }

    private static func cut(_ text: String, from line: Int?, limit: Int?) -> String {
        guard line != nil || limit != nil else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let rest = lines.dropFirst(max(0, (line ?? 1) - 1))
        return (limit.map { Array(rest.prefix(max(0, $0))) } ?? Array(rest)).joined(separator: "\n")
    }
}
