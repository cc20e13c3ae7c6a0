import CPosix
package import CoordModel
package import CoordSystem

/// Waits for descriptors and the time on one thread, and calls back. All that belongs to a loop (channels,
/// watches, whatever its handlers reach) stays on that thread: the type is not Sendable, and the compiler
/// holds to it. From other threads only a `Mailbox` speaks to it.
///
/// A turn: wait, call the handlers of what is ready, the alarm if it is due, then the handlers of the turn's
/// end, then one write per channel that has something to say. A handler may unwatch or close any descriptor,
/// also its own: nothing that was unwatched is called, not even with what was seen before.
package final class EventLoop {
    private struct Watch {
        /// Tells this use of a descriptor's number from earlier ones.
        var generation: UInt32 = 0
        var onReadable: (() -> Void)?
        var onWritable: (() -> Void)?
        /// The system cannot wait for it (a plain file, the null device): it never blocks, hence always
        /// ready.
        var isAlwaysReady = false

        var interest: Int32 {
            (onReadable == nil ? 0 : Int32(COORD_READABLE)) | (onWritable == nil ? 0 : Int32(COORD_WRITABLE))
        }
    }

    /// Called when the alarm is due.
    package var alarm: (() -> Void)?
    /// Room for one read, shared by all who read within the loop; its content is anybody's after a call back.
    package let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    private let readiness: Readiness
    /// By descriptor number.
    private var watches: [Watch] = []
    private var nextGeneration: UInt32 = 1
    private var alwaysReady: [Int32] = []
    private var alarmAt: Int64?
    private var turnEndHandlers: [() -> Void] = []
    private var unflushed: [LineChannel] = []
    private var isRunning = false
    private var isStopped = false

    /// Also sets SIGPIPE to ignored: a broken pipe is told by the write that met it.
    package init() throws(SystemError) {
        coord_prepare_signals()
        readiness = try Readiness()
    }

    deinit { scratch.deallocate() }

    // MARK: Watching

    /// Calls the handler in every turn in which a read would not wait; the end of the stream counts.
    package func watchReadable(_ descriptor: Int32, _ handler: @escaping () -> Void) {
        change(descriptor) { $0.onReadable = handler }
    }

    /// Calls the handler in every turn in which a write would not wait; a broken stream counts.
    package func watchWritable(_ descriptor: Int32, _ handler: @escaping () -> Void) {
        change(descriptor) { $0.onWritable = handler }
    }

    /// Forgets the handler for reading. One that is not there is fine.
    package func unwatchReadable(_ descriptor: Int32) {
        guard watches.indices.contains(Int(descriptor)) else { return }
        change(descriptor) { $0.onReadable = nil }
    }

    /// Forgets the handler for writing. One that is not there is fine.
    package func unwatchWritable(_ descriptor: Int32) {
        guard watches.indices.contains(Int(descriptor)) else { return }
        change(descriptor) { $0.onWritable = nil }
    }

    /// Forgets a descriptor; do it before closing. One that is not watched is fine.
    package func unwatch(_ descriptor: Int32) {
        guard watches.indices.contains(Int(descriptor)) else { return }
        change(descriptor) {
            $0.onReadable = nil
            $0.onWritable = nil
        }
    }

    private func change(_ descriptor: Int32, _ edit: (inout Watch) -> Void) {
        precondition(descriptor >= 0, "a closed descriptor cannot be watched")
        let index = Int(descriptor)
        while watches.count <= index { watches.append(Watch()) }
        let before = watches[index].interest
        // Held until the end: a handler may be let go of while it runs.
        let kept = watches[index]
        edit(&watches[index])
        let after = watches[index].interest
        switch (before, after) {
        case (0, 0): break
        case (0, _):
            watches[index].generation = nextGeneration
            nextGeneration &+= 1
            start(descriptor)
        case (_, 0):
            // The number moves on: what was seen before is no longer for anybody.
            watches[index].generation = 0
            if kept.isAlwaysReady {
                watches[index].isAlwaysReady = false
                alwaysReady.removeAll { $0 == descriptor }
            } else {
                readiness.remove(descriptor)
            }
        default:
            if before != after, !kept.isAlwaysReady {
                readiness.change(descriptor, generation: kept.generation, interest: after)
            }
        }
        withExtendedLifetime(kept) {}
    }

    private func start(_ descriptor: Int32) {
        let watch = watches[Int(descriptor)]
        switch readiness.add(descriptor, generation: watch.generation, interest: watch.interest) {
        case .waits: break
        case .neverWaits:
            watches[Int(descriptor)].isAlwaysReady = true
            alwaysReady.append(descriptor)
        }
    }

    /// Calls the handler once when the child has ended. What is left of its process group is killed first,
    /// then the child is reaped. `unwatch(child.exitDescriptor)` calls it off.
    package func watchExit(of child: ChildProcess, _ handler: @escaping (ExitOutcome) -> Void) {
        watchReadable(child.exitDescriptor) { [unowned self] in
            guard child.hasEnded else { return }
            child.signalGroup(9)
            guard let outcome = child.poll() else { return }
            unwatch(child.exitDescriptor)
            handler(outcome)
        }
    }

    // MARK: Time and turns

    /// Calls `alarm` once after a time; a later call replaces an earlier one, nil calls it off.
    package func setAlarm(after delay: Duration?) {
        alarmAt = delay.map { coord_monotonic_now() + max(0, $0.wholeNanoseconds) }
    }

    /// Calls the handler at the end of every turn, in the order of these calls.
    package func onTurnEnd(_ handler: @escaping () -> Void) { turnEndHandlers.append(handler) }

    /// The loop's clock: nanoseconds that only ever grow.
    package var nanoseconds: Int64 { coord_monotonic_now() }

    /// Waits at most so long for something more and calls its handlers, within the present turn. For a
    /// handler of the turn's end that gains by hearing more before it decides. False: nothing more came.
    package func admit(within limit: Duration) -> Bool {
        let count = readiness.wait(nanoseconds: max(0, limit.wholeNanoseconds))
        for index in 0..<count { dispatch(readiness.ready(index)) }
        return count > 0
    }

    /// A channel with something to write; written once, at the end of the turn.
    func flushAtTurnEnd(_ channel: LineChannel) { unflushed.append(channel) }

    /// Turns until `stop`.
    package func run() {
        precondition(!isRunning, "a loop runs once at a time")
        isRunning = true
        isStopped = false
        flush()
        while !isStopped {
            turn()
        }
        isRunning = false
    }

    /// Ends `run` after the present turn.
    package func stop() { isStopped = true }

    private func turn() {
        let count = readiness.wait(milliseconds: timeout())
        for index in 0..<count { dispatch(readiness.ready(index)) }
        for descriptor in alwaysReady {
            let watch = watches[Int(descriptor)]
            guard watch.isAlwaysReady else { continue }
            dispatch(
                coord_ready(descriptor: descriptor, generation: watch.generation, ready: watch.interest))
        }
        if let due = alarmAt, coord_monotonic_now() >= due {
            alarmAt = nil
            alarm?()
        }
        for handler in turnEndHandlers { handler() }
        flush()
    }

    private func dispatch(_ event: coord_ready) {
        let index = Int(event.descriptor)
        if event.ready & Int32(COORD_READABLE) != 0, watches[index].generation == event.generation,
            let handler = watches[index].onReadable
        {
            handler()
        }
        if event.ready & Int32(COORD_WRITABLE) != 0, watches[index].generation == event.generation,
            let handler = watches[index].onWritable
        {
            handler()
        }
    }

    /// Writing may close a channel, whose owner may then send on another: hence until nobody is left.
    private func flush() {
        while !unflushed.isEmpty {
            let channels = unflushed
            unflushed = []
            for channel in channels { channel.flush() }
        }
    }

    private func timeout() -> Int32 {
        if !alwaysReady.isEmpty { return 0 }
        guard let alarmAt else { return -1 }
        return Int32(clamping: max(0, (alarmAt - coord_monotonic_now() + 999_999) / 1_000_000))
    }
}

@available(*, unavailable)
extension EventLoop: Sendable {}

/// Whether the system can wait for a descriptor, or it never makes anybody wait.
enum Waiting {
    case waits, neverWaits
}
