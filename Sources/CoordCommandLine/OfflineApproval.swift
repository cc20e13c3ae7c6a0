import CoordCore
import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem

/// Approval while no coordinator runs: the word is written into the journal, and the next coordinator goes by
/// it.
enum OfflineApproval {
    /// Nil: a coordinator, or somebody else, holds the project after all.
    static func approve(
        _ names: [TaskID], _ state: StateFolder, _ context: CommandContext
    ) throws(CommandFailure) -> ExitStatus? {
        let lock = try CommandFailure.fromSystem { () throws(SystemError) in
            try FileLock.acquire(state.lock, note: "approval of tasks")
        }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let store = try context.openJournal(state, .readWrite)
        defer { store.close() }
        guard let run = try CommandFailure.from({ () throws(StoreError) in try store.latestRun() }) else {
            throw ProjectLookup.noRun(in: state.project)
        }
        let reading = RunReading(state: state, store: store, record: run, isAlive: { _ in false })
        var waiting: [TaskRecord] = []
        for name in names {
            let task = try reading.task(name.rawValue)
            guard task.stage == .approval else {
                throw CommandFailure(
                    .wrongInput, "task `\(name)` cannot be approved: it does not wait for a person",
                    hint: "`coord tasks show \(name)` says where it stands")
            }
            waiting.append(task)
        }
        try write(waiting, run, store, context)
        for task in waiting {
            context.output.line("task `\(task.spec.id)` is approved; `coord run --resume` lands it")
        }
        return .done
    }

    private static func write(
        _ waiting: [TaskRecord], _ run: RunRecord, _ store: any Store, _ context: CommandContext
    ) throws(CommandFailure) {
        let facts = waiting.map { Fact(time: context.now, body: .approvalGiven($0.lease)) }
        try CommandFailure.from { () throws(StoreError) in
            var projection = Projection(
                run: run, tasks: try store.tasks(run.id, .all), workers: [], costs: [])
            for fact in facts { projection.apply(fact) }
            let touched = projection.takeTouched()
            try store.append(
                StoreBatch(
                    run: run.id, firstSequence: try store.lastSequence(run.id) + 1, facts: facts,
                    tasks: touched.tasks))
        }
    }
}
