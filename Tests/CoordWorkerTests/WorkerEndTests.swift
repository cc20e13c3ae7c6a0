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

/// What a process of an agent does to be known by its number, and then for a minute.
private let tells = #"echo "{\"coord\":\"progress\",\"text\":\"pid $$\"}""#
private let staysOn = tells + "; exec sleep 60"

/// An agent with a child, and with a grandchild in a session of its own whose parent is gone.
private let family = "(setsid sh -c '\(staysOn)' &) ; sh -c '\(staysOn)' & \(tells); wait"

@Suite("How a worker's work ends")
struct WorkerEndTests {
    private func start(_ worker: WorkerHarness, timeout: Duration? = nil) throws -> [ProcessIdentity] {
        worker.send(.assign(worker.assignment(.command(family), timeout: timeout)))
        return try worker.family(of: 3)
    }

    private func living(_ family: [ProcessIdentity]) -> [ProcessIdentity] {
        family.filter(ProcessTable.isAlive)
    }

    @Test("a time-out ends the whole tree, also who went into a session of his own")
    func timeout() throws {
        let worker = try WorkerHarness()
        let family = try start(worker, timeout: .milliseconds(800))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .timedOut(after: .milliseconds(800)))
        #expect(living(family).isEmpty)
        #expect(worker.outcome("true") == .finished)
    }

    @Test("a cancellation is polite first, and what does not listen is killed")
    func cancel() throws {
        let worker = try WorkerHarness(graceMilliseconds: 200)
        let script = """
            trap 'echo cleaning up; echo x > cleaned' TERM
            sh -c 'trap "" TERM; \(staysOn)' & \(tells); wait; wait
            """
        worker.send(.assign(worker.assignment(.command(script))))
        let family = try worker.family(of: 2)
        worker.send(.cancel(Lease(task: "api", attempt: 1), reason: "the budget is used up"))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .cancelled)
        #expect(worker.finished[0].tail.contains("cleaning up"))
        #expect(worker.text("tree/cleaned") == "x\n")
        #expect(living(family).isEmpty)
        #expect(worker.log.contains("api#1 is cancelled: the budget is used up"))
    }

    @Test("what an agent leaves behind is ended with it")
    func leftovers() throws {
        let worker = try WorkerHarness()
        // Its own process ends when it is told to; the others would stay for a minute.
        mkfifo(worker.folder + "/tree/gate", 0o600)
        let script = family.replacing("wait", with: "read line < gate")
        worker.send(.assign(worker.assignment(.command(script))))
        let family = try worker.family(of: 3)
        let gate = try Descriptors.open(worker.folder + "/tree/gate", O_WRONLY)
        Descriptors.close(gate)
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished[0].outcome == .failed(reason: "the agent ended with exit status 1"))
        #expect(living(family).isEmpty)
    }

    @Test("the end of its input ends the worker and everything below it at once")
    func endOfInput() throws {
        let worker = try WorkerHarness(graceMilliseconds: 60_000)
        let family = try start(worker)
        worker.channel.finishWriting()
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .exited(status: 0))
        #expect(living(family).isEmpty)
    }

    @Test("SIGTERM ends the worker and everything below it")
    func terminated() throws {
        let worker = try WorkerHarness()
        let family = try start(worker)
        worker.child.signalGroup(SIGTERM)
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .exited(status: 128 + SIGTERM))
        #expect(living(family).isEmpty)
    }

    @Test("kill -9 of a worker is seen at once, and its orphans are found by their mark")
    func killed() throws {
        // From here on the orphans of this process's descendants come to it.
        try ProcessTable.becomeSubreaper()
        let worker = try WorkerHarness()
        var assignment = worker.assignment(.command(family))
        assignment.environment["COORD_WORKER"] = worker.folder
        worker.send(.assign(assignment))
        let family = try worker.family(of: 3)
        #expect(ProcessTable.signal(worker.child.identity, SIGKILL))
        #expect(worker.wait { worker.exit != nil })
        #expect(worker.exit == .signaled(SIGKILL))
        #expect(ProcessTable.endAdopted(mark: "COORD_WORKER=nobody") == 0)
        #expect(living(family).count == 3)
        #expect(ProcessTable.endAdopted(mark: "COORD_WORKER=" + worker.folder) == 3)
        #expect(living(family).isEmpty)
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
        #expect(living(family).isEmpty)
    }

    @Test("an agent ends by its process, not by who holds its pipe")
    func heldPipe() throws {
        let worker = try WorkerHarness()
        let start = RuntimeClock.monotonicNanoseconds()
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
