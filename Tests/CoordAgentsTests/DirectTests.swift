import CoordAgents
import CoordJSON
import CoordModel
import CoordWire
import Testing

/// Streams as the providers' documents show them, carried line by line.
@Suite("The direct agent")
struct DirectTests {
    private static let tool = AgentTool(
        name: "list_tasks", description: "Every task.",
        schema: ["type": "object", "properties": ["all": ["type": "boolean"]]])

    private func start(_ model: String, session: String? = nil, kept: [UInt8]? = nil) throws -> Replay {
        var request = Replay.request("api", session: session) {
            ($0.model, $0.systemPrompt) = (model, "You are one of a team.")
            ($0.gateway, $0.memory) = (GatewayEndpoint(key: "stand-in"), "/m")
        }
        request.kept = kept
        request.environment["COORD_GATEWAY_URL"] = "http://127.0.0.1:1/w/s"
        request.tools = [Self.tool]
        return try #require(Replay(request))
    }

    private func hear(_ replay: inout Replay, status: Int = 200, _ lines: String, ends: Bool = true) {
        replay.hear("{\"status\":\(status)}")
        for line in lines.split(separator: "\n") {
            replay.hear(JSONValue.object(JSONObject([("line", .string(String(line)))])).text)
        }
        if ends { replay.hear(#"{"end":true}"#) }
    }

    private func uses(_ replay: Replay) -> [String] {
        replay.actions.compactMap {
            guard case .use(_, let tool, let arguments) = $0 else { return nil }
            return tool + " " + JSONValue.object(arguments).text
        }
    }

    // MARK: The four APIs

    private static let messages = """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","model":"claude-x","usage":{"input_tokens":25,"cache_read_input_tokens":100,"cache_creation_input_tokens":7,"output_tokens":1}}}
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
        event: ping
        data: {"type": "ping"}
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look"}}
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" first."}}
        data: {"type":"content_block_stop","index":0}
        data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"list_tasks","input":{}}}
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"all\\""}}
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":": true}"}}
        data: {"type":"content_block_stop","index":1}
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":89}}
        data: {"type":"message_stop"}
        """
    private static let messagesEnd = """
        data: {"type":"message_start","message":{"id":"msg_2","model":"claude-x","usage":{"input_tokens":5,"output_tokens":1}}}
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Done."}}
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}
        data: {"type":"message_stop"}
        """
    private static let chat = """
        data: {"id":"c1","model":"gpt-x","choices":[{"index":0,"delta":{"role":"assistant","content":"I look first."}}]}
        data: {"id":"c1","model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"list_tasks","arguments":""}}]}}]}
        data: {"id":"c1","model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"all\\":"}}]}}]}
        data: {"id":"c1","model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" true}"}}]}}]}
        data: {"id":"c1","model":"gpt-x","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
        data: {"id":"c1","model":"gpt-x","choices":[],"usage":{"prompt_tokens":125,"completion_tokens":89,"prompt_tokens_details":{"cached_tokens":100}}}
        data: [DONE]
        """
    private static let chatEnd = """
        data: {"id":"c2","model":"gpt-x","choices":[{"index":0,"delta":{"content":"Done."},"finish_reason":"stop"}]}
        data: {"id":"c2","model":"gpt-x","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3}}
        data: [DONE]
        """
    private static let responses = """
        event: response.created
        data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-x","status":"in_progress","usage":null,"error":null}}
        data: {"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}
        data: {"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"mm"}
        data: {"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","content":[]}}
        data: {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"I look"}
        data: {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":" first."}
        data: {"type":"response.output_text.done","output_index":1,"content_index":0,"text":"I look first."}
        data: {"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"list_tasks","arguments":""}}
        data: {"type":"response.function_call_arguments.delta","output_index":2,"item_id":"fc_1","delta":"{\\"all\\":"}
        data: {"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"list_tasks","arguments":"{\\"all\\": true}"}}
        event: response.completed
        data: {"type":"response.completed","response":{"id":"resp_1","model":"gpt-x","status":"completed","error":null,"incomplete_details":null,"usage":{"input_tokens":132,"input_tokens_details":{"cached_tokens":100,"cache_write_tokens":7},"output_tokens":89}}}
        """
    private static let responsesEnd = """
        data: {"type":"response.output_text.delta","output_index":0,"delta":"Done."}
        data: {"type":"response.completed","response":{"id":"resp_2","model":"gpt-x","status":"completed","usage":{"input_tokens":5,"output_tokens":3}}}
        """
    private static let gemini = """
        data: {"candidates":[{"content":{"role":"model","parts":[{"text":"mm","thought":true},{"text":"I look first."}]}}],"responseId":"g1","modelVersion":"gem-x"}
        data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"list_tasks","args":{"all":true}},"thoughtSignature":"sig=="}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":125,"candidatesTokenCount":80,"thoughtsTokenCount":9,"cachedContentTokenCount":100},"responseId":"g1","modelVersion":"gem-x"}
        """
    private static let geminiEnd = """
        data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Done."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3},"responseId":"g2","modelVersion":"gem-x"}
        """

    struct Dialect: Sendable, CustomTestStringConvertible {
        var name: String, path: String, first: String, last: String, written: Int64
        /// What must stand in the second request.
        var again: [String]
        var testDescription: String { name }
    }

    private static let dialects = [
        Dialect(
            name: "anthropic/claude-x", path: "/anthropic/v1/messages", first: messages, last: messagesEnd,
            written: 7,
            again: [
                #"{"type":"tool_use","id":"toolu_1","name":"list_tasks","input":{"all":true}}"#,
                #""tool_use_id":"toolu_1","content":"two tasks","is_error":false"#,
                #""input_schema":{"type""#,
            ]),
        Dialect(
            name: "openai/gpt-x", path: "/openai/v1/responses", first: responses, last: responsesEnd,
            written: 7,
            again: [
                #"{"type":"function_call","call_id":"call_1","name":"list_tasks","arguments":"{\"all\":true}"}"#,
                #"{"type":"function_call_output","call_id":"call_1","output":"two tasks"}"#,
                #""content":[{"type":"output_text","text":"I look first."}]"#, #""store":false"#,
                #""type":"function","name":"list_tasks""#,
            ]),
        Dialect(
            name: "local/gpt-x", path: "/local/v1/chat/completions", first: chat, last: chatEnd, written: 0,
            again: [
                #""tool_calls":[{"id":"call_1","type":"function","function":{"name":"list_tasks","arguments":"{\"all\":true}"}}]"#,
                #"{"role":"tool","tool_call_id":"call_1","content":"two tasks"}"#,
                #""stream_options":{"include_usage":true}"#,
            ]),
        Dialect(
            name: "gemini/gem-x", path: "/gemini/v1beta/models/gem-x:streamGenerateContent?alt=sse",
            first: gemini, last: geminiEnd, written: 0,
            again: [
                #"{"functionCall":{"name":"list_tasks","args":{"all":true}},"thoughtSignature":"sig=="}"#,
                #""functionResponse":{"name":"list_tasks","response":{"output":"two tasks"}}"#,
            ]),
    ]

    @Test("asks, uses its tools, asks again with what came of them, and ends", arguments: dialects)
    func converses(_ dialect: Dialect) throws {
        var replay = try start(dialect.name)
        #expect(replay.command.program == .file("/bin/api", arguments: ["--carry"]))
        #expect(replay.sent.first?["post"]?.stringValue == "http://127.0.0.1:1/w/s" + dialect.path)
        hear(&replay, dialect.first)
        #expect(uses(replay) == [#"list_tasks {"all":true}"#])
        #expect(replay.sent.count == 1)
        replay.used(.number(0), "two tasks", isError: false)
        try #require(replay.sent.count == 2)
        let again = try #require(replay.sent[1]["body"]?.text)
        for words in dialect.again + ["You are one of a team.", "Do it"] {
            #expect(again.contains(words), "\(words) in \(again)")
        }
        #expect(!replay.closes)
        hear(&replay, dialect.last)
        #expect(replay.closes)
        replay.end()
        #expect(replay.failure == nil)
        #expect(
            replay.tokens
                == TokenCounts(input: 30, output: 92, cacheRead: 100, cacheWrite: dialect.written))
        #expect(replay.tools == ["list_tasks started", "list_tasks ok"])
        #expect(replay.actions.contains(.say("I look first.")) && replay.actions.contains(.say("Done.")))
    }

    // MARK: How it fails

    private static let failures: [(status: Int, lines: String, kind: AgentFailure.Kind)] = [
        (
            401, #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            .authentication
        ),
        (
            429, #"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
            .rateLimit
        ),
        (402, #"{"error":{"message":"the budget of the run is used up"}}"#, .billing),
        (
            400, #"{"type":"error","error":{"message":"prompt is too long: 210000 tokens > 200000"}}"#,
            .context
        ),
        (404, #"{"error":{"message":"The model `gpt-9` does not exist","code":"model_not_found"}}"#, .model),
        (529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, .overload),
        (
            400, #"[{"error":{"code":400,"message":"API key not valid","status":"UNAUTHENTICATED"}}]"#,
            .authentication
        ),
        (
            200, #"data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            .overload
        ),
        (200, #"data: {"type":"message_start","message":{"usage":{"input_tokens":9}}}"#, .unreachable),
        (200, #"data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{}}"#, .limit),
        (200, #"data: {"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{}}"#, .other),
        (200, "", .unreachable),
    ]

    @Test("what the provider says instead of an answer is told as what it is", arguments: failures.indices)
    func fails(_ row: Int) throws {
        let (status, lines, kind) = Self.failures[row]
        var replay = try start("anthropic/claude-x")
        hear(&replay, status: status, lines)
        #expect(replay.closes && replay.sent.count == 1)
        replay.end()
        #expect(replay.failure?.kind == kind, "\(lines): \(String(describing: replay.failure))")
    }

    private static let responsesFailures: [(lines: String, kind: AgentFailure.Kind)] = [
        (
            #"data: {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#,
            .limit
        ),
        (
            #"data: {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}"#,
            .other
        ),
        (
            #"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached"}}}"#,
            .rateLimit
        ),
        (#"data: {"type":"response.failed","response":{"status":"failed","error":null}}"#, .other),
        (#"data: {"type":"error","code":"server_error","message":"The server had an error"}"#, .overload),
        (#"data: {"type":"response.refusal.delta","output_index":0,"delta":"I cannot"}"#, .other),
        (#"data: {"type":"response.created","response":{"id":"resp_1"}}"#, .unreachable),
    ]

    @Test("so does the other API of OpenAI", arguments: responsesFailures.indices)
    func failsInResponses(_ row: Int) throws {
        let (lines, kind) = Self.responsesFailures[row]
        var replay = try start("openai/gpt-x")
        hear(&replay, lines)
        #expect(replay.closes && replay.sent.count == 1)
        replay.end()
        #expect(replay.failure?.kind == kind, "\(lines): \(String(describing: replay.failure))")
    }

    @Test("a pause that is asked for is told, a call that cannot be carried, and a carrier that dies")
    func lost() throws {
        var paused = try start("anthropic/claude-x")
        paused.hear(#"{"status":429,"retryAfterSeconds":17}"#)
        paused.hear(#"{"end":true}"#)
        paused.end()
        #expect(paused.failure?.retryAfter == .seconds(17))
        var unreachable = try start("anthropic/claude-x")
        unreachable.hear(#"{"failed":"Couldn't connect to server"}"#)
        unreachable.end()
        #expect(unreachable.failure == AgentFailure(.unreachable, "Couldn't connect to server"))
        var dead = try start("anthropic/claude-x")
        hear(&dead, Self.messages, ends: false)
        dead.end(.signaled(9))
        #expect(dead.failure?.kind == .other)
        // What the answer had told until then is paid for.
        #expect(dead.tokens == TokenCounts(input: 25, output: 89, cacheRead: 100, cacheWrite: 7))
    }

    @Test("without a gateway it calls nobody")
    func noGateway() throws {
        var replay = try #require(Replay(Replay.request("api") { $0.model = "anthropic/claude-x" }))
        #expect(replay.sent.isEmpty && replay.closes)
        replay.end()
        #expect(replay.failure?.kind == .setup)
    }

    @Test("arguments that are no object are refused to the model; one that goes in circles is ended")
    func circles() throws {
        var replay = try start("anthropic/claude-x")
        for _ in 0..<200 where !replay.closes {
            hear(&replay, Self.messages.replacing(#": true}"}"#, with: #": tr"}"#))
        }
        #expect(uses(replay).isEmpty)
        #expect(replay.sent.count == 64)
        #expect(replay.sent[1]["body"]?.text.contains("The arguments are not a JSON object.") ?? false)
        replay.end()
        #expect(replay.failure?.kind == .limit)
    }

    // MARK: Gone on with

    private func kept(_ replay: Replay) -> [[UInt8]] {
        replay.actions.compactMap { if case .keep(let bytes) = $0 { bytes } else { nil } }
    }

    @Test("a conversation that broke off anywhere is gone on with where it was", arguments: dialects)
    func resumes(_ dialect: Dialect) throws {
        var first = try start(dialect.name)
        #expect(first.sessions == ["11111111-2222-4333-8444-555555555555"])
        hear(&first, dialect.first)
        first.used(.number(0), "two tasks", isError: false)
        hear(&first, dialect.last)
        // Asked, told to use a tool, told what came of it, done.
        let states = kept(first)
        try #require(states.count == 4)
        for (state, bytes) in states.enumerated() {
            var second = try start(dialect.name, session: first.sessions[0], kept: bytes)
            #expect(second.sessions.isEmpty)
            let body = try #require(second.sent.first?["body"]?.text)
            #expect(body.contains("I look first.") == (state >= 1), "\(body)")
            #expect(body.contains("may have done its work or not") == (state == 1))
            #expect(body.contains("two tasks") == (state >= 2))
            #expect(body.contains("Done.") == (state == 3))
            if state >= 2 { for words in dialect.again { #expect(body.contains(words), "\(words)") } }
            hear(&second, dialect.last)
            second.end()
            #expect(second.failure == nil)
        }
    }

    @Test(
        "a conversation that cannot be read is told as a session that is gone",
        arguments: [
            nil, "", "{", "{}", #"{"schema":"coord.conversation/2","turns":[{"user":"x"}]}"#,
            #"{"schema":"coord.conversation/1","turns":[]}"#,
            #"{"schema":"coord.conversation/1","turns":[{"user":"x"},{"other":1}]}"#,
            #"{"schema":"coord.conversation/1","turns":[{"model":"x"}]}"#,
            #"{"schema":"coord.conversation/1","turns":[{"results":[{"text":"x","isError":false}]}]}"#,
        ])
    func lostConversation(_ text: String?) throws {
        var replay = try start("anthropic/claude-x", session: "a-b", kept: text.map { Array($0.utf8) })
        #expect(replay.sent.isEmpty && replay.closes)
        replay.end()
        #expect(replay.failure?.kind == .session)
    }

    // MARK: Spoken to

    @Test("what it is told while it is busy comes behind what it does, and keeps it from ending")
    func told() throws {
        var replay = try start("anthropic/claude-x")
        let isFirstTold = replay.steer("Mind the time.")
        #expect(isFirstTold)
        hear(&replay, Self.messages)
        replay.used(.number(0), "two tasks", isError: true)
        let second = try #require(replay.sent.last?["body"]?["messages"]?.arrayValue)
        #expect(second.last?["content"]?.arrayValue?.first?["text"]?.stringValue == "Mind the time.")
        let isSecondTold = replay.steer("And the money.")
        #expect(isSecondTold)
        hear(&replay, Self.messagesEnd)
        #expect(replay.sent.count == 3 && !replay.closes)
        hear(&replay, Self.messagesEnd)
        #expect(replay.closes)
        let isThirdTold = replay.steer("Too late.")
        #expect(!isThirdTold)
        #expect(replay.tools == ["list_tasks started", "list_tasks failed"])
    }

    @Test("the tools of a turn are those there are when it begins")
    func turns() throws {
        var replay = try start("anthropic/claude-x")
        hear(&replay, Self.messages)
        replay.nextTools = [
            AgentTool(name: "git-log", description: "Who did what.", schema: ["type": "object"])
        ]
        replay.used(.number(0), "two tasks", isError: false)
        #expect(replay.actions.contains(.turnEnded(called: ["list_tasks"])))
        let names = replay.sent.map { request in
            (request["body"]?["tools"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        }
        #expect(names == [["list_tasks"], ["git-log"]])
    }

    @Test("an interrupted one calls nobody any more, and has used what it used")
    func interrupted() throws {
        var replay = try start("anthropic/claude-x")
        hear(&replay, Self.messagesEnd, ends: false)
        let isInterrupted = replay.interrupt()
        #expect(isInterrupted && replay.closes)
        replay.hear(#"{"end":true}"#)
        replay.end()
        #expect(replay.failure?.kind == .interrupted && replay.sent.count == 1)
        #expect(replay.tokens == TokenCounts(input: 5, output: 3))
    }
}
