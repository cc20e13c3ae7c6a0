package import CoordModel

extension AgentFailure {
    /// Tells from a status and the words of a client what went wrong. Words count more than the status: the
    /// same status means a pause with one provider and an unpaid bill with another.
    package static func read(status: Int64?, _ text: String, retryAfter: Duration? = nil) -> AgentFailure {
        let reason = sentence(text)
        return AgentFailure(kind(status, text.lowercased()), reason, retryAfter: retryAfter)
    }

    private static func kind(_ status: Int64?, _ text: String) -> Kind {
        func says(_ words: [String]) -> Bool { words.contains { text.contains($0) } }
        let status = status ?? number(in: text)
        if says(billing) { return .billing }
        if says(context) { return .context }
        if says(session) { return .session }
        switch status {
        case 401, 403: return .authentication
        case 402: return .billing
        case 404 where text.contains("model"): return .model
        case 413: return .context
        case 429: return .rateLimit
        case .some(500...): return .overload
        default: break
        }
        if says(rateLimit) { return .rateLimit }
        if says(overload) { return .overload }
        if says(authentication) { return .authentication }
        if says(model) { return .model }
        if says(unreachable) { return .unreachable }
        return .other
    }

    /// The status of an answer that stands in the words, where the words speak of one at all.
    private static func number(in text: String) -> Int64? {
        guard ["status", "http", "error", "api"].contains(where: { text.contains($0) }) else { return nil }
        let known: Set<Substring> = ["403", "500", "529"]
        return text.split { !$0.isNumber }.first { known.contains($0) }.flatMap { Int64($0) }
    }

    private static let billing = [
        "insufficient_quota", "insufficient quota", "quota exceeded", "exceeded your current quota",
        "credit balance", "billing_error", "billing error", "billing_hard_limit", "spend_limit",
        "spend limit", "credit_balance_exhausted", "usage_limit_exceeded", "payment required",
        "usagelimitexceeded", "usage limit",
    ]
    private static let context = [
        "prompt is too long", "prompt_too_long", "context_length_exceeded", "context length",
        "context window",
        "contextwindowexceeded", "maximum context", "ran out of room", "too many tokens", "context overflow",
        "input is too long",
    ]
    private static let session = [
        "no conversation found", "no rollout found", "session not found", "no such session",
        "thread not found", "unknown session", "invalid session",
    ]
    private static let rateLimit = [
        "rate limit", "rate_limit", "ratelimit", "too many requests", "slow_down",
        "resource_exhausted", "resource exhausted",
    ]
    private static let overload = [
        "overloaded", "at capacity", "high demand", "server_error",
        "internal server error", "serveroverloaded", "service unavailable", "bad gateway",
        "internalservererror", "serviceunavailable",
    ]
    private static let authentication = [
        "invalid api key", "invalid x-api-key", "invalid_api_key", "unauthorized", "authentication",
        "not logged in", "not signed in", "/login", "missing environment variable", "api key not",
        "permission_denied", "permission denied by the provider", "please sign in", "no api key", "forbidden",
        "log in", "login required", "missing api key",
    ]
    private static let model = [
        "model_not_found", "unknown model", "model not found", "selected model", "no such model",
        "does not exist",
    ]
    private static let unreachable = [
        "econnrefused", "connection refused", "connection error", "network", "enotfound", "getaddrinfo",
        "connection failed", "timed out", "etimedout", "connection reset", "econnreset", "apiconnectionerror",
        "fetch failed",
    ]

    /// One line of at most 400 bytes, without a full stop.
    package static func sentence(_ text: String) -> String {
        var line = String(text.drop { $0.isWhitespace }.prefix { !$0.isNewline })
        while let last = line.last, last.isWhitespace || last == "." { line.removeLast() }
        guard line.utf8.count > 400 else { return line }
        return String(decoding: line.utf8.prefix(400), as: UTF8.self).filter { $0 != "\u{FFFD}" } + "…"
    }
}
