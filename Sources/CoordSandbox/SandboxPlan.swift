import CoordModel

/// What a confined command may do, whatever confines it. A value: made by `SandboxPolicy`, rendered by
/// `BubblewrapArguments`, `LandlockRules` and `SeatbeltProfile`.
package struct SandboxPlan: Hashable, Sendable {
    /// What may be done with a path and everything below it.
    package enum Access: Hashable, Sendable {
        /// As if it were not there; where that cannot be had, refused.
        case hidden
        case readable
        case writable
        /// What is seen there is this other folder, and may be written. Where paths cannot be moved the path
        /// itself stays hidden and the other folder is writable.
        case replaced(by: String)
        /// What is seen there is this other folder, to be read.
        case mirrored(from: String)
    }

    /// The system's file tree is readable where no rule says otherwise; the rule of the nearest folder above
    /// a path holds for it. Paths are absolute, without links, without a slash at the end.
    package private(set) var rules: [String: Access]
    /// Paths with rules that are files, not folders.
    package private(set) var files: Set<String>
    package var workingFolder: String
    package var allowsNetwork: Bool

    package init(workingFolder: String, allowsNetwork: Bool) {
        rules = [:]
        files = []
        self.workingFolder = workingFolder
        self.allowsNetwork = allowsNetwork
    }

    /// A later rule for the same path replaces the earlier one.
    package mutating func set(_ path: String, _ access: Access, isFile: Bool = false) {
        guard path.hasPrefix("/"), path != "/" else { return }
        rules[path] = access
        if isFile { files.insert(path) } else { files.remove(path) }
    }

    /// The rules, folders before what is in them.
    package var ordered: [(path: String, access: Access)] {
        rules.map { (path: $0.key, access: $0.value) }.sorted {
            $0.path.split(separator: "/").lexicographicallyPrecedes($1.path.split(separator: "/"))
        }
    }

    /// The rule that holds for a path: its own or that of the nearest folder above; nil: the system's tree,
    /// readable.
    package func rule(for path: String) -> (path: String, access: Access)? {
        var current = path
        while current.count > 1 {
            if let access = rules[current] { return (current, access) }
            guard let slash = current.lastIndex(of: "/") else { return nil }
            current = String(current[..<slash])
        }
        return nil
    }
}
