import CoordAgents
import CoordJSON
import CoordModel
import CoordSystem
import CoordWire
import Testing

/// A client's output played to its dialogue, and everything that came of it.
struct Replay {
    private(set) var actions: [AgentAction] = []
    private(set) var failure: AgentFailure?
    private var dialogue: any AgentDialogue
    let command: AgentCommand
    private let requestTools: [AgentTool]

    /// Nil: there is no such driver.
    init?(_ request: AgentRequest) {
        guard let (command, dialogue) = AgentRoster.open(request) else { return nil }
        self.command = command
        self.dialogue = dialogue
        requestTools = request.tools
        actions = self.dialogue.begin()
    }

    mutating func hear(_ line: some StringProtocol) {
        actions += dialogue.hear(Array(line.utf8)[...], at: Timestamp(milliseconds: 1_790_000_000_000))
        turn()
    }

    mutating func hearError(_ line: some StringProtocol) {
        actions += dialogue.hearError(Array(line.utf8)[...])
    }

    mutating func steer(_ text: String) -> Bool {
        guard let more = dialogue.steer(text) else { return false }
        actions += more
        return true
    }

    mutating func interrupt() -> Bool {
        guard let more = dialogue.interrupt() else { return false }
        actions += more
        return true
    }

    mutating func accessed(_ id: RPCID, _ result: FileAccess.Result) {
        actions += dialogue.accessed(id, result)
    }

    mutating func used(_ id: RPCID, _ text: String, isError: Bool) {
        actions += dialogue.used(id, text, isError: isError)
        turn()
    }

    /// The tools that there are from the next turn on; nil: those of the request.
    var nextTools: [AgentTool]?

    /// A turn that ended is followed by the next.
    private mutating func turn() {
        guard case .turnEnded? = actions.last else { return }
        actions += dialogue.begin(turnWith: nextTools ?? requestTools)
    }

    mutating func end(_ exit: ExitOutcome = .exited(status: 0), files: [String: String] = [:]) {
        let ending = dialogue.end(exit, files: files.mapValues { Array($0.utf8) })
        actions += ending.actions
        failure = ending.failure
    }

    /// What was played, line by line.
    static func of(
        _ request: AgentRequest, _ lines: String, exit: ExitOutcome = .exited(status: 0)
    ) -> Replay? {
        guard var replay = Replay(request) else { return nil }
        for line in lines.split(separator: "\n") { replay.hear(line) }
        replay.end(exit)
        return replay
    }

    var reports: [AgentReport] {
        actions.compactMap { if case .report(let report) = $0 { report } else { nil } }
    }

    /// How full the context was said to be, in tokens of the whole, each time.
    var contexts: [String] {
        reports.compactMap { report in
            guard case .context(let used, let window) = report else { return nil }
            return "\(used) of \(window.map { "\($0)" } ?? "?")"
        }
    }

    /// What was used of each model; the same id counts once, as the ledger has it.
    var usage: [String: TokenCounts] {
        var seen: Set<String> = []
        var result: [String: TokenCounts] = [:]
        for case .usage(let usage) in reports {
            if let id = usage.id, !seen.insert(id).inserted { continue }
            result[usage.model, default: .zero] += usage.tokens
        }
        return result
    }

    var tokens: TokenCounts { usage.values.reduce(.zero, +) }

    var cost: Money {
        reports.reduce(.zero) {
            if case .usage(let usage) = $1 { $0 + (usage.cost ?? .zero) } else { $0 }
        }
    }

    var sessions: [String] {
        reports.compactMap { if case .session(let name) = $0 { name } else { nil } }
    }

    /// As in `Write started`, `Write ok`, `Bash failed`.
    var tools: [String] {
        reports.compactMap {
            switch $0 {
            case .toolStarted(let name, _, _): "\(name) started"
            case .toolEnded(let name, _, let succeeded, _): name + (succeeded ? " ok" : " failed")
            default: nil
            }
        }
    }

    var progress: [String] {
        reports.compactMap { if case .progress(let text) = $0 { text } else { nil } }
    }

    /// What was sent to the client, as documents.
    var sent: [JSONValue] {
        actions.compactMap {
            guard case .send(let line) = $0 else { return nil }
            return try? JSONParser.parse(line)
        }
    }

    var closes: Bool { actions.contains(.closeInput) }

    static func request(
        _ driver: String, session: String? = nil, permissions: PermissionPolicy = PermissionPolicy(),
        _ change: (inout AgentLaunch) -> Void = { _ in }
    ) -> AgentRequest {
        var launch = AgentLaunch(
            driver: driver, program: "/bin/\(driver)", session: session,
            newSession: "11111111-2222-4333-8444-555555555555", permissions: permissions, home: "/h")
        change(&launch)
        return AgentRequest(
            launch: launch, prompt: "Do it", promptFile: "/p/prompt.md", worktree: "/WORK/repo")
    }
}

/// Output of real clients, kept outside the repository: it is theirs. Found by `COORD_CAPTURES`, or beside
/// the repository.
enum Captures {
    static let folder: String? = {
        let beside =
            Files.parent(Files.parent(Files.parent(Files.parent(#filePath))))
            + "/shared/data/agent-captures"
        let named = Environment.value("COORD_CAPTURES")
        return [named, beside].compactMap(\.self).first { Files.kind($0 + "/INDEX.json") == .file }
    }()

    /// Said where the captures are not there.
    static let absence = "not run: no captures; set COORD_CAPTURES to a folder with an INDEX.json"

    struct Entry: Sendable, CustomTestStringConvertible {
        var file: String
        var client: String
        var exit: ExitOutcome
        var complaint: String
        var arguments: String
        var testDescription: String { file }
    }

    /// Those of a client whose file is its standard output or a dialogue.
    static func of(_ client: String) -> [Entry] {
        guard let folder, let bytes = try? Files.read(folder + "/INDEX.json"),
            let index = try? JSONParser.parse(bytes)
        else { return [] }
        return (index["captures"]?.arrayValue ?? []).compactMap { entry in
            guard let file = entry["file"]?.stringValue, file.hasPrefix(client + "-") else { return nil }
            let status = entry["exit"]?.integerValue.flatMap { Int32(exactly: $0) } ?? 0
            return Entry(
                file: file, client: entry["client"]?.stringValue ?? "",
                exit: status > 128 ? .signaled(status - 128) : .exited(status: status),
                complaint: entry["stderr"]?.stringValue ?? "", arguments: entry["args"]?.stringValue ?? "")
        }
    }

    static func text(_ file: String) -> String? {
        folder.flatMap { try? Files.readText($0 + "/" + file) }
    }

    /// A capture played to the client's dialogue.
    static func play(_ entry: Entry, _ request: AgentRequest, files: [String: String] = [:])
        -> Replay?
    {
        guard var replay = Replay(request), let text = text(entry.file) else { return nil }
        var exit = entry.exit
        for line in text.split(separator: "\n") {
            guard entry.file.hasSuffix(".dialog.jsonl"), let event = try? JSONParser.parse(String(line))
            else {
                replay.hear(line)
                continue
            }
            switch event["dir"]?.stringValue {
            case "out":
                if let said = event["line"]?.stringValue {
                    replay.hear(said)
                } else if let message = event["msg"] {
                    replay.hear(message.text)
                }
            case "err": replay.hearError(event["line"]?.stringValue ?? "")
            case "exit":
                let status = event["line"]?.integerValue ?? event["code"]?.integerValue ?? 0
                exit = status < 0 ? .signaled(Int32(-status)) : .exited(status: Int32(status))
            default: continue
            }
        }
        for line in entry.complaint.split(separator: "\n") { replay.hearError(line) }
        replay.end(exit, files: files)
        return replay
    }
}
