import CoordSystem
import Testing

@testable import CoordAgents

/// What dialogues do not read is left out of what clients print: what they do read must not be.
@Suite("Members that are read of clients")
struct ClientMembersTests {
    /// Sources that read models' answers and coord's own files in full.
    private static let others: Set<String> = [
        "ModelAPI.swift", "ModelAnswer.swift", "DirectConversation.swift",
    ]

    @Test("every member that a dialogue asks for by its name is kept")
    func complete() throws {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        let folder = "/" + parts.joined(separator: "/") + "/Sources/CoordAgents"
        var asked: Set<String> = []
        for file in try Files.list(folder) where !Self.others.contains(file) {
            let text = try Files.readText(folder + "/" + file)
            for match in text.matches(of: #/\["([A-Za-z_]+)"\]/#) { asked.insert(String(match.output.1)) }
        }
        #expect(asked.count > 100)
        // Names of environment variables are asked for in the same way.
        let missing = asked.filter { $0 != $0.uppercased() || $0 == $0.lowercased() }
            .subtracting(ClientMembers.names)
        #expect(missing.sorted() == [])
    }
}
