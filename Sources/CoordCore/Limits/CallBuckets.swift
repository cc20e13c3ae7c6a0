package import CoordModel

/// The token buckets of one model at one account: requests, input tokens and output tokens.
///
/// A bucket exists once somebody named its rate: the run, or the provider with an answer. What a provider
/// names counts only below what the run names.
package struct CallBuckets: Sendable {
    private let limits: RateLimits
    private var requests: TokenBucket?
    private var input: TokenBucket?
    private var output: TokenBucket?
    /// How many tokens a thousand bytes of a request were, as a sliding mean.
    private var inputPerThousandBytes: Int64 = 300
    /// How many tokens an answer had, as a sliding mean.
    private var outputMean: Int64 = 500

    package init(_ limits: RateLimits, at now: Timestamp) {
        self.limits = limits
        requests = limits.requestsPerMinute.map { TokenBucket(perMinute: $0, at: now) }
        input = limits.inputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
        output = limits.outputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
    }

    /// What a call is expected to draw, by what earlier ones drew.
    package func estimate(of call: ModelCall) -> RateLimiter.Estimate {
        guard !call.isFree else {
            return RateLimiter.Estimate(requests: 1, inputTokens: 0, outputTokens: 0)
        }
        let bytes = Int64(clamping: call.requestBytes)
        return RateLimiter.Estimate(
            requests: 1, inputTokens: (bytes / 1000 + 1) * inputPerThousandBytes,
            outputTokens: min(outputMean, call.outputTokensMax ?? outputMean))
    }

    /// How long until a draw of this size may be made.
    package mutating func wait(for estimate: RateLimiter.Estimate, at now: Timestamp) -> Duration {
        var wait = requests?.wait(for: estimate.requests, at: now) ?? .zero
        wait = max(wait, input?.wait(for: estimate.inputTokens, at: now) ?? .zero)
        return max(wait, output?.wait(for: estimate.outputTokens, at: now) ?? .zero)
    }

    /// Draws, whether it is there or not.
    package mutating func take(_ estimate: RateLimiter.Estimate, at now: Timestamp) {
        requests?.take(estimate.requests, at: now)
        input?.take(estimate.inputTokens, at: now)
        output?.take(estimate.outputTokens, at: now)
    }

    /// Gives back what was drawn for a call that came to nothing. The request itself was made.
    package mutating func giveBack(_ estimate: RateLimiter.Estimate, at now: Timestamp) {
        input?.giveBack(estimate.inputTokens, at: now)
        output?.giveBack(estimate.outputTokens, at: now)
    }

    /// Replaces what was drawn for a call by what it used, and learns from it.
    package mutating func settle(
        _ estimate: RateLimiter.Estimate, by tokens: TokenCounts, requestBytes: Int, at now: Timestamp
    ) {
        giveBack(estimate, at: now)
        // What was read from the cache counts against no provider's limit.
        let drawn = tokens.input + tokens.cacheWrite
        input?.take(drawn, at: now)
        output?.take(tokens.output, at: now)
        let thousands = Int64(clamping: requestBytes) / 1000 + 1
        inputPerThousandBytes += (min(drawn / thousands, 1000) - inputPerThousandBytes) / 8
        inputPerThousandBytes = max(inputPerThousandBytes, 1)
        outputMean += (min(tokens.output, 1 << 20) - outputMean) / 8
    }

    /// Takes over what the provider said.
    package mutating func learn(_ hints: RateHints, at now: Timestamp) {
        Self.learn(
            &requests, hints.requestsPerMinute, left: hints.requestsLeft, limits.requestsPerMinute, now)
        Self.learn(
            &input, hints.inputTokensPerMinute, left: hints.inputTokensLeft, limits.inputTokensPerMinute, now)
        Self.learn(
            &output, hints.outputTokensPerMinute, left: hints.outputTokensLeft,
            limits.outputTokensPerMinute, now)
    }

    private static func learn(
        _ bucket: inout TokenBucket?, _ told: Int64?, left: Int64?, _ own: Int64?, _ now: Timestamp
    ) {
        if let told, told > 0 {
            let rate = min(told, own ?? told)
            if bucket == nil {
                bucket = TokenBucket(perMinute: rate, at: now)
            } else if bucket?.perMinute != rate {
                bucket?.change(perMinute: rate, at: now)
            }
        }
        if let left, left >= 0 { bucket?.lower(to: left, at: now) }
    }

    /// Leaves what comes in a fifth of a second: behind a pause nobody may spend at once what it saved.
    package mutating func drain(at now: Timestamp) {
        let rates = (requests?.perMinute ?? 0, input?.perMinute ?? 0, output?.perMinute ?? 0)
        requests?.lower(to: max(1, rates.0 / 300), at: now)
        input?.lower(to: rates.1 / 300, at: now)
        output?.lower(to: rates.2 / 300, at: now)
    }
}
