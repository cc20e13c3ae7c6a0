package import CoordModel
import CoordSystem

/// What reading a mission file gave: the mission when nothing is wrong, and everything that is wrong or
/// doubtful.
package struct MissionReading: Sendable {
    /// Nil when any diagnostic is an error.
    package var mission: Mission?
    /// By place in the file; at most 50, and a last line that counts the rest.
    package var diagnostics: [Diagnostic]

    package var errors: [Diagnostic] { diagnostics.filter(\.isError) }
    package var warnings: [Diagnostic] { diagnostics.filter { !$0.isError } }

    static func refused(_ diagnostic: Diagnostic) -> MissionReading {
        MissionReading(mission: nil, diagnostics: [diagnostic])
    }
}

/// Reads a mission: JSON as CONTRACT 3.4 has it, or a Markdown plan.
package enum MissionFile {
    /// What to do about a planner that has no goal. A run that is given one has nothing to do about it.
    package static let hintForGoal = "Write a `goal`, or give one with `--goal`"

    /// Reads and checks the file. It starts nothing and changes nothing.
    package static func read(_ path: String, catalog: Catalog) -> MissionReading {
        do throws(Diagnostic) {
            let bytes = try SourceFile.read(path, .mission)
            return parse(bytes, file: path, names: NameResolver(catalog: catalog))
        } catch {
            return .refused(error)
        }
    }

    /// Checks the text of a file. Of the disk it asks only for the folder of a rehearsal, and the resolver
    /// for the catalogue.
    static func parse(_ bytes: [UInt8], file: String, names: NameResolver) -> MissionReading {
        switch format(of: bytes, file: file) {
        case .json: return json(bytes, file: file, names: names)
        case .plan:
            return PlanReader.mission(String(decoding: bytes, as: UTF8.self), file: file, names: names)
        case nil:
            return .refused(
                Diagnostic(
                    file: file, message: "A mission is a JSON file or a Markdown plan; this is neither",
                    hint: "A plan has tasks as `- [ ] …` below headings"))
        }
    }

    private enum Format { case json, plan }

    /// By the file's ending, else by what it starts with.
    private static func format(of bytes: [UInt8], file: String) -> Format? {
        let name = file.lowercased()
        if name.hasSuffix(".json") { return .json }
        if name.hasSuffix(".md") || name.hasSuffix(".markdown") { return .plan }
        switch bytes.first(where: { $0 > 0x20 }) {
        case 0x7B: return .json
        case 0x23: return .plan
        default: return nil
        }
    }

    private static func json(_ bytes: [UInt8], file: String, names: NameResolver) -> MissionReading {
        do throws(Diagnostic) {
            let root = try LocatedValue.json(bytes, file: file)
            var reader = MissionReader(file: file, names: names)
            let mission = reader.mission(root, file: file)
            return MissionReading(mission: mission, diagnostics: reader.diagnostics)
        } catch {
            return .refused(error)
        }
    }
}
