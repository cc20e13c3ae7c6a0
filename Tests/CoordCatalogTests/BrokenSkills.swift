import CoordJSON
import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

/// Wrong manifests, and what a person reads of each: input above, answer below.
enum BrokenSkills {
    static let all = shape + handlers + values
}

extension Broken {
    /// A skill that would be well but for these members of its manifest: on its first line, or, where they
    /// take several, on the lines below it. `says` is all that is read of it.
    static func skill(
        _ name: String, schema: Schema = .unread, _ members: String, says: String
    ) -> Broken {
        let start = #"{ "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], "#
        let lines = members.split(separator: "\n", omittingEmptySubsequences: false)
        let rest = lines.count == 1 ? members : lines.map { "\n  " + $0 }.joined()
        return Broken(name, schema: schema, start + rest + " }", says: says)
    }

    /// The same with one answer, at a column of the first line.
    static func skill(
        _ name: String, schema: Schema = .unread, _ members: String, says: String, at column: Int,
        hint: String? = nil
    ) -> Broken {
        let whole = says + "\n  at one.skill.json:1:\(column)" + (hint.map { "\nhint: " + $0 } ?? "")
        return skill(name, schema: schema, members, says: whole)
    }
}

@Suite("Wrong skill files")
struct BrokenSkillTests {
    @Test("a wrong or doubtful manifest gets exactly these answers", arguments: BrokenSkills.all)
    func manifest(_ row: Broken) throws {
        let scratch = try Scratch(["one.skill.json": row.text])
        var (skill, diagnostics) = SkillReader.read(
            scratch.path("one.skill.json"), id: "one", category: "general")
        for index in diagnostics.indices { diagnostics[index].file = "one.skill.json" }
        #expect(diagnostics.printed == row.says)
        #expect((skill == nil) == diagnostics.contains(where: \.isError))
    }

    @Test("there are sixty of them, and none of them is said twice")
    func many() {
        #expect(BrokenSkills.all.count >= 60)
        #expect(Set(BrokenSkills.all.map(\.text)).count == BrokenSkills.all.count)
    }
}

@Suite("The JSON Schema of a skill")
struct SkillSchemaTests {
    @Test("every manifest that comes with coord fits it")
    func shipped() throws {
        let checker = try SchemaChecker(SkillSchema.document.text)
        for skill in Shipped.catalog.skillShelf().sorted.map(\.skill) {
            #expect(checker.faults(try JSONParser.parse(try Files.readText(skill.path))) == [], "\(skill.id)")
        }
        #expect(checker.faults(try JSONParser.parse(SkillTests.whole)) == [])
    }

    /// What a schema cannot see: names in other places, meaning between keywords.
    private static let beyond: Set<String> = [
        "an id of another file", "a skill that requires itself", "a skill that excludes itself",
        "a program that is a parameter", "a program with its arguments", "a program beside nothing",
        "an unknown parameter", "a parameter without any description", "a parameter in a shell script",
        "a parameter in a Python script", "a parameter as awk's program", "a parameter as sed's program",
        "a parameter run through env", "a keyword of another type", "a least above the most",
        "a default that does not fit", "a default of another kind", "a default that is a list",
        "a choice that does not fit", "a required parameter that is none",
        "a parameter with a blank in its name",
    ]

    @Test(
        "of what the reader refuses, it sees what can be seen in one place", arguments: BrokenSkills.all)
    func agrees(_ row: Broken) throws {
        // What is no JSON never reaches a schema.
        guard let document = try? JSONParser.parse(row.text) else { return }
        let isRefused = row.says.contains("error: ")
        let faults = try SchemaChecker(SkillSchema.document.text).faults(document)
        #expect(faults.isEmpty == (!isRefused || Self.beyond.contains(row.name)), "\(faults)")
    }
}
