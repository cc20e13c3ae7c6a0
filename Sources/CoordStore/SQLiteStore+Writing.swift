import CoordJSON
import CoordModel
import CoordWire

extension SQLiteStore {
    /// Writes a batch inside the transaction that `append` began.
    func write(_ batch: StoreBatch) throws(StoreError) {
        var number = try self.number(of: batch.run)
        if let record = batch.record { number = try write(record, number: number) }
        guard let number else { throw .unknownRun(batch.run) }
        try write(batch.facts, of: batch.run, number: number, first: batch.firstSequence)
        if !batch.tasks.isEmpty {
            let edited = batch.editedTasks
            for task in batch.tasks {
                try write(task, number: number, replacesSpec: edited.contains(task.spec.id))
            }
        }
        for worker in batch.workers { try write(worker, of: batch.run, number: number) }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.costsUnwritten) { return }
        #endif
        for cost in batch.costs { try write(cost, number: number) }
    }

    // MARK: Facts

    private func write(
        _ facts: [Fact], of run: RunID, number: Int64, first: Int64
    ) throws(StoreError) {
        guard !facts.isEmpty else { return }
        let last = try lastSequence(run)
        guard first == last + 1 else { throw .outOfOrder(run: run, expected: last + 1, found: first) }
        let insert = try connection.statement("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?)")
        for (offset, fact) in facts.enumerated() {
            scratch.removeAll(keepingCapacity: true)
            FactCodec.write(fact.body, to: &scratch)
            insert.put(RowKey.make(number, first + Int64(offset)))
            insert.put(fact.time.milliseconds)
            insert.put(fact.body.type.rawValue)
            insert.put(fact.body.task?.rawValue)
            insert.put(fact.body.worker?.rawValue)
            let result: Result<Void, StoreError> = scratch.withUnsafeBufferPointer { bytes in
                insert.put(unowned: bytes)
                do throws(StoreError) { return .success(try insert.run()) } catch { return .failure(error) }
            }
            try result.get()
        }
        sequences[run] = first + Int64(facts.count) - 1
    }

    // MARK: Run

    /// Returns the run's key.
    private func write(_ record: RunRecord, number: Int64?) throws(StoreError) -> Int64 {
        let key: Int64
        if let number {
            key = number
            if !(writtenRuns[record.id].map { $0.hasSameStart(as: record) } ?? false) {
                let update = try connection.statement(
                    """
                    UPDATE runs SET mission = ?, mission_name = ?, mission_file = ?, project = ?, target = ?,
                        agent = ?, simulated = ?, started_at = ?, slots = ? WHERE number = ?
                    """)
                putStart(record, in: update)
                update.put(key)
                try update.run()
            }
        } else {
            let insert = try connection.statement(
                """
                INSERT INTO runs (mission, mission_name, mission_file, project, target, agent, simulated,
                    started_at, slots, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            putStart(record, in: insert)
            insert.put(record.id.rawValue)
            try insert.run()
            key = connection.insertedRow
            numbers[record.id] = key
        }
        let replace = try connection.statement(
            """
            INSERT OR REPLACE INTO run_states VALUES
                (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        replace.put(key)
        putState(record, in: replace)
        try replace.run()
        writtenRuns[record.id] = record
        return key
    }

    private func putStart(_ record: RunRecord, in statement: SQLiteStatement) {
        statement.put(record.mission.rawValue)
        statement.put(record.missionName)
        statement.put(record.missionFile)
        statement.put(record.project)
        statement.put(record.target)
        statement.put(record.agent)
        statement.put(record.simulated)
        statement.put(record.startedAt.milliseconds)
        statement.put(record.slots.json.text)
    }

    private func putState(_ record: RunRecord, in statement: SQLiteStatement) {
        statement.put(record.status.rawValue)
        statement.put(record.reason)
        statement.put(Int64(record.process.pid))
        // A start time above 2⁶³ is kept as the negative number with the same bits.
        statement.put(Int64(bitPattern: record.process.startTime))
        statement.put(record.endedAt?.milliseconds)
        statement.put(record.exitStatus.map(Int64.init))
        statement.put(record.budget?.microDollars)
        statement.put(record.spent.microDollars)
        statement.put(record.reserved.microDollars)
        put(record.tokens, in: statement)
        statement.put(record.head?.rawValue)
        statement.put(record.landed)
        statement.put(record.bounced)
        statement.put(record.rateLimitedUntil?.milliseconds)
        statement.put(record.delivery?.json.text)
    }

    private func put(_ tokens: TokenCounts, in statement: SQLiteStatement) {
        statement.put(tokens.input)
        statement.put(tokens.output)
        statement.put(tokens.cacheRead)
        statement.put(tokens.cacheWrite)
    }

    // MARK: Tasks

    private func write(
        _ record: TaskRecord, number: Int64, replacesSpec: Bool
    ) throws(StoreError) {
        let key = RowKey.make(number, Int64(record.index))
        let update = try connection.statement(
            """
            UPDATE task_states SET stage = ?, since = ?, assigned_to = ?, pinned_to = ?, attempt = ?,
                failures = ?, conflicts = ?, worker_losses = ?, last_error = ?, failed_because = ?,
                not_before = ?, branch = ?, base = ?, commit_id = ?, tree = ?, landing = ?,
                landing_from = ?, landing_tip = ?, started_at = ?, completed_at = ?, cost_micro_dollars = ?,
                input_tokens = ?, output_tokens = ?, cache_read_tokens = ?, cache_write_tokens = ?,
                proposals = ?, submitted_attempt = ?, reviewer = ?, review_rounds = ?, approval_reason = ?,
                handoff = ?
            WHERE id = ?
            """)
        putState(record, in: update)
        update.put(key)
        try update.run()
        let isNew = connection.changes == 0
        if isNew {
            let insert = try connection.statement(
                """
                INSERT INTO task_states (stage, since, assigned_to, pinned_to, attempt, failures, conflicts,
                    worker_losses, last_error, failed_because, not_before, branch, base, commit_id, tree,
                    landing, landing_from, landing_tip, started_at, completed_at, cost_micro_dollars, input_tokens,
                    output_tokens, cache_read_tokens, cache_write_tokens, proposals,
                    submitted_attempt, reviewer, review_rounds, approval_reason, handoff, id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            putState(record, in: insert)
            insert.put(key)
            try insert.run()
        }
        if isNew || replacesSpec { try writeSpec(record, key: key) }
    }

    private func putState(_ record: TaskRecord, in statement: SQLiteStatement) {
        statement.put(record.stage.rawValue)
        statement.put(record.since.milliseconds)
        statement.put(record.assignedTo?.rawValue)
        statement.put(record.pinnedTo?.rawValue)
        statement.put(record.attempt)
        statement.put(record.failures)
        statement.put(record.conflicts)
        statement.put(record.workerLosses)
        statement.put(record.lastError)
        statement.put(record.failedBecause?.rawValue)
        statement.put(record.notBefore?.milliseconds)
        statement.put(record.branch)
        statement.put(record.base?.rawValue)
        statement.put(record.commit?.rawValue)
        statement.put(record.tree?.rawValue)
        statement.put(record.landing?.rawValue)
        statement.put(record.landingFrom?.rawValue)
        statement.put(record.landingTip?.rawValue)
        statement.put(record.startedAt?.milliseconds)
        statement.put(record.completedAt?.milliseconds)
        statement.put(record.cost.microDollars)
        put(record.tokens, in: statement)
        statement.put(record.proposals)
        statement.put(record.submittedAttempt.map { Int64($0) })
        statement.put(record.reviewer?.rawValue)
        statement.put(record.reviewRounds)
        statement.put(record.approvalReason)
        statement.put(record.handoff?.json.text)
    }

    private func writeSpec(_ record: TaskRecord, key: Int64) throws(StoreError) {
        let replace = try connection.statement("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        replace.put(key)
        replace.put(record.spec.id.rawValue)
        replace.put(record.spec.title)
        replace.put(record.spec.role?.rawValue)
        replace.put(record.spec.priority)
        // Task names hold no space.
        replace.put(record.spec.dependencies.map(\.rawValue).joined(separator: " "))
        replace.put(record.proposedBy?.rawValue)
        scratch.removeAll(keepingCapacity: true)
        record.spec.writeJSON(to: &scratch)
        let result: Result<Void, StoreError> = scratch.withUnsafeBufferPointer { bytes in
            replace.put(unowned: bytes)
            do throws(StoreError) { return .success(try replace.run()) } catch { return .failure(error) }
        }
        try result.get()
    }

    // MARK: Workers and costs

    private func write(_ record: WorkerRecord, of run: RunID, number: Int64) throws(StoreError) {
        if writtenSlots[run]?[record.slot.worker] == record.slot {
            let update = try connection.statement(
                """
                UPDATE workers SET status = ?, since = ?, pid = ?, process_start = ?, task = ?, attempt = ?,
                    branch = ?, restarts = ?, last_error = ?, cost_micro_dollars = ?, input_tokens = ?,
                    output_tokens = ?, cache_read_tokens = ?, cache_write_tokens = ?
                WHERE number = ? AND slot_number = ? AND worker = ?
                """)
            putState(record, in: update)
            putKey(record, number: number, in: update)
            try update.run()
            return
        }
        let replace = try connection.statement(
            """
            INSERT OR REPLACE INTO workers (status, since, pid, process_start, task, attempt, branch,
                restarts, last_error, cost_micro_dollars, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens, number, slot_number, worker, slot)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        putState(record, in: replace)
        putKey(record, number: number, in: replace)
        replace.put(record.slot.json.text)
        try replace.run()
        writtenSlots[run, default: [:]][record.slot.worker] = record.slot
    }

    private func putState(_ record: WorkerRecord, in statement: SQLiteStatement) {
        statement.put(record.status.rawValue)
        statement.put(record.since.milliseconds)
        statement.put(record.process.map { Int64($0.pid) })
        statement.put(record.process.map { Int64(bitPattern: $0.startTime) })
        statement.put(record.task?.rawValue)
        statement.put(record.attempt.map(Int64.init))
        statement.put(record.branch)
        statement.put(record.restarts)
        statement.put(record.lastError)
        statement.put(record.cost.microDollars)
        put(record.tokens, in: statement)
    }

    private func putKey(_ record: WorkerRecord, number: Int64, in statement: SQLiteStatement) {
        statement.put(number)
        statement.put(record.slot.number)
        statement.put(record.slot.worker.rawValue)
    }

    private func write(_ record: CostRecord, number: Int64) throws(StoreError) {
        let replace = try connection.statement(
            "INSERT OR REPLACE INTO costs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        replace.put(number)
        replace.put(record.key.task.rawValue)
        replace.put(record.key.worker.rawValue)
        replace.put(record.key.role?.rawValue ?? "")
        replace.put(record.key.model)
        replace.put(record.calls)
        replace.put(record.cost.microDollars)
        put(record.tokens, in: replace)
        try replace.run()
    }
}

extension RunRecord {
    /// Whether everything that is fixed when a run starts is the same, so that the large row need not be
    /// written.
    fileprivate func hasSameStart(as other: RunRecord) -> Bool {
        mission == other.mission && missionName == other.missionName && missionFile == other.missionFile
            && project == other.project && target == other.target && agent == other.agent
            && simulated == other.simulated && startedAt == other.startedAt && slots == other.slots
    }
}
