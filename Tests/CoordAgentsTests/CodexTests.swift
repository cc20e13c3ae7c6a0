import CoordAgents
import CoordJSON
import CoordModel
import Testing

@Suite("Codex")
struct CodexTests {
    private static let opening = [
        #"{"id":1,"result":{"userAgent":"x"}}"#,
        #"{"id":2,"result":{"thread":{"id":"t-1"},"model":"m-1"}}"#,
        #"{"id":3,"result":{"turn":{"id":"u-1"}}}"#,
    ]

    private func open(_ request: AgentRequest = Replay.request("codex")) throws -> Replay {
        var replay = try #require(Replay(request))
        for line in Self.opening { replay.hear(line) }
        return replay
    }

    @Test("it is greeted, a thread is opened and a turn begun, in this order")
    func opening() throws {
        let replay = try open()
        #expect(
            replay.sent.map { $0["method"] } == [
                "initialize", "initialized", "thread/start", "turn/start",
            ])
        #expect(replay.sent[2]["params"]?["approvalPolicy"] == "never")
        #expect(replay.sent[3]["params"]?["threadId"] == "t-1")
        #expect(replay.sessions == ["t-1"])
    }

    @Test("a session is resumed by its name, and one that is gone is told as that")
    func resume() throws {
        var replay = try #require(Replay(Replay.request("codex", session: "t-0")))
        replay.hear(Self.opening[0])
        #expect(replay.sent.last?["method"] == "thread/resume")
        replay.hear(#"{"id":2,"error":{"code":-32600,"message":"no rollout found for thread id t-0"}}"#)
        replay.end()
        #expect(replay.failure?.kind == .session)
        #expect(replay.closes)
    }

    @Test("each call counts once, by the thread's total behind it, whoever tells it again")
    func usage() throws {
        var replay = try open()
        func update(_ total: Int, _ input: Int, _ cached: Int, _ output: Int) -> String {
            #"{"method":"thread/tokenUsage/updated","params":{"threadId":"t-1","tokenUsage":{"total":{"totalTokens":"#
                + "\(total)"
                + #"},"last":{"inputTokens":"#
                + "\(input)"
                + #","cachedInputTokens":"#
                + "\(cached)"
                + #","cacheWriteInputTokens":5,"outputTokens":"#
                + "\(output)"
                + #"}}}}"#
        }
        replay.hear(update(110, 100, 40, 10))
        replay.hear(update(110, 100, 40, 10))
        replay.hear(update(230, 110, 50, 10))
        #expect(
            replay.usage == ["m-1": TokenCounts(input: 110, output: 20, cacheRead: 90, cacheWrite: 10)])
    }

    @Test("it is steered and interrupted within its turn")
    func steering() throws {
        var replay = try open()
        let isHeard = replay.steer("also this")
        #expect(isHeard)
        #expect(replay.sent.last?["params"]?["expectedTurnId"] == "u-1")
        let isAsked = replay.interrupt()
        #expect(isAsked)
        #expect(replay.sent.last?["method"] == "turn/interrupt")
        replay.hear(
            #"{"method":"turn/completed","params":{"threadId":"t-1","turn":{"status":"interrupted"}}}"#)
        replay.end()
        #expect(replay.failure?.kind == .interrupted)
    }

    @Test(
        "typed errors are told apart",
        arguments: [
            (#""contextWindowExceeded""#, .context), (#""usageLimitExceeded""#, .billing),
            (#""rateLimitExceeded""#, .rateLimit), (#""serverOverloaded""#, .overload),
            (#""unauthorized""#, .authentication),
            (#"{"responseTooManyFailedAttempts":{"httpStatusCode":429}}"#, .rateLimit),
            (#"{"httpConnectionFailed":{"httpStatusCode":401}}"#, .authentication),
            (#""sandboxError""#, .setup),
            (#""other""#, .other), ("null", .other),
        ] as [(String, AgentFailure.Kind)])
    func failures(type: String, kind: AgentFailure.Kind) throws {
        var replay = try open()
        replay.hear(
            #"{"method":"turn/completed","params":{"threadId":"t-1","turn":{"status":"failed","error":{"message":"no","codexErrorInfo":"#
                + "\(type)"
                + #"}}}}"#
        )
        replay.end()
        #expect(replay.failure?.kind == kind)
    }

    @Test("a network that is not there ends it, though it would wait for ever")
    func network() throws {
        var replay = try open()
        for _ in 0..<10 {
            replay.hear(
                #"{"method":"error","params":{"willRetry":true,"error":{"message":"Reconnecting... waiting for network (Connection failed)","codexErrorInfo":"other"}}}"#
            )
        }
        #expect(replay.sent.last?["method"] == "turn/interrupt")
        replay.hear(
            #"{"method":"turn/completed","params":{"threadId":"t-1","turn":{"status":"interrupted"}}}"#)
        replay.end()
        #expect(replay.failure?.kind == .unreachable)
    }

    @Test("its questions are answered by the role's policy; unknown ones at once")
    func questions() throws {
        let request = Replay.request("codex", permissions: PermissionPolicy(tools: ["Read", "Bash"]))
        var replay = try open(request)
        #expect(replay.sent[2]["params"]?["approvalPolicy"] == "untrusted")
        replay.hear(#"{"id":0,"method":"item/commandExecution/requestApproval","params":{}}"#)
        #expect(replay.sent.last?["result"]?["decision"] == "accept")
        replay.hear(#"{"id":1,"method":"item/fileChange/requestApproval","params":{}}"#)
        #expect(replay.sent.last?["result"]?["decision"] == "decline")
        replay.hear(#"{"id":"x","method":"brand/new","params":{}}"#)
        #expect(replay.sent.last?["error"]?["code"] == -32601)
        #expect(replay.sent.last?["id"] == "x")
    }

    @Test("the gateway becomes a provider of its own, and the sandbox is ours")
    func commandLine() throws {
        let replay = try #require(
            Replay(
                Replay.request("codex") {
                    $0.gateway = GatewayEndpoint(openAI: "http://127.0.0.1:1/x\"/v1", key: "k")
                    $0.isConfined = true
                }))
        let settings = try #require(replay.command.files["codex/config.toml"])
        #expect(settings.contains(#"base_url="http://127.0.0.1:1/x\"/v1""#))
        #expect(replay.command.environment["CODEX_HOME"] == "/h/codex")
        #expect(replay.command.environment["OPENAI_API_KEY"] == "k")
    }

    @Test("with the user's own folder it is told by arguments, behind the subcommand that is to hear them")
    func ownFolder() throws {
        let replay = try #require(Replay(Replay.request("codex-exec", session: "t-1") { $0.home = nil }))
        guard case .file(_, let arguments) = replay.command.program else { return }
        #expect(arguments.prefix(5) == ["exec", "resume", "t-1", "-c", "analytics.enabled=false"])
        #expect(replay.command.files.isEmpty)
    }
}
