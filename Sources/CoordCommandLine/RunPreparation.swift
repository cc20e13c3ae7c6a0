package import CoordCatalog
package import CoordGit
package import CoordModel
package import CoordRuntime
package import CoordStore
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a command does not do what was asked, with the exit status that says so.
package struct Refusal: Error, Sendable {
    /// What is wrong in files, in their order; printed before the message.
    package var diagnostics: [Diagnostic] = []
    package var message: String
    package var hint: String?
    package var exitStatus: Int32

    package init(
        diagnostics: [Diagnostic] = [], message: String, hint: String? = nil, exitStatus: Int32
    ) {
        self.diagnostics = diagnostics
        self.message = message
        self.hint = hint
        self.exitStatus = exitStatus
    }

    init(_ error: RuntimeError) {
        let exitStatus: Int32 =
            switch error {
            case .locked: 6
            case .noAgent: 4
            case .nothingToResume, .git: 2
            case .missingWorkerProgram: 70
            case .system, .store, .process: 70
            }
        self.init(message: error.description, hint: error.hint, exitStatus: exitStatus)
    }
}

/// A mission that was looked up, read and checked, and where it is to run. Nothing has been touched yet.
package struct RunPreparation: Sendable {
    package var reading: MissionReading
    package var mission: Mission
    package var missionFile: String
    package var shelf: RoleShelf
    package var place: (path: String, isScratch: Bool)
    package var warnings: [Diagnostic] { reading.warnings }

    /// Reads the mission that the options name. Errors of the file are all told at once, with exit status 2.
    package init(_ options: RunOptions, workingFolder: String) throws(Refusal) {
        guard let name = options.mission else {
            throw Refusal(
                message: "No mission was named", hint: "`coord missions list` names the missions there are",
                exitStatus: 2)
        }
        let nearby = options.project.map { Files.absolute($0, base: workingFolder) } ?? workingFolder
        let catalog = Catalog(
            locations: CatalogLocations.standard(project: nearby, shipped: ProjectPlace.shipped()).locations)
        do throws(Diagnostic) {
            missionFile = Files.absolute(
                try catalog.missionFile(name, workingFolder: workingFolder), base: workingFolder)
        } catch {
            throw Refusal(diagnostics: [error], message: "", exitStatus: 2)
        }
        reading = MissionFile.read(missionFile, catalog: catalog)
        guard let mission = reading.mission, reading.errors.isEmpty else {
            throw Refusal(diagnostics: reading.errors, message: "", exitStatus: 2)
        }
        self.mission = mission
        shelf = catalog.roles()
        place = ProjectPlace.forRun(options.project, mission: mission.id, workingFolder: workingFolder)
    }

    /// The plan of the run: slots, agents, limits, with what was typed over the mission.
    package func plan(_ options: RunOptions, worktrees: String) throws(Refusal) -> RunPlan {
        var roles: [RoleID: Role] = [:]
        for entry in shelf.entries.values { roles[entry.role.id] = entry.role }
        do throws(RuntimeError) {
            return try RunPlan(
                mission: mission, missionFile: missionFile, roles: roles, commonRules: shelf.common,
                overrides: options.overrides, worktrees: worktrees)
        } catch { throw Refusal(error) }
    }
}

/// Everything a run needs, opened: the lock is held, the journal is open.
package struct OpenedRun {
    package var session: RunSession
    package var plan: RunPlan
    package var notes: [String]
}

extension RunPreparation {
    /// Opens the project for a run: makes it when it is missing, takes the lock, opens the journal. Refusals leave
    /// the project as it was.
    package func open(_ options: RunOptions, workingFolder: String) throws(Refusal) -> OpenedRun {
        var notes: [String] = []
        let git = try Self.locateGit()
        let folder = place.path
        let probe = try plan(options, worktrees: folder)
        if place.isScratch, probe.isSimulated, !options.resumes {
            try archive(folder, notes: &notes)
        }
        var project = try inspect(folder, git: git, notes: &notes)
        if let path = project.mainRoot, path != project.root { project = try inspect(path, git: git, notes: &notes) }
        let state = StateFolder(project: project.path)
        let worktrees = options.worktrees.map { Files.absolute($0, base: workingFolder) } ?? project.path + "/worktrees"
        let plan = try plan(options, worktrees: worktrees)
        do throws(GitError) {
            _ = try project.targetBranch(plan.mission.merge.target, git: git)
        } catch { throw Refusal(message: "\(error)", hint: error.hint, exitStatus: 2) }
        do throws(RuntimeError) {
            let lock = try RunSession.lock(state, mission: mission.id)
            let store: SQLiteStore
            let record: RunRecord?
            do throws(StoreError) {
                store = try SQLiteStore(path: state.database, mode: .readWrite)
                record = options.resumes ? try store.latestRun() : nil
            } catch { throw .store(error) }
            if options.resumes { try Self.checkResumable(record, project: project.path) }
            let request = RunSession.Request(
                plan: plan, project: project, git: git, worktrees: worktrees,
                workerProgram: try Self.workerProgram(), seed: UInt64.random(in: 1...(.max)))
            let session = try RunSession(request, resuming: record, store: store, lock: lock)
            return OpenedRun(session: session, plan: plan, notes: notes)
        } catch { throw Refusal(error) }
    }

    private static func checkResumable(_ record: RunRecord?, project: String) throws(RuntimeError) {
        guard let record, record.status != .completed else { throw .nothingToResume(project: project) }
    }

    private static func locateGit() throws(Refusal) -> GitTool {
        do throws(GitError) { return try GitTool.locate() } catch {
            throw Refusal(message: "\(error)", hint: error.hint, exitStatus: 2)
        }
    }

    /// The lean program beside this one.
    private static func workerProgram() throws(RuntimeError) -> String {
        let own = Executables.own()
        let path = (own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ".") + "/coord-worker"
        guard Files.isExecutable(path) else { throw .missingWorkerProgram(path: path) }
        return path
    }

    private func inspect(_ folder: String, git: GitTool, notes: inout [String]) throws(Refusal) -> ProjectState {
        do throws(GitError) {
            if place.isScratch || (Self.isMissingOrEmpty(folder) && folder != Environment.workingFolder) {
                if Self.isMissingOrEmpty(folder) {
                    try Project.create(folder, git: git)
                    notes.append("made a new project in \(folder)")
                }
            }
            return try Project.inspect(folder, git: git)
        } catch { throw Refusal(message: "\(error)", hint: error.hint, exitStatus: 2) }
    }

    private static func isMissingOrEmpty(_ folder: String) -> Bool {
        guard Files.kind(folder) != nil else { return true }
        // A folder that cannot be listed is not empty as far as anyone can tell; the inspection says what is wrong.
        return (try? Files.list(folder).isEmpty) ?? false
    }

    /// A rehearsal in coord's own scratch place starts afresh; what an earlier one built is kept under a number.
    private func archive(_ folder: String, notes: inout [String]) throws(Refusal) {
        guard Files.kind(folder) == .folder else { return }
        let state = StateFolder(project: folder)
        do throws(SystemError) {
            if Files.kind(state.lock) != nil {
                let lock = try FileLock.acquire(state.lock, note: "")
                if lock == nil { throw SystemError(operation: "replay in", path: folder, code: EBUSY) }
            }
            var number = 1
            while Files.kind(folder + ".\(number)") != nil { number += 1 }
            try Files.rename(folder, to: folder + ".\(number)")
            notes.append("the earlier project is kept as \(folder).\(number)")
        } catch {
            if error.code == EBUSY {
                throw Refusal(.locked(project: folder, holder: FileLock.holder(state.lock) ?? ""))
            }
            throw Refusal(message: "\(error)", exitStatus: 70)
        }
    }
}
