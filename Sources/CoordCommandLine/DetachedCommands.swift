import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord run --detach` and the operator it leaves behind, `coord serve`.
enum DetachedCommands {
    /// The descriptor on which a detached coordinator says that it works.
    private static let readiness: Int32 = 3
    private static let readinessVariable = "COORD_READY_FD"

    // MARK: - The operator

    /// `coord serve`: looks after detached runs until it is told to end.
    static func serve(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let folder = try folder()
        let made: Operator?
        do throws(SystemError) {
            made = try Operator(folder: folder, endsWhenIdle: context.arguments.has("until-idle")) {
                context.diagnostics.note($0)
            }
        } catch { throw CommandFailure(error) }
        guard let made else {
            throw CommandFailure(
                .notReachable, "an operator runs already: \(Operator.holder(in: folder) ?? "it just ended")")
        }
        do throws(SystemError) { try made.work() } catch { throw CommandFailure(error) }
        return .done
    }

    private static func folder() throws(CommandFailure) -> String {
        guard let folder = DetachedRun.folder else {
            throw CommandFailure(
                .wrongInput, "there is no folder for the state of detached runs",
                hint: "set HOME, or XDG_STATE_HOME to an absolute path")
        }
        return folder
    }

    // MARK: - Detaching

    /// Starts the run in a session of its own and answers when it works, or with why it does not.
    static func detach(_ context: CommandContext, mission: MissionID) throws(CommandFailure) -> ExitStatus {
        let folder = try folder()
        let resumed = context.arguments.has("resume") ? try context.runReading().record.id : nil
        let run = resumed ?? RunSession.newRunID(mission)
        let words = context.arguments.typed.filter { $0 != "--detach" && $0 != "--json" }
        var environment = AgentEnvironment.inherited()
        for (name, value) in Environment.all where name.hasPrefix("COORD_") || name == "XDG_STATE_HOME" {
            environment[name] = value
        }
        environment[DetachedRun.mark] = run.rawValue
        let log = DetachedRun.log(of: run, in: folder)
        try CommandFailure.fromSystem { () throws(SystemError) in
            try DetachedRun.forgetEnd(of: run, in: folder)
        }
        let child = try start(words, environment, log: log, folder: folder, context)
        child.disown()
        guard let project = RunRegistry.project(of: run) else {
            throw CommandFailure(.internalFault, "run `\(run)` works and is in no register")
        }
        var again = words
        if resumed == nil { again.append("--resume") }
        if !context.arguments.has("project") { again += ["--project", project] }
        let entry = DetachedRun(
            run: run, project: project, program: Executables.own(), arguments: again,
            workingFolder: context.surroundings.workingFolder, environment: environment, log: log,
            process: child.identity)
        try CommandFailure.fromSystem { () throws(SystemError) in try entry.write(in: folder) }
        try wakeOperator(folder, environment, context)
        if context.wantsJSON {
            context.answer([
                "schema": "coord.detached/1", "run": .name(run), "pid": .count(Int(child.pid)),
                "project": .string(project), "log": .string(log),
            ])
        } else {
            context.output.line(run.rawValue)
            context.diagnostics.note("`coord status --watch` shows it, `coord stop` ends it; its log: \(log)")
        }
        return .done
    }

    private static func start(
        _ words: [String], _ environment: [String: String], log: String, folder: String,
        _ context: CommandContext
    ) throws(CommandFailure) -> ChildProcess {
        do {
            try Files.makeFolder(folder, permissions: 0o700)
            let ready = try Descriptors.makePipe()
            defer { Descriptors.close(ready.read) }
            let child: ChildProcess
            do {
                defer { Descriptors.close(ready.write) }
                child = try spawn(
                    words, environment.merging([readinessVariable: "\(readiness)"]) { $1 }, log: log,
                    extra: [(readiness, ready.write)], context)
            }
            var byte: UInt8 = 0
            if read(ready.read, &byte, 1) == 1 { return child }
            // It ended before it worked: what it said is the answer.
            let exit = child.wait()
            let text = (try? Files.readText(log)) ?? ""
            context.diagnostics.note(text)
            try Files.remove(log, step: .registryEntry)
            guard case .exited(let status) = exit, status != ExitStatus.done.rawValue
            else { throw CommandFailure(.internalFault, "the run ended at once: \(exit)") }
            throw CommandFailure(ExitStatus(rawValue: status), "the run was not started")
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.notReachable, "the run could not be started: \(error)")
        }
    }

    private static func spawn(
        _ words: [String], _ environment: [String: String], log: String,
        extra: [(child: Int32, parent: Int32)] = [], _ context: CommandContext
    ) throws -> ChildProcess {
        let output = try Descriptors.open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
        defer { Descriptors.close(output) }
        return try ChildProcess.spawn(
            SpawnRequest(
                executable: Executables.own(), arguments: words, environment: environment,
                workingFolder: context.surroundings.workingFolder,
                descriptors: [(1, output), (2, output)] + extra, session: true))
    }

    /// Tells the operator to look again; starts one when there is none. A run goes on without one, so what
    /// fails here is only a warning.
    private static func wakeOperator(
        _ folder: String, _ environment: [String: String], _ context: CommandContext
    ) throws(CommandFailure) {
        if let socket = try? LocalSocket.connect(Operator.socket(in: folder)) {
            defer { Descriptors.close(socket) }
            var byte: UInt8 = 0
            if recv(socket, &byte, 1, 0) == 1 { return }
        }
        var environment = environment
        environment[DetachedRun.mark] = nil
        do {
            let child = try spawn(
                ["serve", "--until-idle"], environment, log: folder + "/operator.log", context)
            child.disown()
        } catch {
            context.diagnostics.warning("no operator could be started, nobody restarts the run: \(error)")
        }
    }

    // MARK: - Being detached

    /// Which detached run this process is the coordinator of.
    static func own(_ context: CommandContext) -> RunID? {
        context.surroundings.environment(DetachedRun.mark).map { RunID($0) }
    }

    /// Tells who started this process that the run works: once, and only if it was asked to.
    static func sayReady() {
        guard Environment.value(readinessVariable) != nil else { return }
        _ = write(readiness, "r", 1)
        close(readiness)
        unsetenv(readinessVariable)
    }

    /// The coordinator of a detached run ends by its own decision: nobody is to start another.
    static func noteEnd(of run: RunID, _ status: ExitStatus, _ context: CommandContext) {
        do throws(SystemError) { try DetachedRun.noteEnd(of: run, exitStatus: status.rawValue) } catch {
            context.diagnostics.warning("the end of the run could not be noted: \(error)")
        }
    }
}
