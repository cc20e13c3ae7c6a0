import CoordCore
import CoordModel
import Testing

@Suite("What a coding agent could not do")
struct AgentFailureTests {
    private func failed(_ kind: AgentFailure.Kind, _ wait: Duration? = nil) -> AttemptOutcome {
        .agentFailed(AgentFailure(kind, "why", retryAfter: wait))
    }

    private static func story(_ change: (inout RunSettings) -> Void = { _ in }) -> Story {
        Story(graph("a", "b"), workers: 2) {
            $0.callsModels = true
            change(&$0)
        }
    }

    @Test(
        "a provider's failure burns no attempt and holds everybody once",
        arguments: [AgentFailure.Kind.rateLimit, .overload, .unreachable])
    func provider(kind: AgentFailure.Kind) {
        var story = Self.story { $0.limits.maxAttempts = 1 }
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        let first = facts(story.end(lease("a"), failed(kind)))
        let second = facts(story.end(lease("b"), on: 1, failed(kind)))
        #expect(first.contains { if case .rateLimited(until: at(5), _) = $0 { true } else { false } })
        #expect(!second.contains { if case .rateLimited = $0 { true } else { false } })
        #expect(story.stages == "a:ready b:ready")
        #expect(story.wait(until: at(4)) == [])
        let after = facts(story.wait(until: at(5)))
        #expect(after.contains(.leaseGranted(lease("a", 2), worker: "w1")))
        #expect(story.projection.task("a")?.failures == 0)
    }

    /// Lets time pass while the worker lives.
    private static func wait(_ story: inout Story, until time: Timestamp) {
        while story.now + .seconds(2) < time { story.tell(.workerBeat(slot: 0), at: story.now + .seconds(2)) }
        story.wait(until: time)
    }

    @Test("pauses grow as long as nothing is answered, and a time that is named counts")
    func growth() throws {
        var story = Story(graph("a")) { $0.callsModels = true }
        var pauses: [Int64] = []
        for attempt in 1...4 {
            story.prepare(lease("a", attempt))
            let before = story.now
            story.end(lease("a", attempt), failed(.overload))
            let until = try #require(story.projection.run?.rateLimitedUntil)
            pauses.append((until - before).wholeMilliseconds / 1000)
            Self.wait(&story, until: until)
        }
        #expect(pauses == [5, 10, 20, 40])
        story.prepare(lease("a", 5))
        story.tell(
            .agentReported(
                slot: 0, lease("a", 5), .usage(Usage(id: "u", model: "m", tokens: TokenCounts(input: 1)))))
        let now = story.now
        story.end(lease("a", 5), failed(.overload))
        #expect(story.projection.run?.rateLimitedUntil == now + .seconds(5))
        Self.wait(&story, until: now + .seconds(5))
        story.prepare(lease("a", 6))
        story.end(lease("a", 6), failed(.rateLimit, .seconds(77)))
        #expect(story.projection.run?.rateLimitedUntil == story.now + .seconds(77))
    }

    @Test("without a sign-in the run drains and ends with 4; what runs is finished first")
    func authentication() {
        var story = Self.story()
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        story.end(lease("a"), failed(.authentication))
        #expect(story.stages.hasPrefix("a:ready"))
        story.end(lease("b"), on: 1, .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        story.landQueued(lease("b"))
        #expect(story.stages == "a:ready b:landed")
        for slot in 0..<2 { story.tell(.workerExited(slot: slot, .exited(status: 0))) }
        let end = story.facts.compactMap {
            if case .runEnded(let status, let exit, let reason) = $0.body {
                (status, exit, reason)
            } else {
                nil
            }
        }
        #expect(end.first?.0 == .stopped)
        #expect(end.first?.1 == 4)
        #expect(end.first?.2.contains("not signed in") ?? false)
        #expect(story.projection.task("a")?.failures == 0)
    }

    @Test(
        "an unpaid bill asks the person who is there, and ends the run with 3 where nobody is",
        arguments: [true, false])
    func billing(mayAsk: Bool) {
        var story = Story(graph("a")) {
            $0.callsModels = true
            $0.mayAsk = mayAsk
        }
        story.prepare(lease("a"))
        story.end(lease("a"), failed(.billing))
        #expect(story.stages == "a:ready")
        if mayAsk {
            #expect(story.projection.run?.status == .paused)
            story.ask(.resume)
            #expect(story.projection.run?.status == .running)
            #expect(story.stages == "a:leased")
        } else {
            story.tell(.workerExited(slot: 0, .exited(status: 0)))
            #expect(story.projection.run?.exitStatus == 3)
        }
    }

    @Test("a session that is gone costs no attempt")
    func session() {
        var story = Story(graph("a")) { $0.limits.maxAttempts = 1 }
        story.prepare(lease("a"))
        story.end(lease("a"), failed(.session))
        #expect(story.stages == "a:leased")
        #expect(story.projection.task("a")?.failures == 0)
    }

    @Test(
        "what another try may mend counts as a failed one",
        arguments: [AgentFailure.Kind.context, .limit, .model, .setup, .interrupted, .other])
    func counted(kind: AgentFailure.Kind) {
        var story = Story(graph("a")) {
            $0.limits.maxAttempts = 1
            // A full context is handed over otherwise.
            $0.limits.handoff.automaticMax = 0
        }
        story.prepare(lease("a"))
        story.end(lease("a"), failed(kind))
        #expect(story.stages == "a:failed")
        #expect(story.projection.task("a")?.lastError?.contains("why") ?? false)
    }
}
