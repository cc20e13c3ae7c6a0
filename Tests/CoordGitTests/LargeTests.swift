import CoordModel
import CoordSystem
import Synchronization
import Testing

@testable import CoordGit

/// What is larger or more than usual.
@Suite("Large files and many worktrees")
struct LargeTests {
    @Test("a file of 5 GB is refused by name and size, unread, in the default settings")
    func sparse() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let error = #expect(throws: GitError.self) {
            try workspace.attempt(Lease("a")) { try place.shell("truncate -s 5G big.bin", in: $0.path) }
        }
        #expect(error == .fileTooLarge("big.bin", bytes: 5 << 30, limitBytes: 100 << 20))
        // What of it git had read would lie among the project's objects.
        #expect(try place.git("count-objects", "-v").contains("size-pack: 0"))
    }

    @Test("the pointer to a large file goes through to the target byte for byte")
    func pointer() throws {
        let place = try Playground()
        let base = try place.makeProject([".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"])
        let pointer =
            "version https://git-lfs.github.com/spec/v1\n"
            + "oid sha256:" + String(repeating: "4d", count: 32) + "\nsize 5368709120\n"
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write(pointer, $0.path + "/big.bin") })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        let gate = try workspace.openGate(name: "1", commit: commit)
        #expect(try place.read(gate + "/big.bin") == pointer)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.read(place.project + "/big.bin") == pointer)
        #expect(try place.git("status", "--porcelain") == "")
    }

    /// `COORD_TEST_FILES=100000` is what was tried by hand.
    @Test("a project of many files goes through worktree, snapshot, gate and landing")
    func files() throws {
        let count = Environment.value("COORD_TEST_FILES").flatMap { Int($0) } ?? 500
        let place = try Playground()
        try place.makeProject()
        try place.shell(
            "mkdir d && cd d && seq \(count) | xargs touch && git add . && git commit -q -m many")
        let base = try place.head()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.shell("echo x > d/1; rm d/2", in: $0.path) })
        #expect(snapshot.files == ["d/1", "d/2"])
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        let gate = try workspace.openGate(name: "1", commit: commit)
        #expect(try Files.list(gate + "/d").count == count - 1)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.read(place.project + "/d/1") == "x\n")
    }

    @Test("64 worktrees are made at once, each on its own branch, and once more on the same folders")
    func worktrees() throws {
        let place = try Playground()
        let base = try place.makeProject(
            Dictionary(uniqueKeysWithValues: (0..<8).map { ("d\($0 % 4)/f\($0)", "\($0)\n") }))
        let workspace = try place.open()
        for attempt in 1...2 {
            let problems = Mutex<[String]>([])
            Threads.run(64) { number in
                do {
                    let lease = Lease(task: TaskID("t\(number)"), attempt: attempt)
                    let made = try workspace.prepareWorktree(slot: "w-\(number)", lease: lease)
                    guard made.base == base, Files.kind(made.path + "/d3/f7") == .file else {
                        throw Playground.Failure(text: "\(made)")
                    }
                } catch { problems.withLock { $0.append("\(error)") } }
            }
            #expect(problems.withLock { $0 } == [])
        }
        let list = try place.git("worktree", "list", "--porcelain", in: workspace.hub)
        #expect(list.split(separator: "\n").count { $0.hasPrefix("branch ") } == 64)
        #expect(!list.contains("prunable"))
    }
}
