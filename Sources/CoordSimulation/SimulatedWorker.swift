import CoordCore
import CoordModel

/// One worker process: what it has, what it was told and has not heard yet.
struct SimulatedWorker {
    /// What it does next, by itself.
    enum Deed {
        case hello
        case beat
        /// The next word about its attempt.
        case act(Act, Lease)
        /// The next attempt has its turn.
        case turns
        /// Orders have arrived.
        case reads
        /// It comes round from being stopped.
        case wakes
        case dies(ExitOutcome)
    }

    enum Act {
        case report(AgentReport)
        case finishes(AttemptOutcome, times: Int)
        case crashes
        /// Nil: for ever.
        case hangs(Duration?)
        case stalls
        /// It speaks of another attempt, whatever it has itself.
        case speaksOf(Lease, AgentReport?)

        /// Whether it only ends what it was told to end.
        var isObedience: Bool { if case .finishes(.cancelled, _) = self { true } else { false } }
    }

    /// What the coordinator wants of it.
    enum Order {
        case assign(Lease, TaskSpec, isReview: Bool)
        case cancel(Lease)
        case withdraw(Lease)
        case handOff(Lease)
        case stop
    }

    let pid: Int32
    let slot: Int
    /// What its agent is really working on.
    var work: Lease?
    /// What stands behind it, in the order of the turns.
    var waiting: [(lease: Lease, spec: TaskSpec, isReview: Bool)] = []
    var isHung = false
    var hungSince = Timestamp(milliseconds: .max)
    /// Whether it will come round by itself.
    var comesRound = true
    /// It was killed and is about to end.
    var isDoomed = false
    var ignoresOrders = false
    /// Since when its agent does nothing.
    var stalledSince: Timestamp?
    /// Orders that wait until it comes round.
    var unheard: [Order] = []
    /// Its words arrive in the order in which they were said: none before this.
    var lastWordAt = Timestamp(milliseconds: .min)
    /// Attempts it had earlier.
    var past: [Lease] = []
}
