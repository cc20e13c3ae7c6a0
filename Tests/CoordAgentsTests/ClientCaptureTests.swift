import CoordAgents
import CoordJSON
import CoordModel
import Testing

@Suite(
    "The other clients' own output",
    .enabled(if: Captures.folder != nil, Comment(rawValue: Captures.absence)))
struct ClientCaptureTests {
    // MARK: Codex

    private static let serverFailures: [String: AgentFailure.Kind] = [
        "codex-as-auth.dialog.jsonl": .authentication, "codex-as-context.dialog.jsonl": .context,
        "codex-as-quota.dialog.jsonl": .billing, "codex-as-r429all.dialog.jsonl": .rateLimit,
        "codex-as-r529all.dialog.jsonl": .overload,
    ]
    private static let runFailures: [String: AgentFailure.Kind] = [
        "codex-429all.jsonl": .rateLimit, "codex-529all.jsonl": .overload,
        "codex-auth.jsonl": .authentication,
        "codex-badflag.jsonl": .setup, "codex-badresume.jsonl": .session,
        "codex-context.jsonl": .context,
        "codex-maxtok.jsonl": .other, "codex-nokey.jsonl": .authentication,
        "codex-quota.jsonl": .billing,
        "codex-mcp-required.jsonl": .other,
        "codex-refused.jsonl": .unreachable, "codex-server.jsonl": .overload,
        "codex-sigint.jsonl": .other,
        "codex-sigterm.jsonl": .other, "codex-streamctx.jsonl": .context,
        "codex-streamover.jsonl": .overload,
    ]
    private static let codex = Captures.of("codex").filter {
        $0.file != "codex-rollout-excerpt.jsonl"
    }
    static let server = codex.filter { $0.file.hasSuffix(".dialog.jsonl") }
    static let runs = codex.filter { !$0.file.hasSuffix(".dialog.jsonl") }

    @Test("Codex as a server ends as it did", arguments: server)
    func codexServer(entry: Captures.Entry) throws {
        let replay = try #require(Captures.play(entry, Replay.request("codex")))
        #expect(replay.failure?.kind == Self.serverFailures[entry.file], "\(replay.failure as Any)")
        #expect(replay.sessions.count == 1)
        #expect(replay.closes)
        if entry.file == "codex-appserver.dialog.jsonl" {
            #expect(
                replay.usage == [
                    "gpt-5.5": TokenCounts(input: 2700, output: 52, cacheRead: 10_300, cacheWrite: 600)
                ])
            #expect(replay.contexts == ["6500 of 258400", "7100 of 258400"])
            #expect(replay.tools == ["shell started", "shell ok"])
        }
    }

    @Test("Codex for one run ends as it did", arguments: runs)
    func codexRun(entry: Captures.Entry) throws {
        let replay = try #require(Captures.play(entry, Replay.request("codex-exec")))
        #expect(replay.failure?.kind == Self.runFailures[entry.file], "\(replay.failure as Any)")
    }

    @Test("a thread that is taken up again tells its total: what was counted before is taken off")
    func codexResume() throws {
        let entry = try #require(Self.runs.first { $0.file == "codex-resume.jsonl" })
        let before = TokenCounts(input: 3300, output: 52, cacheRead: 10_300)
        let replay = try #require(
            Captures.play(
                entry,
                Replay.request("codex-exec", session: "01a1f9b5-48da-7852-bca1-42f772881d49") {
                    $0.counted = before
                }))
        #expect(replay.tokens == TokenCounts(input: 1500, output: 12, cacheRead: 5300))
        #expect(replay.sessions.isEmpty)
    }

    @Test("a run that told nothing is counted from the thread's own file")
    func codexRollout() throws {
        var replay = try #require(Replay(Replay.request("codex-exec")))
        replay.end(.signaled(9), files: ["rollout": Captures.text("codex-rollout-excerpt.jsonl") ?? ""])
        #expect(replay.tokens.output > 0)
    }

    // MARK: ACP

    private static let protocolFailures: [String: AgentFailure.Kind] = [
        "vibe-acp-err.dialog.jsonl": .rateLimit, "vibe-acp-auth.dialog.jsonl": .authentication,
        "vibe-acp-cancel.dialog.jsonl": .interrupted, "kimi-acp-normal.dialog.jsonl": .authentication,
    ]
    static let protocolDialogues = (Captures.of("vibe-acp") + Captures.of("kimi-acp"))

    @Test("an ACP agent ends as it did", arguments: protocolDialogues)
    func acp(entry: Captures.Entry) throws {
        let replay = try #require(Captures.play(entry, Replay.request("acp")))
        #expect(replay.failure?.kind == Self.protocolFailures[entry.file], "\(replay.failure as Any)")
        if entry.file == "vibe-acp-normal.dialog.jsonl" {
            #expect(replay.tokens == TokenCounts(input: 3300, output: 52, cacheRead: 10_300))
            #expect(replay.cost == Money(microDollars: 4538))
            #expect(replay.contexts == ["6540 of 200000", "7112 of 200000"])
            #expect(replay.tools == ["edit started", "edit ok"])
            #expect(replay.sessions.count == 1)
        }
    }

    // MARK: Vibe, Kimi, Aider, mini-swe-agent

    @Test(
        "Vibe's run ends as its file says",
        arguments: [
            ("write", 0, nil, 13_652), ("429all", 2, .rateLimit, 0), ("auth", 1, .authentication, 0),
            ("context", 2, .context, 0), ("maxturns", 3, .limit, 13_080), ("maxprice", 3, .limit, nil),
            ("resume", 0, nil, 6812), ("timelimit", 3, .limit, 0),
        ] as [(String, Int32, AgentFailure.Kind?, Int64?)])
    func vibe(name: String, exit: Int32, kind: AgentFailure.Kind?, tokens: Int64?) throws {
        var replay = try #require(Replay(Replay.request("vibe")))
        for line in Captures.text("vibe-\(name).jsonl")?.split(separator: "\n") ?? [] {
            replay.hear(line)
        }
        let export = try #require(Captures.text("vibe-\(name).export.json"))
        replay.end(.exited(status: exit), files: ["export": export])
        #expect(replay.failure?.kind == kind, "\(replay.failure as Any)")
        if let tokens { #expect(replay.tokens.total == tokens) }
        if name == "write" {
            #expect(replay.tools == ["file_system.write_file started", "file_system.write_file ok"])
            #expect(replay.sessions.count == 1)
        }
    }

    @Test(
        "Kimi's run ends as it did",
        arguments: [
            ("kimi-write.jsonl", 0, nil), ("kimi-429.txt", 75, .rateLimit),
            ("kimi-auth.txt", 1, .authentication),
            ("kimi-loop.txt", 1, .limit),
        ] as [(String, Int32, AgentFailure.Kind?)])
    func kimi(file: String, exit: Int32, kind: AgentFailure.Kind?) throws {
        let name = "0f2f835b-f699-4f08-ba07-2d6253d3287c"
        var replay = try #require(Replay(Replay.request("kimi") { $0.newSession = name }))
        for line in try #require(Captures.text(file)).split(separator: "\n") { replay.hear(line) }
        replay.hearError("To resume this session: kimi -r \(name)")
        let wire = exit == 0 ? Captures.text("kimi-wire.jsonl") ?? "" : ""
        replay.end(.exited(status: exit), files: ["wire": wire])
        #expect(replay.failure?.kind == kind, "\(replay.failure as Any)")
        #expect(replay.sessions == [name])
        if exit == 0 {
            #expect(replay.tokens == TokenCounts(input: 3300, output: 52, cacheRead: 10_300))
            #expect(replay.tools == ["WriteFile started", "WriteFile ok"])
        }
    }

    @Test(
        "Aider's exit status is always 0: its words say how it went",
        arguments: [
            ("aider-write.txt", nil), ("aider-429.txt", nil), ("aider-auth.txt", .authentication),
            ("aider-ctx.txt", .context),
        ] as [(String, AgentFailure.Kind?)])
    func aider(file: String, kind: AgentFailure.Kind?) throws {
        var replay = try #require(Replay(Replay.request("aider")))
        for line in try #require(Captures.text(file)).split(separator: "\n") { replay.hear(line) }
        let log = kind == nil ? Captures.text("aider-analytics.jsonl") ?? "" : ""
        replay.end(files: ["analytics": log])
        #expect(replay.failure?.kind == kind, "\(replay.failure as Any)")
        guard kind == nil else { return }
        #expect(replay.tokens == TokenCounts(input: 6200, output: 40))
        #expect(replay.contexts == ["6200 of ?"])
    }

    @Test(
        "mini-swe-agent's run ends as its trajectory says",
        arguments: [("write", nil, 2), ("429", .rateLimit, 0), ("cost", .limit, 4)]
            as [(String, AgentFailure.Kind?, Int)])
    func mini(name: String, kind: AgentFailure.Kind?, calls: Int) throws {
        var replay = try #require(Replay(Replay.request("mini-swe-agent")))
        let trajectory = try #require(Captures.text("mini-\(name).traj.json"))
        replay.end(files: ["trajectory": trajectory])
        #expect(replay.failure?.kind == kind, "\(replay.failure as Any)")
        let usages = replay.reports.filter { if case .usage = $0 { true } else { false } }
        #expect(usages.count == calls)
    }
}
