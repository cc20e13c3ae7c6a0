package import CoordModel

// MARK: - What was found out about the candidates

extension MergeQueue {
    /// The candidates were built, or could not be.
    package mutating func staged(_ ticket: Ticket, _ staging: Staging) -> [Effect] {
        // A staging outlives a change ahead of it at most as an answer nobody waits for: it built
        // unreferenced objects.
        guard let index = groups.firstIndex(where: { $0.ticket == ticket }),
            case .staging(let expected) = groups[index].phase
        else { return [] }
        switch staging {
        case .staged(let links, let onto):
            noteOnto(onto, expected)
            guard !links.isEmpty, links.count == groups[index].candidates.count else {
                bounce(index, .failed(reason: "\(links.count) commits were built for it"))
                return settle()
            }
            built(index, Chain(onto: onto, links: links))
        case .conflict(let links, let onto, let files, let excerpt):
            noteOnto(onto, expected)
            conflicted(index, after: links, onto: onto, files: files, excerpt: excerpt)
        case .failed(let reason): bounce(index, .failed(reason: reason))
        }
        return settle()
    }

    private mutating func noteOnto(_ onto: ObjectID, _ expected: ObjectID?) {
        guard expected == nil else { return }
        head = onto
        noteHead(onto, nil)
    }

    private mutating func built(_ index: Int, _ chain: Chain) {
        var onto = chain.onto
        for (candidate, link) in zip(groups[index].candidates, chain.links) {
            effects.append(
                .record(
                    .candidateStaged(candidate.lease, commit: link.commit, tree: link.tree, onto: onto)))
            onto = link.commit
        }
        groups[index].phase = .ready(chain)
    }

    /// What was built so far goes on; what does not unite stands alone; the rest waits again.
    private mutating func conflicted(
        _ index: Int, after links: [BuiltCommit], onto: ObjectID, files: [String], excerpt: String
    ) {
        let group = groups[index]
        guard links.count < group.candidates.count else {
            bounce(index, .failed(reason: "\(links.count) commits were built for it"))
            return
        }
        line.prepend(Array(group.candidates[(links.count + 1)...]))
        let alone = Group(
            ticket: nextTicket(), candidates: [group.candidates[links.count]],
            phase: .conflicted(onto: links.last?.commit ?? onto, files: files, excerpt: excerpt))
        guard !links.isEmpty else {
            groups[index] = alone
            return
        }
        groups.insert(alone, at: index + 1)
        groups[index].candidates = Array(group.candidates[..<links.count])
        built(index, Chain(onto: onto, links: links))
    }

    /// A gate said something of a group's exact tree, or of the target without it.
    package mutating func gated(_ ticket: Ticket, _ report: GateReport) -> [Effect] {
        // As for `staged`.
        guard let index = groups.firstIndex(where: { $0.ticket == ticket }), groups[index].phase.isTested,
            let chain = groups[index].phase.chain
        else { return [] }
        let tree = chain.tip.tree
        pace.gateTook(report.duration)
        let lease = groups[index].lease
        if report.outcome == .passed { groups[index].passed = report }
        switch groups[index].phase {
        case .testing:
            effects.append(.record(.gateFinished(lease, tree: tree, report)))
            if report.outcome == .passed, let first = groups[index].firstLook {
                effects.append(.record(.gateFlaked(lease, tree: tree, first)))
            }
            tested(index, chain, report)
        case .doubted(_, let first, _):
            effects.append(.record(.gateFinished(lease, tree: tree, report)))
            if report.outcome == .passed {
                effects.append(.record(.gateFlaked(lease, tree: tree, first)))
                groups[index].phase = .passed(chain)
            } else {
                groups[index].phase = .red(chain, report)
            }
        case .compared(_, let verdict, _):
            effects.append(.record(.targetGated(commit: chain.onto, report)))
            noteHead(chain.onto, report.outcome)
            if verdict.outcome == .passed {
                groups[index].passed = verdict
                tally = TestTally(report)
                groups[index].phase = .passed(chain)
            } else {
                condemn(index, verdict, onTarget: report.outcome)
            }
        default: break
        }
        return settle()
    }

    private mutating func tested(_ index: Int, _ chain: Chain, _ report: GateReport) {
        switch report.outcome {
        case .passed: groups[index].phase = .passed(chain)
        case .failed:
            if !groups[index].isPartOfRed { pace.turnedRed() }
            // A part of a red group needs no second look, nor one that is tested again part by part, the
            // whole included; nor the tree that was red before.
            let isSeen =
                groups[index].candidates.count > 1
                ? groups[index].isPartOfRed || pace.parallel > 1
                : groups[index].firstLook != nil
            groups[index].phase = isSeen ? .red(chain, report) : .doubted(chain, report, isRunning: false)
        case .couldNotRun:
            pace.turnedRed()
            groups[index].phase = .red(chain, report)
        }
    }

    // MARK: - Judging

    /// Decides about one group that cannot land as it is, if what it stands on is decided. True: look again.
    mutating func judgeOne() -> Bool {
        guard !isHeld else { return false }
        for index in groups.indices {
            switch groups[index].phase {
            case .red(let chain, let report):
                if groups[index].candidates.count > 1 {
                    split(index, chain, report)
                } else if isHead(chain.onto) {
                    judge(index, chain, report)
                } else if !isAhead(chain.onto, of: index) {
                    reset(index)
                } else {
                    continue
                }
            case .suspect(let chain, let report):
                if isHead(chain.onto) || hasPassed(chain.onto) {
                    groups[index].phase = .red(chain, report)
                } else if !isAhead(chain.onto, of: index) {
                    release(from: index)
                } else {
                    continue
                }
            case .conflicted(let onto, let files, let excerpt):
                if isHead(onto) {
                    pace.conflicted()
                    for candidate in groups[index].candidates {
                        effects.append(
                            .record(.candidateConflicted(candidate.lease, onto: onto, files: files)))
                    }
                    bounce(index, .conflict(files: files, excerpt: excerpt))
                } else if !isAhead(onto, of: index) {
                    reset(index)
                } else {
                    continue
                }
            default: continue
            }
            return true
        }
        return false
    }

    /// Whether a group ahead that may still land, or may turn out innocent, has this tip.
    private func isAhead(_ tip: ObjectID, of index: Int) -> Bool {
        groups[..<index].contains { group in
            let isOpen = if case .suspect = group.phase { true } else { group.phase.mayLand }
            return isOpen && group.phase.chain?.tip.commit == tip
        }
    }

    /// The culprit was ahead of these: nothing is known against them, and they may be tested together.
    /// Where others move the target meanwhile they stay as they are: what is small is decided in one gate.
    mutating func release(from index: Int) {
        guard !isDisturbed else {
            for place in index..<groups.count where groups[place].isInnocent { reset(place) }
            return
        }
        var free: [Candidate] = []
        for place in (index..<groups.count).reversed() where groups[place].isInnocent {
            cancelGate(of: place)
            free = groups.remove(at: place).candidates + free
        }
        line.prepend(free)
    }

    private func hasPassed(_ tip: ObjectID) -> Bool {
        groups.contains { group in
            switch group.phase {
            case .passed(let chain), .landing(let chain), .delayed(let chain, _): chain.tip.commit == tip
            default: false
            }
        }
    }

    private mutating func split(_ index: Int, _ chain: Chain, _ report: GateReport) {
        if pace.parallel == 1 { halve(index, chain, report) } else { part(index, chain, report) }
    }

    /// As many parts as there are gates, tested side by side, each on top of those before it: the first that
    /// is red has the culprit. The last one's tree is the one that was red, so that it is looked at again.
    private mutating func part(_ index: Int, _ chain: Chain, _ report: GateReport) {
        let group = groups[index]
        let count = group.candidates.count
        let parts = min(count, pace.parallel)
        var made: [Group] = []
        var onto = chain.onto
        for number in 0..<parts {
            let range = count * number / parts..<count * (number + 1) / parts
            let links = Array(chain.links[range])
            let tip = links[links.count - 1].commit
            made.append(
                Group(
                    ticket: nextTicket(), candidates: Array(group.candidates[range]),
                    phase: .ready(Chain(onto: onto, links: links)), isPartOfRed: true,
                    firstLook: number == parts - 1 && report.outcome != .passed ? report : nil))
            onto = tip
        }
        groups.replaceSubrange(index...index, with: made)
    }

    /// With one gate the first half is tested by itself. Is it innocent, then the culprit is in the second,
    /// whose tree on top of the first is the one that was red.
    private mutating func halve(_ index: Int, _ chain: Chain, _ report: GateReport) {
        let group = groups[index]
        let half = (group.candidates.count + 1) / 2
        let first = Array(chain.links[..<half])
        let tip = first[half - 1].commit
        groups[index] = Group(
            ticket: nextTicket(), candidates: Array(group.candidates[..<half]),
            phase: .ready(Chain(onto: chain.onto, links: first)), isPartOfRed: true)
        let second = Group(
            ticket: nextTicket(), candidates: Array(group.candidates[half...]),
            phase: .suspect(Chain(onto: tip, links: Array(chain.links[half...])), report),
            isPartOfRed: true)
        groups.insert(second, at: index + 1)
    }

    /// A single candidate is red on what the target is or was: its own doing, unless the target is red too,
    /// which is looked at and never assumed.
    private mutating func judge(_ index: Int, _ chain: Chain, _ report: GateReport) {
        if report.outcome == .passed {
            judgeTests(index, chain, report)
        } else if let verdict = heads.first(where: { $0.commit == chain.onto })?.verdict {
            condemn(index, report, onTarget: verdict)
        } else {
            groups[index].phase = .compared(chain, report, isRunning: false)
        }
    }

    // MARK: - Tests

    /// Keeps a group back that passed with fewer tests than the target's gate, where tests are protected.
    /// How many there are is found out by a run on the target when nobody knows. True: it is kept back.
    mutating func keepsForTests(_ index: Int, _ chain: Chain) -> Bool {
        guard guardsTests, let report = groups[index].passed,
            !groups[index].candidates.allSatisfy(\.isApproved)
        else { return false }
        guard let tally else {
            groups[index].phase = .compared(chain, report, isRunning: false)
            return true
        }
        guard TestTally(report).loss(since: tally) != nil else { return false }
        groups[index].phase = .red(chain, report)
        return true
    }

    private mutating func judgeTests(_ index: Int, _ chain: Chain, _ report: GateReport) {
        if let tally, let loss = TestTally(report).loss(since: tally), !groups[index].candidates[0].isApproved
        {
            bounce(index, .fewerTests(loss: loss))
        } else {
            groups[index].passed = report
            groups[index].phase = .passed(chain)
        }
    }

    private mutating func condemn(_ index: Int, _ report: GateReport, onTarget: GateOutcome) {
        pace.foundCulprit()
        bounce(
            index,
            report.outcome == .failed
                ? .gateFailed(report, onTarget: onTarget) : .gateCouldNotRun(report, onTarget: onTarget))
    }

    private mutating func bounce(_ index: Int, _ why: Bounce) {
        for candidate in groups.remove(at: index).candidates { effects.append(.bounced(candidate, why)) }
    }
}
