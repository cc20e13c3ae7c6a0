import CoordCore
import CoordModel
import CoordProcess
import CoordSystem

/// Runs the gate's commands one after the other in a folder that holds exactly the candidate's tree.
enum GateRunner {
    /// How much of the end of the output is kept as evidence, in bytes.
    private static let tailBytes = 4096

    private static let folderVariable = "COORD_GATE_FOLDER"

    /// What every process of a gate in the folder has in its environment.
    static func mark(of folder: String) -> String { folderVariable + "=" + folder }

    /// Blocks until the gate's verdict, or until it is cancelled: nil.
    static func run(
        _ commands: [String], in folder: String, timeout: Duration, cancellation: Cancellation,
        sandbox: Sandbox? = nil, variables: [String: String] = [:]
    ) -> GateReport? {
        #if COORD_PLANTED_BUGS
            let commands = PlantedBug.isActive(.gateSkipped) ? [] : commands
        #endif
        var total = Duration.zero
        var tests: Int?
        var skips: Int?
        var tail = ""
        var environment = AgentEnvironment.inherited()
        environment["COORD_GATE"] = "1"
        environment[folderVariable] = folder
        environment.merge(variables) { $1 }
        var launcher = Launcher.none
        if let sandbox {
            do throws(SystemError) {
                let confinement = try sandbox.confineGate(folder, environment: environment)
                launcher = confinement.launcher
                environment = confinement.environment
            } catch {
                return GateReport(
                    outcome: .couldNotRun, command: commands.first ?? "", exit: nil, duration: .zero,
                    reason: "\(error)", tail: "")
            }
        }
        for command in commands {
            let request = CommandRequest(
                executable: ShellCommand.program,
                arguments: ShellCommand.arguments(command, launcher: launcher), environment: environment,
                workingFolder: folder, timeout: timeout - total, mergesErrorIntoOutput: true,
                launcher: launcher)
            let result: CommandResult
            do { result = try CommandRunner.run(request, cancellation: cancellation) } catch {
                return GateReport(
                    outcome: .couldNotRun, command: command, exit: nil, duration: total, reason: "\(error)",
                    tail: "")
            }
            if result.cancelled { return nil }
            total += result.duration
            let output = String(decoding: result.output, as: UTF8.self)
            tail = Self.tail(of: output)
            if let count = TestCount.find(in: output) { tests = (tests ?? 0) + count }
            if let count = TestCount.findSkips(in: output) { skips = (skips ?? 0) + count }
            let (outcome, reason) = verdict(result, timeout: timeout)
            if outcome != .passed {
                return GateReport(
                    outcome: outcome, command: command, exit: result.exit, duration: total, testCount: tests,
                    skipCount: skips, reason: reason, tail: tail)
            }
        }
        let command = commands.last ?? ""
        if tests == 0 {
            return GateReport(
                outcome: .couldNotRun, command: command, exit: .exited(status: 0), duration: total,
                testCount: 0, skipCount: skips,
                reason: "no test was found", tail: tail)
        }
        return GateReport(
            outcome: .passed, command: command, exit: commands.isEmpty ? nil : .exited(status: 0),
            duration: total,
            testCount: tests, skipCount: skips,
            reason: commands.isEmpty ? "the mission has no gate" : "", tail: tail)
    }

    private static func verdict(_ result: CommandResult, timeout: Duration) -> (GateOutcome, String) {
        if result.timedOut {
            return (.couldNotRun, "time-out after \(timeout.wholeMilliseconds / 1000) s")
        }
        switch result.exit {
        case .exited(status: 0): return (.passed, "")
        case .exited(status: 126): return (.couldNotRun, "exit status 126: found, but not executable")
        case .exited(status: 127): return (.couldNotRun, "exit status 127: a command was not found")
        case .exited(let status): return (.failed, "exit status \(status)")
        case .signaled(let signal): return (.couldNotRun, "ended by signal \(signal)")
        }
    }

    private static func tail(of output: String) -> String {
        guard output.utf8.count > tailBytes else { return output }
        return String(decoding: Array(output.utf8.suffix(tailBytes)), as: UTF8.self)
    }
}
