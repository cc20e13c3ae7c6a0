import CPosix
package import CoordModel
package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The system's table of processes: who lives, who descends from whom, and the safe ways to end them.
package enum ProcessTable {
    /// One line of the table.
    package struct Entry: Hashable, Sendable {
        package var identity: ProcessIdentity
        package var parent: Int32
        package var group: Int32
        package var session: Int32
        /// Ended, not yet reaped.
        package var isZombie: Bool
        /// What it and its ended children have computed, in clock ticks. 0: not known here.
        package var processorTicks: UInt64 = 0

        package var pid: Int32 { identity.pid }
    }

    /// When the process started, in the system's own unit; nil when there is no such process.
    package static func startTime(_ pid: Int32) -> UInt64? { entry(pid)?.identity.startTime }

    /// Whether exactly this process lives. A zombie does not; neither does a later process of the same
    /// number.
    package static func isAlive(_ identity: ProcessIdentity) -> Bool {
        guard let entry = entry(identity.pid), !entry.isZombie else { return false }
        return identity.startTime == 0 || entry.identity.startTime == identity.startTime
    }

    /// This process.
    package static func own() -> ProcessIdentity {
        let pid = getpid()
        return ProcessIdentity(pid: pid, startTime: startTime(pid) ?? 0)
    }

    /// Every living process below `pid`, not `pid` itself.
    package static func descendants(of pid: Int32) -> [Int32] {
        descendants(of: [pid], in: all()).filter { !$0.isZombie }.map(\.pid)
    }

    /// What everything below `pid` has computed so far, ended children included. Zero where it is unknown.
    package static func processorTime(below pid: Int32) -> Duration {
        let ticks = descendants(of: [pid], in: all()).reduce(UInt64(0)) { $0 + $1.processorTicks }
        return .milliseconds(Int64(clamping: ticks * 1000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))))
    }

    private static func descendants(of roots: Set<Int32>, in table: [Entry]) -> [Entry] {
        var family = roots
        var found: [Entry] = []
        var rest = table
        while true {
            let children = rest.filter { family.contains($0.parent) && !family.contains($0.pid) }
            if children.isEmpty { return found }
            found += children
            family.formUnion(children.map(\.pid))
            rest.removeAll { family.contains($0.pid) }
        }
    }

    /// Signals one process, if it is still the one that was meant.
    @discardableResult
    package static func signal(_ identity: ProcessIdentity, _ signal: Int32) -> Bool {
        let handle = coord_pidfd_open(identity.pid)
        if handle < 0 {
            // No handles here, or none left: the moment between the look and the signal remains.
            guard errno != ESRCH, isAlive(identity) else { return false }
            return kill(identity.pid, signal) == 0
        }
        defer { Descriptors.close(handle) }
        // Looked at after the handle was taken: the handle cannot move on to another process.
        guard isAlive(identity) else { return false }
        return coord_pidfd_signal(handle, signal) == 0
    }

    /// A descriptor that becomes readable when exactly this process has ended, child or not; the caller
    /// closes it. Nil: it does not live, or the system has no descriptors left.
    package static func exitDescriptor(of identity: ProcessIdentity) -> Int32? {
        let descriptor = coord_exit_descriptor(identity.pid)
        guard descriptor >= 0 else { return nil }
        // Looked at after the descriptor was taken: it cannot move on to another process.
        if isAlive(identity) { return descriptor }
        Descriptors.close(descriptor)
        return nil
    }

    // MARK: Trees

    /// `root` must be an unreaped child of this process, so that its number still means what it meant.
    static func signalTree(_ root: ProcessIdentity, _ number: Int32) {
        kill(-root.pid, number)
        for member in members(of: root) where member.group != root.pid { signal(member.identity, number) }
    }

    /// As `signalTree`, for everybody but the root itself.
    static func signalBelow(_ root: ProcessIdentity, _ number: Int32) {
        for member in members(of: root) where member.pid != root.pid { signal(member.identity, number) }
    }

    /// As `signalTree`; kills until nobody is left, for at most about a second.
    static func killTree(_ root: ProcessIdentity) {
        kill(-root.pid, SIGKILL)
        for _ in 0..<20 {
            let living = members(of: root)
            if living.isEmpty { return }
            end(living.map(\.identity))
        }
    }

    private static func members(of root: ProcessIdentity) -> [Entry] {
        let table = all()
        let own = table.filter { $0.pid == root.pid || $0.group == root.pid || $0.session == root.pid }
        let all = Set(own + descendants(of: Set(own.map(\.pid)).union([root.pid]), in: table))
        return all.filter { !$0.isZombie }
    }

    /// Kills these and waits until they are gone, for at most 50 ms.
    private static func end(_ identities: [ProcessIdentity]) {
        var handles: [pollfd] = []
        for identity in identities {
            let handle = coord_pidfd_open(identity.pid)
            if handle < 0 {
                signal(identity, SIGKILL)
            } else if isAlive(identity), coord_pidfd_signal(handle, SIGKILL) == 0 {
                handles.append(pollfd(fd: handle, events: Int16(POLLIN), revents: 0))
            } else {
                Descriptors.close(handle)
            }
        }
        let deadline = coord_monotonic_now() + 50_000_000
        for index in handles.indices {
            let left = max(0, (deadline - coord_monotonic_now()) / 1_000_000)
            #if canImport(Glibc)
                _ = Glibc.poll(&handles[index], 1, Int32(left))
            #else
                _ = Darwin.poll(&handles[index], 1, Int32(left))
            #endif
            Descriptors.close(handles[index].fd)
        }
        if handles.isEmpty {
            // Without handles there is nothing to wait on but time.
            var moment = timespec(tv_sec: 0, tv_nsec: 2_000_000)
            nanosleep(&moment, nil)
        }
    }

    // MARK: Orphans

    /// Makes this process the foster parent of its orphaned descendants (Linux only). From then on
    /// `reapAdopted` must be called when a child may have ended.
    package static func becomeSubreaper() throws(SystemError) {
        guard coord_become_subreaper() == 0 else { throw .last("become a sub-reaper") }
    }

    /// Whether orphaned descendants come to this process.
    package static var isSubreaper: Bool { coord_is_subreaper() != 0 }

    /// The children of this process that it did not start itself.
    package static func adopted() -> [ProcessIdentity] {
        guard isSubreaper else { return [] }
        let pids = ChildRegistry.shared.strangers { children(of: getpid()) }
        return pids.compactMap { entry($0)?.identity }
    }

    /// Reaps adopted children that have ended.
    package static func reapAdopted() {
        for identity in adopted() {
            var value: Int32 = 0
            _ = coord_wait(identity.pid, 0, 0, &value)
        }
    }

    /// Kills every process whose environment has the mark, as in `NAME=value`, and everything below it, and
    /// waits until they are gone: what a program that died has left. Where the environment of others cannot
    /// be read nothing is found. Returns how many were ended.
    @discardableResult
    package static func endStrays(mark: String) -> Int {
        var count = 0
        for _ in 0..<20 {
            let table = all().filter { !$0.isZombie }
            let found = table.filter { $0.pid != getpid() && hasInEnvironment($0.pid, mark) }
            if found.isEmpty { return count }
            let members = Set(found + descendants(of: Set(found.map(\.pid)), in: table))
            end(members.map(\.identity))
            count += members.count
        }
        return count
    }

    /// Kills and reaps adopted children and everything below them. `mark`, as in `NAME=value`, spares those
    /// whose environment does not have it, unless they are of the given session. Returns how many were ended.
    @discardableResult
    package static func endAdopted(mark: String? = nil, session: Int32? = nil) -> Int {
        var count = 0
        for _ in 0..<20 {
            let found = adopted().filter { identity in
                guard let entry = entry(identity.pid), !entry.isZombie else { return false }
                guard let mark else { return true }
                return entry.session == session || hasInEnvironment(identity.pid, mark)
            }
            if found.isEmpty { return count }
            let below = descendants(of: Set(found.map(\.pid)), in: all()).filter { !$0.isZombie }
            end(found + below.map(\.identity))
            count += found.count + below.count
            reapAdopted()
        }
        return count
    }
}
