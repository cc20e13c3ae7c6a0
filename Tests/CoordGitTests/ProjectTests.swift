import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Looking at a project")
struct ProjectTests {
    @Test("an ordinary repository is described, also from a folder inside it")
    func ordinary() throws {
        let place = try Playground()
        let head = try place.makeProject(["src/a.txt": "a\n"])
        for folder in [place.project, place.project + "/src"] {
            let state = try Project.inspect(folder, git: place.tool)
            #expect(state.root == place.project)
            #expect(state.commonFolder == place.project + "/.git")
            #expect(state.headBranch == "main")
            #expect(state.head == head)
            #expect(!state.isBare)
            #expect(try state.targetBranch(nil, git: place.tool) == "main")
        }
    }

    @Test("a linked worktree of the user's leads to the shared repository")
    func linkedWorktree() throws {
        let place = try Playground()
        try place.makeProject()
        let side = place.root + "/side"
        try place.git("worktree", "add", "-q", "-b", "side", side)
        let state = try Project.inspect(side, git: place.tool)
        #expect(state.root == side)
        #expect(state.mainRoot == place.project)
        #expect(state.commonFolder == place.project + "/.git")
        #expect(state.headBranch == "side")
        #expect(try state.targetBranch(nil, git: place.tool) == "side")
        #expect(try state.targetBranch("main", git: place.tool) == "main")
    }

    @Test(
        "a working tree whose git folder lies elsewhere is found, also from a linked one",
        arguments: ["submodule", "separate"])
    func elsewhere(kind: String) throws {
        let place = try Playground()
        let head = try place.makeProject()
        var folder = place.root + "/away"
        if kind == "submodule" {
            let parent = place.root + "/parent"
            try Files.makeFolder(parent)
            try place.git("init", "-q", "-b", "main", in: parent)
            try place.git(
                "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", place.project, "sub",
                in: parent)
            folder = parent + "/sub"
        } else {
            try place.git("clone", "-q", "--separate-git-dir", place.root + "/git", place.project, folder)
        }
        let state = try Project.inspect(folder, git: place.tool)
        #expect(state.root == folder && state.mainRoot == folder)
        #expect(state.head == head && state.headBranch == "main")
        let side = place.root + "/side"
        try place.git("worktree", "add", "-q", "--detach", side, in: folder)
        #expect(try Project.inspect(side, git: place.tool).mainRoot == (kind == "submodule" ? folder : nil))
        let workspace = try place.open(at: folder)
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("1", $0.path + "/1") })
        let commit = try workspace.stageOnTarget(snapshot, base: head)
        #expect(try workspace.land(commit: commit, from: head) == .landed)
        #expect(try place.read(folder + "/1") == "1")
        #expect(try place.git("status", "--porcelain", in: folder) == "")
    }

    @Test("a bare repository is described")
    func bare() throws {
        let place = try Playground()
        let head = try place.makeProject()
        try place.git("clone", "-q", "--bare", place.project, place.root + "/bare.git")
        let state = try Project.inspect(place.root + "/bare.git", git: place.tool)
        #expect(state.isBare)
        #expect(state.root == nil && state.mainRoot == nil)
        #expect(state.headBranch == "main")
        #expect(state.head == head)
    }

    @Test("a repository without commits cannot be worked on, and the hint says how to change that")
    func noCommits() throws {
        let place = try Playground()
        try Files.makeFolder(place.project)
        try place.git("init", "-q", "-b", "trunk")
        let state = try Project.inspect(place.project, git: place.tool)
        #expect(state.headBranch == "trunk")
        #expect(state.head == nil)
        let error = #expect(throws: GitError.self) { try state.targetBranch(nil, git: place.tool) }
        #expect(error == .noCommits(place.project, branch: "trunk"))
        #expect(
            error?.description
                == "the repository `\(place.project)` has no commit yet: its branch `trunk` is unborn")
        #expect(error?.hint?.contains("git commit --allow-empty") == true)
    }

    @Test("a detached head asks for a target, and takes one")
    func detached() throws {
        let place = try Playground()
        let head = try place.makeProject()
        try place.git("checkout", "-q", "--detach")
        let state = try Project.inspect(place.project, git: place.tool)
        let error = #expect(throws: GitError.self) { try state.targetBranch(nil, git: place.tool) }
        #expect(error == .detachedHead(place.project, commit: head))
        #expect(error?.hint?.contains("--target") == true)
        #expect(try state.targetBranch("main", git: place.tool) == "main")
    }

    @Test("a target that does not exist is named, with the nearest that does")
    func noSuchBranch() throws {
        let place = try Playground()
        try place.makeProject()
        let state = try Project.inspect(place.project, git: place.tool)
        let error = #expect(throws: GitError.self) { try state.targetBranch("mian", git: place.tool) }
        #expect(error == .noSuchBranch("mian", repository: place.project, nearest: "main"))
        #expect(error?.hint == "Did you mean `main`?")
        #expect(throws: GitError.illegalBranchName("-f")) { try state.targetBranch("-f", git: place.tool) }
    }

    @Test("packed references are found without git")
    func packed() throws {
        let place = try Playground()
        let head = try place.makeProject()
        try place.git("tag", "-a", "v1", "-m", "one")
        try place.git("pack-refs", "--all")
        let references = ReferenceFiles(folder: place.project + "/.git")
        #expect(try references.read("refs/heads/main") == .commit(head))
        #expect(try references.read("refs/heads/other") == .missing)
        #expect(try references.read("refs/heads/../../config") == .unknown)
        #expect(try Project.inspect(place.project, git: place.tool).head == head)
    }

    @Test("a folder that is missing, a file, or outside any repository is refused in one sentence each")
    func refusals() throws {
        let place = try Playground()
        try place.write("x", place.root + "/file")
        try Files.makeFolder(place.root + "/plain")
        let cases: [(String, GitError)] = [
            (place.root + "/nowhere", .folderMissing(place.root + "/nowhere")),
            (place.root + "/file", .notAFolder(place.root + "/file")),
            (place.root + "/plain", .notARepository(place.root + "/plain")),
        ]
        for (path, expected) in cases {
            let error = #expect(throws: GitError.self) { try Project.inspect(path, git: place.tool) }
            #expect(error == expected)
            #expect(error?.description.contains("`\(path)`") == true)
            #expect(error?.description.contains("\n") == false)
            #expect(error?.hint != nil)
        }
    }

    @Test("inside `.git` there is no project")
    func insideGitFolder() throws {
        let place = try Playground()
        try place.makeProject()
        let folder = place.project + "/.git/refs"
        #expect(throws: GitError.insideGitFolder(folder)) { try Project.inspect(folder, git: place.tool) }
    }

    @Test("a broken `.git` is damage, also when a repository lies above it")
    func damaged() throws {
        let place = try Playground()
        try place.makeProject()
        let inner = place.project + "/inner"
        try place.write("garbage\n", inner + "/.git/HEAD")
        let error = #expect(throws: GitError.self) { try Project.inspect(inner, git: place.tool) }
        guard case .repositoryDamaged(inner, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a worker's worktree is not taken for a project")
    func insideHub() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        let error = #expect(throws: GitError.self) { try Project.inspect(prepared.path, git: place.tool) }
        #expect(error == .insideHub(prepared.path, hub: workspace.hub))
    }

    @Test("a folder this user may not read is refused", .enabled(if: geteuid() != 0))
    func unreadable() throws {
        let place = try Playground()
        try place.makeProject()
        chmod(place.project, 0)
        defer { chmod(place.project, 0o755) }
        let error = #expect(throws: GitError.self) { try Project.inspect(place.project, git: place.tool) }
        #expect(error == .unreadable(place.project, reason: "Permission denied"))
    }

    @Test("another user's repository is refused with git's own reason", .enabled(if: geteuid() == 0))
    func otherOwner() throws {
        let place = try Playground()
        try place.makeProject()
        try place.shell("chown -R 12345 .")
        let error = #expect(throws: GitError.self) { try Project.inspect(place.project, git: place.tool) }
        guard case .otherOwner(place.project, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.hint?.contains("safe.directory") == true)
    }

    @Test("what a hook's caller set does not redirect coord")
    func startedInHook() throws {
        let place = try Playground()
        let head = try place.makeProject()
        let other = place.root + "/other"
        try Files.makeFolder(other)
        try place.git("init", "-q", "-b", "wrong", in: other)
        let hookEnvironment = [
            "PATH": place.environment["PATH"]!, "HOME": place.root + "/home", "GIT_DIR": other + "/.git",
            "GIT_WORK_TREE": other, "GIT_INDEX_FILE": other + "/index", "GIT_PREFIX": "x/",
            "GIT_OBJECT_DIRECTORY": other + "/.git/objects", "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
        ]
        let tool = try GitTool.locate(environment: hookEnvironment)
        let state = try Project.inspect(place.project, git: tool)
        #expect(state.root == place.project)
        #expect(state.head == head)
        #expect(state.headBranch == "main")
        let workspace = Workspace(
            git: tool, project: state, target: "main", run: "r1", hub: place.stateFolder + "/hub.git",
            worktrees: place.project + "/worktrees", stateFolder: place.stateFolder + "/git")
        try workspace.openHub()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        #expect(try place.read(prepared.path + "/README.md") == "# Project\n")
        #expect(try Files.list(other) == [".git"])
    }
}

@Suite("Finding git")
struct GitToolTests {
    @Test("the git that is installed will do")
    func installed() throws {
        let tool = try GitTool.locate()
        #expect(tool.version >= GitTool.oldest)
    }

    @Test("no git on PATH is said with the PATH that was searched")
    func missing() throws {
        let place = try Playground()
        let error = #expect(throws: GitError.self) {
            try GitTool.locate(environment: ["PATH": place.root + "/home"])
        }
        #expect(error == .gitMissing(path: place.root + "/home"))
        #expect(error?.hint?.contains("Install git") == true)
    }

    @Test("an old git is refused with the version found and the version needed")
    func old() throws {
        let place = try Playground()
        let fake = place.root + "/bin/git"
        try place.write("#!/bin/sh\necho git version 2.20.1\n", fake, executable: true)
        let error = #expect(throws: GitError.self) {
            try GitTool.locate(environment: ["PATH": place.root + "/bin"])
        }
        #expect(error == .gitTooOld(executable: fake, found: "2.20.1", needed: "2.38.0"))
        #expect(error?.description == "`\(fake)` is git 2.20.1, but coord needs 2.38.0 or newer")
    }

    @Test("git gets no key of a model")
    func keys() throws {
        let place = try Playground()
        let told = place.root + "/told"
        try place.write(
            "#!/bin/sh\n/usr/bin/env > '\(told)'; echo git version 2.45.0\n", place.root + "/bin/git",
            executable: true)
        _ = try GitTool.locate(
            environment: [
                "PATH": place.root + "/bin", "HOME": place.root, "ANTHROPIC_API_KEY": "sk-1",
                "OPENAI_API_KEY": "sk-2",
            ])
        let environment = try place.read(told)
        #expect(environment.contains("HOME=\(place.root)") && !environment.contains("sk-"))
    }

    @Test("something else called git is told")
    func unusable() throws {
        let place = try Playground()
        let fake = place.root + "/bin/git"
        try place.write("#!/bin/sh\necho hello\n", fake, executable: true)
        #expect(throws: GitError.gitUnusable(executable: fake, answer: "hello\n")) {
            try GitTool.locate(environment: ["PATH": place.root + "/bin"])
        }
    }
}

@Suite("Git's own words")
struct GitErrorTests {
    @Test("a failure becomes the case that fits what git said")
    func cases() {
        func error(_ message: String) -> GitError {
            GitError.from(
                GitFailure(arguments: ["x"], repository: "/p", exit: .exited(status: 128), message: message))
        }
        #expect(
            error("fatal: detected dubious ownership in repository at '/p'\nTo add")
                == .otherOwner("/p", message: "fatal: detected dubious ownership in repository at '/p'"))
        #expect(
            error("fatal: unable to write loose object file: No space left on device")
                == .noSpace(
                    "/p", message: "fatal: unable to write loose object file: No space left on device"))
        #expect(
            error("fatal: Unable to create '/p/index.lock': File exists.\n\nAnother git process")
                == .locked("/p", message: "fatal: Unable to create '/p/index.lock': File exists."))
        #expect(error("fatal: not a git repository: '/p'") == .notARepository("/p"))
        for message in ["error: object file .git/objects/aa/b is empty", "fatal: bad object HEAD"] {
            #expect(error(message) == .repositoryDamaged("/p", detail: message))
        }
        let other = error("fatal: something else")
        #expect(
            other.description == "`git x` failed on `/p` (exit status 128): fatal: something else")
        #expect(other.hint == nil)
    }

    @Test("every refusal of a project says what, on what and why, with a hint, in one sentence")
    func sentences() throws {
        let commit = PorcelainParserTests.a
        let errors: [GitError] = [
            .gitMissing(path: "/bin"), .gitTooOld(executable: "/bin/git", found: "2.1.0", needed: "2.38.0"),
            .gitUnusable(executable: "/bin/git", answer: "?"), .folderMissing("/p"), .notAFolder("/p"),
            .folderNotEmpty("/p"), .unreadable("/p", reason: "Permission denied"), .notARepository("/p"),
            .insideGitFolder("/p"), .insideHub("/p", hub: "/h"), .otherOwner("/p", message: "m"),
            .noCommits("/p", branch: "main"), .detachedHead("/p", commit: commit),
            .noSuchBranch("x", repository: "/p", nearest: nil), .illegalBranchName("-x"),
            .fileTooLarge("f", bytes: 2, limitBytes: 1), .linkLeavesTree("l", destination: "/etc"),
            .repositoryDamaged("/p", detail: "d"), .noSpace("/p", message: "m"), .locked("/p", message: "m"),
        ]
        for error in errors {
            #expect(error.description.contains("`"), "\(error)")
            #expect(!error.description.hasSuffix("."), "\(error)")
            #expect(!error.description.contains("\n"), "\(error)")
            #expect(error.hint?.isEmpty == false, "\(error)")
        }
    }
}
