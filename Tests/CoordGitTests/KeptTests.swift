import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

/// Work that waits for its landing, and a user who tidies the project meanwhile.
@Suite("Kept work")
struct KeptTests {
    private func isThere(_ commit: ObjectID, _ place: Playground) -> Bool {
        (try? place.git("cat-file", "-e", "\(commit)")) != nil
    }

    @Test(
        "it survives a gc in the project that drops everything without a reference",
        arguments: [
            ("new files and edits", "echo work > a.txt; mkdir -p new/deep; echo n > new/deep/file"),
            ("removals alone", "rm gone.txt"),
            ("a new mode alone", "chmod +x a.txt"),
            ("two files of one content", "echo same > one; echo same > two"),
            ("content that lay in the project unreferenced", "echo stray > x.txt"),
            ("a tree that lay in the project unreferenced", "rm a.txt gone.txt; echo stray > x.txt"),
            ("many files", "for i in $(seq 40); do echo $i > f$i; done"),
            ("commits of the agent's own", "echo c > c.txt; git add c.txt; git commit -qm c; echo d > d.txt"),
            ("nothing but commits of its own", "echo c > c.txt; git add c.txt; git commit -qm c"),
        ])
    func collected(what: String, script: String) throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n", "gone.txt": "g\n"])
        try place.git("hash-object", "-w", "--stdin", input: "stray\n")
        try place.git(
            "mktree",
            input: "100644 blob \(try place.git("hash-object", "--stdin", input: "stray\n"))\tx.txt\n")
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.shell(script, in: $0.path) })
        #expect(try place.git("fsck", "--no-dangling", "--no-progress").isEmpty)
        try place.git("gc", "-q", "--prune=now")
        #expect(!isThere(snapshot.commit, place), "\(what): the gc took nothing, so nothing is shown")
        // What the hub refers to is whole without the project's copies.
        #expect(try place.git("fsck", "--no-dangling", "--no-progress", in: workspace.hub).isEmpty, "\(what)")
        // Another coordinator goes on.
        let next = try place.open()
        let landing = try next.stageOnTarget(snapshot, base: base)
        #expect(try next.land(commit: landing, from: base) == .landed, "\(what)")
        #expect(try place.tree("main") == snapshot.tree)
        #expect(try place.git("fsck", "--no-dangling", "--no-progress").isEmpty, "\(what)")
        #expect(try place.git("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test(
        "a candidate survives it as well, before its gate, after it, and for the next coordinator",
        arguments: ["staged", "gated", "restarted"])
    func candidate(moment: String) throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "1\n2\n3\n4\n5\n6\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.write("one\n2\n3\n4\n5\n6\n", $0.path + "/a.txt")
            })
        // Uniting both writes a file and a tree that neither side has.
        let onto = try place.commit(["a.txt": "1\n2\n3\n4\n5\nsix\n"], "Human")
        let outcome = try workspace.stage(
            commit: snapshot.commit, base: base, onto: onto, message: "Land it", style: .merge)
        guard case .staged(let commit, let tree) = outcome else {
            throw Playground.Failure(text: "\(outcome)")
        }
        if moment == "gated" { _ = try workspace.openGate(name: "1", commit: commit) }
        try place.git("gc", "-q", "--prune=now")
        #expect(!isThere(commit, place) && !isThere(tree, place), "the gc took nothing, so nothing is shown")
        let next = moment == "restarted" ? try place.open() : workspace
        if moment == "staged" {
            let gate = try next.openGate(name: "1", commit: commit)
            #expect(try place.read(gate + "/a.txt") == "one\n2\n3\n4\n5\nsix\n")
        }
        #expect(try next.land(commit: commit, from: onto, expecting: tree) == .landed)
        #expect(try place.git("fsck", "--no-dangling", "--no-progress").isEmpty)
        #expect(try place.read("a.txt") == "one\n2\n3\n4\n5\nsix\n")
        #expect(try place.git("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test("keeping costs no further git process where all that the work adds is new")
    func cheap() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let made = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("work\n", made.path + "/a.txt")
        let before = place.tool.callCount
        _ = try workspace.snapshot(slot: "w-1", lease: Lease("a"), base: made.base, message: "m")
        // The list of changes, add, write-tree, commit-tree.
        #expect(place.tool.callCount - before == 4)
    }

    @Test("a reference in the hub names it until it is released")
    func references() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        for attempt in 1...2 {
            let snapshot = try #require(
                try workspace.attempt(Lease("a", attempt)) {
                    try place.write("\(attempt)\n", $0.path + "/a.txt")
                })
            let kept = try place.head("refs/coord/kept/r1/a/\(attempt)", in: workspace.hub)
            #expect(kept == snapshot.commit)
        }
        try workspace.release("a")
        #expect(try place.git("for-each-ref", "refs/coord", in: workspace.hub).isEmpty)
    }

    @Test("work taken over a second time, its first commit not heard of, is the same commit")
    func again() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let first = try #require(
            try workspace.attempt(Lease("a")) { try place.write("work\n", $0.path + "/a.txt") })
        let base = try workspace.targetHead()
        let second = try place.open().snapshot(slot: "w-1", lease: Lease("a"), base: base, message: "m")
        #expect(second?.commit == first.commit && second?.files == ["a.txt"])
    }

    @Test("of a run that is over the hub keeps nothing but what never landed, as rescued work")
    func forgotten() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\n"])
        let old = try place.open(run: "old")
        let landed = try #require(
            try old.attempt(Lease("a")) { try place.write("landed\n", $0.path + "/a.txt") })
        let waits = try #require(
            try old.attempt(Lease("b")) { try place.write("waits\n", $0.path + "/b.txt") })
        let new = try place.open(run: "new")
        #expect(try new.earlierRuns() == ["old"])
        let rescues = try new.forget("old") { $0 == "a" }
        #expect(
            rescues == [
                Rescue(lease: Lease("b"), commit: waits.commit, reference: "refs/coord/rescue/old/b/1")
            ])
        #expect(try new.earlierRuns() == [])
        let left = try place.git(
            "for-each-ref", "--format=%(refname)", "refs/coord", "refs/heads/coord", in: new.hub)
        #expect(left == "refs/coord/rescue/old/b/1")
        try place.git("gc", "-q", "--prune=now")
        #expect(!isThere(waits.commit, place) && !isThere(landed.commit, place))
        #expect(try place.git("show", "\(waits.commit):b.txt", in: new.hub) == "waits")
        #expect(try place.git("fsck", "--no-dangling", "--no-progress", in: new.hub).isEmpty)
    }

    @Test("a hub that broke and is made anew has the kept work still")
    func brokenHub() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("work\n", $0.path + "/a.txt") })
        try Files.remove(workspace.hub + "/HEAD")
        let next = try place.makeWorkspace()
        #expect(try next.openHub().brokenHub != nil)
        try place.git("gc", "-q", "--prune=now")
        #expect(try place.head("refs/coord/kept/r1/a/1", in: next.hub) == snapshot.commit)
        let landing = try next.stageOnTarget(snapshot, base: base)
        #expect(try next.land(commit: landing, from: base) == .landed)
    }
}
