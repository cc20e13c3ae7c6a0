import CoordGateway
import CoordHTTP
import CoordModel
import CoordScriptedModel
import Synchronization
import Testing

@Suite("Model gateway")
struct GatewayTests {
    private static let key = "sk-real-0123456789"

    /// Keeps the key in a file of its own for the length of a test.
    private func withProvider(
        _ provider: ScriptedProvider, _ body: (GatewayConfiguration) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.key + "\n", to: "key", permissions: 0o600)
        try await body(
            GatewayConfiguration(providers: [
                Provider(
                    name: "anthropic", base: provider.address, style: .anthropic, keyNames: [],
                    keyFile: folder.path + "/key")
            ]))
        provider.stop()
    }

    private func request(_ client: Int, _ turn: Int) -> [UInt8] {
        Array(
            (#"{"model":"test-model","stream":true,"max_tokens":64,"messages":[{"role":"user","content":"#
                + "\"client \(client) turn \(turn) \(String(repeating: "x", count: client * 100))\"}]}").utf8)
    }

    private func post(_ client: TestClient, _ address: String, _ body: [UInt8]) async -> TestClient.Reply {
        await client.post(
            address + "/v1/messages?beta=true", body,
            headers: [
                HTTPHeader("x-api-key", "dummy"), HTTPHeader("content-type", "application/json"),
                HTTPHeader("anthropic-version", "2023-06-01"),
            ])
    }

    /// Each client makes its calls one after the other, all clients at once.
    private func storm(
        _ stand: GatewayStand, clients: Int, turns: Int
    ) async throws -> [(request: [UInt8], reply: TestClient.Reply)] {
        let client = try TestClient()
        return await withTaskGroup(of: [(request: [UInt8], reply: TestClient.Reply)].self) { group in
            for number in 0..<clients {
                group.addTask {
                    var seen: [(request: [UInt8], reply: TestClient.Reply)] = []
                    for turn in 0..<turns {
                        let body = request(number, turn)
                        seen.append((body, await post(client, stand.address(number), body)))
                    }
                    return seen
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test(
        "sixteen agents at once: every byte passes, usage is the provider's to the token, the key stays here")
    func sixteenAgents() async throws {
        let provider = try ScriptedProvider()
        try await withProvider(provider) { configuration in
            let stand = try GatewayStand(configuration)
            let seen = try await storm(stand, clients: 16, turns: 5)
            stand.stop()
            let served = provider.served
            #expect(served.count == 80)
            #expect(Set(served.map(\.key)) == [Self.key])
            // What the provider got is what the agents sent, and what they got is what it sent.
            #expect(Set(served.map(\.request)) == Set(seen.map(\.request)))
            let answers = Dictionary(uniqueKeysWithValues: served.map { ($0.request, $0.answer) })
            for (request, reply) in seen {
                #expect(reply.status == 200 && reply.failure == nil)
                #expect(reply.body == answers[request])
                #expect(!String(describing: reply).contains(Self.key))
            }
            let total = served.reduce(TokenCounts.zero) { $0 + $1.tokens }
            #expect(stand.result.usages.reduce(TokenCounts.zero) { $0 + $1.tokens } == total)
            #expect(stand.result.usages.allSatisfy { !$0.isEstimated && $0.model == "test-model" })
        }
    }

    @Test("a storm of refusals is one pause after the other for everybody, and no agent sees any of it")
    func refusalStorm() async throws {
        let count = Mutex(0)
        let provider = try ScriptedProvider { number in
            let isFirst = count.withLock { seen in
                seen = max(seen, number)
                return number <= 12
            }
            guard isFirst else { return number % 17 == 0 ? .init(529) : nil }
            return .init(429, retryAfterMilliseconds: 30)
        }
        try await withProvider(provider) { configuration in
            let stand = try GatewayStand(configuration)
            let seen = try await storm(stand, clients: 16, turns: 3)
            stand.stop()
            #expect(seen.count == 48)
            #expect(seen.allSatisfy { $0.reply.status == 200 && $0.reply.failure == nil })
            #expect(stand.result.usages.count == 48)
            #expect(stand.result.pauses >= 1)
        }
    }

    @Test("a refused key holds the calls, and with a good one they are answered")
    func refusedKey() async throws {
        let provider = try ScriptedProvider { $0 <= 1 ? .init(401) : nil }
        try await withProvider(provider) { configuration in
            let stand = try GatewayStand(configuration)
            let seen = try await storm(stand, clients: 2, turns: 1)
            stand.stop()
            #expect(seen.allSatisfy { $0.reply.status == 200 })
            #expect(stand.result.pauses == 1)
        }
    }

    @Test("a budget is never overshot: what may not fit is refused before it is sent")
    func budget() async throws {
        let provider = try ScriptedProvider()
        try await withProvider(provider) { configuration in
            let budget = Money(microDollars: 20_000)
            let stand = try GatewayStand(configuration, budget: budget)
            let seen = try await storm(stand, clients: 16, turns: 6)
            stand.stop()
            let result = stand.result
            #expect(result.committedMost <= budget)
            #expect(result.spent <= budget && result.spent > .zero)
            #expect(!result.refusals.isEmpty && result.refusals.allSatisfy { $0 == 402 })
            #expect(seen.filter { $0.reply.status == 402 }.count == result.refusals.count)
            #expect(provider.served.count == result.usages.count)
        }
    }

    @Test("whoever does not know a secret, or asks for what is no model call, gets nothing")
    func strangers() async throws {
        let provider = try ScriptedProvider()
        try await withProvider(provider) { configuration in
            let stand = try GatewayStand(configuration)
            let client = try TestClient()
            let origin = "http://127.0.0.1:\(stand.port)"
            let body = request(1, 1)
            for path in [
                "/", "/v1/messages", "/w/secret-/anthropic/v1/messages",
                "/w/secret-999/anthropic/v1/messages",
                "/w/secret-1/unknown/v1/messages", "/w/secret-1/anthropic/v1/files",
                "/w/secret-1/anthropic/../../v1/messages",
            ] {
                #expect(await client.post(origin + path, body).status == 404, "\(path)")
            }
            #expect(await client.post(stand.address(1) + "/v1/messages", [0x7B]).status == 400)
            stand.stop()
            #expect(provider.served.isEmpty)
        }
    }

    @Test("a login of the agent's own passes untouched when coord has no key")
    func ownLogin() async throws {
        let provider = try ScriptedProvider()
        let stand = try GatewayStand(
            GatewayConfiguration(providers: [
                Provider(name: "anthropic", base: provider.address, style: .anthropic, keyNames: [])
            ]))
        let reply = try await post(TestClient(), stand.address(3), request(3, 1))
        stand.stop()
        #expect(reply.status == 200)
        #expect(provider.served.map(\.key) == ["dummy"])
        provider.stop()
    }
}
