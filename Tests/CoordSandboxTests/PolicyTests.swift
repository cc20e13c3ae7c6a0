import CoordModel
import CoordSandbox
import Testing

/// What the policy decides for a machine that is written down as a list of paths.
@Suite("The sandbox's plan")
struct PolicyTests {
    /// A machine of these folders and files (which do not end in a slash), and links `from -> to`.
    private static func scene(
        _ mechanism: SandboxMechanism = .bubblewrap, settings: SandboxSettings = SandboxSettings(),
        path: [String] = ["/usr/bin"], has more: String = ""
    ) -> SandboxScene {
        let lines =
            """
            / /home/ /home/ada/ /run/ /tmp/ /usr/bin/ /etc/shadow /home/ada/p/ /home/ada/p/.git/
            /home/ada/p/.git/objects/ /home/ada/p/.coord/state/ /home/ada/p/.coord/state/hub.git/
            /home/ada/p/worktrees/ /home/ada/p/worktrees/a-1/ /hub/worktrees/a-1/objects/
            """ + " " + more
        let places = lines.split(whereSeparator: \.isWhitespace).reduce(into: [String: SandboxScene.Place]())
        {
            let parts = $1.split(separator: "=").map(String.init)
            let isFolder = parts[parts.count - 1].hasSuffix("/")
            func plain(_ path: String) -> String {
                path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            }
            $0[plain(parts[0])] = .init(path: plain(parts[parts.count - 1]), isFolder: isFolder)
        }
        let state = "/home/ada/p/.coord/state"
        return SandboxScene(
            mechanism: mechanism, settings: settings, home: "/home/ada", searchPath: path,
            temporaryFolders: ["/var/tmp"], project: "/home/ada/p", gitFolder: "/home/ada/p/.git",
            objectFolders: ["/home/ada/p/.git/objects"], state: state, hub: state + "/hub.git",
            worktrees: "/home/ada/p/worktrees", look: { places[$0] })
    }

    private static let work = SandboxedWork(
        folder: "/home/ada/p/worktrees/a-1",
        administration: "/home/ada/p/.coord/state/hub.git/worktrees/a-1",
        exchange: "/home/ada/p/.coord/state/attempts/r/t.1", throwaway: "/t/a-1")

    private static func access(_ path: String, _ plan: SandboxPlan) -> SandboxPlan.Access? {
        plan.rule(for: path)?.access
    }

    @Test("An agent writes its worktree, its exchange folder and throw-away folders, and nothing else")
    func writes() {
        let plan = SandboxPolicy(Self.scene()).plan(Self.work)
        let writable = plan.ordered.filter {
            switch $0.access {
            case .writable, .replaced: true
            case .hidden, .readable, .mirrored: false
            }
        }
        #expect(
            writable.map(\.path) == [
                "/home/ada", "/home/ada/p/.coord/state/attempts/r/t.1",
                "/home/ada/p/.coord/state/hub.git/worktrees/a-1", "/home/ada/p/worktrees/a-1", "/tmp",
            ])
        #expect(Self.access("/home/ada", plan) == .replaced(by: "/t/a-1/home"))
        #expect(Self.access("/tmp/x", plan) == .replaced(by: "/t/a-1/tmp"))
    }

    @Test("What an agent is given it reads and does not write, and nobody else's")
    func given() {
        var work = Self.work
        work.given = "/home/ada/p/.coord/state/given/r/t.1"
        let plan = SandboxPolicy(Self.scene()).plan(work)
        #expect(Self.access("/home/ada/p/.coord/state/given/r/t.1/skills.json", plan) == .readable)
        #expect(Self.access("/home/ada/p/.coord/state/given/r/t.2/skills.json", plan) == .hidden)
        #expect(Self.access("/home/ada/p/.coord/state/given/r/pool.json", plan) == .hidden)
    }

    @Test(
        "Programs beside a skill's manifest can be run and not changed; no folder around the project is opened"
    )
    func skillPrograms() {
        var work = Self.work
        work.skillFolders = [
            "/home/ada/p/.coord/skills/shop", "/home/ada/.config/coord/skills/mine", "/home/ada/p",
            "/home/ada",
            "/home/ada/p/.git/hooks", "/home/ada/p/.coord/state/given",
        ]
        let plan = SandboxPolicy(
            Self.scene(
                has: """
                    /home/ada/p/.coord/skills/shop/ /home/ada/.config/coord/skills/mine/ /home/ada/p/.git/hooks/
                    /home/ada/p/.coord/state/given/
                    """)
        ).plan(work)
        #expect(Self.access("/home/ada/p/.coord/skills/shop/tool", plan) == .readable)
        #expect(Self.access("/home/ada/.config/coord/skills/mine/tool", plan) == .readable)
        #expect(Self.access("/home/ada/.config/coord/gateway.json", plan) != .readable)
        #expect(Self.access("/home/ada/p/.coord/skills/other/tool", plan) == .hidden)
        #expect(Self.access("/home/ada/p/README.md", plan) == .hidden)
        #expect(Self.access("/home/ada/p/.git/hooks/pre-push", plan) == .hidden)
        #expect(Self.access("/home/ada/p/.coord/state/given/x", plan) == .hidden)
    }

    @Test(
        "What belongs to others is hidden",
        arguments: [
            "/home/ada/p/README.md", "/home/ada/p/.git/config", "/home/ada/p/.git/hooks/x",
            "/home/ada/p/.coord/state/state.db", "/home/ada/p/worktrees/b-1/file", "/home/eve/x",
            "/run/docker.sock",
            "/home/ada/p/.coord/state/hub.git/worktrees/b-1/HEAD", "/etc/shadow",
        ])
    func hides(_ path: String) {
        let plan = SandboxPolicy(Self.scene()).plan(Self.work)
        #expect(Self.access(path, plan) == .hidden)
    }

    @Test("The history can be read, and the worktree's link to it cannot be replaced")
    func readsHistory() {
        let plan = SandboxPolicy(Self.scene()).plan(Self.work)
        #expect(Self.access("/home/ada/p/.git/objects/pack/x", plan) == .readable)
        #expect(Self.access("/home/ada/p/.coord/state/hub.git/config", plan) == .readable)
        #expect(Self.access("/home/ada/p/worktrees/a-1/.git", plan) == .readable)
        #expect(plan.files.contains("/home/ada/p/worktrees/a-1/.git"))
    }

    @Test("Tool chains in the home are shown, the secrets in them are not")
    func showsTools() {
        let scene = Self.scene(
            path: ["/usr/bin", "/home/ada/sdk/bin", "/home/ada/.cargo/bin"],
            has: "/home/ada/.cargo/ /home/ada/.cargo/bin/ /home/ada/.cargo/credentials.toml /home/ada/sdk/ "
                + "/home/ada/sdk/bin/ /home/ada/.ssh/ /home/ada/go=/data/go/ /home/ada/.netrc")
        let plan = SandboxPolicy(scene).plan(Self.work)
        #expect(Self.access("/home/ada/.cargo/bin/cargo", plan) == .readable)
        #expect(Self.access("/home/ada/.cargo/credentials.toml", plan) == .hidden)
        #expect(Self.access("/home/ada/sdk/lib/x", plan) == .readable)
        #expect(Self.access("/home/ada/go", plan) == .mirrored(from: "/data/go"))
        // Hidden with the home they lie in.
        #expect(Self.access("/home/ada/.ssh/id", plan) == .replaced(by: "/t/a-1/home"))
        #expect(Self.access("/home/ada/.netrc", plan) == .replaced(by: "/t/a-1/home"))
    }

    @Test("What the user opens is open, but for secrets within it and for coord's own")
    func opens() {
        let settings = SandboxSettings(
            readable: ["/home/ada"], writable: ["/data", "/home/ada/p/.coord/state"])
        let plan = SandboxPolicy(
            Self.scene(settings: settings, has: "/data/ /home/ada/.ssh/ /home/ada/notes")
        )
        .plan(Self.work)
        #expect(Self.access("/home/ada/notes", plan) == .readable)
        #expect(Self.access("/home/ada/.ssh/id", plan) == .hidden)
        #expect(Self.access("/data/x", plan) == .writable)
        #expect(Self.access("/home/ada/p/.coord/state/state.db", plan) == .hidden)
        #expect(Self.access("/home/ada/p/.git/config", plan) == .hidden)
    }

    @Test("An agent's own files come with its program, its settings only to be read")
    func knowsAgents() {
        let scene = Self.scene(
            has:
                "/home/ada/.claude/ /home/ada/.claude/projects/ /home/ada/.claude/settings.json /opt/agent.sh "
                + "/home/ada/bin/run.sh")
        var work = Self.work
        work.agentCommand = "/home/ada/bin/run.sh && 'claude' -p x"
        let plan = SandboxPolicy(scene).plan(work)
        #expect(Self.access("/home/ada/.claude/settings.json", plan) == .readable)
        #expect(Self.access("/home/ada/.claude/projects/x", plan) == .writable)
        #expect(Self.access("/home/ada/bin/run.sh", plan) == .readable)
        let other = SandboxPolicy(scene).plan(Self.work)
        #expect(Self.access("/home/ada/.claude/settings.json", other) == .replaced(by: "/t/a-1/home"))
    }

    @Test(
        "X25: the settings of agents and editors are held, there or not, but for a task whose files they are")
    func protects() {
        let folder = "/home/ada/p/worktrees/a-1"
        let scene = Self.scene(has: "\(folder)/.vscode/ \(folder)/.mcp.json")
        var plan = SandboxPolicy(scene).plan(Self.work)
        #expect(Self.access(folder + "/.vscode/settings.json", plan) == .readable)
        #expect(Self.access(folder + "/.mcp.json", plan) == .readable)
        #expect(Self.access(folder + "/.claude/settings.json", plan) == .hidden)
        var work = Self.work
        work.ownFiles = [".claude/**", ".mcp.json"]
        plan = SandboxPolicy(scene).plan(work)
        #expect(Self.access(folder + "/.claude/settings.json", plan) == .writable)
        #expect(Self.access(folder + "/.mcp.json", plan) == .writable)
        #expect(Self.access(folder + "/.vscode/settings.json", plan) == .readable)
    }

    @Test("A gate writes its folder and throw-away ones, and nothing of git's")
    func confinesGates() {
        let work = SandboxedWork(
            folder: "/home/ada/p/worktrees/_gate-1",
            administration: "/home/ada/p/.coord/state/hub.git/worktrees/_gate-1", throwaway: "/t/g",
            isGate: true)
        let plan = SandboxPolicy(Self.scene()).plan(work)
        #expect(Self.access(work.folder + "/x", plan) == .writable)
        #expect(Self.access(work.administration! + "/index", plan) == .readable)
        #expect(Self.access("/home/ada/p/worktrees/a-1/x", plan) == .hidden)
    }

    @Test("Variables that lead to what is hidden are left out")
    func cleansEnvironment() {
        let given = ["XDG_RUNTIME_DIR": "/run/user/1", "PATH": "/usr/bin", "TMPDIR": "/var/tmp/x"]
        let policy = SandboxPolicy(Self.scene())
        #expect(policy.environment(given, Self.work) == ["PATH": "/usr/bin", "TMPDIR": "/tmp"])
        let landlock = SandboxPolicy(Self.scene(.landlock))
        #expect(
            landlock.environment(given, Self.work) == [
                "PATH": "/usr/bin", "TMPDIR": "/t/a-1/tmp", "HOME": "/t/a-1/home",
            ])
    }

    @Test("A client's program is shown with what lies around it, and its own folder is all it writes more")
    func client() {
        let scene = Self.scene(
            has: "/home/ada/.venv/ /home/ada/.venv/bin/ /home/ada/.venv/bin/vibe /home/ada/.vibe/logs/ "
                + "/home/ada/.opt/x/client /home/ada/.opt/x/ /home/ada/bin/codex=/home/ada/.opt/x/client")
        var work = Self.work
        work.agentProgram = "/home/ada/.venv/bin/vibe"
        work.agentHome = "/home/ada/p/.coord/state/agents/r/t"
        var plan = SandboxPolicy(scene).plan(work)
        #expect(Self.access("/home/ada/.venv/lib/x.py", plan) == .readable)
        #expect(Self.access("/home/ada/p/.coord/state/agents/r/t/config", plan) == .writable)
        #expect(Self.access("/home/ada/p/.coord/state/agents/r/u", plan) == .hidden)
        #expect(Self.access("/home/ada/.vibe/logs", plan) == .replaced(by: "/t/a-1/home"))

        // Signed in by a login, it keeps to the user's own folders.
        work.agentHome = nil
        plan = SandboxPolicy(scene).plan(work)
        #expect(Self.access("/home/ada/.vibe/logs", plan) == .writable)

        // A link is followed to where the program truly lies.
        work.agentProgram = "/home/ada/bin/codex"
        plan = SandboxPolicy(scene).plan(work)
        #expect(Self.access("/home/ada/.opt/x/beside", plan) == .readable)
    }
}

@Suite("Bubblewrap's arguments")
struct BubblewrapTests {
    @Test("Folders are mounted before what is in them, and hidden ones closed at the end")
    func order() {
        var plan = SandboxPlan(workingFolder: "/a/b", allowsNetwork: false)
        plan.set("/a/b", .writable)
        plan.set("/a", .hidden)
        plan.set("/a-b", .readable)
        plan.set("/etc/shadow", .hidden, isFile: true)
        plan.set("/tmp", .replaced(by: "/t/tmp"))
        plan.set("/a/c", .mirrored(from: "/c"))
        let expected = """
            --ro-bind / / --dev /dev --proc /proc --tmpfs /a --bind /a/b /a/b --ro-bind /c /a/c \
            --ro-bind /a-b /a-b --ro-bind /dev/null /etc/shadow --bind /t/tmp /tmp --remount-ro /a \
            --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --unshare-net \
            --die-with-parent --cap-drop ALL --chdir /a/b --
            """
        #expect(BubblewrapArguments.list(plan) == expected.split(separator: " ").map(String.init))
        let launcher = BubblewrapArguments.launcher(plan, program: "/usr/bin/bwrap")
        #expect(launcher.words.first == "/usr/bin/bwrap")
        #expect(launcher.staysAsParent)
    }
}
