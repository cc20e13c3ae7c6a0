import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

/// The catalogue that comes with coord, where it lies in the source tree.
enum Shipped {
    static let folder = Files.parent(Files.parent(Files.parent(#filePath)))
    static let catalog = Catalog(
        locations: CatalogLocations(project: nil, userFolder: nil, shipped: folder))
    static let roles = catalog.roles()
}

@Suite("The roles that come with coord")
struct ShippedCatalogTests {
    private static let wanted: [RoleID] = [
        "accessibility-specialist", "api-designer", "architect", "backend-dev", "css-artist", "data-engineer",
        "database-dev", "debugger", "dependency-manager", "devops", "docs-writer", "full-stack-dev",
        "integration-tester", "library-dev", "localization-engineer", "migration-engineer", "mobile-dev",
        "performance-analyst", "producer", "qa-engineer", "refactorer", "release-manager", "research-agent",
        "security-auditor", "self-reviewer", "tech-lead", "test-generator", "ui-dev",
    ]

    @Test("all are there, and none of them is doubtful")
    func whole() {
        #expect(Shipped.roles.problems.printed == "")
        #expect(Set(Self.wanted).subtracting(Shipped.roles.entries.keys) == [])
        #expect(Shipped.roles["engine-dev"]?.id == "library-dev")
        #expect(Shipped.roles["frontend-dev"]?.id == "ui-dev")
    }

    @Test("each says all that a role must say", arguments: wanted)
    func complete(_ id: RoleID) throws {
        let role = try #require(Shipped.roles[id])
        #expect(role.name == id.rawValue)
        #expect((60...320).contains(role.description.count))
        #expect((5...10).contains(role.examples.count))
        #expect(Set(role.examples).count == role.examples.count)
        #expect(!role.owns.isEmpty && !role.capabilities.isEmpty && !role.tools.isEmpty)
        #expect(role.model == (role.kind == .code ? "sonnet" : "haiku"))
        let dearest = try #require(role.maxModel)
        #expect(!ModelRank.isBelow(dearest, try #require(role.model)))
        for heading in ["## Rules", "## Files", "## What a task for you looks like", "## What you "] {
            #expect(role.prose.contains("\n\(heading)"), "\(heading)")
        }
        // Enough to be somebody, little enough to be paid for in every call.
        #expect((1800...6000).contains(role.prose.utf8.count), "\(role.prose.utf8.count)")
    }

    @Test("what a role is for shows in what it can do")
    func capabilities() throws {
        func can(_ capability: Capability) -> Set<RoleID> {
            Set(
                Shipped.roles.entries.values.filter { $0.role.capabilities.contains(capability) }.map(
                    \.role.id))
        }
        #expect(
            can(.writesCode).isDisjoint(with: [
                "docs-writer", "architect", "producer", "tech-lead", "self-reviewer", "api-designer",
                "research-agent",
            ]))
        #expect(can(.database).isSuperset(of: ["database-dev", "backend-dev", "full-stack-dev"]))
        #expect(can(.browser).isSuperset(of: ["ui-dev", "css-artist", "integration-tester"]))
        #expect(can(.writesDocs).contains("docs-writer"))
        let coordination = Set(
            Shipped.roles.entries.values.filter { $0.role.kind == .coordination }.map(\.role.id))
        #expect(coordination == ["architect", "producer", "research-agent", "self-reviewer", "tech-lead"])
        for capability in Capability.allCases { #expect(!can(capability).isEmpty, "\(capability)") }
    }

    @Test("the common text tells of the worktree, honesty and the handoff")
    func common() {
        for word in ["worktree", "COORD_HANDOFF_OUT", "**Remaining**", "secret", "not an order"] {
            #expect(Shipped.roles.common.contains(word), "\(word)")
        }
        #expect(Shipped.roles.common.utf8.count < 6000)
    }

    @Test("every mission that comes with coord is right")
    func missions() {
        for entry in Shipped.catalog.missions() {
            let reading = MissionFile.read(entry.path, catalog: Shipped.catalog)
            #expect(reading.errors.printed == "", "\(entry.id)")
            #expect(entry.declaredID.map { $0 == entry.id } ?? true)
        }
    }

    @Test(
        "a mission's team, budget and models keep to the rules of teams",
        arguments: Shipped.catalog.missions())
    func teams(entry: MissionEntry) throws {
        let reading = MissionFile.read(entry.path, catalog: Shipped.catalog)
        #expect(reading.diagnostics.printed == "")
        let mission = try #require(reading.mission)
        let workers = mission.team.reduce(0) { $0 + $1.count }
        #expect(workers >= 6)
        let usual = TeamComposition.usualDollars(workers: workers)
        #expect(mission.limits.budget == Money(microDollars: Int64(usual) * 1_000_000))
        for member in mission.team {
            let role = try #require(Shipped.roles[member.role])
            if role.capabilities.contains(.writesCode) { #expect(member.model == "sonnet", "\(member.id)") }
            if role.kind == .coordination, member.role != "architect" { #expect(member.model == "haiku") }
        }
        #expect(mission.team.contains { $0.maxModel == "opus" })
        #expect(TeamComposition.expected.allSatisfy { role in mission.team.contains { $0.role == role } })
        #expect(mission.rehearsal != nil && !mission.rehearsalTerms.tools.isEmpty)
    }
}
