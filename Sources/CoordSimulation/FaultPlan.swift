package import CoordCore

/// A kind of misfortune. Everything that goes wrong in a simulation is one of these.
package enum Fault: Int, Sendable, CaseIterable {
    // MARK: workers
    /// Its process ends in the middle.
    case workerCrashes
    /// It is stopped for a while, or for ever: no beat, no word, no obedience.
    case workerHangs
    case startFails
    /// It starts and never says hello.
    case noHello
    case attemptFails
    /// The agent works on and on.
    case overruns
    /// It says twice that it finished.
    case reportsTwice
    /// It speaks of an attempt that ended long ago.
    case reportsLate
    /// It speaks of a task that another worker has, or that nobody has.
    case liesAboutLease
    case ignoresOrders
    case endsWithoutChange
    /// It lives and beats, and its agent does nothing any more.
    case stalls
    /// Every worker dies at once.
    case allDie
    /// It dies again and again as soon as it is up, so that its circuit opens, and comes round later.
    case flaps

    // MARK: agents
    case repeatsUsage
    case asksForPause
    case proposes

    // MARK: git
    case worktreeFails
    case takingFails
    case conflicts
    case stagingFails
    case gateFails
    /// The gate fails once on a tree that is green.
    case gateFlakes
    case gateCannotRun
    /// A person commits to the target, or takes that back.
    case targetMoves
    case checkoutIsDirty
    case landingFails

    // MARK: handing over
    /// An agent wants to hand its task over, or its context is full.
    case handsOver
    case handoffFails

    // MARK: the coordinator and its machine
    /// It is killed: before its decision is recorded, or between any two acts.
    case coordinatorDies
    /// It is stopped for a while; the world goes on.
    case coordinatorSleeps
    /// The clock of the next coordinator stands elsewhere.
    case clockLeaps

    // MARK: people
    case commands
    /// Ctrl-C, drain and stop; the run is resumed later.
    case endings
}

/// How often what goes wrong in one simulation. A seed leaves about half of the kinds out, so that the others
/// are seen alone, too.
package struct FaultPlan: Sendable {
    /// Per thousand opportunities, by kind.
    private var perMille: [Int]

    /// Nothing goes wrong.
    package static let none = FaultPlan(perMille: Array(repeating: 0, count: Fault.allCases.count))

    /// The plan of a seed.
    package static func drawn(from chance: inout SeededGenerator) -> FaultPlan {
        var plan = none
        for fault in Fault.allCases where !chance.happens(perMille: 450) {
            plan.perMille[fault.rawValue] = chance.number(1...mostPerMille(fault))
        }
        return plan
    }

    func perMille(_ fault: Fault) -> Int { perMille[fault.rawValue] }

    private static func mostPerMille(_ fault: Fault) -> Int {
        switch fault {
        // Asked at every turn, at every beat, at every order.
        case .coordinatorDies: 30
        case .coordinatorSleeps: 20
        case .allDie: 120
        case .flaps: 120
        case .endings: 60
        case .commands, .clockLeaps: 1000
        case .proposes, .repeatsUsage: 400
        case .startFails, .noHello, .stagingFails, .takingFails: 200
        // Few things get as far as a landing while the days are bad.
        case .landingFails: 600
        default: 300
        }
    }
}

// MARK: - Chances

extension SeededGenerator {
    mutating func happens(perMille: Int) -> Bool { perMille > 0 && next() % 1000 < UInt64(perMille) }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(0...(elements.count - 1))]
    }

    /// A duration between the two, both in milliseconds.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(number(range)) }
}
