package import CoordModel
import CoordSystem
import Synchronization

extension Workspace {
    /// A folder that holds exactly the commit's tree, for a gate to run in: no ignored and no untracked file
    /// of an earlier gate is left, and git finds nothing that differs. The folder is kept and reused under
    /// its name.
    ///
    /// - Parameter name: such as `1`; each gate that runs at the same time needs its own.
    /// - Returns: the folder's absolute path. It is a worktree of the hub with a detached HEAD at the commit.
    package func openGate(name: String, commit: ObjectID) throws(GitError) -> String {
        try checkName(name, of: "gate")
        let gate = Self.gateName(name)
        memory.withLock { _ = $0.gates.insert(gate) }
        try restoreHubSettings()
        try giveBack(commit)
        try openFolder(gate)
        if Files.kind(privateIndex(of: gate)) != .file {
            try remove(try FolderWalk.extras(in: folder(of: gate), tracked: []), from: gate)
        }
        try restore(gate, to: commit)
        var listing = try runner.listing(.listTracked, at: place(of: gate))
        if !listing.modified.isEmpty || !listing.deleted.isEmpty {
            listing = try rewrite(listing, gate, commit)
        }
        try remove(try FolderWalk.extras(in: folder(of: gate), tracked: listing.tracked), from: gate)
        try writeAdministration(gate, head: commit.rawValue)
        return folder(of: gate)
    }

    /// Where `openGate` makes the folder of that name.
    package func gateFolder(name: String) -> String { folder(of: Self.gateName(name)) }

    /// Removes the folders of all gates.
    package func closeGates() throws(GitError) {
        let left = try OwnFiles.list(worktrees).filter { $0.hasPrefix(Self.gateName("")) }
        let names = memory.withLock { memory in
            let names = memory.gates.union(left)
            memory.gates = []
            return names.sorted()
        }
        for name in names { try discard(name) }
    }

    /// No slot can have this name: an identifier starts with a letter or a digit.
    private static func gateName(_ name: String) -> String { "_gate-" + name }

    /// Writes files anew that differ right after they were restored. Those that then still differ do so by
    /// their nature (line ends that git would store otherwise) and are as a checkout makes them; a missing
    /// one is an error.
    private func rewrite(
        _ listing: WorktreeListing, _ gate: String, _ commit: ObjectID
    ) throws(GitError) -> WorktreeListing {
        for path in listing.modified {
            try OwnFiles.removeTree(folder(of: gate) + "/" + path, step: .worktreeTidying)
        }
        try restore(gate, to: commit)
        let again = try runner.listing(.listTracked, at: place(of: gate))
        guard again.deleted.isEmpty else {
            throw .gateNotExact(folder(of: gate), files: again.deleted)
        }
        if project.settings.contains(ProjectSetting(name: "core.ignorecase", value: "true")) {
            // Where case does not count, two names of the tree may share one file.
            let names = again.tracked.map { String(decoding: $0, as: UTF8.self).lowercased() }
            guard Set(names).count == names.count else {
                throw .gateNotExact(folder(of: gate), files: again.modified)
            }
        }
        return again
    }
}
