import CoordWire
import Testing

@Suite("Secrets in what agents say")
struct SecretMaskTests {
    /// Twenty, of every kind that agents are given, and two of which one begins the other.
    private static let environment: [String: String] = {
        var all = [
            "HOME": "/home/somebody", "COORD_TASK": "not-a-secret", "KEYBOARD": "qwertyuiop",
            "MY_KEY": "short",
            "OPENAI_BASE_URL": "http://127.0.0.1:4000/w/0123456789abcdef0123456789abcdef/openai/v1",
            "ANTHROPIC_API_KEY": "sk-ant-api03-canary", "OTHER_TOKEN": "sk-ant-api03-canary-longer",
        ]
        for number in 1...17 {
            all["SECRET_\(number)"] = "canary-\(number)-" + String(repeating: "x", count: number)
        }
        return all
    }()
    private static let canaries =
        environment.filter { $0.key.hasPrefix("SECRET_") || $0.value.hasPrefix("sk-") }.map(\.value)
        + ["0123456789abcdef0123456789abcdef"]

    private func stream(_ text: String, chunk: Int) -> String {
        var stream = MaskedStream(SecretMask(environment: Self.environment))
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes {
                stream.append($0) { result += $0 }
            }
        }
        stream.finish { result += $0 }
        return String(decoding: result, as: UTF8.self)
    }

    @Test("twenty canaries are hidden, wherever the stream is cut", arguments: 1...40)
    func canaries(chunk: Int) {
        #expect(Self.canaries.count == 20)
        let said = Self.canaries.map { "key=\($0)\n\($0)\($0)" }.joined(separator: " ")
        let hidden = Self.canaries.map { _ in "key=***\n******" }.joined(separator: " ")
        #expect(stream(said, chunk: chunk) == hidden)
    }

    @Test(
        "everything else is passed on to the letter",
        arguments: [
            "", "a", "canary-", "canary-1-", "canary-18-y", "sk-ant-api03-canar", "short", "qwertyuiop",
            "/home/somebody not-a-secret", "http://127.0.0.1:4000/w/", "sk-ant-sk-ant-", "*** ä \u{0} 🦊",
        ])
    func others(text: String) {
        for chunk in [1, 2, 3, 7, 1000] { #expect(stream(text, chunk: chunk) == text) }
        #expect(SecretMask(environment: Self.environment).masked(text) == text)
    }

    @Test("of two values of which one begins the other, the longer is hidden whole")
    func longest() {
        let mask = SecretMask(environment: Self.environment)
        #expect(mask.masked("<sk-ant-api03-canary-longer><sk-ant-api03-canary>") == "<***><***>")
    }

    @Test("what stands before a place is left alone, and nothing to hide is nothing to do")
    func place() {
        let mask = SecretMask(["canary-of-many"])
        var bytes = Array("canary-of-many canary-of-many".utf8)
        #expect(mask.mask(&bytes, from: 1))
        #expect(String(decoding: bytes, as: UTF8.self) == "canary-of-many ***")
        #expect(SecretMask(environment: ["HOME": "/home/somebody", "API_KEY": ""]).isEmpty)
    }
}
