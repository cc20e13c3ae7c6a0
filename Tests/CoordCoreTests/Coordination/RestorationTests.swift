import CoordCore
import CoordModel
import Testing

/// A coordinator dies and another takes up what was recorded.
@Suite("Restoration")
struct RestorationTests {
    private let candidate = Candidate(lease: lease("a"), commit: oid("c1"), base: oid("ba5e"))
    private let resumed = Effect.record(.runResumed(process: Story.process))
    private let starts: [Effect] = [.startWorker(slot: 0)]

    @Test("what waited waits, what was ready is ready, in the same order of urgency")
    func waiting() {
        var specs = graph("x!", "a", "b", "c <- b")
        specs[1].priority = 3
        var story = Story(specs)
        story.land(lease("x"))
        story.ask(.cancelTask("a"))
        #expect(story.stages == "x:landed a:leased b:ready c:waiting")
        #expect(
            story.restart() == [
                resumed, .record(.attemptEnded(lease("a"), .interrupted)), .record(.taskReady("a")),
            ] + starts)
        #expect(story.stages == "x:landed a:ready b:ready c:waiting")
        #expect(acts(story.bringUp(0)) == [.prepareWorktree(slot: 0, lease("a", 2), base: nil)])
    }

    @Test("an attempt that died with its coordinator: its work is kept, then the task comes back")
    func leased() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        #expect(
            story.restart() == [
                resumed, .record(.attemptEnded(lease("a"), .interrupted)),
                .takeHandoff(
                    slot: 0, lease("a"),
                    afterDeath(task("a"), AttemptOutcome.interrupted.reason)),
            ] + starts)
        #expect(story.stages == "a:submitting")
        story.bringUp()
        #expect(
            story.tell(.workTaken(slot: 0, lease("a"), .rescued(oid("5a"), reference: "r"))) == [
                .record(.workRescued(lease("a"), commit: oid("5a"), reference: "r")),
                .record(.taskReady("a")),
                .record(.leaseGranted(lease("a", 2), worker: "w1")),
                .prepareWorktree(slot: 0, lease("a", 2), base: nil),
            ])
    }

    @Test("an attempt that had finished is not repeated: its work is taken over and handed in")
    func finished() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""))
        #expect(
            story.restart() == [
                resumed, .takeWork(slot: 0, lease("a"), task("a"), base: oid("ba5e"), rescue: false),
                .startWorker(slot: 0),
            ])
        #expect(story.stages == "a:submitting")
        let work = TakenWork.commit(oid("c1"), base: oid("ba5e"), files: ["f"])
        story.tell(.workTaken(slot: 0, lease("a"), work))
        #expect(story.stages == "a:queued")
    }

    @Test("an attempt that had failed, its work not taken over yet, is kept as well")
    func submitting() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.tell(.attemptEnded(slot: 0, lease("a"), .failed(reason: "x"), tail: ""))
        #expect(
            acts(story.restart()) == [
                .takeHandoff(
                    slot: 0, lease("a"), afterDeath(task("a"), AttemptOutcome.interrupted.reason)),
                .startWorker(slot: 0),
            ])
    }

    @Test("an attempt of a slot that the team no longer has comes back to the others")
    func slotGone() {
        var story = Story(graph("a!", "b"), workers: 2)
        story.prepare(lease("b"), on: 1)
        let effects = story.restart { $0.slots.removeLast() }
        #expect(acts(effects) == [.startWorker(slot: 0)])
        #expect(story.stages == "a:ready b:ready")
    }

    @Test("a task without a worktree that was under way comes back at once")
    func noWorktree() {
        var story = Story([TaskSpec(id: "a", workspace: .none)])
        #expect(story.stages == "a:leased")
        #expect(facts(story.restart()).last == .taskReady("a"))
    }

    @Test("a task that waits for its next try waits until the same time, with the same tries behind it")
    func retryable() {
        var story = Story([TaskSpec(id: "a", maxAttempts: 2)])
        story.prepare(lease("a"))
        story.end(lease("a"), .failed(reason: "exit 1"))
        let notBefore = story.projection.task("a")!.notBefore!
        #expect(story.restart() == [resumed] + starts)
        story.bringUp()
        #expect(story.machine.nextDeadline == notBefore)
        story.wait(until: notBefore)
        #expect(
            acts(story.prepare(lease("a", 2)))
                == [
                    .assign(
                        slot: 0, lease("a", 2), story.projection.task("a")!.spec, base: oid("ba5e"),
                        note: "exit 1")
                ])
        story.end(lease("a", 2), .failed(reason: "x"))
        #expect(story.stages == "a:failed")
    }

    @Test("deaths, conflicts and failures are remembered against their limits")
    func tallies() {
        var story = Story(graph("a"))
        for attempt in 1...3 {
            story.prepare(lease("a", attempt))
            story.tell(.workerExited(slot: 0, .signaled(9)))
            story.tell(.workTaken(slot: 0, lease("a", attempt), .nothing))
            _ = story.restart()
            if attempt < 3 { story.bringUp() }
        }
        #expect(story.stages == "a:quarantined")
    }

    // MARK: - Candidates

    @Test("a commit that waited for a person still does")
    func approval() {
        var story = Story([TaskSpec(id: "a", approval: true)])
        story.submit(lease("a"))
        #expect(story.restart() == [resumed] + starts)
        #expect(story.ask(.approveTask("a")) == .accepted("task `a` is in the merge queue"))
        #expect(story.stages == "a:queued")
    }

    @Test("queued commits queue again in the order of their submission, the one being checked first")
    func queued() {
        var story = Story(graph("a", "b", "c"), workers: 3)
        for (second, slot, id) in [(1, 2, "c"), (2, 0, "a"), (3, 1, "b")] as [(Double, Int, TaskID)] {
            story.tell(.elapsed, at: at(second))
            story.submit(lease(id), on: slot)
        }
        story.tell(.staged(lease("c"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        #expect(story.stages == "a:queued b:queued c:checking")
        let c = Candidate(lease: lease("c"), commit: oid("c1"), base: oid("ba5e"))
        #expect(
            acts(story.restart()) == [
                .stage(2, [c], [task("c")], onto: nil), .startWorker(slot: 0), .startWorker(slot: 1),
                .startWorker(slot: 2),
            ])
        let next = story.tell(.staged(lease("c"), .failed(reason: "x")))
        #expect(acts(next) == [.stage(5, [candidate], [task("a")], onto: nil)])
    }

    @Test("an unfinished landing is finished, or found done", arguments: [true, false])
    func landing(hasMoved: Bool) {
        var story = Story(graph("a", "b <- a"))
        story.submit(lease("a"))
        story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        story.tell(.gated(lease("a"), Story.passed))
        #expect(
            acts(story.restart())
                == [
                    .advance(1, commit: oid("ca"), tree: oid("7e"), from: oid("4ead")), .startWorker(slot: 0),
                ])
        #expect(
            story.tell(.advanced(lease("a"), hasMoved ? .alreadyLanded : .landed)) == [
                .record(.taskLanded(lease("a"), commit: oid("ca"), tree: oid("7e"))),
                .record(.taskReady("b")),
            ])
    }

    @Test("an unfinished landing of a group moves the target to the group's last commit, and no other tree")
    func groupLanding() {
        var story = Story(graph("a", "b"), workers: 2)
        story.submit(lease("b"), on: 1)
        story.submit(lease("a"))
        // `a` was built first, and `b` on top of it.
        let built = [("a", "ca", "7a"), ("b", "cb", "7b")]
        var records = story.projection.tasks
        for (index, link) in built.enumerated() {
            records[index].stage = .checking
            records[index].since = at(index == 0 ? 2 : 1)
            (records[index].landing, records[index].tree) = (oid(link.1), oid(link.2))
            (records[index].landingTip, records[index].landingFrom) = (oid("cb"), oid("4ead"))
        }
        func restored(_ records: [TaskRecord]) -> [Effect] {
            var machine = CoordinatorStateMachine(settings: story.settings, at: at(3))
            return acts(
                machine.restore(
                    tasks: records, costs: [], usageIDs: [], finished: [], process: Story.process, at: at(3)))
        }
        #expect(restored(records).first == .advance(1, commit: oid("cb"), tree: oid("7b"), from: oid("4ead")))
        // Without the tree that was tested nothing lands: both are built and gated again.
        records[1].tree = nil
        guard case .stage? = restored(records).first else {
            Issue.record("\(restored(records))")
            return
        }
    }

    @Test("an unfinished landing whose target moved is built and gated again")
    func landingMoved() {
        var story = Story(graph("a"))
        story.submit(lease("a"))
        story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        story.tell(.gated(lease("a"), Story.passed))
        _ = story.restart()
        #expect(
            acts(story.tell(.advanced(lease("a"), .moved)))
                == [.stage(2, [candidate], [task("a")], onto: nil)])
        story.tell(.staged(lease("a"), .staged(commit: oid("cb"), tree: oid("7f"), onto: oid("5ead"))))
        // What was to land before is void: the new candidate has not passed its gate.
        #expect(acts(story.restart()).first == .stage(2, [candidate], [task("a")], onto: nil))
    }

    // MARK: - Ends

    @Test("what has ended stays ended, and what ended because of it still comes back with it")
    func ends() {
        var story = Story(graph("x!", "a", "b <- a", "c", "d <- c", "e")) { $0.limits.maxAttempts = 1 }
        story.ask(.skipTask("e"))
        story.ask(.cancelTask("c"))
        story.land(lease("x"))
        story.prepare(lease("a"))
        story.end(lease("a"), .failed(reason: "x"))
        let stages = "x:landed a:failed b:failed c:cancelled d:cancelled e:skipped"
        #expect(story.stages == stages)
        #expect(
            story.restart() == [
                resumed, .record(.runEnded(.failed, exitStatus: 1, reason: "2 tasks failed")),
                .finish(.failed, exitStatus: 1, reason: "2 tasks failed"),
            ])
        #expect(story.stages == stages)
    }

    @Test("people bring back after a restart what they could bring back before")
    func reviving() {
        var story = Story(graph("x!", "a", "b <- a", "c", "d <- c")) { $0.limits.maxAttempts = 1 }
        story.ask(.cancelTask("c"))
        story.ask(.addTask(task("late <- d")))
        story.prepare(lease("x"))
        _ = story.restart()
        story.ask(.retryTask("c"))
        #expect(story.stages == "x:submitting a:ready b:waiting c:ready d:waiting late:waiting")
    }

    @Test("money that was spent is spent, ids that were counted are counted")
    func ledger() {
        var story = Story(graph("a")) {
            $0.callsModels = true
            $0.limits.budget = dollars(10)
        }
        func usage(_ id: String) -> AgentReport {
            .usage(Usage(id: id, model: "m", tokens: .zero, cost: dollars(6)))
        }
        story.prepare(lease("a"))
        story.tell(.agentReported(slot: 0, lease("a"), usage("1")))
        _ = story.restart()
        story.bringUp()
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        story.prepare(lease("a", 2))
        story.tell(.agentReported(slot: 0, lease("a", 2), usage("1")))
        #expect(story.projection.run?.spent == dollars(6))
        story.tell(.agentReported(slot: 0, lease("a", 2), usage("2")))
        #expect(story.projection.run?.spent == dollars(12))
        // It was stopped by its budget, and stays so.
        let again = story.restart()
        #expect(
            facts(again).contains(.budgetExhausted(spent: dollars(12), budget: dollars(10), scope: "run")))
    }

    @Test("a task a person pinned stays pinned")
    func pinned() {
        var story = Story(graph("x!", "y!", "a"), workers: 2)
        story.ask(.reassignTask("a", "w2"))
        _ = story.restart()
        story.bringUp(0)
        #expect(story.projection.task("a")?.stage == .ready)
        let next = story.bringUp(1)
        #expect(next.contains(.record(.leaseGranted(lease("y", 2), worker: "w2"))))
        #expect(story.land(lease("y", 2), on: 1).contains(.record(.leaseGranted(lease("a"), worker: "w2"))))
    }

    @Test("restoring again and again changes nothing more")
    func idempotent() {
        var story = Story(graph("a", "b <- a", "c"), workers: 2)
        story.submit(lease("a"))
        story.prepare(lease("c"), on: 1)
        _ = story.restart()
        let once = story.projection.tasks.map { [$0.stage.rawValue, "\($0.attempt)", "\($0.failures)"] }
        for _ in 1...10 { _ = story.restart() }
        #expect(
            story.projection.tasks.map { [$0.stage.rawValue, "\($0.attempt)", "\($0.failures)"] } == once)
    }
}
