import CoordModel
import CoordProcess
import CoordSystem

/// What a git command answered.
struct GitOutput: Sendable {
    var status: Int32
    var output: [UInt8]
    var errorText: String
}

/// Runs git commands to their end, on the calling thread.
struct GitRunner: Sendable {
    /// Long enough for the checkout of a large repository; a git that takes longer hangs.
    static let timeout = Duration.seconds(600)
    /// The list of a repository with a million files fits.
    static let outputLimitBytes = 256 << 20

    let tool: GitTool

    /// Runs one command at a place. An exit status outside `accepting` throws the case that fits git's words.
    func run(
        _ command: GitCommand, at place: GitPlace, environment: [String: String] = [:],
        input: [UInt8] = [], accepting: ClosedRange<Int32> = 0...0
    ) throws(GitError) -> GitOutput {
        var variables = tool.environment
        if let index = place.index { variables["GIT_INDEX_FILE"] = index }
        if !place.alternates.isEmpty {
            variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = Self.alternates(place.alternates)
        }
        if let folder = place.newObjects { variables["GIT_OBJECT_DIRECTORY"] = folder }
        variables.merge(environment) { _, new in new }
        return try start(
            command, arguments: GitArguments.list(command, at: place), environment: variables,
            folder: place.workTree, repository: place.gitFolder, input: input, accepting: accepting)
    }

    /// Runs one command that finds its repository from a folder, or makes one there.
    func discover(
        _ command: GitCommand, from folder: String, accepting: ClosedRange<Int32> = 0...0
    ) throws(GitError) -> GitOutput {
        try start(
            command, arguments: GitArguments.discovering(command), environment: tool.environment,
            folder: folder, repository: folder, input: [], accepting: accepting)
    }

    private func start(
        _ command: GitCommand, arguments: [String], environment: [String: String], folder: String,
        repository: String, input: [UInt8], accepting: ClosedRange<Int32>
    ) throws(GitError) -> GitOutput {
        var request = CommandRequest(
            executable: tool.executable, arguments: arguments, environment: environment,
            workingFolder: folder, input: input, timeout: Self.timeout,
            outputLimitBytes: Self.outputLimitBytes, endsLeftovers: false)
        let step = command.step
        request.whenStarted = { FailPoint.passOrDie(step, .between) }
        tool.counter.increment()
        let result: CommandResult
        do throws(SystemError) { try FailPoint.pass(step, .before) } catch { throw .system(error) }
        do { result = try CommandRunner.run(request) } catch { throw .process(error) }
        FailPoint.passOrDie(step, .after)
        guard !result.timedOut else {
            throw .timedOut(arguments: command.arguments, repository: repository, after: Self.timeout)
        }
        guard result.droppedBytes == 0 else {
            throw .unexpectedOutput(
                arguments: command.arguments, excerpt: "more than \(Self.outputLimitBytes) bytes")
        }
        let message = Self.tail(result.errorText)
        guard case .exited(let status) = result.exit, accepting.contains(status) else {
            throw GitError.from(
                GitFailure(
                    arguments: command.arguments, repository: repository, exit: result.exit,
                    message: message))
        }
        return GitOutput(status: status, output: result.output, errorText: message)
    }

    /// The last lines, at most 2 KiB.
    private static func tail(_ text: String) -> String {
        var lines = text.split(separator: "\n").suffix(12)
        while lines.count > 1, lines.reduce(0, { $0 + $1.utf8.count + 1 }) > 2048 { lines.removeFirst() }
        return String(lines.joined(separator: "\n").suffix(2048))
    }

    /// A list of folders as git reads it: separated by colons, one that holds a colon in quotes.
    private static func alternates(_ folders: [String]) -> String {
        folders.map { folder in
            guard folder.contains(":") || folder.hasPrefix("\"") else { return folder }
            let escaped = folder.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
            return "\"" + String(escaped) + "\""
        }.joined(separator: ":")
    }
}

extension GitRunner {
    /// Runs a command whose answer is the name of one object.
    func object(
        _ command: GitCommand, at place: GitPlace, environment: [String: String] = [:], input: [UInt8] = []
    ) throws(GitError) -> ObjectID {
        let answer = try run(command, at: place, environment: environment, input: input)
        guard let id = PorcelainParser.objectID(answer.output) else {
            throw .unexpectedOutput(
                arguments: command.arguments,
                excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self))
        }
        return id
    }

    /// Runs a command whose answer is a list of paths.
    func paths(_ command: GitCommand, at place: GitPlace) throws(GitError) -> [String] {
        PorcelainParser.fields(try run(command, at: place).output)
    }

    /// Runs `ls-files -t` in one of its forms.
    func listing(_ command: GitCommand, at place: GitPlace) throws(GitError) -> WorktreeListing {
        let answer = try run(command, at: place)
        guard let listing = PorcelainParser.worktree(answer.output) else {
            throw .unexpectedOutput(
                arguments: command.arguments,
                excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self))
        }
        return listing
    }
}
