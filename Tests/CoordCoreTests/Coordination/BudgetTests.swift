import CoordCore
import CoordModel
import Testing

@Suite("Budgets and rates")
struct BudgetTests {
    private func story(
        _ specs: [TaskSpec], workers: Int = 1, budget: Double? = nil,
        _ change: (inout RunSettings) -> Void = { _ in }
    ) -> Story {
        Story(specs, workers: workers) {
            $0.callsModels = true
            $0.limits.budget = budget.map(dollars)
            change(&$0)
        }
    }

    private func usage(_ id: String, _ cost: Double, input: Int64 = 0) -> AgentReport {
        .usage(Usage(id: id, model: "m", tokens: TokenCounts(input: input), cost: dollars(cost)))
    }

    private func spend(
        _ story: inout Story, _ lease: Lease, _ id: String, _ cost: Double, on slot: Int = 0
    ) -> [Effect] {
        story.tell(.agentReported(slot: slot, lease, usage(id, cost)))
    }

    // MARK: - The run's budget

    @Test("a run warns once at four fifths, and at the end of its budget stops with 5 and the reason")
    func hardStop() {
        var story = story(graph("a", "b"), budget: 10)
        story.prepare(lease("a"))
        #expect(facts(spend(&story, lease("a"), "1", 7.9)).count == 1)
        #expect(
            facts(spend(&story, lease("a"), "2", 0.1)).last
                == .budgetWarned(spent: dollars(8), budget: dollars(10)))
        #expect(facts(spend(&story, lease("a"), "3", 1)).count == 1)
        let reason = "the budget of $10.00 is used up: $10.50 spent, $0.00 reserved"
        #expect(
            spend(&story, lease("a"), "4", 1.5)[1...] == [
                .record(.budgetExhausted(spent: dollars(10.5), budget: dollars(10), scope: "run")),
                .record(.runStatusChanged(.stopping, reason: reason)),
                .cancelAttempt(slot: 0, lease("a"), reason: "the run is being stopped"),
            ])
        // What is still reported while the attempt ends is counted, and stops nothing twice.
        #expect(facts(spend(&story, lease("a"), "5", 1)).count == 1)
        story.end(lease("a"), .cancelled)
        #expect(
            story.tell(.workerExited(slot: 0, .exited(status: 0))).last
                == .finish(.stopped, exitStatus: 5, reason: reason))
        #expect(story.projection.run?.spent == dollars(11.5))
    }

    @Test("at the soft limit a person is asked, once; what is under way goes on, and the hard limit ends")
    func softLimit() {
        var story = story(graph("a", "b"), budget: 10) { $0.limits.softBudget = dollars(4) }
        story.prepare(lease("a"))
        #expect(facts(spend(&story, lease("a"), "1", 3.9)).count == 1)
        let paused = Fact.Body.runStatusChanged(
            .paused, reason: "the soft limit of $4.00 is reached: $4.00 spent; `coord resume` goes on")
        #expect(facts(spend(&story, lease("a"), "2", 0.1)).last == paused)
        #expect(facts(spend(&story, lease("a"), "3", 1)).count == 1)
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["x"]))
        story.landQueued(lease("a"))
        #expect(story.projection.tasks[1].attempt == 0, "nothing new starts")
        story.ask(.resume)
        #expect(story.projection.tasks[1].attempt == 1)
        story.prepare(lease("b"))
        #expect(facts(spend(&story, lease("b"), "4", 1)).count == 1, "it asks once")
        #expect(
            facts(spend(&story, lease("b"), "5", 9)).contains(
                .budgetExhausted(spent: dollars(15), budget: dollars(10), scope: "run")))
    }

    @Test("where nobody can be asked the soft limit ends the run with 3; taken up again, it goes on")
    func softLimitAlone() {
        var story = story(graph("a", "b")) {
            $0.limits.softBudget = dollars(4)
            $0.mayAsk = false
        }
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 5)
        #expect(story.projection.run?.status == .stopping)
        _ = story.restart()
        story.bringUp()
        #expect(story.projection.run?.status == .running)
    }

    @Test("the same usage id counts once, whoever reports it")
    func usageOnce() {
        var story = story(graph("a", "b"), workers: 2, budget: 10)
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        _ = spend(&story, lease("a"), "1", 6)
        #expect(
            facts(spend(&story, lease("b"), "1", 6, on: 1)) == [
                .usageRecorded(
                    lease("b"), worker: "w2", role: nil,
                    Usage(id: "1", model: "m", tokens: .zero, cost: dollars(6)), cost: dollars(6),
                    counted: false)
            ])
        #expect(story.projection.run?.spent == dollars(6))
        #expect(story.projection.costs.map(\.cost) == [dollars(6)])
    }

    // MARK: - Reservations

    @Test("a task's budget is reserved while it is worked on; a task that has no room waits for one that has")
    func reservations() {
        let specs = ["a", "b"].map { TaskSpec(id: $0, budget: dollars(6)) }
        var story = story(specs, workers: 2, budget: 10)
        #expect(story.stages == "a:leased b:ready")
        #expect(story.projection.run?.reserved == dollars(6))
        story.prepare(lease("a"))
        #expect(
            facts(spend(&story, lease("a"), "1", 2)).last == .reservationChanged(reserved: dollars(4)))
        #expect(story.stages == "a:leased b:ready")
        #expect(
            facts(story.end(lease("a"), .finished, .commit(oid("c"), base: oid("b"), files: []))).suffix(3)
                == [
                    .workSubmitted(lease("a"), commit: oid("c"), base: oid("b"), files: []),
                    .reservationChanged(reserved: dollars(6)), .leaseGranted(lease("b"), worker: "w1"),
                ])
        #expect(story.projection.run?.reserved == dollars(6))
    }

    @Test("when nothing runs and nothing fits, the budget counts as used up")
    func nothingFits() {
        var story = story(
            [TaskSpec(id: "a", budget: dollars(6)), TaskSpec(id: "b", budget: dollars(6))], budget: 10)
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 5)
        story.finishAndStage(lease("a"))
        #expect(story.stages == "a:checking b:ready")
        #expect(
            facts(story.tell(.gated(lease("a"), Story.passed))).count == 2
                && facts(story.tell(.advanced(lease("a"), .landed))).contains(
                    .budgetExhausted(spent: dollars(5), budget: dollars(10), scope: "run"))
        )
    }

    @Test("what the attempt did not use is given back when it ends")
    func givenBack() {
        var story = story([TaskSpec(id: "a", budget: dollars(3))], budget: 10)
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 5)
        #expect(story.projection.run?.reserved == .zero)
        story.end(lease("a"), .cancelled)
        #expect(story.projection.run?.reserved == .zero)
    }

    // MARK: - A task's and a worker's budget

    @Test("a task whose budget is used up is ended, once, and fails")
    func taskBudget() {
        var story = story([TaskSpec(id: "a", budget: dollars(2)), TaskSpec(id: "b")], workers: 2)
        story.prepare(lease("a"))
        #expect(
            spend(&story, lease("a"), "1", 2)[1...] == [
                .record(.reservationChanged(reserved: .zero)),
                .record(.budgetExhausted(spent: dollars(2), budget: dollars(2), scope: "task `a`")),
                .cancelAttempt(slot: 0, lease("a"), reason: "the task's budget of $2.00 is used up"),
            ])
        #expect(spend(&story, lease("a"), "2", 1).count == 1)
        story.end(lease("a"), .cancelled)
        #expect(story.stages == "a:failed b:leased")
        #expect(
            story.ask(.retryTask("a")) == .refused(reason: "the task's budget of $2.00 is used up", hint: ""))
    }

    @Test("a failed try of a task that spent what it may is the last")
    func noTryWithoutBudget() {
        var story = story([TaskSpec(id: "a", budget: dollars(2)), TaskSpec(id: "b")])
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 2)
        story.end(lease("a"), .finished, .commit(oid("c"), base: oid("b"), files: []))
        story.tell(.staged(lease("a"), .failed(reason: "no git")))
        #expect(story.stages == "a:failed b:leased")
        #expect(story.projection.task("a")?.lastError == "the task's budget of $2.00 is used up")
    }

    @Test("a worker whose budget is used up goes home and stays there; its task goes to another")
    func workerBudget() {
        var story = story(graph("a"), workers: 2) { $0.slots[0].budget = dollars(1) }
        story.prepare(lease("a"))
        let order = HandoffOrder(
            to: .anyWorker, reason: "the budget of worker `w1` is used up", isAutomatic: true)
        #expect(
            spend(&story, lease("a"), "1", 1)[1...] == [
                .record(.budgetExhausted(spent: dollars(1), budget: dollars(1), scope: "worker `w1`")),
                .record(.handoffBegan(lease("a"), worker: "w1", order)),
                .cancelAttempt(slot: 0, lease("a"), reason: "the worker's budget of $1.00 is used up"),
            ])
        #expect(
            acts(story.end(lease("a"), .cancelled)).suffix(2) == [
                .stopWorker(slot: 0), .prepareWorktree(slot: 1, lease("a", 2), base: nil),
            ])
        #expect(
            story.ask(.restartWorker("w1"))
                == .refused(reason: "the budget of worker `w1` is used up: $1.00 spent", hint: ""))
        // A later coordinator does not start it either.
        #expect(!acts(story.restart()).contains(.startWorker(slot: 0)))
    }

    @Test("when only workers without budget could go on, the run stops with 5 instead of waiting for ever")
    func allWorkersOut() {
        var story = story(graph("a", "b")) { $0.slots[0].budget = dollars(1) }
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 1)
        story.end(lease("a"), .finished, .commit(oid("c"), base: oid("b"), files: []))
        #expect(story.stages == "a:queued b:ready")
        #expect(
            facts(story.landQueued(lease("a"))).contains(
                .runStatusChanged(
                    .stopping, reason: "the budgets of the workers that could go on are used up")))
        #expect(
            story.tell(.workerExited(slot: 0, .exited(status: 0))).last
                == .finish(
                    .stopped, exitStatus: 5, reason: "the budgets of the workers that could go on are used up"
                ))
    }

    @Test("a worker whose budget is used up while it is being restarted does not come back")
    func workerBudgetWhileRestarting() {
        var story = story(graph("a"), workers: 2) { $0.slots[0].budget = dollars(1) }
        story.prepare(lease("a"))
        story.ask(.restartWorker("w1"))
        #expect(
            facts(spend(&story, lease("a"), "1", 1)).last
                == .budgetExhausted(spent: dollars(1), budget: dollars(1), scope: "worker `w1`"))
        let exit = story.tell(.workerExited(slot: 0, .exited(status: 0)))
        #expect(!exit.contains(.startWorker(slot: 0)))
        story.tell(.workTaken(slot: 0, lease("a"), .nothing))
        #expect(story.projection.task("a")?.assignedTo == "w2")
    }

    // MARK: - Rates

    @Test("a task waits for the rate, says so once, and starts to the millisecond")
    func rates() {
        var story = story(graph("a", "b"), workers: 2) { $0.limits.rate.requestsPerMinute = 1 }
        #expect(story.stages == "a:leased b:ready")
        let limits = story.facts.map(\.body).filter { if case .rateLimited = $0 { true } else { false } }
        #expect(limits == [.rateLimited(until: at(60), reason: "the fleet's rate limit")])
        story.prepare(lease("a"))
        _ = spend(&story, lease("a"), "1", 0)
        for second in stride(from: 2.0, to: 60, by: 2) {
            #expect(story.tell(.workerBeat(slot: 0), at: at(second)) == [])
            #expect(story.tell(.workerBeat(slot: 1), at: at(second)) == [])
        }
        #expect(story.tell(.elapsed, at: at(59.999)) == [])
        #expect(story.machine.nextDeadline == at(60))
        #expect(
            story.tell(.elapsed, at: at(60)) == [
                .record(.leaseGranted(lease("b"), worker: "w2")),
                .prepareWorktree(slot: 1, lease("b"), base: nil),
            ])
    }

    @Test("when a provider says slow down, no model is called until then; plain commands go on")
    func slowDown() {
        var shell = TaskSpec(id: "shell")
        shell.run = "make"
        var story = story(graph("a!", "b!") + [shell])
        story.prepare(lease("a"))
        story.tell(.agentReported(slot: 0, lease("a"), .rateLimited(retryAfter: .seconds(100))))
        let answer = story.end(lease("a"), .finished, .commit(oid("c"), base: oid("b"), files: []))
        #expect(acts(answer).contains(.prepareWorktree(slot: 0, lease("shell"), base: nil)))
        story.submit(lease("shell"))
        #expect(story.stages == "a:queued b:ready shell:queued")
        #expect(story.projection.run?.rateLimitedUntil == at(100))
        story.ask(.pause)
        story.ask(.resume)
        #expect(story.stages == "a:queued b:ready shell:queued")
    }

    @Test("a rate that has passed while no worker was free does not make the shell spin")
    func noSpin() {
        var story = story(graph("a", "b", "c"), workers: 2) { $0.limits.rate.requestsPerMinute = 1 }
        story.ask(.stopWorker("w2"))
        story.tell(.workerExited(slot: 1, .exited(status: 0)))
        story.prepare(lease("a"))
        for second in stride(from: 2.0, to: 100, by: 2) { story.tell(.workerBeat(slot: 0), at: at(second)) }
        #expect(story.machine.nextDeadline! > story.now)
    }

    @Test("plain commands need neither rate nor budget")
    func commandsAreFree() {
        var specs = graph("a", "b")
        for index in specs.indices { specs[index].run = "make" }
        var story = story(specs, workers: 2, budget: 0.000001) { $0.limits.rate.requestsPerMinute = 1 }
        #expect(story.stages == "a:leased b:leased")
        #expect(story.projection.run?.reserved == .zero)
        story.prepare(lease("a"))
    }
}

extension Story {
    /// The attempt ends well and its candidate is built.
    fileprivate mutating func finishAndStage(_ lease: Lease) {
        end(lease, .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        tell(.staged(lease, .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
    }
}
