import CoordCore
import CoordModel
import Testing

@Suite("Projection")
struct ProjectionTests {
    /// The facts of a run with everything in it: a landing, a retry, a conflict, a death, money, people, a
    /// restart.
    private func eventful() -> [Fact] {
        var story = Story(graph("a!", "b <- a", "c", "d", "e <- d"), workers: 3) {
            $0.limits.budget = dollars(9)
        }
        story.submit(lease("a"))
        story.tell(.staged(lease("a"), .conflict(onto: oid("4ead"), files: ["f"], excerpt: "")))
        story.prepare(lease("a", 2))
        let usage = Usage(id: "1", model: "m", tokens: TokenCounts(input: 5, output: 7), cost: dollars(8))
        story.tell(.agentReported(slot: 0, lease("a", 2), .usage(usage)), at: at(3))
        story.tell(.agentReported(slot: 0, lease("a", 2), .usage(usage)), at: at(3))
        story.tell(.agentReported(slot: 0, lease("a", 2), .proposedTask(task("n <- a"))))
        story.end(lease("a", 2), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        story.tell(.elapsed, at: at(9))
        story.tell(.workerExited(slot: 1, .signaled(9)))
        _ = story.restart()
        story.bringUp()
        story.landQueued(lease("a", 2))
        story.ask(.cancelTask("d"))
        story.ask(.retryTask("d"))
        story.ask(.editTask("e", TaskEdit(title: "E")))
        story.ask(.reassignTask("e", "w2"))
        story.ask(.stop)
        return story.facts
    }

    private func fold(_ facts: some Sequence<Fact>) -> Projection {
        facts.reduce(into: Projection()) { $0.apply($1) }
    }

    @Test("folding in two halves, from what the first kept, is folding the whole, at any cut")
    func anyCut() {
        let facts = eventful()
        var whole = fold(facts)
        _ = whole.takeTouched()
        #expect(facts.count > 50)
        for cut in 1...facts.count {
            let first = fold(facts[..<cut])
            var second = Projection(
                run: first.run!, tasks: first.tasks, workers: first.workers, costs: first.costs)
            for fact in facts[cut...] { second.apply(fact) }
            _ = second.takeTouched()
            #expect(second.run == whole.run)
            #expect(second.tasks == whole.tasks)
            #expect(second.workers == whole.workers)
            #expect(second.costs == whole.costs)
        }
    }

    @Test("what changed since the last look, written over what was there, is what is there now")
    func touched() {
        var projection = Projection()
        var run: RunRecord?
        var tasks: [Int: TaskRecord] = [:]
        var workers: [WorkerID: WorkerRecord] = [:]
        var costs: [CostRecord.Key: CostRecord] = [:]
        for (index, fact) in eventful().enumerated() {
            projection.apply(fact)
            guard index % 3 == 0 else { continue }
            let touched = projection.takeTouched()
            run = touched.run ?? run
            for task in touched.tasks { tasks[task.index] = task }
            for worker in touched.workers { workers[worker.slot.worker] = worker }
            for cost in touched.costs { costs[cost.key] = cost }
            #expect(run == projection.run)
            #expect(projection.tasks.allSatisfy { tasks[$0.index] == $0 })
            #expect(projection.workers.allSatisfy { workers[$0.slot.worker] == $0 })
            #expect(projection.costs.allSatisfy { costs[$0.key] == $0 })
            #expect(Set(touched.tasks.map(\.index)).count == touched.tasks.count)
        }
        _ = projection.takeTouched()
        let nothing = projection.takeTouched()
        #expect(nothing.run == nil && nothing.tasks == [] && nothing.workers == [] && nothing.costs == [])
    }

    @Test("sums agree: the run's money is that of its tasks, of its workers and of its costs")
    func sums() {
        let projection = fold(eventful())
        #expect(projection.run?.spent == dollars(8))
        #expect(projection.tasks.map(\.cost).reduce(.zero, +) == dollars(8))
        #expect(projection.workers.map(\.cost).reduce(.zero, +) == dollars(8))
        #expect(projection.costs.map(\.cost) == [dollars(8)])
        #expect(projection.run?.tokens == TokenCounts(input: 5, output: 7))
        #expect(projection.run?.landed == 1 && projection.run?.bounced == 1)
    }

    @Test("facts about what was never added are ignored")
    func unknown() {
        var projection = fold(eventful())
        let before = projection.tasks
        projection.apply(Fact(time: at(1), body: .taskReady("ghost")))
        projection.apply(Fact(time: at(1), body: .workerReady("ghost")))
        projection.apply(
            Fact(time: at(1), body: .taskLanded(lease("ghost"), commit: oid("1"), tree: oid("2"))))
        #expect(projection.tasks == before)
        var empty = Projection()
        empty.apply(Fact(time: at(1), body: .runStatusChanged(.paused, reason: "")))
        #expect(empty == Projection())
    }

    @Test("a worker's line: who it is, what it does, since when, how often it was started")
    func worker() {
        var story = Story(graph("a"))
        func line() -> String {
            let worker = story.projection.worker("w1")!
            return "\(worker.status.rawValue) \(worker.task?.rawValue ?? "-") \(worker.restarts)"
        }
        #expect(line() == "working a 0")
        story.prepare(lease("a"))
        #expect(story.projection.worker("w1")?.branch == "b/a#1")
        story.wait(until: at(6))
        #expect(line() == "suspect a 0")
        story.tell(.workerBeat(slot: 0))
        #expect(line() == "working a 0")
        story.tell(.attemptEnded(slot: 0, lease("a"), .finished, tail: ""))
        #expect(line() == "idle - 0")
        story.tell(.workerExited(slot: 0, .exited(status: 3)), at: at(8))
        #expect(line().hasPrefix("backing-off - "))
        #expect(story.projection.worker("w1")?.lastError == "exit status 3: it ended by itself or was killed")
        story.wait(until: at(9))
        story.tell(.workerStarted(slot: 0, Story.process))
        #expect(line() == "starting - 1")
        story.ask(.stopWorker("w1"))
        story.tell(.workerExited(slot: 0, .exited(status: 0)))
        #expect(line() == "stopped - 1")
    }
}
