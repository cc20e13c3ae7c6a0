import CoordModel
import CoordProcess
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A fresh folder with a home of its own, real git in it, and one project.
final class Playground {
    let root: String
    let tool: GitTool
    let environment: [String: String]

    init() throws {
        root = try Files.realPath(Files.temporaryFolder(prefix: "coord-git-"))
        try Files.makeFolder(root + "/home")
        let path = Environment.value("PATH") ?? "/usr/bin:/bin"
        environment = ["PATH": path, "HOME": root + "/home", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"]
        // What a caller's hook would have set must not reach our commands.
        tool = try GitTool.locate(environment: ["PATH": path, "HOME": root + "/home"])
    }

    deinit {
        // What cannot be removed stays in the temporary folder; a test does not fail for it.
        try? Files.removeTree(root)
    }

    var project: String { root + "/project" }
    var stateFolder: String { project + "/.coord/state" }

    /// A git that the system kills when it writes a file larger than some blocks of 512 or 1024 bytes: what a
    /// crash or a full disk leaves, at the same place each time.
    func killedTool(blocks: Int, only command: String = "") throws -> GitTool {
        let folder = root + "/killed-\(blocks)"
        let script =
            "#!/bin/sh\nulimit -c 0\ncase \" $* \" in *' \(command)'*) ulimit -f \(blocks);; esac\n"
            + "exec '\(tool.executable)' \"$@\"\n"
        try write(script, folder + "/git", executable: true)
        let path = folder + ":" + environment["PATH"]!
        return try GitTool.locate(environment: ["PATH": path, "HOME": root + "/home"])
    }

    // MARK: git and files

    /// Runs git as a user would; its output without the last line feed.
    @discardableResult
    func git(_ arguments: String..., in folder: String? = nil, input: String = "") throws -> String {
        let result = try run(tool.executable, arguments, in: folder ?? project, input: input)
        guard result.succeeded else {
            throw Failure(text: "git \(arguments.joined(separator: " ")): \(result.errorText)")
        }
        let text = result.outputText
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    @discardableResult
    func shell(_ command: String, in folder: String? = nil) throws -> String {
        let result = try run("/bin/sh", ["-c", command], in: folder ?? project, input: "")
        guard result.succeeded else { throw Failure(text: "\(command): \(result.errorText)") }
        return result.outputText
    }

    private func run(
        _ executable: String, _ arguments: [String], in folder: String, input: String
    ) throws -> CommandResult {
        var variables = environment
        for role in ["AUTHOR", "COMMITTER"] {
            variables["GIT_\(role)_NAME"] = "Ada"
            variables["GIT_\(role)_EMAIL"] = "ada@example.org"
        }
        return try CommandRunner.run(
            CommandRequest(
                executable: executable, arguments: arguments, environment: variables, workingFolder: folder,
                input: Array(input.utf8), timeout: .seconds(60), endsLeftovers: false))
    }

    func write(_ text: String, _ path: String, executable: Bool = false) throws {
        let full = path.hasPrefix("/") ? path : project + "/" + path
        try Files.makeFolder(Files.parent(full))
        try OwnFiles.write(text, to: full, permissions: executable ? 0o755 : 0o644, step: .slotNote)
    }

    func read(_ path: String) throws -> String {
        try Files.readText(path.hasPrefix("/") ? path : project + "/" + path)
    }

    // MARK: projects

    /// A repository on `main` with one commit of the given files.
    @discardableResult
    func makeProject(_ files: [String: String] = ["README.md": "# Project\n"]) throws -> ObjectID {
        try Files.makeFolder(project)
        try git("init", "-q", "-b", "main")
        return try commit(files, "Start")
    }

    /// Commits files in the project's checkout, as a person would.
    @discardableResult
    func commit(_ files: [String: String], _ message: String) throws -> ObjectID {
        for (path, text) in files { try write(text, path) }
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "-m", message)
        return try head()
    }

    func head(_ name: String = "HEAD", in folder: String? = nil) throws -> ObjectID {
        try #require(ObjectID(try git("rev-parse", name, in: folder)))
    }

    func tree(_ name: String, in folder: String? = nil) throws -> ObjectID {
        try head(name + "^{tree}", in: folder)
    }

    /// A workspace on the project, its hub open.
    func open(target: String = "main", run: RunID = "r1", at folder: String? = nil) throws -> Workspace {
        let workspace = try makeWorkspace(target: target, run: run, at: folder)
        try workspace.openHub()
        return workspace
    }

    func makeWorkspace(
        target: String = "main", run: RunID = "r1", at folder: String? = nil, git: GitTool? = nil
    ) throws -> Workspace {
        let state = try Project.inspect(folder ?? project, git: tool)
        return Workspace(
            git: git ?? tool, project: state, target: target, run: run, hub: stateFolder + "/hub.git",
            worktrees: project + "/worktrees", stateFolder: stateFolder + "/git")
    }

    struct Failure: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }
}

extension Workspace {
    /// Prepares a slot, lets `work` change its folder, and takes a snapshot.
    func attempt(
        _ lease: Lease, slot: String = "w-1", message: String = "Do it",
        _ work: (PreparedWorktree) throws -> Void
    ) throws -> Snapshot? {
        let prepared = try prepareWorktree(slot: slot, lease: lease)
        try work(prepared)
        return try snapshot(slot: slot, lease: lease, base: prepared.base, message: message)
    }

    /// Stages a snapshot on the target and expects no conflict.
    func stageOnTarget(
        _ snapshot: Snapshot, base: ObjectID, message: String = "Land it", style: MergeStyle = .merge
    ) throws -> ObjectID {
        let outcome = try stage(
            commit: snapshot.commit, base: base, onto: try targetHead(), message: message, style: style)
        guard case .staged(let commit, _) = outcome else {
            throw Playground.Failure(text: "\(outcome)")
        }
        return commit
    }
}

extension Lease {
    init(_ task: TaskID, _ attempt: Int = 1) { self.init(task: task, attempt: attempt) }
}

/// What of a project coord must leave as it is.
struct ProjectTraces: Equatable {
    var config: String
    var hooks: [String]
    var references: String
    var worktrees: String
    var stash: String
    var excludes: String?

    init(_ playground: Playground) throws {
        let folder = playground.project + "/.git"
        config = try playground.read(folder + "/config")
        hooks = try Files.list(folder + "/hooks")
        references = try playground.git("for-each-ref")
        worktrees = try playground.git("worktree", "list")
        stash = try playground.git("stash", "list")
        excludes = try? playground.read(folder + "/info/exclude")
    }
}
