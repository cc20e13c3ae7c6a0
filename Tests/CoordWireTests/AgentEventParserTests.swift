import CoordModel
import CoordWire
import Testing

@Suite("Events in an agent's output")
struct AgentEventParserTests {
    private func read(_ line: String) -> AgentEventParser.Reading {
        AgentEventParser.parse(Array(line.utf8)[...])
    }

    private static let events: [(String, AgentReport)] = [
        (
            #"{"coord":"usage","model":"m","inputTokens":1200,"outputTokens":300,"cacheReadTokens":0,"#
                + #""cacheWriteTokens":5,"costUSD":0.01,"id":"call-1"}"#,
            .usage(
                Usage(
                    id: "call-1", model: "m", tokens: TokenCounts(input: 1200, output: 300, cacheWrite: 5),
                    cost: Money(microDollars: 10_000)))
        ),
        (
            #"{"coord":"usage","outputTokens":12.0,"id":""}"#,
            .usage(Usage(model: "unknown", tokens: TokenCounts(output: 12)))
        ),
        (#"  { "text" : "half", "coord" : "progress" }"#, .progress("half")),
        (
            #"{"coord":"tool","name":"bash","id":"1","phase":"start","summary":"ls"}"#,
            .toolStarted(name: "bash", id: "1", summary: "ls")
        ),
        (
            #"{"coord":"tool","name":"bash","phase":"end","ok":false}"#,
            .toolEnded(name: "bash", id: "", succeeded: false, summary: "")
        ),
        (
            #"{"coord":"handoff","summary":"done","remaining":["docs"]}"#,
            .handoff(Handoff(summary: "done", remaining: ["docs"]))
        ),
        (
            #"{"coord":"task","id":"next","prompt":"go","deps":["api"]}"#,
            .proposedTask(TaskSpec(id: "next", prompt: "go", dependencies: ["api"]))
        ),
        (
            #"{"coord":"verdict","approve":false,"findings":[{"file":"a.c","line":3,"reason":"r"},"#
                + #"{"file":"b","reason":"s"}],"summary":"two","extra":1}"#,
            .verdict(
                ReviewVerdict(
                    approves: false,
                    findings: [.init(file: "a.c", line: 3, reason: "r"), .init(file: "b", reason: "s")],
                    summary: "two"))
        ),
        (#"{"coord":"verdict","approve":true}"#, .verdict(ReviewVerdict(approves: true))),
        (
            #"{"coord":"verdict","approve":false,"summary":"no","findings":null}"#,
            .verdict(ReviewVerdict(approves: false, summary: "no"))
        ),
        (#"{"coord":"rate-limited","retryAfterSeconds":30}"#, .rateLimited(retryAfter: .seconds(30))),
        (#"{"coord":"rate-limited","retryAfterSeconds":0.25}"#, .rateLimited(retryAfter: .milliseconds(250))),
        (#"{"coord":"rate-limited"}"#, .rateLimited(retryAfter: nil)),
    ]

    @Test("each event of the protocol is read", arguments: events)
    func event(line: String, report: AgentReport) {
        #expect(read(line) == .report(report))
    }

    @Test(
        "everything else is transcript",
        arguments: [
            "", "plain words", "{", "{}", #"{"type":"assistant"}"#, #"say "coord""#, #"["coord"]"#,
            #"{"a":"coord""#,
            #"const x = {"coord": "usage"}"#, #"{"coord":"progress","text":NaN}"#,
            #"{"nested":{"coord":"progress","text":"x"}}"#, #"{"coord":"usage","costUSD":1e400}"#,
            "{\"coord\":\"progress\",\"text\":\"\u{1}\"}",
        ])
    func transcript(line: String) {
        #expect(read(line) == .transcript)
    }

    @Test(
        "an event that cannot be believed is refused with its reason",
        arguments: [
            (#"{"coord":1}"#, "`coord` is not a string"),
            (#"{"coord":"sing"}"#, "`sing` is no event that coord knows"),
            (
                #"{"coord":"usage","inputTokens":-1}"#,
                "`inputTokens` of `usage` is not a whole number from 0 to 1000000000"
            ),
            (#"{"coord":"usage","outputTokens":1.5}"#, "`outputTokens` of `usage`"),
            (#"{"coord":"usage","outputTokens":1e18}"#, "`outputTokens` of `usage`"),
            (#"{"coord":"usage","outputTokens":"7"}"#, "`outputTokens` of `usage`"),
            (#"{"coord":"usage","costUSD":-0.01}"#, "`costUSD` of `usage` is not an amount of dollars"),
            (#"{"coord":"usage","costUSD":1e300}"#, "`costUSD` of `usage`"),
            (#"{"coord":"usage","costUSD":100001}"#, "`costUSD` of `usage`"),
            (#"{"coord":"usage","id":7}"#, "`id` of `usage` is not a string"),
            (#"{"coord":"progress"}"#, "`progress` lacks `text`"),
            (#"{"coord":"tool","name":"x","phase":"middle"}"#, "`phase` of `tool` is not `start` or `end`"),
            (#"{"coord":"task","id":"../up","prompt":""}"#, "`id` of `task` is not a valid name"),
            (#"{"coord":"task","id":"x"}"#, "`task` lacks `prompt`"),
            (
                #"{"coord":"task","id":"x","prompt":"","deps":[1]}"#,
                "`deps` of `task` is not a list of strings"
            ),
            (#"{"coord":"task","id":"x","prompt":"","priority":101}"#, "`priority` of `task`"),
            (#"{"coord":"verdict"}"#, "`verdict` lacks `approve`"),
            (#"{"coord":"verdict","approve":"yes"}"#, "`approve` of `verdict` is not true or false"),
            (#"{"coord":"verdict","approve":1}"#, "`approve` of `verdict` is not true or false"),
            (#"{"coord":"verdict","approve":null}"#, "`approve` of `verdict` is not true or false"),
            (#"{"coord":"verdict","approve":false}"#, "`findings` of `verdict` is not what has to change"),
            (#"{"coord":"verdict","approve":false,"findings":{}}"#, "`findings` of `verdict` is not a list"),
            (#"{"coord":"verdict","approve":true,"findings":["x"]}"#, "`findings` of `verdict`"),
            (#"{"coord":"verdict","approve":true,"findings":[{"reason":"x"}]}"#, "lacks `file`"),
            (#"{"coord":"verdict","approve":true,"findings":[{"file":"x"}]}"#, "lacks `reason`"),
            (
                #"{"coord":"verdict","approve":true,"findings":[{"file":"x","reason":"y","line":0}]}"#,
                "`line` of "
            ),
            (#"{"coord":"verdict","approve":true,"summary":[]}"#, "`summary` of `verdict` is not a string"),
            (#"{"coord":"rate-limited","retryAfterSeconds":-1}"#, "`retryAfterSeconds` of `rate-limited`"),
            (#"{"coord":"rate-limited","retryAfterSeconds":1e9}"#, "`retryAfterSeconds` of `rate-limited`"),
        ])
    func refused(line: String, reason: String) {
        guard case .refused(let found) = read(line) else {
            return #expect(read(line) == .refused(reason: reason))
        }
        #expect(found.contains(reason))
    }

    @Test("long texts are cut between characters")
    func cut() {
        let long = String(repeating: "ä", count: 5000)
        #expect(
            read(#"{"coord":"progress","text":"x\#(long)"}"#)
                == .report(.progress("x" + String(repeating: "ä", count: 2047))))
        guard
            case .report(.handoff(let handoff)) = read(
                #"{"coord":"handoff","summary":"\#(long)\#(long)","remaining":["\#(long)","second"]}"#)
        else { return #expect(Bool(false), "no handoff was read") }
        #expect(handoff.summary.utf8.count == 12 << 10)
        #expect(handoff.remaining.map(\.utf8.count) == [4 << 10])
    }
}
