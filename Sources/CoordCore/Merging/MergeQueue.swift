package import CoordModel

/// Decides what lands and in which order. Never runs git, never reads the clock.
///
/// The law: the target moves only, by compare-and-swap, to a commit whose exact tree passed the gate.
///
/// Candidates are taken up in groups, mostly of one. Each group is built on the group ahead of it as if that
/// had landed, and several are tested side by side (speculation, as in Zuul's gate pipelines). A group that
/// turns out red is passed over: what stood behind it is built again on the nearest group that still may
/// land. A red group of several is halved until the culprit is alone (as in bors); the innocent land. A
/// verdict against a candidate counts once everything it was tested on has landed.
package struct MergeQueue: Sendable, Equatable {
    /// Landing commits one on top of the other, the first on `onto`. Never empty.
    struct Chain: Sendable, Equatable {
        var onto: ObjectID
        var links: [BuiltCommit]
        /// Where the target moves when they land.
        var tip: BuiltCommit {
            guard let last = links.last else { preconditionFailure("a chain without links") }
            return last
        }
    }

    /// Candidates that are built, tested and landed together.
    struct Group: Sendable, Equatable {
        var ticket: Ticket
        var candidates: [Candidate]
        var phase: Phase
        /// Split from a group that was red.
        var isPartOfRed = false
        /// What the gate said of its last commit before, when it stood at the end of a red group.
        var firstLook: GateReport?
        /// What the gate said when it passed.
        var passed: GateReport?
        /// Why its landing waited when it was tried last.
        var delay: String?
    }

    enum Phase: Sendable, Equatable {
        /// To be built. Can become: `staging`.
        case fresh
        /// Being built. Can become: `ready`, `conflicted`, `fresh` (what is ahead changed).
        case staging(onto: ObjectID?)
        /// Waits for a gate. Can become: `testing`, `fresh`.
        case ready(Chain)
        /// Its exact tree is being tested. Can become: `passed`, `doubted`, `red`, `fresh`.
        case testing(Chain)
        /// Passed, and waits for those ahead. Can become: `landing`, `fresh`.
        case passed(Chain)
        /// Failed once; the same tree is tested a second time. Can become: `passed` (a flake), `red`.
        case doubted(Chain, GateReport, isRunning: Bool)
        /// The second half of a red group, while the first half is tested. Can become: `red`, `fresh`.
        case suspect(Chain, GateReport)
        /// Failed for good on what it stands on. Can become: two halves, `compared`, or it is bounced.
        case red(Chain, GateReport)
        /// The gate runs on the target without it, to know whether it was red before. It is bounced then.
        case compared(Chain, GateReport, isRunning: Bool)
        /// Does not unite with what is ahead. It is bounced once that landed. Can become: `fresh`.
        case conflicted(onto: ObjectID, files: [String], excerpt: String)
        /// The target is being moved. Can become: landed, `fresh` (the target moved), `delayed`.
        case landing(Chain)
        /// The target could not move; tried again at the time. Can become: `landing`.
        case delayed(Chain, until: Timestamp)
    }

    var groups: [Group] = []
    var line = CandidateLine()
    var pace: QueuePace
    /// Where the target stands, as far as is known.
    var head: ObjectID?
    /// Where the target stood, the newest last, with what the gate said of it if it was tested.
    var heads: [Head] = []
    /// Somebody else moved the target since the last landing. Parts of a red group then stay apart: put
    /// together again they would have to be parted again, and the next move may come before that is done.
    var isDisturbed = false
    /// No new candidate is taken up; a landing goes on.
    var isHeld = false
    /// What the candidates change, where it is known.
    var touched: [TaskID: [String]] = [:]
    var effects: [Effect] = []
    /// Whether a candidate that loses tests waits for a person.
    let guardsTests: Bool
    /// What the gate last ran on the target. Nil: not known yet.
    var tally: TestTally?
    private var lastTicket = 0
    private var told: [Int] = []

    /// A commit the target pointed at.
    struct Head: Sendable, Equatable {
        var commit: ObjectID
        var verdict: GateOutcome?
    }

    /// How long until a delayed landing is tried again.
    private static let landingRetry = Duration.seconds(1)
    private static let headsMax = 64

    /// - Parameter gateTime: what a gate took before; nil when nobody knows.
    package init(
        parallel: Int = 1, batch: Int = 1, gateTime: Duration? = nil, guardsTests: Bool = false
    ) {
        self.guardsTests = guardsTests
        pace = QueuePace(parallel: parallel, batch: batch, gateTime: gateTime)
    }

    // MARK: - Looking

    /// Whether nothing is on its way and nothing waits.
    package var isIdle: Bool { groups.isEmpty && line.isEmpty }
    /// Whether the outcome of something is awaited.
    package var isBusy: Bool { groups.contains { $0.phase.isAwaited } }
    /// Whether the target is being moved, or is to be as soon as it can.
    package var isLanding: Bool { groups.contains { $0.phase.isLanding } }
    /// Everything that waits or is on its way, the next one first.
    package var candidates: [Candidate] { groups.flatMap(\.candidates) + line.candidates }

    /// When to call `elapsed` if nothing else happens.
    package var nextDeadline: Timestamp? {
        for group in groups { if case .delayed(_, let until) = group.phase { return until } }
        return nil
    }

    // MARK: - What happens

    /// Puts a candidate at the end of the line. `files` is what it changes, as far as is known.
    ///
    /// - Parameter isReturned: it conflicted before. It is put first: the longer it waits, the more lands
    ///   that it does not know of.
    package mutating func submitted(
        _ candidate: Candidate, files: [String] = [], isReturned: Bool = false
    ) -> [Effect] {
        if isReturned { line.prepend([candidate]) } else { line.append(candidate) }
        if !files.isEmpty { touched[candidate.lease.task] = files }
        return settle()
    }

    /// Takes up a landing whose intent was recorded and whose outcome was not: the target is moved now, or
    /// was. `built` has one commit for each candidate; the target moves to the last.
    package mutating func restore(
        _ candidates: [Candidate], built: [BuiltCommit], from onto: ObjectID
    ) -> [Effect] {
        guard !groups.contains(where: { $0.phase.isLanding }), let tip = built.last,
            candidates.count == built.count
        else {
            for candidate in candidates { line.append(candidate) }
            return settle()
        }
        let chain = Chain(onto: onto, links: built)
        let group = Group(ticket: nextTicket(), candidates: candidates, phase: .landing(chain))
        groups.insert(group, at: 0)
        effects.append(.advance(group.ticket, commit: tip.commit, tree: tip.tree, from: onto))
        return settle()
    }

    /// Takes a candidate out. Nil: the task has none here, or it is being landed; else what follows from it.
    package mutating func withdraw(_ task: TaskID) -> [Effect]? {
        touched[task] = nil
        if line.remove(task) { return [] }
        for index in groups.indices where !groups[index].phase.isLanding {
            guard let place = groups[index].candidates.firstIndex(where: { $0.lease.task == task }) else {
                continue
            }
            reset(index)
            groups[index].candidates.remove(at: place)
            if groups[index].candidates.isEmpty { groups.remove(at: index) }
            return settle()
        }
        return nil
    }

    /// Stops or starts taking up candidates.
    package mutating func hold(_ held: Bool) -> [Effect] {
        isHeld = held
        return settle()
    }

    /// The target moved to the commit, or did not.
    package mutating func advanced(_ ticket: Ticket, _ advance: Advance, at now: Timestamp) -> [Effect] {
        guard let index = groups.firstIndex(where: { $0.ticket == ticket }),
            case .landing(let chain) = groups[index].phase
        else { return [] }
        switch advance {
        case .landed: landed(index, chain, head: chain.tip.commit)
        case .alreadyLanded: landed(index, chain, head: nil)
        case .moved:
            head = nil
            isDisturbed = true
            let reason = "the target moved; the candidate is built and gated again"
            noteDelay(of: index, reason)
            groups[index].phase = .fresh
            groups[index].delay = nil
            if isHeld { putBack() }
        case .delayed(let reason): delay(index, chain, reason, at: now)
        case .failed(let reason): delay(index, chain, "could not land: \(reason)", at: now)
        }
        return settle()
    }

    /// The target was looked at. When somebody else moved it, what is built on the commit before is built and
    /// tested anew at once, not only when its gate has passed in vain: so something lands in every pause that
    /// is longer than a gate.
    package mutating func targetSeen(at commit: ObjectID) -> [Effect] {
        guard let head, head != commit, !isLanding else { return [] }
        self.head = commit
        isDisturbed = true
        noteHead(commit, nil)
        return settle()
    }

    /// Tries a delayed landing again, if its time has come.
    package mutating func elapsed(at now: Timestamp) -> [Effect] {
        for index in groups.indices {
            guard case .delayed(let chain, let until) = groups[index].phase, until <= now else { continue }
            groups[index].phase = .landing(chain)
            let (tip, ticket) = (chain.tip, groups[index].ticket)
            return [.advance(ticket, commit: tip.commit, tree: tip.tree, from: chain.onto)]
        }
        return []
    }

    /// Drops what is being built or tested without a verdict; it waits again, first in line, and nothing new
    /// is taken up. A landing that was begun is let through to its end: the target may have moved already,
    /// and its answer must be heard.
    package mutating func interrupt() -> [Effect] {
        isHeld = true
        putBack()
        return settle()
    }

    // MARK: - Landing

    private mutating func landed(_ index: Int, _ chain: Chain, head: ObjectID?) {
        let group = groups.remove(at: index)
        for (candidate, link) in zip(group.candidates, chain.links) {
            effects.append(.record(.taskLanded(candidate.lease, commit: link.commit, tree: link.tree)))
            effects.append(.landed(candidate, commit: link.commit))
        }
        if let report = group.passed { tally = TestTally(report) }
        pace.landed(group.candidates.count)
        isDisturbed = false
        self.head = head
        noteHead(chain.tip.commit, .passed)
    }

    /// Waits for a better time, which may be another coordinator's. The same reason is recorded once.
    private mutating func delay(_ index: Int, _ chain: Chain, _ reason: String, at now: Timestamp) {
        if groups[index].delay != reason { noteDelay(of: index, reason) }
        groups[index].delay = reason
        groups[index].phase = .delayed(chain, until: now + Self.landingRetry)
        if isHeld { putBack() }
    }

    private mutating func noteDelay(of index: Int, _ reason: String) {
        for candidate in groups[index].candidates {
            effects.append(.record(.landingDelayed(candidate.lease, reason: reason)))
        }
    }

    /// Everything but a landing that runs goes back, first in line.
    private mutating func putBack() {
        var back: [Candidate] = []
        for index in groups.indices {
            if case .landing = groups[index].phase { continue }
            cancelGate(of: index)
            back += groups[index].candidates
        }
        groups.removeAll { if case .landing = $0.phase { false } else { true } }
        line.prepend(back)
    }

    // MARK: - Bookkeeping

    mutating func nextTicket() -> Ticket {
        lastTicket += 1
        return lastTicket
    }

    mutating func noteHead(_ commit: ObjectID, _ verdict: GateOutcome?) {
        if let index = heads.firstIndex(where: { $0.commit == commit }) {
            if verdict != nil { heads[index].verdict = verdict }
            return
        }
        heads.append(Head(commit: commit, verdict: verdict))
        if heads.count > Self.headsMax { heads.removeFirst() }
    }

    func isHead(_ commit: ObjectID) -> Bool { heads.contains { $0.commit == commit } }

    /// Says how far the queue runs ahead, when that changed.
    mutating func tellPlan(size: Int, reason: String) {
        guard told != [pace.window, size] else { return }
        // A serial queue of single candidates is what everybody expects.
        if told.isEmpty, size == 1, pace.window == pace.parallel {
            told = [pace.window, size]
            return
        }
        told = [pace.window, size]
        effects.append(.record(.queuePlanned(window: pace.window, batch: size, reason: reason)))
    }

    /// Hands out what was decided.
    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        guard !touched.isEmpty else { return effects }
        for effect in effects {
            switch effect {
            case .landed(let candidate, _), .bounced(let candidate, _): touched[candidate.lease.task] = nil
            default: continue
            }
        }
        return effects
    }
}

extension MergeQueue.Phase {
    /// Whether an answer about it will come back.
    var isAwaited: Bool {
        switch self {
        case .staging, .testing, .landing: true
        case .doubted(_, _, let isRunning), .compared(_, _, let isRunning): isRunning
        case .fresh, .ready, .passed, .suspect, .red, .conflicted, .delayed: false
        }
    }

    /// Whether a gate runs for it.
    var isTested: Bool {
        switch self {
        case .testing: true
        case .doubted(_, _, let isRunning), .compared(_, _, let isRunning): isRunning
        case .fresh, .staging, .ready, .passed, .suspect, .red, .conflicted, .landing, .delayed: false
        }
    }

    var isLanding: Bool {
        switch self {
        case .landing, .delayed: true
        default: false
        }
    }

    /// Whether others may be built on it: it may still land as it is.
    var mayLand: Bool {
        switch self {
        case .fresh, .staging, .ready, .testing, .passed, .landing, .delayed: true
        case .doubted, .suspect, .red, .compared, .conflicted: false
        }
    }

    /// What was built; nil when nothing is.
    var chain: MergeQueue.Chain? {
        switch self {
        case .fresh, .staging, .conflicted: nil
        case .ready(let chain), .testing(let chain), .passed(let chain), .doubted(let chain, _, _),
            .suspect(let chain, _), .red(let chain, _), .compared(let chain, _, _), .landing(let chain),
            .delayed(let chain, _):
            chain
        }
    }
}
