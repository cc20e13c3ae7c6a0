import CoordModel

/// Keeps a handoff document to its size: the most important stays, and what was left out is counted.
enum HandoffCutting {
    /// What goes first when not all fits.
    private static let leastImportantFirst: [HandoffDocument.Section] = [
        .done, .check, .pitfalls, .questions, .decisions, .remaining,
    ]
    private static let itemBytesMax = [2048, 1024, 512, 200]
    private static let filesMax = [200, 100, 40, 10, 0]
    private static let marker = " […]"

    /// Texts without control characters and empty items; single lines where the form has one line.
    static func clean(_ document: HandoffDocument) -> HandoffDocument {
        var clean = document
        clean.reason = singleLine(document.reason, bytes: 512)
        clean.files = document.files.map { singleLine($0, bytes: 1024) }.filter { !$0.isEmpty }
        clean.checks = document.checks.map { .init(singleLine($0.command, bytes: 512), $0.outcome) }
            .filter { !$0.command.isEmpty }
        clean.done = document.done.compactMap { claim in
            let text = block(claim.text)
            var evidence = singleLine(claim.evidence, bytes: 200)
            evidence.unicodeScalars.removeAll { $0 == "]" }
            return text.isEmpty ? nil : .init(text, claim.finding, evidence: trimmed(evidence))
        }
        for section in HandoffDocument.Section.allCases where section != .done {
            clean[section] = document[section].map(block).filter { !$0.isEmpty }
        }
        clean.omitted = document.omitted.filter { $0.value > 0 }
        return clean
    }

    static func cut(_ document: inout HandoffDocument, fits: (HandoffDocument) -> Bool) {
        if fits(document) { return }
        cutFiles(&document, to: filesMax[0])
        cutChecks(&document, to: 50)
        for (files, bytes) in zip(filesMax.dropFirst(), itemBytesMax) {
            if fits(document) { return }
            shorten(&document, to: bytes)
            if fits(document) { return }
            cutFiles(&document, to: files)
        }
        cutChecks(&document, to: 10)
        while !fits(document) {
            // The first items of a section say most; of what is done, the last.
            guard let section = leastImportantFirst.first(where: { document[$0].count > keptLast($0) }) else {
                shorten(&document, to: 100)
                document.files = []
                return
            }
            let count = max(1, (document[section].count - keptLast(section)) / 8)
            if section == .done {
                document.done.removeFirst(count)
            } else {
                document[section].removeLast(count)
            }
            document.omitted[section.rawValue, default: 0] += count
        }
    }

    /// How many items of a section stay whatever happens.
    private static func keptLast(_ section: HandoffDocument.Section) -> Int { section == .remaining ? 20 : 1 }

    private static func shorten(_ document: inout HandoffDocument, to bytes: Int) {
        for section in HandoffDocument.Section.allCases {
            document[section] = document[section].map { prefix($0, bytes) }
        }
        document.reason = prefix(document.reason, bytes)
        for index in document.checks.indices {
            document.checks[index].command = prefix(document.checks[index].command, bytes)
        }
    }

    private static func cutFiles(_ document: inout HandoffDocument, to count: Int) {
        var kept = 0
        var bytes = 0
        for file in document.files.prefix(count) {
            bytes += file.utf8.count + 8
            guard bytes <= 4096 else { break }
            kept += 1
        }
        let more = document.files.count - kept
        guard more > 0 else { return }
        document.files.removeLast(more)
        document.omitted["files", default: 0] += more
    }

    private static func cutChecks(_ document: inout HandoffDocument, to count: Int) {
        let more = document.checks.count - count
        guard more > 0 else { return }
        document.checks.removeLast(more)
        document.omitted["checks", default: 0] += more
    }

    // MARK: - Texts

    /// The beginning of a text, whole characters only, with a mark when something is missing.
    static func prefix(_ text: String, _ bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var kept = ""
        var count = marker.utf8.count
        for scalar in text.unicodeScalars {
            count += String(scalar).utf8.count
            guard count <= bytes else { break }
            kept.unicodeScalars.append(scalar)
        }
        return block(kept) + marker
    }

    /// One line: whatever breaks lines becomes a space.
    static func singleLine(_ text: String, bytes: Int) -> String {
        let text = bounded(text, bytes * 2)
        var line = ""
        for scalar in text.unicodeScalars {
            line.unicodeScalars.append(breaksLines(scalar) || scalar == "\t" ? " " : scalar)
        }
        return prefix(trimmed(visible(line)), bytes)
    }

    /// Lines without control characters, without blank ones at either end or spaces at a line's end.
    static func block(_ text: String) -> String {
        let text = bounded(text, blockBytesMax)
        var normal = ""
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n", last == "\r" {
                last = scalar
                continue
            }
            normal.unicodeScalars.append(breaksLines(scalar) ? "\n" : scalar)
            last = scalar
        }
        var lines = visible(normal).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { trimmedEnd(String(String.UnicodeScalarView($0))) }
        while let first = lines.first, trimmed(first).isEmpty { lines.removeFirst() }
        while let last = lines.last, last.isEmpty { lines.removeLast() }
        if let first = lines.first { lines[0] = trimmed(first) }
        return lines.joined(separator: "\n")
    }

    private static let blockBytesMax = 64 << 10

    /// The beginning of a text that nobody could read whole.
    private static func bounded(_ text: String, _ bytes: Int) -> String {
        text.utf8.count > bytes ? String(decoding: text.utf8.prefix(bytes), as: UTF8.self) : text
    }

    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// Without control characters but line ends and tabs, and without those that turn text around.
    private static func visible(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x09: result.unicodeScalars.append(scalar)
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func trimmed(_ text: String) -> String {
        trimmedEnd(String(text.unicodeScalars.drop { $0 == " " || $0 == "\t" }))
    }

    private static func trimmedEnd(_ text: String) -> String {
        var scalars = text.unicodeScalars
        while let last = scalars.last, last == " " || last == "\t" { scalars.removeLast() }
        return String(scalars)
    }
}
