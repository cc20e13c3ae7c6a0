import CoordProcess
import CoordSystem

/// Waits for a slot of the machine on a thread of its own, and tells the loop once.
final class SlotWait {
    private let cancellation = Cancellation()
    private let thread = BlockingThreads(count: 1, name: "coord-slot")
    private let loop: EventLoop
    private let mailbox: Mailbox<HeldSlot?>

    /// `completion` gets nil when no slot can be had, for which the command need not wait. It is not called
    /// after `cancel`.
    ///
    /// - Parameter slots: those that are waited for; the machine's for heavy commands as a rule.
    init(
        _ label: String, of slots: MachineSlots? = .ofThisMachine(), priority: Int = 0, loop: EventLoop,
        completion: @escaping (HeldSlot?) -> Void
    ) throws(SystemError) {
        self.loop = loop
        mailbox = try Mailbox(loop: loop, completion)
        thread.submit { [mailbox, cancellation] in
            var slot: HeldSlot?
            // Without a home, or with a full disk, there are no slots; the command runs all the same.
            if let slots,
                case .held(let held)? = try? slots.claim(
                    label, priority: priority, cancellation: cancellation)
            {
                slot = held
            }
            if !cancellation.isCancelled { mailbox.post(slot) }
        }
    }

    /// Leaves the line; nothing is told any more.
    func cancel() {
        cancellation.cancel()
        loop.unwatch(mailbox.descriptor)
    }

    deinit { cancel() }
}
