import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("The catalogue")
struct CatalogTests {
    private func mission(_ name: String, description: String = "here") -> String {
        #"{ "id": "\#(name)", "name": "The \#(name)", "description": "\#(description)", "#
            + #""team": [{ "role": "dev", "count": 2 }, { "role": "dev" }], "#
            + #""tasks": [{ "id": "a", "run": "x" }] }"#
    }

    /// A project that names two more folders, a user's folder and a shipped one.
    private func catalog(_ scratch: Scratch) throws -> Catalog {
        Catalog(
            locations: CatalogLocations(
                project: scratch.path("project"), extra: [".", "../shared"], userFolder: scratch.path("user"),
                shipped: scratch.path("shipped")))
    }

    @Test("what is found first wins: project, configured folders in their order, user, shipped")
    func order() throws {
        let scratch = try Scratch([
            "project/.coord/roles/a.md": "from the project",
            "project/roles/a.md": "hidden", "project/roles/b.md": "from the root",
            "shared/roles/b.md": "hidden", "shared/roles/c.md": "from the shared folder",
            "user/roles/c.md": "hidden", "user/roles/d.md": "from the user",
            "shipped/roles/d.md": "hidden", "shipped/roles/e.md": "from coord",
            "shipped/roles/README.md": "no role", "shipped/roles/role.schema.json": "{}",
        ])
        let shelf = try catalog(scratch).roles()
        #expect(shelf.problems == [])
        #expect(
            shelf.sorted.map { "\($0.role.id): \($0.role.prose.dropLast()) (\($0.origin))" } == [
                "a: from the project (project)", "b: from the root (configured (.))",
                "c: from the shared folder (configured (../shared))", "d: from the user (user)",
                "e: from coord (shipped)",
            ])
    }

    @Test("`config.json` names more folders; a broken one is named and the rest goes on")
    func settings() throws {
        let scratch = try Scratch([
            "a/.coord/config.json": #"{ "catalogues": [".", "../shared"], "worker": { "launcher": [] } }"#,
            "b/.coord/config.json": #"{ "catalogues": "." }"#,
            "c/.coord/config.json": "{",
        ])
        let good = CatalogLocations.standard(project: scratch.path("a"), shipped: "/shipped")
        #expect(good.problems == [])
        #expect(
            good.locations.places.filter { $0.origin != .user }.map(\.folder) == [
                scratch.path("a/.coord"), scratch.path("a"), scratch.path("shared"),
                scratch.path("a/.claude"),
                "/shipped",
            ])
        let wrong = CatalogLocations.standard(project: scratch.path("b"), shipped: nil)
        #expect(
            wrong.problems.map(\.message) == [
                "`catalogues` of the settings must be a list of folders, found a string"
            ])
        #expect(wrong.locations.places.map(\.origin).filter { $0 != .user } == [.project, .ecosystem])
        let cut = CatalogLocations.standard(project: scratch.path("c"), shipped: nil)
        #expect(cut.problems.map(\.message) == ["This is not valid JSON: the document ends too early"])
        #expect(CatalogLocations.standard(project: scratch.path("none"), shipped: nil).problems == [])
    }

    @Test(
        "the model that ranks is named as an agent is, with a time within its range; anything else is told",
        arguments: [
            (#""model": "api:anthropic/m""#, "api:anthropic/m 20", nil),
            (#""model": "api:openrouter/a/b", "seconds": 120"#, "api:openrouter/a/b 120", nil),
            ("", "none", "`skillRanking` has no `model`"),
            (#""model": "claude""#, "none", "`model` of `skillRanking` is `claude`, which is no model"),
            (#""model": "api:x""#, "none", "`model` of `skillRanking` is `api:x`, which is no model"),
            (#""model": 3"#, "none", "`model` of `skillRanking` must be a string, found a number"),
            (
                #""model": "api:x/y", "seconds": 0"#, "none",
                "`seconds` of `skillRanking` is 0, but must be from 1 to 120"
            ),
            (#""model": "api:x/y", "sekonds": 3"#, "api:x/y 20", "unknown key `sekonds` in `skillRanking`"),
        ] as [(String, String, String?)])
    func rankingSetting(_ members: String, _ read: String, _ problem: String?) throws {
        let scratch = try Scratch([".coord/config.json": "{ \"skillRanking\": { \(members) } }"])
        let (settings, problems) = ProjectSettings.read(in: scratch.path(""))
        let ranking = settings.skillRanking
        #expect(ranking.map { "\($0.name) \($0.limit.components.seconds)" } ?? "none" == read)
        #expect(problems.map { $0.message.lowercased() } == (problem.map { [$0.lowercased()] } ?? []))
    }

    @Test("a broken role is named, harms nothing else, and still hides the one below it")
    func brokenRole() throws {
        let scratch = try Scratch([
            "project/.coord/roles/a.md": "---\nkind: cod\n---\nbroken", "shipped/roles/a.md": "whole",
            "shipped/roles/b.md": "---\naliases: [a, bee]\n---\nwell",
            "shipped/roles/Not A Name.md": "never",
        ])
        let shelf = try catalog(scratch).roles()
        #expect(shelf["a"] == nil)
        #expect(shelf["bee"]?.id == "b")
        #expect(shelf.names == ["b", "bee"])
        #expect(shelf.broken["a"]?.file == scratch.path("project/.coord/roles/a.md"))
        #expect(
            shelf.problems.map { "\($0.severity.rawValue): \($0.message)" } == [
                "error: `kind` of the role is `cod`, but must be one of `code`, `coordination`",
                "warning: `Not A Name` is no name of a role; the file is left out",
                "warning: The alias `a` is the name of another role",
            ])
    }

    @Test("an alias goes to the first role that claims it, and never to a name")
    func aliases() throws {
        let scratch = try Scratch([
            "shipped/roles/a.md": "---\naliases: [b, x]\n---\nfirst", "shipped/roles/b.md": "second",
            "shipped/roles/c.md": "---\naliases: [x, y]\n---\nthird",
        ])
        let shelf = try catalog(scratch).roles()
        #expect(shelf["b"]?.prose == "second\n")
        #expect(shelf["x"]?.id == "a")
        #expect(shelf["y"]?.id == "c")
        #expect(
            shelf.problems.map(\.message) == [
                "The alias `b` is the name of another role", "The role `a` has the alias `x` already",
            ])
    }

    @Test("the common text is loaded apart, the first one only")
    func common() throws {
        let scratch = try Scratch([
            "user/roles/_common.md": "---\nx: y\n---\n# Ours\n", "shipped/roles/_common.md": "# Theirs\n",
        ])
        let shelf = try catalog(scratch).roles()
        #expect(shelf.common == "# Ours\n")
        #expect(shelf.sorted.isEmpty)
    }

    @Test("missions are listed with where they come from, what they hold, and what is broken")
    func missions() throws {
        let scratch = try Scratch([
            "project/.coord/missions/web.json": mission("web", description: "mine"),
            "shipped/missions/web.json": mission("web"),
            "shipped/missions/plan.md": "# A plan\n\nFor all.\n- [ ] a\n",
            "shipped/missions/cut.json": "{", "shipped/missions/mission.schema.json": "{}",
            "shipped/missions/notes.txt": "no mission",
        ])
        let entries = try catalog(scratch).missions()
        #expect(entries.map(\.id) == ["cut", "plan", "web"])
        #expect(entries.map(\.origin) == [.shipped, .shipped, .project])
        #expect(entries.map(\.description) == ["", "For all.", "mine"])
        #expect(entries.map(\.name) == ["cut", "A plan", "The web"])
        #expect(entries.map(\.taskCount) == [0, 1, 1])
        #expect(entries.map(\.workerCount) == [0, 0, 3])
        #expect(entries.map { $0.problem?.position } == [SourcePosition(line: 1, column: 2), nil, nil])
    }

    @Test("a mission is found by path, by file name, or by the id it gives itself")
    func lookup() throws {
        let scratch = try Scratch([
            "shipped/missions/web-app.json": mission("web-app"),
            "shipped/missions/old.json": mission("renamed"),
            "here/local.json": mission("local"), "here/api": mission("api"),
        ])
        let catalog = try catalog(scratch), here = scratch.path("here")
        #expect(
            try catalog.missionFile("web-app", workingFolder: here)
                == scratch.path("shipped/missions/web-app.json"))
        #expect(
            try catalog.missionFile("renamed", workingFolder: here)
                == scratch.path("shipped/missions/old.json"))
        #expect(try catalog.missionFile("local.json", workingFolder: here) == scratch.path("here/local.json"))
        #expect(try catalog.missionFile("../x/y.json", workingFolder: here) == scratch.path("x/y.json"))
        #expect(try catalog.missionFile("api", workingFolder: here) == scratch.path("here/api"))
        #expect(try catalog.missionFile("missing.json") == "missing.json")
        do {
            let path = try catalog.missionFile("webapp", workingFolder: here)
            Issue.record("was found at \(path)")
        } catch {
            #expect(
                error.description == """
                    error: There is no mission `webapp` in the catalogue, and no such file
                      at webapp
                    hint: Did you mean `web-app`?
                    """)
        }
    }

    @Test("no name given from outside opens a file outside the catalogue's folders")
    func traversal() throws {
        let scratch = try Scratch(["shipped/missions/a.json": mission("a"), "secret.json": mission("secret")])
        let catalog = try catalog(scratch)
        for name in ["../secret", "../../secret", "%2e%2e/secret", "..", "a/../../secret"] {
            // Such a text is never looked up in the catalogue; it is a path as it stands.
            let path = (try? catalog.missionFile(name, workingFolder: scratch.path("here"))) ?? ""
            #expect(!path.hasPrefix(scratch.path("shipped")), "\(name)")
        }
    }

    @Test("skills are known by their files: manifests by category, and folders with a SKILL.md")
    func skills() throws {
        let scratch = try Scratch([
            "shipped/skills/code/lint.skill.json": "{}", "shipped/skills/git/git-status.skill.json": "{}",
            "shipped/skills/pdf/SKILL.md": "text", "shipped/skills/docs/changelog/SKILL.md": "text",
            "shipped/skills/skill.schema.json": "{}", "user/skills/mine/lint.skill.json": "{}",
        ])
        let skills = try catalog(scratch).skills()
        #expect(
            skills.map { "\($0.id) \($0.category ?? "-") \($0.origin)" } == [
                "lint mine user", "changelog docs shipped", "git-status git shipped", "pdf - shipped",
            ])
    }

    @Test("a mission names a role of the catalogue on the disk by its alias")
    func wholeWay() throws {
        let scratch = try Scratch([
            "shipped/roles/library-dev.md": "---\naliases: [engine-dev]\n---\nYou build.\n",
            "m.json": #"{ "id": "m", "tasks": [{ "id": "a", "prompt": "x", "role": "engine-dev" }] }"#,
            "play/rehearsal.json":
                #"{ "parts": { "a": { "attempts": [[{ "write": "x", "from": "gone.txt" }]] }, "b": {} } }"#,
            "with-play.json":
                #"{ "id": "m", "rehearsal": "play", "#
                + #""tasks": [{ "id": "a", "prompt": "x" }, { "id": "c", "prompt": "y" }] }"#,
        ])
        let catalog = try catalog(scratch)
        let reading = MissionFile.read(scratch.path("m.json"), catalog: catalog)
        #expect(reading.mission?.tasks.first?.role == "library-dev")
        let played = MissionFile.read(scratch.path("with-play.json"), catalog: catalog)
        #expect(played.mission == nil)
        #expect(
            played.diagnostics.filter { $0.file.hasSuffix("play/rehearsal.json") }.map {
                "\($0.position!) \($0.message)"
            }
                == [
                    "1:12 The rehearsal has no part for the task `c`",
                    "1:59 A step of part `a` writes from `gone.txt`, which is no file of the rehearsal",
                    "1:77 The rehearsal has a part for `b`, which is no task of the mission",
                    "1:82 Part `b` has no `attempts`",
                ])
        try scratch.write("text", to: "play/gone.txt")
        try scratch.write(
            #"{ "parts": { "a": { "attempts": [[{ "write": "x", "from": "gone.txt" }]] }, "#
                + #""c": { "attempts": [[]] } } }"#,
            to: "play/rehearsal.json")
        let whole = MissionFile.read(scratch.path("with-play.json"), catalog: catalog)
        #expect(whole.mission?.rehearsal == scratch.path("play"))
        #expect(whole.errors == [])
    }
}
