import CoordJSON
import CoordModel
import CoordWire
import Testing

private let run: RunID = "r1"
private let lease = Lease(task: "api", attempt: 3)
private let spec = TaskSpec(
    id: "follow-up", title: "More", prompt: "do \"it\"\n", role: "tester", category: "tests",
    dependencies: ["api"], priority: -5, files: ["a/**"], checks: ["make t"])

@Suite("The pipe between coordinator and worker")
struct WorkerPipeTests {
    private static let workerMessages: [WorkerMessage] = [
        .hello(protocol: 1, pid: 4711, build: "0.1 (abc)", worker: "backend-1"), .heartbeat(nil),
        .heartbeat(lease), .heartbeat(lease, hasProgress: false),
        .report(lease, .progress("half \u{1F600} \u{2028}")),
        .report(
            lease,
            .usage(
                Usage(
                    id: "call-1", model: "m",
                    tokens: TokenCounts(input: 1, output: 2, cacheRead: 3, cacheWrite: 1_000_000_000),
                    cost: Money(microDollars: 12)))),
        .report(lease, .usage(Usage(model: "", tokens: .zero))),
        .report(lease, .toolStarted(name: "bash", id: "1", summary: "ls")),
        .report(lease, .toolEnded(name: "bash", id: "1", succeeded: false, summary: "")),
        .report(lease, .handoff(Handoff(summary: "s", remaining: ["a", "b"]))),
        .report(lease, .handoff(Handoff(summary: "s", decisions: ["d"], remaining: [], pitfalls: ["p"]))),
        .report(lease, .handoff(Handoff(summary: "s", remaining: []))), .report(lease, .proposedTask(spec)),
        .report(lease, .proposedTask(TaskSpec(id: "x"))),
        .report(lease, .rateLimited(retryAfter: .milliseconds(1500))),
        .report(lease, .rateLimited(retryAfter: nil)), .finished(lease, .finished, tail: "bye\n"),
        .finished(lease, .failed(reason: "exit status 1"), tail: ""),
        .finished(lease, .timedOut(after: .seconds(1200)), tail: ""), .finished(lease, .cancelled, tail: ""),
        .finished(lease, .workerLost(reason: "signal 9"), tail: ""), .finished(lease, .interrupted, tail: ""),
        .finished(lease, .notBegun, tail: ""), .report(lease, .session("01a1-\u{1F600}")),
        .finished(lease, .agentFailed(AgentFailure(.billing, "no credit")), tail: "x"),
        .finished(
            lease, .agentFailed(AgentFailure(.rateLimit, "", retryAfter: .milliseconds(1500))), tail: ""),
    ]
    private static let calls: [AgentCall] = [
        .readTask, .listTasks, .readInbox, .addTasks([spec, TaskSpec(id: "x", prompt: "y")]),
        .splitTask([spec]), .ask(to: nil, text: "Which \"one\"?", choices: []),
        .ask(to: "qa-1", text: "Why?", choices: ["a", "b"]), .awaitAnswer(question: "q1"),
        .answer(question: "q1", text: "so\n"), .claimFiles(["src/**"]), .releaseFiles([]),
        .writeNote(key: "port", text: ""), .readNotes(key: nil), .readNotes(key: "port"),
        .refused(tool: "ask", reason: "wrong token"),
    ]

    @Test("every call of an agent goes out and comes back", arguments: calls)
    func call(call: AgentCall) throws {
        let message = WorkerMessage.call(lease, number: 7, call)
        let read = try #require(try WorkerMessage.decode(message.encoded(run: run)[...]))
        #expect(read.message == message)
        #expect(read.run == run)
    }

    @Test("a call with arguments that are none is no message")
    func badCall() {
        let line = Array(
            #"{"jsonrpc":"2.0","method":"call","params":{"run":"r","task":"a","attempt":1,"call":1,"#.utf8)
        for rest in [
            #""tool":"ask","arguments":{}}}"#, #""tool":"shell","arguments":{"command":"ls"}}}"#,
            #""tool":"read_task","arguments":{"path":"/etc/passwd"}}}"#,
            #""tool":"write_note","arguments":{"key":"../x","text":"y"}}}"#,
        ] {
            #expect(throws: WireError.self) { try WorkerMessage.decode((line + Array(rest.utf8))[...]) }
        }
    }

    @Test("every message of a worker goes out and comes back, with its run", arguments: workerMessages)
    func fromWorker(message: WorkerMessage) throws {
        let line = message.encoded(run: run)
        #expect(!line.contains(0x0A))
        let read = try #require(try WorkerMessage.decode(line[...]))
        #expect(read.message == message)
        switch message {
        case .hello, .heartbeat(nil, _): #expect(read.run == nil)
        default: #expect(read.run == run)
        }
    }

    private static let launch = AgentLaunch(
        driver: "claude", program: "/bin/claude", model: "m", contextWindow: 200_000, session: "s",
        newSession: "n",
        counted: TokenCounts(input: 1, output: 2, cacheRead: 3, cacheWrite: 4), systemPrompt: "Be \"kind\"\n",
        permissions: PermissionPolicy(tools: ["Read", "Bash(git *)"], mayWrite: false),
        mcpServers: [
            MCPServerSpec(
                name: "coord", command: "/c", arguments: ["mcp"], environment: ["K": "V", "A": ""]),
            MCPServerSpec(name: "other", command: "/o"),
        ],
        gateway: GatewayEndpoint(
            anthropic: "http://127.0.0.1:1/a", openAI: "http://127.0.0.1:1/v1", key: "k"),
        home: "/h", memory: "/m", isConfined: true)

    private static let coordinatorMessages: [CoordinatorMessage] = [
        .assign(Assignment(run: run, lease: lease, worktree: "/w", work: .agent(launch))),
        .assign(
            Assignment(
                run: run, lease: lease, worktree: "/w",
                work: .agent(AgentLaunch(driver: "codex", program: "/c")))),
        .shutdown, .cancel(lease, reason: "budget"), .withdraw(lease), .tell(lease, text: "also\nthis"),
        .notice(lease, text: "line\nfeed \"quoted\" ü"),
        .answer(lease, call: 7, CallAnswer("done\n")), .answer(lease, call: 0, .refused("no")),
        .answer(lease, call: 1, CallAnswer("asked", question: "q3")),
        .assign(Assignment(run: run, lease: lease, worktree: "/w", work: .none)),
        .assign(
            Assignment(
                run: run, lease: lease, role: "backend-dev", worktree: "/w t",
                base: ObjectID(String(repeating: "a", count: 40)),
                work: .command("make \"x\" && true"), promptFile: "/p", handoffIn: "/i", handoffOut: "/o",
                notes: "/n",
                transcript: "/t", environment: ["PATH": "/bin", "A": "ü=\n", "EMPTY": ""],
                timeout: .seconds(600), checks: ["a", "b"])),
        .assign(
            Assignment(
                run: run, lease: lease, worktree: "/w", work: .rehearsal(folder: "/r", part: "api"))),
    ]

    @Test("every message of the coordinator goes out and comes back", arguments: coordinatorMessages)
    func fromCoordinator(message: CoordinatorMessage) throws {
        let line = message.encoded(run: run)
        #expect(!line.contains(0x0A))
        let read = try #require(try CoordinatorMessage.decode(line[...]))
        #expect(read.message == message)
        #expect(read.run == (message == .shutdown ? nil : run))
    }

    @Test("on the wire a heartbeat is one short line")
    func shape() {
        #expect(
            String(decoding: WorkerMessage.heartbeat(lease).encoded(run: run), as: UTF8.self)
                == #"{"jsonrpc":"2.0","method":"heartbeat","params":{"run":"r1","task":"api","attempt":3}}"#)
    }

    @Test("methods and members of later versions are no error")
    func unknown() throws {
        let method = Array(#"{"jsonrpc":"2.0","method":"sing","params":{}}"#.utf8)
        #expect(try WorkerMessage.decode(method[...]) == nil)
        #expect(try CoordinatorMessage.decode(method[...]) == nil)
        let member = Array(
            #"{"jsonrpc":"2.0","method":"cancel","params":{"run":"r1","task":"api","attempt":3,"mood":[1]}}"#
                .utf8)
        #expect(try CoordinatorMessage.decode(member[...])?.message == .cancel(lease, reason: ""))
    }

    @Test(
        "what a message lacks or has wrong is named",
        arguments: [
            (#"hello","params":{"protocol":1,"pid":1,"build":""}"#, "`hello` lacks `worker`"),
            (
                #"hello","params":{"protocol":1,"pid":0,"build":"","worker":"w"}"#,
                "`pid` of `hello` is not a whole number from 1 to 2147483647"
            ),
            (
                #"hello","params":{"protocol":1,"pid":1,"build":"","worker":"../w"}"#,
                "`worker` of `hello` is not a valid name"
            ),
            (#"heartbeat","params":{"run":"r","task":"t"}"#, "`heartbeat` lacks `attempt`"),
            (#"heartbeat","params":{"run":"r","task":"t","attempt":"1"}"#, "`attempt` of `heartbeat` is not"),
            (#"heartbeat","params":[]"#, "`params` is not an object"),
            (#"progress","params":{"run":"r","task":"t","attempt":1}"#, "`progress` lacks `text`"),
            (#"progress","params":{"task":"t","attempt":1,"text":""}"#, "`progress` lacks `run`"),
            (
                #"usage","params":{"run":"r","task":"t","attempt":1,"model":"m","inputTokens":-1}"#,
                "`inputTokens` of `usage` is not"
            ),
            (
                #"finished","params":{"run":"r","task":"t","attempt":1,"outcome":"well"}"#,
                "`outcome` of `finished` is not an outcome"
            ),
            (#"finished","id":1,"params":{}"#, "only notifications are spoken here"),
        ])
    func malformed(rest: String, reason: String) {
        let line = Array((#"{"jsonrpc":"2.0","method":""# + rest + "}").utf8)
        do throws(WireError) {
            let message = try WorkerMessage.decode(line[...])
            Issue.record("\(String(describing: message)) was read")
        } catch {
            #expect(error.description.contains(reason))
        }
    }

    @Test(
        "an assignment with a relative path, an odd environment or unknown work is refused",
        arguments: [
            #""worktree":"w","work":{"kind":"none"}"#, #""worktree":"/w","work":{"kind":"dance"}"#,
            #""worktree":"/w""#, #""worktree":"/w","work":{"kind":"none"},"environment":{"A=B":"c"}"#,
            #""worktree":"/w","work":{"kind":"none"},"environment":{"A":"\u0000"}"#,
            #""worktree":"/w","work":{"kind":"none"},"environment":{"A":1}"#,
            #""worktree":"/w","work":{"kind":"none"},"base":"HEAD""#,
            #""worktree":"/w","work":{"kind":"rehearsal","folder":"r","part":"p"}"#,
        ])
    func badAssignment(rest: String) {
        let params = #"{"run":"r","task":"t","attempt":1,"# + rest + "}"
        let line = Array((#"{"jsonrpc":"2.0","method":"assign","params":"# + params + "}").utf8)
        #expect(throws: WireError.self) { try CoordinatorMessage.decode(line[...]) }
    }

    @Test("bytes from anywhere never stop the reader")
    func noise() {
        var generator = SystemRandomNumberGenerator()
        let lines =
            Self.workerMessages.map { $0.encoded(run: run) }
            + Self.coordinatorMessages.map { $0.encoded(run: run) }
        var refused = 0
        for _ in 0..<5000 {
            var line = lines.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !line.isEmpty {
                let index = Int.random(in: line.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[index] = .random(in: 0...255, using: &generator)
                case 1: line.remove(at: index)
                default: line.insert(contentsOf: line[..<index], at: index)
                }
            }
            do throws(WireError) {
                _ = try WorkerMessage.decode(line[...])
                _ = try CoordinatorMessage.decode(line[...])
                _ = AgentEventParser.parse(line[...])
            } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
