package import CoordJSON
package import CoordModel

/// Gemini CLI for one prompt: JSON lines on standard output. Its result counts this run alone.
package struct GeminiDialogue: JSONLineDialogue {
    private let request: AgentRequest
    private var session: KnownSession
    private var model = "unknown"
    private var tools: [String: String] = [:]
    private var words = ChunkedWords()
    private var isComplete = false
    private var failure: AgentFailure?
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) {
        self.request = request
        session = KnownSession(request.launch.session)
    }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        let policy = launch.permissions
        let mayWrite = policy.objection(to: .write) == nil
        let mode = !mayWrite ? "default" : policy.objection(to: .execute) == nil ? "yolo" : "auto_edit"
        var arguments = ["-o", "stream-json", "--approval-mode=" + mode, "--skip-trust"]
        if let model = ModelName.exact(launch.model) { arguments += ["--model=" + model] }
        if let session = launch.session {
            arguments += ["--resume=" + session]
        } else if !launch.newSession.isEmpty {
            arguments += ["--session-id=" + launch.newSession]
        }
        var environment = OwnHome.environment(launch)
        if let gateway = launch.gateway, let url = gateway.gemini {
            environment["GOOGLE_GEMINI_BASE_URL"] = url
            environment["GEMINI_API_KEY"] = gateway.key
        }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["--prompt=" + request.promptArgument]),
            environment: environment,
            files: launch.home == nil ? [:] : ["home/.gemini/settings.json": settings(launch)],
            folders: OwnHome.folders(launch))
    }

    private static func settings(_ launch: AgentLaunch) -> String {
        let settings: JSONValue = [
            "general": ["enableAutoUpdate": false], "privacy": ["usageStatisticsEnabled": false],
            "security": ["auth": ["selectedType": "gemini-api-key"]],
            "context": ["fileName": ["AGENTS.md", "GEMINI.md"]],
            "mcpServers": MCPConfig.map(launch.mcpServers),
        ]
        return settings.prettyText
    }

    package mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction] {
        switch object["type"]?.stringValue {
        case "init":
            model = object["model"]?.stringValue ?? model
            return session.hear(object["session_id"]?.stringValue)
        case "message":
            guard object["role"]?.stringValue == "assistant" else { return [] }
            return words.add(object["content"]?.stringValue ?? "", of: "")
        case "tool_use":
            let id = object["tool_id"]?.stringValue ?? ""
            let name = object["tool_name"]?.stringValue ?? "tool"
            tools[id] = name
            return words.flush() + [
                AgentText.toolStarted(name, id: id, AgentText.summary(of: object["parameters"]))
            ]
        case "tool_result":
            guard let id = object["tool_id"]?.stringValue, let name = tools.removeValue(forKey: id) else {
                return []
            }
            return [
                AgentText.toolEnded(
                    name, id: id, succeeded: object["status"]?.stringValue == "success",
                    object["error"]?["message"]?.stringValue ?? "")
            ]
        case "error":
            let words = object["message"]?.stringValue ?? ""
            if object["severity"]?.stringValue == "error" {
                failure = AgentFailure.read(status: nil, words)
            }
            return [AgentText.progress(words)]
        case "result": return finish(object)
        default: return []
        }
    }

    private mutating func finish(_ object: JSONObject) -> [AgentAction] {
        isComplete = object["status"]?.stringValue == "success"
        if isComplete { failure = nil }
        if let error = object["error"] {
            let words = "\(error["type"]?.stringValue ?? "") \(error["message"]?.stringValue ?? "")"
            failure = AgentFailure.read(status: nil, words)
        }
        let models = object["stats"]?["models"]?.objectValue
        let counted = models.map { Array($0.members) } ?? object["stats"].map { [(model, $0)] } ?? []
        return words.flush()
            + counted.compactMap { model, stats in
                let tokens = CodexItems.tokens(
                    input: stats["input_tokens"], cached: stats["cached"], cacheWrite: nil,
                    output: stats["output_tokens"])
                guard tokens != .zero else { return nil }
                let id = "gemini:\(request.launch.newSession):\(model)"
                return .report(.usage(Usage(id: id, model: model, tokens: tokens)))
            }
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        let rest = words.flush()
        if isComplete, failure == nil, exit == .exited(status: 0) { return AgentEnding(rest) }
        let found = failure ?? complaint.failure(exit)
        let kind: AgentFailure.Kind? =
            switch exit {
            case .exited(41): .authentication
            case .exited(42), .exited(44), .exited(52), .exited(55): .setup
            case .exited(53): .limit
            case .exited(130): .interrupted
            default: nil
            }
        return AgentEnding(rest, failure: kind.map { AgentFailure($0, found.reason) } ?? found)
    }
}
