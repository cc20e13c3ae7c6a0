import CoordCore
package import CoordModel

/// What the progress view shows of a run while it goes on: the fold of its facts, and what each worker is at.
package struct ProgressModel: Sendable {
    private var projection = Projection()
    /// How many tasks stand in each stage.
    package private(set) var counts: [TaskStage: Int] = [:]
    /// What the agent of each worker said or did last.
    package private(set) var activities: [WorkerID: String] = [:]

    /// A run that has not started.
    package init() {}

    /// A run that is taken up again.
    package init(run: RunRecord, tasks: [TaskRecord], workers: [WorkerRecord]) {
        projection = Projection(run: run, tasks: tasks, workers: workers, costs: [])
        for task in tasks { counts[task.stage, default: 0] += 1 }
    }

    package var run: RunRecord? { projection.run }
    package var workers: [WorkerRecord] { projection.workers }
    /// Attempts at work that would not unite as they stand.
    package var collisions: [Collision] { projection.collisions }
    /// The task of that name.
    package func task(_ id: TaskID) -> TaskRecord? { projection.task(id) }
    /// The worker of that name.
    package func worker(_ id: WorkerID) -> WorkerRecord? { projection.worker(id) }
    package var total: Int { projection.tasks.count }

    /// How many tasks have the status.
    package func count(_ status: TaskStatus) -> Int {
        counts.reduce(0) { $0 + ($1.key.status == status ? $1.value : 0) }
    }

    /// The tasks in a stage; looks at all tasks, so ask only when `counts` says there are any.
    package func tasks(in stage: TaskStage) -> [TaskID] {
        counts[stage, default: 0] == 0 ? [] : projection.tasks.filter { $0.stage == stage }.map(\.spec.id)
    }

    /// Folds one fact in.
    package mutating func apply(_ fact: Fact) {
        let task = fact.body.task
        let before = task.flatMap { projection.task($0)?.stage }
        followActivity(fact.body)
        projection.apply(fact)
        // The changes are taken from the projection so that it does not gather them for ever.
        _ = projection.takeTouched()
        guard let after = task.flatMap({ projection.task($0)?.stage }), after != before else { return }
        if let before { counts[before, default: 0] -= 1 }
        counts[after, default: 0] += 1
    }

    private mutating func followActivity(_ body: Fact.Body) {
        switch body {
        case .progressReported(let lease, let text): setActivity(lease, text)
        case .toolStarted(let lease, let name, _, let summary):
            setActivity(lease, summary.isEmpty ? name : "\(name) \(summary)")
        case .leaseGranted(_, let worker), .workerExited(let worker, _, _): activities[worker] = nil
        case .attemptEnded(let lease, _): setActivity(lease, nil)
        default: break
        }
    }

    private mutating func setActivity(_ lease: Lease, _ text: String?) {
        guard let worker = projection.task(lease.task)?.assignedTo else { return }
        activities[worker] = text
    }
}
