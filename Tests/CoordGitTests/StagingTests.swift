import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Staging")
struct StagingTests {
    static let message = "Land a\n\nCoord-Run: r1\nCoord-Task: a\nCoord-Attempt: 1\nCoord-Worker: w-1\n"

    @Test("on an unmoved target the candidate has the very tree of the work", arguments: MergeStyle.allCases)
    func fastPath(style: MergeStyle) throws {
        let place = try Playground()
        let base = try place.makeProject()
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) { try place.write("1\n", $0.path + "/one") })
        let outcome = try workspace.stage(
            commit: snapshot.commit, base: base, onto: base, message: Self.message, style: style)
        guard case .staged(let commit, let tree) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(tree == snapshot.tree)
        #expect(try place.tree("\(commit)") == tree)
        let parents = style == .merge ? "\(base) \(snapshot.commit)" : "\(base)"
        #expect(try place.git("log", "-1", "--format=%P", "\(commit)") == parents)
        #expect(
            try place.git(
                "log", "-1", "--format=%(trailers:key=Coord-Task,valueonly)%(trailers:key=Coord-Worker)",
                "\(commit)")
                == "a\nCoord-Worker: w-1\n")
        #expect(try place.head() == base)
    }

    @Test("on a moved target both sides are united, and no file is touched")
    func cleanMerge() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.write("1\n2\n3\n4\n5\n6\n7\n8\nnine\n", $0.path + "/a.txt")
            })
        let onto = try place.commit(["a.txt": "one\n2\n3\n4\n5\n6\n7\n8\n9\n"], "Human")
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(try place.git("show", "\(commit):a.txt") == "one\n2\n3\n4\n5\n6\n7\n8\nnine")
        #expect(try place.git("log", "-1", "--format=%P", "\(commit)") == "\(onto) \(snapshot.commit)")
        #expect(try place.git("status", "--porcelain") == "")
    }

    @Test("a conflict names its files and shows where it is")
    func conflict() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n", "d/b.txt": "b\n", "c.txt": "c\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("echo work > a.txt; echo work > d/b.txt; echo fine > n.txt", in: $0.path)
            })
        let onto = try place.commit(["a.txt": "human\n", "d/b.txt": "human\n"], "Human")
        let outcome = try workspace.stage(
            commit: snapshot.commit, base: base, onto: onto, message: "m", style: .merge)
        guard case .conflict(let files, let excerpt) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(files == ["a.txt", "d/b.txt"])
        #expect(excerpt.contains("CONFLICT (content): Merge conflict in a.txt"))
        #expect(excerpt.contains("a.txt:\n<<<<<<< \(onto)\nhuman\n=======\nwork\n>>>>>>> \(snapshot.commit)"))
        #expect(excerpt.utf8.count <= 3072)
    }

    @Test("a file deleted on one side and edited on the other is a conflict, also when it was renamed")
    func renameDelete() throws {
        let place = try Playground()
        let text = (1...30).map { "line \($0)\n" }.joined()
        let base = try place.makeProject(["a.txt": text, "b.txt": "b\n"])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("mv a.txt renamed.txt; echo w > b.txt", in: $0.path)
            })
        try place.git("rm", "-q", "a.txt", "b.txt")
        let onto = try place.commit([:], "Human")
        let outcome = try workspace.stage(
            commit: snapshot.commit, base: base, onto: onto, message: "m", style: .merge)
        guard case .conflict(let files, let excerpt) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(Set(files) == ["renamed.txt", "b.txt"])
        #expect(excerpt.contains("rename/delete") && excerpt.contains("modify/delete"))
    }

    @Test("a rename on one side and an edit on the other are united")
    func renameEdit() throws {
        let place = try Playground()
        let text = (1...30).map { "line \($0)\n" }.joined()
        let base = try place.makeProject(["a.txt": text])
        let workspace = try place.open()
        let snapshot = try #require(
            try workspace.attempt(Lease("a")) {
                try place.shell("sed -i 's/line 3$/three/' a.txt", in: $0.path)
            })
        try place.git("mv", "a.txt", "moved.txt")
        try place.commit([:], "Human")
        let commit = try workspace.stageOnTarget(snapshot, base: base)
        #expect(try place.git("show", "\(commit):moved.txt").contains("\nthree\n"))
    }

    @Test("every clash is found, a long one is cut, a text without marks has none")
    func clash() {
        let body = (1...40).map { "l\($0)" }.joined(separator: "\n")
        let cut = Workspace.clashes(
            "x\n<<<<<<< a\n\(body)\n>>>>>>> b\ny\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n<<<<<<< a\nopen")
        #expect(cut.count == 3 && cut[0].hasPrefix("<<<<<<< a\nl1\n"))
        #expect(cut[0].hasSuffix("… 18 more lines"))
        #expect(cut[1] == "<<<<<<< a\n1\n=======\n2\n>>>>>>> b" && cut[2] == "<<<<<<< a\nopen")
        #expect(Workspace.clashes("plain\n") == [])
        #expect(Workspace.cut("äöü", toBytes: 100) == "äöü")
        #expect(Workspace.cut(String(repeating: "ä", count: 50), toBytes: 20).utf8.count <= 20)
    }
}
