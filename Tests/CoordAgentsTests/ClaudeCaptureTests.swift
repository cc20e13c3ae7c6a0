import CoordAgents
import CoordJSON
import CoordModel
import Testing

@Suite(
    "Claude Code's own output",
    .enabled(if: Captures.folder != nil, Comment(rawValue: Captures.absence)))
struct ClaudeCaptureTests {
    /// How each capture ends; those that are not named end well.
    private static let failures: [String: AgentFailure.Kind] = [
        "claude-429all.jsonl": .rateLimit, "claude-429long.jsonl": .rateLimit,
        "claude-529all.jsonl": .overload, "claude-auth.jsonl": .authentication,
        "claude-perm.jsonl": .authentication, "claude-nokey.jsonl": .authentication,
        "claude-billing.jsonl": .billing, "claude-context.jsonl": .context,
        "claude-notfound.jsonl": .model, "claude-badresume.jsonl": .session,
        "claude-maxturns.jsonl": .limit, "claude-budget.jsonl": .limit,
        "claude-server.jsonl": .overload,
        "claude-refused.jsonl": .unreachable, "claude-in-sigint.dialog.jsonl": .interrupted,
        "claude-in-sigterm.dialog.jsonl": .other, "claude-in-bad.dialog.jsonl": .other,
        "claude-bypass.jsonl": .other,
    ]

    /// Not the output of a run: a file the client keeps.
    private static let others = ["claude-transcript-excerpt.jsonl"]
    static let entries = Captures.of("claude").filter { !others.contains($0.file) }

    @Test("every capture ends as it did", arguments: entries)
    func ends(entry: Captures.Entry) throws {
        let replay = try #require(Captures.play(entry, Replay.request("claude")))
        #expect(replay.failure?.kind == Self.failures[entry.file], "\(replay.failure as Any)")
    }

    @Test("what is told is what the client counted, model by model", arguments: entries)
    func usage(entry: Captures.Entry) throws {
        let replay = try #require(Captures.play(entry, Replay.request("claude")))
        var counted: [String: TokenCounts] = [:]
        for line in Captures.text(entry.file)?.split(separator: "\n") ?? [] {
            var value = try? JSONParser.parse(String(line))
            if let inner = value?["line"]?.stringValue { value = try? JSONParser.parse(inner) }
            for (model, usage) in value?["model_usage_since_last_result"]?.objectValue?.members.map(
                \.self)
                ?? []
            {
                counted[model, default: .zero] += TokenCounts(
                    input: usage["inputTokens"]?.integerValue ?? 0,
                    output: usage["outputTokens"]?.integerValue ?? 0,
                    cacheRead: usage["cacheReadInputTokens"]?.integerValue ?? 0,
                    cacheWrite: usage["cacheCreationInputTokens"]?.integerValue ?? 0)
            }
        }
        // The form without a stream names no models.
        guard entry.file != "claude-json.jsonl" else { return #expect(replay.tokens.total == 6812) }
        #expect(replay.usage == counted.filter { $0.value != .zero })
    }

    @Test("each call of the main conversation tells how full its context is")
    func context() throws {
        let partial = try #require(Self.entries.first { $0.file == "claude-partial.jsonl" })
        let known = Replay.request("claude") { $0.contextWindow = 1_000_000 }
        let replay = try #require(Captures.play(partial, known))
        #expect(replay.contexts == ["6500 of 1000000", "7100 of 1000000"])
        let unknown = try #require(Captures.play(partial, Replay.request("claude")))
        #expect(unknown.contexts.first == "6500 of ?")
    }

    @Test("a capture cut at any line tells no more than the whole", arguments: entries.prefix(8))
    func cut(entry: Captures.Entry) throws {
        let lines = (Captures.text(entry.file) ?? "").split(separator: "\n")
        for count in lines.indices {
            var replay = try #require(Replay(Replay.request("claude")))
            for line in lines[..<count] { replay.hear(line) }
            replay.hear(lines[count].prefix(lines[count].count / 2))
            replay.end(.signaled(9))
            #expect(replay.failure != nil || count == lines.count - 1)
        }
    }
}
