import CoordJSON
import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("JSON Schemas agree with the validator")
struct SchemaTests {
    private func checker(_ name: String) throws -> SchemaChecker {
        try SchemaChecker(try Files.readText(Shipped.folder + "/" + name))
    }

    @Test(
        "the schemas are JSON and use only what is checked here",
        arguments: ["missions/mission.schema.json", "roles/role.schema.json", "skills/skill.schema.json"])
    func keywords(_ name: String) throws {
        let checker = try checker(name)
        #expect(checker.unknownKeywords == [])
        #expect(checker.part("$schema") == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test("every object of a mission has the keys the validator knows, and no others")
    func missionKeys() throws {
        let schema = try checker("missions/mission.schema.json")
        func keys(_ part: JSONValue?) -> [String] { part?["properties"]?.objectValue?.keys ?? [] }
        func known<Key: FieldKey>(_: Key.Type) -> Set<String> { Set(Key.allCases.map(\.rawValue)) }
        let limits = schema.part("$defs", "limits")
        #expect(Set(keys(schema.part())) == known(MissionKey.self))
        #expect(Set(keys(schema.part("$defs", "member"))) == known(TeamKey.self))
        #expect(Set(keys(limits)) == known(LimitsKey.self))
        #expect(Set(keys(limits?["properties"]?["rate"])) == known(RateKey.self))
        #expect(Set(keys(schema.part("$defs", "scale"))) == known(ScaleKey.self))
        #expect(Set(keys(schema.part("$defs", "merge"))) == known(MergeKey.self))
        #expect(Set(keys(schema.part("properties", "planning"))) == known(PlanningKey.self))
        #expect(Set(keys(schema.part("$defs", "task"))) == known(TaskKey.self))
        for part in ["member", "limits", "scale", "merge", "task"] {
            #expect(schema.part("$defs", part, "additionalProperties") == false, "\(part)")
        }
    }

    @Test("every choice has the same words")
    func words() throws {
        let schema = try checker("missions/mission.schema.json")
        func words(_ part: JSONValue?) -> [String] {
            part?["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
        }
        func all<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> [String] {
            Choice.allCases.map(\.rawValue)
        }
        let merge = schema.part("$defs", "merge", "properties"),
            task = schema.part("$defs", "task", "properties")
        #expect(words(schema.part("properties", "assignment")) == all(AssignmentStrategy.self))
        #expect(words(merge?["deliver"]) == all(Delivery.self))
        #expect(words(merge?["style"]) == all(MergeStyle.self))
        #expect(words(task?["risk"]) == all(Risk.self))
        #expect(words(task?["workspace"]) == all(WorkspaceKind.self))
        #expect(words(task?["capabilities"]?["items"]) == all(Capability.self))
        let agents = schema.part("$defs", "agent", "anyOf")?.arrayValue?.first
        #expect(words(agents) == ["auto", "rehearsal"] + AgentChoice.knownNames)
        let role = try checker("roles/role.schema.json")
        #expect(words(role.part("properties", "kind")) == all(Role.Kind.self))
        #expect(words(role.part("properties", "capabilities", "items")) == all(Capability.self))
        #expect(Set(role.part("properties")?.objectValue?.keys ?? []) == Set(all(RoleKey.self)))
    }

    @Test("every number has the same range")
    func ranges() throws {
        let schema = try checker("missions/mission.schema.json")
        func range(_ part: JSONValue?) -> ClosedRange<Int>? {
            guard let part else { return nil }
            if let name = part["$ref"]?.stringValue?.split(separator: "/").last {
                return range(schema.part("$defs", String(name)))
            }
            guard let least = part["minimum"]?.integerValue, let most = part["maximum"]?.integerValue else {
                return nil
            }
            return Int(least)...Int(most)
        }
        func expect(_ part: JSONValue?, _ expected: [String: ClosedRange<Int>]) {
            for (key, wanted) in expected { #expect(range(part?["properties"]?[key]) == wanted, "\(key)") }
        }
        let limits = schema.part("$defs", "limits")
        expect(
            limits,
            [
                "maxConcurrency": MissionRange.concurrency, "budgetUSD": MissionRange.money,
                "softBudgetUSD": MissionRange.money, "maxAttempts": MissionRange.attempts,
                "taskTimeoutSeconds": MissionRange.seconds,
                "runTimeoutSeconds": MissionRange.seconds,
            ])
        expect(
            limits?["properties"]?["rate"],
            Dictionary(uniqueKeysWithValues: RateKey.allCases.map { ($0.rawValue, MissionRange.rate) }))
        expect(
            schema.part("$defs", "member"), ["count": MissionRange.members, "budgetUSD": MissionRange.money])
        expect(
            schema.part("$defs", "scale"),
            [
                "min": MissionRange.members, "max": MissionRange.members,
                "queueDepth": MissionRange.queueDepth,
                "idleSeconds": MissionRange.seconds,
            ])
        expect(
            schema.part("$defs", "merge"),
            [
                "gateTimeoutSeconds": MissionRange.seconds, "parallel": MissionRange.parallel,
                "batch": MissionRange.batch,
            ])
        expect(
            schema.part("$defs", "task"),
            [
                "priority": MissionRange.priority, "budgetUSD": MissionRange.money,
                "maxAttempts": MissionRange.attempts, "timeoutSeconds": MissionRange.seconds,
            ])
    }

    @Test("what the validator accepts, the schema accepts")
    func accepted() throws {
        let schema = try checker("missions/mission.schema.json")
        let good = [
            MissionFileTests.whole,
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
        let faults = try checker("missions/mission.schema.json").faults(try JSONParser.parse(row.text))
        #expect(faults.isEmpty == (row.schema == .accepts), "\(faults)")
    }
}
