package import CoordModel

extension HandoffText {
    /// Reads coord's own document back. Nil: the text is not one, or not whole.
    package static func parse(_ text: String) -> HandoffDocument? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == "---", let matter = FrontMatter(&lines), matter.single["coord"] == mark,
            var document = document(matter)
        else { return nil }
        document.files = (matter.lists["files"] ?? []).compactMap(unquoted)
        document.checks = (matter.lists["checks"] ?? []).compactMap(check)
        for part in (matter.single["omitted"] ?? "").split(separator: ",") {
            let words = part.split(separator: " ")
            if words.count == 2, let count = Int(words[1]) { document.omitted[String(words[0])] = count }
        }
        var section: HandoffDocument.Section?
        var items: [HandoffDocument.Section: [String]] = [:]
        for line in lines {
            if let heading = rest(of: line, behind: "## ") {
                section = headings.first { $0.1 == heading }?.0
            } else if let text = rest(of: line, behind: "- "), let section {
                items[section, default: []].append(text)
            } else if let text = rest(of: line, behind: "  "), let section,
                let last = items[section]?.indices.last
            {
                items[section]?[last] += "\n" + text
            }
        }
        document.done = (items[.done] ?? []).map(claim)
        for (section, texts) in items where section != .done { document[section] = texts }
        return document
    }

    /// By bytes: a mark that joins what stands before it is still text of the item.
    private static func rest(of line: Substring, behind prefix: String) -> String? {
        guard line.utf8.starts(with: prefix.utf8) else { return nil }
        return String(line.utf8.dropFirst(prefix.utf8.count))
    }

    private static func document(_ matter: FrontMatter) -> HandoffDocument? {
        let single = matter.single
        guard let run = single["run"], let task = single["task"],
            let attempt = single["attempt"].flatMap({ Int($0) }), let from = single["from"],
            let origin = single["origin"].flatMap(HandoffDocument.Origin.init),
            let time = single["time"].flatMap({ Timestamp($0) })
        else { return nil }
        return HandoffDocument(
            run: RunID(run), lease: Lease(task: TaskID(task), attempt: attempt), from: WorkerID(from),
            to: single["to"].flatMap(unquoted).flatMap { HandoffTarget($0) } ?? .anyWorker,
            reason: single["reason"].flatMap(unquoted) ?? "", origin: origin, time: time,
            base: single["base"].flatMap { ObjectID($0) }, commit: single["commit"].flatMap { ObjectID($0) },
            cost: Money(microDollars: single["costMicroUSD"].flatMap { Int64($0) } ?? 0))
    }

    private static func check(_ text: String) -> HandoffDocument.Check? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let command = unquoted(String(parts[1])) else { return nil }
        return .init(command, GateOutcome(rawValue: String(parts[0])))
    }

    private static func claim(_ text: String) -> HandoffDocument.Claim {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) else {
            return .init(text)
        }
        let mark = bytes[bytes.index(after: bytes.startIndex)..<end]
        let colon = mark.firstIndex(of: UInt8(ascii: ":")) ?? mark.endIndex
        guard let word = String(mark[..<colon]), let finding = HandoffDocument.Finding(rawValue: word) else {
            return .init(text)
        }
        let evidence = String(mark[colon...].dropFirst(2)) ?? ""
        return .init(String(bytes[end...].dropFirst(2)) ?? "", finding, evidence: evidence)
    }

    /// What stands in double quotes; nil when it is not quoted.
    static func unquoted(_ text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count >= 2, scalars.first == "\"", scalars.last == "\"" else { return nil }
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in scalars[1..<(scalars.count - 1)] {
            if isEscaped {
                result.append(scalar == "n" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.append(scalar)
            }
        }
        return isEscaped ? nil : String(result)
    }
}

/// Names with values, and names with lists, between two lines of `---`.
struct FrontMatter {
    var single: [String: String] = [:]
    var lists: [String: [String]] = [:]

    /// Takes the lines up to and with the closing mark. Nil: there is none.
    init?(_ lines: inout ArraySlice<Substring>) {
        var list: String?
        while let line = lines.popFirst() {
            if line == "---" { return }
            if line.hasPrefix("  - "), let list {
                lists[list, default: []].append(String(line.dropFirst(4)))
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = HandoffCutting.trimmed(String(line[..<colon]))
            let value = HandoffCutting.trimmed(String(line[line.index(after: colon)...]))
            list = value.isEmpty ? name : nil
            if !value.isEmpty { single[name] = value }
        }
        return nil
    }
}
