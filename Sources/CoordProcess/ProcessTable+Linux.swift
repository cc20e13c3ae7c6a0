#if os(Linux)
    import CPosix
    import CoordModel
    import CoordSystem
    import Glibc

    extension ProcessTable {
        /// One process, from `/proc/<pid>/stat` (proc_pid_stat(5)).
        static func entry(_ pid: Int32) -> Entry? {
            withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
                let count = read("/proc/\(pid)/stat", buffer)
                guard count > 0 else { return nil }
                return parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), pid)
            }
        }

        /// Every process this user may see.
        package static func all() -> [Entry] {
            // Without /proc nothing can be known, and callers make do with process groups.
            let names = (try? Files.list("/proc")) ?? []
            return names.compactMap { Int32($0).flatMap(entry) }
        }

        /// The second field is the program's name in parentheses and may hold anything; the rest stands
        /// behind the last parenthesis.
        private static func parse(_ bytes: UnsafeRawBufferPointer, _ pid: Int32) -> Entry? {
            guard let close = bytes.lastIndex(of: 0x29) else { return nil }
            var numbers: [UInt64] = []
            var state: UInt8 = 0
            var field = 0
            var value: UInt64 = 0
            for byte in bytes[(close + 1)...] {
                switch byte {
                case 0x20, 0x0A:
                    if field > 0 { numbers.append(value) }
                    field += 1
                    value = 0
                case 0x30...0x39: value = value &* 10 &+ UInt64(byte - 0x30)
                default: if field == 1 { state = byte }
                }
                if numbers.count == 20 { break }
            }
            // From field 3 on: state, parent, group, session, …, start time is field 22.
            guard numbers.count == 20 else { return nil }
            return Entry(
                identity: ProcessIdentity(pid: pid, startTime: numbers[19]),
                parent: Int32(truncatingIfNeeded: numbers[1]), group: Int32(truncatingIfNeeded: numbers[2]),
                session: Int32(truncatingIfNeeded: numbers[3]), isZombie: state == 0x5A || state == 0x58,
                // utime, stime, cutime, cstime: fields 14 to 17.
                processorTicks: numbers[11...14].reduce(0, +))
        }

        /// Children of all threads of a process.
        static func children(of pid: Int32) -> [Int32] {
            guard let threads = try? Files.list("/proc/\(pid)/task") else { return [] }
            var found: [Int32] = []
            for thread in threads {
                // Kernels without this list (CONFIG_PROC_CHILDREN) are served by the whole table.
                guard let text = try? Files.readText("/proc/\(pid)/task/\(thread)/children") else {
                    if Files.kind("/proc/\(pid)/task/\(thread)") == nil { continue }
                    return all().filter { $0.parent == pid }.map(\.pid)
                }
                found += text.split(separator: " ").compactMap { Int32($0) }
            }
            return found
        }

        /// Whether the process was started with this `NAME=value`.
        static func hasInEnvironment(_ pid: Int32, _ mark: String) -> Bool {
            // A process that cannot be read, or is gone, does not have it.
            guard let bytes = try? Files.read("/proc/\(pid)/environ", limitBytes: 4 << 20) else {
                return false
            }
            return bytes.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
        }

        private static func read(_ path: String, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
            let descriptor = coord_open(path, O_RDONLY, 0)
            guard descriptor >= 0 else { return -1 }
            defer { Descriptors.close(descriptor) }
            return Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
        }
    }
#endif
