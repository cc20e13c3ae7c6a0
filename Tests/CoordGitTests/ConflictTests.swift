import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

/// Two sides that started from one commit, in every way in which git can fail to unite them, and some in
/// which it looks as if it might.
@Suite("Conflicts of every kind")
struct ConflictTests {
    /// What each side does to the project's files, as a shell script.
    struct Kind: CustomTestStringConvertible {
        var name: String
        var work: String
        var target: String
        /// The files in conflict; none: they unite.
        var files: Set<String> = []
        /// What a worker is told; or, where they unite, what git shows of the candidate in `path`.
        var words: [String] = []
        var path = ""

        var testDescription: String { name }
    }

    /// What both start from: `a.txt` has thirty lines, so that a rename is seen as one.
    private static let start = """
        seq 30 > a.txt; seq 101 130 > b.txt; printf 'x\\0\\1' > bin.dat; ln -s a.txt link; seq 9 > run.sh
        mkdir sub; git update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,sub
        """

    static let apartForGood = [
        Kind(
            name: "content", work: "sed -i 's/^3$/mine/' a.txt", target: "sed -i 's/^3$/theirs/' a.txt",
            files: ["a.txt"],
            words: [
                "CONFLICT (content): Merge conflict in a.txt", "a.txt:\n<<<<<<<", "theirs\n=======\nmine",
            ]),
        Kind(
            name: "content in two places of two files",
            work: "sed -i 's/^3$/m3/;s/^20$/m20/' a.txt; sed -i 's/^103$/m/' b.txt",
            target: "sed -i 's/^3$/t3/;s/^20$/t20/' a.txt; sed -i 's/^103$/t/' b.txt",
            files: ["a.txt", "b.txt"], words: ["t3\n=======\nm3", "t20\n=======\nm20", "t\n=======\nm\n"]),
        Kind(
            name: "added on both sides", work: "echo mine > new", target: "echo theirs > new",
            files: ["new"], words: ["CONFLICT (add/add)", "theirs\n=======\nmine"]),
        Kind(
            name: "renamed to two names", work: "mv a.txt one.txt", target: "mv a.txt two.txt",
            files: ["a.txt", "one.txt", "two.txt"], words: ["CONFLICT (rename/rename)", "one.txt", "two.txt"]),
        Kind(
            name: "two files renamed to one", work: "mv a.txt c.txt", target: "mv b.txt c.txt",
            files: ["c.txt"], words: ["CONFLICT", "c.txt"]),
        Kind(
            name: "renamed and deleted", work: "mv a.txt moved.txt", target: "rm a.txt",
            files: ["moved.txt"], words: ["CONFLICT (rename/delete)", "moved.txt"]),
        Kind(
            name: "changed and deleted", work: "echo more >> a.txt", target: "rm a.txt", files: ["a.txt"],
            words: ["CONFLICT (modify/delete)", "a.txt"]),
        Kind(
            name: "deleted and changed", work: "rm a.txt", target: "echo more >> a.txt", files: ["a.txt"],
            words: ["CONFLICT (modify/delete)", "a.txt"]),
        Kind(
            name: "renamed to a name that was added", work: "mv a.txt c.txt", target: "echo new > c.txt",
            files: ["c.txt"], words: ["CONFLICT", "c.txt"]),
        Kind(
            name: "a file where a folder is", work: "echo f > place",
            target: "mkdir place; echo d > place/in",
            words: ["CONFLICT (file/directory)", "place"]),
        Kind(
            name: "added with two modes", work: "echo x > new; chmod +x new", target: "echo x > new",
            files: ["new"], words: ["CONFLICT", "new"]),
        Kind(
            name: "binary", work: "printf 'x\\0\\2' > bin.dat", target: "printf 'x\\0\\3' > bin.dat",
            files: ["bin.dat"], words: ["Cannot merge binary files: bin.dat", "CONFLICT (content)"]),
        Kind(
            name: "a submodule moved twice",
            work: "git update-index --cacheinfo 160000,2222222222222222222222222222222222222222,sub",
            target: "git update-index --cacheinfo 160000,3333333333333333333333333333333333333333,sub",
            files: ["sub"], words: ["CONFLICT (submodule)", "sub"]),
        Kind(
            name: "a link led elsewhere twice", work: "ln -sfn b.txt link", target: "ln -sfn run.sh link",
            files: ["link"], words: ["CONFLICT (content)", "link"]),
        Kind(
            name: "a file that became a link", work: "rm a.txt; ln -s b.txt a.txt",
            target: "echo more >> a.txt", words: ["CONFLICT", "a.txt"]),
        Kind(
            name: "line ends", work: "sed -i 's/$/\\r/' a.txt", target: "sed -i 's/^3$/three/' a.txt",
            files: ["a.txt"], words: ["CONFLICT (content)", "a.txt"]),
    ]

    static let united = [
        Kind(
            name: "the same change on both sides", work: "sed -i 's/^3$/three/' a.txt",
            target: "sed -i 's/^3$/three/' a.txt; echo t > t", words: ["three"], path: "a.txt"),
        Kind(
            name: "two places of a file", work: "sed -i 's/^3$/three/' a.txt",
            target: "sed -i 's/^20$/twenty/' a.txt", words: ["three", "twenty"], path: "a.txt"),
        Kind(
            name: "renamed and changed", work: "mv a.txt moved.txt", target: "sed -i 's/^3$/three/' a.txt",
            words: ["three"], path: "moved.txt"),
        Kind(
            name: "renamed in letters' case and changed", work: "mv a.txt A.TXT",
            target: "sed -i 's/^3$/three/' a.txt", words: ["three"], path: "A.TXT"),
        Kind(
            name: "a mode and content", work: "chmod +x run.sh", target: "echo 10 >> run.sh", words: ["10"],
            path: "run.sh"),
        Kind(
            name: "deleted twice", work: "rm b.txt; echo w > w", target: "rm b.txt", words: ["w"], path: "w"),
        Kind(
            name: "line ends that git knows of",
            work: "sed -i 's/$/\\r/' crlf.txt; sed -i 's/^30\\r$/thirty\\r/' crlf.txt",
            target: "sed -i 's/^3$/three/' crlf.txt", words: ["three\n", "thirty\n"], path: "crlf.txt"),
    ]

    /// A project whose target and whose work went apart.
    private func apart(_ kind: Kind, ignoresCase: Bool = false) throws -> (
        place: Playground, base: ObjectID, work: ObjectID
    ) {
        let place = try Playground()
        try place.makeProject([".gitattributes": "crlf.txt text\n"])
        try place.shell("seq 30 > crlf.txt; " + Self.start)
        let base = try place.commit([:], "Base")
        try place.git("checkout", "-q", "-b", "side")
        try place.shell(kind.work)
        let work = try place.commit([:], "Work")
        try place.git("checkout", "-q", "-f", "main")
        try place.git("branch", "-q", "-D", "side")
        try place.shell(kind.target)
        try place.commit([:], "Target")
        if ignoresCase { try place.git("config", "core.ignorecase", "true") }
        return (place, base, work)
    }

    private func outcome(_ kind: Kind, ignoresCase: Bool = false) throws -> (Playground, StageOutcome) {
        let (place, base, work) = try apart(kind, ignoresCase: ignoresCase)
        let workspace = try place.open()
        let target = try workspace.targetHead()
        let outcome = try workspace.stage(
            commit: work, base: base, onto: target, message: "Land it", style: .merge)
        return (place, outcome)
    }

    @Test("what does not unite names its files and says how they clash", arguments: apartForGood)
    func clashes(kind: Kind) throws {
        let (place, outcome) = try outcome(kind)
        guard case .conflict(let files, let excerpt) = outcome else {
            Issue.record("\(kind.name): \(outcome)")
            return
        }
        if kind.files.isEmpty {
            #expect(!files.isEmpty)
        } else {
            #expect(Set(files) == kind.files)
        }
        for words in kind.words { #expect(excerpt.contains(words), "\(excerpt)") }
        #expect(excerpt.utf8.count <= 3072)
        #expect(try place.git("status", "--porcelain", "--ignore-submodules") == "")
    }

    @Test("what unites is built without a worker", arguments: united)
    func unites(kind: Kind) throws {
        let (place, outcome) = try outcome(kind)
        guard case .staged(let commit, _) = outcome else {
            Issue.record("\(kind.name): \(outcome)")
            return
        }
        let text = try place.git("show", "\(commit):\(kind.path)") + "\n"
        for words in kind.words { #expect(text.contains(words), "\(text)") }
        #expect(!text.contains("\r"))
    }

    @Test("names that differ in letters' case alone are a conflict where the project cannot tell them apart")
    func letters() throws {
        let kind = Kind(name: "case", work: "echo mine > Notes.md", target: "echo theirs > NOTES.md")
        guard case (_, .staged) = try outcome(kind) else {
            Issue.record("a file system that tells them apart can have both")
            return
        }
        guard case (_, .conflict(let files, let excerpt)) = try outcome(kind, ignoresCase: true) else {
            Issue.record("both would be one file")
            return
        }
        #expect(files == ["NOTES.md", "Notes.md"])
        #expect(excerpt.contains("differ only in the case of letters"))
        // What the target has of the kind is nobody's fault.
        let old = Kind(name: "old", work: "echo w > w", target: "echo 1 > X; echo 2 > x")
        guard case (_, .staged) = try outcome(old, ignoresCase: true) else {
            Issue.record("the target was so before")
            return
        }
    }
}
