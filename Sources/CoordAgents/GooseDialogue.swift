package import CoordJSON
package import CoordModel

/// Goose for one prompt: JSON lines on standard output. It names its session itself; the last line counts.
package struct GooseDialogue: JSONLineDialogue {
    private let request: AgentRequest
    private let session: String
    private var tools: [String: String] = [:]
    private var isKnown: Bool
    private var isComplete = false
    private var failure: AgentFailure?
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) {
        self.request = request
        session = request.launch.session ?? request.launch.newSession
        isKnown = request.launch.session != nil
    }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        var arguments = ["run", "--output-format", "stream-json", "--quiet"]
        arguments += ["-n", launch.session ?? launch.newSession]
        if launch.session != nil { arguments.append("--resume") }
        for server in launch.mcpServers {
            let environment = server.environment.sorted { $0.key < $1.key }.map {
                "\($0.key)=\($0.value)"
            }
            let words = environment + [server.command] + server.arguments
            arguments += ["--with-extension", words.joined(separator: " ")]
        }
        if !launch.systemPrompt.isEmpty { arguments += ["--system", launch.systemPrompt] }
        var environment = OwnHome.environment(launch)
        let policy = launch.permissions
        let mayAll = [ToolUse.write, .execute].allSatisfy { policy.objection(to: $0) == nil }
        // Nobody is there to approve: a role with less than all of it only talks.
        environment["GOOSE_MODE"] = mayAll ? "auto" : "chat"
        environment["GOOSE_DISABLE_KEYRING"] = "1"
        if let model = ModelName.exact(launch.model) { environment["GOOSE_MODEL"] = model }
        if let gateway = launch.gateway {
            environment["ANTHROPIC_HOST"] = gateway.anthropic
            environment["ANTHROPIC_API_KEY"] = gateway.key
            environment["OPENAI_API_KEY"] = gateway.key
            if let url = gateway.openAI {
                environment["OPENAI_HOST"] = url.hasSuffix("/v1") ? String(url.dropLast(3)) : url
            }
        }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["-t", request.promptArgument]),
            environment: environment, folders: OwnHome.folders(launch))
    }

    package mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction] {
        switch object["type"]?.stringValue {
        case "message":
            defer { isKnown = true }
            return (isKnown ? [] : [.report(.session(session))]) + message(object["message"])
        case "error":
            failure = AgentFailure.read(status: nil, object["error"]?.stringValue ?? "")
            return []
        case "complete":
            isComplete = true
            return usage(object)
        default: return []
        }
    }

    private mutating func message(_ message: JSONValue?) -> [AgentAction] {
        var actions: [AgentAction] = []
        for block in message?["content"]?.arrayValue ?? [] {
            let id = block["id"]?.stringValue ?? ""
            switch block["type"]?.stringValue {
            case "text" where message?["role"]?.stringValue == "assistant":
                actions += AgentText.said(block["text"]?.stringValue ?? "")
            case "toolRequest":
                let call = block["toolCall"]?["value"]
                let name = call?["name"]?.stringValue ?? "tool"
                tools[id] = name
                actions.append(
                    AgentText.toolStarted(name, id: id, AgentText.summary(of: call?["arguments"])))
            case "toolResponse":
                guard let name = tools.removeValue(forKey: id) else { continue }
                let result = block["toolResult"]
                let succeeded =
                    result?["status"]?.stringValue == "success"
                    && !(result?["value"]?["isError"]?.boolValue ?? false)
                actions.append(AgentText.toolEnded(name, id: id, succeeded: succeeded))
            default: continue
            }
        }
        return actions
    }

    private func usage(_ object: JSONObject) -> [AgentAction] {
        var tokens = TokenCounts(
            input: AgentText.tokens(object["input_tokens"]),
            output: AgentText.tokens(object["output_tokens"]))
        // Older ones know a sum only; it is nearly all input.
        if tokens == .zero { tokens.input = AgentText.tokens(object["total_tokens"]) }
        guard tokens != .zero else { return [] }
        let model = ModelName.exact(request.launch.model) ?? "goose"
        return [
            .report(.usage(Usage(id: "goose:" + request.launch.newSession, model: model, tokens: tokens)))
        ]
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        if let failure { return AgentEnding(failure: failure) }
        if isComplete, exit == .exited(status: 0) { return AgentEnding() }
        return AgentEnding(failure: complaint.failure(exit))
    }
}
