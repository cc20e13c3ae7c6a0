import CoordJSON
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What was worked is there when it is wanted: for the next attempt, the next coordinator, the next run.
@Suite("Keeping work")
struct KeepingTests {
    /// A run that waits for a person's word on task `a`.
    private func waiting() throws -> Stand {
        let stand = try Stand()
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\", \"approval\": true } ]")
        let answer = try stand.coord(
            "run", mission, "--no-input", "--agent", stand.agent("echo work > a.txt"))
        #expect(answer.status == 3, "\(answer)")
        return stand
    }

    @Test("work that waits for approval survives a gc of the project, and lands")
    func collected() throws {
        let stand = try waiting()
        let commit = try #require(try stand.task("a")["commit"]?.stringValue)
        try stand.git("gc", "-q", "--prune=now")
        #expect(throws: Failure.self, "the gc took nothing") { try stand.git("cat-file", "-e", commit) }
        #expect(try stand.coord("tasks", "approve", "a").status == 0)
        let answer = try stand.coord("run", "--resume")
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read(stand.project + "/a.txt") == "work\n")
        #expect(try stand.document("tasks")["tasks"]?.arrayValue?.first?["attempt"] == 1)
        let hub = stand.project + "/.coord/state/hub.git"
        #expect(try stand.git("for-each-ref", "refs/coord/kept", in: hub).isEmpty)
    }

    @Test("a gate during which the user's git throws away what nothing refers to does not lose its candidate")
    func collectedDuringGate() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "merge": { "gate": ["git -C '\(stand.project)' gc -q --prune=now"], "parallel": 1 },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x" }, { "id": "c", "prompt": "x" } ]
            """)
        let answer = try stand.coord(
            "run", mission, "--agent", stand.agent("echo work > \"$COORD_TASK.txt\""))
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.chain().count == 3)
        #expect(try stand.events("landing.delayed").isEmpty)
        #expect(try stand.git("fsck", "--no-dangling", "--no-progress").isEmpty)
        #expect(try stand.coord("audit").status == 0)
    }

    @Test("a new run tidies the hub of the last; what never landed is rescued, and dropped when it is said")
    func nextRun() throws {
        let stand = try waiting()
        let hub = stand.project + "/.coord/state/hub.git"
        let mission = try stand.mission(
            "\"limits\": { \"maxConcurrency\": 1 }, \"tasks\": [ { \"id\": \"b\", \"prompt\": \"x\" } ]",
            name: "next")
        #expect(try stand.coord("run", mission, "--agent", stand.agent("echo b > b.txt")).status == 0)
        let branches = try stand.git("for-each-ref", "--format=%(refname)", "refs/heads/coord", in: hub)
        #expect(branches.lines.count == 1 && branches.hasSuffix("/b/1"), "\(branches)")
        #expect(try stand.coord("rescue", "show", "a", "--patch").output.contains("+work"))
        #expect(try stand.coord("rescue", "drop", "a", "no-such-task").status == 2)
        #expect(try stand.document("rescue")["rescues"]?.arrayValue?.count == 1)
        #expect(try stand.coord("rescue", "drop", "a").status == 0)
        #expect(try stand.document("rescue")["rescues"] == [])
    }

    @Test("a run that is removed leaves nothing in the hub but what never landed")
    func removed() throws {
        let stand = try waiting()
        let hub = stand.project + "/.coord/state/hub.git"
        let run = try #require(try stand.document("status")["run"]?["id"]?.stringValue)
        // As a death in the middle of writing it leaves it.
        try stand.write(stand.project + "/.coord/state/reports/\(run).md.12-34.new", "half")
        #expect(try stand.coord("runs", "remove", run).status == 0)
        #expect(try Files.list(stand.project + "/.coord/state/reports") == [])
        let left = try stand.git(
            "for-each-ref", "--format=%(refname)", "refs/heads/coord", "refs/coord", in: hub)
        #expect(left == "refs/coord/rescue/\(run)/a/1")
        #expect(Files.kind(hub + "/kept/" + run) == nil)
        #expect(try stand.coord("rescue", "restore", "a").status == 0)
        #expect(try stand.git("show", "rescue/a-1:a.txt") == "work")
    }

    @Test("the attempt after a worker's death is told what that one had edited, as a commit and as a patch")
    func told() throws {
        let stand = try Stand(files: ["README.md": "# Project\n", "a.txt": "one\n"])
        let pids = try Fifo(stand.root + "/pids")
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let run = try stand.start([
            "run", mission, "--agent",
            try stand.agent(
                """
                if [ -z "$COORD_RESCUE" ]; then
                    echo two >> a.txt; echo half > half.txt
                    echo $$ > "$ROOT/pids"; exec sleep 600
                fi
                [ ! -e half.txt ]
                git show "$COORD_RESCUE:half.txt" > "$ROOT/seen"
                git apply --3way "$COORD_RESCUE_PATCH"
                echo rest >> half.txt
                grep -q "Attempt 1 ended unfinished" "$COORD_HANDOFF_IN"
                grep -q "commit $COORD_RESCUE" "$COORD_PROMPT_FILE"
                """),
        ])
        let agent = try ProcessWatch(pids.line())
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let worker = try #require(workers.first { $0["task"] == "a" }?["pid"]?.integerValue)
        kill(Int32(worker), SIGKILL)
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(agent.hasEnded())
        #expect(try stand.read("seen") == "half\n")
        #expect(try stand.read(stand.project + "/half.txt") == "half\nrest\n")
        #expect(try stand.read(stand.project + "/a.txt") == "one\ntwo\n")
    }

    @Test(
        "an attempt that had finished when the coordinator died is handed in, not repeated",
        arguments: [
            "snapshot-objects.before", "snapshot-objects.between:2", "candidate-objects.between",
            "kept-work.before", "kept-work.between", "kept-work.after:3", "attempt-branch.after:3",
            "slot-note.after:4",
        ])
    func finished(point: String) throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let agent = try stand.agent("echo run >> \"$ROOT/runs\"; echo work > a.txt")
        let dead = try stand.coord(
            ["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": point])
        #expect(dead.status == 1000 + SIGKILL, "never came to \(point): \(dead)")
        let answer = try stand.coord("run", "--resume")
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read("runs") == "run\n", "the work was done twice")
        #expect(try stand.chain().map { try stand.trailer("Coord-Attempt", of: $0) } == ["1"])
        #expect(try stand.read(stand.project + "/a.txt") == "work\n")
    }

    @Test("a landing that a person amended before the next coordinator came is found again, not repeated")
    func amended() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let dead = try stand.coord(
            ["run", mission, "--agent", stand.agent("echo work > a.txt")],
            with: ["COORD_FAILPOINT": "target-move.after"])
        #expect(dead.status == 1000 + SIGKILL, "\(dead)")
        try stand.write(stand.project + "/mine.txt", "mine\n")
        try stand.git("add", "mine.txt")
        try stand.git("commit", "-q", "--amend", "--no-edit")
        try stand.git("commit", "-q", "--allow-empty", "-m", "Mine")
        let answer = try stand.coord("run", "--resume")
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.stage("a") == "landed")
        #expect(try stand.chain().map { try stand.trailer("Coord-Task", of: $0) } == ["a", ""])
    }
}
