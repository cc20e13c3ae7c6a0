import CoordCore
import CoordModel
import Testing

@Suite("Falling numbers of tests")
struct TestTallyTests {
    private func report(_ ran: Int?, _ skipped: Int? = nil) -> GateReport {
        GateReport(
            outcome: .passed, command: "make", exit: .exited(status: 0), duration: .seconds(1),
            testCount: ran, skipCount: skipped, reason: "", tail: "")
    }

    @Test(
        "what was lost is said",
        arguments: [
            (5, 0, 5, 0, nil), (5, 0, 6, 0, nil), (5, 2, 5, 1, nil), (nil, 0, 1, 0, nil),
            (nil, 0, nil, 3, nil),
            (5, 0, 4, 0, "the gate ran fewer tests: 4, before 5"),
            (5, 1, 5, 2, "the gate skipped more tests: 2, before 1"),
            (5, 0, nil, 0, "the gate no longer says how many tests ran; before it ran 5"),
        ] as [(Int?, Int, Int?, Int, String?)])
    func loss(ran: Int?, skipped: Int, now: Int?, skippedNow: Int, loss: String?) {
        #expect(TestTally(report(now, skippedNow)).loss(since: TestTally(report(ran, skipped))) == loss)
    }

    @Test(
        "runners say what they skipped",
        arguments: [
            ("Ran 3 tests in 1s\n\nOK (skipped=2)", 2), ("FAILED (failures=1, skipped=1)", 1),
            ("=== 1 failed, 3 passed, 2 skipped in 0.12s ===", 2), ("=== 4 skipped in 0.1s ===", 4),
            ("test result: ok. 12 passed; 0 failed; 3 ignored", 3), ("# tests 4\n# skipped 1", 1),
            ("Tests:  1 skipped, 5 passed, 6 total", 1), ("--- SKIP: TestA (0.00s)\n--- PASS: TestB", 1),
            ("ok 1 - a # SKIP later\nok 2 - b", 1),
            ("Executed 5 tests, with 2 tests skipped and 0 failures (0 unexpected)", 2),
            ("5 passed, 0 failed, 1 skipped", 1), ("3 passed, 0 failed", nil), ("12 files skipped", nil),
            ("", nil),
        ] as [(String, Int?)])
    func skips(output: String, count: Int?) { #expect(TestCount.findSkips(in: output) == count) }

    /// A run whose tests are protected, with a candidate that was built.
    private func story() -> Story {
        var story = Story(graph("a", "b")) { $0.protected = ProtectedPaths(named: ["tests/**"]) }
        build(&story, "a")
        return story
    }

    private func build(_ story: inout Story, _ task: TaskID) {
        story.submit(lease(task))
        story.tell(.staged(lease(task), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
    }

    @Test("before the first landing the target's tests are counted; a loss asks a person, whose yes counts")
    func asks() {
        var story = story()
        let compared = story.tell(.gated(lease("a"), report(3)))
        guard case .gate(let ticket, oid("4ead"))? = acts(compared).last else {
            Issue.record("\(acts(compared))")
            return
        }
        let told = facts(story.tell(Event.gated(ticket, report(4))))
        #expect(told.first == .targetGated(commit: oid("4ead"), report(4)))
        let reason = "the gate ran fewer tests: 3, before 4"
        #expect(told.last == .approvalAsked(lease("a"), reason: reason))
        #expect(story.projection.task("a")?.stage == .approval)
        story.ask(.approveTask("a"))
        story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        story.tell(.gated(lease("a"), report(3)))
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.projection.task("a")?.stage == .landed)
    }

    @Test("as many tests or more land without a question, and are what the next is compared with")
    func grows() {
        var story = story()
        guard case .gate(let ticket, _)? = acts(story.tell(.gated(lease("a"), report(5)))).last else {
            Issue.record("the target was not looked at")
            return
        }
        story.tell(Event.gated(ticket, report(4)))
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.projection.task("a")?.stage == .landed)
        build(&story, "b")
        story.tell(.gated(lease("b"), report(4)))
        #expect(story.projection.task("b")?.approvalReason == "the gate ran fewer tests: 4, before 5")
    }

    @Test("without protected paths nobody is asked")
    func unguarded() {
        var story = Story(graph("a"))
        build(&story, "a")
        story.tell(.gated(lease("a"), report(0)))
        story.tell(.advanced(lease("a"), .landed))
        #expect(story.stages == "a:landed")
    }
}
