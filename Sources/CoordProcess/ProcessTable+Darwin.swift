#if os(macOS)
    import CoordModel
    import Darwin

    extension ProcessTable {
        /// One process, by `proc_pidinfo`.
        static func entry(_ pid: Int32) -> Entry? {
            var info = proc_bsdinfo()
            let size = Int32(MemoryLayout<proc_bsdinfo>.size)
            guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size else { return nil }
            let start = info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec
            return Entry(
                identity: ProcessIdentity(pid: pid, startTime: start), parent: Int32(info.pbi_ppid),
                group: Int32(info.pbi_pgid), session: getsid(pid), isZombie: info.pbi_status == UInt32(SZOMB))
        }

        /// Every process this user may see.
        package static func all() -> [Entry] {
            let wanted = proc_listallpids(nil, 0)
            guard wanted > 0 else { return [] }
            var pids = [Int32](repeating: 0, count: Int(wanted) + 64)
            let count = proc_listallpids(&pids, Int32(pids.count * MemoryLayout<Int32>.stride))
            return pids.prefix(Int(max(0, count))).compactMap(entry)
        }

        static func children(of pid: Int32) -> [Int32] {
            all().filter { $0.parent == pid }.map(\.pid)
        }

        /// There are no adopted children to tell apart here.
        static func hasInEnvironment(_ pid: Int32, _ mark: String) -> Bool { false }
    }
#endif
