import CoordCore
import CoordModel
import Testing

@Suite("Commands")
struct CommandTests {
    private func roles(_ settings: inout RunSettings) { settings.roles = ["coder": Role(id: "coder")] }

    @Test(
        "what cannot be done is refused, with the reason and what would help",
        arguments: [
            (.skipTask("bb"), "there is no task `bb` in this run", "did you mean `b`?"),
            (.skipTask("nowhere"), "there is no task `nowhere` in this run", "`coord tasks` lists them"),
            (.stopWorker("w11"), "there is no worker `w11` in this run", "did you mean `w1`?"),
            (
                .reassignTask("b", "nobody"), "there is no worker `nobody` in this run",
                "`coord workers` lists them"
            ),
            (.retryTask("a"), "task `a` is leased and cannot be retried", ""),
            (
                .approveTask("a"), "task `a` is leased and cannot be approved: it does not wait for a person",
                ""
            ),
            (
                .rejectTask("b", reason: "no"),
                "task `b` is waiting and cannot be rejected: it does not wait for a person", ""
            ),
            (.editTask("a", TaskEdit(title: "x")), "task `a` is leased and cannot be edited", ""),
            (.editTask("b", TaskEdit(dependencies: ["b"])), "`b` would need itself", ""),
            (
                .editTask("b", TaskEdit(dependencies: ["zz"])), "it would need `zz`, which is not in the run",
                ""
            ),
            (
                .editTask("b", TaskEdit(dependencies: ["a", "d"])),
                "`d` needs `b`: the two would wait for each other", ""
            ),
            (.editTask("b", TaskEdit(role: "ghost")), "there is no role `ghost`", ""),
            (.addTask(task("a")), "there is a task `a` already", ""),
            (.addTask(task("../x")), "`../x` is not a valid name for a task", ""),
            (.addTask(task("n <- bb")), "it needs `bb`, which is not in the run; did you mean `b`?", ""),
            (.addTask(task("n <- n")), "it needs `n`, which is not in the run", ""),
            (.addTask(TaskSpec(id: "n", role: "ghost")), "there is no role `ghost`", ""),
        ] as [(Command, String, String)])
    func refusals(command: Command, reason: String, hint: String) {
        var story = Story(graph("a", "b <- a", "c <- b", "d <- c"), roles)
        let before = story.stages
        #expect(
            story.tell(.commanded(command, reply: 4)) == [.reply(4, .refused(reason: reason, hint: hint))])
        #expect(story.stages == before)
    }

    @Test("what has landed is over", arguments: [Command.skipTask("a"), .retryTask("a"), .cancelTask("a")])
    func landed(command: Command) {
        var story = Story(graph("a", "b <- a"))
        story.land(lease("a"))
        guard case .refused(let reason, _) = story.ask(command) else {
            Issue.record("\(command) was accepted")
            return
        }
        #expect(reason.hasPrefix("task `a` is landed and cannot be "))
        #expect(
            story.ask(.reassignTask("a", "w1"))
                == .refused(reason: "task `a` is landed and cannot be reassigned", hint: ""))
    }

    // MARK: - Adding and editing

    @Test("a task added while the run goes on joins the graph; what it needs becomes more urgent")
    func adding() {
        var story = Story(graph("x", "a", "b"))
        #expect(
            story.tell(.commanded(.addTask(task("n <- b, b")), reply: 7)) == [
                .record(.taskAdded(task("n <- b, b"), proposedBy: nil)),
                .reply(7, .accepted("task `n` was added")),
            ])
        // `b` has a chain of two now and goes before `a`; needed twice, it releases once.
        #expect(acts(story.land(lease("x"))).contains(.prepareWorktree(slot: 0, lease("b"), base: nil)))
        story.land(lease("b"))
        #expect(story.stages == "x:landed a:leased b:landed n:ready")
    }

    @Test("an edited task has its new words, needs, urgency and role")
    func editing() {
        var team = slots("coder", "tester")
        team[0].worker = "w1"
        var settings = RunSettings(slots: team)
        settings.roles = ["coder": Role(id: "coder"), "tester": Role(id: "tester")]
        var story = Story(settings)
        _ = story.start(["a", "b", "c"].map { TaskSpec(id: $0, role: "coder") })
        story.bringUp(0)
        #expect(story.stages == "a:leased b:ready c:ready")
        let edit = TaskEdit(title: "T", prompt: "P", priority: 9, dependencies: ["c", "c"])
        #expect(story.ask(.editTask("b", edit)) == .accepted("task `b` was changed"))
        let spec = TaskSpec(id: "b", title: "T", prompt: "P", role: "coder", dependencies: ["c"], priority: 9)
        #expect(story.projection.task("b")?.spec == spec)
        #expect(story.stages == "a:leased b:waiting c:ready")
        story.ask(.editTask("b", TaskEdit(role: "tester", dependencies: [])))
        #expect(story.stages == "a:leased b:ready c:ready")
        #expect(
            story.bringUp(1).contains(.prepareWorktree(slot: 1, lease("b"), base: nil)))
        #expect(story.ask(.editTask("c", TaskEdit(role: "tester"))) == .accepted("task `c` was changed"))
        story.land(lease("a"))
        #expect(story.stages == "a:landed b:leased c:ready")
    }

    @Test("a need that has failed is refused: the task would wait for ever")
    func deadNeed() {
        var story = Story(graph("x", "a", "b"))
        story.ask(.cancelTask("a"))
        #expect(
            story.ask(.editTask("b", TaskEdit(dependencies: ["a"])))
                == .refused(reason: "it would need `a`, which is cancelled", hint: ""))
    }

    // MARK: - Reassigning

    @Test("a ready task goes to the worker a person chose, and to no other")
    func reassignReady() {
        var story = Story(graph("x", "y", "a"), workers: 2)
        #expect(story.stages == "x:leased y:leased a:ready")
        #expect(story.ask(.reassignTask("a", "w2")) == .accepted("task `a` goes to `w2`"))
        story.land(lease("x"))
        #expect(story.stages == "x:landed y:leased a:ready")
        story.land(lease("y"), on: 1)
        #expect(story.projection.task("a")?.assignedTo == "w2")
    }

    @Test("a task that is worked on is ended, kept and goes to the other worker")
    func reassignLeased() {
        var story = Story(graph("a"), workers: 2)
        story.prepare(lease("a"))
        #expect(
            story.tell(.commanded(.reassignTask("a", "w2"), reply: 7)) == [
                .record(.taskReassigned("a", worker: "w2")),
                .cancelAttempt(slot: 0, lease("a"), reason: "the task goes to another worker"),
                .reply(7, .accepted("task `a` goes to `w2`")),
            ])
        #expect(
            acts(story.end(lease("a"), .cancelled, .rescued(oid("5a"), reference: "r"))).last
                == .prepareWorktree(slot: 1, lease("a", 2), base: nil))
        #expect(story.ask(.reassignTask("a", nil)) == .accepted("task `a` goes to any worker"))
        story.prepare(lease("a", 2), on: 1)
        #expect(story.projection.task("a")?.pinnedTo == nil)
        #expect(story.projection.task("a")?.lease == lease("a", 3))
    }

    @Test("a task for its own worker stays where it is")
    func reassignSame() {
        var story = Story(graph("a"), workers: 2)
        story.prepare(lease("a"))
        #expect(acts(story.tell(.commanded(.reassignTask("a", "w1"), reply: 7))).count == 1)
        #expect(story.stages == "a:leased")
    }

    // MARK: - Approval

    @Test(
        "what asks for a person waits for one before the queue",
        arguments: [
            (TaskSpec(id: "a", approval: true), Review.none, "the task asks for approval"),
            (TaskSpec(id: "a", risk: .high), .none, "the task's risk is high"),
            (TaskSpec(id: "a"), .human, "the mission asks for a person's review"),
        ])
    func approval(spec: TaskSpec, review: Review, reason: String) {
        var story = Story([spec]) { $0.review = review }
        #expect(facts(story.submit(lease("a"))).last == .approvalAsked(lease("a"), reason: reason))
        #expect(story.stages == "a:approval")
        var candidate = Candidate(lease: lease("a"), commit: oid("c1"), base: oid("ba5e"))
        candidate.isApproved = true
        #expect(
            story.tell(.commanded(.approveTask("a"), reply: 7)) == [
                .record(.approvalGiven(lease("a"))), .stage(2, [candidate], [spec], onto: nil),
                .reply(7, .accepted("task `a` is in the merge queue")),
            ])
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed")
    }

    @Test("rejected work is tried again with the person's words, as often as any")
    func rejection() {
        var story = Story([TaskSpec(id: "a", maxAttempts: 2, approval: true)])
        story.submit(lease("a"))
        #expect(story.ask(.rejectTask("a", reason: "Too loud.")) == .accepted("task `a` was sent back"))
        story.wait(until: at(1))
        let spec = story.projection.task("a")!.spec
        #expect(
            acts(story.prepare(lease("a", 2)))
                == [.assign(slot: 0, lease("a", 2), spec, base: oid("ba5e"), note: "Too loud.")])
        story.end(lease("a", 2), .finished, .commit(oid("c2"), base: oid("ba5e"), files: []))
        story.ask(.rejectTask("a", reason: "Still."))
        #expect(story.stages == "a:failed")
        #expect(story.projection.task("a")?.lastError == "rejected by a person: Still.")
    }

    @Test("a candidate can be cancelled until it is being landed")
    func cancelQueued() {
        var story = Story(graph("a", "b"), workers: 2)
        story.submit(lease("a"))
        story.submit(lease("b"), on: 1)
        story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        #expect(story.ask(.cancelTask("b")) == .accepted("task `b` is cancelled, and what needs it"))
        story.tell(.gated(lease("a"), Story.passed))
        #expect(
            story.ask(.cancelTask("a"))
                == .refused(
                    reason: "task `a` is queued and cannot be cancelled: its candidate is being landed",
                    hint: ""))
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.stages == "a:landed b:cancelled")
    }

    // MARK: - Retrying

    @Test("a task that waits for its next try is tried at once when a person says so")
    func retryNow() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.end(lease("a"), .failed(reason: "x"))
        #expect(
            story.tell(.commanded(.retryTask("a"), reply: 7)) == [
                .record(.taskReady("a")), .reply(7, .accepted("task `a` is tried again now")),
                .record(.leaseGranted(lease("a", 2), worker: "w1")),
                .prepareWorktree(slot: 0, lease("a", 2), base: nil),
            ])
        story.prepare(lease("a", 2))
        // The old time passes without another try.
        #expect(story.wait(until: at(3)) == [])
    }

    @Test("a task that was given up starts with fresh tries")
    func retryFailed() {
        var story = Story(graph("a", "x"), workers: 2)
        for attempt in 1...3 {
            story.prepare(lease("a", attempt))
            story.end(lease("a", attempt), .failed(reason: "x"))
            if attempt < 3 { story.ask(.retryTask("a")) }
        }
        #expect(story.stages == "a:failed x:leased")
        story.ask(.retryTask("a"))
        story.prepare(lease("a", 4))
        story.end(lease("a", 4), .failed(reason: "x"))
        #expect(story.projection.task("a")?.failures == 1)
        #expect(story.stages == "a:retryable x:leased")
    }
}
