package import CoordModel
import CoordSystem

extension Workspace {
    /// Keeps what an unfinished attempt left in its worktree, commits of its own included, under a reference
    /// in the hub, with every object packed there, so that nothing the user does in the project can lose it.
    /// Nil when there is nothing that is not kept already, or the worktree is not the attempt's any more.
    package func rescue(slot: String, lease: Lease) throws(GitError) -> Rescue? {
        try checkName(slot, of: "slot")
        guard let note = try note(of: slot), note.lease == lease, note.run == run else { return nil }
        try removeLocks(of: slot, lease)
        return try rescueLeftovers(slot)
    }

    /// Rescued work as a patch that `git apply` takes, against the base its attempt started from.
    package func patch(of rescue: Rescue) throws(GitError) -> [UInt8] {
        var place = objects
        place.alternates = [hub + "/objects"]
        let base: ObjectID
        if let head = try head(of: targetReference),
            let common = PorcelainParser.objectID(
                try runner.run(.mergeBase(rescue.commit, head), at: place, accepting: 0...1).output)
        {
            base = common
        } else {
            base = try runner.object(.parentOf(rescue.commit), at: place)
        }
        return try runner.run(.patch(from: base, to: rescue.commit), at: place).output
    }

    /// The files that rescued work changes against a base, sorted.
    package func files(of rescue: Rescue, since base: ObjectID) throws(GitError) -> [String] {
        var place = objects
        place.alternates = [hub + "/objects"]
        return try runner.paths(.difference(base, rescue.commit, kinds: nil), at: place).sorted()
    }

    /// Everything that was rescued and is still kept, of all runs, sorted by reference.
    package func rescues() throws(GitError) -> [Rescue] {
        let prefix = "refs/coord/rescue"
        return try hubReferences.list(below: prefix).compactMap { name, commit in
            let parts = name.split(separator: "/")
            guard parts.count >= 6, let attempt = Int(parts[5].prefix { $0 != "." }) else { return nil }
            let lease = Lease(task: TaskID(String(parts[4])), attempt: attempt)
            return Rescue(lease: lease, commit: commit, reference: name)
        }
    }

    /// Takes away what a killed git of an attempt left locked: its agent and all that ran there have ended.
    func removeLocks(of slot: String, _ lease: Lease) throws(GitError) {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.locksLeft) { return }
        #endif
        OwnFiles.removeLock(hub + "/refs/heads/\(branch(of: lease)).lock")
        for name in try OwnFiles.list(administration(of: slot)) where name.hasSuffix(".lock") {
            OwnFiles.removeLock(administration(of: slot) + "/" + name)
        }
    }

    /// Rescues what stands in a slot, whoever left it.
    func rescueLeftovers(_ slot: String) throws(GitError) -> Rescue? {
        guard let note = try note(of: slot), note.state != .reset else { return nil }
        guard Files.kind(folder(of: slot)) == .folder else { return try rescue(slot, note, nil) }
        return try rescue(slot, note, try survey(slot, note))
    }

    /// Rescues what a survey found; nil as survey: the folder is gone, only commits can be left.
    func rescue(_ slot: String, _ note: SlotNote, _ survey: Survey?) throws(GitError) -> Rescue? {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.rescueForgotten) { return nil }
        #endif
        let head = try agentHead(slot).flatMap { note.saved.contains($0) ? nil : $0 }
        let isDirty = try survey.map { (found) throws(GitError) in try hasUnsavedFiles(slot, found) } ?? false
        guard head != nil || isDirty else { return nil }
        var store = objects
        store.alternates = objectFolders(of: slot)
        var kept = head
        if isDirty {
            let tree = try writeFiles(slot, note.base)
            // What the agent committed looks changed against the base; it needs no second commit. Commits
            // that cannot be read are left out; the files still count.
            let committed = head.flatMap { try? runner.object(.treeOf($0), at: store) }
            if head == nil || tree != committed {
                let parent = committed == nil ? note.saved.last ?? note.base : head ?? note.base
                kept = try commit(
                    tree, parents: [parent], message: "Unfinished work of \(note.lease)\n", at: store)
            }
        }
        guard let kept else { return nil }
        try pack(kept, without: note.base, into: hub + "/objects", at: store)
        let reference = try rescueReference(of: note.lease, in: note.run)
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.rescueWithoutReference) {
                return Rescue(lease: note.lease, commit: kept, reference: reference)
            }
        #endif
        let rescue = Rescue(lease: note.lease, commit: kept, reference: reference)
        try write(rescue)
        try addSaved([kept] + (head.map { [$0] } ?? []), slot: slot, lease: note.lease, base: note.base)
        return rescue
    }

    func write(_ rescue: Rescue) throws(GitError) {
        let path = hub + "/" + rescue.reference
        try OwnFiles.makeFolder(Files.parent(path), permissions: 0o755)
        do {
            try Files.writeAtomically(
                Array((rescue.commit.rawValue + "\n").utf8), to: path, permissions: 0o644,
                step: .rescueReference)
        } catch {
            throw .system(error)
        }
    }

    /// Writes all files of a worktree that are not ignored as a tree.
    private func writeFiles(_ slot: String, _ base: ObjectID) throws(GitError) -> ObjectID {
        var nested: [String] = []
        let listing = try changes(slot, base, settingAside: &nested)
        try beginTaking(slot, base)
        _ = try runner.run(.addAll(isMany: listing.isMany), at: place(of: slot))
        return try runner.object(.writeTree, at: place(of: slot))
    }

    private func hasUnsavedFiles(_ slot: String, _ survey: Survey) throws(GitError) -> Bool {
        if survey.listing.hasChanges { return true }
        guard !survey.extras.isEmpty else { return false }
        return try runner.listing(.listUntracked, at: place(of: slot)).hasChanges
    }

    /// Copies what the commit adds to the base, or all it has, into one pack of an object folder.
    func pack(
        _ commit: ObjectID, without base: ObjectID?, into folder: String, at place: GitPlace
    ) throws(GitError) {
        try OwnFiles.makeFolder(folder + "/pack", permissions: 0o755)
        let revisions = "\(commit)\n" + (base.map { "^\($0)\n" } ?? "")
        _ = try runner.run(.pack(base: folder + "/pack/pack"), at: place, input: Array(revisions.utf8))
    }

    /// A name no earlier rescue of the attempt has.
    func rescueReference(of lease: Lease, in run: RunID) throws(GitError) -> String {
        let plain = "refs/coord/rescue/\(run)/\(lease.task)/\(lease.attempt)"
        var name = plain
        var number = 2
        while case .commit = try hubReferences.read(name) {
            name = "\(plain).\(number)"
            number += 1
        }
        return name
    }
}
