/// The text of a Swift file, taken apart far enough to be judged: code without comments and without the
/// content of strings, line by line, and which lines carry a comment.
struct SwiftText {
    /// Relative to the repository, as in `Sources/CoordCore/Graph/TaskGraph.swift`.
    let path: String
    /// The lines as they stand.
    let lines: [String]
    /// The same lines with comments and the content of strings blanked; interpolated code stays.
    let code: [String]
    /// Whether a comment, or a part of one, stands on the line.
    let hasComment: [Bool]
    /// Types and functions, in the order in which they stand.
    let declarations: [Declaration]

    init(path: String, text: String) {
        self.path = path
        lines = Self.split(text)
        var scanner = Scanner(Array(text.utf8))
        scanner.scan()
        code = Self.split(String(decoding: scanner.output, as: UTF8.self))
        var marks = Array(repeating: false, count: lines.count)
        for line in scanner.commentLines where line < marks.count { marks[line] = true }
        hasComment = marks
        declarations = Declaration.all(in: code)
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// The target or test suite the file belongs to: `CoordCore`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// `path:line`, as an editor takes it; `index` counts from 0.
    func place(_ index: Int) -> String { "\(path):\(index + 1)" }
}

extension SwiftText {
    /// Walks over the bytes once and blanks what is not code.
    private struct Scanner {
        private enum Mode {
            /// `closing` counts the brackets that are open within an interpolation; nil outside of one.
            case code(closing: Int?)
            case string(hashes: Int, isMultiline: Bool)
        }

        private let input: [UInt8]
        private(set) var output: [UInt8]
        private(set) var commentLines: Set<Int> = []
        private var at = 0
        private var line = 0
        private var modes: [Mode] = [.code(closing: nil)]

        init(_ input: [UInt8]) {
            self.input = input
            output = input
        }

        mutating func scan() {
            while at < input.count {
                switch modes[modes.count - 1] {
                case .code(let closing): scanCode(closing)
                case .string(let hashes, let isMultiline): scanString(hashes, isMultiline)
                }
            }
        }

        private func stands(_ text: StaticString, at place: Int) -> Bool {
            let count = text.utf8CodeUnitCount
            guard place + count <= input.count else { return false }
            return (0..<count).allSatisfy { input[place + $0] == text.utf8Start[$0] }
        }

        /// Goes on by some bytes, blanking them unless they are code. Ends of lines always stay.
        private mutating func skip(_ count: Int, blank: Bool) {
            for _ in 0..<count where at < input.count {
                if input[at] == UInt8(ascii: "\n") {
                    line += 1
                } else if blank {
                    output[at] = UInt8(ascii: " ")
                }
                at += 1
            }
        }

        private mutating func scanCode(_ closing: Int?) {
            switch input[at] {
            case UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "("),
                UInt8(ascii: ")"):
                break
            case UInt8(ascii: "\n"):
                line += 1
                fallthrough
            default:
                at += 1
                return
            }
            if stands("//", at: at) {
                commentLines.insert(line)
                while at < input.count, input[at] != UInt8(ascii: "\n") {
                    output[at] = UInt8(ascii: " ")
                    at += 1
                }
                return
            }
            if stands("/*", at: at) { return skipBlockComment() }
            if input[at] == UInt8(ascii: "#") || input[at] == UInt8(ascii: "\"") {
                var hashes = 0
                while at + hashes < input.count, input[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
                if stands("\"", at: at + hashes) {
                    let isMultiline = stands("\"\"\"", at: at + hashes)
                    modes.append(.string(hashes: hashes, isMultiline: isMultiline))
                    return skip(hashes + (isMultiline ? 3 : 1), blank: false)
                }
            }
            if let closing {
                if input[at] == UInt8(ascii: "(") { modes[modes.count - 1] = .code(closing: closing + 1) }
                if input[at] == UInt8(ascii: ")") {
                    if closing == 1 {
                        modes.removeLast()
                    } else {
                        modes[modes.count - 1] = .code(closing: closing - 1)
                    }
                }
            }
            skip(1, blank: false)
        }

        private mutating func skipBlockComment() {
            var depth = 0
            repeat {
                commentLines.insert(line)
                if stands("/*", at: at) {
                    depth += 1
                    skip(2, blank: true)
                } else if stands("*/", at: at) {
                    depth -= 1
                    skip(2, blank: true)
                } else {
                    skip(1, blank: true)
                }
            } while depth > 0 && at < input.count
        }

        private mutating func scanString(_ hashes: Int, _ isMultiline: Bool) {
            guard [UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "\n")].contains(input[at]) else {
                output[at] = UInt8(ascii: " ")
                at += 1
                return
            }
            let quotes = isMultiline ? 3 : 1
            if input[at] == UInt8(ascii: "\\"), hasHashes(hashes, at: at + 1) {
                if stands("(", at: at + 1 + hashes) {
                    modes.append(.code(closing: 1))
                    return skip(hashes + 2, blank: false)
                }
                return skip(hashes + 2, blank: true)
            }
            if isMultiline ? stands("\"\"\"", at: at) : stands("\"", at: at),
                hasHashes(hashes, at: at + quotes)
            {
                modes.removeLast()
                return skip(quotes + hashes, blank: false)
            }
            // A string of one line that is never closed ends with its line.
            if !isMultiline, input[at] == UInt8(ascii: "\n") { modes.removeLast() }
            skip(1, blank: true)
        }

        private func hasHashes(_ count: Int, at place: Int) -> Bool {
            guard place + count <= input.count else { return false }
            return (0..<count).allSatisfy { input[place + $0] == UInt8(ascii: "#") }
        }
    }
}

// MARK: - Words

/// A piece of code to look for. An end of it that is a letter, a digit or `_` must be the end of a word where
/// it is found: `actor` stands in `actor A`, not in `factory`. A space fits any number of spaces, also none.
struct CodePiece {
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    func stands(in line: String) -> Bool {
        // A copy only where the string is not stored as UTF-8 in one piece.
        var line = line
        return line.withUTF8 { buffer in
            var start = 0
            while start < buffer.count {
                if buffer[start] == bytes[0], stands(in: buffer, at: start) { return true }
                start += 1
            }
            return false
        }
    }

    private func stands(in line: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        var at = start
        for byte in bytes {
            if byte == UInt8(ascii: " ") {
                while at < line.count, line[at] == byte { at += 1 }
            } else {
                guard at < line.count, line[at] == byte else { return false }
                at += 1
            }
        }
        let opens = start == 0 || !Self.isWord(bytes[0]) || !Self.isWord(line[start - 1])
        return opens && (at == line.count || !Self.isWord(bytes[bytes.count - 1]) || !Self.isWord(line[at]))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension String {
    func holds(code piece: String) -> Bool { CodePiece(piece).stands(in: self) }

    /// Without spaces at both ends.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    /// How many spaces stand before the first word.
    var indentation: Int { prefix { $0 == " " }.count }
}
