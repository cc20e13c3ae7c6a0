import CPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a path names, links not followed.
package enum FileKind: Hashable, Sendable {
    case file, folder, link
    /// A device, a socket, a named pipe.
    case other
}

/// Files and folders. Every call blocks until the system answers; call them on the main thread before the
/// loop runs, on a blocking thread, or where a stall of a local disk is acceptable.
package enum Files {
    /// The bytes of a regular file. A folder gives EISDIR, a device or named pipe ENXIO (opening one never
    /// waits), a file above the limit EFBIG.
    package static func read(_ path: String, limitBytes: Int = 64 << 20) throws(SystemError) -> [UInt8] {
        let descriptor = try Descriptors.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        defer { Descriptors.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("read", path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw SystemError(operation: "read", path: path, code: EISDIR)
        default: throw SystemError(operation: "read", path: path, code: ENXIO)
        }
        guard status.st_size <= limitBytes else {
            throw SystemError(operation: "read", path: path, code: EFBIG)
        }
        // Files below /proc say they are empty; hence reading on until the end.
        var bytes: [UInt8] = []
        var capacity = max(4096, Int(status.st_size) + 1)
        while true {
            var code: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                var result: Int
                repeat {
                    #if canImport(Glibc)
                        result = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
                    #else
                        result = Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
                    #endif
                } while result < 0 && errno == EINTR
                if result < 0 { code = errno }
                count = max(0, result)
            }
            guard code == 0 else { throw SystemError(operation: "read", path: path, code: code) }
            if chunk.isEmpty { return bytes }
            // All that it says it has, and room for more was there: that was its end.
            if bytes.isEmpty, chunk.count == status.st_size, chunk.count < capacity { return chunk }
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
            guard bytes.count <= limitBytes else {
                throw SystemError(operation: "read", path: path, code: EFBIG)
            }
            capacity = max(4096, min(1 << 20, capacity))
        }
    }

    /// The text of a regular file; EILSEQ when it is not UTF-8.
    package static func readText(_ path: String, limitBytes: Int = 64 << 20) throws(SystemError) -> String {
        let bytes = try read(path, limitBytes: limitBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SystemError(operation: "read", path: path, code: EILSEQ)
        }
        return text
    }

    /// Replaces a file as a whole: a temporary file beside it is written, synced and renamed, and the folder
    /// synced. Readers see the old bytes or the new ones; so does a machine that lost its power.
    package static func writeAtomically(
        _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o600, step: DurableStep? = nil
    ) throws(SystemError) {
        try replace(path, permissions: permissions, syncs: true, step: step) {
            (descriptor) throws(SystemError) in
            try Descriptors.writeAll(bytes, to: descriptor, path: path)
        }
    }

    /// Replaces a file as a whole, without waiting for the disk: for files that can be made again.
    package static func write(
        _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644, step: DurableStep? = nil
    ) throws(SystemError) {
        try replace(path, permissions: permissions, syncs: false, step: step) {
            (descriptor) throws(SystemError) in
            try Descriptors.writeAll(bytes, to: descriptor, path: path)
        }
    }

    /// Copies the content, the permission bits and the times of a regular file. An existing target is
    /// replaced, never written through a link.
    ///
    /// The times count: by that of an index git knows which files it must read again because they may have
    /// changed in the same moment (`racy-git` of git's technical documentation). A copy that looks younger
    /// hides such a change.
    package static func copy(
        _ source: String, to target: String, step: DurableStep? = nil
    ) throws(SystemError) {
        let from = try Descriptors.open(source, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        defer { Descriptors.close(from) }
        var status = stat()
        guard fstat(from, &status) == 0 else { throw .last("copy", source) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : ENXIO
            throw SystemError(operation: "copy", path: source, code: code)
        }
        let permissions = UInt32(status.st_mode & 0o777)
        try replace(target, permissions: permissions, syncs: false, step: step) { (to) throws(SystemError) in
            var buffer = [UInt8](repeating: 0, count: 128 << 10)
            while true {
                let count = buffer.withUnsafeMutableBytes { readSome(from, $0) }
                guard count >= 0 else { throw .last("copy", source) }
                if count == 0 { break }
                try Descriptors.writeAll(buffer[..<count], to: to, path: target)
            }
            #if canImport(Glibc)
                let times = [status.st_atim, status.st_mtim]
            #else
                let times = [status.st_atimespec, status.st_mtimespec]
            #endif
            guard futimens(to, times) == 0 else { throw .last("copy", target) }
        }
    }

    private static func replace(
        _ path: String, permissions: UInt32, syncs: Bool, step: DurableStep?,
        _ body: (Int32) throws(SystemError) -> Void
    ) throws(SystemError) {
        try check(path, "write")
        try FailPoint.pass(step, .before)
        let temporary = path + ".\(getpid())-\(UInt32.random(in: 0 ... .max)).new"
        let descriptor = coord_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .last("write", path) }
        do throws(SystemError) {
            defer { Descriptors.close(descriptor) }
            try body(descriptor)
            guard fchmod(descriptor, mode_t(permissions)) == 0 else { throw .last("write", path) }
            if syncs { guard fsync(descriptor) == 0 else { throw .last("write", path) } }
            try FailPoint.pass(step, .between)
        } catch {
            unlink(temporary)
            throw error
        }
        guard Self.renameCall(temporary, path) == 0 else {
            let error = SystemError.last("write", path)
            unlink(temporary)
            throw error
        }
        if syncs { try syncFolder(parent(path)) }
        try FailPoint.pass(step, .after)
    }

    private static func syncFolder(_ path: String) throws(SystemError) {
        let descriptor = try Descriptors.open(path, O_RDONLY | O_DIRECTORY)
        defer { Descriptors.close(descriptor) }
        // Some file systems cannot sync a folder and say EINVAL; there is nothing better to do there.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .last("sync the folder", path) }
    }

    static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count: Int
        repeat {
            #if canImport(Glibc)
                count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            #else
                count = Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
            #endif
        } while count < 0 && errno == EINTR
        return count
    }

    /// A path with a NUL in it would reach the system cut short, as another path.
    static func check(_ path: String, _ operation: String) throws(SystemError) {
        guard !path.isEmpty else { throw SystemError(operation: operation, path: path, code: ENOENT) }
        guard !path.utf8.contains(0) else {
            throw SystemError(operation: operation, path: path, code: EINVAL)
        }
    }

    private static func renameCall(_ from: String, _ to: String) -> Int32 {
        #if canImport(Glibc)
            Glibc.rename(from, to)
        #else
            Darwin.rename(from, to)
        #endif
    }

    /// Renames, replacing an existing file.
    package static func rename(
        _ from: String, to: String, step: DurableStep? = nil
    ) throws(SystemError) {
        try check(from, "rename")
        try check(to, "rename")
        try FailPoint.pass(step, .before)
        guard renameCall(from, to) == 0 else { throw .last("rename", from) }
        try FailPoint.pass(step, .after)
    }
}

// MARK: - Asking

extension Files {
    /// What stands at the path, links not followed; nil when nothing does or it cannot be seen.
    package static func kind(_ path: String) -> FileKind? {
        guard let status = status(path) else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// Whether the path, links followed, is a folder.
    package static func isFolder(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether the path, links followed, is a regular file that this user may run.
    package static func isExecutable(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// Whether the path leads to the open file: not when that was removed, renamed or replaced.
    package static func leads(_ path: String, to descriptor: Int32) -> Bool {
        var open = stat()
        guard let found = status(path), fstat(descriptor, &open) == 0 else { return false }
        return found.st_ino == open.st_ino && found.st_dev == open.st_dev
    }

    /// Bytes of the file; nil when it is missing.
    package static func size(_ path: String) -> Int64? { status(path).map { Int64($0.st_size) } }

    /// The permission bits of the file; nil when it is missing.
    package static func permissions(_ path: String) -> UInt32? {
        status(path).map { UInt32($0.st_mode & 0o7777) }
    }

    /// Nanoseconds since 1970 at which the content last changed; nil when the file is missing.
    package static func modificationTime(_ path: String) -> Int64? { status(path).map(Self.time) }

    /// By which a changed file is known: when its content last changed, as `modificationTime`, and how many
    /// bytes it has; nil when it is missing.
    package static func stamp(_ path: String) -> (time: Int64, size: Int64)? {
        status(path).map { (time($0), Int64($0.st_size)) }
    }

    private static func time(_ status: stat) -> Int64 {
        #if canImport(Glibc)
            let time = status.st_mtim
        #else
            let time = status.st_mtimespec
        #endif
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func status(_ path: String) -> stat? {
        guard !path.utf8.contains(0) else { return nil }
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// The path with its links resolved; the file must exist.
    package static func realPath(_ path: String) throws(SystemError) -> String {
        try check(path, "resolve")
        guard let resolved = realpath(path, nil) else { throw .last("resolve", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The path made absolute by text alone: joined to `base` (or the working folder), with `.`, `..` and
    /// doubled slashes folded. Links are not looked at.
    package static func absolute(_ path: String, base: String? = nil) -> String {
        var joined = path
        if !path.hasPrefix("/") {
            let start = base ?? Environment.workingFolder
            joined = (start.hasPrefix("/") ? start : Environment.workingFolder + "/" + start) + "/" + path
        }
        var parts: [Substring] = []
        for part in joined.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The folder that holds the path, by text alone.
    package static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of the path.
    package static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
