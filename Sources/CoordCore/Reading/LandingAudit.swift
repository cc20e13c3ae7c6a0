package import CoordModel

/// Checks after the fact that a run landed what its journal says, and nothing else: the journal on one side,
/// the target's first-parent chain on the other. Pure; reads neither.
package struct LandingAudit: Sendable, Equatable {
    /// What does not fit.
    package struct Finding: Sendable, Hashable {
        /// Nil when a commit is missing.
        package var commit: ObjectID?
        package var task: TaskID?
        package var what: String
        package var hint: String
    }

    /// In the order of the chain, then what is missing from it.
    package private(set) var findings: [Finding] = []
    /// Landings of the run that were found and looked at.
    package private(set) var landings = 0
    /// Commits that carry no trailer of this run, such as a person's or another run's.
    package private(set) var foreign: [ChainCommit] = []

    private let run: RunID
    private var journal = Journal()
    private var seen: [TaskID: ObjectID] = [:]

    /// - Parameters:
    ///   - facts: every fact of the run, in order.
    ///   - start: where the target stood when the run began; nil for an unborn branch.
    ///   - chain: the target's commits after `start` along first parents, the oldest first.
    package init(run: RunID, facts: some Sequence<Fact>, start: ObjectID?, chain: [ChainCommit]) {
        self.run = run
        for fact in facts { journal.take(fact.body) }
        checkStart(start, chain)
        let positions = Dictionary(chain.enumerated().map { ($1.commit, $0) }) { first, _ in first }
        for (index, commit) in chain.enumerated() {
            if commit.run == run.rawValue {
                landings += 1
                check(commit, at: index, in: chain, positions, start)
            } else {
                foreign.append(commit)
            }
        }
        checkMissing(positions)
    }

    // MARK: - The journal's side

    private struct Journal: Sendable, Equatable {
        struct Landing: Sendable, Equatable {
            var lease: Lease
            var commit: ObjectID
            var tree: ObjectID
        }

        var landings: [TaskID: [Landing]] = [:]
        /// In the order of their first landing.
        var order: [TaskID] = []
        var green: Set<ObjectID> = []
        var workers: [Lease: WorkerID] = [:]
        /// For each task's commit, where the target stood and what it was moved to.
        var intents: [ObjectID: (from: ObjectID?, tip: ObjectID)] = [:]

        static func == (left: Journal, right: Journal) -> Bool {
            left.landings == right.landings && left.green == right.green && left.workers == right.workers
        }

        mutating func take(_ body: Fact.Body) {
            switch body {
            case .leaseGranted(let lease, let worker): workers[lease] = worker
            case .gateFinished(_, let tree, let report):
                if report.outcome == .passed { green.insert(tree) } else { green.remove(tree) }
            case .landingStarted(_, let commit, let from, let tip): intents[commit] = (from, tip)
            case .taskLanded(let lease, let commit, let tree):
                if landings[lease.task] == nil { order.append(lease.task) }
                landings[lease.task, default: []].append(Landing(lease: lease, commit: commit, tree: tree))
            default: break
            }
        }
    }

    // MARK: - The chain's side

    private mutating func note(_ commit: ChainCommit?, _ task: TaskID?, _ what: String, _ hint: String) {
        findings.append(Finding(commit: commit?.commit, task: task, what: what, hint: hint))
    }

    private mutating func checkStart(_ start: ObjectID?, _ chain: [ChainCommit]) {
        guard let start, let first = chain.first, first.parents.first != start else { return }
        note(
            first, nil, "the target does not go on from \(start.short), where the run began",
            "it was rewound or rewritten; `git reflog` of the branch says when")
    }

    private mutating func check(
        _ commit: ChainCommit, at index: Int, in chain: [ChainCommit], _ positions: [ObjectID: Int],
        _ start: ObjectID?
    ) {
        let task = TaskID(commit.task)
        let look = "compare it with `git show \(commit.commit.short)`; revert it if nobody knows it"
        guard let landing = journal.landings[task]?.last else {
            return note(commit, task, "it says it landed `\(task)`, which the journal never landed", look)
        }
        if let earlier = seen[task] {
            note(commit, task, "`\(task)` landed before, as \(earlier.short)", look)
        }
        seen[task] = commit.commit
        guard landing.commit == commit.commit else {
            let same = landing.tree == commit.tree ? "with the same files" : "with other files"
            return note(
                commit, task, "the journal landed `\(task)` as \(landing.commit.short), \(same)", look)
        }
        checkEvidence(commit, landing, task, at: index, chain, positions)
        if commit.attempt != "\(landing.lease.attempt)" {
            note(
                commit, task, "it names attempt \(commit.attempt), the journal \(landing.lease.attempt)", look
            )
        }
        if let worker = journal.workers[landing.lease], commit.worker != worker.rawValue {
            note(commit, task, "it names worker `\(commit.worker)`, the journal `\(worker)`", look)
        }
        checkMove(commit, task, at: index, chain, positions, start)
    }

    /// A tree passed the gate itself, or it stands in a group whose last tree did.
    private mutating func checkEvidence(
        _ commit: ChainCommit, _ landing: Journal.Landing, _ task: TaskID, at index: Int,
        _ chain: [ChainCommit], _ positions: [ObjectID: Int]
    ) {
        if commit.tree != landing.tree {
            note(
                commit, task, "its tree is \(commit.tree.short), the journal landed \(landing.tree.short)",
                "an object was changed: `git fsck --full`")
        }
        if journal.green.contains(commit.tree) { return }
        if let tip = journal.intents[commit.commit]?.tip, let place = positions[tip], place > index,
            journal.green.contains(chain[place].tree)
        {
            return
        }
        note(
            commit, task, "no passed gate is recorded for its tree \(commit.tree.short)",
            "run the gate on it: `git worktree add /tmp/look \(commit.commit.short)`")
    }

    /// The target was moved from where the journal says, or from a commit that landed with this one.
    private mutating func checkMove(
        _ commit: ChainCommit, _ task: TaskID, at index: Int, _ chain: [ChainCommit],
        _ positions: [ObjectID: Int], _ start: ObjectID?
    ) {
        guard let intent = journal.intents[commit.commit] else {
            return note(
                commit, task, "the journal has no intent to land it", "look at `coord events` of the run")
        }
        let below = index > 0 ? chain[index - 1].commit : start
        if intent.from == below { return }
        let isOfGroup = below.flatMap { journal.intents[$0]?.tip } == intent.tip && intent.from != nil
        if isOfGroup { return }
        note(
            commit, task,
            "it stands on \(below?.short ?? "nothing"), the journal moved the target from "
                + (intent.from?.short ?? "nothing"), "`git reflog` of the branch says who moved it")
    }

    private mutating func checkMissing(_ positions: [ObjectID: Int]) {
        for task in journal.order {
            for landing in journal.landings[task] ?? [] where positions[landing.commit] == nil {
                findings.append(
                    Finding(
                        commit: landing.commit, task: task,
                        what: "`\(task)` landed as this commit, which the target does not hold any more",
                        hint: "bring it back: `git cherry-pick -m 1 \(landing.commit.short)`, "
                            + "or look at `git reflog`"))
            }
        }
    }
}
