import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Preparing worktrees")
struct WorktreeTests {
    @Test("a worktree is a real one of git's, on the attempt's branch, clean")
    func fresh() throws {
        let place = try Playground()
        let head = try place.makeProject(["a.txt": "a\n", "bin/run": "#!/bin/sh\n"])
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("api", 3))
        #expect(
            prepared
                == PreparedWorktree(
                    path: place.project + "/worktrees/w-1", branch: "coord/r1/api/3", base: head, rescued: nil
                ))
        #expect(try place.git("status", "--porcelain", "--branch", in: prepared.path) == "## coord/r1/api/3")
        #expect(try place.head(in: prepared.path) == head)
        #expect(try place.git("worktree", "list", in: workspace.hub).contains("[coord/r1/api/3]"))
        #expect(try place.git("worktree", "prune", "-v", in: workspace.hub) == "")
    }

    @Test("the folder is reused: only what differs is written, ignored files and strangers are gone")
    func reused() throws {
        let place = try Playground()
        try place.makeProject([
            ".gitignore": "*.o\nbuild/\n", "keep.txt": "k\n", "edit.txt": "e\n", "d/x": "x\n",
        ])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        let untouched = try #require(Files.modificationTime(first.path + "/keep.txt"))
        try place.shell(
            "echo o > a.o; mkdir -p build/deep empty/er; echo y > build/deep/y; mkfifo pipe; "
                + "ln -s /etc/passwd build/link; chmod 000 build/deep/y",
            in: first.path)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(second.path == first.path)
        #expect(second.rescued == nil)
        #expect(try Files.list(second.path) == [".git", ".gitignore", "d", "edit.txt", "keep.txt"])
        #expect(Files.modificationTime(second.path + "/keep.txt") == untouched)
        #expect(Files.kind("/etc/passwd") == .file)
    }

    @Test("work that nobody saved is kept under a rescue reference before the folder is reset")
    func leftovers() throws {
        let place = try Playground()
        try place.makeProject([".gitignore": "*.o\n", "edit.txt": "old\n", "gone.txt": "g\n"])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell("echo new > edit.txt; rm gone.txt; echo n > n.txt; echo o > x.o", in: first.path)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        let rescue = try #require(second.rescued)
        #expect(rescue.lease == Lease("a"))
        #expect(rescue.reference == "refs/coord/rescue/r1/a/1")
        #expect(
            try place.git("diff", "--name-status", "\(first.base)", rescue.reference, in: workspace.hub)
                == "M\tedit.txt\nD\tgone.txt\nA\tn.txt")
        #expect(try place.git("status", "--porcelain", "--ignored", in: second.path) == "")
        #expect(try place.read(second.path + "/edit.txt") == "old\n")
        #expect(try workspace.rescues() == [rescue])
    }

    @Test("what a snapshot holds already is not rescued again")
    func savedAlready() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let snapshot = try workspace.attempt(Lease("a")) {
            try place.write("x\n", $0.path + "/x")
            try place.git("add", "x", in: $0.path)
            try place.git("commit", "-q", "-m", "own", in: $0.path)
        }
        #expect(snapshot != nil)
        #expect(try workspace.prepareWorktree(slot: "w-1", lease: Lease("b")).rescued == nil)
        #expect(try workspace.rescues() == [])
    }

    @Test("commits of an agent that were never handed in are kept, on whatever branch they are")
    func unsavedCommits() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("x\n", first.path + "/x")
        try place.shell("git checkout -q --detach && git add -A && git commit -q -m own", in: first.path)
        let own = try place.head(in: first.path)
        let rescue = try #require(try workspace.prepareWorktree(slot: "w-1", lease: Lease("b")).rescued)
        #expect(rescue.commit == own)
        #expect(try place.head(rescue.reference, in: workspace.hub) == own)
    }

    @Test("a deleted folder is made anew, and commits it had are kept")
    func deletedFolder() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell("echo x > x && git add -A && git commit -q -m own", in: first.path)
        let own = try place.head(in: first.path)
        try Files.removeTree(first.path)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a", 2))
        #expect(try place.git("status", "--porcelain", in: second.path) == "")
        #expect(second.rescued?.commit == own)
    }

    @Test(
        "a replaced `.git` is set aside and the worktree works again",
        arguments: ["repository", "file", "link"])
    func replacedGit(kind: String) throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        switch kind {
        case "repository":
            try place.shell("rm .git && git init -q . && git add -A && git commit -q -m evil", in: first.path)
        case "file": try place.write("gitdir: \(place.project)/.git\n", first.path + "/.git")
        default: try place.shell("rm .git && ln -s '\(place.project)/.git' .git", in: first.path)
        }
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(try place.git("rev-parse", "--git-common-dir", in: second.path) == workspace.hub)
        #expect(try place.git("status", "--porcelain", "--branch", in: second.path) == "## coord/r1/b/1")
        let shelf = place.stateFolder + "/git/set-aside"
        #expect((Files.kind(shelf + "/w-1-1/HEAD") == .file) == (kind == "repository"))
        #expect(Files.kind(place.project + "/.git") == .folder)
    }

    @Test("a folder that is a link now is replaced, and what it leads to is not touched")
    func linkedFolder() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("mine\n", place.root + "/outside/mine.txt")
        try place.shell("rm -rf '\(first.path)' && ln -s '\(place.root)/outside' '\(first.path)'")
        #expect(throws: GitError.worktreeReplaced(first.path)) {
            try workspace.snapshot(slot: "w-1", lease: Lease("a"), base: first.base, message: "m")
        }
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(Files.kind(first.path) == .folder)
        #expect(try Files.list(place.root + "/outside") == ["mine.txt"])
    }

    @Test("a folder that was there before coord is set aside whole")
    func strangeFolder() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        try place.write("mine\n", place.project + "/worktrees/w-1/mine.txt")
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        #expect(try Files.list(prepared.path) == [".git", "README.md"])
        #expect(try place.read(place.stateFolder + "/git/set-aside/w-1-1/mine.txt") == "mine\n")
    }

    @Test("an agent that looks at a part of the project only changes no setting of its neighbours")
    func sparse() throws {
        let place = try Playground()
        try place.makeProject(["a/a.txt": "a\n", "b/b.txt": "b\n"])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        let second = try workspace.prepareWorktree(slot: "w-2", lease: Lease("b"))
        let before = try place.read(workspace.hub + "/config")
        try place.git("sparse-checkout", "set", "a", in: first.path)
        #expect(try Files.list(first.path).sorted() == [".git", "a"])
        #expect(try place.read(workspace.hub + "/config") == before)
        #expect(try Files.list(second.path).sorted() == [".git", "a", "b"])
        #expect(try place.git("status", "--porcelain", in: second.path) == "")
        let third = try workspace.prepareWorktree(slot: "w-1", lease: Lease("c"))
        #expect(try Files.list(third.path).sorted() == [".git", "a", "b"])
    }

    @Test("locks and half-done merges of a killed git do not stop the next attempt")
    func staleState() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        let inner = workspace.hub + "/worktrees/w-1"
        for name in ["index.lock", "HEAD.lock", "MERGE_HEAD", "locked", "config.worktree"] {
            try place.write("x\n", inner + "/" + name)
        }
        try place.write("", place.stateFolder + "/git/index/w-1.lock")
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        try place.shell("echo x > x && git add -A && git commit -q -m fine", in: second.path)
        #expect(try place.git("status", "--porcelain", in: second.path) == "")
    }

    @Test(
        "a private index cut short by a crash costs nothing",
        arguments: ["", "DIRC", "garbage of some length"])
    func brokenIndex(content: String) throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("changed\n", first.path + "/a.txt")
        try place.write(content, place.stateFolder + "/git/index/w-1")
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        let rescue = try #require(second.rescued)
        #expect(try place.git("show", "\(rescue.commit):a.txt", in: workspace.hub) == "changed")
        #expect(try place.read(second.path + "/a.txt") == "a\n")
    }

    @Test("a preparation that was interrupted is simply done again, without a rescue")
    func interrupted() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        var note = try #require(try workspace.note(of: "w-1"))
        note.state = .reset
        try workspace.write(note, of: "w-1")
        try place.write("half\n", first.path + "/a.txt")
        try place.write("half\n", first.path + "/half.txt")
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(second.rescued == nil)
        #expect(try Files.list(second.path) == [".git", "a.txt"])
        #expect(try place.read(second.path + "/a.txt") == "a\n")
    }

    @Test("an attempt can start from any commit, and moves on with the target otherwise")
    func bases() throws {
        let place = try Playground()
        let old = try place.makeProject(["a.txt": "1\n"])
        let workspace = try place.open()
        let new = try place.commit(["a.txt": "2\n", "folder/b": "b\n"], "Two")
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        #expect(first.base == new)
        #expect(try place.head("main", in: first.path) == new)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"), base: old)
        #expect(second.base == old)
        #expect(try Files.list(second.path) == [".git", "a.txt"])
        #expect(try place.read(second.path + "/a.txt") == "1\n")
    }

    @Test("a name that is no name is refused", arguments: ["../x", "", "a/b", "-a", ".git", "a..b", "A"])
    func names(slot: String) throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        #expect(throws: GitError.illegalName(slot, of: "slot")) {
            try workspace.prepareWorktree(slot: slot, lease: Lease("a"))
        }
    }

    @Test("names that are not text can be removed")
    func names() throws {
        let place = try Playground()
        try place.makeProject([".gitignore": "*.o\n"])
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell("touch \"$(printf 'b\\377d.o')\"", in: first.path)
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(try Files.list(second.path) == [".git", ".gitignore"])
    }

    @Test("at the end the worktrees go, and what was unsaved in them is kept")
    func removed() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let one = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        _ = try workspace.prepareWorktree(slot: "w-2", lease: Lease("b"))
        try place.write("x\n", one.path + "/x")
        let rescues = try workspace.removeWorktrees()
        #expect(rescues.map(\.lease) == [Lease("a")])
        #expect(try Files.list(place.project + "/worktrees") == [".gitignore"])
        #expect(try place.git("worktree", "list", in: workspace.hub).split(separator: "\n").count == 1)
        #expect(try place.git("show", "\(rescues[0].reference):x", in: workspace.hub) == "x")
        #expect(try workspace.removeWorktrees() == [])
    }
}
