import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A machine of its own for the built programs: a home, state and configuration folders, a project, and real
/// git. Gone with the object.
final class Stand {
    let root: String
    let project: String
    let environment: [String: String]
    private let gitProgram: String

    /// A project with one commit of these files; nil: no project at all. Its path has a space in it.
    init(files: [String: String]? = ["README.md": "# Project\n"]) throws {
        root = try Files.realPath(Files.temporaryFolder(prefix: "coord-e2e-"))
        project = root + "/my project"
        gitProgram = try #require(Executables.find("git"))
        environment = [
            "PATH": Environment.value("PATH") ?? "/usr/bin:/bin", "HOME": root + "/home",
            "XDG_STATE_HOME": root + "/state", "XDG_CONFIG_HOME": root + "/config", "LC_ALL": "C",
            "TMPDIR": root + "/tmp", "SECRET_TOKEN": "do-not-pass-on",
            // Agents here talk with their test through files; what a sandbox holds has tests of its own.
            "COORD_SANDBOX": "off",
        ]
        for folder in ["home", "state", "config", "tmp"] { try Files.makeFolder(root + "/" + folder) }
        try write(root + "/home/.gitconfig", "[user]\n\tname = Ada\n\temail = ada@example.org\n")
        guard let files else { return }
        try Files.makeFolder(project)
        try git("init", "-q", "-b", "main")
        for (name, text) in files { try write(project + "/" + name, text) }
        try git("add", "-A")
        try git("commit", "-q", "-m", "Start")
    }

    deinit {
        // What cannot be removed stays for the next cleaning of the temporary folder.
        try? Files.removeTree(root)
    }

    // MARK: - Files and git

    func write(_ path: String, _ text: String, executable: Bool = false) throws {
        let full = path.hasPrefix("/") ? path : root + "/" + path
        try Files.makeFolder(Files.parent(full))
        try Files.writeAtomically(Array(text.utf8), to: full, permissions: executable ? 0o755 : 0o644)
    }

    func read(_ path: String) throws -> String {
        try Files.readText(path.hasPrefix("/") ? path : root + "/" + path)
    }

    /// Runs git as the user would; its output without the last line feed.
    @discardableResult
    func git(_ arguments: String..., in folder: String? = nil) throws -> String {
        let result = try CommandRunner.run(
            CommandRequest(
                executable: gitProgram, arguments: arguments, environment: environment,
                workingFolder: folder ?? project, timeout: .seconds(60), endsLeftovers: false))
        guard result.succeeded else {
            throw Failure("git \(arguments.joined(separator: " ")): \(result.errorText)")
        }
        return result.outputText.hasSuffix("\n") ? String(result.outputText.dropLast()) : result.outputText
    }

    /// The same for arguments that are computed.
    func git(list arguments: [String]) throws -> String {
        let result = try CommandRunner.run(
            CommandRequest(
                executable: gitProgram, arguments: arguments, environment: environment,
                workingFolder: project, timeout: .seconds(60), endsLeftovers: false))
        guard result.succeeded else { throw Failure("git \(arguments): \(result.errorText)") }
        return result.outputText.trimmed
    }

    /// The commits of the target since the first, oldest first, along first parents.
    func chain(_ branch: String = "main") throws -> [String] {
        try git("rev-list", "--first-parent", "--reverse", branch).lines.dropFirst().map { String($0) }
    }

    func trailer(_ name: String, of commit: String) throws -> String {
        let format = "--format=%(trailers:key=\(name),valueonly)"
        return try git("log", "-1", format, commit).trimmed
    }

    // MARK: - Missions and agents

    /// Writes a mission beside the project. `members` is JSON text: what a mission has besides its id.
    @discardableResult
    func mission(_ members: String, name: String = "mission") throws -> String {
        let path = root + "/\(name).json"
        try write(path, "{ \"id\": \"\(name)\", \"goal\": \"Reach it\", \(members) }\n")
        return path
    }

    /// An agent: a shell script that is told the test's folder as `$ROOT`. The value for `--agent`.
    func agent(_ script: String) throws -> String {
        try write("agent.sh", "ROOT='\(root)'\nset -e\n" + script + "\n")
        return "command:/bin/sh '\(root)/agent.sh'"
    }

    // MARK: - coord

    static func program(_ name: String) -> String { Files.parent(Executables.own()) + "/" + name }

    /// Runs coord to its end, by default in the project.
    func coord(
        _ arguments: [String], in folder: String? = nil, with more: [String: String] = [:]
    ) throws -> Answer {
        try start(arguments, in: folder, with: more).wait()
    }

    func coord(_ arguments: String...) throws -> Answer { try coord(arguments) }

    func start(
        _ arguments: [String], in folder: String? = nil, with more: [String: String] = [:]
    ) throws -> Running {
        try Running(
            Self.program("coord"), arguments, environment.merging(more) { $1 },
            in: folder ?? (Files.isFolder(project) ? project : root), scratch: root)
    }

    /// The document of a reading command.
    func document(_ arguments: String...) throws -> JSONValue {
        let answer = try coord(arguments + ["--json"])
        guard answer.status == 0 else { throw Failure("\(arguments): \(answer)") }
        return try JSONParser.parse(answer.output)
    }

    /// Every fact of the latest run.
    func events() throws -> [JSONValue] {
        let answer = try coord("events", "--json")
        return try answer.output.lines.map { try JSONParser.parse(String($0)) }
    }

    func events(_ type: String) throws -> [JSONValue] { try events().filter { $0["type"] == .string(type) } }

    func task(_ id: String) throws -> JSONValue {
        let tasks = try document("tasks")["tasks"]?.arrayValue ?? []
        return try #require(tasks.first { $0["id"] == .string(id) }, "no task \(id)")
    }

    func stage(_ id: String) throws -> String { try task(id)["stage"]?.stringValue ?? "" }

    /// What of the project no run may change: everything but where the branch `main` is.
    func traces() throws -> [String] {
        let main = try git("rev-parse", "main")
        return [
            try git("for-each-ref", "--format=%(refname)"), try git("rev-parse", "side"),
            try read(project + "/.git/config"),
            try git("worktree", "list", "--porcelain").replacing(main, with: "the head of main"),
            try git("status", "--porcelain"), try git("stash", "list"),
            try Files.list(project + "/.git/hooks").joined(separator: " "),
        ]
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension String {
    var lines: [Substring] { split(separator: "\n", omittingEmptySubsequences: true) }
    var trimmed: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}

/// What a program answered.
struct Answer: CustomStringConvertible {
    /// The exit status; 1000 + the signal's number for a program that was killed.
    var status: Int32
    var output: String
    var speech: String

    var description: String { "status \(status)\n--- output\n\(output)--- speech\n\(speech)" }
}

/// A program under way; its output goes to files.
final class Running {
    let child: ChildProcess
    private let outputPath: String
    private let speechPath: String

    init(
        _ executable: String, _ arguments: [String], _ environment: [String: String], in folder: String,
        scratch: String
    ) throws {
        let base = try Files.temporaryFolder(prefix: "coord-e2e-out-")
        outputPath = base + "/out"
        speechPath = base + "/err"
        let output = try Descriptors.open(outputPath, O_WRONLY | O_CREAT | O_APPEND)
        let speech = try Descriptors.open(speechPath, O_WRONLY | O_CREAT | O_APPEND)
        defer {
            Descriptors.close(output)
            Descriptors.close(speech)
        }
        child = try ChildProcess.spawn(
            SpawnRequest(
                executable: executable, arguments: arguments, environment: environment, workingFolder: folder,
                descriptors: [(1, output), (2, speech)], session: true))
    }

    deinit {
        // What cannot be removed stays for the next cleaning of the temporary folder.
        try? Files.removeTree(Files.parent(outputPath))
    }

    func signal(_ number: Int32) { kill(child.pid, number) }

    /// Waits until the program has said these words, at most a minute.
    func await(_ words: String) throws {
        let limit = ContinuousClock.now + .seconds(60)
        var wanted = pollfd(fd: child.exitDescriptor, events: Int16(POLLIN), revents: 0)
        while !text(speechPath).contains(words) {
            guard poll(&wanted, 1, 20) == 0, ContinuousClock.now < limit else {
                throw Failure("`\(words)` was never said: \(text(speechPath))")
            }
        }
    }

    /// Waits for the end; a program that takes longer, usually than two minutes, is killed.
    func wait(atMost milliseconds: Int32 = 120_000) -> Answer {
        var wanted = pollfd(fd: child.exitDescriptor, events: Int16(POLLIN), revents: 0)
        if poll(&wanted, 1, milliseconds) <= 0 { child.killTree() }
        let status: Int32 =
            switch child.wait() {
            case .exited(let status): status
            case .signaled(let signal): 1000 + signal
            }
        return Answer(status: status, output: text(outputPath), speech: text(speechPath))
    }

    private func text(_ path: String) -> String {
        // What cannot be read is shown as nothing; the status tells.
        (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Lines from a descriptor, each awaited at most a minute.
final class LineReader {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Descriptors.close(descriptor) }

    /// Nil at the end.
    func next() throws -> String? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 60_000) > 0 else { throw Failure("waited a minute for a line") }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = readBytes(descriptor, &buffer)
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
    }
}

/// The system's `read`, whose name the stand's own hides.
private func readBytes(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}

/// A named pipe by which agents and tests wait for each other.
final class Fifo {
    private let descriptor: Int32
    private let reader: LineReader

    init(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw SystemError.last("make a fifo", path) }
        // Open both ways: nobody waits for the other side, and the end is never seen.
        descriptor = try Descriptors.open(path, O_RDWR | O_CLOEXEC)
        reader = LineReader(dup(descriptor))
    }

    deinit { Descriptors.close(descriptor) }

    func line() throws -> String { try reader.next() ?? "" }

    func say(_ line: String) throws { try Descriptors.writeAll(Array((line + "\n").utf8), to: descriptor) }
}

/// `coord events --follow --json` on a run under way.
final class EventStream {
    private let child: ChildProcess
    private let reader: LineReader
    private(set) var seen: [JSONValue] = []

    init(_ stand: Stand) throws {
        let pipe = try Descriptors.makePipe()
        child = try ChildProcess.spawn(
            SpawnRequest(
                executable: Stand.program("coord"), arguments: ["events", "--follow", "--json"],
                environment: stand.environment, workingFolder: stand.project,
                descriptors: [(1, pipe.write)]))
        Descriptors.close(pipe.write)
        reader = LineReader(pipe.read)
    }

    /// Waits for the first new fact of the type, about the task or worker if named.
    @discardableResult
    func await(_ type: String, about name: String? = nil) throws -> JSONValue {
        while let line = try reader.next() {
            let fact = try JSONParser.parse(line)
            seen.append(fact)
            let names = [fact["task"]?.stringValue, fact["worker"]?.stringValue]
            if fact["type"] == .string(type), name == nil || names.contains(name) { return fact }
        }
        throw Failure("the stream ended before \(type) about \(name ?? "anything")")
    }
}
