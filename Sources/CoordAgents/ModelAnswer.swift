import CoordJSON
import CoordModel
import CoordWire

/// The answer of a model as it streams in: lines of server-sent events go in, and when it has ended it says
/// what the model said, wants used, and used. One value per call.
struct ModelAnswer: Sendable {
    /// Why the model stopped.
    enum Stop: Hashable, Sendable {
        /// It is done, or waits for its tools.
        case done
        /// The answer was as long as it may be.
        case length
        /// The provider would not have it said.
        case refused
    }

    private let api: ModelAPI
    private(set) var text = ""
    private(set) var tokens = TokenCounts.zero
    /// The provider's own name for the answer.
    private(set) var id: String?
    private(set) var model: String?
    private(set) var stop: Stop?
    private(set) var failure: AgentFailure?
    private var calls: [Int: Call] = [:]
    /// What came that is no event: an answer that is no stream, such as a refusal.
    private var rest = ""

    private struct Call {
        var id = ""
        var tool = ""
        var json = ""
        var signature: String?
    }

    private static let restBytesMax = 64 << 10
    /// More calls in one answer are left out.
    private static let callsMax = 64

    init(_ api: ModelAPI) { self.api = api }

    /// The tools it wants used, in its order.
    var toolCalls: [ModelToolCall] {
        calls.sorted { $0.key < $1.key }.map { _, call in
            let value = call.json.isEmpty ? .object(JSONObject()) : try? JSONParser.parse(call.json)
            return ModelToolCall(
                id: call.id, tool: call.tool, arguments: value?.objectValue, signature: call.signature)
        }
    }

    /// What an answer that is no success says: its own message where it has one.
    var complaint: String {
        let value = try? JSONParser.parse(rest)
        let error = value?["error"] ?? value?.arrayValue?.first?["error"]
        let words = [error?["type"], error?["code"], error?["status"], error?["message"], value?["detail"]]
        let text = (words.compactMap { $0?.stringValue } + [error?.stringValue ?? ""])
            .filter { !$0.isEmpty }.joined(separator: ": ")
        return text.isEmpty ? rest : text
    }

    /// Takes in a line, given without its end.
    mutating func hear(_ line: String) {
        guard line.hasPrefix("data:") else {
            if rest.utf8.count < Self.restBytesMax { rest += line + "\n" }
            return
        }
        // The last word of a chat is no JSON, and says nothing else.
        guard let value = try? JSONParser.parse(String(line.dropFirst(5))) else { return }
        if let error = value["error"], !error.isNull { return fail(error) }
        switch api {
        case .messages: messages(value)
        case .responses: responses(value)
        case .chat: chat(value)
        case .gemini: gemini(value)
        }
    }

    private mutating func fail(_ error: JSONValue) {
        let words = [error["type"], error["code"], error["status"], error["message"]]
        failure = AgentFailure.read(
            status: error["code"]?.integerValue,
            words.compactMap { $0?.stringValue }.joined(separator: ": "))
    }

    private mutating func name(_ id: JSONValue?, _ model: JSONValue?) {
        self.id = self.id ?? id?.stringValue
        self.model = self.model ?? model?.stringValue
    }

    // MARK: Anthropic

    private mutating func messages(_ event: JSONValue) {
        let index = event["index"]?.integerValue.map { Int(clamping: $0) } ?? 0
        switch event["type"]?.stringValue {
        case "message_start":
            name(event["message"]?["id"], event["message"]?["model"])
            messages(usage: event["message"]?["usage"])
        case "content_block_start":
            let block = event["content_block"]
            guard block?["type"]?.stringValue == "tool_use", calls.count < Self.callsMax else { return }
            calls[index] = Call(
                id: block?["id"]?.stringValue ?? "", tool: block?["name"]?.stringValue ?? "")
        case "content_block_delta":
            text += event["delta"]?["text"]?.stringValue ?? ""
            calls[index]?.json += event["delta"]?["partial_json"]?.stringValue ?? ""
        case "message_delta":
            messages(usage: event["usage"])
            switch event["delta"]?["stop_reason"]?.stringValue {
            case nil: break
            case "max_tokens"?, "model_context_window_exceeded"?: stop = .length
            case "refusal"?: stop = .refused
            default: stop = .done
            }
        case "message_stop": stop = stop ?? .done
        default: break
        }
    }

    /// The figures grow from event to event; what one does not name stays.
    private mutating func messages(usage: JSONValue?) {
        guard let usage = usage?.objectValue else { return }
        func figure(_ name: String, _ before: Int64) -> Int64 {
            usage[name].map { AgentText.tokens($0) } ?? before
        }
        tokens = TokenCounts(
            input: figure("input_tokens", tokens.input), output: figure("output_tokens", tokens.output),
            cacheRead: figure("cache_read_input_tokens", tokens.cacheRead),
            cacheWrite: figure("cache_creation_input_tokens", tokens.cacheWrite))
    }

    // MARK: OpenAI

    private mutating func responses(_ event: JSONValue) {
        let index = event["output_index"]?.integerValue.map { Int(clamping: $0) } ?? 0
        switch event["type"]?.stringValue {
        case "response.created": name(event["response"]?["id"], event["response"]?["model"])
        case "response.output_text.delta", "response.refusal.delta":
            text += event["delta"]?.stringValue ?? ""
            if event["type"]?.stringValue == "response.refusal.delta" { stop = .refused }
        case "response.output_item.added", "response.output_item.done":
            guard let item = event["item"], item["type"]?.stringValue == "function_call",
                calls[index] != nil || calls.count < Self.callsMax
            else { return }
            // The last word has the whole of it.
            calls[index] = Call(
                id: item["call_id"]?.stringValue ?? "", tool: item["name"]?.stringValue ?? "",
                json: item["arguments"]?.stringValue ?? "")
        case "response.completed", "response.incomplete", "response.failed":
            let response = event["response"]
            name(response?["id"], response?["model"])
            if let usage = response?["usage"], !usage.isNull {
                inclusive(usage, "input_tokens", "output_tokens", usage["input_tokens_details"])
            }
            if let error = response?["error"], !error.isNull {
                fail(error)
            } else if response?["status"]?.stringValue == "failed" {
                failure = AgentFailure(.other, "the provider gave its answer up and does not say why")
            }
            let reason = response?["incomplete_details"]?["reason"]?.stringValue
            stop =
                stop
                ?? (reason == nil ? .done : reason == "max_output_tokens" ? .length : .refused)
        case "error": fail(event)
        default: break
        }
    }

    /// The input includes what came from the cache and what was written to it.
    private mutating func inclusive(
        _ usage: JSONValue, _ input: String, _ output: String, _ details: JSONValue?
    ) {
        let read = AgentText.tokens(details?["cached_tokens"])
        let written = AgentText.tokens(details?["cache_write_tokens"])
        tokens = TokenCounts(
            input: max(0, AgentText.tokens(usage[input]) - read - written),
            output: AgentText.tokens(usage[output]), cacheRead: read, cacheWrite: written)
    }

    private mutating func chat(_ chunk: JSONValue) {
        name(chunk["id"], chunk["model"])
        if let usage = chunk["usage"], !usage.isNull {
            inclusive(usage, "prompt_tokens", "completion_tokens", usage["prompt_tokens_details"])
        }
        guard let choice = chunk["choices"]?.arrayValue?.first else { return }
        let delta = choice["delta"]
        text += delta?["content"]?.stringValue ?? ""
        for piece in delta?["tool_calls"]?.arrayValue ?? [] {
            let index = piece["index"]?.integerValue.map { Int(clamping: $0) } ?? 0
            guard calls[index] != nil || calls.count < Self.callsMax else { continue }
            if let id = piece["id"]?.stringValue, !id.isEmpty { calls[index, default: Call()].id = id }
            let function = piece["function"]
            calls[index, default: Call()].tool += function?["name"]?.stringValue ?? ""
            calls[index, default: Call()].json += function?["arguments"]?.stringValue ?? ""
        }
        switch choice["finish_reason"]?.stringValue {
        case nil: break
        case "length"?: stop = .length
        case "content_filter"?: stop = .refused
        default: stop = .done
        }
    }

    // MARK: Gemini

    private mutating func gemini(_ chunk: JSONValue) {
        name(chunk["responseId"], chunk["modelVersion"])
        if let usage = chunk["usageMetadata"] {
            let cached = AgentText.tokens(usage["cachedContentTokenCount"])
            tokens = TokenCounts(
                input: max(0, AgentText.tokens(usage["promptTokenCount"]) - cached),
                output: AgentText.tokens(usage["candidatesTokenCount"])
                    + AgentText.tokens(usage["thoughtsTokenCount"]), cacheRead: cached, cacheWrite: 0)
        }
        guard let candidate = chunk["candidates"]?.arrayValue?.first else {
            if chunk["promptFeedback"]?["blockReason"] != nil { stop = .refused }
            return
        }
        for part in candidate["content"]?["parts"]?.arrayValue ?? [] {
            if part["thought"]?.boolValue != true { text += part["text"]?.stringValue ?? "" }
            guard let call = part["functionCall"], calls.count < Self.callsMax else { continue }
            calls[calls.count] = Call(
                id: call["id"]?.stringValue ?? "call-\(calls.count + 1)",
                tool: call["name"]?.stringValue ?? "", json: call["args"]?.text ?? "",
                signature: part["thoughtSignature"]?.stringValue)
        }
        switch candidate["finishReason"]?.stringValue {
        case nil: break
        case "STOP"?: stop = .done
        case "MAX_TOKENS"?: stop = .length
        case "MALFORMED_FUNCTION_CALL"?:
            failure = AgentFailure(.other, "the model called a tool in words nobody can read")
        default: stop = .refused
        }
    }
}
