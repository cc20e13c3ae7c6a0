/// Rows under headings, aligned and cut to a width. Escapes its cells: they may hold anything.
struct TextTable {
    struct Column {
        var title: String
        var isRightAligned = false
        /// Gives way when the table is wider than the terminal.
        var isFlexible = false

        static func left(_ title: String) -> Column { Column(title: title) }
        static func right(_ title: String) -> Column { Column(title: title, isRightAligned: true) }
        static func flexible(_ title: String) -> Column { Column(title: title, isFlexible: true) }
    }

    /// A cell's text, and how it is emphasised once it was aligned.
    struct Cell: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var text: String
        var emphasis: (String) -> String

        init(_ text: String, _ emphasis: @escaping (String) -> String = { $0 }) {
            self.text = TerminalText.escaped(text)
            self.emphasis = emphasis
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    private static let gap = 2

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func append(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row of \(cells.count) in a table of \(columns.count)")
        rows.append(cells)
    }

    /// The table, a line feed after each row; nothing when it has no rows.
    func text(columns limit: Int, style: Style) -> String {
        guard !rows.isEmpty else { return "" }
        let widths = widths(within: limit)
        var result = line(columns.map { Cell($0.title, style.dim) }, widths)
        for row in rows { result += line(row, widths) }
        return result
    }

    private func line(_ cells: [Cell], _ widths: [Int]) -> String {
        var result = ""
        var spaces = 0
        for (index, cell) in cells.enumerated() {
            let text = TerminalText.cut(cell.text, to: widths[index])
            let free = widths[index] - TerminalText.width(text)
            if columns[index].isRightAligned { spaces += free }
            if !text.isEmpty {
                result += String(repeating: " ", count: spaces) + cell.emphasis(text)
                spaces = 0
            }
            // Spaces at the end of a line are never written.
            spaces += columns[index].isRightAligned ? 0 : free
            spaces += Self.gap
        }
        return result + "\n"
    }

    private func widths(within limit: Int) -> [Int] {
        var widths = columns.map { TerminalText.width($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], TerminalText.width(cell.text))
            }
        }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
        while excess > 0 {
            let flexible = columns.indices.filter { columns[$0].isFlexible && widths[$0] > 8 }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
            let step = min(excess, max(1, (widths[widest] - 8) / 2))
            widths[widest] -= step
            excess -= step
        }
        return widths
    }
}
