package import CoordHTTP
import CoordJSON
package import CoordModel

/// What the start of a provider's answer says besides the answer: its limits, and whether the request should
/// be sent again.
package enum ProviderAnswer {
    /// What was said of limits.
    package static func hints(_ headers: [HTTPHeader]) -> RateHints {
        func number(_ names: String...) -> Int64? {
            for name in names {
                if let value = headers.value(of: name).flatMap({ Int64($0) }), value >= 0 { return value }
            }
            return nil
        }
        return RateHints(
            requestsPerMinute: number("anthropic-ratelimit-requests-limit", "x-ratelimit-limit-requests"),
            requestsLeft: number("anthropic-ratelimit-requests-remaining", "x-ratelimit-remaining-requests"),
            inputTokensPerMinute: number(
                "anthropic-ratelimit-input-tokens-limit", "x-ratelimit-limit-tokens"),
            inputTokensLeft: number(
                "anthropic-ratelimit-input-tokens-remaining", "x-ratelimit-remaining-tokens"),
            outputTokensPerMinute: number("anthropic-ratelimit-output-tokens-limit"),
            outputTokensLeft: number("anthropic-ratelimit-output-tokens-remaining"))
    }

    /// For how long the provider wants to be left alone. Nil: it does not say, or nothing that can be read.
    package static func retryAfter(_ headers: [HTTPHeader], at now: Timestamp) -> Duration? {
        if let text = headers.value(of: "retry-after-ms"), let milliseconds = Double(text),
            milliseconds.isFinite
        {
            return .milliseconds(Int64(min(max(milliseconds, 0), 1e12)))
        }
        guard let text = headers.value(of: "retry-after") else { return nil }
        if let seconds = Double(text), seconds.isFinite {
            return .milliseconds(Int64(min(max(seconds, 0), 1e9) * 1000))
        }
        return date(text).map { max($0 - now, .zero) }
    }

    /// As in `Sat, 21 Nov 2026 01:02:03 GMT`.
    private static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, words[3].utf8.count == 4,
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        return Timestamp("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4]).000Z")
    }

    /// Why the request was turned away, when it should be sent again later. Nil: the answer is the client's.
    ///
    /// - Parameter ownKey: the key is coord's; a login of the agent's own is the agent's to mend.
    package static func turnAway(
        status: Int, body: [UInt8], ownKey: Bool
    ) -> CallOutcome.TurnAway? {
        switch status {
        case 401, 403: return ownKey ? .unauthorized : nil
        case 402: return ownKey ? .spent : nil
        case 429: return isSpent(body) ? (ownKey ? .spent : nil) : .limited
        case 503, 529: return .overloaded
        case 500..<600: return .broken
        default: return isSpent(body) && ownKey ? .spent : nil
        }
    }

    /// Whether it is not the pace that is wrong, but the account that has nothing left.
    private static func isSpent(_ body: [UInt8]) -> Bool {
        guard let error = (try? JSONParser.parse(body))?["error"] else { return false }
        let words = [error["code"], error["type"], error["details"]?["error_code"]].compactMap {
            $0?.stringValue
        }
        return words.contains { spent.contains($0) }
    }

    private static let spent: Set<String> = [
        "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "enforced_spend_limit_reached",
        "billing_error", "billing_hard_limit_reached",
    ]
}
