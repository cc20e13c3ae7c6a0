package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Stream sockets in the file system (unix(7)), for the owner alone.
package enum LocalSocket {
    /// Makes a socket file (0600) and listens on it; an old file of that name is replaced, so the caller
    /// holds the lock that says nobody listens there.
    package static func listen(_ path: String) throws(SystemError) -> Int32 {
        let socket = try open()
        _ = unlink(path)
        let mask = umask(0o177)
        defer { umask(mask) }
        do throws(SystemError) {
            try withAddress(path) { address, length in systemBind(socket, address, length) }
            guard systemListen(socket, 16) == 0 else {
                throw SystemError(operation: "listen on", path: path, code: errno)
            }
            try Descriptors.setNonBlocking(socket)
        } catch {
            Descriptors.close(socket)
            throw error
        }
        return socket
    }

    /// The next caller, or nil when none waits.
    package static func accept(_ socket: Int32) -> Int32? {
        let caller = systemAccept(socket)
        guard caller >= 0 else { return nil }
        do throws(SystemError) {
            try Descriptors.setCloseOnExec(caller)
            try Descriptors.setNonBlocking(caller)
        } catch {
            Descriptors.close(caller)
            return nil
        }
        return caller
    }

    /// Connects, blocking. ENOENT and ECONNREFUSED mean that nobody listens.
    package static func connect(_ path: String) throws(SystemError) -> Int32 {
        let socket = try open()
        do throws(SystemError) {
            try withAddress(path) { address, length in systemConnect(socket, address, length) }
        } catch {
            Descriptors.close(socket)
            throw error
        }
        return socket
    }

    private static func open() throws(SystemError) -> Int32 {
        #if canImport(Glibc)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw SystemError(operation: "open a socket", path: nil, code: errno) }
        try Descriptors.setCloseOnExec(descriptor)
        return descriptor
    }

    /// Calls `body` with the address of a path. An address holds about a hundred bytes: on Linux a longer
    /// path is named through the open folder (proc(5), `/proc/self/fd`), elsewhere it is refused with
    /// ENAMETOOLONG.
    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        var name = path
        var folder: Int32 = -1
        defer { if folder >= 0 { Descriptors.close(folder) } }
        #if os(Linux)
            if name.utf8.count >= capacity, let slash = path.lastIndex(of: "/") {
                folder = try Descriptors.open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                name = "/proc/self/fd/\(folder)" + path[slash...]
            }
        #endif
        guard name.utf8.count < capacity else {
            throw SystemError(operation: "name a socket", path: path, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
        guard status == 0 else { throw SystemError(operation: "reach the socket", path: path, code: errno) }
    }
}

// The functions below share their names with the members above.
private func systemBind(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    bind(socket, address, length)
}
private func systemListen(_ socket: Int32, _ backlog: Int32) -> Int32 { listen(socket, backlog) }
private func systemAccept(_ socket: Int32) -> Int32 { accept(socket, nil, nil) }
private func systemConnect(
    _ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 { connect(socket, address, length) }
