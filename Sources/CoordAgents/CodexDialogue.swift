import CoordJSON
package import CoordModel

/// Codex as an app server: JSON-RPC over its standard streams, one thread, one turn.
///
/// Accounting: each model call is told with the thread's total behind it, which names the call: one that is
/// told again, also after the thread was taken up again, counts once.
package struct CodexDialogue: AgentDialogue {
    private enum Step: Int64 {
        case initialize = 1
        case thread, turn, steer, interrupt
    }

    /// As many times it may wait for a network that is not there.
    private static let networkTriesMax = 10

    private let request: AgentRequest
    private var thread: String?
    private var turn: String?
    private var model: String
    private var outcome: Outcome?
    private var failure: AgentFailure?
    private var networkTries = 0
    private var isInterrupted = false
    private var complaint = Complaint()

    private enum Outcome: Hashable { case completed, failed, interrupted }

    package init(_ request: AgentRequest) {
        self.request = request
        model = CodexCommand.model(request.launch) ?? "codex"
    }

    // MARK: Speaking

    package mutating func begin() -> [AgentAction] {
        [
            call(
                .initialize, "initialize",
                [
                    "clientInfo": ["name": "coord", "title": "coord", "version": "0.1"],
                    "capabilities": ["experimentalApi": true],
                ])
        ]
    }

    private func call(_ step: Step, _ method: String, _ parameters: JSONValue) -> AgentAction {
        .send(
            JSONValue.object(
                JSONObject([
                    ("jsonrpc", "2.0"), ("id", .integer(step.rawValue)), ("method", .string(method)),
                    ("params", parameters),
                ])
            ).serialized())
    }

    private func openThread() -> [AgentAction] {
        var parameters = JSONObject([
            ("cwd", .string(request.worktree)), ("approvalPolicy", .string(approvalPolicy)),
            ("sandbox", .string(CodexCommand.sandbox(request.launch))),
        ])
        if let model = CodexCommand.model(request.launch) { parameters["model"] = .string(model) }
        if !request.launch.systemPrompt.isEmpty {
            parameters["developerInstructions"] = .string(request.launch.systemPrompt)
        }
        let ready = AgentAction.send(Array(#"{"jsonrpc":"2.0","method":"initialized"}"#.utf8))
        guard let session = request.launch.session else {
            return [ready, call(.thread, "thread/start", .object(parameters))]
        }
        parameters["threadId"] = .string(session)
        parameters["excludeTurns"] = true
        return [ready, call(.thread, "thread/resume", .object(parameters))]
    }

    /// A role that may do everything is not asked about anything.
    private var approvalPolicy: String {
        let policy = request.launch.permissions
        let mayAll = [ToolUse.write, .execute].allSatisfy { policy.objection(to: $0) == nil }
        return mayAll ? "never" : "untrusted"
    }

    private func input(_ text: String) -> JSONValue { [["type": "text", "text": .string(text)]] }

    package mutating func steer(_ text: String) -> [AgentAction]? {
        guard let thread, let turn, outcome == nil else { return nil }
        return [
            call(
                .steer, "turn/steer",
                [
                    "threadId": .string(thread), "expectedTurnId": .string(turn), "input": input(text),
                ])
        ]
    }

    package mutating func interrupt() -> [AgentAction]? {
        isInterrupted = true
        guard let thread, let turn, outcome == nil else { return [.closeInput] }
        return [
            call(.interrupt, "turn/interrupt", ["threadId": .string(thread), "turnId": .string(turn)])
        ]
    }

    // MARK: Listening

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        if Self.isPiece(line) { return [] }
        guard let object = AgentText.object(line) else {
            return [.say(String(decoding: line, as: UTF8.self))]
        }
        guard let method = object["method"]?.stringValue else { return answered(object) }
        if let id = object["id"] { return answer(id, method, object["params"]) }
        return notified(method, object["params"])
    }

    /// Whether a line is a piece of a text or an output whose whole comes later.
    private static func isPiece(_ line: ArraySlice<UInt8>) -> Bool {
        pieces.contains { line.starts(with: $0) }
    }

    private static let pieces = [
        "agentMessage/delta", "commandExecution/outputDelta", "reasoning/", "fileChange/outputDelta",
    ].map { Array((#"{"method":"item/"# + $0).utf8) }

    package mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        complaint.hear(text)
        return [.say(text)]
    }

    private mutating func answered(_ object: JSONObject) -> [AgentAction] {
        guard let step = object["id"]?.integerValue.flatMap(Step.init(rawValue:)) else { return [] }
        if let error = object["error"] {
            let words = error["message"]?.stringValue ?? "it refused to go on"
            guard step.rawValue <= Step.turn.rawValue else { return [AgentText.progress(words)] }
            failure = AgentFailure.read(status: nil, words)
            if failure?.kind == .other { failure = AgentFailure(.setup, AgentFailure.sentence(words)) }
            outcome = .failed
            return [.closeInput]
        }
        let result = object["result"]
        switch step {
        case .initialize: return openThread()
        case .thread:
            model = result?["model"]?.stringValue ?? result?["thread"]?["model"]?.stringValue ?? model
            guard let id = result?["thread"]?["id"]?.stringValue else { return [.closeInput] }
            thread = id
            let start = call(
                .turn, "turn/start", ["threadId": .string(id), "input": input(request.prompt)])
            return (id == request.launch.session ? [] : [.report(.session(id))]) + [start]
        case .turn:
            turn = result?["turn"]?["id"]?.stringValue ?? turn
            return []
        case .steer, .interrupt: return []
        }
    }

    private mutating func notified(_ method: String, _ parameters: JSONValue?) -> [AgentAction] {
        switch method {
        case "turn/started":
            turn = parameters?["turn"]?["id"]?.stringValue ?? turn
            return []
        case "item/started": return CodexItems.started(parameters?["item"])
        case "item/completed": return CodexItems.completed(parameters?["item"])
        case "thread/tokenUsage/updated": return usage(parameters)
        case "thread/compacted": return [AgentText.progress("the conversation was compacted")]
        case "model/rerouted":
            model = parameters?["toModel"]?.stringValue ?? model
            return []
        case "error": return complained(parameters)
        case "turn/completed":
            // A turn of a helper thread is not ours.
            guard parameters?["threadId"]?.stringValue == thread else { return [] }
            return completed(parameters?["turn"])
        default: return []
        }
    }

    private func usage(_ parameters: JSONValue?) -> [AgentAction] {
        guard let usage = parameters?["tokenUsage"], let last = usage["last"] else { return [] }
        let isOurs = parameters?["threadId"]?.stringValue == self.thread
        let thread = parameters?["threadId"]?.stringValue ?? thread ?? ""
        let total = usage["total"]?["totalTokens"]?.integerValue ?? 0
        let tokens = CodexItems.tokens(
            input: last["inputTokens"], cached: last["cachedInputTokens"],
            cacheWrite: last["cacheWriteInputTokens"], output: last["outputTokens"])
        guard tokens != .zero else { return [] }
        let told = AgentAction.report(
            .usage(Usage(id: "codex:\(thread):\(total)", model: model, tokens: tokens)))
        // A helper thread has a context of its own.
        guard isOurs else { return [told] }
        let window = usage["modelContextWindow"]?.integerValue ?? request.launch.contextWindow
        return [told] + AgentText.context(tokens, window: window)
    }

    private mutating func complained(_ parameters: JSONValue?) -> [AgentAction] {
        let error = parameters?["error"]
        let found = Self.failure(error)
        guard parameters?["willRetry"]?.boolValue ?? false else {
            failure = found
            return []
        }
        let words = AgentFailure.sentence(error?["message"]?.stringValue ?? "trying again")
        var actions = [AgentText.progress(words)]
        if found.kind == .rateLimit || found.kind == .overload {
            actions.append(.report(.rateLimited(retryAfter: .seconds(1))))
        }
        if found.kind == .unreachable {
            networkTries += 1
            // By itself it would wait for ever.
            if networkTries == Self.networkTriesMax {
                failure = found
                actions += interrupt() ?? []
                isInterrupted = false
            }
        }
        return actions
    }

    private mutating func completed(_ turn: JSONValue?) -> [AgentAction] {
        switch turn?["status"]?.stringValue {
        case "completed": outcome = .completed
        case "interrupted": outcome = .interrupted
        default: outcome = .failed
        }
        if let error = turn?["error"], !error.isNull { failure = Self.failure(error) }
        return [.closeInput]
    }

    /// What its typed errors mean; what they leave open is read out of the words.
    static func failure(_ error: JSONValue?) -> AgentFailure {
        let words = [error?["message"]?.stringValue, error?["additionalDetails"]?.stringValue]
            .compactMap(\.self).joined(separator: " ")
        let reason = AgentFailure.sentence(words)
        let type = error?["codexErrorInfo"]
        switch type?.stringValue {
        case "contextWindowExceeded": return AgentFailure(.context, reason)
        case "usageLimitExceeded": return AgentFailure(.billing, reason)
        case "rateLimitExceeded", "flexUnavailable": return AgentFailure(.rateLimit, reason)
        case "serverOverloaded", "internalServerError": return AgentFailure(.overload, reason)
        case "unauthorized": return AgentFailure(.authentication, reason)
        case "sandboxError": return AgentFailure(.setup, reason)
        case "sessionBudgetExceeded", "tooManyDenials": return AgentFailure(.limit, reason)
        default: break
        }
        let status = type?.objectValue?.values.first?["httpStatusCode"]?.integerValue
        return AgentFailure.read(status: status, words)
    }

    // MARK: Questions

    private func answer(_ id: JSONValue, _ method: String, _ parameters: JSONValue?) -> [AgentAction] {
        let policy = request.launch.permissions
        switch method {
        case "item/commandExecution/requestApproval":
            return decide(
                id, policy.objection(to: .execute), ["decision": "accept"], ["decision": "decline"])
        case "item/fileChange/requestApproval":
            return decide(
                id, policy.objection(to: .write), ["decision": "accept"], ["decision": "decline"])
        case "execCommandApproval":
            return decide(
                id, policy.objection(to: .execute), ["decision": "approved"], ["decision": "denied"])
        case "applyPatchApproval":
            return decide(
                id, policy.objection(to: .write), ["decision": "approved"], ["decision": "denied"])
        case "mcpServer/elicitation/request":
            return decide(id, nil, ["action": "accept", "content": [:]], ["action": "decline"])
        case "item/tool/requestUserInput":
            let words = policy.objection(to: .askPerson) ?? ""
            let answers = (parameters?["questions"]?.arrayValue ?? []).compactMap { question in
                question["id"]?.stringValue.map {
                    ($0, JSONValue.object(JSONObject([("answers", [.string(words)])])))
                }
            }
            return decide(id, nil, ["answers": .object(JSONObject(answers))], [:])
        default:
            let error: JSONValue = ["code": -32601, "message": .string("no \(method) here")]
            return [.send(JSONValue.object(JSONObject([("id", id), ("error", error)])).serialized())]
        }
    }

    private func decide(
        _ id: JSONValue, _ objection: String?, _ yes: JSONValue, _ no: JSONValue
    ) -> [AgentAction] {
        let reply = JSONValue.object(JSONObject([("id", id), ("result", objection == nil ? yes : no)]))
        let sent = AgentAction.send(reply.serialized())
        return objection.map { [sent, AgentText.progress("was not allowed: \($0)")] } ?? [sent]
    }

    // MARK: The end

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        if let failure { return AgentEnding(failure: failure) }
        if isInterrupted || outcome == .interrupted {
            return AgentEnding(failure: AgentFailure(.interrupted, ""))
        }
        guard outcome == .completed else { return AgentEnding(failure: complaint.failure(exit)) }
        // What it says of its end after a completed turn is of no account: its input was closed.
        return AgentEnding()
    }
}
