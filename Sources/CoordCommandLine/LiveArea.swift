/// The last few lines of a terminal, drawn over again and again. Pure: it gives the bytes to write.
///
/// The cursor is hidden only within a frame, so whatever ends the program leaves a terminal that works.
/// Frames are marked as such for terminals that can draw one at once (`CSI ? 2026`); others ignore the mark.
package struct LiveArea: Sendable {
    private static let frameStart = "\u{1B}[?2026h\u{1B}[?25l"
    private static let frameEnd = "\u{1B}[?25h\u{1B}[?2026l"
    private static let wrapOff = "\u{1B}[?7l"
    private static let wrapOn = "\u{1B}[?7h"
    private static let clearRest = "\u{1B}[J"
    private static let clearLine = "\u{1B}[K"

    /// The widths of the lines that stand on the screen.
    private var drawn: [Int] = []

    package init() {}

    /// Draws the lines in place of the last ones; what stands in `above` scrolls up and stays.
    package mutating func frame(_ lines: [String], columns: Int, above: [String] = []) -> String {
        var text = Self.frameStart + start(columns: columns)
        // What stays may take several rows, so the old picture goes first.
        if !above.isEmpty { text += Self.clearRest + above.map { $0 + "\n" }.joined() }
        // Cleared before it is written: after a full line some terminals would clear its last letter.
        text += Self.wrapOff + lines.map { Self.clearLine + $0 }.joined(separator: "\n") + Self.wrapOn
        text += Self.clearRest + "\r" + Self.frameEnd
        drawn = lines.map { TerminalText.visibleWidth($0) }
        return text
    }

    /// Takes the lines away, leaving the cursor where they began.
    package mutating func clear(columns: Int) -> String {
        defer { drawn = [] }
        return drawn.isEmpty ? "" : start(columns: columns) + Self.clearRest
    }

    /// To the start of the first line that was drawn. A terminal that became narrower has broken lines in
    /// several.
    private func start(columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        return rows > 1 ? "\r\u{1B}[\(rows - 1)A" : "\r"
    }
}
