import CoordJSON
package import CoordModel

/// mini-swe-agent for one task: text for people, and a trajectory at the end with every call and how it
/// ended.
package struct MiniDialogue: ComplainingDialogue {
    private let request: AgentRequest
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) { self.request = request }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        let home = launch.home ?? "/nowhere"
        var arguments = ["-y", "--exit-immediately", "-l", "0", "-o", home + "/trajectory.json"]
        if let model = ModelName.liteLLM(request) { arguments += ["-m", model] }
        var environment = OwnHome.environment(launch)
        environment["MSWEA_CONFIGURED"] = "1"
        environment["MSWEA_GLOBAL_CONFIG_DIR"] = home + "/home/mini"
        environment["MSWEA_COST_TRACKING"] = "ignore_errors"
        environment["MSWEA_SILENT_STARTUP"] = "1"
        environment["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        if let route = OpenAIRoute(request) {
            environment["OPENAI_API_KEY"] = route.key
            environment["OPENAI_API_BASE"] = route.address
        }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["-t", request.promptArgument]),
            environment: environment, folders: OwnHome.folders(launch) + ["home/mini"],
            results: ["trajectory": "trajectory.json"])
    }

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        [.say(String(decoding: line, as: UTF8.self))]
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        guard let bytes = files["trajectory"], let trajectory = AgentText.object(bytes[...]) else {
            return AgentEnding(failure: complaint.failure(exit))
        }
        let messages = trajectory["messages"]?.arrayValue ?? []
        var actions = messages.flatMap { said($0) }
        // The calls are told together at the end, so each is named by the provider's own id.
        actions += messages.compactMap { usage($0) }
        let info = trajectory["info"]
        let last = messages.last { $0["role"]?.stringValue == "exit" }
        let words = last?["content"]?.stringValue ?? ""
        switch info?["exit_status"]?.stringValue {
        case "Submitted": return AgentEnding(actions)
        case "LimitsExceeded":
            return AgentEnding(actions, failure: AgentFailure(.limit, "it stopped at a limit"))
        case "RateLimitError":
            return AgentEnding(actions, failure: AgentFailure(.rateLimit, AgentFailure.sentence(words)))
        case "AuthenticationError":
            return AgentEnding(
                actions, failure: AgentFailure(.authentication, AgentFailure.sentence(words)))
        case let status:
            return AgentEnding(
                actions, failure: AgentFailure.read(status: nil, words.isEmpty ? status ?? "" : words))
        }
    }

    private func said(_ message: JSONValue) -> [AgentAction] {
        guard message["role"]?.stringValue == "assistant" else { return [] }
        // Its words were shown while it worked; what is in them counts.
        let words = AgentText.said(message["content"]?.stringValue ?? "").filter {
            if case .say = $0 { false } else { true }
        }
        let calls = (message["extra"]?["actions"]?.arrayValue ?? []).flatMap {
            action -> [AgentAction] in
            let id = action["tool_call_id"]?.stringValue ?? ""
            return [
                AgentText.toolStarted("bash", id: id, action["command"]?.stringValue ?? ""),
                AgentText.toolEnded("bash", id: id, succeeded: true),
            ]
        }
        return words + calls
    }

    private func usage(_ message: JSONValue) -> AgentAction? {
        guard let response = message["extra"]?["response"], let usage = response["usage"] else {
            return nil
        }
        let tokens = CodexItems.tokens(
            input: usage["prompt_tokens"], cached: usage["prompt_tokens_details"]?["cached_tokens"],
            cacheWrite: nil, output: usage["completion_tokens"])
        guard tokens != .zero else { return nil }
        let id = response["id"]?.stringValue ?? request.launch.newSession
        let model = response["model"]?.stringValue ?? ModelName.liteLLM(request) ?? "mini"
        let cost = AgentText.money(message["extra"]?["cost"]).flatMap { $0 == .zero ? nil : $0 }
        return .report(.usage(Usage(id: "mini:" + id, model: model, tokens: tokens, cost: cost)))
    }
}
