import CoordCore
import CoordModel

/// A git repository as far as landing goes: a target branch that moves by compare-and-swap, candidates,
/// gates.
struct SimulatedProject {
    struct Commit: Equatable {
        var id: ObjectID
        var tree: ObjectID
        /// The attempt that landed it; nil when a person made it.
        var landing: Lease?
    }

    /// A candidate that was built on a head.
    struct Built {
        var lease: Lease
        var tree: ObjectID
        var onto: ObjectID
        var hasPassed = false
    }

    private(set) var history: [Commit] = []
    private(set) var built: [ObjectID: Built] = [:]
    /// The target's checkout has changes until then.
    var dirtyUntil = Timestamp(milliseconds: .min)
    private var made = 0

    init() { history = [Commit(id: newObject(), tree: newObject(), landing: nil)] }

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
            history.append(Commit(id: newObject(), tree: newObject(), landing: nil))
        }
    }

    /// Builds a candidate on the head.
    mutating func build(_ candidate: Candidate) -> MergeQueue.Staging {
        let commit = newObject()
        let tree = newObject()
        built[commit] = Built(lease: candidate.lease, tree: tree, onto: head)
        return .staged(commit: commit, tree: tree, onto: head)
    }

    mutating func gatePassed(_ commit: ObjectID) { built[commit]?.hasPassed = true }

    /// Moves the target if it still stands where the candidate was built.
    mutating func land(_ commit: ObjectID, from: ObjectID, lease: Lease, at now: Timestamp)
        -> MergeQueue.Advance
    {
        if history.contains(where: { $0.id == commit }) { return .alreadyLanded }
        guard head == from else { return .moved }
        guard dirtyUntil <= now else { return .delayed(reason: "the checkout is dirty") }
        guard let made = built[commit] else { return .failed(reason: "no such commit") }
        history.append(Commit(id: commit, tree: made.tree, landing: lease))
        return .landed
    }
}
