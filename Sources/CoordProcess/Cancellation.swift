import CoordSystem
import Synchronization

/// A flag that can be raised once, from any thread, and that waiting calls notice at once.
package final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        /// Made by the first call that waits. The write end is closed when the flag is raised.
        var ends: (read: Int32, write: Int32)?
    }

    private let state = Mutex(State())

    package init() {}

    deinit {
        state.withLock { state in
            guard let ends = state.ends else { return }
            Descriptors.close(ends.read)
            Descriptors.close(ends.write)
        }
    }

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Raises the flag. Every `CommandRunner.run` that has it ends its whole tree and returns.
    package func cancel() {
        state.withLock { state in
            guard !state.isCancelled else { return }
            state.isCancelled = true
            // Closing wakes everybody who waits on the other end, and stays visible to those who come later.
            if let ends = state.ends {
                Descriptors.close(ends.write)
                state.ends = (ends.read, -1)
            }
        }
    }

    /// Readable (end of file) once the flag is up. Valid as long as this object lives.
    func descriptor() throws(SystemError) -> Int32 {
        let result = state.withLock { state -> Result<Int32, SystemError> in
            if let ends = state.ends { return .success(ends.read) }
            do throws(SystemError) {
                var ends = try Descriptors.makePipe()
                if state.isCancelled {
                    Descriptors.close(ends.write)
                    ends.write = -1
                }
                state.ends = ends
                return .success(ends.read)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
