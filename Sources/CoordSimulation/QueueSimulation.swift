import CoordCore
import CoordModel

/// The merge queue alone, under a virtual clock: workers hand in, gates take their time, some changes are red
/// by themselves and some only together with another that was made at the same time.
package struct QueueSimulation {
    /// What the days are like.
    package struct Conditions: Sendable {
        /// How many tasks are to land.
        package var tasks: Int
        /// How many workers hand in; each makes one change after the other.
        package var workers: Int
        /// Whether a worker begins the next change only when the last has landed.
        package var workersWait = false
        package var parallel: Int
        package var batch: Int
        package var gateTime = Duration.seconds(60)
        /// How long a worker needs for a change, at most; half of it at least.
        package var workTime = Duration.seconds(60)
        /// Out of a thousand changes so many are red by themselves, at their first try.
        package var redPerMille = 0
        /// Out of a thousand pairs of changes made at the same time so many are red together.
        package var clashPerMille = 0
        /// Out of a thousand candidates so many do not unite with what is ahead of them.
        package var conflictPerMille = 0
        /// Out of a thousand gates of a green tree so many fail, once for each tree.
        package var flakePerMille = 0
        /// The shortest and the longest pause between two commits that a person makes on the target. Nil:
        /// nobody does.
        package var pauses: ClosedRange<Duration>?
        /// How often the target is looked at. Nil: never.
        package var looksEvery: Duration?
        /// The days end then at the latest.
        package var within = Duration.seconds(100_000_000)

        package init(tasks: Int, workers: Int, parallel: Int, batch: Int) {
            self.tasks = tasks
            self.workers = workers
            self.parallel = parallel
            self.batch = batch
        }
    }

    /// What came of them.
    package struct Result: Sendable, Equatable {
        package var landed = 0
        package var bounced = 0
        /// Sent back though nothing was wrong with it.
        package var wronged = 0
        package var gates = 0
        package var flakes = 0
        /// Commits on the target whose tree is red in truth, or is not the one that was tested.
        package var redLandings = 0
        package var untestedLandings = 0
        package var largestGroup = 0
        /// Commits by a person.
        package var byHand = 0
        /// The longest row of a person's commits with no landing and no bounce in between.
        package var barren = 0
        package var elapsed = Duration.zero
        /// Landed tasks in the time of one gate.
        package var landedPerGateTime = 0.0
    }

    private enum Happening {
        case handsIn(task: Int)
        case built(Int, MergeQueue.Staging)
        case gated(Int, ObjectID)
        case advanced(Int, MergeQueue.Advance)
        case personCommits
        case looks
    }

    /// One try at a task.
    private struct Change {
        /// How far the target was when it began.
        var base: Int
        var isRed: Bool
        var task: Int
    }

    /// A landing commit.
    private struct Commit {
        var parent: Int
        var depth: Int
        var change: Int?
        var isRed: Bool
        var hasPassed = false
        var hasFlaked = false
    }

    private let conditions: Conditions
    private var chance: SeededGenerator
    private var queue: MergeQueue
    private var agenda = Agenda<Happening>()
    private var now = Timestamp(milliseconds: 0)
    private var result = Result()
    private var changes: [Change] = []
    private var attempts: [Int]
    private var commits: [Commit] = [Commit(parent: 0, depth: 0, change: nil, isRed: false, hasPassed: true)]
    private var head = 0
    private var begun = 0
    private var cancelled: Set<Int> = []
    private var barren = 0
    private let workTime: Duration
    private var objects: [ObjectID] = []
    private var numbers: [ObjectID: Int] = [:]

    package init(seed: UInt64, _ conditions: Conditions) {
        self.conditions = conditions
        chance = SeededGenerator(seed: seed)
        queue = MergeQueue(
            parallel: conditions.parallel, batch: conditions.batch, gateTime: conditions.gateTime)
        attempts = Array(repeating: 0, count: conditions.tasks)
        workTime = conditions.workTime
    }

    /// Lives until every task has landed, or nothing happens any more.
    package mutating func run() -> Result {
        for _ in 0..<min(conditions.workers, conditions.tasks) { beginNext() }
        planCommit()
        planLook()
        while let (time, happening) = agenda.popFirst() {
            guard time - Timestamp(milliseconds: 0) <= conditions.within else { break }
            now = time
            switch happening {
            case .handsIn(let task): handIn(task)
            case .built(let ticket, let staging): perform(queue.staged(ticket, staging))
            case .gated(let ticket, let commit):
                if cancelled.remove(ticket) == nil { perform(queue.gated(ticket, verdict(on: commit))) }
            case .advanced(let ticket, let advance): perform(queue.advanced(ticket, advance, at: now))
            case .personCommits: personCommits()
            case .looks:
                if !queue.isLanding { perform(queue.targetSeen(at: object(head))) }
                planLook()
            }
        }
        result.elapsed = now - Timestamp(milliseconds: 0)
        result.landedPerGateTime =
            Double(result.landed) * conditions.gateTime.inSeconds / max(result.elapsed.inSeconds, 0.001)
        return result
    }

    // MARK: - Somebody else

    private mutating func planCommit() {
        guard let pauses = conditions.pauses, result.landed < conditions.tasks else { return }
        let spread = (pauses.upperBound - pauses.lowerBound).wholeMilliseconds
        let more = Int64(chance.next() % UInt64(spread + 1))
        agenda.plan(.personCommits, at: now + pauses.lowerBound + .milliseconds(more))
    }

    private mutating func planLook() {
        guard let every = conditions.looksEvery, result.landed < conditions.tasks else { return }
        agenda.plan(.looks, at: now + every)
    }

    private mutating func personCommits() {
        commits.append(
            Commit(
                parent: head, depth: commits[head].depth + 1, change: nil, isRed: commits[head].isRed,
                hasPassed: true))
        head = commits.count - 1
        result.byHand += 1
        barren += 1
        result.barren = max(result.barren, barren)
        planCommit()
    }

    // MARK: - Workers

    private mutating func beginNext() {
        guard begun < conditions.tasks else { return }
        begun += 1
        begin(begun - 1)
    }

    private mutating func begin(_ task: Int) {
        attempts[task] += 1
        let isFirst = attempts[task] == 1
        changes.append(
            Change(
                base: commits[head].depth, isRed: isFirst && happens(conditions.redPerMille), task: task))
        let change = changes.count - 1
        let shortest = workTime.wholeMilliseconds / 2
        let work = Duration.milliseconds(shortest + Int64(chance.next() % UInt64(shortest + 1)))
        agenda.plan(.handsIn(task: change), at: now + work)
    }

    private mutating func handIn(_ change: Int) {
        let task = changes[change].task
        let lease = Lease(task: TaskID("t\(task)"), attempt: attempts[task])
        let candidate = Candidate(lease: lease, commit: object(change), base: object(0))
        perform(queue.submitted(candidate))
        if !conditions.workersWait { beginNext() }
    }

    // MARK: - The world

    private mutating func perform(_ effects: [MergeQueue.Effect]) {
        for effect in effects {
            switch effect {
            case .record(.gateFlaked): result.flakes += 1
            case .record: break
            case .stage(let ticket, let candidates, let onto): stage(ticket, candidates, onto)
            case .gate(let ticket, let commit):
                result.gates += 1
                agenda.plan(.gated(ticket, commit), at: now + conditions.gateTime)
            case .cancelGate(let ticket): cancelled.insert(ticket)
            case .advance(let ticket, let commit, _, let from): advance(ticket, commit, from)
            case .landed:
                result.landed += 1
                barren = 0
                if conditions.workersWait { beginNext() }
            case .bounced(let candidate, let why):
                barren = 0
                bounced(candidate, why)
            }
        }
    }

    private mutating func stage(_ ticket: Int, _ candidates: [Candidate], _ onto: ObjectID?) {
        let start = onto.map(number) ?? head
        var built: [BuiltCommit] = []
        var parent = start
        var staging: MergeQueue.Staging?
        for candidate in candidates where staging == nil {
            if happens(conditions.conflictPerMille) {
                staging = .conflict(after: built, onto: object(start), files: ["f"], excerpt: "")
            } else {
                parent = build(number(candidate.commit), on: parent)
                built.append(BuiltCommit(commit: object(parent), tree: object(parent)))
            }
        }
        result.largestGroup = max(result.largestGroup, built.count)
        let answer = staging ?? .staged(built, onto: object(start))
        agenda.plan(.built(ticket, answer), at: now + .milliseconds(10))
    }

    /// Red is what stands on red, is red itself, or clashes with a change it was made without knowing of.
    private mutating func build(_ change: Int, on parent: Int) -> Int {
        var isRed = commits[parent].isRed || changes[change].isRed
        var next = parent
        while !isRed, commits[next].depth > changes[change].base {
            isRed = commits[next].change.map { clash(change, $0) } ?? false
            next = commits[next].parent
        }
        commits.append(
            Commit(parent: parent, depth: commits[parent].depth + 1, change: change, isRed: isRed))
        return commits.count - 1
    }

    /// A pair's lot, the same whenever it is drawn.
    private func clash(_ one: Int, _ other: Int) -> Bool {
        guard conditions.clashPerMille > 0 else { return false }
        var lot = SeededGenerator(seed: UInt64(min(one, other)) << 32 | UInt64(max(one, other)))
        return lot.next() % 1000 < UInt64(conditions.clashPerMille)
    }

    private mutating func verdict(on commit: ObjectID) -> GateReport {
        let isRed = commits[number(commit)].isRed
        let flakes = !isRed && !commits[number(commit)].hasFlaked && happens(conditions.flakePerMille)
        if flakes { commits[number(commit)].hasFlaked = true }
        if !isRed, !flakes { commits[number(commit)].hasPassed = true }
        return GateReport(
            outcome: isRed || flakes ? .failed : .passed, command: "make", exit: nil,
            duration: conditions.gateTime, reason: "", tail: "")
    }

    private mutating func advance(_ ticket: Int, _ commit: ObjectID, _ from: ObjectID) {
        var answer = MergeQueue.Advance.moved
        if number(from) == head {
            answer = .landed
            if !commits[number(commit)].hasPassed { result.untestedLandings += 1 }
            var next = number(commit)
            while next != head {
                if commits[next].isRed { result.redLandings += 1 }
                next = commits[next].parent
            }
            head = number(commit)
        }
        agenda.plan(.advanced(ticket, answer), at: now + .milliseconds(20))
    }

    private mutating func bounced(_ candidate: Candidate, _ why: MergeQueue.Bounce) {
        result.bounced += 1
        let change = number(candidate.commit)
        if case .gateFailed = why, !changes[change].isRed, !clashesWithLanded(change) { result.wronged += 1 }
        begin(changes[change].task)
    }

    private func clashesWithLanded(_ change: Int) -> Bool {
        var next = head
        while commits[next].depth > changes[change].base {
            if let other = commits[next].change, clash(change, other) { return true }
            next = commits[next].parent
        }
        return false
    }

    private mutating func happens(_ perMille: Int) -> Bool { chance.happens(perMille: perMille) }

    private mutating func object(_ number: Int) -> ObjectID {
        while objects.count <= number {
            let next = Self.name(objects.count)
            numbers[next] = objects.count
            objects.append(next)
        }
        return objects[number]
    }

    private static func name(_ number: Int) -> ObjectID {
        let digits = String(number, radix: 16)
        guard let id = ObjectID(String(repeating: "0", count: 40 - digits.utf8.count) + digits) else {
            preconditionFailure("\(number) is no object")
        }
        return id
    }

    private func number(_ object: ObjectID) -> Int {
        guard let number = numbers[object] else { preconditionFailure("\(object) was never named") }
        return number
    }
}
