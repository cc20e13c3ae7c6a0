import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Git killed in the middle")
struct KilledGitTests {
    /// A larger file for the lower limit, and so many that the index is above the higher one.
    static let files: [String: String] = {
        var files = ["a.txt": "a\n", "m.txt": String(repeating: "old line\n", count: 200), "z.txt": "z\n"]
        for number in 0..<120 { files["many/f\(number)"] = "\(number)\n" }
        return files
    }()
    static let work =
        "echo new > a.txt; yes new line | head -200 > m.txt; echo new > z.txt; echo new > b.txt"

    @Test("a preparation that was killed is made good by the next one", arguments: [2, 8])
    func preparation(blocks: Int) throws {
        let place = try Playground()
        try place.makeProject(Self.files)
        let workspace = try place.open()
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell(Self.work)
        let head = try place.commit([:], "Human")
        let killed = try place.makeWorkspace(git: place.killedTool(blocks: blocks))
        #expect(throws: GitError.self) { try killed.prepareWorktree(slot: "w-1", lease: Lease("b")) }
        #expect(throws: GitError.self) { try killed.openGate(name: "1", commit: head) }
        try workspace.openHub()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("b"))
        #expect(prepared.rescued == nil)
        #expect(try place.git("status", "--porcelain", "--ignored", in: prepared.path) == "")
        #expect(try place.git("diff", "\(head)", in: prepared.path) == "")
        let gate = try workspace.openGate(name: "1", commit: head)
        #expect(try place.git("diff", "\(head)", in: gate) == "")
        #expect(try place.git("status", "--porcelain", "--ignored", in: gate) == "")
    }

    @Test("a snapshot that was killed loses nothing")
    func snapshot() throws {
        let place = try Playground()
        let base = try place.makeProject(Self.files)
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.shell(Self.work, in: prepared.path)
        let killed = try place.makeWorkspace(git: place.killedTool(blocks: 2))
        #expect(throws: GitError.self) {
            try killed.snapshot(slot: "w-1", lease: Lease("a"), base: base, message: "m")
        }
        let snapshot = try #require(
            try workspace.snapshot(slot: "w-1", lease: Lease("a"), base: base, message: "m"))
        #expect(snapshot.files == ["a.txt", "b.txt", "m.txt", "z.txt"])
        try place.git("fsck", "--no-dangling", "--no-progress")
    }

    @Test(
        "a landing that was killed while files moved is undone and can be done again", arguments: [2, 8])
    func landing(blocks: Int) throws {
        let place = try Playground()
        let base = try place.makeProject(Self.files)
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.shell(Self.work, in: $0.path) })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        let killed = try place.makeWorkspace(git: place.killedTool(blocks: blocks, only: "read-tree "))
        guard case .delayed = try killed.land(commit: commit, from: base) else {
            Issue.record("landed with a git that was killed")
            return
        }
        #expect(try place.head("main") == base)
        let lock = place.project + "/.git/index.lock"
        if Files.kind(lock) != nil {
            guard case .delayed(let reason) = try workspace.land(commit: commit, from: base) else {
                Issue.record("a young lock was passed over")
                return
            }
            #expect(reason.contains(lock))
            try place.shell(
                "touch -d '5 seconds ago' '\(workspace.landingNotePath)'; touch -d '4 seconds ago' '\(lock)'")
        }
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.git("status", "--porcelain") == "")
        #expect(try place.git("diff", "\(commit)") == "")
        #expect(try place.head("main") == commit)
    }
}
