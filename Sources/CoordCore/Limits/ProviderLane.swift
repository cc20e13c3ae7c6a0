package import CoordModel

/// Whether calls may go to one account at one provider: a pause that everybody keeps, one probe behind it,
/// then twice as many at once with each answer.
package struct ProviderLane: Sendable, Equatable {
    private enum State: Sendable, Equatable {
        /// Anybody may go.
        case open
        /// Nobody may go before the time. Can become: `due`.
        case paused(until: Timestamp)
        /// The pause is over, and nobody has gone yet: whoever is first probes. Can become: `probing`,
        /// `paused`.
        case due
        /// One call is on its way; everybody waits for it. Can become: `ramping`, `paused`.
        case probing(CallID)
        /// So many may be on their way at once. Can become: `open`, `paused`.
        case ramping(window: Int)
    }

    private var state = State.open
    private var inFlight: Set<CallID> = []
    /// Pauses since the last answer that was one.
    private var pauses = 0
    /// Calls that were turned away by a fault of the provider since the last answer.
    private var faults = 0

    /// A pause is believed for so long, whatever a provider asks for.
    static let pauseMax = Duration.seconds(900)
    /// A pause that nobody named a time for grows up to this.
    static let ownPauseMax = Duration.seconds(60)
    /// In an outage a probe goes out at least so often: coord goes on within this time of the provider.
    static let probeWithin = Duration.seconds(9)
    /// A key that is refused is tried again after this.
    static let keyRetry = Duration.seconds(4)
    /// With so many calls at once the ramp is over.
    private static let windowMax = 64
    /// So many faults in a row open the breaker.
    private static let faultsMax = 3

    package init() {}

    /// Until when nobody may go. Nil: there is no pause.
    package var pausedUntil: Timestamp? { if case .paused(let until) = state { until } else { nil } }

    /// Whether nothing is held back.
    package var isOpen: Bool { state == .open }

    /// Whether one more call may go now.
    package func mayGo(at now: Timestamp) -> Bool {
        switch state {
        case .open, .due: true
        case .paused(let until): now >= until
        case .probing: false
        case .ramping(let window): inFlight.count < window
        }
    }

    /// Whether a pause has ended since it was asked last: true once for each.
    package mutating func pauseHasEnded(at now: Timestamp) -> Bool {
        guard case .paused(let until) = state, now >= until else { return false }
        state = .due
        return true
    }

    /// A call goes; `mayGo` was asked.
    package mutating func went(_ call: CallID) {
        inFlight.insert(call)
        switch state {
        case .paused, .due: state = .probing(call)
        case .open, .probing, .ramping: break
        }
    }

    /// A call came to nothing without the provider's doing.
    package mutating func left(_ call: CallID) {
        inFlight.remove(call)
        // Whoever is next probes.
        if state == .probing(call) { state = .due }
    }

    /// The provider answered a call.
    package mutating func answered(_ call: CallID) {
        inFlight.remove(call)
        switch state {
        case .open: break
        // It went before the pause, and says nothing of what is now.
        case .paused, .due: return
        case .probing(let probe): if probe == call { state = .ramping(window: 2) }
        case .ramping(let window): state = window * 2 > Self.windowMax ? .open : .ramping(window: window * 2)
        }
        (pauses, faults) = (0, 0)
    }

    /// The provider turned a call away. Until when nobody goes; nil: that was no reason for a pause.
    package mutating func turnedAway(
        _ call: CallID, _ why: CallOutcome.TurnAway, retryAfter: Duration?, _ chance: inout SeededGenerator,
        at now: Timestamp
    ) -> Timestamp? {
        inFlight.remove(call)
        let asked = retryAfter.map { min(max($0, .zero), Self.pauseMax) }
        if case .paused(let until) = state {
            // Everybody who was under way hears the same: it is one pause, and the longest word counts.
            guard let asked, now + asked > until else { return nil }
            state = .paused(until: now + asked)
            return now + asked
        }
        let isProbe = state == .probing(call)
        var pause: Duration
        switch why {
        case .limited:
            pause = asked ?? ownPause(&chance)
        case .overloaded, .broken, .unreachable:
            faults += 1
            guard isProbe || asked != nil || faults >= Self.faultsMax else { return nil }
            pause = min(asked ?? ownPause(&chance), asked == nil ? Self.probeWithin : Self.pauseMax)
        case .unauthorized: pause = Self.keyRetry
        case .spent: pause = Self.ownPauseMax
        }
        // Those who waited do not all start in the same millisecond.
        if asked != nil { pause += chance.jitter(upTo: min(pause / 10, .seconds(3))) }
        pauses += 1
        state = .paused(until: now + pause)
        return now + pause
    }

    /// Full jitter over a ceiling that doubles, and never quite nothing.
    private func ownPause(_ chance: inout SeededGenerator) -> Duration {
        let ceiling = min(.seconds(2) * Double(1 << min(pauses, 6)), Self.ownPauseMax)
        return .milliseconds(250) + chance.jitter(upTo: ceiling - .milliseconds(250))
    }
}
