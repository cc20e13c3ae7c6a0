package import CoordModel

/// A commit that wants to land.
package struct Candidate: Sendable, Hashable {
    package var lease: Lease
    package var commit: ObjectID
    /// Where the attempt started from.
    package var base: ObjectID
    /// A person said yes to it: then a falling number of tests is no question any more.
    package var isApproved = false

    package init(lease: Lease, commit: ObjectID, base: ObjectID) {
        self.lease = lease
        self.commit = commit
        self.base = base
    }
}

/// A landing commit that was built: its identifier and its exact tree.
package struct BuiltCommit: Sendable, Hashable {
    package var commit: ObjectID
    package var tree: ObjectID

    package init(commit: ObjectID, tree: ObjectID) {
        self.commit = commit
        self.tree = tree
    }
}

extension MergeQueue {
    /// Names one wish of the queue and its answer. A wish that was given up leaves an answer nobody waits
    /// for.
    package typealias Ticket = Int

    /// What came of building candidates one on top of the other.
    package enum Staging: Sendable, Hashable {
        /// One landing commit for each candidate, in their order; the first stands on `onto`.
        case staged([BuiltCommit], onto: ObjectID)
        /// The candidate after those that were built does not unite with what is ahead of it.
        case conflict(after: [BuiltCommit], onto: ObjectID, files: [String], excerpt: String)
        case failed(reason: String)
    }

    /// What came of moving the target.
    package enum Advance: Sendable, Hashable {
        case landed
        /// The commit is already on the target: an earlier coordinator moved it.
        case alreadyLanded
        case moved
        /// The target cannot move now, for example because a checkout of it is dirty.
        case delayed(reason: String)
        /// It could not be done, or not found out whether it was done. Tried again until it is known: a
        /// candidate that went back now could land twice.
        case failed(reason: String)
    }

    /// What the queue wants done, in this order.
    package enum Effect: Sendable, Hashable {
        case record(Fact.Body)
        /// Build the candidates one on top of the other. `onto` is nil for the target's head as it is then.
        case stage(Ticket, [Candidate], onto: ObjectID?)
        /// Test exactly this commit.
        case gate(Ticket, commit: ObjectID)
        /// Nobody waits for this gate any more.
        case cancelGate(Ticket)
        /// Move the target to the commit if its tree is the one that was tested.
        case advance(Ticket, commit: ObjectID, tree: ObjectID, from: ObjectID)
        case landed(Candidate, commit: ObjectID)
        case bounced(Candidate, Bounce)
    }

    /// Why a candidate went back.
    package enum Bounce: Sendable, Hashable {
        /// `with` names the tasks that landed since the attempt started, as far as they are known.
        case conflict(files: [String], excerpt: String)
        /// `onTarget` is what the gate said of the target without the candidate.
        case gateFailed(GateReport, onTarget: GateOutcome)
        case gateCouldNotRun(GateReport, onTarget: GateOutcome)
        case failed(reason: String)
        /// The gate passed with fewer tests than the target's, and tests are protected. `loss` says how many.
        case fewerTests(loss: String)
    }
}

/// Candidates in the order in which they are taken up. Any of them can be taken out without looking through
/// the rest.
struct CandidateLine: Sendable, Equatable {
    /// Nil where one was taken out. Those before `head` are gone, and are cut off now and then.
    private var places: [Candidate?] = []
    private var head = 0
    /// How many were cut off in front, so that positions stay true.
    private var cut = 0
    /// Where each task's candidate stands, counted from the first one ever.
    private var positions: [TaskID: Int] = [:]
    /// How often the first one was passed over.
    private var overtaken = 0

    /// How far behind the first one is looked for a better.
    private static let lookahead = 8
    /// The first one is passed over so often at most.
    private static let overtakenMax = 4

    var count: Int { positions.count }
    var isEmpty: Bool { positions.isEmpty }
    /// The next one first.
    var candidates: [Candidate] { places[head...].compactMap { $0 } }

    mutating func append(_ candidate: Candidate) {
        positions[candidate.lease.task] = cut + places.count
        places.append(candidate)
    }

    /// Puts candidates before all others, in their order.
    mutating func prepend(_ candidates: [Candidate]) {
        for candidate in candidates.reversed() {
            if head > 0 {
                head -= 1
            } else {
                places.insert(nil, at: 0)
                cut -= 1
            }
            places[head] = candidate
            positions[candidate.lease.task] = cut + head
        }
    }

    /// False: the task has no candidate here.
    mutating func remove(_ task: TaskID) -> Bool {
        guard let position = positions.removeValue(forKey: task) else { return false }
        places[position - cut] = nil
        return true
    }

    /// Takes the first of the next few that is preferred, else the first; the first as well when it has been
    /// passed over a few times.
    mutating func popFirst(preferring isPreferred: (Candidate) -> Bool) -> Candidate? {
        guard overtaken < Self.overtakenMax else { return popFirst() }
        let few = places[head...].lazy.compactMap { $0 }.prefix(Self.lookahead)
        guard let first = few.first, let best = few.first(where: isPreferred), best != first,
            remove(best.lease.task)
        else { return popFirst() }
        overtaken += 1
        return best
    }

    mutating func popFirst() -> Candidate? {
        overtaken = 0
        var next: Candidate?
        while next == nil, head < places.count {
            next = places[head]
            places[head] = nil
            head += 1
        }
        if head > 256, head * 2 > places.count {
            places.removeFirst(head)
            cut += head
            head = 0
        }
        if let next { positions[next.lease.task] = nil }
        return next
    }
}
