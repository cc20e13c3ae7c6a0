import CPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Plain calls on file descriptors. Everything coord opens closes on exec.
package enum Descriptors {
    /// Reads and writes on the descriptor no longer wait.
    package static func setNonBlocking(_ descriptor: Int32) throws(SystemError) {
        guard coord_set_nonblocking(descriptor) == 0 else { throw .last("set a descriptor to non-blocking") }
    }

    /// Children do not inherit the descriptor.
    package static func setCloseOnExec(_ descriptor: Int32) throws(SystemError) {
        guard coord_set_close_on_exec(descriptor) == 0 else {
            throw .last("set a descriptor to close on exec")
        }
    }

    /// Closes; a descriptor below 0 is none. The number is free afterwards whatever the system answers.
    package static func close(_ descriptor: Int32) {
        guard descriptor >= 0 else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    /// A pipe whose ends close on exec.
    package static func makePipe() throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) { raw in
            coord_pipe(raw.baseAddress!.assumingMemoryBound(to: Int32.self))
        }
        guard result == 0 else { throw .last("make a pipe") }
        return (ends.0, ends.1)
    }

    /// Opens a file by flags; always close-on-exec.
    package static func open(
        _ path: String, _ flags: Int32, permissions: UInt32 = 0o600
    ) throws(SystemError) -> Int32 {
        try Files.check(path, "open")
        let descriptor = coord_open(path, flags, permissions)
        guard descriptor >= 0 else { throw .last("open", path) }
        return descriptor
    }

    /// Writes all of it, however often the system takes only a part. For blocking descriptors.
    package static func writeAll(
        _ bytes: some Collection<UInt8>, to descriptor: Int32, path: String? = nil
    ) throws(SystemError) {
        let result = bytes.withContiguousStorageIfAvailable { writeAll($0, descriptor) }
        let code = result ?? Array(bytes).withUnsafeBufferPointer { writeAll($0, descriptor) }
        guard code == 0 else { throw SystemError(operation: "write", path: path, code: code) }
    }

    private static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, _ descriptor: Int32) -> Int32 {
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            done += count
        }
        return 0
    }
}
