import CoordModel
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The whole program: from the words that were typed to the exit status.
package enum Program {
    /// Runs `coord` as the shell started it.
    package static func main() -> Int32 {
        #if COORD_PLANTED_BUGS
            PlantedBug.active = Environment.value("COORD_PLANTED_BUG").flatMap(PlantedBug.init(rawValue:))
        #endif
        // A reader that goes away shall be an error of the write, which is then a quiet success.
        signal(SIGPIPE, SIG_IGN)
        // So shall a limit on the size of files (`ulimit -f`): the journal then answers like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        let status = run(
            Array(CommandLine.arguments.dropFirst()), surroundings: .real(), output: Output(descriptor: 1),
            speech: Output(descriptor: 2))
        return status.rawValue
    }

    /// Runs one command line in given surroundings.
    package static func run(
        _ words: [String], surroundings: Surroundings, output: Output, speech: Output
    ) -> ExitStatus {
        let arguments: LowArguments
        do throws(CommandFailure) { arguments = try ArgumentParser.parse(words) } catch {
            let style = Style(depth: depth(.automatic, surroundings.speechIsTerminal, surroundings))
            Diagnostics(speech, style: style).report(error)
            return error.status
        }
        let color = arguments.value("color").flatMap(ColorChoice.init(rawValue:)) ?? .automatic
        let diagnostics = Diagnostics(
            speech, style: Style(depth: depth(color, surroundings.speechIsTerminal, surroundings)),
            isQuiet: arguments.has("quiet"), isVerbose: arguments.has("verbose"))
        let context = CommandContext(
            arguments: arguments, output: output, diagnostics: diagnostics, surroundings: surroundings,
            style: Style(depth: depth(color, surroundings.outputIsTerminal, surroundings)))
        do throws(CommandFailure) {
            let status = try perform(context)
            output.flush()
            if let failure = output.failure {
                throw CommandFailure(.notReachable, "cannot write the answer: \(failure.reason)")
            }
            return status
        } catch {
            // What was found before the failure is still an answer.
            output.flush()
            diagnostics.report(error)
            return error.status
        }
    }

    private static func perform(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let path = context.arguments.path
        if path.isEmpty || context.arguments.has("help") { return try HelpCommand.run(context) }
        guard var spec = CommandTable.command(path[0]) else { preconditionFailure("\(path) is no command") }
        if path.count > 1, let subcommand = spec.subcommand(path[1]) { spec = subcommand }
        guard let body = spec.body else {
            throw CommandFailure(
                .wrongInput, "`\(context.arguments.commandText)` is not part of this version",
                hint: "`coord help` lists what is")
        }
        return try body(context)
    }

    private static func depth(
        _ choice: ColorChoice, _ isTerminal: Bool, _ surroundings: Surroundings
    ) -> ColorDepth {
        choice.depth(isTerminal: isTerminal, surroundings.environment)
    }
}
