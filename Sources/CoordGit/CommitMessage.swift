/// The rules for messages of commits that do not land themselves.
enum CommitMessage {
    /// Whether a line is one of the trailers that only a landing commit may carry: `Coord-…:`, in any case.
    static func isReserved(_ line: some StringProtocol) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }.lowercased()
        guard text.hasPrefix("coord-"), let colon = text.firstIndex(of: ":") else { return false }
        return text[..<colon].utf8.allSatisfy { $0 != 0x20 && $0 != 0x09 }
    }

    static func hasReserved(_ message: String) -> Bool {
        lines(message).contains { isReserved($0) }
    }

    /// The message without reserved trailers and their folded lines, without NULs, ending in one line feed.
    static func stripped(_ message: String) -> String {
        var kept: [Substring] = []
        var isInReserved = false
        for line in lines(message) {
            if isReserved(line) {
                isInReserved = true
            } else if isInReserved, let first = line.first, first == " " || first == "\t" {
                continue
            } else {
                isInReserved = false
                kept.append(line)
            }
        }
        return finished(kept.joined(separator: "\n"))
    }

    /// The message as git stores it: no NUL, no blank lines around it, one line feed at its end.
    static func finished(_ message: String) -> String {
        let text = message.filter { $0 != "\0" }
        let start = text.drop { $0.isNewline || $0 == " " }
        let end = start.lastIndex { !$0.isNewline && $0 != " " }
        return end.map { String(start[...$0]) + "\n" } ?? "Work without a message\n"
    }

    private static func lines(_ message: String) -> [Substring] {
        message.split(omittingEmptySubsequences: false) { $0.isNewline }
    }
}
