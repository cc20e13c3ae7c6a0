/// Every step of coord that leaves something behind when the process dies there: in the journal, in a file,
/// in git, or as a process. A step without a name here does not compile, or is found by the tests of the
/// house; the torture bench dies at each of them.
package enum DurableStep: String, CaseIterable, Sendable {
    // MARK: the journal
    /// Making the journal's tables, or bringing them up to date.
    case journalSchema = "journal-schema"
    /// The facts of one turn: leases, evidence of gates, intents and ends of landings among them.
    case journalAppend = "journal-append"
    /// Forgetting a run.
    case journalRemoval = "journal-removal"

    // MARK: coord's own files
    /// The file that keeps git from looking into coord's folders.
    case ignoreFile = "ignore-file"
    case registryEntry = "registry-entry"
    case runOptions = "run-options"
    /// The user's own list of what models cost.
    case priceList = "price-list"
    case report
    case prompt
    case handoffIn = "handoff-in"
    /// The document of a handoff.
    case handoffDocument = "handoff-document"
    /// The folder of a task without a worktree, and what is tried out and taken away again.
    case scratch
    /// Putting the project of the last rehearsal aside.
    case rehearsalShelf = "rehearsal-shelf"
    /// Taking away the files of a forgotten run.
    case runRemoval = "run-removal"
    case controlSocket = "control-socket"

    // MARK: processes
    case workerStart = "worker-start"
    /// Handing a task to a worker.
    case assignment

    // MARK: repositories
    /// The first commit of a project that coord makes.
    case projectStart = "project-start"
    case hubMaking = "hub-making"
    case hubSettings = "hub-settings"
    /// Taking away what killed git processes left.
    case hubRepair = "hub-repair"
    /// Putting a broken hub aside and taking over what it held.
    case hubReplacement = "hub-replacement"

    // MARK: worktrees
    case slotNote = "slot-note"
    case worktreeMark = "worktree-mark"
    case worktreeReset = "worktree-reset"
    case worktreeTidying = "worktree-tidying"
    case worktreeEntry = "worktree-entry"
    case worktreeRemoval = "worktree-removal"
    case attemptBranch = "attempt-branch"
    /// Moving away what is not coord's.
    case settingAside = "setting-aside"

    // MARK: work
    case privateIndex = "private-index"
    case snapshotObjects = "snapshot-objects"
    case snapshotFetch = "snapshot-fetch"
    /// Keeping work that was handed in until it has landed.
    case keptWork = "kept-work"
    /// Taking away what the hub has of a run that is over.
    case hubTidying = "hub-tidying"
    case rescueObjects = "rescue-objects"
    case rescueReference = "rescue-reference"
    /// Bringing rescued work back as a branch of the project.
    case rescueBranch = "rescue-branch"

    // MARK: landing
    case candidateObjects = "candidate-objects"
    case landingNote = "landing-note"
    /// The files of a checkout of the target.
    case checkoutMove = "checkout-move"
    /// The compare-and-swap of the target.
    case targetMove = "target-move"
    /// Putting the files of a checkout back after a crash.
    case checkoutRepair = "checkout-repair"

    /// Whether something can be half done there: a file written and not yet in its place, a git command under
    /// way, a transaction before its commit.
    package var hasMiddle: Bool {
        switch self {
        case .scratch, .rehearsalShelf, .runRemoval, .controlSocket, .workerStart, .assignment, .hubRepair,
            .hubTidying, .worktreeRemoval, .settingAside:
            false
        default: true
        }
    }
}
