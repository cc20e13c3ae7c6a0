package import CoordModel
import CoordSystem
import Synchronization

extension Workspace {
    /// Builds the commit that would land: the work united with the target's head. Runs no hook, no driver an
    /// agent chose, and touches no file. The message is written as given: it alone may carry coord's
    /// trailers.
    ///
    /// - Parameters:
    ///   - commit: the work.
    ///   - base: the target's head the work started from.
    ///   - onto: the target's head now.
    package func stage(
        commit: ObjectID, base: ObjectID, onto: ObjectID, message: String, style: MergeStyle
    ) throws(GitError) -> StageOutcome {
        try giveBack(commit)
        let tree: ObjectID
        if onto == base {
            tree = try self.tree(of: commit)
        } else {
            let command = GitCommand.mergeTree(ours: onto, theirs: commit)
            let answer = try runner.run(command, at: objects, accepting: 0...1)
            guard let merged = PorcelainParser.mergedTree(answer.output) else {
                throw .unexpectedOutput(
                    arguments: command.arguments,
                    excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self) + answer.errorText)
            }
            guard answer.status == 0 else {
                return .conflict(files: merged.conflicts, excerpt: excerpt(merged))
            }
            tree = merged.tree
        }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.workLeftOut) {
                let empty = try self.commit(
                    try self.tree(of: onto), parents: [onto], message: CommitMessage.finished(message))
                return .staged(commit: empty, tree: try self.tree(of: onto))
            }
        #endif
        let parents = style == .merge ? [onto, commit] : [onto]
        let candidate = try self.commit(tree, parents: parents, message: CommitMessage.finished(message))
        memory.withLock { memory in
            memory.trees[candidate] = tree
            // With the base among the target's ancestors a merge adds no path that the work itself did not.
            if memory.isAncestor(base, of: onto) {
                memory.additions[candidate] = memory.additions[commit]
            }
        }
        return .staged(commit: candidate, tree: tree)
    }

    /// Git's reasons and, where a file has marks in it, the start of the first clash.
    private func excerpt(_ merged: MergedTree) -> String {
        var text = merged.messages.joined(separator: "\n")
        for path in merged.conflicts.prefix(8) {
            // A side that was deleted has no file to show; the sentence above says so.
            guard let answer = try? runner.run(.showFile(path: path, tree: merged.tree), at: objects),
                let clash = Self.firstClash(String(decoding: answer.output.prefix(1 << 20), as: UTF8.self))
            else { continue }
            text += "\n\n\(path):\n\(clash)"
            break
        }
        return Self.cut(text, toBytes: 2048)
    }

    /// The lines from the first opening mark to its closing one, at most 24.
    static func firstClash(_ content: String) -> String? {
        let lines = content.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("<<<<<<< ") }) else { return nil }
        let rest = lines[start...]
        let end = rest.firstIndex { $0.hasPrefix(">>>>>>> ") } ?? rest.endIndex - 1
        let clash = rest[...end]
        guard clash.count > 24 else { return clash.joined(separator: "\n") }
        return clash.prefix(24).joined(separator: "\n") + "\n… \(clash.count - 24) more lines"
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
