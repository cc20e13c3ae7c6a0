import CoordJSON
package import CoordModel
import CoordSkills
import CoordSystem

/// A server of tools that the project's `.mcp.json` names, as other tools of the field read it.
package struct ProjectServer: Sendable, Hashable {
    package var spec: MCPServerSpec
    /// The SHA-256 of what the file says of it: an agreement counts for exactly that.
    package var contentHash: String

    /// Under which an agreement to it is kept.
    package var approvalName: String { "mcp:" + spec.name }

    /// The servers of the project's checkout that are started as programs, by name. Those reached over a
    /// network, and those whose program is not installed, are named in `problems` and left out.
    package static func all(in project: String) -> (servers: [ProjectServer], problems: [Diagnostic]) {
        let path = project + "/.mcp.json"
        guard Files.kind(path) != nil else { return ([], []) }
        let problems = ProblemList(file: path)
        do throws(Diagnostic) {
            let root = try LocatedValue.json(try SourceFile.read(path, .settings), file: path)
            guard case .object(let members) = root.content,
                let listed = members.first(where: { $0.key == "mcpServers" })?.value,
                case .object(let entries) = listed.content
            else { return ([], []) }
            let servers = entries.compactMap { server($0, problems) }
            return (servers.sorted { $0.spec.name < $1.spec.name }, problems.diagnostics)
        } catch {
            return ([], [error])
        }
    }

    private static func server(_ member: LocatedMember, _ problems: ProblemList) -> ProjectServer? {
        let json = member.value.json
        guard SkillID(member.key.lowercased()).isValid else {
            problems.warning(at: member.position, "`\(member.key)` is no name of a server; it is left out")
            return nil
        }
        guard let command = json["command"]?.stringValue else {
            problems.warning(
                at: member.position, "the server `\(member.key)` has no `command`; it is left out",
                hint: "coord offers servers that are started as programs")
            return nil
        }
        guard let program = Executables.find(command) else {
            problems.warning(
                at: member.position, "the program `\(command)` of the server `\(member.key)` is not installed"
            )
            return nil
        }
        var environment: [String: String] = [:]
        for (name, value) in json["env"]?.objectValue?.members ?? JSONObject().members {
            environment[name] = value.stringValue
        }
        let spec = MCPServerSpec(
            name: member.key, command: program,
            arguments: json["args"]?.arrayValue?.compactMap(\.stringValue) ?? [], environment: environment)
        return ProjectServer(
            spec: spec, contentHash: ContentHash.hexadecimal(Array((program + "\n" + json.text).utf8)))
    }
}
