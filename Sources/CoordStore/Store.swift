package import CoordModel
package import CoordWire

/// The journal: numbered facts, and the rows that are their fold. Thread-confined: one thread at a time.
///
/// Everything that is appended together is there together after a crash, or not at all.
package protocol Store: AnyObject {
    /// Records facts and the rows they touched, in one transaction that is on the disk when the call returns.
    /// After a failure nothing of the batch is recorded, and the same batch may be appended again unless the
    /// error is `inputOutput` or `corrupt`.
    func append(_ batch: StoreBatch) throws(StoreError)

    /// Nil when the journal has no such run.
    func run(_ id: RunID) throws(StoreError) -> RunRecord?
    /// The run that was started last.
    func latestRun() throws(StoreError) -> RunRecord?
    /// Every run, the latest first.
    func runs() throws(StoreError) -> [RunRecord]
    /// Forgets a run: its facts and its rows. Unknown runs are ignored.
    func removeRun(_ id: RunID) throws(StoreError)

    /// The tasks of a run in the order in which they were added.
    func tasks(_ run: RunID, _ filter: TaskFilter) throws(StoreError) -> [TaskRecord]
    func task(_ run: RunID, _ id: TaskID) throws(StoreError) -> TaskRecord?
    /// What a listing shows of tasks; many times quicker than whole records.
    func taskLines(_ run: RunID, _ filter: TaskFilter) throws(StoreError) -> [TaskLine]
    /// The last handoff of each task that has one, in the order of the tasks.
    func handoffs(_ run: RunID) throws(StoreError) -> [(task: TaskID, handoff: HandoffRecord)]
    /// How many tasks stand in each stage.
    func taskCounts(_ run: RunID) throws(StoreError) -> [TaskStage: Int]
    /// The workers of a run in the order of their slots.
    func workers(_ run: RunID) throws(StoreError) -> [WorkerRecord]
    /// Ordered by task, worker, role, model.
    func costs(_ run: RunID) throws(StoreError) -> [CostRecord]
    /// Sums of the costs, the dearest first.
    func costSums(_ run: RunID, by grouping: CostGrouping) throws(StoreError) -> [CostSum]

    /// At most `limit` facts after a number, in order.
    func facts(_ run: RunID, after sequence: Int64, limit: Int) throws(StoreError) -> [StoredFact]
    /// Every fact of one type, in order. The others are passed over without being read.
    func facts(_ run: RunID, ofType type: String) throws(StoreError) -> [StoredFact]
    /// The number of the last fact; 0 when there is none. The first fact is 1.
    func lastSequence(_ run: RunID) throws(StoreError) -> Int64
    /// The names of every model call that was recorded.
    func usageIDs(_ run: RunID) throws(StoreError) -> Set<String>

    /// Ends the use of the store: what is left of its log is folded in, and nothing may be called any more.
    func close()

    /// Lets several reads see one state of the journal, whatever a coordinator writes meanwhile.
    func reading<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value
}

/// What is recorded together.
package struct StoreBatch: Sendable {
    package var run: RunID
    /// The number of the first of `facts`: one more than the last that was recorded.
    package var firstSequence: Int64
    package var facts: [Fact]
    /// The run's row. Must be there in the first batch of a run.
    package var record: RunRecord?
    /// The rows of the tasks that were touched. A task's `spec` and `proposedBy` are taken when its row is
    /// new or when the batch has a `taskEdited` for it, and left alone otherwise: they are large and seldom
    /// change.
    package var tasks: [TaskRecord]
    package var workers: [WorkerRecord]
    package var costs: [CostRecord]

    package init(
        run: RunID, firstSequence: Int64, facts: [Fact] = [], record: RunRecord? = nil,
        tasks: [TaskRecord] = [], workers: [WorkerRecord] = [], costs: [CostRecord] = []
    ) {
        self.run = run
        self.firstSequence = firstSequence
        self.facts = facts
        self.record = record
        self.tasks = tasks
        self.workers = workers
        self.costs = costs
    }

    /// The tasks whose spec the batch replaces.
    var editedTasks: Set<TaskID> {
        var edited: Set<TaskID> = []
        for fact in facts {
            if case .taskEdited(let spec) = fact.body { edited.insert(spec.id) }
        }
        return edited
    }
}

/// Which tasks to read.
package struct TaskFilter: Hashable, Sendable {
    /// Nil: in any stage.
    package var stages: [TaskStage]?
    package var offset: Int
    package var limit: Int?

    package init(stages: [TaskStage]? = nil, offset: Int = 0, limit: Int? = nil) {
        self.stages = stages
        self.offset = offset
        self.limit = limit
    }

    /// Every task.
    package static let all = TaskFilter()
}

/// What a listing shows of a task.
package struct TaskLine: Hashable, Sendable {
    package var id: TaskID
    package var title: String
    package var role: RoleID?
    /// The names of the tasks it needs, with a space between: split only when asked for, because a listing of
    /// many tasks seldom asks.
    var needs: String
    package var priority: Int
    package var stage: TaskStage
    package var since: Timestamp
    package var assignedTo: WorkerID?
    package var attempt: Int
    package var failures: Int
    package var lastError: String?
    package var branch: String?
    package var commit: ObjectID?
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var cost: Money

    /// The line of a whole record.
    package init(_ record: TaskRecord) {
        id = record.spec.id
        title = record.spec.title
        role = record.spec.role
        needs = record.spec.dependencies.map(\.rawValue).joined(separator: " ")
        priority = record.spec.priority
        stage = record.stage
        since = record.since
        assignedTo = record.assignedTo
        attempt = record.attempt
        failures = record.failures
        lastError = record.lastError
        branch = record.branch
        commit = record.commit
        startedAt = record.startedAt
        completedAt = record.completedAt
        cost = record.cost
    }

    package var dependencies: [TaskID] {
        guard !needs.isEmpty else { return [] }
        var needs = needs
        return needs.withUTF8 { bytes in
            var names: [TaskID] = []
            var start = 0
            for end in 0...bytes.count where end == bytes.count || bytes[end] == 0x20 {
                names.append(TaskID(String(decoding: bytes[start..<end], as: UTF8.self)))
                start = end + 1
            }
            return names
        }
    }
}

/// What sums of cost are taken by.
package enum CostGrouping: String, Sendable, CaseIterable {
    case worker, role, model, task
}

/// Usage summed over everything that shares a worker, a role, a model or a task.
package struct CostSum: Hashable, Sendable {
    /// Empty for usage without a role.
    package var id: String
    package var calls: Int
    package var cost: Money
    package var tokens: TokenCounts

    package init(id: String, calls: Int, cost: Money, tokens: TokenCounts) {
        self.id = id
        self.calls = calls
        self.cost = cost
        self.tokens = tokens
    }
}

/// A fact as the journal holds it: ready to be streamed without being understood.
package struct StoredFact: Hashable, Sendable {
    package var sequence: Int64
    package var time: Timestamp
    /// Such as `task.landed`. A newer coord may have written one this coord does not know.
    package var type: String
    package var task: TaskID?
    package var worker: WorkerID?
    /// One JSON object on one line.
    package var data: [UInt8]

    package init(
        sequence: Int64, time: Timestamp, type: String, task: TaskID?, worker: WorkerID?, data: [UInt8]
    ) {
        self.sequence = sequence
        self.time = time
        self.type = type
        self.task = task
        self.worker = worker
        self.data = data
    }

    package init(_ fact: Fact, sequence: Int64) {
        var data: [UInt8] = []
        FactCodec.write(fact.body, to: &data)
        self.init(
            sequence: sequence, time: fact.time, type: fact.body.type.rawValue, task: fact.body.task,
            worker: fact.body.worker, data: data)
    }

    /// The fact, understood.
    package func fact() throws(FactCodecError) -> Fact {
        Fact(time: time, body: try FactCodec.decode(type: type, bytes: data, task: task, worker: worker))
    }
}
