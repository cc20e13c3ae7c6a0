import CoordJSON
import CoordModel
import CoordScriptedModel
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Coord's own agent in real runs: its calls go through the gateway to a provider out of a script.
@Suite("The direct agent in a run")
struct DirectTests {
    private static let keys = [
        "ANTHROPIC_API_KEY": "sk-a-12345", "OPENAI_API_KEY": "sk-o-12345", "MISTRAL_API_KEY": "sk-m-12345",
    ]

    private func configure(_ stand: Stand, _ provider: ScriptedProvider) throws {
        let base = "{ \"base\": \"\(provider.address)\" }"
        try stand.write(
            "config/coord/gateway.json",
            """
            { "providers": { "anthropic": \(base), "openai": \(base), "gemini": \(base),
                "mistral": \(base) } }
            """)
    }

    /// A planner that hands in a bad plan first, and a reviewer that finds something once.
    @Sendable
    private static func part(path: String, body: [UInt8]) -> [ScriptedProvider.Saying]? {
        let text = String(decoding: body, as: UTF8.self)
        let isReview = text.contains("give_verdict")
        if isReview {
            if text.contains("Taken down.") { return [.text("That is my verdict.")] }
            let verdict =
                text.contains("+sum 3")
                ? #"{"approve":false,"findings":[{"file":"sum.txt","line":1,"reason":"1+1 is 2"}]}"#
                : #"{"approve":true,"summary":"right now"}"#
            return [.text("I looked."), .use(tool: "give_verdict", arguments: verdict)]
        }
        if text.contains("Taken down.") { return [.text("Two tasks.")] }
        if text.contains("did you mean `deps`") {
            return [
                .use(
                    tool: "hand_in_plan",
                    arguments:
                        #"{"tasks":[{"id":"sum","prompt":"Write the sum.","role":"backend-dev"},"#
                        + #"{"id":"rest","prompt":"Write the rest.","role":"backend-dev","deps":["sum"]}]}"#)
            ]
        }
        return [
            .use(tool: "list_tasks", arguments: "{}"),
            .use(tool: "hand_in_plan", arguments: #"{"tasks":[{"id":"sum","prompt":"x","needs":[]}]}"#),
        ]
    }

    private static let worker = """
        if [ "$COORD_TASK" = sum ]; then
          if [ "$COORD_ATTEMPT" = 1 ]; then echo "sum 3" > sum.txt; else echo "sum 2" > sum.txt; fi
        else echo rest > rest.txt; fi
        """

    @Test(
        "a plan is made and work is judged over the gateway, with every token in the ledger",
        arguments: [
            ("anthropic/claude-haiku-4-5", "openai/gpt-5-mini"),
            ("gemini/gemini-2.5-flash", "anthropic/claude-haiku-4-5"),
            ("openai/gpt-5-mini", "mistral/mistral-small"),
        ])
    func plansAndJudges(_ planner: String, _ reviewer: String) throws {
        let stand = try Stand()
        let provider = try ScriptedProvider(
            mood: { [2, 5].contains($0) ? .init(429, retryAfterMilliseconds: 30) : nil },
            part: { Self.part(path: $0, body: $1) })
        defer { provider.stop() }
        try configure(stand, provider)
        let agent = try stand.agent(Self.worker)
        let mission = try stand.mission(
            """
            "planning": { "role": "producer" },
            "merge": { "gate": ["true"], "review": "role:tech-lead" },
            "team": [ { "id": "plan", "role": "producer", "agent": "api:\(planner)" },
                      { "id": "dev", "role": "backend-dev", "agent": "\(agent)" },
                      { "id": "lead", "role": "tech-lead", "agent": "api:\(reviewer)" } ]
            """)
        let answer = try stand.coord(
            ["run", mission], with: Self.keys.merging(["GEMINI_API_KEY": "sk-g-12345"]) { $1 })
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.git("show", "main:sum.txt") == "sum 2")
        #expect(try stand.git("show", "main:rest.txt") == "rest")
        let verdicts = try stand.events("review.finished").compactMap { $0["data"]?["approve"]?.boolValue }
        #expect(verdicts == [false, true, true])
        // A plan that cannot be read is mended in the same conversation, and no refusal of the provider
        // costs an attempt.
        #expect(try stand.task("plan")["attempt"]?.integerValue == 1)
        let served = provider.served
        #expect(served.count >= 8)
        let keys = Set(Self.keys.values).union(["sk-g-12345"])
        #expect(served.allSatisfy { keys.contains($0.key ?? "") })
        let total = served.reduce(TokenCounts.zero) { $0 + $1.tokens }
        let tokens = try stand.document("cost")["tokens"]
        #expect(tokens?["input"]?.integerValue == total.input, "\(tokens?.text ?? "")")
        #expect(tokens?["output"]?.integerValue == total.output)
        #expect(tokens?["cacheRead"]?.integerValue == total.cacheRead)
        #expect(tokens?["cacheWrite"]?.integerValue == total.cacheWrite)
        // What the agent read itself agrees with what the gateway read.
        let told = try stand.events("usage.recorded").filter { $0["data"]?["counted"]?.boolValue == false }
        #expect(
            told.compactMap { $0["data"]?["outputTokens"]?.integerValue }.reduce(0, +) == total.output)
    }

    @Test(
        "without a key, without the gateway, or with a provider nobody knows, it is refused before the start")
    func refused() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        for (agent, more, status, words) in [
            ("api:anthropic/m", [:], Int32(4), "there is no key for `anthropic`"),
            ("api:antropic/m", ["OPENAI_API_KEY": "k"], 2, "did you mean `anthropic`?"),
            (
                "api:openai/m", ["OPENAI_API_KEY": "k", "COORD_GATEWAY": "off"], 2,
                "needs the gateway, which is off"
            ),
            ("api:openai", [:], 2, "there is no agent `api:openai`"),
        ] {
            let answer = try stand.coord(["run", mission, "--agent", agent], with: more)
            #expect(answer.status == status && answer.speech.contains(words), "\(answer)")
        }
    }

    @Test("a skill that it finds in the middle of its task is among its tools from the next turn on")
    func findsSkills() throws {
        let stand = try Stand(files: [
            ".coord/skills/shop/print-invoice.skill.json": """
            { "id": "print-invoice", "description": "Prints the invoice of a customer.",
              "triggerExamples": ["Print an invoice", "Invoice as PDF", "Send the bill", "Bill them", "Invoices"],
              "parameters": { "type": "object", "required": ["customer"],
                "properties": { "customer": { "type": "string" } } },
              "handler": { "command": ["printf", "%s owes 7", "{{customer}}"] } }
            """
        ])
        let provider = try ScriptedProvider(part: { _, body in
            let text = String(decoding: body, as: UTF8.self)
            if text.contains("Ada owes 7") { return [.text("Ada owes seven.")] }
            if text.contains(#""name":"print-invoice""#) {
                return [.use(tool: "print-invoice", arguments: #"{"customer":"Ada"}"#)]
            }
            return [.use(tool: "discover_skills", arguments: #"{"query":"print the invoice of a customer"}"#)]
        })
        defer { provider.stop() }
        try configure(stand, provider)
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"look\", \"prompt\": \"Xyzzy\", \"role\": \"tech-lead\" } ]")
        let answer = try stand.coord(
            ["run", mission, "--agent", "api:anthropic/claude-haiku-4-5"], with: Self.keys)
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.stage("look") == "completed")
        #expect(provider.served.count == 3)
        let used = try stand.events("tool.started").compactMap { $0["data"]?["name"]?.stringValue }
        #expect(used == ["discover_skills", "print-invoice"], "\(used)")
    }

    @Test("when its worker is killed, the next attempt goes on in the same conversation")
    func workerKilled() throws {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        try stand.write(
            "hold.sh", "echo $$ > '\(stand.root)/pids'\nread line < '\(stand.root)/never'\n")
        let never = try Fifo(stand.root + "/never")
        defer { withExtendedLifetime(never) {} }
        try stand.write(
            stand.project + "/.coord/skills/shop/print-invoice.skill.json",
            """
            { "id": "print-invoice", "description": "Prints the invoice of a customer.",
              "triggerExamples": ["Print an invoice", "Invoice as PDF", "Send the bill", "Bill them", "Invoices"],
              "parameters": { "type": "object", "properties": { "customer": { "type": "string" } } },
              "handler": { "command": ["/bin/sh", "\(stand.root)/hold.sh"] } }
            """)
        let provider = try ScriptedProvider(part: { _, body in
            let text = String(decoding: body, as: UTF8.self)
            if text.contains("may have done its work or not") { return [.text("I went on.")] }
            if text.contains(#""name":"print-invoice""#) {
                return [
                    .text("Now I print."), .use(tool: "print-invoice", arguments: #"{"customer":"Ada"}"#),
                ]
            }
            return [.use(tool: "discover_skills", arguments: #"{"query":"print the invoice of a customer"}"#)]
        })
        defer { provider.stop() }
        try configure(stand, provider)
        let mission = try stand.mission(
            "\"tasks\": [ { \"id\": \"look\", \"prompt\": \"Xyzzy\", \"role\": \"tech-lead\" } ]")
        let run = try stand.start(
            ["run", mission, "--agent", "api:openai/gpt-5-mini"], with: Self.keys)
        let tool = try ProcessWatch(pids.line())
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        let pid = try #require(workers.first { $0["task"] == "look" }?["pid"]?.integerValue)
        ProcessWatch(Int32(pid)).signal(SIGKILL)
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(tool.hasEnded())
        #expect(try stand.task("look")["attempt"]?.integerValue == 2)
        #expect(try stand.events("session.began").count == 1)
        let last = try #require(provider.served.last).request
        #expect(String(decoding: last, as: UTF8.self).contains("Now I print."))
        let folder = stand.project + "/.coord/state/conversations"
        let runFolder = try #require(Files.list(folder).first)
        let file = try #require(Files.list("\(folder)/\(runFolder)/look").first)
        #expect(Files.permissions("\(folder)/\(runFolder)/look/\(file)") == 0o600)
        #expect(try stand.read("\(folder)/\(runFolder)/look/\(file)").contains("I went on."))
    }

    @Test("an answer that is none ends the attempt, and is told as what it is")
    func unanswered() throws {
        let stand = try Stand()
        let provider = try ScriptedProvider(mood: { _ in .init(404) })
        defer { provider.stop() }
        try configure(stand, provider)
        let mission = try stand.mission(
            "\"limits\": { \"maxAttempts\": 1 }, \"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let answer = try stand.coord(["run", mission, "--agent", "api:openai/gpt-5-mini"], with: Self.keys)
        #expect(answer.status == 1, "\(answer)")
        let ended = try stand.events("attempt.ended").last
        #expect(ended?["data"]?.text.contains("other") ?? false, "\(ended?.text ?? "")")
    }
}
