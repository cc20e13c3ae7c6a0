import CoordCore
import CoordModel
import Testing

@Suite("Rate limiter")
struct RateLimiterTests {
    private let estimate = RateLimiter.Estimate(requests: 1, inputTokens: 100, outputTokens: 10)

    private func usage(input: Int64, output: Int64, cacheWrite: Int64 = 0) -> Usage {
        Usage(model: "m", tokens: TokenCounts(input: input, output: output, cacheWrite: cacheWrite))
    }

    @Test("without limits everything goes at once")
    func unlimited() {
        var limiter = RateLimiter(RateLimits(), at: at(0))
        limiter.reserve(estimate, for: "a", at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == nil)
    }

    @Test("the slowest of the three buckets decides")
    func slowest() {
        var limiter = RateLimiter(
            RateLimits(requestsPerMinute: 2, inputTokensPerMinute: 150, outputTokensPerMinute: 60), at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == nil)
        limiter.reserve(estimate, for: "a", at: at(0))
        // Requests: one left. Input: 50 of 100, 2.5 a second. Output: enough.
        #expect(limiter.earliest(estimate, at: at(0)) == at(20))
        limiter.reserve(estimate, for: "b", at: at(20))
        #expect(limiter.earliest(estimate, at: at(20)) == at(60))
    }

    @Test("what was reserved is settled by the first usage; later ones draw as they come")
    func settlement() {
        var limiter = RateLimiter(RateLimits(inputTokensPerMinute: 600), at: at(0))
        let all = RateLimiter.Estimate(requests: 1, inputTokens: 600, outputTokens: 0)
        limiter.reserve(all, for: "a", at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == at(10))
        limiter.settle(usage(input: 40, output: 0, cacheWrite: 10), for: "a", at: at(0))
        #expect(limiter.earliest(all, at: at(0)) == at(5))
        limiter.settle(usage(input: 1150, output: 0), for: "a", at: at(0))
        // 600 − 50 − 1150: a debt of 600.
        #expect(limiter.earliest(estimate, at: at(0)) == at(70))
    }

    @Test("what was not used is given back, once")
    func release() {
        var limiter = RateLimiter(RateLimits(requestsPerMinute: 1), at: at(0))
        limiter.reserve(estimate, for: "a", at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == at(60))
        limiter.release("a", at: at(0))
        limiter.release("a", at: at(0))
        limiter.release("b", at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == nil)
    }

    @Test("an estimate above the capacity is served alone")
    func aboveCapacity() {
        var limiter = RateLimiter(RateLimits(inputTokensPerMinute: 60), at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == nil)
        limiter.reserve(estimate, for: "a", at: at(0))
        #expect(limiter.earliest(estimate, at: at(0)) == at(100))
        limiter.settle(usage(input: 90, output: 0), for: "a", at: at(30))
        // 60 − 100 + 30 s, given back to the brim of 60, then 90 drawn: 30 owed.
        #expect(limiter.earliest(estimate, at: at(30)) == at(120))
    }

    @Test(
        "a provider's wish for a pause is believed within reason",
        arguments: [
            (nil, 30), (.seconds(5), 5), (.seconds(-5), 0), (.seconds(86_400), 900), (.zero, 0),
        ] as [(Duration?, Double)])
    func coolDown(wish: Duration?, seconds: Double) {
        var limiter = RateLimiter(RateLimits(), at: at(100))
        #expect(limiter.coolDown(for: wish, at: at(100)) == at(100 + seconds))
        #expect(limiter.earliest(estimate, at: at(100)) == (seconds > 0 ? at(100 + seconds) : nil))
        #expect(limiter.earliest(estimate, at: at(100 + seconds)) == nil)
    }

    @Test("a shorter pause does not end a longer one")
    func overlappingPauses() {
        var limiter = RateLimiter(RateLimits(), at: at(0))
        _ = limiter.coolDown(for: .seconds(60), at: at(0))
        #expect(limiter.coolDown(for: .seconds(5), at: at(10)) == at(60))
        #expect(limiter.coolDownUntil == at(60))
    }
}
