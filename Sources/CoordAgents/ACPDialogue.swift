import CoordJSON
package import CoordModel
package import CoordWire

/// The client's side of the Agent Client Protocol, version 1: one session, one prompt.
///
/// Accounting: agents tell totals of the session; what is above the last total is told, named by the total. A
/// session that is loaded begins with what was counted of it.
package struct ACPDialogue: ComplainingDialogue {
    private enum Step: Int64 {
        case initialize = 1
        case session, prompt
    }

    /// The version of the protocol that is spoken.
    private static let version: Int64 = 1

    private let request: AgentRequest
    private var session: String?
    private var isPrompting = false
    private var tools: [String: Tool] = [:]
    private var words = ChunkedWords()
    private var ledger: SessionLedger
    /// What was heard on standard error.
    package var complaint = Complaint()
    private var stopReason: String?
    private var failure: AgentFailure?
    private var isInterrupted = false
    private var model = "unknown"
    /// What was last told of its context.
    private var contextUsed: Int64 = 0

    /// A tool that runs.
    private struct Tool: Hashable {
        var title: String
        var kind: String
    }

    package init(_ request: AgentRequest) {
        self.request = request
        ledger = SessionLedger(counted: request.launch.counted)
        model = request.launch.model ?? "unknown"
    }

    /// The command is a line for the shell, given by a person: its settings are that person's, but for those
    /// that lead a client coord knows to the gateway.
    static func command(_ request: AgentRequest) -> AgentCommand {
        var command = AgentCommand(.shell(request.launch.program), readsInput: true)
        let words = request.launch.program.split(separator: " ").map { $0.split(separator: "/").last }
        if words.contains("vibe-acp"), request.launch.gateway != nil {
            // Its servers are named when the session is opened.
            VibeDialogue.settle(request, servers: [], in: &command)
        }
        return command
    }

    // MARK: Speaking

    package mutating func begin() -> [AgentAction] {
        [
            call(
                .initialize, "initialize",
                [
                    "protocolVersion": .integer(Self.version),
                    "clientCapabilities": [
                        "fs": ["readTextFile": true, "writeTextFile": true], "terminal": false,
                    ],
                    "clientInfo": ["name": "coord", "title": "coord", "version": "0.1"],
                ])
        ]
    }

    private func call(_ step: Step, _ method: String, _ parameters: JSONValue) -> AgentAction {
        .send(
            RPCMessage.request(id: .number(step.rawValue), method: method, params: parameters).encoded())
    }

    private func openSession(_ capabilities: JSONValue?) -> [AgentAction] {
        var parameters = JSONObject([("cwd", .string(request.worktree)), ("mcpServers", servers)])
        guard let known = request.launch.session else {
            return [call(.session, "session/new", .object(parameters))]
        }
        parameters["sessionId"] = .string(known)
        // Resuming says nothing again of what was said before.
        if capabilities?["sessionCapabilities"]?["resume"] != nil {
            return [call(.session, "session/resume", .object(parameters))]
        }
        if capabilities?["loadSession"]?.boolValue ?? false {
            return [call(.session, "session/load", .object(parameters))]
        }
        parameters["sessionId"] = nil
        return [call(.session, "session/new", .object(parameters))]
    }

    private var servers: JSONValue {
        .array(
            request.launch.mcpServers.map { server in
                let environment = server.environment.sorted { $0.key < $1.key }.map {
                    name, value -> JSONValue in
                    ["name": .string(name), "value": .string(value)]
                }
                return [
                    "name": .string(server.name), "command": .string(server.command),
                    "args": .array(server.arguments.map { .string($0) }), "env": .array(environment),
                ]
            })
    }

    private func prompt(_ session: String) -> AgentAction {
        let added = request.launch.systemPrompt
        let text =
            added.isEmpty || request.launch.session != nil
            ? request.prompt : added + "\n\n" + request.prompt
        return call(
            .prompt, "session/prompt",
            ["sessionId": .string(session), "prompt": [["type": "text", "text": .string(text)]]])
    }

    package mutating func interrupt() -> [AgentAction]? {
        isInterrupted = true
        guard let session, isPrompting else { return [.closeInput] }
        return [
            .send(
                RPCMessage.notification(
                    method: "session/cancel", params: ["sessionId": .string(session)]
                ).encoded())
        ]
    }

    // MARK: Listening

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        // What is no message is a notice of the agent's own: the transcript has it.
        guard let message = try? RPCMessage.decode(line) else {
            return [.say(String(decoding: line, as: UTF8.self))]
        }
        switch message {
        case .response(.number(let id), let result):
            guard let step = Step(rawValue: id) else { return [] }
            return answered(step, result)
        case .failure(.number(let id)?, let code, let words, let data):
            guard let step = Step(rawValue: id) else { return [] }
            return refused(step, code, words, data)
        case .request(let id, let method, let parameters): return answer(id, method, parameters)
        case .notification(let method, let parameters): return notified(method, parameters)
        case .response, .failure: return []
        }
    }

    private mutating func answered(_ step: Step, _ result: JSONValue) -> [AgentAction] {
        switch step {
        case .initialize:
            let version = result["protocolVersion"]?.integerValue ?? Self.version
            guard version == Self.version else {
                let words = "it speaks version \(version) of the Agent Client Protocol, and coord version"
                failure = AgentFailure(.setup, "\(words) \(Self.version)")
                return [.closeInput]
            }
            return openSession(result["agentCapabilities"])
        case .session:
            let id = result["sessionId"]?.stringValue ?? request.launch.session
            guard let id else {
                failure = AgentFailure(.setup, "it opened no session")
                return [.closeInput]
            }
            session = id
            isPrompting = true
            model = result["models"]?["currentModelId"]?.stringValue ?? model
            return (id == request.launch.session ? [] : [.report(.session(id))]) + [prompt(id)]
        case .prompt:
            isPrompting = false
            stopReason = result["stopReason"]?.stringValue ?? "end_turn"
            return words.flush() + total(Self.tokens(result["usage"]), cost: nil) + [.closeInput]
        }
    }

    private mutating func refused(
        _ step: Step, _ code: Int64, _ words: String, _ data: JSONValue?
    ) -> [AgentAction] {
        isPrompting = false
        let details = data?["details"]?.stringValue ?? data?["message"]?.stringValue
        failure = AgentFailure.read(
            status: nil, [words, details].compactMap(\.self).joined(separator: ": "))
        // The protocol's own codes say more than the words.
        if code == -32000 { failure?.kind = .authentication }
        if step == .session, request.launch.session != nil, failure?.kind == .other {
            failure?.kind = .session
        }
        if step == .initialize, failure?.kind == .other { failure?.kind = .setup }
        return self.words.flush() + [.closeInput]
    }

    private mutating func notified(_ method: String, _ parameters: JSONValue?) -> [AgentAction] {
        switch method {
        case "session/update":
            guard let update = parameters?["update"] else { return [] }
            return updated(update)
        case "_session/retrying":
            let words = parameters?["detail"]?.stringValue ?? "the provider did not answer"
            let isLimit = parameters?["category"]?.stringValue == "rate_limited"
            return [AgentText.progress(words)]
                + (isLimit ? [.report(.rateLimited(retryAfter: .seconds(1)))] : [])
        default: return []
        }
    }

    private mutating func updated(_ update: JSONValue) -> [AgentAction] {
        let kind = update["sessionUpdate"]?.stringValue
        if kind == "agent_message_chunk" {
            // What a loaded session says again was said before.
            guard isPrompting, let text = update["content"]?["text"]?.stringValue else { return [] }
            return words.add(text, of: update["messageId"]?.stringValue)
        }
        switch kind {
        case "tool_call", "tool_call_update": return words.flush() + tool(update)
        case "usage_update":
            let meta = update["_meta"]
            let cost = AgentText.money(update["cost"]?["amount"])
            let isDollars = (update["cost"]?["currency"]?.stringValue ?? "USD") == "USD"
            let tokens = CodexItems.tokens(
                input: meta?["promptTokens"], cached: meta?["cachedTokens"], cacheWrite: nil,
                output: meta?["completionTokens"])
            return total(tokens, cost: isDollars ? cost : nil) + context(update)
        default: return []
        }
    }

    /// An agent tells how full its context is, and again without a change.
    private mutating func context(_ update: JSONValue) -> [AgentAction] {
        let used = AgentText.tokens(update["used"])
        guard used > 0, used != contextUsed else { return [] }
        contextUsed = used
        let size = AgentText.tokens(update["size"])
        return [.report(.context(used: used, window: size > 0 ? size : request.launch.contextWindow))]
    }

    private mutating func tool(_ update: JSONValue) -> [AgentAction] {
        guard let id = update["toolCallId"]?.stringValue else { return [] }
        var actions: [AgentAction] = []
        var entry = tools[id] ?? Tool(title: "", kind: "other")
        entry.title = update["title"]?.stringValue ?? entry.title
        entry.kind = update["kind"]?.stringValue ?? entry.kind
        // What a loaded session tells again has ended before.
        guard isPrompting else { return [] }
        if tools[id] == nil { actions.append(AgentText.toolStarted(entry.kind, id: id, entry.title)) }
        tools[id] = entry
        let status = update["status"]?.stringValue
        guard status == "completed" || status == "failed" else { return actions }
        tools[id] = nil
        let words = status == "failed" ? update["rawOutput"]?.stringValue ?? "" : ""
        return actions + [
            AgentText.toolEnded(entry.kind, id: id, succeeded: status == "completed", words)
        ]
    }

    private mutating func total(_ tokens: TokenCounts, cost: Money?) -> [AgentAction] {
        guard let usage = ledger.rise(to: tokens, cost: cost, isOurs: isPrompting || stopReason != nil)
        else {
            return []
        }
        let id = "acp:\(session ?? ""):\(ledger.total.total):\(ledger.cost.microDollars)"
        return [.report(.usage(Usage(id: id, model: model, tokens: usage.tokens, cost: usage.cost)))]
    }

    private static func tokens(_ usage: JSONValue?) -> TokenCounts {
        CodexItems.tokens(
            input: usage?["inputTokens"], cached: usage?["cachedReadTokens"],
            cacheWrite: usage?["cachedWriteTokens"], output: usage?["outputTokens"])
    }

    // MARK: Questions

    private mutating func answer(_ id: RPCID, _ method: String, _ parameters: JSONValue?)
        -> [AgentAction]
    {
        switch method {
        case "session/request_permission": return permit(id, parameters)
        case "fs/read_text_file":
            guard let path = parameters?["path"]?.stringValue else { return [wrong(id)] }
            let line = parameters?["line"]?.integerValue.flatMap { Int(exactly: $0) }
            let limit = parameters?["limit"]?.integerValue.flatMap { Int(exactly: $0) }
            return [.access(id, .read(path: path, line: line, limit: limit))]
        case "fs/write_text_file":
            guard let path = parameters?["path"]?.stringValue,
                let content = parameters?["content"]?.stringValue
            else { return [wrong(id)] }
            if let objection = request.launch.permissions.objection(to: .write) {
                return accessed(id, .refused(objection))
            }
            return [.access(id, .write(path: path, content: content))]
        default:
            return [
                send(.failure(id: id, code: RPCMessage.Code.methodNotFound, message: "no \(method) here"))
            ]
        }
    }

    private func send(_ message: RPCMessage) -> AgentAction { .send(message.encoded()) }

    private func wrong(_ id: RPCID) -> AgentAction {
        send(.failure(id: id, code: RPCMessage.Code.invalidParams, message: "a path is needed"))
    }

    package mutating func accessed(_ id: RPCID, _ result: FileAccess.Result) -> [AgentAction] {
        switch result {
        case .text(let text): [send(.response(id: id, result: ["content": .string(text)]))]
        case .written: [send(.response(id: id, result: [:]))]
        case .refused(let reason):
            [send(.failure(id: id, code: RPCMessage.Code.invalidParams, message: reason))]
        }
    }

    private func permit(_ id: RPCID, _ parameters: JSONValue?) -> [AgentAction] {
        let call = parameters?["toolCall"]
        let known = tools[call?["toolCallId"]?.stringValue ?? ""]
        let kind = call?["kind"]?.stringValue ?? known?.kind ?? "other"
        let title = call?["title"]?.stringValue ?? known?.title ?? kind
        let objection = request.launch.permissions.objection(to: Self.use(of: kind))
        let wanted =
            objection == nil ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"]
        let options = parameters?["options"]?.arrayValue ?? []
        let choice = wanted.lazy.compactMap { word in options.first { $0["kind"]?.stringValue == word }
        }.first
        let outcome: JSONValue =
            if !isInterrupted, let option = choice?["optionId"] {
                ["outcome": "selected", "optionId": option]
            } else {
                ["outcome": "cancelled"]
            }
        let sent = send(.response(id: id, result: ["outcome": outcome]))
        return objection.map { [sent, AgentText.progress("was not allowed: \(title): \($0)")] } ?? [
            sent
        ]
    }

    private static func use(of kind: String) -> ToolUse {
        switch kind {
        case "read", "search", "think", "switch_mode": .read
        case "edit", "delete", "move": .write
        case "execute": .execute
        case "fetch": .fetch
        // Agents leave the kind open for tools of servers.
        default: .served
        }
    }

    // MARK: The end

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        let rest = words.flush()
        if isInterrupted { return AgentEnding(rest, failure: AgentFailure(.interrupted, "")) }
        if let failure { return AgentEnding(rest, failure: failure) }
        switch stopReason {
        case nil: return AgentEnding(rest, failure: complaint.failure(exit))
        case "max_tokens"?, "max_turn_requests"?:
            return AgentEnding(rest, failure: AgentFailure(.limit, "it stopped at \(stopReason ?? "")"))
        case "refusal"?: return AgentEnding(rest, failure: AgentFailure(.other, "the model refused"))
        case "cancelled"?: return AgentEnding(rest, failure: AgentFailure(.interrupted, ""))
        default: return AgentEnding(rest)
        }
    }
}

/// Words that come in pieces, put together again: they are said as a whole.
struct ChunkedWords: Hashable, Sendable {
    private var text = ""
    private var message: String?
    /// A message that never ends is said in parts of this size.
    private static let bytesMax = 1 << 20

    mutating func add(_ piece: String, of message: String?) -> [AgentAction] {
        let before = message == self.message ? [] : flush()
        self.message = message
        text += piece
        return text.utf8.count > Self.bytesMax ? before + flush() : before
    }

    mutating func flush() -> [AgentAction] {
        defer { text = "" }
        return AgentText.said(text)
    }
}
