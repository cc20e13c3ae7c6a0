import CoordJSON
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Processes die at the worst moment, and nothing is lost or done twice.
@Suite("Kills, stops and resuming")
struct KillTests {
    private static let tasks = """
        "limits": { "maxConcurrency": 1 },
        "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x", "deps": ["a"] },
                   { "id": "c", "prompt": "x", "deps": ["b"] } ]
        """

    /// Holds the first attempt at `b` until the fifo says so. Its edits are made before.
    private static let script = """
        echo "$COORD_TASK $COORD_ATTEMPT" > "$COORD_TASK.txt"
        [ "$COORD_TASK" = b ] || exit 0
        echo $$ > "$ROOT/pids"
        read line < "$ROOT/hold"
        """

    /// A run that holds at the first attempt of `b`.
    private struct Held {
        let stand: Stand
        let run: Running
        let mission: String
        let agent: String
        let pids: Fifo
        let hold: Fifo
        let agentProcess: ProcessWatch
        let worker: ProcessWatch
    }

    private func hold() throws -> Held {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission(Self.tasks)
        let agent = try stand.agent(Self.script)
        let run = try stand.start(["run", mission, "--agent", agent])
        let process = try ProcessWatch(pids.line())
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let pid = try #require(workers.first { $0["task"] == "b" }?["pid"]?.integerValue)
        return Held(
            stand: stand, run: run, mission: mission, agent: agent, pids: pids, hold: hold,
            agentProcess: process,
            worker: ProcessWatch(Int32(pid)))
    }

    private func expectAllLandedOnce(_ stand: Stand) throws {
        let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
        #expect(landed == ["a", "b", "c"])
        #expect(try stand.document("status")["run"]?["status"] == "completed")
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
    }

    @Test("A worker killed in mid-task is replaced; its edits are kept, and attempt 2 lands")
    func workerKilled() throws {
        let held = try hold()
        held.worker.signal(SIGKILL)
        let second = try ProcessWatch(held.pids.line())
        #expect(held.agentProcess.hasEnded())
        try held.hold.say("go")
        let answer = held.run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(second.hasEnded())
        try expectAllLandedOnce(held.stand)
        #expect(try held.stand.read(held.stand.project + "/b.txt") == "b 2\n")
        let hub = held.stand.project + "/.coord/state/hub.git"
        let kept = try held.stand.git("for-each-ref", "--format=%(refname)", "refs/coord/rescue", in: hub)
        #expect(kept.lines.count == 1)
        #expect(try held.stand.git("show", kept.trimmed + ":b.txt", in: hub) == "b 1")
        let workers = try held.stand.document("workers")["workers"]?.arrayValue ?? []
        #expect(workers.compactMap { $0["restarts"]?.integerValue }.reduce(0, +) == 1)
    }

    @Test("A worker that dies with leases behind costs the task it was at, and nothing else")
    func workerKilledWithLeasesBehind() throws {
        let stand = try Stand()
        func commands(_ name: String, _ count: Int, priority: Int) -> [String] {
            (0..<count).map { number in
                "{ \"id\": \"\(name)\(number)\", \"run\": \"true\", \"workspace\": \"none\", \"priority\": \(priority) }"
            }
        }
        let killer = #"[ "$COORD_ATTEMPT" = 1 ] && kill -9 $PPID; true"#
        let poison =
            "{ \"id\": \"poison\", \"run\": \"\(killer.replacing("\"", with: "\\\""))\", "
            + "\"workspace\": \"none\", \"priority\": 5 }"
        let tasks = commands("before", 20, priority: 9) + [poison] + commands("behind", 20, priority: 0)
        let mission = try stand.mission(
            "\"limits\": { \"maxConcurrency\": 1 }, \"tasks\": [\(tasks.joined(separator: ", "))]")
        let answer = try stand.coord("run", mission)
        #expect(answer.status == 0, "\(answer)")
        let listed = try stand.document("tasks")["tasks"]?.arrayValue ?? []
        #expect(listed.count == 41 && listed.allSatisfy { $0["stage"] == "completed" })
        let ends = try stand.events("attempt.ended")
        let lost = ends.filter { $0["data"]?["outcome"] == "worker-lost" }
        #expect(lost.compactMap { $0["task"]?.stringValue } == ["poison"])
        // What stood behind when the worker died came back without having run; a slow machine leases less
        // ahead.
        for end in ends where end["data"]?["outcome"] == "not-begun" {
            #expect(end["task"]?.stringValue?.hasPrefix("behind") == true, "\(end)")
        }
        #expect(ends.count { $0["data"]?["outcome"] == "finished" } == 41)
    }

    @Test("A coordinator killed in mid-run takes its workers along; --resume lands everything once")
    func coordinatorKilled() throws {
        let held = try hold()
        held.run.signal(SIGKILL)
        #expect(held.run.wait().status == 1000 + SIGKILL)
        #expect(held.worker.hasEnded())
        #expect(held.agentProcess.hasEnded())
        let status = try held.stand.document("status")
        #expect(status["run"]?["status"] == "stopped")
        #expect(status["run"]?["reason"]?.stringValue?.contains("the coordinator is gone") == true)
        #expect(try held.stand.coord("pause").status == 6)
        // Just as the status says: the agent of the run is known.
        let resumed = try held.stand.start(["run", held.mission, "--resume"])
        _ = try held.pids.line()
        try held.hold.say("go")
        let answer = resumed.wait()
        #expect(answer.status == 0, "\(answer)")
        try expectAllLandedOnce(held.stand)
        #expect(try held.stand.read(held.stand.project + "/b.txt") == "b 2\n")
        #expect(try held.stand.coord("runs", "--json").output.contains("\"completed\""))
        // Done is done: there is nothing to resume.
        let again = try held.stand.coord("run", "--resume")
        #expect(again.status == 2 && again.speech.contains("there is no run to resume"), "\(again)")
    }

    @Test("A second coordinator exits 6 and names the first; the first goes on")
    func second() throws {
        let held = try hold()
        let answer = try held.stand.coord("run", held.mission, "--agent", held.agent)
        #expect(answer.status == 6)
        #expect(answer.speech.contains("pid \(held.run.child.pid)"), "\(answer)")
        try held.hold.say("go")
        #expect(held.run.wait().status == 0)
        try expectAllLandedOnce(held.stand)
    }

    @Test("SIGINT once lets what runs land, then exits 130; --resume does the rest")
    func interruptedOnce() throws {
        let held = try hold()
        let events = try EventStream(held.stand)
        held.run.signal(SIGINT)
        try events.await("run.status-changed")
        try held.hold.say("go")
        let answer = held.run.wait()
        #expect(answer.status == 130, "\(answer)")
        #expect(try held.stand.chain().count == 2)
        #expect(try held.stand.stage("c") != "landed")
        // Another agent may go on.
        let other = "command:echo other > $COORD_TASK.txt"
        let rest = try held.stand.coord("run", "--resume", "--agent", other)
        #expect(rest.status == 0, "\(rest)")
        #expect(try held.stand.read(held.stand.project + "/c.txt") == "other\n")
        try expectAllLandedOnce(held.stand)
    }

    @Test("SIGINT twice stops at once, keeps the work, and --resume goes on")
    func interruptedTwice() throws {
        let held = try hold()
        let events = try EventStream(held.stand)
        held.run.signal(SIGINT)
        try events.await("run.status-changed")
        held.run.signal(SIGINT)
        let answer = held.run.wait()
        #expect(answer.status == 130, "\(answer)")
        #expect(held.agentProcess.hasEnded() && held.worker.hasEnded())
        #expect(try held.stand.events("work.rescued").count == 1)
        #expect(try held.stand.document("status")["run"]?["status"] == "stopped")
        let rest = try held.stand.start(["run", "--resume", "--agent", held.agent])
        _ = try held.pids.line()
        try held.hold.say("go")
        #expect(rest.wait().status == 0)
        try expectAllLandedOnce(held.stand)
    }

    @Test("SIGTERM drains as well, and exits 143")
    func terminated() throws {
        let held = try hold()
        let events = try EventStream(held.stand)
        held.run.signal(SIGTERM)
        try events.await("run.status-changed")
        try held.hold.say("go")
        let answer = held.run.wait()
        #expect(answer.status == 143, "\(answer)")
        #expect(try held.stand.chain().count == 2)
    }

    @Test("A gate and a place for worktrees that were typed hold for the resumed run as well")
    func optionsSurvive() throws {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        let mission = try stand.mission(
            "\"limits\": { \"maxAttempts\": 1 }, \"tasks\": [ { \"id\": \"b\", \"prompt\": \"x\" } ]")
        let agent = try stand.agent(
            Self.script.replacing("read line < \"$ROOT/hold\"", with: "[ -e \"$ROOT/gone\" ] || sleep 600"))
        let places = stand.root + "/places"
        let run = try stand.start(
            ["run", mission, "--agent", agent, "--gate", "exit 1", "--worktrees", places])
        _ = try pids.line()
        run.signal(SIGKILL)
        _ = run.wait()
        try stand.write("gone", "")
        let resumed = try stand.coord("run", "--resume")
        #expect(resumed.status == 1, "\(resumed)")
        #expect(try stand.chain().isEmpty, "landed past the gate")
        #expect(
            Files.isFolder(places + "/worker-1") && !Files.isFolder(stand.project + "/worktrees/worker-1"))
    }
}
