package import CoordModel
import CoordSystem
import Synchronization

/// The git side of one run: the hub, the workers' worktrees, candidates, gates and landings.
///
/// All methods block and may be called from several threads at once for different slots and gates; `stage`,
/// and `land`, from one thread each at a time. Whatever decides or lands is read from the
/// project's own repository, with private indexes. Agents can reach the hub's configuration, so no git
/// command runs under it but the upload side of a fetch, which executes nothing of it, and one listing when
/// the hub is opened, after the configuration was put back.
package final class Workspace: Sendable {
    /// The git that every call uses.
    package let git: GitTool
    /// The user's repository, as it was found when the run started.
    package let project: ProjectState
    /// The branch that landings move, without `refs/heads/`.
    package let target: String
    /// Names the branches and rescue references in the hub.
    package let run: RunID
    /// Coord's own bare repository.
    package let hub: String
    /// The folder that holds one worktree for each slot.
    package let worktrees: String
    /// No file above this size is taken over from a worktree.
    package let fileLimitBytes: Int64

    let runner: GitRunner
    let identity: Identity
    let stateFolder: String
    let memory = Mutex(Memory())

    /// What saves asking git again. Losing it costs processes, never correctness.
    struct Memory {
        private static let limit = 4096

        var trees: [ObjectID: ObjectID] = [:] {
            didSet { if trees.count > Self.limit { trees = [:] } }
        }
        /// Paths that a landing of the commit may add to what it was built on.
        var additions: [ObjectID: [String]] = [:] {
            didSet { if additions.count > Self.limit { additions = [:] } }
        }
        /// What each candidate was built on.
        private var bases: [ObjectID: ObjectID] = [:] {
            didSet { if bases.count > Self.limit { bases = [:] } }
        }
        /// The commits the target was seen at or moved to, in their order, as long as nobody else moved it.
        private var lineage: [ObjectID: Int] = [:]
        private var latest: ObjectID?
        /// The commit a landing is about to move the target to.
        var pending: ObjectID?
        /// Where the last look or landing left the target.
        var lookedAt: ObjectID?
        var gates: Set<String> = []
        var hubSettings: String?

        /// A commit that is already known is no news: threads may tell of it late.
        mutating func sawTarget(at commit: ObjectID) {
            guard lineage[commit] == nil, commit != pending else { return }
            lineage = [commit: 0]
            latest = commit
        }

        mutating func movedTarget(from: ObjectID, to commit: ObjectID) {
            if latest != from || lineage.count > Self.limit { lineage = [from: 0] }
            lineage[commit] = (lineage[from] ?? 0) + 1
            latest = commit
            lookedAt = commit
            pending = nil
        }

        /// Whether one commit of the target's first-parent chain is known to be the other, or its ancestor;
        /// that one may be a candidate built on it, or on others so built.
        private func isAncestor(_ commit: ObjectID, of other: ObjectID) -> Bool {
            guard let first = lineage[commit] else { return false }
            var place = other
            while lineage[place] == nil {
                guard let below = bases[place] else { return false }
                place = below
            }
            return lineage[place].map { first <= $0 } ?? false
        }

        /// A candidate was built of work that started at `base`. With that among the ancestors of what it is
        /// built on, a merge adds no path that the work itself did not.
        mutating func built(_ candidate: ObjectID, of work: ObjectID, from base: ObjectID, onto: ObjectID) {
            bases[candidate] = onto
            if isAncestor(base, of: onto) { additions[candidate] = additions[work] }
        }

        /// What a landing of the candidate may add to `from`; nil: not known, as for several that land at
        /// once.
        func additions(of candidate: ObjectID, to from: ObjectID) -> [String]? {
            bases[candidate] == from ? additions[candidate] : nil
        }
    }

    /// - Parameters:
    ///   - target: a branch for which `ProjectState.targetBranch` answered.
    ///   - hub: where the hub is or will be, such as `.coord/state/hub.git`.
    ///   - stateFolder: a folder of coord's for private indexes and notes; made when missing.
    package init(
        git: GitTool, project: ProjectState, target: String, run: RunID, hub: String, worktrees: String,
        stateFolder: String, fileLimitBytes: Int64 = 100 << 20
    ) {
        self.git = git
        self.project = project
        self.target = target
        self.run = run
        self.hub = Self.resolved(hub)
        self.worktrees = Self.resolved(worktrees)
        self.stateFolder = Self.resolved(stateFolder)
        self.fileLimitBytes = fileLimitBytes
        runner = GitRunner(tool: git)
        identity = Identity(settings: project.settings)
    }

    /// The commit the target points at. Throws `noSuchBranch` when the branch is gone.
    package func targetHead() throws(GitError) -> ObjectID {
        let head = try readTarget()
        memory.withLock { $0.sawTarget(at: head) }
        return head
    }

    /// Which of these paths are files of the commit's tree.
    package func files(among paths: [String], in commit: ObjectID) throws(GitError) -> [String] {
        let wanted = paths.filter { !$0.utf8.contains(0x0A) }
        let input = wanted.map { "\(commit):\($0)\n" }.joined()
        let answer = try runner.run(.checkObjects, at: objects, input: Array(input.utf8))
        let kinds = String(decoding: answer.output, as: UTF8.self).split(separator: "\n")
        guard kinds.count == wanted.count else {
            throw .unexpectedOutput(
                arguments: GitCommand.checkObjects.arguments, excerpt: String(kinds.joined(separator: " | ")))
        }
        return zip(wanted, kinds).filter { $1 == "blob" }.map(\.0)
    }

    /// Where the target points, and who made that commit; the name is cut to 80 characters, and empty when
    /// the last look or landing left the target there. One small file is read, mostly.
    package func lookAtTarget() throws(GitError) -> (commit: ObjectID, by: String) {
        let head = try readTarget()
        let isNews = memory.withLock { memory in
            memory.sawTarget(at: head)
            defer { memory.lookedAt = head }
            return memory.lookedAt != head
        }
        guard isNews else { return (head, "") }
        let answer = try runner.run(.committer(head), at: objects)
        let name = String(decoding: answer.output, as: UTF8.self).split(separator: "\n").first ?? ""
        return (head, String(name.prefix(80)))
    }

    private func readTarget() throws(GitError) -> ObjectID {
        guard let head = try head(of: targetReference) else {
            throw .noSuchBranch(target, repository: project.path, nearest: nil)
        }
        return head
    }

    /// The commit a full reference name of the project points at; nil when there is none.
    func head(of reference: String) throws(GitError) -> ObjectID? {
        switch try references.read(reference) {
        case .commit(let id): return id
        case .missing: return nil
        case .unknown:
            let answer = try runner.run(.resolve(reference), at: objects, accepting: 0...1)
            return PorcelainParser.objectID(answer.output)
        }
    }

    /// The branch that an attempt works on, in the hub: `coord/<run>/<task>/<attempt>`.
    package func branch(of lease: Lease) -> String { "coord/\(run)/\(lease.task)/\(lease.attempt)" }
}

// MARK: - Places

extension Workspace {
    var targetReference: String { "refs/heads/" + target }
    /// References of the project.
    var references: ReferenceFiles { ReferenceFiles(folder: project.commonFolder) }
    var hubReferences: ReferenceFiles { ReferenceFiles(folder: hub) }

    /// The project's objects without any files: an empty folder stands for the working tree, so that no
    /// attribute an agent wrote is read, and an index that does not exist for the index.
    var objects: GitPlace {
        GitPlace(
            gitFolder: project.commonFolder, workTree: stateFolder + "/empty",
            index: stateFolder + "/empty.index")
    }

    /// A worktree of ours, seen from the project through a private index.
    func place(of name: String) -> GitPlace {
        GitPlace(gitFolder: project.commonFolder, workTree: folder(of: name), index: privateIndex(of: name))
    }

    /// The folder of a slot or a gate.
    func folder(of name: String) -> String { worktrees + "/" + name }
    func privateIndex(of name: String) -> String { stateFolder + "/index/" + name }
    /// The folder in which the hub keeps what it knows of a worktree.
    func administration(of name: String) -> String { hub + "/worktrees/" + name }

    /// Links in the part of the path that exists are resolved, because git writes resolved paths.
    private static func resolved(_ path: String) -> String {
        let absolute = Files.absolute(path)
        // The nearest folder that exists decides; what is below it will be made by us.
        var existing = absolute
        var rest = ""
        while Files.kind(existing) == nil, existing != "/" {
            rest = "/" + Files.name(existing) + rest
            existing = Files.parent(existing)
        }
        // A folder that cannot be resolved is taken as it was given; using it will say what is wrong.
        return ((try? Files.realPath(existing)).map { $0 == "/" ? "" : $0 } ?? existing) + rest
    }
}

// MARK: - Answers

/// A worktree made ready for an attempt.
package struct PreparedWorktree: Sendable, Equatable {
    /// The working folder, absolute.
    package var path: String
    /// Without `refs/heads/`.
    package var branch: String
    package var base: ObjectID
    /// What an earlier attempt had left there unsaved.
    package var rescued: Rescue?
}

/// The work of an attempt as one commit in the project's object store.
package struct Snapshot: Sendable, Equatable {
    package var commit: ObjectID
    package var tree: ObjectID
    /// Every path that differs from the base, sorted.
    package var files: [String]
    /// Folders that were repositories of their own; their files are in the commit, their `.git` was set
    /// aside.
    package var nestedRepositories: [String]
}

/// Unfinished work that is kept in the hub.
package struct Rescue: Sendable, Equatable {
    package var lease: Lease
    package var commit: ObjectID
    /// `refs/coord/rescue/<run>/<task>/<attempt>`.
    package var reference: String
}

/// What came of building a candidate.
package enum StageOutcome: Sendable, Equatable {
    case staged(commit: ObjectID, tree: ObjectID)
    /// `excerpt` shows git's reasons and the clashes, at most 3 KiB.
    case conflict(files: [String], excerpt: String)
}

/// What came of moving the target.
package enum LandOutcome: Sendable, Equatable {
    case landed
    /// The target holds the commit already.
    case alreadyLanded
    /// Somebody else moved the target.
    case moved(actual: ObjectID)
    /// Nothing was touched; the sentence says what has to be done first.
    case delayed(reason: String)
}

/// What `repairCheckout` found.
package enum CheckoutRepair: Sendable, Equatable {
    /// No landing was interrupted.
    case nothing
    /// The target had moved already; its checkouts hold the landed files.
    case completed(commit: ObjectID)
    /// The checkout is back at the commit the target points at.
    case restored(files: [String])
    /// Not repaired; the sentence says why and what a person can do.
    case left(reason: String)
}
