import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Coord's own small files beside the project: written whole, by rename, and not synced, because every one of
/// them can be made again. Also the tidying of folders.
enum OwnFiles {
    static func write(
        _ text: String, to path: String, permissions: UInt32 = 0o600, step: DurableStep
    ) throws(GitError) {
        do throws(SystemError) {
            try FailPoint.pass(step, .before)
            let temporary = path + ".\(getpid())-\(UInt32.random(in: 0 ... .max)).new"
            var descriptor: Int32
            do { descriptor = try create(temporary, permissions) } catch {
                guard error.code == ENOENT else { throw error }
                try Files.makeFolder(Files.parent(path), permissions: 0o700)
                descriptor = try create(temporary, permissions)
            }
            do {
                defer { Descriptors.close(descriptor) }
                try Descriptors.writeAll(Array(text.utf8), to: descriptor, path: path)
            }
            try FailPoint.pass(step, .between)
            try Files.rename(temporary, to: path, step: nil)
            try FailPoint.pass(step, .after)
        } catch { throw .system(error) }
    }

    private static func create(_ path: String, _ permissions: UInt32) throws(SystemError) -> Int32 {
        try Descriptors.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: permissions)
    }

    /// The text of a file of ours; nil when it is missing or not readable as such, which is treated alike: it
    /// is made again. Throws when the machine is the reason, not the file.
    static func read(_ path: String) throws(GitError) -> String? {
        try present { () throws(SystemError) in try Files.readText(path, limitBytes: 1 << 20) }
    }

    /// What is found, nil for what is missing or not of the right kind; throws when the machine is the
    /// reason.
    static func present<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(GitError) -> Value? {
        do { return try body() } catch {
            guard error.isOfTheMachine else { return nil }
            throw .system(error)
        }
    }

    static func makeFolder(_ path: String, permissions: UInt32 = 0o700) throws(GitError) {
        do { try Files.makeFolder(path, permissions: permissions) } catch { throw .system(error) }
    }

    static func copy(_ source: String, to target: String, step: DurableStep) throws(GitError) {
        do { try Files.copy(source, to: target, step: step) } catch { throw .system(error) }
    }

    static func rename(_ source: String, to target: String, step: DurableStep) throws(GitError) {
        do { try Files.rename(source, to: target, step: step) } catch { throw .system(error) }
    }

    /// Removes whatever stands at the path; nothing there is fine.
    static func removeTree(_ path: String, step: DurableStep) throws(GitError) {
        do { try Files.removeTree(path, step: step) } catch { throw .system(error) }
    }

    /// Removes a lock file that a killed git left. The caller knows that no git of ours runs there.
    static func removeLock(_ path: String) {
        // A lock that is not there, or cannot be removed, shows at the next call of git.
        try? Files.remove(path, step: .hubRepair)
    }

    /// The names in a folder; none when it is missing. Throws when the machine is the reason.
    static func list(_ folder: String) throws(GitError) -> [String] {
        try present { () throws(SystemError) in try Files.list(folder) } ?? []
    }

    /// Where a link leads; nil when it is not a link.
    static func destination(ofLink path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            let count = readlink(path, buffer.baseAddress!, 4096)
            guard count >= 0 else { return nil }
            buffer[count] = 0
            return String(cString: buffer.baseAddress!)
        }
    }
}

/// Looks through a worktree for what git does not track there: ignored files, empty folders, sockets and
/// named pipes included, which git itself does not see.
struct FolderWalk {
    private let tracked: Set<[UInt8]>
    private let folders: Set<[UInt8]>
    private var extras: [[UInt8]] = []

    /// The topmost paths below `root` that are neither tracked nor hold anything tracked; the `.git` of the
    /// root left out.
    static func extras(in root: String, tracked: [[UInt8]]) throws(GitError) -> [[UInt8]] {
        var walk = FolderWalk(tracked: tracked)
        do { try walk.look(Array(root.utf8)) } catch { throw .system(error) }
        return walk.extras
    }

    private init(tracked: [[UInt8]]) {
        self.tracked = Set(tracked)
        var folders: Set<[UInt8]> = []
        for path in tracked {
            var end = path.count
            while let slash = path[..<end].lastIndex(of: UInt8(ascii: "/")) {
                guard folders.insert(Array(path[..<slash])).inserted else { break }
                end = slash
            }
        }
        self.folders = folders
    }

    private mutating func look(_ root: [UInt8]) throws(SystemError) {
        var waiting: [[UInt8]] = [[]]
        while let folder = waiting.popLast() {
            let absolute = folder.isEmpty ? root : root + [UInt8(ascii: "/")] + folder
            for (name, isFolder) in try Self.entries(of: absolute) {
                let path = folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
                if folder.isEmpty, name == Array(".git".utf8) { continue }
                if isFolder, folders.contains(path) {
                    waiting.append(path)
                } else if isFolder, tracked.contains(path) {
                    // The place of a submodule: the folder belongs there, its content does not.
                    let inside = try Self.entries(of: root + [UInt8(ascii: "/")] + path)
                    extras += inside.map { path + [UInt8(ascii: "/")] + $0.name }
                } else if isFolder || !tracked.contains(path) {
                    extras.append(path)
                }
            }
        }
    }

    private static func entries(of path: [UInt8]) throws(SystemError) -> [(name: [UInt8], isFolder: Bool)] {
        let shown = String(decoding: path, as: UTF8.self)
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        guard let folder = opendir(terminated) else { throw .last("list", shown) }
        defer { closedir(folder) }
        var found: [(name: [UInt8], isFolder: Bool)] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw .last("list", shown) }
                return found
            }
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \dirent.d_name)!
            let length = strlen(start.assumingMemoryBound(to: CChar.self))
            let name = Array(UnsafeRawBufferPointer(start: start, count: length))
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            var isFolder = Int(entry.pointee.d_type) == Int(DT_DIR)
            if Int(entry.pointee.d_type) == Int(DT_UNKNOWN) {
                // Some file systems do not say; then the file itself is asked.
                let full = terminated.dropLast() + [0x2F] + name.map { CChar(bitPattern: $0) } + [0]
                var status = stat()
                isFolder = lstat(Array(full), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            }
            found.append((name, isFolder))
        }
    }
}
