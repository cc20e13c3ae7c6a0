import CoordJSON
import CoordSystem
import Testing

/// What an unfinished attempt left can be found, seen and brought back.
@Suite("Rescued work")
struct RescueTests {
    /// A run whose only task failed after it had edited a file, added one and removed one.
    private func failed() throws -> Stand {
        let stand = try Stand(files: ["README.md": "# Project\n", "gone.txt": "g\n", "kept.txt": "k\n"])
        let mission = try stand.mission(
            "\"limits\": { \"maxAttempts\": 1 }, \"tasks\": [ { \"id\": \"api\", \"prompt\": \"x\" } ]")
        let agent = try stand.agent(
            "echo half >> kept.txt; rm gone.txt; mkdir new; printf 'a\\0b' > new/raw; exit 1")
        #expect(try stand.coord("run", mission, "--agent", agent).status == 1)
        return stand
    }

    @Test("it is listed and shown, also as a patch")
    func looking() throws {
        let stand = try failed()
        let listed = try #require(try stand.document("rescue", "list")["rescues"]?.arrayValue)
        #expect(listed.count == 1 && listed[0]["task"] == "api" && listed[0]["attempt"] == 1)
        let reference = try #require(listed[0]["ref"]?.stringValue)
        #expect(try stand.coord("rescue").output.contains(reference))
        for name in ["api", "api/1", reference, "refs/coord/rescue/" + reference] {
            let shown = try stand.document("rescue", "show", name)["rescue"]
            #expect(shown?["files"] == ["gone.txt", "kept.txt", "new/raw"], "\(name)")
        }
        let patch = try stand.coord("rescue", "show", "api", "--patch")
        #expect(patch.output.contains("+half") && patch.output.contains("GIT binary patch"))
    }

    @Test("it comes back as a branch; the checkout stays, and no second branch takes the first one's place")
    func branch() throws {
        let stand = try failed()
        try stand.write(stand.project + "/README.md", "mine\n")
        let before = try stand.git("rev-parse", "main")
        let answer = try stand.coord("rescue", "restore", "api")
        #expect(answer.status == 0 && answer.output == "rescue/api-1\n", "\(answer)")
        #expect(try stand.git("show", "rescue/api-1:kept.txt") == "k\nhalf")
        #expect(try stand.git("diff", "--name-only", "main...rescue/api-1") == "gone.txt\nkept.txt\nnew/raw")
        #expect(try stand.read(stand.project + "/README.md") == "mine\n")
        #expect(try stand.git("rev-parse", "main") == before)
        let again = try stand.coord("rescue", "restore", "api")
        #expect(again.status == 7 && again.speech.contains("--branch"), "\(again)")
        #expect(try stand.coord("rescue", "restore", "api", "--branch", "other").status == 0)
        // Its objects are the project's own now.
        try Files.removeTree(stand.project + "/.coord")
        #expect(try stand.git("fsck", "--no-dangling", "--no-progress").isEmpty)
    }

    @Test("it comes back as a patch that applies")
    func patch() throws {
        let stand = try failed()
        #expect(try stand.coord("rescue", "restore", "api", "-o", stand.root + "/api.patch").status == 0)
        try stand.git("apply", stand.root + "/api.patch")
        #expect(try stand.read(stand.project + "/kept.txt") == "k\nhalf\n")
        #expect(Files.kind(stand.project + "/gone.txt") == nil)
        #expect(try stand.git("branch", "--list", "rescue/*").isEmpty)
    }

    @Test(
        "what cannot be done is said with what would help",
        arguments: [
            (["rescue", "show", "apo"], 2, "did you mean `api`?"),
            (["rescue", "restore", "nothing-like-it-at-all"], 2, "coord rescue list"),
            (["rescue", "restore", "api", "--branch", "a..b"], 2, "a..b"),
            (["rescue", "restore", "api", "--branch", "main"], 7, "a branch `main` already"),
            (["rescue", "restore", "api", "--branch", "x", "-o", "y"], 2, "exclude each other"),
            (["rescue", "restore", "api", "-o", "/nowhere/at/all"], 6, "/nowhere/at/all"),
        ])
    func refusals(arguments: [String], status: Int32, words: String) throws {
        let stand = try failed()
        let answer = try stand.coord(arguments)
        #expect(answer.status == status && answer.speech.contains(words), "\(answer)")
        #expect(try stand.git("for-each-ref", "--format=%(refname)") == "refs/heads/main")
    }

    @Test("a project where nothing was kept says so")
    func nothing() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        #expect(try stand.coord("run", mission, "--agent", stand.agent("echo a > a")).status == 0)
        #expect(try stand.document("rescue")["rescues"] == [])
        #expect(try stand.coord("rescue").speech.contains("nothing was kept"))
    }
}
