package import CoordModel

/// A commit that wants to land.
package struct Candidate: Sendable, Hashable {
    package var lease: Lease
    package var commit: ObjectID
    /// Where the attempt started from.
    package var base: ObjectID

    package init(lease: Lease, commit: ObjectID, base: ObjectID) {
        self.lease = lease
        self.commit = commit
        self.base = base
    }
}

/// Decides what lands and in which order. Never runs git, never reads the clock.
///
/// The law: the target moves only, by compare-and-swap, to a commit whose exact tree passed the gate. One
/// candidate is on its way at a time: built on the target's head, gated, landed. A target that moved
/// meanwhile sends the candidate back to be built again.
package struct MergeQueue: Sendable, Equatable {
    /// What came of building a candidate on the target's head.
    package enum Staging: Sendable, Hashable {
        case staged(commit: ObjectID, tree: ObjectID, onto: ObjectID)
        case conflict(onto: ObjectID, files: [String], excerpt: String)
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
        case stage(Candidate)
        case gate(Candidate, commit: ObjectID)
        case advance(Candidate, commit: ObjectID, from: ObjectID)
        case landed(Candidate, commit: ObjectID)
        case bounced(Candidate, Bounce)
    }

    /// Why a candidate went back.
    package enum Bounce: Sendable, Hashable {
        case conflict(files: [String], excerpt: String)
        case gateFailed(GateReport)
        case gateCouldNotRun(GateReport)
        case failed(reason: String)
    }

    private enum State: Sendable, Equatable {
        /// Nothing is on its way. Can become: `staging`, when a candidate waits.
        case idle
        /// A candidate is being built on the head. Can become: `gating`, `idle` (conflict).
        case staging(Candidate)
        /// Its exact tree is being tested. Can become: `landing`, `idle` (bounced).
        case gating(Candidate, commit: ObjectID, tree: ObjectID, onto: ObjectID)
        /// The target is being moved. Can become: `idle` (landed), `staging` (moved), `delayed`.
        case landing(Landing)
        /// The target could not move; tried again at the time. Can become: `landing`.
        case delayed(Landing, until: Timestamp)
    }

    /// A gated commit on its way to the target.
    private struct Landing: Sendable, Equatable {
        var candidate: Candidate
        var commit: ObjectID
        var tree: ObjectID
        var onto: ObjectID
        /// Why it could not land when it was tried last.
        var reason: String?

        var advance: Effect { .advance(candidate, commit: commit, from: onto) }
    }

    private var state = State.idle
    /// In the order of their landing; nil where one was withdrawn. Those before `head` are gone, and are cut
    /// off now and then.
    private var line: [Candidate?] = []
    private var head = 0
    /// How many were cut off in front of the line, so that positions stay true.
    private var cut = 0
    /// Where in the line each waiting task stands, counted from the first candidate ever.
    private var positions: [TaskID: Int] = [:]
    /// No new candidate is taken up; the one on its way goes on.
    private var isHeld = false

    /// How long until a delayed landing is tried again.
    private static let landingRetry = Duration.seconds(1)

    package init() {}

    /// Whether nothing is on its way and nothing waits.
    package var isIdle: Bool { state == .idle && positions.isEmpty }
    /// Whether a candidate is on its way and its outcome is awaited.
    package var isBusy: Bool {
        switch state {
        case .idle, .delayed: false
        case .staging, .gating, .landing: true
        }
    }

    /// Those that wait, the next one first.
    package var waiting: ArraySlice<Candidate> { ArraySlice(line[head...].compactMap { $0 }) }

    /// The candidate on its way.
    package var current: Candidate? {
        switch state {
        case .idle: nil
        case .staging(let candidate), .gating(let candidate, _, _, _): candidate
        case .landing(let landing), .delayed(let landing, _): landing.candidate
        }
    }

    /// When to call `elapsed` if nothing else happens.
    package var nextDeadline: Timestamp? {
        if case .delayed(_, let until) = state { until } else { nil }
    }

    /// Puts a candidate at the end of the line.
    package mutating func submitted(_ candidate: Candidate) -> [Effect] {
        positions[candidate.lease.task] = cut + line.count
        line.append(candidate)
        return takeNext()
    }

    /// Takes up a landing whose intent was recorded and whose outcome was not: the target is moved now, or
    /// was.
    package mutating func restore(
        _ candidate: Candidate, landing commit: ObjectID, tree: ObjectID, from onto: ObjectID
    ) -> [Effect] {
        guard state == .idle else { return submitted(candidate) }
        let landing = Landing(candidate: candidate, commit: commit, tree: tree, onto: onto)
        state = .landing(landing)
        return [landing.advance]
    }

    /// Takes a waiting candidate out. One on its way is let through to its end. False: it does not wait here.
    package mutating func withdraw(_ task: TaskID) -> Bool {
        guard let position = positions.removeValue(forKey: task) else { return false }
        line[position - cut] = nil
        return true
    }

    /// Stops or starts taking up candidates.
    package mutating func hold(_ held: Bool) -> [Effect] {
        isHeld = held
        return takeNext()
    }

    /// The candidate was built on the target's head, or could not be.
    package mutating func staged(_ lease: Lease, _ staging: Staging) -> [Effect] {
        // A staging outlives a hold or a restart at most as an answer nobody waits for: it built unreferenced
        // objects.
        guard case .staging(let candidate) = state, candidate.lease == lease else { return [] }
        switch staging {
        case .staged(let commit, let tree, let onto):
            state = .gating(candidate, commit: commit, tree: tree, onto: onto)
            return [
                .record(.candidateStaged(lease, commit: commit, tree: tree, onto: onto)),
                .gate(candidate, commit: commit),
            ]
        case .conflict(let onto, let files, let excerpt):
            state = .idle
            return [
                .record(.candidateConflicted(lease, onto: onto, files: files)),
                .bounced(candidate, .conflict(files: files, excerpt: excerpt)),
            ] + takeNext()
        case .failed(let reason):
            state = .idle
            return [.bounced(candidate, .failed(reason: reason))] + takeNext()
        }
    }

    /// The candidate's exact tree was tested.
    package mutating func gated(_ lease: Lease, _ report: GateReport) -> [Effect] {
        // As for `staged`.
        guard case .gating(let candidate, let commit, let tree, let onto) = state, candidate.lease == lease
        else { return [] }
        let evidence = Effect.record(.gateFinished(lease, tree: tree, report))
        switch report.outcome {
        case .passed:
            let landing = Landing(candidate: candidate, commit: commit, tree: tree, onto: onto)
            state = .landing(landing)
            return [evidence, .record(.landingStarted(lease, commit: commit, from: onto)), landing.advance]
        case .failed:
            state = .idle
            return [evidence, .bounced(candidate, .gateFailed(report))] + takeNext()
        case .couldNotRun:
            state = .idle
            return [evidence, .bounced(candidate, .gateCouldNotRun(report))] + takeNext()
        }
    }

    /// The target moved to the candidate, or did not.
    package mutating func advanced(_ lease: Lease, _ advance: Advance, at now: Timestamp) -> [Effect] {
        guard case .landing(let landing) = state, landing.candidate.lease == lease else { return [] }
        switch advance {
        case .landed, .alreadyLanded:
            state = .idle
            return [
                .record(.taskLanded(lease, commit: landing.commit, tree: landing.tree)),
                .landed(landing.candidate, commit: landing.commit),
            ] + takeNext()
        case .moved:
            putFirst(landing.candidate)
            let reason = "the target moved; the candidate is built and gated again"
            return [.record(.landingDelayed(lease, reason: reason))] + takeNext()
        case .delayed(let reason): return delay(landing, reason, at: now)
        case .failed(let reason): return delay(landing, "could not land: \(reason)", at: now)
        }
    }

    /// Waits for a better time, which may be another coordinator's. The same reason is recorded once.
    private mutating func delay(_ landing: Landing, _ reason: String, at now: Timestamp) -> [Effect] {
        if isHeld {
            putFirst(landing.candidate)
        } else {
            var again = landing
            again.reason = reason
            state = .delayed(again, until: now + Self.landingRetry)
        }
        return landing.reason == reason
            ? [] : [.record(.landingDelayed(landing.candidate.lease, reason: reason))]
    }

    /// Tries a delayed landing again, if its time has come.
    package mutating func elapsed(at now: Timestamp) -> [Effect] {
        guard case .delayed(let landing, let until) = state, until <= now else { return [] }
        state = .landing(landing)
        return [landing.advance]
    }

    /// Drops what is being built or tested without a verdict; it waits again, first in line, and nothing new
    /// is taken up. A landing that was begun is let through to its end: the target may have moved already,
    /// and its answer must be heard. True when a gate is to be ended.
    @discardableResult
    package mutating func interrupt() -> Bool {
        isHeld = true
        switch state {
        case .idle, .landing: return false
        case .staging(let candidate), .gating(let candidate, _, _, _):
            putFirst(candidate)
            return true
        case .delayed(let landing, _):
            putFirst(landing.candidate)
            return false
        }
    }

    private mutating func putFirst(_ candidate: Candidate) {
        state = .idle
        if head > 0 {
            head -= 1
        } else {
            line.insert(nil, at: 0)
            cut -= 1
        }
        line[head] = candidate
        positions[candidate.lease.task] = cut + head
    }

    private mutating func takeNext() -> [Effect] {
        guard state == .idle, !isHeld else { return [] }
        var next: Candidate?
        while next == nil, head < line.count {
            next = line[head]
            line[head] = nil
            head += 1
        }
        if head > 256, head * 2 > line.count {
            line.removeFirst(head)
            cut += head
            head = 0
        }
        guard let candidate = next else { return [] }
        positions[candidate.lease.task] = nil
        state = .staging(candidate)
        return [.stage(candidate)]
    }
}
