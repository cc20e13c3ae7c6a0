#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A value under a lock whose holders can wait for it to change; the lock of `Synchronization` has no way to
/// wait.
///
/// Unchecked: the value is reached only through `withLock`, under the system's lock.
package final class Monitor<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reaches the value under the lock.
    package func withLock<Result>(_ body: (inout State) -> sending Result) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Waits until the condition holds, then goes on under the lock.
    package func withLock<Result>(
        when isReady: (borrowing State) -> Bool, _ body: (inout State) -> sending Result
    ) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReady(state) { pthread_cond_wait(condition, mutex) }
        return body(&state)
    }

    /// Lets those who wait look again.
    package func wakeAll() { pthread_cond_broadcast(condition) }

    /// Lets one of those who wait look again.
    package func wakeOne() { pthread_cond_signal(condition) }
}
