#if os(macOS)
    import CPosix
    import CoordSystem
    import Darwin

    /// Which descriptors are ready, by poll(2). Its cost grows with the number of descriptors, which is a few
    /// hundred at most.
    final class Readiness {
        private var entries: [pollfd] = []
        private var generations: [UInt32] = []
        private var found: [coord_ready] = []

        init() throws(SystemError) {}

        func add(_ descriptor: Int32, generation: UInt32, interest: Int32) -> Waiting {
            remove(descriptor)
            entries.append(pollfd(fd: descriptor, events: events(interest), revents: 0))
            generations.append(generation)
            return .waits
        }

        func change(_ descriptor: Int32, generation: UInt32, interest: Int32) {
            guard let index = entries.firstIndex(where: { $0.fd == descriptor }) else { return }
            entries[index].events = events(interest)
            generations[index] = generation
        }

        func remove(_ descriptor: Int32) {
            guard let index = entries.firstIndex(where: { $0.fd == descriptor }) else { return }
            entries.remove(at: index)
            generations.remove(at: index)
        }

        func wait(milliseconds: Int32) -> Int {
            found.removeAll(keepingCapacity: true)
            guard pollCall(&entries, milliseconds) > 0 else { return 0 }
            for (entry, generation) in zip(entries, generations) where entry.revents != 0 {
                let broken = entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
                let readable = broken || entry.revents & Int16(POLLIN) != 0
                let writable = broken || entry.revents & Int16(POLLOUT) != 0
                let ready =
                    (readable ? Int32(COORD_READABLE) : 0) | (writable ? Int32(COORD_WRITABLE) : 0)
                found.append(coord_ready(descriptor: entry.fd, generation: generation, ready: ready))
            }
            return found.count
        }

        /// As `wait(milliseconds:)`; a part of a millisecond is not waited for.
        func wait(nanoseconds: Int64) -> Int { wait(milliseconds: Int32(clamping: nanoseconds / 1_000_000)) }

        func ready(_ index: Int) -> coord_ready { found[index] }

        private func events(_ interest: Int32) -> Int16 {
            Int16(interest & Int32(COORD_READABLE) != 0 ? POLLIN : 0)
                | Int16(interest & Int32(COORD_WRITABLE) != 0 ? POLLOUT : 0)
        }
    }
#endif
