import CoordCore
import CoordModel
import Testing

@Suite("Who counted what")
struct UsageComparisonTests {
    private func fact(
        _ attempt: Int, _ source: UsageSource, tokens: Int64, cost: Int64, counted: Bool = true
    ) -> Fact.Body {
        .usageRecorded(
            Lease(task: "t", attempt: attempt), worker: "w", role: nil,
            Usage(model: "m", tokens: TokenCounts(input: tokens), source: source),
            cost: Money(microDollars: cost), counted: counted)
    }

    @Test("sums are kept by source, and only what differs by more than a hundredth is told")
    func differences() {
        var comparison = UsageComparison()
        for body in [
            fact(1, .gateway, tokens: 1000, cost: 5000),
            fact(1, .agent, tokens: 1010, cost: 4950, counted: false),
            fact(2, .gateway, tokens: 1000, cost: 5000),
            fact(2, .agent, tokens: 1011, cost: 5000, counted: false),
            fact(3, .agent, tokens: 70, cost: 30), fact(4, .gateway, tokens: 1, cost: 1),
        ] {
            comparison.add(body)
        }
        #expect(comparison.measured.calls == 3)
        #expect(comparison.measured.cost == Money(microDollars: 10_001))
        #expect(comparison.reported.calls == 1)
        #expect(comparison.reported.cost == Money(microDollars: 30))
        #expect(comparison.differences.map(\.lease.attempt) == [2])
    }
}
