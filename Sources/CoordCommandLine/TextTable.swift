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
    struct Cell {
        let text: String
        let width: Int
        let emphasis: ((String) -> String)?

        init(_ text: String, _ emphasis: ((String) -> String)? = nil) {
            self.emphasis = emphasis
            if let width = TerminalText.plainWidth(text) {
                self.text = text
                self.width = width
                return
            }
            self.text = TerminalText.escaped(text)
            width = TerminalText.width(self.text)
        }
    }

    private static let gap = 2
    private static let flexibleWidthMin = 8
    private static let pieceBytes = 1 << 14

    private let columns: [Column]
    /// Row after row.
    private var cells: [Cell] = []

    /// `rows` is how many to make room for.
    init(_ columns: [Column], rows: Int = 0) {
        self.columns = columns
        cells.reserveCapacity(rows * columns.count)
    }

    mutating func append(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row of \(row.count) in a table of \(columns.count)")
        cells += row
    }

    /// Adds the next cell; a row is as many cells as there are columns.
    mutating func append(_ text: String, _ emphasis: ((String) -> String)? = nil) {
        cells.append(Cell(text, emphasis))
    }

    /// The table, a line feed after each row; nothing when it has no rows.
    func text(columns limit: Int, style: Style) -> String {
        let output = Output()
        write(to: output, columns: limit, style: style)
        return output.text
    }

    /// Writes the table piece by piece: it may be long.
    func write(to output: Output, columns limit: Int, style: Style) {
        guard !cells.isEmpty else { return }
        let widths = widths(within: limit)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.pieceBytes + 4096)
        let headings = columns.map { Cell($0.title, style.dim) }
        write(headings[...], widths, to: &bytes)
        for start in stride(from: 0, to: cells.count, by: columns.count) {
            write(cells[start..<start + columns.count], widths, to: &bytes)
            guard bytes.count > Self.pieceBytes else { continue }
            output.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        output.write(bytes)
    }

    private func write(_ row: ArraySlice<Cell>, _ widths: [Int], to bytes: inout [UInt8]) {
        var spaces = 0
        for (index, cell) in row.enumerated() {
            let isCut = cell.width > widths[index]
            var text = isCut ? TerminalText.cut(cell.text, to: widths[index]) : cell.text
            let free = widths[index] - (isCut ? TerminalText.width(text) : cell.width)
            if columns[index].isRightAligned { spaces += free }
            if cell.width > 0 {
                if let emphasis = cell.emphasis { text = emphasis(text) }
                bytes.append(contentsOf: repeatElement(0x20, count: spaces))
                text.withUTF8 { bytes.append(contentsOf: $0) }
                spaces = 0
            }
            // Spaces at the end of a line are never written.
            spaces += Self.gap + (columns[index].isRightAligned ? 0 : free)
        }
        bytes.append(0x0A)
    }

    private func widths(within limit: Int) -> [Int] {
        var widths = columns.map { TerminalText.width($0.title) }
        for (index, cell) in cells.enumerated() {
            let column = index % columns.count
            widths[column] = max(widths[column], cell.width)
        }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
        while excess > 0 {
            let flexible = columns.indices.filter {
                columns[$0].isFlexible && widths[$0] > Self.flexibleWidthMin
            }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
            let step = min(excess, max(1, (widths[widest] - Self.flexibleWidthMin) / 2))
            widths[widest] -= step
            excess -= step
        }
        return widths
    }
}
