package import CoordModel

/// A member of the team that looks at what landed, again and again.
package struct RoundRule: Hashable, Sendable {
    /// The member's name; its rounds are called `<name>-round-1` and so on.
    package var member: String
    package var role: RoleID
    package var rounds: Rounds

    package init(member: String, role: RoleID, rounds: Rounds) {
        self.member = member
        self.role = role
        self.rounds = rounds
    }

    /// The name of the `number`th round, from 1.
    package func task(_ number: Int) -> TaskID { TaskID("\(member)-round-\(number)") }
}

/// How far the rounds of a rule have come.
struct RoundState: Hashable, Sendable {
    /// How many began.
    var count = 0
    /// What landed since the last one began; landings of rounds do not count.
    var landings = 0
    /// Whose turn has not come to its end. Nil: none.
    var open: TaskID?
}

// MARK: - Rounds

/// Continuous roles: a round is a task like any other, added when enough has landed or nothing else is left.
/// Its agent may propose tasks; what comes of them counts towards the next round, and the number of rounds is
/// limited, so a run comes to its end.
extension CoordinatorStateMachine {
    /// Adds the rounds that are due. Only while the run goes on, and never two of a member at once.
    mutating func beginRounds() {
        guard mode == .running, !settings.rounds.isEmpty, !tasks.isEmpty else { return }
        for index in settings.rounds.indices where isDue(index) { beginRound(index) }
    }

    private mutating func isDue(_ index: Int) -> Bool {
        if let open = roundStates[index].open, let node = numbers[open], tasks[node].state.isFinal {
            roundStates[index].open = nil
        }
        let state = roundStates[index]
        let rounds = settings.rounds[index].rounds
        guard state.open == nil, state.count < rounds.most, state.landings > 0 else { return false }
        if let every = rounds.everyLandings, state.landings >= every { return true }
        return rounds.atEnd && counts.open == 0 && isQuiet
    }

    private mutating func beginRound(_ index: Int) {
        let rule = settings.rounds[index]
        roundStates[index].count += 1
        let number = roundStates[index].count
        let landed = recentLandings.suffix(roundStates[index].landings).map { tasks[$0].spec }
        roundStates[index].landings = 0
        let id = rule.task(number)
        // A mission may have a task of that name; then it is the round.
        guard numbers[id] == nil else { return }
        roundStates[index].open = id
        addTasks([
            TaskSpec(
                id: id, title: "Round \(number) of \(rule.member)",
                prompt: RoundPrompt.text(rule, number: number, landed: landed), role: rule.role,
                category: "round", priority: 10)
        ])
    }

    /// Counts a landing for every member that goes rounds.
    mutating func countLanding(of node: Int) {
        let id = tasks[node].spec.id
        for index in settings.rounds.indices where !isRound(id, of: index) {
            roundStates[index].landings += 1
        }
    }

    private func isRound(_ id: TaskID, of index: Int) -> Bool {
        (1...max(1, roundStates[index].count)).contains { settings.rounds[index].task($0) == id }
    }

    /// Counts again what the records tell. Landings count from when the last round was taken up.
    mutating func restoreRounds(_ records: [TaskRecord]) {
        for index in settings.rounds.indices {
            let rule = settings.rounds[index]
            var state = RoundState()
            while let node = numbers[rule.task(state.count + 1)] {
                state.count += 1
                state.open = tasks[node].state.isFinal ? nil : rule.task(state.count)
            }
            roundStates[index] = state
            let last = state.count > 0 ? numbers[rule.task(state.count)].map { records[$0] } : nil
            let landed = records.filter { record in
                guard record.stage == .landed, !isRound(record.spec.id, of: index) else { return false }
                guard let last else { return true }
                return (last.startedAt).map { (record.completedAt ?? record.since) > $0 } ?? false
            }
            roundStates[index].landings = landed.count
        }
    }
}
