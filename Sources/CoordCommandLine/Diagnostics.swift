/// Why a command did not do what was asked.
package struct CommandFailure: Error, Hashable, Sendable {
    package var status: ExitStatus
    /// What, on what, why; one sentence without a full stop.
    package var message: String
    /// Where it stands: `file:line:column`.
    package var location: String?
    /// What would help.
    package var hint: String?

    package init(_ status: ExitStatus, _ message: String, at location: String? = nil, hint: String? = nil) {
        self.status = status
        self.message = message
        self.location = location
        self.hint = hint
    }
}

/// Speech: errors, hints, warnings and notes, on standard error. The only place that prints them.
///
/// Texts from files, agents and git may be passed as they are; they come out escaped.
package final class Diagnostics {
    private let output: Output
    package let style: Style
    /// Keeps notes back.
    package let isQuiet: Bool
    /// Tells details too.
    package let isVerbose: Bool

    package init(_ output: Output, style: Style = .plain, isQuiet: Bool = false, isVerbose: Bool = false) {
        self.output = output
        self.style = style
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
    }

    /// Prints an error: what, where, and what would help.
    ///
    /// `excerpt`: lines of the file, shown between place and hint.
    package func error(
        _ message: String, at location: String? = nil, excerpt: String? = nil, hint: String? = nil
    ) {
        say(style.bold(style.red("error:")), message, location, excerpt, hint)
    }

    /// Prints a warning in the shape of an error.
    package func warning(
        _ message: String, at location: String? = nil, excerpt: String? = nil, hint: String? = nil
    ) {
        say(style.bold(style.yellow("warning:")), message, location, excerpt, hint)
    }

    /// Prints a failure as an error.
    package func report(_ failure: CommandFailure) {
        error(failure.message, at: failure.location, hint: failure.hint)
    }

    /// Something worth knowing that is no result; left out with `--quiet`.
    package func note(_ message: String) {
        guard !isQuiet else { return }
        output.line(TerminalText.escaped(message, keepsLines: true))
        output.flush()
    }

    /// Said only with `--verbose`.
    package func detail(_ message: String) {
        if isVerbose { note(message) }
    }

    private func say(
        _ label: String, _ message: String, _ location: String?, _ excerpt: String?, _ hint: String?
    ) {
        output.line(label + " " + TerminalText.escaped(message, keepsLines: true))
        if let location { output.line("  at " + TerminalText.escaped(location)) }
        if let excerpt { output.line(excerpt) }
        if let hint {
            output.line(style.bold(style.cyan("hint:")) + " " + TerminalText.escaped(hint, keepsLines: true))
        }
        output.flush()
    }
}
