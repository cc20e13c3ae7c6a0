package import CoordJSON

/// A place in a text file: line and column from 1. The column counts Unicode scalars.
package struct SourcePosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    /// `line:column`.
    package var description: String { "\(line):\(column)" }

    static let start = SourcePosition(line: 1, column: 1)
}

/// What is wrong, or doubtful, in a file of a catalogue, and where.
package struct Diagnostic: Error, Hashable, Sendable {
    /// An error refuses the file; a warning only advises.
    package enum Severity: String, Sendable { case error, warning }

    package var severity: Severity
    /// The file as its reader was asked for it.
    package var file: String
    /// Nil: the file as a whole.
    package var position: SourcePosition?
    /// One sentence without a full stop: what, on what, why.
    package var message: String
    /// What would help, as a sentence.
    package var hint: String?

    package init(
        severity: Severity = .error, file: String, position: SourcePosition? = nil, message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.message = message
        self.hint = hint
    }

    package var line: Int? { position?.line }
    package var column: Int? { position?.column }
    package var isError: Bool { severity == .error }
}

extension Diagnostic: CustomStringConvertible {
    /// Two or three lines: `error: …`, `  at file:line:column`, `hint: …`. Control characters of file names
    /// and of quoted text are shown as escapes, so a diagnostic cannot drive a terminal.
    package var description: String {
        var text = "\(severity.rawValue): \(message)\n  at \(file)"
        if let position { text += ":\(position)" }
        if let hint { text += "\nhint: \(hint)" }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Self.visible($0) }.joined(separator: "\n")
    }

    private static func visible(_ text: Substring) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Diagnostic {
    /// For programs: `severity`, `file`, `line`, `column`, `message`, `hint`; what is not known is null.
    package var json: JSONValue {
        [
            "severity": .string(severity.rawValue), "file": .string(file),
            "line": line.map { .integer(Int64($0)) } ?? nil,
            "column": column.map { .integer(Int64($0)) } ?? nil, "message": .string(message),
            "hint": hint.map { .string($0) } ?? nil,
        ]
    }
}

/// Collects what a reader finds in one file, so that everything is reported at once, up to a limit.
///
/// Not thread-safe: it belongs to one reading.
final class ProblemList {
    let file: String
    /// How many errors, and how many warnings, are kept.
    let limit: Int
    private var errors: [Diagnostic] = []
    private var warnings: [Diagnostic] = []
    private(set) var errorCount = 0

    init(file: String, limit: Int = 50) {
        self.file = file
        self.limit = limit
    }

    var hasErrors: Bool { errorCount > 0 }

    func error(
        at position: SourcePosition?, _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String? = nil
    ) {
        errorCount += 1
        guard errors.count < limit else { return }
        errors.append(
            Diagnostic(file: file, position: position, message: sentence(message()), hint: hint()))
    }

    func warning(
        at position: SourcePosition?, _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String? = nil
    ) {
        guard warnings.count < limit else { return }
        warnings.append(
            Diagnostic(
                severity: .warning, file: file, position: position, message: sentence(message()),
                hint: hint()))
    }

    /// Everything found, by position; at most `limit` problems and, if there were more errors, a last line
    /// that says how many.
    var diagnostics: [Diagnostic] {
        let kept = errors + warnings.prefix(limit - errors.count)
        let start = SourcePosition(line: 0, column: 0)
        var sorted = kept.enumerated()
            .sorted { ($0.element.position ?? start, $0.offset) < ($1.element.position ?? start, $1.offset) }
            .map(\.element)
        let left = errorCount - errors.count
        if left > 0 {
            sorted.append(Diagnostic(file: file, message: "\(left) more problems are not shown"))
        }
        return sorted
    }

    /// Starts with a capital letter, and quotes no more of a hostile file than a person can read.
    private func sentence(_ text: String) -> String {
        let short = text.utf8.count <= 600 ? text : text.prefix(400) + " …"
        guard let first = short.first, first.isASCII, first.isLowercase else { return short }
        return first.uppercased() + short.dropFirst()
    }
}
