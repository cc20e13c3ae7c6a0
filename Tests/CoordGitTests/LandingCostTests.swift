import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

/// Processes and flushes.
@Suite("What a landing costs, and what it may not save")
struct LandingCostTests {
    @Test(
        "what was built on a candidate ahead lands with three processes of git, and over nobody's file",
        arguments: [false, true])
    func speculated(together: Bool) throws {
        let place = try Playground()
        let base = try place.makeProject([".gitignore": "*.o\n"])
        let workspace = try place.open()
        var onto = base
        var commits: [ObjectID] = []
        for name in ["one", "two"] {
            let snapshot = try #require(
                try workspace.attempt(Lease(TaskID(name))) {
                    try place.shell("echo \(name) > \(name).txt", in: $0.path)
                })
            let outcome = try workspace.stage(
                commit: snapshot.commit, base: base, onto: onto, message: name, style: .merge)
            guard case .staged(let commit, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            commits.append(commit)
            onto = commit
        }
        let mine = together ? "one.txt" : "two.txt"
        if !together { #expect(try workspace.land(commit: commits[0], from: base) == .landed) }
        let from = together ? base : commits[0]
        try place.write("mine\n", place.project + "/" + mine)
        guard case .delayed(let reason) = try workspace.land(commit: commits[1], from: from) else {
            Issue.record("it landed over a file of the user's")
            return
        }
        #expect(reason.contains(mine), "\(reason)")
        #expect(try place.read(place.project + "/" + mine) == "mine\n")
        try Files.remove(place.project + "/" + mine)
        let before = place.tool.callCount
        #expect(try workspace.land(commit: commits[1], from: from) == .landed)
        // Looks at the checkout, moves it and the target; several at once are compared with what is there.
        #expect(place.tool.callCount - before == (together ? 4 : 3))
        #expect(try place.read(place.project + "/two.txt") == "two\n")
    }

    @Test("everything that lands is flushed to the disk by the git command that writes it")
    func flushed() throws {
        let place = try Playground()
        // Git itself tells how often it flushed.
        let trace = place.root + "/trace"
        try place.write("[trace2]\n\teventTarget = \(trace)\n", place.root + "/home/.gitconfig")
        let base = try place.makeProject(["a.txt": "a\n"])
        let workspace = try place.open()
        let prepared = try workspace.prepareWorktree(slot: "w", lease: Lease("a"))
        try place.shell("echo work > a.txt; mkdir new; echo n > new/file.txt", in: prepared.path)
        try Files.remove(trace)
        let snapshot = try #require(
            try workspace.snapshot(slot: "w", lease: Lease("a"), base: base, message: "m"))
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(try workspace.land(commit: commit, from: base) == .landed)
        let lines = try place.read(trace).split(separator: "\n")
        var flushes: [String: Int] = [:]
        for command in ["add", "write-tree", "commit-tree", "update-ref"] {
            let starts = lines.filter {
                $0.contains("\"event\":\"start\"") && $0.contains(",\"\(command)\",")
                    || $0.contains("\"event\":\"start\"") && $0.contains(",\"\(command)\"]")
            }
            for start in starts {
                let session = start.split(separator: ",")[1]
                let told = lines.first { $0.contains(session) && $0.contains("fsync/hardware-flush") }
                let count = told?.split(separator: "\"").last { Int($0) != nil }.flatMap { Int($0) }
                flushes[command, default: 0] += count ?? 0
            }
        }
        // Two blobs, two trees, the work's commit and the one that lands, the reference; no index of coord's.
        #expect(flushes == ["add": 2, "write-tree": 2, "commit-tree": 2, "update-ref": 1])
    }
}
