import CoordModel
import CoordSystem

extension Workspace {
    /// Brings the user's checkout and the landing's branch together again after a crash between moving the
    /// one and the other. Call it before a run lands anything. Files the user changed since are never
    /// touched.
    package func repairCheckout() throws(GitError) -> CheckoutRepair {
        guard let text = try OwnFiles.read(landingNotePath) else { return .nothing }
        guard let note = LandingNote(text), let actual = try head(of: note.reference) else {
            try OwnFiles.removeTree(landingNotePath, step: .landingNote)
            return .nothing
        }
        guard actual == note.from else {
            // The reference moves after the files: they are where they should be, or the user moved both.
            try OwnFiles.removeTree(landingNotePath, step: .landingNote)
            return actual == note.commit ? .completed(commit: actual) : .nothing
        }
        var restored: [String] = []
        for checkout in note.checkouts {
            guard Files.kind(checkout.root) == .folder,
                try ReferenceFiles.content(checkout.gitFolder + "/HEAD") == .reference(note.reference)
            else { continue }
            if let reason = try moveBack(checkout, note, &restored) { return .left(reason: reason) }
        }
        try OwnFiles.removeTree(landingNotePath, step: .landingNote)
        return .restored(files: restored.sorted())
    }

    /// Puts the files of one checkout back to where its branch is. The sentence says why it cannot be done
    /// yet.
    private func moveBack(
        _ checkout: Checkout, _ note: LandingNote, _ restored: inout [String]
    ) throws(GitError) -> String? {
        try removeOwnLock(checkout)
        if Files.kind(checkout.gitFolder + "/index.lock") != nil {
            return "another git command works in `\(checkout.root)`, or one was killed: "
                + "remove `\(checkout.gitFolder)/index.lock` if none runs"
        }
        let changed = try runner.paths(.difference(note.from, note.commit, kinds: nil), at: objects)
        let staged = try stagedPaths(checkout)
        if !staged.isDisjoint(with: changed) {
            // The index has moved, so the files have: git itself can go back, and refuses to lose an edit.
            if let reason = try moveFiles(of: checkout, from: note.commit, to: note.from) { return reason }
            restored += changed
            return nil
        }
        // The index has not moved: git was killed while it wrote files.
        let written = try halfMoved(changed, checkout, note)
        let added = Set(try runner.paths(.difference(note.from, note.commit, kinds: "A"), at: objects))
        for path in written where added.contains(path) {
            try OwnFiles.removeTree(checkout.root + "/" + path, step: .checkoutRepair)
        }
        let back = written.filter { !added.contains($0) }
        if !back.isEmpty {
            let input = back.flatMap { path -> [UInt8] in Array(path.utf8) + [0] }
            _ = try runner.run(.checkoutPaths, at: checkout.place, input: input)
        }
        restored += written
        return nil
    }

    /// Of the paths a landing changes those that it has changed already: their files are the landing's,
    /// wholly or as far as they were written, or gone. What is neither the old nor the new content is the
    /// user's.
    private func halfMoved(
        _ changed: [String], _ checkout: Checkout, _ note: LandingNote
    ) throws(GitError) -> [String] {
        let old = Set(try differing(from: note.from, in: checkout).changed)
        let new = Set(try differing(from: note.commit, in: checkout).changed)
        let removed = Set(try runner.paths(.difference(note.from, note.commit, kinds: "D"), at: objects))
        var found: [String] = []
        for path in changed {
            let isThere = Files.kind(checkout.root + "/" + path) != nil
            if removed.contains(path) {
                if !isThere { found.append(path) }
            } else if !isThere {
                if old.contains(path) { found.append(path) }
            } else if !new.contains(path) {
                found.append(path)
            } else if try isCutShort(path, checkout, note.commit) {
                found.append(path)
            }
        }
        return found
    }

    /// Whether the file holds only the start of what the commit has at its path.
    private func isCutShort(
        _ path: String, _ checkout: Checkout, _ commit: ObjectID
    ) throws(GitError) -> Bool {
        guard let bytes = try? Files.read(checkout.root + "/" + path) else {
            // Not a plain file: nothing a killed checkout leaves.
            return false
        }
        let whole = try runner.run(.showFile(path: path, tree: commit), at: objects).output
        return bytes.count < whole.count && whole.starts(with: bytes)
    }

    /// Removes the lock of a checkout's index when it is from the git that our landing had started: made
    /// within ten seconds of the note, and old enough that this git is dead.
    private func removeOwnLock(_ checkout: Checkout) throws(GitError) {
        let lock = checkout.gitFolder + "/index.lock"
        guard let made = Files.modificationTime(lock), let began = Files.modificationTime(landingNotePath)
        else {
            return
        }
        let age = RuntimeClock().now().milliseconds - made / 1_000_000
        if made >= began, made - began < 10_000_000_000, age > 2000 { OwnFiles.removeLock(lock) }
    }

    private func stagedPaths(_ checkout: Checkout) throws(GitError) -> Set<String> {
        let answer = try status(of: checkout)
        return Set(PorcelainParser.status(answer.output)?.staged ?? [])
    }

    /// How the files of a checkout differ from a commit, seen through an index of ours that trusts nothing.
    private func differing(from commit: ObjectID, in checkout: Checkout) throws(GitError) -> WorktreeListing {
        var place = checkout.place
        place.index = stateFolder + "/index/.repair"
        try OwnFiles.removeTree(stateFolder + "/index/.repair", step: .checkoutRepair)
        _ = try runner.run(.adopt(commit), at: place)
        return try runner.listing(.listTracked, at: place)
    }
}
