import CoordCore
import CoordModel
import Testing

/// Leases behind the task a worker is at, for commands without a worktree.
@Suite("Leases ahead")
struct AheadTests {
    /// Commands without a worktree, by name.
    private func quick(_ names: String...) -> [TaskSpec] {
        names.map { TaskSpec(id: TaskID($0), run: "true", workspace: .none) }
    }

    private func granted(_ effects: [Effect]) -> [String] {
        facts(effects).compactMap {
            if case .leaseGranted(let lease, let worker) = $0 { "\(worker):\(lease)" } else { nil }
        }
    }

    private func ended(_ effects: [Effect]) -> [String] {
        facts(effects).compactMap {
            if case .attemptEnded(let lease, let outcome) = $0 { "\(lease) \(outcome.kind)" } else { nil }
        }
    }

    /// One worker that works on `b` and holds `c`, `d` and `e` behind; it began at the time 0.01.
    private func story(
        _ change: @escaping (inout RunSettings) -> Void = { _ in }
    ) -> Story {
        var story = Story(quick("a", "b", "c", "d", "e"), change)
        story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.01))
        return story
    }

    @Test("a worker that was quick is given the next task and those behind it in one turn")
    func ahead() {
        var story = Story(quick("a", "b", "c"))
        #expect(story.stages == "a:leased b:ready c:ready")
        let effects = story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.01))
        #expect(granted(effects) == ["w1:b#1", "w1:c#1"])
        #expect(
            acts(effects)
                == quick("b", "c").map {
                    .assign(slot: 0, lease($0.id), $0, base: nil, note: nil)
                })
        #expect(story.projection.workers[0].task == "b")
        // The turn of `c` comes with the end of `b`, and nothing has to be said.
        #expect(acts(story.tell(.attemptEnded(slot: 0, lease("b"), .finished, tail: ""))) == [])
        #expect(story.projection.workers[0].task == "c")
        #expect(story.stages == "a:completed b:completed c:leased")
    }

    @Test("nothing is leased ahead after a slow task, or behind one, or when none may be")
    func slow() {
        for (time, most) in [(0.101, 16), (0.01, 0)] {
            var story = Story(quick("a", "b", "c")) { $0.leasesAheadMax = most }
            #expect(
                granted(story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(time)))
                    == ["w1:b#1"])
        }
    }

    @Test("as many are leased ahead as the worker is likely to get through in its time")
    func depth() {
        var story = Story(quick("a", "b", "c", "d", "e", "f"))
        #expect(
            granted(story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.03)))
                == ["w1:b#1", "w1:c#1", "w1:d#1", "w1:e#1"])
    }

    @Test("few tasks are spread evenly: no worker holds more than its share")
    func share() {
        var story = Story(quick("a", "b", "c", "d", "e", "f"), workers: 2)
        let first = story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.01))
        #expect(granted(first) == ["w1:c#1", "w1:d#1"])
        let second = story.tell(.attemptEnded(slot: 1, lease("b"), .finished, tail: ""), at: at(0.01))
        #expect(granted(second) == ["w2:e#1", "w2:f#1"])
    }

    @Test("tasks with a worktree, and agents, are never leased ahead, and nothing behind them")
    func alone() {
        let tree = TaskSpec(id: "tree", priority: 5, run: "true")
        let agent = TaskSpec(id: "agent", priority: 5, workspace: .none)
        for spec in [tree, agent] {
            var specs = quick("a", "b") + [spec]
            specs[0].priority = 9
            var story = Story(specs)
            #expect(
                granted(story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.01)))
                    == ["w1:\(spec.id)#1"])
        }
    }

    @Test("a task's time begins with its turn")
    func deadline() {
        var story = story { $0.limits.taskTimeout = .seconds(20) }
        for name in ["b", "c", "d"] as [TaskID] {
            story.tell(.attemptEnded(slot: 0, lease(name), .finished, tail: ""), at: at(0.05))
        }
        for time in stride(from: 5.0, through: 35, by: 5) {
            #expect(acts(story.tell(.workerBeat(slot: 0), at: at(time))) == [])
        }
        let orders = acts(story.tell(.workerBeat(slot: 0), at: at(35.05)))
        #expect(orders == [.cancelAttempt(slot: 0, lease("e"), reason: "its time is over")])
    }

    @Test("a dead worker costs the task it was at; those behind come back uncounted")
    func workerLost() {
        var story = story { $0.workerLossesMax = 1 }
        let effects = story.tell(.workerExited(slot: 0, .signaled(9)))
        #expect(
            ended(effects) == ["c#1 not-begun", "d#1 not-begun", "e#1 not-begun", "b#1 worker-lost"])
        #expect(story.stages == "a:completed b:quarantined c:ready d:ready e:ready")
        #expect(story.projection.tasks.map(\.workerLosses) == [0, 1, 0, 0, 0])
        #expect(story.projection.tasks.map(\.failures) == [0, 0, 0, 0, 0])
        #expect(story.projection.workers[0].task == nil)
    }

    @Test("a task that takes long has those behind asked back; what comes back goes to whoever is free")
    func tooSlow() {
        var story = story()
        #expect(story.machine.nextDeadline == at(0.11))
        #expect(
            story.wait(until: at(0.11))
                == (["c", "d", "e"] as [TaskID]).map {
                    .withdraw(slot: 0, lease($0))
                })
        #expect(story.stages == "a:completed b:leased c:leased d:leased e:leased")
        let back = story.tell(.attemptEnded(slot: 0, lease("d"), .notBegun, tail: ""), at: at(0.12))
        #expect(ended(back) == ["d#1 not-begun"] && granted(back).isEmpty)
        #expect(story.stages == "a:completed b:leased c:leased d:ready e:leased")
        // `c` had begun when it was asked back: it goes on, and ends as it ends.
        story.tell(.attemptEnded(slot: 0, lease("b"), .finished, tail: ""), at: at(0.13))
        let failed = story.tell(.attemptEnded(slot: 0, lease("c"), .failed(reason: "x"), tail: ""))
        #expect(facts(failed).contains { if case .taskRetryable(_, "x", _, 1) = $0 { true } else { false } })
        // `e` had not: its turn came, and it is given back all the same.
        let last = story.tell(.attemptEnded(slot: 0, lease("e"), .notBegun, tail: ""))
        #expect(ended(last) == ["e#1 not-begun"])
        #expect(story.projection.tasks[4].failures == 0)
    }

    @Test("a worker that gives back what nobody asked back has failed at it")
    func givenBackUnasked() {
        var story = story()
        story.tell(.attemptEnded(slot: 0, lease("b"), .notBegun, tail: ""))
        story.tell(.attemptEnded(slot: 0, lease("d"), .notBegun, tail: ""))
        #expect(story.projection.tasks.map(\.failures) == [0, 1, 0, 1, 0])
    }

    @Test("pause and drain ask back what stands behind, and what is under way goes on")
    func pause() {
        for command in [Command.pause, .drain] {
            var story = story()
            let orders = acts(story.tell(.commanded(command, reply: 1))).dropLast()
            #expect(
                Array(orders) == (["c", "d", "e"] as [TaskID]).map { .withdraw(slot: 0, lease($0)) })
            for name in ["c", "d", "e"] as [TaskID] {
                story.tell(.attemptEnded(slot: 0, lease(name), .notBegun, tail: ""))
            }
            #expect(story.stages == "a:completed b:leased c:ready d:ready e:ready")
        }
    }

    @Test("a stop ends what is under way and everything behind it, also what had its turn meanwhile")
    func stop() {
        var story = story()
        let orders = acts(story.tell(.commanded(.stop, reply: 1)))
        #expect(orders.filter { if case .cancelAttempt = $0 { true } else { false } }.count == 4)
        story.tell(.attemptEnded(slot: 0, lease("b"), .cancelled, tail: ""))
        story.tell(.attemptEnded(slot: 0, lease("c"), .cancelled, tail: ""))
        story.tell(.attemptEnded(slot: 0, lease("e"), .notBegun, tail: ""))
        let last = story.tell(.attemptEnded(slot: 0, lease("d"), .notBegun, tail: ""))
        #expect(acts(last) == [.stopWorker(slot: 0)])
        #expect(story.stages == "a:completed b:ready c:ready d:ready e:ready")
    }

    @Test(
        "a person's word about a task that stands behind concerns that task alone",
        arguments: [
            (Command.skipTask("c"), "c:skipped"), (.cancelTask("c"), "c:cancelled"),
            (.reassignTask("c", "w2"), "c:ready"),
        ])
    func person(command: Command, stage: String) {
        var story = Story(RunSettings(slots: slots(nil, nil)))
        _ = story.start(quick("a", "b", "c", "d"))
        // The second worker is not up yet.
        story.bringUp(0)
        story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""), at: at(0.01))
        let orders = acts(story.tell(.commanded(command, reply: 1)))
        #expect(orders.contains { if case .cancelAttempt(0, lease("c"), _) = $0 { true } else { false } })
        story.tell(.attemptEnded(slot: 0, lease("c"), .notBegun, tail: ""))
        #expect(story.stages == "a:completed b:leased \(stage) d:leased")
    }

    @Test("what a dead coordinator had leased ahead comes back uncounted")
    func restored() {
        var story = story()
        _ = story.restart()
        #expect(story.stages == "a:completed b:ready c:ready d:ready e:ready")
        #expect(story.projection.tasks.map(\.workerLosses) == [0, 0, 0, 0, 0])
        #expect(story.projection.workers[0].task == nil)
    }

    @Test("a report of a task behind is refused: nothing of it runs")
    func refused() {
        var story = story()
        let effects = story.tell(.agentReported(slot: 0, lease("c"), .progress("hm")))
        #expect(
            facts(effects) == [.staleMessageRefused("w1", lease("c"), method: "report", current: 1)])
    }
}
