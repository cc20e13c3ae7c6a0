import Testing

/// `docs/faults.md` says of each fault what shows that it does no harm: what it names must be there.
@Suite("The table of faults")
struct FaultTableTests {
    /// How many rows each letter has.
    private static let rows = [
        "W": 18, "C": 23, "G": 17, "D": 13, "N": 10, "I": 14, "F": 8, "H": 9, "A": 11, "B": 8, "S": 6,
    ]

    /// Those of the attacks that concern clients, tools and models.
    private static let attacks = ["X26", "X28", "X29", "X30", "X31", "X40"]

    private static var table: [[Substring]] {
        SourceTree.text("docs/faults.md").split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { $0.split(separator: "|").map { $0.trimmed } }
    }

    @Test("every row is there once, and says tested, by design, or not yet")
    func complete() {
        var seen: [String] = []
        for cells in Self.table where cells.count == 3 && cells[0].dropFirst().allSatisfy(\.isNumber) {
            seen.append(String(cells[0]))
            let says = ["tested by `", "by design", "not yet"].contains { cells[2].hasPrefix($0) }
            #expect(says, "row \(cells[0]): \(cells[2])")
        }
        let wanted =
            Self.rows.flatMap { letter, count in (1...count).map { "\(letter)\($0)" } } + Self.attacks
        #expect(seen.sorted() == wanted.sorted())
        #expect(wanted.count == 143)
    }

    @Test("every test that is named exists")
    func tests() {
        var named = 0
        for word in SourceTree.text("docs/faults.md").split(separator: "`") where word.contains("Tests/") {
            let parts = word.split(whereSeparator: { $0 == "/" || $0 == "." })
            guard parts.count == 3, parts[0].hasSuffix("Tests") else { continue }
            named += 1
            let files = SourceTree.files(below: "Tests/" + String(parts[0])).filter { $0.hasSuffix(".swift") }
            let isThere = files.contains { file in
                let text = SourceTree.text(file)
                return ["struct", "class", "enum"].contains { text.contains("\($0) \(parts[1]) ") }
                    && text.contains("func \(parts[2])(")
            }
            #expect(isThere, "`\(word)`")
        }
        #expect(named > 100)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
