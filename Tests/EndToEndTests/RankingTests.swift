import CoordJSON
import CoordModel
import CoordScriptedModel
import CoordSystem
import Testing

/// The second stage of the choice of skills in real runs: a model out of a script ranks, over the gateway.
@Suite("A model ranks the skills of a task")
struct RankingTests {
    private static let keys = ["ANTHROPIC_API_KEY": "sk-a-12345"]
    private static let model = "api:anthropic/claude-haiku-4-5"

    /// A project with twelve skills that fit the task equally well.
    private func stand(_ provider: ScriptedProvider, setting: String) throws -> Stand {
        var files = [".coord/config.json": "{ \"skillRanking\": { \(setting) } }"]
        for number in 1...12 {
            files[".coord/skills/shop/frob-\(number).skill.json"] = """
                { "id": "frob-\(number)", "description": "Frobnicates gizmos of kind \(number).",
                  "handler": { "command": ["true"] } }
                """
        }
        let stand = try Stand(files: files)
        try stand.write(
            "config/coord/gateway.json",
            "{ \"providers\": { \"anthropic\": { \"base\": \"\(provider.address)\" } } }")
        return stand
    }

    /// An agent that writes down what skills it was given, and tells of usage as one does that has a login of
    /// its own.
    private static let agent = """
        grep -o '"id":"[^"]*"' "$COORD_SKILLS_FILE" > "$COORD_TASK.txt"
        echo '{"coord":"usage","model":"claude-sonnet-5-5","inputTokens":1000,"outputTokens":5,"id":"own"}'
        """

    private func run(
        _ stand: Stand, limits: String = "\"maxAttempts\": 1", with more: [String: String] = keys
    )
        throws -> (answer: Answer, ranked: [JSONValue], given: String)
    {
        let mission = try stand.mission(
            """
            "limits": { \(limits) },
            "tasks": [ { "id": "a", "prompt": "Frobnicate the gizmos", "role": "backend-dev" } ]
            """)
        let answer = try stand.coord(["run", mission, "--agent", try stand.agent(Self.agent)], with: more)
        return (
            answer, try stand.events("skills.ranked").compactMap { $0["data"] },
            try stand.git("show", "main:a.txt")
        )
    }

    @Test(
        "what it names comes, in its order and with its reason; names it made up do not, and it is paid for")
    func ranks() throws {
        let provider = try ScriptedProvider(part: { _, _ in
            [
                .use(
                    tool: "rank_skills",
                    arguments:
                        #"{"skills":[{"id":"frob-9","why":"kind nine"},{"id":"rm-rf","why":"!"},"#
                        + #"{"id":"frob-4","why":"kind four"}]}"#)
            ]
        })
        defer { provider.stop() }
        let stand = try stand(provider, setting: "\"model\": \"\(Self.model)\"")
        let (answer, ranked, given) = try run(stand)
        #expect(answer.status == 0, "\(answer)")
        #expect(given == "\"id\":\"frob-9\"\n\"id\":\"frob-4\"", "\(given)")
        try #require(ranked.count == 1)
        #expect(ranked[0]["model"] == .string(Self.model) && ranked[0]["reason"] == "")
        #expect(
            ranked[0]["skills"] == [
                ["id": "frob-9", "reason": "kind nine"], ["id": "frob-4", "reason": "kind four"],
            ])
        #expect(provider.served.count == 1)
        let asked = String(decoding: provider.served[0].request, as: UTF8.self)
        #expect(asked.contains("Frobnicate the gizmos") && asked.contains("frob-12"))
        // The call is in the ledger, and so is what the agent says that it used by itself.
        let usages = try stand.events("usage.recorded").compactMap { $0["data"] }
        #expect(usages.map { $0["counted"] } == [true, true])
        #expect(usages.contains { $0["source"] == "gateway" })
        let events = try stand.coord("events")
        #expect(events.output.contains("frob-9: kind nine; frob-4: kind four"), "\(events)")
    }

    struct Silence: CustomTestStringConvertible, Sendable {
        var name: String
        var setting = "\"model\": \"\(RankingTests.model)\""
        var limits = "\"maxAttempts\": 1"
        var environment = RankingTests.keys
        var mood: @Sendable (Int) -> ScriptedProvider.Refusal? = { _ in nil }
        var says: [ScriptedProvider.Saying] = [.text("frob-9, I think.")]
        var reason: String

        var testDescription: String { name }
    }

    private static let silences = [
        Silence(name: "it talks instead of calling the tool", reason: "it did not call `rank_skills`"),
        Silence(
            name: "it answers in another shape",
            says: [.use(tool: "rank_skills", arguments: #"{"skills":7}"#)],
            reason: "its answer has no list `skills`"),
        Silence(
            name: "it names only what is not there",
            says: [.use(tool: "rank_skills", arguments: #"{"skills":[{"id":"rm-rf"}]}"#)],
            reason: "its answer names none of the 12 candidates"),
        Silence(
            name: "it calls another tool", says: [.use(tool: "bash", arguments: "{}")],
            reason: "it called `bash`, which is no tool it was given"),
        Silence(
            name: "the provider is out of order", setting: "\"model\": \"\(model)\", \"seconds\": 1",
            mood: { _ in .init(500) }, reason: "no answer within 1 s"),
        Silence(
            name: "the provider knows no such model", mood: { _ in .init(404) }, reason: "the agent failed"),
        Silence(
            name: "there is no key for its provider", setting: "\"model\": \"api:openai/gpt-5-mini\"",
            reason: "the gateway holds no key for `openai`"),
        Silence(
            name: "the gateway is off", environment: ["COORD_GATEWAY": "off"],
            reason: "the run has no model gateway"),
        Silence(
            name: "the call could cost more than there is", limits: "\"maxAttempts\": 1, \"budgetUSD\": 0.01",
            reason: "does not fit the budget"),
    ]

    @Test("without an answer the words rank, the reason is told, and the task is done", arguments: silences)
    func fallsBack(_ silence: Silence) throws {
        let provider = try ScriptedProvider(mood: silence.mood, part: { _, _ in silence.says })
        defer { provider.stop() }
        let stand = try stand(provider, setting: silence.setting)
        let (answer, ranked, given) = try run(stand, limits: silence.limits, with: silence.environment)
        #expect(answer.status == 0, "\(answer)")
        #expect(given.split(separator: "\n").count == 8, "\(given)")
        try #require(ranked.count == 1)
        #expect(ranked[0]["skills"] == [])
        #expect(
            ranked[0]["reason"]?.stringValue?.contains(silence.reason) ?? false, "\(ranked[0].text)")
    }

    @Test("`select --explain` says who ranks, and calls no model")
    func explained() throws {
        let provider = try ScriptedProvider()
        defer { provider.stop() }
        let stand = try stand(provider, setting: "\"model\": \"\(Self.model)\"")
        func explain(_ task: String) throws -> String {
            try stand.coord("skills", "select", "--task", task, "--explain").output
        }
        let many = try explain("Frobnicate the gizmos")
        #expect(
            many.contains(
                "ranked by words: this command calls no model; in a run `\(Self.model)` is asked, for 20 seconds"
            ),
            "\(many)")
        #expect(try explain("Xyzzy plugh").contains("up to 10 candidates no model is asked"))
        try stand.write(stand.project + "/.coord/config.json", "{}")
        #expect(
            try explain("Frobnicate the gizmos").contains(
                "ranked by words: `skillRanking` of .coord/config.json names no model"))
        #expect(provider.served.isEmpty)
    }
}
