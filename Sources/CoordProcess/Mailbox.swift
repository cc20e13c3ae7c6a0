import CPosix
package import CoordSystem

/// Carries values from any thread to a loop's thread, in the order in which they were posted.
package final class Mailbox<Element: Sendable>: Sendable {
    private let core: MailboxCore<Element>

    /// The handler is called on the loop's thread, once per value. With `limit` values waiting, `post` waits
    /// too: a flood slows its source.
    package init(
        loop: EventLoop, limit: Int = 65_536, _ handler: @escaping (Element) -> Void
    ) throws(SystemError) {
        let core = try MailboxCore<Element>(limit: limit)
        self.core = core
        loop.watchReadable(core.bell.readEnd) {
            for element in core.takeAll() { handler(element) }
        }
    }

    /// For `EventLoop.unwatch`, when nobody wants the values any more.
    package var descriptor: Int32 { core.bell.readEnd }

    /// Leaves a value. Waits only when the box is full and the caller is another thread than the loop's.
    package func post(_ element: Element) { core.post(element) }
}

/// What the posters and the loop share; the descriptor lives as long as either.
private final class MailboxCore<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        /// The thread that takes; known after the first taking.
        var taker: UInt?
    }

    let bell: Bell
    private let limit: Int
    private let monitor = Monitor(State())

    init(limit: Int) throws(SystemError) {
        self.limit = max(1, limit)
        bell = try Bell()
    }

    func post(_ element: Element) {
        let caller = coord_thread_id()
        let wasEmpty = monitor.withLock(when: { $0.waiting.count < limit || $0.taker == caller }) { state in
            state.waiting.append(element)
            return state.waiting.count == 1
        }
        if wasEmpty { bell.ring() }
    }

    func takeAll() -> [Element] {
        bell.silence()
        let caller = coord_thread_id()
        let taken = monitor.withLock { state in
            state.taker = caller
            defer { state.waiting = [] }
            return state.waiting
        }
        monitor.wakeAll()
        return taken
    }
}

/// A descriptor that one thread makes readable for another.
final class Bell: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(SystemError) {
        #if os(Linux)
            readEnd = coord_eventfd()
            guard readEnd >= 0 else { throw .last("make an event descriptor") }
            writeEnd = readEnd
        #else
            (readEnd, writeEnd) = try Descriptors.makePipe()
            for end in [readEnd, writeEnd] { try Descriptors.setNonBlocking(end) }
        #endif
    }

    deinit {
        Descriptors.close(readEnd)
        if writeEnd != readEnd { Descriptors.close(writeEnd) }
    }

    func ring() {
        // Full means that it rings already. An eventfd takes eight bytes and adds them up.
        var one: UInt64 = 1
        _ = withUnsafeBytes(of: &one) { writeCall(writeEnd, $0) }
    }

    func silence() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while readCall(readEnd, &buffer) == buffer.count {}
    }
}
