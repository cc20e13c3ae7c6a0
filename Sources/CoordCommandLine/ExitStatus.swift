/// How `coord` answers the shell. The numbers are a promise to scripts: none is ever given another meaning.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    /// The mission ended with failed tasks; a check of `coord doctor` failed.
    case tasksFailed = 1
    /// Wrong arguments or files.
    case wrongInput = 2
    /// A person must decide.
    case needsDecision = 3
    /// An agent needs to sign in.
    case needsSignIn = 4
    case budgetUsedUp = 5
    /// Locked by another, or not reachable.
    case notReachable = 6
    case conflict = 7
    /// Our fault.
    case internalFault = 70
    case timedOut = 124
    case interrupted = 130
    case terminated = 143

    /// What the number means, for `coord help exit-status`.
    package var meaning: String {
        switch self {
        case .done: "done"
        case .tasksFailed: "the mission ended with failed tasks, or a check failed"
        case .wrongInput: "wrong arguments or files"
        case .needsDecision: "a person must decide"
        case .needsSignIn: "an agent needs to sign in"
        case .budgetUsedUp: "the budget is used up"
        case .notReachable: "locked by another process, or not reachable"
        case .conflict: "conflict"
        case .internalFault: "a fault of coord itself"
        case .timedOut: "out of time"
        case .interrupted: "interrupted"
        case .terminated: "terminated"
        }
    }
}
