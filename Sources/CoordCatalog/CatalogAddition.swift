import CoordModel
import CoordSystem

/// The three kinds of files a catalogue holds.
package enum CatalogKind: String, Sendable, CaseIterable {
    case missions, roles, skills

    /// One of them, as people call it.
    package var noun: String { String(rawValue.dropLast()) }
}

/// Puts a file or a folder into a catalogue, checked first; or a filled template that holds as it is.
package struct CatalogAddition: Sendable {
    package let kind: CatalogKind
    /// The folder that holds `missions/`, `roles/` and `skills/`.
    package let folder: String
    /// Whether something of the same name gives way.
    package let replaces: Bool

    package init(_ kind: CatalogKind, to folder: String, replaces: Bool) {
        self.kind = kind
        self.folder = folder
        self.replaces = replaces
    }

    /// What was put where, and what is doubtful about it.
    package struct Result: Sendable, Hashable {
        package var paths: [String]
        package var warnings: [Diagnostic]
    }

    // MARK: From a template

    /// Writes a filled template under a name. It holds as it stands, so that a person changes one thing after
    /// the other and always knows what broke it.
    package func addNew(_ name: String, category: String?, catalog: Catalog) throws(Diagnostic) -> Result {
        try check(name: name, category: category)
        let (path, text) = template(name, category ?? "general")
        try write(Array(text.utf8), to: path)
        return Result(paths: [path], warnings: [])
    }

    private func template(_ name: String, _ category: String) -> (path: String, text: String) {
        switch kind {
        case .missions: (folder + "/missions/\(name).json", Templates.mission(name))
        case .roles: (folder + "/roles/\(name).md", Templates.role(name))
        case .skills:
            (folder + "/skills/\(category)/\(name).skill.json", Templates.skill(name, category: category))
        }
    }

    // MARK: From files

    /// Copies a file, or a skill's folder, once it was found to be right.
    package func add(_ source: String, category: String?, catalog: Catalog) throws(Diagnostic) -> Result {
        if Files.isFolder(source) {
            guard kind == .skills else {
                throw Diagnostic(file: source, message: "This is a folder, not a \(kind.noun) file")
            }
            return try addSkillFolder(source, category: category, catalog: catalog)
        }
        let name = Files.name(source)
        let stem: String
        switch kind {
        case .missions where name.hasSuffix(".json"): stem = String(name.dropLast(5))
        case .missions where name.hasSuffix(".md"): stem = String(name.dropLast(3))
        case .roles where name.hasSuffix(".md"): stem = String(name.dropLast(3))
        case .skills where name.hasSuffix(".skill.json"): stem = String(name.dropLast(11))
        case .skills where name == "SKILL.md":
            return try addSkillFolder(Files.parent(source), category: category, catalog: catalog)
        default:
            throw Diagnostic(
                file: source, message: "This is not the name of a \(kind.noun) file", hint: Self.naming[kind])
        }
        try check(name: stem, category: category)
        let warnings = try checked(source, catalog)
        let place =
            kind == .skills ? "skills/" + (category ?? declaredCategory(of: source, stem)) : kind.rawValue
        let target = folder + "/\(place)/\(name)"
        try write(try bytes(source), to: target)
        return Result(paths: [target], warnings: warnings)
    }

    private static let naming: [CatalogKind: String] = [
        .missions: "A mission is `<id>.json`, or a plan `<id>.md`", .roles: "A role is `<id>.md`",
        .skills: "A skill is `<id>.skill.json`, or a folder with a `SKILL.md`",
    ]

    /// The category a manifest gives itself, else the folder it lay in.
    private func declaredCategory(of path: String, _ stem: String) -> String {
        SkillReader.read(path, id: SkillID(stem), category: SkillFile.category(ofFile: path)).skill?.category
            ?? "general"
    }

    private func addSkillFolder(
        _ source: String, category: String?, catalog: Catalog
    ) throws(Diagnostic) -> Result {
        let name = Files.name(source)
        try check(name: name, category: category)
        let warnings = try checked(source + "/SKILL.md", catalog)
        let target = folder + "/skills/" + (category.map { $0 + "/" } ?? "") + name
        try makeRoom(target)
        var paths: [String] = []
        try copy(source, to: target, depth: 0, &paths)
        return Result(paths: [target + "/SKILL.md"], warnings: warnings)
    }

    /// Folders nest no deeper, and a skill has no more files.
    private static let depthMax = 8
    private static let filesMax = 1000

    private func copy(
        _ source: String, to target: String, depth: Int, _ paths: inout [String]
    ) throws(Diagnostic) {
        guard depth <= Self.depthMax else {
            throw Diagnostic(file: source, message: "The folder is nested more than \(Self.depthMax) deep")
        }
        do throws(SystemError) {
            try Files.makeFolder(target)
            for name in try Files.list(source) {
                let path = source + "/" + name
                switch Files.kind(path) {
                case .folder:
                    // Errors of one type leave the block; those of the files below are told as they are.
                    try deeper(path, target + "/" + name, depth, &paths)
                case .file:
                    try Files.copy(path, to: target + "/" + name)
                    paths.append(target + "/" + name)
                default: throw SystemError(operation: "copy a link or device", path: path, code: 22)
                }
                if paths.count > Self.filesMax {
                    throw SystemError(
                        operation: "copy more than \(Self.filesMax) files", path: source, code: 27)
                }
            }
        } catch {
            throw Diagnostic(file: error.path ?? source, message: "This cannot be added: \(error)")
        }
    }

    private func deeper(
        _ source: String, _ target: String, _ depth: Int, _ paths: inout [String]
    ) throws(SystemError) {
        do throws(Diagnostic) { try copy(source, to: target, depth: depth + 1, &paths) } catch {
            throw SystemError(operation: "copy: " + error.message, path: source, code: 22)
        }
    }

    // MARK: Checks

    private func check(name: String, category: String?) throws(Diagnostic) {
        for word in [name, category].compactMap({ $0 }) where !SkillID(word).isValid {
            throw Diagnostic(
                file: word, message: "`\(word)` is no name of a \(kind.noun)", hint: NameRule.hint(word))
        }
    }

    /// The warnings about a file; its first error is thrown, with how many there are.
    private func checked(_ path: String, _ catalog: Catalog) throws(Diagnostic) -> [Diagnostic] {
        let found = kind.diagnostics(of: path, catalog: catalog)
        let errors = found.filter(\.isError)
        guard var first = errors.first else { return found }
        if errors.count > 1 {
            first.hint =
                (first.hint.map { $0 + "; " } ?? "") + "`coord validate` tells all \(errors.count) errors"
        }
        throw first
    }

    private func bytes(_ path: String) throws(Diagnostic) -> [UInt8] {
        switch kind {
        case .missions: try SourceFile.read(path, .mission)
        case .roles: try SourceFile.read(path, .role)
        case .skills: try SourceFile.read(path, .skill)
        }
    }

    private func makeRoom(_ path: String) throws(Diagnostic) {
        guard Files.kind(path) != nil else { return }
        guard replaces else {
            throw Diagnostic(
                file: path, message: "There is a \(kind.noun) of that name already",
                hint: "`--force` replaces it")
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
        try makeRoom(path)
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(path))
            try Files.writeAtomically(bytes, to: path, permissions: 0o644)
        } catch {
            throw Diagnostic(file: path, message: "The \(kind.noun) cannot be written: \(error.reason)")
        }
    }
}

extension CatalogKind {
    /// Everything wrong or doubtful in one file of this kind.
    package func diagnostics(of path: String, catalog: Catalog) -> [Diagnostic] {
        switch self {
        case .missions: MissionFile.read(path, catalog: catalog).diagnostics
        case .roles: RoleFile.check(path)
        case .skills: SkillFile.check(path, catalog: catalog)
        }
    }

    /// The kind a path has by its name and folder; what cannot be told is taken for a mission.
    package static func of(_ path: String) -> CatalogKind {
        if path.hasSuffix(".skill.json") || Files.name(path) == "SKILL.md" { return .skills }
        let folder = Files.parent(path)
        let isRole = path.hasSuffix(".md") && (folder.hasSuffix("/roles") || folder.hasSuffix("/agents"))
        return isRole ? .roles : .missions
    }
}
