#if os(Linux)
    import CPosix
    import CoordSystem
    import Glibc

    /// Which descriptors are ready, by epoll(7), level-triggered.
    final class Readiness {
        private static let limit = 128

        private let epoll: Int32
        private let found = UnsafeMutablePointer<coord_ready>.allocate(capacity: Readiness.limit)

        init() throws(SystemError) {
            epoll = coord_epoll_create()
            guard epoll >= 0 else { throw .last("make an event loop") }
        }

        deinit {
            Descriptors.close(epoll)
            found.deallocate()
        }

        func add(_ descriptor: Int32, generation: UInt32, interest: Int32) -> Waiting {
            if coord_epoll_add(epoll, descriptor, generation, interest) == 0 { return .waits }
            // The number was closed without being unwatched, and another thread's copy kept it alive.
            if errno == EEXIST, coord_epoll_change(epoll, descriptor, generation, interest) == 0 {
                return .waits
            }
            precondition(
                errno == EPERM, "cannot watch descriptor \(descriptor): \(SystemError.reason(errno))")
            return .neverWaits
        }

        func change(_ descriptor: Int32, generation: UInt32, interest: Int32) {
            // A descriptor that was closed meanwhile has left by itself.
            _ = coord_epoll_change(epoll, descriptor, generation, interest)
        }

        func remove(_ descriptor: Int32) { _ = coord_epoll_remove(epoll, descriptor) }

        /// Waits, for ever when negative; the answers are then read by `ready`.
        func wait(milliseconds: Int32) -> Int {
            let count = coord_epoll_wait(epoll, found, Int32(Self.limit), milliseconds)
            precondition(count >= 0, "cannot wait for descriptors: \(SystemError.reason(errno))")
            return Int(count)
        }

        /// As `wait(milliseconds:)`, for times shorter than epoll's unit.
        func wait(nanoseconds: Int64) -> Int {
            coord_wait_readable(epoll, nanoseconds) > 0 ? wait(milliseconds: 0) : 0
        }

        func ready(_ index: Int) -> coord_ready { found[index] }
    }
#endif
