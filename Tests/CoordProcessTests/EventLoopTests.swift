import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Event loop")
struct EventLoopTests {
    /// A loop that stops by itself when a test goes wrong.
    private func loop() throws -> EventLoop {
        let loop = try EventLoop()
        loop.alarm = {
            Issue.record("the loop waited too long")
            loop.stop()
        }
        loop.setAlarm(after: .seconds(10))
        return loop
    }

    private func pipes(_ count: Int) throws -> [(read: Int32, write: Int32)] {
        try (0..<count).map { _ in try Descriptors.makePipe() }
    }

    private func close(_ pipes: [(read: Int32, write: Int32)]) {
        for pipe in pipes {
            Descriptors.close(pipe.read)
            Descriptors.close(pipe.write)
        }
    }

    private func say(_ descriptor: Int32) { write(descriptor, "x", 1) }

    @Test("handlers are called for what is ready, then the ends of the turn in their order")
    func turn() throws {
        let loop = try loop()
        let pipe = try pipes(1)
        defer { close(pipe) }
        var calls: [String] = []
        loop.watchWritable(pipe[0].write) {
            calls.append("writable")
            loop.unwatch(pipe[0].write)
            say(pipe[0].write)
        }
        loop.watchReadable(pipe[0].read) {
            calls.append("readable")
            loop.stop()
        }
        loop.onTurnEnd { calls.append("end 1") }
        loop.onTurnEnd { calls.append("end 2") }
        loop.run()
        #expect(calls == ["writable", "end 1", "end 2", "readable", "end 1", "end 2"])
    }

    @Test("whoever is called first may unwatch and close all others, and none of them is called")
    func unwatchOthers() throws {
        let loop = try loop()
        let all = try pipes(20)
        var calls = 0
        for pipe in all {
            say(pipe.write)
            loop.watchReadable(pipe.read) {
                calls += 1
                for other in all {
                    loop.unwatch(other.read)
                    Descriptors.close(other.read)
                    Descriptors.close(other.write)
                }
                loop.stop()
            }
        }
        loop.run()
        #expect(calls == 1)
    }

    @Test("a number that is closed and used anew within a turn is not called for what was seen before")
    func reusedNumber() throws {
        let loop = try loop()
        let old = try pipes(2)
        for pipe in old { say(pipe.write) }
        var calls: [String] = []
        var fresh: [(read: Int32, write: Int32)] = []
        for (index, pipe) in old.enumerated() {
            loop.watchReadable(pipe.read) {
                calls.append("old")
                loop.unwatch(pipe.read)
                guard fresh.isEmpty else { return }
                // The other's number gets a new pipe, in which nothing was said.
                let other = old[1 - index].read
                loop.unwatch(other)
                let new = try? Descriptors.makePipe()
                guard let new, dup2(new.read, other) == other else { return }
                fresh.append(new)
                loop.watchReadable(other) { calls.append("new") }
                loop.onTurnEnd { loop.stop() }
            }
        }
        loop.run()
        #expect(calls == ["old"])
        say(fresh[0].write)
        loop.run()
        #expect(calls == ["old", "new"])
        close(old)
        close(fresh)
    }

    @Test("a handler may replace itself and let go of itself while it runs")
    func selfReplacement() throws {
        let loop = try loop()
        let pipe = try pipes(1)
        defer { close(pipe) }
        say(pipe[0].write)
        var calls: [String] = []
        let token = Token()
        loop.watchReadable(pipe[0].read) { [token] in
            loop.unwatch(pipe[0].read)
            loop.watchReadable(pipe[0].read) {
                calls.append("second")
                loop.stop()
            }
            calls.append("first \(token.name)")
        }
        loop.run()
        #expect(calls == ["first still here", "second"])
    }

    private final class Token { var name = "still here" }

    @Test("the alarm comes once, not before its time, and a later one replaces it")
    func alarm() throws {
        let loop = try EventLoop()
        var due: [String] = []
        let start = RuntimeClock.monotonicNanoseconds()
        loop.alarm = {
            due.append("late")
            loop.stop()
        }
        loop.setAlarm(after: .milliseconds(1))
        loop.setAlarm(after: .milliseconds(30))
        loop.run()
        #expect(due == ["late"])
        #expect(RuntimeClock.monotonicNanoseconds() - start >= 30_000_000)
    }

    @Test("what cannot be waited for is always ready")
    func plainFile() throws {
        let loop = try loop()
        let descriptor = try Descriptors.open("/dev/null", O_RDONLY)
        defer { Descriptors.close(descriptor) }
        var calls = 0
        loop.watchReadable(descriptor) {
            calls += 1
            if calls == 3 { loop.unwatch(descriptor) }
        }
        loop.onTurnEnd { if calls == 3 { loop.stop() } }
        loop.run()
        #expect(calls == 3)
    }

    @Test("the end of a child is an event, and what is left of its group is ended")
    func exit() throws {
        let folder = try TemporaryFolder()
        let loop = try loop()
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: "/bin/sh",
                arguments: ["-c", "sleep 60 & echo $! > \(folder("pid")); exit 4"],
                environment: ["PATH": "/usr/bin:/bin"]))
        var outcome: ExitOutcome?
        loop.watchExit(of: child) {
            outcome = $0
            loop.stop()
        }
        loop.run()
        #expect(outcome == .exited(status: 4))
        let sleeper = try #require(Int32(Files.readText(folder("pid")).dropLast()))
        // Gone already, or on its way: its end is an event as well.
        if let descriptor = ProcessTable.exitDescriptor(of: ProcessIdentity(pid: sleeper, startTime: 0)) {
            loop.watchReadable(descriptor) { loop.stop() }
            loop.run()
            Descriptors.close(descriptor)
        }
        #expect(!ProcessTable.isAlive(ProcessIdentity(pid: sleeper, startTime: 0)))
    }

    @Test("signals are events, and SIGPIPE is none")
    func signals() throws {
        let loop = try loop()
        var seen: [Int32] = []
        let source = try SignalSource(loop: loop, signals: [SIGUSR1, SIGUSR2]) {
            seen.append($0)
            if seen.count == 2 { loop.stop() }
        }
        kill(getpid(), SIGPIPE)
        kill(getpid(), SIGUSR1)
        kill(getpid(), SIGUSR2)
        loop.run()
        #expect(seen.sorted() == [SIGUSR1, SIGUSR2].sorted())
        withExtendedLifetime(source) {}
    }
}

@Suite("Between threads")
struct ThreadTests {
    @Test("a mailbox carries everything, each sender's values in order")
    func mailbox() throws {
        let loop = try EventLoop()
        var seen = [[Int]](repeating: [], count: 4)
        var total = 0
        let mailbox = try Mailbox<(sender: Int, value: Int)>(loop: loop, limit: 16) { element in
            seen[element.sender].append(element.value)
            total += 1
            if total == 4000 { loop.stop() }
        }
        let threads = (0..<4).map { sender in
            Thread { for value in 0..<1000 { mailbox.post((sender, value)) } }
        }
        loop.run()
        for thread in threads { thread.join() }
        #expect(seen.allSatisfy { $0 == Array(0..<1000) })
    }

    @Test("the loop may post to its own full mailbox")
    func ownMailbox() throws {
        let loop = try EventLoop()
        var seen: [Int] = []
        let box = Box<Mailbox<Int>>()
        box.value = try Mailbox<Int>(loop: loop, limit: 2) { value in
            seen.append(value)
            if value == 0 { for next in 1...10 { box.value?.post(next) } }
            if value == 10 { loop.stop() }
        }
        box.value?.post(0)
        loop.run()
        #expect(seen == Array(0...10))
        box.value = nil
    }

    private final class Box<Value> { var value: Value? }

    @Test("jobs start in order, run beside each other, and a shutdown waits for those that run")
    func threads() throws {
        let pool = BlockingThreads(count: 3, name: "test")
        let loop = try EventLoop()
        var done: [Int] = []
        let mailbox = try Mailbox<Int>(loop: loop) {
            done.append($0)
            if done.count == 3 { loop.stop() }
        }
        // Each of three jobs waits for the two others: only three threads at once can finish them.
        let ends = try (0..<3).map { _ in try Descriptors.makePipe() }
        for number in 0..<3 {
            pool.submit {
                for (index, end) in ends.enumerated() where index != number { write(end.write, "x", 1) }
                var byte: UInt8 = 0
                for _ in 0..<2 { read(ends[number].read, &byte, 1) }
                mailbox.post(number)
            }
        }
        loop.run()
        #expect(done.sorted() == [0, 1, 2])
        for end in ends {
            Descriptors.close(end.read)
            Descriptors.close(end.write)
        }
        let folder = try TemporaryFolder()
        let go = try Descriptors.makePipe()
        pool.submit {
            var byte: UInt8 = 0
            read(go.read, &byte, 1)
            try? Files.writeAtomically([1], to: folder("done"))
        }
        write(go.write, "x", 1)
        pool.shutdown()
        Descriptors.close(go.read)
        Descriptors.close(go.write)
        // Dropped or done, never half: nothing runs after the shutdown.
        let stood = Files.kind(folder("done"))
        #expect(!pool.submit { Issue.record("a job ran after the shutdown") })
        #expect(Files.kind(folder("done")) == stood)
    }
}
