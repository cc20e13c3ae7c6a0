package import CoordModel

/// The fleet's one rate limiter: an estimate is reserved before work starts and settled when its usage is
/// known.
package struct RateLimiter: Sendable {
    /// What one unit of work is expected to draw.
    package struct Estimate: Sendable, Hashable {
        package var requests: Int64
        package var inputTokens: Int64
        package var outputTokens: Int64

        package init(requests: Int64 = 1, inputTokens: Int64 = 2000, outputTokens: Int64 = 500) {
            self.requests = requests
            self.inputTokens = inputTokens
            self.outputTokens = outputTokens
        }
    }

    private var requests: TokenBucket?
    private var input: TokenBucket?
    private var output: TokenBucket?
    private var outstanding: [TaskID: Estimate] = [:]
    /// A provider asked for a pause: nothing is granted before this time.
    package private(set) var coolDownUntil: Timestamp?

    /// How long a provider's wish for a pause is believed: 0 to 15 minutes.
    private static let coolDownMax = Duration.seconds(900)

    package init(_ limits: RateLimits, at now: Timestamp) {
        requests = limits.requestsPerMinute.map { TokenBucket(perMinute: $0, at: now) }
        input = limits.inputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
        output = limits.outputTokensPerMinute.map { TokenBucket(perMinute: $0, at: now) }
    }

    /// When a reservation of this size could be granted: nil means now.
    package mutating func earliest(_ estimate: Estimate, at now: Timestamp) -> Timestamp? {
        var wait = coolDownUntil.map { $0 > now ? $0 - now : .zero } ?? .zero
        wait = max(wait, requests?.wait(for: estimate.requests, at: now) ?? .zero)
        wait = max(wait, input?.wait(for: estimate.inputTokens, at: now) ?? .zero)
        wait = max(wait, output?.wait(for: estimate.outputTokens, at: now) ?? .zero)
        return wait > .zero ? now + wait : nil
    }

    /// Takes the estimate out of the buckets. The caller asked `earliest` first.
    package mutating func reserve(_ estimate: Estimate, for task: TaskID, at now: Timestamp) {
        draw(estimate, at: now)
        outstanding[task] = estimate
    }

    /// Replaces what is reserved for a task by what one call really used; later calls of the same attempt
    /// draw as they are reported, into debt if need be.
    package mutating func settle(_ usage: Usage, for task: TaskID, at now: Timestamp) {
        release(task, at: now)
        let tokens = usage.tokens
        draw(
            Estimate(
                requests: 1, inputTokens: tokens.input + tokens.cacheWrite, outputTokens: tokens.output),
            at: now)
    }

    /// Gives back what is still reserved for a task.
    package mutating func release(_ task: TaskID, at now: Timestamp) {
        guard let estimate = outstanding.removeValue(forKey: task) else { return }
        requests?.giveBack(estimate.requests, at: now)
        input?.giveBack(estimate.inputTokens, at: now)
        output?.giveBack(estimate.outputTokens, at: now)
    }

    /// A provider said "slow down". Without a time it is 30 seconds. Returns until when nothing is granted.
    package mutating func coolDown(for wish: Duration?, at now: Timestamp) -> Timestamp {
        let pause = min(max(wish ?? .seconds(30), .zero), Self.coolDownMax)
        let until = max(coolDownUntil ?? now, now + pause)
        coolDownUntil = until
        return until
    }

    private mutating func draw(_ estimate: Estimate, at now: Timestamp) {
        requests?.take(estimate.requests, at: now)
        input?.take(estimate.inputTokens, at: now)
        output?.take(estimate.outputTokens, at: now)
    }
}
