import CoordJSON
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A session hands its task over, and a fresh one goes on with its work.
@Suite("Handing over")
struct HandoffTests {
    private static let mission = """
        "limits": { "maxConcurrency": 2, "maxAttempts": 1 },
        "merge": { "gate": ["test -f README.md"] },
        "tasks": [ { "id": "a", "title": "Both halves", "prompt": "Write one.txt, then two.txt." } ]
        """
    /// The first session writes one half and waits to be ended; whoever finds it there writes the other.
    private static let script = """
        echo "session $COORD_ATTEMPT" >> sessions.txt
        if [ -e one.txt ]; then
          cp "$COORD_HANDOFF_IN" "$ROOT/handed-in.md"; cp "$COORD_PROMPT_FILE" "$ROOT/prompt.md"
          echo '{"coord":"ack","next":"finish Both halves: write two.txt"}'
          echo 2 > two.txt
          exit 0
        fi
        echo 1 > one.txt
        echo '{"coord":"tool","name":"shell","id":"1","phase":"end","ok":true,"summary":"wrote one.txt"}'
        echo '{"coord":"progress","text":"Which ending is meant?"}'
        echo ready > "$ROOT/ready"
        WISH
        read line < "$ROOT/hold"
        """

    private struct Held {
        let stand: Stand
        let run: Running
        let fifos: [Fifo]
        let worker: String
    }

    private static func script(_ wish: String = ":") -> String { script.replacing("WISH", with: wish) }

    /// A run whose only session has written its half.
    private func hold(_ more: String = "") throws -> Held {
        let stand = try Stand()
        let ready = try Fifo(stand.root + "/ready")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission(Self.mission + more)
        let run = try stand.start(["run", mission, "--agent", stand.agent(Self.script())])
        _ = try ready.line()
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let worker = try #require(workers.first { $0["task"] == "a" }?["id"]?.stringValue)
        return Held(stand: stand, run: run, fifos: [ready, hold], worker: worker)
    }

    private func expectOneLanding(_ stand: Stand, sessions: [Int]) throws {
        #expect(try stand.chain().map { try stand.trailer("Coord-Task", of: $0) } == ["a"])
        #expect(try stand.read(stand.project + "/one.txt") == "1\n")
        #expect(try stand.read(stand.project + "/two.txt") == "2\n")
        let written = sessions.map { "session \($0)\n" }.joined()
        #expect(try stand.read(stand.project + "/sessions.txt") == written)
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
        #expect(try stand.git("fsck", "--no-dangling", "--no-progress").isEmpty)
    }

    @Test("one command: written, committed, stopped, and a new session goes on with the work")
    func command() throws {
        let held = try hold()
        let stand = held.stand
        let answer = try stand.coord("handoff", held.worker)
        #expect(answer.status == 0, "\(answer)")
        for step in ["✓ write", "✓ commit", "– push", "✓ stop", "✓ start"] {
            #expect(answer.output.contains(step), "\(answer)")
        }
        let end = held.run.wait()
        #expect(end.status == 0, "\(end)")
        try expectOneLanding(stand, sessions: [1, 2])
        let document = try stand.read("handed-in.md")
        for words in ["origin: synthesised", "task: a", "one.txt", "Which ending is meant?", "## Remaining"] {
            #expect(document.contains(words), "\(document)")
        }
        let prompt = try stand.read("prompt.md")
        #expect(prompt.contains("A session before you") && prompt.contains("origin: synthesised"))
        let listed = try stand.document("handoffs", "list")["handoffs"]?.arrayValue ?? []
        #expect(listed.count == 1 && listed[0]["state"] == "over" && listed[0]["debt"] == false)
        #expect(listed[0]["steps"]?.arrayValue?.count == 5)
        #expect(try stand.events("handoff.acknowledged").count == 1)
        let shown = try stand.document("handoffs", "show", "a")["handoff"]?["document"]
        #expect(shown?["files"] == ["one.txt", "sessions.txt"])
        let state = stand.project + "/.coord/state/handoffs"
        let run = try #require(try Files.list(state).first)
        let file = try #require(try Files.list(state + "/" + run).first)
        #expect(Files.permissions("\(state)/\(run)/\(file)").map { $0 & 0o777 } == 0o600)
        #expect(try stand.coord("report").output.contains("Handed over"))
    }

    @Test("to another worker, which begins with the same files")
    func otherWorker() throws {
        let held = try hold()
        let other = held.worker == "worker-1" ? "worker-2" : "worker-1"
        let answer = try held.stand.coord("handoff", held.worker, "--to", other, "--json")
        #expect(answer.status == 0, "\(answer)")
        let entry = try JSONParser.parse(answer.output)["handoffs"]?.arrayValue?.first
        #expect(entry?["taker"] == .string(other))
        #expect(held.run.wait().status == 0)
        try expectOneLanding(held.stand, sessions: [1, 2])
        #expect(try held.stand.trailer("Coord-Worker", of: "main") == other)
    }

    @Test("a step that fails ends nothing: the session goes on, and so does the chain, when told to")
    func failingStep() throws {
        let held = try hold()
        let stand = held.stand
        let pushed = try stand.coord("handoff", held.worker, "--push")
        #expect(pushed.status == 3 && pushed.output.contains("✗ push"), "\(pushed)")
        #expect(pushed.speech.contains("no remote"), "\(pushed)")
        #expect(try stand.task("a")["attempt"] == 1)
        #expect(try stand.coord("status").output.contains("handoff stopped at `push`"))
        let debt = try stand.document("status")["handoffs"]?["debt"]?.arrayValue
        #expect(debt?.first?["step"] == "push")
        #expect(try stand.coord("handoff", held.worker).status == 2)
        try stand.git("init", "-q", "--bare", stand.root + "/remote.git")
        try stand.git("remote", "add", "origin", stand.root + "/remote.git")
        let again = try stand.coord("handoff", "--continue")
        #expect(again.status == 0 && again.output.contains("✓ push"), "\(again)")
        #expect(held.run.wait().status == 0)
        try expectOneLanding(stand, sessions: [1, 2])
        let branches = try stand.git(
            "for-each-ref", "--format=%(refname)", "refs/heads/coord", in: stand.root + "/remote.git")
        #expect(branches.lines.count == 1 && branches.hasSuffix("/a/1"))
    }

    @Test("a rehearsed agent is asked, writes, and ends")
    func asked() throws {
        let stand = try Stand()
        let play = """
            { "parts": { "a": {
              "attempts": [ [ { "write": "one.txt", "text": "1\\n" },
                { "run": "echo ready > '\(stand.root)/ready'" },
                              { "pause": 600000 } ],
                            [ { "ack": "wire two.txt up" }, { "write": "two.txt", "text": "2\\n" } ] ],
              "handoff": [ { "write": "sessions.txt", "text": "session 1\\nsession 2\\n" },
                { "handoff": { "summary": "Wrote one.txt and never.txt", "remaining": ["Wire two.txt up"] } } ] } } }
            """
        try stand.write(stand.root + "/play/rehearsal.json", play)
        let ready = try Fifo(stand.root + "/ready")
        let mission = try stand.mission(Self.mission + ", \"agent\": \"rehearsal\", \"rehearsal\": \"play\"")
        let run = try stand.start(["run", mission])
        _ = try ready.line()
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let worker = try #require(workers.first { $0["task"] == "a" }?["id"]?.stringValue)
        #expect(try stand.coord("handoff", worker).status == 0)
        let end = run.wait()
        #expect(end.status == 0, "\(end)")
        try expectOneLanding(stand, sessions: [1, 2])
        let shown = try stand.document("handoffs", "show", "a")["handoff"]
        #expect(shown?["origin"] == "agent" && shown?["refuted"] == 1)
        #expect(shown?["document"]?["remaining"] == ["Wire two.txt up"])
        #expect(try stand.events("handoff.acknowledged").count == 1)
    }

    @Test(
        "a context that fills is handed over by itself: at the hard threshold now, at the soft one after the step",
        arguments: [(90_000, false), (75_000, true)])
    func fills(used: Int, isSoft: Bool) throws {
        let stand = try Stand()
        let fifos = [try Fifo(stand.root + "/ready"), try Fifo(stand.root + "/hold")]
        let begin = #"{"coord":"tool","name":"shell","id":"2","phase":"start","summary":"step"}"#
        let step = #"{"coord":"tool","name":"shell","id":"2","phase":"end","ok":true,"summary":"step"}"#
        let full = "echo '{\"coord\":\"context\",\"usedTokens\":\(used),\"windowTokens\":100000}'"
        let agent = try stand.agent(Self.script(isSoft ? "echo '\(begin)'; \(full); echo '\(step)'" : full))
        let end = try stand.coord("run", stand.mission(Self.mission), "--agent", agent)
        #expect(end.status == 0, "\(end)")
        try expectOneLanding(stand, sessions: [1, 2])
        let entry = try stand.document("handoffs", "list")["handoffs"]?.arrayValue?.first
        #expect(entry?["reason"] == .string("its context is \(used / 1000) % full"))
        #expect(entry?["automatic"] == true)
        let types = try stand.events().compactMap { $0["type"]?.stringValue }
        let began = try #require(types.firstIndex(of: "handoff.began"))
        // The soft threshold waits for the end of the second call.
        #expect(types[..<began].count { $0 == "tool.completed" } == (isSoft ? 2 : 1))
        withExtendedLifetime(fifos) {}
    }

    @Test("a vendor that asks for an hour's pause loses its task to another vendor's worker")
    func pause() throws {
        let stand = try Stand()
        let fifos = [try Fifo(stand.root + "/ready"), try Fifo(stand.root + "/hold")]
        let wait = "echo '{\"coord\":\"rate-limited\",\"retryAfterSeconds\":3600}'"
        let agent = try stand.agent(Self.script(wait))
        // The same script under another name is another agent.
        let members = """
            "team": [ { "id": "first", "role": "full-stack-dev", "agent": "\(agent)" },
                      { "id": "second", "role": "full-stack-dev", "agent": "\(agent) #" } ],
            "limits": { "maxConcurrency": 1, "maxAttempts": 1 }, "merge": { "gate": ["true"] },
            "tasks": [ { "id": "a", "prompt": "Write one.txt, then two.txt." } ]
            """
        let end = try stand.coord("run", stand.mission(members))
        #expect(end.status == 0, "\(end)")
        try expectOneLanding(stand, sessions: [1, 2])
        let entry = try stand.document("handoffs", "list")["handoffs"]?.arrayValue?.first
        #expect(entry?["from"] == "first-1" && entry?["taker"] == "second-1")
        #expect(try stand.events("rate.limited").isEmpty)
        withExtendedLifetime(fifos) {}
    }

    @Test("an agent asks for a handoff by its tool")
    func tool() throws {
        let stand = try Stand()
        let fifos = [try Fifo(stand.root + "/ready"), try Fifo(stand.root + "/hold")]
        let call =
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"#
            + #"{"name":"hand_over","arguments":{"reason":"tired"}}}"#
        let wish = "echo '\(call)' | '\(Stand.program("coord-worker"))' mcp > /dev/null"
        let agent = try stand.agent(Self.script(wish))
        let end = try stand.coord("run", stand.mission(Self.mission), "--agent", agent)
        #expect(end.status == 0, "\(end)")
        try expectOneLanding(stand, sessions: [1, 2])
        let entry = try stand.document("handoffs", "list")["handoffs"]?.arrayValue?.first
        #expect(entry?["reason"] == "tired" && entry?["automatic"] == true)
        withExtendedLifetime(fifos) {}
    }

    @Test("what a run handed over and nobody took is taken by the next run of the mission")
    func nextRun() throws {
        let stand = try Stand()
        let fifos = [try Fifo(stand.root + "/ready"), try Fifo(stand.root + "/hold")]
        let mission = try stand.mission(Self.mission)
        let wish = "echo '{\"coord\":\"handoff-wanted\",\"reason\":\"tired\"}'"
        let agent = try stand.agent(Self.script(wish))
        let dead = try stand.coord(
            ["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": "worktree-reset.between:2"])
        #expect(dead.status == 1000 + SIGKILL, "\(dead)")
        #expect(try stand.document("handoffs", "list")["handoffs"]?.arrayValue?.first?["state"] == "prepared")
        let first = try stand.document("status")
        #expect(first["handoffs"]?["debt"]?.arrayValue?.count == 1, "\(first)")
        #expect(try stand.coord("status").output.contains("waits for a new session"))
        let end = try stand.coord("run", mission, "--agent", agent)
        #expect(end.status == 0, "\(end)")
        // The first session of the new run is its attempt 1.
        try expectOneLanding(stand, sessions: [1, 1])
        let entry = try stand.document("handoffs", "list")["handoffs"]?.arrayValue?.first
        #expect(entry?["state"] == "over" && entry?["attempt"] == 0)
        #expect(entry?["reason"]?.stringValue?.contains("ended before it was taken") == true)
        #expect(try stand.read("handed-in.md").contains("one.txt"))
        // The run that handed it over owes it no more, and tells who has it.
        let old = try #require(first["run"]?["id"]?.stringValue),
            heir = try stand.document("status")["run"]?["id"]
        let left = try stand.document("handoffs", "list", "--run", old)["handoffs"]?.arrayValue?.first
        #expect(left?["debt"] == false && left?["heir"] == heir && heir != first["run"]?["id"])
        #expect(try stand.document("status", "--run", old)["handoffs"]?["debt"]?.arrayValue?.isEmpty == true)
        withExtendedLifetime(fifos) {}
    }

    @Test("a session that dies leaves a document: the next begins anew and is told where the work is")
    func died() throws {
        let stand = try Stand()
        let ready = try Fifo(stand.root + "/ready")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission(Self.mission)
        let script = """
            if [ "$COORD_ATTEMPT" = 1 ]; then
              echo half > one.txt
              echo '{"coord":"tool","name":"shell","id":"1","phase":"end","ok":true,"summary":"wrote one.txt"}'
              echo '{"coord":"handoff","summary":"Wrote one.txt and never.txt","remaining":["Mend one.txt"]}'
              echo ready > "$ROOT/ready"
              read line < "$ROOT/hold"
            fi
            cp "$COORD_HANDOFF_IN" "$ROOT/handed-in.md"; cp "$COORD_PROMPT_FILE" "$ROOT/prompt.md"
            test ! -e one.txt
            git show "$COORD_RESCUE:one.txt" > one.txt
            echo whole >> one.txt
            """
        let run = try stand.start(["run", mission, "--agent", stand.agent(script)])
        _ = try ready.line()
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let pid = try #require(workers.first { $0["task"] == "a" }?["pid"]?.integerValue)
        #expect(kill(Int32(pid), SIGKILL) == 0)
        let end = run.wait()
        #expect(end.status == 0, "\(end)")
        #expect(try stand.read(stand.project + "/one.txt") == "half\nwhole\n")
        let document = try stand.read("handed-in.md")
        let words = [
            "reason: \"worker lost", "Wrote one.txt and never.txt", "[refuted", "- Mend one.txt",
            "The session died", "refs/coord/rescue/", "commit:", "  - \"one.txt\"",
        ]
        for word in words { #expect(document.contains(word), "\(word): \(document)") }
        #expect(try stand.read("prompt.md").contains("A session before you died at this task"))
        let listed = try stand.document("handoffs", "list")["handoffs"]?.arrayValue ?? []
        #expect(listed.count == 1 && listed[0]["state"] == "over" && listed[0]["automatic"] == true)
        #expect(listed[0]["rescue"]?.stringValue?.hasPrefix("refs/coord/rescue/") == true)
        withExtendedLifetime(hold) {}
    }

    @Test(
        "nothing is lost and nothing done twice, wherever coord dies in the chain",
        arguments: [
            "handoff-document.before", "handoff-document.between", "handoff-document.after",
            "handoff-document.before:2", "handoff-document.between:2", "handoff-document.after:2",
            "kept-work.before", "kept-work.between", "kept-work.after", "kept-work.before:2",
            "snapshot-objects.between", "attempt-branch.before:2", "attempt-branch.after:2",
            "slot-note.before:3",
            "slot-note.after:4", "worktree-reset.between:2", "worktree-entry.between:3", "prompt.between:2",
            "handoff-in.between", "assignment.before:2", "assignment.after:2", "journal-append.before:6",
            "journal-append.after:6", "journal-append.before:8", "journal-append.after:8",
            "journal-append.before:10", "journal-append.after:10", "journal-append.before:12",
        ])
    func dies(point: String) throws {
        let stand = try Stand()
        let fifos = [try Fifo(stand.root + "/ready"), try Fifo(stand.root + "/hold")]
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(Self.script("echo '{\"coord\":\"handoff-wanted\",\"reason\":\"tired\"}'"))
        let dead = try stand.coord(["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": point])
        #expect(dead.status == 1000 + SIGKILL || dead.status == 0, "\(point): \(dead)")
        if dead.status != 0 {
            let answer = try stand.coord("run", "--resume")
            #expect(answer.status == 0, "\(point): \(answer)")
        }
        #expect(try stand.chain().map { try stand.trailer("Coord-Task", of: $0) } == ["a"], "\(point)")
        let sessions = try stand.read(stand.project + "/sessions.txt").lines.map(String.init)
        // Each session that handed over is there once, and the last one after it.
        #expect(sessions.count == 2 && Set(sessions).count == 2, "\(point): \(sessions)")
        #expect(try stand.read(stand.project + "/two.txt") == "2\n")
        #expect(try stand.git("fsck", "--no-dangling", "--no-progress").isEmpty, "\(point)")
        withExtendedLifetime(fifos) {}
    }

    @Test(
        "what cannot be handed over is refused with what would help",
        arguments: [
            (["handoff"], 2, "say which worker"), (["handoff", "worker-9"], 2, "did you mean"),
            (["handoff", "worker-1", "--to", "a", "--role", "b"], 2, "exclude each other"),
            (["handoff", "worker-1", "--agent", "cloude"], 2, "did you mean `claude`?"),
            (["handoff", "worker-1", "--continue"], 2, "coord handoffs"),
            (["handoffs", "show", "b"], 2, "no handoff `b`"),
        ])
    func refusals(arguments: [String], status: Int32, words: String) throws {
        let held = try hold()
        let answer = try held.stand.coord(arguments)
        #expect(answer.status == status && answer.speech.contains(words), "\(answer)")
        #expect(try held.stand.events("handoff.began").isEmpty)
        #expect(try held.stand.coord("stop").status == 0)
        _ = held.run.wait()
    }
}
