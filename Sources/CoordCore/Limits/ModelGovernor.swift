package import CoordModel

/// The fleet's one governor of model calls: which waiting call goes next, and when.
///
/// Calls wait by account and model. Among those of the highest priority the worker that had least is served
/// first, and of one worker the earliest call; the newest never overtakes. Whoever is first and too big for
/// what is in the bucket holds up those behind, so it is served at last, alone. Decides nothing about money:
/// `next` asks.
package struct ModelGovernor: Sendable {
    /// Whether the budget has room for a call.
    package enum Room: Sendable, Equatable {
        case enough
        /// Not now; something is still to be given back.
        case later
        /// Never.
        case none(BudgetScope, reason: String)
    }

    /// What `next` found.
    package enum Decision: Sendable, Equatable {
        case grant(ModelCall)
        /// It will never be sent: the client is answered with the reason.
        case refuse(ModelCall, status: Int, reason: String, BudgetScope?)
    }

    /// Whose budget it is that has no room.
    package enum BudgetScope: Sendable, Equatable { case run, task, worker }

    private struct Waiting: Sendable {
        var call: ModelCall
        var priority: Int
        var number: Int
        var since: Timestamp
        var notBefore: Timestamp
        var tries = 0
    }

    private struct Granted: Sendable {
        var waiting: Waiting
        var estimate: RateLimiter.Estimate
    }

    private struct BucketKey: Hashable, Comparable {
        var account: ProviderAccount
        var model: String
        static func < (left: Self, right: Self) -> Bool {
            (left.account, left.model) < (right.account, right.model)
        }
    }

    private let limits: RateLimits
    /// A call that could not be sent for so long is refused: its client waits no longer either.
    private let holdMax: Duration
    private var chance: SeededGenerator
    private var lanes: [ProviderAccount: ProviderLane] = [:]
    private var buckets: [BucketKey: CallBuckets] = [:]
    private var waiting: [BucketKey: [Waiting]] = [:]
    private var granted: [CallID: Granted] = [:]
    /// What each worker had, in tokens; one that was idle starts at the level of the others.
    private var served: [WorkerID: Int64] = [:]
    private var level: Int64 = 0
    private var last = 0
    /// When to look again because a bucket fills; found by the last `next`.
    private var bucketTime: Timestamp?
    /// When `next` looked last: what was due then is due no more.
    private var lookedAt: Timestamp?

    /// How long a single fault keeps its call from going again, at first; then twice as long, and so on.
    private static let retryDelay = Duration.milliseconds(500)

    package init(_ limits: RateLimits, holdMax: Duration = .seconds(1500), seed: UInt64) {
        self.limits = limits
        self.holdMax = holdMax
        chance = SeededGenerator(seed: seed ^ 0x9E37_79B9)
    }

    /// How many calls wait, and how many are on their way.
    package var counts: (waiting: Int, granted: Int) {
        (waiting.values.reduce(0) { $0 + $1.count }, granted.count)
    }

    /// Whether any call of the worker waits.
    func isHeld(_ worker: WorkerID) -> Bool {
        waiting.values.contains { $0.contains { $0.call.worker == worker } }
    }

    /// A call wants to be made. One whose name is known already is left out.
    package mutating func ask(_ call: ModelCall, priority: Int, at now: Timestamp) {
        guard granted[call.id] == nil else { return }
        let key = BucketKey(account: call.provider, model: call.model)
        guard !(waiting[key, default: []].contains { $0.call.id == call.id }) else { return }
        // Nobody saves up by having been silent.
        if !isHeld(call.worker), !granted.values.contains(where: { $0.waiting.call.worker == call.worker }) {
            served[call.worker] = max(served[call.worker] ?? 0, level)
        }
        last += 1
        waiting[key, default: []].append(
            Waiting(call: call, priority: priority, number: last, since: now, notBefore: now))
    }

    /// The client of a waiting call is gone.
    package mutating func withdraw(_ id: CallID) {
        for key in waiting.keys { waiting[key]?.removeAll { $0.call.id == id } }
    }

    /// The provider said something of its limits.
    package mutating func learn(_ hints: RateHints, from id: CallID, at now: Timestamp) {
        guard !hints.isEmpty, let call = granted[id]?.waiting.call else { return }
        let key = BucketKey(account: call.provider, model: call.model)
        buckets[key, default: CallBuckets(limits, at: now)].learn(hints, at: now)
    }

    /// One try of a call ended. A pause that begins with it is told with its reason.
    package mutating func settle(
        _ id: CallID, _ outcome: CallOutcome, at now: Timestamp
    ) -> (until: Timestamp, reason: String)? {
        guard var grant = granted.removeValue(forKey: id) else { return nil }
        let call = grant.waiting.call
        let key = BucketKey(account: call.provider, model: call.model)
        if lanes[call.provider]?.isOpen == false { drain(call.provider, at: now) }
        var bucket = buckets[key] ?? CallBuckets(limits, at: now)
        var lane = lanes[call.provider] ?? ProviderLane()
        defer {
            buckets[key] = bucket
            lanes[call.provider] = lane
        }
        switch outcome {
        case .answered(let usage, _):
            lane.answered(id)
            if let usage {
                bucket.settle(grant.estimate, by: usage.tokens, requestBytes: call.requestBytes, at: now)
            }
        case .refused:
            lane.answered(id)
            bucket.giveBack(grant.estimate, at: now)
        case .abandoned:
            lane.left(id)
            bucket.giveBack(grant.estimate, at: now)
        case .turnedAway(let why, let retryAfter):
            bucket.giveBack(grant.estimate, at: now)
            let until = lane.turnedAway(id, why, retryAfter: retryAfter, &chance, at: now)
            grant.waiting.tries += 1
            if lane.pausedUntil == nil {
                let ceiling = Self.retryDelay * Double(1 << min(grant.waiting.tries, 7))
                grant.waiting.notBefore = now + chance.jitter(upTo: ceiling)
            }
            waiting[key, default: []].append(grant.waiting)
            guard let until else { return nil }
            return (until, "\(call.provider) \(Self.wording(why))")
        }
        return nil
    }

    /// The next call that may go, or that never will. Nil: nothing can be done before `nextDeadline`.
    package mutating func next(at now: Timestamp, room: (ModelCall) -> Room) -> Decision? {
        (bucketTime, lookedAt) = (nil, now)
        for key in waiting.keys.sorted() {
            guard let decision = next(key, at: now, room: room) else { continue }
            return decision
        }
        return nil
    }

    private mutating func next(
        _ key: BucketKey, at now: Timestamp, room: (ModelCall) -> Room
    ) -> Decision? {
        guard let line = waiting[key], !line.isEmpty else {
            waiting[key] = nil
            return nil
        }
        if let old = line.firstIndex(where: { now - $0.since > holdMax }) {
            waiting[key]?.remove(at: old)
            return .refuse(
                line[old].call, status: 503, reason: "\(key.account) took no request for too long", nil)
        }
        guard lanes[key.account, default: ProviderLane()].mayGo(at: now) else { return nil }
        // Once: what comes in from here on is for the probe, however often it is looked for.
        if lanes[key.account]?.pauseHasEnded(at: now) ?? false { drain(key.account, at: now) }
        var passed: Set<Int> = []
        while let index = first(of: line, except: passed, at: now) {
            switch room(line[index].call) {
            case .later: passed.insert(index)
            case .none(let scope, let reason):
                waiting[key]?.remove(at: index)
                return .refuse(line[index].call, status: 402, reason: reason, scope)
            case .enough:
                var bucket = buckets[key, default: CallBuckets(limits, at: now)]
                let estimate = bucket.estimate(of: line[index].call)
                let wait = bucket.wait(for: estimate, at: now)
                defer { buckets[key] = bucket }
                guard wait <= .zero else {
                    // Whoever is behind waits too, or the big one would never be served.
                    bucketTime = min(bucketTime ?? now + wait, now + wait)
                    return nil
                }
                bucket.take(estimate, at: now)
                grant(index, of: key, estimate)
                return .grant(line[index].call)
            }
        }
        return nil
    }

    private mutating func grant(_ index: Int, of key: BucketKey, _ estimate: RateLimiter.Estimate) {
        guard let entry = waiting[key]?.remove(at: index) else { return }
        let call = entry.call
        granted[call.id] = Granted(waiting: entry, estimate: estimate)
        lanes[key.account, default: ProviderLane()].went(call.id)
        let before = served[call.worker] ?? 0
        level = max(level, before)
        served[call.worker] = before + estimate.inputTokens + estimate.outputTokens + 1
    }

    /// What filled up while a pause or its ramp held everybody back is not spent at once.
    private mutating func drain(_ account: ProviderAccount, at now: Timestamp) {
        for key in buckets.keys where key.account == account { buckets[key]?.drain(at: now) }
    }

    /// Whose turn it is: by priority; then who had least; then who came first.
    private func first(of line: [Waiting], except passed: Set<Int>, at now: Timestamp) -> Int? {
        var best: (index: Int, had: Int64)?
        for index in line.indices where line[index].notBefore <= now && !passed.contains(index) {
            let had = served[line[index].call.worker] ?? 0
            guard let found = best else {
                best = (index, had)
                continue
            }
            let (this, that) = (line[index], line[found.index])
            let isBefore =
                this.priority != that.priority
                ? this.priority > that.priority
                : had != found.had ? had < found.had : this.number < that.number
            if isBefore { best = (index, had) }
        }
        return best?.index
    }

    /// When to call `next` again if nothing else happens. Nil: nothing waits for time.
    package var nextDeadline: Timestamp? {
        var times: [Timestamp] = []
        for (key, line) in waiting where !line.isEmpty {
            if let oldest = line.map(\.since).min() { times.append(oldest + holdMax + .milliseconds(1)) }
            let pause = lanes[key.account]?.pausedUntil
            if let pause { times.append(pause) }
            if let soonest = line.map(\.notBefore).min(), pause == nil { times.append(soonest) }
        }
        if let bucketTime { times.append(bucketTime) }
        return times.filter { time in lookedAt.map { time > $0 } ?? true }.min()
    }

    private static func wording(_ why: CallOutcome.TurnAway) -> String {
        switch why {
        case .limited: "asked for a pause"
        case .overloaded: "is overloaded"
        case .broken: "answers with errors"
        case .unreachable: "cannot be reached"
        case .unauthorized: "refused the key: sign in again"
        case .spent: "says that the account may spend no more"
        }
    }
}
