import CoordJSON
import CoordSystem
import Testing

/// What coord does to the user's own repository: the target branch, and nothing else.
@Suite("The user's project")
struct ProjectTests {
    private static let one = """
        "tasks": [ { "id": "a", "prompt": "x" } ]
        """

    @Test("A dirty checkout makes landing wait, with the reason; clean again, it goes on")
    func dirty() throws {
        let stand = try Stand()
        let started = try Fifo(stand.root + "/started")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission(Self.one)
        let agent = try stand.agent("echo > \"$ROOT/started\"; read x < \"$ROOT/hold\"; echo new > README.md")
        let run = try stand.start(["run", mission, "--agent", agent])
        _ = try started.line()
        let events = try EventStream(stand)
        try stand.write(stand.project + "/README.md", "my own words\n")
        try hold.say("go")
        let delayed = try events.await("landing.delayed", about: "a")
        #expect(delayed["data"]?["reason"]?.stringValue?.contains("README.md") == true, "\(delayed)")
        #expect(try stand.read(stand.project + "/README.md") == "my own words\n")
        #expect(try stand.chain().isEmpty)
        try stand.git("checkout", "-q", "README.md")
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read(stand.project + "/README.md") == "new\n")
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
    }

    @Test("On another branch the user's files stay as they are, dirty or not, while the target moves")
    func otherBranch() throws {
        let stand = try Stand()
        try stand.git("checkout", "-q", "-b", "mine")
        try stand.write(stand.project + "/README.md", "my own words\n")
        let answer = try stand.coord(
            "run", stand.mission(Self.one), "--target", "main", "--agent", stand.agent("echo new > a.txt"))
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.git("rev-parse", "--abbrev-ref", "HEAD") == "mine")
        #expect(try stand.read(stand.project + "/README.md") == "my own words\n")
        #expect(Files.kind(stand.project + "/a.txt") == nil)
        #expect(try stand.git("show", "main:a.txt") == "new")
    }

    @Test("Config, hooks, other refs, stash and worktree list stay the same, whatever hooks the user has")
    func untouched() throws {
        let stand = try Stand()
        for hook in ["post-checkout", "post-merge", "pre-commit", "reference-transaction", "post-commit"] {
            try stand.write(
                stand.project + "/.git/hooks/" + hook, "#!/bin/sh\necho \(hook) >> '\(stand.root)/hooked'\n",
                executable: true)
        }
        try stand.git("branch", "side")
        try Files.makeFolder(stand.root + "/empty")
        // A hook of the user's ran while the stage was set.
        if Files.kind(stand.root + "/hooked") != nil { try Files.remove(stand.root + "/hooked") }
        let before = try stand.traces()
        let answer = try stand.coord(
            "run", stand.mission(Self.one), "--agent", stand.agent("echo new > a.txt"))
        #expect(answer.status == 0, "\(answer)")
        #expect(Files.kind(stand.root + "/hooked") == nil, "a hook ran")
        let after = try stand.traces()
        #expect(before == after)
        #expect(try stand.read(stand.project + "/a.txt") == "new\n")
        #expect(Files.kind(stand.root + "/state/coord/instances") == .folder)
    }

    @Test("A folder that does not exist becomes a project")
    func made() throws {
        let stand = try Stand(files: nil)
        let answer = try stand.coord(
            "run", stand.mission(Self.one), "--project", stand.project, "--agent",
            stand.agent("echo new > a.txt"))
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.chain().count == 1)
        #expect(try stand.read(stand.project + "/a.txt") == "new\n")
    }

    @Test("Started from a subfolder and with the variables of a hook, coord works on the repository around")
    func insideHook() throws {
        let stand = try Stand(files: ["deep/er/file": "x\n"])
        let answer = try stand.coord(
            ["run", stand.mission(Self.one), "--agent", stand.agent("echo new > a.txt")],
            in: stand.project + "/deep/er",
            with: [
                "GIT_DIR": stand.root + "/nowhere", "GIT_INDEX_FILE": stand.root + "/index",
                "GIT_WORK_TREE": stand.root, "GIT_OBJECT_DIRECTORY": stand.root + "/objects",
            ])
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.chain().count == 1)
        #expect(Files.kind(stand.root + "/index") == nil && Files.kind(stand.root + "/objects") == nil)
    }

    @Test("The rehearsal builds a working application whose own tests pass; a second time it breaks nothing")
    func rehearsal() throws {
        let stand = try Stand(files: nil)
        let missions = try Self.sources() + "/missions/web-app.json"
        let answer = try stand.coord(["run", missions, "--project", stand.project], in: stand.root)
        #expect(answer.status == 0, "\(answer)")
        #expect(answer.output.contains("simulated") || answer.speech.contains("no model is called"))
        let status = try stand.document("status")
        let total = try #require(status["progress"]?["total"]?.integerValue)
        #expect(status["progress"]?["completed"]?.integerValue == total)
        #expect(status["cost"]?["totalUSD"]?.doubleValue == 0 && status["cost"]?["simulated"] == true)
        let facts = try stand.events()
        let roles = Set(
            try #require(try stand.document("tasks")["tasks"]?.arrayValue).compactMap {
                $0["role"]?.stringValue
            })
        #expect(roles.count >= 10)
        var working = 0
        var most = 0
        for fact in facts {
            if fact["type"] == "lease.granted" { working += 1 }
            if fact["type"] == "attempt.ended" { working -= 1 }
            most = max(most, working)
        }
        #expect(most >= 4)
        let bounces = facts.filter { $0["type"] == "candidate.bounced" }.compactMap {
            $0["data"]?["reason"]?.stringValue
        }
        #expect(bounces.count { $0.hasPrefix("the gate ") } == 1)
        // Two tasks add a line to the same list: they are kept apart.
        #expect(!facts.contains { $0["type"] == "candidate.conflicted" })
        let tests = try CommandLineTool.run(
            "cd '\(stand.project)' && python3 -B -m unittest discover -s tests -t .", stand.environment)
        #expect(tests.status == 0, "\(tests)")
        let head = try stand.git("rev-parse", "main")
        let again = try stand.coord(["run", missions, "--project", stand.project], in: stand.root)
        #expect([0, 1, 2].contains(again.status), "\(again)")
        try stand.git("merge-base", "--is-ancestor", head, "main")
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
        try stand.git("fsck", "--no-dangling")
    }

    /// The source tree the tests were built in.
    static func sources() throws -> String {
        var folder = Executables.own()
        while folder != "/" {
            folder = Files.parent(folder)
            if Files.kind(folder + "/Package.swift") == .file { return folder }
        }
        throw Failure("the sources were not found above \(Executables.own())")
    }
}

enum CommandLineTool {
    static func run(_ script: String, _ environment: [String: String]) throws -> Answer {
        try Running("/bin/sh", ["-c", script], environment, in: "/", scratch: "/").wait()
    }
}
