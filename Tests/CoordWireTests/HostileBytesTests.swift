import CoordModel
import Testing

@testable import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SplitMix64: the same seed gives the same bytes, so what fails can be looked at.
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Bytes that nobody meant: rows I1 to I14 of the table of faults, and seeded noise.
@Suite("Hostile bytes on the pipe")
struct HostileBytesTests {
    private static func beat(_ member: String) -> String {
        #"{"jsonrpc":"2.0","method":"progress","params":{"run":"r","task":"t","attempt":1,"# + member + "}}"
    }

    /// What becomes of one line: the message, `ignored`, or `refused`.
    private static func verdict(_ line: [UInt8]) -> String {
        do throws(WireError) {
            guard let message = try WorkerMessage.decode(line[...])?.message else { return "ignored" }
            if case .report(_, .progress(let text)) = message { return "text " + text }
            return "understood"
        } catch { return "refused" }
    }

    @Test(
        "a line that is no message is refused or ignored by itself, and what is in a text is only text",
        arguments: [
            ("I3 invalid UTF-8", "\u{1}FF", "refused"), ("I3 overlong", "\u{1}C0AF", "refused"),
            ("I3 lone surrogate", #"\ud800"#, "refused"),
            ("I3 UTF-8 of a surrogate", "\u{1}EDA080", "refused"),
            ("I4 NUL as data", #"\u0000"#, "text \u{0}"), ("I4 ESC as data", #"\u001b[2J"#, "text \u{1B}[2J"),
            ("I4 bidi as data", "\u{202E}", "text \u{202E}"), ("I4 raw control", "\u{8}", "refused"),
            ("I14 line separator", "a\u{2028}b", "text a\u{2028}b"),
            ("I14 carriage return as data", #"a\rb"#, "text a\rb"),
        ] as [(String, String, String)])
    func texts(row: String, text: String, expected: String) {
        var bytes = Array(Self.beat("\"text\":\"").utf8.dropLast(2))
        // A text that begins with 1 is meant as bytes in hexadecimal.
        if text.first == "\u{1}" {
            let digits = Array(text.dropFirst())
            for index in stride(from: 0, to: digits.count, by: 2) {
                bytes.append(UInt8(String(digits[index...(index + 1)]), radix: 16)!)
            }
        } else {
            bytes += Array(text.utf8)
        }
        bytes += Array("\"}}".utf8)
        #expect(Self.verdict(bytes) == expected, "\(row)")
    }

    @Test(
        "shapes that are wrong are refused, those of later versions ignored",
        arguments: [
            ("I5 a million deep", String(repeating: "[", count: 1_000_000), "refused"),
            (
                "I5 a million deep in a member", beat("\"x\":" + String(repeating: "[", count: 500_000)),
                "refused"
            ),
            ("I6 the same key twice", beat(#""text":"a","text":"b""#), "refused"),
            ("I6 a number for a text", beat(#""text":7"#), "refused"),
            ("I6 no text", beat(#""other":7"#), "refused"),
            ("I6 an unknown method", #"{"jsonrpc":"2.0","method":"sing","params":{}}"#, "ignored"),
            (
                "I6 an attempt that is no number", beat(#""text":"a""#).replacing("1,", with: "\"1\","),
                "refused"
            ),
            ("I8 a banner", "Welcome to the agent v1.2!", "refused"), ("I8 a bare value", "42", "refused"),
            ("I8 nothing", "", "refused"), ("I8 two values", beat(#""text":"a""#) + "{}", "refused"),
            ("I14 a byte order mark", "\u{FEFF}" + beat(#""text":"a""#), "refused"),
            (
                "A40 numbers beyond all",
                #"{"jsonrpc":"2.0","method":"usage","params":{"run":"r","task":"t","#
                    + #""attempt":1,"model":"m","inputTokens":1e400,"outputTokens":-1}}"#, "refused"
            ),
        ] as [(String, String, String)])
    func shapes(row: String, line: String, expected: String) {
        #expect(Self.verdict(Array(line.utf8)) == expected, "\(row)")
    }

    @Test("I1, I2, I14: half a line, a flood without an end, and other line ends do no harm to the next line")
    func framing() {
        var framing = LineFraming(limitBytes: 1 << 20)
        let flood = [UInt8](repeating: 0x61, count: 64 << 10)
        for _ in 0..<1024 {
            framing.append(flood)
            #expect(framing.next() == nil)
        }
        framing.append(Array("\nnext\r\nno\rend\u{2028}\nhalf".utf8))
        #expect(framing.next() == .oversized(bytes: 64 << 20))
        #expect(framing.next() == .line(Array("next".utf8)[...]))
        #expect(framing.next() == .line(Array("no\rend\u{2028}".utf8)[...]))
        #expect(framing.next() == nil && String(decoding: framing.unfinished, as: UTF8.self) == "half")
    }

    /// `COORD_FUZZ=n` makes it n inputs, `COORD_SEED` begins elsewhere.
    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("seeded noise never stops a reader, however the stream is cut")
    func noise() {
        let seed = Self.number("COORD_SEED") ?? 1
        let count = Self.number("COORD_FUZZ") ?? 20_000
        let lease = Lease(task: "t", attempt: 1)
        let usage = Usage(
            id: "u", model: "m", tokens: TokenCounts(input: 7, output: 9), cost: Money(microDollars: 1))
        let seeds: [[UInt8]] = [
            WorkerMessage.heartbeat(lease, hasProgress: false).encoded(run: "r"),
            WorkerMessage.report(lease, .usage(usage)).encoded(run: "r"),
            WorkerMessage.report(lease, .handoff(Handoff(summary: "so far", remaining: ["a", "b"]))).encoded(
                run: "r"),
            WorkerMessage.finished(lease, .failed(reason: "é\u{1F600}"), tail: "x\n").encoded(run: "r"),
            CoordinatorMessage.cancel(lease, reason: "budget").encoded(run: "r"),
            Array(#"{"coord":"usage","model":"m","inputTokens":1200,"costUSD":0.01,"id":"c"}"#.utf8),
            Array(#"{"coord":"task","id":"x","prompt":"p","deps":["a"]}"#.utf8),
        ]
        var chance = Chance(state: seed)
        var framing = LineFraming(limitBytes: 4096)
        var lines = 0
        for _ in 0..<count {
            var line = seeds[Int(chance.next() % UInt64(seeds.count))]
            for _ in 0...(chance.next() % 4) { Self.mutate(&line, &chance) }
            // Never a trap; whether it is understood does not matter.
            _ = try? WorkerMessage.decode(line[...])
            _ = try? CoordinatorMessage.decode(line[...])
            _ = try? RPCMessage.decode(line[...])
            _ = AgentEventParser.parse(line[...])
            _ = try? FactCodec.decode(type: "task.added", bytes: line, task: "t", worker: nil)
            let cut = line.isEmpty ? 0 : Int(chance.next() % UInt64(line.count))
            framing.append(Array(line[..<cut]))
            framing.append(Array(line[cut...]) + [0x0A])
            while framing.next() != nil { lines += 1 }
        }
        #expect(lines >= Int(count) && framing.unfinished.isEmpty, "seed \(seed)")
    }

    private static func mutate(_ line: inout [UInt8], _ chance: inout Chance) {
        guard !line.isEmpty else { return line.append(UInt8(truncatingIfNeeded: chance.next())) }
        let place = Int(chance.next() % UInt64(line.count))
        switch chance.next() % 6 {
        case 0: line[place] = UInt8(truncatingIfNeeded: chance.next())
        case 1: line.remove(at: place)
        case 2: line.insert(contentsOf: line[..<place], at: place)
        case 3: line.removeSubrange(place...)
        case 4: line.insert(contentsOf: Array("{\"a\":[1e9,-0,\"\\u00".utf8), at: place)
        default: line[place] ^= 1 << UInt8(chance.next() % 8)
        }
    }
}
