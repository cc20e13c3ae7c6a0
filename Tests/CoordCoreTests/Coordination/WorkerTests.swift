import CoordCore
import CoordModel
import Testing

@Suite("Workers")
struct WorkerTests {
    /// One character is one second. In: `b` a beat, `.` only the time passes, a blank the coordinator sleeps.
    /// Out: `S` suspected, `R` recovered, `K` killed.
    private func timeline(_ seconds: String, lateBy late: Duration = .zero) -> String {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        return String(
            seconds.enumerated().map { second, sign -> Character in
                guard sign != " " else { return " " }
                let event = sign == "b" ? Event.workerBeat(slot: 0) : .elapsed
                let effects = story.tell(event, at: at(Double(second)) + late)
                if effects.contains(.record(.workerSuspected("w1"))) { return "S" }
                if effects.contains(.record(.workerRecovered("w1"))) { return "R" }
                return effects.contains(.killWorker(slot: 0)) ? "K" : "."
            })
    }

    @Test(
        "three missed beats make a worker suspect, five dead; a beat clears it",
        arguments: [
            ("b.b.b.b.b.b.b.b", "..............."),
            ("b..............", "......S...K...."),
            ("b......b.......", "......SR.....S."),
            ("b.....b.....b..", "..............."),
            ("b........b.....", "......S..R....."),
        ])
    func heartbeat(beats: String, verdicts: String) {
        // A beat at the very moment counts before the verdict.
        #expect(timeline(beats) == verdicts)
    }

    @Test("three lines longer than any message within a minute end a worker, and its successor begins anew")
    func floods() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        func flood(at second: Double) -> [Effect] { story.tell(.workerFlooded(slot: 0), at: at(second)) }
        // A beat every two seconds is between them.
        func live(until second: Double) {
            var next = (story.now - at(0)).wholeMilliseconds / 1000 + 2
            while Double(next) < second {
                story.tell(.workerBeat(slot: 0), at: at(Double(next)))
                next += 2
            }
        }
        for second in [1.0, 31, 61, 92, 123] {
            live(until: second)
            #expect(flood(at: second) == [], "\(second) s")
        }
        live(until: 130)
        #expect(flood(at: 150).contains(.killWorker(slot: 0)))
        #expect(flood(at: 150) == [])
        let effects = story.tell(.workerExited(slot: 0, .signaled(9)), at: at(151))
        let why = "it was ended: it sent 3 lines longer than any message in a minute"
        #expect(effects.contains(.record(.workerExited("w1", .signaled(9), reason: why))))
        #expect(effects.contains(.startWorker(slot: 0)))
        story.tell(.workerReady(slot: 0), at: at(152))
        #expect(flood(at: 153) == [] && flood(at: 154) == [])
    }

    @Test("an alarm that comes a little late is no excuse for a worker that hangs")
    func lateAlarms() {
        #expect(timeline("b..............", lateBy: .milliseconds(7)) == "......S...K....")
        #expect(timeline("b..............", lateBy: .milliseconds(999)) == "......S...K....")
    }

    @Test("the coordinator's own sleep is forgiven")
    func ownSleep() {
        #expect(timeline("b.                  ..b..b") == "..                  ......")
        #expect(timeline("b.                  ..........") == "..                  ......S...")
    }

    @Test("a worker that was slept through keeps its time for the task and for its hello")
    func sleptDeadlines() {
        var story = Story(graph("a"), workers: 2)
        story.prepare(lease("a"))
        story.tell(.workerExited(slot: 1, .exited(status: 1)))
        story.wait(until: at(1))
        #expect(story.machine.nextDeadline == at(6))
        #expect(story.tell(.workerBeat(slot: 0), at: at(3600)) == [])
        #expect(story.tell(.elapsed, at: at(3605)) == [])
        #expect(story.stages == "a:leased")
    }

    @Test(
        "a killed worker is replaced at once when it was well, and its task comes back with the next attempt")
    func killed() {
        var story = Story(graph("a"))
        let spec = story.projection.task("a")!.spec
        story.prepare(lease("a"))
        for second in stride(from: 2.0, through: 20, by: 2) {
            story.tell(.workerBeat(slot: 0), at: at(second))
        }
        #expect(
            story.tell(.workerExited(slot: 0, .signaled(9)), at: at(20.5)) == [
                .record(.workerExited("w1", .signaled(9), reason: "it ended by itself or was killed")),
                .record(.attemptEnded(lease("a"), .workerLost(reason: "signal 9"))),
                .takeHandoff(slot: 0, lease("a"), afterDeath(spec, "worker lost: signal 9", at: 20.5)),
                .startWorker(slot: 0),
            ])
        #expect(story.bringUp(0).contains(.record(.workerReady("w1"))))
        #expect(
            story.tell(.workTaken(slot: 0, lease("a"), .rescued(oid("5a"), reference: "r"))) == [
                .record(.workRescued(lease("a"), commit: oid("5a"), reference: "r")),
                .record(.taskReady("a")),
                .record(.leaseGranted(lease("a", 2), worker: "w1")),
                .prepareWorktree(slot: 0, lease("a", 2), base: nil),
            ])
        #expect(story.projection.worker("w1")?.restarts == 1)
    }

    @Test("a worker that dies young is started again after a while")
    func backingOff() {
        var story = Story(graph("a"))
        let effects = story.tell(.workerExited(slot: 0, .exited(status: 1)), at: at(1))
        guard case .record(.workerBackingOff("w1", let until))? = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(story.machine.nextDeadline == until)
        #expect(acts(story.wait(until: until)) == [.startWorker(slot: 0)])
    }

    @Test("three deaths in a row open the slot's circuit; after the pause it truly comes back")
    func circuit() {
        var story = Story([task("a")], workers: 1) { $0.workerLossesMax = 99 }
        for _ in 1...2 {
            story.tell(.workerExited(slot: 0, .exited(status: 1)))
            story.wait(until: story.now + .seconds(1))
            story.bringUp(0)
        }
        let died = story.now
        #expect(
            story.tell(.workerExited(slot: 0, .exited(status: 1))).contains(
                .record(
                    .workerOffline("w1", until: died + .seconds(30), reason: "it failed three times in a row")
                )))
        #expect(story.projection.worker("w1")?.status == .offline)
        #expect(acts(story.wait(until: died + .milliseconds(29_999))) == [])
        #expect(acts(story.wait(until: died + .seconds(30))) == [.startWorker(slot: 0)])
        story.bringUp(0)
        story.prepare(story.projection.task("a")!.lease)
        story.end(story.projection.task("a")!.lease, .finished, .commit(oid("c"), base: oid("b"), files: []))
        // It has proved itself: the next death is the first in a row.
        #expect(
            facts(story.tell(.workerExited(slot: 0, .exited(status: 1)))).contains {
                if case .workerBackingOff = $0 { true } else { false }
            })
    }

    @Test("a start that fails is a death as well, and never a loop without a pause")
    func startFails() {
        var story = Story(RunSettings(slots: slots(nil)))
        _ = story.start(graph("a"))
        story.bringUp(0)
        for second in 1...300 { story.tell(.workerBeat(slot: 0), at: at(Double(second) * 2)) }
        #expect(acts(story.tell(.workerExited(slot: 0, .signaled(9)))).contains(.startWorker(slot: 0)))
        var starts = 0
        for _ in 0..<200 {
            guard acts(story.tell(.workerStartFailed(slot: 0, reason: "EAGAIN"))) == [] else {
                Issue.record("started again at once")
                return
            }
            guard let next = story.machine.nextDeadline, next < at(720) else { break }
            if acts(story.tell(.elapsed, at: next)) == [.startWorker(slot: 0)] { starts += 1 }
        }
        #expect(starts <= 6)
    }

    @Test("a worker that never says hello is killed after a minute, and again until its exit is seen")
    func noHello() {
        var story = Story(RunSettings(slots: slots(nil)))
        _ = story.start(graph("a"))
        story.tell(.workerStarted(slot: 0, Story.process))
        #expect(acts(story.wait(until: at(59.999))) == [])
        #expect(acts(story.wait(until: at(60))) == [.killWorker(slot: 0)])
        #expect(story.tell(.workerReady(slot: 0), at: at(61)) == [])
        #expect(acts(story.wait(until: at(120))) == [.killWorker(slot: 0)])
        #expect(story.tell(.workerExited(slot: 0, .signaled(9))).count == 2)
    }

    @Test("a killed worker gets no task and its last words do not clear it")
    func condemned() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        // From one beat to beyond death in one step, short of what counts as sleep.
        story.tell(.workerBeat(slot: 0), at: at(2))
        story.tell(.elapsed, at: at(8))
        #expect(story.tell(.elapsed, at: at(12)) == [.killWorker(slot: 0)])
        story.tell(.attemptEnded(slot: 0, lease("a"), .failed(reason: "x"), tail: ""))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.tell(.workerBeat(slot: 0), at: at(12.5)) == [.record(.taskReady("a"))])
        #expect(acts(story.wait(until: at(22))) == [.killWorker(slot: 0)])
    }

    @Test("a task that ended three workers is kept away from them, and what needs it fails by name")
    func poison() {
        var story = Story(graph("a", "b <- a"), workers: 3)
        for (slot, attempt) in [(0, 1), (1, 2), (2, 3)] {
            story.prepare(lease("a", attempt), on: slot)
            story.tell(.workerExited(slot: slot, .signaled(11)))
            story.tell(.workTaken(slot: slot, lease("a", attempt), .nothing))
        }
        #expect(story.stages == "a:quarantined b:failed")
        #expect(
            facts(story.tell(.elapsed)) == []
                && story.facts.map(\.body).contains(
                    .taskQuarantined("a", reason: "3 workers died while they had it"))
        )
    }

    @Test("a worker that dies while its worktree is made costs the task nothing but the attempt")
    func deathWhilePreparing() {
        var story = Story(graph("a"))
        story.tell(.workerExited(slot: 0, .signaled(9)), at: at(11))
        #expect(
            story.prepare(lease("a")) == [
                .record(.worktreePrepared(lease("a"), branch: "b/a#1", base: oid("ba5e"))),
                .record(.attemptEnded(lease("a"), .cancelled)), .record(.taskReady("a")),
            ])
        #expect(story.projection.worker("w1")?.task == nil)
        #expect(story.bringUp(0).contains(.prepareWorktree(slot: 0, lease("a", 2), base: nil)))
    }

    @Test("a successor that is up when the worktree is made takes the attempt over")
    func successorTakesOver() {
        var story = Story(graph("a"))
        story.tell(.workerExited(slot: 0, .signaled(9)), at: at(11))
        story.bringUp(0)
        #expect(acts(story.prepare(lease("a"))).count == 1)
        #expect(story.stages == "a:leased")
    }

    // MARK: - People

    @Test("a worker that is stopped finishes nothing, stays down and comes back when it is restarted")
    func stopAndRestart() {
        var story = Story(graph("a"), workers: 1)
        story.prepare(lease("a"))
        #expect(
            acts(story.tell(.commanded(.stopWorker("w1"), reply: 7))).first
                == .cancelAttempt(slot: 0, lease("a"), reason: "the worker is being stopped"))
        story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: ""))
        #expect(
            story.tell(.workTaken(slot: 0, lease("a"), .nothing))
                == [.record(.taskReady("a")), .stopWorker(slot: 0)])
        #expect(story.tell(.workerExited(slot: 0, .exited(status: 0))) == [.record(.workerStopped("w1"))])
        #expect(acts(story.wait(until: at(600))) == [])
        #expect(acts(story.tell(.commanded(.restartWorker("w1"), reply: 7))).first == .startWorker(slot: 0))
        #expect(story.bringUp(0).contains(.prepareWorktree(slot: 0, lease("a", 2), base: nil)))
    }

    @Test("a stopped worker that dies before it is sent home is not replaced")
    func stoppedAndDead() {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        story.ask(.stopWorker("w1"))
        #expect(
            acts(story.tell(.workerExited(slot: 0, .signaled(9)), at: at(30))) == [
                .takeWork(slot: 0, lease("a"), task("a"), base: oid("ba5e"), rescue: true)
            ])
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(acts(story.wait(until: at(600))) == [])
        #expect(story.projection.worker("w1")?.status == .stopped)
    }

    @Test("a worker that is stopped while it starts is not started again when the start fails")
    func stoppedWhileStarting() {
        var story = Story(RunSettings(slots: slots(nil)))
        _ = story.start(graph("a"))
        story.ask(.stopWorker("w1"))
        #expect(
            story.tell(.workerStartFailed(slot: 0, reason: "no file")) == [
                .record(.workerStartFailed("w1", reason: "no file")), .record(.workerStopped("w1")),
            ])
    }

    @Test("a restart ends the attempt, keeps its work and starts anew", arguments: [true, false])
    func restart(exitsFirst: Bool) {
        var story = Story(graph("a"))
        story.prepare(lease("a"))
        #expect(
            acts(story.tell(.commanded(.restartWorker("w1"), reply: 7))) == [
                .cancelAttempt(slot: 0, lease("a"), reason: "the worker is being restarted"),
                .stopWorker(slot: 0),
                .reply(7, .accepted("worker `w1` is being restarted")),
            ])
        if !exitsFirst { story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: "")) }
        #expect(story.tell(.workerExited(slot: 0, .exited(status: 0))).last == .startWorker(slot: 0))
        story.bringUp(0)
        #expect(
            acts(story.tell(.workTaken(slot: 0, lease("a"), .nothing)))
                == [.prepareWorktree(slot: 0, lease("a", 2), base: nil)])
    }

    @Test("a worker that ignores the order to end is killed")
    func ignoresStop() {
        var story = Story(graph("a"), workers: 2)
        story.ask(.stopWorker("w2"))
        #expect(story.machine.nextDeadline == at(6))
        story.tell(.workerBeat(slot: 0), at: at(5))
        story.tell(.workerBeat(slot: 0), at: at(10))
        #expect(story.tell(.elapsed, at: at(12)) == [.killWorker(slot: 1)])
    }

    @Test("under round-robin the tasks of a stopped worker go to the others")
    func stoppedUnderRoundRobin() {
        for strategy in [AssignmentStrategy.roundRobin, .workStealing] {
            var story = Story(graph("a", "b", "c", "d"), workers: 2) { $0.assignment = strategy }
            #expect(story.stages == "a:leased b:leased c:ready d:ready")
            story.ask(.stopWorker("w2"))
            story.tell(.workerExited(slot: 1, .exited(status: 0)))
            story.tell(.worktreePrepared(slot: 1, lease("b"), branch: "", base: oid("b")))
            for next in [lease("a"), lease("b", 2), lease("c"), lease("d")] { story.land(next) }
            #expect(story.stages == "a:landed b:landed c:landed d:landed", "\(strategy)")
        }
    }
}
