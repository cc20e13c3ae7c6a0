package import CoordModel

/// Decides when a worker that died is started again: the law of one slot.
///
/// The first restart after ten seconds well is immediate. After that the delay is drawn evenly from nothing
/// up to min(60 s, 250 ms · 2ⁿ) ("full jitter"), until the worker was well for 300 s. Three failures in a
/// row, or five within a minute, open the slot's circuit for 30 s. Then it is half open: one start is a
/// trial. The circuit closes when the trial ends an attempt properly or is well for ten seconds; before that,
/// its failure opens the circuit again.
package struct RestartPolicy: Sendable, Equatable {
    /// The figures of the law.
    package struct Settings: Sendable, Equatable {
        package var wellAfter = Duration.seconds(10)
        package var forgottenAfter = Duration.seconds(300)
        package var firstDelay = Duration.milliseconds(250)
        package var delayMax = Duration.seconds(60)
        package var failuresToOpen = 3
        package var openFor = Duration.seconds(30)
        /// Restart intensity: so many failures within the period open the circuit as well.
        package var intensity = 5
        package var period = Duration.seconds(60)

        package init() {}
    }

    /// When the slot's next worker starts.
    package enum Verdict: Sendable, Equatable {
        case now
        case after(Timestamp)
        /// The circuit is open until then.
        case offline(until: Timestamp, reason: String)
    }

    private enum Circuit: Sendable, Equatable {
        /// Can become: `open`.
        case closed
        /// Can become: `halfOpen` (a trial is started).
        case open
        /// Can become: `closed` (the trial is well), `open` (it failed).
        case halfOpen
    }

    private let settings: Settings
    private var startedAt: Timestamp?
    private var exponent = 0
    private var failuresInARow = 0
    private var circuit = Circuit.closed
    /// When it failed lately, the newest last; at most as many as the intensity.
    private var failures: [Timestamp] = []

    package init(_ settings: Settings = Settings()) { self.settings = settings }

    /// A worker of the slot was started.
    package mutating func started(at now: Timestamp) {
        startedAt = now
        if circuit == .open { circuit = .halfOpen }
    }

    /// The worker ended an attempt properly: it works, so the row of failures is broken.
    package mutating func proved() { close() }

    private mutating func close() {
        failuresInARow = 0
        guard circuit != .closed else { return }
        circuit = .closed
        failures = []
    }

    /// A worker of the slot died or could not start: when does the next one?
    package mutating func failed(at now: Timestamp, chance: inout SeededGenerator) -> Verdict {
        let life = startedAt.map { now - $0 } ?? .zero
        // A start that fails has no life of its own: it must not borrow its predecessor's.
        startedAt = nil
        if life >= settings.forgottenAfter {
            exponent = 0
            close()
        }
        if circuit == .halfOpen, life >= settings.wellAfter { close() }
        failuresInARow += 1
        failures = (failures + [now]).suffix(settings.intensity)
        if circuit != .closed { return open(at: now, "its trial failed") }
        if failuresInARow >= settings.failuresToOpen {
            return open(at: now, "it failed \(Self.word(failuresInARow)) times in a row")
        }
        if failures.count == settings.intensity, let first = failures.first, now - first < settings.period {
            let period = settings.period.wholeMilliseconds / 1000
            return open(at: now, "it failed \(settings.intensity) times in \(period) s")
        }
        if life >= settings.wellAfter, exponent == 0 {
            exponent = 1
            return .now
        }
        let ceiling = min(settings.delayMax, settings.firstDelay * Double(1 << min(exponent, 10)))
        exponent += 1
        return .after(now + chance.jitter(upTo: ceiling))
    }

    private mutating func open(at now: Timestamp, _ reason: String) -> Verdict {
        circuit = .open
        return .offline(until: now + settings.openFor, reason: reason)
    }

    private static func word(_ count: Int) -> String { count == 3 ? "three" : "\(count)" }
}
