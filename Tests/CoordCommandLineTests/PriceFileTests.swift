import CoordCommandLine
import CoordCore
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem
import Testing

@Suite("Price files")
struct PriceFileTests {
    private func read(_ text: String) throws -> PriceList {
        let folder = try Files.temporaryFolder(prefix: "coord-prices-")
        // The folder of a test that failed to go away harms nobody.
        defer { try? Files.removeTree(folder) }
        try Files.write(Array(text.utf8), to: folder + "/prices.json")
        return try PriceFile.read(folder + "/prices.json")
    }

    @Test("both shapes tell how much a model's context holds, and coord's own is read as it is written")
    func windows() throws {
        let own = try read(
            #"{"schema":"coord.prices/1","models":{"a":{"input":1,"output":2,"window":200000},"b":{"input":1,"output":2}}}"#
        )
        #expect(own.entry(of: "a")?.window == 200_000)
        #expect(own.entry(of: "b")?.window == nil)
        #expect(try read(PriceFile.document(own).prettyText).entries == own.entries)
        let published = try read(
            #"{"c":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6,"max_input_tokens":922000}}"#)
        #expect(published.entry(of: "c")?.window == 922_000)
    }

    @Test("a window that is no number of tokens is refused", arguments: ["0", "-1", "\"big\"", "null"])
    func badWindow(value: String) {
        #expect(throws: PriceFile.Problem.self) {
            try read(
                #"{"schema":"coord.prices/1","models":{"a":{"input":1,"output":2,"window":\#(value)}}}"#)
        }
    }

    @Test("every shipped model has a window")
    func shipped() throws {
        let list = try PriceFile.standard(userFolder: nil, shipped: ShippedFiles.folder())
        #expect(list.entries.filter { $0.value.window == nil }.keys.sorted() == [])
    }

    /// As `api:` agents, routers and clouds name them, and the shipped entry each must find.
    private static let names = [
        ("anthropic/claude-haiku-4-5", "claude-haiku-4-5"),
        ("anthropic/claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("openrouter/anthropic/claude-haiku-4.5", "claude-haiku-4-5"),
        ("anthropic/claude-sonnet-5-5[1m]", "claude-sonnet-5-5"),
        ("bedrock/us.anthropic.claude-sonnet-4-6-20260101-v1:0", "claude-sonnet-4-6"),
        ("vertex_ai/claude-opus-5-5@20260901", "claude-opus-5-5"),
        ("anthropic/claude-opus-5-5-latest", "claude-opus-5-5"),
        ("openai/gpt-5.5", "gpt-5.5"), ("openai/gpt-5.5-2026-04-23", "gpt-5.5"),
        ("openai/gpt-6.1-sol", "gpt-6.1-sol"), ("azure/gpt-5.3-codex", "gpt-5.3-codex"),
        ("gemini/gemini-3.8-flash", "gemini/gemini-3.8-flash"),
        ("google/models/gemini-3.8-flash", "gemini/gemini-3.8-flash"),
        ("gemini-3.1-pro-preview", "gemini/gemini-3.1-pro-preview"),
        ("mistral/mistral-medium-3.5", "mistral/mistral-medium-3.5"),
        ("moonshot/kimi-k3", "moonshot/kimi-k3"), ("moonshotai/kimi-k3:free", "moonshot/kimi-k3"),
        ("deepseek/deepseek-v4-pro", "deepseek/deepseek-v4-pro"),
    ]

    @Test("a shipped model is found by the names that providers and routers give it", arguments: names)
    func found(name: String, key: String) throws {
        let list = try PriceFile.standard(userFolder: nil, shipped: ShippedFiles.folder())
        let wanted = try #require(list.entries[key])
        #expect(list.entry(of: name) == wanted)
    }

    @Test(
        "a name that only looks like one of the list is not in it",
        arguments: [
            "openai/gpt-5.5-mini", "openai/gpt-6", "anthropic/claude-haiku", "claude", "", "/", "anthropic/",
            "gemini/gemini-3.8", "haiku-4-5", "gpt-5.5codex", "20251001", "latest",
        ])
    func notFound(name: String) throws {
        var list = try PriceFile.standard(userFolder: nil, shipped: ShippedFiles.folder())
        #expect(list.entry(of: name) == nil)
        // Priced like the dearest of all, or not called, as the list says.
        let call = ModelCall(
            id: "c", worker: "w", provider: ProviderAccount(provider: "p"), model: name, requestBytes: 3000)
        let most = try #require(list.costMax(of: call))
        #expect(
            list.entries.keys.allSatisfy { key in
                var known = call
                known.model = key
                return list.costMax(of: known).map { $0 <= most } ?? false
            })
        list.unknown = .refuse
        #expect(list.costMax(of: call) == nil)
    }
}
