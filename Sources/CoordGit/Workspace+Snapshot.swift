package import CoordModel
import CoordSystem
import Synchronization

extension WorktreeListing {
    /// Whether `add --verbose` took exactly what is listed. A folder that became a link hides what was below
    /// it from the listing, and the removal of it would go unseen.
    fileprivate func isAll(_ output: [UInt8]) -> Bool {
        let taken = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        let listed = deleted.map { "remove '\($0)'" } + (modified + untracked).map { "add '\($0)'" }
        return taken.count == listed.count && Set(taken) == Set(listed)
    }
}

extension Workspace {
    /// Takes over what an attempt left in its worktree, as one commit in the project's object store; nil when
    /// it changed nothing. Call it when the agent and all it started have ended.
    ///
    /// Files are read with a private index, so nothing the agent set up in its repository runs or hides
    /// anything. Ignored files stay out. Commits the agent made are kept as history when they descend from
    /// the base and carry no reserved trailer; else only the files count. The attempt's branch in the hub
    /// moves to the result.
    ///
    /// `isLive`: the agent still works; its branch, its index, its locks and its repositories below are left
    /// alone. What is in those, and what it changes meanwhile, is in the next snapshot.
    ///
    /// Throws `fileTooLarge`, `linkLeavesTree`, `worktreeMissing`, `worktreeReplaced` for what must not land.
    package func snapshot(
        slot: String, lease: Lease, base: ObjectID, message: String, isLive: Bool = false
    ) throws(GitError) -> Snapshot? {
        try checkName(slot, of: "slot")
        try checkWorktree(slot)
        if !isLive { try removeLocks(of: slot, lease) }
        let head = try agentHead(slot)
        let parent = try adoptedHead(head, slot: slot, base: base)
        if parent == base, let saved = try note(of: slot)?.saved.last, saved != base {
            // The index holds an earlier snapshot, or handed-over work: the files are told against the base.
            try withPrivateIndex(slot, base) { () throws(GitError) in
                _ = try runner.run(.adopt(base), at: place(of: slot))
            }
        }
        var nested: [String] = []
        let listing = try changes(slot, base, settingAside: &nested, isLive: isLive)
        try checkContent(listing, slot)
        guard listing.hasChanges || parent != base else { return nil }

        var tree = parent == base ? nil : try self.tree(of: parent)
        var commit = parent
        let collecting = try collecting(slot)
        var isWhole = parent == base && listing.deleted.isEmpty
        var isListed = parent == base
        if listing.hasChanges {
            try beginTaking(slot, base)
            let except = isLive ? nested.map { $0 + "/" } : []
            let taken = try runner.run(
                .addAll(isMany: listing.isMany, except: except), at: collecting)
            isListed = isListed && listing.isAll(taken.output)
            isWhole = isWhole && isListed
            // A file that wrote no object has content that was there before, perhaps unreferenced as well.
            let added = listing.modified.count + listing.untracked.count
            if try collected(slot) != added { isWhole = false }
            let written = try runner.object(.writeTree, at: collecting)
            if written != tree {
                let text = CommitMessage.stripped(message)
                commit = try self.commit(written, parents: [parent], message: text, at: collecting)
            }
            tree = written
        }
        guard let tree, commit != base else { return nil }
        var files = listing.changed
        if !isListed {
            files = try runner.paths(.difference(base, commit, kinds: nil), at: collecting).sorted()
            guard !files.isEmpty else { return nil }
        }
        try keep(commit, slot: slot, lease: lease, base: base, isWhole: isWhole)
        if !isLive {
            try OwnFiles.write(
                commit.rawValue + "\n", to: hub + "/refs/heads/" + branch(of: lease), permissions: 0o644,
                step: .attemptBranch)
        }
        if !isLive, Files.kind(administration(of: slot)) == .folder {
            try OwnFiles.copy(
                privateIndex(of: slot), to: administration(of: slot) + "/index", step: .worktreeEntry)
        }
        try addSaved([commit] + (head.map { [$0] } ?? []), slot: slot, lease: lease, base: base)
        memory.withLock { memory in
            memory.trees[commit] = tree
            if isListed { memory.additions[commit] = listing.untracked }
        }
        return Snapshot(commit: commit, tree: tree, files: files, nestedRepositories: nested)
    }

    // MARK: - The worktree's files

    /// The worktree must be a folder still, and its own: a link there would make us read somebody else's
    /// files.
    private func checkWorktree(_ slot: String) throws(GitError) {
        switch Files.kind(folder(of: slot)) {
        case .folder: return
        case nil: throw .worktreeMissing(folder(of: slot))
        default: throw .worktreeReplaced(folder(of: slot))
        }
    }

    /// What differs from the private index. A folder that is a repository of its own would be taken for a
    /// submodule and its files lost; its `.git` is set aside, and it becomes a folder like any other. Under
    /// the hands of a living agent it is left alone and out.
    func changes(
        _ slot: String, _ base: ObjectID, settingAside nested: inout [String], isLive: Bool = false
    ) throws(GitError) -> WorktreeListing {
        for _ in 0..<16 {
            var listing = try withPrivateIndex(slot, base) { () throws(GitError) in
                try runner.listing(.listChanges, at: place(of: slot))
            }
            let repositories = listing.untracked.filter { $0.utf8.last == UInt8(ascii: "/") }
            guard !repositories.isEmpty else { return listing }
            if isLive {
                nested = repositories.map { String($0.utf8.dropLast()) ?? $0 }
                listing.untracked.removeAll { $0.utf8.last == UInt8(ascii: "/") }
                return listing
            }
            for repository in repositories {
                let path = String(repository.utf8.dropLast()) ?? repository
                try setAside(folder(of: slot) + "/" + path + "/.git", from: slot)
                nested.append(path)
            }
        }
        throw .tooManyNestedRepositories(folder(of: slot))
    }

    private func checkContent(_ listing: WorktreeListing, _ slot: String) throws(GitError) {
        for path in listing.untracked + listing.modified {
            let full = folder(of: slot) + "/" + path
            switch Files.kind(full) {
            case .file:
                if let size = Files.size(full), size > fileLimitBytes {
                    throw .fileTooLarge(path, bytes: size, limitBytes: fileLimitBytes)
                }
            case .link:
                if let destination = OwnFiles.destination(ofLink: full),
                    Self.leavesTree(destination, from: path)
                {
                    throw .linkLeavesTree(path, destination: destination)
                }
            default: continue
            }
        }
    }

    /// Whether a link at `path` leads out of the tree it lies in, or into its `.git`; told from the text
    /// alone.
    static func leavesTree(_ destination: String, from path: String) -> Bool {
        guard !destination.hasPrefix("/") else { return true }
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in destination.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { return true }
            default: parts.append(String(part))
            }
        }
        return parts.first?.lowercased() == ".git"
    }

    // MARK: - The agent's commits

    /// The commit the agent's HEAD is at, read from the hub's files; nil when that says nothing usable.
    func agentHead(_ slot: String) throws(GitError) -> ObjectID? {
        switch try ReferenceFiles.content(administration(of: slot) + "/HEAD") {
        case .commit(let id): return id
        case .reference(let name):
            if case .commit(let id) = try hubReferences.read(name) { return id }
            return nil
        case nil: return nil
        }
    }

    /// The most commits of an agent's own that are kept as history.
    private static let historyLimit = 500

    /// The parent for the snapshot: the agent's head when its commits can be kept, then fetched into the
    /// project and adopted by the private index; else the base. History that cannot be read or fetched is no
    /// error: the files are taken anyway.
    private func adoptedHead(
        _ head: ObjectID?, slot: String, base: ObjectID
    ) throws(GitError) -> ObjectID {
        guard let head, head != base else { return base }
        var withHub = objects
        withHub.alternates = objectFolders(of: slot)
        do {
            let answer = try runner.run(
                .log(from: base, to: head, limit: Self.historyLimit + 1), at: withHub)
            guard let commits = PorcelainParser.log(answer.output), commits.count <= Self.historyLimit,
                commits.contains(where: { $0.parents.contains(base) }),
                !commits.contains(where: { CommitMessage.hasReserved($0.message) })
            else { return base }
            let lender = try lender(of: slot)
            _ = try runner.run(
                .fetch(head, repository: lender), at: objects, environment: ["GIT_ALLOW_PROTOCOL": "file"])
            try withPrivateIndex(slot, base) { () throws(GitError) in
                _ = try runner.run(.adopt(head), at: place(of: slot))
            }
            return head
        } catch {
            switch error {
            case .failed, .repositoryDamaged, .notARepository, .locked, .unexpectedOutput: return base
            default: throw error
            }
        }
    }

    // MARK: - Objects

    /// Writes a commit signed by coord's identity.
    func commit(
        _ tree: ObjectID, parents: [ObjectID], message: String, at place: GitPlace? = nil
    ) throws(GitError) -> ObjectID {
        try runner.object(
            .commitTree(tree, parents: parents), at: place ?? objects, environment: identity.environment,
            input: Array(message.utf8))
    }

    func tree(of commit: ObjectID) throws(GitError) -> ObjectID {
        if let known = memory.withLock({ $0.trees[commit] }) { return known }
        let tree = try runner.object(.treeOf(commit), at: objects)
        memory.withLock { $0.trees[commit] = tree }
        return tree
    }
}
