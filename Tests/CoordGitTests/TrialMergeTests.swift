import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Trial merges between worktrees in which agents are at work.
@Suite("Trial merges")
struct TrialMergeTests {
    private let playground: Playground
    private let workspace: Workspace

    init() throws {
        playground = try Playground()
        try playground.makeProject(["f": "1\n2\n3\n", "g": "1\n2\n3\n", "d/h": "h\n", ".gitignore": "*.o\n"])
        workspace = try playground.open()
    }

    private func prepare(_ task: TaskID, slot: String) throws -> TrialMerges.Worktree {
        let lease = Lease(task: task, attempt: 1)
        let prepared = try workspace.prepareWorktree(slot: slot, lease: lease)
        return TrialMerges.Worktree(slot: slot, lease: lease, base: prepared.base)
    }

    private func write(_ text: String, _ path: String, in worktree: TrialMerges.Worktree) throws {
        try playground.write(text, workspace.folder(of: worktree.slot) + "/" + path)
    }

    private func pair() throws -> (TrialMerges.Worktree, TrialMerges.Worktree) {
        (try prepare("a", slot: "w-1"), try prepare("b", slot: "w-2"))
    }

    @Test("two that change the same line collide there, and not where their changes unite")
    func collide() throws {
        let (a, b) = try pair()
        try write("A\n2\n3\n", "f", in: a)
        try write("B\n2\n3\n", "f", in: b)
        try write("A\n2\n3\n", "g", in: a)
        try write("1\n2\nB\n", "g", in: b)
        try write("x", "new.o", in: a)
        var trials = TrialMerges(workspace)
        let found = try trials.look([a, b])
        #expect(found.touched == [a.lease: ["f", "g"], b.lease: ["f", "g"]])
        #expect(found.collisions == [Collision(a.lease, with: b.lease, files: ["f"])])
    }

    @Test("files that were added, removed, or became a folder collide too")
    func kinds() throws {
        let (a, b) = try pair()
        try write("A", "new", in: a)
        try write("B", "new", in: b)
        try Files.remove(workspace.folder(of: a.slot) + "/f")
        try write("B\n", "f", in: b)
        try Files.removeTree(workspace.folder(of: a.slot) + "/d")
        try write("A", "d", in: a)
        try write("B\n", "d/h", in: b)
        var trials = TrialMerges(workspace)
        let found = try trials.look([a, b])
        #expect(found.touched[a.lease] == ["d", "d/h", "f", "new"])
        #expect(found.collisions.map(\.files) == [["d/h", "f", "new"]])
    }

    @Test("one that changes what landed meanwhile collides with the target")
    func target() throws {
        let (a, b) = try pair()
        try write("A\n2\n3\n", "f", in: a)
        try write("B", "other", in: b)
        try playground.commit(["f": "M\n2\n3\n"], "Meanwhile")
        var trials = TrialMerges(workspace)
        #expect(try trials.look([a, b]).collisions == [Collision(a.lease, with: nil, files: ["f"])])
        #expect(try trials.look([a]).collisions == [Collision(a.lease, with: nil, files: ["f"])])
    }

    @Test("a clash of an older attempt with what landed is not one with a younger attempt on top of it")
    func differentBases() throws {
        let a = try prepare("a", slot: "w-1")
        try write("A\n2\n3\n", "f", in: a)
        try playground.commit(["f": "M\n2\n3\n"], "Meanwhile")
        let b = try prepare("b", slot: "w-2")
        try write("B", "g", in: b)
        var trials = TrialMerges(workspace)
        #expect(try trials.look([a, b]).collisions == [Collision(a.lease, with: nil, files: ["f"])])
    }

    @Test("what changes between looks is seen, what is not fresh is not read, and nothing is done twice")
    func incremental() throws {
        var (a, b) = try pair()
        try write("A\n2\n3\n", "f", in: a)
        var trials = TrialMerges(workspace)
        #expect(try trials.look([a, b]).collisions.isEmpty)
        try write("B\n2\n3\n", "f", in: b)
        b.isFresh = false
        let before = playground.tool.counter.value
        #expect(try trials.look([a, b]).collisions.isEmpty)
        #expect(playground.tool.counter.value - before == 1, "only one worktree is listed")
        (a.isFresh, b.isFresh) = (false, true)
        #expect(try trials.look([a, b]).collisions.map(\.files) == [["f"]])
        let again = playground.tool.counter.value
        b.isFresh = false
        #expect(try trials.look([a, b]).collisions.map(\.files) == [["f"]])
        #expect(playground.tool.counter.value == again, "the pair is known")
        try write("1\n2\n3\n", "f", in: b)
        b.isFresh = true
        #expect(try trials.look([a, b]) == .init(touched: [a.lease: ["f"], b.lease: []], collisions: []))
    }

    @Test("a worktree that goes away, or is full of strange things, ends no look")
    func broken() throws {
        let (a, b) = try pair()
        try write("A\n2\n3\n", "f", in: a)
        try write("B\n2\n3\n", "f", in: b)
        let folder = workspace.folder(of: a.slot)
        #expect(mkfifo(folder + "/fifo", 0o600) == 0)
        #expect(symlink("/etc", folder + "/link") == 0)
        try playground.git("init", "-q", folder + "/nested")
        var trials = TrialMerges(workspace)
        #expect(try trials.look([a, b]).collisions.map(\.files) == [["f"]])
        try Files.removeTree(folder)
        #expect(try trials.look([a, b]).collisions.map(\.files) == [["f"]], "as it was seen last")
    }

    @Test("nothing of a worktree, of the project or of coord's own index is changed by looking")
    func untouched() throws {
        let (a, b) = try pair()
        try write("A\n2\n3\n", "f", in: a)
        try write("B\n2\n3\n", "f", in: b)
        try playground.git("add", "f", in: workspace.folder(of: a.slot))
        let before = try traces()
        var trials = TrialMerges(workspace)
        #expect(try !trials.look([a, b]).collisions.isEmpty)
        try write("A\n2\n4\n", "g", in: a)
        let meanwhile = try traces()
        #expect(try !trials.look([a, b]).collisions.isEmpty)
        #expect(try traces() == meanwhile)
        #expect(Set(meanwhile.keys).subtracting(before.keys) == [])
        try trials.close()
        #expect(try traces() == meanwhile)
        #expect(Files.kind(playground.stateFolder + "/git/trial") == nil)
    }

    /// Content and times of every file of the project, its worktrees and the hub, but for the radar's own.
    private func traces() throws -> [String: String] {
        let listing = try playground.shell(
            """
            find . -path ./.coord/state/git/trial -prune -o -type f -printf '%p %T@ %C@ %m ' \
                -exec cksum {} \\;
            """)
        var traces: [String: String] = [:]
        for line in listing.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            traces[String(parts[0])] = String(parts[1])
        }
        return traces
    }
}
