import CoordModel
import CoordSystem

/// Reads references of a repository straight from its files, which saves a process; and writes those of the
/// hub, which is coord's own. Never writes a reference of the project: that is git's to do, with its locks.
///
/// Only the plain format is understood, loose files over `packed-refs`. A repository that keeps its
/// references otherwise answers `unknown`, and git must be asked.
struct ReferenceFiles: Sendable {
    enum Answer: Equatable {
        case commit(ObjectID)
        case missing
        /// Not to be told from the files alone.
        case unknown
    }

    /// The common folder of the repository.
    let folder: String

    /// What a full reference name such as `refs/heads/main` points at. Throws, like all that read here, only
    /// when the machine is the reason.
    func read(_ name: String) throws(GitError) -> Answer {
        guard Self.isPlain(name) else { return .unknown }
        switch try Self.content(folder + "/" + name) {
        case .some(.commit(let id)): return .commit(id)
        case .some(.reference): return .unknown
        case nil: break
        }
        // With the other format `refs/heads` is a file that says so.
        if Files.kind(folder + "/refs/heads") != .folder { return .unknown }
        guard Files.kind(folder + "/packed-refs") != nil else { return .missing }
        guard let packed = try packed() else { return .unknown }
        return packed[name].map { .commit($0) } ?? .missing
    }

    /// Every packed reference. Nil when the file is missing or no text.
    func packed() throws(GitError) -> [String: ObjectID]? {
        let path = folder + "/packed-refs"
        guard
            let text = try OwnFiles.present({ () throws(SystemError) in
                try Files.readText(path, limitBytes: 256 << 20)
            })
        else { return nil }
        var table: [String: ObjectID] = [:]
        for line in text.split(separator: "\n") {
            guard line.utf8.first != UInt8(ascii: "#"), line.utf8.first != UInt8(ascii: "^") else { continue }
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let id = ObjectID(parts[0]) else { continue }
            table[String(parts[1])] = id
        }
        return table
    }

    /// Every reference below a prefix such as `refs/coord`, loose and packed, sorted by name.
    func list(below prefix: String) throws(GitError) -> [(name: String, commit: ObjectID)] {
        var table = (try packed() ?? [:]).filter { $0.key.hasPrefix(prefix + "/") }
        var waiting = [prefix]
        while let name = waiting.popLast() {
            // A folder that vanished meanwhile has no references.
            for entry in try OwnFiles.list(folder + "/" + name) {
                let inner = name + "/" + entry
                switch Files.kind(folder + "/" + inner) {
                case .folder: waiting.append(inner)
                case .file:
                    if case .commit(let id) = try Self.content(folder + "/" + inner) { table[inner] = id }
                default: continue
                }
            }
        }
        return table.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: - Content

    enum Content: Equatable {
        case commit(ObjectID)
        case reference(String)
    }

    /// What a file such as `HEAD` or a loose reference says. Nil when it is missing or says nothing of the
    /// kind.
    static func content(_ path: String) throws(GitError) -> Content? {
        // Missing, a folder, a link to nowhere: all the same here, it is not a reference.
        guard Files.kind(path) == .file,
            let text = try OwnFiles.present({ () throws(SystemError) in
                try Files.readText(path, limitBytes: 4096)
            })
        else { return nil }
        let line = text.prefix { $0 != "\n" }
        if let name = String(line).removing(prefix: "ref:") {
            return .reference(String(name.drop { $0 == " " }))
        }
        return ObjectID(line).map { .commit($0) }
    }

    /// Whether the name stays below the repository's folder and can be read as a file.
    static func isPlain(_ name: String) -> Bool {
        guard name.utf8.starts(with: "refs/".utf8), !name.utf8.contains(0) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && !$0.hasSuffix(".lock")
        }
    }
}
