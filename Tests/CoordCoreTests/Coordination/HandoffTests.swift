import CoordCore
import CoordModel
import Testing

/// Handing a task over: the chain, its failures, what a new session begins with.
@Suite struct `A worker that hands its task over` {
    static let order = HandoffOrder(reason: "asked for by a person")
    static let sheet = HandoffSheet(
        file: "r/w1.md", origin: .synthesised, commit: oid("c0de"), base: oid("ba5e"), files: 2,
        remaining: ["Wire the parser into main"], confirmed: 1)

    /// A session that works on `a` at w1.
    static func working(_ workers: Int = 1, _ change: (inout RunSettings) -> Void = { _ in }) -> Story {
        var story = Story(graph("a"), workers: workers, change)
        story.prepare(lease("a"))
        return story
    }

    /// The chain up to the taking over, from the agent's answer that it cannot be asked.
    static func chain(_ story: inout Story, _ order: HandoffOrder = order) -> [Effect] {
        _ = story.ask(.handOff("w1", order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false)))
        story.tell(.handoffStepEnded(slot: 0, lease("a"), .write, .done("x.md")))
        var effects = story.tell(.handoffStepEnded(slot: 0, lease("a"), .commit, .done("c")))
        if order.push { effects = story.tell(.handoffStepEnded(slot: 0, lease("a"), .push, .done("p"))) }
        return effects
    }

    static func takeOver(_ story: inout Story, _ sheet: HandoffSheet = sheet) -> [Effect] {
        story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: ""))
        return story.tell(.workTaken(slot: 0, lease("a"), .handedOff(sheet)))
    }

    @Test func `goes through five steps, each a fact, and a fresh session goes on with the commit`() {
        var story = Self.working()
        #expect(story.ask(.handOff("w1", Self.order)).isAccepted)
        let written = story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false)))
        #expect(acts(written) == [.handOff(slot: 0, lease("a"), .write, Self.job(story))])
        let committed = story.tell(.handoffStepEnded(slot: 0, lease("a"), .write, .done("x.md")))
        #expect(acts(committed) == [.handOff(slot: 0, lease("a"), .commit, Self.job(story))])
        let stopped = story.tell(.handoffStepEnded(slot: 0, lease("a"), .commit, .done("c")))
        #expect(
            facts(stopped) == [
                .handoffStepEnded(lease("a"), .commit, .done("c")),
                .handoffStepEnded(lease("a"), .push, .skipped("it was not asked for")),
            ])
        #expect(
            acts(stopped).contains { if case .cancelAttempt(0, lease("a"), _) = $0 { true } else { false } })
        let ended = story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: ""))
        #expect(facts(ended) == [.attemptEnded(lease("a"), .handedOff)])
        #expect(acts(ended) == [.takeHandoff(slot: 0, lease("a"), Self.job(story))])
        let taken = story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(
            facts(taken) == [
                .handoffStepEnded(lease("a"), .stop, .done("the session has ended")),
                .handoffPrepared(lease("a"), Self.sheet), .taskReady("a"),
                .leaseGranted(lease("a", 2), worker: "w1"),
            ])
        #expect(
            acts(taken) == [
                .continueWorktree(slot: 0, lease("a", 2), base: oid("ba5e"), content: oid("c0de"))
            ])
        let begun = story.prepare(lease("a", 2))
        #expect(facts(begun).last == .handoffStepEnded(lease("a", 2), .start, .done("worker w1")))
        #expect(story.projection.task("a")?.failures == 0)
        story.tell(.agentReported(slot: 0, lease("a", 2), .acknowledged("I wire the parser into main")))
        #expect(story.projection.task("a")?.handoff?.state == .acknowledged)
        story.end(lease("a", 2), .finished, .commit(oid("c2"), base: oid("ba5e"), files: ["f"]))
        #expect(story.projection.task("a")?.handoff?.state == .over)
        story.landQueued(lease("a", 2))
        #expect(story.stages == "a:landed")
    }

    private static func job(_ story: Story) -> HandoffJob {
        HandoffJob(
            spec: graph("a")[0], order: order, number: 1, from: "w1", beganAt: at(0), base: oid("ba5e"),
            cost: .zero, note: nil)
    }

    @Test func `waits for its agent to write, and no longer than it may take`() {
        var story = Self.working()
        _ = story.ask(.handOff("w1", Self.order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: true)))
        for second in 1...59 {
            story.tell(.workerBeat(slot: 0), at: at(Double(second)))
            #expect(acts(story.wait(until: at(Double(second)))).isEmpty)
        }
        #expect(
            acts(story.wait(until: at(60))) == [.handOff(slot: 0, lease("a"), .write, Self.job(story))])
    }

    @Test func `is handed over at once when its agent wrote and ended`() {
        var story = Self.working()
        _ = story.ask(.handOff("w1", Self.order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: true)))
        let ended = story.tell(.attemptEnded(slot: 0, lease("a"), .handedOff, tail: ""))
        #expect(acts(ended) == [.takeHandoff(slot: 0, lease("a"), Self.job(story))])
        let taken = story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        let steps = facts(taken).compactMap { fact -> HandoffStep? in
            if case .handoffStepEnded(_, let step, .done) = fact { step } else { nil }
        }
        #expect(steps == [.write, .commit, .stop])
    }

    @Test(arguments: [HandoffStep.write, .commit, .push])
    func `goes on working when a step fails, and the chain goes on from there when told to`(step: HandoffStep)
    {
        var story = Self.working()
        let order = HandoffOrder(push: true, reason: "x")
        _ = story.ask(.handOff("w1", order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false)))
        for earlier in HandoffStep.allCases.prefix(step.index) {
            story.tell(.handoffStepEnded(slot: 0, lease("a"), earlier, .done("")))
        }
        let failed = story.tell(.handoffStepEnded(slot: 0, lease("a"), step, .failed("disk full")))
        #expect(acts(failed).isEmpty)
        #expect(story.stages == "a:leased")
        #expect(story.projection.task("a")?.handoff?.problem == "disk full")
        #expect(!story.ask(.handOff("w1", order)).isAccepted)
        #expect(story.ask(.continueHandoff(nil)).isAccepted)
        if step == .write { story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false))) }
        for later in HandoffStep.allCases[step.index...2] {
            story.tell(.handoffStepEnded(slot: 0, lease("a"), later, .done("")))
        }
        _ = Self.takeOver(&story)
        #expect(story.projection.task("a")?.handoff?.state == .prepared)
        #expect(story.projection.task("a")?.attempt == 2)
    }

    @Test func `that dies in the middle of a step is handed over when the step has ended`() {
        var story = Self.working()
        _ = story.ask(.handOff("w1", Self.order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false)))
        let died = story.tell(.workerExited(slot: 0, .signaled(9)))
        #expect(!acts(died).contains { if case .takeHandoff = $0 { true } else { false } })
        let ended = story.tell(.handoffStepEnded(slot: 0, lease("a"), .write, .failed("gone")))
        #expect(acts(ended).contains { if case .takeHandoff = $0 { true } else { false } })
        story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        #expect(story.projection.task("a")?.handoff?.state == .prepared)
        #expect(story.stages == "a:ready")
    }

    @Test func `that finishes meanwhile has nothing to hand over`() {
        var story = Self.working()
        _ = story.ask(.handOff("w1", Self.order))
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        #expect(story.projection.task("a")?.handoff?.state == .withdrawn)
        #expect(story.stages == "a:queued")
    }

    @Test func `keeps its commit through a crash of the coordinator at any time`() {
        // While it works, and a step is under way.
        var story = Self.working()
        _ = story.ask(.handOff("w1", Self.order))
        story.tell(.agentReported(slot: 0, lease("a"), .handoffAsked(accepted: false)))
        let restored = story.restart()
        #expect(
            acts(restored).contains { if case .takeHandoff(0, lease("a"), _) = $0 { true } else { false } })
        story.tell(.workTaken(slot: 0, lease("a"), .handedOff(Self.sheet)))
        // After the document was there, before anybody had it.
        _ = story.restart()
        story.bringUp()
        #expect(story.projection.task("a")?.attempt == 2)
        // While the new session works: the next begins with the same work.
        story.prepare(lease("a", 2))
        _ = story.restart()
        let again =
            story.tell(.workTaken(slot: 0, lease("a", 2), .rescued(oid("fee1"), reference: "refs/x")))
            + story.bringUp(0)
        #expect(
            acts(again).contains(
                .continueWorktree(slot: 0, lease("a", 3), base: oid("ba5e"), content: oid("c0de"))))
    }

    @Test func `is not counted as a failure however often it happens`() {
        var story = Self.working(1) { $0.limits.maxAttempts = 1 }
        for attempt in 1...5 {
            _ = story.ask(.handOff("w1", Self.order))
            story.tell(.agentReported(slot: 0, lease("a", attempt), .handoffAsked(accepted: true)))
            story.tell(.attemptEnded(slot: 0, lease("a", attempt), .handedOff, tail: ""))
            story.tell(.workTaken(slot: 0, lease("a", attempt), .handedOff(Self.sheet)))
            story.prepare(lease("a", attempt + 1))
        }
        #expect(story.stages == "a:leased")
        #expect(story.projection.task("a")?.handoff?.number == 5)
    }

    // MARK: Whom it is for

    @Test func `to another worker: that one gets it, with the work`() {
        var story = Self.working(2)
        _ = Self.chain(&story, HandoffOrder(to: .worker("w2"), reason: "x"))
        let taken = Self.takeOver(&story)
        #expect(facts(taken).contains(.leaseGranted(lease("a", 2), worker: "w2")))
        #expect(
            acts(taken) == [
                .continueWorktree(slot: 1, lease("a", 2), base: oid("ba5e"), content: oid("c0de"))
            ])
    }

    @Test func `to another agent: a worker that drives it gets it`() {
        var story = Self.working(3) { $0.slots[2].agent = .command("other") }
        _ = Self.chain(&story, HandoffOrder(to: .agent(.command("other")), reason: "x"))
        #expect(facts(Self.takeOver(&story)).contains(.leaseGranted(lease("a", 2), worker: "w3")))
    }

    @Test func `to another role: a worker of it gets it`() {
        var story = Self.working(3) { $0.slots[2].role = "tester" }
        _ = Self.chain(&story, HandoffOrder(to: .role("tester"), reason: "x"))
        #expect(facts(Self.takeOver(&story)).contains(.leaseGranted(lease("a", 2), worker: "w3")))
    }

    @Test func `to nobody there is refused, and nothing changes`() {
        var story = Self.working(2)
        for target in [HandoffTarget.worker("w9"), .role("nobody"), .agent(.named("codex"))] {
            #expect(!story.ask(.handOff("w1", HandoffOrder(to: target, reason: "x"))).isAccepted)
        }
        #expect(!story.ask(.handOff("w2", Self.order)).isAccepted)
        #expect(!story.ask(.continueHandoff("w1")).isAccepted)
        #expect(story.projection.task("a")?.handoff == nil)
    }

    // MARK: By itself

    @Test func `because its context fills: at the soft threshold after the step, at the hard one now`() {
        var story = Self.working()
        #expect(story.tell(.agentReported(slot: 0, lease("a"), .context(used: 69, window: 100))) == [])
        #expect(story.tell(.agentReported(slot: 0, lease("a"), .context(used: 75, window: 100))) == [])
        let step = story.tell(
            .agentReported(slot: 0, lease("a"), .toolEnded(name: "t", id: "1", succeeded: true, summary: "")))
        #expect(acts(step) == [.askForHandoff(slot: 0, lease("a"))])
        var between = Self.working()
        between.tell(.agentReported(slot: 0, lease("a"), .toolStarted(name: "t", id: "1", summary: "")))
        between.tell(
            .agentReported(slot: 0, lease("a"), .toolEnded(name: "t", id: "1", succeeded: true, summary: "")))
        let soft = between.tell(.agentReported(slot: 0, lease("a"), .context(used: 75, window: 100)))
        #expect(acts(soft) == [.askForHandoff(slot: 0, lease("a"))])
        between = Self.working()
        between.tell(.agentReported(slot: 0, lease("a"), .toolStarted(name: "t", id: "1", summary: "")))
        #expect(between.tell(.agentReported(slot: 0, lease("a"), .context(used: 75, window: 100))) == [])
        var other = Self.working()
        let full = other.tell(.agentReported(slot: 0, lease("a"), .context(used: 90, window: 100)))
        #expect(acts(full) == [.askForHandoff(slot: 0, lease("a"))])
        #expect(other.projection.task("a")?.handoff?.order.isAutomatic == true)
    }

    @Test func `happens by itself only so often for a task`() {
        var story = Self.working(1) { $0.limits.handoff.automaticMax = 2 }
        for attempt in 1...2 {
            story.tell(.agentReported(slot: 0, lease("a", attempt), .handoffWished(reason: "tired")))
            story.tell(.attemptEnded(slot: 0, lease("a", attempt), .handedOff, tail: ""))
            story.tell(.workTaken(slot: 0, lease("a", attempt), .handedOff(Self.sheet)))
            story.prepare(lease("a", attempt + 1))
            story.tell(.agentReported(slot: 0, lease("a", attempt + 1), .acknowledged("wire the parser")))
        }
        #expect(story.tell(.agentReported(slot: 0, lease("a", 3), .handoffWished(reason: "tired"))) == [])
        #expect(story.ask(.handOff("w1", Self.order)).isAccepted)
    }

    // MARK: Acknowledging

    @Test func `a new session that does not say what it does next is told of`() {
        var story = Self.working()
        _ = Self.chain(&story)
        _ = Self.takeOver(&story)
        story.prepare(lease("a", 2))
        let refused = story.tell(.agentReported(slot: 0, lease("a", 2), .acknowledged("I have read it")))
        #expect(
            facts(refused) == [
                .handoffUnacknowledged(lease("a", 2), reason: "it names nothing of what remains")
            ])
        story.tell(.agentReported(slot: 0, lease("a", 2), .progress("wiring the parser into main.c")))
        #expect(story.projection.task("a")?.handoff?.state == .acknowledged)

        var silent = Self.working()
        _ = Self.chain(&silent)
        _ = Self.takeOver(&silent)
        silent.prepare(lease("a", 2))
        for second in stride(from: 5, through: 300, by: 5) {
            silent.tell(.workerBeat(slot: 0), at: at(Double(second)))
            silent.wait(until: at(Double(second)))
        }
        #expect(silent.projection.task("a")?.handoff?.state == .unacknowledged)
        #expect(silent.stages == "a:leased")
        // The session before goes on when a person says so, with all that is there.
        #expect(silent.ask(.continueHandoff("w1")).isAccepted)
        silent.tell(.agentReported(slot: 0, lease("a", 2), .handoffAsked(accepted: true)))
        silent.tell(.attemptEnded(slot: 0, lease("a", 2), .handedOff, tail: ""))
        let taken = silent.tell(.workTaken(slot: 0, lease("a", 2), .handedOff(Self.sheet)))
        #expect(facts(taken).contains(.leaseGranted(lease("a", 3), worker: "w1")))
        #expect(silent.projection.task("a")?.handoff?.order.resumes == true)
    }
}

extension CommandReply {
    fileprivate var isAccepted: Bool { if case .accepted = self { true } else { false } }
}
