import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

/// A client in a test: a shell script that speaks as Claude Code does.
@Suite("An agent driven by its own interface")
struct DialogueAgentTests {
    private func assignment(
        _ worker: WorkerHarness, _ script: String, _ change: (inout AgentLaunch) -> Void = { _ in }
    ) throws -> Assignment {
        let client = worker.folder + "/client"
        try Files.write(Array("#!/bin/sh\n\(script)\n".utf8), to: client, permissions: 0o755)
        try Files.write(Array("Do it".utf8), to: worker.folder + "/prompt.md")
        var launch = AgentLaunch(
            driver: "claude", program: client, newSession: "n", home: worker.folder + "/home")
        change(&launch)
        var assignment = worker.assignment(.agent(launch))
        assignment.promptFile = worker.folder + "/prompt.md"
        return assignment
    }

    private static let good = #"echo '{"type":"result","subtype":"success","is_error":false}'"#

    @Test("it is given the prompt, what it says is reported, and its end is the end of the program")
    func speaks() throws {
        let worker = try WorkerHarness()
        let script = """
            read -r line
            echo "$line" > got
            echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
            echo '{"type":"assistant","message":{"content":[{"type":"text","text":"Hello"}]}}'
            \(Self.good)
            echo "$CLAUDE_CONFIG_DIR" > config
            cat > rest
            echo done > last
            """
        #expect(worker.outcome(try assignment(worker, script)) == .finished)
        #expect(worker.text("tree/got")?.contains("Do it") ?? false)
        #expect(worker.text("tree/last") == "done\n")
        #expect(worker.text("tree/config") == worker.folder + "/home/config\n")
        #expect(worker.reports == [.session("s-1")])
        #expect(worker.transcript()?.contains("Hello") ?? false)
    }

    @Test(
        "how it failed is told as what it is",
        arguments: [(429, AgentFailure.Kind.rateLimit), (401, .authentication)])
    func fails(status: Int, kind: AgentFailure.Kind) throws {
        let worker = try WorkerHarness()
        let script =
            #"echo '{"type":"result","subtype":"success","is_error":true,"result":"no","#
            + #""api_error_status":\#(status)}'; exit 1"#
        guard case .agentFailed(let failure)? = worker.outcome(try assignment(worker, script)) else {
            Issue.record("no failure of the agent")
            return
        }
        #expect(failure.kind == kind)
    }

    @Test("one that cannot be started, or that coord does not know, is told so")
    func missing() throws {
        let worker = try WorkerHarness()
        for change in [
            { (launch: inout AgentLaunch) in launch.program = "/nowhere/client" },
            { (launch: inout AgentLaunch) in launch.driver = "nobody" },
        ] {
            guard case .agentFailed(let failure)? = worker.outcome(try assignment(worker, ":", change)) else {
                Issue.record("no failure of the agent")
                continue
            }
            #expect(failure.kind == .setup)
        }
    }

    @Test(
        "with a person's login they start one at a time, until the first answer; ended in line, one is gone")
    func logins() throws {
        let first = try WorkerHarness()
        let state = first.folder + "/state"
        let second = try WorkerHarness(state: state)
        let log = first.folder + "/log-of-both"
        let line = state + "/coord/logins/claude/line"
        let answer =
            #"echo '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Read"}]}}'"#
        // The first answers when the second stands in line, and ends when that has begun.
        let script = """
            printf 'first begins, ' >> "\(log)"
            echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
            until ls "\(line)" 2> /dev/null | grep -q . ; do :; done
            printf 'first answers, ' >> "\(log)"
            \(answer)
            until grep -q second "\(log)"; do :; done
            \(Self.good)
            """
        let one = try assignment(first, script) { $0.home = nil }
        first.send(.assign(one))
        first.wait { first.reports.contains(.session("s-1")) }
        let two = try assignment(second, "printf 'second begins' >> \"\(log)\"; \(Self.good)") {
            $0.home = nil
        }
        #expect(second.outcome(two) == .finished)
        first.wait { !first.finished.isEmpty }
        #expect(first.finished.first?.outcome == .finished)
        #expect(first.text("log-of-both") == "first begins, first answers, second begins")
    }

    @Test("one that is cancelled while it waits for its turn to sign in never begins")
    func cancelledInLine() throws {
        let worker = try WorkerHarness()
        let turns = MachineSlots(folder: worker.folder + "/state/coord/logins/claude", count: 1)
        guard case .held(let held) = try turns.claim("a test") else {
            Issue.record("nobody else is there")
            return
        }
        let assignment = try assignment(worker, "touch begun") { $0.home = nil }
        worker.send(.assign(assignment))
        worker.send(.cancel(assignment.lease, reason: "enough"))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished.first?.outcome == .cancelled)
        #expect(worker.text("tree/begun") == nil)
        withExtendedLifetime(held) {}
    }

    @Test("what it leaves running in the background ends with it, and a port of its own is free again")
    func orphans() throws {
        let worker = try WorkerHarness()
        let script = """
            setsid sh -c 'echo $$ > pid; exec sleep 1000' > /dev/null 2>&1 < /dev/null &
            while [ ! -s pid ]; do :; done
            \(Self.good)
            """
        #expect(worker.outcome(try assignment(worker, script)) == .finished)
        let pid = try #require(worker.text("tree/pid").flatMap { Int32($0.dropLast()) })
        #expect(ProcessTable.startTime(pid) == nil)
    }

    /// An attempt whose client has begun its session, and does this with the second line it is told.
    private func begun(_ worker: WorkerHarness, then script: String) throws -> Assignment {
        let assignment = try assignment(
            worker,
            """
            read -r line
            echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
            read -r line
            echo "$line" > told
            \(script)
            """)
        worker.send(.assign(assignment))
        worker.wait { worker.reports.contains(.session("s-1")) }
        return assignment
    }

    @Test("a cancelled one is asked to leave off in its own words, and then ended")
    func cancelled() throws {
        let worker = try WorkerHarness()
        let assignment = try begun(
            worker,
            then: """
                trap 'echo term > ended; exit 1' TERM
                while :; do sleep 1; done
                """)
        worker.send(.cancel(assignment.lease, reason: "enough"))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished.first?.outcome == .cancelled)
        #expect(worker.text("tree/told")?.contains("interrupt") ?? false)
        #expect(worker.text("tree/ended") == "term\n")
    }

    @Test("what it is told while it works reaches it")
    func told() throws {
        let worker = try WorkerHarness()
        let assignment = try begun(worker, then: Self.good)
        worker.send(.tell(Lease(task: "api", attempt: 9), text: "not for you"))
        worker.send(.tell(assignment.lease, text: "also this"))
        worker.wait { !worker.finished.isEmpty }
        #expect(worker.finished.first?.outcome == .finished)
        #expect(worker.text("tree/told")?.contains("also this") ?? false)
        #expect(worker.log.isEmpty || !worker.log.contains("cannot be spoken to"))
    }

    @Test("files an agent wants from its client's side are those of its worktree and no others")
    func files() throws {
        let worker = try WorkerHarness()
        let script = """
            read -r line
            echo '{"jsonrpc":"2.0","id":1,"result":{}}'
            read -r line
            echo '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}'
            read -r line
            ln -s /etc link
            ask() { echo "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":7,\\"method\\":\\"fs/$1\\",\\"params\\":{\\"path\\":\\"$2\\",\\"content\\":\\"x\\"}}"; read -r line; echo "$line" >> answers; }
            ask write_text_file "$PWD/new/a.txt"
            ask read_text_file "$PWD/new/a.txt"
            ask read_text_file /etc/passwd
            ask read_text_file "$PWD/../prompt.md"
            ask read_text_file "$PWD/link/passwd"
            ask write_text_file "$PWD/.git/config"
            echo '{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}'
            """
        let acp = try assignment(worker, script) { $0.driver = "acp" }
        #expect(worker.outcome(acp) == .finished)
        let answers = (worker.text("tree/answers") ?? "").split(separator: "\n")
        #expect(answers.count == 6)
        #expect(answers.prefix(2).allSatisfy { $0.contains("result") })
        #expect(answers.dropFirst(2).allSatisfy { $0.contains("error") })
        #expect(worker.text("tree/new/a.txt") == "x")
    }

    @Test("a line of megabytes is read, and a last line without its end as well")
    func longLine() throws {
        let worker = try WorkerHarness()
        let script = """
            printf '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"'
            head -c 5000000 /dev/zero | tr '\\0' x
            printf '"}]}}\\n'
            printf '{"type":"result","subtype":"success","is_error":false}'
            """
        #expect(worker.outcome(try assignment(worker, script)) == .finished)
    }

    @Test("a link that an earlier attempt left in its folder leads nowhere else")
    func plantedLink() throws {
        let worker = try WorkerHarness()
        let home = worker.folder + "/home"
        try Files.makeFolder(home)
        try Files.makeFolder(worker.folder + "/outside")
        try Files.link(home + "/config", to: worker.folder + "/outside")
        #expect(worker.outcome(try assignment(worker, Self.good)) == .finished)
        #expect(Files.kind(home + "/config") == .folder)
    }
}
