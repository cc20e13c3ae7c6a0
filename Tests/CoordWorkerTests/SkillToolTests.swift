import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

/// Skills of an attempt as tools: a real worker, a real server of tools, real programs.
@Suite("Skills as an agent's tools")
struct SkillToolTests {
    private static let echo = #"""
        { "id": "say-words", "description": "Says words.", "sideEffects": [], "approved": false,
          "parameters": { "type": "object", "required": ["text"],
            "properties": { "text": { "type": "string", "maxLength": 20 }, "times": { "type": "integer" } } },
          "handler": { "command": ["printf", "%s in %s\n", "{{text}}", "X"], "timeoutSeconds": 10 } }
        """#
    private static let others = [
        #"{ "id": "sleep-long", "description": "Sleeps.", "handler": { "command": ["sleep", "600"], "timeoutSeconds": 0.2 } }"#,
        #"{ "id": "flood", "description": "Writes much.", "handler": { "command": ["seq", "100000"], "timeoutSeconds": 20 } }"#,
        #"{ "id": "nowhere", "description": "Is missing.", "handler": { "command": ["no-such-program-here"] } }"#,
        #"{ "id": "ship-it", "description": "Ships.", "requiresConfirmation": true, "sideEffects": ["deploys"], "#
            + #""handler": { "command": ["echo", "shipped"] } }"#,
        #"{ "id": "spawn", "description": "Leaves a child behind.", "#
            + #""handler": { "command": ["sh", "-c", "sleep 600 & echo started"], "timeoutSeconds": 20 } }"#,
    ]
    private static let found =
        #"{ "id": "count-lines", "description": "Counts the lines of files.", "triggerExamples": ["Count lines"], "#
        + #""handler": { "command": ["wc", "-l", "lines.txt"] } }"#

    private static func document(_ skills: [String]) -> String {
        "{ \"schema\": \"coord.given-skills/1\", \"skills\": [ \(skills.joined(separator: ",")) ] }"
    }

    private func assignment(
        _ harness: WorkerHarness, _ lines: [String], pool: Bool = true, isReview: Bool = false
    ) throws -> Assignment {
        try Files.write(
            Array(Self.document([Self.echo] + Self.others).utf8), to: harness.folder + "/skills.json")
        try Files.write(Array(Self.document([Self.found]).utf8), to: harness.folder + "/pool.json")
        try Files.write(Array("a\nb\n".utf8), to: harness.folder + "/tree/lines.txt")
        let input = lines.map { "'" + $0 + "'" }.joined(separator: " ")
        var assignment = harness.assignment(
            .command("printf '%s\\n' \(input) | \"$WORKER\" mcp > \"$OUT/answers\""))
        assignment.environment.merge([
            "WORKER": Files.parent(Executables.own()) + "/coord-worker", "OUT": harness.folder,
            "COORD_RUN": "r1", "COORD_ATTEMPT": "1", "HOME": harness.folder,
            ChannelHello.channelVariable: harness.folder + "/mcp", ChannelHello.tokenVariable: "t0ken",
            "COORD_SKILLS_FILE": harness.folder + "/skills.json", "LLVM_PROFILE_FILE": "/dev/null",
        ]) { $1 }
        if pool { assignment.environment["COORD_SKILLS_POOL"] = harness.folder + "/pool.json" }
        if isReview { assignment.environment["COORD_REVIEW"] = "1" }
        return assignment
    }

    private func call(_ id: Int, _ tool: String, _ arguments: String = "{}") -> String {
        let params = #"{"name":"\#(tool)","arguments":\#(arguments)}"#
        return #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":\#(params)}"#
    }

    private func answers(_ harness: WorkerHarness) throws -> [Int64: (text: String, isError: Bool)] {
        var result: [Int64: (text: String, isError: Bool)] = [:]
        for line in (harness.text("answers") ?? "").split(separator: "\n") {
            let value = try JSONParser.parse(String(line))
            guard let id = value["id"]?.integerValue else { continue }
            let text =
                value["result"]?["content"]?.arrayValue?.first?["text"]?.stringValue
                ?? (value["error"] ?? value["result"])?.text ?? ""
            result[id] = (text, value["result"]?["isError"]?.boolValue ?? (value["error"] != nil))
        }
        return result
    }

    @Test("they run in the agent's folder, checked, timed and cut, and what goes wrong is told")
    func run() throws {
        let harness = try WorkerHarness()
        let lines = [
            call(1, "say-words", #"{"text":"$(id) ; ls"}"#), call(2, "say-words", #"{"text":7}"#),
            call(3, "say-words", #"{"words":"x"}"#), call(4, "sleep-long"), call(5, "nowhere"),
            #"{"jsonrpc":"2.0","id":9,"method":"tools/list"}"#,
        ]
        #expect(harness.outcome(try assignment(harness, lines)) == .finished)
        let answers = try answers(harness)
        #expect(answers[1]?.text == "$(id) ; ls in X" && answers[1]?.isError == false)
        #expect(answers[2]?.isError == true && answers[2]?.text.contains("do not fit") == true)
        #expect(answers[3]?.text.contains("`words` is no argument of say-words") == true)
        #expect(answers[4]?.isError == true && answers[4]?.text.contains("took longer") == true)
        #expect(answers[5]?.text == "[there is no program `no-such-program-here` here]")
        let list = try #require(answers[9]?.text)
        #expect(list.contains("discover_skills") && list.contains("say-words"))
        #expect(!list.contains("count-lines"))
        // Of a plain command nobody else would know what it used.
        let started = harness.reports.compactMap {
            if case .toolStarted(let name, _, _) = $0 { name } else { nil }
        }
        #expect(Set(started) == ["say-words", "sleep-long", "nowhere"])
    }

    @Test("of a flood the end is given on; what a skill leaves running ends with it, and the agent does not")
    func flood() throws {
        let harness = try WorkerHarness()
        #expect(
            harness.outcome(try assignment(harness, [call(1, "flood"), call(2, "spawn")])) == .finished)
        let answers = try answers(harness)
        let text = try #require(answers[1]?.text)
        #expect(text.utf8.count < 40 << 10 && text.hasSuffix("100000") && text.contains("were left out]"))
        #expect(answers[2]?.text == "started")
    }

    @Test("what is found comes to the list, which is told to have changed, and runs")
    func find() throws {
        let harness = try WorkerHarness()
        let lines = [
            call(1, "discover_skills", #"{"query":"count the lines of a file"}"#),
            call(2, "use_skill", #"{"skill":"count-lines","arguments":{}}"#),
            call(3, "use_skill", #"{"skill":"no-such"}"#), call(4, "discover_skills", #"{"query":"xyzzy"}"#),
            call(5, "count-lines"), call(6, "discover_skills", #"{"query":"x","limit":99}"#),
        ]
        #expect(harness.outcome(try assignment(harness, lines)) == .finished)
        let answers = try answers(harness)
        #expect(answers[1]?.text.contains("`count-lines`: Counts the lines of files.") == true)
        #expect(answers[2]?.text == "2 lines.txt" && answers[5]?.text == "2 lines.txt")
        #expect(answers[3]?.isError == true && answers[6]?.isError == true)
        #expect(answers[4]?.text == "No skill fits that; say it in other words.")
        #expect(harness.text("answers")?.contains("notifications/tools/list_changed") == true)
    }

    @Test(
        "one that asks runs when a person says yes, and only then",
        arguments: [("Yes, please", true), ("no", false)])
    func asks(_ words: String, _ runs: Bool) throws {
        let harness = try WorkerHarness()
        var asked = ""
        harness.onCall = { lease, number, call in
            switch call {
            case .ask(nil, let text, ["yes", "no"]):
                asked = text
                harness.send(.answer(lease, call: number, CallAnswer("asked", question: "q1")))
            case .awaitAnswer("q1"):
                // Only the words count: what an agent put into its question is not an answer.
                harness.send(
                    .answer(lease, call: number, CallAnswer("yes? A person answered: \(words)", words: words))
                )
            default: break
            }
        }
        #expect(harness.outcome(try assignment(harness, [call(1, "ship-it")])) == .finished)
        #expect(asked == "May the skill `ship-it` run with {}? It deploys.")
        let answer = try answers(harness)[1]
        #expect(answer?.isError == !runs)
        #expect(answer?.text == (runs ? "shipped" : "It does not run. A person said: no"))
    }

    @Test("where nobody can be asked it does not run; a reviewer has no skills")
    func refuses() throws {
        let harness = try WorkerHarness()
        harness.onCall = { lease, number, _ in
            harness.send(.answer(lease, call: number, CallAnswer("nobody can be asked")))
        }
        #expect(harness.outcome(try assignment(harness, [call(1, "ship-it")], pool: false)) == .finished)
        #expect(try answers(harness)[1]?.text == "nobody can be asked")
        let review = try assignment(harness, [call(1, "say-words", #"{"text":"x"}"#)], isReview: true)
        #expect(harness.outcome(review) == .finished)
        #expect(try answers(harness)[1]?.text.contains("there is no tool `say-words`") == true)
    }
}
