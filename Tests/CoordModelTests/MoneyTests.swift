import CoordModel
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "micro-dollars are shown as dollars with two to six decimals",
        arguments: [
            (0, "0.00"), (1, "0.000001"), (125, "0.000125"), (10_000, "0.01"), (100_000, "0.10"),
            (1_250_000, "1.25"), (1_250_001, "1.250001"), (20_000_000, "20.00"), (-500_000, "-0.50"),
            (-1, "-0.000001"), (.max, "9223372036854.775807"), (.min, "-9223372036854.775808"),
        ] as [(Int64, String)])
    func decimal(_ microDollars: Int64, _ text: String) {
        #expect(Money(microDollars: microDollars).decimal == text)
        #expect(Money(microDollars: microDollars).description == "$" + text)
    }

    @Test(
        "a number of dollars becomes the nearest whole micro-dollar",
        arguments: [
            (0, 0), (-0.0, 0), (0.1, 100_000), (0.000_000_4, 0), (0.000_000_6, 1), (1.005, 1_005_000),
            (1e9, 1_000_000_000_000_000),
        ] as [(Double, Int64)])
    func dollars(_ dollars: Double, _ microDollars: Int64) {
        #expect(Money(dollars: dollars) == Money(microDollars: microDollars))
    }

    @Test(
        "what is no amount of money is refused",
        arguments: [-0.01, 1.000_001e9, .infinity, -.infinity, .nan] as [Double])
    func refused(_ dollars: Double) {
        #expect(Money(dollars: dollars) == nil)
    }

    @Test("a thousand tenths of a cent are exactly a dollar")
    func exact() {
        var sum = Money.zero
        for _ in 0..<1000 { sum += Money(dollars: 0.001)! }
        #expect(sum == Money(microDollars: 1_000_000))
        sum -= Money(microDollars: 1)
        #expect(sum < Money(microDollars: 1_000_000))
        #expect(sum + Money(microDollars: 2) - sum == Money(microDollars: 2))
    }

    @Test("tokens are added class by class")
    func tokens() {
        var sum = TokenCounts(input: 1, output: 2, cacheRead: 3, cacheWrite: 4)
        sum += TokenCounts(input: 10, cacheWrite: 40)
        #expect(sum == TokenCounts(input: 11, output: 2, cacheRead: 3, cacheWrite: 44))
        #expect(sum.total == 60)
        #expect(TokenCounts.zero.total == 0)
    }
}
