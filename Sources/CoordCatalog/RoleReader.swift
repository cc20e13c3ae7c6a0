import CoordModel
import CoordSystem

/// The keys of a role's front matter, or of the JSON file beside it, that coord reads. Others are left alone:
/// role files are shared with other tools.
enum RoleKey: String, FieldKey {
    case name, description, model, tools, kind, capabilities, owns, skills, maxModel, aliases, examples
}

/// Checks single role files.
package enum RoleFile {
    /// Everything wrong or doubtful with the file; its name is the role's.
    package static func check(_ path: String) -> [Diagnostic] {
        let name = Files.name(path)
        let stem = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
        // The common text is no role: it only has to be readable.
        let isRole = !stem.hasPrefix("_")
        guard !isRole || RoleID(stem).isValid else { return [RoleShelf.misnamed(path, stem)] }
        return RoleReader.read(path, id: isRole ? RoleID(stem) : "common").diagnostics
    }
}

/// Reads one role file: YAML front matter (or a JSON file of the same name beside it) and prose.
struct RoleReader {
    let problems: ProblemList
    private let path: String

    init(path: String) {
        self.path = path
        problems = ProblemList(file: path)
    }

    /// The role, or what is wrong; warnings come with either.
    static func read(_ path: String, id: RoleID) -> (role: Role?, diagnostics: [Diagnostic]) {
        do throws(Diagnostic) {
            let bytes = try SourceFile.read(path, .role)
            let matter = try FrontMatter(bytes, file: path)
            var reader = RoleReader(path: path)
            var root: LocatedValue?
            if let yaml = matter.yaml {
                root = try Self.frontMatter(Array(yaml), path: path, reader.problems)
            } else {
                let sidecar = path.dropLast(".md".utf8.count) + ".json"
                if Files.kind(String(sidecar)) != nil {
                    reader = RoleReader(path: String(sidecar))
                    root = try LocatedValue.json(try SourceFile.read(reader.path, .role), file: reader.path)
                }
            }
            var role = reader.role(id, root, prose: matter.body)
            role.origin = path
            return (reader.problems.hasErrors ? nil : role, reader.problems.diagnostics)
        } catch {
            return (nil, [error])
        }
    }

    /// The front matter as a tree. Other tools take `description: Use it so: …` as it stands, though the
    /// colon makes it no YAML; such lines are read with their value in quotes, and a warning says so.
    static func frontMatter(
        _ yaml: [UInt8], path: String, _ problems: ProblemList
    ) throws(Diagnostic) -> LocatedValue {
        let firstLine = FrontMatter.firstLine
        do throws(Diagnostic) {
            return try YAMLDocument.parse(yaml, file: path, firstLine: firstLine)
        } catch {
            guard let mended = Self.quotingValues(yaml) else { throw error }
            do throws(Diagnostic) {
                let root = try YAMLDocument.parse(mended, file: path, firstLine: firstLine)
                problems.warning(
                    at: error.position,
                    "a value that holds a colon stands without quotes; it is read as one text",
                    hint: "Put the value in quotes: YAML reads a colon and a space as a key")
                return root
            } catch _ {
                // What is wrong with the file is what its author can see.
                throw error
            }
        }
    }

    /// Puts quotes around the plain values of keys at the margin that hold a colon and a space. Nil: there
    /// are none.
    private static func quotingValues(_ yaml: [UInt8]) -> [UInt8]? {
        var isChanged = false
        // By bytes: a carriage return and a line feed are one letter to a string.
        let lines = yaml.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> String in
            let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":"), text.first.map({ $0.isLetter }) ?? false else {
                return text
            }
            let value = text[text.index(after: colon)...].trimmingSpaces
            guard value.contains(": "), let first = value.first, !"\"'[{|>&*!".contains(first) else {
                return text
            }
            isChanged = true
            let doubled = value.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "''")
            return text[...colon] + " '" + doubled + "'"
        }
        return isChanged ? Array(lines.joined(separator: "\n").utf8) : nil
    }

    private func role(_ id: RoleID, _ root: LocatedValue?, prose: String) -> Role {
        var role = Role(id: id)
        role.prose = prose
        if prose.isEmpty {
            problems.warning(at: nil, "the role has no text: its agent is told nothing about who it is")
        }
        if let root, !root.isNull, let fields = Self.fields(root, problems) {
            read(fields, &role)
        }
        if role.description.isEmpty { role.description = Self.firstParagraph(prose) }
        if role.capabilities.isEmpty { role.capabilities = Self.usualCapabilities(role.kind) }
        return role
    }

    /// Keys without a value count as absent, as people write them in YAML.
    private static func fields(_ root: LocatedValue, _ problems: ProblemList) -> Fields<RoleKey>? {
        var root = root
        if case .object(let members) = root.content {
            root.content = .object(members.filter { !$0.value.isNull })
        }
        guard
            let fields = Fields<RoleKey>(
                root, subject: "the role", problems: problems, toleratesUnknown: true)
        else { return nil }
        for member in fields.unknown {
            guard let meant = RoleKey.nearest(to: member.key) else { continue }
            problems.warning(
                at: member.position, "the key `\(member.key)` means nothing to coord",
                hint: "Did you mean `\(meant.rawValue)`?")
        }
        return fields
    }

    private func read(_ fields: Fields<RoleKey>, _ role: inout Role) {
        role.name = fields.line(.name) ?? role.name
        role.description = fields.text(.description) ?? ""
        role.kind = fields.choice(.kind, of: Role.Kind.self) ?? .code
        role.model = fields.line(.model).flatMap { $0 == "inherit" ? nil : $0 }
        role.maxModel = fields.line(.maxModel).flatMap { $0 == "inherit" ? nil : $0 }
        if let model = role.model, let most = role.maxModel, ModelRank.isBelow(most, model) {
            problems.error(
                at: fields.position(of: .maxModel),
                "`maxModel` of the role is `\(most)`, below its `model`, `\(model)`")
        }
        role.tools = words(fields, .tools).map(\.text)
        role.skills = words(fields, .skills).map { SkillID($0.text) }
        role.capabilities = fields.strings(.capabilities, of: "capabilities").compactMap { text, position in
            MissionReader.capability(text, at: position, usedBy: fields.subject, problems)
        }
        role.owns = fields.strings(.owns, of: "file patterns").compactMap { text, position in
            guard let reason = Glob.problem(text) else { return text }
            problems.error(at: position, "`\(text)` in `owns` of the role is no file pattern: \(reason)")
            return nil
        }
        role.aliases = fields.strings(.aliases, of: "names").compactMap { text, position in
            if RoleID(text).isValid { return RoleID(text) }
            problems.error(at: position, "`\(text)` in `aliases` of the role is no name")
            return nil
        }
        role.examples = fields.strings(.examples, of: "tasks").map(\.text)
        if fields[.examples] != nil, !(5...10).contains(role.examples.count), !problems.hasErrors {
            problems.warning(
                at: fields.position(of: .examples),
                "the role has \(role.examples.count) examples; 5 to 10 show best what it is for")
        }
        nameAsAlias(&role)
    }

    /// A list, or words separated by commas in one string, as `.claude/agents` files write them.
    private func words(_ fields: Fields<RoleKey>, _ key: RoleKey) -> [(
        text: String, position: SourcePosition
    )] {
        guard let value = fields[key], let text = value.string else {
            return fields.strings(key, of: "names")
        }
        return text.split(separator: ",").map { String($0.trimmingSpaces) }.filter { !$0.isEmpty }
            .map { ($0, value.position) }
    }

    /// Files of other tools are known by `name`, whatever the file is called.
    private func nameAsAlias(_ role: inout Role) {
        let name = RoleID(role.name)
        if name.isValid, name != role.id, !role.aliases.contains(name) { role.aliases.append(name) }
    }

    /// What a role that says nothing of its capabilities is taken to have.
    static func usualCapabilities(_ kind: Role.Kind) -> [Capability] {
        switch kind {
        case .code: [.writesCode, .readsTests, .runsTests, .readsDocs, .gitOperations, .fileSystem]
        case .coordination: [.readsTests, .readsDocs, .fileSystem]
        }
    }

    /// The first paragraph that is no heading, on one line, at most 300 letters.
    static func firstParagraph(_ prose: String) -> String {
        var words: [Substring] = []
        for line in prose.split(separator: "\n", omittingEmptySubsequences: false) {
            let isText = !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#")
            if isText { words += line.split(separator: " ") } else if !words.isEmpty { break }
        }
        let text = words.joined(separator: " ")
        return text.count <= 300 ? text : text.prefix(299) + "…"
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: SubSequence {
        let isSpace = { (letter: Character) in letter == " " || letter == "\t" }
        let head = drop(while: isSpace)
        guard let last = head.lastIndex(where: { !isSpace($0) }) else { return head }
        return head[...last]
    }
}
