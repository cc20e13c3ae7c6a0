import CoordCommandLine
import CoordJSON
import CoordModel
import Testing

@Suite("Text for terminals")
struct TerminalTextTests {
    @Test(
        "what could move a cursor or turn letters round is written out",
        arguments: [
            ("plain text", "plain text"), ("naïve 漢字 🦊", "naïve 漢字 🦊"), ("a\u{1B}[2Jb", "a\\u{1B}[2Jb"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{0}\u{7}\u{7F}", "\\u{0}\\u{7}\\u{7F}"),
            ("\u{9B}31m", "\\u{9B}31m"), ("\u{202E}txt.exe", "\\u{202E}txt.exe"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("a\u{200B}b", "a\\u{200B}b"),
            ("\u{FEFF}", "\\u{FEFF}"), ("\u{E0041}", "\\u{E0041}"), ("\u{2028}", "\\u{2028}"),
            // Joiners inside emoji and words are harmless.
            ("👩\u{200D}🔬", "👩\u{200D}🔬"),
        ])
    func escapes(_ text: String, _ expected: String) {
        #expect(TerminalText.escaped(text) == expected)
    }

    @Test("lines can be kept")
    func lines() {
        #expect(TerminalText.escaped("a\n\tb\r\u{1B}", keepsLines: true) == "a\n\tb\\r\\u{1B}")
    }

    @Test("JSON stays the same document")
    func json() throws {
        let document: JSONValue = ["a": "x\u{9B}31m\u{202E}y\u{E0041}z漢\u{1B}"]
        let text = TerminalText.escapedJSON(document.text)
        #expect(
            !text.unicodeScalars.contains { $0.value == 0x9B || $0.value == 0x202E || $0.value == 0xE0041 })
        #expect(try JSONParser.parse(text) == document)
    }

    @Test(
        "columns are counted as terminals count them",
        arguments: [
            ("", 0), ("abc", 3), ("naïve", 5), ("nai\u{308}ve", 5), ("漢字", 4), ("🦊", 2), ("👩\u{200D}🔬", 2),
            ("✓ ●■▲◆★", 7), ("❤\u{FE0F}", 2), ("한글", 4), ("–…", 2), ("🇩🇪", 2), ("━─", 2),
        ])
    func widths(_ text: String, _ width: Int) {
        #expect(TerminalText.width(text) == width)
    }

    @Test("a cut never breaks a letter, and never makes the text wider than asked")
    func cuts() {
        #expect(TerminalText.cut("abcdef", to: 6) == "abcdef")
        #expect(TerminalText.cut("abcdefg", to: 6) == "abcde…")
        #expect(TerminalText.cut("漢字漢字", to: 6) == "漢字…")
        #expect(TerminalText.cut("abc", to: 1) == "…")
        #expect(TerminalText.cut("abc", to: 0) == "")
        for text in ["漢a字b漢字", "👩\u{200D}🔬👩\u{200D}🔬", "nai\u{308}ve nai\u{308}ve"] {
            for columns in 0...12 {
                #expect(TerminalText.width(TerminalText.cut(text, to: columns)) <= columns)
            }
        }
    }

    @Test("emphasis takes no columns")
    func emphasis() {
        let style = Style(depth: .direct)
        #expect(TerminalText.visibleWidth(style.bold("ab") + style.colored("漢", "#6366f1")) == 4)
    }
}

@Suite("Colour")
struct ColorTests {
    struct Case: Sendable {
        var choice: ColorChoice
        var isTerminal: Bool
        var environment: [String: String]
        var depth: ColorDepth
    }

    @Test(
        "colour is used on terminals that can, unless somebody objects",
        arguments: [
            Case(
                choice: .automatic, isTerminal: false, environment: ["TERM": "xterm-256color"], depth: .none),
            Case(choice: .automatic, isTerminal: true, environment: [:], depth: .none),
            Case(choice: .automatic, isTerminal: true, environment: ["TERM": "dumb"], depth: .none),
            Case(choice: .automatic, isTerminal: true, environment: ["TERM": "xterm"], depth: .sixteen),
            Case(
                choice: .automatic, isTerminal: true, environment: ["TERM": "screen-256color"],
                depth: .palette),
            Case(
                choice: .automatic, isTerminal: true,
                environment: ["TERM": "xterm", "COLORTERM": "truecolor"],
                depth: .direct),
            Case(
                choice: .automatic, isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": "1"],
                depth: .none),
            Case(
                choice: .automatic, isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": ""],
                depth: .sixteen),
            Case(choice: .always, isTerminal: false, environment: ["NO_COLOR": "1"], depth: .palette),
            Case(
                choice: .always, isTerminal: false, environment: ["TERM": "x", "COLORTERM": "24bit"],
                depth: .direct),
            Case(choice: .never, isTerminal: true, environment: ["TERM": "xterm"], depth: .none),
        ])
    func depth(_ item: Case) {
        #expect(item.choice.depth(isTerminal: item.isTerminal) { item.environment[$0] } == item.depth)
    }

    @Test("a colour is shown as near as the terminal can")
    func colors() {
        #expect(Style(depth: .direct).colored("x", "#6366f1") == "\u{1B}[38;2;99;102;241mx\u{1B}[0m")
        #expect(Style(depth: .palette).colored("x", "#ff0000") == "\u{1B}[38;5;196mx\u{1B}[0m")
        #expect(Style(depth: .sixteen).colored("x", "#6366f1") == "x")
        #expect(Style.plain.bold("x") == "x")
    }
}

@Suite("Wording")
struct WordingTests {
    @Test(
        "durations",
        arguments: [
            (0, "0 s"), (400, "0.4 s"), (9050, "9.0 s"), (12_345, "12 s"), (59_999, "59 s"), (60_000, "1:00"),
            (572_000, "9:32"), (3_753_000, "1:02:33"), (183_600_000, "2 d 3 h"), (-5, "0 s"),
        ])
    func durations(_ milliseconds: Int64, _ text: String) {
        #expect(Wording.duration(.milliseconds(milliseconds)) == text)
    }

    @Test(
        "money",
        arguments: [
            (0, "$0.00"), (1, "$0.000001"), (99_999, "$0.099999"), (100_000, "$0.10"), (1_254_999, "$1.25"),
            (1_255_000, "$1.26"), (20_000_000, "$20.00"),
        ])
    func money(_ microDollars: Int64, _ text: String) {
        #expect(Wording.money(.init(microDollars: microDollars)) == text)
    }

    @Test(
        "counts",
        arguments: [
            (0, "0"), (950, "950"), (1000, "1k"), (1250, "1.2k"), (58_400, "58k"), (1_200_000, "1.2M"),
            (123_456_789, "123M"), (9_900_000_000, "9.9G"),
        ])
    func counts(_ count: Int64, _ text: String) {
        #expect(Wording.count(count) == text)
    }

    @Test("lists")
    func lists() {
        #expect(Wording.list([]) == "")
        #expect(Wording.list(["a"]) == "`a`")
        #expect(Wording.list(["a", "b", "c"]) == "`a`, `b` and `c`")
        #expect(Wording.list(["a", "b", "c", "d"], atMost: 2) == "`a`, `b` and 2 more")
    }
}
