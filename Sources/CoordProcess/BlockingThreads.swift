import CPosix

/// A few threads for calls that block: git, gates, the journal. They are real threads, because the pool of
/// Swift has one per core, and two blocked calls stop a small machine.
package final class BlockingThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// Jobs before this index have been taken.
        var taken = 0
        var threads = 0
        var idle = 0
        var isShutDown = false

        var waiting: Int { jobs.count - taken }

        mutating func take() -> (@Sendable () -> Void)? {
            guard taken < jobs.count else { return nil }
            let job = jobs[taken]
            taken += 1
            if taken == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                taken = 0
            } else if taken > 1024, taken > jobs.count / 2 {
                jobs.removeFirst(taken)
                taken = 0
            }
            return job
        }
    }

    private let monitor = Monitor(State())
    private let count: Int
    private let name: String
    private let queueLimit: Int

    /// Threads start when there is work for them, `count` at most. Their name is cut to 15 bytes.
    package init(count: Int, name: String, queueLimit: Int = 100_000) {
        self.count = max(1, count)
        self.name = String(name.prefix(15))
        self.queueLimit = queueLimit
    }

    /// Has the job done by some thread, the earliest first. False, and not done: after `shutdown`, with too
    /// many jobs waiting, or when the system gives no thread at all.
    @discardableResult
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isAccepted = monitor.withLock { state -> Bool in
            guard !state.isShutDown, state.waiting < queueLimit else { return false }
            state.jobs.append(job)
            if state.waiting > state.idle, state.threads < count { startThread(&state) }
            if state.threads == 0 {
                state.jobs.removeLast()
                return false
            }
            return true
        }
        if isAccepted { monitor.wakeOne() }
        return isAccepted
    }

    /// Takes no more jobs, drops those that wait, and returns when the running ones are done. Not to be
    /// called from a job.
    package func shutdown() {
        end()
        monitor.withLock(when: { $0.threads == 0 }) { _ in }
    }

    /// The threads hold the monitor, not this object: those of a forgotten pool end after their job.
    deinit { end() }

    private func end() {
        monitor.withLock { state in
            state.isShutDown = true
            state.jobs = []
            state.taken = 0
        }
        monitor.wakeAll()
    }

    private func startThread(_ state: inout State) {
        let box = Unmanaged.passRetained(monitor)
        let code = coord_start_thread(
            { argument in
                BlockingThreads.work(Unmanaged<Monitor<State>>.fromOpaque(argument!).takeRetainedValue())
            }, box.toOpaque(), name)
        if code == 0 { state.threads += 1 } else { box.release() }
    }

    private static func work(_ monitor: Monitor<State>) {
        while let job = nextJob(monitor) { job() }
        monitor.withLock { $0.threads -= 1 }
        monitor.wakeAll()
    }

    private static func nextJob(_ monitor: Monitor<State>) -> (@Sendable () -> Void)? {
        monitor.withLock { $0.idle += 1 }
        return monitor.withLock(when: { $0.waiting > 0 || $0.isShutDown }) { state in
            state.idle -= 1
            return state.take()
        }
    }
}
