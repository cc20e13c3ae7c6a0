import CoordCore
import CoordModel

// MARK: - What workers do

extension SimulatedWorld {
    func worker(_ pid: Int32) -> Int? { workers.firstIndex { $0.pid == pid } }

    mutating func act(_ index: Int, _ deed: SimulatedWorker.Deed) {
        let pid = workers[index].pid
        switch deed {
        case .dies(let exit): die(index, exit)
        case .reads: if !workers[index].isHung { obey(pid) }
        case .wakes:
            workers[index].isHung = false
            workers[index].hungSince = Timestamp(milliseconds: .max)
            obey(pid)
        case .hello, .beat, .act, .turns:
            if workers[index].isHung {
                // Said when it comes round, if it ever does.
                if workers[index].comesRound { plan(.worker(pid: pid, deed), in: .milliseconds(700)) }
                return
            }
            speak(index, deed)
        }
    }

    private mutating func speak(_ index: Int, _ deed: SimulatedWorker.Deed) {
        let pid = workers[index].pid
        let slot = workers[index].slot
        switch deed {
        case .hello:
            say(index, .workerReady(slot: slot))
            plan(.worker(pid: pid, .beat), in: .seconds(2))
        case .beat:
            say(index, .workerBeat(slot: slot, hasProgress: workers[index].stalledSince == nil))
            plan(.worker(pid: pid, .beat), in: .seconds(2))
        case .act(.speaksOf(let lease, let report), _):
            // About its own attempt, also one that is on its way to it, it may say what it likes.
            if safety.holding[settings.slots[slot].worker]?.contains(lease.task) == true,
                safety.living[lease.task] == lease
            {
                return
            }
            if let report {
                say(index, .agentReported(slot: slot, lease, report))
            } else {
                say(index, .attemptEnded(slot: slot, lease, .finished, tail: ""))
            }
        case .act(let act, let lease):
            // An agent that stalled does nothing any more but end when it is told to.
            if workers[index].work == lease, workers[index].stalledSince == nil || act.isObedience {
                work(index, act, lease)
            }
        case .turns: takeTurn(index)
        case .reads, .wakes, .dies: break
        }
    }

    private mutating func takeTurn(_ index: Int) {
        guard workers[index].work == nil, !workers[index].waiting.isEmpty else { return }
        let next = workers[index].waiting.removeFirst()
        begin(index, next.lease, next.spec, isReview: next.isReview)
    }

    /// Its words reach the coordinator in the order in which they were said.
    mutating func say(_ index: Int, _ event: Event) {
        let time = max(workers[index].lastWordAt, now + chance.milliseconds(0...5))
        workers[index].lastWordAt = time
        happenings.plan(.told(event, epoch: epoch), at: time)
    }

    private mutating func die(_ index: Int, _ exit: ExitOutcome) {
        let worker = workers[index]
        note("worker \(worker.pid) of slot \(worker.slot) dies: \(exit)")
        say(index, .workerExited(slot: worker.slot, exit))
        workers.remove(at: index)
    }

    // MARK: - Orders

    private mutating func obey(_ pid: Int32) {
        while let index = worker(pid), !workers[index].unheard.isEmpty {
            let order = workers[index].unheard.removeFirst()
            switch order {
            case .assign(let lease, let spec, let isReview):
                workers[index].waiting.append((lease, spec, isReview))
                takeTurn(index)
            case .withdraw(let lease): giveBack(index, lease)
            case .handOff(let lease): hearHandoff(index, lease)
            case .cancel(let lease):
                giveBack(index, lease)
                guard workers[index].work == lease, !workers[index].ignoresOrders else { continue }
                plan(
                    .worker(pid: pid, .act(.finishes(.cancelled, times: 1), lease)),
                    in: chance.milliseconds(1...2000))
            case .stop:
                // One that does not listen is left to the coordinator's patience.
                guard !workers[index].ignoresOrders else { continue }
                for next in workers[index].waiting { giveBack(index, next.lease) }
                plan(.worker(pid: pid, .dies(.exited(status: 0))), in: chance.milliseconds(1...3000))
            }
        }
    }

    private mutating func giveBack(_ index: Int, _ lease: Lease) {
        guard !workers[index].ignoresOrders,
            let place = workers[index].waiting.firstIndex(where: { $0.lease == lease })
        else { return }
        workers[index].waiting.remove(at: place)
        say(index, .attemptEnded(slot: workers[index].slot, lease, .notBegun, tail: ""))
    }

    /// Plans the whole attempt: what the agent will say and do, and how it ends.
    private mutating func begin(_ index: Int, _ lease: Lease, _ spec: TaskSpec, isReview: Bool) {
        let pid = workers[index].pid
        workers[index].work = lease
        if spec.workspace == .worktree, !strikes(.endsWithoutChange) { leftBy[workers[index].slot] = lease }
        let isQuick = spec.workspace == .none && spec.run != nil && chance.happens(perMille: 900)
        var delay = chance.milliseconds(isQuick ? 0...20 : 10...2000)
        func next(_ act: SimulatedWorker.Act, _ world: inout SimulatedWorld) {
            world.plan(.worker(pid: pid, .act(act, lease)), in: delay)
            delay += world.chance.milliseconds(isQuick ? 0...20 : 10...6000)
        }
        if chance.happens(perMille: 500) { next(.report(.progress("half")), &self) }
        if settings.callsModels, spec.run == nil {
            for _ in 0..<chance.number(0...3) { next(.report(usage()), &self) }
        }
        if strikes(.asksForPause) {
            next(.report(.rateLimited(retryAfter: chance.pick([nil, .seconds(5), .seconds(40)]))), &self)
        }
        if projection.task(lease.task)?.handoff?.state.isCarried == true, chance.happens(perMille: 700) {
            next(.report(.acknowledged(chance.happens(perMille: 700) ? "I finish it" : "OK")), &self)
        }
        if strikes(.handsOver) {
            next(
                .report(chance.pick([.handoffWished(reason: "tired"), .context(used: 80, window: 100)])),
                &self)
        }
        if strikes(.proposes) { next(.report(.proposedTask(proposal(by: lease.task))), &self) }
        if strikes(.liesAboutLease) { next(.speaksOf(foreignLease(), lie()), &self) }
        if strikes(.workerHangs) {
            next(.hangs(chance.pick([nil, .seconds(3), .seconds(8), .seconds(30)])), &self)
        }
        if strikes(.workerCrashes) { next(.crashes, &self) }
        if isReview, let verdict = verdict() { next(.report(.verdict(verdict)), &self) }
        if spec.run == nil, strikes(.stalls) { next(.stalls, &self) }
        // It works on until it is told to end, or its worker's own limit is reached.
        if strikes(.overruns) { delay = spec.timeout ?? settings.limits.taskTimeout }
        let times = strikes(.reportsTwice) ? 2 : 1
        next(.finishes(outcome(after: delay, spec), times: times), &self)
    }

    private mutating func outcome(after delay: Duration, _ spec: TaskSpec) -> AttemptOutcome {
        let limit = spec.timeout ?? settings.limits.taskTimeout
        if delay >= limit { return .timedOut(after: limit) }
        return strikes(.attemptFails) ? .failed(reason: "exit status 1") : .finished
    }

    private mutating func work(_ index: Int, _ act: SimulatedWorker.Act, _ lease: Lease) {
        let worker = workers[index]
        switch act {
        case .report(let report): say(index, .agentReported(slot: worker.slot, lease, report))
        case .finishes(let outcome, let times):
            workers[index].work = nil
            workers[index].stalledSince = nil
            workers[index].past.append(lease)
            plan(.worker(pid: worker.pid, .turns), in: chance.milliseconds(0...2))
            for _ in 0..<times { say(index, .attemptEnded(slot: worker.slot, lease, outcome, tail: "end")) }
            if strikes(.reportsLate) {
                let old = chance.pick(workers[index].past)
                let late = SimulatedWorker.Act.speaksOf(old, lie())
                plan(.worker(pid: worker.pid, .act(late, old)), in: chance.milliseconds(1...20_000))
            }
        case .crashes: die(index, .signaled(11))
        case .stalls: workers[index].stalledSince = now
        case .hangs(let duration):
            workers[index].isHung = true
            workers[index].hungSince = now
            workers[index].comesRound = duration != nil
            if let duration { plan(.worker(pid: worker.pid, .wakes), in: duration) }
        case .speaksOf: break
        }
    }

    // MARK: - What agents say

    /// Nil: it forgets to say.
    private mutating func verdict() -> ReviewVerdict? {
        switch chance.number(0...9) {
        case 0: nil
        case 1...3: ReviewVerdict(approves: false, findings: [.init(file: "f", line: 1, reason: "no")])
        default: ReviewVerdict(approves: true)
        }
    }

    private mutating func usage() -> AgentReport {
        var number = nextUsage
        if nextUsage > 1, strikes(.repeatsUsage) {
            number = chance.number(1...(nextUsage - 1))
        } else {
            nextUsage += 1
        }
        // What a call cost is a matter of its id: whoever repeats it says the same.
        let tokens = TokenCounts(input: Int64(number * 37 % 3000), output: Int64(number * 11 % 700))
        let cost = Money(microDollars: Int64(number * 7919 % 300_000))
        return .usage(Usage(id: "u\(number)", model: "m\(number % 2)", tokens: tokens, cost: cost))
    }

    private mutating func lie() -> AgentReport? {
        switch chance.number(0...2) {
        case 0: nil
        case 1: .progress("not mine")
        default: .usage(Usage(id: "lie", model: "m", tokens: .zero, cost: Money(microDollars: 1_000_000)))
        }
    }

    /// An attempt that is probably another's.
    private mutating func foreignLease() -> Lease {
        let task = chance.pick(projection.tasks)
        return Lease(task: task.spec.id, attempt: max(0, task.attempt + chance.number(-1...1)))
    }

    private mutating func proposal(by task: TaskID) -> TaskSpec {
        nextProposal += 1
        var spec = scenario.newTask(
            named: "p\(nextProposal)", after: projection.tasks.map(\.spec.id), &chance)
        if chance.happens(perMille: 500) { spec.dependencies = [task] }
        if chance.happens(perMille: 200) { spec.dependencies.append("nowhere") }
        if chance.happens(perMille: 100) { spec.id = task }
        return spec
    }
}
