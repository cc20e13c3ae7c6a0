import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a sandbox is for a run: refused, chosen, shown, kept; and what an agent still can do in it.
@Suite("The sandbox of a run")
struct SandboxTests {
    private static let one = "\"tasks\": [ { \"id\": \"a\", \"prompt\": \"Write a.\", \"maxAttempts\": 1 } ]"
    private static let unavailable: Comment = "this mechanism does not work on this machine"
    private static let hasBubblewrap = AttackRun.available.contains(.bubblewrap)
    private static let hasLandlock = AttackRun.available.contains(.landlock)

    /// A search path with git in it and nothing else, but for what is added.
    private func path(of stand: Stand, adding script: String? = nil) throws -> String {
        let folder = stand.root + "/programs"
        try Files.makeFolder(folder)
        try Files.link(folder + "/git", to: try #require(Executables.find("git")))
        if let script { try stand.write(folder + "/bwrap", "#!/bin/sh\n" + script + "\n", executable: true) }
        return folder
    }

    // MARK: - Which one

    @Test("X32: a sandbox that is not there, or does not hold, refuses the run before anything starts")
    func refuses() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let arguments = ["run", mission, "--sandbox", "bwrap", "--agent", try stand.agent("echo x > a.txt")]
        let path = try path(of: stand)
        let missing = try stand.coord(arguments, with: ["PATH": path])
        #expect(missing.status == 2, "\(missing)")
        #expect(missing.speech.contains("no sandbox works here"))
        #expect(missing.speech.contains("--sandbox off"))
        // A planted one that confines nothing.
        try stand.write(
            path + "/bwrap", "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n",
            executable: true)
        let fake = try stand.coord(arguments, with: ["PATH": path])
        #expect(fake.status == 2, "\(fake)")
        #expect(fake.speech.contains("did not hold a command back"))
        #expect(try stand.chain().isEmpty)
    }

    @Test("without bubblewrap Landlock is taken, and shown", .enabled(if: hasLandlock, unavailable))
    func fallsBack() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let answer = try stand.coord(
            ["run", mission, "--agent", "command:echo x > a.txt"],
            with: ["PATH": try path(of: stand), "COORD_SANDBOX": "auto"])
        #expect(answer.status == 0, "\(answer)")
        let status = try stand.document("status")
        #expect(status["workers"]?.arrayValue?.first?["sandbox"] == "landlock")
        let slots = try stand.events("run.started").first?["data"]?["slots"]?.arrayValue
        #expect(slots?.first?["sandbox"] == "landlock")
        #expect(try stand.coord("workers").output.contains("landlock"))
    }

    @Test("a run that is taken up again is confined as before", .enabled(if: hasLandlock, unavailable))
    func resumes() throws {
        let stand = try Stand()
        try stand.write("home/.netrc", Attack.secret)
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"Write a.\" } ]")
        let ready = try Fifo(stand.root + "/ready")
        let agent = """
            command:[ $COORD_ATTEMPT -gt 1 ] || { echo up > '\(stand.root)/ready'; sleep 60; }
            cat '\(stand.root)/home/.netrc' > a.txt || echo held > a.txt
            """
        let first = try stand.start([
            "run", mission, "--agent", agent, "--sandbox", "landlock", "--sandbox-write",
            stand.root + "/ready",
        ])
        #expect(try ready.line() == "up")
        first.signal(SIGKILL)
        _ = first.wait()
        let second = try stand.coord(["run", mission, "--resume"])
        #expect(second.status == 0, "\(second)")
        #expect(try stand.git("show", "main:a.txt") == "held")
    }

    @Test(
        "a skill's program beside its manifest runs in the sandbox, and cannot be changed there",
        arguments: AttackRun.available)
    func skillProgram(_ mechanism: SandboxMechanism) throws {
        let stand = try Stand(files: [
            ".coord/skills/shop/greet.skill.json": """
            { "id": "greet", "description": "Greets.", "handler": { "command": ["./greet.sh"] } }
            """,
            ".coord/skills/shop/words.txt": "hello\n",
        ])
        try stand.write(
            stand.project + "/.coord/skills/shop/greet.sh",
            "#!/bin/sh\ncat \"$(dirname \"$0\")/words.txt\"\n", executable: true)
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"a\", \"prompt\": \"Greet.\", \"skills\": [\"greet\"] } ]")
        let agent = """
            command:'\(Stand.program("coord"))' skills run greet > a.txt 2>&1
            echo changed >> "$COORD_PROJECT/.coord/skills/shop/words.txt" || true
            cat "$COORD_PROJECT/.coord/config.json" >> a.txt 2>/dev/null || true
            """
        try stand.write(stand.project + "/.coord/config.json", "{ \"catalogues\": [] }")
        let answer = try stand.coord(
            ["run", mission, "--agent", agent], with: ["COORD_SANDBOX": mechanism.rawValue])
        #expect(answer.status == 0, "\(answer)")
        let shown = try stand.git("show", "main:a.txt")
        #expect(shown == "hello", "\(shown)")
        #expect(try stand.read(stand.project + "/.coord/skills/shop/words.txt") == "hello\n")
    }

    @Test("a word in the environment that names no sandbox is refused")
    func wrongWord() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let answer = try stand.coord(
            ["run", mission, "--agent", "command:true"], with: ["COORD_SANDBOX": "of"])
        #expect(answer.status == 2)
        #expect(answer.speech.contains("`of`"))
    }

    // MARK: - What still works

    @Test(
        "an agent reads history, commits, and its commits are kept; a gate tests the tree",
        .enabled(if: hasBubblewrap, unavailable))
    func commits() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            "\"merge\": { \"gate\": [\"test \\\"$(git rev-parse HEAD^{tree})\\\" != x && cat a.txt\"] }, "
                + Self.one)
        let script = """
            git log --format=%s | grep -q Start
            echo one > a.txt; git add a.txt; git commit -qm 'By hand'; echo two > b.txt
            test "$(git status --porcelain)" = '?? b.txt'; git diff HEAD~1 --stat
            """
        let answer = try stand.coord(["run", mission, "--agent", stand.agent(script), "--sandbox", "bwrap"])
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.git("log", "--format=%s").contains("By hand"))
        #expect(try stand.git("show", "main:b.txt") == "two")
        #expect(try stand.git("fsck").isEmpty)
    }

    @Test(
        "a command without a worktree is confined also where none was made yet",
        .enabled(if: hasBubblewrap, unavailable))
    func withoutWorktrees() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"a\", \"run\": \"true\", \"workspace\": \"none\" } ]")
        let answer = try stand.coord(["run", mission, "--sandbox", "bwrap"])
        #expect(answer.status == 0, "\(answer)")
    }

    @Test("the end of an attempt is polite first", .enabled(if: hasBubblewrap, unavailable))
    func polite() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\", \"maxAttempts\": 1, \"timeoutSeconds\": 1 } ]")
        let script = "trap 'echo said goodbye; exit 0' TERM; set +e; while :; do sleep 0.05; done"
        _ = try stand.coord(["run", mission, "--agent", stand.agent(script), "--sandbox", "bwrap"])
        #expect(try stand.transcripts().contains("said goodbye"))
    }

    // MARK: - What it leaves

    @Test("X39: what an agent leaves running ends with its attempt", arguments: [true, false])
    func daemons(_ isConfined: Bool) throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let mark = "1000.\(UInt32.random(in: 1...(.max)))"
        let command = """
            (setsid sh -c ': > started; exec env -i /bin/sleep \(mark)' &)
            until [ -e started ]; do :; done
            """
        let mechanism = isConfined ? try #require(AttackRun.available.first).rawValue : "off"
        let answer = try stand.coord([
            "run", mission, "--agent", "command:" + command, "--sandbox", mechanism,
        ])
        #expect(answer.status == 0, "\(answer)")
        #expect(Self.processes(with: mark).isEmpty)
        // The control: left to a shell it lives on.
        _ = try CommandRunner.run(
            CommandRequest(
                executable: "/bin/sh", arguments: ["-c", command], environment: ["PATH": "/usr/bin:/bin"],
                workingFolder: stand.root, endsLeftovers: false))
        let left = Self.processes(with: mark)
        #expect(!left.isEmpty)
        for pid in left { kill(pid, SIGKILL) }
    }

    private static func processes(with mark: String) -> [Int32] {
        // A process that ends while it is looked at has no such argument.
        let pids = ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }
        return pids.filter { pid in
            let bytes = (try? Files.read("/proc/\(pid)/cmdline")) ?? []
            return bytes.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
        }
    }

    @Test("X34 X30: an agent has descriptors 0, 1 and 2, and no core dumps", arguments: ["on", "off"])
    func descriptors(_ setting: String) throws {
        // The last one is the listing's own.
        let look = "echo fds $(ls /proc/self/fd | tr '\\n' ' '), core $(ulimit -Hc)."
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let mechanism = setting == "on" ? try #require(AttackRun.available.first).rawValue : "off"
        _ = try stand.coord(["run", mission, "--agent", "command:" + look, "--sandbox", mechanism])
        #expect(try stand.transcripts().contains("fds 0 1 2 3 , core 0."))
        // The control: the same look sees one more when there is one.
        let control = try CommandRunner.run(
            CommandRequest(
                executable: "/bin/sh", arguments: ["-c", "exec 9</dev/null; " + look],
                environment: ["PATH": "/usr/bin:/bin"], workingFolder: stand.root))
        #expect(control.outputText.contains("fds 0 1 2 3 9 ,"))
    }

    @Test("X37: programs planted in the worktree are run by nobody but who names them")
    func plantedPrograms() throws {
        let stand = try Stand(files: nil)
        let marker = stand.root + "/marker"
        let evil = "#!/bin/sh\necho \"$0 $*\" >> '\(marker)'\nexit 1\n"
        try Files.makeFolder(stand.project)
        try stand.git("init", "-q", "-b", "main")
        for name in ["git", "sh", "bwrap", "ls", "git-upload-pack"] {
            try stand.write(stand.project + "/" + name, evil, executable: true)
        }
        try stand.git("add", "-A")
        try stand.git("commit", "-q", "-m", "Planted")
        let mission = try stand.mission("\"merge\": { \"gate\": [\"ls\"] }, " + Self.one)
        let path = ".:bin:" + (stand.environment["PATH"] ?? "")
        let agent = try stand.agent("ls > a.txt; git add a.txt || true")
        let answer = try stand.coord(["run", mission, "--agent", agent], with: ["PATH": path])
        #expect(answer.status == 0, "\(answer)")
        #expect(Files.kind(marker) == nil)
        // The control: with that search path a shell runs what was planted.
        _ = try CommandRunner.run(
            CommandRequest(
                executable: "/bin/sh", arguments: ["-c", "git status"], environment: ["PATH": path],
                workingFolder: stand.project))
        #expect(Files.kind(marker) == .file)
    }

    @Test("X19: a handoff that leads to a secret is not taken")
    func handoffLink() throws {
        let stand = try Stand()
        try stand.write("home/.netrc", Attack.secret)
        let mission = try stand.mission(Self.one)
        let script =
            "echo x > a.txt; ln -sf '\(stand.root)/home/.netrc' \"$COORD_HANDOFF_OUT\"; cat \"$COORD_HANDOFF_OUT\""
        let answer = try stand.coord(["run", mission, "--agent", stand.agent(script)])
        #expect(answer.status == 0, "\(answer)")
        // The control: the link leads there.
        #expect(try stand.transcripts().contains(Attack.secret))
        #expect(try !stand.coord("events", "--json").output.contains(Attack.secret))
    }

    @Test(
        "X31: without the network nobody outside is reached", arguments: AttackRun.available, ["on", "off"])
    func network(_ mechanism: SandboxMechanism, _ setting: String) throws {
        let listener = try Listener()
        let stand = try Stand()
        let mission = try stand.mission(Self.one)
        let call = "git ls-remote git://127.0.0.1:\(listener.port)/x & sleep 0.3; kill $!; echo x > a.txt"
        let answer = try stand.coord([
            "run", mission, "--agent", "command:" + call, "--sandbox", mechanism.rawValue,
            "--sandbox-network",
            setting,
        ])
        #expect(answer.status == 0, "\(answer)")
        #expect(listener.wasCalled == (setting == "on"))
    }
}

/// A TCP port that notes whether somebody called.
private final class Listener {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let own = descriptor
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(own, $0, length) == 0 && listen(own, 8) == 0 && getsockname(own, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard result else { throw SystemError.last("listen") }
    }

    deinit { close(descriptor) }

    var wasCalled: Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, 0) > 0
    }
}
