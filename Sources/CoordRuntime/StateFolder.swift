package import CoordModel
package import CoordSystem

/// Where coord keeps its own things in a project: `.coord/state`, for the owner alone, ignored by git through
/// a file of its own so that nothing of the project's settings is touched.
package struct StateFolder: Sendable, Equatable {
    package let project: String

    package init(project: String) { self.project = project }

    package var root: String { project + "/.coord/state" }
    package var database: String { root + "/state.db" }
    package var hub: String { root + "/hub.git" }
    package var run: String { root + "/run" }
    package var lock: String { run + "/coordinator.lock" }
    package var socket: String { run + "/coordinator.sock" }
    package var gates: String { root + "/gates" }
    /// One folder for each run, with the documents of its handoffs.
    package var handoffs: String { root + "/handoffs" }
    package var logs: String { root + "/logs" }

    /// One file per worker and run: everything its agents said.
    package func transcript(_ run: RunID, _ worker: WorkerID) -> String {
        root + "/transcripts/\(run)/\(worker).log"
    }

    /// The files of one attempt: prompt, handoffs.
    package func attempt(_ run: RunID, _ lease: Lease) -> String {
        root + "/attempts/\(run)/\(lease.task).\(lease.attempt)"
    }

    /// What an attempt is given to read and must not change: its skills.
    package func given(_ run: RunID, _ lease: Lease) -> String {
        root + "/given/\(run)/\(lease.task).\(lease.attempt)"
    }

    /// Every skill there is, for attempts of a run that look for more.
    package func pool(_ run: RunID) -> String { root + "/given/\(run)/pool.json" }

    /// What a client keeps for one task from attempt to attempt: settings, sessions, caches. A reviewer's is
    /// apart from the author's.
    package func agentHome(_ run: RunID, _ task: TaskID, isReview: Bool) -> String {
        root + "/agents/\(run)/\(task)" + (isReview ? ".review" : "")
    }

    /// What coord's own agent said on one task, for an attempt that goes on with it: no agent can see it.
    package func conversations(_ run: RunID, _ task: TaskID) -> String {
        root + "/conversations/\(run)/\(task)"
    }

    /// Where a worker works on tasks that need no worktree.
    package func scratch(_ worker: WorkerID) -> String { root + "/scratch/\(worker)" }

    /// What confined commands have for a temporary folder and a home, while they run.
    package var throwaway: String { root + "/throwaway" }

    /// Where the report of a run lies once it is over.
    package func report(_ run: RunID) -> String { root + "/reports/\(run).md" }

    /// Makes the folders and the file that keeps git from looking in. Existing ones are fine.
    package func make() throws(SystemError) {
        try Files.makeFolder(project + "/.coord")
        for folder in [root, run, gates, logs] { try Files.makeFolder(folder, permissions: 0o700) }
        try Self.ignoreEverything(in: root)
    }

    /// Writes a `.gitignore` of `*` into a folder, once.
    package static func ignoreEverything(in folder: String) throws(SystemError) {
        let file = folder + "/.gitignore"
        guard Files.kind(file) == nil else { return }
        try Files.writeAtomically(Array("*\n".utf8), to: file, permissions: 0o600, step: .ignoreFile)
    }
}
