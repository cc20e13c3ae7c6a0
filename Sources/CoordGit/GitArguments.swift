import CoordModel
import CoordSystem

/// Everything coord asks git to do, typed. A name or path a stranger chose stands only behind
/// `--end-of-options` or `--`, or is an `ObjectID`, so it is never taken for an option.
enum GitCommand: Equatable, Sendable {
    // MARK: a worktree and its private index
    /// Makes index and files equal to the commit, whatever stood there.
    case restore(ObjectID)
    /// Makes the index equal to the commit and keeps what it knows of unchanged files. Touches no file.
    case adopt(ObjectID)
    /// Every tracked path, and which of them differ.
    case listTracked
    /// What differs from the index, ignored files left out.
    case listChanges
    /// What is neither tracked nor ignored.
    case listUntracked
    /// Removes everything untracked and ignored.
    case clean
    /// `isMany`: one flush for all objects, which is dearer for a few and much cheaper for many.
    /// `except`: folders, each with a slash at its end, that stay as the index has them.
    case addAll(isMany: Bool, except: [String] = [])
    case writeTree
    /// Refreshes the listed paths of the index into the files, read from the input, NUL-separated.
    case checkoutPaths

    // MARK: objects
    /// The message comes on the input.
    case commitTree(ObjectID, parents: [ObjectID])
    case mergeTree(ours: ObjectID, theirs: ObjectID)
    case treeOf(ObjectID)
    case showFile(path: String, tree: ObjectID)
    /// Every path of the tree.
    case listTree(ObjectID)
    case difference(ObjectID, ObjectID, kinds: String?)
    case log(from: ObjectID, to: ObjectID, limit: Int)
    case isAncestor(ObjectID, of: ObjectID)
    /// The name of who made the commit.
    case committer(ObjectID)
    /// The first-parent chain after `from`, the oldest first, with the values of coord's trailers.
    case chain(from: ObjectID?, to: ObjectID)
    case fetch(ObjectID, repository: String)
    /// Packs what the input's revisions reach into `base-<hash>.pack`.
    case pack(base: String)
    /// Says of each object on the input whether it is there.
    case checkObjects
    /// The content of each object on the input.
    case readObjects
    case mergeBase(ObjectID, ObjectID)
    case parentOf(ObjectID)
    case patch(from: ObjectID, to: ObjectID)
    /// For reading, not for applying: every file counts as text, whatever attributes say of it.
    case readablePatch(from: ObjectID, to: ObjectID)

    // MARK: trial merges, in a folder that is thrown away
    /// Takes the listed paths, NUL-separated on the input, into the index as they are in the files.
    case updateIndex
    case writeTrialTree
    /// Writes each of the files named on the input, a line each, as a commit.
    case writeTrialCommits
    /// Every path in which the index differs from the commit.
    case indexDifference(ObjectID)
    /// Unites each pair of commits on the input, a line each.
    case mergeTrees

    // MARK: references and the user's checkout
    case resolve(String)
    case listReferences([String])
    case advance(String, from: ObjectID, to: ObjectID, note: String)
    /// Fails when there is such a reference.
    case createReference(String, ObjectID, note: String, step: DurableStep)
    case status
    /// Moves index and files from one commit to another; refuses to touch what differs from the first.
    case fastForward(from: ObjectID, to: ObjectID)
    case symbolicHead

    // MARK: remotes
    case push(ObjectID, remote: String, branch: String)
    case listRemote(String, branch: String)
    case fetchBranch(String, branch: String)
    case setting(String)

    // MARK: repositories
    case describeRepository
    case topLevel
    case listWorktrees
    case listConfiguration
    case createRepository(bare: Bool, objectFormat: String?)
}

extension GitCommand {
    /// The command and its arguments.
    var arguments: [String] {
        worktreeArguments ?? objectArguments ?? trialArguments ?? referenceArguments ?? remoteArguments
            ?? repositoryArguments
    }

    private var trialArguments: [String]? {
        switch self {
        case .updateIndex: ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"]
        case .writeTrialTree: ["write-tree"]
        case .writeTrialCommits: ["hash-object", "-t", "commit", "-w", "--no-filters", "--stdin-paths"]
        case .indexDifference(let commit):
            [
                "diff-index", "--cached", "-z", "--name-only", "--no-renames", "--ignore-submodules=none",
                commit.rawValue, "--",
            ]
        case .mergeTrees:
            ["merge-tree", "--write-tree", "--stdin", "-z", "--name-only", "--no-messages"]
        default: nil
        }
    }

    private var worktreeArguments: [String]? {
        switch self {
        case .restore(let commit): ["read-tree", "--reset", "-u", commit.rawValue]
        case .adopt(let commit): ["read-tree", "-i", "-m", commit.rawValue]
        case .listTracked: ["ls-files", "-z", "-t", "-c", "-m", "-d"]
        case .listChanges: ["ls-files", "-z", "-t", "-m", "-d", "-o", "--exclude-standard"]
        case .listUntracked: ["ls-files", "-z", "-t", "-o", "--exclude-standard"]
        case .clean: ["clean", "-q", "-f", "-f", "-d", "-x"]
        case .addAll(_, let folders):
            ["add", "--all", "--verbose", "--", "."] + folders.map { ":(exclude,top,literal)" + $0 }
        case .writeTree: ["write-tree"]
        case .checkoutPaths: ["checkout-index", "-f", "-u", "-z", "--stdin"]
        default: nil
        }
    }

    private var objectArguments: [String]? {
        switch self {
        case .commitTree(let tree, let parents):
            ["commit-tree", "-F", "-"] + parents.flatMap { ["-p", $0.rawValue] } + [tree.rawValue]
        case .mergeTree(let ours, let theirs):
            ["merge-tree", "--write-tree", "-z", "--name-only", ours.rawValue, theirs.rawValue]
        case .treeOf(let commit):
            ["rev-parse", "--verify", "-q", "--end-of-options", commit.rawValue + "^{tree}"]
        case .showFile(let path, let tree): ["cat-file", "blob", tree.rawValue + ":" + path]
        case .listTree(let tree): ["ls-tree", "-r", "-z", "--full-tree", "--name-only", tree.rawValue]
        case .difference(let old, let new, let kinds):
            ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none"]
                + (kinds.map { ["--diff-filter=" + $0] } ?? []) + [old.rawValue, new.rawValue, "--"]
        case .log(let base, let head, let limit):
            [
                "log", "-z", "--format=%H%x00%P%x00%B", "--max-count=\(limit)", "^" + base.rawValue,
                head.rawValue, "--",
            ]
        case .isAncestor(let commit, let head):
            ["merge-base", "--is-ancestor", commit.rawValue, head.rawValue]
        case .committer(let commit): ["log", "-1", "--format=%cn", commit.rawValue, "--"]
        case .chain(let start, let head):
            ["log", "-z", "--first-parent", "--reverse", "--format=" + Self.chainFormat]
                + (start.map { ["^" + $0.rawValue] } ?? []) + [head.rawValue, "--"]
        case .fetch(let commit, let repository):
            [
                "fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                "--no-recurse-submodules", "--no-show-forced-updates", "--", repository, commit.rawValue,
            ]
        case .pack(let base): ["pack-objects", "-q", "--revs", base]
        case .checkObjects: ["cat-file", "--batch-check=%(objecttype)"]
        case .readObjects: ["cat-file", "--batch"]
        case .mergeBase(let one, let other): ["merge-base", one.rawValue, other.rawValue]
        case .parentOf(let commit):
            ["rev-parse", "--verify", "-q", "--end-of-options", commit.rawValue + "^1"]
        case .patch(let old, let new):
            [
                "diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv",
                "--no-renames", old.rawValue, new.rawValue, "--",
            ]
        case .readablePatch(let old, let new):
            [
                "diff-tree", "-p", "--text", "--no-ext-diff", "--no-textconv", "--find-renames",
                old.rawValue, new.rawValue, "--",
            ]
        default: nil
        }
    }

    private var referenceArguments: [String]? {
        switch self {
        case .resolve(let name): ["rev-parse", "--verify", "-q", "--end-of-options", name + "^{commit}"]
        case .listReferences(let prefixes):
            ["for-each-ref", "--format=%(objectname) %(refname)", "--"] + prefixes
        case .advance(let name, let old, let new, let note):
            ["update-ref", "-m", note, "--", name, new.rawValue, old.rawValue]
        case .createReference(let name, let commit, let note, _):
            ["update-ref", "-m", note, "--", name, commit.rawValue, ""]
        case .status:
            [
                "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames",
                "--ignore-submodules=dirty", "--no-ahead-behind",
            ]
        case .fastForward(let old, let new): ["read-tree", "-m", "-u", old.rawValue, new.rawValue]
        case .symbolicHead: ["symbolic-ref", "-q", "HEAD"]
        default: nil
        }
    }

    private static let chainFormat =
        ["%H", "%T", "%P", "%s"].joined(separator: "%x00")
        + ["Run", "Task", "Attempt", "Worker"].map {
            "%x00%(trailers:key=Coord-\($0),valueonly,separator=%x20)"
        }.joined()

    private var remoteArguments: [String]? {
        switch self {
        case .push(let commit, let remote, let branch):
            [
                "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed",
                "--recurse-submodules=no", "--", remote, "\(commit.rawValue):refs/heads/\(branch)",
            ]
        case .listRemote(let remote, let branch):
            ["ls-remote", "--quiet", "--", remote, "refs/heads/" + branch]
        case .fetchBranch(let remote, let branch):
            [
                "fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                "--no-recurse-submodules", "--", remote, "refs/heads/" + branch,
            ]
        case .setting(let name): ["config", "--get", "--", name]
        default: nil
        }
    }

    private var repositoryArguments: [String] {
        switch self {
        case .describeRepository:
            [
                "rev-parse", "--is-bare-repository", "--is-inside-git-dir", "--is-inside-work-tree",
                "--absolute-git-dir", "--path-format=absolute", "--git-common-dir", "--show-object-format",
                "--is-shallow-repository",
            ]
        case .topLevel: ["rev-parse", "--show-toplevel"]
        case .listWorktrees: ["worktree", "list", "--porcelain", "-z"]
        case .listConfiguration: ["config", "--list", "-z", "--includes"]
        case .createRepository(let bare, let format):
            ["init", "-q", "--initial-branch=main"] + (bare ? ["--bare", "--template="] : [])
                + (format.map { ["--object-format=" + $0] } ?? []) + ["--", "."]
        default: preconditionFailure("no arguments for \(self)")
        }
    }

    /// What the command leaves behind when coord dies while it runs; nil: nothing, it only reads.
    var step: DurableStep? {
        switch self {
        case .listTracked, .listChanges, .listUntracked, .treeOf, .showFile, .listTree, .difference, .log,
            .isAncestor, .checkObjects, .readObjects, .mergeBase, .parentOf, .patch, .readablePatch, .resolve,
            .listReferences, .status, .symbolicHead, .describeRepository, .topLevel, .listWorktrees,
            .listConfiguration, .chain, .committer,
            .setting:
            nil
        // The remote's own; here a push leaves nothing, and a fetch objects that the next one finds.
        case .push, .listRemote, .fetchBranch: nil
        // What they leave is coord's own and is never taken up again.
        case .updateIndex, .writeTrialTree, .writeTrialCommits, .indexDifference, .mergeTrees: nil
        case .restore: .worktreeReset
        case .clean: .worktreeTidying
        case .adopt: .privateIndex
        case .addAll, .writeTree: .snapshotObjects
        case .commitTree, .mergeTree: .candidateObjects
        case .fetch: .snapshotFetch
        case .pack: .rescueObjects
        case .advance: .targetMove
        case .createReference(_, _, _, let step): step
        case .fastForward: .checkoutMove
        case .checkoutPaths: .checkoutRepair
        case .createRepository(let bare, _): bare ? .hubMaking : .projectStart
        }
    }

    /// All but the index, which is coord's own here and is made again when it is broken. Named one by one:
    /// git takes `all,-index` for `all`, since it takes away from its default only.
    static let fsyncButIndex = "core.fsync=objects,derived-metadata,reference"

    /// The settings this command needs beyond those of every call.
    var settings: [String] {
        switch self {
        case .addAll(let isMany, _):
            [Self.fsyncButIndex, "core.fsyncMethod=" + (isMany ? "batch" : "fsync")]
        case .writeTree: [Self.fsyncButIndex, "core.fsyncMethod=fsync"]
        case .commitTree, .mergeTree, .pack: ["core.fsync=all", "core.fsyncMethod=fsync"]
        case .fetch: ["core.fsync=all", "core.fsyncMethod=fsync", "fetch.fsckObjects=true"]
        case .push, .listRemote: ["protocol.ext.allow=never"]
        case .fetchBranch:
            [
                "protocol.ext.allow=never", "core.fsync=all", "core.fsyncMethod=fsync",
                "fetch.fsckObjects=true",
            ]
        case .updateIndex, .writeTrialTree, .writeTrialCommits, .mergeTrees: ["core.fsync=none"]
        case .advance, .createReference: ["core.fsync=all", "core.fsyncMethod=fsync"]
        default: []
        }
    }
}

/// Where a command works: the repository it reads and writes, and the files it sees. Both are always named,
/// so nothing is ever discovered from a folder an agent could have written.
struct GitPlace: Equatable, Sendable {
    /// Whose index and files these are.
    enum Kind: Sendable { case ours, users }

    var gitFolder: String
    /// Also the working folder of the command.
    var workTree: String
    /// Nil: the repository's own index.
    var index: String?
    var kind = Kind.ours
    /// Further folders to read objects from.
    var alternates: [String] = []
    /// Where new objects go; then the repository's own are read only if `alternates` names them. Nil: where
    /// the repository has its own.
    var newObjects: String?
}

/// Composes argument lists. Pure.
enum GitArguments {
    /// Settings of every call: nothing of a repository's configuration runs a program, changes the meaning of
    /// an answer or starts work in the background.
    static let settings = [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false",
        "commit.gpgSign=false", "log.showSignature=false", "submodule.recurse=false",
        "core.protectHFS=true", "core.protectNTFS=true", "i18n.commitEncoding=UTF-8",
        "i18n.logOutputEncoding=UTF-8", "merge.directoryRenames=false", "merge.renormalize=false",
        "advice.addEmbeddedRepo=false", "color.ui=false", "core.quotePath=true", "core.pager=cat",
    ]

    /// Settings for our own worktrees and private indexes: whole trees, an index in one file, and no trust in
    /// anything but what the file system says of a file.
    static let ownSettings = [
        "core.sparseCheckout=false", "core.splitIndex=false", "core.untrackedCache=false",
        "index.sparse=false", "core.trustctime=true", "core.checkStat=default",
    ]

    static func list(_ command: GitCommand, at place: GitPlace) -> [String] {
        var list = ["--git-dir=" + place.gitFolder, "--work-tree=" + place.workTree]
        for setting in settings { list += ["-c", setting] }
        if place.kind == .ours { for setting in ownSettings { list += ["-c", setting] } }
        for setting in command.settings { list += ["-c", setting] }
        return list + command.arguments
    }

    /// The same for the commands that look for a repository from a folder, or make one.
    static func discovering(_ command: GitCommand) -> [String] {
        settings.flatMap { ["-c", $0] } + command.settings.flatMap { ["-c", $0] } + command.arguments
    }
}
