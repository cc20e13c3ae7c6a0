import CoordJSON
import CoordModel

/// What a result line says of how the run went. Its `subtype` may say `success` for an answer of the provider
/// that was an error.
struct ClaudeResult: Hashable, Sendable {
    /// Nil: all went well.
    let failure: AgentFailure?

    init(_ object: JSONObject, _ apiFailure: AgentFailure?) {
        guard object["is_error"]?.boolValue ?? (object["subtype"]?.stringValue != "success") else {
            failure = nil
            return
        }
        let first = object["errors"]?.arrayValue?.first
        let words =
            object["result"]?.stringValue ?? first?.stringValue ?? object["error"]?["message"]?
            .stringValue
            ?? object["subtype"]?.stringValue ?? ""
        switch (object["subtype"]?.stringValue, object["terminal_reason"]?.stringValue) {
        case ("error_max_turns", _), ("error_max_budget_usd", _):
            failure = AgentFailure(.limit, AgentFailure.sentence(words))
        case (_, "prompt_too_long"): failure = AgentFailure(.context, AgentFailure.sentence(words))
        case (_, "aborted_tools"), (_, "aborted_streaming"):
            failure = AgentFailure(.interrupted, AgentFailure.sentence(words))
        default:
            let status = object["api_error_status"]?.integerValue
            failure = apiFailure ?? AgentFailure.read(status: status, words)
        }
    }

    /// What the client's own word for an error of the provider means.
    static func failure(_ error: String, status: Int64?, _ words: String) -> AgentFailure {
        let reason = AgentFailure.sentence(words)
        switch error {
        case "billing_error": return AgentFailure(.billing, reason)
        case "authentication_failed", "oauth_org_not_allowed":
            return AgentFailure(.authentication, reason)
        case "model_not_found": return AgentFailure(.model, reason)
        case "max_output_tokens": return AgentFailure(.limit, reason)
        default: return AgentFailure.read(status: status, words.isEmpty ? error : words)
        }
    }
}

/// What a conversation has used, so that each token is told once.
struct ClaudeAccounts: Hashable, Sendable {
    /// One message that is being streamed.
    private struct Call: Hashable, Sendable {
        var id: String
        var model: String
        var tokens: TokenCounts
    }

    /// The client's, before the ids of its calls.
    let name: String
    /// By the tool whose subagent speaks; the main conversation has the empty name.
    private var open: [String: Call] = [:]
    /// What was told of each model since the last result.
    private var told: [String: TokenCounts] = [:]
    private var results = 0
    /// How much the context of the main conversation's model holds, as far as anybody said.
    private var window: Int64?
    /// That model.
    private var mainModel: String?

    init(name: String, window: Int64? = nil) {
        self.name = name
        self.window = window
    }

    /// Whether a line is a piece of a message whose whole comes later. Lines begin alike in every release
    /// seen; one that does not is read in full.
    static func isPiece(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: beginning)
    }

    private static let beginning = Array(
        #"{"type":"stream_event","event":{"type":"content_block"#.utf8)

    mutating func hear(_ object: JSONObject) -> [AgentAction] {
        let event = object["event"]
        let speaker = object["parent_tool_use_id"]?.stringValue ?? ""
        switch event?["type"]?.stringValue {
        case "message_start":
            guard let message = event?["message"], let id = message["id"]?.stringValue else { return [] }
            open[speaker] = Call(
                id: id, model: message["model"]?.stringValue ?? "unknown",
                tokens: Self.tokens(message["usage"]))
            return []
        case "message_delta":
            guard let usage = event?["usage"] else { return [] }
            // The input side comes again in newer releases of the interface, and with the same numbers.
            var tokens = Self.tokens(usage)
            if tokens.input + tokens.cacheRead + tokens.cacheWrite == 0,
                let before = open[speaker]?.tokens
            {
                (tokens.input, tokens.cacheRead, tokens.cacheWrite) = (
                    before.input, before.cacheRead, before.cacheWrite
                )
            }
            open[speaker]?.tokens = tokens
            return []
        case "message_stop":
            guard let call = open.removeValue(forKey: speaker) else { return [] }
            told[call.model, default: .zero] += call.tokens
            let usage = Usage(id: name + ":" + call.id, model: call.model, tokens: call.tokens, cost: .zero)
            // A subagent has a context of its own, and it ends with it.
            guard speaker.isEmpty else { return [.report(.usage(usage))] }
            mainModel = call.model
            return [.report(.usage(usage))] + AgentText.context(call.tokens, window: window)
        default: return []
        }
    }

    /// Tells what a result counts and was not told, model by model, with all of the money.
    mutating func settle(_ object: JSONObject, model: String) -> [AgentAction] {
        results += 1
        let id = object["uuid"]?.stringValue ?? "\(object["session_id"]?.stringValue ?? "")-\(results)"
        defer { told = [:] }
        guard let counted = object["model_usage_since_last_result"]?.objectValue else {
            var tokens = Self.tokens(object["usage"])
            // Some count what was read from the cache as input as well; then the sum leaves it out.
            if object["usage"]?["total_tokens"]?.integerValue == tokens.input + tokens.output {
                tokens.input = max(0, tokens.input - tokens.cacheRead)
            }
            let rest = tokens.lessThan(told.values.reduce(.zero, +))
            guard rest != .zero else { return [] }
            return [.report(.usage(Usage(id: "\(name):\(id)", model: model, tokens: rest)))]
        }
        // What the client says of its model's context counts more than what was thought before.
        let said = mainModel.flatMap { object["modelUsage"]?[$0]?["contextWindow"]?.integerValue }
        if let said, said > 0 { window = said }
        return counted.members.compactMap { model, usage in
            let tokens = TokenCounts(
                input: AgentText.tokens(usage["inputTokens"]),
                output: AgentText.tokens(usage["outputTokens"]),
                cacheRead: AgentText.tokens(usage["cacheReadInputTokens"]),
                cacheWrite: AgentText.tokens(usage["cacheCreationInputTokens"]))
            let rest = tokens.lessThan(told[model] ?? .zero)
            let cost = AgentText.money(usage["costUSD"]) ?? .zero
            guard rest != .zero || cost != .zero else { return nil }
            return .report(
                .usage(Usage(id: "\(name):\(id):\(model)", model: model, tokens: rest, cost: cost)))
        }
    }

    /// What was being said when the client ended: its input was used, whatever came of it.
    mutating func rest() -> [AgentAction] {
        defer { open = [:] }
        return open.values.map(\.self).sorted { $0.id < $1.id }.map {
            .report(
                .usage(Usage(id: name + ":" + $0.id, model: $0.model, tokens: $0.tokens, cost: .zero)))
        }
    }

    private static func tokens(_ usage: JSONValue?) -> TokenCounts {
        TokenCounts(
            input: AgentText.tokens(usage?["input_tokens"]),
            output: AgentText.tokens(usage?["output_tokens"]),
            cacheRead: AgentText.tokens(usage?["cache_read_input_tokens"]),
            cacheWrite: AgentText.tokens(usage?["cache_creation_input_tokens"]))
    }
}
