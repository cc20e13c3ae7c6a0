package import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines in both directions over a pair of descriptors in a loop. Owns the descriptors and closes them.
///
/// Reads at most 64 KiB a turn, so that a flood does not starve other channels. What is sent within a turn is
/// written at its end by one call; what the other side does not take is kept up to a limit.
package final class LineChannel {
    /// A line without its end. The slice shares the channel's buffer: copy what must live on.
    package var onLine: (ArraySlice<UInt8>) -> Void = { _ in }
    /// A line above the limit was dropped, of so many bytes; reading goes on behind it.
    package var onOversizedLine: (Int) -> Void = { _ in }
    /// The other side ended the stream or is gone. Called once, as the last call; not after `close()`.
    package var onClose: () -> Void = {}

    private let loop: EventLoop
    private var readEnd: Int32
    private var writeEnd: Int32
    private let writeLimit: Int
    private var framing: LineFraming
    private var outgoing: [UInt8] = []
    private var written = 0
    private var isFlushPlanned = false
    private var isWaitingToWrite = false
    private var endsWriting = false

    /// Starts at once. `read` and `write` may be the same (a socket); -1 for a direction that is not wanted.
    package init(
        loop: EventLoop, read: Int32, write: Int32, lineLimitBytes: Int = 1 << 20,
        writeLimitBytes: Int = 4 << 20
    ) throws(SystemError) {
        self.loop = loop
        readEnd = read
        writeEnd = write
        writeLimit = writeLimitBytes
        framing = LineFraming(limitBytes: lineLimitBytes)
        for descriptor in [read, write] where descriptor >= 0 { try Descriptors.setNonBlocking(descriptor) }
        if read >= 0 { loop.watchReadable(read) { [unowned self] in _ = self.receive() } }
    }

    deinit { close() }

    /// Whether lines may still come.
    package var isOpen: Bool { readEnd >= 0 }

    /// Whether lines may still be sent.
    package var isWritable: Bool { writeEnd >= 0 && !endsWriting }

    /// Bytes that the other side has not taken yet.
    package var backlog: Int { outgoing.count - written }

    /// What came behind the last line feed: at the end of the stream, a line that was never finished.
    package var unfinishedLine: ArraySlice<UInt8> { framing.unfinished }

    // MARK: Sending

    /// Sends a line, given without its end. False, and nothing of it sent: the stream is closed, or the other
    /// side has not taken what was sent before.
    @discardableResult
    package func send(line: some Collection<UInt8>) -> Bool {
        send { $0.append(contentsOf: line) }
    }

    /// As `send(line:)`, with the line written straight behind what waits.
    @discardableResult
    package func send(_ write: (inout [UInt8]) -> Void) -> Bool {
        guard isWritable else { return false }
        let before = outgoing.count
        write(&outgoing)
        outgoing.append(0x0A)
        guard backlog <= writeLimit else {
            outgoing.removeSubrange(before...)
            return false
        }
        if !isFlushPlanned, !isWaitingToWrite {
            isFlushPlanned = true
            loop.flushAtTurnEnd(self)
        }
        return true
    }

    /// Writes now what the other side takes, instead of at the end of the turn.
    package func flush() {
        isFlushPlanned = false
        guard writeEnd >= 0 else { return }
        while written < outgoing.count {
            let count = outgoing.withUnsafeBytes { bytes in
                writeCall(writeEnd, UnsafeRawBufferPointer(rebasing: bytes[written...]))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return waitToWrite() }
                return abandonWriting()
            }
            written += count
        }
        written = 0
        if outgoing.capacity > 256 << 10 { outgoing = [] } else { outgoing.removeAll(keepingCapacity: true) }
        if isWaitingToWrite {
            isWaitingToWrite = false
            loop.unwatchWritable(writeEnd)
        }
        if endsWriting { closeWriteEnd() }
    }

    private func waitToWrite() {
        // Moved to the front when it pays: each byte is moved about once.
        if written > 64 << 10, written > outgoing.count / 2 {
            outgoing.removeSubrange(..<written)
            written = 0
        }
        guard !isWaitingToWrite else { return }
        isWaitingToWrite = true
        loop.watchWritable(writeEnd) { [unowned self] in self.flush() }
    }

    /// The other side reads no more. What it has said before may still be waiting to be read.
    private func abandonWriting() {
        closeWriteEnd()
        if readEnd < 0 { onClose() }
    }

    // MARK: Receiving

    /// Hands out every line that has arrived, without waiting for more. For the time when the other side is
    /// known to have ended.
    package func drain() {
        while readEnd >= 0, receive() {}
    }

    /// False: nothing more is there now.
    private func receive() -> Bool {
        let descriptor = readEnd
        let count = readSome(descriptor, loop.scratch)
        if count < 0, errno == EAGAIN || errno == EINTR { return errno == EINTR }
        guard count > 0 else {
            closeReadEnd()
            onClose()
            return false
        }
        framing.append(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
        // A handler may close the channel, and with it everything that waits.
        while readEnd == descriptor, let piece = framing.next() {
            switch piece {
            case .line(let line): onLine(line)
            case .oversized(let bytes): onOversizedLine(bytes)
            }
        }
        return true
    }

    private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
        #else
            Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
        #endif
    }

    // MARK: Closing

    /// Ends our direction once what was sent is written; the other side sees the end of the stream.
    package func finishWriting() {
        endsWriting = true
        if backlog == 0 { closeWriteEnd() }
    }

    /// Writes what can be written without waiting and closes both directions. No handler is called any more.
    package func close() {
        onClose = {}
        if backlog > 0 { flush() }
        closeReadEnd()
        closeWriteEnd()
    }

    private func closeReadEnd() {
        guard readEnd >= 0 else { return }
        let descriptor = readEnd
        readEnd = -1
        if descriptor == writeEnd { loop.unwatchReadable(descriptor) } else { end(descriptor) }
    }

    private func closeWriteEnd() {
        guard writeEnd >= 0 else { return }
        let descriptor = writeEnd
        writeEnd = -1
        outgoing = []
        written = 0
        isWaitingToWrite = false
        if descriptor == readEnd { loop.unwatchWritable(descriptor) } else { end(descriptor) }
    }

    private func end(_ descriptor: Int32) {
        loop.unwatch(descriptor)
        Descriptors.close(descriptor)
    }
}

@available(*, unavailable)
extension LineChannel: Sendable {}
