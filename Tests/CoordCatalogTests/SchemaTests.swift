import CoordJSON
import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("JSON Schemas agree with the readers")
struct SchemaTests {
    /// A schema, and the file in which editors find it.
    struct Case: CustomTestStringConvertible, Sendable {
        var file: String
        var document: JSONValue
        var testDescription: String { file }
    }

    static let cases = [
        Case(file: "missions/mission.schema.json", document: MissionSchema.document),
        Case(file: "roles/role.schema.json", document: RoleSchema.document),
        Case(file: "skills/skill.schema.json", document: SkillSchema.document),
    ]

    @Test("the file is what the declarations of the reader make", arguments: cases)
    func generated(_ schema: Case) throws {
        let path = Shipped.folder + "/" + schema.file
        if Environment.value("COORD_ACCEPT") == "1" {
            try Files.write(Array(schema.document.prettyText.utf8), to: path)
        }
        #expect(try JSONParser.parse(try Files.readText(path)) == schema.document)
    }

    @Test("a schema uses only what is checked here", arguments: cases)
    func keywords(_ schema: Case) throws {
        let checker = try SchemaChecker(schema.document.text)
        #expect(checker.unknownKeywords == [])
        #expect(checker.part("$schema") == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test("every mission and role that comes with coord fits its schema")
    func shipped() throws {
        let missions = try SchemaChecker(MissionSchema.document.text)
        for entry in Shipped.catalog.missions() where entry.path.hasSuffix(".json") {
            #expect(
                missions.faults(try JSONParser.parse(try Files.readText(entry.path))) == [], "\(entry.id)")
        }
        let roles = try SchemaChecker(RoleSchema.document.text)
        for entry in Shipped.roles.sorted {
            let matter = try FrontMatter(try Files.read(entry.role.origin), file: entry.role.origin)
            let root = try YAMLDocument.parse(
                Array(try #require(matter.yaml)), file: entry.role.origin, firstLine: 1)
            #expect(roles.faults(root.json) == [], "\(entry.role.id)")
        }
    }

    @Test("what the validator accepts, the schema accepts")
    func accepted() throws {
        let schema = try SchemaChecker(MissionSchema.document.text)
        let good = [
            Self.mission,
            #"{ "id": "m", "tasks": [{ "id": "a", "run": "x" }, {"id": "b", "prompt": "x", "run": null}] }"#,
            #"{ "id": "m", "goal": "Ship\nit", "planning": { "role": "producer" } }"#,
        ]
        for text in good {
            #expect(TestCatalog.read(text).mission != nil)
            #expect(schema.faults(try JSONParser.parse(text)) == [])
        }
    }

    @Test(
        "of what the validator refuses, the schema sees what can be seen without the catalogue",
        arguments: BrokenMissions.all.filter { $0.schema != .unread })
    func refused(_ row: Broken) throws {
        let faults = try SchemaChecker(MissionSchema.document.text).faults(try JSONParser.parse(row.text))
        #expect(faults.isEmpty == (row.schema == .accepts), "\(faults)")
    }

    // MARK: Documents with one thing changed

    /// Every key of a mission that lies in one file.
    private static let mission = MissionFileTests.whole
        .replacing(
            #""maxAttempts": 5,"#, with: #""softBudgetUSD": 20, "progressSeconds": 60, "maxAttempts": 5,"#
        )
        .replacing(
            #""rate": {"#,
            with: #"""
                "handoff": { "softPercent": 50, "hardPercent": 60, "contextTokens": 1000, "max": 0,
                             "askSeconds": 5, "acknowledgeSeconds": 6 }, "rate": {
                """#
        )
        .replacing(
            #""budgetUSD": 5, "skills""#,
            with:
                #""budgetUSD": 5, "rounds": { "everyLandings": 2, "atEnd": true, "max": 4, "prompt": "Look" }, "skills""#
        )
        .replacing(#""deliver":"#, with: #""remote": "origin", "deliver":"#)

    private static let role = #"""
        { "name": "Poet", "description": "Writes poems.", "model": "haiku", "maxModel": "sonnet",
          "tools": ["Read", "Write"], "kind": "coordination", "capabilities": ["writes-docs"],
          "owns": ["poems/**"], "skills": "lint, test-runner", "aliases": ["bard"],
          "examples": ["a", "b", "c", "d", "e"], "color": "blue" }
        """#

    /// What is put in the place of each value in turn.
    private static let others: [JSONValue] = [
        .null, true, .integer(0), .integer(-1), .integer(2), .integer(.max), .number(0.5), .number(2), "",
        " ",
        "A b", "a\u{0}", "a\nb", "low", "role:producer", "api:x/y", "api:x y/z", "acp:", "command:x",
        .string(String(repeating: "a", count: 61)), .string(String(repeating: "a", count: 65)), [], ["a"],
        ["a", 1], [:],
    ]

    /// The value with each of its parts in turn replaced, taken away, or joined by an unknown member.
    private static func mutants(of value: JSONValue) -> [JSONValue] {
        var found = others.filter { $0 != value }
        if let object = value.objectValue {
            for key in object.keys {
                var less = object
                less[key] = nil
                found.append(.object(less))
                for mutant in mutants(of: object[key] ?? .null) {
                    var changed = object
                    changed[key] = mutant
                    found.append(.object(changed))
                }
            }
            var more = object
            more["bogus"] = 1
            found.append(.object(more))
        }
        // Entries are alike; the one with the most in it stands for all.
        if let list = value.arrayValue,
            let index = list.indices.max(by: { list[$0].text.utf8.count < list[$1].text.utf8.count })
        {
            for mutant in mutants(of: list[index]) {
                var changed = list
                changed[index] = mutant
                found.append(.array(changed))
            }
        }
        return found
    }

    /// Faults between parts of a document, or with the catalogue, git and the disk: no schema sees them.
    private static let beyond = [
        "which is not in the catalogue", "whose file is broken", "which is not in the mission",
        "needs itself",
        "are called", "above its", "below its", "is no file pattern", "which is no name of a branch",
        "which is no name of a remote", "the mission has no tasks", "Tasks wait for each other",
        "no rehearsal folder", "wait in a circle", "stands twice in", "names the skill itself",
        "but its file is named", "is no program",
        "neither a name nor a path",
    ]

    /// Where the reader and the schema say something different of the same document.
    private func disagreement(
        _ document: JSONValue, _ faults: [String], _ diagnostics: [Diagnostic]
    ) -> String? {
        let errors = diagnostics.filter(\.isError).map(\.message)
        let visible = errors.filter { message in !Self.beyond.contains { message.contains($0) } }
        // Beyond fifty nothing more is shown, and then something is visible.
        if faults.isEmpty == visible.isEmpty { return nil }
        return "schema \(faults.first ?? "accepts"), reader \(visible.first ?? "accepts"): \(document.text)"
    }

    @Test("of a mission with one thing changed, schema and reader say the same")
    func missionMutants() throws {
        let schema = try SchemaChecker(MissionSchema.document.text)
        let mutants = Self.mutants(of: try JSONParser.parse(Self.mission))
        var disagreements: [String] = []
        var refused = 0
        for mutant in mutants {
            let diagnostics = TestCatalog.read(mutant.text).diagnostics
            let faults = schema.faults(mutant)
            if !faults.isEmpty { refused += 1 }
            if let told = disagreement(mutant, faults, diagnostics) { disagreements.append(told) }
        }
        #expect(disagreements.isEmpty, "\(disagreements.count): \(disagreements.prefix(5))")
        #expect(mutants.count > 1500 && refused > 700 && refused < mutants.count)
    }

    @Test("of a role with one thing changed, schema and reader say the same")
    func roleMutants() throws {
        let schema = try SchemaChecker(RoleSchema.document.text)
        let scratch = try Scratch(["role.md": "You write."])
        let root = try JSONParser.parse(Self.role)
        var disagreements: [String] = []
        var refused = 0
        // A key without a value counts as absent in a role, as the schema says in words.
        let mutants = Self.mutants(of: root).filter { $0.objectValue?.values.contains(.null) == false }
        for mutant in mutants {
            try scratch.write(mutant.text, to: "role.json")
            let diagnostics = RoleReader.read(scratch.path("role.md"), id: "role").diagnostics
            let faults = schema.faults(mutant)
            if !faults.isEmpty { refused += 1 }
            if let told = disagreement(mutant, faults, diagnostics) { disagreements.append(told) }
        }
        #expect(disagreements.isEmpty, "\(disagreements.count): \(disagreements.prefix(5))")
        #expect(mutants.count > 300 && refused > 100 && refused < mutants.count)
    }

    @Test("of a skill with one thing changed, schema and reader say the same")
    func skillMutants() throws {
        let schema = try SchemaChecker(SkillSchema.document.text)
        var document = try #require(try JSONParser.parse(SkillTests.whole).objectValue)
        // What a schema of parameters means is checked by the table of broken skills.
        document["parameters"] = nil
        document["handler"] = ["command": ["count", "--all"], "timeoutSeconds": 2.5]
        var disagreements: [String] = []
        for mutant in Self.mutants(of: .object(document)) {
            let found: [Diagnostic]
            do throws(Diagnostic) {
                found = try SkillReader.manifest(
                    Array(mutant.text.utf8), path: "count.skill.json", id: "count", category: nil
                ).diagnostics
            } catch { found = [error] }
            if let told = disagreement(mutant, schema.faults(mutant), found) { disagreements.append(told) }
        }
        #expect(disagreements.isEmpty, "\(disagreements.count): \(disagreements.prefix(5))")
    }
}
