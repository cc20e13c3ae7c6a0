package import CoordModel
import CoordSystem

extension Workspace {
    /// Makes the slot's worktree hold exactly the base, on the attempt's own branch. The folder is reused:
    /// only what differs is written, and everything else in it (ignored files too) is removed. What is found
    /// there unsaved is first kept under a rescue reference.
    ///
    /// - Parameter base: nil means the target's head.
    /// - Parameter content: what it holds instead of the base; it descends from that.
    package func prepareWorktree(
        slot: String, lease: Lease, base: ObjectID? = nil, content: ObjectID? = nil
    ) throws(GitError) -> PreparedWorktree {
        try checkName(slot, of: "slot")
        let start: ObjectID
        if let base { start = base } else { start = try targetHead() }
        let rescue = try clear(slot, keepingIgnoredOf: content == nil ? nil : lease.task)
        let content = content ?? start
        let branch = branch(of: lease)
        try restoreHubSettings()
        try openFolder(slot)
        var note = SlotNote(
            lease: lease, run: run, base: start, saved: content == start ? [start] : [start, content])
        note.state = .reset
        try write(note, of: slot)
        try restore(slot, to: content)
        try OwnFiles.write(
            content.rawValue + "\n", to: hub + "/refs/heads/" + branch, permissions: 0o644,
            step: .attemptBranch)
        if base == nil {
            try OwnFiles.write(
                start.rawValue + "\n", to: hub + "/" + targetReference, permissions: 0o644,
                step: .attemptBranch)
        }
        try writeAdministration(slot, head: "ref: refs/heads/\(branch)")
        note.state = .ready
        try write(note, of: slot)
        return PreparedWorktree(path: folder(of: slot), branch: branch, base: start, rescued: rescue)
    }

    /// Removes the worktrees of all slots but these. What is in them unsaved is kept under rescue references
    /// first.
    @discardableResult
    package func removeWorktrees(except kept: Set<String> = []) throws(GitError) -> [Rescue] {
        var rescues: [Rescue] = []
        for slot in try recordedSlots() where !kept.contains(slot) {
            if let rescue = try rescueLeftovers(slot) { rescues.append(rescue) }
            try discard(slot)
            try OwnFiles.removeTree(notePath(slot), step: .slotNote)
        }
        return rescues
    }

    /// Leaves nothing in the slot's folder but files its private index tracks. Unsaved work is rescued first.
    /// Of the task's own ignored files nothing is taken away.
    private func clear(_ slot: String, keepingIgnoredOf task: TaskID?) throws(GitError) -> Rescue? {
        let path = folder(of: slot)
        guard let note = try note(of: slot) else {
            // Whatever stands there is not from us: out of the way with it, but nothing is lost.
            if Files.kind(path) == .folder, try !OwnFiles.list(path).isEmpty {
                try setAside(path, from: slot)
            }
            try OwnFiles.removeTree(privateIndex(of: slot), step: .privateIndex)
            return nil
        }
        guard Files.kind(path) == .folder else { return try rescue(slot, note, nil) }
        let survey = try survey(slot, note)
        let rescue = note.state == .reset ? nil : try rescue(slot, note, survey)
        // Whatever is not ignored was kept by now, and is in the commit that follows or not wanted.
        if let task, note.lease.task == task, note.run == run, note.state == .ready, rescue == nil {
            return nil
        }
        try remove(survey.extras, from: slot)
        return rescue
    }

    // MARK: - Folders

    func checkName(_ name: String, of subject: String) throws(GitError) {
        guard WorkerID(name).isValid else { throw .illegalName(name, of: subject) }
    }

    /// Makes the folder a worktree's: a real folder with the `.git` file we wrote. A `.git` that is something
    /// else is set aside, not deleted: it may hold an agent's commits.
    func openFolder(_ name: String) throws(GitError) {
        let path = folder(of: name)
        switch Files.kind(path) {
        case .folder: break
        case nil: try OwnFiles.makeFolder(path, permissions: 0o755)
        case .link, .file, .other:
            try OwnFiles.removeTree(path, step: .worktreeMark)
            try OwnFiles.makeFolder(path, permissions: 0o755)
        }
        let mark = "gitdir: \(administration(of: name))\n"
        switch Files.kind(path + "/.git") {
        case .file where try OwnFiles.read(path + "/.git") == mark: return
        case .folder: try setAside(path + "/.git", from: name)
        case nil: break
        default: try OwnFiles.removeTree(path + "/.git", step: .worktreeMark)
        }
        try OwnFiles.write(mark, to: path + "/.git", permissions: 0o644, step: .worktreeMark)
    }

    /// Moves a repository an agent made out of the worktree, into coord's state.
    func setAside(_ path: String, from name: String) throws(GitError) {
        let shelf = stateFolder + "/set-aside"
        try OwnFiles.makeFolder(shelf)
        var number = 1
        while Files.kind("\(shelf)/\(name)-\(number)") != nil { number += 1 }
        try OwnFiles.rename(path, to: "\(shelf)/\(name)-\(number)", step: .settingAside)
    }

    /// Writes anew what the hub knows of a worktree, so nothing that an agent or a killed git left there
    /// counts: no lock, no half merge, no setting. This is the layout of `git help repository-layout`; made
    /// by hand because a killed `git worktree add` leaves entries that break the whole repository, and
    /// because no git then runs under the hub's configuration.
    func writeAdministration(_ name: String, head: String) throws(GitError) {
        let path = administration(of: name)
        let fresh = hub + "/worktrees/.\(name).making"
        try OwnFiles.removeTree(fresh, step: .worktreeEntry)
        try OwnFiles.makeFolder(fresh, permissions: 0o755)
        try OwnFiles.write("../..\n", to: fresh + "/commondir", step: .worktreeEntry)
        try OwnFiles.write(folder(of: name) + "/.git\n", to: fresh + "/gitdir", step: .worktreeEntry)
        try OwnFiles.write(head + "\n", to: fresh + "/HEAD", step: .worktreeEntry)
        try OwnFiles.copy(privateIndex(of: name), to: fresh + "/index", step: .worktreeEntry)
        try OwnFiles.removeTree(path, step: .worktreeEntry)
        try OwnFiles.rename(fresh, to: path, step: .worktreeEntry)
    }

    /// Removes a worktree of ours with all that belongs to it.
    func discard(_ name: String) throws(GitError) {
        try OwnFiles.removeTree(folder(of: name), step: .worktreeRemoval)
        try OwnFiles.removeTree(administration(of: name), step: .worktreeRemoval)
        try OwnFiles.removeTree(privateIndex(of: name), step: .privateIndex)
        OwnFiles.removeLock(privateIndex(of: name) + ".lock")
    }

    // MARK: - Tidying

    /// What stands in a worktree, compared with its private index.
    struct Survey {
        var listing: WorktreeListing
        /// Neither tracked nor holding anything tracked.
        var extras: [[UInt8]]
    }

    /// Looks through a slot's folder. A private index that a crash cut short is made anew from the base.
    func survey(_ slot: String, _ note: SlotNote) throws(GitError) -> Survey {
        let listing = try withPrivateIndex(slot, note.base) { () throws(GitError) in
            try runner.listing(.listTracked, at: place(of: slot))
        }
        return Survey(
            listing: listing, extras: try FolderWalk.extras(in: folder(of: slot), tracked: listing.tracked))
    }

    /// Runs a step that reads the slot's private index; makes the index anew when it is missing or broken.
    func withPrivateIndex<Value>(
        _ slot: String, _ base: ObjectID, _ step: () throws(GitError) -> Value
    ) throws(GitError) -> Value {
        let index = privateIndex(of: slot)
        // Only we use it, and never twice at once: a lock there is a dead git's.
        OwnFiles.removeLock(index + ".lock")
        if Files.kind(index) == .file, try note(of: slot)?.state != .taking {
            do { return try step() } catch {
                guard case .failed = error else { throw error }
                try OwnFiles.removeTree(index, step: .privateIndex)
            }
        }
        _ = try runner.run(.adopt(base), at: place(of: slot))
        return try step()
    }

    /// Makes the tracked files of a folder of ours equal to the commit. When that fails, for instance because
    /// the private index is broken, it is done once more from an empty folder.
    func restore(_ name: String, to commit: ObjectID) throws(GitError) {
        OwnFiles.removeLock(privateIndex(of: name) + ".lock")
        do {
            _ = try runner.run(.restore(commit), at: place(of: name))
        } catch {
            guard case .failed = error else { throw error }
            try OwnFiles.removeTree(privateIndex(of: name), step: .privateIndex)
            try remove(try FolderWalk.extras(in: folder(of: name), tracked: []), from: name)
            _ = try runner.run(.restore(commit), at: place(of: name))
        }
    }

    func remove(_ extras: [[UInt8]], from name: String) throws(GitError) {
        for extra in extras {
            guard let path = String(validating: extra, as: UTF8.self) else {
                // A name that is not text: git can remove it.
                _ = try runner.run(.clean, at: place(of: name))
                continue
            }
            try OwnFiles.removeTree(folder(of: name) + "/" + path, step: .worktreeTidying)
        }
    }
}
