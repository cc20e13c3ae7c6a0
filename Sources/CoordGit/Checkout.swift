import CoordModel
import CoordSystem

/// A working tree of the user's in which the target is checked out.
struct Checkout: Equatable, Sendable {
    var root: String
    /// Its own git folder, which for a linked worktree is not the common one.
    var gitFolder: String

    var place: GitPlace {
        GitPlace(gitFolder: gitFolder, workTree: root, index: nil, kind: .users)
    }

    /// What is under way there, such as a merge, judged by the files git keeps for it; nil: nothing.
    var operation: String? {
        let marks = [
            ("MERGE_HEAD", "a merge"), ("CHERRY_PICK_HEAD", "a cherry-pick"), ("REVERT_HEAD", "a revert"),
            ("rebase-merge", "a rebase"), ("rebase-apply", "a rebase"),
        ]
        return marks.first { Files.kind(gitFolder + "/" + $0.0) != nil }?.1
    }
}

/// Where in a repository's working trees a branch stands, read from git's files.
struct CheckoutSearch {
    /// Working trees that have the branch checked out.
    var checkouts: [Checkout] = []
    /// Why the branch must not move at all just now.
    var obstacle: String?

    init(reference: String, project: ProjectState) throws(GitError) {
        let common = project.commonFolder
        if let root = project.mainRoot { try look(reference, Checkout(root: root, gitFolder: common)) }
        for name in try OwnFiles.list(common + "/worktrees") {
            let folder = common + "/worktrees/" + name
            guard let text = try OwnFiles.read(folder + "/gitdir"), text.hasSuffix("/.git\n") else {
                continue
            }
            let path = String(text.dropLast(6))
            let root = Files.absolute(path, base: folder)
            // A working tree that was deleted without telling git has no files to move.
            guard Files.kind(root + "/.git") == .file else { continue }
            try look(reference, Checkout(root: root, gitFolder: folder))
        }
    }

    private mutating func look(_ reference: String, _ checkout: Checkout) throws(GitError) {
        // During a rebase HEAD is detached, yet the branch will be moved at its end.
        for name in ["rebase-merge", "rebase-apply"] {
            let path = "\(checkout.gitFolder)/\(name)/head-name"
            if try OwnFiles.read(path)?.split(separator: "\n").first == reference[...] {
                obstacle = "a rebase of `\(reference.dropFirst(11))` is under way in `\(checkout.root)`"
            }
        }
        if try ReferenceFiles.content(checkout.gitFolder + "/HEAD") == .reference(reference) {
            checkouts.append(checkout)
        }
    }
}

/// A landing that has begun to move files, written down so that it can be repaired.
struct LandingNote: Equatable {
    var reference: String
    var from: ObjectID
    var commit: ObjectID
    var checkouts: [Checkout]

    var text: String {
        (["coord-landing 1", reference, from.rawValue, commit.rawValue]
            + checkouts.flatMap { [$0.root, $0.gitFolder] } + ["end"]).joined(separator: "\0")
    }

    init(reference: String, from: ObjectID, commit: ObjectID, checkouts: [Checkout]) {
        self.reference = reference
        self.from = from
        self.commit = commit
        self.checkouts = checkouts
    }

    /// Nil when the text is not a whole note.
    init?(_ text: String) {
        let parts = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 5, parts.count % 2 == 1, parts[0] == "coord-landing 1", parts.last == "end",
            let from = ObjectID(parts[2]), let commit = ObjectID(parts[3])
        else { return nil }
        reference = parts[1]
        self.from = from
        self.commit = commit
        checkouts = stride(from: 4, to: parts.count - 1, by: 2).map {
            Checkout(root: parts[$0], gitFolder: parts[$0 + 1])
        }
    }
}
