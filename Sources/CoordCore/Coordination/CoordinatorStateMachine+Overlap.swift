import CoordModel

// MARK: - Seeing overlap

extension CoordinatorStateMachine {
    /// Has the worktrees at work looked at, if it is time.
    mutating func lookForOverlap() {
        guard let due = radar.deadline, due <= now else { return }
        let living = livingAttempts
        guard let attempts = radar.look(at: now, { living }) else { return }
        effects.append(.lookForOverlap(attempts))
    }

    /// In the order of the tasks, whoever has them. A reviewer changes nothing that counts.
    private var livingAttempts: [(attempt: OverlapRadar.Attempt, progress: Timestamp)] {
        slots.indices.sorted { (slots[$0].node ?? -1, $0) < (slots[$1].node ?? -1, $1) }.compactMap { slot in
            guard case .working(let node, let base?, _) = slots[slot].work, !isReviewed(node) else {
                return nil
            }
            let attempt = OverlapRadar.Attempt(
                slot: slot, lease: tasks[node].lease, base: base, isFresh: true)
            return (attempt, slots[slot].lastProgress)
        }
    }

    /// Records what is new and tells it to those it is about, as long as they can do something about it.
    mutating func overlapSeen(_ sighting: OverlapRadar.Sighting) {
        let living = livingAttempts.map(\.attempt)
        let known = radar.collisions
        let (found, cleared) = radar.seen(
            sighting, living: Set(living.map(\.lease)),
            held: Set(slots.compactMap(\.node).map { tasks[$0].lease }))
        for collision in cleared { record(.overlapCleared(collision.lease, other: collision.other)) }
        for collision in found {
            record(.overlapFound(collision))
            // The same two sides with one file more or less are no news to an agent.
            guard !known.contains(where: { $0.isSamePair(as: collision) }) else { continue }
            for attempt in living where attempt.lease == collision.lease || attempt.lease == collision.other {
                tell(attempt, of: collision)
            }
        }
    }

    private mutating func tell(_ attempt: OverlapRadar.Attempt, of collision: Collision) {
        let other = attempt.lease == collision.lease ? collision.other : collision.lease
        let files = collision.files.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        let text: String
        if let other {
            let title = tasks[number(of: other.task)].spec.title
            text =
                "Task `\(other.task)`, \(title), is being worked on now and changes the same lines in "
                + "\(files). As both stand, only the first to land will; keep your change there small."
        } else {
            text =
                "What landed on the target since you started does not unite with your changes in \(files)."
        }
        let node = number(of: attempt.lease.task)
        if tasks[node].notices.count < Self.noticesMax { tasks[node].notices.append(text) }
        effects.append(.notice(slot: attempt.slot, attempt.lease, text: text))
    }

    /// So many are shown to the next attempt after a conflict.
    private static let noticesMax = 4

    mutating func forgetOverlap(of lease: Lease) {
        for collision in radar.ended(lease) {
            record(.overlapCleared(collision.lease, other: collision.other))
        }
    }
}

// MARK: - Keeping overlap small

/// A ready task whose files overlap those of a task under way is passed over: for any other that is ready
/// when both only say so by patterns; until the other has landed when it touches the files, or both name the
/// same one. Each waits only so long, once; one that conflicted, until those that change the files of the
/// conflict too have landed. Where a task names no files, what its role owns stands for them,
/// and never says more than a pattern does.
extension CoordinatorStateMachine {
    /// How a ready task overlaps what is under way.
    private enum Overlap { case none, possible, certain }

    /// So many tasks are passed over in one turn.
    private static let passedOverMax = 32
    /// So many files of each other task are compared with.
    private static let filesMax = 128
    /// So many candidates in the merge queue are compared with.
    private static let queuedMax = 32

    /// The most urgent task for the slot that is in nobody's way. What was passed over is to be put back.
    mutating func takeApart(for slot: Int, withoutModels: Bool, _ passedOver: inout [Int]) -> Int? {
        var second: Int?
        while true {
            let node = scheduler.take(for: slot, withoutModels: withoutModels) { [tasks] in
                tasks[$0].state == .ready
            }
            guard let node else { return second }
            let overlap = passedOver.count < Self.passedOverMax ? overlap(of: node) : .none
            guard overlap != .none else {
                if let second { hold(second, &passedOver) }
                return node
            }
            if overlap == .possible, second == nil { second = node } else { hold(node, &passedOver) }
        }
    }

    private mutating func hold(_ node: Int, _ passedOver: inout [Int]) {
        let since = tasks[node].heldSince ?? now
        tasks[node].heldSince = since
        passedOver.append(node)
        let until = since + settings.overlapPatience
        // What waits longer waits for a landing, which is an event of its own.
        if until > now { heldUntil = heldUntil.map { min($0, until) } ?? until }
    }

    /// Whether another that changes the same lines is on its way: sure to conflict once more. Tasks that came
    /// back from a conflict follow each other in this way, however long one takes.
    private func meetsAgain(_ node: Int) -> Bool {
        let clashes = tasks[node].clashes
        guard !clashes.isEmpty else { return false }
        return underWay.contains { other in
            guard other != node else { return false }
            let isHandedIn = tasks[other].state == .queued || isReviewed(other)
            return isHandedIn
                ? tasks[other].files.prefix(Self.filesMax).contains(where: clashes.contains)
                : !tasks[other].clashes.isDisjoint(with: clashes)
        }
    }

    private func overlap(of node: Int) -> Overlap {
        let task = tasks[node]
        if radar.isOn, task.spec.workspace == .worktree, task.pinned == nil, meetsAgain(node) {
            return .certain
        }
        let mine = task.globs.isEmpty ? territory(of: node) : task.globs
        guard radar.isOn, !mine.isEmpty, task.spec.workspace == .worktree, task.pinned == nil,
            task.heldSince.map({ now < $0 + settings.overlapPatience }) ?? true
        else { return .none }
        let isGuess = task.globs.isEmpty
        var worst = Overlap.none
        for other in underWay where other != node {
            let otherTask = tasks[other]
            let isHandedIn = otherTask.state == .queued || isReviewed(other)
            let touched = isHandedIn ? otherTask.files : radar.files(of: otherTask.lease)
            let few = touched.prefix(Self.filesMax)
            if few.contains(where: { path in mine.contains { $0.matches(path) } }) {
                guard isGuess else { return .certain }
                worst = .possible
            }
            // Two guesses are no sign: tasks of one role would all be in each other's way.
            let itsAreGuessed = otherTask.globs.isEmpty
            let its = !itsAreGuessed ? otherTask.globs : isGuess ? [] : territory(of: other)
            for mine in mine {
                for its in its where mine.overlaps(its) {
                    if mine.isLiteral, its.isLiteral, !isGuess, !itsAreGuessed { return .certain }
                    worst = .possible
                }
            }
        }
        return worst
    }

    /// What the role of a task owns: where the task names no files, the best guess of what it will change.
    private func territory(of node: Int) -> [PathPattern] {
        let worker = slots.first { $0.node == node }?.spec.role
        return (tasks[node].spec.role ?? worker).flatMap { territories[$0] } ?? []
    }

    /// Tasks at work in a worktree, and those that wait for a reviewer or their landing.
    private var underWay: [Int] {
        slots.compactMap(\.node).filter { tasks[$0].spec.workspace == .worktree }
            + reviewLine.prefix(Self.queuedMax)
            + queue.candidates.prefix(Self.queuedMax).map { number(of: $0.lease.task) }
    }
}
