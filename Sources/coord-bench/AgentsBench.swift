import CoordAgents
import CoordJSON
import CoordModel
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// P11: how fast the dialogues read what clients print. The captures of real clients, played over and over;
/// without them, output of their shape.
enum AgentsBench {
    /// One client's output, ready to be played.
    private struct Source {
        var driver: String
        var lines: [[UInt8]]
        var bytes: Int { lines.reduce(0) { $0 + $1.count + 1 } }
    }

    private static let rounds = 100
    private static let streams = 64

    static func run(folder: String?) -> JSONValue {
        let sources = folder.map(captured).flatMap { $0.isEmpty ? nil : $0 } ?? [shaped()]
        var rows: [JSONValue] = []
        var total = (bytes: 0, nanoseconds: Int64(0))
        for source in sources {
            let rounds = max(1, Self.rounds * 200_000 / max(source.bytes, 1))
            let begin = processorNanoseconds()
            var actions = 0
            for _ in 0..<rounds { actions += play(source) }
            let took = processorNanoseconds() - begin
            let bytes = source.bytes * rounds
            total = (total.bytes + bytes, total.nanoseconds + took)
            rows.append([
                "driver": .string(source.driver), "megabytesPerSecond": rate(bytes, took),
                "actions": .integer(Int64(actions)),
            ])
        }
        return [
            "bench": "agents", "captured": .bool(folder != nil), "drivers": .array(rows),
            "megabytesPerSecond": rate(total.bytes, total.nanoseconds), "streaming": streaming(),
        ]
    }

    /// Time of the processor, so that what else the machine does is not counted.
    private static func processorNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func rate(_ bytes: Int, _ nanoseconds: Int64) -> JSONValue {
        .number((Double(bytes) * 1000 / Double(max(1, nanoseconds)) * 10).rounded() / 10)
    }

    private static func request(_ driver: String) -> AgentRequest {
        AgentRequest(
            launch: AgentLaunch(driver: driver, program: "/bin/\(driver)", newSession: "s", home: "/h"),
            prompt: "Do it", promptFile: "/p", worktree: "/w")
    }

    private static func play(_ source: Source) -> Int {
        guard var (_, dialogue) = AgentRoster.open(request(source.driver)) else { return 0 }
        var count = dialogue.begin().count
        let now = Timestamp(milliseconds: 0)
        for line in source.lines { count += dialogue.hear(line[...], at: now).count }
        return count
    }

    /// So many clients speak in turn, each a piece of text a time, as models stream: how much of a core it
    /// takes when each says fifty pieces a second.
    private static func streaming() -> JSONValue {
        let source = shaped()
        var dialogues = (0..<streams).compactMap { _ in AgentRoster.open(request("claude"))?.dialogue }
        let now = Timestamp(milliseconds: 0)
        let begin = processorNanoseconds()
        for line in source.lines {
            for index in dialogues.indices { _ = dialogues[index].hear(line[...], at: now) }
        }
        let took = processorNanoseconds() - begin
        let lines = source.lines.count * streams
        let perSecond = streams * 50
        return [
            "streams": .integer(Int64(streams)), "lines": .integer(Int64(lines)),
            "nanosecondsPerLine": .integer(took / Int64(max(1, lines))),
            "shareOfCore": .number(Double(took) * Double(perSecond) / Double(max(1, lines)) / 1e9),
        ]
    }

    // MARK: Sources

    private static func captured(_ folder: String) -> [Source] {
        // A folder that cannot be listed holds nothing to play.
        let names = ((try? Files.list(folder)) ?? []).sorted()
        let drivers = [
            ("claude", "claude-", ".jsonl"), ("codex", "codex-as", ".dialog.jsonl"),
            ("codex-exec", "codex-", ".jsonl"), ("acp", "vibe-acp-", ".dialog.jsonl"),
            ("vibe", "vibe-", ".jsonl"), ("kimi", "kimi-", ".jsonl"), ("aider", "aider-", ".txt"),
        ]
        return drivers.compactMap { driver, prefix, suffix in
            let files = names.filter {
                $0.hasPrefix(prefix) && $0.hasSuffix(suffix)
                    && (suffix.hasPrefix(".dialog") || !$0.hasSuffix(".dialog.jsonl"))
            }
            let lines = files.flatMap { output(folder + "/" + $0) }
            return lines.isEmpty ? nil : Source(driver: driver, lines: lines)
        }
    }

    private static func output(_ path: String) -> [[UInt8]] {
        // One that cannot be read is left out.
        let lines = ((try? Files.read(path)) ?? []).split(separator: 0x0A).map { Array($0) }
        guard path.hasSuffix(".dialog.jsonl") else { return lines }
        return lines.compactMap { line in
            // A dialogue holds both sides; ours is not read.
            guard let event = try? JSONParser.parse(line), event["dir"]?.stringValue == "out" else {
                return nil
            }
            return event["line"]?.stringValue.map { Array($0.utf8) } ?? event["msg"]?.serialized()
        }
    }

    /// Claude Code's shape with partial messages: nine lines of ten are pieces of text.
    private static func shaped() -> Source {
        var lines: [String] = [#"{"type":"system","subtype":"init","session_id":"s","model":"m"}"#]
        for turn in 0..<40 {
            lines.append(
                #"{"type":"stream_event","event":{"type":"message_start","message":{"id":"m"# + "\(turn)"
                    + #"","model":"m","#
                    + #""usage":{"input_tokens":1200,"output_tokens":1}}},"parent_tool_use_id":null}"#)
            for piece in 0..<40 {
                lines.append(
                    #"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"#
                        + #""text_delta","text":"some words, number \#(piece), of a longer text"}},"#
                        + #""session_id":"ca6589f0-dfaa-484f-b30d-205235a519d3","parent_tool_use_id":null}"#)
            }
            lines.append(
                #"{"type":"stream_event","event":{"type":"message_delta","usage":{"output_tokens":40}},"#
                    + #""parent_tool_use_id":null}"#)
            lines.append(
                #"{"type":"stream_event","event":{"type":"message_stop"},"parent_tool_use_id":null}"#)
            lines.append(
                #"{"type":"assistant","message":{"id":"m\#(turn)","content":[{"type":"tool_use","id":"t","#
                    + #""name":"Bash","input":{"command":"make"}}]}}"#)
            let text = String(repeating: "a line of a tool's output\\n", count: 200)
            lines.append(
                #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":""#
                    + text + #""}]}}"#
            )
        }
        return Source(driver: "claude", lines: lines.map { Array($0.utf8) })
    }
}
