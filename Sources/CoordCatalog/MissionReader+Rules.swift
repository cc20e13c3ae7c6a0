import CoordModel

// What must hold between the parts of a mission.
extension MissionReader {
    func checkAcrossTasks(_ mission: Mission, _ fields: Fields<MissionKey>) {
        DependencyCheck.check(tasks.map { TaskNeeds(id: $0.spec.id, needs: $0.needs) }, problems: problems)
        guard fields[.planning] == nil else { return }
        switch fields[.tasks]?.content {
        case nil:
            // A misspelt key was reported already; that it is missing says nothing more.
            let isMisspelt = fields.unknown.contains {
                [.tasks, .planning].contains(MissionKey.nearest(to: $0.key))
            }
            if isMisspelt { return }
        case .list(let items)?: guard items.isEmpty else { return }
        default: return
        }
        problems.error(
            at: fields.position(of: .tasks),
            "the mission has no tasks, and no `planning` that would make them",
            hint: "List `tasks`, or name a role in `planning`: { \"role\": \"producer\" }")
    }

    // MARK: Warnings

    /// What is doubtful about a mission without errors: beside an error, advice would only be in the way.
    func warn(_ mission: Mission, _ fields: Fields<MissionKey>) {
        guard !problems.hasErrors else { return }
        if fields[.planning] != nil, mission.goal.isEmpty, mission.tasks.isEmpty {
            problems.warning(
                at: fields.position(of: .planning), "there is a planner, but no `goal` to plan for",
                hint: MissionFile.hintForGoal)
        }
        let needsAgents = mission.tasks.isEmpty || mission.tasks.contains { $0.run == nil }
        if needsAgents, let position = fields[.team]?.position {
            TeamComposition.warn(mission.team, names.roles, at: position, problems)
            TeamComposition.warn(
                of: mission.limits.budget, for: mission.team, at: fields[.limits]?.position ?? position,
                problems)
        }
        warnOfStrangers(mission)
    }

    /// Tasks that nobody on the team is made for: the first of each role, and of each set of capabilities.
    private func warnOfStrangers(_ mission: Mission) {
        guard !mission.team.isEmpty else { return }
        let onTeam = Set(mission.team.map(\.role))
        let words = mission.team.map(\.role.rawValue)
        var reportedRoles: Set<RoleID> = []
        var reportedCapabilities: Set<[Capability]> = []
        for task in tasks where task.spec.run == nil {
            if let role = task.spec.role, !onTeam.contains(role), reportedRoles.insert(role).inserted {
                problems.warning(
                    at: task.rolePosition,
                    "task `\(task.spec.id)` is for the role `\(role)`, which no team member has",
                    hint: Suggestion.nearest(to: role.rawValue, among: words).map { "Did you mean `\($0)`?" }
                        ?? "Another worker will get it; add { \"role\": \"\(role)\" } to `team`")
            }
            let wanted = task.spec.capabilities
            guard !wanted.isEmpty, !isFit(mission.team, for: task.spec, onTeam),
                reportedCapabilities.insert(wanted.sorted()).inserted
            else { continue }
            problems.warning(
                at: task.capabilitiesPosition,
                "task `\(task.spec.id)` asks for "
                    + "\(Fields<TaskKey>.enumeration(wanted.map(\.rawValue))), which no worker for it has",
                hint: "It will be given to a worker without them")
        }
    }

    /// Whether a worker that may get the task has all the capabilities it asks for.
    private func isFit(_ team: [TeamMember], for task: TaskSpec, _ onTeam: Set<RoleID>) -> Bool {
        team.contains { member in
            if let role = task.role, onTeam.contains(role), member.role != role { return false }
            return Set(task.capabilities).isSubset(of: names.roles[member.role]?.capabilities ?? [])
        }
    }
}

/// The customer's rules of a good team (S4-73 to S4-75). They advise, and only teams large enough to need it:
/// with the three who coordinate, a team of six cannot be two to one.
enum TeamComposition {
    /// Who manages tasks, who reviews code, who watches over the others.
    static let expected: [RoleID] = ["producer", "tech-lead", "self-reviewer"]
    /// From how many workers on these three are missed, and the balance is looked at.
    static let sizeForExpected = 5
    static let sizeForBalance = 8

    /// What a team of this size usually needs: 6 for $10, 10 for $20, 13 for $30, and evenly between and
    /// beyond.
    static func usualDollars(workers: Int) -> Int {
        switch workers {
        case ...6: 10
        case ...10: 10 + (workers - 6) * 5 / 2
        default: 20 + (workers - 10) * 10 / 3
        }
    }

    /// A budget of less than half of that ends most runs before they are done; none lets them cost anything.
    static func warn(
        of budget: Money?, for team: [TeamMember], at position: SourcePosition, _ problems: ProblemList
    ) {
        let workers = team.reduce(0) { $0 + $1.count }
        guard workers >= sizeForExpected else { return }
        let usual = usualDollars(workers: workers)
        guard let budget else {
            return problems.warning(
                at: position, "there is no budget: nothing ends the run when it costs too much",
                hint:
                    "A team of \(workers) usually needs about $\(usual): `\"budgetUSD\": \(usual)` in `limits`"
            )
        }
        guard budget.microDollars * 2 < Int64(usual) * 1_000_000 else { return }
        problems.warning(
            at: position, "the budget of \(budget) is small for a team of \(workers)",
            hint: "Such a team usually needs about $\(usual)")
    }

    static func warn(
        _ team: [TeamMember], _ roles: RoleShelf, at position: SourcePosition, _ problems: ProblemList
    ) {
        let workers = team.reduce(0) { $0 + $1.count }
        guard workers >= sizeForExpected, team.allSatisfy({ roles[$0.role] != nil }) else { return }
        let missing = expected.filter { role in !team.contains { $0.role == role } }
        if !missing.isEmpty {
            problems.warning(
                at: position, "the team has no \(missing.map { "`\($0)`" }.joined(separator: ", no "))",
                hint:
                    "A team works best with one who hands out tasks, one who reviews, one who looks over all"
            )
        }
        let coordination = team.filter { roles[$0.role]?.kind == .coordination }.reduce(0) { $0 + $1.count }
        let code = workers - coordination
        // About two to one: from three for two up to seven for two.
        guard workers >= sizeForBalance, coordination > 0,
            code * 2 < coordination * 3 || code * 2 > coordination * 7
        else { return }
        problems.warning(
            at: position,
            "the team has \(code) who write and \(coordination) who coordinate; about two to one works best")
    }
}
