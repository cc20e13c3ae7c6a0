/// A stretch of one line of a plan that knows its place.
struct PlanText {
    /// The line, from 1.
    var number: Int
    /// The letters, and the column of the first, from 1.
    private(set) var letters: ArraySlice<Unicode.Scalar>

    init(_ text: Substring, line: Int) {
        number = line
        letters = ArraySlice(text.unicodeScalars)
    }

    private init(_ letters: ArraySlice<Unicode.Scalar>, line: Int) {
        number = line
        self.letters = letters
    }

    var position: SourcePosition { SourcePosition(line: number, column: letters.startIndex + 1) }

    var string: String { Self.string(letters) }

    static func string(_ letters: some Sequence<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: letters)
        return String(text)
    }

    /// A part of the line.
    func part(_ range: Range<Int>) -> PlanText { PlanText(letters[range], line: number) }
    func from(_ index: Int) -> PlanText { part(min(index, letters.endIndex)..<letters.endIndex) }

    private static func isSpace(_ letter: Unicode.Scalar) -> Bool { letter == " " || letter == "\t" }

    var isBlank: Bool { letters.allSatisfy(Self.isSpace) }

    /// Columns of white space at the start; a tab counts four.
    var indentation: Int {
        var columns = 0
        for letter in letters {
            guard Self.isSpace(letter) else { break }
            columns += letter == "\t" ? 4 : 1
        }
        return columns
    }

    var withoutLeadingSpace: PlanText {
        from(letters.firstIndex { !Self.isSpace($0) } ?? letters.endIndex)
    }

    var trimmed: String { String(string.trimmingSpaces) }

    /// The text without up to `columns` of its leading white space; a tab that reaches further leaves spaces.
    func dedented(_ columns: Int) -> String {
        var left = columns
        var index = letters.startIndex
        while left > 0, index < letters.endIndex, Self.isSpace(letters[index]) {
            left -= letters[index] == "\t" ? 4 : 1
            index += 1
        }
        return String(repeating: " ", count: max(0, -left)) + from(index).string
    }

    /// Without asterisks of emphasis and white space at the ends.
    var withoutMarks: String {
        String(Self.string(letters.filter { $0 != "*" }).trimmingSpaces)
    }

    func hasPrefix(_ text: String) -> Bool { letters.starts(with: text.unicodeScalars) }

    // MARK: What kind of line

    /// `## Title`: the level and the title.
    var heading: (level: Int, text: PlanText)? {
        let start = withoutLeadingSpace
        let level = start.letters.prefix { $0 == "#" }.count
        guard (1...6).contains(level) else { return nil }
        let rest = start.from(start.letters.startIndex + level)
        guard rest.letters.first.map(Self.isSpace) ?? true else { return nil }
        return (level, rest.withoutLeadingSpace)
    }

    /// The backticks or tildes that open or close a block of code, when the line does.
    var fenceMark: String? {
        let start = withoutLeadingSpace
        guard let first = start.letters.first, first == "`" || first == "~" else { return nil }
        let mark = start.letters.prefix { $0 == first }
        return mark.count >= 3 ? Self.string(mark) : nil
    }

    /// The text behind a list's mark (`-`, `*`, `+`, `1.`, `1)`).
    var listEntry: PlanText? {
        let start = withoutLeadingSpace
        guard let first = start.letters.first else { return nil }
        var index = start.letters.startIndex
        if "-*+".unicodeScalars.contains(first) {
            index += 1
        } else {
            let digits = start.letters.prefix { ("0"..."9").contains($0) }
            guard !digits.isEmpty, digits.count < 10, digits.endIndex < start.letters.endIndex,
                ".)".unicodeScalars.contains(start.letters[digits.endIndex])
            else { return nil }
            index = digits.endIndex + 1
        }
        guard index < start.letters.endIndex, Self.isSpace(start.letters[index]) else { return nil }
        return start.from(index).withoutLeadingSpace
    }

    var startsList: Bool { listEntry != nil }

    /// `---`, `***`, `___`.
    var isRule: Bool {
        let plain = letters.filter { !Self.isSpace($0) }
        guard let first = plain.first, "-*_".unicodeScalars.contains(first) else { return false }
        return plain.count >= 3 && plain.allSatisfy { $0 == first }
    }

    /// `- [ ] text`: the mark in the box and the text. A link such as `[a](b)` is no box.
    var checkbox: (mark: Character, rest: PlanText)? {
        guard let entry = listEntry else { return nil }
        let start = entry.letters.startIndex
        guard entry.letters.count >= 3, entry.letters[start] == "[", entry.letters[start + 2] == "]" else {
            return nil
        }
        let rest = entry.from(start + 3)
        guard rest.letters.first.map(Self.isSpace) ?? true else { return nil }
        return (Character(entry.letters[start + 1]), rest.withoutLeadingSpace)
    }

    /// `VERIFY 2: text` with or without list mark and bold: what it is called, and the text.
    var verify: (label: String?, rest: PlanText)? {
        guard let (head, rest) = labelled else { return nil }
        let words = head.split(separator: " ")
        guard words.count <= 2, let first = words.first, first.uppercased() == "VERIFY" else { return nil }
        return (words.count == 2 ? String(words[1]) : nil, rest)
    }

    /// The text behind `name:`, case aside, with or without list mark and bold.
    func note(_ name: String) -> PlanText? {
        guard let (head, rest) = labelled, head.lowercased() == name else { return nil }
        return rest
    }

    /// `Label: text`, `**Label:** text` or `**Label**: text`, perhaps behind a list's mark. A label has
    /// letters, digits, spaces, dots and dashes.
    var labelled: (label: String, rest: PlanText)? {
        let start = (listEntry ?? self).withoutLeadingSpace
        guard let colon = start.letters.prefix(48).firstIndex(of: ":") else { return nil }
        let head = start.letters[start.letters.startIndex..<colon].filter { $0 != "*" }
        let isLabel = head.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || " .-".unicodeScalars.contains($0)
        }
        let label = Self.string(head).trimmingSpaces
        guard isLabel, !label.isEmpty else { return nil }
        var index = colon + 1
        while index < start.letters.endIndex, start.letters[index] == "*" { index += 1 }
        return (String(label), start.from(index).withoutLeadingSpace)
    }

    // MARK: What stands in it

    /// The number of `Phase 2: …` or `2. …`; nil without one.
    var phaseNumber: String? {
        let words = withoutMarks.split(separator: " ")
        guard let first = words.first else { return nil }
        let candidate = first.lowercased() == "phase" && words.count > 1 ? words[1] : first
        let number = candidate.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let rest = candidate.dropFirst(number.count)
        guard number.first?.isNumber ?? false, rest.allSatisfy({ ":—–-)".contains($0) }) else { return nil }
        return number.hasSuffix(".") ? String(number.dropLast()) : String(number)
    }

    /// `[SEQUENTIAL]` and `[PARALLEL]` taken out of the text.
    func takingFlags() -> (rest: PlanText, flags: [String]) {
        var rest = self
        var flags: [String] = []
        for flag in ["SEQUENTIAL", "PARALLEL"] {
            if let range = rest.range(ofFlag: flag) {
                flags.append(flag)
                rest.blank(range)
            }
        }
        return (rest, flags)
    }

    private func range(ofFlag flag: String) -> Range<Int>? {
        let wanted = Array("[\(flag)]".unicodeScalars)
        guard letters.count >= wanted.count else { return nil }
        for start in letters.startIndex...(letters.endIndex - wanted.count) where letters[start] == "[" {
            let found = zip(letters[start...], wanted).allSatisfy {
                $0.properties.uppercaseMapping == String($1)
            }
            if found { return start..<(start + wanted.count) }
        }
        return nil
    }

    /// Replaces a part by spaces, so that what is left keeps its columns.
    mutating func blank(_ range: Range<Int>) {
        for index in range { letters[index] = " " }
    }

    /// The words, cut at white space and commas, up to one of `ends`; marks of code and emphasis and a final
    /// dot are taken off.
    func names(upTo ends: Set<String> = []) -> [PlanDocument.Word] {
        var words: [PlanDocument.Word] = []
        var index = letters.startIndex
        let isBreak = { (letter: Unicode.Scalar) in Self.isSpace(letter) || letter == "," || letter == ";" }
        while index < letters.endIndex {
            guard !isBreak(letters[index]) else { index += 1; continue }
            let end = letters[index...].firstIndex(where: isBreak) ?? letters.endIndex
            var word = letters[index..<end]
            Self.takeMarksOff(&word)
            let text = Self.string(word)
            if ends.contains(text.lowercased()) { return words }
            if !text.isEmpty {
                let position = SourcePosition(line: number, column: word.startIndex + 1)
                words.append(PlanDocument.Word(text: text, position: position))
            }
            index = end
        }
        return words
    }

    /// Takes backticks, asterisks of emphasis (those that stand on both sides) and final dots off a word.
    private static func takeMarksOff(_ word: inout ArraySlice<Unicode.Scalar>) {
        while word.last == "." { word.removeLast() }
        while word.count >= 2, let first = word.first, first == word.last, first == "`" || first == "*" {
            word = word.dropFirst().dropLast()
        }
        // Emphasis may enclose several words of the list.
        while let first = word.first, first == "`" || first == "*" { word.removeFirst() }
        while word.last == "`" { word.removeLast() }
    }

    /// What stands in backticks.
    var codeSpans: [String] {
        let parts = letters.split(separator: "`", omittingEmptySubsequences: false)
        return stride(from: 1, to: parts.count - 1, by: 2).map { Self.string(parts[$0]) }.filter {
            !$0.isEmpty
        }
    }

    /// The commands of a check: the code in the text, when all the rest says no more than that it shall run.
    /// Nil when a person, or an agent, must read it.
    var commands: [String]? {
        let spans = codeSpans
        let parts = letters.split(separator: "`", omittingEmptySubsequences: false)
        let rest = stride(from: 0, to: parts.count, by: 2).flatMap {
            Self.string(parts[$0]).lowercased().split(separator: " ")
        }
        let filler: Set<Substring> = [
            "run", "and", "then", "passes", "pass", "must", "succeeds", "is", "green", ",", ".", ";", "",
        ]
        let says = rest.contains { word in
            !filler.contains(word[...].trimmingPunctuation)
        }
        return spans.isEmpty || says ? nil : spans
    }
}

extension Substring {
    fileprivate var trimmingPunctuation: Substring {
        let isMark = { (letter: Character) in ",.;*".contains(letter) }
        let head = drop(while: isMark)
        guard let last = head.lastIndex(where: { !isMark($0) }) else { return head[head.endIndex...] }
        return head[...last]
    }
}
