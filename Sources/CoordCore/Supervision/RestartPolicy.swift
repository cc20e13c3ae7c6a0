package import CoordModel

/// Decides when a worker that died is started again: the law of one slot.
///
/// The first restart after ten seconds well is immediate. After that the delay is drawn evenly from nothing
/// up to min(60 s, 250 ms · 2ⁿ) ("full jitter"), until the worker was well for 300 s. Three failures in a row
/// open the slot's circuit for 30 s; the next start is a trial, and its failure opens the circuit again.
package struct RestartPolicy: Sendable, Equatable {
    /// The figures of the law.
    package struct Settings: Sendable, Equatable {
        package var wellAfter = Duration.seconds(10)
        package var forgottenAfter = Duration.seconds(300)
        package var firstDelay = Duration.milliseconds(250)
        package var delayMax = Duration.seconds(60)
        package var failuresToOpen = 3
        package var openFor = Duration.seconds(30)

        package init() {}
    }

    /// When the slot's next worker starts.
    package enum Verdict: Sendable, Equatable {
        case now
        case after(Timestamp)
        /// The circuit is open until then.
        case offline(until: Timestamp)
    }

    private let settings: Settings
    private var startedAt: Timestamp?
    private var exponent = 0
    private var failuresInARow = 0

    package init(_ settings: Settings = Settings()) { self.settings = settings }

    /// A worker of the slot was started.
    package mutating func started(at now: Timestamp) { startedAt = now }

    /// The worker ended an attempt properly: it works, so the row of failures is broken.
    package mutating func proved() { failuresInARow = 0 }

    /// A worker of the slot died or could not start: when does the next one?
    package mutating func failed(at now: Timestamp, chance: inout SeededGenerator) -> Verdict {
        let life = startedAt.map { now - $0 } ?? .zero
        // A start that fails has no life of its own: it must not borrow its predecessor's.
        startedAt = nil
        if life >= settings.forgottenAfter {
            exponent = 0
            failuresInARow = 0
        }
        failuresInARow += 1
        if failuresInARow >= settings.failuresToOpen {
            return .offline(until: now + settings.openFor)
        }
        if life >= settings.wellAfter, exponent == 0 {
            exponent = 1
            return .now
        }
        let ceiling = min(settings.delayMax, settings.firstDelay * Double(1 << min(exponent, 10)))
        exponent += 1
        return .after(now + chance.jitter(upTo: ceiling))
    }
}
