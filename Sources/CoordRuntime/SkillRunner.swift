package import CoordModel
package import CoordProcess
package import CoordSkills
import CoordSystem

/// Runs a skill's program to its end on the calling thread, in a folder, confined by a launcher.
package enum SkillRunner {
    /// Looks the program up, runs it without a shell and without input, and gives what the caller is told.
    package static func run(
        _ call: SkillCall, in folder: String, environment: [String: String], launcher: Launcher = .none,
        cancellation: Cancellation? = nil
    ) -> (text: String, succeeded: Bool) {
        guard let program = program(of: call, environment) else {
            return call.answer(.missing, output: [], errors: [], dropped: 0)
        }
        let request = CommandRequest(
            executable: program, arguments: call.arguments, environment: environment, workingFolder: folder,
            timeout: call.timeout, outputLimitBytes: SkillCall.outputBytesMax, launcher: launcher)
        do throws(ProcessError) {
            let result = try CommandRunner.run(request, cancellation: cancellation)
            return call.answer(
                end(of: result), output: result.output, errors: result.errorOutput,
                dropped: result.droppedBytes)
        } catch {
            return call.answer(.failed(error.description), output: [], errors: [], dropped: 0)
        }
    }

    private static func program(of call: SkillCall, _ environment: [String: String]) -> String? {
        if call.program.hasPrefix("./") {
            return Executables.find(Files.absolute(call.program, base: call.home))
        }
        return Executables.find(call.program, path: environment["PATH"])
    }

    private static func end(of result: CommandResult) -> SkillCall.End {
        if result.timedOut { return .timedOut }
        switch result.exit {
        case .exited(let status): return .exited(status)
        case .signaled(let signal): return .signaled(signal)
        }
    }
}
