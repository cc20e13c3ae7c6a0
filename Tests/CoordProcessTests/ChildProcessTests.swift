import CoordModel
import CoordProcess
import CoordSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Child processes")
struct ChildProcessTests {
    @Test("a child has exactly the descriptors it was given, whatever is open here")
    func descriptors() throws {
        // A descriptor that nobody marked to close on exec.
        let leaky = open("/dev/null", O_RDONLY)
        defer { Descriptors.close(leaky) }
        let result = try CommandRunner.run(shell("ls /proc/self/fd"))
        // The fourth is the folder that `ls` reads.
        #expect(result.outputText == "0\n1\n2\n3\n")
    }

    @Test("W17: a child lives on when the thread that started it ends")
    func startingThreadEnds() throws {
        let pipe = try Descriptors.makePipe()
        let started = Mutex<ChildProcess?>(nil)
        Thread {
            // Nothing to tell: the expectation below sees that there is no child.
            let child = try? ChildProcess.spawn(
                SpawnRequest(
                    executable: "/bin/sh", arguments: ["-c", "read line; exit 7"],
                    environment: ["PATH": "/usr/bin:/bin"], descriptors: [(child: 0, parent: pipe.read)]))
            started.withLock { $0 = child }
        }.join()
        Descriptors.close(pipe.read)
        let child = try #require(started.withLock { $0 })
        #expect(!child.hasEnded)
        try Descriptors.writeAll(Array("go\n".utf8), to: pipe.write)
        Descriptors.close(pipe.write)
        #expect(child.wait() == .exited(status: 7))
    }

    @Test("descriptors may change places")
    func swappedDescriptors() throws {
        let first = try Descriptors.makePipe()
        let second = try Descriptors.makePipe()
        defer { for end in [first.read, second.read] { Descriptors.close(end) } }
        // 3 and 4 of the child are each other's numbers here, if the numbers happen to be low; 5 is one more.
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: "/bin/sh", arguments: ["-c", "echo one >&3; echo two >&4; ls /proc/self/fd >&3"],
                environment: ["PATH": "/usr/bin:/bin"],
                descriptors: [(child: 3, parent: first.write), (child: 4, parent: second.write)]))
        Descriptors.close(first.write)
        Descriptors.close(second.write)
        #expect(child.wait() == .exited(status: 0))
        #expect(readAll(first.read) == "one\n0\n1\n2\n3\n4\n5\n")
        #expect(readAll(second.read) == "two\n")
    }

    @Test("signals of a child are at their defaults and none is blocked")
    func signals() throws {
        let result = try CommandRunner.run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"))
        #expect(mask("SigBlk", result.outputText) == 0)
        // 32 and 33 are the C library's own.
        #expect(mask("SigIgn", result.outputText).map { $0 & ~(3 << 31) } == 0)
        let own = try #require(mask("SigIgn", Files.readText("/proc/self/status")))
        #expect(own & (1 << UInt64(SIGPIPE - 1)) != 0)
    }

    private func mask(_ name: String, _ status: String) -> UInt64? {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.flatMap { UInt64($0.dropFirst(name.count + 2), radix: 16) }
    }

    @Test("a child leads a session, or a group, of its own")
    func sessions() throws {
        for session in [true, false] {
            let child = try ChildProcess.spawn(
                SpawnRequest(executable: "/bin/sleep", arguments: ["60"], session: session))
            let entry = ProcessTable.all().first { $0.identity == child.identity }
            #expect(entry?.group == child.pid)
            #expect((entry?.session == child.pid) == session)
            child.signalGroup(SIGKILL)
            #expect(child.wait() == .signaled(SIGKILL))
        }
    }

    @Test("what cannot start says which of program and folder was wrong")
    func failures() throws {
        let folder = try TemporaryFolder()
        try Files.writeAtomically([], to: folder("plain"))
        func error(_ executable: String, _ workingFolder: String?) -> ProcessError? {
            do throws(ProcessError) {
                _ = try ChildProcess.spawn(
                    SpawnRequest(executable: executable, workingFolder: workingFolder)
                ).wait()
                return nil
            } catch { return error }
        }
        #expect(error("/nonexistent", nil) == .cannotStart(executable: "/nonexistent", code: ENOENT))
        #expect(error(folder("plain"), nil) == .cannotStart(executable: folder("plain"), code: EACCES))
        #expect(error("/bin/true", folder("no")) == .noWorkingFolder(folder("no"), code: ENOENT))
        #expect(error("/bin/true", folder("plain")) == .noWorkingFolder(folder("plain"), code: ENOTDIR))
        #expect(error("/bin/tr\0ue", nil)?.code == EINVAL)
        #expect(error("/bin/true", folder.path) == nil)
    }

    @Test("the end is told by its descriptor and by value, and a reaped child gets no more signals")
    func end() throws {
        let child = try ChildProcess.spawn(
            SpawnRequest(executable: "/bin/sh", arguments: ["-c", "exit 7"]))
        var entry = pollfd(fd: child.exitDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 10_000) == 1)
        #expect(child.hasEnded)
        #expect(child.poll() == .exited(status: 7))
        #expect(child.poll() == .exited(status: 7))
        child.signalGroup(SIGKILL)
        child.signalTree(SIGKILL)
        child.killTree()
        #expect(child.wait() == .exited(status: 7))
        #expect(!ProcessTable.isAlive(child.identity))
    }

    @Test("a process of the same number and another start is not the one that was meant")
    func identities() throws {
        let child = try ChildProcess.spawn(SpawnRequest(executable: "/bin/sleep", arguments: ["60"]))
        var other = child.identity
        other.startTime += 1
        #expect(ProcessTable.isAlive(child.identity))
        #expect(!ProcessTable.isAlive(other))
        #expect(!ProcessTable.signal(other, SIGKILL))
        #expect(child.poll() == nil)
        #expect(ProcessTable.signal(child.identity, SIGKILL))
        #expect(child.wait() == .signaled(SIGKILL))
    }

    @Test("a forgotten child is killed and reaped")
    func forgotten() throws {
        let identity: ProcessIdentity
        do {
            let child = try ChildProcess.spawn(SpawnRequest(executable: "/bin/sleep", arguments: ["60"]))
            identity = child.identity
        }
        #expect(ProcessTable.startTime(identity.pid) != identity.startTime)
    }

    @Test("descendants are found through several generations")
    func descendants() throws {
        let folder = try TemporaryFolder()
        let pid = try Fifo(folder("pid"))
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: "/bin/sh",
                arguments: ["-c", "(sleep 60 & echo $! > \(pid.path); wait) & wait"],
                environment: ["PATH": "/usr/bin:/bin"]))
        let sleeper = try #require(pid.identity())
        let found = ProcessTable.descendants(of: child.pid)
        #expect(found.count == 2)
        #expect(found.contains(sleeper.pid))
        child.killTree()
        #expect(!ProcessTable.isAlive(sleeper))
        #expect(child.wait() == .signaled(SIGKILL))
    }

    private func readAll(_ descriptor: Int32) -> String {
        var collected: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return String(decoding: collected, as: UTF8.self) }
            collected += buffer[..<count]
        }
    }
}
