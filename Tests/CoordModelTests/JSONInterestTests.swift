import CoordJSON
import Testing

@Suite("Reading a part of a document")
struct JSONInterestTests {
    private static let document =
        #" {"keep":{"a":1,"skip":[1.5e3,-0,"x\n\u00e9\ud83d\ude80",true,null,{}],"whole":{"any":{"thing":[]}}},"#
        + #""skip":{"keep":7,"deep":[[{"keep":"ü€🚀 \\ \" \/"}]]}, "\u006beep2" : "last", "b":[{"keep":2,"no":3}]} "#

    private static let interest = JSONInterest(["keep", "keep2", "a", "b"], whole: ["whole"])

    private func part(_ bytes: [UInt8], _ interest: JSONInterest = interest) throws(JSONError) -> JSONValue {
        try JSONParser.parse(bytes[...], keeping: interest)
    }

    @Test("what is named is kept at whatever depth, what is whole with all below it, and nothing else")
    func keeps() throws {
        #expect(
            try part(Array(Self.document.utf8)) == [
                "keep": ["a": 1, "whole": ["any": ["thing": []]]], "keep2": "last", "b": [["keep": 2]],
            ])
        #expect(try part(Array("[1,\"x\",{\"y\":1}]".utf8)) == [1, "x", [:]])
        #expect(try part(Array("{\"\":1,\"keep\":2}".utf8)) == ["keep": 2])
    }

    /// The document with one byte changed, at every place, by bytes that mean something; and cut there.
    private static let bent: [[UInt8]] = {
        let bytes = Array(document.utf8)
        let odd: [UInt8] = [0x00, 0x0A, 0x1F, 0x80, 0xBF, 0xC0, 0xE0, 0xED, 0xF4, 0xFF]
        let others: [UInt8] = Array(#"{}[]",:\/u0-.eE tnx"#.utf8) + odd
        var result: [[UInt8]] = []
        for index in bytes.indices {
            result.append(Array(bytes[..<index]))
            for other in others {
                var changed = bytes
                changed[index] = other
                result.append(changed)
            }
        }
        return result
    }()

    @Test("what is left out is checked as strictly")
    func refuses() {
        let nothing = JSONInterest([], whole: [])
        #expect(Self.bent.count > 6000)
        for bytes in Self.bent {
            var wanted: JSONError?
            do { _ = try JSONParser.parse(bytes) } catch { wanted = error }
            // That of equal names neither is missed is the one difference; where a text has two faults,
            // either may be told.
            if case .duplicateKey? = wanted?.reason { continue }
            for interest in [nothing, Self.interest] {
                var found: JSONError?
                do { _ = try part(bytes, interest) } catch { found = error }
                #expect((found == nil) == (wanted == nil), "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test("of what is kept no name stands twice, and nesting ends at the limit in what is left out too")
    func limits() {
        #expect(throws: JSONError(reason: .duplicateKey("keep"), offset: 17)) {
            try part(Array(#"{"x":1,"keep":1, "keep":2}"#.utf8))
        }
        #expect(throws: Never.self) { try part(Array(#"{"x":1,"x":2}"#.utf8)) }
        let open = "{\"x\":" + String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(reason: .tooDeep(limit: 128), offset: 133)) { try part(Array(open.utf8)) }
    }
}
