package import CoordJSON
package import CoordModel

/// Mistral Vibe for one prompt: JSON lines on standard output, and a file at the end that says how it went
/// and what this run used.
package struct VibeDialogue: JSONLineDialogue {
    private let request: AgentRequest
    private var session: KnownSession
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) {
        self.request = request
        session = KnownSession(request.launch.session)
    }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        let out = (launch.home ?? "/nowhere") + "/out"
        var arguments = ["--output", "streaming", "--trust", "--output-dir", out]
        if let session = launch.session { arguments += ["--resume", session] }
        let policy = launch.permissions
        let mayAll = [ToolUse.write, .execute].allSatisfy { policy.objection(to: $0) == nil }
        if mayAll { arguments.append("--auto-approve") }
        var command = AgentCommand(
            .file(launch.program, arguments: arguments + ["-p", request.promptArgument]),
            results: ["export": "out/export.json"])
        settle(request, servers: launch.mcpServers, in: &command)
        if launch.home != nil { command.folders.append("out") }
        return command
    }

    /// What Vibe finds in its own folder and in its environment, whichever way it is spoken to.
    static func settle(_ request: AgentRequest, servers: [MCPServerSpec], in command: inout AgentCommand) {
        command.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
        if let home = request.launch.home {
            command.environment["VIBE_HOME"] = home + "/vibe"
            command.folders.append("vibe")
        }
        if let route = OpenAIRoute(request) {
            command.environment[route.variable] = route.key
            command.files["vibe/config.toml"] = config(request, route, servers)
        }
        // Without one it looks into the system's keyring.
        if request.environment["MISTRAL_API_KEY"] == nil { command.environment["MISTRAL_API_KEY"] = "none" }
    }

    private static func config(
        _ request: AgentRequest, _ route: OpenAIRoute, _ servers: [MCPServerSpec]
    ) -> String {
        let model = ModelName.openAI(request.launch.model) ?? "default"
        var lines = [
            "active_model = \"m\"", "enable_telemetry = false", "enable_update_checks = false",
            "api_retry_max_elapsed_time = 30", "[session_logging]", "generate_titles = false",
            "[[providers]]", "name = \"coord\"", "api_base = \(quoted(route.address))",
            "api_key_env_var = \(quoted(route.variable))", "backend = \"generic\"", "[[models]]",
            "name = \(quoted(model))", "provider = \"coord\"", "alias = \"m\"",
        ]
        for server in servers {
            let environment = server.environment.sorted { $0.key < $1.key }.map {
                "\(quoted($0.key)) = \(quoted($0.value))"
            }
            lines += [
                "[[mcp_servers]]", "name = \(quoted(server.name))", "transport = \"stdio\"",
                "command = \(quoted(server.command))",
                "args = [\(server.arguments.map(quoted).joined(separator: ", "))]",
                "env = { \(environment.joined(separator: ", ")) }",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).text }

    package mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction] {
        var actions = session.hear(object["sessionId"]?.stringValue)
        switch object["type"]?.stringValue {
        case "message" where object["role"]?.stringValue == "assistant":
            for block in object["content"]?.arrayValue ?? [] {
                actions += AgentText.said(block["text"]?.stringValue ?? "")
            }
        case "effect":
            let name =
                object["detail"]?["toolName"]?.stringValue ?? object["title"]?.stringValue ?? "tool"
            let id = object["id"]?.stringValue ?? ""
            let summary = object["detail"]?["display"]?["summary"]?.stringValue ?? ""
            let status = object["state"]?["status"]?.stringValue
            // It tells of a tool when that has ended.
            actions += [
                AgentText.toolStarted(name, id: id, summary),
                AgentText.toolEnded(
                    name, id: id, succeeded: status == "completed" || status == "succeeded"),
            ]
        default: break
        }
        return actions
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        guard let bytes = files["export"], let export = AgentText.object(bytes[...]) else {
            return AgentEnding(failure: complaint.failure(exit))
        }
        // A file that an earlier run left speaks of another session or start; this one's is written last.
        let usage = usage(export)
        let words = export["error"]?["message"]?.stringValue ?? ""
        switch export["outcome"]?.stringValue {
        case "finished" where exit == .exited(status: 0): return AgentEnding(usage)
        case "config_error" where export["error"]?["code"]?.stringValue == "invalid_api_key":
            return AgentEnding(
                usage, failure: AgentFailure(.authentication, AgentFailure.sentence(words)))
        case "config_error":
            return AgentEnding(usage, failure: AgentFailure(.setup, AgentFailure.sentence(words)))
        case "infrastructure_failure":
            var failure = AgentFailure.read(status: nil, words)
            if export["error"]?["code"]?.stringValue == "rate_limit" { failure.kind = .rateLimit }
            return AgentEnding(usage, failure: failure)
        case "turn_limit", "token_limit", "price_limit", "deadline", "length":
            let limit = export["outcome"]?.stringValue ?? ""
            return AgentEnding(usage, failure: AgentFailure(.limit, "it stopped at its \(limit)"))
        case "terminated": return AgentEnding(usage, failure: AgentFailure(.interrupted, ""))
        default: return AgentEnding(usage, failure: AgentFailure.read(status: nil, words))
        }
    }

    private func usage(_ export: JSONObject) -> [AgentAction] {
        let usage = export["usage"]
        let tokens = CodexItems.tokens(
            input: usage?["input_tokens"], cached: usage?["cached_input_tokens"], cacheWrite: nil,
            output: usage?["output_tokens"])
        guard tokens != .zero else { return [] }
        let cost = AgentText.money(export["cost_usd"]).flatMap { $0 == .zero ? nil : $0 }
        let id =
            "vibe:\(session.name ?? ""):\(export["started_at"]?.stringValue ?? request.launch.newSession)"
        let model = ModelName.openAI(request.launch.model) ?? "vibe"
        return [.report(.usage(Usage(id: id, model: model, tokens: tokens, cost: cost)))]
    }
}
