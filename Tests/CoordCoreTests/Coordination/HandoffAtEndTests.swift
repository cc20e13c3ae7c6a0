import CoordCore
import CoordModel
import Testing

/// Sessions that end before their task is done, and what the next one has of them.
@Suite struct `A session that cannot go on` {
    private static let quota = AgentFailure(.billing, "You've hit your limit")

    private static func vendors(_ agents: String..., change: (inout RunSettings) -> Void = { _ in }) -> Story
    {
        var story = Story(graph("a", "b"), workers: agents.count) { settings in
            settings.callsModels = true
            for (slot, agent) in agents.enumerated() { settings.slots[slot].agent = .command(agent) }
            settings.limits.maxConcurrency = 1
            change(&settings)
        }
        story.prepare(lease("a"))
        return story
    }

    private static func hasTakeHandoff(_ effects: [Effect]) -> Bool {
        effects.contains { if case .takeHandoff = $0 { true } else { false } }
    }

    private static let sheet = `A worker that hands its task over`.sheet

    // MARK: A death

    @Test func `died and left work: the next begins anew, with a document that says where the work is`() {
        var story = Story(graph("a"))
        let spec = story.projection.task("a")!.spec
        story.prepare(lease("a"))
        let died = story.tell(.workerExited(slot: 0, .signaled(9)), at: at(20))
        #expect(
            died.contains(
                .takeHandoff(slot: 0, lease("a"), afterDeath(spec, "worker lost: signal 9", at: 20))))
        let document = HandoffSheet(
            file: "r/w1.md", origin: .synthesised, remaining: ["finish"], rescue: "refs/r")
        let told = story.tell(
            .workTaken(slot: 0, lease("a"), .rescued(oid("5a"), reference: "refs/r", document: document)))
        #expect(facts(told).contains(.workRescued(lease("a"), commit: oid("5a"), reference: "refs/r")))
        #expect(facts(told).contains(.handoffPrepared(lease("a"), document)))
        #expect(story.projection.task("a")?.handoff?.state == .prepared)
        #expect(acts(story.bringUp(0)) == [.prepareWorktree(slot: 0, lease("a", 2), base: nil)])
        story.prepare(lease("a", 2))
        #expect(story.projection.task("a")?.handoff?.state == .taken)
        // Nothing is owed by one that begins anew.
        for second in stride(from: 25, through: 400, by: 5) {
            story.tell(.workerBeat(slot: 0), at: at(Double(second)))
            story.wait(until: at(Double(second)))
        }
        #expect(story.projection.task("a")?.handoff?.state == .taken)
    }

    @Test func `died after it had taken a task over: the next begins with what was handed over`() {
        var story = `A worker that hands its task over`.working()
        _ = `A worker that hands its task over`.chain(&story)
        _ = `A worker that hands its task over`.takeOver(&story)
        story.prepare(lease("a", 2))
        story.tell(.workerExited(slot: 0, .signaled(9)), at: at(20))
        let document = HandoffSheet(
            file: "r/w2.md", origin: .synthesised, remaining: ["finish"], rescue: "refs/r")
        story.tell(
            .workTaken(slot: 0, lease("a", 2), .rescued(oid("5a"), reference: "refs/r", document: document)))
        _ = story.restart()
        let effects = story.bringUp(0)
        #expect(
            acts(effects).contains(
                .continueWorktree(slot: 0, lease("a", 3), base: oid("ba5e"), content: oid("c0de"))))
    }

    @Test func `died and left nothing: nothing is handed over`() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.tell(.workerExited(slot: 0, .signaled(9)), at: at(20))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.projection.task("a")?.handoff == nil)
    }

    @Test func `died as often as a task is handed over by itself: its work is kept without a document`() {
        var story = Story(graph("a")) { $0.limits.handoff.automaticMax = 0 }
        story.prepare(lease("a"))
        #expect(!Self.hasTakeHandoff(story.tell(.workerExited(slot: 0, .signaled(9)), at: at(20))))
    }

    // MARK: An earlier run

    @Test func `of a run that is over: the next run's first session begins with what it handed over`() {
        let settings = RunSettings(slots: slots(nil))
        var machine = CoordinatorStateMachine(settings: settings, at: at(0))
        let inherited = InheritedHandoff(run: "r0", task: "a", from: "w9", sheet: Self.sheet)
        let begun = machine.start(graph("a", "b"), inherited: [inherited], at: at(0))
        #expect(facts(begun).contains(.handoffPrepared(lease("a", 0), Self.sheet)))
        _ = machine.handle(.workerStarted(slot: 0, Story.process), at: at(0))
        let ready = machine.handle(.workerReady(slot: 0), at: at(0))
        #expect(
            acts(ready) == [
                .continueWorktree(slot: 0, lease("a"), base: oid("ba5e"), content: oid("c0de"))
            ])
    }

    // MARK: Budgets

    @Test func `is out of its worker's budget: a fresh session elsewhere goes on with its work`() {
        var story = Story(graph("a"), workers: 2) { settings in
            settings.callsModels = true
            settings.slots[0].budget = dollars(1)
        }
        story.prepare(lease("a"))
        story.tell(
            .agentReported(
                slot: 0, lease("a"), .usage(Usage(id: "u", model: "m", tokens: .zero, cost: dollars(1)))))
        #expect(Self.hasTakeHandoff(story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: ""))))
        let taken = story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(facts(taken).contains(.leaseGranted(lease("a", 2), worker: "w2")))
        #expect(
            acts(taken).contains(
                .continueWorktree(slot: 1, lease("a", 2), base: oid("ba5e"), content: oid("c0de"))))
    }

    // MARK: Quotas

    @Test(arguments: [
        quota, AgentFailure(.rateLimit, "limit reached", retryAfter: .seconds(3600)),
    ])
    func `is out of its vendor's quota: another vendor's worker goes on, and nobody waits`(
        failure: AgentFailure
    ) {
        var story = Self.vendors("claude", "codex")
        let ended = story.tell(.attemptEnded(slot: 0, lease("a"), .agentFailed(failure), tail: ""))
        #expect(Self.hasTakeHandoff(ended))
        let taken = story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(facts(taken).contains(.leaseGranted(lease("a", 2), worker: "w2")))
        #expect(story.projection.task("a")?.handoff?.order.reason.contains(failure.reason) == true)
        #expect(story.projection.run?.status == .running)
        // The first vendor's worker takes nothing, the other does one after the other.
        story.prepare(lease("a", 2), on: 1)
        let done = story.end(
            lease("a", 2), on: 1, .finished, .commit(oid("c2"), base: oid("ba5e"), files: ["f"]))
        #expect(facts(done).contains(.leaseGranted(lease("b"), worker: "w2")))
    }

    @Test(arguments: [
        CallOutcome.turnedAway(.spent, retryAfter: nil),
        .turnedAway(.limited, retryAfter: .seconds(900)),
    ])
    func `waits at the gateway for a vendor without quota: another vendor's worker goes on, and nobody waits`(
        outcome: CallOutcome
    ) {
        var story = Self.vendors("claude", "codex") {
            $0.usesGateway = true
            $0.prices = ModelCallTests.prices
        }
        let call = ModelCall(
            id: "c1", worker: "w1", provider: ProviderAccount(provider: "p"), model: "m", requestBytes: 300,
            outputTokensMax: 100)
        story.tell(.callAsked(call))
        let held = story.tell(.callSettled("c1", outcome, RateHints()))
        #expect(acts(held).contains { if case .cancelAttempt(0, lease("a"), _) = $0 { true } else { false } })
        let ended = story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: ""))
        #expect(Self.hasTakeHandoff(ended))
        let taken = story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(facts(taken).contains(.leaseGranted(lease("a", 2), worker: "w2")))
        // Without another vendor the call waits, as ever.
        var alone = Self.vendors("claude") {
            $0.usesGateway = true
            $0.prices = ModelCallTests.prices
        }
        alone.tell(.callAsked(call))
        let waits = alone.tell(.callSettled("c1", outcome, RateHints()))
        #expect(facts(waits).contains { if case .rateLimited = $0 { true } else { false } })
        #expect(alone.stages.hasPrefix("a:leased"))
    }

    @Test func `is out of quota for a time: its worker takes tasks again when the time has come`() {
        var story = Self.vendors("claude", "codex") { $0.limits.maxConcurrency = 2 }
        let failure = AgentFailure(.rateLimit, "limit reached", retryAfter: .seconds(900))
        story.prepare(lease("b"), on: 1)
        story.tell(.attemptEnded(slot: 0, lease("a"), .agentFailed(failure), tail: ""))
        story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(story.stages == "a:ready b:leased")
        story.ask(.addTask(task("c")))
        for second in stride(from: 5, to: 900, by: 5) {
            story.tell(.workerBeat(slot: 0), at: at(Double(second)))
            story.tell(.workerBeat(slot: 1))
            story.wait(until: at(Double(second)))
        }
        #expect(story.stages == "a:ready b:leased c:ready")
        let back = story.tell(.elapsed, at: at(900))
        #expect(facts(back).contains(.leaseGranted(lease("c"), worker: "w1")))
    }

    @Test func `is out of quota with no other vendor in the team: a person is asked, as ever`() {
        var story = Self.vendors("claude", "claude")
        story.tell(.attemptEnded(slot: 0, lease("a"), .agentFailed(Self.quota), tail: ""))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.projection.run?.status == .paused)
        #expect(story.projection.task("a")?.handoff == nil)
    }

    @Test func `of the last vendor with quota ends: a person is asked, and then all try again`() {
        var story = Self.vendors("claude", "codex")
        story.tell(.attemptEnded(slot: 0, lease("a"), .agentFailed(Self.quota), tail: ""))
        story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        story.prepare(lease("a", 2), on: 1)
        story.tell(.attemptEnded(slot: 1, lease("a", 2), .agentFailed(Self.quota), tail: ""))
        story.tell(.workTaken(slot: 1, lease("a", 2), .nothing))
        #expect(story.projection.run?.status == .paused)
        story.ask(.resume)
        #expect(story.projection.run?.status == .running)
    }
}
