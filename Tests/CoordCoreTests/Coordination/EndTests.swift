import CoordCore
import CoordModel
import Testing

@Suite("Ends of tasks, and what follows behind them")
struct EndTests {
    /// One try each: what fails, fails.
    private func story(_ specs: [TaskSpec], workers: Int = 1) -> Story {
        Story(specs, workers: workers) { $0.limits.maxAttempts = 1 }
    }

    private func fail(_ story: inout Story, _ lease: Lease, on slot: Int = 0) -> [Effect] {
        story.prepare(lease, on: slot)
        return story.end(lease, on: slot, .failed(reason: "x"))
    }

    @Test("a failure reaches everything behind it, by the name of the root, and nothing beside it")
    func spreading() {
        var story = story(graph("a", "b <- a", "c <- b", "d <- c, x", "x", "y <- x"))
        let answer = fail(&story, lease("a"))
        #expect(
            facts(answer)[1...].prefix(4) == [
                .taskFailed("a", reason: "x", cause: nil),
                .taskFailed("b", reason: "needs `a`, which failed", cause: "a"),
                .taskFailed("c", reason: "needs `a`, which failed", cause: "a"),
                .taskFailed("d", reason: "needs `a`, which failed", cause: "a"),
            ])
        #expect(story.stages == "a:failed b:failed c:failed d:failed x:leased y:waiting")
    }

    @Test("retrying the root brings back what failed because of it")
    func retry() {
        var story = story(graph("a", "b <- a", "c <- b", "x"), workers: 2)
        _ = fail(&story, lease("a"))
        #expect(
            facts(story.tell(.commanded(.retryTask("a"), reply: 7))) == [
                .taskRevived("a", reason: "brought back by a person"), .taskReady("a"),
                .taskRevived("b", reason: "`a` was brought back"),
                .taskRevived("c", reason: "`a` was brought back"),
                .leaseGranted(lease("a", 2), worker: "w1"),
            ])
        #expect(story.stages == "a:leased b:waiting c:waiting x:leased")
    }

    @Test("a task behind two failures comes back only when both have; its cause is the one that still stands")
    func twoCauses() {
        var story = story(graph("a", "b", "c <- a, b", "d <- c", "x"), workers: 3)
        _ = fail(&story, lease("a"))
        _ = fail(&story, lease("b"), on: 1)
        #expect(story.stages == "a:failed b:failed c:failed d:failed x:leased")
        #expect(
            facts(story.tell(.commanded(.retryTask("a"), reply: 7))) == [
                .taskRevived("a", reason: "brought back by a person"), .taskReady("a"),
                .taskFailed("c", reason: "needs `b`, which failed", cause: "b"),
                .taskFailed("d", reason: "needs `b`, which failed", cause: "b"),
                .leaseGranted(lease("a", 2), worker: "w1"),
            ])
        #expect(
            story.ask(.retryTask("d"))
                == .refused(
                    reason: "`d` cannot start: `b` is failed", hint: "retry `b`; this task comes back with it"
                ))
        story.ask(.retryTask("b"))
        #expect(story.stages == "a:leased b:leased c:waiting d:waiting x:leased")
    }

    @Test("when the way to a cause is skipped, the other cause is named")
    func causeBehindASkippedOne() {
        var story = story(graph("a", "b <- a", "z", "c <- b, z", "d <- c", "x"), workers: 3)
        _ = fail(&story, lease("a"))
        _ = fail(&story, lease("z"), on: 1)
        #expect(story.projection.task("d")?.failedBecause == "a")
        story.ask(.skipTask("b"))
        #expect(story.stages == "a:failed b:skipped z:failed c:failed d:failed x:leased")
        #expect(story.projection.task("d")?.failedBecause == "z")
        story.ask(.retryTask("z"))
        #expect(story.stages == "a:failed b:skipped z:leased c:waiting d:waiting x:leased")
    }

    @Test("a task that is added behind a failed one fails by its name, and comes back with the root")
    func newcomer() {
        var story = story(graph("a", "b <- a", "x"), workers: 2)
        _ = fail(&story, lease("a"))
        #expect(
            facts(story.tell(.commanded(.addTask(task("late <- b")), reply: 7))) == [
                .taskAdded(task("late <- b"), proposedBy: nil),
                .taskFailed("late", reason: "needs `a`, which failed", cause: "a"),
            ])
        story.ask(.retryTask("a"))
        #expect(story.stages == "a:leased b:waiting x:leased late:waiting")
    }

    @Test("a skipped task lets what needs it go on, also when it had failed")
    func skipping() {
        var story = story(graph("a", "b <- a", "c <- b", "x"), workers: 2)
        _ = fail(&story, lease("a"))
        #expect(
            facts(story.tell(.commanded(.skipTask("a"), reply: 7))) == [
                .taskSkipped("a", reason: "skipped by a person"),
                .taskRevived("b", reason: "`a` was skipped"), .taskRevived("c", reason: "`a` was skipped"),
                .taskReady("b"), .leaseGranted(lease("b"), worker: "w1"),
            ])
        #expect(story.stages == "a:skipped b:leased c:waiting x:leased")
    }

    @Test("skipping one that failed because of another lets what is behind it go on")
    func skippingInTheMiddle() {
        var story = story(graph("a", "b <- a", "c <- b", "x"), workers: 2)
        _ = fail(&story, lease("a"))
        story.ask(.skipTask("b"))
        #expect(story.stages == "a:failed b:skipped c:leased x:leased")
    }

    @Test("cancelling cancels what needs the task; bringing it back brings that back, and nothing else")
    func cancelling() {
        var story = story(graph("a", "b <- a", "c <- b", "x"), workers: 1)
        story.ask(.cancelTask("c"))
        story.ask(.cancelTask("b"))
        story.prepare(lease("a"))
        #expect(
            acts(story.tell(.commanded(.cancelTask("a"), reply: 7))).first
                == .cancelAttempt(slot: 0, lease("a"), reason: "the task is cancelled"))
        let answer = story.end(lease("a"), .cancelled, .rescued(oid("5a"), reference: "r"))
        #expect(facts(answer).contains(.taskCancelled("a", reason: "cancelled by a person")))
        #expect(story.stages == "a:cancelled b:cancelled c:cancelled x:leased")
        #expect(
            story.ask(.retryTask("b"))
                == .refused(
                    reason: "`b` cannot start: `a` is cancelled",
                    hint: "retry `a`; this task comes back with it"))
        story.ask(.retryTask("a"))
        #expect(story.stages == "a:ready b:cancelled c:cancelled x:leased")
    }

    @Test("cancelling reaches what is behind, by name")
    func cancelSpreads() {
        var story = story(graph("x!", "a <- x", "b <- a", "c <- b"))
        #expect(
            facts(story.tell(.commanded(.cancelTask("a"), reply: 7))) == [
                .taskCancelled("a", reason: "cancelled by a person"),
                .taskCancelled("b", reason: "needs `a`, which was cancelled"),
                .taskCancelled("c", reason: "needs `a`, which was cancelled"),
            ])
        story.ask(.addTask(task("late <- c")))
        #expect(story.stages == "x:leased a:cancelled b:cancelled c:cancelled late:cancelled")
        #expect(
            story.ask(.retryTask("late"))
                == .refused(
                    reason: "`late` cannot start: `a` is cancelled",
                    hint: "retry `a`; this task comes back with it"))
        story.ask(.retryTask("a"))
        #expect(story.stages == "x:leased a:waiting b:waiting c:waiting late:waiting")
    }

    // MARK: - Needs that come back

    @Test("a need that is wanted again takes the ready back to waiting")
    func needComesBack() {
        var story = story(graph("x!", "a", "b <- a", "c <- b"))
        story.ask(.skipTask("a"))
        #expect(story.stages == "x:leased a:skipped b:ready c:waiting")
        #expect(
            facts(story.tell(.commanded(.retryTask("a"), reply: 7))) == [
                .taskRevived("b", reason: "it waits for a need that came back"),
                .taskRevived("a", reason: "brought back by a person"), .taskReady("a"),
            ])
        story.land(lease("x"))
        #expect(story.stages == "x:landed a:leased b:waiting c:waiting")
    }

    @Test(
        "what was being worked on when its need came back waits for it before the next try",
        arguments: [true, false])
    func needComesBackMeanwhile(needFails: Bool) {
        var story = Story(graph("x!", "a", "b <- a"))
        story.ask(.skipTask("a"))
        story.land(lease("x"))
        story.prepare(lease("b"))
        story.ask(.retryTask("a"))
        #expect(story.stages == "x:landed a:ready b:leased")
        if needFails { story.ask(.cancelTask("a")) }
        story.end(lease("b"), .failed(reason: "x"))
        story.wait(until: at(2))
        #expect(story.stages == "x:landed " + (needFails ? "a:cancelled b:cancelled" : "a:leased b:waiting"))
    }

    @Test("a task that waits for its next try does not start before a need that was added meanwhile")
    func needAddedWhileRetryable() {
        var story = Story(graph("a", "b"), workers: 2)
        story.prepare(lease("a"))
        story.end(lease("a"), .failed(reason: "x"))
        story.ask(.editTask("a", TaskEdit(dependencies: ["b"])))
        story.wait(until: at(2))
        #expect(story.stages == "a:waiting b:leased")
        story.land(lease("b"), on: 1)
        #expect(story.stages == "a:leased b:landed")
    }

    // MARK: - People and what is under way

    @Test(
        "what a person wants of a task counts also while its worktree is made, or its work taken over",
        arguments: [Command.skipTask("a"), .cancelTask("a")])
    func wishesMeanwhile(command: Command) {
        let end = command == .skipTask("a") ? "a:skipped" : "a:cancelled"
        var preparing = Story(graph("a", "x"))
        preparing.ask(command)
        #expect(acts(preparing.prepare(lease("a"))) == [.prepareWorktree(slot: 0, lease("x"), base: nil)])
        #expect(preparing.stages == end + " x:leased")

        var failing = Story(graph("a", "x"))
        failing.ask(command)
        failing.tell(.worktreeFailed(slot: 0, lease("a"), reason: "disk"))
        #expect(failing.stages == end + " x:leased")

        var taking = Story(graph("a", "x"))
        taking.prepare(lease("a"))
        taking.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""))
        taking.ask(command)
        taking.tell(.workTaken(slot: 0, lease("a"), .commit(oid("c1"), base: oid("ba5e"), files: [])))
        #expect(taking.stages == end + " x:leased")
    }

    @Test("a person's wish outranks the reason for which an attempt is being ended already")
    func wishWhileCancelling() {
        var story = Story(graph("a", "x"), workers: 2)
        story.prepare(lease("a"))
        story.ask(.restartWorker("w1"))
        story.ask(.skipTask("a"))
        story.tell(.workerExited(slot: 0, .exited(status: 0)))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.stages == "a:skipped x:leased")
    }

    @Test("work that was finished before the order to end arrived is landed all the same")
    func finishedMeanwhile() {
        var story = Story(graph("a", "x"), workers: 2)
        story.prepare(lease("a"))
        story.ask(.stopWorker("w1"))
        #expect(
            acts(story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""))) == [
                .takeWork(slot: 0, lease("a"), task("a"), base: oid("ba5e"), rescue: false)
            ])
        story.tell(.workTaken(slot: 0, lease("a"), .commit(oid("c1"), base: oid("ba5e"), files: [])))
        #expect(story.stages == "a:queued x:leased")
    }
}
