import CoordJSON
import CoordSystem
import Testing

/// What people ask of a run under way, by commands from another terminal.
@Suite("Acting commands on a run under way")
struct ActingTests {
    /// A run whose agents hold until they are let go, each by its own fifo.
    private final class Held {
        let stand: Stand
        let run: Running
        let started: Fifo
        private var holds: [String: Fifo] = [:]

        init(_ members: String, tasks: [String]) throws {
            stand = try Stand()
            started = try Fifo(stand.root + "/started")
            for task in tasks { holds[task] = try Fifo(stand.root + "/hold." + task) }
            let mission = try stand.mission(members)
            let agent = try stand.agent(
                """
                echo "$COORD_TASK $COORD_WORKER" > "$ROOT/started"
                [ ! -p "$ROOT/hold.$COORD_TASK" ] || read line < "$ROOT/hold.$COORD_TASK"
                cp "$COORD_PROMPT_FILE" "$COORD_TASK.txt"
                """)
            run = try stand.start(["run", mission, "--agent", agent])
        }

        func start() throws -> String { try started.line() }

        func letGo(_ task: String) throws { try #require(holds[task]).say("go") }

        func act(_ words: String...) throws {
            let answer = try stand.coord(words)
            #expect(answer.status == 0 && !answer.output.isEmpty, "\(words): \(answer)")
        }
    }

    @Test(
        "Pause holds ready work back, resume lets it go; tasks are added, edited, skipped, cancelled"
    )
    func pauseAndTasks() throws {
        let held = try Held(
            """
            "limits": { "maxConcurrency": 1 },
            "tasks": [ { "id": "a", "prompt": "A" }, { "id": "b", "prompt": "B", "deps": ["a"] },
                       { "id": "c", "prompt": "C", "deps": ["a"] },
                       { "id": "d", "prompt": "D", "deps": ["c"] },
                       { "id": "e", "prompt": "E", "deps": ["a"] } ]
            """, tasks: ["a"])
        let stand = held.stand
        #expect(try held.start().hasPrefix("a "))
        let events = try EventStream(stand)
        try held.act("pause")
        #expect(try stand.document("status")["run"]?["status"] == "paused")
        try held.act("tasks", "add", "f", "--prompt", "Added later", "--needs", "a")
        try held.act("tasks", "edit", "b", "--prompt", "Edited", "--priority", "9")
        try held.act("tasks", "skip", "c")
        try held.act("tasks", "cancel", "e")
        #expect(try stand.stage("c") == "skipped")
        #expect(try stand.stage("e") == "cancelled")
        #expect(try stand.task("b")["priority"]?.integerValue == 9)
        try held.letGo("a")
        try events.await("task.landed", about: "a")
        try events.await("task.ready", about: "b")
        #expect(try stand.coord("why", "b").output.contains("paused"))
        #expect(try stand.stage("b") == "ready")
        try refusals(stand)
        try held.act("tasks", "retry", "e")
        try held.act("resume")
        let answer = held.run.wait()
        #expect(answer.status == 0, "\(answer)")
        let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
        #expect(landed.prefix(2) == ["a", "b"], "priority 9 goes first")
        #expect(Set(landed) == ["a", "b", "d", "e", "f"])
        #expect(try stand.read(stand.project + "/b.txt").contains("Edited"))
        #expect(try stand.read(stand.project + "/f.txt").contains("Added later"))
        try gone(stand)
    }

    /// What cannot be done is refused in one sentence, and changes nothing.
    private func refusals(_ stand: Stand) throws {
        let table: [([String], String)] = [
            (["tasks", "skip", "a"], "is landed and cannot be skipped"),
            (["tasks", "add", "a", "--prompt", "x"], "`a`"),
            (["tasks", "add", "g", "--prompt", "x", "--needs", "nothing"], "nothing"),
            (["tasks", "add", "g", "--prompt", "x", "--role", "wizard"], "wizard"),
            (["tasks", "edit", "b", "--needs", "f", "--needs", "b"], "itself"),
            (["tasks", "edit", "d", "--role", "wizard"], "wizard"),
            (["tasks", "approve", "b"], "does not wait for a person"),
            (["tasks", "retry", "b"], "cannot be retried"),
            (["tasks", "cancel", "nope"], "there is no task `nope`"),
            (["workers", "restart", "worker-9"], "there is no worker `worker-9`"),
            (["tasks", "reassign", "b", "--to", "worker-9"], "there is no worker `worker-9`"),
        ]
        for (words, expected) in table {
            let answer = try stand.coord(words)
            #expect(answer.status == 2, "\(words): \(answer)")
            #expect(
                answer.speech.hasPrefix("error: ") && answer.speech.contains(expected), "\(words): \(answer)")
        }
    }

    /// After the run no coordinator is there to ask.
    private func gone(_ stand: Stand) throws {
        for words in [
            ["pause"], ["resume"], ["drain"], ["stop"], ["tasks", "retry", "a"],
            ["tasks", "add", "z", "--prompt", "x"],
            ["workers", "restart", "worker-1"],
        ] {
            let answer = try stand.coord(words)
            #expect(answer.status == 6, "\(words): \(answer)")
            #expect(answer.speech.contains("no coordinator runs on"), "\(answer)")
            #expect(answer.speech.contains("hint: ") && answer.speech.contains("coord run --resume"))
        }
    }

    @Test("A person's approval is awaited; rejecting sends the work back with the reason")
    func approval() throws {
        let held = try Held(
            """
            "tasks": [ { "id": "a", "prompt": "A", "approval": true } ]
            """, tasks: [])
        let stand = held.stand
        _ = try held.start()
        let events = try EventStream(stand)
        try events.await("approval.asked", about: "a")
        #expect(try stand.stage("a") == "approval")
        #expect(try stand.coord("why", "a").output.contains("coord tasks approve a"))
        try held.act("tasks", "reject", "a", "--reason", "not pretty enough")
        _ = try held.start()
        try events.await("approval.asked", about: "a")
        try held.act("tasks", "approve", "a")
        let answer = held.run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.task("a")["attempt"]?.integerValue == 2)
        #expect(try stand.read(stand.project + "/a.txt").contains("not pretty enough"))
    }

    @Test("Workers are restarted and stopped, a task is given to another; its work is kept each time")
    func workers() throws {
        let held = try Held(
            """
            "limits": { "maxConcurrency": 2 }, "tasks": [ { "id": "a", "prompt": "A" } ]
            """, tasks: ["a"])
        let stand = held.stand
        let first = String(try held.start().dropFirst(2))
        let events = try EventStream(stand)
        let other = first == "worker-1" ? "worker-2" : "worker-1"
        try held.act("tasks", "reassign", "a", "--to", other)
        #expect(try held.start() == "a \(other)")
        try held.act("workers", "restart", other)
        try events.await("worker.stopped", about: other)
        #expect(try held.start() == "a \(other)")
        try held.act("tasks", "reassign", "a")
        #expect(try held.start().hasPrefix("a worker-"))
        try held.act("workers", "stop", first)
        try events.await("worker.stopped", about: first)
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        #expect(workers.first { $0["id"] == .string(first) }?["status"] == "stopped")
        try held.letGo("a")
        try held.letGo("a")
        let answer = held.run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.chain().count == 1)
    }

    @Test("Drain lets what is under way land and ends with 0; resuming does the rest")
    func drain() throws {
        let held = try Held(
            """
            "limits": { "maxConcurrency": 1 },
            "tasks": [ { "id": "a", "prompt": "A" }, { "id": "b", "prompt": "B", "deps": ["a"] } ]
            """, tasks: ["a"])
        _ = try held.start()
        try held.act("drain")
        #expect(try held.stand.document("status")["run"]?["status"] == "stopping")
        try held.letGo("a")
        let answer = held.run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try held.stand.chain().count == 1)
        #expect(try held.stand.document("status")["run"]?["status"] == "stopped")
    }

    @Test("Stop ends what runs now, keeps its work, and says how to go on")
    func stop() throws {
        let held = try Held(
            """
            "tasks": [ { "id": "a", "prompt": "A" } ]
            """, tasks: ["a"])
        _ = try held.start()
        let workers = try held.stand.document("workers")["workers"]?.arrayValue ?? []
        let watched = workers.compactMap { $0["pid"]?.integerValue }.map { ProcessWatch(Int32($0)) }
        try held.act("stop")
        _ = held.run.wait()
        for worker in watched { #expect(worker.hasEnded()) }
        let status = try held.stand.document("status")
        #expect(status["run"]?["status"] == "stopped")
        #expect(status["run"]?["reason"] == "stopped by a person")
        #expect(try held.stand.chain().isEmpty)
        #expect(try held.stand.coord("why", "a").output.contains("the run is stopped"))
    }
}
