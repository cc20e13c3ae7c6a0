import CoordCore
import CoordModel
import Testing

@Suite("Members that go rounds")
struct RoundTests {
    private func story(
        _ ids: [TaskID], _ rounds: Rounds, _ change: (inout RunSettings) -> Void = { _ in }
    ) -> Story {
        var settings = RunSettings(slots: slots("coder", "lead"))
        settings.leasesAheadMax = 0
        settings.rounds = [RoundRule(member: "lead", role: "lead", rounds: rounds)]
        change(&settings)
        var story = Story(settings)
        _ = story.start(ids.map { TaskSpec(id: $0, role: "coder") })
        story.bringUp()
        return story
    }

    private func finishRound(_ story: inout Story, _ number: Int, attempt: Int = 1) {
        let lease = lease(TaskID("lead-round-\(number)"), attempt)
        story.prepare(lease, on: 1)
        story.end(lease, on: 1, .finished)
    }

    @Test("a round comes after so many landings, names them, and never twice at once")
    func byLandings() {
        var story = story(["a", "b", "c", "d", "e"], Rounds(everyLandings: 2, most: 9, prompt: "Look."))
        story.land(lease("a"))
        #expect(story.projection.task("lead-round-1") == nil)
        story.land(lease("b"))
        let round = story.projection.task("lead-round-1")
        #expect(round?.stage == .leased)
        #expect(round?.spec.role == "lead")
        #expect(
            round?.spec.prompt == "Look.\n\nThis is round 1. Landed since the last one:\n\n- `a`: a\n- `b`: b"
        )
        story.land(lease("c"))
        story.land(lease("d"))
        #expect(story.projection.task("lead-round-2") == nil)
        finishRound(&story, 1)
        #expect(story.projection.task("lead-round-2")?.stage == .leased)
    }

    @Test("a round at the end looks once more, what it proposes is done, and their number is limited")
    func atEnd() {
        var story = story(["a"], Rounds(atEnd: true, most: 2))
        #expect(
            acts(story.land(lease("a"))).contains { if case .finish = $0 { true } else { false } } == false)
        let first = lease("lead-round-1")
        story.prepare(first, on: 1)
        story.tell(
            .agentReported(slot: 1, first, .proposedTask(TaskSpec(id: "fix", prompt: "p", role: "coder"))))
        story.end(first, on: 1, .finished)
        #expect(story.stages == "a:landed lead-round-1:completed fix:leased")
        story.land(lease("fix"))
        #expect(story.projection.task("lead-round-2")?.stage == .leased)
        let second = lease("lead-round-2")
        story.prepare(second, on: 1)
        story.tell(
            .agentReported(slot: 1, second, .proposedTask(TaskSpec(id: "more", prompt: "p", role: "coder"))))
        story.end(second, on: 1, .finished)
        let last = acts(story.land(lease("more")))
        #expect(last.contains { if case .stopWorker = $0 { true } else { false } })
        #expect(story.projection.task("lead-round-3") == nil)
    }

    @Test("without a landing there is nothing to look at, and a run that drains begins no round")
    func nothing() {
        var story = story(["a"], Rounds(everyLandings: 1, atEnd: true))
        story.prepare(lease("a"))
        story.tell(.interrupted(exitStatus: 130))
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed")
        var still = self.story(["a"], Rounds(atEnd: true))
        still.prepare(lease("a"))
        still.end(lease("a"), .finished)
        #expect(still.stages == "a:completed")
    }

    @Test("a coordinator taken up again goes on counting, and begins no round anew")
    func restart() {
        var story = story(["a", "b", "c"], Rounds(everyLandings: 2, atEnd: true, most: 9))
        story.land(lease("a"))
        _ = story.restart()
        story.bringUp()
        story.land(lease("b", 2))
        #expect(story.projection.task("lead-round-1")?.stage == .leased)
        _ = story.restart()
        #expect(story.projection.tasks.count { $0.spec.id.rawValue.hasPrefix("lead-round") } == 1)
    }
}
