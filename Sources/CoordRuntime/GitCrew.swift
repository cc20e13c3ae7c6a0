import CoordCore
import CoordGit
import CoordModel
import CoordProcess
import Synchronization

/// Does the git work of a run on threads of its own and answers with events.
///
/// Worktrees and snapshots run side by side, a few at a time; building, gating and landing run one after the
/// other on one thread, in the order in which the coordinator asked.
final class GitCrew {
    private let workspace: Workspace
    private let merge: MergeSettings
    private let run: RunID
    private let answers: Mailbox<Event>
    private let sandbox: Sandbox?
    private let hands: BlockingThreads
    private let lander = BlockingThreads(count: 1, name: "coord-lander")
    private var gateCancellation = Cancellation()
    private let openedGate = OpenedGate()

    init(
        workspace: Workspace, merge: MergeSettings, run: RunID, workers: Int, sandbox: Sandbox?,
        answers: Mailbox<Event>
    ) {
        self.sandbox = sandbox
        self.workspace = workspace
        self.merge = merge
        self.run = run
        self.answers = answers
        hands = BlockingThreads(count: min(max(workers, 1), 4), name: "coord-git")
    }

    func prepareWorktree(slot: Int, worker: WorkerID, _ lease: Lease, base: ObjectID?) {
        hands.submit { [workspace, answers] in
            do {
                let made = try workspace.prepareWorktree(slot: worker.rawValue, lease: lease, base: base)
                if let rescue = made.rescued {
                    answers.post(.workFound(rescue.lease, rescue.commit, reference: rescue.reference))
                }
                answers.post(.worktreePrepared(slot: slot, lease, branch: made.branch, base: made.base))
            } catch {
                answers.post(.worktreeFailed(slot: slot, lease, reason: "\(error)"))
            }
        }
    }

    func takeWork(slot: Int, worker: WorkerID, _ lease: Lease, _ spec: TaskSpec, base: ObjectID, rescue: Bool)
    {
        let message = "\(spec.title)\n\nTask \(spec.id), attempt \(lease.attempt).\n"
        hands.submit { [workspace, answers] in
            do {
                let taken: TakenWork
                if rescue {
                    let kept = try workspace.rescue(slot: worker.rawValue, lease: lease)
                    taken = kept.map { .rescued($0.commit, reference: $0.reference) } ?? .nothing
                } else {
                    let snapshot = try workspace.snapshot(
                        slot: worker.rawValue, lease: lease, base: base, message: message)
                    taken = snapshot.map { .commit($0.commit, base: base, files: $0.files) } ?? .nothing
                }
                answers.post(.workTaken(slot: slot, lease, taken))
            } catch {
                answers.post(.workTaken(slot: slot, lease, .failed(reason: "\(error)")))
            }
        }
    }

    /// Builds the candidate on the target's head. The landing commit alone carries the trailers.
    func stage(_ candidate: Candidate, _ spec: TaskSpec, worker: WorkerID) {
        let lease = candidate.lease
        let message = """
            \(spec.title)

            Coord-Run: \(run)
            Coord-Task: \(lease.task)
            Coord-Attempt: \(lease.attempt)
            Coord-Worker: \(worker)

            """
        lander.submit { [workspace, answers, merge, openedGate] in
            do {
                let head = try workspace.targetHead()
                let outcome = try workspace.stage(
                    commit: candidate.commit, base: candidate.base, onto: head, message: message,
                    style: merge.style
                )
                switch outcome {
                case .staged(let commit, let tree):
                    answers.post(.staged(lease, .staged(commit: commit, tree: tree, onto: head)))
                    if !merge.gate.isEmpty { openedGate.open(for: commit, in: workspace) }
                case .conflict(let files, let excerpt):
                    answers.post(.staged(lease, .conflict(onto: head, files: files, excerpt: excerpt)))
                }
            } catch {
                answers.post(.staged(lease, .failed(reason: "\(error)")))
            }
        }
    }

    func gate(_ candidate: Candidate, commit: ObjectID) {
        let cancellation = Cancellation()
        gateCancellation = cancellation
        lander.submit { [workspace, answers, merge, openedGate, sandbox] in
            var report: GateReport?
            do {
                if merge.gate.isEmpty {
                    report = GateRunner.run([], in: "/", timeout: .zero, cancellation: cancellation)
                } else {
                    let folder = try openedGate.take(for: commit, in: workspace)
                    report = GateRunner.run(
                        merge.gate, in: folder, timeout: merge.gateTimeout, cancellation: cancellation,
                        sandbox: sandbox)
                }
            } catch {
                report = GateReport(
                    outcome: .couldNotRun, command: merge.gate.first ?? "", exit: nil, duration: .zero,
                    reason: "\(error)", tail: "")
            }
            // A cancelled gate has no verdict: the queue was told before and waits for none.
            if let report { answers.post(.gated(candidate.lease, report)) }
        }
    }

    func cancelGate() { gateCancellation.cancel() }

    func advance(_ candidate: Candidate, commit: ObjectID, from: ObjectID) {
        lander.submit { [workspace, answers] in
            do {
                let outcome: MergeQueue.Advance =
                    switch try workspace.land(commit: commit, from: from) {
                    case .landed: .landed
                    case .alreadyLanded: .alreadyLanded
                    case .moved: .moved
                    case .delayed(let reason): .delayed(reason: reason)
                    }
                answers.post(.advanced(candidate.lease, outcome))
            } catch {
                answers.post(.advanced(candidate.lease, .failed(reason: "\(error)")))
            }
        }
    }

    /// Waits for what runs and takes the gate's folders away.
    func end() {
        gateCancellation.cancel()
        hands.shutdown()
        lander.shutdown()
        do throws(GitError) { try workspace.closeGates() } catch { leftovers = error }
    }

    /// Why the gate's folder could not be taken away, if so. It is coord's own and is made anew by the next
    /// run.
    private(set) var leftovers: GitError?
}

/// The gate's folder, made ready while the coordinator writes the candidate down: nothing has run in it yet.
private final class OpenedGate: Sendable {
    private static let name = "gate"
    private let opened = Mutex<(commit: ObjectID, folder: String)?>(nil)

    func open(for commit: ObjectID, in workspace: Workspace) {
        // What fails here is tried again, and told, when the gate is to run.
        let folder = try? workspace.openGate(name: Self.name, commit: commit)
        opened.withLock { $0 = folder.map { (commit, $0) } }
    }

    /// The folder of exactly this commit, for one gate.
    func take(for commit: ObjectID, in workspace: Workspace) throws(GitError) -> String {
        let ready = opened.withLock { opened in
            defer { opened = nil }
            return opened
        }
        if let ready, ready.commit == commit { return ready.folder }
        return try workspace.openGate(name: Self.name, commit: commit)
    }
}
