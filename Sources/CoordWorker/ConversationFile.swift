import CoordModel
import CoordSystem

/// The file in which the worker keeps what coord's own agent said, for its user alone. It outlives the
/// worker, and the agent's processes cannot see it.
struct ConversationFile {
    private let folder: String
    private let session: String

    /// A conversation with whole diffs has megabytes.
    private static let bytesMax = 64 << 20

    /// Nil: nothing of this agent's is kept.
    init?(_ launch: AgentLaunch) {
        let session = launch.session ?? launch.newSession
        let isName = session.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D
        }
        guard let memory = launch.memory, !session.isEmpty, isName else { return nil }
        (folder, self.session) = (memory, session)
    }

    private var path: String { "\(folder)/\(session).json" }

    /// Nil: there is none, or it cannot be read; the session is then begun anew.
    func read() -> [UInt8]? { try? Files.read(path, limitBytes: Self.bytesMax) }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        try Files.makeFolder(folder, permissions: 0o700)
        try Files.write(bytes, to: path, permissions: 0o600)
    }
}
