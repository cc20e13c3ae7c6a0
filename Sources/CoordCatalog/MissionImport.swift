import CoordJSON
import CoordModel
import CoordSystem

extension CatalogImport {
    /// Converts a team mission of another tool: `agents[]` with `role`, `tasks.primary` and `fileOwnership`
    /// become a team, and a task for each agent's own work.
    package static func mission(_ path: String, catalog: Catalog) throws(Diagnostic) -> CatalogImport {
        let root = try LocatedValue.json(try SourceFile.read(path, .mission), file: path)
        guard case .object(let given) = root.json else {
            throw Diagnostic(file: path, position: root.position, message: "A mission must be an object")
        }
        var conversion = MissionConversion(given, roles: catalog.roles())
        let stem = Files.name(path).split(separator: ".").first.map(String.init) ?? "mission"
        let mission = conversion.mission(named: stem)
        let id = mission["id"]?.stringValue ?? stem
        let text = JSONValue.object(mission).prettyText
        let reading = MissionFile.parse(
            Array(text.utf8), file: "missions/\(id).json", names: NameResolver(catalog: catalog))
        if let error = reading.errors.first { throw error }
        return CatalogImport(
            name: "missions/\(id).json", text: text,
            assumptions: conversion.assumed + reading.warnings.map(\.message))
    }
}

/// One conversion, with what was assumed so far.
private struct MissionConversion {
    private let given: JSONObject
    private let roles: RoleShelf
    private(set) var assumed: [String] = []
    private var taskNames: Set<String> = []

    init(_ given: JSONObject, roles: RoleShelf) {
        self.given = given
        self.roles = roles
    }

    mutating func mission(named stem: String) -> JSONObject {
        var mission = JSONObject()
        let id = CatalogImport.name(given["id"]?.stringValue ?? stem)
        mission["id"] = .string(id)
        for key in ["name", "description", "goal"] {
            if let text = given[key]?.stringValue, !text.allSatisfy(\.isWhitespace) {
                mission[key] = .string(text)
            }
        }
        if mission["name"] == nil, let title = given["title"]?.stringValue {
            mission["name"] = .string(title)
        }
        limits(&mission)
        let agents = given["agents"]?.arrayValue ?? given["team"]?.arrayValue ?? []
        var team: [JSONValue] = []
        var tasks: [JSONValue] = []
        for (number, agent) in agents.enumerated() { convert(agent, number + 1, &team, &tasks) }
        if !team.isEmpty { mission["team"] = .array(team) }
        if tasks.isEmpty {
            tasks = [
                ["id": "first", "prompt": .string(given["goal"]?.stringValue ?? "Work on the mission.")]
            ]
            assumed.append("no task was found; one task stands for the goal")
        }
        mission["tasks"] = .array(tasks)
        let used: Set<String> = [
            "id", "name", "title", "description", "goal", "agents", "team", "limits",
            "maxConcurrency", "maxBudgetUsd", "budgetUSD", "budget",
        ]
        for key in given.keys where !used.contains(key) && !key.hasPrefix("$") {
            assumed.append("`\(key)` means nothing to coord and is left out")
        }
        return mission
    }

    private mutating func limits(_ mission: inout JSONObject) {
        var limits = JSONObject()
        if let most = given["maxConcurrency"]?.integerValue, most > 0 {
            limits["maxConcurrency"] = .integer(most)
        }
        for key in ["maxBudgetUsd", "budgetUSD", "budget"] {
            guard let money = given[key]?.doubleValue, money >= 0 else { continue }
            limits["budgetUSD"] = .number(money)
            if key != "budgetUSD" { assumed.append("`\(key)` was read as `limits.budgetUSD`") }
        }
        if !limits.isEmpty { mission["limits"] = .object(limits) }
    }

    private mutating func convert(
        _ agent: JSONValue, _ number: Int, _ team: inout [JSONValue], _ tasks: inout [JSONValue]
    ) {
        let wanted = agent["role"]?.stringValue ?? agent["type"]?.stringValue ?? ""
        let id = unused(CatalogImport.name(agent["id"]?.stringValue ?? agent["name"]?.stringValue ?? wanted))
        guard let role = role(wanted, of: id) else { return }
        var member = JSONObject([("id", .string(String(id.prefix(60)))), ("role", .string(role.rawValue))])
        if let model = agent["model"]?.stringValue, !model.contains(" ") { member["model"] = .string(model) }
        if let model = agent["maxModel"]?.stringValue, !model.contains(" ") {
            member["maxModel"] = .string(model)
        }
        if let money = (agent["maxBudgetUsd"] ?? agent["budgetUSD"])?.doubleValue, money >= 0 {
            member["budgetUSD"] = .number(money)
        }
        team.append(.object(member))
        let primary = agent["tasks"]?["primary"]?.stringValue ?? agent["task"]?.stringValue
        guard let prompt = primary, !prompt.allSatisfy(\.isWhitespace) else {
            assumed.append("`\(id)` has no primary task and waits for others'")
            return
        }
        var task = JSONObject([
            ("id", .string(id)), ("prompt", .string(prompt)), ("role", .string(role.rawValue)),
        ])
        let files = (agent["fileOwnership"] ?? agent["owns"])?.arrayValue?.compactMap(\.stringValue) ?? []
        let fit = files.filter { Glob.problem($0) == nil && !$0.isEmpty }
        if !fit.isEmpty { task["files"] = .array(fit.map { .string($0) }) }
        if fit.count < files.count {
            assumed.append("file patterns of `\(id)` that leave the project are left out")
        }
        tasks.append(.object(task))
        if agent["tasks"]?["secondary"] != nil {
            assumed.append("the secondary tasks of `\(id)` are left out")
        }
        if agent["dependsOn"] != nil || agent["deps"] != nil {
            assumed.append("what `\(id)` waits for is left out: its tasks begin at once")
        }
    }

    /// The role of that name, or the nearest.
    private mutating func role(_ wanted: String, of id: String) -> RoleID? {
        let name = CatalogImport.name(wanted)
        if let role = roles.id(of: RoleID(name)) { return role }
        guard let near = Suggestion.nearest(to: name, among: roles.names),
            let role = roles.id(of: RoleID(near))
        else {
            assumed.append("`\(id)` has the role `\(wanted)`, which is not in the catalogue, and is left out")
            return nil
        }
        assumed.append("the role `\(wanted)` of `\(id)` was taken for `\(role)`")
        return role
    }

    private mutating func unused(_ name: String) -> String {
        var candidate = String(name.prefix(56))
        var number = 2
        while !taskNames.insert(candidate).inserted {
            candidate = String(name.prefix(56)) + "-\(number)"
            number += 1
        }
        return candidate
    }
}
