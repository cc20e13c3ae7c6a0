import CoordWire
import Testing

@Suite("Line framing")
struct LineFramingTests {
    /// What the framing says of these bytes, given in chunks: lines as text, oversized lines as `!size`.
    private func pieces(_ bytes: [UInt8], chunk: Int, limit: Int = 1 << 20) -> [String] {
        var framing = LineFraming(limitBytes: limit)
        var found: [String] = []
        var index = 0
        while index < bytes.count {
            let end = min(bytes.count, index + chunk)
            framing.append(Array(bytes[index..<end]))
            index = end
            while let piece = framing.next() {
                switch piece {
                case .line(let line): found.append(String(decoding: line, as: UTF8.self))
                case .oversized(let size): found.append("!\(size)")
                }
            }
        }
        found.append("…" + String(decoding: framing.unfinished, as: UTF8.self))
        return found
    }

    @Test(
        "only LF ends a line and one CR is trimmed",
        arguments: [
            ("a\nb\n", ["a", "b", "…"]), ("", ["…"]), ("\n\n", ["", "", "…"]),
            ("a\r\nb\rc\n", ["a", "b\rc", "…"]),
            ("a\r\r\n", ["a\r", "…"]), ("a\u{2028}b\u{85}c\n", ["a\u{2028}b\u{85}c", "…"]),
            ("a\nha", ["a", "…ha"]),
            ("\r\n", ["", "…"]), ("\0\n", ["\0", "…"]),
        ])
    func lines(text: String, expected: [String]) {
        for chunk in [1, 2, 3, 1000] { #expect(pieces(Array(text.utf8), chunk: chunk) == expected) }
    }

    @Test("a line above the limit is told by its size, however it comes in, and the next one is read")
    func oversized() {
        for size in [10, 11, 12, 99, 5000] {
            let long = String(repeating: "x", count: size)
            let bytes = Array("before\n\(long)\nafter\n".utf8)
            let expected = ["before", size > 10 ? "!\(size)" : long, "after", "…"]
            for chunk in [1, 7, 11, 64, 100_000] {
                #expect(pieces(bytes, chunk: chunk, limit: 10) == expected)
            }
        }
    }

    @Test("any cutting of a stream gives the same lines")
    func cutting() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let alphabet: [UInt8] = [0x0A, 0x0D, 0x61, 0x62, 0xFF, 0x00]
            let bytes = (0..<400).map { _ in alphabet.randomElement(using: &generator)! }
            let whole = pieces(bytes, chunk: 1000, limit: 6)
            #expect(pieces(bytes, chunk: Int.random(in: 1...20, using: &generator), limit: 6) == whole)
        }
    }

    @Test("ten thousand messages in one append come out in order")
    func many() {
        let text = (0..<10_000).map { "message \($0)\n" }.joined()
        let found = pieces(Array(text.utf8), chunk: 1 << 20)
        #expect(found.count == 10_001)
        #expect(found[9_999] == "message 9999")
    }
}
