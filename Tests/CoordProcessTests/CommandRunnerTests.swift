import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Running a command to its end")
struct CommandRunnerTests {
    @Test("both streams, the exit status and the folder come back")
    func plain() throws {
        let folder = try TemporaryFolder()
        var request = shell("pwd; echo oops >&2; exit 3")
        request.workingFolder = folder.path
        let result = try CommandRunner.run(request)
        #expect(result.exit == .exited(status: 3))
        #expect(result.outputText == folder.path + "\n")
        #expect(result.errorText == "oops\n")
        #expect(!result.succeeded && !result.timedOut && !result.cancelled)
    }

    @Test("the environment is what was asked for, and the mark of the command")
    func environment() throws {
        var request = CommandRequest(executable: "/usr/bin/env", environment: ["A": "1", "B": "x y"])
        request.timeout = .seconds(10)
        let lines = try CommandRunner.run(request).outputText.split(separator: "\n").sorted()
        #expect(lines.count == 3)
        #expect(lines[0] == "A=1")
        #expect(lines[1] == "B=x y")
        #expect(lines[2].hasPrefix("COORD_COMMAND="))
    }

    @Test("input of any size is fed while output is read")
    func input() throws {
        var request = CommandRequest(executable: "/bin/cat")
        request.input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try CommandRunner.run(request)
        #expect(result.output == request.input)
    }

    @Test("a command that does not read its input is no error")
    func unreadInput() throws {
        var request = CommandRequest(executable: "/bin/true")
        request.input = [UInt8](repeating: 65, count: 1 << 20)
        #expect(try CommandRunner.run(request).succeeded)
    }

    @Test("without input the command reads an end at once")
    func noInput() throws {
        #expect(try CommandRunner.run(shell("cat; echo done")).outputText == "done\n")
    }

    @Test("streams may be merged in their order")
    func merged() throws {
        var request = shell("echo a; echo b >&2; echo c")
        request.mergesErrorIntoOutput = true
        let result = try CommandRunner.run(request)
        #expect(result.outputText == "a\nb\nc\n")
        #expect(result.errorOutput.isEmpty)
    }

    @Test("of too much output the tail is kept and the rest counted")
    func limit() throws {
        var request = shell("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done")
        request.outputLimitBytes = 100
        let result = try CommandRunner.run(request)
        #expect(result.output.count == 100)
        #expect(result.outputText.hasSuffix("line 1998\nline 1999\n"))
        #expect(result.droppedBytes == (0..<2000).reduce(0) { $0 + "line \($1)\n".utf8.count } - 100)
    }

    @Test("a time-out ends the command and what it started, politely first")
    func timeout() throws {
        let folder = try TemporaryFolder()
        var request = shell(
            "trap 'echo bye; exit 0' TERM; sleep 60 & echo $! > \(folder("pid")); wait; wait")
        request.timeout = .milliseconds(300)
        let result = try CommandRunner.run(request)
        #expect(result.timedOut)
        #expect(result.outputText == "bye\n")
        #expect(!result.succeeded)
        #expect(result.duration < .seconds(2))
        let sleeper = Int32(try Files.readText(folder("pid")).dropLast())!
        #expect(!ProcessTable.isAlive(ProcessIdentity(pid: sleeper, startTime: 0)))
    }

    @Test("a command that ignores the polite signal is killed")
    func stubborn() throws {
        var request = shell("trap '' TERM; while :; do sleep 0.05; done")
        request.timeout = .milliseconds(100)
        let result = try CommandRunner.run(request)
        #expect(result.exit == .signaled(SIGKILL))
        #expect(result.timedOut)
        #expect(result.duration >= .seconds(2) && result.duration < .seconds(4))
    }

    @Test("a grandchild that holds the output does not hold the end, nor does it live on")
    func heldOutput() throws {
        let folder = try TemporaryFolder()
        let result = try CommandRunner.run(shell("sleep 60 & echo $! > \(folder("pid")); echo said"))
        #expect(result.succeeded)
        #expect(result.outputText == "said\n")
        #expect(result.duration < .seconds(1))
        let sleeper = Int32(try Files.readText(folder("pid")).dropLast())!
        #expect(!ProcessTable.isAlive(ProcessIdentity(pid: sleeper, startTime: 0)))
    }

    @Test("a cancellation ends every command that has it, and those to come")
    func cancellation() throws {
        let folder = try TemporaryFolder()
        let cancellation = Cancellation()
        let ready = try Fifo(folder("ready"))
        let canceller = Thread {
            _ = ready.line()
            cancellation.cancel()
        }
        let result = try CommandRunner.run(
            shell("echo > \(ready.path); sleep 60"), cancellation: cancellation)
        canceller.join()
        #expect(result.cancelled && !result.timedOut)
        #expect(result.duration < .seconds(10))
        #expect(cancellation.isCancelled)
        let later = try CommandRunner.run(shell("echo hello"), cancellation: cancellation)
        #expect(later.cancelled && later.output.isEmpty)
    }

    @Test("many commands at once leave no descriptor and no child")
    func parallel() throws {
        let before = try Files.list("/proc/self/fd").count
        let threads = (0..<8).map { number in
            Thread {
                for round in 0..<25 {
                    var request = shell("echo $$; echo \(number).\(round) >&2")
                    request.input = [1]
                    request.endsLeftovers = round % 5 == 0
                    let result = try? CommandRunner.run(request)
                    #expect(result?.errorText == "\(number).\(round)\n")
                    let pid = result.flatMap { Int32($0.outputText.dropLast()) } ?? getpid()
                    #expect(ProcessTable.startTime(pid) == nil)
                }
            }
        }
        for thread in threads { thread.join() }
        // Other tests run beside this one; a leak of one descriptor a command would be two hundred.
        #expect(try Files.list("/proc/self/fd").count < before + 60)
    }
}

/// A plain thread: commands block, and the pool of the tests is small.
final class Thread: Sendable {
    private let handle: UInt

    init(_ body: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        self.handle = UInt(handle)
    }

    func join() { pthread_join(pthread_t(handle), nil) }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
