import CPosix
package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Signals of the process as events of a loop. One source per signal at a time; when the source is let go of,
/// its signals have their default effect again.
package final class SignalSource {
    private let loop: EventLoop
    private let signals: [Int32]
    private let ends: (read: Int32, write: Int32)

    /// Also sets SIGPIPE to ignored: a broken pipe is told by the write that met it.
    package init(
        loop: EventLoop, signals: [Int32], handler: @escaping (Int32) -> Void
    ) throws(SystemError) {
        coord_prepare_signals()
        let ends = try Descriptors.makePipe()
        self.loop = loop
        self.signals = signals
        self.ends = ends
        try Descriptors.setNonBlocking(ends.read)
        try Descriptors.setNonBlocking(ends.write)
        loop.watchReadable(ends.read) {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = readCall(ends.read, &buffer)
            for byte in buffer.prefix(max(0, count)) { handler(Int32(byte)) }
        }
        for signal in signals {
            guard coord_route_signal(signal, ends.write) == 0 else { throw .last("catch a signal") }
        }
    }

    deinit {
        for signal in signals { _ = coord_route_signal(signal, -1) }
        loop.unwatch(ends.read)
        Descriptors.close(ends.read)
        Descriptors.close(ends.write)
    }
}
