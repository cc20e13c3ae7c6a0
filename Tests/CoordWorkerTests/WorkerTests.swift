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

@Suite("A worker and its agent")
struct WorkerTests {
    @Test("a worker says hello first, and then that it lives")
    func hello() throws {
        let worker = try WorkerHarness(heartbeatMilliseconds: 5)
        worker.wait { worker.messages.count >= 4 }
        #expect(
            worker.messages.first
                == .hello(protocol: 1, pid: worker.child.pid, build: "0.1.0", worker: "w-1"))
        #expect(worker.messages.dropFirst().allSatisfy { $0 == .heartbeat(nil) })
    }

    @Test("a heartbeat during work names the lease, and says whether the agent said anything since the last")
    func busyHeartbeat() throws {
        let worker = try WorkerHarness(heartbeatMilliseconds: 5)
        worker.send(.assign(worker.assignment(.command("echo begun; sleep 60"))))
        let lease = Lease(task: "api", attempt: 1)
        #expect(worker.wait { worker.messages.contains(.heartbeat(lease)) })
        #expect(worker.wait { worker.messages.last == .heartbeat(lease, hasProgress: false) })
    }

    @Test("an agent works in its folder with its environment, and all it says is kept")
    func agent() throws {
        let worker = try WorkerHarness()
        let script = """
            pwd; echo '{"coord":"progress","text":"half"}'; env | sort; cat; echo careful >&2
            echo '{"coord":"usage","model":"m","inputTokens":5,"id":"1"}'
            echo made > file; printf '{"coord":"progress","text":"no line end"}'
            """
        #expect(worker.outcome(script) == .finished)
        #expect(
            worker.reports == [
                .progress("half"), .usage(Usage(id: "1", model: "m", tokens: TokenCounts(input: 5))),
                .progress("no line end"),
            ])
        #expect(worker.text("tree/file") == "made\n")
        let transcript = try #require(worker.transcript())
        for part in [worker.folder + "/tree\n", "COORD_TASK=api\nPATH=/usr/bin:/bin\nPWD=", "careful\n"] {
            #expect(transcript.contains(part))
        }
        // The shell adds what it must (`PWD`, perhaps `OLDPWD`, `SHLVL`, `_`); nothing of the worker's own
        // passes.
        #expect(!transcript.contains("COORD_HEARTBEAT_MS"))
        #expect(worker.finished.last?.tail == transcript)
    }

    @Test("X30: the secrets of its environment stand in no transcript and no message, however they are said")
    func secrets() throws {
        let worker = try WorkerHarness()
        let script = """
            printf 'one %s\\n' "$SOME_API_KEY"
            printf 'two %.9s' "$SOME_API_KEY"; printf '%s\\n' "${SOME_API_KEY#?????????}"
            printf 'three %s\\n' "$SOME_API_KEY" >&2
            echo "{\\"coord\\":\\"progress\\",\\"text\\":\\"four $SOME_API_KEY\\"}"
            """
        var assignment = worker.assignment(.command(script))
        assignment.environment["SOME_API_KEY"] = "canary-3141592653589793"
        #expect(worker.outcome(assignment) == .finished)
        #expect(worker.reports == [.progress("four ***")])
        let transcript = try #require(worker.transcript())
        for number in ["one", "two", "three"] {
            #expect(transcript.contains("\(number) ***"), "\(transcript)")
        }
        #expect(!"\(transcript)\(worker.messages)".contains("314159"))
    }

    @Test("what the coordinator has to say goes to the notes of the attempt at work, through no link")
    func notes() throws {
        let worker = try WorkerHarness(heartbeatMilliseconds: 5)
        var assignment = worker.assignment(.command("echo begun; read line < ../go"))
        assignment.notes = worker.folder + "/notes"
        #expect(mkfifo(worker.folder + "/go", 0o600) == 0)
        try Files.write(Array("mine".utf8), to: worker.folder + "/elsewhere")
        #expect(symlink("elsewhere", worker.folder + "/notes") == 0)
        worker.send(.assign(assignment))
        #expect(worker.wait { worker.messages.contains(.heartbeat(assignment.lease)) })
        worker.send(.notice(Lease(task: "other", attempt: 1), text: "not for you"))
        worker.send(.notice(assignment.lease, text: "first"))
        worker.send(.notice(assignment.lease, text: "second"))
        worker.send(.cancel(assignment.lease, reason: "enough"))
        #expect(worker.wait { worker.finished.count == 1 })
        #expect(worker.text("notes") == "first\n\nsecond\n")
        #expect(worker.text("elsewhere") == "mine")
    }

    @Test(
        "an agent that does not end well fails the attempt, with the reason",
        arguments: [
            ("exit 3", "the agent ended with exit status 3"), ("kill -9 $$", "the agent ended with signal 9"),
            ("/nonexistent", "the agent ended with exit status 127"),
        ])
    func failure(script: String, reason: String) throws {
        let worker = try WorkerHarness()
        #expect(worker.outcome(script) == .failed(reason: reason))
    }

    @Test("a command that needs no shell runs, and a script that only a shell can run does as well")
    func plainCommands() throws {
        let worker = try WorkerHarness()
        let tree = worker.assignment(.command("true")).worktree
        try Files.write(Array("#!/bin/sh\necho \"$0 $1\" > one\n".utf8), to: tree + "/a", permissions: 0o755)
        try Files.write(Array("echo \"$0 $1\" > two\n".utf8), to: tree + "/b", permissions: 0o755)
        #expect(worker.outcome("./a x") == .finished)
        #expect(worker.outcome("./b y") == .finished)
        #expect(try Files.readText(tree + "/one") == tree + "/a x\n")
        #expect(try Files.readText(tree + "/two") == "./b y\n")
    }

    @Test("a missing folder fails the attempt and not the worker")
    func missingFolder() throws {
        let worker = try WorkerHarness()
        var assignment = worker.assignment(.command("true"))
        assignment.worktree = worker.folder + "/none"
        #expect(
            worker.outcome(assignment)
                == .failed(
                    reason: "the agent could not start: cannot start a program in `\(worker.folder)/none`: "
                        + "No such file or directory"))
        #expect(worker.outcome("true") == .finished)
    }

    @Test("checks run one after the other when the agent has ended well, and one that fails is named")
    func checks() throws {
        let worker = try WorkerHarness()
        #expect(worker.outcome("echo 1 > a", checks: ["test -f a", "echo 2 > b"]) == .finished)
        #expect(worker.text("tree/b") == "2\n")
        #expect(
            worker.outcome("true", checks: ["true", "echo why; exit 4", "echo 3 > c"])
                == .failed(reason: "the check `echo why; exit 4` ended with exit status 4"))
        #expect(worker.finished.last?.tail.hasSuffix("why\n") == true)
        #expect(worker.text("tree/c") == nil)
        #expect(
            worker.outcome("exit 1", checks: ["echo 4 > d"])
                == .failed(reason: "the agent ended with exit status 1"))
        #expect(worker.text("tree/d") == nil)
    }

    @Test("many events come through, each once and in order, and slow nothing down for ever")
    func flood() throws {
        let worker = try WorkerHarness()
        let event = #"{\"coord\":\"progress\",\"text\":\"$i\"}"#
        let script = "i=0; while [ $i -lt 30000 ]; do echo \"\(event)\"; i=$((i+1)); done"
        #expect(worker.outcome(script) == .finished)
        #expect(worker.reports == (0..<30_000).map { .progress("\($0)") })
    }

    @Test("of refused events the first ten are told")
    func refusals() throws {
        let worker = try WorkerHarness()
        #expect(
            worker.outcome(#"for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo '{"coord":"sing"}'; done"#)
                == .finished)
        #expect(worker.reports.count == 10)
        #expect(
            worker.reports.first
                == .progress("coord refused an event of the agent: `sing` is no event that coord knows"))
    }

    @Test("work that is nothing is finished at once, as often as asked")
    func nothing() throws {
        let worker = try WorkerHarness()
        for number in 1...1000 {
            worker.send(.assign(worker.assignment(.none, task: TaskID("t\(number)"))))
        }
        worker.wait { worker.finished.count == 1000 }
        #expect(worker.finished.map(\.lease.task) == (1...1000).map { TaskID("t\($0)") })
    }

    @Test(
        "one attempt at a time: another waits for its turn, the same is taken once, an old cancel is ignored")
    func oneAtATime() throws {
        let worker = try WorkerHarness()
        let first = worker.assignment(.command("read line < gate; echo done >> count"))
        mkfifo(worker.folder + "/tree/gate", 0o600)
        worker.send(.assign(first))
        worker.send(.assign(first))
        worker.send(.cancel(Lease(task: "api", attempt: 7), reason: "old"))
        worker.send(.assign(worker.assignment(.command("true"), task: "other")))
        worker.send(.assign(worker.assignment(.none, task: "third")))
        worker.channel.flush()
        let gate = try Descriptors.open(worker.folder + "/tree/gate", O_WRONLY)
        write(gate, "go\n", 3)
        Descriptors.close(gate)
        worker.wait { worker.finished.count == 3 }
        #expect(worker.finished.map(\.lease.task) == ["api", "other", "third"])
        #expect(worker.finished.allSatisfy { $0.outcome == .finished })
        #expect(worker.text("tree/count") == "done\n")
    }

    @Test("what waits for its turn is given back unbegun: withdrawn, cancelled, or when the worker is to end")
    func givenBack() throws {
        let worker = try WorkerHarness()
        func lease(_ task: TaskID) -> Lease { Lease(task: task, attempt: 1) }
        worker.send(.assign(worker.assignment(.command("sleep 60"))))
        for task in ["b", "c", "d", "e"] as [TaskID] {
            worker.send(.assign(worker.assignment(.command("echo \(task) >> begun"), task: task)))
        }
        worker.send(.withdraw(lease("c")))
        worker.send(.withdraw(lease("api")))
        worker.send(.cancel(lease("d"), reason: "skipped"))
        worker.wait { worker.finished.count == 2 }
        #expect(worker.finished.map(\.lease.task) == ["c", "d"])
        worker.send(.cancel(lease("api"), reason: "slow"))
        worker.wait { worker.finished.count == 5 }
        #expect(worker.finished.dropFirst(2).map(\.lease.task) == ["api", "b", "e"])
        #expect(
            worker.finished.map(\.outcome) == [.notBegun, .notBegun, .cancelled, .finished, .finished])
        #expect(worker.text("tree/begun") == "b\ne\n")
        worker.send(.assign(worker.assignment(.command("sleep 60"), task: "f")))
        worker.send(.assign(worker.assignment(.none, task: "g")))
        worker.send(.shutdown)
        worker.wait { worker.exit != nil && worker.hasClosed }
        #expect(worker.finished.dropFirst(5).map(\.lease.task) == ["g", "f"])
        #expect(worker.finished.dropFirst(5).map(\.outcome) == [.notBegun, .cancelled])
    }

    @Test("an attempt that takes its worker along leaves no doubt which it was")
    func poison() throws {
        let worker = try WorkerHarness()
        for task in ["a", "b", "c"] as [TaskID] {
            let script = task == "b" ? "kill -9 $PPID" : "true"
            worker.send(.assign(worker.assignment(.command(script), task: task)))
        }
        worker.wait { worker.exit != nil && worker.hasClosed }
        #expect(worker.exit == .signaled(9))
        #expect(worker.finished.map(\.lease.task) == ["a"])
    }

    @Test("noise from the coordinator is logged and the worker goes on")
    func noise() throws {
        let worker = try WorkerHarness()
        worker.channel.send(line: Array("what?".utf8))
        worker.channel.send(line: Array(#"{"jsonrpc":"2.0","method":"sing","params":{}}"#.utf8))
        worker.channel.send(line: [UInt8](repeating: 0x61, count: 2 << 20))
        #expect(worker.outcome("true") == .finished)
        #expect(worker.log.contains("a message was refused: the line is not JSON"))
        #expect(worker.log.contains("a message of a later version was ignored"))
        #expect(worker.log.contains("a line of 2097152 bytes was dropped"))
    }

    @Test("fifty attempts leave the worker with the descriptors it had, and no child")
    func noLeak() throws {
        let worker = try WorkerHarness()
        #expect(worker.outcome("true") == .finished)
        let descriptors = "/proc/\(worker.child.pid)/fd"
        let before = try Files.list(descriptors).count
        for number in 1...50 {
            #expect(worker.outcome("(sleep 60 &) ; echo \(number)", checks: ["true"]) == .finished)
        }
        #expect(try Files.list(descriptors).count == before)
        #expect(!ProcessTable.all().contains { $0.parent == worker.child.pid })
    }

    @Test("an idle worker does nothing at all between heartbeats")
    func idle() throws {
        let worker = try WorkerHarness()
        #expect(worker.outcome("true") == .finished)
        func switches() -> [Substring] {
            let status = (try? Files.readText("/proc/\(worker.child.pid)/status")) ?? ""
            return status.split(separator: "\n").filter { $0.contains("ctxt_switches") }
        }
        // It goes to sleep after its last word; when that is done, nothing wakes it.
        var last = switches()
        for _ in 0..<20 {
            worker.listen(for: .milliseconds(20))
            let now = switches()
            if now == last { break }
            last = now
        }
        worker.listen(for: .milliseconds(200))
        #expect(switches() == last)
    }
}
