package import CoordModel

extension AgentFailure {
    /// Tells from a status and the words of a client what went wrong. Words count more than the status: the
    /// same status means a pause with one provider and an unpaid bill with another.
    package static func read(status: Int64?, _ text: String, retryAfter: Duration? = nil) -> AgentFailure {
        AgentFailure(kind(status, LowercaseWords(text)), sentence(text), retryAfter: retryAfter)
    }

    private static func kind(_ status: Int64?, _ text: LowercaseWords) -> Kind {
        let status = status ?? number(in: text)
        if text.holds(billing) { return .billing }
        if text.holds(context) { return .context }
        if text.holds(session) { return .session }
        switch status {
        case 401, 403: return .authentication
        case 402: return .billing
        case 404 where text.holds(["model"]): return .model
        case 413: return .context
        case 429: return .rateLimit
        case .some(500...): return .overload
        default: break
        }
        if text.holds(rateLimit) { return .rateLimit }
        if text.holds(overload) { return .overload }
        if text.holds(authentication) { return .authentication }
        if text.holds(model) { return .model }
        if text.holds(unreachable) { return .unreachable }
        return .other
    }

    /// The status of an answer that stands in the words, where the words speak of one at all.
    private static func number(in text: LowercaseWords) -> Int64? {
        guard text.holds(["status", "http", "error", "api"]) else { return nil }
        let known: Set<Int64> = [401, 403, 429, 500, 502, 503, 504, 529]
        return text.numbers.first(where: known.contains)
    }

    private static let billing: [StaticString] = [
        "insufficient_quota", "insufficient quota", "quota exceeded", "exceeded your current quota",
        "credit balance", "billing_error", "billing error", "billing_hard_limit", "spend_limit",
        "spend limit", "credit_balance_exhausted", "usage_limit_exceeded", "payment required",
        "usagelimitexceeded", "usage limit",
    ]
    private static let context: [StaticString] = [
        "prompt is too long", "prompt_too_long", "context_length_exceeded", "context length",
        "context window",
        "contextwindowexceeded", "maximum context", "ran out of room", "too many tokens",
        "context overflow",
        "input is too long",
    ]
    private static let session: [StaticString] = [
        "no conversation found", "no rollout found", "session not found", "no such session",
        "thread not found", "unknown session", "invalid session",
    ]
    private static let rateLimit: [StaticString] = [
        "rate limit", "rate_limit", "ratelimit", "too many requests", "slow_down",
        "resource_exhausted", "resource exhausted",
    ]
    private static let overload: [StaticString] = [
        "overloaded", "at capacity", "high demand", "server_error",
        "internal server error", "serveroverloaded", "service unavailable", "bad gateway",
        "internalservererror", "serviceunavailable",
    ]
    private static let authentication: [StaticString] = [
        "invalid api key", "invalid x-api-key", "invalid_api_key", "unauthorized", "authentication",
        "not logged in", "not signed in", "/login", "missing environment variable", "api key not",
        "permission_denied", "permission denied by the provider", "please sign in", "no api key",
        "forbidden",
        "log in", "login required", "missing api key",
    ]
    private static let model: [StaticString] = [
        "model_not_found", "unknown model", "model not found", "selected model", "no such model",
        "does not exist",
    ]
    private static let unreachable: [StaticString] = [
        "econnrefused", "connection refused", "connection error", "network", "enotfound", "getaddrinfo",
        "connection failed", "timed out", "etimedout", "connection reset", "econnreset",
        "apiconnectionerror",
        "fetch failed",
    ]

    /// One line of at most 400 bytes, without a full stop.
    package static func sentence(_ text: String) -> String {
        let line = text.utf8.drop { $0 <= 0x20 }.prefix { $0 != 0x0A && $0 != 0x0D }
        var bytes = Array(line.prefix(404))
        let isCut = bytes.count > 400
        if isCut {
            bytes.removeLast(bytes.count - 400)
            // Not within a character.
            while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
            if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        }
        while let last = bytes.last, last <= 0x20 || last == 0x2E { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + (isCut ? "…" : "")
    }
}

/// The beginning of a text in lower case, to look for words in. A failure is told in its first lines.
private struct LowercaseWords {
    private static let bytesMax = 4 << 10
    private let bytes: [UInt8]
    /// Which pairs of neighbours are in it, by the low five bits of either: a word whose first pairs are not
    /// all among them need not be looked for, and nearly none is.
    private var pairs = [UInt32](repeating: 0, count: 32)

    init(_ text: String) {
        bytes = text.utf8.prefix(Self.bytesMax).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        var before: UInt8 = 0
        for byte in bytes {
            pairs[Int(before & 31)] |= 1 << UInt32(byte & 31)
            before = byte
        }
    }

    private func mayHold(_ word: StaticString, _ count: Int) -> Bool {
        for index in 1..<max(1, min(count, 6)) {
            let bit = UInt32(1) << UInt32(word.utf8Start[index] & 31)
            if pairs[Int(word.utf8Start[index - 1] & 31)] & bit == 0 { return false }
        }
        return true
    }

    /// Whether any of the words, given in lower case, stands in it.
    func holds(_ words: [StaticString]) -> Bool { words.contains { holds($0) } }

    private func holds(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count >= count, mayHold(word, count) else { return false }
        let first = word.utf8Start[0]
        return bytes.withUnsafeBufferPointer { bytes in
            for start in 0...(bytes.count - count) where bytes[start] == first {
                var index = 1
                while index < count, bytes[start + index] == word.utf8Start[index] { index += 1 }
                if index == count { return true }
            }
            return false
        }
    }

    /// The whole numbers of three digits in it.
    var numbers: [Int64] {
        bytes.split { !(0x30...0x39).contains($0) }.filter { $0.count == 3 }.map {
            $0.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
    }
}
