import CoordModel
import CoordStore
import CoordWire
import Testing

/// What runs against the contract.
enum Conformer: String, CaseIterable, CustomTestStringConvertible {
    case file = "SQLite file"
    case memory = "SQLite in memory"
    case inMemory = "in-memory store"

    var testDescription: String { rawValue }

    /// A fresh store; the folder lives as long as the returned value.
    func make() throws -> (store: any Store, folder: TemporaryFolder?) {
        switch self {
        case .file:
            let folder = try TemporaryFolder()
            return (try SQLiteStore(path: folder.path + "/state.db", mode: .readWrite), folder)
        case .memory: return (try SQLiteStore(path: ":memory:", mode: .readWrite), nil)
        case .inMemory: return (InMemoryStore(), nil)
        }
    }
}

/// What every store promises, asked of each.
@Suite("Store contract")
struct StoreContract {
    static let runID = Samples.start.run
    static let t0 = Samples.time

    static func fact(_ body: Fact.Body, after milliseconds: Int64 = 0) -> Fact {
        Fact(time: t0 + .milliseconds(milliseconds), body: body)
    }

    static func record(_ id: RunID = runID) -> RunRecord {
        var start = Samples.start
        start.run = id
        return RunRecord(start, at: t0)
    }

    /// A task whose every field says something.
    static func fullTask(_ index: Int) -> TaskRecord {
        var spec = Samples.fullTask
        spec.id = TaskID("task-\(index)")
        var task = TaskRecord(index: index, spec: spec, proposedBy: "plan", at: t0)
        task.stage = .checking
        task.since = t0 + .seconds(1)
        task.assignedTo = "backend-1"
        task.pinnedTo = "backend-1"
        task.attempt = 3
        task.failures = 2
        task.conflicts = 1
        task.workerLosses = 4
        task.lastError = Samples.awkward
        task.failedBecause = "schema"
        task.notBefore = t0 + .seconds(2)
        task.branch = "coord/r/a/3"
        task.base = Samples.commit
        task.commit = Samples.commit
        task.tree = Samples.tree
        task.landing = Samples.commit
        task.landingFrom = Samples.tree
        task.landingTip = Samples.commit
        task.startedAt = t0
        task.completedAt = t0 + .seconds(9)
        task.cost = Money(microDollars: 123)
        task.tokens = TokenCounts(input: 1, output: 2, cacheRead: 3, cacheWrite: 4)
        task.proposals = 5
        return task
    }

    static func plainTask(_ index: Int, _ id: TaskID, _ stage: TaskStage = .waiting) -> TaskRecord {
        var task = TaskRecord(index: index, spec: TaskSpec(id: id), proposedBy: nil, at: t0)
        task.stage = stage
        return task
    }

    static func fullWorker() -> WorkerRecord {
        var worker = WorkerRecord(slot: Samples.slot, at: t0)
        worker.status = .backingOff
        worker.process = ProcessIdentity(pid: 42, startTime: .max)
        worker.task = "api"
        worker.attempt = 2
        worker.branch = "b"
        worker.restarts = 7
        worker.lastError = "signal 9"
        worker.cost = Money(microDollars: 99)
        worker.tokens = TokenCounts(input: 4, output: 3, cacheRead: 2, cacheWrite: 1)
        return worker
    }

    @Test("facts come back numbered from one, as they were", arguments: Conformer.allCases)
    func facts(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        let facts = Samples.all.enumerated().map { Self.fact($1, after: Int64($0)) }
        #expect(try store.lastSequence(Self.runID) == 0)
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, facts: Array(facts.prefix(10)), record: Self.record()))
        try store.append(
            StoreBatch(run: Self.runID, firstSequence: 11, facts: Array(facts.dropFirst(10))))
        let stored = try store.facts(Self.runID, after: 0, limit: .max)
        #expect(stored.map(\.sequence) == (1...Int64(facts.count)).map { $0 })
        #expect(try stored.map { try $0.fact() } == facts)
        #expect(stored == facts.enumerated().map { StoredFact($1, sequence: Int64($0 + 1)) })
        #expect(try store.lastSequence(Self.runID) == Int64(facts.count))
        #expect(try store.facts(Self.runID, after: 12, limit: 3).map(\.sequence) == [13, 14, 15])
        #expect(try store.facts(Self.runID, after: Int64(facts.count), limit: 3) == [])
        #expect(try store.facts(Self.runID, after: -5, limit: 1).map(\.sequence) == [1])
        #expect(try store.facts(Self.runID, after: 0, limit: 0) == [])
        for type in Set(stored.map(\.type)) {
            #expect(try store.facts(Self.runID, ofType: type) == stored.filter { $0.type == type })
        }
        #expect(try store.facts(Self.runID, ofType: "no.such") == [])
        #expect(try store.usageIDs(Self.runID) == ["call-1"])
        _ = folder
    }

    @Test(
        "a fact that is not the next is refused, and nothing of its batch stays",
        arguments: Conformer.allCases)
    func order(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, facts: [Self.fact(.taskReady("a"))], record: Self.record())
        )
        var changed = Self.record()
        changed.status = .failed
        for wrong: Int64 in [1, 3, 0] {
            #expect(throws: StoreError.outOfOrder(run: Self.runID, expected: 2, found: wrong)) {
                try store.append(
                    StoreBatch(
                        run: Self.runID, firstSequence: wrong, facts: [Self.fact(.taskReady("b"))],
                        record: changed, tasks: [Self.plainTask(0, "b")]))
            }
        }
        #expect(try store.run(Self.runID) == Self.record())
        #expect(try store.tasks(Self.runID, .all) == [])
        #expect(try store.lastSequence(Self.runID) == 1)
        try store.append(
            StoreBatch(run: Self.runID, firstSequence: 2, facts: [Self.fact(.taskReady("b"))]))
        #expect(try store.lastSequence(Self.runID) == 2)
        _ = folder
    }

    @Test("a run nobody recorded has nothing, and takes nothing", arguments: Conformer.allCases)
    func unknownRun(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        #expect(throws: StoreError.unknownRun("ghost")) {
            try store.append(
                StoreBatch(run: "ghost", firstSequence: 1, facts: [Self.fact(.taskReady("a"))]))
        }
        #expect(try store.run("ghost") == nil)
        #expect(try store.latestRun() == nil)
        #expect(try store.runs() == [])
        #expect(try store.tasks("ghost", .all) == [])
        #expect(try store.taskLines("ghost", .all) == [])
        #expect(try store.task("ghost", "a") == nil)
        #expect(try store.taskCounts("ghost") == [:])
        #expect(try store.workers("ghost") == [])
        #expect(try store.costs("ghost") == [])
        #expect(try store.costSums("ghost", by: .task) == [])
        #expect(try store.facts("ghost", after: 0, limit: 9) == [])
        #expect(try store.lastSequence("ghost") == 0)
        #expect(try store.usageIDs("ghost") == [])
        try store.removeRun("ghost")
        _ = folder
    }

    @Test("the rows of a run are the last that were given", arguments: Conformer.allCases)
    func runRows(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, record: Self.record()))
        #expect(try store.run(Self.runID) == Self.record())
        var record = Self.record()
        record.status = .stopping
        record.reason = Samples.awkward
        record.process = ProcessIdentity(pid: 99, startTime: .max)
        record.endedAt = Self.t0 + .seconds(60)
        record.exitStatus = 143
        record.budget = nil
        record.spent = Money(microDollars: 1_234_567)
        record.reserved = Money(microDollars: 89)
        record.tokens = TokenCounts(input: .max, output: 1, cacheRead: 2, cacheWrite: 3)
        record.head = Samples.tree
        record.landed = 11
        record.bounced = 3
        record.rateLimitedUntil = Self.t0
        record.delivery = DeliveryRecord(
            commit: Samples.tree, place: "origin main", address: "https://example.org/7",
            problem: "no \"route\"")
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, record: record))
        #expect(try store.run(Self.runID) == record)
        // What is fixed at the start may still be corrected, as by a resume with another agent.
        record.agent = "claude"
        record.slots.append(SlotSpec(worker: "late-1", number: 5))
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, record: record))
        #expect(try store.run(Self.runID) == record)
        _ = folder
    }

    @Test("runs are listed latest first and can be forgotten", arguments: Conformer.allCases)
    func severalRuns(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        for id: RunID in ["b", "c", "a"] {
            try store.append(
                StoreBatch(
                    run: id, firstSequence: 1, facts: [Self.fact(.taskReady("t"))], record: Self.record(id),
                    tasks: [Self.plainTask(0, "t")], workers: [Self.fullWorker()],
                    costs: [CostRecord(key: .init(task: "t", worker: "w", role: nil, model: "m"), calls: 1)]))
        }
        #expect(try store.runs().map(\.id) == ["a", "c", "b"])
        #expect(try store.latestRun()?.id == "a")
        try store.removeRun("a")
        #expect(try store.runs().map(\.id) == ["c", "b"])
        #expect(try store.latestRun()?.id == "c")
        #expect(try store.facts("a", after: 0, limit: 9) == [])
        #expect(try store.facts("c", after: 0, limit: 9).count == 1)
        // A new run does not meet anything of the one that was forgotten.
        try store.append(StoreBatch(run: "d", firstSequence: 1, record: Self.record("d")))
        #expect(try store.tasks("d", .all) == [])
        #expect(try store.lastSequence("d") == 0)
        #expect(try store.costs("d") == [])
        #expect(try store.workers("d") == [])
        _ = folder
    }

    @Test("a task's row is the last that was given", arguments: Conformer.allCases)
    func taskRows(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        let first = Self.plainTask(0, "a")
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, record: Self.record(), tasks: [first, Self.fullTask(1)]))
        #expect(try store.tasks(Self.runID, .all) == [first, Self.fullTask(1)])
        #expect(try store.task(Self.runID, "task-1") == Self.fullTask(1))
        #expect(try store.task(Self.runID, "b") == nil)
        #expect(
            try store.taskLines(Self.runID, .all) == [TaskLine(first), TaskLine(Self.fullTask(1))])

        var full = Self.fullTask(0)
        full.spec = first.spec
        full.proposedBy = nil
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, tasks: [full]))
        #expect(try store.task(Self.runID, "a") == full)
        _ = folder
    }

    @Test("a task's spec changes only with a fact that says so", arguments: Conformer.allCases)
    func editedSpec(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        var task = Self.plainTask(0, "a")
        try store.append(
            StoreBatch(run: Self.runID, firstSequence: 1, record: Self.record(), tasks: [task]))
        task.spec.prompt = "changed"
        task.stage = .ready
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, tasks: [task]))
        #expect(try store.task(Self.runID, "a")?.stage == .ready)
        #expect(try store.task(Self.runID, "a")?.spec.prompt == "")
        task.spec.dependencies = ["b", "c"]
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, facts: [Self.fact(.taskEdited(task.spec))], tasks: [task]))
        #expect(try store.task(Self.runID, "a") == task)
        #expect(try store.taskLines(Self.runID, .all) == [TaskLine(task)])
        _ = folder
    }

    @Test("tasks are counted by stage, filtered and paged", arguments: Conformer.allCases)
    func filters(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        let stages: [TaskStage] = [.landed, .ready, .landed, .failed, .ready, .landed]
        let tasks = stages.enumerated().map { Self.plainTask($0, TaskID("t\($0)"), $1) }
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, record: Self.record(), tasks: tasks.reversed()))
        #expect(try store.taskCounts(Self.runID) == [.landed: 3, .ready: 2, .failed: 1])
        func ids(_ filter: TaskFilter) throws -> [String] {
            let records = try store.tasks(Self.runID, filter).map(\.spec.id.rawValue)
            #expect(try store.taskLines(Self.runID, filter).map(\.id.rawValue) == records)
            return records
        }
        #expect(try ids(.all) == ["t0", "t1", "t2", "t3", "t4", "t5"])
        #expect(try ids(TaskFilter(stages: [.landed])) == ["t0", "t2", "t5"])
        #expect(try ids(TaskFilter(stages: [.landed, .failed], offset: 1, limit: 2)) == ["t2", "t3"])
        #expect(try ids(TaskFilter(stages: [])) == [])
        #expect(try ids(TaskFilter(offset: 4)) == ["t4", "t5"])
        #expect(try ids(TaskFilter(offset: 40, limit: 2)) == [])
        _ = folder
    }

    @Test("workers are listed by slot", arguments: Conformer.allCases)
    func workers(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        let second = WorkerRecord(slot: SlotSpec(worker: "a-1", number: 12), at: Self.t0)
        var full = Self.fullWorker()
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, record: Self.record(), workers: [second, full]))
        #expect(try store.workers(Self.runID) == [full, second])
        full.task = nil
        full.process = nil
        full.status = .idle
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, workers: [full]))
        #expect(try store.workers(Self.runID) == [full, second])
        full.slot.model = "haiku"
        try store.append(StoreBatch(run: Self.runID, firstSequence: 1, workers: [full]))
        #expect(try store.workers(Self.runID) == [full, second])
        _ = folder
    }

    @Test("costs are summed by what is asked for, the dearest first", arguments: Conformer.allCases)
    func costs(_ conformer: Conformer) throws {
        let (store, folder) = try conformer.make()
        func cost(_ task: TaskID, _ worker: WorkerID, _ role: RoleID?, _ model: String, _ money: Int64)
            -> CostRecord
        {
            CostRecord(
                key: .init(task: task, worker: worker, role: role, model: model), calls: 2,
                cost: Money(microDollars: money), tokens: TokenCounts(input: money, output: 1))
        }
        let records = [
            cost("a", "w1", nil, "opus", 5), cost("a", "w2", "qa", "sonnet", 10),
            cost("b", "w1", "qa", "opus", 30),
        ]
        try store.append(
            StoreBatch(
                run: Self.runID, firstSequence: 1, record: Self.record(), costs: records.reversed()))
        #expect(try store.costs(Self.runID) == records)
        func sums(_ grouping: CostGrouping) throws -> [String] {
            try store.costSums(Self.runID, by: grouping).map {
                "\($0.id) \($0.calls) \($0.cost.microDollars) \($0.tokens.input) \($0.tokens.output)"
            }
        }
        #expect(try sums(.task) == ["b 2 30 30 1", "a 4 15 15 2"])
        #expect(try sums(.worker) == ["w1 4 35 35 2", "w2 2 10 10 1"])
        #expect(try sums(.role) == ["qa 4 40 40 2", " 2 5 5 1"])
        #expect(try sums(.model) == ["opus 4 35 35 2", "sonnet 2 10 10 1"])
        try store.append(
            StoreBatch(run: Self.runID, firstSequence: 1, costs: [cost("a", "w1", nil, "opus", 50)]))
        #expect(try sums(.task) == ["a 4 60 60 2", "b 2 30 30 1"])
        _ = folder
    }
}
