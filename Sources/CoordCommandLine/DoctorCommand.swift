import CoordAgents
import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime
import CoordStore
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord doctor`: whether this machine has what coord needs. Changes nothing but a file of its own that it
/// removes.
enum DoctorCommand {
    enum Verdict: String { case ok, warning, missing }

    struct Finding {
        var name: String
        var verdict: Verdict
        var detail: String
    }

    private static let freeBytesNeeded: UInt64 = 1 << 30
    private static let descriptorsNeeded: UInt64 = 256
    /// 2024-01-01, before which no coord existed.
    private static let earliest = Timestamp(milliseconds: 1_704_067_200_000)

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let folder = (try? context.journalProject())?.project ?? context.surroundings.workingFolder
        let path = context.surroundings.environment("PATH")
        let findings =
            [git(path), shell(), sqlite(), python(path), rights(folder), temporary(context), disk(folder)]
            + [descriptors(), clock(context.now), sandbox(), agents(context)]
        let isWell = !findings.contains { $0.verdict == .missing }
        if context.wantsJSON {
            let checks = findings.map { finding -> JSONValue in
                [
                    "name": .string(finding.name), "status": .string(finding.verdict.rawValue),
                    "detail": .string(finding.detail),
                ]
            }
            context.answer(["schema": "coord.doctor/1", "ok": .bool(isWell), "checks": .array(checks)])
        } else {
            for finding in findings {
                context.output.line(
                    mark(finding.verdict, context.style) + TerminalText.padded(finding.name, to: 13)
                        + TerminalText.escaped(finding.detail))
            }
        }
        return isWell ? .done : .tasksFailed
    }

    private static func mark(_ verdict: Verdict, _ style: Style) -> String {
        let text = TerminalText.padded(verdict.rawValue, to: 9)
        return switch verdict {
        case .ok: style.green(text)
        case .warning: style.yellow(text)
        case .missing: style.red(text)
        }
    }

    // MARK: Checks

    private static func git(_ path: String?) -> Finding {
        guard let program = Executables.find("git", path: path) else {
            return Finding(
                name: "git", verdict: .missing, detail: "not found on PATH; coord needs 2.38 or newer")
        }
        let answer = firstLine(program, ["--version"])
        guard let version = answer.flatMap(version), version >= (2, 38) else {
            return Finding(
                name: "git", verdict: .missing,
                detail: "\(program): \(answer ?? "no answer"); coord needs 2.38 or newer")
        }
        return Finding(name: "git", verdict: .ok, detail: "\(version.0).\(version.1), \(program)")
    }

    private static func shell() -> Finding {
        guard Files.isExecutable("/bin/sh") else {
            return Finding(
                name: "shell", verdict: .missing, detail: "there is no /bin/sh; commands run through it")
        }
        return Finding(name: "shell", verdict: .ok, detail: "/bin/sh")
    }

    private static func sqlite() -> Finding {
        do throws(StoreError) {
            _ = try SQLiteStore(path: ":memory:", mode: .readWrite)
            return Finding(name: "sqlite", verdict: .ok, detail: SQLiteStore.libraryVersion)
        } catch {
            return Finding(
                name: "sqlite", verdict: .missing, detail: "\(SQLiteStore.libraryVersion): \(error)")
        }
    }

    private static func python(_ path: String?) -> Finding {
        guard let program = Executables.find("python3", path: path) else {
            return Finding(
                name: "python3", verdict: .warning,
                detail: "not found; the rehearsal of web-app tests itself with it")
        }
        return Finding(name: "python3", verdict: .ok, detail: program)
    }

    private static func rights(_ folder: String) -> Finding {
        let state = folder + "/.coord/state"
        let asked = Files.isFolder(state) ? state : folder
        guard access(asked, R_OK | W_OK | X_OK) == 0 else {
            let reason = SystemError.reason(errno)
            return Finding(
                name: "project", verdict: .missing, detail: "`\(asked)` cannot be written: \(reason)")
        }
        return Finding(name: "project", verdict: .ok, detail: "`\(asked)` can be written")
    }

    private static func temporary(_ context: CommandContext) -> Finding {
        do throws(SystemError) {
            let folder = try Files.temporaryFolder(prefix: "coord-doctor")
            try Files.removeTree(folder, step: .scratch)
            return Finding(
                name: "temporary", verdict: .ok, detail: "`\(Files.parent(folder))` can be written")
        } catch {
            return Finding(name: "temporary", verdict: .missing, detail: error.description)
        }
    }

    private static func disk(_ folder: String) -> Finding {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            return Finding(
                name: "disk", verdict: .warning, detail: SystemError.last("look at", folder).description)
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let text = "\(free >> 30).\((free >> 20 & 1023) * 10 / 1024) GiB free"
        guard free >= freeBytesNeeded else {
            return Finding(
                name: "disk", verdict: .warning, detail: text + "; worktrees and transcripts may need more")
        }
        return Finding(name: "disk", verdict: .ok, detail: text)
    }

    private static func descriptors() -> Finding {
        var limit = rlimit()
        #if canImport(Glibc)
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard result == 0 else {
            return Finding(name: "descriptors", verdict: .warning, detail: "limit not known")
        }
        let isEnough = UInt64(limit.rlim_cur) >= descriptorsNeeded
        let text = limit.rlim_cur > 1 << 40 ? "no limit" : "\(limit.rlim_cur) may be open at once"
        return Finding(
            name: "descriptors", verdict: isEnough ? .ok : .warning,
            detail: isEnough ? text : text + "; raise it with `ulimit -n 1024`")
    }

    private static func clock(_ now: Timestamp) -> Finding {
        guard now >= earliest else {
            return Finding(name: "clock", verdict: .warning, detail: "it is set to \(now)")
        }
        return Finding(name: "clock", verdict: .ok, detail: now.description)
    }

    private static func sandbox() -> Finding {
        let worker = Files.parent(Executables.own()) + "/coord-worker"
        var working: [String] = []
        var reasons: [String] = []
        for mechanism in SandboxProbe.candidates {
            switch SandboxProbe.test(mechanism, workerProgram: worker) {
            case .holds: working.append(mechanism.rawValue)
            case .fails(let reason): reasons.append("\(mechanism.rawValue) does not work: \(reason)")
            }
        }
        let isBest = working.first == SandboxProbe.candidates.first?.rawValue
        return Finding(
            name: "sandbox", verdict: working.isEmpty ? .missing : isBest ? .ok : .warning,
            detail: ([working.joined(separator: ", ")] + reasons).filter { !$0.isEmpty }.joined(
                separator: "; "))
    }

    private static func agents(_ context: CommandContext) -> Finding {
        let finder: AgentFinder
        do throws(CommandFailure) { finder = try GatewayChoice(context).finder() } catch {
            return Finding(name: "agents", verdict: .warning, detail: error.message)
        }
        let found = ClientProfile.all.compactMap { finder.find($0) }
        let ready = found.filter { $0.signIn != .none }.map(\.profile.name)
        guard !found.isEmpty else {
            return Finding(
                name: "agents", verdict: .warning,
                detail: "no coding agent found (`coord doctor agents`); `--agent rehearsal` needs none")
        }
        return Finding(
            name: "agents", verdict: ready.isEmpty ? .warning : .ok,
            detail: ready.isEmpty
                ? "nobody is signed in to any; see `coord doctor agents`"
                : ready.joined(separator: ", ") + "; more by `coord doctor agents`")
    }

    // MARK: Asking programs

    private static func firstLine(_ program: String, _ arguments: [String]) -> String? {
        let request = CommandRequest(
            executable: program, arguments: arguments, environment: ["LC_ALL": "C"], timeout: .seconds(10))
        // A program that cannot be run has no version to tell.
        guard let result = try? CommandRunner.run(request), result.succeeded else { return nil }
        return result.outputText.split(separator: "\n").first.map(String.init)
    }

    /// The first two numbers of `git version 2.39.5`.
    private static func version(_ line: String) -> (Int, Int)? {
        guard let word = line.split(separator: " ").first(where: { $0.first?.isNumber ?? false }) else {
            return nil
        }
        let numbers = word.split(separator: ".").prefix(2).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
}
