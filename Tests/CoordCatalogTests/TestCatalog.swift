import CoordModel
import CoordSystem

@testable import CoordCatalog

/// A small catalogue that never touches a disk.
enum TestCatalog {
    static let roles: [Role] = [
        Role(id: "backend-dev", capabilities: [.writesCode, .runsTests]),
        Role(id: "ui-dev", capabilities: [.writesCode, .browser], aliases: ["frontend-dev"]),
        Role(id: "qa-engineer", capabilities: [.readsTests, .runsTests]),
        Role(id: "producer", kind: .coordination),
        Role(id: "tech-lead", kind: .coordination),
        Role(id: "self-reviewer", kind: .coordination),
    ]

    static var names: NameResolver {
        let broken = Diagnostic(
            file: "roles/broken-dev.md", position: SourcePosition(line: 3, column: 7),
            message: "`kind` of the role is `cod`, but must be one of `code`, `coordination`")
        return NameResolver(
            roles: { RoleShelf(roles, broken: ["broken-dev": broken]) },
            skills: {
                ["lint", "test-runner"].map {
                    SkillEntry(id: SkillID($0), path: "skills/\($0).skill.json", origin: .shipped)
                }
            })
    }

    static func read(_ text: String, file: String = "mission.json") -> MissionReading {
        MissionFile.parse(Array(text.utf8), file: file, names: names)
    }
}

extension Sequence<Diagnostic> {
    /// As a person sees them, one below the other.
    var printed: String { map(\.description).joined(separator: "\n") }
}

/// A fresh folder that is gone when the test is over.
final class Scratch {
    let folder: String

    init(_ files: [String: String] = [:]) throws {
        // The folder of temporary files may itself be a link.
        folder = try Files.realPath(try Files.temporaryFolder(prefix: "coord-catalog-"))
        for (path, text) in files { try write(text, to: path) }
    }

    deinit {
        // Nothing depends on it: the system clears what stays behind.
        try? Files.removeTree(folder)
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Files.makeFolder(Files.parent(path(name)))
        try Files.write(bytes, to: path(name))
    }
}
