package import CoordModel
import CoordProcess
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a command sees of the world it was started in. Tests give another one.
package struct Surroundings: Sendable {
    package var workingFolder: String
    package var environment: @Sendable (String) -> String?
    package var now: @Sendable () -> Timestamp
    package var isAlive: @Sendable (ProcessIdentity) -> Bool
    package var outputIsTerminal: Bool
    package var speechIsTerminal: Bool
    /// Columns and rows of the terminal; nil when there is none.
    package var terminalSize: @Sendable () -> (columns: Int, rows: Int)?

    package init(
        workingFolder: String, environment: @escaping @Sendable (String) -> String?,
        now: @escaping @Sendable () -> Timestamp, isAlive: @escaping @Sendable (ProcessIdentity) -> Bool,
        outputIsTerminal: Bool = false, speechIsTerminal: Bool = false,
        terminalSize: @escaping @Sendable () -> (columns: Int, rows: Int)? = { nil }
    ) {
        self.workingFolder = workingFolder
        self.environment = environment
        self.now = now
        self.isAlive = isAlive
        self.outputIsTerminal = outputIsTerminal
        self.speechIsTerminal = speechIsTerminal
        self.terminalSize = terminalSize
    }

    /// The world as it is.
    package static func real() -> Surroundings {
        let clock = RuntimeClock()
        return Surroundings(
            workingFolder: Environment.workingFolder, environment: { Environment.value($0) },
            now: { clock.now() }, isAlive: { ProcessTable.isAlive($0) }, outputIsTerminal: isatty(1) == 1,
            speechIsTerminal: isatty(2) == 1, terminalSize: { Terminal.size() })
    }
}

/// The terminal the process stands on.
package enum Terminal {
    /// Columns and rows, asked of standard error, output and input in turn; nil without a terminal.
    package static func size() -> (columns: Int, rows: Int)? {
        for descriptor: Int32 in [2, 1, 0] {
            var size = winsize()
            if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 {
                return (Int(size.ws_col), Int(size.ws_row))
            }
        }
        return nil
    }

    /// Whether the terminal's keys (Ctrl-C) reach this process's group.
    package static func isOurs() -> Bool { (0...2).contains { tcgetpgrp($0) == getpgrp() } }
}
