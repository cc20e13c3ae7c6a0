import CoordJSON
import CoordSystem
import Testing

/// What lies in `missions/`, `roles/` and `skills/`, judged as files; the catalogue's own tests judge the
/// meaning.
@Suite("The shipped catalogues")
struct CatalogueTests {
    @Test("each catalogue carries its schema", arguments: ["mission", "role", "skill"])
    func schemas(kind: String) throws {
        let schema = try json("\(kind)s/\(kind).schema.json")
        #expect(schema["$schema"]?.stringValue?.hasPrefix("https://json-schema.org/") == true)
        #expect(schema["type"]?.stringValue == "object")
    }

    @Test("each mission bears the name of its file and points to its schema", arguments: missionFiles)
    func missions(path: String) throws {
        let mission = try json(path)
        #expect(path == "missions/\(mission["id"]?.stringValue ?? "").json")
        #expect(mission["$schema"]?.stringValue == "./mission.schema.json")
    }

    @Test(
        "each rehearsal has a part for each task, and every file that its parts write",
        arguments: missionFiles)
    func rehearsals(path: String) throws {
        let mission = try json(path)
        guard let name = mission["rehearsal"]?.stringValue else { return }
        let folder = "missions/" + name
        let parts = try json(folder + "/rehearsal.json")["parts"]?.objectValue
        let tasks = (mission["tasks"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
        // Reviews, rounds and what an agent proposes have parts of their own; without tasks there is a plan.
        let own = (parts?.keys ?? []).filter { !$0.hasSuffix(".review") && !$0.contains("-round-") }
        let proposed = Set(Self.steps(of: parts).compactMap { $0["propose"]?["id"]?.stringValue })
        #expect(own.filter { !proposed.contains($0) }.sorted() == (tasks.isEmpty ? ["plan"] : tasks.sorted()))
        #expect(proposed.subtracting(own) == [], "proposed tasks without a part")

        var written: Set<String> = []
        for part in parts?.values ?? [] {
            for attempt in part["attempts"]?.arrayValue ?? [] {
                let steps = attempt.arrayValue ?? []
                #expect(!steps.isEmpty)
                #expect(steps.allSatisfy { step in Self.kinds.filter { step[$0] != nil }.count == 1 })
                written.formUnion(steps.compactMap { $0["from"]?.stringValue })
            }
        }
        let there = SourceTree.files(below: folder).map { String($0.dropFirst(folder.count + 1)) }
        #expect(written.subtracting(there).sorted() == [], "files that a part writes and that are missing")
        // The files of a sample project are what the play begins with.
        let sample = try json(folder + "/rehearsal.json")["project"]?.stringValue ?? "any"
        #expect(
            there.filter {
                $0 != "rehearsal.json" && !written.contains($0) && !$0.hasPrefix(sample + "/")
            } == [], "files that no part writes")
    }

    private static func steps(of parts: JSONObject?) -> [JSONValue] {
        (parts?.values ?? []).flatMap { $0["attempts"]?.arrayValue ?? [] }.flatMap { $0.arrayValue ?? [] }
    }

    static let missionFiles = SourceTree.names(in: "missions")
        .filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }.map { "missions/" + $0 }

    private static let kinds = [
        "say", "write", "edit", "delete", "run", "pause", "propose", "handoff", "verdict", "fail",
    ]

    private func json(_ path: String) throws -> JSONValue {
        try JSONParser.parse(try Files.read(SourceTree.root + "/" + path))
    }
}
