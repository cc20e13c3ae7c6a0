import CoordJSON
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test(
        "a value is written on one line",
        arguments: [
            (JSONValue.null, "null"), (true, "true"), (-7, "-7"), (1.5, "1.5"), (.number(1e100), "1e+100"),
            (.number(.nan), "null"), (.number(.infinity), "null"), ([], "[]"), ([:], "{}"),
            ([1, ["a": nil]], #"[1,{"a":null}]"#),
            ("quote \" and \\", #""quote \" and \\""#),
            ("tab\tline\r\n", #""tab\tline\r\n""#),
            ("bell\u{7} escape\u{1B} delete\u{7F}", #""bell\u0007 escape\u001b delete\u007f""#),
            ("\u{80}\u{9B}31m\u{9F}\u{A0}", "\"\\u0080\\u009b31m\\u009f\u{A0}\""),
            ("\u{2028}\u{2029}\u{2027}\u{202A}", "\"\\u2028\\u2029\u{2027}\u{202A}\""),
            ("grüße 🚀", #""grüße 🚀""#),
        ] as [(JSONValue, String)])
    func line(_ value: JSONValue, _ text: String) {
        #expect(value.text == text)
    }

    @Test("people get two spaces a level, and empty containers on one line")
    func pretty() {
        let value: JSONValue = ["name": "a", "list": [1, [:]], "none": []]
        #expect(
            value.prettyText == """
                {
                  "name": "a",
                  "list": [
                    1,
                    {}
                  ],
                  "none": []
                }

                """)
    }

    @Test("every scalar value below U+3000 survives writing and reading, and none of them ends the line")
    func everyScalar() throws {
        for code in UInt32(0)..<0x3000 {
            let value = JSONValue.string("a" + String(Character(Unicode.Scalar(code)!)) + "b")
            let bytes = value.serialized()
            #expect(try JSONParser.parse(bytes) == value)
            #expect(!bytes.contains(0x0A) && !bytes.contains(0x0D))
        }
    }

    @Test("random trees survive writing and reading, plain and pretty")
    func roundTrip() throws {
        var chance = SplitMix(state: 7)
        for _ in 0..<500 {
            let value = tree(&chance, depth: 0)
            #expect(try JSONParser.parse(value.text) == value)
            #expect(try JSONParser.parse(value.prettyText) == value)
        }
    }

    @Test("a document cut anywhere is refused, never misread")
    func cut() throws {
        let text = Array(#"{"a":[1,2.5e3,"x\u00e9"],"b":{"c":true,"d":null}}"#.utf8)
        for end in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONParser.parse(text[..<end]) }
        }
    }

    private func tree(_ chance: inout SplitMix, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &chance) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &chance))
        case 2: return .integer(Int64(bitPattern: chance.next()))
        case 3: return .number(Double(Int.random(in: -9999...9999, using: &chance)) / 128 + 0.001)
        case 4:
            let count = Int.random(in: 0..<6, using: &chance)
            let scalars = (0..<count).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0..<0x11000, using: &chance))
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &chance)).map { _ in tree(&chance, depth: depth + 1) })
        default:
            let count = Int.random(in: 0..<4, using: &chance)
            return .object(JSONObject((0..<count).map { ("k\($0)", tree(&chance, depth: depth + 1)) }))
        }
    }
}

/// A seeded source of chance, so that a failure comes back.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
