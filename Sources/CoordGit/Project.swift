package import CoordModel
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What coord found out about the user's repository. Nothing of it was changed.
package struct ProjectState: Sendable, Equatable {
    /// The top of the working tree coord was started in; nil for a bare repository.
    package var root: String?
    /// The git folder of that working tree; of a linked worktree its own.
    package var gitFolder: String
    /// The folder all worktrees of the repository share: objects, references, configuration.
    package var commonFolder: String
    /// The top of the main working tree, which is `root` unless that is a linked worktree.
    package var mainRoot: String?
    /// It has no working tree of its own; landings move the branch only.
    package var isBare: Bool
    /// It was cloned without its whole history.
    package var isShallow: Bool
    /// `sha1` or `sha256`.
    package var objectFormat: String
    /// The branch that is checked out, without `refs/heads/`; nil when HEAD is detached.
    package var headBranch: String?
    /// The commit that is checked out; nil when the branch has none yet.
    package var head: ObjectID?
    /// The configuration of the repository and its user, as far as coord hands it on. Sorted by name.
    var settings: [ProjectSetting]

    /// Where the repository is, for people.
    package var path: String { root ?? commonFolder }
}

/// One setting of the user's that the hub and coord's commits take over.
struct ProjectSetting: Sendable, Equatable {
    var name: String
    var value: String
}

/// Finds out about a repository, and makes new ones.
package enum Project {
    /// Looks at the repository around a folder. Throws what is wrong with it: missing, no folder, unreadable,
    /// no repository, inside `.git`, another user's, damaged, a worktree of coord's own. A repository without
    /// commits, with a detached HEAD or bare is described; `targetBranch` says whether it can be worked on.
    package static func inspect(_ path: String, git: GitTool) throws(GitError) -> ProjectState {
        let folder = Files.absolute(path)
        try checkFolder(folder)
        let runner = GitRunner(tool: git)
        let facts = try describe(folder, runner)
        let hubMark = "/.coord/state/hub.git"
        guard !facts.commonFolder.hasSuffix(hubMark) else {
            throw .insideHub(folder, hub: facts.commonFolder)
        }
        var root: String?
        if !facts.isBare {
            guard facts.isInsideWorkTree else { throw .insideGitFolder(folder) }
            root = try line(runner.discover(.topLevel, from: folder), .topLevel)
            try checkNotPassedOver(folder, root)
        }
        let answer = try runner.discover(.listWorktrees, from: folder)
        let worktrees = PorcelainParser.worktrees(answer.output)
        let settings = try settings(folder, runner)
        var state = ProjectState(
            root: root, gitFolder: facts.gitFolder, commonFolder: facts.commonFolder,
            mainRoot: mainRoot(facts, root, worktrees.first, settings), isBare: facts.isBare,
            isShallow: facts.isShallow, objectFormat: facts.objectFormat, headBranch: nil, head: nil,
            settings: settings.filter { isHandedOn($0.name) })
        if let current = worktrees.first(where: { $0.path == root && !$0.isBare }) {
            state.headBranch = current.branch
            state.head = current.head
        } else {
            try readHead(into: &state, folder, runner)
        }
        return state
    }

    /// Makes a project: a repository with the branch `main` and one first commit that holds a README. The
    /// folder must be missing or empty; one where this was interrupted is finished.
    ///
    /// - Parameter sample: a folder whose files are in the first commit as well.
    package static func create(_ path: String, sample: String? = nil, git: GitTool) throws(GitError) {
        let folder = Files.absolute(path)
        let wasInterrupted = try wasInterrupted(folder)
        try OwnFiles.makeFolder(folder, permissions: 0o755)
        let runner = GitRunner(tool: git)
        if wasInterrupted { for place in [folder, folder + "/.git"] { Files.removeAbandoned(in: place) } }
        var expected = [".git", "README.md"]
        if wasInterrupted, let sample { expected += try OwnFiles.list(sample) }
        let names = try OwnFiles.list(folder).filter { !expected.contains($0) }
        guard names.isEmpty else { throw .folderNotEmpty(folder) }
        let gitFolder = folder + "/.git"
        let mark = gitFolder + "/" + startMark
        if Files.kind(gitFolder) == nil || wasInterrupted {
            guard wasInterrupted || Files.kind(folder + "/README.md") == nil else {
                throw .folderNotEmpty(folder)
            }
            try OwnFiles.makeFolder(gitFolder, permissions: 0o755)
            try OwnFiles.write("", to: mark, step: .projectStart)
            _ = try runner.discover(.createRepository(bare: false, objectFormat: nil), from: folder)
        }
        let reference = "refs/heads/main"
        if case .commit = try ReferenceFiles(folder: gitFolder).read(reference) {
            guard wasInterrupted else { throw .folderNotEmpty(folder) }
            return try OwnFiles.removeTree(mark, step: .projectStart)
        }
        let title = "# \(Files.name(folder))\n"
        do {
            try Files.writeAtomically(
                Array(title.utf8), to: folder + "/README.md", permissions: 0o644,
                step: .projectStart)
        } catch {
            throw .system(error)
        }
        if let sample { try copy(sample, into: folder) }
        let place = GitPlace(gitFolder: gitFolder, workTree: folder, index: nil, kind: .users)
        _ = try runner.run(.addAll(isMany: false), at: place)
        let tree = try runner.object(.writeTree, at: place)
        let identity = Identity(settings: try settings(folder, runner))
        let commit = try runner.object(
            .commitTree(tree, parents: []), at: place, environment: identity.environment,
            input: Array("Start the project\n".utf8))
        _ = try runner.run(
            .createReference(reference, commit, note: "coord: new project", step: .projectStart), at: place)
        try OwnFiles.removeTree(mark, step: .projectStart)
    }

    /// Copies the files of a folder and of those below it; what is there already is replaced.
    private static func copy(_ source: String, into folder: String) throws(GitError) {
        for name in try OwnFiles.list(source) {
            if Files.isFolder(source + "/" + name) {
                try OwnFiles.makeFolder(folder + "/" + name, permissions: 0o755)
                try copy(source + "/" + name, into: folder + "/" + name)
            } else {
                try OwnFiles.copy(source + "/" + name, to: folder + "/" + name, step: .projectStart)
            }
        }
    }

    /// Stands in the repository that `create` makes until its first commit is there.
    private static let startMark = "coord-project-start"

    /// Whether `create` began a project here and did not come to its end.
    package static func wasInterrupted(_ path: String) throws(GitError) -> Bool {
        let folder = Files.absolute(path) + "/.git"
        guard Files.kind(folder) == .folder else { return false }
        let names = try OwnFiles.list(folder)
        // Before the mark stands, there is nothing else.
        return names.contains(startMark) || names.allSatisfy { $0.hasPrefix(startMark) }
    }

    // MARK: - Steps

    private static func checkFolder(_ folder: String) throws(GitError) {
        do { _ = try Files.list(folder) } catch {
            switch error.code {
            case ENOENT: throw .folderMissing(folder)
            case ENOTDIR: throw .notAFolder(folder)
            default: throw .unreadable(folder, reason: error.reason)
            }
        }
    }

    private struct Description {
        var isBare: Bool
        var isInsideWorkTree: Bool
        var gitFolder: String
        var commonFolder: String
        var objectFormat: String
        var isShallow: Bool
    }

    private static func describe(_ folder: String, _ runner: GitRunner) throws(GitError) -> Description {
        let answer: GitOutput
        do { answer = try runner.discover(.describeRepository, from: folder) } catch {
            // Something called `.git` is there, yet git sees no repository: that is damage, not absence.
            if case .notARepository = error, Files.kind(folder + "/.git") != nil {
                throw .repositoryDamaged(folder, detail: "git does not recognise its `.git`")
            }
            throw error
        }
        let lines = String(decoding: answer.output, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 7 else {
            throw .unexpectedOutput(
                arguments: GitCommand.describeRepository.arguments, excerpt: lines.joined(separator: " | "))
        }
        return Description(
            isBare: lines[0] == "true", isInsideWorkTree: lines[2] == "true", gitFolder: lines[3],
            commonFolder: lines[4], objectFormat: lines[5], isShallow: lines[6] == "true")
    }

    /// A broken `.git` makes git pass the folder over and take the next repository above: never what is
    /// meant.
    private static func checkNotPassedOver(_ folder: String, _ root: String?) throws(GitError) {
        // A folder that cannot be resolved is compared as it was given.
        let real = (try? Files.realPath(folder)) ?? folder
        if Files.kind(folder + "/.git") != nil, root != real {
            throw .repositoryDamaged(folder, detail: "git does not recognise its `.git`")
        }
    }

    /// The top of the main working tree. Git's own list is wrong about one whose git folder lies elsewhere:
    /// that of a submodule, or a separate one.
    private static func mainRoot(
        _ facts: Description, _ root: String?, _ first: ListedWorktree?, _ settings: [ProjectSetting]
    ) -> String? {
        if facts.isBare { return nil }
        if facts.gitFolder == facts.commonFolder { return root }
        if let named = settings.first(where: { $0.name == "core.worktree" }) {
            return Files.absolute(named.value, base: facts.commonFolder)
        }
        guard let first, !first.isBare, Files.kind(first.path + "/.git") == .folder else { return nil }
        return first.path
    }

    private static func line(_ answer: GitOutput, _ command: GitCommand) throws(GitError) -> String {
        let text = String(decoding: answer.output, as: UTF8.self)
        guard text.hasSuffix("\n"), text.utf8.count > 1 else {
            throw .unexpectedOutput(arguments: command.arguments, excerpt: text)
        }
        return String(text.dropLast())
    }

    private static func readHead(
        into state: inout ProjectState, _ folder: String, _ runner: GitRunner
    ) throws(GitError) {
        let name = try runner.discover(.symbolicHead, from: folder, accepting: 0...1)
        if name.status == 0 {
            state.headBranch = try line(name, .symbolicHead).removing(prefix: "refs/heads/")
        }
        let commit = try runner.discover(.resolve("HEAD"), from: folder, accepting: 0...1)
        state.head = PorcelainParser.objectID(commit.output)
    }

    /// The names of settings that change what a checkout looks like, and who commits.
    static func isHandedOn(_ name: String) -> Bool {
        let plain: Set = [
            "user.name", "user.email", "core.autocrlf", "core.eol", "core.filemode", "core.symlinks",
            "core.ignorecase", "core.precomposeunicode",
        ]
        return plain.contains(name) || name.hasPrefix("filter.")
    }

    private static func settings(_ folder: String, _ runner: GitRunner) throws(GitError) -> [ProjectSetting] {
        let answer = try runner.discover(.listConfiguration, from: folder)
        var last: [String: String] = [:]
        for field in PorcelainParser.fields(answer.output) {
            // A setting without a value means true.
            let parts = field.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.map(String.init) else { continue }
            last[name] = parts.count > 1 ? String(parts[1]) : "true"
        }
        return last.sorted { $0.key < $1.key }.map { ProjectSetting(name: $0.key, value: $0.value) }
    }
}

// MARK: - The target

extension ProjectState {
    /// The branch a run lands on: the one asked for, else the one that is checked out. Throws when there is
    /// none, it has no commit, does not exist or cannot be a branch's name.
    package func targetBranch(_ requested: String?, git: GitTool) throws(GitError) -> String {
        guard let wanted = requested ?? headBranch else { throw .detachedHead(path, commit: head) }
        let name = wanted.removing(prefix: "refs/heads/") ?? wanted
        guard BranchName.isLegal(name) else { throw .illegalBranchName(wanted) }
        let reference = "refs/heads/" + name
        switch try ReferenceFiles(folder: commonFolder).read(reference) {
        case .commit: return name
        case .missing: break
        case .unknown:
            let runner = GitRunner(tool: git)
            if try runner.discover(.resolve(reference), from: path, accepting: 0...1).status == 0 {
                return name
            }
        }
        let branches = try branchNames(git)
        guard !branches.isEmpty else { throw .noCommits(path, branch: name) }
        if name == headBranch, head == nil { throw .noCommits(path, branch: name) }
        throw .noSuchBranch(
            name, repository: path, nearest: Suggestion.nearest(to: name, among: branches))
    }

    private func branchNames(_ git: GitTool) throws(GitError) -> [String] {
        let answer = try GitRunner(tool: git).discover(.listReferences(["refs/heads"]), from: path)
        return String(decoding: answer.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.split(separator: " ", maxSplits: 1).last.map(String.init)?.removing(prefix: "refs/heads/")
        }
    }
}

/// The rules for names of branches, from `git help check-ref-format`.
enum BranchName {
    static func isLegal(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 200, name != "@", name != "HEAD", !name.hasPrefix("-") else {
            return false
        }
        let refused = Set(" ~^:?*[\\".utf8)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !refused.contains($0) }),
            !name.contains(".."), !name.contains("@{"), !name.hasSuffix(".")
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
        }
    }
}

/// Who signs what coord commits: the user git knows, else coord itself.
struct Identity: Sendable, Equatable {
    var name = "coord"
    var email = "coord@localhost"

    init(settings: [ProjectSetting]) {
        let table = Dictionary(settings.map { ($0.name, $0.value) }) { $1 }
        if let name = table["user.name"], let email = table["user.email"], !name.isEmpty {
            self.name = name
            self.email = email
        }
    }

    var environment: [String: String] {
        [
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
        ]
    }
}
