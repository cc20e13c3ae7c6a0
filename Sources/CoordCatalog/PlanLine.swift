import CoordModel

/// The first line of a task of a plan, taken apart: its own id, its notes in brackets, the rest.
struct PlanLine {
    /// `**id**` or a dotted number at the start.
    private(set) var id: PlanDocument.Word?
    private(set) var depends: [PlanDocument.Word] = []
    private(set) var role: PlanDocument.Word?
    private(set) var isSequential = false
    private(set) var isParallel = false
    /// What is left: what is to be done, in the author's words.
    private(set) var text: String
    /// Words in backticks that look like paths of the project.
    private(set) var files: [String]

    init(_ line: PlanText, readsNotes: Bool) {
        guard readsNotes else {
            text = line.trimmed
            files = []
            return
        }
        let (plain, flags) = line.takingFlags()
        isSequential = flags.contains("SEQUENTIAL")
        isParallel = flags.contains("PARALLEL")
        var rest = plain
        id = Self.takeID(&rest)
        text = ""
        files = []
        takeNotes(&rest)
        files = rest.codeSpans.compactMap(Self.path)
        text = rest.string.split(separator: " ").joined(separator: " ")
    }

    // MARK: The id

    private static func takeID(_ rest: inout PlanText) -> PlanDocument.Word? {
        let start = rest.letters.startIndex
        if rest.hasPrefix("**") {
            guard let end = rest.letters.dropFirst(2).firstIndex(of: "*"),
                rest.letters[end...].starts(with: "**".unicodeScalars)
            else { return nil }
            let inner = rest.part((start + 2)..<end).names()
            guard inner.count == 1, let word = inner.first else { return nil }
            let name = word.text.hasSuffix(":") ? String(word.text.dropLast()) : word.text
            guard TaskID(name).isValid else { return nil }
            skipSeparator(&rest, from: end + 2)
            return PlanDocument.Word(text: name, position: word.position)
        }
        // A dotted number is an id; a plain one only counts.
        let number = rest.letters.prefix { ("0"..."9").contains($0) || $0 == "." }
        let name = PlanText.string(number.last == "." ? number.dropLast() : number)
        let next = number.endIndex < rest.letters.endIndex ? rest.letters[number.endIndex] : " "
        guard name.contains("."), TaskID(name).isValid, " :)\t".unicodeScalars.contains(next) else {
            return nil
        }
        let position = rest.position
        skipSeparator(&rest, from: number.endIndex)
        return PlanDocument.Word(text: name, position: position)
    }

    private static func skipSeparator(_ rest: inout PlanText, from index: Int) {
        rest = rest.from(index).withoutLeadingSpace
        if let first = rest.letters.first, ":)—–-".unicodeScalars.contains(first) {
            rest = rest.from(rest.letters.startIndex + 1).withoutLeadingSpace
        }
    }

    // MARK: Notes

    /// Takes `(depends: a, b)`, `[role: x]` and a final `depends: a, b` out of the text.
    private mutating func takeNotes(_ rest: inout PlanText) {
        var index = rest.letters.startIndex
        var isCode = false
        while index < rest.letters.endIndex {
            let letter = rest.letters[index]
            if letter == "`" { isCode.toggle() }
            let closing: Unicode.Scalar? = letter == "(" ? ")" : letter == "[" ? "]" : nil
            if !isCode, let closing, let end = rest.letters[index...].firstIndex(of: closing) {
                if takeNote(rest.part((index + 1)..<end)) { rest.blank(index..<(end + 1)) }
            }
            index += 1
        }
        let words = rest.string.lowercased()
        guard words.contains("depends"), let start = Self.bareDepends(rest) else { return }
        if takeNote(rest.from(start)) {
            rest.blank(start..<rest.letters.endIndex)
            // What led over to the note goes with it.
            let isJoint = { (letter: Unicode.Scalar) in " -—–,;.".unicodeScalars.contains(letter) }
            let end = rest.letters.lastIndex { !isJoint($0) }.map { $0 + 1 } ?? rest.letters.startIndex
            rest = rest.part(rest.letters.startIndex..<end)
        }
    }

    /// Where a `depends: …` without brackets starts: a word of its own, with a colon behind it.
    private static func bareDepends(_ rest: PlanText) -> Int? {
        let letters = rest.letters
        for index in letters.indices where index == letters.startIndex || letters[index - 1] == " " {
            let head = PlanText.string(letters[index...].prefix(11)).lowercased()
            if head.hasPrefix("depends:") || head.hasPrefix("depends on:") { return index }
        }
        return nil
    }

    private mutating func takeNote(_ part: PlanText) -> Bool {
        guard let (label, value) = part.labelled else { return false }
        switch label.lowercased() {
        case "depends", "depends on": depends += value.names().filter { $0.text.lowercased() != "and" }
        case "role":
            guard let word = value.names().first else { return false }
            role = word
        default: return false
        }
        return true
    }

    /// A code span as a pattern of files, when it looks like a path of the project.
    static func path(_ span: String) -> String? {
        let allowed = span.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "._-/*".utf8.contains($0)
        }
        guard allowed, Glob.problem(span) == nil, !span.hasPrefix("-"),
            !span.hasPrefix(".") || span.contains("/")
        else { return nil }
        if span.hasSuffix("/") { return span + "**" }
        let name = span.split(separator: "/").last ?? ""
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        let hasEnding = name.contains(".") && (1...5).contains(ending.count) && ending.first!.isLetter
        return hasEnding || (span.contains("*") && span.contains("/")) ? span : nil
    }
}

/// A line below a task: a note that coord reads, or text for the agent.
enum PlanDetail: Equatable {
    case text(String)
    case blank
    case depends([PlanDocument.Word])
    case role(PlanDocument.Word)
    case files([PlanDocument.Word])
    case skills([PlanDocument.Word])
    case checks([String])
    case run(String)

    /// The note a line holds; nil when it is text. A list whose entries are whole phrases is text too.
    static func note(in line: PlanText) -> PlanDetail? {
        guard let (label, value) = line.labelled else { return nil }
        let entries = value.names().filter { $0.text.lowercased() != "and" }
        let commas = value.letters.count { $0 == "," }
        let isList = !entries.isEmpty && entries.count <= commas + (value.string.contains(" and ") ? 2 : 1)
        switch label.lowercased() {
        case "depends", "depends on": return isList ? .depends(entries) : nil
        case "role": return entries.count == 1 ? .role(entries[0]) : nil
        case "files": return isList ? .files(entries) : nil
        case "skills": return isList ? .skills(entries) : nil
        case "run":
            guard let command = value.commands?.first, value.codeSpans.count == 1 else { return nil }
            return .run(command)
        case "check", "checks": return value.commands.map { .checks($0) }
        default: return line.verify.flatMap { $0.rest.commands }.map { .checks($0) }
        }
    }
}
