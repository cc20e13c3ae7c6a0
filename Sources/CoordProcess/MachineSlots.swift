package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Who holds a slot, or waits for one. It informs people and decides nothing: what is held is told by the
/// kernel's locks alone.
package struct SlotUse: Sendable, Equatable {
    package var pid: Int32
    /// Higher goes first.
    package var priority: Int
    /// Milliseconds since 1970, when it began to hold or to wait.
    package var since: Int64
    /// What the slot is for, such as the command.
    package var label: String

    package init(pid: Int32 = getpid(), priority: Int, since: Int64, label: String) {
        self.pid = pid
        self.priority = priority
        self.since = since
        self.label = label
    }

    /// One line for a lock file.
    var line: String {
        var plain = ""
        for scalar in label.unicodeScalars.prefix(200) {
            plain.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return "\(pid)\t\(priority)\t\(since)\t\(plain)"
    }

    /// Reads such a line; nil when it was cut short or is no such line.
    init?(line: String) {
        let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let pid = Int32(fields[0]), let priority = Int(fields[1]),
            let since = Int64(fields[2])
        else { return nil }
        self.init(pid: pid, priority: priority, since: since, label: String(fields[3]))
    }
}

/// One semaphore for the heavy commands of a whole machine: all runs and all shells of one user.
///
/// A slot is a file under a kernel lock, and so is a place in the waiting line: whoever dies, however it
/// happens, gives both back at once. Those who wait are served by priority, then in the order in which they
/// came. Calls block and may come from any thread.
package struct MachineSlots: Sendable {
    /// The variable that tells a command that a slot is held for it: it needs none of its own.
    package static let mark = "COORD_SLOT"
    /// The variable that sets how many slots there are, over what the machine would give.
    package static let countVariable = "COORD_SLOTS"
    package static let countMax = 256
    package static let priorities = -1000...1000

    /// A build or a test run is given this much memory before the number of cores counts.
    private static let memoryPerSlotBytes: Int64 = 2 << 30

    /// Holds `slot-<n>` and the folder of the waiting line.
    package let folder: String
    package let count: Int

    package init(folder: String, count: Int) {
        self.folder = folder
        self.count = min(max(count, 1), Self.countMax)
    }

    /// How many slots a machine has: one per core, as long as each has 2 GiB of memory; one at least.
    package static func count(cores: Int, memoryBytes: Int64) -> Int {
        Int(clamping: min(Int64(max(cores, 1)), max(memoryBytes / memoryPerSlotBytes, 1), Int64(countMax)))
    }

    /// The slots of this user on this machine, in coord's state folder. `COORD_SLOTS` sets their number; a
    /// value that is no number from 1 to 256 counts as none. Nil: there is no home to keep them in.
    package static func ofThisMachine(_ environment: [String: String] = Environment.all) -> MachineSlots? {
        guard let state = UserFolders.state(environment) else { return nil }
        let wish = environment[countVariable].flatMap { Int($0) }.flatMap { (1...countMax) ~= $0 ? $0 : nil }
        return MachineSlots(
            folder: state + "/slots",
            count: wish ?? count(cores: MachineSize.cores(), memoryBytes: MachineSize.memoryBytes()))
    }

    /// Whether the caller runs inside a slot that is held for it.
    package static func isInside(_ environment: [String: String] = Environment.all) -> Bool {
        environment[mark].map { !$0.isEmpty } ?? false
    }
}

/// What came of waiting for a slot.
package enum SlotAnswer: Sendable {
    case held(HeldSlot)
    case cancelled
    case timedOut
}

/// A slot that is held as long as this object lives and until `release`.
package final class HeldSlot: Sendable {
    /// From 1.
    package let number: Int
    private let lock: FileLock
    private let line: SlotLine

    init(number: Int, lock: FileLock, line: SlotLine) {
        self.number = number
        self.lock = lock
        self.line = line
    }

    deinit {
        lock.unlock()
        line.ringFirst()
    }

    /// What the command in the slot must see in its environment.
    package var variables: [String: String] { [MachineSlots.mark: "\(number)"] }
}

/// Who has what, for people to look at.
package struct SlotPicture: Sendable, Equatable {
    /// One slot; `use` is nil when it is free.
    package struct Slot: Sendable, Equatable {
        package var number: Int
        package var use: SlotUse?
    }

    package var slots: [Slot]
    /// Those who wait, the next one first.
    package var waiting: [SlotUse]
}

extension MachineSlots {
    private func path(_ number: Int) -> String { folder + "/slot-\(number)" }
    private var line: SlotLine { SlotLine(folder: folder + "/line") }

    /// Waits for a slot and holds it.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait in line at most; nil: as long as it takes.
    ///   - onWait: called once, when the slot is not to be had at once.
    package func claim(
        _ label: String, priority: Int = 0, timeout: Duration? = nil, cancellation: Cancellation? = nil,
        onWait: (SlotPicture) -> Void = { _ in }
    ) throws(SystemError) -> SlotAnswer {
        if let cancellation, cancellation.isCancelled { return .cancelled }
        try Files.makeFolder(folder + "/line", permissions: 0o700)
        let priority = min(max(priority, Self.priorities.lowerBound), Self.priorities.upperBound)
        var use = SlotUse(priority: priority, since: MachineSize.wallMilliseconds(), label: label)
        if !line.hasAnyone(ofAtLeast: priority), let held = try take(use) { return .held(held) }
        let place = try line.join(use)
        defer { place.leave() }
        onWait(picture())
        var patience = SlotPatience()
        let deadline = timeout.map { MachineSize.monotonicNanoseconds() + $0.wholeNanoseconds }
        while true {
            use.since = MachineSize.wallMilliseconds()
            if place.isFirst() || patience.isOver(isAnyFree()) {
                if let held = try take(use) { return .held(held) }
            }
            switch try place.wait(until: deadline, cancellation) {
            case .cancelled: return .cancelled
            case .timedOut: return .timedOut
            case .rung: patience = SlotPatience()
            case .quiet: patience.rounds += 1
            }
        }
    }

    /// Takes the first free slot.
    private func take(_ use: SlotUse) throws(SystemError) -> HeldSlot? {
        for number in 1...count {
            if let lock = try FileLock.acquire(path(number), note: use.line) {
                return HeldSlot(number: number, lock: lock, line: line)
            }
        }
        return nil
    }

    private func isAnyFree() -> Bool { (1...count).contains { FileLock.holder(path($0)) == nil } }

    /// Who holds and who waits just now. Slots beyond the number that somebody else counted with are shown
    /// while they are held.
    package func picture() -> SlotPicture {
        let others = OwnNames.numbers(in: folder, prefix: "slot-").filter { $0 > count }
        let slots = (Array(1...count) + others).compactMap { number -> SlotPicture.Slot? in
            let holder = FileLock.holder(path(number))
            if holder == nil, number > count { return nil }
            // Held, and not yet written down by whom.
            let use = holder.map {
                SlotUse(line: $0)
                    ?? SlotUse(pid: 0, priority: 0, since: MachineSize.wallMilliseconds(), label: "")
            }
            return SlotPicture.Slot(number: number, use: use)
        }
        return SlotPicture(slots: slots, waiting: line.uses())
    }
}

/// The first in line takes what becomes free. Should it be stopped (Ctrl-Z), those behind it need not wait
/// for it: a slot that stays free for three looks of theirs is taken by whoever saw that.
private struct SlotPatience {
    var rounds = 0
    private var seenFree = 0
    private var lookedAt = 0

    mutating func isOver(_ isFree: @autoclosure () -> Bool) -> Bool {
        guard rounds > lookedAt else { return false }
        lookedAt = rounds
        seenFree = isFree() ? seenFree + 1 : 0
        return seenFree >= 3
    }
}
