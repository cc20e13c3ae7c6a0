import CoordJSON
import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("Files of other tools")
struct ImportTests {
    @Test("a foreign manifest becomes one that holds, and everything assumed is said")
    func skill() throws {
        let scratch = try Scratch([
            "gitStatus.json": """
            { "name": "Git Status", "summary": "Shows changes", "handler": "./handlers/git.mjs", "version": "1.2",
              "estimatedDurationMs": 500, "model": "haiku",
              "inputSchema": { "type": "object", "properties": { "path": { "type": "string", "pattern": "^a" } } } }
            """
        ])
        let converted = try CatalogImport.skill(scratch.path("gitStatus.json"))
        #expect(converted.name == "skills/general/git-status.skill.json")
        for piece in [
            "called `git-status`", "handler is none that coord runs", "`pattern` of `path` is not checked",
            "`inputSchema` was read as `parameters`", "`1.2` became `1.0.0`", "`estimatedDurationMs`",
            "`model`",
        ] {
            #expect(converted.assumptions.contains { $0.contains(piece) }, "\(piece)")
        }
        let (skill, _) = try SkillReader.manifest(
            Array(converted.text.utf8), path: "x.skill.json", id: "git-status", category: "general")
        #expect(skill?.description == "Shows changes" && skill?.extra["estimatedDurationMs"] == "500")
    }

    @Test("a role file without front matter gets some, with what was assumed")
    func role() throws {
        let scratch = try Scratch([
            "Code Reviewer.md": "# Reviewer\n\nYou look at changes: carefully.\n\nMore.\n"
        ])
        let converted = try CatalogImport.role(scratch.path("Code Reviewer.md"))
        #expect(converted.name == "roles/code-reviewer.md")
        #expect(converted.assumptions.contains { $0.contains("no front matter") })
        try scratch.write(converted.text, to: "roles/code-reviewer.md")
        let (role, found) = RoleReader.read(scratch.path("roles/code-reviewer.md"), id: "code-reviewer")
        #expect(role?.description == "You look at changes: carefully.")
        #expect(role?.prose.hasPrefix("# Reviewer") == true && found.filter(\.isError) == [])
    }

    @Test("a team mission becomes a team and its tasks, and the mission holds")
    func mission() throws {
        let scratch = try Scratch([
            "sprint.json": """
            { "id": "Sprint 1", "name": "Sprint", "description": "Ship it", "maxConcurrency": 3, "maxBudgetUsd": 7.5,
              "designDoc": "x.md", "agents": [
              { "id": "backend", "type": "code", "role": "backend-dv", "model": "sonnet",
                "fileOwnership": ["src/**", "/etc/*"],
                "tasks": { "primary": "Build the API", "secondary": ["Polish"] } },
              { "id": "backend", "role": "ui-dev", "tasks": { "primary": "Build the page" } },
              { "id": "who", "role": "zookeeper-of-the-year", "tasks": { "primary": "Feed" } },
              { "id": "lead", "role": "producer" } ] }
            """
        ])
        let converted = try CatalogImport.mission(scratch.path("sprint.json"), catalog: Shipped.catalog)
        #expect(converted.name == "missions/sprint-1.json")
        let document = try JSONParser.parse(converted.text)
        #expect(
            document["team"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == [
                "backend", "backend-2", "lead",
            ])
        #expect(
            document["tasks"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["backend", "backend-2"])
        #expect(document["tasks"]?.arrayValue?.first?["files"] == ["src/**"])
        #expect(document["limits"] == ["maxConcurrency": 3, "budgetUSD": 7.5])
        for piece in [
            "`backend-dv` of `backend` was taken for `backend-dev`", "zookeeper", "leave the project",
            "secondary tasks of `backend`", "`lead` has no primary task", "`designDoc` means nothing",
            "maxBudgetUsd",
        ] {
            #expect(converted.assumptions.contains { $0.contains(piece) }, "\(piece)")
        }
    }

    @Test("what is exported is read by coord as the same thing")
    func export() throws {
        let role = try #require(Shipped.roles["backend-dev"])
        let skill = try #require(Shipped.catalog.skillShelf()["write-tests"])
        let scratch = try Scratch([
            ".claude/agents/backend-dev.md": CatalogImport.text(of: role, forOthers: true),
            ".claude/skills/write-tests/SKILL.md": CatalogImport.manual(of: skill),
        ])
        let catalog = Catalog(
            locations: CatalogLocations(project: scratch.folder, userFolder: nil, shipped: nil))
        let read = try #require(catalog.roles()["backend-dev"])
        #expect(read.prose == role.prose && read.description == role.description && read.tools == role.tools)
        #expect(catalog.roles().entries["backend-dev"]?.origin == .ecosystem)
        let manual = try #require(catalog.skillShelf()["write-tests"])
        #expect(manual.instructions.contains(skill.instructions))
        #expect(manual.description.hasPrefix(skill.description))
        #expect(catalog.skillShelf().problems.isEmpty)
    }
}
