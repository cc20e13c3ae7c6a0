import CoordCommandLine
import CoordJSON
import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Finding the project and the run")
struct LookupTests {
    @Test("a project is found from any folder below it")
    func below() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try Files.makeFolder(fixture.folder + "/src/deep")
        let reply = fixture.reply("runs", fixture.surroundings(workingFolder: fixture.folder + "/src/deep"))
        #expect(reply.status == .done)
        let named = fixture.reply(
            "runs --project \(fixture.folder)", fixture.surroundings(workingFolder: "/"))
        #expect(named.output == reply.output)
    }

    @Test("without a journal, a project or a folder, that is what is said")
    func nothing() throws {
        let fixture = try RunFixture()
        #expect(
            fixture.reply("status").speech
                == "error: no mission has run in `/project` yet\nhint: start one with `coord run MISSION`\n")
        try Files.makeFolder(fixture.folder + "/plain")
        try Files.removeTree(fixture.folder + "/.git")
        #expect(
            fixture.reply("status", fixture.surroundings(workingFolder: fixture.folder + "/plain")).speech
                == "error: `/project/plain` is in no project: there is no git repository around it\n"
                + "hint: go to a project, or name one with `--project DIR`\n")
        let missing = fixture.reply("status --project nowhere")
        #expect(missing.speech == "error: there is no folder `/project/nowhere`\n")
        #expect(missing.status == .wrongInput)
    }

    @Test("in coord's own sources it is the project that was worked on last")
    func ownSources() throws {
        let sources = try RunFixture()
        for folder in ["Sources/CoordModel", "Sources/coord", "missions", "worktrees"] {
            try Files.makeFolder(sources.folder + "/" + folder)
        }
        try Files.writeAtomically([], to: sources.folder + "/Package.swift")
        #expect(sources.reply("status").speech.hasPrefix("error: no mission has run in `/project` yet"))
        for name in ["old", "new"] {
            let project = try RunFixture()
            try project.recordRunInTheMiddle()
            let target = sources.folder + "/worktrees/\(name)-project"
            try Files.makeFolder(target + "/.coord/state")
            try Files.copy(project.state.database, to: target + "/.coord/state/state.db")
            var times = [
                timeval(tv_sec: name == "old" ? 1000 : 2000, tv_usec: 0),
                timeval(tv_sec: name == "old" ? 1000 : 2000, tv_usec: 0),
            ]
            #expect(utimes(target + "/.coord/state/state.db", &times) == 0)
        }
        let lookup = ProjectLookup(sources.surroundings(workingFolder: sources.folder + "/Sources"))
        #expect(
            try lookup.forReading(project: nil).project == sources.folder + "/worktrees/new-project")
        #expect(
            try lookup.forRunning(project: nil, mission: "demo") == sources.folder + "/worktrees/demo-project"
        )
        #expect(try lookup.forRunning(project: "/p", mission: "demo") == "/p")
    }

    @Test("a run is found by its name or the start of it")
    func runs() throws {
        let fixture = try RunFixture()
        for id: RunID in ["20260101-a", "20260102-b", "20260102-c"] {
            fixture.begin(id)
            try fixture.record([(0, .runStarted(RunFixture.runStart(fixture.folder, id: id)))])
        }
        func chosen(_ name: String) throws -> String? {
            try JSONParser.parse(fixture.reply("runs show \(name) --json").output)["run"]?["id"]?.stringValue
        }
        #expect(try chosen("20260101-a") == "20260101-a")
        #expect(try chosen("20260101") == "20260101-a")
        #expect(try chosen("") == "20260102-c")
        #expect(
            fixture.reply("runs show 20260102").speech
                == "error: 2 runs have names that start with `20260102`\nhint: `20260102-c`, `20260102-b`\n")
        #expect(
            fixture.reply("status --run 20260101-b").speech
                == "error: there is no run `20260101-b`\nhint: did you mean `20260102-b`?\n")
    }

    @Test("runs are forgotten with their files, but not while they go on")
    func remove() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let run: RunID = "20261120184424-web-app-k3x9"
        let transcript = fixture.state.transcript(run, "qa-1")
        let files = [transcript, fixture.state.report(run), fixture.state.root + "/options/\(run).json"]
        for file in files {
            try Files.makeFolder(Files.parent(file))
            try Files.writeAtomically([], to: file)
        }
        let refused = fixture.reply("runs remove \(run)")
        #expect(refused.status == .conflict)
        #expect(
            refused.speech
                == "error: run `\(run)` is still going on (pid 4711)\nhint: end it with `coord stop` first\n")
        let removed = fixture.reply("runs remove \(run)", fixture.surroundings(isAlive: false))
        #expect(removed.speech == "removed run `\(run)`\n")
        for file in files + [Files.parent(transcript)] { #expect(Files.kind(file) == nil, "\(file)") }
        #expect(fixture.reply("runs").speech == "the project has no runs\n")
        #expect(fixture.reply("status").status == .wrongInput)
    }

    @Test("a journal that cannot be read is told with what would help")
    func damaged() throws {
        let fixture = try RunFixture()
        try Files.writeAtomically(Array(repeating: 0x41, count: 500), to: fixture.state.database)
        let reply = fixture.reply("status")
        #expect(
            reply.speech
                == "error: `/project/.coord/state/state.db` is not a journal: it is no SQLite database\n")
        #expect(reply.status == .wrongInput)
    }

    @Test("a task or a worker that is not there is answered with the nearest")
    func nearest() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        #expect(
            fixture.reply("why shcema").speech
                == "error: run `20261120184424-web-app-k3x9` has no task `shcema`\n"
                + "hint: did you mean `schema`?\n"
        )
        #expect(
            fixture.reply("tasks show zebra").speech
                == "error: run `20261120184424-web-app-k3x9` has no task `zebra`\n"
                + "hint: `coord tasks` lists all tasks\n"
        )
        #expect(
            fixture.reply("logs zebra").speech
                == "error: run `20261120184424-web-app-k3x9` has no worker `zebra`\n"
                + "hint: it has `backend-1`, `qa-1`, `docs-1`\n")
        #expect(
            fixture.reply("logs").speech
                == "error: `coord logs` needs a WORKER\nhint: the run has `backend-1`, `qa-1` and `docs-1`\n")
    }
}

@Suite("Transcripts")
struct TranscriptTests {
    private func fixture(_ text: String) throws -> RunFixture {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let path = fixture.state.transcript("20261120184424-web-app-k3x9", "qa-1")
        try Files.makeFolder(Files.parent(path))
        try Files.writeAtomically(Array(text.utf8), to: path)
        return fixture
    }

    @Test("what agents said comes line by line, made harmless")
    func escaped() throws {
        let fixture = try fixture("plain\nwith\ttab\r\n\u{1B}[31mred\u{9B}\nlast without end")
        #expect(
            fixture.reply("logs qa-1").output
                == "plain\nwith\ttab\n\\u{1B}[31mred\\u{9B}\nlast without end\n")
        #expect(
            fixture.reply("logs qa-1 --raw").output
                == "plain\nwith\ttab\r\n\u{1B}[31mred\u{9B}\nlast without end")
    }

    @Test(
        "the last lines are the last lines",
        arguments: [
            (0, ""), (1, "5\n"), (2, "4\n5\n"), (5, "1\n2\n3\n4\n5\n"), (99, "1\n2\n3\n4\n5\n"),
        ])
    func tail(_ lines: Int, _ expected: String) throws {
        #expect(try fixture("1\n2\n3\n4\n5\n").reply("logs qa-1 -n \(lines)").output == expected)
        #expect(try fixture("1\n2\n3\n4\n5").reply("logs qa-1 -n \(lines)").output == expected)
    }

    @Test("a long transcript is read whole, and its end from the end")
    func long() throws {
        let text = (1...40_000).map { "line \($0)\n" }.joined()
        let fixture = try fixture(text)
        #expect(fixture.reply("logs qa-1").output == text)
        #expect(fixture.reply("logs qa-1 -n 2").output == "line 39999\nline 40000\n")
        #expect(
            fixture.reply("logs qa-1 -n 20000").output == (20_001...40_000).map { "line \($0)\n" }.joined())
    }

    @Test("a worker that said nothing is no error")
    func silence() throws {
        let reply = try fixture("").reply("logs docs-1")
        #expect(reply.speech == "`docs-1` has said nothing yet\n")
        #expect(reply.status == .done)
    }

    @Test("following goes on until the run ends, and misses nothing")
    func follow() throws {
        let fixture = try fixture("before\n")
        let path = fixture.state.transcript("20261120184424-web-app-k3x9", "qa-1")
        let asked = Mutex(0)
        var surroundings = fixture.surroundings()
        // Each look at the coordinator stands for time that passes: first it lives, then more is said, then
        // it ends.
        surroundings.isAlive = { _ in
            asked.withLock { count in
                count += 1
                if count == 2 { append("while it ran\n", to: path) }
                if count == 3 { append("at its end", to: path) }
                return count < 3
            }
        }
        #expect(fixture.reply("logs qa-1 -f", surroundings).output == "before\nwhile it ran\nat its end\n")
    }

    @Test("following events ends with the run, and the last ones are there")
    func followEvents() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let asked = Mutex(0)
        let box = UncheckedBox(fixture)
        var surroundings = fixture.surroundings()
        surroundings.isAlive = { _ in
            asked.withLock { count in
                count += 1
                if count == 3 { #expect(throws: Never.self) { try box.value.recordEnd() } }
                return true
            }
        }
        let output = fixture.reply("events --follow --since 39 --json", surroundings).output
        let sequences = try output.split(separator: "\n").map {
            try JSONParser.parse(String($0))["seq"]?.integerValue
        }
        #expect(sequences == (40...49).map { $0 })
    }
}

/// A fixture that a closure on the same thread needs.
private struct UncheckedBox: @unchecked Sendable {
    let value: RunFixture
    init(_ value: RunFixture) { self.value = value }
}

private func append(_ text: String, to path: String) {
    do {
        let descriptor = try Descriptors.open(path, O_WRONLY | O_APPEND)
        defer { Descriptors.close(descriptor) }
        try Descriptors.writeAll(Array(text.utf8), to: descriptor)
    } catch { Issue.record(error) }
}
