import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Gates")
struct GateTests {
    @Test("a gate's folder holds exactly the candidate, whatever the last gate left")
    func exact() throws {
        let place = try Playground()
        let base = try place.makeProject([".gitignore": "*.o\nout/\n", "a.txt": "a\n", "folder/b": "b\n"])
        let workspace = try place.open()
        let path = try workspace.openGate(name: "1", commit: base)
        #expect(try place.git("status", "--porcelain", "--ignored", in: path) == "")
        #expect(try place.head(in: path) == base)
        try place.shell(
            "echo o > x.o; mkdir -p out/deep new/folder; echo 1 > out/deep/f; mkfifo pipe; rm a.txt; "
                + "echo changed > folder/b; git config user.name gate; git checkout -q -b strange; "
                + "git update-index --assume-unchanged folder/b; git init -q sub; ln -s / root",
            in: path)
        let next = try place.commit(["new": "a file now\n"], "Two")
        #expect(try workspace.openGate(name: "1", commit: next) == path)
        #expect(try Files.list(path) == [".git", ".gitignore", "a.txt", "folder", "new"])
        #expect(try place.read(path + "/folder/b") == "b\n")
        #expect(try place.read(path + "/a.txt") == "a\n")
        #expect(
            try place.git("status", "--porcelain", "--ignored", "--branch", in: path) == "## HEAD (no branch)"
        )
        #expect(try place.tree("HEAD", in: path) == (try place.tree("\(next)")))
    }

    @Test("line ends that git would store otherwise do not stop a gate")
    func lineEnds() throws {
        let place = try Playground()
        try place.makeProject(["a.txt": "a\r\nb\r\n"])
        let commit = try place.commit([:], "x")
        try place.write("* text=auto\n", ".gitattributes")
        try place.git("add", ".gitattributes")
        try place.git("commit", "-q", "-m", "attributes", "--", ".gitattributes")
        let head = try place.head()
        let workspace = try place.open()
        for commit in [commit, head, head] {
            let path = try workspace.openGate(name: "1", commit: commit)
            #expect(try place.read(path + "/a.txt") == "a\r\nb\r\n")
        }
    }

    @Test("the place of a submodule is empty")
    func submodule() throws {
        let place = try Playground()
        let base = try place.makeProject()
        try place.git("update-index", "--add", "--cacheinfo", "160000,\(base),sub")
        try place.git("commit", "-q", "-m", "submodule")
        let head = try place.head()
        let workspace = try place.open()
        let path = try workspace.openGate(name: "1", commit: head)
        #expect(try Files.list(path + "/sub") == [])
        try place.write("x", path + "/sub/x")
        _ = try workspace.openGate(name: "1", commit: head)
        #expect(try Files.list(path + "/sub") == [])
        let snapshot = try workspace.attempt(Lease("a")) { try place.write("y\n", $0.path + "/y") }
        #expect(snapshot?.files == ["y"])
    }

    @Test("gates of different names do not know each other, and all go at the end")
    func several() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let one = try workspace.openGate(name: "1", commit: base)
        let two = try workspace.openGate(name: "2", commit: base)
        #expect(one != two)
        try place.write("x", one + "/x")
        try workspace.closeGates()
        #expect(Files.kind(one) == nil && Files.kind(two) == nil)
        #expect(try place.git("worktree", "list", in: workspace.hub).split(separator: "\n").count == 1)
        let again = try workspace.openGate(name: "1", commit: base)
        #expect(try Files.list(again) == [".git", "README.md"])
    }

    @Test("a damaged object is found before anything lands")
    func damaged() throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("content\n", $0.path + "/one") })
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        let blob = try place.git("rev-parse", "\(commit):one")
        let file = "\(place.project)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        try place.shell("chmod u+w '\(file)' && : > '\(file)'")
        let error = #expect(throws: GitError.self) { try workspace.openGate(name: "1", commit: commit) }
        guard case .repositoryDamaged(place.project + "/.git", let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.contains(blob))
        #expect(error?.hint?.contains("fsck") == true)
    }
}
