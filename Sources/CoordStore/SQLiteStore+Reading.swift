import CoordJSON
package import CoordModel
import CoordWire

extension SQLiteStore {
    // MARK: Runs

    package func run(_ id: RunID) throws(StoreError) -> RunRecord? {
        let select = try connection.statement(
            """
            SELECT run, mission, mission_name, mission_file, project, target, agent, simulated, started_at,
                slots, status, reason, pid, process_start, ended_at, exit_status, budget_micro_dollars,
                spent_micro_dollars, reserved_micro_dollars, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens, head, landed, bounced, rate_limited_until,
                delivery
            FROM runs JOIN run_states USING (number) WHERE run = ?
            """)
        select.put(id.rawValue)
        return try rows(of: select, Self.runRecord).first
    }

    package func latestRun() throws(StoreError) -> RunRecord? {
        let select = try connection.statement("SELECT run FROM runs ORDER BY number DESC LIMIT 1")
        guard let latest = try rows(of: select, { RunID($0.text()) }).first else { return nil }
        return try run(latest)
    }

    package func runs() throws(StoreError) -> [RunRecord] {
        try reading { () throws(StoreError) in
            let select = try connection.statement("SELECT run FROM runs ORDER BY number DESC")
            var records: [RunRecord] = []
            for id in try rows(of: select, { RunID($0.text()) }) {
                if let record = try run(id) { records.append(record) }
            }
            return records
        }
    }

    private static func runRecord(_ row: SQLiteStatement) throws(StoreError) -> RunRecord {
        let run = row.text()
        func unreadable(_ detail: String) -> StoreError {
            .unreadableRow(table: "runs", key: run, detail: detail)
        }
        var start = RunStart(
            run: RunID(run), mission: MissionID(row.text()), missionName: row.text(), missionFile: row.text(),
            project: row.text(), target: row.text(), agent: row.text(), budget: nil,
            process: ProcessIdentity(pid: 0, startTime: 0), head: nil, slots: [],
            simulated: row.integer() != 0)
        let startedAt = Timestamp(milliseconds: row.integer())
        do { start.slots = try [SlotSpec](json: JSONParser.parse(row.bytes())) } catch {
            throw unreadable("\(error)")
        }
        var record = RunRecord(start, at: startedAt)
        let status = row.text()
        guard let known = RunStatus(rawValue: status) else { throw unreadable("status `\(status)`") }
        record.status = known
        record.reason = row.text()
        record.process = ProcessIdentity(
            pid: Int32(truncatingIfNeeded: row.integer()), startTime: UInt64(bitPattern: row.integer()))
        record.endedAt = row.optionalTime()
        record.exitStatus = row.optionalInteger().map { Int32(truncatingIfNeeded: $0) }
        record.budget = row.optionalInteger().map { Money(microDollars: $0) }
        record.spent = row.money()
        record.reserved = row.money()
        record.tokens = row.tokens()
        record.head = row.objectID()
        record.landed = Int(row.integer())
        record.bounced = Int(row.integer())
        record.rateLimitedUntil = row.optionalTime()
        if let text = row.optionalText() {
            do { record.delivery = try DeliveryRecord(json: JSONParser.parse(text)) } catch {
                throw unreadable("delivery: \(error)")
            }
        }
        return record
    }

    // MARK: Tasks

    package func tasks(_ run: RunID, _ filter: TaskFilter) throws(StoreError) -> [TaskRecord] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.prepare(
            """
            SELECT id, tasks.proposed_by, tasks.spec, \(Self.taskColumns)
            FROM task_states JOIN tasks USING (id) WHERE \(Self.condition(filter))
            ORDER BY id LIMIT ? OFFSET ?
            """)
        put(filter, number: number, in: select)
        return try rows(of: select, Self.taskRecord)
    }

    package func task(_ run: RunID, _ id: TaskID) throws(StoreError) -> TaskRecord? {
        guard let number = try number(of: run) else { return nil }
        let select = try connection.prepare(
            """
            SELECT id, tasks.proposed_by, tasks.spec, \(Self.taskColumns)
            FROM tasks JOIN task_states USING (id) WHERE tasks.id >> 40 = ? AND tasks.task = ?
            """)
        select.put(number)
        select.put(id.rawValue)
        return try rows(of: select, Self.taskRecord).first
    }

    package func taskLines(_ run: RunID, _ filter: TaskFilter) throws(StoreError) -> [TaskLine] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.prepare(
            """
            SELECT task, title, role, deps, priority, stage, since, assigned_to, attempt, failures,
                last_error, branch, commit_id, started_at, completed_at, cost_micro_dollars
            FROM task_states JOIN tasks USING (id) WHERE \(Self.condition(filter))
            ORDER BY id LIMIT ? OFFSET ?
            """)
        put(filter, number: number, in: select)
        let expected = filter.stages == nil ? try countOfTasks(number, filter) : 0
        return try rows(of: select, expected: expected) { row throws(StoreError) in try TaskLine(row) }
    }

    package func taskCounts(_ run: RunID) throws(StoreError) -> [TaskStage: Int] {
        guard let number = try number(of: run) else { return [:] }
        let select = try connection.statement(
            "SELECT stage, count(*) FROM task_states WHERE id >= ? AND id < ? GROUP BY stage")
        select.put(RowKey.first(number))
        select.put(RowKey.first(number + 1))
        var counts: [TaskStage: Int] = [:]
        while try select.step() {
            let stage = try select.stage(of: run.rawValue)
            counts[stage] = Int(select.integer())
        }
        return counts
    }

    /// How many rows to make room for: tasks are numbered without gaps.
    private func countOfTasks(_ number: Int64, _ filter: TaskFilter) throws(StoreError) -> Int {
        let select = try connection.statement("SELECT max(id) FROM task_states WHERE id >= ? AND id < ?")
        select.put(RowKey.first(number))
        select.put(RowKey.first(number + 1))
        let last = try rows(of: select) { $0.optionalInteger() }.first ?? nil
        let count = last.map { Int(RowKey.row($0)) + 1 } ?? 0
        return min(filter.limit ?? count, max(0, count - filter.offset))
    }

    private static let taskColumns = """
        stage, since, assigned_to, pinned_to, attempt, failures, conflicts, worker_losses, last_error,
        failed_because, not_before, branch, base, commit_id, tree, landing, landing_from, landing_tip, started_at,
        completed_at, cost_micro_dollars, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, proposals, submitted_attempt, reviewer, review_rounds, approval_reason,
        handoff
        """

    /// The words of stages come from the enum, never from outside.
    private static func condition(_ filter: TaskFilter) -> String {
        guard let stages = filter.stages else { return "id >= ? AND id < ?" }
        let words = stages.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return "id >= ? AND id < ? AND stage IN (\(words))"
    }

    private func put(_ filter: TaskFilter, number: Int64, in statement: SQLiteStatement) {
        statement.put(RowKey.first(number))
        statement.put(RowKey.first(number + 1))
        // SQLite reads a negative limit as none.
        statement.put(filter.limit ?? -1)
        statement.put(filter.offset)
    }

    private static func taskRecord(_ row: SQLiteStatement) throws(StoreError) -> TaskRecord {
        let key = row.integer()
        let proposedBy = row.optionalText().map(TaskID.init(_:))
        let spec: TaskSpec
        do { spec = try TaskSpec(json: JSONParser.parse(row.bytes())) } catch {
            throw .unreadableRow(table: "tasks", key: String(key), detail: "\(error)")
        }
        let stage = try row.stage(of: spec.id.rawValue)
        var record = TaskRecord(
            index: Int(RowKey.row(key)), spec: spec, proposedBy: proposedBy,
            at: Timestamp(milliseconds: row.integer()))
        record.stage = stage
        record.assignedTo = row.optionalText().map(WorkerID.init(_:))
        record.pinnedTo = row.optionalText().map(WorkerID.init(_:))
        record.attempt = Int(row.integer())
        record.failures = Int(row.integer())
        record.conflicts = Int(row.integer())
        record.workerLosses = Int(row.integer())
        record.lastError = row.optionalText()
        record.failedBecause = row.optionalText().map(TaskID.init(_:))
        record.notBefore = row.optionalTime()
        record.branch = row.optionalText()
        record.base = row.objectID()
        record.commit = row.objectID()
        record.tree = row.objectID()
        record.landing = row.objectID()
        record.landingFrom = row.objectID()
        record.landingTip = row.objectID()
        record.startedAt = row.optionalTime()
        record.completedAt = row.optionalTime()
        record.cost = row.money()
        record.tokens = row.tokens()
        record.proposals = Int(row.integer())
        record.submittedAttempt = row.optionalInteger().map { Int($0) }
        record.reviewer = row.optionalText().map(WorkerID.init(_:))
        record.reviewRounds = Int(row.integer())
        record.approvalReason = row.optionalText()
        record.handoff = try row.optionalText().map { (text) throws(StoreError) in
            try handoff(text, of: String(key))
        }
        return record
    }

    // MARK: Workers and costs

    package func workers(_ run: RunID) throws(StoreError) -> [WorkerRecord] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.statement(
            """
            SELECT slot, worker, status, since, pid, process_start, task, attempt, branch, restarts,
                last_error, cost_micro_dollars, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens
            FROM workers WHERE number = ? ORDER BY slot_number, worker
            """)
        select.put(number)
        return try rows(of: select, Self.workerRecord)
    }

    private static func workerRecord(_ row: SQLiteStatement) throws(StoreError) -> WorkerRecord {
        let slot: Result<SlotSpec, any Error> = Result { try SlotSpec(json: JSONParser.parse(row.bytes())) }
        let worker = row.text()
        let status = row.text()
        func unreadable(_ detail: String) -> StoreError {
            .unreadableRow(table: "workers", key: worker, detail: detail)
        }
        guard let known = WorkerStatus(rawValue: status) else { throw unreadable("status `\(status)`") }
        let since = Timestamp(milliseconds: row.integer())
        var record: WorkerRecord
        switch slot {
        case .success(let slot): record = WorkerRecord(slot: slot, at: since)
        case .failure(let error): throw unreadable("\(error)")
        }
        record.status = known
        let pid = row.optionalInteger()
        let start = row.optionalInteger()
        if let pid, let start {
            record.process = ProcessIdentity(
                pid: Int32(truncatingIfNeeded: pid), startTime: UInt64(bitPattern: start))
        }
        record.task = row.optionalText().map(TaskID.init(_:))
        record.attempt = row.optionalInteger().map(Int.init)
        record.branch = row.optionalText()
        record.restarts = Int(row.integer())
        record.lastError = row.optionalText()
        record.cost = row.money()
        record.tokens = row.tokens()
        return record
    }

    package func costs(_ run: RunID) throws(StoreError) -> [CostRecord] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.statement(
            """
            SELECT task, worker, role, model, calls, cost_micro_dollars, input_tokens, output_tokens,
                cache_read_tokens, cache_write_tokens
            FROM costs WHERE number = ? ORDER BY task, worker, role, model
            """)
        select.put(number)
        return try rows(of: select) { row in
            let task = TaskID(row.text())
            let worker = WorkerID(row.text())
            let role = row.text()
            let key = CostRecord.Key(
                task: task, worker: worker, role: role.isEmpty ? nil : RoleID(role), model: row.text())
            return CostRecord(key: key, calls: Int(row.integer()), cost: row.money(), tokens: row.tokens())
        }
    }

    package func costSums(_ run: RunID, by grouping: CostGrouping) throws(StoreError) -> [CostSum] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.prepare(
            """
            SELECT \(grouping.rawValue), sum(calls), sum(cost_micro_dollars) AS cost, sum(input_tokens),
                sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens)
            FROM costs WHERE number = ? GROUP BY \(grouping.rawValue) ORDER BY cost DESC, 1
            """)
        select.put(number)
        return try rows(of: select) { row in
            CostSum(id: row.text(), calls: Int(row.integer()), cost: row.money(), tokens: row.tokens())
        }
    }

    // MARK: Facts

    package func facts(
        _ run: RunID, after sequence: Int64, limit: Int
    ) throws(StoreError) -> [StoredFact] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.statement(
            """
            SELECT id, time, type, task, worker, data FROM facts WHERE id > ? AND id < ? ORDER BY id LIMIT ?
            """)
        select.put(RowKey.make(number, max(0, sequence)))
        select.put(RowKey.first(number + 1))
        select.put(max(0, limit))
        return try facts(of: select)
    }

    package func facts(_ run: RunID, ofType type: String) throws(StoreError) -> [StoredFact] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.statement(
            """
            SELECT id, time, type, task, worker, data FROM facts WHERE id > ? AND id < ? AND type = ?
            ORDER BY id
            """)
        select.put(RowKey.make(number, 0))
        select.put(RowKey.first(number + 1))
        select.put(type)
        return try facts(of: select)
    }

    private func facts(of select: SQLiteStatement) throws(StoreError) -> [StoredFact] {
        try rows(of: select) { row in
            StoredFact(
                sequence: RowKey.row(row.integer()), time: Timestamp(milliseconds: row.integer()),
                type: row.text(), task: row.optionalText().map(TaskID.init(_:)),
                worker: row.optionalText().map(WorkerID.init(_:)), data: row.bytes())
        }
    }

    package func lastSequence(_ run: RunID) throws(StoreError) -> Int64 {
        // Only a writer knows the last number for itself; a reader must look each time.
        if let sequence = sequences[run] { return sequence }
        guard let number = try number(of: run) else { return 0 }
        let select = try connection.statement(
            "SELECT id FROM facts WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1")
        select.put(RowKey.first(number))
        select.put(RowKey.first(number + 1))
        return try rows(of: select) { RowKey.row($0.integer()) }.first ?? 0
    }

    package func usageIDs(_ run: RunID) throws(StoreError) -> Set<String> {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.statement(
            """
            SELECT data ->> 'id' AS call FROM facts
            WHERE id >= ? AND id < ? AND type = 'usage.recorded' AND call IS NOT NULL
            """)
        select.put(RowKey.first(number))
        select.put(RowKey.first(number + 1))
        return Set(try rows(of: select) { $0.text() })
    }

    /// Reads every row. The statement is reset also when a row cannot be read.
    func rows<Row>(
        of statement: SQLiteStatement, expected: Int = 0, _ read: (SQLiteStatement) throws(StoreError) -> Row
    ) throws(StoreError) -> [Row] {
        var rows: [Row] = []
        rows.reserveCapacity(expected)
        do throws(StoreError) {
            while try statement.step() { rows.append(try read(statement)) }
        } catch {
            statement.reset()
            throw error
        }
        return rows
    }
}

extension SQLiteStatement {
    fileprivate func optionalTime() -> Timestamp? { optionalInteger().map { Timestamp(milliseconds: $0) } }
    fileprivate func money() -> Money { Money(microDollars: integer()) }
    fileprivate func objectID() -> ObjectID? { optionalText().flatMap { ObjectID($0) } }
    fileprivate func tokens() -> TokenCounts {
        TokenCounts(input: integer(), output: integer(), cacheRead: integer(), cacheWrite: integer())
    }
    fileprivate func stage(of key: String) throws(StoreError) -> TaskStage {
        let word = text()
        guard let stage = TaskStage(rawValue: word) else {
            throw .unreadableRow(table: "task_states", key: key, detail: "stage `\(word)`")
        }
        return stage
    }
}

extension TaskLine {
    fileprivate init(_ row: SQLiteStatement) throws(StoreError) {
        id = TaskID(row.text())
        title = row.text()
        role = row.optionalText().map(RoleID.init(_:))
        needs = row.text()
        priority = Int(row.integer())
        stage = try row.stage(of: id.rawValue)
        since = Timestamp(milliseconds: row.integer())
        assignedTo = row.optionalText().map(WorkerID.init(_:))
        attempt = Int(row.integer())
        failures = Int(row.integer())
        lastError = row.optionalText()
        branch = row.optionalText()
        commit = row.objectID()
        startedAt = row.optionalTime()
        completedAt = row.optionalTime()
        cost = row.money()
    }
}
