import CoordCore
import CoordGit
import CoordModel
import CoordProcess
import CoordSystem
import Synchronization

/// Does the git work of a run on threads of its own and answers with events.
///
/// Worktrees and snapshots run side by side, a few at a time, and so do gates, each in a folder of its own.
/// Candidates are built one after the other on one thread, and landed on another, in the order in which the
/// coordinator asked: what has passed does not wait for what is built behind it.
final class GitCrew {
    private let workspace: Workspace
    private let merge: MergeSettings
    private let run: RunID
    private let answers: Mailbox<Event>
    private let sandbox: Sandbox?
    /// Where the files of an attempt lie.
    private let attempts: @Sendable (Lease) -> String
    private let hands: BlockingThreads
    private let builder = BlockingThreads(count: 1, name: "coord-builder")
    private let lander = BlockingThreads(count: 1, name: "coord-lander")
    private let gates: BlockingThreads
    private let gateFolders: GateFolders
    private let lookout: OverlapLookout
    private var gateCancellations: [MergeQueue.Ticket: Cancellation] = [:]

    init(
        workspace: Workspace, merge: MergeSettings, run: RunID, workers: Int, sandbox: Sandbox?,
        attempts: @escaping @Sendable (Lease) -> String, answers: Mailbox<Event>
    ) {
        self.attempts = attempts
        self.sandbox = sandbox
        self.workspace = workspace
        self.merge = merge
        self.run = run
        self.answers = answers
        hands = BlockingThreads(count: min(max(workers, 1), 4), name: "coord-git")
        gates = BlockingThreads(count: max(merge.parallel, 1), name: "coord-gate")
        gateFolders = GateFolders(workspace)
        lookout = OverlapLookout(workspace)
    }

    func prepareWorktree(slot: Int, worker: WorkerID, _ lease: Lease, base: ObjectID?) {
        prepare(slot, lease) { [workspace] () throws(GitError) in
            try workspace.prepareWorktree(slot: worker.rawValue, lease: lease, base: base)
        }
    }

    /// With the work of a session that handed over.
    func continueWorktree(slot: Int, worker: WorkerID, _ lease: Lease, base: ObjectID, content: ObjectID) {
        prepare(slot, lease) { [workspace] () throws(GitError) in
            try workspace.continueWorktree(
                slot: worker.rawValue, lease: lease, base: base, content: content)
        }
    }

    private func prepare(
        _ slot: Int, _ lease: Lease, _ make: @escaping @Sendable () throws(GitError) -> PreparedWorktree
    ) {
        hands.submit { [workspace, answers, attempts] in
            do {
                let made = try make()
                if let rescue = made.rescued {
                    Self.leavePatch(of: rescue, workspace, attempts)
                    answers.post(.workFound(rescue.lease, rescue.commit, reference: rescue.reference))
                }
                answers.post(.worktreePrepared(slot: slot, lease, branch: made.branch, base: made.base))
            } catch {
                answers.post(.worktreeFailed(slot: slot, lease, reason: "\(error)"))
            }
        }
    }

    /// Puts the candidate's commit into the slot's worktree, and its diff into the attempt's folder.
    func prepareReview(slot: Int, worker: WorkerID, _ lease: Lease, _ candidate: Candidate, diff path: String)
    {
        hands.submit { [workspace, answers] in
            do {
                let made = try workspace.prepareReview(
                    slot: worker.rawValue, lease: lease, commit: candidate.commit)
                if let rescue = made.rescued {
                    answers.post(.workFound(rescue.lease, rescue.commit, reference: rescue.reference))
                }
                let patch = try workspace.readablePatch(from: candidate.base, to: candidate.commit)
                try Files.makeFolder(Files.parent(path), permissions: 0o700)
                try Files.writeAtomically(patch, to: path, permissions: 0o600, step: .prompt)
                answers.post(.worktreePrepared(slot: slot, lease, branch: made.branch, base: made.base))
            } catch {
                answers.post(.worktreeFailed(slot: slot, lease, reason: "\(error)"))
            }
        }
    }

    func takeWork(slot: Int, worker: WorkerID, _ lease: Lease, _ spec: TaskSpec, base: ObjectID, rescue: Bool)
    {
        let message = "\(spec.title)\n\nTask \(spec.id), attempt \(lease.attempt).\n"
        hands.submit { [workspace, answers, attempts] in
            do {
                let taken: TakenWork
                if rescue {
                    let kept = try workspace.rescue(slot: worker.rawValue, lease: lease)
                    if let kept { Self.leavePatch(of: kept, workspace, attempts) }
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

    /// Leaves rescued work as a patch where the next attempt is told of it. The commit is kept without it.
    static func leavePatch(
        of rescue: Rescue, _ workspace: Workspace, _ attempts: @Sendable (Lease) -> String
    ) {
        guard let patch = try? workspace.patch(of: rescue), patch.count <= patchBytesMax else { return }
        let folder = attempts(rescue.lease)
        do throws(SystemError) {
            try Files.makeFolder(folder, permissions: 0o700)
            try Files.writeAtomically(
                patch, to: folder + "/" + rescuePatchName, permissions: 0o600, step: .handoffIn)
        } catch {
            // The next attempt is told of the commit alone.
            return
        }
    }

    /// The patch, among the files of an attempt.
    static let rescuePatchName = "rescue.patch"
    private static let patchBytesMax = 16 << 20

    /// The work of a task need not be kept any more: it landed.
    func release(_ task: TaskID) {
        hands.submit { [workspace] in
            // What stays is taken for rescued work by a later run, and harms nobody.
            try? workspace.release(task)
        }
    }

    /// Builds the candidates one on top of the other. Their landing commits alone carry the trailers.
    func stage(
        _ ticket: MergeQueue.Ticket, _ candidates: [(candidate: Candidate, spec: TaskSpec, worker: WorkerID)],
        onto: ObjectID?
    ) {
        let orders = candidates.map { ($0.candidate, message(for: $0.candidate, $0.spec, $0.worker)) }
        builder.submit { [workspace, answers, merge] in
            do {
                let start = try onto ?? workspace.targetHead()
                var built: [BuiltCommit] = []
                for (candidate, message) in orders {
                    let outcome = try workspace.stage(
                        commit: candidate.commit, base: candidate.base, onto: built.last?.commit ?? start,
                        message: message, style: merge.style)
                    switch outcome {
                    case .staged(let commit, let tree): built.append(BuiltCommit(commit: commit, tree: tree))
                    case .conflict(let files, let excerpt):
                        answers.post(
                            .staged(
                                ticket, .conflict(after: built, onto: start, files: files, excerpt: excerpt)))
                        return
                    }
                }
                answers.post(.staged(ticket, .staged(built, onto: start)))
            } catch {
                answers.post(.staged(ticket, .failed(reason: "\(error)")))
            }
        }
    }

    private func message(for candidate: Candidate, _ spec: TaskSpec, _ worker: WorkerID) -> String {
        """
        \(spec.title)

        Coord-Run: \(run)
        Coord-Task: \(candidate.lease.task)
        Coord-Attempt: \(candidate.lease.attempt)
        Coord-Worker: \(worker)

        """
    }

    func gate(_ ticket: MergeQueue.Ticket, commit: ObjectID) {
        let cancellation = Cancellation()
        gateCancellations[ticket] = cancellation
        let label = "gate of \(commit.short), run \(run)"
        gates.submit { [answers, merge, gateFolders, sandbox] in
            var report: GateReport?
            do throws(GitError) {
                if merge.gate.isEmpty {
                    report = GateRunner.run([], in: "/", timeout: .zero, cancellation: cancellation)
                } else {
                    // Waiting in line is no part of the gate's time.
                    let slot = Self.slot(label, cancellation)
                    guard !cancellation.isCancelled else { return }
                    report = try gateFolders.with(commit) { folder in
                        GateRunner.run(
                            merge.gate, in: folder, timeout: merge.gateTimeout, cancellation: cancellation,
                            sandbox: sandbox, variables: slot?.variables ?? [:])
                    }
                    withExtendedLifetime(slot) {}
                }
            } catch {
                report = GateReport(
                    outcome: .couldNotRun, command: merge.gate.first ?? "", exit: nil, duration: .zero,
                    reason: "\(error)", tail: "")
            }
            // A cancelled gate has no verdict: the queue was told before and waits for none.
            if let report { answers.post(.gated(ticket, report)) }
        }
    }

    /// A slot of the machine; gates go before other commands, for the whole queue waits on them. Nil: there
    /// is none to be had (no home, a full disk), or the caller has one; the gate then runs without.
    private static func slot(_ label: String, _ cancellation: Cancellation) -> HeldSlot? {
        guard !MachineSlots.isInside(), let slots = MachineSlots.ofThisMachine() else { return nil }
        guard
            case .held(let slot)? = try? slots.claim(
                label, priority: gatePriority, cancellation: cancellation)
        else { return nil }
        return slot
    }

    private static let gatePriority = 100

    func cancelGate(_ ticket: MergeQueue.Ticket) {
        gateCancellations.removeValue(forKey: ticket)?.cancel()
    }

    /// The gate has answered.
    func forgetGate(_ ticket: MergeQueue.Ticket) { gateCancellations[ticket] = nil }

    /// Hands work to the thread on which the target is moved; one thing after the other.
    var onLander: @Sendable (@escaping @Sendable () -> Void) -> Void { { [lander] in lander.submit($0) } }

    func advance(_ ticket: MergeQueue.Ticket, commit: ObjectID, tree: ObjectID, from: ObjectID) {
        lander.submit { [workspace, answers] in
            do {
                let outcome: MergeQueue.Advance =
                    switch try workspace.land(commit: commit, from: from, expecting: tree) {
                    case .landed: .landed
                    case .alreadyLanded: .alreadyLanded
                    case .moved: .moved
                    case .delayed(let reason): .delayed(reason: reason)
                    }
                answers.post(.advanced(ticket, outcome))
            } catch {
                answers.post(.advanced(ticket, .failed(reason: "\(error)")))
            }
        }
    }

    /// Finds out where the target stands; in line with the landings, so that the answer is never older than
    /// what came of one.
    func lookAtTarget() {
        lander.submit { [workspace, answers] in
            do throws(GitError) {
                let (commit, name) = try workspace.lookAtTarget()
                answers.post(.targetSeen(commit, by: name))
            } catch {
                // The landing finds the same, and says so.
                answers.post(.targetSeen(nil, by: ""))
            }
        }
    }

    /// Finds out which of the attempts overlap; `slots` names the worker of each.
    func lookForOverlap(_ attempts: [OverlapRadar.Attempt], slots: [WorkerID]) {
        lookout.look(attempts, slots: slots, answers: answers)
    }

    /// Waits for what runs and takes the gate's folders away.
    func end() {
        lookout.end()
        for cancellation in gateCancellations.values { cancellation.cancel() }
        hands.shutdown()
        gates.shutdown()
        builder.shutdown()
        lander.shutdown()
        do throws(GitError) { try workspace.closeGates() } catch { leftovers = error }
    }

    /// Why the gate's folder could not be taken away, if so. It is coord's own and is made anew by the next
    /// run.
    private(set) var leftovers: GitError?
}

/// The folders in which gates run: as many as were ever needed at once, each used again.
private final class GateFolders: Sendable {
    private let workspace: Workspace
    private let numbers = Mutex<(free: [Int], made: Int)>(([], 0))

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// Does something in a folder that holds exactly the commit's tree and is nobody else's meanwhile.
    ///
    /// A gate of a coordinator that died may still be at work there, and would change what is tested: before
    /// its first use by this coordinator everybody else is ended in the folder.
    func with<Answer>(_ commit: ObjectID, _ body: (String) -> Answer) throws(GitError) -> Answer {
        let (number, isFirst) = numbers.withLock { numbers in
            if let free = numbers.free.popLast() { return (free, false) }
            numbers.made += 1
            return (numbers.made, true)
        }
        defer { numbers.withLock { $0.free.append(number) } }
        if isFirst {
            ProcessTable.endStrays(mark: GateRunner.mark(of: workspace.gateFolder(name: "\(number)")))
        }
        return body(try workspace.openGate(name: "\(number)", commit: commit))
    }
}
