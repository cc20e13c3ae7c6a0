import CoordJSON
package import CoordModel

/// Aider for one message: text only, and always exit status 0; what it used is in its analytics log.
package struct AiderDialogue: ComplainingDialogue {
    /// The one session a task has: the history file in the task's own folder.
    private static let session = "chat-history"

    private let request: AgentRequest
    private var failure: AgentFailure?
    private var hasAnswered = false
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) { self.request = request }

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        let home = launch.home ?? request.worktree + "/.aider"
        var arguments = [
            "--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings",
            "--no-pretty", "--no-stream", "--no-gitignore", "--no-show-release-notes",
            "--no-suggest-shell-commands", "--no-auto-commits", "--no-dirty-commits",
            "--analytics-log", home + "/analytics.jsonl", "--chat-history-file", home + "/history.md",
            "--input-history-file", home + "/input",
        ]
        if launch.session != nil { arguments.append("--restore-chat-history") }
        if let model = ModelName.liteLLM(request) { arguments += ["--model", model] }
        var environment = OwnHome.environment(launch)
        environment["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        if let route = OpenAIRoute(request) {
            environment["OPENAI_API_KEY"] = route.key
            environment["OPENAI_API_BASE"] = route.address
        }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["--message", request.promptArgument]),
            environment: environment, folders: OwnHome.folders(launch),
            results: ["analytics": "analytics.jsonl"])
    }

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        var actions: [AgentAction] = [.say(text)]
        if text.hasPrefix("litellm.") {
            failure = AgentFailure.read(status: nil, text)
            if failure?.kind == .other, text.contains("Authentication") {
                failure?.kind = .authentication
            }
        } else if text.hasPrefix("Tokens: ") {
            // An answer came: what failed before was tried again.
            failure = nil
            if !hasAnswered, request.launch.session == nil {
                actions.append(.report(.session(Self.session)))
            }
            hasAnswered = true
            actions += AgentText.context(
                TokenCounts(input: Self.tokensSent(text)), window: request.launch.contextWindow)
        } else if text.hasPrefix("Applied edit to ") {
            let file = String(text.dropFirst(16))
            actions += [
                AgentText.toolStarted("edit", id: file, file),
                AgentText.toolEnded("edit", id: file, succeeded: true),
            ]
        } else if failure != nil, failure?.kind == .other {
            // The reason goes on in the next line.
            failure = AgentFailure.read(status: nil, (failure?.reason ?? "") + " " + text)
        }
        return actions
    }

    /// As in `Tokens: 6.2k sent, 40 received.`: rounded, for that is all there is.
    private static func tokensSent(_ line: String) -> Int64 {
        let word = line.dropFirst("Tokens: ".count).prefix { $0 != " " }
        let unit: Double = word.hasSuffix("k") ? 1000 : word.hasSuffix("M") ? 1_000_000 : 1
        guard let number = Double(unit == 1 ? word : word.dropLast()), number >= 0, number < 1e9 else {
            return 0
        }
        return Int64((number * unit).rounded())
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        let usage = usage(files["analytics"] ?? [])
        if let failure { return AgentEnding(usage, failure: failure) }
        guard exit == .exited(status: 0), hasAnswered else {
            return AgentEnding(usage, failure: complaint.failure(exit))
        }
        return AgentEnding(usage)
    }

    /// The log goes on over the attempts of a task: a call is named by its time.
    private func usage(_ log: [UInt8]) -> [AgentAction] {
        var number = 0
        return log.split(separator: 0x0A).compactMap { line in
            guard let event = AgentText.object(line[...]), event["event"]?.stringValue == "message_send"
            else {
                return nil
            }
            number += 1
            let properties = event["properties"]
            let tokens = TokenCounts(
                input: AgentText.tokens(properties?["prompt_tokens"]),
                output: AgentText.tokens(properties?["completion_tokens"]))
            let id = "aider:\(request.launch.home ?? ""):\(number):\(event["time"]?.integerValue ?? 0)"
            let cost = AgentText.money(properties?["cost"]).flatMap { $0 == .zero ? nil : $0 }
            let model = ModelName.liteLLM(request) ?? "aider"
            return .report(.usage(Usage(id: id, model: model, tokens: tokens, cost: cost)))
        }
    }
}
