import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Landing")
struct LandingTests {
    /// A project, one staged candidate that edits `a.txt`, removes `gone.txt` and adds `new/file.txt`.
    struct Ready {
        let place: Playground
        let workspace: Workspace
        let base: ObjectID
        let commit: ObjectID

        init(_ files: [String: String] = [:], at folder: (Playground) throws -> String? = { _ in nil }) throws
        {
            place = try Playground()
            base = try place.makeProject(
                files.merging([".gitignore": "*.o\n", "a.txt": "a\n", "gone.txt": "g\n"]) { $1 })
            let at = try folder(place)
            workspace = try place.open(at: at)
            let playground = place
            let snapshot = try #require(
                try workspace.attempt(Lease("a")) {
                    try playground.shell(
                        "echo work > a.txt; rm gone.txt; mkdir new; echo n > new/file.txt", in: $0.path)
                })
            commit = try workspace.stageOnTarget(snapshot, base: base)
        }

        func land() throws -> LandOutcome { try workspace.land(commit: commit, from: base) }

        func expectDelayed(_ words: String..., from location: SourceLocation = #_sourceLocation) throws {
            let before = try place.git("status", "--porcelain=v2", "--ignored")
            let outcome = try land()
            guard case .delayed(let reason) = outcome else {
                Issue.record("\(outcome)", sourceLocation: location)
                return
            }
            for word in words {
                #expect(reason.contains(word), "\(reason)", sourceLocation: location)
            }
            #expect(try place.head("main") == base, sourceLocation: location)
            #expect(
                try place.git("status", "--porcelain=v2", "--ignored") == before, sourceLocation: location)
        }
    }

    @Test("a clean checkout moves with its branch, files and index")
    func clean() throws {
        let ready = try Ready()
        #expect(try ready.land() == .landed)
        #expect(try ready.place.head("main") == ready.commit)
        #expect(try ready.place.git("status", "--porcelain", "--branch") == "## main")
        #expect(try ready.place.read("a.txt") == "work\n")
        #expect(try ready.place.read("new/file.txt") == "n\n")
        #expect(Files.kind(ready.place.project + "/gone.txt") == nil)
        #expect(try ready.place.git("reflog", "-1", "--format=%gs", "main") == "coord: land")
        #expect(try ready.workspace.repairCheckout() == .nothing)
        #expect(try ready.place.git("fsck", "--no-dangling", "--no-progress") == "")
    }

    @Test("landing twice is told, also after the target moved on")
    func twice() throws {
        let ready = try Ready()
        #expect(try ready.land() == .landed)
        #expect(try ready.land() == .alreadyLanded)
        try ready.place.commit(["later.txt": "l\n"], "Later")
        #expect(try ready.land() == .alreadyLanded)
    }

    @Test("a target that somebody moved is not overwritten")
    func moved() throws {
        let ready = try Ready()
        let human = try ready.place.commit(["human.txt": "h\n"], "Human")
        #expect(try ready.land() == .moved(actual: human))
        #expect(try ready.place.head("main") == human)
        #expect(Files.kind(ready.place.project + "/new") == nil)
    }

    @Test("a look at the target says who moved it, once, and nothing of coord's own landings")
    func looked() throws {
        let ready = try Ready()
        #expect(try ready.workspace.lookAtTarget().commit == ready.base)
        #expect(try ready.land() == .landed)
        let own = try ready.workspace.lookAtTarget()
        #expect(own.commit == ready.commit && own.by == "")
        let hers = try ready.place.commit(["hers.txt": "h\n"], "Hers")
        // Another part of coord that reads the target first takes the news from nobody.
        #expect(try ready.workspace.targetHead() == hers)
        let seen = try ready.workspace.lookAtTarget()
        #expect(seen.commit == hers && seen.by == "Ada")
        #expect(try ready.workspace.lookAtTarget().by == "")
    }

    @Test("a target that moves between the look and the swap is refused by git, and the files go back")
    func movedMeanwhile() throws {
        let ready = try Ready()
        // A hook of the user's would be one way; a held lock of the reference shows the same path.
        try ready.place.write("", ready.place.project + "/.git/refs/heads/main.lock")
        try ready.expectDelayed("another git command moves `main`", "main.lock")
        #expect(try ready.place.read("a.txt") == "a\n")
        #expect(try ready.workspace.repairCheckout() == .nothing)
        try Files.remove(ready.place.project + "/.git/refs/heads/main.lock")
        #expect(try ready.land() == .landed)
    }

    @Test(
        "a landing that a person rewrote is known by its trailers; one that they took back is not there",
        arguments: [
            ("git commit -q --amend -m \"$(git log -1 --format=%B)\" --date=2001-01-01T00:00:00", true),
            (
                "git commit -q --allow-empty -m mine; "
                    + "GIT_COMMITTER_DATE=2001-01-01T00:00:00 git rebase -q --root --force-rebase", true
            ),
            ("git reset -q --hard HEAD^; git commit -q --allow-empty -m mine", false),
            ("git commit -q --amend -m 'no trailers'", false),
        ])
    func rewritten(script: String, isThere: Bool) throws {
        let ready = try Ready()
        let message = "Do it\n\nCoord-Run: r1\nCoord-Task: a\nCoord-Attempt: 1\nCoord-Worker: w\n"
        let workspace = ready.workspace
        let snapshot = try #require(ObjectID(try ready.place.git("rev-parse", "\(ready.commit)^2")))
        let outcome = try workspace.stage(
            commit: snapshot, base: ready.base, onto: ready.base, message: message, style: .squash)
        guard case .staged(let commit, _) = outcome else { throw Playground.Failure(text: "\(outcome)") }
        #expect(try workspace.land(commit: commit, from: ready.base) == .landed)
        try ready.place.shell(script)
        let found = try ready.place.open().land(commit: commit, from: ready.base)
        let moved = LandOutcome.moved(actual: try ready.place.head())
        #expect(found == (isThere ? .alreadyLanded : moved))
    }

    @Test("unstaged changes delay, by name, and stay")
    func unstaged() throws {
        let ready = try Ready(["other.txt": "o\n"])
        try ready.place.write("mine\n", "other.txt")
        try ready.expectDelayed("has changes: `other.txt`", ready.place.project)
        try ready.place.git("checkout", "-q", "other.txt")
        #expect(try ready.land() == .landed)
    }

    @Test("staged changes delay, also a file only added")
    func staged() throws {
        let ready = try Ready()
        try ready.place.write("mine\n", "staged.txt")
        try ready.place.git("add", "staged.txt")
        try ready.expectDelayed("has staged changes: `staged.txt`")
    }

    @Test("a touched file that is the same is no change")
    func touched() throws {
        let ready = try Ready(["other.txt": "o\n"])
        try ready.place.shell("touch -d '1 hour ago' other.txt a.txt")
        #expect(try ready.land() == .landed)
    }

    @Test("an untracked file delays only when it is in the way", arguments: ["new/file.txt", "new"])
    func untracked(path: String) throws {
        let ready = try Ready()
        try ready.place.write("mine\n", "elsewhere.txt")
        try ready.place.write("mine\n", path)
        try ready.expectDelayed("untracked files in the way: `new/file.txt`")
        #expect(try ready.place.read(path) == "mine\n")
        try Files.remove(ready.place.project + "/" + path)
        #expect(try ready.land() == .landed)
        #expect(try ready.place.read("elsewhere.txt") == "mine\n")
    }

    @Test("an ignored file in the way is not overwritten, though git would", arguments: [true, false])
    func ignored(isRemembered: Bool) throws {
        let place = try Playground()
        let base = try place.makeProject([".gitignore": "*.env\n", "a.txt": "a\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("echo > .gitignore; echo leaked > secret.env", in: $0.path)
            })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        try place.write("password\n", "secret.env")
        let lander = isRemembered ? workspace : try place.makeWorkspace()
        let outcome = try lander.land(commit: commit, from: base)
        guard case .delayed(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("`secret.env`"))
        #expect(try place.read("secret.env") == "password\n")
        #expect(try place.head("main") == base)
    }

    @Test("a folder becomes a file and a file a folder without anything being in the way")
    func kindsSwap() throws {
        let place = try Playground()
        let base = try place.makeProject(["x/one": "1\n", "x/two": "2\n", "y": "y\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("rm -r x y; echo file > x; mkdir y; echo in > y/in", in: $0.path)
            })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.read("x") == "file\n")
        #expect(try place.read("y/in") == "in\n")
        #expect(try place.git("status", "--porcelain") == "")
    }

    @Test("an operation under way delays", arguments: ["merge", "cherry-pick", "revert"])
    func operation(name: String) throws {
        let ready = try Ready()
        let mark = ["merge": "MERGE_HEAD", "cherry-pick": "CHERRY_PICK_HEAD", "revert": "REVERT_HEAD"][name]!
        try ready.place.write("\(ready.base)\n", ready.place.project + "/.git/" + mark)
        try ready.expectDelayed("a \(name) is under way in the checkout of `main`")
    }

    @Test("a rebase of the target delays, though its head is detached meanwhile")
    func rebase() throws {
        let ready = try Ready()
        try ready.place.git("checkout", "-q", "--detach")
        try ready.place.write("refs/heads/main\n", ready.place.project + "/.git/rebase-merge/head-name")
        try ready.expectDelayed("a rebase of `main` is under way")
    }

    @Test("a git that works in the checkout delays")
    func indexLock() throws {
        let ready = try Ready()
        try ready.place.write("", ready.place.project + "/.git/index.lock")
        try ready.expectDelayed("another git command works", "index.lock")
    }

    @Test("a target that is not checked out moves alone", arguments: ["other branch", "detached", "bare"])
    func notCheckedOut(kind: String) throws {
        let ready = try Ready(at: { place in
            guard kind == "bare" else { return nil }
            try place.git("clone", "-q", "--bare", place.project, place.root + "/bare.git")
            return place.root + "/bare.git"
        })
        if kind == "other branch" { try ready.place.git("checkout", "-q", "-b", "other") }
        if kind == "detached" { try ready.place.git("checkout", "-q", "--detach") }
        try ready.place.write("dirty\n", "a.txt")
        #expect(try ready.land() == .landed)
        let repository = kind == "bare" ? ready.place.root + "/bare.git" : ready.place.project
        #expect(try ready.place.head("main", in: repository) == ready.commit)
        #expect(try ready.place.read("a.txt") == "dirty\n")
        #expect(Files.kind(ready.place.project + "/new") == nil)
    }

    @Test("a target checked out in a linked worktree of the user's moves there")
    func linkedWorktree() throws {
        let ready = try Ready()
        let side = ready.place.root + "/side"
        try ready.place.git("checkout", "-q", "-b", "other")
        try ready.place.git("worktree", "add", "-q", side, "main")
        try ready.place.write("mine\n", side + "/a.txt")
        guard case .delayed(let reason) = try ready.land() else {
            Issue.record("landed over a dirty linked worktree")
            return
        }
        #expect(reason.contains("`\(side)` has changes: `a.txt`"))
        try ready.place.git("checkout", "-q", "a.txt", in: side)
        #expect(try ready.land() == .landed)
        #expect(try ready.place.read(side + "/a.txt") == "work\n")
        #expect(try ready.place.git("status", "--porcelain", in: side) == "")
        #expect(try ready.place.read("a.txt") == "a\n")
    }

    @Test("a linked worktree that was deleted does not stand in the way")
    func deletedWorktree() throws {
        let ready = try Ready()
        let side = ready.place.root + "/side"
        try ready.place.git("checkout", "-q", "-b", "other")
        try ready.place.git("worktree", "add", "-q", side, "main")
        try Files.removeTree(side)
        #expect(try ready.land() == .landed)
    }

    @Test("in a project that is itself a linked worktree, its checkout moves")
    func projectIsLinked() throws {
        let ready = try Ready(at: { place in
            let side = place.root + "/side"
            try place.git("checkout", "-q", "--detach")
            try place.git("worktree", "add", "-q", side, "main")
            return side
        })
        #expect(try ready.land() == .landed)
        #expect(try ready.place.read(ready.place.root + "/side/a.txt") == "work\n")
        #expect(try ready.place.read("a.txt") == "a\n")
    }

    @Test("a branch name with slashes, packed, lands")
    func packedTarget() throws {
        let place = try Playground()
        let base = try place.makeProject()
        try place.git("branch", "team/main-line")
        try place.git("pack-refs", "--all")
        let workspace = try place.open(target: "team/main-line")
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("1", $0.path + "/1") })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.head("team/main-line") == commit)
        #expect(try place.head("main") == base)
    }

    @Test("a target branch that was deleted is an error with its name")
    func targetGone() throws {
        let ready = try Ready()
        try ready.place.git("checkout", "-q", "--detach")
        try ready.place.git("branch", "-q", "-D", "main")
        #expect(throws: GitError.noSuchBranch("main", repository: ready.place.project, nearest: nil)) {
            try ready.land()
        }
    }

    @Test("nothing of coord stays in the project but objects and the moved branch")
    func traces() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n"])
        var before = try ProjectTraces(place)
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("echo 1 > one; git add -A; git commit -q -m own; echo 2 > two", in: $0.path)
            })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        _ = try workspace.openGate(name: "1", commit: commit)
        let prepared = try workspace.prepareWorktree(slot: "w-2", lease: Lease("b"))
        try place.write("x", prepared.path + "/x")
        _ = try workspace.rescue(slot: "w-2", lease: Lease("b"))
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        let after = try ProjectTraces(place)
        before.references = before.references.replacing(base.rawValue, with: commit.rawValue)
        before.worktrees = before.worktrees.replacing(
            try place.git("rev-parse", "--short", "\(base)"),
            with: try place.git("rev-parse", "--short", "main"))
        #expect(after == before)
        #expect(Files.kind(place.project + "/.git/FETCH_HEAD") == nil)
        #expect(Files.kind(place.project + "/.git/worktrees") == nil)
        #expect(try place.git("status", "--porcelain", "--untracked-files=all") == "")
    }
}

extension String {
    fileprivate func replacing(_ old: String, with new: String) -> String {
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: old) {
            result += rest[..<range.lowerBound] + new
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
