import CoordJSON
package import CoordModel
import CoordSkills
import CoordSystem

/// A file of another tool as one of coord's, and a plain list of what was assumed on the way.
package struct CatalogImport: Sendable, Hashable {
    /// The name of the file it should get, such as `skills/git/log.skill.json`.
    package var name: String
    package var text: String
    /// Sentences without a full stop: what was left out, renamed or guessed.
    package var assumptions: [String]

    // MARK: Skills

    /// Converts a manifest of another tool: other names for fields are understood, fields without a meaning
    /// here are kept, and what coord cannot check or run is left out and said.
    package static func skill(_ path: String) throws(Diagnostic) -> CatalogImport {
        let bytes = try SourceFile.read(path, .skill)
        let root = try LocatedValue.json(bytes, file: path)
        guard case .object(var object) = root.json else {
            throw Diagnostic(file: path, position: root.position, message: "A manifest must be an object")
        }
        var assumed: [String] = []
        rename(&object, SkillKey.self, &assumed)
        let stem = Files.name(path).split(separator: ".").first.map(String.init) ?? "skill"
        let id = name(object["id"]?.stringValue ?? object["name"]?.stringValue ?? stem)
        if object["id"]?.stringValue != id {
            assumed.append("the skill is called `\(id)`")
            object["id"] = .string(id)
        }
        if object["description"]?.stringValue == nil {
            object["description"] = object["shortDescription"] ?? .string(id)
            assumed.append("it has no description; its short one or its name stands for it")
        }
        let category = object["category"]?.stringValue.map(name) ?? "general"
        object["category"] = .string(category)
        if let handler = object["handler"], handler["command"]?.arrayValue == nil {
            object["handler"] = nil
            assumed.append(
                "the handler is none that coord runs and is left out: the skill is instruction only")
        }
        if let version = object["version"]?.stringValue, version.split(separator: ".").count != 3 {
            object["version"] = "1.0.0"
            assumed.append("the version `\(version)` became `1.0.0`")
        }
        if let parameters = object["parameters"] {
            object["parameters"] = cleaned(parameters, "parameters", &assumed)
        }
        return try settled(object, id: id, category: category, &assumed)
    }

    /// Takes out, one after the other, the fields the reader still refuses.
    private static func settled(
        _ given: JSONObject, id: String, category: String, _ assumed: inout [String]
    ) throws(Diagnostic) -> CatalogImport {
        var object = given
        let path = "skills/\(category)/\(id).skill.json"
        while true {
            let text = JSONValue.object(object).prettyText
            let (skill, found) = try SkillReader.manifest(
                Array(text.utf8), path: path, id: SkillID(id), category: category)
            if skill != nil {
                let kept = found.filter { $0.message.hasSuffix("it is kept") }.map(\.message)
                return CatalogImport(name: path, text: text, assumptions: assumed + kept)
            }
            let error = found.first(where: \.isError)
            let wrong = object.keys.first { key in
                key != "id" && key != "description"
                    && (error?.message.contains("`\(key)`") ?? false)
            }
            guard let error, let wrong else {
                throw error ?? Diagnostic(file: path, message: "The manifest cannot be converted")
            }
            assumed.append("`\(wrong)` is left out: \(error.message)")
            object[wrong] = nil
        }
    }

    /// Keywords of JSON Schema that coord does not check are taken away, all the way down.
    private static func cleaned(
        _ value: JSONValue, _ place: String, _ assumed: inout [String]
    ) -> JSONValue {
        guard case .object(let object) = value else { return value }
        var result = JSONObject()
        for (key, value) in object.members {
            switch SchemaKeyword(rawValue: key) {
            case .properties:
                guard case .object(let members) = value else { continue }
                var cleanedMembers = JSONObject()
                for (name, schema) in members.members {
                    cleanedMembers[name] = cleaned(schema, name, &assumed)
                }
                result[key] = .object(cleanedMembers)
            case .items: result[key] = cleaned(value, place, &assumed)
            case nil: assumed.append("`\(key)` of `\(place)` is not checked and is left out")
            default: result[key] = value
            }
        }
        return .object(result)
    }

    /// Fields under the names other tools have for them.
    private static func rename<Key: FieldKey>(
        _ object: inout JSONObject, _: Key.Type, _ assumed: inout [String]
    ) {
        for key in object.keys where Key(rawValue: key) == nil {
            guard let meant = Key.synonyms[key], object[meant.rawValue] == nil else { continue }
            object[meant.rawValue] = object[key]
            object[key] = nil
            assumed.append("`\(key)` was read as `\(meant.rawValue)`")
        }
    }

    // MARK: Roles

    /// A role file of another tool: its text stays; front matter is written with what was read or assumed.
    package static func role(_ path: String) throws(Diagnostic) -> CatalogImport {
        let stem = Files.name(path).hasSuffix(".md") ? String(Files.name(path).dropLast(3)) : Files.name(path)
        let id = name(stem)
        let (read, found) = RoleReader.read(path, id: RoleID(id))
        guard let role = read else {
            throw found.first(where: \.isError) ?? Diagnostic(file: path, message: "The role cannot be read")
        }
        let matter = try FrontMatter(try SourceFile.read(path, .role), file: path)
        var assumed: [String] = found.map(\.message)
        if id != stem { assumed.append("the role is called `\(id)`") }
        if matter.yaml == nil {
            assumed.append(
                "the file has no front matter: the name is the file's, the description its first paragraph")
        }
        let said = matter.yaml.map { String(decoding: $0, as: UTF8.self) } ?? ""
        if !said.contains("kind:") { assumed.append("it is of kind `code`: it may change files") }
        if !said.contains("capabilities:") {
            assumed.append("its capabilities are the usual ones of that kind")
        }
        if !said.contains("owns:") { assumed.append("it owns no files, so any of them may be its") }
        return CatalogImport(name: "roles/\(id).md", text: text(of: role), assumptions: assumed)
    }

    /// A role as a file, for coord or with `forOthers` for tools that read `.claude/agents`.
    package static func text(of role: Role, forOthers: Bool = false) -> String {
        func list(_ words: [String]) -> String {
            "[" + words.map { JSONValue.string($0).text }.joined(separator: ", ") + "]"
        }
        var lines = ["---", "name: \(role.id)", "description: " + JSONValue.string(role.description).text]
        if let model = role.model { lines.append("model: \(model)") }
        if !role.tools.isEmpty { lines.append("tools: " + role.tools.joined(separator: ", ")) }
        if !forOthers {
            if let model = role.maxModel { lines.append("maxModel: \(model)") }
            lines.append("kind: \(role.kind.rawValue)")
            lines.append("capabilities: " + list(role.capabilities.map(\.rawValue)))
            if !role.owns.isEmpty { lines.append("owns: " + list(role.owns)) }
            if !role.skills.isEmpty { lines.append("skills: " + list(role.skills.map(\.rawValue))) }
            let aliases = role.aliases.filter { $0 != role.id }
            if !aliases.isEmpty { lines.append("aliases: " + list(aliases.map(\.rawValue))) }
            if !role.examples.isEmpty { lines.append("examples: " + list(role.examples)) }
        }
        return (lines + ["---", "", role.prose]).joined(separator: "\n")
    }

    /// A skill as a `SKILL.md` that other tools read.
    package static func manual(of skill: Skill) -> String {
        var text = "---\nname: \(skill.id)\ndescription: "
        let when = skill.triggerExamples.prefix(3).map { "“\($0)”" }.joined(separator: ", ")
        let use = when.isEmpty ? "" : " Use it for tasks such as \(when)."
        text += JSONValue.string(skill.description + use).text + "\n---\n\n# \(skill.name)\n\n"
        text += skill.instructions.isEmpty ? skill.description + "\n" : skill.instructions
        if let handler = skill.handler {
            text += "\nRun `\(handler.command.joined(separator: " "))`"
            let names =
                skill.parameters?.properties.map { "`{{\($0.name)}}`: \($0.schema.description)" } ?? []
            text += names.isEmpty ? ".\n" : ", with these filled in:\n\n" + names.map { "- \($0)\n" }.joined()
        }
        return text
    }

    /// A text as a name: lower case, with hyphens for what names cannot hold.
    static func name(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A, 0x30...0x39: result.append(Character(Unicode.Scalar(byte)))
            case 0x41...0x5A: result.append(Character(Unicode.Scalar(byte | 0x20)))
            default: if !result.isEmpty, !result.hasSuffix("-") { result.append("-") }
            }
        }
        while result.hasSuffix("-") { result.removeLast() }
        return result.isEmpty ? "imported" : String(result.prefix(64))
    }
}
