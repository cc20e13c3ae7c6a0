import CoordModel
import CoordSystem
import Testing

@testable import CoordGit

@Suite("Reading git's answers")
struct PorcelainParserTests {
    static let a = ObjectID(String(repeating: "a", count: 40))!
    static let b = ObjectID(String(repeating: "b", count: 40))!

    func bytes(_ text: String) -> [UInt8] { Array(text.replacingBars.utf8) }

    @Test(
        "a version is read, whoever built it",
        arguments: [
            ("git version 2.39.5\n", GitTool.Version(2, 39, 5)),
            ("git version 2.39.5 (Apple Git-154)\n", GitTool.Version(2, 39, 5)),
            ("git version 2.50.0.rc1.12.gabc\n", GitTool.Version(2, 50, 0)),
            ("git version 3.0\n", GitTool.Version(3, 0, 0)),
        ])
    func version(text: String, expected: GitTool.Version) {
        #expect(PorcelainParser.version(text) == expected)
    }

    @Test("what is no version is none", arguments: ["", "hub 2.1", "git version", "git version x.y"])
    func noVersion(text: String) {
        #expect(PorcelainParser.version(text) == nil)
    }

    @Test("a worktree's listing tells tracked, modified, deleted and untracked paths apart")
    func worktree() throws {
        let listing = try #require(
            PorcelainParser.worktree(bytes("H a|C b|R c d|C c d|? new\nline|? nested/|S skipped|")))
        #expect(listing.tracked == [Array("a".utf8), Array("skipped".utf8)])
        #expect(listing.modified == ["b"])
        #expect(listing.deleted == ["c d"])
        #expect(listing.untracked == ["new\nline", "nested/"])
        #expect(listing.changed == ["b", "c d", "nested/", "new\nline"])
    }

    @Test("a listing with a field of no known kind is refused", arguments: ["X a|", "Ha|", "H a|?|"])
    func badWorktree(text: String) {
        #expect(PorcelainParser.worktree(bytes(text)) == nil)
    }

    @Test("a status tells staged, unstaged and unmerged paths apart, spaces in names kept")
    func status() {
        let line = "N... 100644 100644 100644 \(Self.a) \(Self.b)"
        let text =
            "# branch.oid \(Self.a)|1 M. \(line) one file|1 .M \(line) two|1 MM \(line) three|"
            + "1 D. \(line) four|u UU N... 1 1 1 1 \(Self.a) \(Self.a) \(Self.b) five six|? other|"
        #expect(
            PorcelainParser.status(bytes(text))
                == CheckoutStatus(
                    staged: ["one file", "three", "four"], unstaged: ["two", "three"], unmerged: ["five six"])
        )
        #expect(PorcelainParser.status([])?.isClean == true)
        #expect(PorcelainParser.status(bytes("9 what|")) == nil)
    }

    @Test("a clean merge is its tree")
    func cleanMerge() {
        #expect(PorcelainParser.mergedTree(bytes("\(Self.a)|")) == MergedTree(tree: Self.a))
    }

    @Test("a conflict has its files once and git's sentences about conflicts only")
    func conflict() {
        let text =
            "\(Self.a)|f.txt|g|f.txt||1|f.txt|Auto-merging|Auto-merging f.txt\n|"
            + "1|f.txt|CONFLICT (contents)|CONFLICT (content): Merge conflict in f.txt\n|"
            + "2|g|h|CONFLICT (rename/delete)|CONFLICT: g renamed\n|"
        #expect(
            PorcelainParser.mergedTree(bytes(text))
                == MergedTree(
                    tree: Self.a, conflicts: ["f.txt", "g"],
                    messages: ["CONFLICT (content): Merge conflict in f.txt", "CONFLICT: g renamed"]))
    }

    @Test("an answer that breaks off is refused", arguments: ["", "zz|", "2|"])
    func badMerge(text: String) {
        #expect(PorcelainParser.mergedTree(bytes(text)) == nil)
    }

    @Test("a merge's record with a wrong count is refused")
    func badMergeCount() {
        #expect(PorcelainParser.mergedTree(bytes("\(Self.a)|f||9|f|CONFLICT|x|")) == nil)
    }

    @Test("a log gives commits, parents and whole messages")
    func log() {
        let text = "\(Self.a)|\(Self.b)|Subject\n\nBody\n|\(Self.b)||Root\n|"
        #expect(
            PorcelainParser.log(bytes(text)) == [
                LoggedCommit(commit: Self.a, parents: [Self.b], message: "Subject\n\nBody\n"),
                LoggedCommit(commit: Self.b, parents: [], message: "Root\n"),
            ])
        #expect(PorcelainParser.log(bytes("\(Self.a)|\(Self.b)|")) == nil)
    }

    @Test("a list of worktrees tells branches, detached and unborn heads and bare repositories")
    func worktrees() {
        let zeros = String(repeating: "0", count: 40)
        let text =
            "worktree /p|HEAD \(Self.a)|branch refs/heads/main||worktree /q|HEAD \(Self.b)|detached||"
            + "worktree /u|HEAD \(zeros)|branch refs/heads/x/y||worktree /b|bare||"
        #expect(
            PorcelainParser.worktrees(bytes(text)) == [
                ListedWorktree(path: "/p", head: Self.a, branch: "main"),
                ListedWorktree(path: "/q", head: Self.b, branch: nil),
                ListedWorktree(path: "/u", head: nil, branch: "x/y"),
                ListedWorktree(path: "/b", isBare: true),
            ])
    }
}

extension String {
    /// Bars stand for NULs in these tests.
    fileprivate var replacingBars: String { String(map { $0 == "|" ? "\0" : $0 }) }
}

@Suite("Git's arguments")
struct GitArgumentsTests {
    static let a = PorcelainParserTests.a
    static let b = PorcelainParserTests.b

    @Test("every call names its repository and its files first, and lets nothing run")
    func everyCall() {
        let place = GitPlace(gitFolder: "/p/.git", workTree: "/w", index: "/i")
        let list = GitArguments.list(.writeTree, at: place)
        #expect(list.prefix(2) == ["--git-dir=/p/.git", "--work-tree=/w"])
        #expect(list.last == "write-tree")
        for setting in [
            "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false",
        ] {
            #expect(list.contains(setting))
            #expect(GitArguments.discovering(.topLevel).contains(setting))
        }
    }

    @Test("a user's sparse checkout is respected, ours are whole")
    func sparse() {
        var place = GitPlace(gitFolder: "/p/.git", workTree: "/w")
        #expect(GitArguments.list(.status, at: place).contains("core.sparseCheckout=false"))
        place.kind = .users
        #expect(!GitArguments.list(.status, at: place).contains("core.sparseCheckout=false"))
    }

    @Test("whatever lands is written with every flush")
    func durable() {
        let commands: [GitCommand] = [
            .commitTree(Self.a, parents: [Self.b]), .mergeTree(ours: Self.a, theirs: Self.b),
            .advance("refs/heads/main", from: Self.a, to: Self.b, note: "n"),
            .fetch(Self.a, repository: "/h"),
            .pack(base: "/h/pack"),
        ]
        for command in commands { #expect(command.settings.contains("core.fsync=all"), "\(command)") }
        for command in [GitCommand.addAll(isMany: true), .addAll(isMany: false), .writeTree] {
            #expect(command.settings.contains("core.fsync=objects,derived-metadata,reference"))
        }
    }

    @Test(
        "a name a stranger chose is never an option",
        arguments: [
            GitCommand.resolve("--upload-pack=x"), .fetch(a, repository: "--upload-pack=x"),
            .advance("--stdin", from: a, to: b, note: "n"),
            .createReference("-d", a, note: "n", step: .projectStart),
            .listReferences(["--shell"]),
        ])
    func injection(command: GitCommand) throws {
        let list = command.arguments
        let fence = try #require(list.firstIndex { $0 == "--" || $0 == "--end-of-options" })
        let strange = try #require(
            list.firstIndex {
                ["--upload-pack=x", "--upload-pack=x^{commit}", "--stdin", "-d", "--shell"].contains($0)
            })
        #expect(fence < strange)
    }
}

@Suite("Messages of commits")
struct CommitMessageTests {
    @Test(
        "reserved trailers are told in any case and place",
        arguments: [
            ("Coord-Task: x", true), ("coord-run: y", true), ("  COORD-Worker:z", true), ("Coord-: x", true),
            ("Coordination: x", false), ("Coord-Task x", false), ("Signed-off-by: Coord-Task", false),
            ("see Coord-Task: x", false), ("Coord- Task: x", false),
        ])
    func reserved(line: String, expected: Bool) {
        #expect(CommitMessage.isReserved(line) == expected)
    }

    @Test("stripping takes reserved trailers with their folded lines and leaves the rest")
    func stripped() {
        let message = "\n\nSubject\n\nBody\0\nCoord-Task: a\n folded\nFixes: 1\ncoord-attempt: 9\n\n"
        #expect(CommitMessage.stripped(message) == "Subject\n\nBody\nFixes: 1\n")
    }

    @Test("an empty message is filled in", arguments: ["", " \n\n", "Coord-Run: 1\n"])
    func empty(message: String) {
        #expect(CommitMessage.stripped(message) == "Work without a message\n")
    }
}

@Suite("Names of branches")
struct BranchNameTests {
    @Test("legal names", arguments: ["main", "feature/x-1", "a.b", "ünïcode", "x@y"])
    func legal(name: String) { #expect(BranchName.isLegal(name)) }

    @Test(
        "illegal names",
        arguments: [
            "", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b", ".a",
            "a/.b",
            "a.lock", "a.lock/b", "a.", "@", "a@{1}", "HEAD", "a\u{7}b",
        ])
    func illegal(name: String) { #expect(!BranchName.isLegal(name)) }

    @Test(
        "a link that leads out of the tree, or into its repository, is told from the text",
        arguments: [
            ("/etc/passwd", "a", true), ("../x", "a", true), ("../x", "d/a", false), ("../../x", "d/a", true),
            ("b/../../x", "a", true), ("x/../y", "a", false), (".git/config", "a", true),
            ("../.GIT/x", "d/a", true),
            ("b", "a", false),
        ])
    func links(destination: String, path: String, expected: Bool) {
        #expect(Workspace.leavesTree(destination, from: path) == expected)
    }
}
