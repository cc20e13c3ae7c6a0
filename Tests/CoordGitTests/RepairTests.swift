import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Repairing a checkout after a crash")
struct RepairTests {
    /// A staged candidate, and the note a landing writes before it moves files.
    struct Crashed {
        let place: Playground
        let workspace: Workspace
        let base: ObjectID
        let commit: ObjectID
        let files = ["a.txt", "gone.txt", "new/file.txt"]

        init() throws {
            place = try Playground()
            let long = (1...50).map { "line \($0)\n" }.joined()
            base = try place.makeProject(["a.txt": "a\n", "gone.txt": "g\n", "mine.txt": long])
            workspace = try place.open()
            let playground = place
            let snapshot = try #require(
                try workspace.attempt(Lease("a")) {
                    try playground.shell(
                        "echo work of many words > a.txt; rm gone.txt; mkdir new; echo long > new/file.txt",
                        in: $0.path)
                })
            commit = try workspace.stageOnTarget(snapshot, base: base)
            let note = LandingNote(
                reference: "refs/heads/main", from: base, commit: commit,
                checkouts: [Checkout(root: place.project, gitFolder: place.project + "/.git")])
            try place.write(note.text, workspace.landingNotePath)
        }

        /// A new coordinator: nothing is remembered.
        func repair() throws -> CheckoutRepair { try place.makeWorkspace().repairCheckout() }

        func expectRestored(_ expected: [String]) throws {
            #expect(try repair() == .restored(files: expected))
            #expect(try place.git("status", "--porcelain") == "")
            #expect(try place.read("a.txt") == "a\n")
            #expect(try place.head("main") == base)
            #expect(try repair() == .nothing)
            #expect(try workspace.land(commit: commit, from: base) == .landed)
            #expect(try place.git("status", "--porcelain") == "")
        }
    }

    @Test("a crash before any file moved needs nothing")
    func before() throws {
        try Crashed().expectRestored([])
    }

    @Test("files and index moved, the branch did not: they go back, and it can land")
    func filesMoved() throws {
        let crashed = try Crashed()
        try crashed.place.git("read-tree", "-m", "-u", "\(crashed.base)", "\(crashed.commit)")
        #expect(try crashed.place.git("status", "--porcelain") != "")
        try crashed.expectRestored(crashed.files)
    }

    @Test("git was killed while it wrote files: those go back, its lock goes")
    func halfMoved() throws {
        let crashed = try Crashed()
        try crashed.place.shell(
            "printf 'work of' > a.txt; rm gone.txt; mkdir new; printf lo > new/file.txt; "
                + "touch -d '4 seconds ago' '\(crashed.workspace.landingNotePath)'; "
                + "touch -d '3 seconds ago' .git/index.lock"
        )
        try crashed.expectRestored(crashed.files)
    }

    @Test("one file was written in full, the rest not at all")
    func oneMoved() throws {
        let crashed = try Crashed()
        try crashed.place.write("long\n", "new/file.txt")
        try crashed.expectRestored(["new/file.txt"])
    }

    @Test("a lock that may be somebody else's stays, and is named", arguments: ["now", "5 minutes ago"])
    func strangeLock(age: String) throws {
        let crashed = try Crashed()
        try crashed.place.shell("touch -d '\(age)' .git/index.lock")
        guard case .left(let reason) = try crashed.repair() else {
            Issue.record("a lock was removed")
            return
        }
        #expect(reason.contains(crashed.place.project + "/.git/index.lock"))
        #expect(Files.kind(crashed.place.project + "/.git/index.lock") == .file)
    }

    @Test("what the user changed meanwhile is not touched")
    func userEdits() throws {
        let crashed = try Crashed()
        try crashed.place.shell(
            "echo work of many words > a.txt; rm gone.txt; echo edited > mine.txt; echo own > own.txt")
        #expect(try crashed.repair() == .restored(files: ["a.txt", "gone.txt"]))
        #expect(try crashed.place.git("status", "--porcelain") == "M mine.txt\n?? own.txt".replacing(" M"))
        #expect(try crashed.place.read("mine.txt") == "edited\n")
    }

    @Test("a file of the landing that the user edited since stays his")
    func userEditsLanding() throws {
        let crashed = try Crashed()
        try crashed.place.shell("echo something else > a.txt; rm gone.txt")
        #expect(try crashed.repair() == .restored(files: ["gone.txt"]))
        #expect(try crashed.place.read("a.txt") == "something else\n")
    }

    @Test("an edit on top of moved files is not lost: git refuses, and that is said")
    func userEditsMoved() throws {
        let crashed = try Crashed()
        try crashed.place.git("read-tree", "-m", "-u", "\(crashed.base)", "\(crashed.commit)")
        try crashed.place.write("edited\n", "a.txt")
        guard case .left(let reason) = try crashed.repair() else {
            Issue.record("an edit was lost")
            return
        }
        #expect(reason.contains("a.txt"))
        #expect(try crashed.place.read("a.txt") == "edited\n")
    }

    @Test("the branch had moved too: the landing is complete")
    func completed() throws {
        let crashed = try Crashed()
        try crashed.place.git("read-tree", "-m", "-u", "\(crashed.base)", "\(crashed.commit)")
        try crashed.place.git("update-ref", "refs/heads/main", "\(crashed.commit)")
        #expect(try crashed.repair() == .completed(commit: crashed.commit))
        #expect(try crashed.place.git("status", "--porcelain") == "")
        #expect(try crashed.repair() == .nothing)
        #expect(try crashed.workspace.land(commit: crashed.commit, from: crashed.base) == .alreadyLanded)
    }

    @Test(
        "a note that is not whole, or of another target, is dropped", arguments: ["", "coord-landing 1\0x"])
    func badNote(text: String) throws {
        let crashed = try Crashed()
        try crashed.place.write(text, crashed.workspace.landingNotePath)
        #expect(try crashed.repair() == .nothing)
        #expect(Files.kind(crashed.workspace.landingNotePath) == nil)
    }

    @Test("a note can be read back, whatever is in a path")
    func note() throws {
        let base = PorcelainParserTests.a
        let note = LandingNote(
            reference: "refs/heads/x", from: base, commit: PorcelainParserTests.b,
            checkouts: [Checkout(root: "/a\nb", gitFolder: "/c d"), Checkout(root: "/e", gitFolder: "/f")])
        #expect(LandingNote(note.text) == note)
        #expect(LandingNote(String(note.text.dropLast())) == nil)
    }
}

extension String {
    /// The first line of a status starts with a blank that trimming took.
    fileprivate func replacing(_ prefix: String) -> String { prefix + dropFirst() }
}
