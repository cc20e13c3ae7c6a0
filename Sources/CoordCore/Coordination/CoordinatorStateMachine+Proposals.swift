import CoordModel

// MARK: - Tasks that agents add

extension CoordinatorStateMachine {
    /// One task that an agent proposed in its output.
    mutating func considerProposal(_ proposal: TaskSpec, by node: Int) {
        _ = addTasks([proposal], by: node, splitting: false)
    }

    /// Adds the tasks, all or none. When the own task is split they start once it has landed, and what needs
    /// it waits for them as well.
    mutating func addTasks(_ proposals: [TaskSpec], by node: Int, splitting: Bool) -> CallAnswer {
        if isPlan(node) {
            for proposal in proposals { collect(proposal, for: node) }
            return CallAnswer("Taken into the plan: \(BoardText.names(proposals.map(\.id.rawValue))).")
        }
        let own = tasks[node].spec.id
        let specs = proposals.map { proposal in
            var spec = proposal
            if spec.role == nil { spec.role = tasks[node].spec.role }
            if splitting, !spec.dependencies.contains(own) { spec.dependencies.append(own) }
            return spec
        }
        if let (id, problem) = problem(withNew: specs, by: node, splitting: splitting) {
            record(.taskProposalRefused(tasks[node].lease, id: id, reason: problem))
            return .refused("Nothing was added: `\(id)`: \(problem).")
        }
        tasks[node].proposals += specs.count
        addTasks(specs, proposedBy: node)
        if splitting { makeWait(splitOff: specs.map(\.id), of: node) }
        let names = BoardText.names(specs.map(\.id.rawValue))
        let left = settings.proposalsPerTaskMax - tasks[node].proposals
        return CallAnswer("Added \(names). You may add \(left) more.")
    }

    private func problem(
        withNew specs: [TaskSpec], by node: Int, splitting: Bool
    ) -> (id: String, reason: String)? {
        var new: Set<TaskID> = []
        for spec in specs {
            let id = AgentName.shown(spec.id.rawValue)
            if !new.insert(spec.id).inserted { return (id, "the name stands twice in the call") }
            if let reason = problem(withCount: specs.count, by: node) { return (id, reason) }
        }
        for spec in specs {
            let problem =
                problem(withCommandOf: spec, by: node) ?? problem(withNew: spec, beside: new)
                ?? (splitting ? problem(splitting: node, into: spec, beside: new) : nil)
            if let problem { return (AgentName.shown(spec.id.rawValue), problem) }
        }
        return circle(among: specs).map { ($0[0].rawValue, "they wait for each other: " + Self.path($0)) }
    }

    private func problem(withCount count: Int, by node: Int) -> String? {
        if tasks[node].proposals + count > settings.proposalsPerTaskMax {
            return "a task may add at most \(settings.proposalsPerTaskMax) tasks"
        }
        if tasks[node].depth >= settings.proposalDepthMax {
            return "added tasks may nest at most \(settings.proposalDepthMax) deep"
        }
        return nil
    }

    private func problem(withCommandOf spec: TaskSpec, by node: Int) -> String? {
        guard spec.run != nil, !spec.dependencies.contains(tasks[node].spec.id) else { return nil }
        return "an agent may not add a shell command that does not wait for its own task"
    }

    /// What is split off goes before what needs the task, so it must not wait for any of that.
    private func problem(splitting node: Int, into spec: TaskSpec, beside new: Set<TaskID>) -> String? {
        let behind = graph.dependants(of: node)
        for need in spec.dependencies where !new.contains(need) {
            guard let number = numbers[need], number != node else { continue }
            if behind.contains(where: { $0 == number || graph.reaches(from: $0, to: number) }) {
                return "`\(need)` waits for `\(tasks[node].spec.id)`: the two would wait for each other"
            }
        }
        return nil
    }

    /// Tasks that wait for each other, as a path; nil when there are none.
    private func circle(among specs: [TaskSpec]) -> [TaskID]? {
        var needs: [TaskID: [TaskID]] = [:]
        for spec in specs { needs[spec.id] = spec.dependencies }
        var done: Set<TaskID> = []
        for spec in specs {
            // Depth first; the path is the stack.
            var path: [TaskID] = [spec.id]
            var open: [[TaskID]] = [needs[spec.id] ?? []]
            while let next = open.last {
                guard let need = next.first else {
                    done.insert(path.removeLast())
                    open.removeLast()
                    continue
                }
                open[open.count - 1].removeFirst()
                if let start = path.firstIndex(of: need) { return Array(path[start...]) + [need] }
                guard needs[need] != nil, !done.contains(need) else { continue }
                path.append(need)
                open.append(needs[need] ?? [])
            }
        }
        return nil
    }

    private static func path(_ ids: [TaskID]) -> String {
        ids.map { "`\($0)`" }.joined(separator: " needs ")
    }

    private mutating func makeWait(splitOff ids: [TaskID], of node: Int) {
        let parts = Set(ids)
        for dependant in graph.dependants(of: node)
        where tasks[dependant].isOpen && !parts.contains(tasks[dependant].spec.id) {
            var spec = tasks[dependant].spec
            spec.dependencies += ids.filter { !spec.dependencies.contains($0) }
            replaceNeeds(of: dependant, with: spec.dependencies)
            tasks[dependant].spec = spec
            record(.taskEdited(spec))
            reweigh(from: dependant)
        }
    }
}

/// Names that agents give, for messages.
enum AgentName {
    /// The name, cut when it is too long to be one.
    static func shown(_ name: String) -> String {
        name.utf8.count <= 64 ? name : BoardText.limited(name, 64)
    }
}
