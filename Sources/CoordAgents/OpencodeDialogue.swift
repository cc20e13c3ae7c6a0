package import CoordJSON
package import CoordModel

/// opencode for one prompt: JSON lines on standard output. Each step tells what it used.
package struct OpencodeDialogue: JSONLineDialogue {
    private let request: AgentRequest
    private var session: KnownSession
    private var steps = 0
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
        var arguments = ["run", "--format", "json", "--dir", request.worktree]
        if let model = ModelName.exact(launch.model) { arguments += ["--model", model] }
        if let session = launch.session { arguments += ["--session", session] }
        var environment = OwnHome.environment(launch)
        environment["OPENCODE_CONFIG_CONTENT"] = config(request)
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["--", request.promptArgument]),
            environment: environment, folders: OwnHome.folders(launch))
    }

    private static func config(_ request: AgentRequest) -> String {
        let policy = request.launch.permissions
        func word(_ use: ToolUse) -> JSONValue { policy.objection(to: use) == nil ? "allow" : "deny" }
        var members: [(String, JSONValue)] = [
            ("autoupdate", false), ("share", "disabled"),
            ("permission", ["edit": word(.write), "bash": word(.execute), "webfetch": word(.fetch)]),
        ]
        let servers = request.launch.mcpServers.map { server -> (String, JSONValue) in
            let environment = server.environment.sorted { $0.key < $1.key }.map {
                ($0.key, JSONValue.string($0.value))
            }
            return (
                server.name,
                [
                    "type": "local", "enabled": true,
                    "command": .array(([server.command] + server.arguments).map { .string($0) }),
                    "environment": .object(JSONObject(environment)),
                ]
            )
        }
        if !servers.isEmpty { members.append(("mcp", .object(JSONObject(servers)))) }
        var providers: [(String, JSONValue)] = []
        if let gateway = request.launch.gateway {
            let shapes = [
                ("anthropic", gateway.anthropic.map { $0 + "/v1" }), ("openai", gateway.openAI),
                ("google", gateway.gemini.map { $0 + "/v1beta" }),
            ]
            for (name, url) in shapes {
                guard let url else { continue }
                providers.append(
                    (name, ["options": ["baseURL": .string(url), "apiKey": .string(gateway.key)]]))
            }
        }
        if !providers.isEmpty { members.append(("provider", .object(JSONObject(providers)))) }
        return JSONValue.object(JSONObject(members)).text
    }

    package mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction] {
        var actions = session.hear(object["sessionID"]?.stringValue)
        let part = object["part"]
        switch object["type"]?.stringValue {
        case "text": actions += AgentText.said(part?["text"]?.stringValue ?? "")
        case "tool_use":
            let name = part?["tool"]?.stringValue ?? "tool"
            let id = part?["callID"]?.stringValue ?? ""
            let state = part?["state"]
            let succeeded = state?["status"]?.stringValue == "completed"
            // It tells of a tool when that has ended.
            actions += [
                AgentText.toolStarted(name, id: id, AgentText.summary(of: state?["input"])),
                AgentText.toolEnded(
                    name, id: id, succeeded: succeeded, state?["error"]?.stringValue ?? ""),
            ]
        case "step_finish":
            isComplete = true
            failure = nil
            actions += usage(part)
        case "error":
            let error = object["error"]
            let words = error?["data"]?["message"]?.stringValue ?? error?["name"]?.stringValue ?? ""
            failure = AgentFailure.read(status: error?["data"]?["statusCode"]?.integerValue, words)
        default: break
        }
        return actions
    }

    private mutating func usage(_ part: JSONValue?) -> [AgentAction] {
        steps += 1
        let tokens = part?["tokens"]
        let counts = TokenCounts(
            input: AgentText.tokens(tokens?["input"]),
            output: AgentText.tokens(tokens?["output"]) + AgentText.tokens(tokens?["reasoning"]),
            cacheRead: AgentText.tokens(tokens?["cache"]?["read"]),
            cacheWrite: AgentText.tokens(tokens?["cache"]?["write"]))
        let id = part?["id"]?.stringValue ?? "\(request.launch.newSession):\(steps)"
        let model = ModelName.exact(request.launch.model) ?? "opencode"
        return [
            .report(
                .usage(
                    Usage(
                        id: "opencode:" + id, model: model, tokens: counts,
                        cost: AgentText.money(part?["cost"]))))
        ] + AgentText.context(counts, window: request.launch.contextWindow)
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        if isComplete, failure == nil, exit == .exited(status: 0) { return AgentEnding() }
        return AgentEnding(failure: failure ?? complaint.failure(exit))
    }
}
