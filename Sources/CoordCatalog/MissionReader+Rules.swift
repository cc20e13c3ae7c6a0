import CoordModel

// What must hold between the parts of a mission.
extension MissionReader {
    func checkAcrossTasks(_ mission: Mission, _ fields: Fields<MissionKey>) {
        DependencyCheck.check(tasks.map { TaskNeeds(id: $0.spec.id, needs: $0.needs) }, problems: problems)
        checkRolesOnTeam(mission)
        let listsTasks = if case .list(let items)? = fields[.tasks]?.content { !items.isEmpty } else { false }
        guard !listsTasks, fields[.planning] == nil, fields[.tasks].map({ $0.kindName == "a list" }) ?? true
        else {
            return
        }
        problems.error(
            at: fields.position(of: .tasks),
            "the mission has no tasks, and no `planning` that would make them",
            hint: "List `tasks`, or name a role in `planning`: { \"role\": \"producer\" }")
    }

    /// With a team given, a task's role must be one of the team's: nobody else would ever take the task.
    private func checkRolesOnTeam(_ mission: Mission) {
        guard !mission.team.isEmpty else { return }
        let onTeam = Set(mission.team.map(\.role))
        let words = mission.team.map(\.role.rawValue)
        var reported: Set<RoleID> = []
        for task in tasks {
            guard let role = task.spec.role, !onTeam.contains(role), reported.insert(role).inserted else {
                continue
            }
            problems.error(
                at: task.rolePosition,
                "task `\(task.spec.id)` is for the role `\(role)`, which no team member has",
                hint: Suggestion.nearest(to: role.rawValue, among: words).map { "Did you mean `\($0)`?" }
                    ?? "Add { \"role\": \"\(role)\" } to `team`")
        }
        checkCapabilities(mission)
    }

    /// Warns of the first task whose capabilities nobody on the team has together.
    private func checkCapabilities(_ mission: Mission) {
        var reported: Set<[Capability]> = []
        for task in tasks where !task.spec.capabilities.isEmpty && task.spec.run == nil {
            let wanted = Set(task.spec.capabilities)
            let isFit = mission.team.contains { member in
                guard task.spec.role == nil || task.spec.role == member.role else { return false }
                return wanted.isSubset(of: names.roles[member.role]?.capabilities ?? [])
            }
            guard !isFit, reported.insert(task.spec.capabilities.sorted()).inserted else { continue }
            let who = task.spec.role.map { "the role `\($0)` does not have" } ?? "no team member has"
            problems.warning(
                at: task.capabilitiesPosition,
                "task `\(task.spec.id)` asks for "
                    + "\(Fields<TaskKey>.enumeration(task.spec.capabilities.map(\.rawValue))), which \(who)",
                hint: "Without a worker that fits, the task waits for ever")
        }
    }

    // MARK: Warnings

    /// What is doubtful about a mission without errors: beside an error, advice would only be in the way.
    func warn(_ mission: Mission, _ fields: Fields<MissionKey>) {
        guard !problems.hasErrors else { return }
        let landsSomething = mission.tasks.isEmpty || mission.tasks.contains { $0.workspace == .worktree }
        if mission.merge.gate.isEmpty, landsSomething {
            problems.warning(
                at: fields.position(of: .merge), "no gate: work lands without any check of the whole",
                hint: "Give the command that must pass, as in \"merge\": { \"gate\": [\"make test\"] }")
        }
        if fields[.planning] != nil, mission.goal.isEmpty, mission.tasks.isEmpty {
            problems.warning(
                at: fields.position(of: .planning), "there is a planner, but no `goal` to plan for",
                hint: "Write a `goal`, or give one with `--goal`")
        }
        let needsAgents = mission.tasks.isEmpty || mission.tasks.contains { $0.run == nil }
        if needsAgents, let position = fields[.team]?.position {
            TeamComposition.warn(mission.team, names.roles, at: position, problems)
        }
    }
}

/// The customer's rules of a good team (S4-73, S4-74). They advise; half of the teams people have break them.
enum TeamComposition {
    /// Who manages tasks, who reviews code, who watches over the others.
    static let expected: [RoleID] = ["producer", "tech-lead", "self-reviewer"]

    static func warn(
        _ team: [TeamMember], _ roles: RoleShelf, at position: SourcePosition, _ problems: ProblemList
    ) {
        guard !team.isEmpty, team.allSatisfy({ roles[$0.role] != nil }) else { return }
        let missing = expected.filter { role in !team.contains { $0.role == role } }
        if !missing.isEmpty {
            problems.warning(
                at: position, "the team has no \(missing.map { "`\($0)`" }.joined(separator: ", no "))",
                hint:
                    "A team works best with one who hands out tasks, one who reviews, one who looks over all"
            )
        }
        let coordination = team.filter { roles[$0.role]?.kind == .coordination }.reduce(0) { $0 + $1.count }
        let code = team.reduce(0) { $0 + $1.count } - coordination
        // About two to one: from three for two up to seven for two.
        guard coordination > 0, code * 2 < coordination * 3 || code * 2 > coordination * 7 else { return }
        problems.warning(
            at: position,
            "the team has \(code) who write and \(coordination) who coordinate; about two to one works best")
    }
}
