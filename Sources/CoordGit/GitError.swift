package import CoordModel
package import CoordProcess
package import CoordSystem

/// A git command that ended otherwise than it may: the evidence.
package struct GitFailure: Hashable, Sendable {
    /// The command and its own arguments, without the settings coord gives to every call.
    package var arguments: [String]
    package var repository: String
    package var exit: ExitOutcome
    /// The last lines of what it said, at most 2 KiB.
    package var message: String

    package init(arguments: [String], repository: String, exit: ExitOutcome, message: String) {
        self.arguments = arguments
        self.repository = repository
        self.exit = exit
        self.message = message
    }
}

/// Why something could not be done with git, or not be found out. Conflicts, a target that moved and a dirty
/// checkout are outcomes, never this.
package enum GitError: Error, Hashable, Sendable {
    // MARK: the tool
    case gitMissing(path: String)
    case gitTooOld(executable: String, found: String, needed: String)
    case gitUnusable(executable: String, answer: String)

    // MARK: the project
    case folderMissing(String)
    case notAFolder(String)
    case folderNotEmpty(String)
    case unreadable(String, reason: String)
    case notARepository(String)
    case insideGitFolder(String)
    /// The folder belongs to a worker: it is a worktree of coord's own hub.
    case insideHub(String, hub: String)
    case otherOwner(String, message: String)
    case noCommits(String, branch: String)
    case detachedHead(String, commit: ObjectID?)
    case noSuchBranch(String, repository: String, nearest: String?)
    case illegalBranchName(String)
    case illegalName(String, of: String)

    // MARK: the work
    /// A worktree, or the folder that holds it, is a link or a file now.
    case worktreeReplaced(String)
    case worktreeMissing(String)
    case fileTooLarge(String, bytes: Int64, limitBytes: Int64)
    /// A link that leads out of the worktree.
    case linkLeavesTree(String, destination: String)
    case tooManyNestedRepositories(String)
    /// The folder of a gate does not hold the tree it should.
    case gateNotExact(String, files: [String])
    /// What is to land is not what was tested.
    case notTheGatedTree(ObjectID, actual: ObjectID, gated: ObjectID)

    // MARK: the machinery
    case repositoryDamaged(String, detail: String)
    case noSpace(String, message: String)
    case locked(String, message: String)
    case failed(GitFailure)
    case timedOut(arguments: [String], repository: String, after: Duration)
    case unexpectedOutput(arguments: [String], excerpt: String)
    case process(ProcessError)
    case system(SystemError)
}

extension GitError: CustomStringConvertible {
    package var description: String {
        aboutTool ?? aboutProject ?? aboutWork ?? aboutMachinery
    }

    private var aboutTool: String? {
        switch self {
        case .gitMissing(let path): "`git` is not installed: it is in no folder of PATH (`\(path)`)"
        case .gitTooOld(let executable, let found, let needed):
            "`\(executable)` is git \(found), but coord needs \(needed) or newer"
        case .gitUnusable(let executable, let answer):
            "`\(executable) --version` does not answer like git: `\(answer)`"
        default: nil
        }
    }

    private var aboutProject: String? {
        switch self {
        case .folderMissing(let path): "`\(path)` does not exist"
        case .notAFolder(let path): "`\(path)` is not a folder"
        case .folderNotEmpty(let path):
            "cannot make a project in `\(path)`: it has files but is not a git repository"
        case .unreadable(let path, let reason): "cannot read `\(path)`: \(reason)"
        case .notARepository(let path): "`\(path)` is not in a git repository"
        case .insideGitFolder(let path): "`\(path)` is inside a `.git` folder, not in a working tree"
        case .insideHub(let path, let hub): "`\(path)` is a worker's worktree, made from `\(hub)`"
        case .otherOwner(let path, let message):
            "git refuses the repository `\(path)` because another user owns it: \(message)"
        case .noCommits(let path, let branch):
            "the repository `\(path)` has no commit yet: its branch `\(branch)` is unborn"
        case .detachedHead(let path, let commit):
            "the repository `\(path)` has no branch checked out: HEAD is detached"
                + (commit.map { " at `\($0.short)`" } ?? "")
        case .noSuchBranch(let branch, let repository, _):
            "the repository `\(repository)` has no branch `\(branch)`"
        case .illegalBranchName(let name): "`\(name)` cannot be the name of a branch"
        case .illegalName(let name, let subject): "`\(name)` cannot be the name of a \(subject)"
        default: nil
        }
    }

    private var aboutWork: String? {
        switch self {
        case .worktreeReplaced(let path):
            "the worktree `\(path)` was replaced by something that is not a folder"
        case .worktreeMissing(let path): "the worktree `\(path)` is missing"
        case .fileTooLarge(let path, let bytes, let limit):
            "`\(path)` is too large to land: \(bytes) bytes, the limit is \(limit)"
        case .linkLeavesTree(let path, let destination):
            "`\(path)` is a link that leads out of the project, to `\(destination)`"
        case .tooManyNestedRepositories(let path):
            "the worktree `\(path)` holds too many git repositories inside each other"
        case .gateNotExact(let path, let files):
            "the gate's folder `\(path)` does not hold the tree to test: \(GitError.listed(files)) differ"
        case .notTheGatedTree(let commit, let actual, let gated):
            "commit \(commit.short) does not land: its tree is \(actual.short), the gate passed \(gated.short)"
        default: nil
        }
    }

    private var aboutMachinery: String {
        switch self {
        case .repositoryDamaged(let path, let detail): "the repository `\(path)` is damaged: \(detail)"
        case .noSpace(let path, let message): "no space left for `\(path)`: \(message)"
        case .locked(let path, let message): "the repository `\(path)` is locked: \(message)"
        case .failed(let failure):
            "`\(GitError.shown(failure.arguments))` failed on `\(failure.repository)` "
                + "(\(failure.exit))\(failure.message.isEmpty ? "" : ": \(failure.message)")"
        case .timedOut(let arguments, let repository, let limit):
            "`\(GitError.shown(arguments))` on `\(repository)` did not end within "
                + "\(limit.wholeMilliseconds / 1000) s"
        case .unexpectedOutput(let arguments, let excerpt):
            "`\(GitError.shown(arguments))` gave an answer coord does not understand: `\(excerpt)`"
        case .process(let error): error.description
        case .system(let error): error.description
        default: "git failed"
        }
    }

    private static func shown(_ arguments: [String]) -> String {
        (["git"] + arguments).joined(separator: " ")
    }

    /// The first three names, and how many more.
    static func listed(_ names: [String]) -> String {
        let shown = names.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}

extension GitError {
    /// What a person could do about it.
    package var hint: String? {
        switch self {
        case .gitMissing: "Install git 2.38 or newer: `apt install git`, or `brew install git`"
        case .gitTooOld: "Install a newer git, or put one earlier on PATH"
        case .gitUnusable: "Put the real git earlier on PATH"
        case .folderMissing: "Give a folder that exists, or one to be made with `--project`"
        case .notAFolder: "Give the folder that holds the project"
        case .folderNotEmpty(let path):
            "To work on these files, make them a repository: `git -C \(path) init`"
        case .unreadable: "Give your user the right to read and write it"
        case .notARepository: "Go into the project, or name it: `--project DIR`"
        case .insideGitFolder: "Go to the folder that holds your files"
        case .insideHub: "Go to the project itself; a worktree of coord's cannot be a project"
        case .otherOwner(let path, _):
            "If you trust it: `git config --global --add safe.directory \(path)`"
        case .noCommits: "Make a first commit: `git commit --allow-empty -m start`"
        case .detachedHead: "Check a branch out, or name the one to land on: `--target BRANCH`"
        case .noSuchBranch(let name, _, let nearest):
            nearest.map { "Did you mean `\($0)`?" } ?? "Make it first: `git branch \(name)`"
        case .illegalBranchName: "Use letters, digits, `-`, `_`, `.` and `/`"
        case .fileTooLarge: "Leave it out with `.gitignore`, or keep it outside git"
        case .linkLeavesTree: "Use a link that stays in the project, or leave it out with `.gitignore`"
        case .repositoryDamaged(let path, _): "Look with `git -C \(path) fsck --full`"
        case .noSpace: "Free some space, then go on with `--resume`"
        case .locked: "If no git command runs there, remove the lock file it names"
        default: nil
        }
    }
}

// MARK: - Reading git's own words

extension GitError {
    /// The case that fits a failed command best, told from the words git uses in the C locale.
    static func from(_ failure: GitFailure) -> GitError {
        let message = failure.message
        func says(_ words: String...) -> Bool { words.contains { message.contains($0) } }
        if says("detected dubious ownership", "unsafe repository") {
            return .otherOwner(failure.repository, message: firstLine(message))
        }
        if says("No space left on device", "Disk quota exceeded") {
            return .noSpace(failure.repository, message: firstLine(message))
        }
        if says(".lock': File exists") { return .locked(failure.repository, message: firstLine(message)) }
        if says(
            " is corrupt", "object file ", "bad object", "inflate: data stream error", "missing blob",
            "unable to read tree", "bad tree object", "unable to read sha1 file", "could not parse commit",
            "invalid object", "does not match index", "hash mismatch")
        {
            return .repositoryDamaged(failure.repository, detail: message)
        }
        if says("not a git repository") { return .notARepository(failure.repository) }
        return .failed(failure)
    }

    private static func firstLine(_ text: String) -> String {
        text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? text
    }
}
