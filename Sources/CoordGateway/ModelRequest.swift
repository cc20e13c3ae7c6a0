package import CoordHTTP
import CoordJSON

/// Which of the model APIs a request speaks.
package enum Dialect: String, Sendable, CaseIterable {
    /// Anthropic: `/v1/messages`.
    case messages
    /// OpenAI and all that are like it: `/v1/chat/completions`, and `/v1/completions`.
    case chat
    /// OpenAI: `/v1/responses`.
    case responses
    /// Gemini: `models/…:generateContent` and `:streamGenerateContent`.
    case gemini
    /// Nothing that is billed: lists of models, counted tokens.
    case free
}

/// What an agent asked for, as far as the gateway must know: to whom it goes, and what it may cost.
package struct ModelRequest: Sendable, Equatable {
    package var dialect: Dialect
    package var model: String
    package var isStream: Bool
    package var outputTokensMax: Int64?
    /// A stream whose usage the client did not ask for: it is asked for, and kept from the client.
    package var lacksUsage = false

    /// Why a request is not passed on.
    package enum Refusal: Error, Sendable, Equatable {
        /// Not a path of any model API.
        case unknownPath
        /// The body is not what the path wants; the reason as a sentence without a full stop.
        case unreadable(reason: String)
    }

    /// Reads a request.
    ///
    /// - Parameter path: behind the provider's name, with a slash first and without a query.
    package init(method: String, path: String, body: [UInt8]) throws(Refusal) {
        guard let dialect = Self.dialect(method, path) else { throw .unknownPath }
        self.dialect = dialect
        (model, isStream, outputTokensMax) = ("", false, nil)
        guard method == "POST" else { return }
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(body) } catch {
            throw .unreadable(reason: "the body is not JSON: \(error)")
        }
        guard value.objectValue != nil else { throw .unreadable(reason: "the body is not an object") }
        if let name = Self.modelInPath(path) {
            model = name
            isStream = path.hasSuffix(":streamGenerateContent")
            outputTokensMax = value["generationConfig"]?["maxOutputTokens"]?.integerValue
        } else {
            guard let name = value["model"]?.stringValue, (1...200).contains(name.utf8.count) else {
                throw .unreadable(reason: "the body names no model")
            }
            model = name
            isStream = value["stream"]?.boolValue ?? false
            let names = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            outputTokensMax = names.lazy.compactMap { value[$0]?.integerValue }.first
        }
        if let most = outputTokensMax { outputTokensMax = min(max(most, 0), 1 << 30) }
        if dialect == .chat, isStream, value["stream_options"]?["include_usage"]?.boolValue != true {
            // With other options of its own a client gets what it asked for, and the usage is estimated.
            lacksUsage = value["stream_options"] == nil
        }
    }

    /// The body as it is sent on: as it came, but that a stream's usage is asked for.
    package func outgoing(_ body: [UInt8]) -> [UInt8] {
        guard lacksUsage, let brace = body.firstIndex(of: 0x7B) else { return body }
        return body[...brace] + Array(#""stream_options":{"include_usage":true},"#.utf8)
            + body[(brace + 1)...]
    }

    private static func dialect(_ method: String, _ path: String) -> Dialect? {
        if method == "GET" {
            let isList = path == "/models" || path.hasPrefix("/models/") || path.contains("/models/")
            return isList || path.hasSuffix("/models") ? .free : nil
        }
        guard method == "POST" else { return nil }
        if path.hasSuffix("/messages/count_tokens") || path.hasSuffix(":countTokens") { return .free }
        if path.hasSuffix("/messages") { return .messages }
        if path.hasSuffix("/chat/completions") || path.hasSuffix("/completions") { return .chat }
        if path.hasSuffix("/responses") || path.hasSuffix("/responses/compact") { return .responses }
        if path.hasSuffix(":generateContent") || path.hasSuffix(":streamGenerateContent") { return .gemini }
        return nil
    }

    private static func modelInPath(_ path: String) -> String? {
        guard let colon = path.lastIndex(of: ":"), let slash = path[..<colon].lastIndex(of: "/") else {
            return nil
        }
        return String(path[path.index(after: slash)..<colon])
    }
}

/// Which headers pass, in both directions.
package enum PassingHeaders {
    /// Those of requests that the server is to look for, besides the standard ones: what the clients and the
    /// libraries that they are made with are known to send. The packaged library (4.1) tells headers it does
    /// not know only to who asks by name; a user names more in `gateway.json`.
    package static let requests = anthropic + openAI + gemini + others + tracing

    private static let stainless = [
        "arch", "async", "custom-poll-interval", "helper", "helper-method", "lang", "os", "package-version",
        "poll-helper", "raw-response", "read-timeout", "retry-count", "runtime", "runtime-version",
        "timeout",
    ].map { "x-stainless-" + $0 }

    private static let anthropic =
        stainless + [
            "anthropic-beta", "anthropic-dangerous-direct-browser-access", "anthropic-version",
            "x-anthropic-additional-protection", "x-api-key", "x-app", "x-claude-code-session-id",
            "x-claude-remote-container-id", "x-claude-remote-session-id", "x-client-app",
        ]

    private static let openAI = [
        "chatgpt-account-id", "conversation-id", "conversation_id", "idempotency-key", "openai-beta",
        "openai-organization", "openai-project", "originator", "session-id", "session_id", "thread-id",
        "thread_id", "version", "x-client-request-id", "x-codex-beta-features", "x-codex-installation-id",
        "x-codex-parent-thread-id", "x-codex-turn-metadata", "x-codex-turn-state", "x-codex-window-id",
        "x-openai-actor-authorization", "x-openai-subagent", "x-responsesapi-include-timing-metrics",
    ]

    private static let gemini = [
        "x-gemini-api-privileged-user-id", "x-gemini-service-tier", "x-goog-api-client", "x-goog-api-key",
        "x-goog-request-params", "x-goog-user-project", "x-server-timeout",
        "x-vertex-ai-llm-request-type", "x-vertex-ai-llm-shared-request-type",
    ]

    /// Routers, Mistral Vibe, Kimi, Qwen Code, opencode, and the scripted server of the benches.
    private static let others = [
        "http-referer", "x-affinity", "x-dashscope-authtype", "x-dashscope-cachecontrol",
        "x-dashscope-useragent", "x-mock-lane", "x-msh-device-id", "x-msh-device-model",
        "x-msh-device-name", "x-msh-os-version", "x-msh-platform", "x-msh-version", "x-opencode-client",
        "x-opencode-project", "x-opencode-request", "x-opencode-session", "x-openrouter-categories",
        "x-openrouter-title", "x-request-id", "x-session-affinity", "x-session-id", "x-title",
    ]

    private static let tracing = ["baggage", "traceparent", "tracestate"]

    /// What speaks of the one connection only, and what says where a request went.
    private static let hop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect", "accept-encoding",
        "http2-settings",
    ]
    private static let secrets: Set<String> = ["authorization", "x-api-key", "x-goog-api-key", "cookie"]

    /// What is sent on of a request. With a key of coord's own, nothing passes that could be another.
    package static func outgoing(_ headers: [HTTPHeader], key: ProviderKey?) -> [HTTPHeader] {
        let named = ownOfConnection(headers)
        var result = headers.filter { header in
            let name = header.name.lowercased()
            return !hop.contains(name) && !named.contains(name) && !(key != nil && secrets.contains(name))
        }
        // What is packed could not be read in passing.
        result.append(HTTPHeader("accept-encoding", "identity"))
        if let key { result.append(key.header) }
        return result
    }

    /// What is passed back of an answer.
    package static func incoming(_ headers: [HTTPHeader]) -> [HTTPHeader] {
        let named = ownOfConnection(headers)
        return headers.filter {
            let name = $0.name.lowercased()
            return !hop.contains(name) && !named.contains(name) && name != "set-cookie"
        }
    }

    /// What the sender itself calls a matter of its one connection (RFC 9110, 7.6.1).
    private static func ownOfConnection(_ headers: [HTTPHeader]) -> Set<String> {
        var names: Set<String> = []
        for header in headers where header.isNamed("connection") {
            for word in header.value.split(separator: ",") {
                names.insert(word.lowercased().filter { $0 != " " && $0 != "\t" })
            }
        }
        return names
    }
}
