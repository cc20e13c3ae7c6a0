import CoordCore
import CoordModel
import Testing

@Suite("Between tasks and the merge queue")
struct MergingTests {
    private func report(_ outcome: GateOutcome, tail: String = "") -> GateReport {
        GateReport(
            outcome: outcome, command: "make test", exit: .exited(status: 2), duration: .seconds(1),
            reason: "exit status 2", tail: tail)
    }

    private func stage(_ story: inout Story, _ lease: Lease) {
        story.tell(.staged(lease, .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
    }

    @Test("a gate that fails twice on the same tree, and not on the target, sends the task back")
    func gateFails() {
        var story = Story(graph("a"))
        story.submit(lease("a"))
        stage(&story, lease("a"))
        let red = report(.failed, tail: "1 test failed")
        #expect(
            story.tell(.gated(lease("a"), red)) == [
                .record(.gateFinished(lease("a"), tree: oid("7e"), red)),
                .record(.gateStarted(lease("a"), commit: oid("ca"), tree: oid("7e"), tasks: ["a"])),
                .gate(4, commit: oid("ca")),
            ])
        #expect(
            story.tell(.gated(lease("a"), red)) == [
                .record(.gateFinished(lease("a"), tree: oid("7e"), red)), .gate(5, commit: oid("4ead")),
            ])
        let answer = story.tell(Event.gated(5, Story.passed))
        let reason = "the gate `make test` failed: exit status 2"
        let notBefore = story.projection.task("a")!.notBefore!
        #expect(
            answer == [
                .record(.targetGated(commit: oid("4ead"), Story.passed)),
                .record(.candidateBounced(lease("a"), reason: reason)),
                .record(.taskRetryable(lease("a"), reason: reason, notBefore: notBefore, failures: 1)),
            ])
        story.wait(until: at(1))
        let spec = story.projection.task("a")!.spec
        #expect(
            acts(story.prepare(lease("a", 2))) == [
                .assign(
                    slot: 0, lease("a", 2), spec, base: oid("ba5e"), note: reason + "\n\n1 test failed")
            ])
        #expect(story.projection.run?.bounced == 1)
    }

    @Test("a gate that passes on the second look lands the task, and the flake is on record")
    func flake() {
        var story = Story(graph("a"))
        story.submit(lease("a"))
        stage(&story, lease("a"))
        story.tell(.gated(lease("a"), report(.failed)))
        #expect(
            facts(story.tell(.gated(lease("a"), Story.passed))).contains(
                .gateFlaked(lease("a"), tree: oid("7e"), report(.failed))))
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.stages == "a:landed")
        #expect(story.projection.run?.bounced == 0)
    }

    @Test("a target that was red before is said to be so")
    func redBefore() {
        var story = Story([TaskSpec(id: "a", maxAttempts: 1)])
        story.submit(lease("a"))
        stage(&story, lease("a"))
        for _ in 1...2 { story.tell(.gated(lease("a"), report(.failed))) }
        story.tell(Event.gated(5, report(.failed)))
        #expect(
            story.projection.task("a")?.lastError
                == "the gate `make test` failed: exit status 2; "
                + "it fails on the target without this work too")
    }

    @Test("a gate that could not run lands nothing; where it cannot run at all, no agent is asked again")
    func couldNotRun() {
        for (onTarget, stages) in [(GateOutcome.passed, "a:retryable"), (.couldNotRun, "a:failed")] {
            var story = Story([TaskSpec(id: "a")])
            story.submit(lease("a"))
            stage(&story, lease("a"))
            story.tell(.gated(lease("a"), report(.couldNotRun)))
            story.tell(Event.gated(4, report(onTarget)))
            #expect(story.stages == stages)
            #expect(
                story.projection.task("a")?.lastError?.hasPrefix(
                    "the gate `make test` could not run: exit status 2") == true)
        }
    }

    @Test("a conflict is tried again at once and does not count as a failure; the third asks a person")
    func conflicts() {
        var story = Story([TaskSpec(id: "a", maxAttempts: 1)])
        let bounce = "merge conflict in `x`, `y`"
        for attempt in 1...2 {
            story.submit(lease("a", attempt))
            let answer = story.tell(
                .staged(
                    lease("a", attempt), .conflict(onto: oid("4ead"), files: ["x", "y"], excerpt: "<<<<")))
            #expect(
                answer == [
                    .record(.candidateConflicted(lease("a", attempt), onto: oid("4ead"), files: ["x", "y"])),
                    .record(.candidateBounced(lease("a", attempt), reason: bounce)),
                    .record(
                        .taskRetryable(lease("a", attempt), reason: bounce, notBefore: at(0), failures: 0)),
                    .record(.taskReady("a")), .record(.leaseGranted(lease("a", attempt + 1), worker: "w1")),
                    .prepareWorktree(slot: 0, lease("a", attempt + 1), base: nil),
                ])
        }
        story.submit(lease("a", 3))
        let last = story.tell(
            .staged(lease("a", 3), .conflict(onto: oid("4ead"), files: ["x"], excerpt: "")))
        #expect(
            facts(last).last
                == .approvalAsked(lease("a", 3), reason: "merge conflict in `x`; it conflicted 3 times"))
        #expect(story.stages == "a:approval")
        // Approved, it tries to land again and has three tries before it; rejected, it goes to a worker.
        #expect(
            acts(story.tell(.commanded(.approveTask("a"), reply: 1))).contains { effect in
                if case .stage = effect { true } else { false }
            })
        story.tell(.staged(lease("a", 3), .conflict(onto: oid("4ead"), files: ["x"], excerpt: "")))
        #expect(story.stages == "a:leased")
    }

    @Test("who conflicts is told which task landed in the same file meanwhile")
    func otherSide() {
        var story = Story(graph("a", "b"), workers: 2)
        story.land(lease("a"), on: 0)
        story.submit(lease("b"), on: 1)
        story.tell(.staged(lease("b"), .conflict(onto: oid("4ead"), files: ["f"], excerpt: "<<<<")))
        let effects = story.prepare(lease("b", 2), on: 0)
        guard case .assign(_, _, _, _, let note?) = acts(effects).first else {
            Issue.record("\(effects)")
            return
        }
        #expect(
            note == "merge conflict in `f`\nLanded meanwhile: task `a`, a, which changed `f`.\n\n<<<<")
    }

    @Test("a target that moved, then a dirty checkout: the landing waits, and says why")
    func movedAndDelayed() {
        var story = Story(graph("a"))
        story.submit(lease("a"))
        stage(&story, lease("a"))
        story.tell(.gated(lease("a"), Story.passed))
        #expect(acts(story.tell(.advanced(lease("a"), .moved))).count == 1)
        story.tell(.staged(lease("a"), .staged(commit: oid("cb"), tree: oid("7f"), onto: oid("5ead"))))
        story.tell(.gated(lease("a"), Story.passed))
        #expect(
            story.tell(.advanced(lease("a"), .delayed(reason: "`f` is not committed"))) == [
                .record(.landingDelayed(lease("a"), reason: "`f` is not committed"))
            ])
        #expect(story.machine.nextDeadline == at(1))
        guard case .advance(_, oid("cb"), _, oid("5ead"))? = story.tell(.elapsed, at: at(1)).first else {
            Issue.record("the landing is not tried again")
            return
        }
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.projection.task("a")?.commit == oid("cb"))
        #expect(story.projection.run?.head == oid("cb"))
    }

    @Test("what was handed in lands in the order of handing in, one at a time")
    func order() {
        var story = Story(graph("a", "b", "c"), workers: 3)
        for (slot, id) in [(2, "c"), (0, "a"), (1, "b")] as [(Int, TaskID)] {
            story.submit(lease(id), on: slot)
        }
        var landed: [TaskID] = []
        var onto = oid("4ead")
        for (id, commit) in [("c", "c1"), ("a", "c2"), ("b", "c3")] as [(TaskID, String)] {
            story.tell(.staged(lease(id), .staged(commit: oid(commit), tree: oid("7e"), onto: onto)))
            story.tell(.gated(lease(id), Story.passed))
            for case .taskLanded(let lease, _, _) in facts(story.tell(.advanced(lease(id), .landed))) {
                landed.append(lease.task)
            }
            onto = oid(commit)
        }
        #expect(landed == ["c", "a", "b"])
    }
}

@Suite("Tasks that agents propose")
struct ProposalTests {
    private func propose(
        _ story: inout Story, _ spec: TaskSpec, _ lease: Lease = lease("a"), on slot: Int = 0
    ) -> [Fact.Body] {
        facts(story.tell(.agentReported(slot: slot, lease, .proposedTask(spec))))
    }

    private func story() -> Story {
        var story = Story([TaskSpec(id: "a", role: "coder"), task("b <- a")]) {
            $0.roles = ["coder": Role(id: "coder")]
        }
        story.prepare(lease("a"))
        return story
    }

    @Test("a proposed task joins the graph, with the role of its proposer where it names none")
    func accepted() {
        var story = story()
        var spec = task("more <- a")
        #expect(
            propose(&story, spec) == [
                .taskAdded(
                    {
                        spec.role = "coder"; return spec
                    }(), proposedBy: "a")
            ])
        #expect(story.projection.task("more")?.proposedBy == "a")
        #expect(story.projection.task("a")?.proposals == 1)
    }

    @Test(
        "a proposal that cannot be taken in is refused with the reason, and the attempt goes on",
        arguments: [
            (task("a"), "there is a task `a` already"),
            (task("More"), "`More` is not a valid name for a task"),
            (task("n <- bb"), "it needs `bb`, which is not in the run; did you mean `b`?"),
            (TaskSpec(id: "n", role: "boss"), "there is no role `boss`"),
            (
                TaskSpec(id: "n", run: "curl"),
                "an agent may not add a shell command that does not wait for its own task"
            ),
        ])
    func refused(spec: TaskSpec, reason: String) {
        var story = story()
        #expect(
            propose(&story, spec) == [.taskProposalRefused(lease("a"), id: spec.id.rawValue, reason: reason)])
        #expect(story.stages == "a:leased b:waiting")
    }

    @Test("a task may add twenty tasks, and additions may nest three deep")
    func limits() {
        var story = story()
        for number in 1...20 {
            #expect(
                propose(&story, task("n\(number)")).first.map {
                    if case .taskAdded = $0 { true } else { false }
                } == true)
        }
        #expect(
            propose(&story, task("n21")) == [
                .taskProposalRefused(lease("a"), id: "n21", reason: "a task may add at most 20 tasks")
            ])

        var deep = Story(graph("a"), workers: 4)
        deep.prepare(lease("a"))
        for (slot, id) in [(0, "a"), (1, "p1"), (2, "p2")] as [(Int, TaskID)] {
            let next = TaskSpec(id: TaskID("p\(slot + 1)"))
            #expect(propose(&deep, next, lease(id), on: slot).first == .taskAdded(next, proposedBy: id))
            deep.prepare(lease(next.id), on: slot + 1)
        }
        #expect(
            propose(&deep, task("p4"), lease("p3"), on: 3) == [
                .taskProposalRefused(lease("p3"), id: "p4", reason: "added tasks may nest at most 3 deep")
            ])
    }

    @Test("the limits outlive the coordinator")
    func limitsOutlive() {
        var story = story()
        for number in 1...20 { _ = propose(&story, task("n\(number) <- a")) }
        _ = story.restart()
        story.bringUp()
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        story.prepare(lease("a", 2))
        #expect(
            propose(&story, task("n21"), lease("a", 2)) == [
                .taskProposalRefused(lease("a", 2), id: "n21", reason: "a task may add at most 20 tasks")
            ])
    }
}
