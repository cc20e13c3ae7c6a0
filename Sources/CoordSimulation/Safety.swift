import CoordCore
import CoordModel

/// What must never happen, and what has to be remembered to notice it.
struct Safety {
    /// What did happen all the same, as sentences.
    private(set) var violations: [String] = []
    /// The usage ids that were counted, and what everything counted cost.
    var countedIDs: Set<String> = []
    var countedCost = Money.zero
    /// The attempt of each task that was granted and has not ended.
    var living: [TaskID: Lease] = [:]
    /// Attempts that ended in this turn. One of them may be handed out in it all the same: a lie that was on
    /// its way guessed the lease before anybody was told of it, and the order for it stands behind.
    var endedInTurn: Set<Lease> = []
    /// The tasks each worker has living attempts of, in the order of their turns.
    var holding: [WorkerID: [TaskID]] = [:]
    /// Where the target stood when the landing of a commit was recorded.
    var intents: [ObjectID: ObjectID] = [:]
    /// The commits of which the coordinator was told last that nobody knows whether they landed.
    var unknown: Set<ObjectID> = []
    /// A provider asked this coordinator to call no model before then.
    var pausedUntil: Timestamp?
    var isOver = false
    /// Whose workers were told to end, or killed, and not started since.
    private var leaving: Set<WorkerID> = []
    /// The stages of ended tasks when the coordinator started, and until its first turn is over.
    private var endedBefore: [(task: TaskID, stage: TaskStage)] = []

    mutating func violate(_ sentence: String) { violations.append(sentence) }

    mutating func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { violations.append(sentence()) }
    }

    // MARK: - At the end of each turn

    mutating func turnEnded(_ machine: CoordinatorStateMachine, _ projection: Projection) {
        violations += machine.contradictions()
        for record in projection.tasks {
            let known = machine.stage(of: record.spec.id)
            let recorded = Self.seen(record.stage)
            expect(
                known == recorded, "`\(record.spec.id)` is recorded \(record.stage), known \(known as Any)")
        }
        let spent = projection.run?.spent ?? .zero
        let counted = countedCost
        expect(spent == counted, "\(spent) is recorded, \(counted) was counted")
        expect(
            projection.costs.reduce(Money.zero) { $0 + $1.cost } == spent,
            "the costs do not add up to \(spent)")
        expect(
            projection.tasks.reduce(Money.zero) { $0 + $1.cost } == spent, "the tasks' costs are not \(spent)"
        )
        for (task, stage) in endedBefore {
            let now = projection.task(task)?.stage
            expect(now == stage, "`\(task)` was \(stage) before the restart and is \(now as Any)")
        }
        endedBefore = []
        endedInTurn = []
    }

    /// The journal's stages as the machine tells them apart.
    private static func seen(_ stage: TaskStage) -> TaskStage {
        switch stage {
        case .submitting: .leased
        case .checking: .queued
        default: stage
        }
    }

    /// A turn's acts are known before its facts are looked at: who leaves in it cannot do anything more.
    mutating func turnConcludes(_ effects: [Effect], slots: [SlotSpec]) {
        for effect in effects {
            switch effect {
            case .startWorker(let slot): leaving.remove(slots[slot].worker)
            case .stopWorker(let slot), .killWorker(let slot): leaving.insert(slots[slot].worker)
            default: break
            }
        }
    }

    func isLeaving(_ worker: WorkerID) -> Bool { leaving.contains(worker) }

    mutating func coordinatorStarts(_ projection: Projection) {
        pausedUntil = nil
        leaving = []
        endedBefore = projection.tasks.filter(\.status.isFinal).map { ($0.spec.id, $0.stage) }
    }
}

// MARK: - Facts, before they are folded in

extension SimulatedWorld {
    mutating func watch(_ body: Fact.Body) {
        if case .runResumed = body { safety.isOver = false }
        safety.expect(!safety.isOver, "after the end it was recorded that \(body)")
        if let id = body.task, let stage = projection.task(id)?.stage, stage == .landed || stage == .completed
        {
            watchEnded(id, stage, body)
        }
        switch body {
        case .runEnded: safety.isOver = true
        case .rateLimited(let until, "a provider asked for a pause"): safety.pausedUntil = until
        case .leaseGranted(let lease, let worker): watchLease(lease, worker)
        case .reviewStarted(let lease, let worker, _): watchReview(lease, worker)
        case .reviewFinished(let lease, let worker, _, _):
            if safety.living[lease.task] == lease { safety.living[lease.task] = nil }
            safety.holding[worker]?.removeAll { $0 == lease.task }
        case .attemptEnded(let lease, _):
            safety.endedInTurn.insert(lease)
            if safety.living[lease.task] == lease { safety.living[lease.task] = nil }
            if let worker = projection.task(lease.task)?.assignedTo {
                safety.holding[worker]?.removeAll { $0 == lease.task }
            }
        case .usageRecorded(_, _, _, let usage, let cost, let counted): watchUsage(usage, cost, counted)
        case .landingStarted(let lease, let commit, let from, let tip):
            safety.intents[tip] = from
            safety.expect(project.built[commit]?.lease == lease, "\(lease) lands what was built for another")
        case .taskLanded(let lease, let commit, let tree):
            let landed = project.history.first { $0.id == commit }
            safety.expect(
                landed?.landing == lease, "\(lease) is recorded landed, \(commit.short) is not on the target")
            safety.expect(landed?.tree == tree, "\(lease) landed another tree than is recorded")
        default: break
        }
    }

    private mutating func watchEnded(_ id: TaskID, _ stage: TaskStage, _ body: Fact.Body) {
        switch body {
        case .staleMessageRefused, .taskProposalRefused, .usageRecorded, .workRescued, .callRefused: break
        default: safety.violate("`\(id)` is \(stage), and then it was recorded that \(body)")
        }
    }

    private mutating func watchLease(_ lease: Lease, _ worker: WorkerID) {
        guard let task = projection.task(lease.task), let run = projection.run else {
            return safety.violate("\(lease) was granted for no task")
        }
        safety.expect(run.status == .running, "\(lease) was granted while the run was \(run.status)")
        safety.expect(safety.living[lease.task] == nil, "\(lease) was granted beside a living attempt")
        watchTurn(lease, worker, task.spec)
        safety.expect(lease.attempt == task.attempt + 1, "\(lease) was granted after attempt \(task.attempt)")
        safety.expect(task.stage == .ready, "\(lease) was granted while the task was \(task.stage)")
        safety.expect(
            task.pinnedTo == nil || task.pinnedTo == worker, "\(lease) went to \(worker) in spite of its pin")
        for need in task.spec.dependencies {
            let stage = projection.task(need)?.stage
            safety.expect(
                stage == .landed || stage == .completed || stage == .skipped,
                "\(lease) was granted before `\(need)` was there: \(stage as Any)")
        }
        begin(lease, worker, callsModel: settings.callsModels && task.spec.run == nil)
    }

    private mutating func watchReview(_ lease: Lease, _ worker: WorkerID) {
        guard let task = projection.task(lease.task) else {
            return safety.violate("\(lease) is a review of no task")
        }
        safety.expect(safety.living[lease.task] == nil, "\(lease) is a review beside a living attempt")
        safety.expect(task.stage == .reviewing, "\(lease) is reviewed while the task is \(task.stage)")
        safety.expect(lease.attempt == task.attempt + 1, "\(lease) is reviewed after \(task.attempt)")
        safety.expect(safety.holding[worker] ?? [] == [], "\(worker) reviews \(lease) beside other work")
        if worker == task.assignedTo {
            let other = projection.workers.first { isFree($0, beside: worker) }
            safety.expect(
                other == nil, "\(worker) reviews its own \(lease), and \(other?.slot.worker ?? "") is idle")
        }
        begin(lease, worker, callsModel: settings.callsModels)
    }

    /// Whether another worker than the author could have looked at its work.
    private func isFree(_ worker: WorkerRecord, beside author: WorkerID) -> Bool {
        worker.slot.worker != author && worker.status == .idle && !safety.isLeaving(worker.slot.worker)
            && worker.slot.budget.map { worker.cost < $0 } ?? true
    }

    private mutating func begin(_ lease: Lease, _ worker: WorkerID, callsModel: Bool) {
        safety.living[lease.task] = lease
        safety.holding[worker, default: []].append(lease.task)
        guard callsModel, let task = projection.task(lease.task), let run = projection.run else { return }
        if let budget = run.budget {
            safety.expect(
                run.spent < budget && run.spent + run.reserved <= budget,
                "\(lease) was granted past \(budget)")
        }
        if let budget = task.spec.budget {
            safety.expect(task.cost < budget, "\(lease) was granted past the task's \(budget)")
        }
        if let holder = projection.worker(worker), let budget = holder.slot.budget {
            safety.expect(holder.cost < budget, "\(lease) was granted past the worker's \(budget)")
        }
        let time = coordinatorNow
        if let until = safety.pausedUntil {
            safety.expect(until <= time, "\(lease) was granted at \(time), in a pause until \(until)")
        }
    }

    /// Only what needs no worktree and calls no model stands behind another, and only behind its like.
    private mutating func watchTurn(_ lease: Lease, _ worker: WorkerID, _ spec: TaskSpec) {
        let holding = safety.holding[worker] ?? []
        guard !holding.isEmpty else { return }
        safety.expect(
            holding.count <= settings.leasesAheadMax,
            "\(lease) was granted to \(worker), which has \(holding.count) others")
        for other in [spec] + holding.compactMap({ projection.task($0)?.spec }) {
            safety.expect(
                other.workspace == .none && other.run != nil,
                "\(lease) was granted to \(worker) beside `\(other.id)`, which must stand alone")
        }
    }

    private mutating func watchUsage(_ usage: Usage, _ cost: Money, _ counted: Bool) {
        guard let id = usage.id else { return }
        let isNew = !safety.countedIDs.contains(id)
        safety.expect(counted == isNew, "usage `\(id)` was counted: \(counted), is new: \(isNew)")
        safety.expect(id != "lie", "the usage of a foreign attempt was believed")
        guard counted else { return }
        safety.countedIDs.insert(id)
        safety.countedCost += cost
    }
}

// MARK: - Acts

extension SimulatedWorld {
    mutating func watch(_ effect: Effect) {
        switch effect {
        case .startWorker(let slot):
            safety.expect(
                !workers.contains { $0.slot == slot }, "a second worker is started for slot \(slot)")
        case .review(let slot, let lease, _):
            guard workers.contains(where: { $0.slot == slot }) else { break }
            safety.expect(safety.living[lease.task] == lease, "\(lease) is handed out and does not live")
            watchFolder(of: slot, lease)
        case .prepareWorktree(let slot, let lease, _), .prepareReview(let slot, let lease, _):
            watchFolder(of: slot, lease)
            safety.expect(
                safety.living[lease.task] == lease, "a worktree is made for \(lease), which does not live")
        case .takeWork(let slot, let lease, _, _, _):
            watchFolder(of: slot, lease)
            safety.expect(handoffSteps[slot] == nil, "the files of slot \(slot) are taken over during a step")
        case .assign(let slot, let lease, let spec, _, _):
            // Told to nobody: the worker died in the same turn.
            guard workers.contains(where: { $0.slot == slot }) else { break }
            safety.expect(
                safety.living[lease.task] == lease || safety.endedInTurn.contains(lease),
                "\(lease) is assigned and does not live")
            safety.expect(
                spec == projection.task(lease.task)?.spec,
                "\(lease) is assigned with other words than recorded")
            if spec.workspace == .worktree { watchFolder(of: slot, lease) }
            for worker in workers
            where worker.work?.task == lease.task
                || worker.waiting.contains(where: { $0.lease.task == lease.task })
            {
                safety.violate("\(lease) is assigned while slot \(worker.slot) still has it")
            }
        case .gate(_, let commit):
            safety.expect(
                project.built[commit] != nil || project.wasHead(commit),
                "\(commit.short) is gated and was never built")
        case .advance(_, let commit, _, let from):
            safety.expect(safety.intents[commit] == from, "\(commit.short) is landed without a record")
            safety.expect(pendingLanding == nil, "\(commit.short) is landed while another is")
            safety.expect(project.built[commit]?.hasPassed == true, "\(commit.short) is landed ungated")
            safety.expect(
                project.chain(from: from, to: commit) != nil,
                "\(commit.short) is landed on another head than it was gated on")
        case .record, .stopWorker, .killWorker, .cancelAttempt, .withdraw, .stage, .cancelGate, .deliver,
            .reply, .answer, .finish, .notice, .lookForOverlap, .lookAtTarget, .askForHandoff, .handOff,
            .takeHandoff,
            .continueWorktree, .grantCall, .refuseCall:
            break
        }
    }

    /// Nobody may be at work in a folder that is made anew or taken over.
    mutating func watchFolder(of slot: Int, _ lease: Lease) {
        for worker in workers where worker.slot == slot {
            if let work = worker.work {
                safety.violate("the folder of slot \(slot) is wanted for \(lease) while \(work) works in it")
            }
        }
    }

    /// A worker that hangs is noticed by its silence, well before any task's time is over.
    mutating func watchHung() {
        let limit = settings.deadAfter + settings.cancelWithin + .seconds(4)
        for worker in workers where worker.isHung && !worker.isDoomed {
            let since = max(worker.hungSince, lastDisturbance)
            safety.expect(
                now < since + limit, "slot \(worker.slot) hangs since \(since.clock) and nobody minds")
        }
    }

    /// An agent that lives and does nothing is ended when its time for it is over.
    mutating func watchStalled() {
        let limit = settings.limits.progressWithin + settings.cancelWithin + .seconds(4)
        for worker in workers where !worker.isDoomed && !worker.isHung {
            guard let since = worker.stalledSince else { continue }
            let from = max(since, lastDisturbance)
            safety.expect(
                now < from + limit, "slot \(worker.slot) stalls since \(from.clock) and nobody minds")
        }
    }

    mutating func watchLanding(_ commit: ObjectID, from: ObjectID) {
        guard let chain = project.chain(from: from, to: commit) else {
            return safety.violate("\(commit.short) landed elsewhere than it was gated")
        }
        for id in chain {
            guard let landing = project.built[id]?.lease else { continue }
            let count = project.landings(of: landing.task)
            safety.expect(count == 1, "`\(landing.task)` landed \(count) times")
            safety.expect(!project.isRed(id), "\(landing) is on the target and red")
        }
        safety.expect(project.built[commit]?.hasPassed == true, "\(commit.short) landed ungated")
    }

    mutating func watchEnd(_ finish: Finish) {
        safety.expect(safety.isOver, "the run finished without a record")
        safety.expect(workers.isEmpty, "the run finished with \(workers.count) workers alive")
        safety.expect(pendingLanding == nil, "the run finished in the middle of a landing")
        let living = safety.living.count
        safety.expect(living == 0, "the run finished with \(living) living attempts")
        // An answer that was given in the same turn was given.
        safety.expect(projection.run?.status == finish.status, "the record of the end is another")
        for commit in project.history {
            guard let task = commit.landing?.task else { continue }
            guard let record = projection.task(task), record.stage != .landed else { continue }
            // Nobody could find out whether it landed before the run was stopped: its successor will.
            safety.expect(
                record.stage == .checking && record.landing == commit.id
                    && record.landingTip.map(safety.unknown.contains) == true
                    && finish.status == .stopped,
                "`\(task)` is on the target and \(record.stage)")
        }
        guard finish.status != .stopped else { return }
        let open = projection.tasks.filter { !$0.status.isFinal }
        safety.expect(open.isEmpty, "the run is \(finish.status) with \(open.count) open tasks")
        let failed = projection.tasks.count { $0.status == .failed }
        safety.expect(
            (failed > 0) == (finish.exitStatus == 1), "\(failed) failed and it answers \(finish.exitStatus)")
    }
}
