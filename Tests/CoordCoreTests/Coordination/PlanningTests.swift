import CoordCore
import CoordModel
import Testing

@Suite("Planning a mission that has no tasks")
struct PlanningTests {
    private let plan = TaskSpec(id: "plan", prompt: "Plan it", role: "producer")

    /// A producer and a coder, and the one task that makes the others.
    private func story(_ change: (inout RunSettings) -> Void = { _ in }) -> Story {
        var settings = RunSettings(slots: slots("producer", "coder"))
        settings.planTask = "plan"
        settings.leasesAheadMax = 0
        settings.roles = [
            "producer": Role(id: "producer", kind: .coordination),
            "coder": Role(id: "coder", aliases: ["programmer"]),
        ]
        change(&settings)
        var story = Story(settings)
        _ = story.start([plan])
        story.bringUp()
        return story
    }

    private func propose(_ story: inout Story, _ attempt: Int = 1, _ specs: TaskSpec...) {
        story.prepare(lease("plan", attempt))
        for spec in specs {
            #expect(
                facts(story.tell(.agentReported(slot: 0, lease("plan", attempt), .proposedTask(spec)))) == [])
        }
    }

    private func task(_ id: TaskID, role: RoleID? = "coder", needs: TaskID...) -> TaskSpec {
        TaskSpec(id: id, prompt: "Do it", role: role, dependencies: needs)
    }

    @Test("the plan becomes tasks in one turn, when its agent has ended")
    func good() {
        var story = story()
        propose(&story, 1, task("b", needs: "a", "plan"), task("a", role: "programmer"))
        #expect(story.stages == "plan:leased")
        let ended = story.tell(.attemptEnded(slot: 0, lease("plan"), .finished, tail: ""))
        #expect(
            acts(ended) == [
                .takeWork(slot: 0, lease("plan"), plan, base: oid("ba5e"), rescue: true)
            ])
        let taken = facts(story.tell(.workTaken(slot: 0, lease("plan"), .nothing)))
        #expect(
            taken.prefix(3) == [
                .taskAdded(task("b", needs: "a"), proposedBy: "plan"),
                .taskAdded(task("a"), proposedBy: "plan"), .taskReady("a"),
            ])
        #expect(taken.contains(.taskCompleted(lease("plan"), note: "planned 2 tasks")))
        #expect(story.stages == "plan:completed b:waiting a:leased")
        story.land(lease("a"), on: 1)
        #expect(story.stages == "plan:completed b:leased a:landed")
    }

    @Test("a bad plan is taken not at all, comes back with every reason, and fails after the last try")
    func bad() {
        var story = story { $0.limits.maxAttempts = 2 }
        propose(&story, 1, task("a", role: "chef", needs: "x"), task("fine"))
        story.end(lease("plan"), .finished)
        #expect(story.stages == "plan:retryable")
        #expect(
            story.projection.task("plan")?.lastError
                == "the plan is refused: task `a` is for the role `chef`, which is not on the team; "
                + "there is `coder`, `producer` (and 1 more)")
        story.wait(until: at(2))
        let assigned = acts(story.prepare(lease("plan", 2)))
        guard case .assign(_, _, _, _, let note) = assigned.first else {
            Issue.record("\(assigned)")
            return
        }
        #expect(note?.contains("- task `a` needs `x`, which is not in the plan") == true)
        #expect(note?.contains("Hand in the whole plan again") == true)
        // What the first attempt proposed is forgotten: this one proposes nothing.
        story.end(lease("plan", 2), .finished)
        #expect(story.stages == "plan:failed")
        #expect(story.projection.task("plan")?.lastError == "the plan is refused: it has no task")
    }

    @Test("an attempt that fails leaves no plan, and its files never land")
    func failed() {
        var story = story()
        propose(&story, 1, task("a"))
        story.end(lease("plan"), .failed(reason: "no"), .rescued(oid("5a"), reference: "r"))
        #expect(story.stages == "plan:retryable")
        story.wait(until: at(2))
        propose(&story, 2, task("b"))
        story.end(lease("plan", 2), .finished, .rescued(oid("5b"), reference: "r"))
        #expect(story.stages == "plan:completed b:leased")
        #expect(story.projection.run?.landed == 0)
    }

    @Test("a coordinator that dies between plan and tasks has it planned again; later it keeps the tasks")
    func restart() {
        var story = story()
        propose(&story, 1, task("a"))
        story.tell(.attemptEnded(slot: 0, lease("plan"), .finished, tail: ""))
        let effects = story.restart()
        #expect(facts(effects).contains(.attemptEnded(lease("plan"), .interrupted)))
        story.tell(.workTaken(slot: 0, lease("plan"), .nothing))
        story.bringUp()
        propose(&story, 2, task("a"))
        story.end(lease("plan", 2), .finished)
        #expect(story.stages == "plan:completed a:leased")
        _ = story.restart()
        #expect(story.stages.hasPrefix("plan:completed a:"))
    }

    @Test("a task called plan of a mission with tasks proposes as any other does")
    func otherMission() {
        var story = story { $0.planTask = nil }
        story.prepare(lease("plan"))
        story.tell(.agentReported(slot: 0, lease("plan"), .proposedTask(task("a"))))
        #expect(story.stages == "plan:leased a:leased")
    }
}
