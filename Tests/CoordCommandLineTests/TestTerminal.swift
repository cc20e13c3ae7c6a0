/// A small terminal: enough of one to see what stands on it after what was written to it.
///
/// Knows line feed, carriage return, cursor up, clear to the end, colours and private modes; breaks lines
/// that are too long unless wrapping is off, and breaks lines anew when it is resized, as most terminals do.
struct TestTerminal {
    private(set) var columns: Int
    let rows: Int
    /// What was written on each line, and whether it goes on on the next.
    private var lines: [(text: [Character], goesOn: Bool)] = [([], false)]
    private var row = 0
    private var column = 0
    private var wraps = true
    private(set) var cursorIsShown = true

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// What stands in the window and above it, from the top; empty lines at the end are left out.
    var text: [String] {
        var texts = lines.map { line -> String in
            var text = String(line.text)
            while text.last == " " { text.removeLast() }
            return text
        }
        while texts.last == "" { texts.removeLast() }
        return texts
    }

    mutating func write(_ text: String) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\n":
                row += 1
                column = 0
                grow()
            case "\r": column = 0
            case "\r\n":
                column = 0
                row += 1
                grow()
            case "\u{1B}": control(&rest)
            default: put(character)
            }
        }
    }

    /// Makes the window narrower or wider; lines are broken anew, and the cursor stays on its letter.
    mutating func resize(columns: Int) {
        self.columns = columns
        var broken: [(text: [Character], goesOn: Bool)] = []
        var newRow = 0
        for (index, line) in lines.enumerated() {
            let pieces = max(1, (line.text.count + columns - 1) / columns)
            // A cursor on a line is taken along to the last piece of it.
            if index == row { newRow = broken.count + pieces - 1 }
            for piece in 0..<pieces {
                let text = Array(line.text.dropFirst(piece * columns).prefix(columns))
                broken.append((text, piece < pieces - 1))
            }
        }
        lines = broken
        row = newRow
    }

    private mutating func put(_ character: Character) {
        if column >= columns {
            guard wraps else { return }
            lines[row].goesOn = true
            row += 1
            column = 0
            grow()
        }
        while lines[row].text.count <= column { lines[row].text.append(" ") }
        lines[row].text[column] = character
        column += 1
    }

    private mutating func grow() {
        while lines.count <= row { lines.append(([], false)) }
    }

    private mutating func control(_ rest: inout ArraySlice<Character>) {
        precondition(rest.popFirst() == "[", "only CSI is known")
        var parameters = ""
        while let character = rest.popFirst() {
            guard character.isLetter else {
                parameters.append(character)
                continue
            }
            switch (character, parameters) {
            case ("A", _): row = max(0, row - (Int(parameters) ?? 1))
            case ("K", ""): lines[row].text.removeSubrange(min(column, lines[row].text.count)...)
            case ("J", ""):
                lines[row].text.removeSubrange(min(column, lines[row].text.count)...)
                lines.removeSubrange((row + 1)...)
            case ("m", _), ("h", "?2026"), ("l", "?2026"): break
            case ("h", "?25"): cursorIsShown = true
            case ("l", "?25"): cursorIsShown = false
            case ("h", "?7"): wraps = true
            case ("l", "?7"): wraps = false
            default: preconditionFailure("unknown control sequence \(parameters)\(character)")
            }
            return
        }
    }
}
