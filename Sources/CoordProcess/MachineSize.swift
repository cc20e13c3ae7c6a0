import CPosix
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the machine has to give to this process.
package enum MachineSize {
    /// Processors; inside a container with a quota as many as the quota gives, one at least.
    package static func cores() -> Int {
        let online = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let quota = limit("cpu.max").flatMap { text -> Int? in
            let parts = text.split(separator: " ")
            guard parts.count == 2, let share = Int(parts[0]), let period = Int(parts[1]), period > 0 else {
                return nil
            }
            return (share + period - 1) / period
        }
        return max(1, min(online, quota ?? online))
    }

    /// Physical memory, or what a container may use of it.
    package static func memoryBytes() -> Int64 {
        let pages = Int64(sysconf(Int32(_SC_PHYS_PAGES)))
        let all = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return min(all, limit("memory.max").flatMap { Int64($0) } ?? all)
    }

    /// A limit of the control group, where there is one: Linux, version 2.
    private static func limit(_ name: String) -> String? {
        // Most machines have no such file.
        guard let text = try? Files.readText("/sys/fs/cgroup/" + name) else { return nil }
        return text.split(separator: "\n").first.map(String.init)
    }

    static func monotonicNanoseconds() -> Int64 { coord_monotonic_now() }
    static func wallMilliseconds() -> Int64 { coord_wall_now() / 1_000_000 }
}
