package import CoordModel

/// The journal of tests and dry runs: forgets everything with the store, promises the same as `SQLiteStore`.
package final class InMemoryStore: Store {
    private final class RunRows {
        var record: RunRecord
        /// As they came; one list would be moved whole each time it grows.
        var batches: [[Fact]] = []
        var count = 0
        /// By index. A gap is a task that was never told of.
        var tasks: [TaskRecord?] = []
        var workers: [WorkerID: WorkerRecord] = [:]
        var costs: [CostRecord.Key: CostRecord] = [:]

        init(record: RunRecord) { self.record = record }

        func ordered(_ filter: TaskFilter) -> [TaskRecord] {
            let chosen = known.filter { filter.stages?.contains($0.stage) ?? true }.dropFirst(filter.offset)
            return Array(filter.limit.map { chosen.prefix($0) } ?? chosen)
        }

        var known: [TaskRecord] { tasks.compactMap(\.self) }
    }

    private var order: [RunID] = []
    private var rows: [RunID: RunRows] = [:]

    package init() {}

    package func append(_ batch: StoreBatch) throws(StoreError) {
        guard let run = rows[batch.run] ?? batch.record.map({ RunRows(record: $0) }) else {
            throw .unknownRun(batch.run)
        }
        let next = Int64(run.count) + 1
        guard batch.facts.isEmpty || batch.firstSequence == next else {
            throw .outOfOrder(run: batch.run, expected: next, found: batch.firstSequence)
        }
        if rows[batch.run] == nil {
            order.append(batch.run)
            rows[batch.run] = run
        }
        if !batch.facts.isEmpty { run.batches.append(batch.facts) }
        run.count += batch.facts.count
        if let record = batch.record { run.record = record }
        let edited = batch.editedTasks
        for var task in batch.tasks {
            while run.tasks.count <= task.index { run.tasks.append(nil) }
            if let known = run.tasks[task.index], edited.isEmpty || !edited.contains(task.spec.id) {
                task.keepSpec(of: known)
            }
            run.tasks[task.index] = task
        }
        for worker in batch.workers { run.workers[worker.slot.worker] = worker }
        for cost in batch.costs { run.costs[cost.key] = cost }
    }

    package func run(_ id: RunID) -> RunRecord? { rows[id]?.record }
    package func latestRun() -> RunRecord? { order.last.flatMap { rows[$0]?.record } }
    package func runs() -> [RunRecord] { order.reversed().compactMap { rows[$0]?.record } }
    package func removeRun(_ id: RunID) {
        rows[id] = nil
        order.removeAll { $0 == id }
    }

    package func tasks(_ run: RunID, _ filter: TaskFilter) -> [TaskRecord] {
        rows[run]?.ordered(filter) ?? []
    }
    package func task(_ run: RunID, _ id: TaskID) -> TaskRecord? {
        rows[run]?.known.first { $0.spec.id == id }
    }
    package func taskLines(_ run: RunID, _ filter: TaskFilter) -> [TaskLine] {
        tasks(run, filter).map { TaskLine($0) }
    }
    package func handoffs(_ run: RunID) -> [(task: TaskID, handoff: HandoffRecord)] {
        tasks(run, .all).compactMap { task in task.handoff.map { (task.spec.id, $0) } }
    }
    package func taskCounts(_ run: RunID) -> [TaskStage: Int] {
        var counts: [TaskStage: Int] = [:]
        for task in rows[run]?.known ?? [] { counts[task.stage, default: 0] += 1 }
        return counts
    }
    package func workers(_ run: RunID) -> [WorkerRecord] {
        (rows[run].map { Array($0.workers.values) } ?? []).sorted {
            ($0.slot.number, $0.slot.worker) < ($1.slot.number, $1.slot.worker)
        }
    }

    package func costs(_ run: RunID) -> [CostRecord] {
        (rows[run].map { Array($0.costs.values) } ?? []).sorted { left, right in
            (left.key.task, left.key.worker, left.key.role?.rawValue ?? "", left.key.model)
                < (right.key.task, right.key.worker, right.key.role?.rawValue ?? "", right.key.model)
        }
    }
    package func costSums(_ run: RunID, by grouping: CostGrouping) -> [CostSum] {
        var sums: [String: CostSum] = [:]
        for record in costs(run) {
            let id =
                switch grouping {
                case .worker: record.key.worker.rawValue
                case .role: record.key.role?.rawValue ?? ""
                case .model: record.key.model
                case .task: record.key.task.rawValue
                }
            var sum = sums[id] ?? CostSum(id: id, calls: 0, cost: .zero, tokens: .zero)
            sum.calls += record.calls
            sum.cost += record.cost
            sum.tokens += record.tokens
            sums[id] = sum
        }
        return sums.values.sorted { ($1.cost, $0.id) < ($0.cost, $1.id) }
    }

    package func facts(_ run: RunID, after sequence: Int64, limit: Int) -> [StoredFact] {
        let all = rows[run]?.batches.flatMap { $0 } ?? []
        let start = Int(max(0, min(sequence, Int64(all.count))))
        return all[start...].prefix(max(0, limit)).enumerated().map { offset, fact in
            StoredFact(fact, sequence: Int64(start + offset + 1))
        }
    }
    package func facts(_ run: RunID, ofType type: String) -> [StoredFact] {
        facts(run, after: 0, limit: .max).filter { $0.type == type }
    }
    package func lastSequence(_ run: RunID) -> Int64 { Int64(rows[run]?.count ?? 0) }
    package func usageIDs(_ run: RunID) -> Set<String> {
        var ids: Set<String> = []
        for fact in (rows[run]?.batches ?? []).joined() {
            if case .usageRecorded(_, _, _, let usage, _, _) = fact.body, let id = usage.id { ids.insert(id) }
        }
        return ids
    }

    package func close() {}

    package func reading<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        try body()
    }
}
