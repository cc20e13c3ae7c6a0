import CoordJSON
import CoordModel
import CoordProcess
import CoordScriptedModel
import CoordSystem
import Synchronization
import Testing

/// Agents here are a few lines of Python: they call a model as every client does, by address and key of their
/// environment.
@Suite("The model gateway in a run", .enabled(if: Executables.find("python3") != nil))
struct GatewayTests {
    private static let key = "sk-real-5551234567"

    private static let agent = """
        python3 - <<'END'
        import json, os, urllib.request
        url, key = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"]
        said = b""
        for turn in range(3):
            body = {"model": "claude-sonnet-5-5", "max_tokens": 200, "stream": True, "messages":
                    [{"role": "user", "content": os.environ["COORD_TASK"] + " turn %d" % turn}]}
            request = urllib.request.Request(url + "/v1/messages", json.dumps(body).encode(),
                                             {"x-api-key": key, "content-type": "application/json"})
            said += urllib.request.urlopen(request, timeout=60).read()
        with open(os.environ["COORD_TASK"] + ".txt", "w") as out:
            out.write(repr(sorted(os.environ.items())) + repr(said))
        END
        echo '{"coord":"usage","model":"claude-sonnet-5-5","inputTokens":5,"outputTokens":5,"id":"'$COORD_TASK'"}'
        """

    private func mission(_ stand: Stand, tasks: Int, _ limits: String = "\"maxConcurrency\": 3") throws
        -> String
    {
        let list = (1...tasks).map { "{ \"id\": \"t\($0)\", \"prompt\": \"x\" }" }.joined(separator: ", ")
        return try stand.mission("\"limits\": { \(limits) }, \"tasks\": [ \(list) ]")
    }

    private func configure(_ stand: Stand, _ provider: ScriptedProvider) throws {
        try stand.write(
            "config/coord/gateway.json",
            "{ \"providers\": { \"anthropic\": { \"base\": \"\(provider.address)\" } } }")
    }

    @Test(
        "tasks land through a storm of refusals, usage is the provider's to the token, no agent sees the key")
    func storm() throws {
        let stand = try Stand()
        let provider = try ScriptedProvider { number in
            [2, 3, 5, 9].contains(number) ? .init(429, retryAfterMilliseconds: 40) : nil
        }
        defer { provider.stop() }
        try configure(stand, provider)
        let answer = try stand.coord(
            ["run", try mission(stand, tasks: 4), "--agent", try stand.agent(Self.agent)],
            with: ["ANTHROPIC_API_KEY": Self.key])
        #expect(answer.status == 0, "\(answer)")
        let served = provider.served
        #expect(served.count == 12)
        #expect(served.allSatisfy { $0.key == Self.key })
        #expect(try stand.events("task.landed").count == 4)
        #expect(try stand.events("task.retryable").isEmpty)
        #expect(try !stand.events("rate.limited").isEmpty)
        // Money and tokens are those of the provider; what the agents said themselves is kept beside.
        let total = served.reduce(TokenCounts.zero) { $0 + $1.tokens }
        let cost = try stand.document("cost")
        #expect(cost["tokens"]?["input"]?.integerValue == total.input, "\(cost)")
        #expect(cost["tokens"]?["output"]?.integerValue == total.output)
        #expect(cost["tokens"]?["cacheRead"]?.integerValue == total.cacheRead)
        #expect(cost["tokens"]?["cacheWrite"]?.integerValue == total.cacheWrite)
        let usages = try stand.events("usage.recorded")
        #expect(usages.filter { $0["data"]?["source"]?.stringValue == "gateway" }.count == 12)
        #expect(usages.filter { $0["data"]?["counted"]?.boolValue == false }.count == 4)
        for task in 1...4 {
            let seen = try stand.git("show", "main:t\(task).txt")
            #expect(seen.contains("message_stop") && !seen.contains(Self.key))
        }
    }

    @Test("a budget stops the run before a call would pass it, at the server that the environment names")
    func budget() throws {
        let stand = try Stand()
        let provider = try ScriptedProvider()
        defer { provider.stop() }
        // Each call may cost 0.0022 dollars and costs about a tenth.
        let answer = try stand.coord(
            [
                "run",
                try mission(
                    stand, tasks: 12, "\"maxConcurrency\": 4, \"budgetUSD\": 0.004, \"maxAttempts\": 1"),
                "--agent", try stand.agent(Self.agent),
            ], with: ["ANTHROPIC_API_KEY": Self.key, "ANTHROPIC_BASE_URL": provider.address + "/"])
        #expect(!provider.served.isEmpty)
        #expect(answer.status == 5, "\(answer)")
        let cost = try stand.document("cost")
        let spent = cost["totalUSD"]?.doubleValue ?? 1
        #expect(spent > 0.0015 && spent <= 0.004, "\(cost)")
    }
}
