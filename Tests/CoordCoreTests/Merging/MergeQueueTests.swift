import CoordCore
import CoordModel
import Testing

@Suite("Merge queue")
struct MergeQueueTests {
    private var queue = MergeQueue()
    private let a = Candidate(lease: Lease(task: "a", attempt: 1), commit: oid("a1"), base: oid("ba5e"))
    private let b = Candidate(lease: Lease(task: "b", attempt: 2), commit: oid("b1"), base: oid("ba5e"))
    private let head = oid("4ead")

    private func report(_ outcome: GateOutcome) -> GateReport {
        GateReport(outcome: outcome, command: "make", exit: nil, duration: .seconds(1), reason: "", tail: "")
    }

    /// Brings `a` to the point where it is being gated as `ca1` with the tree `7a1`.
    private mutating func gating() {
        _ = queue.submitted(a)
        _ = queue.staged(a.lease, .staged(commit: oid("ca1"), tree: oid("7a1"), onto: head))
    }

    /// … and on to the point where the target is being moved.
    private mutating func landing() {
        gating()
        _ = queue.gated(a.lease, report(.passed))
    }

    @Test("a candidate is built, gated, landed; then the next is taken")
    mutating func passed() {
        #expect(queue.submitted(a) == [.stage(a)])
        #expect(queue.submitted(b) == [])
        #expect(
            queue.staged(a.lease, .staged(commit: oid("ca1"), tree: oid("7a1"), onto: head)) == [
                .record(.candidateStaged(a.lease, commit: oid("ca1"), tree: oid("7a1"), onto: head)),
                .gate(a, commit: oid("ca1")),
            ])
        #expect(
            queue.gated(a.lease, report(.passed)) == [
                .record(.gateFinished(a.lease, tree: oid("7a1"), report(.passed))),
                .record(.landingStarted(a.lease, commit: oid("ca1"), from: head)),
                .advance(a, commit: oid("ca1"), from: head),
            ])
        #expect(
            queue.advanced(a.lease, .landed, at: at(0)) == [
                .record(.taskLanded(a.lease, commit: oid("ca1"), tree: oid("7a1"))),
                .landed(a, commit: oid("ca1")), .stage(b),
            ])
        #expect(queue.current == b && Array(queue.waiting) == [] && queue.isBusy && !queue.isIdle)
    }

    @Test("only `passed` lands", arguments: [GateOutcome.failed, .couldNotRun])
    mutating func notPassed(outcome: GateOutcome) {
        gating()
        _ = queue.submitted(b)
        let bounce: MergeQueue.Bounce =
            outcome == .failed ? .gateFailed(report(.failed)) : .gateCouldNotRun(report(.couldNotRun))
        #expect(
            queue.gated(a.lease, report(outcome)) == [
                .record(.gateFinished(a.lease, tree: oid("7a1"), report(outcome))), .bounced(a, bounce),
                .stage(b),
            ])
    }

    @Test("a conflict bounces with its files, a failed building with its reason")
    mutating func notStaged() {
        _ = queue.submitted(a)
        _ = queue.submitted(b)
        #expect(
            queue.staged(a.lease, .conflict(onto: head, files: ["x"], excerpt: "<<<")) == [
                .record(.candidateConflicted(a.lease, onto: head, files: ["x"])),
                .bounced(a, .conflict(files: ["x"], excerpt: "<<<")), .stage(b),
            ])
        #expect(queue.staged(b.lease, .failed(reason: "no git")) == [.bounced(b, .failed(reason: "no git"))])
        #expect(queue.isIdle)
    }

    @Test("a target that moved meanwhile sends the same candidate back to be built, before all others")
    mutating func moved() {
        landing()
        _ = queue.submitted(b)
        #expect(
            queue.advanced(a.lease, .moved, at: at(0)) == [
                .record(
                    .landingDelayed(
                        a.lease, reason: "the target moved; the candidate is built and gated again")),
                .stage(a),
            ])
        #expect(Array(queue.waiting) == [b])
    }

    @Test("a delayed landing is tried again after a second, and not before")
    mutating func delayed() {
        landing()
        #expect(
            queue.advanced(a.lease, .delayed(reason: "dirty"), at: at(5)) == [
                .record(.landingDelayed(a.lease, reason: "dirty"))
            ])
        #expect(queue.nextDeadline == at(6) && !queue.isBusy && !queue.isIdle)
        #expect(queue.elapsed(at: at(5.999)) == [])
        #expect(queue.elapsed(at: at(6)) == [.advance(a, commit: oid("ca1"), from: head)])
        #expect(queue.elapsed(at: at(7)) == [] && queue.nextDeadline == nil)
    }

    @Test("what an earlier coordinator landed is found landed")
    mutating func alreadyLanded() {
        #expect(
            queue.restore(a, landing: oid("ca1"), tree: oid("7a1"), from: head)
                == [.advance(a, commit: oid("ca1"), from: head)])
        #expect(queue.submitted(b) == [])
        #expect(
            queue.advanced(a.lease, .alreadyLanded, at: at(0)) == [
                .record(.taskLanded(a.lease, commit: oid("ca1"), tree: oid("7a1"))),
                .landed(a, commit: oid("ca1")), .stage(b),
            ])
    }

    @Test(
        "a landing of which nobody knows whether it was made is tried until somebody does, and never goes back"
    )
    mutating func unknownLanding() {
        landing()
        let failed = MergeQueue.Advance.failed(reason: "disk")
        #expect(
            queue.advanced(a.lease, failed, at: at(0))
                == [.record(.landingDelayed(a.lease, reason: "could not land: disk"))])
        #expect(queue.elapsed(at: at(1)) == [.advance(a, commit: oid("ca1"), from: head)])
        // The same reason again is no news.
        #expect(queue.advanced(a.lease, failed, at: at(1)) == [])
        #expect(queue.elapsed(at: at(2)) == [.advance(a, commit: oid("ca1"), from: head)])
        #expect(
            queue.advanced(a.lease, .alreadyLanded, at: at(2)) == [
                .record(.taskLanded(a.lease, commit: oid("ca1"), tree: oid("7a1"))),
                .landed(a, commit: oid("ca1")),
            ])
    }

    @Test("only one that waits can be withdrawn")
    mutating func withdrawal() {
        _ = queue.submitted(a)
        _ = queue.submitted(b)
        let results = [queue.withdraw("a"), queue.withdraw("b"), queue.withdraw("b"), queue.withdraw("c")]
        #expect(results == [false, true, false, false])
        #expect(queue.waiting.isEmpty)
        #expect(queue.staged(a.lease, .failed(reason: "")) == [.bounced(a, .failed(reason: ""))])
        #expect(queue.isIdle)
    }

    @Test("answers about a candidate that is not on its way change nothing")
    mutating func late() {
        gating()
        let before = queue
        #expect(queue.staged(b.lease, .failed(reason: "")) == [])
        #expect(queue.staged(a.lease, .failed(reason: "")) == [])
        #expect(queue.gated(b.lease, report(.passed)) == [])
        #expect(queue.gated(Lease(task: "a", attempt: 2), report(.passed)) == [])
        #expect(queue.advanced(a.lease, .landed, at: at(0)) == [])
        #expect(queue == before)
    }

    @Test("an interruption puts what is being gated back, first in line, and takes up nothing new")
    mutating func interruption() {
        gating()
        _ = queue.submitted(b)
        let endsGate = queue.interrupt()
        #expect(endsGate)
        #expect(Array(queue.waiting) == [a, b] && queue.current == nil && !queue.isBusy)
        #expect(queue.gated(a.lease, report(.passed)) == [])
        #expect(
            queue.submitted(Candidate(lease: Lease(task: "c", attempt: 1), commit: oid("c"), base: head))
                == [])
        #expect(queue.hold(false) == [.stage(a)])
    }

    @Test("a landing that was begun is heard to its end, also when the queue is interrupted")
    mutating func interruptedLanding() {
        landing()
        _ = queue.submitted(b)
        let endsGate = queue.interrupt()
        #expect(!endsGate)
        #expect(queue.isBusy && queue.current == a)
        #expect(
            queue.advanced(a.lease, .landed, at: at(0)) == [
                .record(.taskLanded(a.lease, commit: oid("ca1"), tree: oid("7a1"))),
                .landed(a, commit: oid("ca1")),
            ])
        #expect(!queue.isBusy && Array(queue.waiting) == [b])
    }

    @Test("a landing that moved or was delayed after an interruption waits again", arguments: [true, false])
    mutating func heldLanding(moved: Bool) {
        landing()
        queue.interrupt()
        let answer = queue.advanced(a.lease, moved ? .moved : .delayed(reason: "dirty"), at: at(0))
        #expect(answer.count == 1)
        #expect(!queue.isBusy && queue.nextDeadline == nil && Array(queue.waiting) == [a])
    }

    @Test("a delayed landing that is interrupted is not tried again")
    mutating func interruptedDelay() {
        landing()
        _ = queue.advanced(a.lease, .delayed(reason: "dirty"), at: at(0))
        let endsGate = queue.interrupt()
        #expect(!endsGate)
        #expect(queue.nextDeadline == nil && queue.elapsed(at: at(60)) == [] && Array(queue.waiting) == [a])
    }

    @Test("a long line moves on, and gives any of its candidates back, without looking through the rest")
    mutating func longLine() {
        let count = 20_000
        let all = (0..<count).map {
            Candidate(lease: Lease(task: TaskID("t\($0)"), attempt: 1), commit: oid("c"), base: head)
        }
        for candidate in all { _ = queue.submitted(candidate) }
        for candidate in all[10_000...].reversed() where !queue.withdraw(candidate.lease.task) {
            Issue.record("\(candidate) should wait")
        }
        var landed = 0
        while let candidate = queue.current {
            _ = queue.staged(candidate.lease, .failed(reason: ""))
            landed += 1
            if landed == 300 { queue.interrupt() }
            if landed == 300 { _ = queue.hold(false) }
        }
        #expect(landed == 10_000 && queue.isIdle)
    }
}
