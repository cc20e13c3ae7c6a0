package import CoordJSON
package import CoordModel
package import CoordWire

/// A conversation with one client, without I/O: what it prints goes in; what it means, and what to answer,
/// comes out. One value per attempt.
///
/// Lines that it does not know are left alone: every release of a client adds some. What a client says is
/// believed within limits only, as is everything an agent says.
package protocol AgentDialogue: Sendable {
    /// What is done first, right after the start of the program.
    mutating func begin() -> [AgentAction]
    /// Takes in a line of standard output, given without its end.
    mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction]
    /// Takes in a line of standard error, given without its end.
    mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction]
    /// Takes in the answer to a `.access`.
    mutating func accessed(_ id: RPCID, _ result: FileAccess.Result) -> [AgentAction]
    /// Takes in what came of a `.use`.
    mutating func used(_ id: RPCID, _ text: String, isError: Bool) -> [AgentAction]
    /// Takes in the answer to a `.turnEnded`: the tools of the next turn.
    mutating func begin(turnWith tools: [AgentTool]) -> [AgentAction]
    /// Says something to the agent while it works. Nil: this client cannot be spoken to.
    mutating func steer(_ text: String) -> [AgentAction]?
    /// Asks it to leave off what it does and to end. Nil: a signal has to do.
    mutating func interrupt() -> [AgentAction]?
    /// The client has ended and everything it said was heard. `files` holds what could be read of
    /// `AgentCommand.results`.
    mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding
}

extension AgentDialogue {
    package mutating func begin() -> [AgentAction] { [] }
    package mutating func accessed(_ id: RPCID, _ result: FileAccess.Result) -> [AgentAction] { [] }
    package mutating func used(_ id: RPCID, _ text: String, isError: Bool) -> [AgentAction] { [] }
    package mutating func begin(turnWith tools: [AgentTool]) -> [AgentAction] { [] }
    package mutating func steer(_ text: String) -> [AgentAction]? { nil }
    package mutating func interrupt() -> [AgentAction]? { nil }
}

/// What is to be done because of what a client said.
package enum AgentAction: Hashable, Sendable {
    /// Write this line to its standard input; the end of the line is added.
    case send([UInt8])
    /// Close its standard input: there is nothing more to say.
    case closeInput
    case report(AgentReport)
    /// Words for the transcript.
    case say(String)
    /// Read or write a file for it, within the worktree, and tell it by `accessed`.
    case access(RPCID, FileAccess)
    /// Use one of `AgentRequest.tools` for it, and tell it what came of that by `used`.
    case use(RPCID, tool: String, arguments: JSONObject)
    /// Keep this, in place of what was kept, for an attempt that goes on with the session.
    case keep([UInt8])
    /// A turn is over in which it called these tools; say by `begin(turnWith:)` which there are now.
    case turnEnded(called: [String])
}

/// A file that an agent wants read or written by its client side.
package enum FileAccess: Hashable, Sendable {
    /// `line` counts from 1; nil: from the start, or to the end.
    case read(path: String, line: Int?, limit: Int?)
    case write(path: String, content: String)

    /// How it went.
    package enum Result: Hashable, Sendable {
        case text(String)
        case written
        case refused(String)
    }
}

/// How an agent's run ended.
package struct AgentEnding: Hashable, Sendable {
    /// What is still to be reported.
    package var actions: [AgentAction]
    /// Nil: it did its work.
    package var failure: AgentFailure?

    package init(_ actions: [AgentAction] = [], failure: AgentFailure? = nil) {
        self.actions = actions
        self.failure = failure
    }
}

/// How a client is started, to be carried out by whoever starts it.
package struct AgentCommand: Hashable, Sendable {
    /// What runs: a program with its arguments, or a line for the shell.
    package enum Program: Hashable, Sendable {
        case file(String, arguments: [String])
        case shell(String)
    }

    package var program: Program
    /// What the client needs in its environment beside what every agent gets; nil takes a variable away.
    package var environment: [String: String?]
    /// Files to write before the start: paths below the client's own folder, and their text.
    package var files: [String: String]
    /// Folders to make before the start, below the client's own folder.
    package var folders: [String]
    /// Whether the client reads its standard input; if not, it is the null device.
    package var readsInput: Bool
    /// Files to read after the end, by a name for `AgentDialogue.end`: below the client's own folder. A last
    /// part that begins with `*/` is looked for in every folder below, and the newest is taken.
    package var results: [String: String]

    package init(
        _ program: Program, environment: [String: String?] = [:], files: [String: String] = [:],
        folders: [String] = [], readsInput: Bool = false,
        results: [String: String] = [:]
    ) {
        self.program = program
        self.environment = environment
        self.files = files
        self.folders = folders
        self.readsInput = readsInput
        self.results = results
    }
}

/// What a client is asked to do.
package struct AgentRequest: Hashable, Sendable {
    package var launch: AgentLaunch
    package var prompt: String
    /// The file with the prompt, for a prompt that is too long for an argument.
    package var promptFile: String
    package var worktree: String
    /// The variables of the attempt, where the person may have set addresses and keys.
    package var environment: [String: String]
    /// The tools of coord's for an agent that has them from coord itself; others call them by MCP.
    package var tools: [AgentTool]
    /// What was kept of the session to go on with. Nil: nothing.
    package var kept: [UInt8]?

    package init(
        launch: AgentLaunch, prompt: String, promptFile: String, worktree: String,
        environment: [String: String] = [:], tools: [AgentTool] = [], kept: [UInt8]? = nil
    ) {
        self.launch = launch
        self.prompt = prompt
        self.promptFile = promptFile
        self.worktree = worktree
        self.environment = environment
        self.tools = tools
        self.kept = kept
    }

    /// The kernel takes 128 KiB an argument.
    private static let argumentBytesMax = 100 << 10

    /// The prompt for clients that take it as an argument.
    package var promptArgument: String {
        guard prompt.utf8.count > Self.argumentBytesMax else { return prompt }
        return "Your task is in the file `\(promptFile)`. Read the whole of it, and do what it says."
    }

    /// The client's own folder. Without one its files lie where the client has them by default.
    package var home: String { launch.home ?? "" }
}
