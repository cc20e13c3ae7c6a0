#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An exclusive lock that lives as long as the object and dies with the process. The locked file holds one
/// line about the holder. The file stays when the lock is given back: removing it would let two hold "the"
/// lock.
package final class FileLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        unlock()
        Descriptors.close(descriptor)
    }

    /// Gives the lock back now. Closing alone would leave it to a child that is just being started, until
    /// that one has become its program.
    package func unlock() { _ = flock(descriptor, LOCK_UN) }

    /// Takes the lock, or answers nil when somebody has it.
    package static func acquire(_ path: String, note: String) throws(SystemError) -> FileLock? {
        let descriptor = try Descriptors.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Descriptors.close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw SystemError(operation: "lock", path: path, code: code)
        }
        let lock = FileLock(descriptor: descriptor)
        guard ftruncate(descriptor, 0) == 0 else { throw .last("write", path) }
        try Descriptors.writeAll(Array((note + "\n").utf8), to: descriptor, path: path)
        return lock
    }

    /// As `acquire(_:note:)`, tried again as long as `waits` says so of the line about the holder.
    package static func acquire(
        _ path: String, note: String, waitingFor waits: (String) -> Bool
    ) throws(SystemError) -> FileLock? {
        while true {
            if let lock = try acquire(path, note: note) { return lock }
            // Given back meanwhile: nobody is to be waited for.
            guard let holder = holder(path) else { continue }
            guard waits(holder) else { return nil }
        }
    }

    /// The line about the holder; nil when nobody holds the lock.
    package static func holder(_ path: String) -> String? {
        let descriptor = coordOpenForLock(path)
        guard descriptor >= 0 else { return nil }
        defer { Descriptors.close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        guard errno == EWOULDBLOCK else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { Files.readSome(descriptor, $0) }
        let line = buffer[..<max(0, count)].prefix { $0 != 0x0A }
        return String(decoding: line, as: UTF8.self)
    }

    private static func coordOpenForLock(_ path: String) -> Int32 {
        // A lock file that cannot be opened is held by nobody we could name.
        (try? Descriptors.open(path, O_RDONLY)) ?? -1
    }
}
