import CoordCore
import CoordModel
import Testing

@Suite("Model calls through the gateway")
struct ModelCallTests {
    /// Two dollars for a million tokens of input, ten for output.
    static let prices = PriceList(
        date: "2026-11-20", source: "test",
        entries: [
            "m": .init(
                price: .init(input: 2_000_000, output: 10_000_000, cacheWrite: 2_000_000, cacheRead: 100_000))
        ], unknown: .refuse)

    private func story(
        _ specs: [TaskSpec], workers: Int = 1, budget: Double? = nil
    ) -> Story {
        Story(specs, workers: workers) {
            $0.callsModels = true
            $0.usesGateway = true
            $0.prices = Self.prices
            $0.limits.budget = budget.map(dollars)
        }
    }

    /// A call that may cost a dollar and a bit: an answer of a hundred thousand tokens.
    private func call(_ id: CallID, _ worker: WorkerID = "w1", model: String = "m") -> ModelCall {
        ModelCall(
            id: id, worker: worker, provider: ProviderAccount(provider: "p"), model: model, requestBytes: 300,
            outputTokensMax: 100_000)
    }

    /// The same, made by coord beside the agent's work.
    private func aside(_ id: CallID) -> ModelCall {
        var call = call(id)
        call.isAside = true
        return call
    }

    private func answered(output: Int64) -> CallOutcome {
        .answered(Usage(model: "m", tokens: TokenCounts(output: output), source: .gateway), isCut: false)
    }

    private func settle(_ story: inout Story, _ id: CallID, _ outcome: CallOutcome) -> [Effect] {
        story.tell(.callSettled(id, outcome, RateHints()))
    }

    @Test("a call of a working agent goes at once, and what it used is a fact under its name")
    func granted() {
        var story = story(graph("a"), budget: 10)
        story.prepare(lease("a"))
        #expect(story.tell(.callAsked(call("c1"))) == [.grantCall("c1")])
        #expect(
            settle(&story, "c1", answered(output: 1000)) == [
                .record(
                    .usageRecorded(
                        lease("a"), worker: "w1", role: nil,
                        Usage(id: "c1", model: "m", tokens: TokenCounts(output: 1000), source: .gateway),
                        cost: dollars(0.01), counted: true))
            ])
        #expect(story.projection.run?.spent == dollars(0.01))
    }

    @Test("what an agent says of itself is kept beside what was measured, and not counted again")
    func ownFigures() {
        var story = story(graph("a", "b"))
        story.prepare(lease("a"))
        story.tell(.callAsked(call("c1")))
        let own = Usage(id: "x", model: "m", tokens: TokenCounts(output: 999), cost: dollars(0.5))
        #expect(
            facts(story.tell(.agentReported(slot: 0, lease("a"), .usage(own)))) == [
                .usageRecorded(
                    lease("a"), worker: "w1", role: nil, own, cost: dollars(0.5), counted: false)
            ])
        _ = settle(&story, "c1", answered(output: 1000))
        #expect(story.projection.run?.spent == dollars(0.01))
    }

    @Test("a call beside the agent's work is charged, and the agent's own figures count all the same")
    func besideOwnFigures() {
        var story = story(graph("a"))
        story.prepare(lease("a"))
        #expect(story.tell(.callAsked(aside("c1"))) == [.grantCall("c1")])
        _ = settle(&story, "c1", answered(output: 1000))
        let own = Usage(id: "x", model: "m", tokens: TokenCounts(output: 999), cost: dollars(0.5))
        #expect(
            facts(story.tell(.agentReported(slot: 0, lease("a"), .usage(own)))) == [
                .usageRecorded(
                    lease("a"), worker: "w1", role: nil, own, cost: dollars(0.5), counted: true)
            ])
        #expect(story.projection.run?.spent == dollars(0.51))
    }

    @Test("a call beside the agent's work that can never fit is refused, and ends nothing")
    func besideNeverFits() {
        var story = story(graph("a"), budget: 0.9)
        story.prepare(lease("a"))
        let effects = story.tell(.callAsked(aside("c1")))
        guard effects.count == 1, case .refuseCall("c1", 402, _)? = effects.first else {
            Issue.record("unexpected: \(effects)")
            return
        }
    }

    @Test("a model without a price, a worker without a task, and a run that ends are refused with the reason")
    func refused() {
        var story = story(graph("a"))
        #expect(
            story.tell(.callAsked(call("c0")))
                == [.refuseCall("c0", status: 403, reason: "the worker has no task")])
        story.prepare(lease("a"))
        #expect(
            story.tell(.callAsked(call("c1", model: "new")))
                == [.refuseCall("c1", status: 400, reason: "model `new` has no price; see `coord prices`")])
        #expect(
            story.tell(.callAsked(call("c2", "nobody")))
                == [.refuseCall("c2", status: 403, reason: "the worker has no task")])
    }

    @Test("what does not fit beside what is held waits, and goes when it is given back")
    func reservations() {
        var story = story(graph("a", "b"), workers: 2, budget: 1.5)
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        #expect(story.tell(.callAsked(call("c1"))) == [.grantCall("c1")])
        #expect(story.tell(.callAsked(call("c2", "w2"))) == [])
        #expect(acts(settle(&story, "c1", answered(output: 10))) == [.grantCall("c2")])
        #expect(acts(settle(&story, "c2", answered(output: 10))) == [])
        #expect(story.projection.run?.spent == dollars(0.0002))
    }

    @Test("a call that can never fit ends the run as its budget says")
    func neverFits() {
        var story = story(graph("a"), budget: 0.9)
        story.prepare(lease("a"))
        let effects = story.tell(.callAsked(call("c1")))
        #expect(
            effects.first
                == .refuseCall(
                    "c1", status: 402,
                    reason: "a call that may cost $1.000202 does not fit the budget of $0.90 of the run: "
                        + "$0.00 spent"))
        #expect(acts(effects).last == .cancelAttempt(slot: 0, lease("a"), reason: "the run is being stopped"))
    }

    @Test("a call that was turned away goes again after the pause, and its attempt goes on")
    func turnedAway() {
        var story = story(graph("a", "b"))
        story.prepare(lease("a"))
        story.tell(.callAsked(call("c1")))
        let until = at(30)
        let effects = settle(&story, "c1", .turnedAway(.limited, retryAfter: .seconds(30)))
        guard case .record(.rateLimited(let told, let reason))? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(told >= until && told <= until + .seconds(3))
        #expect(reason == "p asked for a pause")
        #expect(acts(story.wait(until: told)).contains(.grantCall("c1")))
        #expect(facts(settle(&story, "c1", answered(output: 1))).count == 1)
        #expect(story.projection.task("a")?.failures == 0)
    }

    @Test("an answer without figures, and every call of a gateway that died, cost what was held for them")
    func charged() {
        var story = story(graph("a"))
        story.prepare(lease("a"))
        story.tell(.callAsked(call("c1")))
        _ = settle(&story, "c1", .answered(nil, isCut: false))
        let most = Money(microDollars: 1_000_202)
        #expect(story.projection.run?.spent == most)
        story.tell(.callAsked(call("c2")))
        let effects = story.tell(.gatewayLost)
        guard case .usageRecorded(_, _, _, let usage, let cost, true)? = facts(effects).first else {
            Issue.record("\(effects)")
            return
        }
        #expect(usage.isEstimated && usage.id == "c2" && cost == most)
        // What is told of it afterwards is nobody's.
        #expect(settle(&story, "c2", answered(output: 1)) == [])
    }
}
