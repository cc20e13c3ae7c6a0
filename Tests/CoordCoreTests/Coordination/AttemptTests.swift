import CoordCore
import CoordModel
import Testing

@Suite("Attempts")
struct AttemptTests {
    @Test("a run starts with its tasks in the graph and every worker being started")
    func start() {
        var story = Story(RunSettings(slots: slots(nil, nil)))
        let specs = graph("a", "b <- a")
        #expect(
            story.start(specs) == [
                .record(.taskAdded(specs[0], proposedBy: nil)),
                .record(.taskAdded(specs[1], proposedBy: nil)),
                .record(.taskReady("a")), .startWorker(slot: 0), .startWorker(slot: 1),
            ])
        #expect(story.machine.nextDeadline == at(60))
    }

    @Test("from ready to landed: each event and everything that follows from it")
    func journey() {
        let specs = graph("a", "b <- a")
        var story = Story(RunSettings(slots: slots(nil)))
        _ = story.start(specs)
        let process = ProcessIdentity(pid: 9, startTime: 3)
        let candidate = Candidate(lease: lease("a"), commit: oid("c1"), base: oid("ba5e"))
        #expect(story.tell(.workerStarted(slot: 0, process)) == [.record(.workerStarted("w1", process))])
        #expect(
            story.tell(.workerReady(slot: 0)) == [
                .record(.workerReady("w1")), .record(.leaseGranted(lease("a"), worker: "w1")),
                .prepareWorktree(slot: 0, lease("a"), base: nil),
            ])
        #expect(
            story.tell(.worktreePrepared(slot: 0, lease("a"), branch: "x", base: oid("ba5e"))) == [
                .record(.worktreePrepared(lease("a"), branch: "x", base: oid("ba5e"))),
                .assign(slot: 0, lease("a"), specs[0], base: oid("ba5e"), note: nil),
            ])
        #expect(story.tell(.workerBeat(slot: 0), at: at(2)) == [])
        #expect(
            story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: "bye"), at: at(3)) == [
                .record(.attemptEnded(lease("a"), .finished)),
                .takeWork(slot: 0, lease("a"), specs[0], base: oid("ba5e"), rescue: false),
            ])
        #expect(
            story.tell(.workTaken(slot: 0, lease("a"), .commit(oid("c1"), base: oid("ba5e"), files: ["f"])))
                == [
                    .record(.workSubmitted(lease("a"), commit: oid("c1"), base: oid("ba5e"), files: ["f"])),
                    .stage(2, [candidate], [specs[0]], onto: nil),
                ])
        #expect(
            story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
                == [
                    .record(
                        .candidateStaged(lease("a"), commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))),
                    .record(
                        .gateStarted(lease("a"), commit: oid("ca"), tree: oid("7e"), tasks: ["a"])),
                    .gate(3, commit: oid("ca")),
                ])
        #expect(
            story.tell(.gated(lease("a"), Story.passed)) == [
                .record(.gateFinished(lease("a"), tree: oid("7e"), Story.passed)),
                .record(
                    .landingStarted(lease("a"), commit: oid("ca"), from: oid("4ead"), tip: oid("ca"))),
                .advance(4, commit: oid("ca"), tree: oid("7e"), from: oid("4ead")),
            ])
        #expect(
            story.tell(.advanced(lease("a"), .landed)) == [
                .record(.taskLanded(lease("a"), commit: oid("ca"), tree: oid("7e"))),
                .record(.taskReady("b")),
                .record(.leaseGranted(lease("b"), worker: "w1")),
                .prepareWorktree(slot: 0, lease("b"), base: nil),
            ])
        #expect(story.stages == "a:landed b:leased")
    }

    @Test("more urgent tasks go first, and no more at once than is allowed")
    func concurrency() {
        var specs = graph("low", "high", "head", "tail <- head")
        specs[1].priority = 5
        var story = Story(specs, workers: 3) { $0.limits.maxConcurrency = 2 }
        #expect(story.stages == "low:ready high:leased head:leased tail:waiting")
        #expect(story.land(lease("high"))[...].contains(.prepareWorktree(slot: 0, lease("low"), base: nil)))
    }

    @Test("a task without a worktree is assigned at once and completes without a commit")
    func noWorktree() {
        var spec = TaskSpec(id: "a", workspace: .none)
        spec.run = "echo"
        var story = Story(RunSettings(slots: slots(nil)))
        _ = story.start([spec])
        #expect(
            acts(story.bringUp(0)) == [.assign(slot: 0, lease("a"), spec, base: nil, note: nil)])
        #expect(
            story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: "")) == [
                .record(.attemptEnded(lease("a"), .finished)), .record(.taskCompleted(lease("a"), note: "")),
                .stopWorker(slot: 0),
            ])
    }

    @Test("ending without a change fails the try, unless the task's role writes no code")
    func noChange() {
        let coder = Role(id: "coder", capabilities: [.writesCode])
        let other = Role(id: "other", capabilities: [.readsDocs])
        let tasks = [TaskSpec(id: "a", role: "coder"), TaskSpec(id: "b", role: "other"), TaskSpec(id: "c")]
        var story = Story(tasks) {
            $0.roles = ["coder": coder, "other": other]
            $0.callsModels = true
        }
        story.prepare(lease("a"))
        let reason = "no-change: the agent ended without changing a file"
        #expect(
            facts(story.end(lease("a"), .finished))[1]
                == .taskRetryable(
                    lease("a"), reason: reason, notBefore: story.projection.task("a")!.notBefore!, failures: 1
                ))
        story.prepare(lease("b"))
        #expect(
            facts(story.end(lease("b"), .finished)).contains(.taskCompleted(lease("b"), note: "no-change")))
        story.prepare(lease("c"))
        _ = story.end(lease("c"), .finished)
        #expect(story.projection.task("c")?.stage == .retryable)
    }

    // MARK: - Fences

    @Test(
        "a message about an attempt other than the living one is refused and recorded, whatever it says",
        arguments: [lease("a", 1), lease("a", 3), lease("b", 1), lease("ghost", 1)])
    func fenced(stale: Lease) {
        var story = Story(graph("a", "b"), workers: 2)
        story.prepare(lease("a"))
        _ = story.end(lease("a"), .failed(reason: "x"))
        story.wait(until: at(1))
        story.prepare(lease("a", 2))
        let current = ["a": 2, "b": 1][stale.task.rawValue]
        let refused = Fact.Body.staleMessageRefused("w1", stale, method: "report", current: current)
        #expect(story.tell(.agentReported(slot: 0, stale, .progress("x"))) == [.record(refused)])
        let usage = AgentReport.usage(Usage(id: "u", model: "m", tokens: .zero, cost: dollars(1)))
        #expect(story.tell(.agentReported(slot: 0, stale, usage)) == [.record(refused)])
        #expect(
            story.tell(.attemptEnded(slot: 0, stale, .finished, tail: "")) == [
                .record(.staleMessageRefused("w1", stale, method: "finished", current: current))
            ])
        #expect(story.stages == "a:leased b:leased" && story.projection.run?.spent == .zero)
    }

    @Test("a worker that says twice that it finished is heard once")
    func twice() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""))
        #expect(
            story.tell(.attemptEnded(slot: 0, lease("a"), .failed(reason: "x"), tail: "")) == [
                .record(.staleMessageRefused("w1", lease("a"), method: "finished", current: 1))
            ])
    }

    @Test("reports of the living attempt are recorded as what they are")
    func reports() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        let usage = Usage(id: "u", model: "m", tokens: TokenCounts(input: 5), cost: dollars(0.5))
        let said: [(AgentReport, Fact.Body)] = [
            (.progress("half"), .progressReported(lease("a"), text: "half")),
            (
                .session("s-1"),
                .agentSessionBegan(lease("a"), agent: "rehearsal", session: "s-1")
            ),
            (
                .toolStarted(name: "sh", id: "1", summary: "ls"),
                .toolStarted(lease("a"), name: "sh", id: "1", summary: "ls")
            ),
            (
                .toolEnded(name: "sh", id: "1", succeeded: true, summary: ""),
                .toolCompleted(lease("a"), name: "sh", id: "1", succeeded: true, summary: "", duration: nil)
            ),
            (
                .handoff(Handoff(summary: "s", remaining: ["r"])),
                .handoffWritten(lease("a"), Handoff(summary: "s", remaining: ["r"]))
            ),
            (
                .usage(usage),
                .usageRecorded(lease("a"), worker: "w1", role: nil, usage, cost: dollars(0.5), counted: true)
            ),
            (
                .usage(usage),
                .usageRecorded(lease("a"), worker: "w1", role: nil, usage, cost: dollars(0.5), counted: false)
            ),
            (
                .rateLimited(retryAfter: .seconds(5)),
                .rateLimited(until: at(5), reason: "a provider asked for a pause")
            ),
        ]
        for (report, fact) in said {
            #expect(story.tell(.agentReported(slot: 0, lease("a"), report)) == [.record(fact)])
        }
        #expect(story.projection.run?.spent == dollars(0.5))
    }

    // MARK: - Retrying

    @Test("a failed try comes back later, with what went wrong, and the third is the last")
    func retries() {
        var story = Story(graph("a", "b <- a"))
        let spec = story.projection.task("a")!.spec
        story.prepare(lease("a"))
        let first = story.end(lease("a"), .failed(reason: "exit 1"), .rescued(oid("5a"), reference: "refs/r"))
        let notBefore = story.projection.task("a")!.notBefore!
        #expect(
            first == [
                .record(.attemptEnded(lease("a"), .failed(reason: "exit 1"))),
                .takeWork(slot: 0, lease("a"), spec, base: oid("ba5e"), rescue: true),
                .record(.workRescued(lease("a"), commit: oid("5a"), reference: "refs/r")),
                .record(.taskRetryable(lease("a"), reason: "exit 1", notBefore: notBefore, failures: 1)),
            ])
        #expect(notBefore > at(0) && notBefore <= at(0.1) && story.machine.nextDeadline == notBefore)
        #expect(
            story.tell(.elapsed, at: notBefore) == [
                .record(.taskReady("a")), .record(.leaseGranted(lease("a", 2), worker: "w1")),
                .prepareWorktree(slot: 0, lease("a", 2), base: nil),
            ])
        #expect(
            acts(story.prepare(lease("a", 2)))
                == [.assign(slot: 0, lease("a", 2), spec, base: oid("ba5e"), note: "exit 1")])
        story.tell(.attemptEnded(slot: 0, lease("a", 2), .timedOut(after: .seconds(9)), tail: "so far"))
        story.tell(.workTaken(slot: 0, lease("a", 2), .nothing))
        story.wait(until: at(5))
        #expect(
            acts(story.prepare(lease("a", 3))) == [
                .assign(
                    slot: 0, lease("a", 3), spec, base: oid("ba5e"), note: "time-out after 9 s\n\nso far")
            ])
        #expect(
            story.end(lease("a", 3), .failed(reason: "exit 2"))[2...] == [
                .record(.taskFailed("a", reason: "exit 2", cause: nil)),
                .record(.taskFailed("b", reason: "needs `a`, which failed", cause: "a")),
                .stopWorker(slot: 0),
            ])
    }

    @Test("each retry waits up to twice as long as the last, a minute at most", arguments: 1...12)
    func backoff(failures: Int) {
        let longest = (0..<30).map { seed -> Duration in
            var story = Story([TaskSpec(id: "a", maxAttempts: 99)]) { $0.seed = UInt64(seed) }
            for attempt in 1...failures {
                story.prepare(lease("a", attempt))
                story.end(lease("a", attempt), .failed(reason: ""))
                guard attempt < failures else { break }
                story.ask(.retryTask("a"))
            }
            return story.projection.task("a")!.notBefore! - story.now
        }.max()!
        let ceiling = min(Duration.seconds(60), .milliseconds(100) * Double(1 << (failures - 1)))
        #expect(longest <= ceiling && longest > ceiling * 0.8)
    }

    @Test("a worktree that cannot be made is a failed try")
    func worktreeFails() {
        var story = Story([TaskSpec(id: "a", maxAttempts: 1)])
        #expect(
            story.tell(.worktreeFailed(slot: 0, lease("a"), reason: "disk full")) == [
                .record(.attemptEnded(lease("a"), .failed(reason: "no worktree: disk full"))),
                .record(.taskFailed("a", reason: "no worktree: disk full", cause: nil)), .stopWorker(slot: 0),
            ])
        #expect(story.projection.worker("w1")?.task == nil)
    }

    @Test("work that cannot be taken over is a failed try, whatever the agent said")
    func takingFails() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.end(lease("a"), .finished, .failed(reason: "no object"))
        #expect(story.projection.task("a")?.lastError == "its work could not be taken over: no object")
        #expect(story.stages == "a:retryable")
    }

    @Test("a task that ran out of its time is told to end, and its worker is killed when it does not")
    func timeout() {
        var story = Story([TaskSpec(id: "a", timeout: .seconds(100))]) {
            $0.suspectAfter = .seconds(1000)
            $0.deadAfter = .seconds(2000)
        }
        story.prepare(lease("a"))
        #expect(story.machine.nextDeadline == at(115))
        #expect(
            story.tell(.elapsed, at: at(115))
                == [.cancelAttempt(slot: 0, lease("a"), reason: "its time is over")])
        #expect(story.tell(.elapsed, at: at(127)) == [.killWorker(slot: 0)])
        let exit = story.tell(.workerExited(slot: 0, .signaled(9)), at: at(128))
        #expect(facts(exit).contains(.attemptEnded(lease("a"), .cancelled)))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.projection.task("a")?.lastError == "time-out after 100 s")
        #expect(story.projection.task("a")?.workerLosses == 0)
    }
}
