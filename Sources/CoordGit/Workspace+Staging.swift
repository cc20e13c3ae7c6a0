package import CoordModel
import CoordSystem
import Synchronization

extension Workspace {
    /// Builds the commit that would land: the work united with the target's head. Runs no hook, no driver an
    /// agent chose, and touches no file. The message is written as given: it alone may carry coord's
    /// trailers. What it adds is kept beside the project too: nothing refers to it until it lands.
    ///
    /// - Parameters:
    ///   - commit: the work.
    ///   - base: the target's head the work started from.
    ///   - onto: the target's head now.
    package func stage(
        commit: ObjectID, base: ObjectID, onto: ObjectID, message: String, style: MergeStyle
    ) throws(GitError) -> StageOutcome {
        try giveBack(commit)
        try giveBack(onto)
        let place = try collectingCandidate()
        let tree: ObjectID
        if onto == base {
            tree = try self.tree(of: commit)
        } else {
            let command = GitCommand.mergeTree(ours: onto, theirs: commit)
            let answer = try runner.run(command, at: place, accepting: 0...1)
            guard let merged = PorcelainParser.mergedTree(answer.output) else {
                throw .unexpectedOutput(
                    arguments: command.arguments,
                    excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self) + answer.errorText)
            }
            guard answer.status == 0 else {
                return .conflict(files: merged.conflicts, excerpt: excerpt(merged, at: place))
            }
            tree = merged.tree
        }
        if let clash = try clashOfLetters(in: tree, onto: onto, at: place) { return clash }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.workLeftOut) {
                let empty = try self.commit(
                    try self.tree(of: onto), parents: [onto], message: CommitMessage.finished(message))
                return .staged(commit: empty, tree: try self.tree(of: onto))
            }
        #endif
        let parents = style == .merge ? [onto, commit] : [onto]
        let candidate = try self.commit(
            tree, parents: parents, message: CommitMessage.finished(message), at: place)
        try keepCandidate()
        memory.withLock { memory in
            memory.trees[candidate] = tree
            memory.built(candidate, of: commit, from: base, onto: onto)
        }
        return .staged(commit: candidate, tree: tree)
    }

    /// Where the case of letters does not count, two names of a tree can mean one file, and git would lose
    /// one of them at the checkout. Nil: there are none but those that the target has.
    private func clashOfLetters(
        in tree: ObjectID, onto: ObjectID, at place: GitPlace
    ) throws(GitError) -> StageOutcome? {
        guard project.settings.contains(ProjectSetting(name: "core.ignorecase", value: "true")) else {
            return nil
        }
        var names: [String: [String]] = [:]
        for path in try runner.paths(.listTree(tree), at: place) {
            names[path.lowercased(), default: []].append(path)
        }
        let doubled = names.values.filter { $0.count > 1 }
        guard !doubled.isEmpty else { return nil }
        let known = Set(try runner.paths(.listTree(onto), at: place))
        let clashes = doubled.filter { !known.isSuperset(of: $0) }.flatMap { $0 }.sorted()
        guard !clashes.isEmpty else { return nil }
        return .conflict(
            files: clashes,
            excerpt: "These names differ only in the case of letters, and are one file here: "
                + clashes.joined(separator: ", "))
    }

    /// Git's reasons and, of the files that have marks in them, the clashes.
    private func excerpt(_ merged: MergedTree, at place: GitPlace) -> String {
        var text = merged.messages.joined(separator: "\n")
        for path in merged.conflicts.prefix(8) where text.utf8.count < Self.excerptBytesMax {
            // A side that was deleted has no file to show; the sentence above says so.
            guard let answer = try? runner.run(.showFile(path: path, tree: merged.tree), at: place) else {
                continue
            }
            let clashes = Self.clashes(String(decoding: answer.output.prefix(1 << 20), as: UTF8.self))
            if !clashes.isEmpty { text += "\n\n\(path):\n" + clashes.joined(separator: "\n…\n") }
        }
        return Self.cut(text, toBytes: Self.excerptBytesMax)
    }

    private static let excerptBytesMax = 3 << 10

    /// The lines from each opening mark to its closing one, at most 24 of each.
    static func clashes(_ content: String) -> [String] {
        let lines = content.split(separator: "\n", omittingEmptySubsequences: false)
        var clashes: [String] = []
        var rest = lines[...]
        while let start = rest.firstIndex(where: { $0.hasPrefix("<<<<<<< ") }) {
            let end = rest[start...].firstIndex { $0.hasPrefix(">>>>>>> ") } ?? rest.endIndex - 1
            let clash = rest[start...end]
            let more = clash.count > 24 ? "\n… \(clash.count - 24) more lines" : ""
            clashes.append(clash.prefix(24).joined(separator: "\n") + more)
            rest = rest[(end + 1)...]
        }
        return clashes
    }

    /// The start of a text, whole characters only.
    static func cut(_ text: String, toBytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.startIndex
        var bytes = 0
        while end < text.endIndex {
            bytes += text[end].utf8.count
            if bytes > limit - 4 { break }
            end = text.index(after: end)
        }
        return text[..<end] + "…"
    }
}
