import CoordCatalog
import CoordCore
import CoordGit
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

/// `coord run`: everything from the mission's name to the receipt.
package enum RunCommand {
    /// Runs the mission that the arguments name and answers with the run's exit status.
    package static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard let detached = DetachedCommands.own(context) else { return try perform(context) }
        do throws(CommandFailure) {
            let status = try perform(context)
            DetachedCommands.noteEnd(of: detached, status, context)
            return status
        } catch {
            DetachedCommands.noteEnd(of: detached, error.status, context)
            throw error
        }
    }

    private static func perform(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let argument = try missionArgument(context)
        let preparation = try MissionPreparation(argument, context)
        for warning in preparation.warnings { context.diagnostics.show(warning) }
        let folder = try ProjectLookup(context.surroundings).forRunning(
            project: context.arguments.value("project").map(context.path), mission: preparation.mission.id)
        if context.arguments.has("dry-run") {
            // The plan is made for its refusals: an agent that is missing is told before anything starts.
            var plan = try preparation.plan(context, worktrees: folder + "/worktrees")
            plan.chooseGate(in: RehearsalConditions.sample(plan) ?? folder)
            return PlanCommand.show(plan, project: folder, context)
        }
        if context.arguments.has("detach") {
            // Made for its refusals as well: they are told here and not in a log.
            _ = try preparation.plan(context, worktrees: folder + "/worktrees")
            return try DetachedCommands.detach(context, mission: preparation.mission.id)
        }
        let opened = try open(preparation, folder: folder, context)
        return try RunPerformance(opened, context).perform()
    }

    /// Where `CI` is set nobody sits who could be asked. A run without a terminal is no such sign: it may be
    /// looked after from another one.
    private static func isUnattended(_ context: CommandContext) -> Bool {
        guard let value = context.surroundings.environment("CI") else { return false }
        return !["", "0", "false"].contains(value)
    }

    /// With `--resume` alone, the last run's own mission.
    private static func missionArgument(_ context: CommandContext) throws(CommandFailure) -> String {
        if let named = context.arguments.first { return named }
        guard context.arguments.has("resume") else {
            throw CommandFailure(
                .wrongInput, "`coord run` wants a mission",
                hint: "`coord missions list` names the missions there are")
        }
        let reading = try context.runReading()
        guard !reading.record.missionFile.isEmpty, Files.kind(reading.record.missionFile) == .file else {
            throw CommandFailure(
                .wrongInput, "the mission file of the last run, `\(reading.record.missionFile)`, is gone",
                hint: "name the mission: `coord run MISSION --resume`")
        }
        return reading.record.missionFile
    }

    // MARK: - Opening

    /// What a run needs, opened: the lock is held.
    struct Opened {
        var session: RunSession
        var plan: RunPlan
    }

    /// Refusals leave the project as it was: it is looked at before anything is made.
    private static func open(
        _ preparation: MissionPreparation, folder: String, _ context: CommandContext
    ) throws(CommandFailure) -> Opened {
        let resumes = context.arguments.has("resume")
        let isScratch =
            !context.arguments.has("project")
            && folder.hasSuffix("/worktrees/\(preparation.mission.id)-project")
        let earlier = try resumes ? context.runReading() : nil
        let trial = try preparation.plan(context, worktrees: folder, resuming: earlier)
        do throws(RuntimeError) { try DescriptorLimit.ensure(workers: trial.slots.count) } catch {
            throw CommandFailure(error)
        }
        let git: GitTool
        do throws(GitError) { git = try GitTool.locate() } catch { throw CommandFailure(error) }
        if isScratch, trial.isSimulated, !resumes { try startAfresh(folder, context) }
        if !resumes { try RehearsalConditions.check(trial, folder: folder, context) }
        let project = try inspect(folder, sample: RehearsalConditions.sample(trial), git, context)
        let state = StateFolder(project: project.mainRoot ?? project.path)
        // The places of a run that is taken up again stay where they are.
        let usual =
            earlier?.record.slots.first.map { Files.parent($0.worktree) } ?? state.project + "/worktrees"
        let worktrees = context.arguments.value("worktrees").map(context.path) ?? usual
        var plan = try preparation.plan(context, worktrees: worktrees, resuming: earlier)
        plan.chooseGate(in: project.root)
        GateWording.say(plan, context)
        plan.mayAsk = !context.arguments.has("no-input") && !isUnattended(context)
        do throws(GitError) {
            _ = try project.targetBranch(plan.mission.merge.target, git: git)
        } catch { throw CommandFailure(error) }
        plan.gateway = try GatewayChoice(context).gateway(of: plan)
        plan.skillRanking = ProjectSettings.read(in: folder).settings.skillRanking
        do throws(PriceFile.Problem) {
            plan.prices = try PriceFile.standard(
                userFolder: CatalogLocations.userFolder, shipped: ShippedFiles.folder())
        } catch { throw CommandFailure(.wrongInput, error.description) }
        let program = try workerProgram()
        var options = try MissionPreparation.options(context, resuming: earlier)
        // What was chosen for a project stays the gate of the run, whatever its agents add to it.
        if case .detected(let preset) = plan.gateSource { options.gate = preset.commands }
        do throws(RuntimeError) {
            plan.sandbox = try SandboxChoice.make(
                options.sandbox ?? SandboxSettings(), workerProgram: program)
            let lock = try RunSession.lock(state, mission: plan.mission.id)
            let store: SQLiteStore
            var record: RunRecord?
            do throws(StoreError) {
                store = try SQLiteStore(path: state.database, mode: .readWrite)
                if resumes { record = try store.latestRun() }
            } catch { throw .store(error) }
            if resumes, record.map({ $0.status == .completed }) ?? true {
                throw .nothingToResume(project: state.project)
            }
            let request = RunSession.Request(
                plan: plan, project: project, git: git, worktrees: worktrees, workerProgram: program,
                seed: UInt64.random(in: 1...(.max)), run: DetachedCommands.own(context))
            let session = try RunSession(request, state: state, resuming: record, store: store, lock: lock)
            do throws(SystemError) {
                try options.write(session.run, in: state)
            } catch { throw .system(error) }
            return Opened(session: session, plan: plan)
        } catch { throw CommandFailure(error) }
    }

    /// Looks at the project, making it first when the folder is missing or empty, or its making was cut
    /// short.
    private static func inspect(
        _ folder: String, sample: String?, _ git: GitTool, _ context: CommandContext
    ) throws(CommandFailure) -> ProjectState {
        do throws(GitError) {
            let wasInterrupted = try Project.wasInterrupted(folder)
            if wasInterrupted || isMissingOrEmpty(folder) {
                try Project.create(folder, sample: sample, git: git)
                let beginning = sample == nil ? "" : ", with the sample that the rehearsal plays on"
                context.diagnostics.note("made a new project in \(folder)\(beginning)")
            }
            return try Project.inspect(folder, git: git)
        } catch { throw CommandFailure(error) }
    }

    private static func isMissingOrEmpty(_ folder: String) -> Bool {
        guard Files.kind(folder) != nil else { return true }
        // A folder that cannot be listed is not empty as far as anyone can tell; the inspection says what is
        // wrong.
        return (try? Files.list(folder).isEmpty) ?? false
    }

    /// A rehearsal in coord's own scratch place starts afresh; what an earlier one built is kept under a
    /// number.
    private static func startAfresh(_ folder: String, _ context: CommandContext) throws(CommandFailure) {
        guard Files.kind(folder) != nil else { return }
        let state = StateFolder(project: folder)
        do throws(SystemError) {
            if Files.kind(state.lock) != nil, try FileLock.acquire(state.lock, note: "") == nil {
                throw SystemError(operation: "replay in", path: folder, code: EBUSY)
            }
            var number = 1
            while Files.kind(folder + ".\(number)") != nil { number += 1 }
            try Files.rename(folder, to: folder + ".\(number)", step: .rehearsalShelf)
            context.diagnostics.note("the project of the last rehearsal is kept as \(folder).\(number)")
        } catch {
            guard error.code == EBUSY else { throw CommandFailure(error) }
            throw CommandFailure(
                RuntimeError.locked(project: folder, holder: FileLock.holder(state.lock) ?? ""))
        }
    }

    /// The lean program beside this one.
    private static func workerProgram() throws(CommandFailure) -> String {
        let path = Files.parent(Executables.own()) + "/coord-worker"
        guard Files.isExecutable(path) else {
            throw CommandFailure(RuntimeError.missingWorkerProgram(path: path))
        }
        return path
    }
}

/// A run that was opened, from its first event to the receipt.
final class RunPerformance {
    private let opened: RunCommand.Opened
    private let context: CommandContext
    private var progress: ProgressReporter?
    private var interruptions = 0

    init(_ opened: RunCommand.Opened, _ context: CommandContext) {
        self.opened = opened
        self.context = context
    }

    func perform() throws(CommandFailure) -> ExitStatus {
        let session = opened.session
        let coordinator = session.coordinator
        let progress = try startProgress()
        self.progress = progress
        coordinator.onFacts = { facts, _ in
            progress.note(facts)
            DetachedCommands.sayReady()
        }
        coordinator.onJournalWait = { reason in
            progress.say(
                reason.map { "Paused: \($0). Nothing is lost; it goes on by itself once there is room." }
                    ?? "The journal can be written again: going on.")
        }
        let signals: SignalSource
        do throws(SystemError) {
            signals = try SignalSource(loop: coordinator.loop, signals: [SIGINT, SIGTERM, SIGHUP]) {
                [unowned self] signal in
                interrupted(by: signal)
            }
        } catch { throw CommandFailure(error) }
        if opened.plan.isSimulated, opened.plan.mission.tasks.contains(where: { $0.run == nil }) {
            progress.say("A rehearsal: no model is called, and its money is simulated (zero).")
        }
        let outcome: Coordinator.Outcome
        do throws(RuntimeError) { outcome = try session.work().1 } catch {
            progress.finish()
            throw CommandFailure(error)
        }
        progress.finish()
        withExtendedLifetime(signals) {}
        try conclude()
        if outcome.exitStatus == ExitStatus.needsDecision.rawValue { sayWhoWaits() }
        return ExitStatus(rawValue: outcome.exitStatus)
    }

    private func startProgress() throws(CommandFailure) -> ProgressReporter {
        let surroundings = context.surroundings
        let mode: ProgressReporter.Mode =
            context.diagnostics.isQuiet ? .silent : surroundings.speechIsTerminal ? .picture : .lines
        // A silent run has nothing to show.
        let projection = mode == .silent ? Projection() : opened.session.restoredProjection
        let model =
            projection.run.map {
                ProgressModel(run: $0, tasks: projection.tasks, workers: projection.workers)
            }
            ?? ProgressModel()
        do throws(SystemError) {
            return try ProgressReporter(
                mode: mode, style: context.diagnostics.style, surroundings: surroundings, model: model)
        } catch { throw CommandFailure(error) }
    }

    /// Writes the report that the receipt names, so that it is there when somebody looks, and the receipt.
    private func conclude() throws(CommandFailure) {
        let session = opened.session
        guard let record = session.coordinator.projection.run else {
            preconditionFailure("a run without a record ended")
        }
        let path = session.state.report(record.id)
        let report = try Report(
            RunReading(
                state: session.state, store: session.store, record: record, isAlive: { _ in true }),
            at: context.now)
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(path), permissions: 0o700)
            try Files.writeAtomically(Array(report.markdown.utf8), to: path, step: .report)
        } catch { throw CommandFailure(error) }
        if context.wantsJSON {
            context.answer(report.json)
        } else {
            context.output.write(Receipt.text(report, file: path, style: context.style))
        }
        session.store.close()
    }

    /// One line for each task that waits for a person, with the command to use.
    private func sayWhoWaits() {
        let tasks = opened.session.coordinator.projection.tasks.filter { $0.stage == .approval }
        for task in tasks {
            context.diagnostics.note(
                "`\(task.spec.id)` waits for you: look at it with `coord tasks show \(task.spec.id)`, "
                    + "let it land with `coord tasks approve \(task.spec.id)`")
        }
        let asking = opened.session.coordinator.projection.tasks.filter { $0.stage == .asking }
        for task in asking {
            context.diagnostics.note(
                "`\(task.spec.id)` asks you: \(task.approvalReason ?? ""); "
                    + "answer with `coord tasks answer \(task.spec.id) TEXT`")
        }
        if !tasks.isEmpty || !asking.isEmpty { context.diagnostics.note("`coord run --resume` then goes on") }
    }

    private func interrupted(by signal: Int32) {
        interruptions += 1
        progress?.say(
            interruptions == 1
                ? "Finishing what is under way; press Ctrl-C again to stop now. Nothing is lost either way."
                : "Stopping now; `coord run --resume` goes on.")
        opened.session.coordinator.receive(.interrupted(exitStatus: signal == SIGINT ? 130 : 143))
    }
}
