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
        try Files.makeFolder(Files.parent(transcript))
        try Files.writeAtomically([], to: transcript)
        let refused = fixture.reply("runs remove \(run)")
        #expect(refused.status == .conflict)
        #expect(
            refused.speech
                == "error: run `\(run)` is still going on (pid 4711)\nhint: end it with `coord stop` first\n")
        let removed = fixture.reply("runs remove \(run)", fixture.surroundings(isAlive: false))
        #expect(removed.speech == "removed run `\(run)`\n")
        #expect(Files.kind(Files.parent(transcript)) == nil)
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
                == "error: run `20261120184424-web-app-k3x9` has no task `shcema`\nhint: did you mean `schema`?\n"
        )
        #expect(
            fixture.reply("tasks show zebra").speech
                == "error: run `20261120184424-web-app-k3x9` has no task `zebra`\nhint: `coord tasks` lists all tasks\n"
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
        // Each look at the coordinator stands for time that passes: first it lives, then more is said, then it ends.
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
        #expect(sequences == (40...48).map { $0 })
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

@Suite("Output")
struct OutputTests {
    @Test("a reader that went away is a quiet success")
    func brokenPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let (read, write) = try Descriptors.makePipe()
        Descriptors.close(read)
        let output = Output(descriptor: write), speech = Output()
        let status = Program.run(
            ["events", "--json"], surroundings: fixture.surroundings(), output: output, speech: speech)
        Descriptors.close(write)
        #expect(status == .done)
        #expect(speech.text == "")
        #expect(output.isClosed)
    }

    #if os(Linux)
        @Test("a full disk behind the output is told")
        func fullDisk() throws {
            let fixture = try RunFixture()
            try fixture.recordRunInTheMiddle()
            let full = try Descriptors.open("/dev/full", O_WRONLY)
            let speech = Output()
            let status = Program.run(
                ["status"], surroundings: fixture.surroundings(), output: Output(descriptor: full),
                speech: speech)
            Descriptors.close(full)
            #expect(status == .notReachable)
            #expect(speech.text == "error: cannot write the answer: No space left on device\n")
        }
    #endif

    @Test("a report is written to a file in the form of its name")
    func reportFile() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        for (name, start) in [
            ("r.md", "# Web application"), ("r.html", "<!doctype html>"), ("r.json", "{\n"),
        ] {
            let reply = fixture.reply("report -o \(name)")
            #expect(reply.speech == "wrote `/project/\(name)`\n")
            #expect(reply.output == "")
            #expect(try Files.readText(fixture.folder + "/" + name).hasPrefix(start))
        }
        #expect(fixture.reply("report -o no/such/folder.md").status == .notReachable)
    }

    @Test("what agents wrote is text in every format of the report")
    func hostileReport() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try fixture.record([
            (
                50_000,
                .taskFailed(
                    "api", reason: "<script>alert(1)</script> | [x](javascript:y) \u{1B}[2J", cause: nil)
            )
        ])
        let html = fixture.reply("report --format html").output
        #expect(!html.contains("<script") && html.contains("&lt;script&gt;"))
        let markdown = fixture.reply("report --format md").output
        #expect(!markdown.contains("<script") && markdown.contains("\\| \\[x\\](javascript:y)"))
        for format in ["text", "md", "html", "json"] {
            #expect(!fixture.reply("report --format \(format)").output.contains("\u{1B}"))
        }
    }

    @Test("the doctor finds what is missing, and nothing is missing that is there")
    func doctor() throws {
        let fixture = try RunFixture()
        let healthy = fixture.surroundings(environment: ["PATH": Environment.value("PATH") ?? "/usr/bin:/bin"]
        )
        let answer = try JSONParser.parse(fixture.reply("doctor --json", healthy).output)
        #expect(answer["schema"]?.stringValue == "coord.doctor/1")
        let checks = answer["checks"]?.arrayValue ?? []
        #expect(checks.count == 10)
        #expect(checks.first { $0["name"]?.stringValue == "sqlite" }?["status"]?.stringValue == "ok")
        let bare = fixture.reply("doctor", fixture.surroundings(environment: ["PATH": fixture.folder]))
        #expect(bare.status == .tasksFailed)
        #expect(bare.output.contains("missing  git          not found on PATH; coord needs 2.38 or newer\n"))
    }
}

@Suite("Explanation")
struct ExplanationTests {
    static let now = RunFixture.start + .seconds(90)

    /// A run of one worker and the task in question, changed as a case wants.
    private func sentence(
        _ change: (inout RunRecord, inout TaskRecord, inout WorkerRecord) -> Void, others: [TaskRecord] = []
    ) -> String? {
        var run = RunRecord(RunFixture.runStart("/p", id: "r"), at: RunFixture.start)
        var task = TaskRecord(
            index: 0, spec: TaskSpec(id: "api", role: "backend-dev", dependencies: others.map(\.spec.id)),
            proposedBy: nil, at: RunFixture.start)
        var worker = WorkerRecord(slot: RunFixture.slots("/p")[0], at: RunFixture.start)
        worker.status = .working
        worker.task = "schema"
        change(&run, &task, &worker)
        return Explanation.sentence(
            for: "api", run: run, tasks: [task] + others, workers: [worker], at: Self.now)
    }

    private static func other(_ id: TaskID, _ stage: TaskStage) -> TaskRecord {
        var task = TaskRecord(index: 1, spec: TaskSpec(id: id), proposedBy: nil, at: RunFixture.start)
        task.stage = stage
        return task
    }

    private static let since = "since 18:44:24 UTC (1:30)"

    @Test("a task that waits names every need that is open")
    func waiting() {
        #expect(
            sentence({ _, _, _ in }, others: [Self.other("schema", .leased), Self.other("design", .landed)])
                == "`api` waits for `schema` (at work), \(Self.since)")
        let many = (1...7).map { Self.other(TaskID("t\($0)"), .ready) }
        #expect(
            sentence({ _, _, _ in }, others: many)
                == "`api` waits for `t1` (ready), `t2` (ready), `t3` (ready), `t4` (ready), `t5` (ready) "
                + "and 2 more, \(Self.since)")
    }

    @Test("a ready task names what keeps it from starting")
    func ready() {
        func ready(_ change: (inout RunRecord, inout TaskRecord, inout WorkerRecord) -> Void) -> String? {
            sentence { run, task, worker in
                task.stage = .ready
                change(&run, &task, &worker)
            }
        }
        #expect(
            ready { _, _, _ in }
                == "`api` is ready and waits for a worker of role `backend-dev`: the only one is at work, \(Self.since)"
        )
        #expect(
            ready { run, _, _ in run.status = .paused }
                == "`api` is ready, but the run is paused (`coord resume`), \(Self.since)")
        #expect(
            ready { run, _, _ in run.rateLimitedUntil = Self.now + .seconds(5) }
                == "`api` is ready and waits for the model's rate limit, until 18:45:59 UTC, \(Self.since)")
        #expect(
            ready { run, _, _ in run.spent = Money(microDollars: 20_000_000) }
                == "`api` is ready, but the budget of $20.00 is spent or reserved, \(Self.since)")
        #expect(
            ready { _, _, worker in worker.status = .offline }
                == "`api` is ready, but no worker of role `backend-dev` is up, \(Self.since)")
        #expect(
            ready { _, task, _ in task.spec.role = "poet" }
                == "`api` is ready and waits for a worker that fits: none is of role `poet`, \(Self.since)")
        #expect(
            ready { _, task, _ in task.pinnedTo = "qa-1" }
                == "`api` is ready and waits for `qa-1`, to whom it was given, \(Self.since)")
        #expect(
            ready { _, _, worker in worker.status = .idle }
                == "`api` is ready and is about to be given out, \(Self.since)")
    }

    @Test("a task on its way says where it is")
    func onItsWay() {
        func at(_ stage: TaskStage, _ change: (inout TaskRecord) -> Void = { _ in }) -> String? {
            sentence { _, task, _ in
                task.stage = stage
                task.attempt = 2
                task.assignedTo = "backend-1"
                change(&task)
            }
        }
        #expect(at(.leased) == "`api` is being worked on by `backend-1` (attempt 2), \(Self.since)")
        #expect(
            at(.retryable) {
                $0.lastError = "exit status 1"
                $0.notBefore = Self.now + .seconds(4)
            } == "`api` failed (exit status 1) and will be tried again in 4 s, \(Self.since)")
        #expect(at(.submitting) == "`api` was handed in by its agent and is being taken over, \(Self.since)")
        #expect(
            at(.approval)
                == "`api` waits for a person to look at it (`coord tasks approve api`), \(Self.since)")
        #expect(at(.queued) == "`api` is the next in the merge queue, \(Self.since)")
        #expect(
            at(.checking) == "`api` is at the gate that decides whether it lands on `main`, \(Self.since)")
    }

    @Test("a task that is over says how and when")
    func over() {
        func at(_ stage: TaskStage, _ change: (inout TaskRecord) -> Void = { _ in }) -> String? {
            sentence { _, task, _ in
                task.stage = stage
                task.completedAt = Self.now
                change(&task)
            }
        }
        #expect(
            at(.landed) { $0.commit = RunFixture.commits[0] }
                == "`api` landed at 18:45:54 UTC as 1a1a1a1a1a1a")
        #expect(at(.completed) == "`api` was completed at 18:45:54 UTC, without a change to land")
        #expect(
            at(.failed) {
                $0.attempt = 3
                $0.lastError = "exit status 1"
            } == "`api` failed at 18:45:54 UTC after 3 attempts: exit status 1")
        #expect(
            at(.failed) { $0.failedBecause = "schema" }
                == "`api` failed at 18:45:54 UTC because `schema`, which it needs, failed")
        #expect(
            at(.quarantined) { $0.workerLosses = 3 }
                == "`api` was set aside at 18:45:54 UTC because 3 workers ended while at it")
        #expect(at(.cancelled) == "`api` was cancelled at 18:45:54 UTC")
    }

    @Test("in a run that is over nothing moves, and the sentence says so")
    func stopped() {
        let text = sentence { run, task, _ in
            run.status = .stopped
            run.reason = "interrupted"
            task.stage = .queued
        }
        #expect(
            text
                == "`api` is the next in the merge queue, \(Self.since); nothing moves, for the run is stopped: "
                + "interrupted")
        #expect(
            Explanation.sentence(
                for: "x", run: RunRecord(RunFixture.runStart("/p", id: "r"), at: Self.now), tasks: [],
                workers: [], at: Self.now) == nil)
    }
}
