/// What holds an agent back. The raw value is the word on the command line and in the journal.
package enum SandboxMechanism: String, CaseIterable, Hashable, Sendable {
    /// bubblewrap: namespaces for files, processes and, if asked for, the network (Linux).
    case bubblewrap = "bwrap"
    /// Landlock and a system call filter: rights on files without namespaces (Linux 5.13).
    case landlock
    /// `sandbox-exec` (macOS).
    case seatbelt
    /// Nothing: an agent may do what the user may.
    case off
}

/// What was asked for in the way of a sandbox.
package struct SandboxSettings: Hashable, Sendable {
    /// Nil: the best there is on this machine, and a refusal when there is none.
    package var mechanism: SandboxMechanism?
    /// Whether agents reach the network. They call models, so they do unless told otherwise.
    package var allowsNetwork: Bool
    /// Absolute paths an agent may read, or write, besides what it needs.
    package var readable: [String]
    package var writable: [String]

    package init(
        mechanism: SandboxMechanism? = nil, allowsNetwork: Bool = true, readable: [String] = [],
        writable: [String] = []
    ) {
        self.mechanism = mechanism
        self.allowsNetwork = allowsNetwork
        self.readable = readable
        self.writable = writable
    }

    /// No sandbox.
    package static let off = SandboxSettings(mechanism: .off)
}

/// The words that stand before a command to confine it; none: it runs as it is.
package struct Launcher: Hashable, Sendable {
    /// An absolute path and its arguments.
    package var words: [String]
    /// The launcher stays as the parent of the command and ends when it does. It must outlive the polite
    /// signal, or the command would have no grace.
    package var staysAsParent: Bool

    package init(words: [String], staysAsParent: Bool) {
        self.words = words
        self.staysAsParent = staysAsParent
    }

    /// Confines nothing.
    package static let none = Launcher(words: [], staysAsParent: false)
}
