import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An agent with a child, and with a grandchild in a session of its own whose parent is gone.
private let family = """
    (setsid sh -c 'echo $$ > stray; exec sleep 60' &) ; sleep 60 & echo $! > child
    echo $$ > agent; echo '{"coord":"progress","text":"ready"}'; wait
    """

@Suite("How a worker's work ends")
struct WorkerEndTests {
    private struct Family {
        let all: [ProcessIdentity]

        init(_ worker: WorkerHarness) throws {
            all = try ["agent", "child", "stray"].map { try #require(worker.process(in: $0)) }
        }

        var living: [ProcessIdentity] { all.filter(ProcessTable.isAlive) }

        /// For those whose end nobody tells us of.
        func isGone() -> Bool {
            for _ in 0..<2500 {
                if living.isEmpty { return true }
                usleep(2000)
            }
            return false
        }
    }

    private func start(_ worker: WorkerHarness, timeout: Duration? = nil) throws -> Family {
        worker.send(.assign(worker.assignment(.command(family), timeout: timeout)))
        #expect(worker.wait { worker.reports == [.progress("ready")] })
        return try Family(worker)
    }

    @Test("a time-out ends the whole tree, also who went into a session of his own")
    func timeout() throws {
        let worker = try WorkerHarness()
        let family = try start(worker, timeout: .milliseconds(500))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .timedOut(after: .milliseconds(500)))
        #expect(family.living.isEmpty)
        #expect(worker.outcome("true") == .finished)
    }

    @Test("a cancellation is polite first, and what does not listen is killed")
    func cancel() throws {
        let worker = try WorkerHarness(graceMilliseconds: 200)
        let script = """
            trap 'echo cleaning up; echo x > cleaned' TERM; sh -c 'trap "" TERM; echo $$ > stubborn; exec sleep 60' &
            echo '{"coord":"progress","text":"ready"}'; wait; wait
            """
        worker.send(.assign(worker.assignment(.command(script))))
        worker.wait { worker.reports == [.progress("ready")] }
        let stubborn = try #require(worker.process(in: "stubborn"))
        worker.send(.cancel(Lease(task: "api", attempt: 1), reason: "the budget is used up"))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .cancelled)
        #expect(worker.finished[0].tail.contains("cleaning up"))
        #expect(worker.text("work/cleaned") == "x\n")
        #expect(!ProcessTable.isAlive(stubborn))
        #expect(worker.log.contains("api#1 is cancelled: the budget is used up"))
    }

    @Test("what an agent leaves behind is ended with it")
    func leftovers() throws {
        let worker = try WorkerHarness()
        let script = family.replacing("wait", with: "while [ ! -s stray ]; do sleep 0.01; done")
        worker.send(.assign(worker.assignment(.command(script))))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .finished)
        for name in ["child", "stray"] {
            let pid = try #require(worker.text("work/" + name).flatMap { Int32($0.dropLast()) })
            #expect(!ProcessTable.isAlive(ProcessIdentity(pid: pid, startTime: 0)))
        }
    }

    @Test("the end of its input ends the worker and everything below it at once")
    func endOfInput() throws {
        let worker = try WorkerHarness(graceMilliseconds: 60_000)
        let family = try start(worker)
        worker.channel.finishWriting()
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .exited(status: 0))
        #expect(family.living.isEmpty)
    }

    @Test("SIGTERM ends the worker and everything below it")
    func terminated() throws {
        let worker = try WorkerHarness()
        let family = try start(worker)
        worker.child.signalGroup(SIGTERM)
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .exited(status: 128 + SIGTERM))
        #expect(family.living.isEmpty)
    }

    @Test("kill -9 of a worker is seen at once, and its orphans are found by their mark")
    func killed() throws {
        // From here on the orphans of this process's descendants come to it.
        try ProcessTable.becomeSubreaper()
        let worker = try WorkerHarness()
        var assignment = worker.assignment(.command(family))
        assignment.environment["COORD_WORKER"] = worker.folder
        worker.send(.assign(assignment))
        worker.wait { worker.reports == [.progress("ready")] }
        let family = try Family(worker)
        #expect(ProcessTable.signal(worker.child.identity, SIGKILL))
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .signaled(SIGKILL))
        #expect(ProcessTable.endAdopted(mark: "COORD_WORKER=nobody") == 0)
        #expect(family.living.count == 3)
        #expect(ProcessTable.endAdopted(mark: "COORD_WORKER=" + worker.folder) >= 3)
        #expect(family.isGone())
    }

    @Test("a shutdown ends an idle worker at once, and a working one after its attempt")
    func shutdown() throws {
        let idle = try WorkerHarness()
        idle.send(.shutdown)
        #expect(idle.wait { idle.exit != nil })
        #expect(idle.exit == .exited(status: 0))
        let busy = try WorkerHarness()
        let family = try start(busy)
        busy.send(.shutdown)
        #expect(busy.wait { busy.exit != nil && busy.hasClosed })
        #expect(busy.exit == .exited(status: 0))
        #expect(busy.finished.map(\.outcome) == [.cancelled])
        #expect(family.living.isEmpty)
    }

    @Test("an agent that outlives its voice ends by its process, not by its pipe")
    func heldPipe() throws {
        let worker = try WorkerHarness()
        // The reader end of a pipe of our own keeps the agent's output open in a process that is not below it.
        let start = RuntimeClock.monotonicNanoseconds()
        #expect(worker.outcome("exec sleep 0.05") == .finished)
        #expect(worker.outcome("sleep 60 & exit 0") == .finished)
        #expect(RuntimeClock.monotonicNanoseconds() - start < 2_000_000_000)
    }

    @Test("wrong arguments are refused")
    func arguments() throws {
        let program = Files.parent(Executables.own()) + "/coord-worker"
        for arguments in [[], ["--worker"], ["--worker", "../x"], ["--help", "x"]] {
            var request = CommandRequest(executable: program, arguments: arguments)
            request.environment = ["LLVM_PROFILE_FILE": "/dev/null"]
            request.timeout = .seconds(10)
            let result = try CommandRunner.run(request)
            #expect(result.exit == .exited(status: 2))
            #expect(result.errorText.hasPrefix("coord-worker: wrong arguments"))
        }
    }
}
