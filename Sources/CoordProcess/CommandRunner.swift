import CPosix
package import CoordModel
import CoordSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One command to run to its end.
package struct CommandRequest: Sendable {
    /// An absolute path.
    package var executable: String
    package var arguments: [String]
    /// The whole environment; the runner adds `COORD_COMMAND`, by which it finds what the command leaves
    /// behind.
    package var environment: [String: String]
    package var workingFolder: String?
    /// Fed to the command's input; empty: the null device.
    package var input: [UInt8]
    /// Nil: no limit.
    package var timeout: Duration?
    /// Of each stream this many bytes are kept, the last ones.
    package var outputLimitBytes: Int
    package var mergesErrorIntoOutput: Bool
    /// A session of its own, so that nothing it starts can reach our terminal.
    package var isolatesSession: Bool
    /// Looks for processes the command left behind, and ends them. Costs a look at the process table; not
    /// worth it for a tool known to leave none, such as git.
    package var endsLeftovers: Bool
    /// What the command is started through.
    package var launcher: Launcher
    /// Called once the process is there, on the calling thread.
    package var whenStarted: (@Sendable () -> Void)?

    package init(
        executable: String, arguments: [String] = [], environment: [String: String] = [:],
        workingFolder: String? = nil, input: [UInt8] = [], timeout: Duration? = nil,
        outputLimitBytes: Int = 16 << 20, mergesErrorIntoOutput: Bool = false, isolatesSession: Bool = true,
        endsLeftovers: Bool = true, launcher: Launcher = .none
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        self.input = input
        self.timeout = timeout
        self.outputLimitBytes = outputLimitBytes
        self.mergesErrorIntoOutput = mergesErrorIntoOutput
        self.isolatesSession = isolatesSession
        self.endsLeftovers = endsLeftovers
        self.launcher = launcher
    }
}

/// What came of a command.
package struct CommandResult: Sendable, Equatable {
    package var exit: ExitOutcome
    package var timedOut: Bool
    package var cancelled: Bool
    package var output: [UInt8]
    package var errorOutput: [UInt8]
    package var duration: Duration
    /// How many bytes of both streams were dropped to keep the limit.
    package var droppedBytes: Int

    /// Exit status 0, in time and not cancelled.
    package var succeeded: Bool { exit == .exited(status: 0) && !timedOut && !cancelled }
    /// The output as text; bytes that are not UTF-8 come repaired.
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
}

/// Runs one command to its end on the calling thread.
///
/// A time-out or a cancellation sends TERM to everything the command started, and KILL two seconds later. The
/// end of the command's own process is what counts: what it leaves behind is killed, and a stranger that
/// holds its output open is listened to for one more second. No process and no descriptor is left.
package enum CommandRunner {
    static let grace = Duration.seconds(2)
    static let drain = Duration.seconds(1)

    private static let counter = Atomic<UInt64>(0)

    /// Blocks until the command has ended. Throws when it could not start; how it ended is in the result.
    package static func run(
        _ request: CommandRequest, cancellation: Cancellation? = nil
    ) throws(ProcessError) -> CommandResult {
        if let cancellation, cancellation.isCancelled {
            return CommandResult(
                exit: .signaled(SIGTERM), timedOut: false, cancelled: true, output: [], errorOutput: [],
                duration: .zero, droppedBytes: 0)
        }
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let mark = "\(getpid())-\(coord_monotonic_now())-\(number)"
        return try RunningCommand(request, mark: mark, cancellation: cancellation).finish()
    }
}

/// A command line as the shell is given it.
package enum ShellCommand {
    package static let program = "/bin/sh"

    /// The shell's arguments. Under a launcher that ends all when the shell ends, the shell waits, when told
    /// to end politely, for what it runs, and then ends without going on.
    package static func arguments(_ command: String, launcher: Launcher) -> [String] {
        ["-c", launcher.staysAsParent ? "trap 'exit 143' TERM; " + command : command]
    }
}
