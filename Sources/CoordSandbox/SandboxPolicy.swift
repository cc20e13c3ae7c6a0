package import CoordModel

/// What a policy must know of a machine and a project. Paths are absolute and without links.
package struct SandboxScene: Sendable {
    /// What stands at a path, links followed.
    package struct Place: Hashable, Sendable {
        /// Where it truly lies.
        package var path: String
        package var isFolder: Bool

        package init(path: String, isFolder: Bool) {
            self.path = path
            self.isFolder = isFolder
        }
    }

    package var mechanism: SandboxMechanism
    package var settings: SandboxSettings
    package var home: String?
    /// The folders of the search path.
    package var searchPath: [String]
    /// The temporary folders everybody may write.
    package var temporaryFolders: [String]
    package var project: String
    /// The project's git folder, and the folders its objects lie in.
    package var gitFolder: String
    package var objectFolders: [String]
    package var state: String
    package var hub: String
    package var worktrees: String
    /// Looks at a path. Nil: nothing is there, or it cannot be seen.
    package var look: @Sendable (String) -> Place?

    package init(
        mechanism: SandboxMechanism, settings: SandboxSettings, home: String?, searchPath: [String],
        temporaryFolders: [String], project: String, gitFolder: String, objectFolders: [String],
        state: String, hub: String, worktrees: String, look: @escaping @Sendable (String) -> Place?
    ) {
        self.mechanism = mechanism
        self.settings = settings
        self.home = home
        self.searchPath = searchPath
        self.temporaryFolders = temporaryFolders
        self.project = project
        self.gitFolder = gitFolder
        self.objectFolders = objectFolders
        self.state = state
        self.hub = hub
        self.worktrees = worktrees
        self.look = look
    }
}

/// One command to confine.
package struct SandboxedWork: Hashable, Sendable {
    /// Where it works, the only folder of the project it may write.
    package var folder: String
    /// What the hub keeps of the worktree; nil when it works in no worktree.
    package var administration: String?
    /// Folders of the hub where its branch is moved.
    package var branchFolders: [String]
    /// The folder for its prompt and handoffs; nil when it has none.
    package var exchange: String?
    /// The folder with what it is given to read and must not change; nil: nothing.
    package var given: String?
    /// Folders of skills whose programs lie beside their manifests: it may run them and not change them.
    package var skillFolders: [String] = []
    /// An empty folder with `tmp` and `home` in it, gone when the work is over.
    package var throwaway: String
    /// The agent's command; nil for commands that are no agent's.
    package var agentCommand: String?
    /// The program of an agent that coord drives by name; nil for others.
    package var agentProgram: String?
    /// A folder of the agent's client for this task; nil when it keeps to the user's own.
    package var agentHome: String?
    /// Programs of coord's own that it may start.
    package var programs: [String]
    /// Patterns of the files that are the task's own.
    package var ownFiles: [String]
    /// Whether it is a gate: it may write nothing of git's.
    package var isGate: Bool

    package init(
        folder: String, administration: String? = nil, branchFolders: [String] = [], exchange: String? = nil,
        throwaway: String, agentCommand: String? = nil, agentProgram: String? = nil, agentHome: String? = nil,
        programs: [String] = [],
        ownFiles: [String] = [], isGate: Bool = false
    ) {
        self.folder = folder
        self.administration = administration
        self.branchFolders = branchFolders
        self.exchange = exchange
        self.throwaway = throwaway
        self.agentCommand = agentCommand
        self.agentProgram = agentProgram
        self.agentHome = agentHome
        self.programs = programs
        self.ownFiles = ownFiles
        self.isGate = isGate
    }
}

/// Decides what a command may do: it reads the system and tool chains, writes its own folder and throw-away
/// ones, and sees nothing else of the user's, of coord's, or of other workers. Pure: it looks at the machine
/// through the scene only.
package struct SandboxPolicy: Sendable {
    /// Where the hub's objects are seen, read-only, when the command has objects of its own in their place.
    package static let mirroredObjects = "/run/coord-objects"

    private let scene: SandboxScene

    package init(_ scene: SandboxScene) { self.scene = scene }

    /// The plan for one command.
    package func plan(_ work: SandboxedWork) -> SandboxPlan {
        var plan = SandboxPlan(workingFolder: work.folder, allowsNetwork: scene.settings.allowsNetwork)
        hideSystem(&plan, work)
        showTools(&plan, work)
        // First, so that what follows closes the secrets and coord's own again within what the user opens.
        for path in scene.settings.readable + scene.settings.writable { show(path, .readable, &plan) }
        if let command = work.agentCommand { showAgent(command, &plan) }
        if let program = work.agentProgram { showAgent(program: program, work, &plan) }
        hideSecrets(&plan)
        hideProject(&plan)
        // What the user names outright is shown whatever it is, but for coord's own.
        for path in scene.settings.readable where !isOurs(path) { show(path, .readable, &plan) }
        for path in scene.settings.writable where !isOurs(path) { show(path, .writable, &plan) }
        for path in work.programs { show(path, .readable, &plan) }
        allow(work, &plan)
        return plan
    }

    /// The environment of a command under a plan of this policy.
    package func environment(_ given: [String: String], _ work: SandboxedWork) -> [String: String] {
        var result = given
        // These lead to what is hidden.
        for name in ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            result[name] = nil
        }
        if scene.mechanism == .bubblewrap {
            result["TMPDIR"] = "/tmp"
        } else {
            result["TMPDIR"] = work.throwaway + "/tmp"
            if scene.home != nil { result["HOME"] = work.throwaway + "/home" }
        }
        return result
    }

    /// What the throw-away home must hold, as links, where the mechanism cannot put it in the place of the
    /// real one: names below the home, and where they lead. A real home that is only denied would end
    /// programs that look for their settings there.
    package func homeLinks(_ plan: SandboxPlan) -> [(name: String, target: String)] {
        guard let home = scene.home, scene.mechanism != .bubblewrap else { return [] }
        var links: [(name: String, target: String)] = []
        for (path, access) in plan.ordered where path.hasPrefix(home + "/") {
            let name = String(path.dropFirst(home.count + 1))
            // Within a folder that is linked already, and where coord's own lies, there is nothing to link.
            let isInside = links.contains { name.hasPrefix($0.name + "/") }
            guard !isInside, !contains(scene.project, path), !contains(scene.worktrees, path) else {
                continue
            }
            switch access {
            case .readable, .writable: links.append((name, path))
            case .mirrored(let source): links.append((name, source))
            case .hidden, .replaced: continue
            }
        }
        return links
    }

    // MARK: - The machine

    private func hideSystem(_ plan: inout SandboxPlan, _ work: SandboxedWork) {
        for path in SandboxTables.hiddenFolders + SandboxTables.hiddenFiles { hide(path, &plan) }
        for path in SandboxTables.neededInside { show(path, .readable, &plan) }
        for path in scene.temporaryFolders { hide(path, &plan) }
        if let tmp = scene.look("/tmp") { plan.set(tmp.path, .replaced(by: work.throwaway + "/tmp")) }
        guard let home = scene.home, home != "/" else { return }
        plan.set(home, .replaced(by: work.throwaway + "/home"))
    }

    private func showTools(_ plan: inout SandboxPlan, _ work: SandboxedWork) {
        guard let home = scene.home else { return }
        for name in SandboxTables.tools { show(home + "/" + name, .readable, &plan) }
        for entry in scene.searchPath where !isOurs(entry) {
            guard let place = scene.look(entry), place.isFolder else { continue }
            show(place.path, .readable, &plan)
            // Programs have their libraries beside them: `…/bin` and `…/lib`.
            let above = Self.parent(place.path)
            let isShared = [home, "/", scene.project].contains(above) || contains(above, home)
            let isProgramFolder = ["bin", "sbin", "shims"].contains(Self.name(place.path))
            guard isProgramFolder, !isShared, !contains(above, scene.project) else { continue }
            show(above, .readable, &plan)
        }
    }

    /// What the agent's program needs, and the files its command names.
    private func showAgent(_ command: String, _ plan: inout SandboxPlan) {
        let words = Self.words(of: command)
        for word in words where word.hasPrefix("/") {
            if let place = scene.look(word), !place.isFolder { show(place.path, .readable, &plan) }
        }
        guard let home = scene.home else { return }
        for name in Set(words.map(Self.name)) {
            guard let files = SandboxTables.agents[name] else { continue }
            for path in files.readable { show(home + "/" + path, .readable, &plan) }
            for path in files.writable { show(home + "/" + path, .writable, &plan) }
        }
    }

    /// The client's program with what lies around it, and, without folders of its own, the user's.
    private func showAgent(program: String, _ work: SandboxedWork, _ plan: inout SandboxPlan) {
        let real = scene.look(program)?.path ?? program
        for path in [program, real] {
            let folder = Self.parent(path)
            // `bin/client` has its libraries beside `bin`; one that lies in the home itself is alone.
            let around = ["bin", "sbin"].contains(Self.name(folder)) ? Self.parent(folder) : folder
            let isShared = [scene.home, "/", scene.project].contains(around)
            show(isShared || isOurs(around) ? path : around, .readable, &plan)
        }
        if work.agentHome == nil { showAgent(Self.name(program), &plan) }
    }

    private func hideSecrets(_ plan: inout SandboxPlan) {
        guard let home = scene.home else { return }
        for name in SandboxTables.secrets { hide(home + "/" + name, &plan) }
    }

    // MARK: - The project

    private func hideProject(_ plan: inout SandboxPlan) {
        // Each by a rule of its own: the user may open a folder around them.
        for path in [scene.project, scene.gitFolder, scene.state, scene.worktrees] where path != scene.home {
            plan.set(path, .hidden)
        }
        for path in scene.objectFolders { show(path, .readable, &plan) }
        plan.set(scene.hub, .readable)
        plan.set(scene.hub + "/worktrees", .hidden)
    }

    private func allow(_ work: SandboxedWork, _ plan: inout SandboxPlan) {
        for folder in work.skillFolders where !isOurs(folder) {
            let isAround = [scene.project, scene.home, scene.state].contains {
                $0.map { contains(folder, $0) } ?? false
            }
            if !isAround { show(folder, .readable, &plan) }
        }
        plan.set(work.folder, .writable)
        if let exchange = work.exchange { plan.set(exchange, .writable) }
        if let given = work.given { plan.set(given, .readable) }
        if let home = work.agentHome { plan.set(home, .writable) }
        if scene.mechanism != .bubblewrap { plan.set(work.throwaway, .writable) }
        guard let administration = work.administration else { return }
        plan.set(administration, work.isGate ? .readable : .writable)
        plan.set(work.folder + "/.git", .readable, isFile: true)
        guard !work.isGate else { return }
        if scene.mechanism == .bubblewrap, scene.look(administration + "/objects") != nil {
            // Its commits go into objects of its own, which see the hub's; nobody else's can be harmed.
            plan.set(scene.hub + "/objects", .replaced(by: administration + "/objects"))
            plan.set(Self.mirroredObjects, .mirrored(from: scene.hub + "/objects"))
            for path in work.branchFolders { show(path, .writable, &plan) }
        }
        protect(work, &plan)
    }

    /// Keeps the agents' and editors' own settings as they are, also those that are not there yet.
    private func protect(_ work: SandboxedWork, _ plan: inout SandboxPlan) {
        for name in SandboxTables.protectedFolders + SandboxTables.protectedFiles {
            guard !work.ownFiles.contains(where: { $0 == name || $0.hasPrefix(name + "/") }) else { continue }
            let path = work.folder + "/" + name
            guard let place = scene.look(path) else {
                plan.set(path, .hidden)
                continue
            }
            // A link's own place cannot be held; where it leads is held elsewhere.
            if place.path == path { plan.set(path, .readable, isFile: !place.isFolder) }
        }
    }

    // MARK: - Rules

    private func hide(_ path: String, _ plan: inout SandboxPlan) {
        guard let place = scene.look(path) else { return }
        if case .hidden? = plan.rule(for: place.path)?.access { return }
        if case .replaced? = plan.rule(for: place.path)?.access { return }
        plan.set(place.path, .hidden, isFile: !place.isFolder)
    }

    /// Only where it changes anything: what is readable anyway needs no rule.
    private func show(_ path: String, _ access: SandboxPlan.Access, _ plan: inout SandboxPlan) {
        guard let place = scene.look(path) else { return }
        let present = plan.rule(for: place.path)?.access
        if access != .readable || !(present == nil || present == .readable) {
            plan.set(place.path, access, isFile: !place.isFolder)
        }
        guard place.path != path else { return }
        // A link in a hidden folder is hidden with it: its target is shown in its place.
        switch plan.rule(for: path)?.access {
        case .hidden, .replaced: plan.set(path, .mirrored(from: place.path), isFile: !place.isFolder)
        case .readable, .writable, .mirrored, nil: break
        }
    }

    /// Whether a path is coord's own or a worker's.
    private func isOurs(_ path: String) -> Bool {
        let real = scene.look(path)?.path ?? path
        return [scene.state, scene.worktrees, scene.gitFolder].contains { contains($0, real) }
    }

    private func contains(_ folder: String, _ path: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The words of a shell command, quotes taken off; what expands stays as it is.
    static func words(of command: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in command {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character.isWhitespace || ";|&()".contains(character) {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
