import CoordAgents
import CoordJSON
import CoordModel
import CoordWire
import Testing

@Suite("ACP")
struct ACPTests {
    private func open(_ request: AgentRequest = Replay.request("acp")) throws -> Replay {
        var replay = try #require(Replay(request))
        replay.hear(
            #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{"loadSession":true}}}"#
        )
        replay.hear(#"{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s-1"}}"#)
        return replay
    }

    @Test("it is greeted, a session is opened with our servers, and it is prompted")
    func opening() throws {
        let replay = try open(
            Replay.request("acp") {
                $0.mcpServers = [MCPServerSpec(name: "coord", command: "/c", environment: ["K": "V"])]
            })
        #expect(replay.sent.map { $0["method"] } == ["initialize", "session/new", "session/prompt"])
        let server = replay.sent[1]["params"]?["mcpServers"]?.arrayValue?.first
        #expect(server?["env"] == [["name": "K", "value": "V"]])
        #expect(replay.sessions == ["s-1"])
    }

    @Test(
        "a session is taken up in the way the agent has",
        arguments: [
            (#"{"loadSession":true}"#, "session/load"),
            (#"{"sessionCapabilities":{"resume":{}}}"#, "session/resume"),
            ("{}", "session/new"),
        ])
    func resume(capabilities: String, method: String) throws {
        var replay = try #require(Replay(Replay.request("acp", session: "s-0")))
        replay.hear(#"{"jsonrpc":"2.0","id":1,"result":{"agentCapabilities":\#(capabilities)}}"#)
        #expect(replay.sent.last?["method"]?.stringValue == method)
    }

    @Test("an agent of another version of the protocol is told as that, and nothing is asked of it")
    func otherVersion() throws {
        var replay = try #require(Replay(Replay.request("acp")))
        replay.hear(#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":2,"agentCapabilities":{}}}"#)
        #expect(replay.closes && replay.sent.count == 1)
        replay.end()
        #expect(
            replay.failure
                == AgentFailure(
                    .setup, "it speaks version 2 of the Agent Client Protocol, and coord version 1"))
    }

    @Test("what a loaded session says again is neither said nor counted again")
    func replayedHistory() throws {
        var replay = try #require(
            Replay(
                Replay.request("acp", session: "s-0") {
                    $0.counted = TokenCounts(input: 60, output: 10, cacheRead: 40)
                }))
        replay.hear(#"{"jsonrpc":"2.0","id":1,"result":{"agentCapabilities":{"loadSession":true}}}"#)
        func update(_ members: String) -> String {
            #"{"jsonrpc":"2.0","method":"session/update","params":{"update":{\#(members)}}}"#
        }
        func usage(_ prompt: Int, _ cost: String) -> String {
            update(
                #""sessionUpdate":"usage_update","cost":{"amount":"#
                    + "\(cost)"
                    + #","currency":"USD"},"_meta":{"promptTokens":"#
                    + "\(prompt)"
                    + #","cachedTokens":40,"completionTokens":10}"#
            )
        }
        replay.hear(
            update(
                #""sessionUpdate":"agent_message_chunk","messageId":"m","content":{"type":"text","text":"old"}"#
            ))
        replay.hear(
            update(#""sessionUpdate":"tool_call","toolCallId":"t","kind":"edit","status":"completed""#))
        replay.hear(usage(100, "0.5"))
        replay.hear(#"{"jsonrpc":"2.0","id":2,"result":{}}"#)
        #expect(replay.reports.isEmpty)
        replay.hear(usage(120, "0.75"))
        #expect(replay.tokens == TokenCounts(input: 20))
        #expect(replay.cost == Money(microDollars: 250_000))
    }

    @Test("its permissions are answered by the role's policy, with an option it offers")
    func permissions() throws {
        var replay = try open(
            Replay.request("acp", permissions: PermissionPolicy(tools: ["Read", "Bash"])))
        func ask(_ kind: String) -> String {
            #"{"jsonrpc":"2.0","id":0,"method":"session/request_permission","params":{"toolCall":{"toolCallId":"t","kind":""#
                + "\(kind)"
                + #""},"options":[{"optionId":"y","kind":"allow_always"},{"optionId":"n","kind":"reject_once"}]}}"#
        }
        for (kind, option) in [("execute", "y"), ("edit", "n"), ("read", "y")] {
            replay.hear(ask(kind))
            #expect(replay.sent.last?["result"]?["outcome"]?["optionId"]?.stringValue == option)
        }
        _ = replay.interrupt()
        replay.hear(ask("read"))
        #expect(replay.sent.last?["result"]?["outcome"] == ["outcome": "cancelled"])
    }

    @Test("files are asked for outside, and a refusal is an error for the agent")
    func files() throws {
        var replay = try open()
        replay.hear(
            #"{"jsonrpc":"2.0","id":7,"method":"fs/read_text_file","params":{"path":"/WORK/repo/a","line":2}}"#
        )
        #expect(
            replay.actions.last == .access(.number(7), .read(path: "/WORK/repo/a", line: 2, limit: nil)))
        replay.accessed(.number(7), .text("x"))
        #expect(replay.sent.last?["result"]?["content"] == "x")
        replay.accessed(.number(8), .refused("not yours"))
        #expect(replay.sent.last?["error"]?["message"] == "not yours")
        replay.hear(#"{"jsonrpc":"2.0","id":9,"method":"terminal/create","params":{}}"#)
        #expect(replay.sent.last?["error"]?["code"] == -32601)
    }

    @Test(
        "how a prompt stops is told apart",
        arguments: [
            ("end_turn", nil), ("max_tokens", .limit), ("max_turn_requests", .limit), ("refusal", .other),
            ("cancelled", .interrupted),
        ] as [(String, AgentFailure.Kind?)])
    func stops(reason: String, kind: AgentFailure.Kind?) throws {
        var replay = try open()
        replay.hear(#"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"\#(reason)"}}"#)
        #expect(replay.closes)
        replay.end()
        #expect(replay.failure?.kind == kind)
    }

    @Test("words that come in pieces are said as a whole, and an event in them is read")
    func chunks() throws {
        var replay = try open()
        for piece in ["Done.\\n{\\\"coord\\\":", "\\\"handoff\\\",\\\"summary\\\":\\\"s\\\"}"] {
            replay.hear(
                #"{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","messageId":"m","content":{"type":"text","text":""#
                    + "\(piece)"
                    + #""}}}}"#
            )
        }
        replay.hear(#"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}"#)
        #expect(replay.reports.contains(.handoff(Handoff(summary: "s"))))
    }
}
