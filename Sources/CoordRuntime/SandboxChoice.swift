package import CoordModel
import CoordProcess
import CoordSandbox
import CoordSystem

/// The sandbox of a run: what was asked for, and what was found to hold on this machine.
package struct SandboxChoice: Hashable, Sendable {
    package var mechanism: SandboxMechanism
    /// The program that confines; empty with no sandbox.
    package var program: String
    package var settings: SandboxSettings

    /// No sandbox.
    package static let off = SandboxChoice(mechanism: .off, program: "", settings: .off)

    /// What was asked for, tried out; or why it cannot be had. Without a wish the first that holds is taken,
    /// and when none does the run is refused: an agent is never less confined than was said.
    package static func make(
        _ settings: SandboxSettings, workerProgram: String
    ) throws(RuntimeError) -> SandboxChoice {
        if settings.mechanism == .off {
            return SandboxChoice(mechanism: .off, program: "", settings: settings)
        }
        var reasons: [String] = []
        for mechanism in settings.mechanism.map({ [$0] }) ?? SandboxProbe.candidates {
            switch SandboxProbe.test(mechanism, workerProgram: workerProgram) {
            case .holds(let program):
                return SandboxChoice(mechanism: mechanism, program: program, settings: settings)
            case .fails(let reason): reasons.append("\(mechanism.rawValue): \(reason)")
            }
        }
        throw .noSandbox(reasons: reasons)
    }
}

/// Finds out what confines commands on this machine, by confining one and letting it try to break out.
package enum SandboxProbe {
    /// What a trial showed.
    package enum Finding: Hashable, Sendable {
        /// The program that confines.
        case holds(program: String)
        case fails(reason: String)
    }

    /// What is tried without a wish, the best first.
    package static var candidates: [SandboxMechanism] {
        #if os(Linux)
            [.bubblewrap, .landlock]
        #else
            [.seatbelt]
        #endif
    }

    private static let timeout = Duration.seconds(10)

    /// Confines a shell that writes one file it may and one it may not.
    package static func test(_ mechanism: SandboxMechanism, workerProgram: String) -> Finding {
        guard let program = program(of: mechanism, workerProgram: workerProgram) else {
            return .fails(reason: "not found")
        }
        do throws(SystemError) {
            let folder = try Files.realPath(Files.temporaryFolder(prefix: "coord-sandbox-"))
            defer {
                // What is left of a trial is two empty files.
                try? Files.removeTree(folder, step: .scratch)
            }
            try Files.makeFolder(folder + "/inside")
            var plan = SandboxPlan(workingFolder: folder + "/inside", allowsNetwork: true)
            plan.set(folder + "/inside", .writable)
            return run(plan, mechanism, program, folder)
        } catch {
            return .fails(reason: error.description)
        }
    }

    private static func run(
        _ plan: SandboxPlan, _ mechanism: SandboxMechanism, _ program: String, _ folder: String
    ) -> Finding {
        let request = CommandRequest(
            executable: "/bin/sh", arguments: ["-c", ": > written; : > ../broken"],
            environment: ["LC_ALL": "C"],
            workingFolder: folder + "/inside", timeout: timeout,
            launcher: SandboxedCommand.launcher(plan, mechanism: mechanism, program: program))
        do throws(ProcessError) {
            let result = try CommandRunner.run(request)
            if Files.kind(folder + "/broken") != nil {
                return .fails(reason: "it did not hold a command back")
            }
            guard Files.kind(folder + "/inside/written") != nil else {
                let line = result.errorText.split(separator: "\n").first.map(String.init)
                return .fails(reason: line ?? "it ended with \(result.exit)")
            }
            return .holds(program: program)
        } catch {
            return .fails(reason: "\(error)")
        }
    }

    private static func program(of mechanism: SandboxMechanism, workerProgram: String) -> String? {
        switch mechanism {
        case .bubblewrap: Executables.find("bwrap")
        case .landlock: workerProgram
        case .seatbelt: Executables.find("/usr/bin/sandbox-exec")
        case .off: nil
        }
    }
}

/// A plan in the words of a mechanism.
enum SandboxedCommand {
    static func launcher(_ plan: SandboxPlan, mechanism: SandboxMechanism, program: String) -> Launcher {
        switch mechanism {
        case .bubblewrap: BubblewrapArguments.launcher(plan, program: program)
        case .landlock: LandlockRules(plan, children: children(of:)).launcher(program: program)
        case .seatbelt: SeatbeltProfile.launcher(plan, program: program)
        case .off: .none
        }
    }

    /// What is in a folder. Links are left out: a right on one would be a right on what it leads to.
    private static func children(of folder: String) -> [String] {
        // A folder that cannot be listed gives no rights.
        let names = (try? Files.list(folder)) ?? []
        return names.map { folder == "/" ? "/" + $0 : folder + "/" + $0 }.filter { Files.kind($0) != .link }
    }
}
