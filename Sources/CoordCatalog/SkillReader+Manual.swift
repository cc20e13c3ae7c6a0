package import CoordJSON
import CoordModel
import CoordSkills

extension SkillReader {
    /// Reads a `SKILL.md` of an Agent Skills folder: front matter with `name` and `description`, and text.
    ///
    /// Nothing of it is refused but what cannot be read: these folders are shared with other tools.
    static func manual(
        _ bytes: [UInt8], path: String, id: SkillID, category: String?
    ) throws(Diagnostic) -> (skill: Skill?, diagnostics: [Diagnostic]) {
        let matter = try FrontMatter(bytes, file: path)
        let reader = SkillReader(path: path)
        var skill = Skill(id: id, category: category ?? "general", instructions: matter.body, path: path)
        skill.contentHash = ContentHash.hexadecimal(bytes)
        if let yaml = matter.yaml {
            let root = try RoleReader.frontMatter(Array(yaml), path: path, reader.problems)
            if !root.isNull { reader.manual(root, &skill) }
        } else {
            reader.problems.warning(
                at: nil, "the skill has no front matter; its name is the folder's",
                hint: "Begin with `---`, `name: \(id)`, `description: …`, `---`")
        }
        if skill.description.isEmpty { skill.description = RoleReader.firstParagraph(matter.body) }
        if skill.description.isEmpty {
            reader.problems.error(at: nil, "the skill has no description: nobody can tell when to use it")
        }
        if skill.triggerExamples.isEmpty { skill.triggerExamples = triggers(in: skill.description) }
        return (reader.problems.hasErrors ? nil : skill, reader.problems.diagnostics)
    }

    private func manual(_ root: LocatedValue, _ skill: inout Skill) {
        guard case .object(let members) = root.content else {
            problems.error(at: root.position, "the front matter must have keys, found \(root.kindName)")
            return
        }
        for member in members where !member.value.isNull {
            let text = member.value.string
            switch member.key {
            case "name":
                guard let text else { wrong(member, "a string"); break }
                skill.name = text
                if text != skill.id.rawValue {
                    problems.warning(
                        at: member.position, "the skill is called `\(text)`, but its folder `\(skill.id)`",
                        hint: "coord knows it by its folder")
                }
            case "description":
                guard let text else { wrong(member, "a string"); break }
                skill.description = text
            case "category": if let text, SkillID(text).isValid { skill.category = text }
            case "version": if let text { skill.version = text }
            case "tags":
                if case .list(let items) = member.value.content { skill.tags = items.compactMap(\.string) }
            case "license", "allowed-tools", "metadata", "compatibility":
                // Keys of the format that are other tools' business.
                skill.extra[member.key] = member.value.json.text
            default:
                skill.extra[member.key] = member.value.json.text
                problems.warning(
                    at: member.position, "the field `\(member.key)` means nothing to coord; it is kept")
            }
        }
    }

    private func wrong(_ member: LocatedMember, _ wanted: String) {
        problems.error(
            at: member.value.position,
            "`\(member.key)` of the skill must be \(wanted), found \(member.value.kindName)")
    }

    /// The sentences of a description that say when to use the skill: other tools have no field for them.
    private static func triggers(in description: String) -> [String] {
        let sentences = description.split(whereSeparator: { $0 == "." || $0 == ";" || $0 == "\n" })
        return sentences.map { String($0.trimmingSpaces) }.filter {
            let text = $0.lowercased()
            return text.hasPrefix("use ") || text.contains(" when ") || text.contains("asks")
        }
    }
}

extension LocatedValue {
    /// The value without its places.
    package var json: JSONValue {
        switch content {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .list(let items): .array(items.map(\.json))
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
        }
    }
}
