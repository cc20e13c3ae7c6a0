import CoordJSON
package import CoordModel

/// Claude Code's JSON lines, and the clients that took over their shapes (Qwen Code).
///
/// Accounting: each call is reported when its message ends, by the provider's message id, without its money;
/// at every result, what the client counted beyond that (its side calls, subagents, compaction) and all of
/// the money are reported for each model. So a client that is killed has reported all but its last call, and
/// nothing counts twice.
package struct ClaudeDialogue: ComplainingDialogue {
    private let request: AgentRequest
    /// Whether it hears what is sent; else it was given its prompt as an argument.
    private let isSpokenTo: Bool
    private var session: KnownSession
    private var model = "unknown"
    private var tools: [String: String] = [:]
    private var accounts: ClaudeAccounts
    /// How the last result was; nil before the first.
    private var result: ClaudeResult?
    /// What the last synthetic message said of the provider's answer.
    private var apiFailure: AgentFailure?
    /// What was heard on standard error.
    package var complaint = Complaint()
    private var isInterrupted = false
    private var nextRequest = 1

    package init(_ request: AgentRequest, isSpokenTo: Bool = true) {
        self.request = request
        self.isSpokenTo = isSpokenTo
        accounts = ClaudeAccounts(name: request.launch.driver, window: request.launch.contextWindow)
        session = KnownSession(request.launch.session)
    }

    package mutating func begin() -> [AgentAction] { isSpokenTo ? [user(request.prompt)] : [] }

    private func user(_ text: String) -> AgentAction {
        let line: JSONValue = [
            "type": "user",
            "message": ["role": "user", "content": [["type": "text", "text": .string(text)]]],
            "parent_tool_use_id": nil, "session_id": "",
        ]
        return .send(line.serialized())
    }

    package mutating func steer(_ text: String) -> [AgentAction]? { isSpokenTo ? [user(text)] : nil }

    package mutating func interrupt() -> [AgentAction]? {
        isInterrupted = true
        guard isSpokenTo else { return nil }
        let id = "coord-\(nextRequest)"
        nextRequest += 1
        let line: JSONValue = [
            "type": "control_request", "request_id": .string(id), "request": ["subtype": "interrupt"],
        ]
        return [.send(line.serialized())]
    }

    // MARK: Listening

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        // Nine lines of ten are pieces of text that come again as a whole.
        if ClaudeAccounts.isPiece(line) { return [] }
        guard let object = AgentText.object(line) else {
            return [.say(String(decoding: line, as: UTF8.self))]
        }
        switch object["type"]?.stringValue {
        case "stream_event": return accounts.hear(object)
        case "system": return system(object)
        case "assistant": return assistant(object)
        case "user": return toolResults(object)
        case "result": return finish(object)
        case "control_request": return answer(object)
        case "rate_limit_event": return rateLimit(object["rate_limit_info"], at: now)
        default: return []
        }
    }

    private mutating func system(_ object: JSONObject) -> [AgentAction] {
        switch object["subtype"]?.stringValue {
        case "init", "session_start":
            model = object["model"]?.stringValue ?? model
            return session.hear(object["session_id"]?.stringValue) + untried(object)
        case "api_retry": return retry(object)
        case "compact_boundary": return [AgentText.progress("the conversation was compacted")]
        case "model_fallback", "informational":
            return [AgentText.progress(object["content"]?.stringValue ?? "another model took over")]
        case "permission_denied":
            let tool = object["tool_name"]?.stringValue ?? "a tool"
            return [AgentText.progress("was not allowed to use \(tool)")]
        default: return []
        }
    }

    /// Told once a session of a version that nobody tried: what comes of it may be read wrongly.
    private func untried(_ object: JSONObject) -> [AgentAction] {
        guard let version = object["claude_code_version"]?.stringValue,
            let profile = ClientProfile.named("claude"), profile.isTried(version) == false
        else { return [] }
        let known = profile.tried ?? ""
        return [AgentText.progress("Claude Code \(version) was not tried with coord; \(known) was")]
    }

    private func retry(_ object: JSONObject) -> [AgentAction] {
        let status = object["error_status"]?.integerValue
        let failure = AgentFailure.read(status: status, object["error"]?.stringValue ?? "")
        let attempt = object["attempt"]?.integerValue ?? 1
        let text =
            "the provider did not answer (\(status.map { "\($0)" } ?? "no status")), try \(attempt)"
        guard failure.kind == .rateLimit || failure.kind == .overload else {
            return [AgentText.progress(text)]
        }
        let wait = object["retry_delay_ms"]?.integerValue.map {
            Duration.milliseconds(min(max($0, 0), 86_400_000))
        }
        return [AgentText.progress(text), .report(.rateLimited(retryAfter: wait))]
    }

    private func rateLimit(_ info: JSONValue?, at now: Timestamp) -> [AgentAction] {
        guard info?["status"]?.stringValue == "rejected" else { return [] }
        let wait = info?["resetsAt"]?.integerValue.map { Timestamp(milliseconds: $0 * 1000) - now }
        return [.report(.rateLimited(retryAfter: wait.map { max($0, .zero) }))]
    }

    private mutating func assistant(_ object: JSONObject) -> [AgentAction] {
        let message = object["message"]
        var actions: [AgentAction] = []
        for block in message?["content"]?.arrayValue ?? [] {
            switch block["type"]?.stringValue {
            case "text": actions += AgentText.said(block["text"]?.stringValue ?? "")
            case "tool_use":
                let name = block["name"]?.stringValue ?? "tool"
                let id = block["id"]?.stringValue ?? ""
                tools[id] = name
                actions.append(
                    AgentText.toolStarted(name, id: id, AgentText.summary(of: block["input"])))
            default: break
            }
        }
        if let error = object["error"]?.stringValue {
            let words = message?["content"]?.arrayValue?.first?["text"]?.stringValue ?? error
            apiFailure = ClaudeResult.failure(
                error, status: object["api_error_status"]?.integerValue, words)
        } else {
            apiFailure = nil
        }
        return actions
    }

    private mutating func toolResults(_ object: JSONObject) -> [AgentAction] {
        (object["message"]?["content"]?.arrayValue ?? []).compactMap { block in
            guard block["type"]?.stringValue == "tool_result", let id = block["tool_use_id"]?.stringValue,
                let name = tools.removeValue(forKey: id)
            else { return nil }
            let failed = block["is_error"]?.boolValue ?? false
            return AgentText.toolEnded(
                name, id: id, succeeded: !failed, failed ? block["content"]?.stringValue ?? "" : "")
        }
    }

    private mutating func finish(_ object: JSONObject) -> [AgentAction] {
        result = ClaudeResult(object, apiFailure)
        // What is not asked for any more ends the program; what it still has to do, it does before that.
        return accounts.settle(object, model: model) + (isSpokenTo ? [.closeInput] : [])
    }

    // MARK: Questions

    private func answer(_ object: JSONObject) -> [AgentAction] {
        guard let id = object["request_id"]?.stringValue, let question = object["request"] else {
            return []
        }
        guard question["subtype"]?.stringValue == "can_use_tool" else {
            let kind = question["subtype"]?.stringValue ?? ""
            return [
                reply(["subtype": "error", "request_id": .string(id), "error": .string("no \(kind) here")])
            ]
        }
        let name = question["tool_name"]?.stringValue ?? ""
        let input = question["input"] ?? .object(JSONObject())
        let objection = request.launch.permissions.objection(to: Self.use(of: name))
        let verdict: JSONValue =
            objection.map { ["behavior": "deny", "message": .string($0), "interrupt": false] }
            ?? ["behavior": "allow", "updatedInput": input]
        let sent = reply(["subtype": "success", "request_id": .string(id), "response": verdict])
        guard objection != nil else { return [sent] }
        return [
            sent, AgentText.progress("was not allowed to use \(name): \(AgentText.summary(of: input))"),
        ]
    }

    private func reply(_ response: JSONValue) -> AgentAction {
        .send(
            JSONValue.object(JSONObject([("type", "control_response"), ("response", response)]))
                .serialized())
    }

    static func use(of tool: String) -> ToolUse {
        switch tool {
        case "Read", "Grep", "Glob", "LS", "NotebookRead", "TodoWrite", "TodoRead", "Task", "Agent",
            "Skill",
            "ToolSearch", "BashOutput", "TaskOutput", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet",
            "ExitPlanMode", "EnterPlanMode", "KillShell", "TaskStop", "Monitor":
            .read
        case "Write", "Edit", "MultiEdit", "NotebookEdit": .write
        case "Bash": .execute
        case "WebFetch", "WebSearch": .fetch
        case "AskUserQuestion": .askPerson
        case let name where name.hasPrefix("mcp__"): .served
        default: .other(tool)
        }
    }

    // MARK: The end

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        let rest = accounts.rest()
        if isInterrupted { return AgentEnding(rest, failure: AgentFailure(.interrupted, "")) }
        if let result {
            if let failure = result.failure { return AgentEnding(rest, failure: failure) }
            guard exit == .exited(status: 0) else {
                return AgentEnding(
                    rest, failure: AgentFailure(.other, "it said it was done and ended with \(exit)"))
            }
            return AgentEnding(rest)
        }
        if let apiFailure { return AgentEnding(rest, failure: apiFailure) }
        return AgentEnding(rest, failure: complaint.failure(exit))
    }
}
