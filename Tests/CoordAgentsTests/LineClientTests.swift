import CoordAgents
import CoordJSON
import CoordModel
import Testing

@Suite("Clients for one prompt")
struct LineClientTests {
    @Test("Gemini's result counts what was cached apart, and says how it went")
    func gemini() throws {
        let lines = """
            {"type":"init","session_id":"s","model":"g"}
            {"type":"message","role":"assistant","content":"Hel","delta":true}
            {"type":"message","role":"assistant","content":"lo","delta":true}
            {"type":"tool_use","tool_name":"run_shell_command","tool_id":"t","parameters":{"command":"ls"}}
            {"type":"tool_result","tool_id":"t","status":"error","error":{"type":"x","message":"no"}}
            {"type":"result","status":"success","stats":{"models":{"g":{"input_tokens":100,"output_tokens":30,"cached":20}}}}
            """
        let replay = try #require(Replay.of(Replay.request("gemini"), lines))
        #expect(replay.usage == ["g": TokenCounts(input: 80, output: 30, cacheRead: 20)])
        #expect(replay.tools == ["run_shell_command started", "run_shell_command failed"])
        #expect(replay.actions.contains(.say("Hello")))
        #expect(replay.failure == nil)
        let failed = try #require(
            Replay.of(
                Replay.request("gemini"),
                #"{"type":"result","status":"error","error":{"type":"ApiError","message":"RESOURCE_EXHAUSTED status 429"}}"#
            ))
        #expect(failed.failure?.kind == .rateLimit)
        for (status, kind) in [
            (41, AgentFailure.Kind.authentication), (42, .setup), (53, .limit), (1, .other),
        ] {
            let replay = Replay.of(Replay.request("gemini"), "", exit: .exited(status: Int32(status)))
            #expect(replay?.failure?.kind == kind)
        }
    }

    @Test(
        "what a server of tools or a gateway's address may hold stands in the client's own files, not in arguments",
        arguments: [
            ("claude", "servers.json"), ("codex", "codex/config.toml"), ("codex-exec", "codex/config.toml"),
            ("kimi", "servers.json"), ("vibe", "vibe/config.toml"), ("gemini", "home/.gemini/settings.json"),
            ("qwen", "home/.qwen/settings.json"),
        ])
    func secrets(driver: String, file: String) throws {
        let request = Replay.request(driver) {
            $0.mcpServers = [
                MCPServerSpec(
                    name: "coord", command: "/c", arguments: ["mcp"], environment: ["K": "secret-1"])
            ]
            $0.gateway = GatewayEndpoint(
                anthropic: "http://h/secret-2", openAI: "http://h/secret-2", gemini: "http://h/secret-2",
                key: "secret-3")
        }
        let command = try #require(Replay(request)).command
        guard case .file(_, let arguments) = command.program else { return }
        #expect(!arguments.contains { $0.contains("secret") }, "\(arguments)")
        #expect(command.files[file]?.contains("secret-1") ?? false, "\(command.files)")
    }

    @Test("Kimi's session has a name from the start, and goes by it again", arguments: [nil, "s-1"])
    func kimiSession(known: String?) throws {
        var replay = try #require(Replay(Replay.request("kimi", session: known)))
        let name = known ?? "11111111-2222-4333-8444-555555555555"
        guard case .file(_, let arguments) = replay.command.program else { return }
        #expect(arguments.joined(separator: " ").contains("--session \(name) "))
        replay.hear(#"{"role":"assistant","content":"I begin."}"#)
        #expect(replay.sessions == (known == nil ? [name] : []))
    }

    @Test("vibe-acp is led to the gateway; another command's settings are its owner's")
    func vibeServer() throws {
        let gateway = GatewayEndpoint(openAI: "http://127.0.0.1:1/v1", key: "k")
        let known = try #require(
            Replay(Replay.request("acp") { ($0.program, $0.gateway) = ("/opt/bin/vibe-acp", gateway) }))
        #expect(known.command.files["vibe/config.toml"]?.contains("http://127.0.0.1:1/v1") ?? false)
        #expect(known.command.environment["VIBE_HOME"] == "/h/vibe")
        let other = try #require(
            Replay(Replay.request("acp") { ($0.program, $0.gateway) = ("other-acp", gateway) }))
        #expect(other.command.files.isEmpty && other.command.environment.isEmpty)
    }

    @Test("opencode's steps are summed, and an error is told by its status")
    func opencode() throws {
        let step =
            #"{"type":"step_finish","sessionID":"s","part":{"id":"p1","cost":0.5,"tokens":{"input":100,"output":20,"reasoning":5,"cache":{"read":50,"write":7}}}}"#
        let replay = try #require(
            Replay.of(Replay.request("opencode"), step + "\n" + step.replacing("p1", with: "p2")))
        #expect(replay.tokens == TokenCounts(input: 200, output: 50, cacheRead: 100, cacheWrite: 14))
        #expect(replay.cost == Money(microDollars: 1_000_000))
        #expect(replay.contexts == ["157 of ?", "157 of ?"])
        #expect(replay.failure == nil)
        let failed = try #require(
            Replay.of(
                Replay.request("opencode"),
                #"{"type":"error","sessionID":"s","error":{"name":"APIError","data":{"message":"slow","statusCode":429}}}"#,
                exit: .exited(status: 1)))
        #expect(failed.failure?.kind == .rateLimit)
    }

    @Test("Goose's last line counts, and an error is a failure whatever the exit status")
    func goose() throws {
        let lines = """
            {"type":"message","message":{"role":"assistant","content":[{"type":"text","text":"Hi"},{"type":"toolRequest","id":"t","toolCall":{"status":"success","value":{"name":"shell","arguments":{"command":"ls"}}}}]}}
            {"type":"message","message":{"role":"user","content":[{"type":"toolResponse","id":"t","toolResult":{"status":"success","value":{}}}]}}
            {"type":"complete","total_tokens":123}
            """
        let replay = try #require(Replay.of(Replay.request("goose"), lines))
        #expect(replay.tokens.total == 123)
        #expect(replay.tools == ["shell started", "shell ok"])
        #expect(replay.sessions == ["11111111-2222-4333-8444-555555555555"])
        #expect(replay.failure == nil)
        let failed = try #require(
            Replay.of(
                Replay.request("goose"), #"{"type":"error","error":"Authentication failed: 401 status"}"#))
        #expect(failed.failure?.kind == .authentication)
    }

    @Test(
        "Qwen Code speaks as Claude Code does, is given its prompt as an argument, and counts its cache within its input"
    )
    func qwen() throws {
        let lines = """
            {"type":"system","subtype":"session_start","session_id":"s","model":"q"}
            {"type":"result","subtype":"success","is_error":false,"usage":{"input_tokens":100,"output_tokens":10,"cache_read_input_tokens":40,"total_tokens":110}}
            """
        let replay = try #require(Replay.of(Replay.request("qwen"), lines))
        #expect(replay.sent.isEmpty)
        #expect(replay.usage == ["q": TokenCounts(input: 60, output: 10, cacheRead: 40)])
        #expect(replay.sessions == ["s"])
        #expect(replay.failure == nil)
    }

    @Test(
        "every client that coord knows by name has a driver and a profile, and none needs a value where a flag is read",
        arguments: AgentChoice.knownNames)
    func roster(name: String) throws {
        let profile = try #require(ClientProfile.named(name))
        #expect(!profile.keys.isEmpty)
        var request = Replay.request(name)
        request.prompt = "--dangerous"
        let command = try #require(Replay(request)).command
        guard case .file(_, let arguments) = command.program,
            let index = arguments.firstIndex(of: "--dangerous")
        else { return }
        #expect(["--", "-p", "-t", "--message"].contains(arguments[index - 1]))
    }

    @Test(
        "every driver bears noise, half a line and silence, and calls none of it success",
        arguments: AgentChoice.knownNames + ["acp"])
    func noise(name: String) throws {
        for line in [
            "", "{", "[]", "null", "npm notice", #"{"type":7,"role":[],"id":{}}"#, "{\"type\":\"result\"",
            "\u{0}\u{1B}[2J",
        ] {
            var replay = try #require(Replay(Replay.request(name)))
            replay.hear(line)
            replay.hearError(line)
            replay.end(.exited(status: 0))
            #expect(replay.failure != nil, "\(line)")
        }
    }

    @Test("a prompt too long for an argument is given as a file")
    func longPrompt() {
        var request = Replay.request("gemini")
        request.prompt = String(repeating: "x", count: 200_000)
        #expect(request.promptArgument.contains("/p/prompt.md"))
        #expect(request.promptArgument.utf8.count < 1000)
    }

    @Test("names of sessions are UUIDs, the same for the same attempt and no other")
    func sessionNames() {
        let names = (1...200).map { SessionName.make(run: "r", lease: Lease(task: "t", attempt: $0)) }
        #expect(Set(names).count == 200)
        #expect(names[0] == SessionName.make(run: "r", lease: Lease(task: "t", attempt: 1)))
        #expect(names.allSatisfy { $0.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12] })
    }
}
