/// How many tasks are in which kind of state. Kept where a task changes its state, read wherever a decision
/// needs it.
struct StateCounts: Sendable, Equatable {
    /// Tasks that have not come to their end.
    var open = 0
    var failed = 0
    var ready = 0
    var retryable = 0
    /// Tasks whose candidate waits for a person.
    var approval = 0
    /// Tasks that wait for a person's answer.
    var asking = 0

    /// Counts a task in.
    mutating func add(_ state: TaskEntry.State) { count(state, 1) }

    /// Counts a task out.
    mutating func remove(_ state: TaskEntry.State) { count(state, -1) }

    private mutating func count(_ state: TaskEntry.State, _ step: Int) {
        switch state {
        case .waiting, .leased, .reviewing, .queued: open += step
        case .ready:
            open += step
            ready += step
        case .retryable:
            open += step
            retryable += step
        case .approval:
            open += step
            approval += step
        case .asking:
            open += step
            asking += step
        case .failed, .quarantined: failed += step
        case .landed, .completed, .skipped, .cancelled: break
        }
    }
}
