package import CoordModel

/// Decides when what landed is passed on to a remote, and when that is tried again. Never runs git, never
/// reads the clock, and never holds a landing up.
///
/// One push is under way at a time; what lands meanwhile goes with the next one. What could not be delivered
/// is tried again after growing pauses: one second, two, four, up to a minute.
package struct DeliveryQueue: Sendable, Equatable {
    /// What came of passing a commit on, or of a look at the remote.
    package enum Outcome: Sendable, Hashable {
        /// The remote's branch holds the commit. `address` is the page of a pull request, or the one to open
        /// it with.
        case delivered(place: String, address: String?)
        /// The remote had commits the target lacked, and the target was moved up to them.
        case followed(from: ObjectID, to: ObjectID, place: String)
        /// A look found nothing to do.
        case unchanged
        /// The remote did not answer, or not in time.
        case unreachable(reason: String)
        /// The remote will not have it, or both sides have commits that the other lacks: trying again alone
        /// does not help.
        case refused(reason: String)
        /// It was ended before it was known.
        case cancelled
    }

    /// What the queue wants done, in this order.
    package enum Effect: Sendable, Hashable {
        case record(Fact.Body)
        /// Bring the remote's branch to the commit. Nil: look whether the remote has moved, and follow it.
        case deliver(ObjectID?)
    }

    private enum State: Sendable, Equatable {
        /// Can become: `busy`.
        case idle
        /// A push or a look is under way. Can become: `idle`, `waiting`.
        case busy(ObjectID?)
        /// The last try failed. Can become: `busy`.
        case waiting(until: Timestamp)
    }

    private let mode: Delivery
    private var state = State.idle
    private var wanted: ObjectID?
    private var delivered: ObjectID?
    private var failures = 0
    private var lookAt: Timestamp?
    /// Why the last try failed, and whether only a person can help. Nil: it did not.
    package private(set) var problem: Problem?

    /// Why something could not be delivered.
    package struct Problem: Sendable, Hashable {
        package var reason: String
        package var needsPerson: Bool

        package init(reason: String, needsPerson: Bool) {
            self.reason = reason
            self.needsPerson = needsPerson
        }
    }

    /// How long until the remote is looked at again. A remote that moved unseen makes both sides go apart.
    private static let lookInterval = Duration.seconds(30)
    private static let pauseMax = Duration.seconds(60)
    /// A run that is over otherwise ends after this many tries in vain.
    private static let triesAtEnd = 3

    package init(mode: Delivery) { self.mode = mode }

    /// Whether something that landed is not known to be delivered.
    package var isPending: Bool { wanted != nil && wanted != delivered }
    /// Whether the end of the run should wait for a delivery.
    package var isAwaited: Bool {
        guard isPending else { return false }
        if case .busy(.some) = state { return true }
        guard let problem else { return true }
        return !problem.needsPerson && failures < Self.triesAtEnd
    }

    /// When to call `elapsed` if nothing else happens.
    package var nextDeadline: Timestamp? {
        switch state {
        case .idle: lookAt
        case .busy: nil
        case .waiting(let until): until
        }
    }

    /// The run begins, or goes on; `last` is what it landed last.
    package mutating func begin(last: ObjectID?) -> [Effect] {
        guard mode != .branch else { return [] }
        wanted = last
        return next() + (last == nil && mode == .push ? look() : [])
    }

    /// The target was moved to the commit.
    package mutating func landed(_ commit: ObjectID) -> [Effect] {
        guard mode != .branch else { return [] }
        wanted = commit
        // A person may have helped meanwhile; a remote that is away is left to its pause.
        if case .waiting = state, problem?.needsPerson == true { state = .idle }
        return next()
    }

    /// A push of the commit, or a look (nil), ended.
    package mutating func answered(_ commit: ObjectID?, _ outcome: Outcome, at now: Timestamp) -> [Effect] {
        // An answer nobody waits for does not exist: one effect at a time, each answered once.
        guard case .busy(let awaited) = state, awaited == commit else { return [] }
        state = .idle
        if mode == .push { lookAt = now + Self.lookInterval }
        switch outcome {
        case .delivered(let place, let address):
            succeed()
            delivered = commit
            guard let commit else { return next() }
            return [.record(.deliveryPushed(commit: commit, to: place, address: address))] + next()
        case .followed(let from, let to, let place):
            succeed()
            return [.record(.targetFollowed(from: from, to: to, place: place))] + next()
        case .unchanged:
            succeed()
            return next()
        case .unreachable(let reason): return fail(commit, reason, needsPerson: false, at: now)
        case .refused(let reason): return fail(commit, reason, needsPerson: true, at: now)
        case .cancelled: return []
        }
    }

    /// Tries again what failed, or looks at the remote, if the time has come.
    package mutating func elapsed(at now: Timestamp) -> [Effect] {
        switch state {
        case .waiting(let until) where until <= now:
            state = .idle
            return isPending ? next() : look()
        case .idle:
            guard let time = lookAt, time <= now else { return [] }
            return isPending ? next() : look()
        case .busy, .waiting: return []
        }
    }

    private mutating func succeed() {
        failures = 0
        problem = nil
    }

    /// The same reason is recorded once.
    private mutating func fail(
        _ commit: ObjectID?, _ reason: String, needsPerson: Bool, at now: Timestamp
    ) -> [Effect] {
        failures += 1
        let seconds = failures > 6 || needsPerson ? 60 : 1 << (failures - 1)
        state = .waiting(until: now + min(.seconds(seconds), Self.pauseMax))
        let problem = Problem(reason: reason, needsPerson: needsPerson)
        guard problem != self.problem else { return [] }
        self.problem = problem
        return [.record(.deliveryFailed(commit: commit, reason: reason, needsPerson: needsPerson))]
    }

    private mutating func next() -> [Effect] {
        guard state == .idle, isPending, let wanted else { return [] }
        state = .busy(wanted)
        return [.deliver(wanted)]
    }

    private mutating func look() -> [Effect] {
        guard state == .idle else { return [] }
        state = .busy(nil)
        return [.deliver(nil)]
    }
}
