/// How `coord` answers the shell. The numbers are a promise to scripts: none is ever given another meaning.
package struct ExitStatus: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int32

    /// Any number: that of a command which was run for somebody is passed on.
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let done = ExitStatus(rawValue: 0)
    /// The mission ended with failed tasks; a check of `coord doctor` or `coord audit` failed.
    package static let tasksFailed = ExitStatus(rawValue: 1)
    /// Wrong arguments or files.
    package static let wrongInput = ExitStatus(rawValue: 2)
    /// A person must decide.
    package static let needsDecision = ExitStatus(rawValue: 3)
    /// An agent needs to sign in.
    package static let needsSignIn = ExitStatus(rawValue: 4)
    package static let budgetUsedUp = ExitStatus(rawValue: 5)
    /// Locked by another, or not reachable.
    package static let notReachable = ExitStatus(rawValue: 6)
    package static let conflict = ExitStatus(rawValue: 7)
    /// Our fault.
    package static let internalFault = ExitStatus(rawValue: 70)
    package static let timedOut = ExitStatus(rawValue: 124)
    package static let interrupted = ExitStatus(rawValue: 130)
    package static let terminated = ExitStatus(rawValue: 143)

    /// Every number of coord's own with its meaning, for `coord help exit-status`.
    package static let meanings: [(status: ExitStatus, text: String)] = [
        (.done, "done"),
        (.tasksFailed, "the mission ended with failed tasks, or a check failed"),
        (.wrongInput, "wrong arguments or files"),
        (.needsDecision, "a person must decide"),
        (.needsSignIn, "an agent needs to sign in"),
        (.budgetUsedUp, "the budget is used up"),
        (.notReachable, "locked by another process, or not reachable"),
        (.conflict, "conflict"),
        (.internalFault, "a fault of coord itself"),
        (.timedOut, "out of time"),
        (.interrupted, "interrupted"),
        (.terminated, "terminated"),
    ]
}
