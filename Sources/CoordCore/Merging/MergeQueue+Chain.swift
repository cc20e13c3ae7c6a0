import CoordModel

// MARK: - What follows from what is known

extension MergeQueue {
    /// Brings the groups in order after any change: judges what can be judged, builds, tests and lands what
    /// can be.
    mutating func settle() -> [Effect] {
        var isOrdered = 0
        repeat { refill() } while judgeOne() || lineUp(&isOrdered)
        startGates(before: isOrdered)
        return takeEffects()
    }

    /// Groups that are built or tested at the same time. With quick gates one more is built ahead; with slow
    /// ones it had better wait, to be tested together with others.
    private var groupsMax: Int {
        let isQuick = pace.gateTime.map { $0 < .seconds(2) } ?? true
        return pace.window + (isQuick ? 1 : 0)
    }

    private mutating func refill() {
        guard !isHeld else { return }
        while !line.isEmpty {
            let active = groups.count { $0.phase.mayLand && !$0.phase.isLanding }
            guard active < groupsMax else { return }
            let free = groupsMax - active
            let size = pace.size(waiting: line.count, free: free)
            tellPlan(size: size, reason: pace.reason(waiting: line.count, free: free))
            var taken: [Candidate] = []
            while taken.count < size, let next = takeNext(after: taken) { taken.append(next) }
            groups.append(Group(ticket: nextTicket(), candidates: taken, phase: .fresh))
        }
    }

    /// The next candidate of the line, or one close behind it that shares no file with what is on its way
    /// when that one does.
    private mutating func takeNext(after taken: [Candidate]) -> Candidate? {
        guard !touched.isEmpty, !(groups.isEmpty && taken.isEmpty) else { return line.popFirst() }
        let ahead = groups.flatMap(\.candidates) + taken
        let busy = Set(ahead.flatMap { touched[$0.lease.task] ?? [] })
        return line.popFirst { [touched] candidate in
            touched[candidate.lease.task].map { busy.isDisjoint(with: $0) } ?? true
        }
    }

    /// Builds each group on the one ahead of it that may land, and lands the first. True: look again.
    ///
    /// - Parameter ordered: set to the number of groups known to stand on what they should.
    private mutating func lineUp(_ ordered: inout Int) -> Bool {
        guard !isHeld else { return false }
        ordered = groups.count
        var ahead: ObjectID?
        for index in groups.indices {
            let isFirst = ahead == nil
            switch groups[index].phase {
            case .fresh:
                stage(index, onto: ahead)
                ordered = index
                return false
            case .staging(let onto):
                // What it is built on may have landed meanwhile.
                let isRight = onto == ahead || isFirst && onto == head
                if !isRight { stage(index, onto: ahead) }
                ordered = index
                return false
            case .ready(let chain), .testing(let chain), .passed(let chain):
                guard chain.onto == (isFirst ? head : ahead) else {
                    if groups[index].isPartOfRed { release(from: index) } else { reset(index) }
                    return true
                }
                if isFirst, case .passed = groups[index].phase {
                    if !keepsForTests(index, chain) { land(index, chain) }
                    return true
                }
                ahead = chain.tip.commit
            case .landing(let chain), .delayed(let chain, _): ahead = chain.tip.commit
            case .doubted, .suspect, .red, .compared, .conflicted: continue
            }
        }
        return false
    }

    private mutating func stage(_ index: Int, onto: ObjectID?) {
        groups[index].ticket = nextTicket()
        groups[index].phase = .staging(onto: onto)
        effects.append(.stage(groups[index].ticket, groups[index].candidates, onto: onto))
    }

    /// The group is built anew on whatever is ahead of it then.
    mutating func reset(_ index: Int) {
        cancelGate(of: index)
        groups[index].phase = .fresh
        groups[index].isPartOfRed = false
        groups[index].firstLook = nil
        groups[index].passed = nil
    }

    mutating func cancelGate(of index: Int) {
        if groups[index].phase.isTested { effects.append(.cancelGate(groups[index].ticket)) }
    }

    private mutating func land(_ index: Int, _ chain: Chain) {
        // First in the list: what becomes able to land again meanwhile stands behind it.
        var group = groups.remove(at: index)
        group.phase = .landing(chain)
        group.ticket = nextTicket()
        groups.insert(group, at: 0)
        for (candidate, link) in zip(group.candidates, chain.links) {
            #if COORD_PLANTED_BUGS
                if PlantedBug.isActive(.intentForgotten) { continue }
            #endif
            effects.append(
                .record(
                    .landingStarted(
                        candidate.lease, commit: link.commit, from: chain.onto,
                        tip: chain.tip.commit)))
        }
        let tip = chain.tip
        effects.append(.advance(group.ticket, commit: tip.commit, tree: tip.tree, from: chain.onto))
    }

    // MARK: - Gates

    /// Second looks first: candidates wait for them. Then the groups in their order.
    private mutating func startGates(before end: Int) {
        guard !isHeld else { return }
        var free = pace.parallel - groups.count { $0.phase.isTested }
        for index in groups.indices where free > 0 {
            switch groups[index].phase {
            case .doubted(let chain, let report, isRunning: false):
                groups[index].phase = .doubted(chain, report, isRunning: true)
                gate(index, chain.tip.commit)
            case .compared(let chain, let report, isRunning: false):
                groups[index].phase = .compared(chain, report, isRunning: true)
                gate(index, chain.onto)
            default: continue
            }
            free -= 1
        }
        var speculated = groups.count { if case .testing = $0.phase { true } else { false } }
        for index in groups.indices.prefix(end) where free > 0 {
            guard case .ready(let chain) = groups[index].phase,
                speculated < pace.window || groups[index].isPartOfRed
            else { continue }
            groups[index].phase = .testing(chain)
            gate(index, chain.tip.commit)
            free -= 1
            speculated += 1
        }
    }

    private mutating func gate(_ index: Int, _ commit: ObjectID) {
        groups[index].ticket = nextTicket()
        let group = groups[index]
        if let tip = group.phase.chain?.tip, commit == tip.commit {
            effects.append(
                .record(
                    .gateStarted(
                        group.lease, commit: commit, tree: tip.tree,
                        tasks: group.candidates.map(\.lease.task))))
        }
        effects.append(.gate(group.ticket, commit: commit))
    }
}

extension MergeQueue.Group {
    /// Part of a red group, with nothing found against it so far.
    var isInnocent: Bool {
        guard isPartOfRed else { return false }
        return switch phase {
        case .fresh, .staging, .ready, .testing, .passed, .suspect: true
        case .doubted, .red, .compared, .conflicted, .landing, .delayed: false
        }
    }

    /// The attempt that stands for the group: its last.
    var lease: Lease {
        guard let last = candidates.last else { preconditionFailure("a group without candidates") }
        return last.lease
    }
}
