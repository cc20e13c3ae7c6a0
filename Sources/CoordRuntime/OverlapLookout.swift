import CoordCore
import CoordGit
import CoordModel
import CoordProcess
import Synchronization

/// Looks at worktrees for the overlap radar, on a thread of its own that gives way to everything else.
final class OverlapLookout: Sendable {
    private let thread = BlockingThreads(count: 1, name: "coord-radar")
    private let trials: Mutex<TrialMerges>
    private let isEnding = Mutex(false)

    init(_ workspace: Workspace) { trials = Mutex(TrialMerges(workspace)) }

    /// Answers with `overlapSeen`, whatever happens. A look that cannot be taken sees nothing.
    func look(
        _ attempts: [OverlapRadar.Attempt], slots: [WorkerID], answers: Mailbox<Event>
    ) {
        let worktrees = zip(attempts, slots).map { attempt, worker in
            TrialMerges.Worktree(
                slot: worker.rawValue, lease: attempt.lease, base: attempt.base, isFresh: attempt.isFresh)
        }
        thread.submit { [self] in
            ThreadPriority.lower()
            guard !isEnding.withLock({ $0 }) else { return }
            var sighting = OverlapRadar.Sighting()
            // The radar informs; without it conflicts show at the merge queue, as they do anyway.
            if let found = try? trials.withLock({ trials throws(GitError) in try trials.look(worktrees) }) {
                sighting = OverlapRadar.Sighting(touched: found.touched, collisions: found.collisions)
            }
            answers.post(.overlapSeen(sighting))
        }
    }

    /// Waits for the look that runs and takes away what looking left.
    func end() {
        isEnding.withLock { $0 = true }
        thread.shutdown()
        // Coord's own folder, emptied before the next look in any case.
        try? trials.withLock { trials throws(GitError) in try trials.close() }
    }
}
