package import CoordModel
import CoordSystem

/// Finds out, while agents work, whose changes would not unite: with each other, or with the target.
///
/// Nothing of a worktree is touched, and nothing is written to the project: each worktree is read through an
/// index of its own here, and objects go to a folder that is thrown away. Only what may have changed is read
/// again, only those that share a path are united, all of them by one git, and each pair of states once.
package struct TrialMerges: Sendable {
    /// A worktree to look at.
    package struct Worktree: Sendable, Hashable {
        package var slot: String
        package var lease: Lease
        package var base: ObjectID
        /// Whether its files are to be read; else what was seen last is good enough.
        package var isFresh: Bool

        package init(slot: String, lease: Lease, base: ObjectID, isFresh: Bool = true) {
            self.slot = slot
            self.lease = lease
            self.base = base
            self.isFresh = isFresh
        }
    }

    /// What a look found.
    package struct Finding: Sendable, Hashable {
        package var touched: [Lease: [String]] = [:]
        package var collisions: [Collision] = []
    }

    /// What is known of a worktree.
    private struct State {
        var slot: String
        var base: ObjectID
        var paths: Set<String> = []
        /// What the index holds as a commit on the base; nil when it was not needed since the index changed.
        var commit: ObjectID?
        /// Its last reading failed half-way, for instance because a file vanished meanwhile.
        var isBroken = false
    }

    private struct Pair: Hashable {
        var one: ObjectID
        var other: ObjectID
    }

    /// Larger files are left out of trial merges; that they were touched is seen all the same.
    private static let fileLimitBytes: Int64 = 16 << 20
    /// After so many readings everything is thrown away and made anew, so that the folder stays small.
    private static let readingsMax = 2000

    private let workspace: Workspace
    private var states: [Lease: State] = [:]
    /// The paths in conflict of each pair of commits of the last look, none where they unite.
    private var merged: [Pair: [String]] = [:]
    /// What changed on the way from each base to the target's head.
    private var landed: (head: ObjectID, paths: [ObjectID: Set<String>])?
    private var readings = 0

    package init(_ workspace: Workspace) { self.workspace = workspace }

    private var folder: String { workspace.stateFolder + "/trial" }
    private var runner: GitRunner { workspace.runner }

    /// Where a worktree is read, or where objects are united when there is none.
    private func place(_ slot: String?) -> GitPlace {
        GitPlace(
            gitFolder: workspace.project.commonFolder,
            workTree: slot.map(workspace.folder) ?? workspace.stateFolder + "/empty",
            index: slot.map(index) ?? workspace.stateFolder + "/empty.index",
            alternates: [workspace.project.commonFolder + "/objects"])
    }
    private var environment: [String: String] { ["GIT_OBJECT_DIRECTORY": folder + "/objects"] }
    private func index(_ slot: String) -> String { folder + "/" + slot + ".index" }

    /// Looks at these worktrees, in this order. One that cannot be read now keeps what was seen last.
    package mutating func look(_ worktrees: [Worktree]) throws(GitError) -> Finding {
        let head = try workspace.targetHead()
        try prepare(for: worktrees)
        // Alone, and with nothing landed since, there is nobody to collide with.
        guard worktrees.count > 1 || worktrees.contains(where: { $0.base != head }) else { return Finding() }
        for worktree in worktrees
        where worktree.isFresh || states[worktree.lease]?.isBroken ?? true {
            do throws(GitError) { try read(worktree) } catch {
                states[worktree.lease, default: State(slot: worktree.slot, base: worktree.base)].isBroken =
                    true
            }
        }
        var finding = Finding()
        for worktree in worktrees {
            finding.touched[worktree.lease] = states[worktree.lease]?.paths.sorted()
        }
        finding.collisions = try collisions(among: worktrees.map(\.lease), head)
        return finding
    }

    /// Takes away everything it made.
    package mutating func close() throws(GitError) {
        states = [:]
        merged = [:]
        readings = 0
        try OwnFiles.removeTree(folder, step: .scratch)
    }

    private mutating func prepare(for worktrees: [Worktree]) throws(GitError) {
        if readings == 0 || readings > Self.readingsMax { try close() }
        if readings == 0 { try OwnFiles.makeFolder(folder + "/objects") }
        readings += worktrees.count
        let living = Set(worktrees.map(\.lease))
        states = states.filter { living.contains($0.key) }
    }

    // MARK: - Reading a worktree

    private mutating func read(_ worktree: Worktree) throws(GitError) {
        let slot = worktree.slot
        var state = states[worktree.lease] ?? State(slot: slot, base: worktree.base)
        let isNew = states[worktree.lease] == nil || state.isBroken
        guard Files.kind(workspace.folder(of: slot)) == .folder else {
            throw .worktreeMissing(workspace.folder(of: slot))
        }
        if isNew {
            state = State(slot: slot, base: worktree.base)
            try openIndex(of: slot, worktree.base)
        }
        let listing = try runner.listing(.listChanges, at: place(slot))
        let changed = listing.modified + listing.deleted + listing.untracked.filter { isReadable($0, slot) }
        guard isNew || !changed.isEmpty else { return }
        if !changed.isEmpty {
            let input = changed.flatMap { path -> [UInt8] in Array(path.utf8) + [0] }
            _ = try runner.run(.updateIndex, at: place(slot), environment: environment, input: input)
        }
        if state.paths.isDisjoint(with: changed) {
            state.paths.formUnion(changed)
        } else {
            // Something was changed again, and may be as it was at first.
            let difference = try runner.run(
                .indexDifference(worktree.base), at: place(slot), environment: environment)
            state.paths = Set(PorcelainParser.fields(difference.output))
        }
        state.commit = nil
        state.isBroken = false
        states[worktree.lease] = state
    }

    /// Starts from what coord's own index of the worktree knows of unchanged files.
    private func openIndex(of slot: String, _ base: ObjectID) throws(GitError) {
        OwnFiles.removeLock(index(slot) + ".lock")
        let own = workspace.privateIndex(of: slot)
        if Files.kind(own) == .file {
            // Before the copy: coord changes the index only after it has noted so.
            let note = try workspace.note(of: slot)
            let isOfBase = note.map { $0.state == .ready && $0.base == base } ?? false
            try OwnFiles.copy(own, to: index(slot), step: .scratch)
            if isOfBase, try workspace.note(of: slot)?.state == .ready { return }
        }
        _ = try runner.run(.adopt(base), at: place(slot), environment: environment)
    }

    private func isReadable(_ path: String, _ slot: String) -> Bool {
        guard path.utf8.last != UInt8(ascii: "/") else { return false }
        return (Files.size(workspace.folder(of: slot) + "/" + path) ?? 0) <= Self.fileLimitBytes
    }

    // MARK: - Uniting

    /// The pairs that share a path, and what comes of uniting them.
    private mutating func collisions(among leases: [Lease], _ head: ObjectID) throws(GitError) -> [Collision]
    {
        var wanted: [(lease: Lease, other: Lease?, shared: Set<String>)] = []
        for (number, lease) in leases.enumerated() {
            guard let state = states[lease], !state.paths.isEmpty else { continue }
            for other in leases[(number + 1)...] {
                let shared = state.paths.intersection(states[other]?.paths ?? [])
                if !shared.isEmpty { wanted.append((lease, other, shared)) }
            }
            guard state.base != head else { continue }
            let shared = state.paths.intersection(try landed(from: state.base, to: head))
            if !shared.isEmpty { wanted.append((lease, nil, shared)) }
        }
        let commits = try commits(of: wanted.flatMap { [$0.lease] + ($0.other.map { [$0] } ?? []) })
        let pairs = wanted.map { lease, other, _ in
            Pair(one: commits[lease] ?? head, other: other.flatMap { commits[$0] } ?? head)
        }
        try unite(pairs)
        return zip(wanted, pairs).compactMap { wanted, pair in
            // Between two attempts with different bases a clash can also be one with what landed.
            let files = (merged[pair] ?? []).filter(wanted.shared.contains)
            return files.isEmpty ? nil : Collision(wanted.lease, with: wanted.other, files: files)
        }
    }

    private mutating func landed(
        from base: ObjectID, to head: ObjectID
    ) throws(GitError) -> Set<String> {
        if landed?.head != head { landed = (head, [:]) }
        if let known = landed?.paths[base] { return known }
        let paths = Set(try runner.paths(.difference(base, head, kinds: nil), at: workspace.objects))
        landed?.paths[base] = paths
        return paths
    }

    /// What the worktrees hold, as commits that nothing refers to. One process makes all that are new.
    private mutating func commits(of leases: [Lease]) throws(GitError) -> [Lease: ObjectID] {
        var files: [String] = []
        var made: [Lease] = []
        for lease in leases where states[lease]?.commit == nil && !made.contains(lease) {
            guard let state = states[lease] else { preconditionFailure("\(lease) was not read") }
            let tree = try runner.object(.writeTrialTree, at: place(state.slot), environment: environment)
            let who = "coord <coord@localhost> 0 +0000"
            files.append(folder + "/" + state.slot + ".commit")
            try OwnFiles.write(
                "tree \(tree)\nparent \(state.base)\nauthor \(who)\ncommitter \(who)\n\n",
                to: folder + "/" + state.slot + ".commit", step: .scratch)
            made.append(lease)
        }
        if !files.isEmpty {
            let answer = try runner.run(
                .writeTrialCommits, at: place(nil), environment: environment,
                input: Array(files.map { $0 + "\n" }.joined().utf8))
            let ids = String(decoding: answer.output, as: UTF8.self).split(separator: "\n")
            for (lease, id) in zip(made, ids) { states[lease]?.commit = ObjectID(id) }
        }
        let found = leases.compactMap { lease in states[lease]?.commit.map { (lease, $0) } }
        guard found.count == leases.count else {
            throw .unexpectedOutput(arguments: GitCommand.writeTrialCommits.arguments, excerpt: "")
        }
        return Dictionary(found) { first, _ in first }
    }

    /// Unites what was not united at the last look, by one process. Of the others nothing is kept.
    private mutating func unite(_ pairs: [Pair]) throws(GitError) {
        let wanted = Set(pairs)
        merged = merged.filter { wanted.contains($0.key) }
        var missing: [Pair] = []
        for pair in pairs where merged[pair] == nil && !missing.contains(pair) { missing.append(pair) }
        guard !missing.isEmpty else { return }
        let input = missing.map { "\($0.one) \($0.other)\n" }.joined()
        let answer = try runner.run(
            .mergeTrees, at: place(nil), environment: environment, input: Array(input.utf8))
        guard let results = PorcelainParser.mergedPairs(answer.output, count: missing.count) else {
            throw .unexpectedOutput(
                arguments: GitCommand.mergeTrees.arguments,
                excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self))
        }
        for (pair, files) in zip(missing, results) { merged[pair] = files }
    }
}
