import CoordModel
import CoordSystem
import Synchronization
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Hostile agents")
struct HostileTests {
    /// Everything in git's configuration that names a program, set by an agent.
    static let settings = [
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy",
        "core.alternateRefsCommand", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "diff.external", "diff.evil.textconv", "diff.evil.command", "merge.evil.driver", "gpg.program",
        "gpg.ssh.program", "credential.helper", "uploadpack.packObjectsHook", "alias.status",
        "alias.ls-files",
        "alias.add", "alias.fetch", "pager.log", "sequence.editor", "interactive.diffFilter",
        "trailer.x.command",
        "remote.origin.uploadpack", "url.ext::sh.insteadOf", "protocol.ext.allow", "core.attributesFile",
        "include.path", "core.excludesFile", "hook.evil.command", "submodule.evil.update",
        "fetch.fsckObjects",
    ]
    static let hooks = [
        "reference-transaction", "post-checkout", "pre-commit", "post-commit", "post-index-change",
        "post-merge",
        "pre-auto-gc", "post-rewrite", "update", "pre-receive", "post-receive", "post-update",
        "fsmonitor-watchman",
    ]

    @Test("X13 X15 X16: nothing an agent sets up in its worktree or the hub is run by a call of coord's")
    func nothingRuns() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let marker = place.root + "/marker"
        let evil = place.root + "/evil.sh"
        try place.write("#!/bin/sh\necho \"$0 $*\" >> '\(marker)'\ncat\n", evil, executable: true)

        func poison(_ worktree: String) throws {
            let hub = workspace.hub
            for hook in Self.hooks {
                try place.shell("mkdir -p '\(hub)/hooks' && cp '\(evil)' '\(hub)/hooks/\(hook)'")
            }
            try place.git("config", "core.hooksPath", hub + "/hooks", in: hub)
            let more = place.root + "/included"
            try place.write("[core]\n\tfsmonitor = \(evil)\n", more)
            for setting in Self.settings {
                try place.git("config", setting, setting == "include.path" ? more : evil, in: hub)
            }
            try place.git("config", "extensions.worktreeConfig", "true", in: hub)
            let inner = try place.read(worktree + "/.git").dropFirst(8).dropLast()
            try place.write(
                "[core]\n\tbare = false\n\tfsmonitor = \(evil)\n\thooksPath = \(hub)/hooks\n",
                inner + "/config.worktree")
            try place.write("* filter=evil diff=evil merge=evil\n", worktree + "/.gitattributes")
        }

        // The marks the agent's own git leaves do not count.
        func clearMarker() throws { try Files.removeTree(marker) }

        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell(
            "echo work > a.txt; git add -A && git commit -qm own; echo more > c.txt", in: first.path)
        try poison(first.path)
        // Proof that the trap works: the agent's own git falls into it.
        _ = try? place.git("status", in: first.path)
        #expect(Files.kind(marker) == .file)
        try clearMarker()

        let snapshot = try #require(
            try workspace.snapshot(slot: "w-1", lease: Lease("a"), base: base, message: "m"))
        #expect(try place.git("log", "--format=%s", "\(base)..\(snapshot.commit)").contains("own"))
        let onto = try place.commit(["b.txt": "human\n"], "Human")
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(Files.kind(marker) == nil)
        try poison(first.path)
        try clearMarker()
        let gate = try workspace.openGate(name: "1", commit: commit)
        #expect(try workspace.land(commit: commit, from: onto) == .landed)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        try place.write("x\n", second.path + "/left.txt")
        try poison(second.path)
        try clearMarker()
        #expect(try workspace.rescue(slot: "w-1", lease: Lease("b")) != nil)
        try poison(second.path)
        try clearMarker()
        try workspace.openHub()
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("c"))
        _ = try workspace.openGate(name: "1", commit: base)
        try workspace.closeGates()
        try workspace.removeWorktrees()
        #expect(Files.kind(marker) == nil)
        #expect(Files.kind(gate) == nil)
        // The hub's settings are coord's again, so the next agent's git is safe too.
        #expect(Files.kind(workspace.hub + "/hooks") == nil)
        #expect(try place.git("config", "--get", "core.hooksPath", in: workspace.hub) == "/dev/null")
    }

    @Test("X15: hooks and fsmonitor of the project itself are not run by a landing")
    func projectHooks() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("1\n", $0.path + "/one") })
        let marker = place.root + "/marker"
        for hook in Self.hooks {
            try place.write(
                "#!/bin/sh\necho x > '\(marker)'\nexit 1\n", ".git/hooks/" + hook, executable: true)
        }
        try place.git("config", "core.fsmonitor", place.project + "/.git/hooks/update")
        try Files.removeTree(marker)
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        _ = try workspace.openGate(name: "1", commit: commit)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(Files.kind(marker) == nil)
    }

    @Test(
        "X17: a hostile name of a branch in the worktree's head leads nowhere",
        arguments: [
            "ref: ../../../../etc/passwd", "ref: refs/heads/../../config", "ref: --upload-pack=touch x",
            "ref: refs/heads/$(touch x)",
        ])
    func hostileHead(content: String) throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let snapshot = try workspace.attempt(Lease("a")) {
            try place.write("1\n", $0.path + "/one")
            try place.write(content + "\n", workspace.hub + "/worktrees/w-1/HEAD")
        }
        #expect(snapshot?.files == ["one"])
    }

    @Test("history with a forbidden path in a tree is flattened")
    func badHistory() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a"), message: "Flat") {
                try place.write("1\n", $0.path + "/one")
                let blob = try place.git("hash-object", "-w", "--stdin", in: $0.path, input: "evil\n")
                let inner = try place.git("mktree", in: $0.path, input: "100644 blob \(blob)\tconfig\n")
                let tree = try place.git("mktree", in: $0.path, input: "040000 tree \(inner)\t.git\n")
                let commit = try place.git("commit-tree", "-p", "\(base)", "-m", "evil", tree, in: $0.path)
                try place.git("update-ref", "HEAD", commit, in: $0.path)
            })
        #expect(try place.git("log", "-1", "--format=%s %P", "\(snapshot.commit)") == "Flat \(base)")
        #expect(snapshot.files == ["one"])
    }
}

@Suite("Many at once, and what it costs")
struct ThreadTests {
    @Test("several slots work at once, and every one lands")
    func slots() throws {
        let place = try Playground()
        try place.makeProject(
            Dictionary(uniqueKeysWithValues: (0..<50).map { ("d\($0 % 5)/f\($0)", "\($0)\n") }))
        let workspace = try place.open()
        let results = Mutex<[(Lease, ObjectID, Snapshot)]>([])
        let problems = Mutex<[String]>([])
        Threads.run(4) { number in
            do {
                for round in 1...3 {
                    let lease = Lease(TaskID("t\(number)-\(round)"))
                    let prepared = try workspace.prepareWorktree(slot: "w-\(number)", lease: lease)
                    let text = Array("\(lease)\n".utf8)
                    try Files.writeAtomically(text, to: prepared.path + "/new-\(number)-\(round)")
                    let snapshot = try workspace.snapshot(
                        slot: "w-\(number)", lease: lease, base: prepared.base, message: "m")
                    guard let snapshot else { throw Playground.Failure(text: "no snapshot") }
                    _ = try workspace.openGate(name: "\(number)", commit: snapshot.commit)
                    results.withLock { $0.append((lease, prepared.base, snapshot)) }
                }
            } catch { problems.withLock { $0.append("\(error)") } }
        }
        #expect(problems.withLock { $0 } == [])
        let snapshots = results.withLock { $0 }
        #expect(snapshots.count == 12)
        for (_, base, snapshot) in snapshots {
            let commit = try workspace.stageOnTarget(snapshot, base: base)
            #expect(try workspace.land(commit: commit, from: try workspace.targetHead()) == .landed)
        }
        #expect(try place.git("ls-files", "new-*").split(separator: "\n").count == 12)
        #expect(try place.git("rev-list", "--count", "--first-parent", "main") == "13")
        #expect(try place.git("status", "--porcelain") == "")
    }

    @Test(
        "the whole life of a task takes at most twelve processes of git, ten when nobody looks at the target")
    func processCount() throws {
        let place = try Playground()
        try place.makeProject(
            Dictionary(uniqueKeysWithValues: (0..<40).map { ("d\($0 % 5)/f\($0)", "\($0)\n") }))
        let workspace = try place.open()
        var counts: [Int] = []
        for round in 1...3 {
            if round == 3 { try place.git("checkout", "-q", "--detach") }
            let before = place.tool.callCount
            let lease = Lease("t", round)
            let snapshot = try #require(
                try workspace.attempt(lease) {
                    try place.write("changed \(round)\n", $0.path + "/d1/f1")
                    try place.write("new \(round)\n", $0.path + "/new\(round)")
                })
            let base = try workspace.targetHead()
            let commit = try workspace.stageOnTarget(snapshot, base: base)
            _ = try workspace.openGate(name: "1", commit: commit)
            #expect(try workspace.land(commit: commit, from: base) == .landed)
            counts.append(place.tool.callCount - before)
        }
        #expect(counts == [11, 12, 10])
    }
}

/// Plain threads, so that blocking work does not hold the test runner's own.
enum Threads {
    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` with the numbers from 1 on as many threads, and waits for all.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        var threads: [pthread_t] = []
        for number in 1...count {
            let job = Unmanaged.passRetained(Job { body(number) })
            #if canImport(Glibc)
                var thread = pthread_t()
            #else
                var thread: pthread_t?
            #endif
            let result = pthread_create(
                &thread, nil,
                { argument in
                    #if canImport(Glibc)
                        let pointer = argument!
                    #else
                        let pointer = argument
                    #endif
                    Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().body()
                    return nil
                }, job.toOpaque())
            precondition(result == 0)
            #if canImport(Glibc)
                threads.append(thread)
            #else
                threads.append(thread!)
            #endif
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
