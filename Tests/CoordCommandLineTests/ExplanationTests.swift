import CoordCommandLine
import CoordModel
import Testing

@Suite("Explanation")
struct ExplanationTests {
    static let now = RunFixture.start + .seconds(90)

    /// A run of one worker and the task in question, changed as a case wants.
    private func sentence(
        _ change: (inout RunRecord, inout TaskRecord, inout WorkerRecord) -> Void, others: [TaskRecord] = [],
        moves: Int = 0
    ) -> String? {
        var run = RunRecord(RunFixture.runStart("/p", id: "r"), at: RunFixture.start)
        var task = TaskRecord(
            index: 0, spec: TaskSpec(id: "api", role: "backend-dev", dependencies: others.map(\.spec.id)),
            proposedBy: nil, at: RunFixture.start)
        var worker = WorkerRecord(slot: RunFixture.slots("/p")[0], at: RunFixture.start)
        worker.status = .working
        worker.task = "schema"
        change(&run, &task, &worker)
        return Explanation.sentence(
            for: "api", run: run, tasks: [task] + others, workers: [worker],
            targetMoves: TargetMoves(
                .targetMoved(
                    commit: Self.commit, by: "J. Doe", times: moves, since: RunFixture.start)),
            at: Self.now)
    }

    private static func other(_ id: TaskID, _ stage: TaskStage) -> TaskRecord {
        var task = TaskRecord(index: 1, spec: TaskSpec(id: id), proposedBy: nil, at: RunFixture.start)
        task.stage = stage
        return task
    }

    private static let commit = ObjectID(String(repeating: "a", count: 40))!
    private static let since = "since 18:44:24 UTC (1:30)"

    @Test("a task that waits names every need that is open")
    func waiting() {
        #expect(
            sentence({ _, _, _ in }, others: [Self.other("schema", .leased), Self.other("design", .landed)])
                == "`api` waits for `schema` (at work), \(Self.since)")
        let many = (1...7).map { Self.other(TaskID("t\($0)"), .ready) }
        #expect(
            sentence({ _, _, _ in }, others: many)
                == "`api` waits for `t1` (ready), `t2` (ready), `t3` (ready), `t4` (ready), `t5` (ready) "
                + "and 2 more, \(Self.since)")
    }

    @Test("a task in the queue names who moves the target under it, from the third time on")
    func targetMoves() {
        func queued(_ stage: TaskStage, moves: Int) -> String? {
            sentence({ _, task, _ in task.stage = stage }, moves: moves)
        }
        let plain = "`api` is the next in the merge queue, \(Self.since)"
        #expect(queued(.queued, moves: 2) == plain)
        #expect(
            queued(.queued, moves: 3)
                == plain + "; the target was moved 3 times since 18:44:24 UTC without a landing, last by "
                + "J. Doe; each time what waits is built and tested anew")
        #expect(queued(.checking, moves: 4)?.contains("moved 4 times") == true)
        #expect(queued(.ready, moves: 9)?.contains("moved") == false)
    }

    @Test("a ready task names what keeps it from starting")
    func ready() {
        func ready(_ change: (inout RunRecord, inout TaskRecord, inout WorkerRecord) -> Void) -> String? {
            sentence { run, task, worker in
                task.stage = .ready
                change(&run, &task, &worker)
            }
        }
        #expect(
            ready { _, _, _ in }
                == "`api` is ready and waits for a worker of role `backend-dev`: "
                + "the only one is at work, \(Self.since)"
        )
        #expect(
            ready { run, _, _ in run.status = .paused }
                == "`api` is ready, but the run is paused (`coord resume`), \(Self.since)")
        #expect(
            ready { run, _, _ in run.rateLimitedUntil = Self.now + .seconds(5) }
                == "`api` is ready and waits for the model's rate limit, until 18:45:59 UTC, \(Self.since)")
        #expect(
            ready { run, _, _ in run.spent = Money(microDollars: 20_000_000) }
                == "`api` is ready, but the budget of $20.00 is spent or reserved, \(Self.since)")
        #expect(
            ready { _, _, worker in worker.status = .offline }
                == "`api` is ready, but no worker of role `backend-dev` is up, \(Self.since)")
        #expect(
            ready { _, task, _ in task.spec.role = "poet" }
                == "`api` is ready and waits for a worker that fits: none is of role `poet`, \(Self.since)")
        #expect(
            ready { _, task, _ in task.pinnedTo = "qa-1" }
                == "`api` is ready and waits for `qa-1`, to whom it was given, \(Self.since)")
        #expect(
            ready { _, _, worker in worker.status = .idle }
                == "`api` is ready and is about to be given out, \(Self.since)")
    }

    @Test("a task on its way says where it is")
    func onItsWay() {
        func at(_ stage: TaskStage, _ change: (inout TaskRecord) -> Void = { _ in }) -> String? {
            sentence { _, task, worker in
                task.stage = stage
                task.attempt = 2
                task.assignedTo = "backend-1"
                worker.task = "api"
                change(&task)
            }
        }
        #expect(at(.leased) == "`api` is being worked on by `backend-1` (attempt 2), \(Self.since)")
        #expect(
            sentence { _, task, worker in
                task.stage = .leased
                task.assignedTo = worker.slot.worker
            } == "`api` waits for its turn at `backend-1`, which works on `schema`, \(Self.since)")
        #expect(
            at(.retryable) {
                $0.lastError = "exit status 1"
                $0.notBefore = Self.now + .seconds(4)
            } == "`api` failed (exit status 1) and will be tried again in 4 s, \(Self.since)")
        #expect(at(.submitting) == "`api` was handed in by its agent and is being taken over, \(Self.since)")
        #expect(
            at(.approval)
                == "`api` waits for a person to look at it (`coord tasks approve api`), \(Self.since)")
        #expect(at(.queued) == "`api` is the next in the merge queue, \(Self.since)")
        #expect(
            at(.checking) == "`api` is at the gate that decides whether it lands on `main`, \(Self.since)")
    }

    @Test("a task that is over says how and when")
    func over() {
        func at(_ stage: TaskStage, _ change: (inout TaskRecord) -> Void = { _ in }) -> String? {
            sentence { _, task, _ in
                task.stage = stage
                task.completedAt = Self.now
                change(&task)
            }
        }
        #expect(
            at(.landed) { $0.commit = RunFixture.commits[0] }
                == "`api` landed at 18:45:54 UTC as 1a1a1a1a1a1a")
        #expect(at(.completed) == "`api` was completed at 18:45:54 UTC, without a change to land")
        #expect(
            at(.failed) {
                $0.attempt = 3
                $0.lastError = "exit status 1"
            } == "`api` failed at 18:45:54 UTC after 3 attempts: exit status 1")
        #expect(
            at(.failed) { $0.failedBecause = "schema" }
                == "`api` failed at 18:45:54 UTC because `schema`, which it needs, failed")
        #expect(
            at(.quarantined) { $0.workerLosses = 3 }
                == "`api` was set aside at 18:45:54 UTC because 3 workers ended while at it")
        #expect(at(.cancelled) == "`api` was cancelled at 18:45:54 UTC")
    }

    @Test("in a run that is over nothing moves, and the sentence says so")
    func stopped() {
        let text = sentence { run, task, _ in
            run.status = .stopped
            run.reason = "interrupted"
            task.stage = .queued
        }
        #expect(
            text
                == "`api` is the next in the merge queue, \(Self.since); "
                + "nothing moves, for the run is stopped: "
                + "interrupted")
        #expect(
            Explanation.sentence(
                for: "x", run: RunRecord(RunFixture.runStart("/p", id: "r"), at: Self.now), tasks: [],
                workers: [], at: Self.now) == nil)
    }
}
