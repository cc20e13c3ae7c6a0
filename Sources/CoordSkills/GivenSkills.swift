package import CoordJSON
package import CoordModel

/// The skills of one attempt as a file, for whoever serves them to its agent: everything a call needs, and
/// whether a person agreed to it.
package enum GivenSkills {
    /// A skill of the file.
    package struct Entry: Hashable, Sendable {
        package var skill: Skill
        /// Whether a person agreed to the skill as its file was when it was given.
        package var isApproved: Bool
        /// Whether task, member or role ordered it by name: then it stays although nobody calls it.
        package var isPinned: Bool

        package init(skill: Skill, isApproved: Bool, isPinned: Bool = false) {
            self.skill = skill
            self.isApproved = isApproved
            self.isPinned = isPinned
        }
    }

    /// The document `coord.given-skills/1`.
    package static func encoded(_ entries: [Entry]) -> [UInt8] {
        let skills = entries.map { entry -> JSONValue in
            var object = entry.skill.manifest.objectValue ?? JSONObject()
            object["path"] = .string(entry.skill.path)
            object["contentHash"] = .string(entry.skill.contentHash)
            object["approved"] = .bool(entry.isApproved)
            if entry.isPinned { object["pinned"] = true }
            return .object(object)
        }
        return JSONValue.object(
            JSONObject([("schema", "coord.given-skills/1"), ("skills", .array(skills))])
        ).serialized()
    }

    /// What such a document holds; what is no skill in it is left out.
    package static func decoded(_ bytes: [UInt8]) throws(JSONError) -> [Entry] {
        let document = try JSONParser.parse(bytes)
        return (document["skills"]?.arrayValue ?? []).compactMap { value in
            guard var skill = Skill(manifest: value) else { return nil }
            skill.path = value["path"]?.stringValue ?? ""
            skill.contentHash = value["contentHash"]?.stringValue ?? ""
            return Entry(
                skill: skill, isApproved: value["approved"]?.boolValue ?? false,
                isPinned: value["pinned"]?.boolValue ?? false)
        }
    }
}

extension Skill {
    /// The skill as a manifest, unknown fields included.
    package var manifest: JSONValue {
        func names(_ ids: [SkillID]) -> JSONValue { .array(ids.map { .string($0.rawValue) }) }
        func words(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
        var object = JSONObject([
            ("id", .string(id.rawValue)), ("name", .string(name)), ("version", .string(version)),
            ("description", .string(description)),
        ])
        if !shortDescription.isEmpty { object["shortDescription"] = .string(shortDescription) }
        object["category"] = .string(category)
        object["tags"] = words(tags)
        object["triggerExamples"] = words(triggerExamples)
        if let parameters { object["parameters"] = parameters.json }
        if !requires.isEmpty { object["requires"] = names(requires) }
        if !conflicts.isEmpty { object["conflicts"] = names(conflicts) }
        if !enhancedBy.isEmpty { object["enhancedBy"] = names(enhancedBy) }
        object["sideEffects"] = words(sideEffects)
        if let idempotent { object["idempotent"] = .bool(idempotent) }
        if requiresConfirmation { object["requiresConfirmation"] = true }
        if !instructions.isEmpty { object["instructions"] = .string(instructions) }
        if let handler {
            object["handler"] = [
                "command": words(handler.command),
                "timeoutSeconds": .number(Double(handler.timeout.wholeMilliseconds) / 1000),
            ]
        }
        for (key, text) in extra.sorted(by: { $0.key < $1.key }) where object[key] == nil {
            // It was JSON when it was read.
            object[key] = (try? JSONParser.parse(text)) ?? .string(text)
        }
        return .object(object)
    }

    /// The skill of a manifest that coord wrote itself: what does not fit is left out.
    package init?(manifest value: JSONValue) {
        guard let id = value["id"]?.stringValue, SkillID(id).isValid else { return nil }
        func text(_ key: String) -> String { value[key]?.stringValue ?? "" }
        func words(_ key: String) -> [String] { value[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        func names(_ key: String) -> [SkillID] { words(key).map { SkillID($0) } }
        var handler: SkillProgram?
        if let command = value["handler"]?["command"]?.arrayValue?.compactMap(\.stringValue), !command.isEmpty
        {
            let seconds = value["handler"]?["timeoutSeconds"]?.doubleValue ?? 30
            handler = SkillProgram(command: command, timeout: .milliseconds(Int64(seconds * 1000)))
        }
        self.init(
            id: SkillID(id), name: value["name"]?.stringValue, version: text("version"),
            description: text("description"), shortDescription: text("shortDescription"),
            category: text("category"), tags: words("tags"), triggerExamples: words("triggerExamples"),
            parameters: value["parameters"].map { ParameterSchema(json: $0) }, requires: names("requires"),
            conflicts: names("conflicts"), enhancedBy: names("enhancedBy"), sideEffects: words("sideEffects"),
            idempotent: value["idempotent"]?.boolValue,
            requiresConfirmation: value["requiresConfirmation"]?.boolValue ?? false, handler: handler,
            instructions: text("instructions"))
    }
}

extension ParameterSchema {
    /// The schema of JSON that `json` wrote.
    package init(json value: JSONValue) {
        func whole(_ key: String) -> Int? { value[key]?.integerValue.flatMap { Int(exactly: $0) } }
        let kind: Kind
        switch value["type"]?.stringValue {
        case "object":
            let required = value["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let members = value["properties"]?.objectValue?.members ?? JSONObject().members
            kind = .object(
                members.map { name, schema in
                    ParameterProperty(
                        name: name, schema: ParameterSchema(json: schema), isRequired: required.contains(name)
                    )
                }, allowsOthers: value["additionalProperties"]?.boolValue ?? true)
        case "array":
            let least = whole("minItems") ?? 0
            kind = .list(
                of: value["items"].map { ParameterSchema(json: $0) },
                counts: least...max(least, whole("maxItems") ?? .max),
                isUnique: value["uniqueItems"]?.boolValue ?? false)
        case "string":
            let least = whole("minLength") ?? 0
            kind = .text(
                lengths: least...max(least, whole("maxLength") ?? .max),
                isPath: value["format"]?.stringValue == "path")
        case "integer":
            let least = value["minimum"]?.integerValue ?? .min
            kind = .whole(least...max(least, value["maximum"]?.integerValue ?? .max))
        case "number":
            let least = value["minimum"]?.doubleValue ?? -.infinity
            kind = .number(least...max(least, value["maximum"]?.doubleValue ?? .infinity))
        case "boolean": kind = .flag
        default: kind = .any
        }
        self.init(
            kind, description: value["description"]?.stringValue ?? "",
            choices: value["enum"]?.arrayValue?.compactMap { ParameterValue($0) } ?? [],
            fallback: value["default"].flatMap { ParameterValue($0) })
    }
}
