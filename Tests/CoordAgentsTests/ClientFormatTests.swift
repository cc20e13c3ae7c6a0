import CoordAgents
import CoordModel
import CoordWire
import Testing

/// The formats of the clients in short lines of our own, so that every driver is tested where no output of a
/// real client lies.
@Suite("Formats of clients")
struct ClientFormatTests {
    struct Run: Sendable, CustomTestStringConvertible {
        var driver: String
        var lines: String
        var files: [String: String] = [:]
        var exit: Int32 = 0
        var tools: [String] = []
        var tokens = TokenCounts.zero
        var session: String?
        var failure: AgentFailure.Kind?
        var testDescription: String { "\(driver): \(failure?.rawValue ?? "well")" }

        func played(_ lines: [Substring]) -> Replay? {
            guard var replay = Replay(Replay.request(driver)) else { return nil }
            for line in lines { replay.hear(line) }
            replay.end(.exited(status: exit), files: files)
            return replay
        }
    }

    private static let claude = Run(
        driver: "claude",
        lines: """
            {"type":"system","subtype":"init","session_id":"s-1","model":"m","tools":["Bash"],"cwd":"/w"}
            {"type":"stream_event","event":{"type":"message_start","message":{"id":"c1","model":"m","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}},"parent_tool_use_id":null}
            {"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I"}}}
            {"type":"assistant","message":{"id":"c1","content":[{"type":"text","text":"I look"},{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}]}}
            {"type":"stream_event","event":{"type":"message_delta","usage":{"output_tokens":7}},"parent_tool_use_id":null}
            {"type":"stream_event","event":{"type":"message_stop"},"parent_tool_use_id":null}
            {"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"a b","is_error":false}]},"tool_use_result":{"stdout":"a b"}}
            {"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s-1","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}
            """,
        tools: ["Bash started", "Bash ok"], tokens: TokenCounts(input: 10, output: 7, cacheRead: 5),
        session: "s-1")

    private static let codex = Run(
        driver: "codex",
        lines: """
            {"id":1,"result":{"userAgent":"codex"}}
            {"id":2,"result":{"thread":{"id":"t-1"},"model":"m"}}
            {"id":3,"result":{"turn":{"id":"u-1"}}}
            {"method":"item/started","params":{"threadId":"t-1","item":{"type":"commandExecution","id":"i1","command":"ls","status":"inProgress"}}}
            {"method":"item/completed","params":{"threadId":"t-1","item":{"type":"commandExecution","id":"i1","command":"ls","status":"completed","exitCode":0,"aggregatedOutput":"a"}}}
            {"method":"item/agentMessage/delta","params":{"delta":"do"}}
            {"method":"thread/tokenUsage/updated","params":{"threadId":"t-1","tokenUsage":{"total":{"totalTokens":17},"last":{"inputTokens":12,"cachedInputTokens":2,"outputTokens":5}}}}
            {"method":"turn/completed","params":{"threadId":"t-1","turn":{"id":"u-1","status":"completed"}}}
            """,
        tools: ["shell started", "shell ok"], tokens: TokenCounts(input: 10, output: 5, cacheRead: 2),
        session: "t-1")

    private static let codexExec = Run(
        driver: "codex-exec",
        lines: """
            {"type":"thread.started","thread_id":"t-1"}
            {"type":"turn.started"}
            {"type":"item.started","item":{"id":"i1","type":"command_execution","command":"ls","aggregated_output":"","exit_code":null,"status":"in_progress"}}
            {"type":"item.completed","item":{"id":"i1","type":"command_execution","command":"ls","aggregated_output":"a","exit_code":1,"status":"failed"}}
            {"type":"item.completed","item":{"id":"i2","type":"agent_message","text":"Done."}}
            {"type":"turn.completed","usage":{"input_tokens":12,"cached_input_tokens":2,"output_tokens":5}}
            """,
        tools: ["shell started", "shell failed"], tokens: TokenCounts(input: 10, output: 5, cacheRead: 2),
        session: "t-1")

    private static let vibe = Run(
        driver: "vibe",
        lines: """
            {"type":"message","role":"assistant","sessionId":"s-1","content":[{"type":"text","text":"I look"}]}
            {"type":"effect","id":"e1","title":"read","sessionId":"s-1","detail":{"toolName":"read","display":{"summary":"a.txt"}},"state":{"status":"completed"}}
            {"type":"effect","id":"e2","title":"bash","sessionId":"s-1","state":{"status":"failed"}}
            """,
        files: [
            "export":
                #"{"outcome":"finished","started_at":"2026-01-01","cost_usd":0.01,"usage":{"input_tokens":12,"cached_input_tokens":2,"output_tokens":5}}"#
        ],
        tools: ["read started", "read ok", "bash started", "bash failed"],
        tokens: TokenCounts(input: 10, output: 5, cacheRead: 2), session: "s-1")

    private static let kimi = Run(
        driver: "kimi",
        lines: """
            {"role":"assistant","content":[{"type":"think","think":"mm"},{"type":"text","text":"I write"}],"tool_calls":[{"type":"function","id":"t1","function":{"name":"WriteFile","arguments":"{\\"path\\":\\"a.txt\\"}"}}]}
            {"role":"tool","tool_call_id":"t1","content":"written"}
            {"role":"meta","type":"session.resume_hint","session_id":"11111111-2222-4333-8444-555555555555"}
            """,
        files: [
            "wire": """
            {"type":"metadata","protocol_version":"1"}
            {"timestamp":1,"message":{"type":"StatusUpdate","payload":{"message_id":"m1","token_usage":{"input_other":10,"output":5,"input_cache_read":2,"input_cache_creation":1}}}}
            {"timestamp":2,"message":{"type":"StatusUpdate","payload":{"message_id":"m1","token_usage":{"input_other":10,"output":5,"input_cache_read":2,"input_cache_creation":1}}}}
            {"timestamp":3,"message":{"type":"StatusUpd
            """
        ],
        tools: ["WriteFile started", "WriteFile ok"],
        tokens: TokenCounts(input: 10, output: 5, cacheRead: 2, cacheWrite: 1),
        session: "11111111-2222-4333-8444-555555555555")

    private static let aider = Run(
        driver: "aider",
        lines: """
            Aider v0.86
            Applied edit to a.txt
            Tokens: 1.2k sent, 40 received.
            """,
        files: [
            "analytics": """
            {"event":"launched","properties":{},"time":1}
            {"event":"message_send","properties":{"prompt_tokens":10,"completion_tokens":5,"cost":0.1},"time":2}
            """
        ],
        tools: ["edit started", "edit ok"], tokens: TokenCounts(input: 10, output: 5), session: "chat-history"
    )

    private static let mini = Run(
        driver: "mini-swe-agent", lines: "step 1\nstep 2",
        files: [
            "trajectory":
                #"{"info":{"exit_status":"Submitted"},"messages":[{"role":"system","content":"x"},{"role":"assistant","content":"I look","extra":{"actions":[{"command":"ls","tool_call_id":"t1"}],"cost":0.1,"response":{"id":"r1","model":"m","usage":{"prompt_tokens":12,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2}}}}},{"role":"exit","content":"done"}]}"#
        ],
        tools: ["bash started", "bash ok"], tokens: TokenCounts(input: 10, output: 5, cacheRead: 2))

    private static let well = [claude, codex, codexExec, vibe, kimi, aider, mini]

    @Test("a run that goes well is told as it went", arguments: well)
    func goesWell(_ run: Run) throws {
        let replay = try #require(run.played(run.lines.split(separator: "\n")))
        #expect(replay.failure == nil)
        #expect(replay.tools == run.tools)
        #expect(replay.tokens == run.tokens)
        #expect(replay.sessions.last == run.session)
    }

    @Test("what is of a kind nobody knows, or cut, changes nothing", arguments: well.prefix(5))
    func unknownLines(_ run: Run) throws {
        let odd: [Substring] = [
            #"{"type":"new_kind","x":[1,{"usage":{"input_tokens":9}}]}"#,
            #"{"method":"item/new","params":[]}"#,
            "[1,2]", "null", "7", #"{"type":"result"#, "Warning: something", "{}",
        ]
        let lines = run.lines.split(separator: "\n").flatMap { odd + [$0] }
        let replay = try #require(run.played(lines))
        #expect(replay.tools == run.tools && replay.tokens == run.tokens)
        #expect(replay.sessions.last == run.session)
    }

    @Test("a run cut after any line tells no more than the whole", arguments: well)
    func cut(_ run: Run) throws {
        let lines = run.lines.split(separator: "\n")
        for count in lines.indices {
            var part = run
            // What a client leaves at its end is not there.
            (part.files, part.exit) = ([:], 1)
            let replay = try #require(part.played(Array(lines[..<count])))
            #expect(replay.tokens.total <= run.tokens.total)
            #expect(run.tools.starts(with: replay.tools))
            #expect(replay.failure != nil, "\(count) lines")
        }
    }

    private static let badly = [
        Run(
            driver: "codex-exec",
            lines:
                #"{"type":"turn.failed","error":{"message":"exceeded retry limit, last status: 429 Too Many Requests"}}"#,
            exit: 1, failure: .rateLimit),
        Run(
            driver: "codex-exec", lines: #"{"type":"thread.started","thread_id":"t-1"}"#,
            files: [
                "rollout": """
                {"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":9,"output_tokens":1}}}}
                {"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":12,"cached_input_tokens":2,"output_tokens":5}}}}
                {"type":"event_msg","payl
                """
            ], exit: 1, tokens: TokenCounts(input: 10, output: 5, cacheRead: 2), session: "t-1",
            failure: .other),
        Run(
            driver: "vibe", lines: "",
            files: [
                "export": #"{"outcome":"infrastructure_failure","error":{"code":"rate_limit","message":"x"}}"#
            ],
            exit: 2, failure: .rateLimit),
        Run(
            driver: "vibe", lines: "",
            files: [
                "export": #"{"outcome":"config_error","error":{"code":"invalid_api_key","message":"x"}}"#
            ],
            exit: 1, failure: .authentication),
        Run(
            driver: "vibe", lines: "", files: ["export": #"{"outcome":"turn_limit"}"#], exit: 3,
            failure: .limit),
        Run(driver: "kimi", lines: "Error code: 429 - slow down", exit: 75, failure: .rateLimit),
        Run(driver: "kimi", lines: "Error code: 401 - invalid api key", exit: 1, failure: .authentication),
        Run(driver: "kimi", lines: "Max number of steps reached: 3", exit: 1, failure: .limit),
        Run(driver: "aider", lines: "litellm.AuthenticationError: wrong key", failure: .authentication),
        Run(
            driver: "aider", lines: "litellm.ContextWindowExceededError: maximum context length is 9",
            failure: .context),
        Run(
            driver: "mini-swe-agent", lines: "",
            files: ["trajectory": #"{"info":{"exit_status":"RateLimitError"},"messages":[]}"#],
            failure: .rateLimit),
        Run(
            driver: "mini-swe-agent", lines: "",
            files: ["trajectory": #"{"info":{"exit_status":"LimitsExceeded"},"messages":[]}"#],
            failure: .limit),
        Run(driver: "mini-swe-agent", lines: "", files: ["trajectory": "{"], exit: 1, failure: .other),
    ]

    @Test("a run that fails is told as what it is, whatever its exit status", arguments: badly)
    func goesBadly(_ run: Run) throws {
        let replay = try #require(run.played(run.lines.split(separator: "\n")))
        #expect(replay.failure?.kind == run.failure, "\(replay.failure as Any)")
        #expect(replay.tokens == run.tokens)
    }
}
