import CoordModel

// MARK: - What a coding agent could not do

extension CoordinatorStateMachine {
    /// The first pause after a provider's failure that named no time; each further one in a row is twice as
    /// long, up to the limiter's own limit.
    private static let pause = Duration.seconds(5)

    /// Does what a failure asks of the whole run: waits once for everybody, or ends for a person to act.
    /// True: the attempt is nobody's fault and does not count.
    mutating func accept(_ failure: AgentFailure, of slot: Int) -> Bool {
        let agent = slots[slot].spec.agent
        switch failure.kind {
        case .rateLimit, .overload, .unreachable:
            pauseProvider(failure)
            return true
        case .authentication:
            // What runs may be signed in: another client, another account.
            beginDraining(
                Ending(
                    status: .stopped, exitStatus: 4,
                    reason: "agent `\(agent)` is not signed in: \(failure.reason)"))
            return true
        case .billing:
            askPerson("agent `\(agent)` has no credit or quota left: \(failure.reason)")
            return true
        case .session: return true
        case .context, .limit, .model, .setup, .interrupted, .other: return false
        }
    }

    /// Nothing is granted until the provider is likely to answer again. Failures that come while everybody
    /// waits already are of the same outage: they make it no longer, unless they name a later time.
    private mutating func pauseProvider(_ failure: AgentFailure) {
        if limiter.coolDownUntil.map({ $0 > now }) ?? false {
            guard let wait = failure.retryAfter, now + wait > limiter.coolDownUntil ?? now else { return }
        } else {
            outages += 1
        }
        let wait = failure.retryAfter ?? Self.pause * Double(1 << min(outages - 1, 10))
        let until = limiter.coolDown(for: wait, at: now)
        record(.rateLimited(until: until, reason: failure.description))
        rateBlockedUntil = until
    }

    /// Nothing new starts until a person who is there has agreed to more money, by `coord resume`; without
    /// one the run ends and says so.
    mutating func askPerson(_ reason: String) {
        guard mode == .running else { return }
        if settings.mayAsk {
            mode = .paused
            record(.runStatusChanged(.paused, reason: reason + "; `coord resume` goes on"))
        } else {
            beginDraining(Ending(status: .stopped, exitStatus: 3, reason: reason))
        }
    }
}
