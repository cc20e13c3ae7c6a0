import CoordJSON
package import CoordModel
import CoordSkills
import CoordSystem

/// The keys of a skill manifest that coord reads (CONTRACT 3.6). Others are kept and reported.
enum SkillKey: String, FieldKey {
    case schema = "$schema"
    case id, name, version, description, shortDescription, category, tags, triggerExamples, parameters
    case requires, conflicts, enhancedBy, sideEffects, idempotent, requiresConfirmation, handler
    case instructions

    static let synonyms: [String: Self] = [
        "title": .name, "summary": .shortDescription, "examples": .triggerExamples,
        "triggers": .triggerExamples,
        "inputSchema": .parameters, "input_schema": .parameters, "arguments": .parameters,
        "dependencies": .requires, "depends": .requires, "command": .handler,
        "confirm": .requiresConfirmation,
    ]
}

/// The keys of a handler.
enum HandlerKey: String, FieldKey {
    case command, timeoutSeconds

    static let synonyms: [String: Self] = [
        "timeout": .timeoutSeconds, "args": .command, "argv": .command, "run": .command,
    ]
}

/// The ranges that a manifest must keep to. `skill.schema.json` is made from them.
enum SkillRange {
    /// Letters of `shortDescription`.
    static let shortDescription = 1...120
    /// Seconds of a handler.
    static let timeout = 1...3600
    /// How many examples show best what a skill is for; others are a warning.
    static let examples = 5...10
}

/// Checks single skill files.
package enum SkillFile {
    /// Everything wrong or doubtful with the manifest or `SKILL.md`. A name that `find` does not know is an
    /// error.
    package static func check(_ path: String, catalog: Catalog) -> [Diagnostic] {
        guard let id = id(ofFile: path) else {
            return [
                Diagnostic(
                    file: path, message: "This is not the name of a skill file",
                    hint:
                        "Name it `<category>/<id>.skill.json`, or `SKILL.md` in a folder of the skill's name")
            ]
        }
        let (skill, diagnostics) = SkillReader.read(path, id: id, category: Self.category(ofFile: path))
        guard let skill else { return diagnostics }
        return diagnostics + SkillShelf.relations(of: skill, in: catalog)
    }

    /// The id a file's path gives; nil when it is no name of a skill file.
    package static func id(ofFile path: String) -> SkillID? {
        let name = Files.name(path)
        let stem =
            name == "SKILL.md"
            ? Files.name(Files.parent(path))
            : name.hasSuffix(".skill.json") ? String(name.dropLast(".skill.json".utf8.count)) : ""
        return SkillID(stem).isValid ? SkillID(stem) : nil
    }

    /// The folder that names the category, when there is one between `skills/` and the file.
    static func category(ofFile path: String) -> String? {
        let parts = path.split(separator: "/").dropLast(Files.name(path) == "SKILL.md" ? 2 : 1)
        guard let last = parts.last, last != "skills" else { return nil }
        return parts.dropLast().last == "skills" ? String(last) : nil
    }
}

/// Reads one skill: a manifest, or the front matter and text of a `SKILL.md`.
struct SkillReader {
    let problems: ProblemList

    init(path: String) { problems = ProblemList(file: path) }

    /// The skill, or what is wrong; warnings come with either.
    static func read(
        _ path: String, id: SkillID, category: String?
    ) -> (skill: Skill?, diagnostics: [Diagnostic]) {
        do throws(Diagnostic) {
            let bytes = try SourceFile.read(path, .skill)
            guard path.hasSuffix(".json") else {
                return try manual(bytes, path: path, id: id, category: category)
            }
            var (skill, diagnostics) = try manifest(bytes, path: path, id: id, category: category)
            if let program = skill?.programBeside {
                // One that cannot be read is known as such: when it can be, it is another.
                let content = (try? Files.read(program, limitBytes: programBytesMax)) ?? []
                skill?.contentHash = ContentHash.hexadecimal(bytes + [0] + content)
            }
            return (skill, diagnostics)
        } catch {
            return (nil, [error])
        }
    }

    /// The largest program beside a manifest that is known by its content.
    private static let programBytesMax = 64 << 20

    /// Reads a manifest's bytes.
    static func manifest(
        _ bytes: [UInt8], path: String, id: SkillID, category: String?
    ) throws(Diagnostic) -> (skill: Skill?, diagnostics: [Diagnostic]) {
        let root = try LocatedValue.json(bytes, file: path)
        let reader = SkillReader(path: path)
        var skill = reader.skill(root, id: id, category: category)
        skill.path = path
        skill.contentHash = ContentHash.hexadecimal(bytes)
        return (reader.problems.hasErrors ? nil : skill, reader.problems.diagnostics)
    }

    // MARK: Manifests

    private func skill(_ root: LocatedValue, id: SkillID, category: String?) -> Skill {
        var skill = Skill(id: id)
        guard
            let fields = Fields<SkillKey>(
                root, subject: "the skill", problems: problems, toleratesUnknown: true)
        else { return skill }
        report(fields.unknown)
        for member in fields.unknown { skill.extra[member.key] = member.value.json.text }
        checkID(fields, id)
        // The schema's address is for editors.
        _ = fields.text(.schema)
        skill.name = fields.line(.name) ?? id.rawValue
        skill.version = version(fields) ?? skill.version
        skill.description = fields.require(.description) ? fields.text(.description) ?? "" : ""
        skill.shortDescription = shortDescription(fields) ?? ""
        skill.category = self.category(fields) ?? category ?? skill.category
        skill.tags = words(fields, .tags, "tags")
        skill.triggerExamples = words(fields, .triggerExamples, "phrases")
        skill.parameters = fields[.parameters].flatMap {
            ParameterReader(problems: problems).parameters($0)
        }
        skill.requires = names(fields, .requires, id)
        skill.conflicts = names(fields, .conflicts, id)
        skill.enhancedBy = names(fields, .enhancedBy, id)
        skill.sideEffects = sideEffects(fields)
        skill.idempotent = fields.flag(.idempotent)
        skill.requiresConfirmation = fields.flag(.requiresConfirmation) ?? false
        skill.instructions = fields.text(.instructions) ?? ""
        if let value = fields[.handler], !value.isNull { skill.handler = handler(value, skill.parameters) }
        doubt(skill, fields)
        return skill
    }

    private func report(_ unknown: [LocatedMember]) {
        for member in unknown {
            problems.warning(
                at: member.position, "the field `\(member.key)` means nothing to coord; it is kept",
                hint: SkillKey.nearest(to: member.key).map { "Did you mean `\($0.rawValue)`?" })
        }
    }

    private func checkID(_ fields: Fields<SkillKey>, _ id: SkillID) {
        guard fields.require(.id), let text = fields.text(.id) else { return }
        if !SkillID(text).isValid {
            problems.error(
                at: fields.position(of: .id), "`id` of the skill is `\(text)`, which is no name",
                hint: NameRule.hint(text))
        } else if text != id.rawValue {
            problems.error(
                at: fields.position(of: .id), "`id` of the skill is `\(text)`, but its file is named `\(id)`",
                hint: "Give both the same name")
        }
    }

    private func version(_ fields: Fields<SkillKey>) -> String? {
        guard let text = fields.line(.version) else { return nil }
        let core = text.split(separator: "-", maxSplits: 1)[0].split(separator: "+", maxSplits: 1)[0]
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 3,
            numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } })
        {
            return text
        }
        problems.error(
            at: fields.position(of: .version), "`version` of the skill is `\(text)`, which is no version",
            hint: "Write three numbers, as in `1.0.0`")
        return nil
    }

    private func shortDescription(_ fields: Fields<SkillKey>) -> String? {
        guard let text = fields.line(.shortDescription) else { return nil }
        let most = SkillRange.shortDescription.upperBound
        guard text.unicodeScalars.count > most else { return text }
        problems.error(
            at: fields.position(of: .shortDescription),
            "`shortDescription` of the skill has \(text.unicodeScalars.count) letters, but at most \(most) are allowed"
        )
        return nil
    }

    private func category(_ fields: Fields<SkillKey>) -> String? {
        guard let text = fields.text(.category) else { return nil }
        if SkillID(text).isValid { return text }
        problems.error(
            at: fields.position(of: .category), "`category` of the skill is `\(text)`, which is no name",
            hint: NameRule.hint(text))
        return nil
    }

    private func words(_ fields: Fields<SkillKey>, _ key: SkillKey, _ wanted: String) -> [String] {
        let found = fields.strings(key, of: wanted)
        var seen: Set<String> = []
        var words: [String] = []
        for (text, position) in found {
            // Few are compared faster than they are hashed.
            let isNew = found.count > 16 ? seen.insert(text).inserted : !words.contains(text)
            if isNew {
                words.append(text)
            } else {
                problems.error(at: position, "`\(text)` stands twice in `\(key.rawValue)` of the skill")
            }
        }
        return words
    }

    private func names(_ fields: Fields<SkillKey>, _ key: SkillKey, _ id: SkillID) -> [SkillID] {
        words(fields, key, "skills").compactMap { text in
            let position = fields.position(of: key)
            guard SkillID(text).isValid else {
                problems.error(
                    at: position, "`\(text)` in `\(key.rawValue)` of the skill is no name",
                    hint: NameRule.hint(text))
                return nil
            }
            guard text != id.rawValue else {
                problems.error(at: position, "`\(key.rawValue)` of the skill names the skill itself")
                return nil
            }
            return SkillID(text)
        }
    }

    private func sideEffects(_ fields: Fields<SkillKey>) -> [String] {
        guard let value = fields[.sideEffects] else { return [] }
        switch value.content {
        case .bool(let flag): return flag ? ["unspecified"] : []
        case .list: return words(fields, .sideEffects, "words")
        default:
            return fields.wrongKind(.sideEffects, value, wanted: "true, false or a list of words") ?? []
        }
    }

    /// What is allowed and probably not meant.
    private func doubt(_ skill: Skill, _ fields: Fields<SkillKey>) {
        guard !problems.hasErrors else { return }
        if !SkillRange.examples.contains(skill.triggerExamples.count) {
            let count = skill.triggerExamples.count
            problems.warning(
                at: fields.position(of: .triggerExamples),
                "the skill has \(count == 0 ? "no" : "\(count)") trigger "
                    + (count == 1 ? "example" : "examples") + "; 5 to 10 show best when it is needed")
        }
        if skill.handler == nil, skill.parameters != nil {
            problems.warning(
                at: fields.position(of: .parameters),
                "the skill has parameters and no handler that would take them")
        }
    }
}
