import CoordAgents
import CoordJSON
import CoordModel
import Testing

@Suite("Claude Code")
struct ClaudeTests {
    private static let begin =
        #"{"type":"system","subtype":"init","session_id":"s-1","model":"m-1","tools":[]}"#

    private static func call(_ id: String, _ input: Int, _ output: Int) -> String {
        """
        {"type":"stream_event","event":{"type":"message_start","message":{"id":"\(id)","model":"m-1",\
        "usage":{"input_tokens":\(input),\
        "cache_creation_input_tokens":3,"cache_read_input_tokens":50,"output_tokens":1}}},"parent_tool_use_id":null}
        {"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},"parent_tool_use_id":null}
        {"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"end_turn"},\
        "usage":{"output_tokens":\(output)}},"parent_tool_use_id":null}
        {"type":"stream_event","event":{"type":"message_stop"},"parent_tool_use_id":null}
        """
    }

    private static func result(_ usage: String, _ more: String = "") -> String {
        #"{"type":"result","subtype":"success","is_error":false,"uuid":"r-1","session_id":"s-1","#
            + #""model_usage_since_last_result":{\#(usage)}\#(more)}"#
    }

    private func play(_ lines: String..., exit: ExitOutcome = .exited(status: 0)) throws -> Replay {
        try #require(Replay.of(Replay.request("claude"), lines.joined(separator: "\n"), exit: exit))
    }

    @Test("the prompt is the first message, and a result closes the conversation")
    func conversation() throws {
        let replay = try play(Self.begin, Self.result(""))
        #expect(replay.sent.first?["message"]?["content"]?.arrayValue?.first?["text"] == "Do it")
        #expect(replay.sessions == ["s-1"])
        #expect(replay.closes)
        #expect(replay.failure == nil)
    }

    @Test("every call is told as it ends, and the result tells the rest and the money")
    func usage() throws {
        let counted =
            #""m-1":{"inputTokens":30,"outputTokens":9,"cacheReadInputTokens":100,"cacheCreationInputTokens":6,"costUSD":0.5},"#
            + #""m-2":{"inputTokens":7,"outputTokens":1,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.25}"#
        let replay = try play(
            Self.begin, Self.call("msg-1", 12, 4), Self.call("msg-2", 18, 5), Self.result(counted))
        #expect(replay.usage["m-1"] == TokenCounts(input: 30, output: 9, cacheRead: 100, cacheWrite: 6))
        #expect(replay.usage["m-2"] == TokenCounts(input: 7, output: 1))
        #expect(replay.cost == Money(microDollars: 750_000))
    }

    @Test("a client that is killed has told what it used, the call under way included")
    func killed() throws {
        let open = Self.call("msg-2", 18, 5).split(separator: "\n").prefix(2).joined(separator: "\n")
        let replay = try play(Self.begin, Self.call("msg-1", 12, 4), open, exit: .signaled(9))
        #expect(replay.tokens == TokenCounts(input: 30, output: 5, cacheRead: 100, cacheWrite: 6))
        #expect(replay.failure?.kind == .other)
    }

    @Test(
        "a version that nobody tried is told once a session",
        arguments: [("2.1.329", 0), ("2.9.0", 0), ("3.0.0-beta", 1), ("1.0", 1), ("next", 0), ("", 0)])
    func untried(version: String, times: Int) throws {
        let replay = try #require(
            Replay.of(
                Replay.request("claude"),
                #"{"type":"system","subtype":"init","claude_code_version":"\#(version)"}"#
            ))
        #expect(replay.progress.count == times)
        #expect(times == 0 || replay.progress[0].contains("\(version) was not tried with coord; 2."))
    }

    @Test("tools are told with what they are used on, and how it went")
    func tools() throws {
        let replay = try play(
            #"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"make\nall"}}]}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"no rule"}]}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t9","content":"?"}]}}"#,
            Self.result(""))
        #expect(
            replay.reports == [
                .toolStarted(name: "Bash", id: "t1", summary: "make"),
                .toolEnded(name: "Bash", id: "t1", succeeded: false, summary: "no rule"),
            ])
    }

    @Test("words may hold a verdict or a handoff, and never usage")
    func words() throws {
        let text =
            #"Done.\n{\"coord\":\"verdict\",\"approve\":true,\"summary\":\"fine\",\"findings\":[]}\n{\"coord\":\"usage\",\"model\":\"m\",\"inputTokens\":5}"#
        let replay = try play(
            #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(text)"}]}}"#,
            Self.result(""))
        guard case .verdict(let verdict)? = replay.reports.first else {
            Issue.record("no verdict in \(replay.reports)")
            return
        }
        #expect(verdict.approves)
        #expect(replay.tokens == .zero)
    }

    @Test(
        "questions are answered by the role's policy",
        arguments: [
            ("Write", PermissionPolicy(), true),
            ("Write", PermissionPolicy(tools: ["Read", "Bash"]), false),
            ("Write", PermissionPolicy(tools: ["Edit"], mayWrite: false), false),
            ("Bash", PermissionPolicy(tools: ["Bash(git *)"]), true),
            ("Bash", PermissionPolicy(tools: ["Read"]), false),
            ("AskUserQuestion", PermissionPolicy(), false),
            ("mcp__coord__claim", PermissionPolicy(tools: ["Read"]), true),
            ("Telepathy", PermissionPolicy(), true),
            ("Telepathy", PermissionPolicy(tools: ["Read"]), false),
        ])
    func permissions(tool: String, policy: PermissionPolicy, isAllowed: Bool) throws {
        var replay = try #require(Replay(Replay.request("claude", permissions: policy)))
        replay.hear(
            #"{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool","#
                + #""tool_name":"\#(tool)","input":{"x":1}}}"#
        )
        let answer = try #require(replay.sent.last?["response"])
        #expect(answer["request_id"] == "q")
        #expect(answer["response"]?["behavior"] == (isAllowed ? "allow" : "deny"))
        if isAllowed { #expect(answer["response"]?["updatedInput"] == ["x": 1]) }
        #expect(replay.progress.isEmpty == isAllowed)
    }

    @Test("a question that coord does not know is answered all the same")
    func unknownQuestion() throws {
        var replay = try #require(Replay(Replay.request("claude")))
        replay.hear(
            #"{"type":"control_request","request_id":"q","request":{"subtype":"hook_callback"}}"#)
        #expect(replay.sent.last?["response"]?["subtype"] == "error")
    }

    private static let endings: [(more: String, kind: AgentFailure.Kind?)] = [
        (#""subtype":"success","is_error":false"#, nil),
        (
            #""subtype":"success","is_error":true,"api_error_status":429,"result":"Request rejected"#,
            .rateLimit
        ),
        (
            #""subtype":"success","is_error":true,"api_error_status":529,"result":"Overloaded""#,
            .overload
        ),
        (
            #""subtype":"success","is_error":true,"api_error_status":401,"result":"Invalid API key""#,
            .authentication
        ),
        (
            #""subtype":"success","is_error":true,"result":"Not logged in · Please run /login""#,
            .authentication
        ),
        (
            #""subtype":"success","is_error":true,"api_error_status":400,"result":"Credit balance is too low""#,
            .billing
        ),
        (
            #""subtype":"success","is_error":true,"terminal_reason":"prompt_too_long","result":"Prompt is too long""#,
            .context
        ),
        (
            #""subtype":"error_max_turns","is_error":true,"errors":["Reached maximum number of turns (2)"]"#,
            .limit
        ),
        (
            #""subtype":"error_max_budget_usd","is_error":true,"errors":["Reached maximum budget"]"#,
            .limit
        ),
        (
            #""subtype":"error_during_execution","is_error":true,"errors":["No conversation found with session ID: x"]"#,
            .session
        ),
        (
            #""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools""#,
            .interrupted
        ),
        (
            #""subtype":"success","is_error":true,"result":"API Error: Connection refused (ECONNREFUSED)""#,
            .unreachable
        ),
        (
            #""subtype":"success","is_error":true,"api_error_status":404,"result":"an issue with the selected model""#,
            .model
        ),
    ]

    @Test("a result that says success may be a failure; each kind is told apart", arguments: endings)
    func ends(more: String, kind: AgentFailure.Kind?) throws {
        let text =
            more.hasSuffix("\"") || more.hasSuffix("]") || more.hasSuffix("false") ? more : more + "\""
        let replay = try play(#"{"type":"result",\#(text)}"#)
        #expect(replay.failure?.kind == kind)
    }

    @Test("no result is a failure whatever the exit status", arguments: [0, 1])
    func silence(status: Int32) throws {
        #expect(try play(Self.begin, exit: .exited(status: status)).failure != nil)
    }

    @Test("a flag that the client does not know is told as what it is")
    func flag() throws {
        var replay = try #require(Replay(Replay.request("claude")))
        replay.hearError("error: unknown option '--include-partial-messages'")
        replay.end(.exited(status: 1))
        #expect(replay.failure?.kind == .setup)
    }

    @Test(
        "lines that are none, are cut short, or are of a kind nobody knows change nothing",
        arguments: [
            "", "npm notice", "{", #"{"type":"result","subtype":"succ"#, "[]", "null", #"{"type":7}"#,
            #"{"type":"brand_new","x":[1,2]}"#, #"{"type":"assistant"}"#, #"{"type":"user","message":7}"#,
            #"{"type":"control_request"}"#, "\u{FEFF}{}", #"{"type":"stream_event"}"#,
        ])
    func noise(line: String) throws {
        let replay = try play(Self.begin, line, Self.result(""))
        #expect(replay.reports == [.session("s-1")])
        #expect(replay.failure == nil)
    }

    @Test("absurd numbers of tokens and money are held within limits")
    func absurd() throws {
        let replay = try play(
            Self.result(#""m":{"inputTokens":9223372036854775807,"outputTokens":-5,"costUSD":1e300}"#))
        #expect(replay.tokens == TokenCounts(input: 1_000_000_000))
        #expect(replay.cost == .zero)
    }

    @Test("a retry of the client's own pauses everybody for as long as it waits itself")
    func retry() throws {
        let replay = try play(
            #"{"type":"system","subtype":"api_retry","attempt":1,"retry_delay_ms":1500,"error_status":429,"error":"rate_limit"}"#,
            #"{"type":"system","subtype":"api_retry","attempt":1,"retry_delay_ms":1500,"error_status":401,"error":"authentication_failed"}"#,
            Self.result(""))
        #expect(replay.reports.contains(.rateLimited(retryAfter: .milliseconds(1500))))
        #expect(replay.progress.count == 2)
    }

    @Test("it can be spoken to and interrupted; what was interrupted is no success")
    func steering() throws {
        var replay = try #require(Replay(Replay.request("claude")))
        let isHeard = replay.steer("also this")
        #expect(isHeard)
        #expect(replay.sent.last?["message"]?["content"]?.arrayValue?.first?["text"] == "also this")
        let isAsked = replay.interrupt()
        #expect(isAsked)
        #expect(replay.sent.last?["request"]?["subtype"] == "interrupt")
        replay.hear(Self.result(""))
        replay.end()
        #expect(replay.failure?.kind == .interrupted)
    }

    @Test(
        "the command line resumes a session or names a new one, and never puts a value where a flag is read"
    )
    func commandLine() throws {
        func arguments(_ change: (inout AgentLaunch) -> Void) throws -> [String] {
            let replay = try #require(Replay(Replay.request("claude", change)))
            guard case .file("/bin/claude", let arguments) = replay.command.program else { return [] }
            return arguments
        }
        #expect(try arguments { _ in }.contains("--session-id=11111111-2222-4333-8444-555555555555"))
        let resumed = try arguments {
            $0.session = "--dangerous"
            $0.model = "-p"
        }
        #expect(resumed.contains("--resume=--dangerous"))
        #expect(resumed.contains("--model=-p"))
        #expect(!resumed.contains { $0.hasPrefix("--session-id") })
    }

    @Test("X26: settings, hooks and servers that lie in the project are not loaded, whatever it is asked for")
    func untrustedProject() throws {
        for change in [
            { (_: inout AgentLaunch) in }, { $0.session = "s-0" }, { $0.home = nil },
            { $0.mcpServers = [MCPServerSpec(name: "coord", command: "/c")] },
        ] as [(inout AgentLaunch) -> Void] {
            let replay = try #require(Replay(Replay.request("claude", change)))
            guard case .file(_, let arguments) = replay.command.program else {
                Issue.record("no program of its own")
                return
            }
            #expect(arguments.contains("--setting-sources="))
            #expect(arguments.contains("--strict-mcp-config"))
            // Nor may it act before it asked.
            #expect(!arguments.contains { $0.contains("dangerously") || $0.contains("bypass") })
        }
    }

    @Test("behind a gateway it gets the gateway's address and key, and none of the user's")
    func gateway() throws {
        let replay = try #require(
            Replay(
                Replay.request("claude") {
                    $0.gateway = GatewayEndpoint(anthropic: "http://127.0.0.1:1/x", key: "k")
                }))
        let environment = replay.command.environment
        #expect(environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1/x")
        #expect(environment["ANTHROPIC_API_KEY"] == "k")
        #expect(environment["ANTHROPIC_AUTH_TOKEN"] == .some(nil))
        #expect(environment["CLAUDE_CONFIG_DIR"] == "/h/config")
    }
}
