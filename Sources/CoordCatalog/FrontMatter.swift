/// A Markdown file as its front matter and the text below.
struct FrontMatter {
    /// The YAML between the two lines of dashes; nil when the file starts otherwise.
    var yaml: ArraySlice<UInt8>?
    /// The line of the file on which the YAML starts.
    static let firstLine = 2
    /// The text below the front matter, lines ended by LF, blank lines at both ends taken away.
    var body: String

    /// Front matter that is opened and never closed is refused.
    init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let first = lines.first, Self.isFence(first, closing: false) else {
            yaml = nil
            body = Self.text(lines[...])
            return
        }
        guard let end = lines.dropFirst().firstIndex(where: { Self.isFence($0, closing: true) }) else {
            throw Diagnostic(
                file: file, position: .start, message: "The front matter is not closed",
                hint: "Write a line of three dashes after its last key")
        }
        yaml = bytes[lines[1].startIndex..<max(lines[1].startIndex, lines[end].startIndex)]
        body = Self.text(lines[(end + 1)...])
    }

    private static func isFence(_ line: ArraySlice<UInt8>, closing: Bool) -> Bool {
        let end = line.lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }.map { $0 + 1 } ?? line.startIndex
        let plain = line[line.startIndex..<end]
        return plain.elementsEqual("---".utf8) || (closing && plain.elementsEqual("...".utf8))
    }

    private static func text(_ lines: ArraySlice<ArraySlice<UInt8>>) -> String {
        let plain = lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }
        let isBlank = { (line: ArraySlice<UInt8>) in line.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
        guard let first = plain.firstIndex(where: { !isBlank($0) }),
            let last = plain.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: Array(plain[first...last].joined(separator: [0x0A])), as: UTF8.self) + "\n"
    }
}
