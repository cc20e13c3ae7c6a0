import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("The hub")
struct HubTests {
    @Test("a new hub is bare, borrows the project's objects and runs no hook")
    func new() throws {
        let place = try Playground()
        let head = try place.makeProject()
        try place.git("tag", "v1")
        let workspace = try place.makeWorkspace()
        #expect(try workspace.openHub() == HubReport(isNew: true))
        #expect(try place.git("rev-parse", "--is-bare-repository", in: workspace.hub) == "true")
        #expect(try place.head("refs/heads/main", in: workspace.hub) == head)
        #expect(try place.head("refs/tags/v1", in: workspace.hub) == head)
        #expect(try place.git("config", "core.hooksPath", in: workspace.hub) == "/dev/null")
        #expect(Files.kind(workspace.hub + "/hooks") == nil)
        #expect(try place.git("fsck", "--no-progress", in: workspace.hub).contains("error") == false)
        #expect(try workspace.openHub() == HubReport())
    }

    @Test("half-made entries and half-written references of a dead coordinator go when the hub is opened")
    func leftBehind() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        let left = ["/refs/heads/main.2147483647-12.new", "/worktrees/.w-1.making/HEAD"].map {
            workspace.hub + $0
        }
        for path in left { try place.write("", path) }
        #expect(try place.makeWorkspace().openHub().isNew == false)
        for path in left { #expect(Files.kind(path) == nil, "\(path)") }
        #expect(try Files.list(workspace.hub + "/worktrees") == ["w-1"])
    }

    @Test("the state and the worktrees hide themselves from the project")
    func hidden() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        _ = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        #expect(try place.git("status", "--porcelain", "--untracked-files=all") == "")
    }

    @Test(
        "a hub follows a SHA-256 project, a shallow one and a bare one",
        arguments: ["sha256", "shallow", "bare"])
    func kinds(kind: String) throws {
        let place = try Playground()
        var folder = place.project
        switch kind {
        case "sha256":
            try Files.makeFolder(place.project)
            try place.git("init", "-q", "-b", "main", "--object-format=sha256")
            try place.commit(["README.md": "# Project\n"], "Start")
        case "shallow":
            try place.makeProject()
            try place.commit(["b": "b\n"], "Two")
            folder = place.root + "/shallow"
            try place.git("clone", "-q", "--depth=1", "file://" + place.project, folder)
        default:
            try place.makeProject()
            folder = place.root + "/bare.git"
            try place.git("clone", "-q", "--bare", place.project, folder)
        }
        let workspace = try place.open(at: folder)
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { prepared in
                #expect(try place.git("status", "--porcelain", in: prepared.path) == "")
                try place.write("new\n", prepared.path + "/new.txt")
            })
        let base = try workspace.targetHead()
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        _ = try workspace.openGate(name: "1", commit: commit)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        #expect(try place.git("show", "main:new.txt", in: folder) == "new")
    }

    @Test("stale locks and half-made worktree entries are removed, young locks are not")
    func mended() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let hub = workspace.hub
        try place.shell("touch -d '1 minute ago' '\(hub)/packed-refs.lock' '\(hub)/refs/heads/x.lock'")
        try place.write("", hub + "/config.lock")
        try place.shell("mkdir -p '\(hub)/worktrees/half' && : > '\(hub)/worktrees/half/commondir'")
        let report = try workspace.openHub()
        #expect(report.repairs.count == 3)
        #expect(Files.kind(hub + "/packed-refs.lock") == nil)
        #expect(Files.kind(hub + "/refs/heads/x.lock") == nil)
        #expect(Files.kind(hub + "/config.lock") == .file)
        #expect(Files.kind(hub + "/worktrees/half") == nil)
        #expect(try place.git("worktree", "list", in: hub).contains("hub.git"))
    }

    @Test("a broken hub is put aside, and what stood in its worktrees is rescued into the new one")
    func rebuilt() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a"))
        try place.write("unsaved\n", prepared.path + "/unsaved.txt")
        let old = try #require(
            try workspace.attempt(Lease("b"), slot: "w-2") {
                try place.write("kept\n", $0.path + "/kept.txt")
            })
        try place.write("", workspace.hub + "/HEAD")
        let report = try workspace.openHub()
        #expect(report.isNew)
        let broken = try #require(report.brokenHub)
        #expect(Files.kind(broken) == .folder)
        let rescue = try #require(report.rescues.first)
        #expect(report.rescues.count == 1)
        #expect(rescue.lease == Lease("a"))
        #expect(try place.git("show", "\(rescue.reference):unsaved.txt", in: workspace.hub) == "unsaved")
        #expect(try place.head("refs/heads/coord/r1/b/1", in: workspace.hub) == old.commit)
        let again = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a", 2))
        #expect(again.base == base)
        #expect(again.rescued == nil)
        #expect(try place.git("status", "--porcelain", in: again.path) == "")
    }

    @Test("a hub that was put aside before a crash is taken over, and its objects stay in reach")
    func putAside() throws {
        let place = try Playground()
        try place.makeProject()
        let workspace = try place.open()
        let lease = Lease("a")
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: lease)
        try place.write("unsaved\n", prepared.path + "/unsaved.txt")
        let rescue = try #require(try workspace.rescue(slot: "w-1", lease: lease))
        try Files.rename(workspace.hub, to: workspace.hub + ".broken-1")
        let report = try workspace.openHub()
        #expect(report.isNew && report.brokenHub == workspace.hub + ".broken-1")
        #expect(try place.head(rescue.reference, in: workspace.hub) == rescue.commit)
        try place.shell("rm '\(workspace.hub)/objects/info/alternates'")
        #expect(try workspace.openHub().repairs.count == 1)
        #expect(try place.git("show", "\(rescue.reference):unsaved.txt", in: workspace.hub) == "unsaved")
    }

    @Test("a project that was moved to another place is found again")
    func movedProject() throws {
        let place = try Playground()
        try place.makeProject()
        _ = try place.open().prepareWorktree(slot: "w-1", lease: Lease("a"))
        let moved = place.root + "/moved"
        try Files.rename(place.project, to: moved)
        let state = try Project.inspect(moved, git: place.tool)
        let workspace = Workspace(
            git: place.tool, project: state, target: "main", run: "r1", hub: moved + "/.coord/state/hub.git",
            worktrees: moved + "/worktrees", stateFolder: moved + "/.coord/state/git")
        let report = try workspace.openHub()
        #expect(!report.isNew && report.repairs.count == 1)
        let prepared = try workspace.prepareWorktree(slot: "w-1", lease: Lease("a", 2))
        #expect(try place.git("status", "--porcelain", in: prepared.path) == "")
        #expect(try place.git("log", "--format=%s", in: prepared.path) == "Start")
    }
}
