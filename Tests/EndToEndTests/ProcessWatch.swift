import CPosix
import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process of somebody else, whose end can be awaited.
final class ProcessWatch {
    let pid: Int32
    private let descriptor: Int32

    convenience init(_ text: String) throws {
        try self.init(#require(Int32(text.trimmed), "no pid: \(text)"))
    }

    init(_ pid: Int32) {
        self.pid = pid
        descriptor = coord_exit_descriptor(pid)
    }

    deinit { if descriptor >= 0 { Descriptors.close(descriptor) } }

    /// Waits for the end, at most twenty seconds. A process that was gone before it was watched has ended.
    func hasEnded() -> Bool {
        guard descriptor >= 0 else { return true }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, 20_000) > 0
    }

    func signal(_ number: Int32) { kill(pid, number) }
}
