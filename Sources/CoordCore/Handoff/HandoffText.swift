package import CoordModel

/// A handoff document as text: front matter, then a section each for what is done, decided, remaining, open,
/// tricky, and how to check. At most 16 KiB; read back it is the same document.
///
/// Each item is one list entry whose further lines are indented, so no text of an agent's can pass for a
/// heading, for front matter or for another item.
package enum HandoffText {
    /// The size of a document, in bytes.
    package static let bytesMax = 16 << 10
    static let mark = "handoff/1"

    static let headings: [(HandoffDocument.Section, String)] = [
        (.done, "Done"), (.decisions, "Decisions and why"), (.remaining, "Remaining"),
        (.questions, "Open questions"), (.pitfalls, "Pitfalls"), (.check, "How to check"),
    ]

    /// The text of a document, cut to its size; what was cut stands in it as `omitted`.
    package static func render(_ document: HandoffDocument) -> String {
        write(fitted(document))
    }

    /// The document as it is read back from its own text: without control characters, cut to its size.
    package static func fitted(_ document: HandoffDocument) -> HandoffDocument {
        var fitted = HandoffCutting.clean(document)
        HandoffCutting.cut(&fitted) { write($0).utf8.count <= bytesMax }
        return fitted
    }

    private static func write(_ document: HandoffDocument) -> String {
        var lines = ["---", "coord: \(mark)"]
        func line(_ name: String, _ value: String?) { if let value { lines.append("\(name): \(value)") } }
        line("run", document.run.rawValue)
        line("task", document.lease.task.rawValue)
        line("attempt", "\(document.lease.attempt)")
        line("from", document.from.rawValue)
        line("to", quoted(document.to.description))
        line("reason", quoted(document.reason))
        line("origin", document.origin.rawValue)
        line("time", document.time.description)
        line("base", document.base?.rawValue)
        line("commit", document.commit?.rawValue)
        line("costMicroUSD", "\(document.cost.microDollars)")
        if !document.files.isEmpty {
            lines.append("files:")
            lines += document.files.map { "  - " + quoted($0) }
        }
        if !document.checks.isEmpty {
            lines.append("checks:")
            lines += document.checks.map { "  - \($0.outcome?.rawValue ?? "not-run") " + quoted($0.command) }
        }
        let omitted = document.omitted.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        if !omitted.isEmpty {
            line("omitted", omitted.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        lines.append("---")
        for (section, heading) in headings {
            let items = items(of: section, in: document)
            guard !items.isEmpty else { continue }
            lines += ["", "## \(heading)", ""] + items
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func items(of section: HandoffDocument.Section, in document: HandoffDocument) -> [String] {
        guard section == .done else { return document[section].map(item) }
        return document.done.map { claim in
            let evidence = claim.evidence.isEmpty ? "" : ": \(claim.evidence)"
            return item("[\(claim.finding.rawValue)\(evidence)] \(claim.text)")
        }
    }

    private static func item(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return "- " + lines.joined(separator: "\n  ")
    }

    /// A YAML string in double quotes.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension HandoffDocument {
    /// The items of a section; of `done` the claims' texts.
    package subscript(section: Section) -> [String] {
        get {
            switch section {
            case .done: done.map(\.text)
            case .decisions: decisions
            case .remaining: remaining
            case .questions: questions
            case .pitfalls: pitfalls
            case .check: howToCheck
            }
        }
        set {
            switch section {
            // A claim keeps its finding only with its place; texts that were cut are the same claim.
            case .done:
                done =
                    zip(newValue, done).map { Claim($0, $1.finding, evidence: $1.evidence) }
                    + newValue.dropFirst(done.count).map { Claim($0) }
            case .decisions: decisions = newValue
            case .remaining: remaining = newValue
            case .questions: questions = newValue
            case .pitfalls: pitfalls = newValue
            case .check: howToCheck = newValue
            }
        }
    }
}
