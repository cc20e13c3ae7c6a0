package import CoordModel

/// The read model: what status, cost and report show, folded from a run's facts one after the other.
///
/// Folding the whole journal anew gives the same records as those the store keeps beside the facts.
package struct Projection: Sendable, Equatable {
    package private(set) var run: RunRecord?
    package private(set) var tasks: [TaskRecord] = []
    package private(set) var workers: [WorkerRecord] = []
    package private(set) var costs: [CostRecord] = []
    /// Living attempts that would not unite with each other or with the target. Kept beside the records: it
    /// is true only as long as its coordinator lives.
    package private(set) var collisions: [Collision] = []
    private var taskNumbers: [TaskID: Int] = [:]
    private var workerNumbers: [WorkerID: Int] = [:]
    private var costNumbers: [CostRecord.Key: Int] = [:]
    private var isRunTouched = false
    private var touchedTasks = TouchedNumbers()
    private var touchedWorkers = TouchedNumbers()
    private var touchedCosts = TouchedNumbers()
    /// The leases each worker holds behind the one it works on, in the order of their turns.
    private var behind: [[Lease]] = []

    /// What changed since it was last asked, each record once.
    package struct Touched: Sendable, Equatable {
        package var run: RunRecord?
        package var tasks: [TaskRecord]
        package var workers: [WorkerRecord]
        package var costs: [CostRecord]
    }

    /// Numbers in the order of their first mention.
    private struct TouchedNumbers: Sendable, Equatable {
        private(set) var list: [Int] = []
        private var isListed: [Bool] = []

        mutating func insert(_ number: Int) {
            while isListed.count <= number { isListed.append(false) }
            guard !isListed[number] else { return }
            isListed[number] = true
            list.append(number)
        }

        mutating func takeAll() -> [Int] {
            for number in list { isListed[number] = false }
            defer { list.removeAll(keepingCapacity: true) }
            return list
        }
    }

    package init() {}

    /// Takes up the records the store kept.
    package init(run: RunRecord, tasks: [TaskRecord], workers: [WorkerRecord], costs: [CostRecord]) {
        self.run = run
        self.tasks = tasks
        self.workers = workers
        self.costs = costs
        for (number, task) in tasks.enumerated() { taskNumbers[task.spec.id] = number }
        for (number, worker) in workers.enumerated() { workerNumbers[worker.slot.worker] = number }
        for (number, cost) in costs.enumerated() { costNumbers[cost.key] = number }
    }

    /// The record of a task.
    package func task(_ id: TaskID) -> TaskRecord? { taskNumbers[id].map { tasks[$0] } }
    /// The record of a worker.
    package func worker(_ id: WorkerID) -> WorkerRecord? { workerNumbers[id].map { workers[$0] } }

    /// The changes since the last call.
    package mutating func takeTouched() -> Touched {
        defer { isRunTouched = false }
        return Touched(
            run: isRunTouched ? run : nil, tasks: touchedTasks.takeAll().map { tasks[$0] },
            workers: touchedWorkers.takeAll().map { workers[$0] },
            costs: touchedCosts.takeAll().map { costs[$0] })
    }

    /// Folds one fact in. Facts about tasks or workers that were never added are ignored: an older journal
    /// may speak of what a newer one left out.
    package mutating func apply(_ fact: Fact) {
        let time = fact.time
        switch fact.body {
        case .runStarted, .runResumed, .runStatusChanged, .runEnded, .rateLimited, .budgetWarned,
            .budgetExhausted, .reservationChanged, .workersAdded, .deliveryPushed, .deliveryFailed,
            .targetFollowed:
            applyToRun(fact.body, at: time)
        case .workerStarted, .workerReady, .workerSuspected, .workerRecovered, .workerExited,
            .workerStartFailed, .workerBackingOff, .workerOffline, .workerStopped:
            applyToWorker(fact.body, at: time)
        case .taskAdded(let spec, let proposer): add(spec, proposedBy: proposer, at: time)
        case .usageRecorded(let lease, let worker, let role, let usage, let cost, let counted):
            if counted { book(usage, cost, lease.task, worker, role) }
        case .progressReported, .agentSessionBegan, .contentGiven, .skillsRanked, .toolStarted,
            .toolCompleted,
            .handoffWritten,
            .staleMessageRefused, .taskProposalRefused, .questionAsked, .questionAnswered, .filesClaimed,
            .noteWritten, .callRefused, .workRescued, .scaleChanged, .attemptStalled:
            break
        case .overlapFound(let collision):
            collisions.removeAll { $0.isSamePair(as: collision) }
            collisions.append(collision)
        case .overlapCleared(let lease, let other):
            collisions.removeAll { $0.lease == lease && $0.other == other }
        default:
            guard let id = fact.body.task, let number = taskNumbers[id] else { return }
            Self.apply(fact.body, to: &tasks[number], at: time)
            touchedTasks.insert(number)
            followLease(fact.body, of: number, at: time)
        }
    }

    private mutating func change(_ id: TaskID, _ body: (inout TaskRecord) -> Void) {
        guard let number = taskNumbers[id] else { return }
        body(&tasks[number])
        touchedTasks.insert(number)
    }

    private mutating func change(_ id: WorkerID, _ body: (inout WorkerRecord) -> Void) {
        guard let number = workerNumbers[id] else { return }
        body(&workers[number])
        touchedWorkers.insert(number)
    }

    private mutating func changeRun(_ body: (inout RunRecord) -> Void) {
        guard run != nil else { return }
        body(&run!)
        isRunTouched = true
    }

    private mutating func add(_ spec: TaskSpec, proposedBy proposer: TaskID?, at time: Timestamp) {
        let number = tasks.count
        taskNumbers[spec.id] = number
        tasks.append(TaskRecord(index: number, spec: spec, proposedBy: proposer, at: time))
        touchedTasks.insert(number)
        if let proposer { change(proposer) { $0.proposals += 1 } }
    }
}

// MARK: - The run and its workers

extension Projection {
    private mutating func applyToRun(_ body: Fact.Body, at time: Timestamp) {
        switch body {
        case .runStarted(let start):
            run = RunRecord(start, at: time)
            isRunTouched = true
            add(start.slots, at: time)
        case .workersAdded(let slots):
            changeRun { $0.slots += slots }
            add(slots, at: time)
        case .runResumed(let process):
            collisions = []
            changeRun {
                $0.process = process
                $0.status = .running
                $0.reason = ""
                $0.endedAt = nil
                $0.exitStatus = nil
                $0.reserved = .zero
            }
        case .runStatusChanged(let status, let reason):
            changeRun {
                $0.status = status
                $0.reason = reason
            }
        case .runEnded(let status, let exitStatus, let reason):
            changeRun {
                $0.status = status
                $0.exitStatus = exitStatus
                $0.reason = reason
                $0.endedAt = time
                $0.reserved = .zero
            }
        case .rateLimited(let until, _): changeRun { $0.rateLimitedUntil = until }
        case .reservationChanged(let reserved): changeRun { $0.reserved = reserved }
        case .deliveryPushed(let commit, let place, let address):
            changeRun { $0.delivery = DeliveryRecord(commit: commit, place: place, address: address) }
        case .deliveryFailed(_, let reason, _):
            changeRun {
                var delivery = $0.delivery ?? DeliveryRecord()
                delivery.problem = reason
                $0.delivery = delivery
            }
        case .targetFollowed(_, let commit, _):
            changeRun {
                $0.head = commit
                $0.delivery?.problem = nil
            }
        default: break
        }
    }

    private mutating func add(_ slots: [SlotSpec], at time: Timestamp) {
        for slot in slots {
            workerNumbers[slot.worker] = workers.count
            touchedWorkers.insert(workers.count)
            workers.append(WorkerRecord(slot: slot, at: time))
        }
    }

    private mutating func applyToWorker(_ body: Fact.Body, at time: Timestamp) {
        guard let id = body.worker else { return }
        change(id) { worker in
            let before = worker.status
            switch body {
            case .workerStarted(_, let process):
                if worker.process != nil { worker.restarts += 1 }
                worker.process = process
                worker.status = .starting
            case .workerReady, .workerRecovered: worker.status = worker.task == nil ? .idle : .working
            case .workerSuspected: worker.status = .suspect
            case .workerExited(_, let exit, let reason):
                worker.lastError = "\(exit): \(reason)"
                worker.status = .starting
            case .workerStartFailed(_, let reason): worker.lastError = reason
            case .workerBackingOff: worker.status = .backingOff
            case .workerOffline(_, _, let reason):
                worker.status = .offline
                worker.lastError = reason
            case .workerStopped: worker.status = .stopped
            default: break
            }
            if worker.status != before { worker.since = time }
        }
    }

    /// What a task's lease means for its worker.
    private mutating func followLease(_ body: Fact.Body, of task: Int, at time: Timestamp) {
        switch body {
        case .leaseGranted(let lease, let worker):
            guard let number = workerNumbers[worker] else { return }
            if workers[number].task == nil {
                Self.begin(lease, &workers[number], time)
                touchedWorkers.insert(number)
            } else {
                while behind.count <= number { behind.append([]) }
                behind[number].append(lease)
            }
        case .reviewStarted(let lease, let worker, _):
            change(worker) { Self.begin(lease, &$0, time) }
        case .reviewFinished(let lease, let worker, _, _):
            if let number = workerNumbers[worker] { end(lease, of: number, at: time) }
        case .worktreePrepared(_, let branch, _):
            if let worker = tasks[task].assignedTo { change(worker) { $0.branch = branch } }
        case .attemptEnded(let lease, _):
            guard let worker = tasks[task].assignedTo, let number = workerNumbers[worker] else { return }
            end(lease, of: number, at: time)
        case .taskLanded(_, let commit, _):
            changeRun {
                $0.landed += 1
                $0.head = commit
            }
        case .candidateBounced: changeRun { $0.bounced += 1 }
        default: break
        }
    }

    private static func begin(_ lease: Lease, _ worker: inout WorkerRecord, _ time: Timestamp) {
        worker.task = lease.task
        worker.attempt = lease.attempt
        worker.status = .working
        worker.since = time
    }

    /// An attempt is over: when it was the one being worked on, the next of its worker has its turn.
    private mutating func end(_ lease: Lease, of worker: Int, at time: Timestamp) {
        let hasBehind = behind.indices.contains(worker) && !behind[worker].isEmpty
        if let present = workers[worker].task, present != lease.task {
            if hasBehind { behind[worker].removeAll { $0 == lease } }
            return
        }
        touchedWorkers.insert(worker)
        workers[worker].task = nil
        workers[worker].attempt = nil
        if workers[worker].status == .working { workers[worker].status = .idle }
        workers[worker].since = time
        if hasBehind { Self.begin(behind[worker].removeFirst(), &workers[worker], time) }
    }

    private mutating func book(
        _ usage: Usage, _ cost: Money, _ task: TaskID, _ worker: WorkerID, _ role: RoleID?
    ) {
        change(task) {
            $0.cost += cost
            $0.tokens += usage.tokens
        }
        change(worker) {
            $0.cost += cost
            $0.tokens += usage.tokens
        }
        changeRun {
            $0.spent += cost
            $0.tokens += usage.tokens
        }
        let key = CostRecord.Key(task: task, worker: worker, role: role, model: usage.model)
        let number: Int
        if let known = costNumbers[key] {
            number = known
        } else {
            number = costs.count
            costNumbers[key] = number
            costs.append(CostRecord(key: key))
        }
        costs[number].calls += 1
        costs[number].cost += cost
        costs[number].tokens += usage.tokens
        touchedCosts.insert(number)
    }
}
