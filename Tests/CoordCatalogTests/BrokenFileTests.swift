import CoordJSON
import CoordModel
import Testing

@testable import CoordCatalog

/// A wrong or doubtful file, and everything a person reads about it.
struct Broken: CustomTestStringConvertible, Sendable {
    /// What the JSON Schema says of a mission.
    enum Schema {
        /// It sees the fault too.
        case refuses
        /// The fault is between parts, or with the catalogue: beyond a schema.
        case accepts
        /// The text is no JSON, so no schema is asked.
        case unread
    }

    var name: String
    var schema: Schema
    var text: String
    var says: String

    init(_ name: String, schema: Schema = .unread, _ text: String, says: String) {
        self.name = name
        self.schema = schema
        self.text = text
        self.says = says
    }

    var testDescription: String { name }
}

enum BrokenMissions {
    static let all =
        syntax + keys + kinds + names + ranges + words + catalogue + graph + work + play + doubts

    static let deep = String(repeating: "[", count: 200)

    static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
}

@Suite("Wrong files")
struct BrokenFileTests {
    @Test("a wrong mission gets exactly these answers", arguments: BrokenMissions.all)
    func mission(_ row: Broken) {
        let reading = TestCatalog.read(row.text)
        #expect(reading.diagnostics.printed == row.says)
        #expect((reading.mission == nil) == !reading.errors.isEmpty)
    }

    @Test("a wrong plan gets exactly these answers", arguments: BrokenPlans.all)
    func plan(_ row: Broken) {
        let reading = TestCatalog.read(row.text, file: "plan.md")
        #expect(reading.diagnostics.printed == row.says)
        #expect((reading.mission == nil) == !reading.errors.isEmpty)
    }

    @Test(
        "a wrong role file gets exactly these answers",
        arguments: BrokenRoles.frontMatter + BrokenRoles.values + BrokenRoles.doubts)
    func role(_ row: Broken) throws {
        let scratch = try Scratch(["role.md": row.text])
        var (role, diagnostics) = RoleReader.read(scratch.path("role.md"), id: "role")
        for index in diagnostics.indices { diagnostics[index].file = "role.md" }
        #expect(diagnostics.printed == row.says)
        #expect((role == nil) == diagnostics.contains(where: \.isError))
    }

    @Test("programs get the same answer as data")
    func json() {
        let whole = Diagnostic(
            file: "m", position: SourcePosition(line: 2, column: 7), message: "Wrong", hint: "Right")
        #expect(
            whole.json == [
                "severity": "error", "file": "m", "line": 2, "column": 7, "message": "Wrong", "hint": "Right",
            ])
        let bare = Diagnostic(severity: .warning, file: "m", message: "Odd")
        #expect(
            bare.json == [
                "severity": "warning", "file": "m", "line": nil, "column": nil, "message": "Odd", "hint": nil,
            ])
    }

    @Test("fifty problems are told at once, and how many more there are")
    func fifty() {
        let tasks = (1...80).map { #"{ "id": "t\#($0)", "run": "true", "deps": ["none"] }"# }
        let reading = TestCatalog.read(#"{ "id": "m", "tasks": [\#(tasks.joined(separator: ",\n"))] }"#)
        #expect(reading.diagnostics.count == 51)
        #expect(reading.diagnostics[49].message == "Task `t50` needs `none`, which is not in the mission")
        #expect(reading.diagnostics[49].line == 50)
        #expect(reading.diagnostics[50].message == "30 more problems are not shown")
    }

    @Test("a diagnostic quotes little of a long text, and nothing that drives a terminal")
    func hostileText() {
        let long = TestCatalog.read(#"{ "id": "m", "\#(BrokenMissions.letters(100_000))": 1 }"#)
        #expect(long.diagnostics.allSatisfy { $0.description.utf8.count < 2000 })
        let escape = TestCatalog.read(#"{ "id": "m", "\u001b[31m\u202e\n": 1, "tasks": [] }"#)
        #expect(
            escape.diagnostics.first?.description.split(separator: "\n").first
                == #"error: Unknown key `\u{1b}[31m\u{202e}"#)
    }
}
