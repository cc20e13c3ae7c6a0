import CoordSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The line of those who wait for a slot: a folder of tickets.
///
/// A ticket is a file that its owner holds locked; one that can be locked is a dead process's, and is taken
/// away by whoever sees it. The name says the place: priority first, then the time of coming. Beside each
/// ticket lies a bell, a named pipe, by which the one who gives a slot back wakes the next. A bell that is
/// never rung (its ringer was killed) costs a fifth of a second.
struct SlotLine: Sendable {
    /// How long one who waits sleeps when nobody rings.
    fileprivate static let lookAgainMilliseconds: Int64 = 200
    private static let counter = Atomic<UInt64>(0)
    private static let bellSuffix = ".bell"
    private static let unfinishedPrefix = "new-"

    let folder: String

    /// Whether anybody alive waits who would go before a newcomer of this priority.
    func hasAnyone(ofAtLeast priority: Int) -> Bool {
        tickets().contains { Ticket.priority(of: $0) ?? .min >= priority && isAlive($0) }
    }

    /// Those who wait, in their order.
    func uses() -> [SlotUse] {
        tickets().compactMap { FileLock.holder(folder + "/" + $0).flatMap { SlotUse(line: $0) } }
    }

    /// Takes a place.
    func join(_ use: SlotUse) throws(SystemError) -> Place {
        sweep()
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        let name = Ticket.name(use, time: MachineSize.monotonicNanoseconds(), number: number)
        let unfinished = folder + "/" + Self.unfinishedPrefix + name
        // It gets its name once it is locked: nobody may take it for a dead one's.
        guard let lock = try FileLock.acquire(unfinished, note: use.line) else {
            throw SystemError(operation: "lock", path: unfinished, code: EWOULDBLOCK)
        }
        let bellPath = folder + "/" + name + Self.bellSuffix
        guard mkfifo(bellPath, 0o600) == 0 else { throw .last("make the named pipe", bellPath) }
        // Open for both: it never reads an end of file, and a ringer finds a reader as long as we live.
        let bell = try Descriptors.open(bellPath, O_RDWR | O_NONBLOCK | O_NOFOLLOW)
        let place = Place(line: self, name: name, lock: lock, bell: bell)
        try Files.rename(unfinished, to: folder + "/" + name)
        return place
    }

    /// Wakes the first in line who lives.
    func ringFirst() {
        for name in tickets() where ring(name) { return }
    }

    /// False: nobody listens there any more.
    private func ring(_ name: String) -> Bool {
        // A bell that cannot be opened has no listener.
        let path = folder + "/" + name + Self.bellSuffix
        guard let descriptor = try? Descriptors.open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW) else {
            return false
        }
        defer { Descriptors.close(descriptor) }
        let one: [UInt8] = [1]
        // Full means that it rings already.
        _ = one.withUnsafeBytes { writeCall(descriptor, $0) }
        return true
    }

    /// Whether the ticket's owner lives; that of a dead one is taken away.
    fileprivate func isAlive(_ name: String) -> Bool {
        let path = folder + "/" + name
        if FileLock.holder(path) != nil { return true }
        remove(name)
        return false
    }

    fileprivate func remove(_ name: String) {
        // Gone already is as good: somebody else took it away.
        try? Files.remove(folder + "/" + name)
        try? Files.remove(folder + "/" + name + Self.bellSuffix)
    }

    /// In the order of the line.
    fileprivate func tickets() -> [String] {
        // No folder yet means that nobody ever waited.
        let names = (try? Files.list(folder)) ?? []
        return names.filter { Ticket.priority(of: $0) != nil }
    }

    /// Takes away what processes left that died between two steps of joining. The kernel's locks say nothing
    /// of these, so their owner's number does; to be wrong costs its owner a wait of a fifth of a second.
    private func sweep() {
        // As in `tickets`.
        let names = (try? Files.list(folder)) ?? []
        let known = Set(names)
        for name in names {
            let ticket: String
            if name.hasSuffix(Self.bellSuffix) {
                ticket = String(name.dropLast(Self.bellSuffix.count))
                if known.contains(ticket) { continue }
            } else if name.hasPrefix(Self.unfinishedPrefix) {
                ticket = String(name.dropFirst(Self.unfinishedPrefix.count))
            } else {
                continue
            }
            guard let pid = Ticket.owner(of: ticket), kill(pid, 0) != 0, errno == ESRCH else { continue }
            // Gone already is as good.
            try? Files.remove(folder + "/" + name)
        }
    }

    /// Names of tickets: `<50000 - priority>-<nanoseconds>-<pid>-<number>`, sorted as the line is.
    private enum Ticket {
        static func name(_ use: SlotUse, time: Int64, number: UInt64) -> String {
            let digits = String(time)
            let padded = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
            return "\(50_000 - use.priority)-\(padded)-\(use.pid)-\(number)"
        }

        static func priority(of name: String) -> Int? {
            let parts = name.split(separator: "-")
            guard parts.count == 4, parts[1].count == 20, UInt64(parts[3]) != nil else { return nil }
            return Int(parts[0]).map { 50_000 - $0 }
        }

        static func owner(of name: String) -> Int32? {
            let parts = name.split(separator: "-")
            return parts.count == 4 ? Int32(parts[2]) : nil
        }
    }

    /// One place in the line, until it is left.
    final class Place {
        enum Waking { case rung, quiet, cancelled, timedOut }

        private let line: SlotLine
        private let name: String
        private let lock: FileLock
        private let bell: Int32

        init(line: SlotLine, name: String, lock: FileLock, bell: Int32) {
            self.line = line
            self.name = name
            self.lock = lock
            self.bell = bell
        }

        deinit { Descriptors.close(bell) }

        /// Goes, and lets the next look: there may be more than one free slot.
        func leave() {
            line.remove(name)
            lock.unlock()
            line.ringFirst()
        }

        /// Whether nobody alive stands before this place.
        func isFirst() -> Bool {
            for other in line.tickets() {
                if other == name { return true }
                if line.isAlive(other) { return false }
            }
            // Our ticket was taken away by a person; the place is as good as any.
            return true
        }

        /// Waits for the bell, a fifth of a second at most.
        func wait(until deadline: Int64?, _ cancellation: Cancellation?) throws(SystemError) -> Waking {
            var milliseconds = SlotLine.lookAgainMilliseconds
            if let deadline {
                let left = deadline - MachineSize.monotonicNanoseconds()
                if left <= 0 { return .timedOut }
                milliseconds = min(milliseconds, (left + 999_999) / 1_000_000)
            }
            var waited = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
            if let cancellation {
                waited.append(pollfd(fd: try cancellation.descriptor(), events: Int16(POLLIN), revents: 0))
            }
            let count = pollCall(&waited, Int32(milliseconds))
            if waited.count > 1, waited[1].revents != 0 { return .cancelled }
            guard count > 0 else { return .quiet }
            var buffer = [UInt8](repeating: 0, count: 64)
            while readCall(bell, &buffer) > 0 {}
            return .rung
        }
    }
}

/// Names that a folder of ours holds.
enum OwnNames {
    /// The numbers behind a prefix, sorted.
    static func numbers(in folder: String, prefix: String) -> [Int] {
        // A folder that is not there holds none.
        let names = (try? Files.list(folder)) ?? []
        return names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }.sorted()
    }
}
