package import CoordModel

/// What an agent wrote for the next session, in whatever form: coord's own, or any Markdown. Read leniently:
/// no text is an error, and every text gives something when it says something.
package struct HandoffNotes: Hashable, Sendable {
    package var items: [HandoffDocument.Section: [String]]
    /// The paths that it says it changed.
    package var files: [String]

    package init(items: [HandoffDocument.Section: [String]] = [:], files: [String] = []) {
        self.items = items
        self.files = files
    }

    /// What an agent said in its output or by its tools.
    package init(_ handoff: Handoff) {
        self.init(items: [
            .done: [handoff.summary], .decisions: handoff.decisions, .remaining: handoff.remaining,
            .pitfalls: handoff.pitfalls,
        ])
        items = items.mapValues { $0.map(HandoffCutting.block).filter { !$0.isEmpty } }
        items = items.filter { !$0.value.isEmpty }
    }

    /// Whether it says anything.
    package var isEmpty: Bool { items.values.allSatisfy(\.isEmpty) }

    /// Adds what others say that is not in it.
    package mutating func merge(_ other: HandoffNotes) {
        for (section, texts) in other.items {
            let known = Set(items[section] ?? [])
            items[section, default: []] += texts.filter { !known.contains($0) }
        }
        files += other.files.filter { !files.contains($0) }
    }

    /// Reads a text.
    package init(reading text: String) {
        self.init()
        if let document = HandoffText.parse(text) {
            for section in HandoffDocument.Section.allCases { items[section] = document[section] }
            items = items.filter { !$0.value.isEmpty }
            files = document.files
            return
        }
        var lines = HandoffCutting.block(text).split(separator: "\n", omittingEmptySubsequences: false)[...]
        if lines.first == "---" {
            var rest = lines.dropFirst()
            if let matter = FrontMatter(&rest) {
                lines = rest
                files = (matter.lists["files"] ?? []).map { HandoffText.unquoted($0) ?? $0 }
            }
        }
        read(lines)
    }

    private mutating func read(_ lines: ArraySlice<Substring>) {
        var section = HandoffDocument.Section.done
        var isOpen = false
        for line in lines {
            let trimmed = HandoffCutting.trimmed(String(line))
            if let heading = Self.heading(trimmed) {
                section = Self.section(named: heading) ?? (section == .done ? .done : section)
                isOpen = false
            } else if trimmed.isEmpty {
                isOpen = false
            } else if let entry = Self.entry(trimmed) {
                items[entry.section ?? section, default: []].append(entry.text)
                isOpen = entry.section == nil || entry.section == section
            } else if isOpen, let last = items[section]?.indices.last {
                items[section]?[last] += "\n" + trimmed
            } else {
                items[section, default: []].append(trimmed)
                isOpen = true
            }
        }
    }

    /// The words of a heading: `## Words`, `**Words**`, `Words:` alone on a line.
    private static func heading(_ line: String) -> String? {
        if line.hasPrefix("#") { return String(line.drop { $0 == "#" || $0 == " " }) }
        var words = line
        let isBold = words.hasPrefix("**") && (words.hasSuffix("**") || words.hasSuffix("**:"))
        words = words.filter { $0 != "*" }
        let isNamed = words.hasSuffix(":") && section(named: words) != nil && words.utf8.count <= 40
        return isNamed || isBold && section(named: words) != nil ? words : nil
    }

    private static func entry(_ line: String) -> (section: HandoffDocument.Section?, text: String)? {
        var rest = line[...]
        if rest.hasPrefix("- ") || rest.hasPrefix("* ") || rest.hasPrefix("+ ") || rest.hasPrefix("• ") {
            rest = rest.dropFirst(2)
        } else {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let after = rest.dropFirst(digits.count)
            guard !digits.isEmpty, digits.count <= 3, after.hasPrefix(". ") || after.hasPrefix(") ") else {
                return nil
            }
            rest = after.dropFirst(2)
        }
        let text = HandoffCutting.trimmed(String(rest))
        // A ticked box is done and an empty one is not, wherever they stand.
        if text.hasPrefix("[ ] ") { return (.remaining, String(text.dropFirst(4))) }
        if text.hasPrefix("[x] ") || text.hasPrefix("[X] ") { return (.done, String(text.dropFirst(4))) }
        return text.isEmpty ? nil : (nil, text)
    }

    private static let words: [(HandoffDocument.Section, [String])] = [
        (
            .remaining,
            ["remain", "next", "todo", "to do", "left", "outstanding", "not done", "unfinished", "pending"]
        ),
        (.questions, ["question", "unclear", "unknown"]),
        (.pitfalls, ["pitfall", "gotcha", "caveat", "warning", "watch out", "trap", "risk", "careful"]),
        (.decisions, ["decision", "decided", "why", "rationale", "design", "approach"]),
        (.check, ["check", "verify", "verification", "test", "how to run"]),
        (
            .done,
            ["done", "completed", "finished", "progress", "summary", "accomplished", "changes", "state"]
        ),
    ]

    private static func section(named heading: String) -> HandoffDocument.Section? {
        let name = heading.lowercased()
        return words.first { $0.1.contains { name.holds($0) } }?.0
    }
}

extension String {
    /// Whether the text stands somewhere in it.
    func holds(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        let own = Array(utf8)
        guard !wanted.isEmpty, wanted.count <= own.count else { return false }
        return (0...(own.count - wanted.count)).contains {
            own[$0] == wanted[0] && own[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }
}
