import CoordCore
import CoordModel

/// A git repository as far as landing goes: a target branch that moves by compare-and-swap, candidates,
/// gates.
///
/// What a gate says of a tree is a fact of the changes in it: some are red by themselves, and some pairs are
/// red together though each is green alone, unless one was made knowing the other.
struct SimulatedProject {
    struct Commit: Equatable {
        var id: ObjectID
        var tree: ObjectID
        /// The attempt that landed it; nil when a person made it.
        var landing: Lease?
    }

    /// What an attempt handed in.
    struct Change {
        var lease: Lease
        /// The changes that were there when the attempt began.
        var knows: Set<Lease>
        var isRedAlone: Bool
    }

    /// A landing commit that was built.
    struct Built {
        var lease: Lease
        var tree: ObjectID
        var onto: ObjectID
        var hasPassed = false
    }

    private(set) var history: [Commit] = []
    private(set) var built: [ObjectID: Built] = [:]
    private var changes: [Lease: Change] = [:]
    /// The changes in each commit.
    private var contents: [ObjectID: [Lease]] = [:]
    /// The target's checkout has changes until then.
    var dirtyUntil = Timestamp(milliseconds: .min)
    /// Of a hundred pairs of tasks so many are red together.
    var clashesPercent = 0
    private var made = 0

    init() {
        let first = Commit(id: newObject(), tree: newObject(), landing: nil)
        history = [first]
        contents[first.id] = []
    }

    var head: ObjectID { history[history.count - 1].id }

    mutating func newObject() -> ObjectID {
        made += 1
        let digits = String(made, radix: 16)
        guard let id = ObjectID(String(repeating: "0", count: 40 - digits.utf8.count) + digits) else {
            preconditionFailure("\(digits) is no object")
        }
        return id
    }

    /// How many commits on the target carry the task.
    func landings(of task: TaskID) -> Int { history.count { $0.landing?.task == task } }

    /// A person commits, or takes the last commit back if it was a person's.
    mutating func move(takesBack: Bool) {
        if takesBack, history.count > 1, history[history.count - 1].landing == nil {
            history.removeLast()
        } else {
            let commit = Commit(id: newObject(), tree: newObject(), landing: nil)
            contents[commit.id] = contents[head]
            history.append(commit)
        }
    }

    /// An attempt's work becomes a commit.
    mutating func handIn(_ lease: Lease, base: ObjectID, isRedAlone: Bool) -> ObjectID {
        changes[lease] = Change(lease: lease, knows: Set(contents[base] ?? []), isRedAlone: isRedAlone)
        return newObject()
    }

    /// Builds a candidate on a commit.
    mutating func build(_ candidate: Candidate, onto: ObjectID) -> BuiltCommit {
        let commit = BuiltCommit(commit: newObject(), tree: newObject())
        built[commit.commit] = Built(lease: candidate.lease, tree: commit.tree, onto: onto)
        contents[commit.commit] = (contents[onto] ?? []) + [candidate.lease]
        return commit
    }

    /// Whether a person or the coordinator ever moved the target there.
    func wasHead(_ commit: ObjectID) -> Bool { contents[commit] != nil && built[commit] == nil }

    mutating func gatePassed(_ commit: ObjectID) { built[commit]?.hasPassed = true }

    /// What is true of a commit, whatever a gate says.
    func isRed(_ commit: ObjectID) -> Bool {
        let within = (contents[commit] ?? []).compactMap { changes[$0] }
        for (place, change) in within.enumerated() {
            if change.isRedAlone { return true }
            for other in within[..<place] where clash(change, other) { return true }
        }
        return false
    }

    private func clash(_ one: Change, _ other: Change) -> Bool {
        guard clashesPercent > 0, !one.knows.contains(other.lease), !other.knows.contains(one.lease) else {
            return false
        }
        // A pair's lot, the same in both orders and in each run of the seed.
        var lot: UInt64 = 14_695_981_039_346_656_037
        for name in [one.lease.task.rawValue, other.lease.task.rawValue].sorted() {
            for byte in name.utf8 { lot = (lot ^ UInt64(byte)) &* 1_099_511_628_211 }
        }
        return (lot >> 20) % 100 < UInt64(clashesPercent)
    }

    /// The commits from just above `from` up to the tip; nil when it does not stand on it.
    func chain(from: ObjectID, to tip: ObjectID) -> [ObjectID]? {
        var chain: [ObjectID] = []
        var next = tip
        while next != from {
            guard let commit = built[next] else { return nil }
            chain.append(next)
            next = commit.onto
        }
        return chain.reversed()
    }

    /// Moves the target if it still stands where the candidates were built.
    mutating func land(_ tip: ObjectID, from: ObjectID, at now: Timestamp) -> MergeQueue.Advance {
        if history.contains(where: { $0.id == tip }) { return .alreadyLanded }
        guard head == from else { return .moved }
        guard dirtyUntil <= now else { return .delayed(reason: "the checkout is dirty") }
        guard let chain = chain(from: from, to: tip) else { return .failed(reason: "no such commit") }
        for id in chain {
            guard let commit = built[id] else { preconditionFailure("\(id) was not built") }
            history.append(Commit(id: id, tree: commit.tree, landing: commit.lease))
        }
        return .landed
    }
}
