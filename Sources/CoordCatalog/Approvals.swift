import CoordJSON
package import CoordModel
import CoordSystem

/// What a person agreed to, bound to the bytes it had then: whatever changes afterwards is asked about anew.
package struct Approvals: Sendable, Equatable {
    /// The file, in the folder of coord's state: no agent writes there.
    private let path: String
    private var hashes: [String: String]

    /// What the file in the folder says; nothing when there is none.
    package init(stateFolder: String) throws(Diagnostic) {
        path = stateFolder + "/approvals.json"
        hashes = [:]
        guard Files.kind(path) != nil else { return }
        let root = try LocatedValue.json(try SourceFile.read(path, .settings), file: path)
        guard case .object(let members) = root.content else { return }
        for member in members { hashes[member.key] = member.value.string }
    }

    /// Whether a person agreed to the skill as it is now.
    package func allows(_ skill: Skill) -> Bool { allows("skill:" + skill.id.rawValue, skill.contentHash) }

    /// Whether a person agreed to something of that name with that content.
    package func allows(_ name: String, _ hash: String) -> Bool { !hash.isEmpty && hashes[name] == hash }

    /// Notes that a person agrees, or with a nil hash that they no longer do.
    package mutating func set(_ name: String, _ hash: String?) throws(Diagnostic) {
        hashes[name] = hash
        let members = hashes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(path), permissions: 0o700)
            try Files.writeAtomically(
                Array(JSONValue.object(JSONObject(members)).prettyText.utf8), to: path, permissions: 0o600)
        } catch {
            throw Diagnostic(file: path, message: "The approval cannot be kept: \(error.reason)")
        }
    }
}
