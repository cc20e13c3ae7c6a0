import CoordGit
import CoordModel
import CoordSandbox
import CoordSystem

/// Confines the commands of one run. Makes the throw-away folders they get, and takes them away.
struct Sandbox: Sendable {
    let choice: SandboxChoice
    private let state: StateFolder
    private let run: RunID
    private let policy: SandboxPolicy
    private let hub: String

    /// Nil: nothing is confined.
    init?(_ choice: SandboxChoice, state: StateFolder, run: RunID, workspace: Workspace?, worktrees: String) {
        guard choice.mechanism != .off else { return nil }
        self.choice = choice
        self.state = state
        self.run = run
        hub = workspace?.hub ?? state.hub
        let gitFolder = workspace?.project.commonFolder ?? state.project + "/.git"
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
    func confine(
        _ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, exchange: String?, folder: String,
        throwaway: String,
        environment: [String: String]
    ) throws(SystemError) -> Confinement {
        let isWorktree = spec.workspace == .worktree
        let branches = "refs/heads/coord/\(run)/\(lease.task)"
        var command: String?
        if spec.run == nil, case .command(let words) = slot.agent { command = words }
        let work = SandboxedWork(
            folder: try Files.realPath(folder),
            administration: isWorktree ? hub + "/worktrees/\(slot.worker)" : nil,
            branchFolders: isWorktree ? [hub + "/" + branches, hub + "/logs/" + branches] : [],
            exchange: try exchange.map { (path) throws(SystemError) in try Files.realPath(path) },
            throwaway: try makeThrowaway(throwaway), agentCommand: command, ownFiles: spec.files)
        return confine(work, environment)
    }

    /// Confines a gate in a folder that holds a candidate.
    func confineGate(
        _ folder: String, environment: [String: String]
    ) throws(SystemError) -> Confinement {
        let name = Files.name(folder)
        let work = SandboxedWork(
            folder: try Files.realPath(folder), administration: hub + "/worktrees/" + name,
            throwaway: try makeThrowaway(name), isGate: true)
        return confine(work, environment)
    }

    private func confine(_ work: SandboxedWork, _ environment: [String: String]) -> Confinement {
        Confinement(
            launcher: SandboxedCommand.launcher(
                policy.plan(work), mechanism: choice.mechanism, program: choice.program),
            environment: policy.environment(environment, work))
    }

    // MARK: - Throw-away folders

    /// An empty `tmp` and an empty `home`. What an earlier command left there is gone.
    private func makeThrowaway(_ name: String) throws(SystemError) -> String {
        let folder = state.throwaway + "/" + name
        try Files.removeTree(folder, step: .scratch)
        for inner in ["tmp", "home"] { try Files.makeFolder(folder + "/" + inner, permissions: 0o700) }
        return try Files.realPath(folder)
    }

    /// Takes them all away; when the run is over.
    func end() throws(SystemError) { try Files.removeTree(state.throwaway, step: .scratch) }
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
