import CoordModel

/// Turns what git prints for programs into values. Pure; every reader takes NUL-separated bytes, so no name
/// can be mistaken for something else. A name that is not UTF-8 comes repaired.
enum PorcelainParser {
    /// `git version 2.39.5 (Apple Git-154)` and alike. Nil for anything else.
    static func version(_ text: String) -> GitTool.Version? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard words.count >= 3, words[0] == "git", words[1] == "version" else { return nil }
        let numbers = words[2].split(separator: ".").map { part in
            Int(part.prefix { $0.isASCII && $0.isNumber })
        }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        return GitTool.Version(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
    }

    /// The fields between NULs; a last one without its NUL counts too.
    static func fields(_ bytes: [UInt8]) -> [String] {
        guard !bytes.isEmpty else { return [] }
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast(bytes.last == 0 ? 1 : 0)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The times of commits as `cat-file --batch` shows them, in their order; nil for one that is no commit.
    static func commitTimes(_ bytes: [UInt8], count: Int) -> [Timestamp?] {
        var times: [Timestamp?] = []
        var rest = bytes[...]
        while times.count < count, let end = rest.firstIndex(of: 0x0A) {
            let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            guard head.count == 3, let size = Int(head[2]) else {
                times.append(nil)
                continue
            }
            let content = String(decoding: rest.prefix(size), as: UTF8.self)
            rest = rest.dropFirst(size + 1)
            let line = content.split(separator: "\n").first { $0.hasPrefix("committer ") }
            let seconds = line.flatMap { Int64($0.split(separator: " ").dropLast().last ?? "") }
            times.append(seconds.map { Timestamp(milliseconds: $0 * 1000) })
        }
        return times + Array(repeating: nil, count: count - times.count)
    }

    /// The first line, which must be an object's name and the only one.
    static func objectID(_ bytes: [UInt8]) -> ObjectID? {
        let text = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
        return ObjectID(String(decoding: text, as: UTF8.self))
    }
}

/// What `ls-files -t` says of a worktree against its index.
struct WorktreeListing: Equatable {
    /// Tracked paths, byte for byte.
    var tracked: [[UInt8]] = []
    /// Tracked paths whose content or mode differs.
    var modified: [String] = []
    var deleted: [String] = []
    /// Paths git does not track; a folder that is a repository of its own ends in `/`.
    var untracked: [String] = []

    var hasChanges: Bool { !(modified.isEmpty && deleted.isEmpty && untracked.isEmpty) }
    /// From here on one flush for all files is cheaper than one each.
    var isMany: Bool { modified.count + untracked.count > 16 }
    /// Every path that differs, sorted.
    var changed: [String] { (modified + deleted + untracked).sorted() }
}

extension PorcelainParser {
    /// Reads `ls-files -z -t`. Nil when a field has no tag.
    static func worktree(_ bytes: [UInt8]) -> WorktreeListing? {
        var listing = WorktreeListing()
        for field in bytes.split(separator: 0) {
            guard field.count > 2, field[field.startIndex + 1] == 0x20 else { return nil }
            let tag = field[field.startIndex]
            if tag == UInt8(ascii: "H") || tag == UInt8(ascii: "S") || tag == UInt8(ascii: "M") {
                listing.tracked.append(Array(field.dropFirst(2)))
                continue
            }
            let path = String(decoding: field.dropFirst(2), as: UTF8.self)
            switch tag {
            case UInt8(ascii: "C"): listing.modified.append(path)
            case UInt8(ascii: "R"): listing.deleted.append(path)
            case UInt8(ascii: "?"): listing.untracked.append(path)
            default: return nil
            }
        }
        // A deleted file is listed as modified too.
        guard !listing.deleted.isEmpty else { return listing }
        let deleted = Set(listing.deleted)
        listing.modified.removeAll { deleted.contains($0) }
        return listing
    }
}

/// What `status --porcelain=v2` says of tracked files.
struct CheckoutStatus: Equatable {
    var staged: [String] = []
    var unstaged: [String] = []
    var unmerged: [String] = []

    var isClean: Bool { staged.isEmpty && unstaged.isEmpty && unmerged.isEmpty }
}

extension PorcelainParser {
    /// Reads `status --porcelain=v2 -z --no-renames`. Nil when a line is of no known kind.
    static func status(_ bytes: [UInt8]) -> CheckoutStatus? {
        var status = CheckoutStatus()
        for field in fields(bytes) {
            guard let kind = field.utf8.first else { return nil }
            switch kind {
            case UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "!"): continue
            case UInt8(ascii: "1"):
                let parts = field.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: false)
                guard parts.count == 9, parts[1].utf8.count == 2 else { return nil }
                if parts[1].utf8.first != UInt8(ascii: ".") { status.staged.append(String(parts[8])) }
                if parts[1].utf8.last != UInt8(ascii: ".") { status.unstaged.append(String(parts[8])) }
            case UInt8(ascii: "u"):
                let parts = field.split(separator: " ", maxSplits: 10, omittingEmptySubsequences: false)
                guard parts.count == 11 else { return nil }
                status.unmerged.append(String(parts[10]))
            default: return nil
            }
        }
        return status
    }
}

/// What `merge-tree` made: a tree, and, where sides could not be united, which files and why.
struct MergedTree: Equatable {
    var tree: ObjectID
    var conflicts: [String] = []
    /// Git's sentences about conflicts, one each.
    var messages: [String] = []
}

extension PorcelainParser {
    /// Reads `merge-tree --write-tree -z --name-only`: the tree; then, if there were conflicts, their paths,
    /// an empty field, and records of a count, as many paths, a kind and a sentence. Nil when it is not that.
    static func mergedTree(_ bytes: [UInt8]) -> MergedTree? {
        let parts = fields(bytes)
        guard let first = parts.first, let tree = ObjectID(first) else { return nil }
        var result = MergedTree(tree: tree)
        var position = 1
        while position < parts.count, !parts[position].isEmpty {
            result.conflicts.append(parts[position])
            position += 1
        }
        position += 1
        while position < parts.count {
            // After a submodule's conflict git gives advice to people, which is no message and the last part.
            if position == parts.count - 1, !result.messages.isEmpty { break }
            guard let count = Int(parts[position]), count >= 0, position + count + 2 < parts.count else {
                return nil
            }
            let kind = parts[position + count + 1]
            if kind.hasPrefix("CONFLICT") {
                let sentence = parts[position + count + 2]
                result.messages.append(sentence.last == "\n" ? String(sentence.dropLast()) : sentence)
            }
            position += count + 3
        }
        // A rename or folder clash can name one path several times.
        var seen: Set<String> = []
        result.conflicts = result.conflicts.filter { seen.insert($0).inserted }
        return result
    }
}

extension PorcelainParser {
    /// Reads `merge-tree --stdin -z --name-only --no-messages`: for each pair whether it united, the tree,
    /// the
    /// paths in conflict, and an empty field. The paths come, none where it united. Nil when it is not that.
    static func mergedPairs(_ bytes: [UInt8], count: Int) -> [[String]]? {
        let parts = fields(bytes)
        var position = 0
        var pairs: [[String]] = []
        while pairs.count < count {
            guard position + 1 < parts.count, parts[position] == "0" || parts[position] == "1",
                ObjectID(parts[position + 1]) != nil,
                let end = parts[(position + 2)...].firstIndex(of: "")
            else { return nil }
            let isClean = parts[position] == "1"
            pairs.append(isClean ? [] : Array(Set(parts[(position + 2)..<end])).sorted())
            position = end + 1
        }
        return pairs
    }
}

/// A commit as `log` shows it.
struct LoggedCommit: Equatable {
    var commit: ObjectID
    var parents: [ObjectID]
    var message: String
}

extension PorcelainParser {
    /// Reads `log -z --format=%H%x00%P%x00%B`. Nil when fields are missing.
    static func log(_ bytes: [UInt8]) -> [LoggedCommit]? {
        let parts = fields(bytes)
        guard parts.count % 3 == 0 else { return nil }
        var commits: [LoggedCommit] = []
        for start in stride(from: 0, to: parts.count, by: 3) {
            guard let commit = ObjectID(parts[start]) else { return nil }
            let parents = parts[start + 1].split(separator: " ").compactMap { ObjectID($0) }
            commits.append(LoggedCommit(commit: commit, parents: parents, message: parts[start + 2]))
        }
        return commits
    }
}

/// One entry of `worktree list`.
struct ListedWorktree: Equatable {
    var path: String
    var head: ObjectID?
    var branch: String?
    var isBare = false
}

extension PorcelainParser {
    /// Reads `worktree list --porcelain -z`: attributes end with NUL, records with an empty field. An unborn
    /// HEAD is shown as zeros and comes as nil.
    static func worktrees(_ bytes: [UInt8]) -> [ListedWorktree] {
        var found: [ListedWorktree] = []
        for field in fields(bytes) {
            if let path = field.removing(prefix: "worktree ") {
                found.append(ListedWorktree(path: path))
                continue
            }
            guard !found.isEmpty else { continue }
            if let name = field.removing(prefix: "HEAD ") {
                found[found.count - 1].head = name.allSatisfy { $0 == "0" } ? nil : ObjectID(name)
            } else if let name = field.removing(prefix: "branch refs/heads/") {
                found[found.count - 1].branch = name
            } else if field == "bare" {
                found[found.count - 1].isBare = true
            }
        }
        return found
    }
}

extension String {
    /// The rest of the text when it starts with `prefix`.
    func removing(prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(utf8.dropFirst(prefix.utf8.count)) : nil
    }
}
