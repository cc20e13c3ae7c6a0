import CoordModel

/// What a client said on standard error that may be why it ended: the first line that speaks of an error,
/// else the last line.
package struct Complaint: Hashable, Sendable {
    private(set) var text = ""
    private var isError = false

    mutating func hear(_ line: String) {
        guard !isError, line.contains(where: { !$0.isWhitespace }) else { return }
        isError = line.lowercased().contains("error")
        text = line
    }

    /// The failure of a program that ended before it said how it went.
    func failure(_ exit: ExitOutcome) -> AgentFailure {
        guard !text.isEmpty else {
            return AgentFailure(.other, "it ended with \(exit) before it was done")
        }
        let words = text.lowercased()
        let flags = [
            "unknown option", "unexpected argument", "unrecognized argument", "no such option",
        ]
        if flags.contains(where: { words.contains($0) }) {
            return AgentFailure(.setup, AgentFailure.sentence(text))
        }
        return AgentFailure.read(status: nil, text)
    }
}
