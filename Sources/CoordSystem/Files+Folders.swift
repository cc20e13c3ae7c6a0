import CPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Files {
    /// Makes a folder and the parents it lacks. A folder that exists is fine; anything else there is ENOTDIR.
    package static func makeFolder(_ path: String, permissions: UInt32 = 0o755) throws(SystemError) {
        try check(path, "make the folder")
        if mkdir(path, mode_t(permissions)) == 0 { return }
        switch errno {
        case EEXIST:
            guard isFolder(path) else {
                throw SystemError(operation: "make the folder", path: path, code: ENOTDIR)
            }
        case ENOENT:
            let above = parent(path)
            guard above != path, above != "." else { throw .last("make the folder", path) }
            try makeFolder(above, permissions: permissions)
            guard mkdir(path, mode_t(permissions)) == 0 || (errno == EEXIST && isFolder(path)) else {
                throw .last("make the folder", path)
            }
        default: throw .last("make the folder", path)
        }
    }

    /// The names in a folder, sorted, without `.` and `..`. A name that is not UTF-8 comes repaired.
    package static func list(_ folder: String) throws(SystemError) -> [String] {
        let descriptor = try Descriptors.open(folder, O_RDONLY | O_DIRECTORY)
        return try entries(of: descriptor, folder).map { String(decoding: $0.dropLast(), as: UTF8.self) }
            .sorted()
    }

    /// A new folder that only this user may enter, under `TMPDIR` or `/tmp`.
    package static func temporaryFolder(prefix: String) throws(SystemError) -> String {
        let parent = Environment.value("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let pattern = absolute(prefix + "XXXXXX", base: parent)
        var bytes = Array(pattern.utf8CString)
        guard mkdtemp(&bytes) != nil else { throw .last("make a temporary folder in", parent) }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The first bytes of a regular file that lies right in a folder, for files that somebody hostile may
    /// write: no link is followed, not even one that is put there meanwhile; a file that has a second name
    /// (ELOOP, as for a link) and anything that is no regular file is refused, and nothing is waited for.
    package static func readUntrusted(
        _ name: String, in folder: String, firstBytes limit: Int
    ) throws(SystemError) -> [UInt8] {
        let path = folder + "/" + name
        try check(path, "read")
        let parent = try Descriptors.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        defer { Descriptors.close(parent) }
        let descriptor = coord_openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0)
        guard descriptor >= 0 else { throw .last("read", path) }
        defer { Descriptors.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError(operation: "read", path: path, code: ENXIO)
        }
        guard status.st_nlink == 1 else { throw SystemError(operation: "read", path: path, code: ELOOP) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var filled = 0
        while filled < limit {
            let count = bytes.withUnsafeMutableBytes {
                readSome(descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            guard count >= 0 else { throw .last("read", path) }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// Makes a symbolic link.
    package static func link(_ path: String, to target: String) throws(SystemError) {
        try check(path, "link")
        guard symlink(target, path) == 0 else { throw .last("link", path) }
    }

    /// Gives a file a second name; on another file system, a copy. Something of that name already stays.
    package static func share(_ source: String, as target: String) throws(SystemError) {
        try check(target, "share")
        if linkat(AT_FDCWD, source, AT_FDCWD, target, 0) == 0 || errno == EEXIST { return }
        guard [EXDEV, EPERM, EMLINK, ENOTSUP].contains(errno) else { throw .last("share", target) }
        try copy(source, to: target)
    }

    /// Removes a file or a link.
    package static func remove(_ path: String, step: DurableStep? = nil) throws(SystemError) {
        try check(path, "remove")
        try FailPoint.pass(step, .before)
        guard unlink(path) == 0 else { throw .last("remove", path) }
        try FailPoint.pass(step, .after)
    }

    /// Removes what writers that died in the middle left beside the files they wrote: `NAME.PID-NUMBER.new`
    /// of a process that is gone. Answers the names.
    @discardableResult
    package static func removeAbandoned(in folder: String) -> [String] {
        // A folder that is missing holds nothing; a file that stays is looked at again the next time.
        let names = ((try? list(folder)) ?? []).filter { name in
            guard name.hasSuffix(".new") else { return false }
            let parts = name.split(separator: ".")
            guard parts.count >= 3,
                let pid = parts[parts.count - 2].split(separator: "-").first.flatMap({ Int32($0) })
            else { return false }
            return pid != getpid() && kill(pid, 0) != 0 && errno == ESRCH
        }
        for name in names {
            // Gone already is as good.
            try? remove(folder + "/" + name)
        }
        return names
    }

    /// Removes whatever stands at the path, with all it holds. Links are removed, never followed, also when
    /// somebody swaps a folder for a link meanwhile. What is missing already is fine; folders closed to their
    /// owner are opened first.
    package static func removeTree(_ path: String, step: DurableStep? = nil) throws(SystemError) {
        try check(path, "remove")
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        try FailPoint.pass(step, .before)
        try removeEntry(Array(trimmed.utf8CString), in: AT_FDCWD, shown: trimmed)
        try FailPoint.pass(step, .after)
    }

    /// `name` ends with its NUL.
    private static func removeEntry(
        _ name: [CChar], in folder: Int32, shown: String
    ) throws(SystemError) {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        // Linux says EISDIR for a folder, Darwin EPERM; EACCES also where the file itself is the trouble.
        let code = errno
        guard code == EISDIR || code == EPERM || code == EACCES else { throw .last("remove", shown) }
        var inner = coord_openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        if inner < 0, errno == EACCES, fchmodat(folder, name, 0o700, AT_SYMLINK_NOFOLLOW) == 0 {
            inner = coord_openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        }
        guard inner >= 0 else {
            if errno == ENOENT { return }
            throw SystemError(operation: "remove", path: shown, code: errno == ENOTDIR ? code : errno)
        }
        // Needed to unlink inside; the owner may have taken it away. If it fails, the unlinking says so.
        _ = fchmod(inner, 0o700)
        let kept = fcntl(inner, F_DUPFD_CLOEXEC, 3)
        guard kept >= 0 else {
            let error = SystemError.last("remove", shown)
            Descriptors.close(inner)
            throw error
        }
        defer { Descriptors.close(kept) }
        for entry in try entries(of: inner, shown) {
            let bytes = entry.map { CChar(bitPattern: $0) }
            let text = String(decoding: entry.dropLast(), as: UTF8.self)
            try removeEntry(bytes, in: kept, shown: shown + "/" + text)
        }
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw .last("remove", shown)
        }
    }

    /// The names in an open folder as the system has them, each with its NUL. Closes the descriptor.
    private static func entries(of descriptor: Int32, _ path: String) throws(SystemError) -> [[UInt8]] {
        guard let folder = fdopendir(descriptor) else {
            let error = SystemError.last("list", path)
            Descriptors.close(descriptor)
            throw error
        }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw .last("list", path) }
                return names
            }
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \dirent.d_name)!
            let text = start.assumingMemoryBound(to: CChar.self)
            let name = UnsafeRawBufferPointer(start: start, count: strlen(text) + 1)
            if name.elementsEqual([0x2E, 0]) || name.elementsEqual([0x2E, 0x2E, 0]) { continue }
            names.append(Array(name))
        }
    }
}
