#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many files the process may have open, against what a run needs: with fewer, workers and git could not
/// be started, one after the other, and nothing would get on.
package enum DescriptorLimit {
    /// The journal, locks, sockets, pipes of a git command on each thread.
    private static let ownDescriptors = 32
    /// Two pipes, its log, and what tells of its end.
    private static let descriptorsPerWorker = 4

    /// Raises the limit as far as it may be when a run with so many workers needs it. Throws
    /// `tooFewDescriptors` when that is not enough.
    package static func ensure(workers: Int) throws(RuntimeError) {
        let needed = ownDescriptors + descriptorsPerWorker * workers
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        // A limit that cannot be read shows when it is reached.
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(needed) else { return }
        guard limit.rlim_max >= rlim_t(needed) else {
            throw .tooFewDescriptors(limit: Int(limit.rlim_max), needed: needed, workers: workers)
        }
        limit.rlim_cur = rlim_t(needed)
        guard setrlimit(resource, &limit) == 0 else {
            throw .tooFewDescriptors(limit: Int(limit.rlim_cur), needed: needed, workers: workers)
        }
    }
}
