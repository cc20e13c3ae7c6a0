import CoordJSON
package import CoordModel

/// Kimi CLI for one prompt: chat messages as JSON lines; errors as plain text; what it used in a file of the
/// session, whose name is chosen beforehand.
package struct KimiDialogue: AgentDialogue {
    private let request: AgentRequest
    private var session: KnownSession
    private var tools: [String: String] = [:]
    private var hasSpoken = false
    private var plain = ""
    private var complaint = Complaint()

    package init(_ request: AgentRequest) {
        self.request = request
        session = KnownSession(request.launch.session)
    }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        var arguments = ["--print", "--output-format", "stream-json"]
        var files: [String: String] = [:]
        if let home = launch.home, let config = config(request) {
            files["kimi.json"] = config
            arguments += ["--config-file", home + "/kimi.json"]
        }
        if !launch.mcpServers.isEmpty {
            if let home = launch.home {
                // Arguments are everybody's to see; the file is its owner's.
                files["servers.json"] = MCPConfig.settings(launch.mcpServers)
                arguments += ["--mcp-config-file", home + "/servers.json"]
            } else {
                let servers: JSONValue = ["mcpServers": MCPConfig.map(launch.mcpServers)]
                arguments += ["--mcp-config", servers.text]
            }
        }
        // A name that it does not know in this folder begins a session of that name: one that moved to
        // another worker's folder is begun anew.
        let session = launch.session ?? launch.newSession
        if !session.isEmpty { arguments += ["--session", session] }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["-p", request.promptArgument]),
            environment: OwnHome.environment(launch), files: files, folders: OwnHome.folders(launch),
            results: ["wire": "home/.kimi/sessions/*/wire.jsonl"])
    }

    /// Nil: neither a key nor an address is known, so its own settings count.
    private static func config(_ request: AgentRequest) -> String? {
        let provider: JSONValue
        let model: String
        if let route = OpenAIRoute(request) {
            provider = [
                "type": "openai_legacy", "base_url": .string(route.address), "api_key": .string(route.key),
            ]
            model = ModelName.openAI(request.launch.model) ?? "default"
        } else if let key = request.environment["KIMI_API_KEY"]
            ?? request.environment["MOONSHOT_API_KEY"]
        {
            let address = request.environment["KIMI_BASE_URL"] ?? "https://api.moonshot.ai/v1"
            provider = ["type": "kimi", "base_url": .string(address), "api_key": .string(key)]
            model = ModelName.exact(request.launch.model) ?? "kimi-k3"
        } else {
            return nil
        }
        let config: JSONValue = [
            "default_model": "m",
            "models": ["m": ["provider": "p", "model": .string(model), "max_context_size": 200_000]],
            "providers": ["p": provider],
        ]
        return config.text
    }

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        guard let object = AgentText.object(line) else {
            // An error stands in plain text, and over several lines.
            let text = String(decoding: line, as: UTF8.self)
            if plain.utf8.count < 4096 { plain += text }
            return [.say(text)]
        }
        switch object["role"]?.stringValue {
        case "assistant": return spoke(object)
        case "tool":
            guard let id = object["tool_call_id"]?.stringValue, let name = tools.removeValue(forKey: id)
            else {
                return []
            }
            let words =
                object["content"]?.stringValue ?? object["content"]?.arrayValue?.first?["text"]?.stringValue
            let failed = words?.contains("<system>ERROR") ?? false
            return [AgentText.toolEnded(name, id: id, succeeded: !failed)]
        case "meta": return meta(object)
        default: return []
        }
    }

    private mutating func spoke(_ object: JSONObject) -> [AgentAction] {
        hasSpoken = true
        plain = ""
        var text = object["content"]?.stringValue ?? ""
        for block in object["content"]?.arrayValue ?? [] { text += block["text"]?.stringValue ?? "" }
        var actions = session.hear(session.name ?? request.launch.newSession) + AgentText.said(text)
        for call in object["tool_calls"]?.arrayValue ?? [] {
            let name = call["function"]?["name"]?.stringValue ?? "tool"
            let id = call["id"]?.stringValue ?? ""
            tools[id] = name
            let input = AgentText.object(
                Array((call["function"]?["arguments"]?.stringValue ?? "").utf8)[...])
            actions.append(
                AgentText.toolStarted(name, id: id, AgentText.summary(of: input.map { .object($0) })))
        }
        return actions
    }

    private mutating func meta(_ object: JSONObject) -> [AgentAction] {
        switch object["type"]?.stringValue {
        case "session.resume_hint": return session.hear(object["session_id"]?.stringValue)
        case "turn.step.retrying":
            let wait = object["delay_ms"]?.integerValue.map {
                Duration.milliseconds(min(max($0, 0), 86_400_000))
            }
            let status = object["status_code"]?.integerValue
            guard status == 429 || status == 529 else { return [] }
            return [.report(.rateLimited(retryAfter: wait))]
        default: return []
        }
    }

    package mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        let hint = "To resume this session: kimi -r "
        guard text.hasPrefix(hint) else {
            complaint.hear(text)
            return [.say(text)]
        }
        return session.hear(String(text.dropFirst(hint.count).prefix { !$0.isWhitespace }))
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        let usage = Self.usage(
            files["wire"] ?? [], model: ModelName.openAI(request.launch.model) ?? "kimi")
        if plain.hasPrefix("Max number of steps") {
            return AgentEnding(usage, failure: AgentFailure(.limit, AgentFailure.sentence(plain)))
        }
        if exit == .exited(status: 0), hasSpoken { return AgentEnding(usage) }
        var failure = plain.isEmpty ? complaint.failure(exit) : AgentFailure.read(status: nil, plain)
        if exit == .exited(status: 75) { failure.kind = .rateLimit }
        return AgentEnding(usage, failure: failure)
    }

    /// Each call has an id of its own, so what earlier runs of the session told counts once.
    private static func usage(_ wire: [UInt8], model: String) -> [AgentAction] {
        wire.split(separator: 0x0A).compactMap { line in
            guard let message = AgentText.object(line[...])?["message"],
                message["type"]?.stringValue == "StatusUpdate",
                let usage = message["payload"]?["token_usage"], !usage.isNull,
                let id = message["payload"]?["message_id"]?.stringValue
            else { return nil }
            let tokens = TokenCounts(
                input: AgentText.tokens(usage["input_other"]), output: AgentText.tokens(usage["output"]),
                cacheRead: AgentText.tokens(usage["input_cache_read"]),
                cacheWrite: AgentText.tokens(usage["input_cache_creation"]))
            return .report(.usage(Usage(id: "kimi:" + id, model: model, tokens: tokens)))
        }
    }
}
