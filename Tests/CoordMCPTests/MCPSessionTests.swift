import CoordJSON
import CoordMCP
import CoordModel
import CoordWire
import Testing

/// Lines in, lines out. A call of a tool is answered with its name and arguments.
private struct Talk {
    var session = MCPSession(tools: ToolList.forWork, instructions: "Be kind.", version: "1.2.3")

    mutating func say(_ line: String) -> [String] {
        let message: RPCMessage
        do throws(WireError) { message = try RPCMessage.decode(Array(line.utf8)) } catch {
            return [Self.text(MCPSession.refusal(of: error))]
        }
        return session.receive(message).compactMap { action in
            switch action {
            case .send(let message): Self.text(message)
            case .call(let id, let tool, let arguments):
                session.answer(id, MCPSession.Result(tool + JSONValue.object(arguments).text))
                    .map(Self.text)
            case .cancelled(let id): "cancelled \(id)"
            }
        }
    }

    static func text(_ message: RPCMessage) -> String {
        String(decoding: message.encoded(), as: UTF8.self)
    }
}

private let modern = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#

@Suite("MCP")
struct MCPSessionTests {
    @Test(
        "initialize takes the client's version when it is known, and the newest of its era else",
        arguments: [
            ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
            ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"),
        ])
    func initialize(wanted: String, spoken: String) {
        var talk = Talk()
        let client = #""capabilities":{},"clientInfo":{"name":"c","version":"1"}"#
        let params = #"{"protocolVersion":"\#(wanted)",\#(client)}"#
        let server = #""serverInfo":{"name":"coord","version":"1.2.3"},"instructions":"Be kind.""#
        let result = #"{"protocolVersion":"\#(spoken)","capabilities":{"tools":{}},\#(server)}"#
        #expect(
            talk.say(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":\#(params)}"#)
                == [#"{"jsonrpc":"2.0","id":0,"result":\#(result)}"#])
    }

    @Test(
        "every line has its answer",
        arguments: [
            (
                "discovery, with a string for an id",
                #"{"jsonrpc":"2.0","id":"probe-1","method":"server/discover","params":{\#(modern)}}"#,
                #"{"jsonrpc":"2.0","id":"probe-1","result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"Be kind.","ttlMs":3600000,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"coord","version":"1.2.3"}}}}"#
            ),
            (
                "a version that is not spoken",
                #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}}"#,
                #"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"this version of the protocol is not spoken","data":{"supported":["2026-07-28","2024-11-05","2025-03-26","2025-06-18","2025-11-25"],"requested":"2031-01-01"}}}"#
            ),
            (
                "an unknown method", #"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#,
                #"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"there is no method `resources/list`"}}"#
            ),
            ("ping", #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":2,"result":{}}"#),
            (
                "ping, which the modern era does not have",
                #"{"jsonrpc":"2.0","id":2,"method":"ping","params":{\#(modern)}}"#,
                #"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"there is no method `ping`"}}"#
            ),
            (
                "an unknown tool",
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"run_shell","arguments":{}}}"#,
                #"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"there is no tool `run_shell`"}}"#
            ),
            (
                "a call without a name", #"{"jsonrpc":"2.0","id":3,"method":"tools/call"}"#,
                #"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"`name` is missing"}}"#
            ),
            (
                "arguments that are none",
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"ask","arguments":[]}}"#,
                #"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"`arguments` is not an object"}}"#
            ),
            (
                "a misspelt argument is the tool's failure, not the protocol's",
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"ask","arguments":{"questoin":"?"}}}"#,
                #"{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"`questoin` is no argument of ask; did you mean `question`?"}],"isError":true}}"#
            ),
            (
                "a missing argument",
                #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"ask"}}"#,
                #"{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"`question` is missing."}],"isError":true}}"#
            ),
            (
                "a call; members that are not known do not matter",
                #"{"jsonrpc":"2.0","id":"a b","method":"tools/call","params":{"name":"ask","arguments":{"question":"?"},"_meta":{"claudecode/toolUseId":"x","progressToken":4}}}"#,
                #"{"jsonrpc":"2.0","id":"a b","result":{"content":[{"type":"text","text":"ask{\"question\":\"?\"}"}],"isError":false}}"#
            ),
            (
                "a call in the modern era",
                #"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"read_task",\#(modern)}}"#,
                #"{"jsonrpc":"2.0","id":4,"result":{"content":[{"type":"text","text":"read_task{}"}],"isError":false,"resultType":"complete"}}"#
            ),
            (
                "a line that is not JSON", "hello",
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the line is not JSON: found `hello` where a value was expected (at byte 0)"}}"#
            ),
            (
                "a batch", #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the line is not a JSON-RPC 2.0 message: it is a list, not an object"}}"#
            ),
        ])
    func answers(what: String, line: String, answer: String) {
        var talk = Talk()
        #expect(talk.say(line) == [answer], "\(what)")
    }

    @Test(
        "notifications and answers are answered with nothing",
        arguments: [
            #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#,
            #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ask","arguments":{}}}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}"#,
        ])
    func silence(line: String) {
        var talk = Talk()
        #expect(talk.say(line).isEmpty)
    }

    @Test("a cancelled call is not answered any more, and its id is free again")
    func cancelled() {
        var session = Talk().session
        let call = RPCMessage.request(id: .string("x"), method: "tools/call", params: ["name": "read_task"])
        #expect(session.receive(call) == [.call(.string("x"), tool: "read_task", arguments: JSONObject())])
        // The same id once more, while the first is under way.
        guard
            case .send(.failure(.string("x"), RPCMessage.Code.invalidRequest, _, _))? = session.receive(call)
                .first
        else { return #expect(Bool(false), "the second was taken") }
        let cancel = RPCMessage.notification(method: "notifications/cancelled", params: ["requestId": "x"])
        #expect(session.receive(cancel) == [.cancelled(.string("x"))])
        #expect(session.answer(.string("x"), MCPSession.Result("late")) == nil)
        #expect(session.receive(call) == [.call(.string("x"), tool: "read_task", arguments: JSONObject())])
    }

    @Test("more calls than may wait are refused")
    func crowd() {
        var session = Talk().session
        for number in 0..<MCPSession.callsMax {
            let call = RPCMessage.request(
                id: .number(Int64(number)), method: "tools/call", params: ["name": "read_task"])
            #expect(session.receive(call).count == 1)
        }
        let more = RPCMessage.request(
            id: .string("more"), method: "tools/call", params: ["name": "read_task"])
        guard case .send(.response(_, let result))? = session.receive(more).first else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(result["isError"] == true)
    }

    @Test("the list of tools is the same each time, in both eras, and every schema is an object's")
    func list() throws {
        var talk = Talk()
        let first = talk.say(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
        #expect(first == talk.say(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#))
        let again = talk.say(#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(modern)}}"#)
        let result = try #require(try JSONParser.parse(again[0])["result"])
        #expect(result["resultType"] == "complete" && result["cacheScope"] == "private")
        #expect(try JSONParser.parse(first[0])["result"]?["tools"] == result["tools"])
        let tools = result["tools"]?.arrayValue ?? []
        #expect(tools.count == 17)
        for tool in tools {
            #expect(tool["inputSchema"]?["type"] == "object")
            let name = tool["name"]?.stringValue ?? ""
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F } && name.count < 64)
        }
    }

    @Test("a tool that is listed can be read, whatever list it is on")
    func listed() {
        for tool in ToolList.forWork + ToolList.forReview {
            do throws(WireError) {
                let request = try ToolRequest.read(
                    tool: tool.name, arguments: Self.example[tool.name] ?? JSONObject())
                #expect(request != nil, "\(tool.name)")
            } catch {
                Issue.record("\(tool.name): \(error)")
            }
        }
    }

    private static let example: [String: JSONObject] = [
        "report_progress": JSONObject([("text", "x")]), "write_handoff": JSONObject([("summary", "x")]),
        "hand_over": JSONObject([("reason", "x")]),
        "give_verdict": JSONObject([("approve", true)]), "ask": JSONObject([("question", "?")]),
        "add_tasks": JSONObject([("tasks", [["id": "x", "prompt": "y"]])]),
        "split_task": JSONObject([("tasks", [["id": "x", "prompt": "y"]])]),
        "await_answer": JSONObject([("question", "q1")]),
        "answer": JSONObject([("question", "q1"), ("text", "x")]),
        "claim_files": JSONObject([("patterns", ["a"])]),
        "write_note": JSONObject([("key", "k"), ("text", "t")]),
    ]

    @Test(
        "arguments that no tool takes are refused with the reason",
        arguments: [
            ("ask", ["question": .string(String(repeating: "x", count: 5000))], "at most 4096 bytes"),
            ("ask", ["question": "?", "wait_seconds": 601], "from 0 to 600"),
            ("ask", ["question": "?", "wait_seconds": -1], "from 0 to 600"),
            ("ask", ["question": "?", "choices": .array(Array(repeating: "a", count: 11))], "at most 10"),
            ("ask", ["question": ""], "a question"), ("ask", ["question": 7], "a string"),
            ("write_note", ["key": "../../etc", "text": "x"], "`key`"),
            (
                "write_note", ["key": "k", "text": .string(String(repeating: "x", count: 9000))],
                "at most 8192"
            ),
            ("claim_files", ["patterns": []], "1 to 100"), ("claim_files", ["patterns": "a"], "a list"),
            ("add_tasks", ["tasks": []], "1 to 100"), ("add_tasks", ["tasks": ["x"]], "a list of objects"),
            ("add_tasks", ["tasks": [["id": "Bad Name", "prompt": "x"]]], "a valid name"),
            ("add_tasks", ["tasks": [["id": "x"]]], "lacks `prompt`"),
            ("add_tasks", ["tasks": [["id": "x", "prompt": "y", "run": "rm -rf /"]]], "`run` of `tasks[0]`"),
            ("add_tasks", ["tasks": [["id": "x", "prompt": "y", "dependencies": ["a"]]]], "`dependencies`"),
            ("add_tasks", ["tasks": [["id": "x", "prompt": "y", "priority": 101]]], "from -100 to 100"),
            (
                "add_tasks",
                ["tasks": [["id": "x", "prompt": .string(String(repeating: "x", count: 70_000))]]],
                "of a size that coord takes"
            ), ("give_verdict", ["approve": false], "what has to change"),
            ("report_progress", ["text": 1], "a string"),
        ] as [(String, JSONValue, String)])
    func refused(tool: String, arguments: JSONValue, reason: String) {
        #expect {
            try ToolRequest.read(tool: tool, arguments: arguments.objectValue ?? JSONObject())
        } throws: { "\($0)".contains(reason) }
    }
}
