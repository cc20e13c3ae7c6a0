import CoordJSON
import Testing

/// One text and what reading it gives: a value, or a sentence and the offset it speaks of.
struct Reading: CustomTestStringConvertible, Sendable {
    var input: String
    var value: JSONValue?
    var problem: String = ""
    var offset = 0

    var testDescription: String { input }
}

private func reads(_ input: String, as value: JSONValue) -> Reading { Reading(input: input, value: value) }
private func refuses(_ input: String, _ problem: String, at offset: Int) -> Reading {
    Reading(input: input, value: nil, problem: problem, offset: offset)
}

@Suite("JSON reader")
struct JSONParserTests {
    @Test(
        "a document is read as it stands",
        arguments: [
            reads("null", as: nil),
            reads(" true ", as: true),
            reads("false\r\n", as: false),
            reads("0", as: 0),
            reads("-0", as: 0),
            reads("9223372036854775807", as: .integer(.max)),
            reads("-9223372036854775808", as: .integer(.min)),
            reads("9223372036854775808", as: .number(9_223_372_036_854_775_808)),
            reads("1.5", as: 1.5),
            reads("1e3", as: .number(1000)),
            reads("1E-2", as: 0.01),
            reads("1e+2", as: .number(100)),
            reads("1e-999", as: .number(0)),
            reads(#""""#, as: ""),
            reads(#""grüße 🚀""#, as: "grüße 🚀"),
            reads(#""\"\\\/\b\f\n\r\t""#, as: "\"\\/\u{8}\u{C}\n\r\t"),
            reads(#""\u00e9\u20AC\ud83d\ude80""#, as: "é€🚀"),
            reads(#""ü\u0041ü""#, as: "üAü"),
            reads("[]", as: []),
            reads("[ ]", as: []),
            reads("[1, [2], {}]", as: [1, [2], [:]]),
            reads(#"{"b": 1, "a": {"c": null}}"#, as: ["b": 1, "a": ["c": nil]]),
        ])
    func read(_ row: Reading) throws {
        #expect(try JSONParser.parse(row.input) == row.value)
    }

    @Test(
        "anything else is refused where it goes wrong",
        arguments: [
            refuses("", "the document is empty", at: 0),
            refuses(" \n ", "the document is empty", at: 0),
            refuses("{} x", "there is more after the end of the document", at: 3),
            refuses("[1,]", "found `]` where a value was expected", at: 3),
            refuses("[1 2]", "found `2` where `,` or `]` was expected", at: 3),
            refuses("[1", "the document ends too early", at: 2),
            refuses("{", "the document ends too early", at: 1),
            refuses(#"{"a":1,}"#, "found `}` where a key in double quotes was expected", at: 7),
            refuses("{a: 1}", "found `a` where a key in double quotes was expected", at: 1),
            refuses(
                "{\u{201C}a\u{201D}: 1}", "found `\u{201C}` where a key in double quotes was expected",
                at: 1),
            refuses("{'a': 1}", "found `'` where a key in double quotes was expected", at: 1),
            refuses(#"{"a" 1}"#, "found `1` where `:` was expected", at: 5),
            refuses(#"{"a":1 "b":2}"#, "found `\"` where `,` or `}` was expected", at: 7),
            refuses(#"{"a":1,"b":2,"a":3}"#, "the key `a` stands twice in one object", at: 13),
            refuses(#"{"a":1,"\u0061":3}"#, "the key `a` stands twice in one object", at: 7),
            refuses("[True]", "found `True` where a value was expected", at: 1),
            refuses("[nil]", "found `nil` where a value was expected", at: 1),
            refuses("[truly]", "found `truly` where a value was expected", at: 1),
            refuses("tru", "the document ends too early", at: 3),
            refuses("NaN", "found `NaN` where a value was expected", at: 0),
            refuses("-Infinity", "this is not a JSON number", at: 0),
            refuses("01", "this is not a JSON number", at: 0),
            refuses("1.", "this is not a JSON number", at: 0),
            refuses(".5", "found `.` where a value was expected", at: 0),
            refuses("1e", "this is not a JSON number", at: 0),
            refuses("+1", "found `+` where a value was expected", at: 0),
            refuses("[1e999]", "the number is too large", at: 1),
            refuses("// no", "found `/` where a value was expected", at: 0),
            refuses("\"a\u{1}\"", "a control character stands in a string; write it as an escape", at: 2),
            refuses("\"a\nb\"", "a control character stands in a string; write it as an escape", at: 2),
            refuses("[\n]1", "there is more after the end of the document", at: 3),
            refuses(#""\x""#, "unknown escape in a string", at: 1),
            refuses(#""\u12G4""#, "unknown escape in a string", at: 5),
            refuses(#""\ud83d""#, "half of a surrogate pair in a string", at: 1),
            refuses(#""\ude80""#, "half of a surrogate pair in a string", at: 1),
            refuses(#""\ud83d\u0041""#, "half of a surrogate pair in a string", at: 1),
            refuses(#""abc"#, "the document ends too early", at: 4),
            refuses(#""abc\"#, "the document ends too early", at: 4),
            refuses(#""\u12"#, "the document ends too early", at: 5),
            refuses(
                "\u{FEFF}{}", "the document starts with a byte order mark; save it as UTF-8 without one",
                at: 0),
            refuses("[\u{A0}1]", "found `\u{A0}` where a value was expected", at: 1),
        ])
    func refused(_ row: Reading) {
        do {
            let value = try JSONParser.parse(row.input)
            Issue.record("was read as \(value)")
        } catch {
            #expect(error.description == row.problem)
            #expect(error.offset == row.offset)
        }
    }

    @Test("bytes that are not UTF-8 are refused, in plain strings and beside escapes")
    func invalidUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0x5C, 0x6E, 0xC0, 0x80, 0x22],
        ] {
            #expect(throws: JSONError(reason: .invalidUTF8, offset: 1)) { try JSONParser.parse(bytes) }
        }
        #expect(throws: JSONError(reason: .unexpected("a byte ff", wanted: "a value"), offset: 0)) {
            try JSONParser.parse([0xFF, 0xFE])
        }
    }

    @Test("what ends or bends a string is found wherever it stands, and whatever stands around it")
    func everyPlace() throws {
        for length in 0...17 {
            for place in 0..<max(length, 1) {
                let (before, after) = (
                    String(repeating: "a", count: place), String(repeating: "!", count: length - place)
                )
                #expect(try JSONParser.parse("\"\(before)\(after)\"") == .string(before + after))
                #expect(try JSONParser.parse("\"\(before)\\\"\(after)\"") == .string(before + "\"" + after))
                #expect(try JSONParser.parse("\"\(before)é\(after)\"") == .string(before + "é" + after))
                #expect(throws: JSONError(reason: .trailingContent, offset: place + 2)) {
                    try JSONParser.parse("\"\(before)\"x\(after)")
                }
                for byte in [0x00, 0x09, 0x1F] as [UInt8] {
                    let text = Array("\"\(before)".utf8) + [byte] + Array("\(after)\"".utf8)
                    #expect(throws: JSONError(reason: .controlCharacterInString, offset: place + 1)) {
                        try JSONParser.parse(text)
                    }
                }
            }
        }
        #expect(try JSONParser.parse("\"\u{7F}\u{20}\"") == .string("\u{7F} "))
    }

    @Test("nesting ends at the limit, not at the end of the stack")
    func depth() throws {
        let open = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(reason: .tooDeep(limit: 128), offset: 129)) { try JSONParser.parse(open) }
        #expect(throws: JSONError(reason: .tooDeep(limit: 2), offset: 3)) {
            try JSONParser.parse("[[[[]]]]", depthLimit: 2)
        }
        #expect(try JSONParser.parse("[[[]]]", depthLimit: 2) == [[[]]])
    }

    @Test("a second key is found among many too")
    func manyKeys() {
        let members = (0..<5000).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(throws: Never.self) { try JSONParser.parse("{\(members)}") }
        #expect(throws: JSONError(reason: .duplicateKey("k9"), offset: members.utf8.count + 2)) {
            try JSONParser.parse("{\(members),\"k9\":1}")
        }
    }

    @Test("offsets name the start of every value and key, in order")
    func offsets() throws {
        let text = #" {"a": [1, true], "b": {"c": "x"}}"#
        //          0123456789…
        let (_, offsets) = try JSONParser.parseWithOffsets(Array(text.utf8))
        let starts = offsets.map { String(Array(text)[$0...].prefix(2)) }
        #expect(starts == [#"{""#, #""a"#, "[1", "1,", "tr", #""b"#, #"{""#, #""c"#, #""x"#])
    }

    @Test("an object keeps the order of its members and can lose and gain them")
    func object() throws {
        var object = try #require(try JSONParser.parse(#"{"z":1,"a":2,"m":3}"#).objectValue)
        object["a"] = nil
        object["q"] = 4
        object["z"] = "new"
        #expect(JSONValue.object(object).text == #"{"z":"new","m":3,"q":4}"#)
        #expect(object["a"] == nil)
    }

    @Test("numbers answer only what they are")
    func accessors() {
        #expect(JSONValue.number(3).integerValue == 3)
        #expect(JSONValue.number(3.5).integerValue == nil)
        #expect(JSONValue.number(1e300).integerValue == nil)
        #expect(JSONValue.integer(3).doubleValue == 3)
        #expect(JSONValue.string("3").integerValue == nil)
        #expect(JSONValue.bool(true).doubleValue == nil)
    }
}
