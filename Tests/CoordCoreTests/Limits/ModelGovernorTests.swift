import CoordCore
import CoordModel
import Testing

@Suite("Model governor")
struct ModelGovernorTests {
    private let t0 = Timestamp(milliseconds: 1_000_000)
    private let anthropic = ProviderAccount(provider: "anthropic")

    private func call(_ id: String, _ worker: WorkerID = "w-1", bytes: Int = 900) -> ModelCall {
        ModelCall(
            id: CallID(id), worker: worker, provider: anthropic, model: "m", requestBytes: bytes,
            outputTokensMax: 500)
    }

    private func governor(_ limits: RateLimits = RateLimits()) -> ModelGovernor {
        ModelGovernor(limits, seed: 7)
    }

    /// The names of the calls that may go now.
    private func granted(_ governor: inout ModelGovernor, at now: Timestamp) -> [String] {
        var names: [String] = []
        while case .grant(let call)? = governor.next(at: now, room: { _ in .enough }) {
            names.append(call.id.rawValue)
        }
        return names
    }

    private func answered(input: Int64 = 300, output: Int64 = 100) -> CallOutcome {
        .answered(
            Usage(model: "m", tokens: TokenCounts(input: input, output: output), source: .gateway),
            isCut: false)
    }

    @Test("without a limit everything goes at once, in the order of asking")
    func noLimits() {
        var governor = governor()
        for id in ["c1", "c2", "c3"] { governor.ask(call(id), priority: 0, at: t0) }
        #expect(granted(&governor, at: t0) == ["c1", "c2", "c3"])
        #expect(governor.nextDeadline == nil)
    }

    @Test("the higher priority goes first, and among equals the earlier; the newest never overtakes")
    func priorities() {
        var governor = governor(RateLimits(requestsPerMinute: 60))
        for number in 0..<60 { governor.ask(call("first-\(number)"), priority: 0, at: t0) }
        #expect(granted(&governor, at: t0).count == 60)
        governor.ask(call("a"), priority: 0, at: t0)
        governor.ask(call("b"), priority: 0, at: t0)
        governor.ask(call("urgent"), priority: 5, at: t0)
        var order: [String] = []
        for second in 1...3 { order += granted(&governor, at: t0 + .seconds(second)) }
        #expect(order == ["urgent", "a", "b"])
    }

    @Test("a call bigger than the bucket is held until the bucket is full, then served alone")
    func tooBig() {
        var governor = governor(RateLimits(inputTokensPerMinute: 600))
        governor.ask(call("big", bytes: 90_000), priority: 0, at: t0)
        governor.ask(call("small"), priority: 0, at: t0)
        #expect(granted(&governor, at: t0) == ["big"])
        #expect(granted(&governor, at: t0 + .seconds(60)).isEmpty)
        _ = governor.settle("big", answered(input: 600), at: t0 + .seconds(61))
        // What was drawn too much came back: the small one has its turn in a minute at most.
        #expect(granted(&governor, at: t0 + .seconds(121)) == ["small"])
    }

    @Test("behind a pause a call gets its tokens together, however often it is looked for meanwhile")
    func probeFillsUp() {
        var governor = governor()
        governor.ask(call("c1", bytes: 90_000), priority: 0, at: t0)
        #expect(granted(&governor, at: t0) == ["c1"])
        governor.learn(RateHints(inputTokensPerMinute: 400_000, inputTokensLeft: 398_000), from: "c1", at: t0)
        _ = governor.settle("c1", .turnedAway(.limited, retryAfter: .seconds(1)), at: t0)
        // Some 27,000 tokens of 400,000 a minute: four seconds, looked at a hundred times.
        var names: [String] = []
        for step in 1...100 { names += granted(&governor, at: t0 + .milliseconds(100 * step)) }
        #expect(names == ["c1"])
    }

    @Test("what a provider says of its limits is kept, and never loosens the run's own")
    func learning() {
        var governor = governor(RateLimits(requestsPerMinute: 120))
        governor.ask(call("c0"), priority: 0, at: t0)
        _ = granted(&governor, at: t0)
        governor.learn(RateHints(requestsPerMinute: 6000, requestsLeft: 2), from: "c0", at: t0)
        for number in 1...5 { governor.ask(call("c\(number)"), priority: 0, at: t0) }
        #expect(granted(&governor, at: t0) == ["c1", "c2"])
        #expect(granted(&governor, at: t0 + .milliseconds(500)) == ["c3"])
    }

    @Test("one refusal pauses everybody once; then one probe, then twice as many with each answer")
    func pauseProbeRamp() throws {
        var governor = governor()
        for number in 0..<40 {
            governor.ask(call("c\(number)", WorkerID("w-\(number)")), priority: 0, at: t0)
        }
        #expect(granted(&governor, at: t0).count == 40)
        let told = governor.settle("c0", .turnedAway(.limited, retryAfter: .seconds(30)), at: t0)
        let pause = try #require(told)
        #expect(pause.until >= t0 + .seconds(30) && pause.until <= t0 + .seconds(33))
        #expect(pause.reason == "anthropic asked for a pause")
        for number in 1..<40 {
            let again = governor.settle(
                CallID("c\(number)"), .turnedAway(.limited, retryAfter: .seconds(29)), at: t0)
            #expect(again == nil)
        }
        #expect(governor.nextDeadline == pause.until)
        #expect(granted(&governor, at: pause.until + .milliseconds(-1)).isEmpty)
        // The probe is whoever asked first.
        #expect(granted(&governor, at: pause.until) == ["c0"])
        _ = governor.settle("c0", answered(), at: pause.until + .seconds(1))
        var window = 2
        var left = 39
        var now = pause.until + .seconds(1)
        while left > 0 {
            let names = granted(&governor, at: now)
            #expect(names.count == min(window, left))
            left -= names.count
            now = now + .seconds(1)
            for name in names { _ = governor.settle(CallID(name), answered(), at: now) }
            for _ in names { window *= 2 }
        }
    }

    @Test("however odd the wish for a pause, it is kept between nothing and fifteen minutes")
    func oddWishes() throws {
        for (wish, least, most) in [(-1, 0, 1), (0, 0, 1), (1_000_000_000, 900, 904), (30, 30, 34)] {
            var governor = governor()
            governor.ask(call("c"), priority: 0, at: t0)
            _ = granted(&governor, at: t0)
            let told = governor.settle("c", .turnedAway(.limited, retryAfter: .seconds(wish)), at: t0)
            let pause = try #require(told)
            #expect(pause.until >= t0 + .seconds(least) && pause.until <= t0 + .seconds(most), "\(wish)")
        }
    }

    @Test("a single fault delays its own call; three in a row open the breaker for everybody")
    func breaker() {
        var governor = governor()
        for id in ["a", "b", "c"] { governor.ask(call(id), priority: 0, at: t0) }
        _ = granted(&governor, at: t0)
        #expect(governor.settle("a", .turnedAway(.broken, retryAfter: nil), at: t0) == nil)
        governor.ask(call("d"), priority: 0, at: t0)
        #expect(granted(&governor, at: t0).contains("d"))
        #expect(governor.settle("b", .turnedAway(.unreachable, retryAfter: nil), at: t0) == nil)
        let pause = governor.settle("c", .turnedAway(.broken, retryAfter: nil), at: t0)
        #expect(pause != nil)
        #expect(granted(&governor, at: t0).isEmpty)
    }

    @Test("in an outage of ten minutes nobody is refused, and work goes on within ten seconds of its end")
    func outage() {
        var governor = governor()
        for number in 0..<16 {
            governor.ask(call("c\(number)", WorkerID("w-\(number)")), priority: 0, at: t0)
        }
        let end = t0 + .seconds(600)
        var now = t0
        var done = 0
        var probes = 0
        while done < 16, now < end + .seconds(30) {
            while let decision = governor.next(at: now, room: { _ in .enough }) {
                guard case .grant(let call) = decision else { Issue.record("\(decision)"); return }
                if now < end {
                    probes += 1
                    _ = governor.settle(call.id, .turnedAway(.overloaded, retryAfter: nil), at: now)
                } else {
                    #expect(now <= end + .seconds(10))
                    _ = governor.settle(call.id, answered(), at: now)
                    done += 1
                }
            }
            now = governor.nextDeadline ?? now + .seconds(1)
        }
        #expect(done == 16)
        #expect(probes > 60 && probes < 700)
    }

    @Test("the call of a client that is gone is not sent; a probe that is abandoned makes room for another")
    func withdrawal() throws {
        var governor = governor()
        for id in ["a", "b"] { governor.ask(call(id), priority: 0, at: t0) }
        _ = granted(&governor, at: t0)
        let told = governor.settle("a", .turnedAway(.limited, retryAfter: .zero), at: t0)
        let pause = try #require(told)
        _ = governor.settle("b", .turnedAway(.limited, retryAfter: nil), at: t0)
        #expect(granted(&governor, at: pause.until) == ["a"])
        #expect(governor.settle("a", .abandoned, at: pause.until) == nil)
        #expect(granted(&governor, at: pause.until) == ["b"])
        governor.ask(call("c"), priority: 0, at: pause.until)
        governor.withdraw("c")
        #expect(governor.settle("b", answered(), at: pause.until) == nil)
        #expect(granted(&governor, at: pause.until).isEmpty)
        #expect(governor.counts == (waiting: 0, granted: 0))
    }

    @Test("what does not fit the budget now waits, others pass it, and what never fits is refused")
    func money() {
        var governor = governor()
        for id in ["later", "never", "fits"] { governor.ask(call(id), priority: 0, at: t0) }
        var decisions: [ModelGovernor.Decision] = []
        while let next = governor.next(
            at: t0,
            room: {
                switch $0.id {
                case "later": .later
                case "never": .none(.task, reason: "too dear")
                default: .enough
                }
            })
        {
            decisions.append(next)
        }
        #expect(
            decisions == [
                .refuse(call("never"), status: 402, reason: "too dear", .task), .grant(call("fits")),
            ])
    }

    @Test("one that is held for longer than its client waits is refused")
    func holdLimit() {
        var governor = ModelGovernor(RateLimits(requestsPerMinute: 1), holdMax: .seconds(50), seed: 1)
        for id in ["a", "b"] { governor.ask(call(id), priority: 0, at: t0) }
        #expect(granted(&governor, at: t0) == ["a"])
        let due = governor.nextDeadline ?? t0
        #expect(due == t0 + .milliseconds(50_001))
        #expect(
            governor.next(at: due, room: { _ in .enough })
                == .refuse(call("b"), status: 503, reason: "anthropic took no request for too long", nil))
    }
}
