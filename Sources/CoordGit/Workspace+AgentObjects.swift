package import CoordModel
import CoordSystem

/// Objects of an agent's own. Confined, it can write none of the hub's: its commits go into a folder of the
/// slot, which is seen in the place of the hub's objects, and from which coord takes what it adopts.
extension Workspace {
    /// Gives a slot an empty folder for objects, which borrows from these; and a place to log its branch.
    /// To be called between `prepareWorktree` and the agent's start.
    package func giveObjects(slot: String, lease: Lease, borrowing folders: [String]) throws(GitError) {
        try checkName(slot, of: "slot")
        let folder = ownObjects(of: slot)
        try OwnFiles.makeFolder(folder + "/pack", permissions: 0o755)
        try OwnFiles.write(
            folders.map { $0 + "\n" }.joined(), to: folder + "/info/alternates", permissions: 0o644,
            step: .worktreeEntry)
        for path in branchFolders(of: lease) { try OwnFiles.makeFolder(path, permissions: 0o755) }
    }

    /// The folders of the hub in which git moves the branch of an attempt and writes that down.
    package func branchFolders(of lease: Lease) -> [String] {
        let branches = Files.parent("refs/heads/" + branch(of: lease))
        return [hub + "/" + branches, hub + "/logs/" + branches]
    }

    private func ownObjects(of slot: String) -> String { administration(of: slot) + "/objects" }

    /// The folders in which objects of a slot's agent may lie, besides the project's.
    func objectFolders(of slot: String) -> [String] {
        let own = ownObjects(of: slot)
        return [hub + "/objects"] + (Files.kind(own) == .folder ? [own] : [])
    }

    /// A repository that an agent's commits can be fetched from: the hub, or one made for the purpose, whose
    /// settings no agent ever saw, that borrows the slot's objects.
    func lender(of slot: String) throws(GitError) -> String {
        let own = ownObjects(of: slot)
        guard Files.kind(own) == .folder else {
            try restoreHubSettings()
            return hub
        }
        let lender = stateFolder + "/lender-" + slot
        try OwnFiles.removeTree(lender, step: .snapshotFetch)
        try OwnFiles.makeFolder(lender + "/refs")
        let isSHA256 = project.objectFormat == "sha256"
        let version = isSHA256 ? "1\n[extensions]\n\tobjectFormat = sha256\n" : "0\n"
        let settings = "[core]\n\tbare = true\n\trepositoryformatversion = " + version
        try OwnFiles.write(settings, to: lender + "/config", step: .snapshotFetch)
        try OwnFiles.write("ref: refs/heads/none\n", to: lender + "/HEAD", step: .snapshotFetch)
        try OwnFiles.write(
            objectFolders(of: slot).map { $0 + "\n" }.joined(), to: lender + "/objects/info/alternates",
            step: .snapshotFetch)
        return lender
    }
}
