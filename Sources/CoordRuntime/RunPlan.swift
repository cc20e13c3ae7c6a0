import CoordAgents
package import CoordCatalog
package import CoordCore
package import CoordModel
import CoordSystem

/// A mission made ready to run on a project: who works in which slot, with which agent, under which limits.
package struct RunPlan: Sendable {
    /// What was typed over the mission's own values.
    package struct Overrides: Sendable, Equatable {
        package var goal: String?
        package var agent: AgentChoice?
        package var workers: Int?
        package var budget: Money?
        package var model: String?
        package var target: String?
        package var gate: [String]
        /// The slots of a run that is taken up again. They keep their agents unless another is named.
        package var slots: [SlotSpec]?
        /// Where clients are looked for, and what signs them in.
        package var finder = AgentFinder()

        package init(
            goal: String? = nil, agent: AgentChoice? = nil, workers: Int? = nil, budget: Money? = nil,
            model: String? = nil, target: String? = nil, gate: [String] = [], slots: [SlotSpec]? = nil
        ) {
            self.goal = goal
            self.agent = agent
            self.workers = workers
            self.budget = budget
            self.model = model
            self.target = target
            self.gate = gate
            self.slots = slots
        }
    }

    package var mission: Mission
    /// Whether a person can be asked while the run waits.
    package var mayAsk = true
    /// Where skills are looked for. Nil: agents get none.
    package var catalog: Catalog?
    package var missionFile: String
    package var roles: [RoleID: Role]
    /// The rules every role is given.
    package var commonRules: String
    package var slots: [SlotSpec]
    /// The clients that are driven by name, as they were found.
    private(set) var agents: [String: FoundAgent] = [:]
    /// Slots of a run that is taken up again with fewer workers: they stay empty.
    package var unmanned: Set<WorkerID>
    /// The one agent of the run, for display; `mixed` when members differ.
    package var agentName: String
    /// What confines the agents and the gate.
    package var sandbox = SandboxChoice.off {
        didSet { for index in slots.indices { slots[index].sandbox = sandbox.mechanism } }
    }

    /// Whether nothing of this run calls a model.
    package var isSimulated: Bool { slots.allSatisfy { $0.agent == .rehearsal } }
    /// Whether any task is an agent's.
    package var callsAgents: Bool { mission.tasks.contains { $0.run == nil } }
    /// Whether any agent of this run may call a model, so that rates and money matter.
    package var callsModels: Bool {
        if case .role = mission.merge.review, !isSimulated { return true }
        return !isSimulated && callsAgents
    }

    /// The providers that coord's own agents call.
    package var directProviders: [String] {
        Set(slots.compactMap { if case .direct(let provider, _) = $0.agent { provider } else { nil } })
            .sorted()
    }

    /// The task whose agent turns the goal into the others; nil: the mission has its own.
    package private(set) var planTask: TaskID?

    /// Where the gate comes from.
    package enum GateSource: Hashable, Sendable {
        /// It was typed, or the mission names it.
        case named
        /// The mission names none; this fits the project.
        case detected(GatePreset)
        /// Nothing at the project's top says how it is tested; nil: nobody has looked.
        case none(project: String?)
    }

    package private(set) var gateSource = GateSource.named

    /// Whether anything of the mission can land, so that a gate matters.
    package var landsSomething: Bool { mission.tasks.contains { $0.workspace == .worktree } }

    /// Takes the gate that fits the project, when neither the mission nor who typed named one.
    package mutating func chooseGate(in project: String?) {
        guard mission.merge.gate.isEmpty else { return }
        gateSource = .none(project: project)
        guard let project, let preset = GatePreset.detect(in: project) else { return }
        mission.merge.gate = preset.commands
        gateSource = .detected(preset)
    }

    /// How many workers a mission without a team gets.
    private static let workersWithoutTeam = 4

    /// The program and the user's configuration of the model gateway. Nil: agents call models on their own.
    package var gateway: GatewayHost.Plan?
    /// The model that ranks skills when many fit. Nil: the words of the task alone decide.
    package var skillRanking: ProjectSettings.Ranking?
    /// What models cost.
    package var prices = PriceList.none

    package init(
        mission: Mission, missionFile: String, roles: [RoleID: Role], commonRules: String,
        overrides: Overrides, worktrees: String
    ) throws(RuntimeError) {
        var mission = mission
        mission.goal = overrides.goal ?? mission.goal
        mission.limits.budget = overrides.budget ?? mission.limits.budget
        mission.merge.target = overrides.target ?? mission.merge.target
        if !overrides.gate.isEmpty { mission.merge.gate = overrides.gate }
        if let workers = overrides.workers { mission.limits.maxConcurrency = workers }
        if mission.tasks.isEmpty, let role = mission.planningRole {
            planTask = PlanPrompt.task
            mission.tasks = [PlanPrompt.spec(mission, role: role, roles: roles)]
        }
        self.mission = mission
        self.missionFile = missionFile
        self.roles = roles
        self.commonRules = commonRules
        if var slots = overrides.slots {
            for index in slots.indices {
                if let wish = overrides.agent {
                    slots[index].agent = try Self.resolve(wish, mission, overrides.finder)
                }
                slots[index].model = overrides.model ?? slots[index].model
            }
            if let workers = overrides.workers, workers > slots.count {
                let more = try Self.slots(of: mission, roles, overrides, worktrees)
                let known = Set(slots.map(\.worker))
                for var slot in more.lazy.filter({ !known.contains($0.worker) }).prefix(workers - slots.count)
                {
                    slot.number = slots.count + 1
                    slots.append(slot)
                }
            }
            self.slots = slots
            unmanned = Set(slots.dropFirst(overrides.workers ?? slots.count).map(\.worker))
        } else {
            slots = try Self.slots(of: mission, roles, overrides, worktrees)
            unmanned = []
        }
        for case .named(let name) in slots.map(\.agent) where agents[name] == nil {
            agents[name] = try Self.found(name, overrides.finder)
        }
        let names = Set(slots.map(\.agent.description))
        agentName = names.count == 1 ? slots[0].agent.description : "mixed"
    }

    private static func slots(
        of mission: Mission, _ roles: [RoleID: Role], _ overrides: Overrides, _ worktrees: String
    ) throws(RuntimeError) -> [SlotSpec] {
        var slots: [SlotSpec] = []
        let wanted = overrides.workers ?? mission.scale.map(\.max)
        for (index, member) in members(of: mission, workers: wanted).enumerated() {
            let wish = overrides.agent ?? member.team.agent ?? mission.agent
            let role = roles[member.team.role]
            let agent = try resolve(wish, mission, overrides.finder)
            var model = overrides.model ?? member.team.model ?? role?.model
            if case .direct(_, let named) = agent { model = named }
            slots.append(
                SlotSpec(
                    worker: member.worker, number: index + 1, role: role.map(\.id) ?? member.namedRole,
                    kind: role?.kind ?? .code, capabilities: role?.capabilities ?? Capability.allCases,
                    model: model, budget: member.team.budget, agent: agent,
                    worktree: worktrees + "/\(member.worker)"))
        }
        return slots
    }

    private struct Member {
        var team: TeamMember
        var worker: WorkerID
        var namedRole: RoleID?
    }

    /// One member per slot. `workers` above the team's size adds members in the team's order.
    private static func members(of mission: Mission, workers: Int?) -> [Member] {
        if mission.team.isEmpty {
            let count = workers ?? mission.limits.maxConcurrency ?? workersWithoutTeam
            return (1...max(1, count)).map {
                Member(
                    team: TeamMember(id: "worker", role: ""), worker: WorkerID("worker-\($0)"), namedRole: nil
                )
            }
        }
        var counts = mission.team.map { max(1, $0.count) }
        var total = counts.reduce(0, +)
        var next = 0
        while total < workers ?? 0 {
            counts[next % counts.count] += 1
            next += 1
            total += 1
        }
        return zip(mission.team, counts).flatMap { team, count in
            (1...count).map { Member(team: team, worker: WorkerID("\(team.id)-\($0)"), namedRole: team.role) }
        }
    }

    /// Turns a wish into an agent that is there.
    private static func resolve(
        _ wish: AgentChoice, _ mission: Mission, _ finder: AgentFinder
    ) throws(RuntimeError) -> AgentChoice {
        let needsAgent = mission.tasks.isEmpty || mission.tasks.contains { $0.run == nil }
        switch wish {
        case .command, .acp, .direct: return wish
        case .named(let name):
            _ = try found(name, finder)
            return wish
        case .rehearsal:
            if mission.rehearsal != nil || !needsAgent { return wish }
            throw .noAgent(
                reason: "mission `\(mission.id)` has no rehearsal",
                hint: "name an agent, as in `--agent claude` or `--agent 'command:…'`; "
                    + "`coord doctor agents` shows which are there")
        case .automatic:
            guard needsAgent else { return .rehearsal }
            if let found = finder.automatic() { return .named(found.profile.name) }
            if mission.rehearsal != nil { return .rehearsal }
            throw .noAgent(
                reason: "no agent was found for mission `\(mission.id)`, and it has no rehearsal",
                hint: "install and sign in to one of \(ClientProfile.automatic.joined(separator: ", ")), "
                    + "or name another with `--agent`; "
                    + "`coord doctor agents` shows what is missing")
        }
    }

    private static func found(
        _ name: String, _ finder: AgentFinder
    ) throws(RuntimeError) -> FoundAgent {
        guard let profile = ClientProfile.named(name) else {
            throw .noAgent(
                reason: "coord has no driver for `\(name)`",
                hint: "use `--agent 'command:…'` or `--agent 'acp:…'` with its own command line")
        }
        guard let found = finder.find(profile) else {
            throw .noAgent(reason: "agent `\(name)` is not installed", hint: profile.installing)
        }
        guard found.signIn != .none else {
            throw .noAgent(reason: "nobody is signed in to agent `\(name)`", hint: profile.signingIn)
        }
        return found
    }

    /// How often worktrees are compared: `COORD_OVERLAP_MS`, 0 for never; else every ten seconds.
    private static var overlapEvery: Duration? {
        guard let text = Environment.value("COORD_OVERLAP_MS"), let number = Int64(text),
            (0...3_600_000).contains(number)
        else { return .seconds(10) }
        return number == 0 ? nil : .milliseconds(number)
    }

    /// A look reads one small file; a gate that is worth waiting for takes longer.
    private static let targetLookEvery = Duration.milliseconds(500)

    /// The settings of the coordinator's mind for this plan.
    ///
    /// - Parameters:
    ///   - project: its folder, absolute: a mission file in it is protected.
    ///   - gateFiles: the files that the gate names and the target had when the run began.
    package func settings(seed: UInt64, project: String, gateFiles: [String]) -> RunSettings {
        var settings = RunSettings(
            limits: mission.limits, slots: slots, assignment: mission.assignment, roles: roles,
            review: mission.merge.review, callsModels: callsModels,
            gatesMax: mission.merge.parallel, batchMax: mission.merge.batch, seed: seed)
        settings.overlapEvery = Self.overlapEvery
        settings.targetLookEvery = Self.targetLookEvery
        settings.usesGateway = gateway != nil
        settings.prices = prices
        // An attempt counts from its assignment; its worker hears of it when its skills are ranked.
        settings.timeoutSlack += skillRanking?.limit ?? .zero
        settings.scale = mission.scale
        settings.deliver = mission.merge.deliver
        settings.mayAsk = mayAsk
        settings.unmanned = unmanned
        settings.planTask = planTask
        settings.rounds = mission.team.compactMap { member in
            member.rounds.map { RoundRule(member: member.id, role: member.role, rounds: $0) }
        }
        let isInside = missionFile.hasPrefix(project + "/")
        settings.protected = ProtectedPaths(
            named: mission.merge.protected, gateFiles: gateFiles,
            missionFile: isInside ? String(missionFile.dropFirst(project.count + 1)) : nil)
        return settings
    }
}

extension GatePreset {
    /// The gate that fits what lies at the top of a folder; nil: nothing there says how it is tested, or the
    /// folder cannot be listed.
    package static func detect(in folder: String) -> GatePreset? {
        // A folder or a file that cannot be read says nothing; it is told when the project is opened.
        guard let names = try? Files.list(folder) else { return nil }
        return detect(names: Set(names)) { name in
            try? Files.readText(folder + "/" + name, limitBytes: 1 << 20)
        }
    }
}
