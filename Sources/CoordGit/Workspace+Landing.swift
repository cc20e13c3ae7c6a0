package import CoordModel
import CoordSystem
import Synchronization

extension Workspace {
    /// Moves the target from one commit to another, by compare-and-swap, and with it the files of every
    /// working tree that has the target checked out. Those must be clean; else nothing is touched and the
    /// answer says what is in the way. Repeatable: what has landed already is told.
    ///
    /// - Parameters:
    ///   - commit: a candidate that `stage` built on `from`, or on others so built, and that passed its gate.
    ///   - tree: what was tested. A commit with any other tree is not landed: throws `notTheGatedTree`. Nil
    ///     for a commit that is not coord's, such as one that a remote was moved to.
    ///   - from: where the target must be.
    package func land(
        commit: ObjectID, from: ObjectID, expecting tree: ObjectID? = nil
    ) throws(GitError) -> LandOutcome {
        if let tree {
            try giveBack(commit)
            let actual = try self.tree(of: commit)
            guard actual == tree else { throw .notTheGatedTree(commit, actual: actual, gated: tree) }
        }
        if Files.kind(landingNotePath) != nil, case .left(let reason) = try repairCheckout() {
            return .delayed(reason: reason)
        }
        let actual = try targetHead()
        guard actual == from else { return try outcome(of: commit, from: from, targetAt: actual) }
        let search = try CheckoutSearch(reference: targetReference, project: project)
        if let obstacle = search.obstacle { return .delayed(reason: obstacle) }
        for checkout in search.checkouts {
            if let reason = try obstacle(in: checkout, from: from, commit: commit) {
                return .delayed(reason: reason)
            }
        }
        memory.withLock { $0.pending = commit }
        defer { memory.withLock { $0.pending = nil } }
        let outcome: LandOutcome
        #if COORD_PLANTED_BUGS
            let movesBranchOnly = PlantedBug.isActive(.checkoutForgotten)
        #else
            let movesBranchOnly = false
        #endif
        if search.checkouts.isEmpty || movesBranchOnly {
            outcome = try advance(to: commit, from: from)
        } else {
            outcome = try moveCheckouts(search.checkouts, from: from, to: commit)
        }
        if outcome == .landed {
            memory.withLock { memory in
                memory.movedTarget(from: from, to: commit)
                memory.additions[commit] = nil
            }
        }
        return outcome
    }

    private func outcome(
        of commit: ObjectID, from: ObjectID, targetAt actual: ObjectID
    ) throws(GitError) -> LandOutcome {
        if actual == commit { return .alreadyLanded }
        let answer = try runner.run(.isAncestor(commit, of: actual), at: objects, accepting: 0...1)
        if answer.status == 0 { return .alreadyLanded }
        return try isRewritten(commit, from: from, in: actual) ? .alreadyLanded : .moved(actual: actual)
    }

    /// Whether the target has the same landings under other names: a coordinator died right after it had
    /// moved the target, and before the next one came a person amended or rebased it. Told by the trailers,
    /// which only landings carry.
    private func isRewritten(
        _ commit: ObjectID, from: ObjectID, in actual: ObjectID
    ) throws(GitError) -> Bool {
        let wanted = try landings(after: from, upTo: commit)
        guard !wanted.isEmpty, !wanted.contains(nil) else { return false }
        return Set(wanted).isSubset(of: try landings(after: from, upTo: actual))
    }

    /// Run, task and attempt of each commit on the first-parent chain; nil for one that is no landing.
    private func landings(after start: ObjectID, upTo head: ObjectID) throws(GitError) -> [[String]?] {
        let command = GitCommand.chain(from: start, to: head)
        guard let commits = PorcelainParser.chain(try runner.run(command, at: objects).output) else {
            throw .unexpectedOutput(arguments: command.arguments, excerpt: "")
        }
        return commits.map { commit in
            let names = [commit.run, commit.task, commit.attempt]
            return names.contains("") ? nil : names
        }
    }

    // MARK: - Moving

    var landingNotePath: String { stateFolder + "/landing" }

    /// Files first, then the reference: a reference that is refused can be answered by moving the files back,
    /// and a crash in between leaves a note to repair from.
    private func moveCheckouts(
        _ checkouts: [Checkout], from: ObjectID, to commit: ObjectID
    ) throws(GitError) -> LandOutcome {
        let note = LandingNote(
            reference: targetReference, from: from, commit: commit, checkouts: checkouts)
        do {
            try Files.writeAtomically(Array(note.text.utf8), to: landingNotePath, step: .landingNote)
        } catch { throw .system(error) }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.landingNoteForgotten) {
                try OwnFiles.removeTree(landingNotePath, step: .landingNote)
            }
        #endif
        for checkout in checkouts {
            guard let reason = try moveFiles(of: checkout, from: from, to: commit) else { continue }
            // Mostly git refuses before it touches a file; but it may have failed half-way.
            if case .left(let why) = try repairCheckout() { return .delayed(reason: why) }
            return .delayed(reason: reason)
        }
        let outcome = try advance(to: commit, from: from)
        if outcome != .landed {
            for checkout in checkouts {
                if let reason = try moveFiles(of: checkout, from: commit, to: from) {
                    // The note stays, for `repairCheckout`.
                    return .delayed(reason: reason)
                }
            }
        }
        try OwnFiles.removeTree(landingNotePath, step: .landingNote)
        return outcome
    }

    /// Moves index and files; the sentence says why git did not.
    func moveFiles(
        of checkout: Checkout, from: ObjectID, to commit: ObjectID
    ) throws(GitError) -> String? {
        do {
            _ = try runner.run(.fastForward(from: from, to: commit), at: checkout.place)
            return nil
        } catch {
            switch error {
            case .locked(_, let message): return "another git command works in `\(checkout.root)`: \(message)"
            case .failed(let failure): return "git will not update `\(checkout.root)`: \(failure.message)"
            default: throw error
            }
        }
    }

    private func advance(to commit: ObjectID, from: ObjectID) throws(GitError) -> LandOutcome {
        do {
            _ = try runner.run(
                .advance(targetReference, from: from, to: commit, note: "coord: land"), at: objects)
            return .landed
        } catch {
            switch error {
            case .locked(_, let message):
                return .delayed(reason: "another git command moves `\(target)`: \(message)")
            case .failed:
                let actual = try targetHead()
                guard actual != from else { throw error }
                return try outcome(of: commit, from: from, targetAt: actual)
            default: throw error
            }
        }
    }

    // MARK: - Looking

    /// Why a checkout may not be moved just now; nil: it may.
    private func obstacle(
        in checkout: Checkout, from: ObjectID, commit: ObjectID
    ) throws(GitError) -> String? {
        let place = "the checkout of `\(target)` in `\(checkout.root)`"
        guard Files.kind(checkout.root) == .folder else { return "\(place) is missing" }
        if let operation = checkout.operation { return "\(operation) is under way in \(place)" }
        if Files.kind(checkout.gitFolder + "/index.lock") != nil {
            return "another git command works in \(place), or one was killed: "
                + "`\(checkout.gitFolder)/index.lock` exists"
        }
        let answer = try status(of: checkout)
        guard let status = PorcelainParser.status(answer.output) else {
            throw .unexpectedOutput(
                arguments: GitCommand.status.arguments,
                excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self))
        }
        if !status.unmerged.isEmpty {
            return "\(place) has unmerged files: \(GitError.listed(status.unmerged))"
        }
        if !status.staged.isEmpty {
            return "\(place) has staged changes: \(GitError.listed(status.staged))"
        }
        if !status.unstaged.isEmpty {
            return "\(place) has changes: \(GitError.listed(status.unstaged))"
        }
        let blocked = try filesInTheWay(checkout.root, from: from, commit: commit)
        if !blocked.isEmpty {
            return "\(place) has untracked files in the way: \(GitError.listed(blocked))"
        }
        return nil
    }

    /// Asks for the status as a user would: a file that was only touched is looked at and its entry
    /// refreshed, else git would refuse to move it.
    func status(of checkout: Checkout) throws(GitError) -> GitOutput {
        try runner.run(.status, at: checkout.place, environment: ["GIT_OPTIONAL_LOCKS": "1"])
    }

    /// Files of the user's, ignored ones included (git would overwrite those without a word), that stand
    /// where the landing adds something.
    private func filesInTheWay(
        _ root: String, from: ObjectID, commit: ObjectID
    ) throws(GitError) -> [String] {
        let known = memory.withLock { $0.additions(of: commit, to: from) }
        // Cheap first look: mostly nothing stands at any added path.
        if let known, try Self.taken(known, in: root).isEmpty { return [] }
        let added = try Self.taken(
            runner.paths(.difference(from, commit, kinds: "A"), at: objects), in: root)
        guard !added.isEmpty else { return [] }
        // What the landing itself takes away may stand there.
        let removed = Set(try runner.paths(.difference(from, commit, kinds: "D"), at: objects))
        var inTheWay: [String] = []
        for path in added where try !removed.isSuperset(of: Self.standing(at: path, in: root)) {
            inTheWay.append(path)
        }
        return inTheWay
    }

    /// The paths at which something stands, or a file where they need a folder.
    private static func taken(
        _ paths: some Sequence<String>, in root: String
    ) throws(GitError) -> [String] {
        var taken: [String] = []
        for path in paths where try !standing(at: path, in: root, firstOnly: true).isEmpty {
            taken.append(path)
        }
        return taken
    }

    /// The files at the path: itself, all below it when it is a folder, or the file that stands where it
    /// needs a folder. Relative to the root.
    private static func standing(
        at path: String, in root: String, firstOnly: Bool = false
    ) throws(GitError) -> [String] {
        var prefix = ""
        for part in path.split(separator: "/").dropLast() {
            prefix += prefix.isEmpty ? String(part) : "/" + part
            switch Files.kind(root + "/" + prefix) {
            case nil: return []
            case .folder: continue
            default: return [prefix]
            }
        }
        var found: [String] = []
        var waiting = [path]
        while let next = waiting.popLast() {
            switch Files.kind(root + "/" + next) {
            case nil: continue
            case .folder: waiting += try OwnFiles.list(root + "/" + next).map { next + "/" + $0 }
            default: found.append(next)
            }
            if firstOnly, !found.isEmpty { break }
        }
        return found
    }
}
