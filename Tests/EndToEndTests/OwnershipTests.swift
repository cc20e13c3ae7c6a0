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

/// Whose process is whose, to the end: what hangs is replaced, what was started is ended, nothing piles up.
@Suite("Ownership of processes")
struct OwnershipTests {
    /// One task; its first attempt starts a daemon that leaves group and session, tells both pids and waits.
    private final class Held {
        let stand: Stand
        let run: Running
        let pids: Fifo
        let hold: Fifo
        let daemon: ProcessWatch
        let worker: ProcessWatch

        init() throws {
            stand = try Stand()
            pids = try Fifo(stand.root + "/pids")
            hold = try Fifo(stand.root + "/hold")
            let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
            // Forks twice, and the second child leads a session of its own: nothing ties it to the agent.
            let agent = try stand.agent(
                """
                echo "$COORD_ATTEMPT" > a.txt
                (setsid sh -c 'sleep 600 & echo $! > "$1"' sh "$ROOT/pids" &)
                read line < "$ROOT/hold"
                """)
            run = try stand.start(["run", mission, "--agent", agent, "--workers", "1", "--sandbox", "off"])
            daemon = try ProcessWatch(pids.line())
            let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
            worker = ProcessWatch(Int32(workers.first?["pid"]?.integerValue ?? 0))
        }

        /// Lets the attempt that waits now finish, and the run with it.
        func finish() throws {
            try hold.say("go")
            let answer = run.wait()
            #expect(answer.status == 0, "\(answer)")
        }
    }

    @Test("W5: a worker that is stopped is suspected, killed and replaced, with default settings")
    func hung() throws {
        let held = try Held()
        let events = try EventStream(held.stand)
        held.worker.signal(SIGSTOP)
        try events.await("worker.suspected")
        try events.await("worker.exited")
        try events.await("worker.ready")
        _ = try held.pids.line()
        #expect(held.worker.hasEnded() && held.daemon.hasEnded())
        try held.finish()
        #expect(try held.stand.read(held.stand.project + "/a.txt") == "2\n")
    }

    @Test("W9: a daemon that forked twice ends with its worker, and the attempt with the daemon is not over")
    func daemonOfWorker() throws {
        let held = try Held()
        held.worker.signal(SIGKILL)
        #expect(held.daemon.hasEnded())
        _ = try held.pids.line()
        try held.finish()
    }

    @Test("W9: a daemon that forked twice ends with its coordinator, which is killed")
    func daemonOfCoordinator() throws {
        let held = try Held()
        held.run.signal(SIGKILL)
        _ = held.run.wait()
        #expect(held.worker.hasEnded() && held.daemon.hasEnded())
    }

    #if os(Linux)
        private func descriptors(_ pid: Int32) throws -> Int { try Files.list("/proc/\(pid)/fd").count }

        /// Ended children that nobody has looked after.
        private func zombies(of pids: [Int32]) -> [Int32] {
            ProcessTable.all().filter { $0.isZombie && pids.contains($0.parent) }.map(\.pid)
        }

        @Test("R12: a thousand tasks later there are as many descriptors as before, and no zombie")
        func thousandSpawns() throws {
            let stand = try Stand()
            let told = try Fifo(stand.root + "/told")
            let hold = try Fifo(stand.root + "/hold")
            let wait = "echo x > '\(stand.root)/told'; read line < '\(stand.root)/hold'"
            let plain = (0..<1000).map {
                "{ \"id\": \"t\($0)\", \"run\": \"true\", \"workspace\": \"none\", \"deps\": [\"first\"] }"
            }
            let ends = ["first", "last"].map { name in
                let needs = name == "first" ? "" : (0..<1000).map { "\"t\($0)\"" }.joined(separator: ",")
                return
                    "{ \"id\": \"\(name)\", \"run\": \(JSONValue.string(wait).text), \"workspace\": \"none\","
                    + " \"deps\": [\(needs)] }"
            }
            let mission = try stand.mission("\"tasks\": [\((ends + plain).joined(separator: ","))]")
            let run = try stand.start(["run", mission, "--workers", "4", "--sandbox", "off"])
            _ = try told.line()
            let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
            let pids = [run.child.pid] + workers.compactMap { $0["pid"]?.integerValue }.map { Int32($0) }
            let before = try pids.map(descriptors)
            try hold.say("go")
            _ = try told.line()
            let after = try pids.map(descriptors)
            // The attempt at the last task may be another worker's than that at the first.
            for (one, other) in zip(before, after) { #expect(abs(one - other) <= 4, "\(before) \(after)") }
            #expect(abs(before[0] - after[0]) <= 2, "\(before) \(after)")
            #expect(zombies(of: pids).isEmpty)
            try hold.say("go")
            let answer = run.wait()
            #expect(answer.status == 0, "\(answer)")
        }

        /// Changes how many descriptors a running process may have.
        private func limit(_ pid: Int32, to count: Int) throws {
            let program = try #require(Executables.find("prlimit"))
            let result = try CommandRunner.run(
                CommandRequest(
                    executable: program, arguments: ["--pid", "\(pid)", "--nofile=\(count):"],
                    environment: [:]))
            try #require(result.succeeded, "\(result.errorText)")
        }

        @Test(
            "D10: with no descriptor left a worker cannot be started; it is told, and tried again with success"
        )
        func fullTable() throws {
            let held = try Held()
            let events = try EventStream(held.stand)
            try limit(held.run.child.pid, to: 8)
            held.worker.signal(SIGKILL)
            let failed = try events.await("worker.start-failed")
            #expect(failed["data"]?["reason"]?.stringValue?.contains("open files") == true, "\(failed)")
            try limit(held.run.child.pid, to: 512)
            try events.await("worker.ready")
            _ = try held.pids.line()
            try held.finish()
        }
    #endif
}
