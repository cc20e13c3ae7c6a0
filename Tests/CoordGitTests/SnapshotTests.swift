import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Snapshots")
struct SnapshotTests {
    @Test(
        "what a link in a folder's place took away is among the changed files, ignored or not",
        arguments: [false, true])
    func folderBecameLink(isIgnored: Bool) throws {
        let place = try Playground()
        try place.makeProject(["tests/a.sh": "a\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("mv tests other; ln -s other tests; echo more >> b.txt", in: $0.path)
                if isIgnored { try place.write("/tests\n", $0.path + "/.gitignore") }
            })
        #expect(snapshot.files.contains("tests/a.sh") && snapshot.files.contains("b.txt"))
        let shown = try place.git(
            "diff-tree", "-r", "--name-only", "--no-renames", "main", "\(snapshot.commit)")
        #expect(shown.split(separator: "\n").map(String.init).sorted() == snapshot.files.sorted())
    }

    @Test("work whose taking over was cut off, its files in the index and in no commit, is rescued")
    func cutOff() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let made = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("edited\n", made.path + "/a.txt")
        try workspace.beginTaking("w-1", made.base)
        _ = try workspace.runner.run(.addAll(isMany: false), at: workspace.place(of: "w-1"))
        let rescue = try #require(try place.makeWorkspace().rescue(slot: "w-1", lease: Lease("a")))
        #expect(try place.git("show", "\(rescue.commit):a.txt", in: workspace.hub) == "edited")
        #expect(try workspace.rescue(slot: "w-1", lease: Lease("a")) == nil)
    }

    @Test("locks that a killed git of the agent left go when its work is taken")
    func locksOfAgents() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let locks = ["/refs/heads/coord/r1/a/1.lock", "/worktrees/w-1/index.lock"].map { workspace.hub + $0 }
        _ = try workspace.attempt(Lease("a")) { made in
            try place.write("edited\n", made.path + "/a.txt")
            for lock in locks { try place.write("", lock) }
        }
        for lock in locks { #expect(Files.kind(lock) == nil) }
    }

    @Test("adds, edits, deletes, modes and links are taken, ignored files are not")
    func everyKind() throws {
        let place = try Playground()
        try place.makeProject([
            ".gitignore": "*.o\n", "edit.txt": "old\n", "gone.txt": "g\n", "tool.sh": "#!/bin/sh\n",
            "same.txt": "s\n",
            "file-or-folder": "f\n", "folder/inner": "i\n",
        ])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a"), message: "Add things\n\nCoord-Task: forged\n") {
                try place.shell(
                    "echo new > edit.txt; rm gone.txt; chmod +x tool.sh; ln -s edit.txt link; "
                        + "touch same.txt; "
                        + "mkdir -p 'a b'; echo n > 'a b/ü\nx'; echo o > x.o; rm file-or-folder; "
                        + "mkdir file-or-folder; echo q > file-or-folder/q; rm -r folder; echo f > folder",
                    in: $0.path)
            })
        let files = [
            "a b/ü\nx", "edit.txt", "file-or-folder", "file-or-folder/q", "folder", "folder/inner",
            "gone.txt",
            "link", "tool.sh",
        ]
        #expect(snapshot.files.sorted() == files.sorted())
        let listing = try place.git("ls-tree", "-r", "-z", "\(snapshot.commit)")
        #expect(listing.contains("120000 blob"))
        #expect(listing.contains("100755 blob"))
        #expect(!listing.contains("x.o"))
        #expect(try place.git("show", "\(snapshot.commit):edit.txt") == "new")
        #expect(try place.tree("\(snapshot.commit)") == snapshot.tree)
        #expect(try place.git("log", "-1", "--format=%B%an", "\(snapshot.commit)") == "Add things\ncoord")
        #expect(try place.head("coord/r1/a/1", in: workspace.hub) == snapshot.commit)
        #expect(try place.git("status", "--porcelain", in: place.project + "/worktrees/w-1") == "")
    }

    @Test("nothing changed is no snapshot, whatever was touched or ignored")
    func nothing() throws {
        let place = try Playground()
        try place.makeProject([".gitignore": "*.o\n", "a.txt": "a\n"])
        let workspace = try place.open()
        let snapshot = try workspace.attempt(Lease("a")) {
            try place.shell(
                "touch a.txt; echo o > x.o; mkdir empty; git commit -q --allow-empty -m nothing", in: $0.path)
        }
        #expect(snapshot == nil)
    }

    @Test("commits of the agent's own are history, when they start at the base")
    func ownCommits() throws {
        let place = try Playground()
        let base = try place.makeProject([".gitignore": "*.o\n", "a.txt": "a\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a"), message: "The rest") {
                try place.shell(
                    "echo 1 > one && git add -A && git commit -q -m First && echo o > kept.o && "
                        + "git add -f kept.o && "
                        + "git rm -q a.txt && echo 2 > b.txt && git commit -q -a -m Second && echo 3 > three",
                    in: $0.path)
            })
        #expect(
            try place.git("log", "--format=%s", "\(base)..\(snapshot.commit)") == "The rest\nSecond\nFirst")
        #expect(snapshot.files == ["a.txt", "b.txt", "kept.o", "one", "three"])
        #expect(try place.git("show", "\(snapshot.commit):kept.o") == "o")
    }

    @Test("a worktree that is committed to the last file needs no commit of coord's")
    func allCommitted() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        var own: ObjectID?
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("echo 1 > one && git add -A && git commit -q -m Own", in: $0.path)
                own = try place.head(in: $0.path)
            })
        #expect(snapshot.commit == own)
        #expect(snapshot.files == ["one"])
        #expect(try place.git("rev-list", "--count", "\(base)..\(snapshot.commit)") == "1")
    }

    @Test(
        "history that cannot be trusted is flattened, its files are taken",
        arguments: ["trailer", "unrelated", "amended base", "replaced repository"])
    func flattened(kind: String) throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a"), message: "Flat") {
                let steps =
                    switch kind {
                    case "trailer": "git add -A && git commit -q -m 'x' -m 'coord-attempt: 7'"
                    case "unrelated": "git checkout -q --orphan o && git add -A && git commit -q -m x"
                    case "amended base": "git add -A && git commit -q --amend -m x"
                    default: "rm .git && git init -q && git add -A && git commit -q -m x"
                    }
                try place.shell("echo 1 > one && " + steps, in: $0.path)
            })
        #expect(try place.git("log", "--format=%s %P", "-1", "\(snapshot.commit)") == "Flat \(base)")
        #expect(snapshot.files == ["one"])
        #expect(
            try place.git("log", "--format=%B", "\(snapshot.commit)").lowercased().contains("coord-attempt")
                == false)
    }

    @Test(
        "a head that points nowhere costs only the history",
        arguments: ["ref: refs/heads/none\n", "junk", ""])
    func badHead(content: String) throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let snapshot = try workspace.attempt(Lease("a")) {
            try place.write("1\n", $0.path + "/one")
            try place.write(content, workspace.hub + "/worktrees/w-1/HEAD")
        }
        #expect(snapshot?.files == ["one"])
    }

    @Test("a head that names an object nobody has costs only the history")
    func missingHead() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let snapshot = try workspace.attempt(Lease("a")) {
            try place.write("1\n", $0.path + "/one")
            try place.write(String(repeating: "5", count: 40) + "\n", workspace.hub + "/worktrees/w-1/HEAD")
        }
        #expect(snapshot?.files == ["one"])
    }

    @Test("repositories inside the worktree become folders, their `.git` is set aside")
    func nested() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell(
                    "mkdir -p app/lib && git -C app init -q && echo a > app/a && git -C app add -A && "
                        + "git -C app commit -q -m x && git -C app/lib init -q && echo l > app/lib/l && "
                        + "mkdir void && git -C void init -q && echo t > top",
                    in: $0.path)
            })
        #expect(snapshot.files == ["app/a", "app/lib/l", "top"])
        #expect(Set(snapshot.nestedRepositories) == ["app", "app/lib", "void"])
        #expect(!(try place.git("ls-tree", "-r", "\(snapshot.commit)").contains("160000")))
        #expect(try Files.list(place.stateFolder + "/git/set-aside").count == 3)
    }

    @Test("a snapshot beside a living agent leaves its repositories alone; the next one has their files")
    func nestedBesideLiving() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let made = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell(
            "mkdir -p 'deep/[app]' void && git -C 'deep/[app]' init -q && echo a > 'deep/[app]/a' && "
                + "git -C 'deep/[app]' add -A && git -C 'deep/[app]' commit -q -m x && git -C void init -q && "
                + "echo t > top && echo b > deep/b", in: made.path)
        let live = try #require(
            try workspace.snapshot(
                slot: "w-1", lease: Lease("a"), base: made.base, message: "m", isLive: true))
        #expect(live.files == ["deep/b", "top"])
        #expect(Files.isFolder(made.path + "/deep/[app]/.git") && Files.isFolder(made.path + "/void/.git"))
        #expect(try place.git("ls-tree", "-r", "--name-only", "\(live.commit)").contains("top"))
        #expect(!(try place.git("ls-tree", "-r", "\(live.commit)").contains("160000")))
        let last = try #require(
            try workspace.snapshot(slot: "w-1", lease: Lease("a"), base: made.base, message: "m"))
        #expect(last.files == ["deep/[app]/a", "deep/b", "top"])
    }

    @Test("a file above the limit is refused by name and size")
    func tooLarge() throws {
        let place = try Playground()
        try place.makeProject()
        let state = try Project.inspect(place.project, git: place.tool)
        let workspace = Workspace(
            git: place.tool, project: state, target: "main", run: "r1", hub: place.stateFolder + "/hub.git",
            worktrees: place.project + "/worktrees", stateFolder: place.stateFolder + "/git",
            fileLimitBytes: 1000)
        try workspace.openHub()
        let error = #expect(throws: GitError.self) {
            try workspace.attempt(Lease("a")) {
                try place.write(String(repeating: "x", count: 1001), $0.path + "/big")
            }
        }
        #expect(error == .fileTooLarge("big", bytes: 1001, limitBytes: 1000))
        #expect(error?.description == "`big` is too large to land: 1001 bytes, the limit is 1000")
    }

    @Test("a new link that leads out of the project is refused")
    func escapingLink() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        #expect(throws: GitError.linkLeavesTree("d/out", destination: "../../secret")) {
            try workspace.attempt(Lease("a")) {
                try place.shell("mkdir d && ln -s ../../secret d/out", in: $0.path)
            }
        }
    }

    @Test(
        "names that git forbids on any system are refused",
        arguments: [".GIT/x", "git~1/x", "a/.git\u{200C}/x"])
    func forbiddenNames(path: String) throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        #expect(throws: GitError.self) {
            try workspace.attempt(Lease("a")) { try place.write("x", $0.path + "/" + path) }
        }
    }

    @Test("line ends and modes follow the project's own settings")
    func settings() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        try place.git("config", "core.autocrlf", "true")
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                #expect(try place.read($0.path + "/a.txt") == "a\r\n")
                #expect(try place.git("status", "--porcelain", in: $0.path) == "")
                try place.write("b\r\n", $0.path + "/b.txt")
            })
        #expect(snapshot.files == ["b.txt"])
        #expect(try place.git("show", "\(snapshot.commit):b.txt") == "b")
    }

    @Test("a sparse checkout of the user's does not make the workers' trees sparse")
    func sparse() throws {
        let place = try Playground()
        try place.makeProject(["in/a": "a\n", "out/b": "b\n"])
        try place.git("sparse-checkout", "set", "in")
        #expect(Files.kind(place.project + "/out") == nil)
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        #expect(try place.read(prepared.path + "/out/b") == "b\n")
    }
}

@Suite("Rescues")
struct RescueTests {
    @Test("unfinished work is kept in the hub whole, whatever becomes of the project's loose objects")
    func kept() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell("echo c > c && git add -A && git commit -q -m own && echo d > d", in: prepared.path)
        let rescue = try #require(try workspace.rescue(slot: "w-1", lease: Lease("a")))
        try place.git("gc", "-q", "--prune=now")
        #expect(
            try place.git("log", "--format=%s", "\(base)..\(rescue.reference)", in: workspace.hub)
                == "Unfinished work of a#1\nown")
        #expect(try place.git("show", "\(rescue.reference):d", in: workspace.hub) == "d")
        try place.git("fsck", "--no-dangling", "--no-progress", in: workspace.hub)
        #expect(try workspace.rescue(slot: "w-1", lease: Lease("a")) == nil)
    }

    @Test("a second rescue of the same attempt gets a name of its own")
    func twice() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("1", prepared.path + "/one")
        let first = try #require(try workspace.rescue(slot: "w-1", lease: Lease("a")))
        try place.write("2", prepared.path + "/two")
        let second = try #require(try workspace.rescue(slot: "w-1", lease: Lease("a")))
        #expect(second.reference == first.reference + ".2")
        #expect(try place.git("show", "\(second.reference):one", in: workspace.hub) == "1")
        #expect(try workspace.rescues() == [first, second])
    }

    @Test("a worktree that belongs to another attempt now has nothing to rescue for the old one")
    func otherAttempt() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a", 2))
        try place.write("1", prepared.path + "/one")
        #expect(try workspace.rescue(slot: "w-1", lease: Lease("a", 1)) == nil)
        #expect(try workspace.rescue(slot: "w-9", lease: Lease("a", 1)) == nil)
    }

    @Test("the next attempt can go on from a rescue")
    func resumed() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let first = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("1\n", first.path + "/one")
        let rescue = try #require(try workspace.rescue(slot: "w-1", lease: Lease("a")))
        try place.commit(["human.txt": "h\n"], "Human")
        let second = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a", 2), base: rescue.commit)
        #expect(try place.read(second.path + "/one") == "1\n")
        try place.write("2\n", second.path + "/two")
        let snapshot = try #require(
            try workspace.snapshot(slot: "w-1", lease: Lease("a", 2), base: second.base, message: "Go on"))
        #expect(snapshot.files == ["two"])
        let landing = try workspace.stageOnTarget(snapshot, base: second.base)
        #expect(try workspace.land(commit: landing, from: try workspace.targetHead()) == .landed)
        #expect(
            try Files.list(place.project).filter { !$0.hasPrefix(".") && $0 != "worktrees" }
                == ["README.md", "human.txt", "one", "two"])
    }
}
