import CoordCore
import CoordModel
import Testing

@Suite("Review before the gate")
struct ReviewTests {
    private let approval = ReviewVerdict(approves: true, summary: "good")
    private let changes = ReviewVerdict(
        approves: false, findings: [.init(file: "a.c", line: 12, reason: "wrong sum")], summary: "one bug")

    /// Two coders and a lead; the lead reviews.
    private func story(
        _ specs: [TaskSpec] = graph("a"), team: [RoleID?] = ["coder", "lead"],
        _ change: (inout RunSettings) -> Void = { _ in }
    ) -> Story {
        var settings = RunSettings(slots: [], review: .role("lead"))
        settings.slots = team.enumerated().map { index, role in
            SlotSpec(
                worker: WorkerID("w\(index + 1)"), number: index + 1, role: role,
                kind: role == "lead" ? .coordination : .code)
        }
        settings.leasesAheadMax = 0
        change(&settings)
        var story = Story(settings)
        _ = story.start(specs)
        story.bringUp()
        return story
    }

    private func coder(_ id: TaskID) -> TaskSpec { TaskSpec(id: id, role: "coder") }

    /// The reviewer on the slot begins, and ends with this verdict.
    @discardableResult
    private func look(
        _ story: inout Story, _ lease: Lease, on slot: Int = 1, _ verdict: ReviewVerdict?,
        _ outcome: AttemptOutcome = .finished
    ) -> [Effect] {
        var effects = story.tell(
            .worktreePrepared(slot: slot, lease, branch: "b/\(lease)", base: oid("c1")))
        if let verdict { effects += story.tell(.agentReported(slot: slot, lease, .verdict(verdict))) }
        return effects + story.tell(.attemptEnded(slot: slot, lease, outcome, tail: ""))
    }

    @Test("the reviewer gets the commit and the order, and what it approves enters the queue as its author's")
    func approved() {
        var story = story([coder("a")])
        let candidate = Candidate(lease: lease("a"), commit: oid("c1"), base: oid("ba5e"))
        #expect(
            facts(story.submit(lease("a"))).suffix(2) == [
                .reviewAsked(lease("a"), role: "lead", thenPerson: nil),
                .reviewStarted(lease("a", 2), worker: "w2", commit: oid("c1")),
            ])
        #expect(story.stages == "a:reviewing")
        #expect(story.projection.task("a")?.reviewer == "w2")
        #expect(story.projection.worker("w2")?.task == "a")
        let effects = look(&story, lease("a", 2), approval)
        let order = ReviewOrder(task: coder("a"), candidate: candidate, role: "lead", files: ["f"], round: 1)
        #expect(acts(effects).first == .review(slot: 1, lease("a", 2), order))
        #expect(facts(effects).last == .reviewFinished(lease("a", 2), worker: "w2", approval, reason: ""))
        #expect(acts(effects).last == .stage(2, [candidate], [coder("a")], onto: nil))
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed")
        #expect(story.projection.worker("w2")?.status == .idle)
    }

    @Test("changes go back to a worker as a round, not a failure; after three rounds a person is asked")
    func rounds() {
        var story = story([coder("a")]) { $0.limits.maxAttempts = 1 }
        story.submit(lease("a"))
        for round in 1...2 {
            let effects = look(&story, lease("a", round * 2), changes)
            #expect(
                facts(effects).contains {
                    if case .taskRetryable(_, "the review asks for changes: one bug", _, 0) = $0 {
                        true
                    } else {
                        false
                    }
                })
            let next = lease("a", round * 2 + 1)
            let assigned = acts(story.prepare(next)).last
            guard case .assign(_, next, _, _, let note?) = assigned else {
                Issue.record("\(String(describing: assigned))")
                return
            }
            #expect(note.contains("- a.c:12: wrong sum"))
            story.end(next, .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        }
        look(&story, lease("a", 6), changes)
        #expect(story.stages == "a:approval")
        #expect(
            story.projection.task("a")?.approvalReason
                == "reviewers asked for changes in 3 rounds, last: one bug")
        #expect(story.ask(.approveTask("a")) == .accepted("task `a` is in the merge queue"))
        story.landQueued(lease("a", 5))
        #expect(story.stages == "a:landed")
    }

    @Test(
        "without a verdict another look is asked for once, then a person",
        arguments: [
            (.finished, "the reviewer ended without a verdict"),
            (.failed(reason: "exit status 1"), "exit status 1"),
            (.timedOut(after: .seconds(9)), "time-out after 9 s"),
        ] as [(AttemptOutcome, String)])
    func noVerdict(outcome: AttemptOutcome, reason: String) {
        var story = story([coder("a")])
        story.submit(lease("a"))
        let first = look(&story, lease("a", 2), outcome == .finished ? nil : approval, outcome)
        #expect(facts(first).contains(.reviewFinished(lease("a", 2), worker: "w2", nil, reason: reason)))
        #expect(
            acts(first).last
                == .prepareReview(
                    slot: 1, lease("a", 3), Candidate(lease: lease("a"), commit: oid("c1"), base: oid("ba5e"))
                ))
        look(&story, lease("a", 3), nil, outcome)
        #expect(story.stages == "a:approval")
        #expect(story.projection.task("a")?.approvalReason == "2 reviews came to no verdict: \(reason)")
    }

    @Test("a reviewer that dies, whose worktree cannot be made, or is too slow, is replaced")
    func lost() {
        var story = story([coder("a")])
        story.submit(lease("a"))
        story.tell(.worktreeFailed(slot: 1, lease("a", 2), reason: "no space"))
        #expect(story.stages == "a:reviewing")
        story.tell(.worktreePrepared(slot: 1, lease("a", 3), branch: "b", base: oid("c1")))
        story.tell(.workerExited(slot: 1, .signaled(9)))
        #expect(
            story.projection.task("a")?.approvalReason
                == "2 reviews came to no verdict: worker lost: signal 9")
        #expect(story.projection.task("a")?.workerLosses == 0)
    }

    @Test("late words of the author and of an earlier reviewer are refused")
    func fencing() {
        var story = story([coder("a")])
        story.submit(lease("a"))
        look(&story, lease("a", 2), nil)
        story.tell(.worktreePrepared(slot: 1, lease("a", 3), branch: "b", base: oid("c1")))
        for (slot, old) in [(0, lease("a")), (1, lease("a", 2))] {
            #expect(
                facts(story.tell(.agentReported(slot: slot, old, .verdict(approval)))) == [
                    .staleMessageRefused(WorkerID("w\(slot + 1)"), old, method: "report", current: 3)
                ])
        }
        story.tell(.attemptEnded(slot: 1, lease("a", 3), .finished, tail: ""))
        #expect(story.stages == "a:approval", "nobody's verdict was believed")
    }

    @Test(
        "a slot of the role looks, else one that coordinates, else another; the author only when alone",
        arguments: [
            (["coder", "coder", "lead"], 2), (["coder", nil, nil], 1), (["coder"], 0),
        ] as [([RoleID?], Int)])
    func choice(team: [RoleID?], slot: Int) {
        var story = story([coder("a")], team: team)
        let effects = story.submit(lease("a"))
        #expect(
            acts(effects).contains {
                if case .prepareReview(slot, lease("a", 2), _) = $0 { true } else { false }
            })
    }

    @Test("a busy slot of the role is waited for")
    func waits() {
        var story = story([coder("a"), TaskSpec(id: "b", role: "lead")])
        story.submit(lease("a"))
        #expect(story.stages == "a:reviewing b:leased")
        #expect(story.projection.task("a")?.reviewer == nil)
        story.prepare(lease("b"), on: 1)
        let effects = story.end(lease("b"), on: 1, .failed(reason: "no"))
        #expect(facts(effects).contains(.reviewStarted(lease("a", 2), worker: "w2", commit: oid("c1"))))
    }

    @Test("paused, no look begins; draining, what is under way is looked at and lands")
    func modes() {
        var story = story([coder("a"), coder("b")])
        story.prepare(lease("a"))
        story.ask(.pause)
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        #expect(story.projection.task("a")?.reviewer == nil)
        story.ask(.drain)
        #expect(story.projection.task("a")?.reviewer == "w2")
        look(&story, lease("a", 2), approval)
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed b:ready")
    }

    @Test("stopped or killed, the next coordinator has the work looked at again, under a new number")
    func resumed() {
        var story = story([coder("a")])
        story.submit(lease("a"))
        story.tell(.worktreePrepared(slot: 1, lease("a", 2), branch: "b", base: oid("c1")))
        let effects = story.restart()
        #expect(
            facts(effects).contains(
                .reviewFinished(lease("a", 2), worker: "w2", nil, reason: "its coordinator ended")))
        story.bringUp()
        look(&story, lease("a", 3), approval)
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed")
    }

    @Test("a stop ends the look; the task stays in review for the next coordinator")
    func stopped() {
        var story = story([coder("a")])
        story.submit(lease("a"))
        story.tell(.worktreePrepared(slot: 1, lease("a", 2), branch: "b", base: oid("c1")))
        story.ask(.stop)
        story.tell(.attemptEnded(slot: 1, lease("a", 2), .cancelled, tail: ""))
        #expect(story.stages == "a:reviewing")
        _ = story.restart()
        story.bringUp()
        look(&story, lease("a", 3), approval)
        #expect(story.stages == "a:checking" || story.stages == "a:queued")
    }

    @Test("a task that is looked at can be cancelled, with and without a reviewer")
    func cancelled() {
        var story = story([coder("a")])
        story.submit(lease("a"))
        story.tell(.worktreePrepared(slot: 1, lease("a", 2), branch: "b", base: oid("c1")))
        story.ask(.cancelTask("a"))
        story.tell(.attemptEnded(slot: 1, lease("a", 2), .cancelled, tail: ""))
        #expect(story.stages == "a:cancelled")
        var waiting = self.story([coder("a")]) { $0.limits.maxConcurrency = 1 }
        waiting.prepare(lease("a"))
        waiting.ask(.pause)
        waiting.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        waiting.ask(.cancelTask("a"))
        #expect(waiting.stages == "a:cancelled")
    }

    @Test("a reviewer adds no task and hands nothing on; a worker's verdict counts for nothing")
    func roles() {
        var story = story([coder("a")])
        story.prepare(lease("a"))
        story.tell(.agentReported(slot: 0, lease("a"), .verdict(approval)))
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        story.tell(.worktreePrepared(slot: 1, lease("a", 2), branch: "b", base: oid("c1")))
        let reports: [AgentReport] = [
            .proposedTask(TaskSpec(id: "x")), .handoff(Handoff(summary: "s", remaining: [])),
        ]
        let said = reports.flatMap { facts(story.tell(.agentReported(slot: 1, lease("a", 2), $0))) }
        #expect(said.count == 1)
        #expect(story.projection.tasks.count == 1)
        story.tell(.attemptEnded(slot: 1, lease("a", 2), .finished, tail: ""))
        #expect(story.stages == "a:reviewing", "the author's verdict is none")
    }

    @Test("a look is paid like any attempt: no rate, no look; no budget left, the run stops")
    func limits() {
        var story = story([TaskSpec(id: "a", run: "make")]) {
            $0.callsModels = true
            $0.limits.budget = Money(microDollars: 100)
        }
        story.submit(lease("a"))
        story.tell(.worktreePrepared(slot: 1, lease("a", 2), branch: "b", base: oid("c1")))
        let usage = Usage(id: "u", model: "m", tokens: .zero, cost: Money(microDollars: 100))
        story.tell(.agentReported(slot: 1, lease("a", 2), .usage(usage)))
        #expect(story.projection.run?.status == .stopping)
        #expect(story.projection.worker("w2")?.cost == Money(microDollars: 100))
    }

    @Test("where a person is wanted as well, it is asked once the reviewer approved")
    func thenPerson() {
        var spec = coder("a")
        spec.risk = .high
        var story = story([spec])
        story.submit(lease("a"))
        look(&story, lease("a", 2), approval)
        #expect(story.stages == "a:approval")
        #expect(story.projection.task("a")?.approvalReason == "the task's risk is high")
        // And again after a restart.
        var second = self.story([spec])
        second.submit(lease("a"))
        _ = second.restart()
        second.bringUp()
        look(&second, lease("a", 3), approval)
        #expect(second.stages == "a:approval")
    }
}

@Suite("Protected paths")
struct ProtectedPathsTests {
    private let paths = ProtectedPaths(
        named: ["tests/**", "ci.yml"], gateFiles: ["scripts/gate.sh"], missionFile: "plans/m.json")

    @Test(
        "what decides over landing is protected, whatever its letters' case",
        arguments: [
            "tests/a.py", "tests/deep/b.py", "Tests/A.PY", "ci.yml", "scripts/gate.sh", "plans/m.json",
            ".coord/config.json", ".COORD/missions/x.json", "worktrees/.gitignore",
        ])
    func protected(path: String) {
        #expect(paths.touched(by: [path, "src/a.c"], of: TaskSpec(id: "a"), isProposed: false) == [path])
    }

    @Test(
        "everything else is not",
        arguments: ["tests", "src/tests.py", "a/ci.yml", "scripts/other.sh", "coord"])
    func free(path: String) {
        #expect(paths.touched(by: [path], of: TaskSpec(id: "a"), isProposed: false).isEmpty)
    }

    @Test(
        "what a gate's commands name may be a file",
        arguments: [
            ("sh scripts/gate.sh --fast", ["sh", "scripts/gate.sh"]), ("./gate '*.c' /bin/true 7", ["gate"]),
            ("cd sub && ../up; X=a/./b.py", ["cd", "sub", "X", "a/b.py"]), ("", []),
        ])
    func names(command: String, names: [String]) { #expect(ProtectedPaths.names(in: [command]) == names) }

    @Test("a task of the mission may change what its files name in full, and nothing else")
    func named() {
        let files = ["tests/a.py", "tests/b.py"]
        let exact = TaskSpec(id: "a", files: ["tests/a.py"])
        #expect(paths.touched(by: files, of: exact, isProposed: false) == ["tests/b.py"])
        #expect(paths.touched(by: files, of: exact, isProposed: true) == files)
        let pattern = TaskSpec(id: "a", files: ["tests/**"])
        #expect(paths.touched(by: files, of: pattern, isProposed: false) == files)
    }

    @Test("a change of a protected path waits for a person, who is told which")
    func asked() {
        var story = Story(graph("a")) { $0.protected = ProtectedPaths(named: ["f"]) }
        let reason = "it changes what is protected: `f`"
        #expect(facts(story.submit(lease("a"))).last == .approvalAsked(lease("a"), reason: reason))
        story.ask(.approveTask("a"))
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed")
    }
}
