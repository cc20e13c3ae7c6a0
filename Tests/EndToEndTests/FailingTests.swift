import CoordJSON
import Testing

/// What fails is tried again as often as it may be, told by name, and lands nothing.
@Suite("Tasks that fail")
struct FailingTests {
    @Test("A task that always fails uses up its attempts, fails what needs it by name, and spares the rest")
    func alwaysFails() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 2, "maxConcurrency": 2 },
            "tasks": [ { "id": "bad", "prompt": "x" }, { "id": "child", "prompt": "x", "deps": ["bad"] },
                       { "id": "grandchild", "prompt": "x", "deps": ["child"] },
                       { "id": "good", "prompt": "x" } ]
            """)
        let agent = try stand.agent(
            """
            echo "$COORD_TASK $COORD_ATTEMPT" >> "$ROOT/tries"
            echo text > "$COORD_TASK.txt"
            [ "$COORD_TASK" != bad ] || { echo "the disk is made of cheese"; exit 3; }
            """)
        let answer = try stand.coord("run", mission, "--agent", agent)
        #expect(answer.status == 1, "\(answer)")
        let tries = try stand.read("tries").lines
        #expect(tries.filter { $0.hasPrefix("bad") } == ["bad 1", "bad 2"])
        #expect(!tries.contains { $0.contains("child") })
        #expect(try stand.stage("good") == "landed")
        #expect(try stand.task("bad")["lastError"]?.stringValue?.contains("exit status 3") == true)
        let why = try stand.coord("why", "grandchild")
        #expect(why.output.contains("because `bad`") || why.output.contains("because `child`"), "\(why)")
        #expect(try stand.task("child")["lastError"]?.stringValue?.contains("bad") == true)
        let progress = try #require(stand.document("status")["progress"])
        #expect(progress["failed"]?.integerValue == 3 && progress["completed"]?.integerValue == 1)
        #expect(try stand.events("work.rescued").count == 2)
        #expect(try stand.chain().count == 1)
    }

    @Test("A red gate lands nothing; the next attempt is told why and repairs it")
    func redGate() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "merge": { "gate": ["test \\"$(cat n.txt)\\" = 2 || { echo 'n is wrong'; exit 1; }"] },
            "tasks": [ { "id": "n", "prompt": "x" } ]
            """)
        let agent = try stand.agent(
            """
            echo "$COORD_ATTEMPT" > n.txt
            [ -z "$COORD_HANDOFF_IN" ] || cp "$COORD_HANDOFF_IN" "$ROOT/note"
            """)
        let answer = try stand.coord("run", mission, "--agent", agent)
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read("note").contains("n is wrong"))
        #expect(try stand.chain().count == 1)
        #expect(try stand.read(stand.project + "/n.txt") == "2\n")
        let outcomes = try stand.events("gate.finished").compactMap { $0["data"]?["outcome"]?.stringValue }
        // It failed twice on the same tree, and whether the target was red before was looked at.
        #expect(outcomes == ["failed", "failed", "passed"])
        #expect(try stand.events("target.gated").count == 1)
        #expect(try stand.document("status")["queue"]?["bounced"]?.integerValue == 1)
    }

    @Test("A gate that cannot run is not a red one: nothing lands, and the reason is told")
    func gateCouldNotRun() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 1 },
            "merge": { "gate": ["no-such-tool-anywhere"] }, "tasks": [ { "id": "n", "prompt": "x" } ]
            """)
        let answer = try stand.coord("run", mission, "--agent", stand.agent("echo x > n.txt"))
        #expect(answer.status == 1 || answer.status == 3, "\(answer)")
        #expect(try stand.chain().isEmpty)
        let gates = try stand.events("gate.finished")
        #expect(gates.allSatisfy { $0["data"]?["outcome"] == "could-not-run" })
        #expect(!gates.isEmpty)
        #expect(try stand.coord("why", "n").output.contains("127"))
    }

    @Test("A conflict sends the second comer back, and its second attempt solves it")
    func conflict() throws {
        let stand = try Stand(files: ["list.txt": "one\n"])
        let fifo = try Fifo(stand.root + "/landed")
        let mission = try stand.mission(
            """
            "limits": { "maxConcurrency": 2 },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x" } ]
            """)
        let started = try Fifo(stand.root + "/started")
        let agent = try stand.agent(
            """
            echo "$COORD_TASK" > "$ROOT/started"
            [ "$COORD_TASK$COORD_ATTEMPT" != b1 ] || read line < "$ROOT/landed"
            [ "$COORD_TASK$COORD_ATTEMPT" != b2 ] || cp "$COORD_PROMPT_FILE" "$ROOT/told"
            echo "{\\"coord\\":\\"handoff\\",\\"summary\\":\\"put $COORD_TASK at the end\\"}"
            echo "$COORD_TASK" >> list.txt
            """)
        let run = try stand.start(["run", mission, "--agent", agent])
        for _ in 1...2 { _ = try started.line() }
        let events = try EventStream(stand)
        try events.await("task.landed", about: "a")
        try fifo.say("go")
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read(stand.project + "/list.txt") == "one\na\nb\n")
        #expect(try stand.events("candidate.conflicted").count == 1)
        #expect(try stand.task("b")["attempt"]?.integerValue == 2)
        // Both sides, where they clash, and what the other has to say.
        let told = try stand.read("told")
        for words in [
            "merge conflict in `list.txt`", "task `a`", "which changed `list.txt`", "put a at the end",
            "a\n=======\nb\n>>>>>>>",
        ] { #expect(told.contains(words), "\(told)") }
    }

    @Test("Ending without a change is never landed")
    func noChange() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 2 }, "tasks": [ { "id": "n", "prompt": "x" } ]
            """)
        let answer = try stand.coord("run", mission, "--agent", stand.agent("exit 0"))
        #expect(answer.status == 1, "\(answer)")
        #expect(try stand.chain().isEmpty)
        #expect(try stand.task("n")["lastError"]?.stringValue?.contains("no-change") == true)
    }

    @Test("A task's own check that fails sends it back before the merge queue")
    func check() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "n", "prompt": "x", "checks": ["grep -q 2 n.txt"] } ]
            """)
        let answer = try stand.coord("run", mission, "--agent", stand.agent("echo $COORD_ATTEMPT > n.txt"))
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.task("n")["attempt"]?.integerValue == 2)
        #expect(try stand.events("candidate.staged").count == 1)
        let reasons = try stand.events("task.retryable").compactMap { $0["data"]?["reason"]?.stringValue }
        #expect(reasons.count == 1 && reasons[0].contains("grep -q 2 n.txt"))
    }

    @Test("A time-out ends the agent's whole tree and counts as an attempt")
    func timeOut() throws {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 1 },
            "tasks": [ { "id": "n", "prompt": "x", "timeoutSeconds": 1 } ]
            """)
        let agent = try stand.agent("sleep 600 & echo $! > \"$ROOT/pids\"; wait")
        let run = try stand.start(["run", mission, "--agent", agent])
        let sleeper = try ProcessWatch(pids.line())
        let answer = run.wait()
        #expect(answer.status == 1, "\(answer)")
        #expect(sleeper.hasEnded())
        #expect(try stand.task("n")["lastError"]?.stringValue?.contains("time") == true)
    }
}
