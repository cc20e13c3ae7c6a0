import CoordModel

// MARK: - Ends, and what follows for the tasks behind

extension CoordinatorStateMachine {
    /// Fails a task and, by name, everything that cannot start without it.
    mutating func fail(_ node: Int, reason: String, cause: Int?) {
        setState(node, .failed(cause: cause))
        record(.taskFailed(tasks[node].spec.id, reason: reason, cause: cause.map { tasks[$0].spec.id }))
        spreadFailure(from: node)
    }

    mutating func quarantine(_ node: Int, reason: String) {
        setState(node, .quarantined)
        record(.taskQuarantined(tasks[node].spec.id, reason: reason))
        spreadFailure(from: node)
    }

    private mutating func spreadFailure(from node: Int) {
        let root = root(of: node)
        let name = tasks[root].spec.id
        for dependant in openDependants(of: node) {
            setState(dependant, .failed(cause: root))
            record(
                .taskFailed(tasks[dependant].spec.id, reason: "needs `\(name)`, which failed", cause: name))
        }
    }

    /// Everything behind `root` that has not started, nearest first.
    private func openDependants(of root: Int) -> [Int] {
        reach(from: root) { tasks[$0].isOpen }
    }

    /// What leads from `root` along dependants through nodes that belong, nearest first; without `root`.
    private func reach(from root: Int, _ belongs: (Int) -> Bool) -> [Int] {
        var found: [Int] = []
        var seen: Set<Int> = [root]
        var next = [root]
        while !next.isEmpty {
            let wave = next.flatMap { graph.dependants(of: $0) }
            next = wave.filter { belongs($0) && seen.insert($0).inserted }
            found += next
        }
        return found
    }

    mutating func skip(_ node: Int, reason: String) {
        setState(node, .skipped)
        record(.taskSkipped(tasks[node].spec.id, reason: reason))
        satisfy(node)
        bringBackBehind(node, reason: "`\(tasks[node].spec.id)` was skipped")
    }

    mutating func cancel(_ node: Int, reason: String) {
        setState(node, .cancelled(cause: nil))
        record(.taskCancelled(tasks[node].spec.id, reason: reason))
        spreadCancelling(from: node)
    }

    private mutating func spreadCancelling(from node: Int) {
        let root = root(of: node)
        let name = tasks[root].spec.id
        for dependant in openDependants(of: node) {
            setState(dependant, .cancelled(cause: root))
            record(
                .taskCancelled(tasks[dependant].spec.id, reason: "needs `\(name)`, which was cancelled"))
        }
    }

    // MARK: - Needs that came to a bad end

    func isDead(_ node: Int) -> Bool {
        switch tasks[node].state {
        case .failed, .quarantined, .cancelled: true
        case .waiting, .ready, .retryable, .leased, .reviewing, .approval, .asking, .queued, .landed,
            .completed, .skipped:
            false
        }
    }

    /// A need that came to an end without satisfying anybody.
    func deadNeed(of node: Int) -> Int? { needs(of: node).first { isDead($0) } }

    /// Ends a task that would wait for ever, as if it had waited when its need ended. False: no need is dead.
    @discardableResult
    mutating func endIfNeedIsDead(_ node: Int) -> Bool {
        guard let need = deadNeed(of: node) else { return false }
        let root = root(of: need)
        let name = tasks[root].spec.id
        if case .cancelled = tasks[need].state {
            setState(node, .cancelled(cause: root))
            record(.taskCancelled(tasks[node].spec.id, reason: "needs `\(name)`, which was cancelled"))
            spreadCancelling(from: node)
        } else {
            fail(node, reason: "needs `\(name)`, which failed", cause: root)
        }
        return true
    }

    /// Why a task ended because of a need: the end at the bottom of the chain, the one to bring back.
    func cause(of node: Int) -> Int? {
        switch tasks[node].state {
        case .failed(let cause), .cancelled(let cause): cause
        default: nil
        }
    }

    private func root(of need: Int) -> Int { cause(of: need) ?? need }

    // MARK: - Coming back

    /// Brings a failed, quarantined, skipped or cancelled task back, with everything that ended because of
    /// it.
    mutating func revive(_ node: Int, reason: String) {
        if tasks[node].state.satisfies { takeSatisfactionBack(node) }
        bringBack(node, reason: reason)
        if graph.isReady(node) { becomeReady(node) }
        bringBackBehind(node, reason: "`\(tasks[node].spec.id)` was brought back")
    }

    private mutating func bringBack(_ node: Int, reason: String) {
        setState(node, .waiting)
        resetTries(node)
        record(.taskRevived(tasks[node].spec.id, reason: reason))
    }

    /// What was ready because of the task waits for it again. What has begun goes on.
    private mutating func takeSatisfactionBack(_ node: Int) {
        graph.unsatisfy(node)
        for dependant in graph.dependants(of: node) where tasks[dependant].state == .ready { wait(dependant) }
    }

    /// Brings back everything behind a task that ended because of it or of something between, unless another
    /// need still keeps it down. That one is its cause from then on.
    private mutating func bringBackBehind(_ root: Int, reason: String) {
        let found = reach(from: root) { cause(of: $0) != nil }
        guard !found.isEmpty else { return }
        let ended = Set(found)
        var next = found.filter { node in
            needs(of: node).contains { isDead($0) && !ended.contains($0) }
        }
        var kept = Set(next)
        while !next.isEmpty {
            next = next.flatMap { graph.dependants(of: $0) }.filter {
                ended.contains($0) && kept.insert($0).inserted
            }
        }
        for node in found where !kept.contains(node) { bringBack(node, reason: reason) }
        nameCauses(of: found.filter(kept.contains))
        for node in found where tasks[node].state == .waiting && graph.isReady(node) { becomeReady(node) }
    }

    /// Names for each of these tasks, which ended because of a need, the end at the bottom of what keeps it
    /// down.
    mutating func nameCauses(of nodes: [Int]) {
        var unnamed = Set(nodes)
        for node in nodes {
            // A need that is to be named itself goes first.
            var chain = [node]
            while let last = chain.last {
                guard unnamed.contains(last), let need = deadNeed(of: last) else {
                    chain.removeLast()
                    continue
                }
                if unnamed.contains(need) {
                    chain.append(need)
                } else {
                    unnamed.remove(last)
                    name(root(of: need), asCauseOf: last)
                }
            }
        }
    }

    private mutating func name(_ root: Int, asCauseOf node: Int) {
        guard cause(of: node) != root else { return }
        if case .cancelled = tasks[node].state {
            setState(node, .cancelled(cause: root))
        } else {
            setState(node, .failed(cause: root))
            let name = tasks[root].spec.id
            record(.taskFailed(tasks[node].spec.id, reason: "needs `\(name)`, which failed", cause: name))
        }
    }
}
