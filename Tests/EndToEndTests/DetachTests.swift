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

/// Runs without a terminal: their coordinators die, their operator dies, and the work is done all the same.
@Suite("Detached runs")
struct DetachTests {
    /// Two tasks; the first attempts at `b` wait for the fifo. Attempts at `b` tell their pid.
    private final class Detached {
        let stand: Stand
        let pids: Fifo
        let hold: Fifo
        let run: String
        let coordinator: ProcessWatch

        init() throws {
            stand = try Stand()
            pids = try Fifo(stand.root + "/pids")
            hold = try Fifo(stand.root + "/hold")
            let mission = try stand.mission(
                """
                "limits": { "maxConcurrency": 1 },
                "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x", "deps": ["a"] } ]
                """)
            let agent = try stand.agent(
                """
                echo "$COORD_TASK $COORD_ATTEMPT" > "$COORD_TASK.txt"
                [ "$COORD_TASK" = b ] || exit 0
                echo $$ > "$ROOT/pids"
                read line < "$ROOT/hold"
                """)
            let answer = try stand.coord(
                "run", mission, "--agent", agent, "--sandbox", "off", "--detach", "--json")
            guard answer.status == 0 else { throw Failure("\(answer)") }
            let document = try JSONParser.parse(answer.output)
            run = document["run"]?.stringValue ?? ""
            coordinator = ProcessWatch(Int32(document["pid"]?.integerValue ?? 0))
            _ = try pids.line()
        }

        deinit {
            // Whatever a failed test left: nothing when all went well.
            coordinator.signal(SIGKILL)
            if let operatorProcess = try? operatorProcess() { operatorProcess.signal(SIGKILL) }
        }

        func operatorProcess() throws -> ProcessWatch {
            let note = try stand.read(stand.root + "/state/coord/detached/operator.lock")
            return try ProcessWatch(String(note.trimmed.dropFirst("pid ".utf8.count)))
        }

        func finish() throws {
            let events = try EventStream(stand)
            try hold.say("go")
            try events.await("run.ended")
            let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
            #expect(landed == ["a", "b"])
        }
    }

    @Test("a coordinator that is killed is started again, and its run completes; then the operator goes too")
    func coordinatorKilled() throws {
        let detached = try Detached()
        let listed = try detached.stand.document("runs")["runs"]?.arrayValue?.first
        #expect(listed?["id"]?.stringValue == detached.run && listed?["detached"] == true)
        let keeper = try detached.operatorProcess()
        detached.coordinator.signal(SIGKILL)
        #expect(detached.coordinator.hasEnded())
        _ = try detached.pids.line()
        try detached.finish()
        #expect(keeper.hasEnded())
        let again = try detached.stand.document("runs")["runs"]?.arrayValue?.first
        #expect(again?["status"] == "completed" && again?["detached"] == false)
        let log = try detached.stand.coord("logs", "coordinator")
        #expect(log.status == 0 && log.output.contains("landed"), "\(log)")
    }

    @Test("an operator that is killed is not missed, and the next one looks after the same coordinator")
    func operatorKilled() throws {
        let detached = try Detached()
        let first = try detached.operatorProcess()
        first.signal(SIGKILL)
        #expect(first.hasEnded())
        #expect(try detached.stand.document("status")["run"]?["status"] == "running")
        let pipe = try Descriptors.makePipe()
        let next = try ChildProcess.spawn(
            SpawnRequest(
                executable: Stand.program("coord"), arguments: ["serve", "--until-idle"],
                environment: detached.stand.environment, descriptors: [(2, pipe.write)]))
        Descriptors.close(pipe.write)
        let speech = LineReader(pipe.read)
        #expect(try speech.next()?.hasPrefix("looks after \(detached.run)") == true)
        let third = try detached.stand.coord("serve")
        #expect(third.status == 6 && third.speech.contains("pid \(next.pid)"), "\(third)")
        detached.coordinator.signal(SIGKILL)
        _ = try detached.pids.line()
        try detached.finish()
        var said: [String] = []
        while let line = try speech.next() { said.append(line) }
        #expect(next.wait() == .exited(status: 0) && said.contains { $0.contains("again, pid") }, "\(said)")
    }

    @Test("a detached run that is stopped stays stopped")
    func stopped() throws {
        let detached = try Detached()
        let keeper = try detached.operatorProcess()
        #expect(try detached.stand.coord("stop").status == 0)
        #expect(detached.coordinator.hasEnded())
        #expect(keeper.hasEnded())
        #expect(try detached.stand.document("status")["run"]?["status"] == "stopped")
    }

    @Test("a detached run that cannot start says why at once and leaves nobody behind")
    func refused() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"run\": \"true\" } ]")
        let answer = try stand.coord(
            "run", mission, "--target", "nowhere/../x", "--sandbox", "off", "--detach")
        #expect(answer.status == 2, "\(answer)")
        #expect(!answer.speech.isEmpty && answer.output.isEmpty)
        #expect(Files.kind(stand.root + "/state/coord/detached/operator.lock") == nil)
    }
}
