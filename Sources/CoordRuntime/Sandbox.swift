import CoordGit
import CoordModel
import CoordProcess
import CoordSandbox
import CoordSystem

/// Confines the commands of one run. Makes the throw-away folders they get, and takes them away.
struct Sandbox: Sendable {
    let choice: SandboxChoice
    private let state: StateFolder
    private let run: RunID
    private let policy: SandboxPolicy
    private let hub: String
    private let workspace: Workspace?
    private let gitFolder: String
    private let programs: [String]
    private let sweeper = BlockingThreads(count: 1, name: "coord-sweep")

    /// Nil: nothing is confined.
    ///
    /// - Parameter programs: those of coord's own that agents may start.
    init?(
        _ choice: SandboxChoice, state: StateFolder, run: RunID, workspace: Workspace?, worktrees: String,
        programs: [String]
    ) {
        guard choice.mechanism != .off else { return nil }
        self.choice = choice
        self.programs = programs
        self.state = state
        self.run = run
        self.workspace = workspace
        hub = workspace?.hub ?? state.hub
        gitFolder = workspace?.project.commonFolder ?? state.project + "/.git"
        policy = SandboxPolicy(
            SandboxScene(
                mechanism: choice.mechanism, settings: choice.settings,
                home: Environment.home.flatMap { Self.look($0)?.path },
                searchPath: AgentEnvironment.searchPath(),
                temporaryFolders: ["/var/tmp"] + [Environment.value("TMPDIR")].compactMap { $0 },
                project: Self.look(state.project)?.path ?? state.project, gitFolder: gitFolder,
                objectFolders: ObjectFolders.all(of: gitFolder),
                state: Self.look(state.root)?.path ?? state.root, hub: hub,
                worktrees: workspace?.worktrees ?? worktrees, look: Self.look))
    }

    @Sendable
    private static func look(_ path: String) -> SandboxScene.Place? {
        // What cannot be resolved cannot be shown or hidden either.
        guard let real = try? Files.realPath(path) else { return nil }
        return SandboxScene.Place(path: real, isFolder: Files.isFolder(real))
    }

    // MARK: - Commands

    /// A command's launcher and environment.
    struct Confinement {
        var launcher: Launcher
        var environment: [String: String]
    }

    /// Confines an attempt: an agent, the command of a task, its checks.
    ///
    /// - Parameter skillFolders: where programs of skills lie that it may call.
    func confine(
        _ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, _ launch: AgentLaunch?, exchange: String?,
        folder: String, skillFolders: [String], environment: [String: String]
    ) throws(RuntimeError) -> Confinement {
        let workspace = spec.workspace == .worktree ? workspace : nil
        if let workspace, choice.mechanism == .bubblewrap {
            do throws(GitError) {
                try workspace.giveObjects(
                    slot: slot.worker.rawValue, lease: lease,
                    borrowing: [gitFolder + "/objects", SandboxPolicy.mirroredObjects])
            } catch { throw .git(error) }
        }
        var command: String?
        if spec.run == nil {
            switch slot.agent {
            case .command(let words), .acp(let words): command = words
            case .named, .direct, .automatic, .rehearsal: break
            }
        }
        do throws(SystemError) {
            var work = SandboxedWork(
                folder: try Files.realPath(folder),
                administration: workspace.map { _ in hub + "/worktrees/\(slot.worker)" },
                branchFolders: workspace?.branchFolders(of: lease) ?? [],
                exchange: try exchange.map { (path) throws(SystemError) in try Files.realPath(path) },
                throwaway: try makeThrowaway(name(of: lease)), agentCommand: command, programs: programs,
                ownFiles: spec.files)
            let given = state.given(run, lease)
            if Files.kind(given) != nil { work.given = try Files.realPath(given) }
            work.skillFolders = skillFolders
            if let launch {
                work.agentProgram =
                    launch.driver == "acp"
                    ? Self.program(of: launch.program, path: environment["PATH"]) : launch.program
                work.agentHome = try launch.home.map { (path) throws(SystemError) in try Files.realPath(path)
                }
            }
            return try confine(work, environment)
        } catch { throw .system(error) }
    }

    /// The program that a line for the shell begins with, links resolved: what lies beside it must be seen.
    /// Nil: it is none that can be found, such as a word of the shell's own.
    private static func program(of line: String, path: String?) -> String? {
        guard let word = line.split(separator: " ").first,
            let program = Executables.find(String(word), path: path)
        else { return nil }
        // What cannot be resolved is told by its start.
        return (try? Files.realPath(program)) ?? program
    }

    /// Confines a gate in a folder that holds a candidate.
    func confineGate(
        _ folder: String, environment: [String: String]
    ) throws(SystemError) -> Confinement {
        let name = Files.name(folder)
        let work = SandboxedWork(
            folder: try Files.realPath(folder), administration: hub + "/worktrees/" + name,
            throwaway: try makeThrowaway(name), isGate: true)
        return try confine(work, environment)
    }

    private func confine(
        _ work: SandboxedWork, _ environment: [String: String]
    ) throws(SystemError) -> Confinement {
        let plan = policy.plan(work)
        for link in policy.homeLinks(plan) {
            let path = work.throwaway + "/home/" + link.name
            try Files.makeFolder(Files.parent(path), permissions: 0o700)
            try Files.link(path, to: link.target)
        }
        return Confinement(
            launcher: SandboxedCommand.launcher(plan, mechanism: choice.mechanism, program: choice.program),
            environment: policy.environment(environment, work))
    }

    // MARK: - Throw-away folders

    /// A worker may have several attempts handed out, so each has its own.
    private func name(of lease: Lease) -> String { "\(lease.task).\(lease.attempt)" }

    /// Takes away what an attempt had, when it has ended. Returns at once.
    func discard(_ lease: Lease) {
        let folder = state.throwaway + "/" + name(of: lease)
        _ = sweeper.submit {
            // What cannot be removed now is tried once more at the end of the run.
            try? Files.removeTree(folder, step: .scratch)
        }
    }

    /// An empty `tmp` and an empty `home`. What an earlier command left there is gone.
    private func makeThrowaway(_ name: String) throws(SystemError) -> String {
        let folder = state.throwaway + "/" + name
        try Files.removeTree(folder, step: .scratch)
        for inner in ["tmp", "home"] { try Files.makeFolder(folder + "/" + inner, permissions: 0o700) }
        return try Files.realPath(folder)
    }

    /// Takes them all away; when the run is over.
    func end() throws(SystemError) {
        sweeper.shutdown()
        try Files.removeTree(state.throwaway, step: .scratch)
    }
}

/// Where the objects of a repository lie: its own folder and those it borrows from.
enum ObjectFolders {
    private static let limit = 64

    static func all(of gitFolder: String) -> [String] {
        var found = [gitFolder + "/objects"]
        var index = 0
        while index < found.count, found.count < limit {
            let folder = found[index]
            index += 1
            // A repository that borrows nothing has no such file.
            guard let text = try? Files.readText(folder + "/info/alternates", limitBytes: 1 << 20) else {
                continue
            }
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                let path = Files.absolute(String(line), base: folder)
                if !found.contains(path) { found.append(path) }
            }
        }
        return found
    }
}
