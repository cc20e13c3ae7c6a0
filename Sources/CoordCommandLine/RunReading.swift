package import CoordModel
package import CoordRuntime
package import CoordStore

/// A run as its journal tells it, and what a look at the machine adds: whether its coordinator lives.
package struct RunReading {
    package let state: StateFolder
    package let store: any Store
    /// The run's row. When its coordinator is gone the status is `stopped` and the reason says so.
    package let record: RunRecord
    /// Whether the run was not over when its coordinator died.
    package let isAbandoned: Bool

    /// `isAlive` tells whether exactly that process lives.
    package init(
        state: StateFolder, store: any Store, record: RunRecord, isAlive: (ProcessIdentity) -> Bool
    ) {
        self.state = state
        self.store = store
        let isAbandoned = !record.status.isFinal && !isAlive(record.process)
        self.isAbandoned = isAbandoned
        var shown = record
        if isAbandoned {
            shown.status = .stopped
            shown.reason = Self.goneReason(record)
            shown.reserved = .zero
        }
        self.record = shown
    }

    /// Why an abandoned run does not go on, and what would help.
    private static func goneReason(_ record: RunRecord) -> String {
        "the coordinator is gone (pid \(record.process.pid)); `coord run --resume` goes on"
    }

    /// The workers; those of a coordinator that is gone ended with it.
    package func workers() throws(CommandFailure) -> [WorkerRecord] {
        let workers = try read { () throws(StoreError) in try store.workers(record.id) }
        guard isAbandoned else { return workers }
        return workers.map { worker in
            var worker = worker
            worker.status = .stopped
            worker.process = nil
            return worker
        }
    }

    /// The task of that name, or a failure that names the nearest.
    package func task(_ name: String) throws(CommandFailure) -> TaskRecord {
        if let task = try read({ () throws(StoreError) in try store.task(record.id, TaskID(name)) }) {
            return task
        }
        let names = try read { () throws(StoreError) in try store.taskLines(record.id, .all) }.map(
            \.id.rawValue)
        throw CommandFailure(
            .wrongInput, "run `\(record.id)` has no task `\(name)`",
            hint: Suggestion.nearest(to: name, among: names).map { "did you mean `\($0)`?" }
                ?? "`coord tasks` lists all tasks")
    }

    /// The worker of that name, or a failure that names the nearest.
    package func worker(_ name: String) throws(CommandFailure) -> WorkerRecord {
        let workers = try workers()
        if let worker = workers.first(where: { $0.slot.worker.rawValue == name }) { return worker }
        let names = workers.map(\.slot.worker.rawValue)
        throw CommandFailure(
            .wrongInput, "run `\(record.id)` has no worker `\(name)`",
            hint: Suggestion.nearest(to: name, among: names).map { "did you mean `\($0)`?" }
                ?? "it has " + names.prefix(12).map { "`\($0)`" }.joined(separator: ", "))
    }

    /// Of the handoffs that nobody took in this run, those that a later run of its mission went on with: by
    /// the document's file, the run that has it. A run that can still go on owes its handoffs itself.
    package func heirs() throws(CommandFailure) -> [String: RunID] {
        guard record.status.isFinal || isAbandoned else { return [:] }
        return try read { () throws(StoreError) in
            let own = Set(
                try store.handoffs(record.id).filter(\.handoff.state.isCarried).compactMap(
                    \.handoff.sheet?.file))
            guard !own.isEmpty else { return [:] }
            var heirs: [String: RunID] = [:]
            // Newest first: the last entry that is written is the one that took it from this run.
            for later in try store.runs().prefix(while: { $0.id != record.id })
            where later.mission == record.mission {
                for file in try store.handoffs(later.id).compactMap(\.handoff.sheet?.file)
                where own.contains(file) { heirs[file] = later.id }
            }
            return heirs
        }
    }

    /// How long the run has worked, or worked.
    package func elapsed(at now: Timestamp) throws(CommandFailure) -> Duration {
        if let end = record.endedAt { return end - record.startedAt }
        // An abandoned run ended, as far as anybody knows, with its last fact.
        guard isAbandoned else { return max(.zero, now - record.startedAt) }
        let last = try read { () throws(StoreError) in
            try store.facts(record.id, after: try store.lastSequence(record.id) - 1, limit: 1).last?.time
        }
        return max(.zero, (last ?? record.startedAt) - record.startedAt)
    }

    /// Journal calls with their errors turned into failures.
    package func read<Value>(_ body: () throws(StoreError) -> Value) throws(CommandFailure) -> Value {
        try CommandFailure.from(body)
    }
}
