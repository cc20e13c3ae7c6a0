import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

/// The channel of an attempt: real agents with a real server, and a coordinator that the test plays.
@Suite("An agent's tools")
struct ChannelTests {
    private static let program = Files.parent(Executables.own()) + "/coord-worker"
    private static let token = "4a5be60cbd31e46c"

    /// An attempt with a channel, whose agent runs the script. `$WORKER` is the worker's program and `$OUT` a
    /// folder.
    private static func assignment(
        _ harness: WorkerHarness, _ script: String, attempt: Int = 1, isReview: Bool = false
    ) -> Assignment {
        var assignment = harness.assignment(.command(script), attempt: attempt)
        let more = [
            "WORKER": program, "OUT": harness.folder, "COORD_RUN": "r1", "COORD_ATTEMPT": "\(attempt)",
            ChannelHello.channelVariable: harness.folder + "/mcp-\(attempt)",
            ChannelHello.tokenVariable: token + "\(attempt)", "LLVM_PROFILE_FILE": "/dev/null",
            "HOME": harness.folder,
        ]
        assignment.environment.merge(more) { $1 }
        if isReview { assignment.environment["COORD_REVIEW"] = "1" }
        return assignment
    }

    /// A script that gives these lines to its server and keeps what it says in `answers`.
    private static func talk(_ lines: [String]) -> String {
        let input = lines.map { "'" + $0 + "'" }.joined(separator: " ")
        return "printf '%s\\n' \(input) | \"$WORKER\" mcp > \"$OUT/answers\""
    }

    private static func call(_ id: Int, _ tool: String, _ arguments: String = "{}") -> String {
        let params = #"{"name":"\#(tool)","arguments":\#(arguments)}"#
        return #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":\#(params)}"#
    }

    private static func answers(_ harness: WorkerHarness) throws -> [JSONValue] {
        try (harness.text("answers") ?? "").split(separator: "\n").map { try JSONParser.parse(String($0)) }
    }

    private static func texts(_ harness: WorkerHarness) throws -> [String] {
        try answers(harness).map {
            $0["result"]?["content"]?.arrayValue?.first?["text"]?.stringValue ?? $0["error"]?.text ?? ""
        }
    }

    @Test("calls reach the coordinator with their attempt, and its answers the agent")
    func roundTrip() throws {
        let harness = try WorkerHarness()
        harness.onCall = { lease, number, call in
            harness.send(.answer(lease, call: number, CallAnswer("you used \(call.tool)")))
        }
        let script = Self.talk([
            #"{"jsonrpc":"2.0","id":"p","method":"server/discover"}"#, Self.call(1, "read_task"),
            Self.call(2, "write_note", #"{"key":"k","text":"t"}"#),
            Self.call(3, "report_progress", #"{"text":"half"}"#),
            Self.call(4, "write_handoff", #"{"summary":"s","pitfalls":["p"]}"#), Self.call(5, "no_such_tool"),
        ])
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        let answers = try Self.answers(harness)
        #expect(answers.map { $0["id"] }.contains("p"))
        #expect(Set(answers.compactMap { $0["id"]?.integerValue }) == [1, 2, 3, 4, 5])
        #expect(try Self.texts(harness).contains("you used read_task"))
        let lease = Lease(task: "api", attempt: 1)
        #expect(harness.messages.contains(.call(lease, number: 1, .readTask)))
        #expect(harness.messages.contains(.call(lease, number: 2, .writeNote(key: "k", text: "t"))))
        #expect(
            harness.reports == [.progress("half"), .handoff(Handoff(summary: "s", pitfalls: ["p"]))])
        #expect(harness.text("mcp-1") == nil)
        #expect(Files.kind(harness.folder + "/mcp-1") == nil)
    }

    @Test("a question waits for its answer, and no longer than it says")
    func question() throws {
        let harness = try WorkerHarness()
        harness.onCall = { lease, number, call in
            switch call {
            case .ask(_, "first?", _):
                harness.send(.answer(lease, call: number, CallAnswer("asked", question: "q1")))
            case .ask: harness.send(.answer(lease, call: number, CallAnswer("asked", question: "q2")))
            case .awaitAnswer("q1"): harness.send(.answer(lease, call: number, CallAnswer("left")))
            default: break
            }
        }
        let script = Self.talk([
            Self.call(1, "ask", #"{"question":"first?"}"#),
            Self.call(2, "ask", #"{"question":"second?","wait_seconds":1}"#),
        ])
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        let texts = try Self.texts(harness)
        #expect(texts.contains("left"))
        #expect(texts.contains { $0.hasPrefix("No answer to q2 yet.") })
    }

    @Test("a wrong token, and none, are refused, told to the coordinator, and nothing they ask is done")
    func strangers() throws {
        let harness = try WorkerHarness()
        let call = Self.call(1, "read_task")
        let script = """
            export COORD_MCP_TOKEN=\(Self.token)2 COORD_ATTEMPT=2
            printf '%s\\n' '\(call)' | "$WORKER" mcp > "$OUT/answers"
            echo "status $?" >> "$OUT/answers"
            printf '%s\\n' '\(call)' | env -u COORD_MCP_CHANNEL "$WORKER" mcp >> "$OUT/answers"
            echo "status $?" >> "$OUT/answers"
            """
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        #expect(harness.text("answers") == "status 1\nstatus 2\n")
        let calls = harness.messages.filter { if case .call = $0 { true } else { false } }
        #expect(
            calls == [
                .call(
                    Lease(task: "api", attempt: 1), number: 0,
                    .refused(tool: "coord/hello", reason: "a wrong token, said to be of `api#2`"))
            ])
    }

    @Test("a server that was given no token finds it beside the door; it is gone with the attempt")
    func tokenFile() throws {
        let harness = try WorkerHarness()
        let script = "unset COORD_MCP_TOKEN\n" + Self.talk([#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#])
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        #expect(try Self.answers(harness).first?["id"] == 9)
        #expect(try Files.list(harness.folder).filter { $0.hasPrefix("mcp") }.isEmpty)
    }

    @Test("an answer that comes when the attempt is over harms nobody")
    func late() throws {
        let harness = try WorkerHarness()
        var asked: [(Lease, Int64)] = []
        harness.onCall = { lease, number, _ in asked.append((lease, number)) }
        let script =
            "(" + Self.talk([Self.call(1, "read_task")]) + ") & while [ ! -e \"$OUT/go\" ]; do :; done"
        harness.send(.assign(Self.assignment(harness, script)))
        harness.wait { asked.count == 1 }
        try Files.write(Array("x".utf8), to: harness.folder + "/go", permissions: 0o600)
        harness.wait { harness.finished.count == 1 }
        harness.send(.answer(asked[0].0, call: asked[0].1, CallAnswer("late")))
        #expect(harness.outcome("true") == .finished)
    }

    @Test("a reviewer has tools to look and to judge, and none to change the run")
    func review() throws {
        let harness = try WorkerHarness()
        let script = Self.talk([
            #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            Self.call(2, "give_verdict", #"{"approve":true,"summary":"good"}"#),
            Self.call(3, "add_tasks", #"{"tasks":[{"id":"x","prompt":"y"}]}"#),
        ])
        #expect(harness.outcome(Self.assignment(harness, script, isReview: true)) == .finished)
        let answers = try Self.answers(harness)
        let names = answers[0]["result"]?["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(names.contains("give_verdict") && !names.contains("add_tasks"))
        #expect(harness.reports == [.verdict(ReviewVerdict(approves: true, findings: [], summary: "good"))])
        #expect(answers[2]["error"]?["code"] == -32602)
    }

    @Test("lines that are none, and one above the limit, are answered, and the next is read as usual")
    func badLines() throws {
        let harness = try WorkerHarness()
        let script = """
            { echo 'no json'; head -c 1100000 /dev/zero | tr '\\0' x; echo
              printf '%s\\n' '{"jsonrpc":"2.0","id":9,"method":"ping"}'; } | "$WORKER" mcp > "$OUT/answers"
            """
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        let answers = try Self.answers(harness)
        #expect(answers.map { $0["error"]?["code"] } == [-32700, -32600, nil])
        #expect(answers.last?["id"] == 9)
    }

    @Test("an agent that calls without pause is slowed down")
    func flood() throws {
        let harness = try WorkerHarness()
        harness.onCall = { lease, number, _ in harness.send(.answer(lease, call: number, CallAnswer("ok"))) }
        let script = Self.talk((1...400).map { Self.call($0, "read_notes") })
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        let texts = try Self.texts(harness)
        #expect(texts.count == 400)
        #expect(
            texts.contains("Too many calls at once; wait a second.")
                || texts.contains { $0.contains("64 calls") })
        #expect(texts.count { $0 == "ok" } >= 64)
    }

    @Test("the slot of a machine is taken and given back")
    func slots() throws {
        let harness = try WorkerHarness()
        let script =
            Self.talk([
                Self.call(1, "take_slot", #"{"label":"make"}"#), #"{"jsonrpc":"2.0","id":2,"method":"ping"}"#,
            ]) + "\n"
            + Self.talk([
                Self.call(3, "take_slot"), Self.call(4, "release_slot"), Self.call(5, "release_slot"),
            ])
            .replacing("answers", with: "more")
        #expect(harness.outcome(Self.assignment(harness, script)) == .finished)
        #expect(try Self.texts(harness).contains("You have a slot."))
        let more = harness.text("more") ?? ""
        #expect(more.contains("You hold a slot, or wait for one, already."))
        #expect(more.contains("Given back.") && more.contains("You hold no slot."))
    }
}
