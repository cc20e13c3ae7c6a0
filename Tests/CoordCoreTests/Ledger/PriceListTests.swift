import CoordCore
import CoordModel
import Testing

@Suite("Prices")
struct PriceListTests {
    private let list = PriceList(
        date: "2026-11-20", source: "test",
        entries: [
            "claude-sonnet-5-5": .init(
                price: .init(
                    input: 2_000_000, output: 10_000_000, cacheWrite: 2_500_000, cacheRead: 100_000)),
            "gpt-6-luna": .init(
                price: .init(input: 100_000, output: 500_000, cacheWrite: 125_000, cacheRead: 10_000),
                threshold: 272_000,
                above: .init(input: 200_000, output: 750_000, cacheWrite: 250_000, cacheRead: 20_000)),
            "gemini/gemini-4-argon": .init(
                price: .init(
                    input: 2_000_000, output: 10_000_000, cacheWrite: 2_000_000, cacheRead: 100_000)),
        ])

    @Test("a call costs the exact sum of its four classes, rounded up once")
    func costs() {
        let table: [(String, TokenCounts, Int64?)] = [
            ("claude-sonnet-5-5", TokenCounts(input: 12, output: 40, cacheRead: 50, cacheWrite: 3), 437),
            ("claude-sonnet-5-5", .zero, 0), ("gpt-6-luna", TokenCounts(input: 1), 1),
            ("gpt-6-luna", TokenCounts(input: 272_000, output: 1000), 27_700),
            ("gpt-6-luna", TokenCounts(input: 1, output: 1000, cacheRead: 272_000), 6191),
            ("claude-sonnet-5-5", TokenCounts(output: .max), 9_223_372_036_855),
        ]
        for (model, tokens, wanted) in table {
            #expect(list.cost(of: tokens, model: model)?.microDollars == wanted, "\(model) \(tokens)")
        }
    }

    @Test("a name is found behind a prefix, and in front of a date")
    func names() {
        for name in [
            "claude-sonnet-5-5", "anthropic/claude-sonnet-5-5", "claude-sonnet-5-5-20260901",
            "claude-sonnet-5-5-latest", "claude-sonnet-5-5[1m]", "gpt-6-luna-2026-04-23", "gemini-4-argon",
        ] {
            #expect(list.entry(of: name) != nil, "\(name)")
        }
        #expect(list.entry(of: "claude-opus-9") == nil)
    }

    @Test("a model without a price is the dearest, or none, as it is set")
    func unknownModels() {
        var list = list
        #expect(list.cost(of: TokenCounts(input: 1_000_000), model: "new")?.microDollars == 2_000_000)
        list.unknown = .refuse
        #expect(list.cost(of: TokenCounts(input: 1), model: "new") == nil)
        #expect(PriceList.none.cost(of: TokenCounts(input: 1), model: "claude-sonnet-5-5") == nil)
    }

    @Test("the most a call may cost is never below what one of its length costs")
    func mostCost() throws {
        let call = ModelCall(
            id: "c", worker: "w", provider: ProviderAccount(provider: "anthropic"),
            model: "claude-sonnet-5-5",
            requestBytes: 90_000, outputTokensMax: 32_000)
        let most = try #require(list.costMax(of: call))
        #expect(most.microDollars == 395_003)
        let dear = try #require(
            list.cost(of: TokenCounts(output: 32_000, cacheWrite: 25_000), model: call.model))
        #expect(dear <= most)
    }
}
