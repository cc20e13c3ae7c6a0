import CoordAgents
import CoordCore
import CoordModel
import CoordSystem

/// Makes what a worker is told of its coding agent, and remembers the sessions that can be gone on with.
final class AgentLauncher {
    /// A session of a task, whichever worker had it.
    private struct Session {
        var agent: String
        var name: String
        /// What was counted of it.
        var counted: TokenCounts
    }

    /// Said to every agent, whatever its role.
    private static let rules = """
        You are one of a team that coord coordinates. Work in your current folder only. Do not commit, push or \
        switch branches: your files are taken over as you leave them when you end. Ask with \
        the tool `ask` of the server `coord`, if you have it; nobody answers otherwise. When \
        you are done, say in a few sentences what you did and what is left to do.
        """

    /// The same for coord's own agent, which has nothing but its tools.
    private static let directRules = """
        You are one of a team that coord coordinates. You have no files and no shell: you have what the task \
        tells you, and the tools given here, which reach the coordinator. Where the task says to look at or \
        write a file, do what your tools can do in place of it, and say in your last message what you had to \
        leave. Use a tool by calling it, not by writing about it. When you are done, say in a few sentences \
        what you found or decided, and call no tool any more.
        """

    private let parts: Coordinator.Parts
    private let isConfined: Bool
    /// Where agents send their model calls, when there is a gateway.
    var gateway: GatewayHost?
    private var sessions: [TaskID: Session] = [:]
    /// The sessions that handed over last, until their successors' work is there; and the tasks that go back
    /// to them.
    private var earlier: [TaskID: Session] = [:]
    private var returning: Set<TaskID> = []

    init(_ parts: Coordinator.Parts, isConfined: Bool) {
        self.parts = parts
        self.isConfined = isConfined
    }

    /// How the agent of a slot is launched. Nil: it is none that coord drives by its own interface.
    func launch(_ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, isReview: Bool) -> AgentLaunch? {
        var launch: AgentLaunch
        switch slot.agent {
        case .named(let name):
            guard let found = parts.plan.agents[name] else {
                preconditionFailure("agent `\(name)` of slot \(slot.worker) was not looked for")
            }
            launch = AgentLaunch(driver: name, program: found.program)
            if found.hasOwnFolders {
                launch.home = parts.state.agentHome(parts.run, lease.task, isReview: isReview)
            }
        case .acp(let command):
            launch = AgentLaunch(driver: "acp", program: command)
            launch.home = parts.state.agentHome(parts.run, lease.task, isReview: isReview)
        case .direct:
            guard let program = parts.plan.gateway?.program else {
                preconditionFailure("slot \(slot.worker) calls models, and the run has no gateway")
            }
            launch = AgentLaunch(driver: "api", program: program)
            // A reviewer looks with fresh eyes each time.
            if !isReview { launch.memory = parts.state.conversations(parts.run, lease.task) }
        case .automatic, .rehearsal, .command: return nil
        }
        let role = (spec.role ?? slot.role).flatMap { parts.plan.roles[$0] }
        launch.model = slot.model
        launch.systemPrompt = Self.rules
        if case .direct(let provider, let model) = slot.agent {
            (launch.model, launch.systemPrompt) = (provider + "/" + model, Self.directRules)
        }
        launch.contextWindow = AgentRoster.pricedModel(driver: launch.driver, model: launch.model)
            .flatMap { parts.plan.prices.entry(of: $0)?.window }
        launch.newSession = SessionName.make(run: parts.run, lease: lease)
        launch.permissions = PermissionPolicy(tools: role?.tools ?? [], mayWrite: !isReview)
        launch.isConfined = isConfined
        launch.gateway = gateway?.endpoint(for: slot.worker)
        // A reviewer looks with fresh eyes.
        if !isReview, let session = sessions[lease.task], session.agent == slot.agent.description {
            launch.session = session.name
            launch.counted = session.counted
        }
        return launch
    }

    /// What the client inherits of ours beside what every agent does. Behind a gateway it needs none of it.
    func variables(of launch: AgentLaunch) -> [String: String] {
        guard launch.gateway == nil, launch.driver != "api" else { return [:] }
        let profiles: [ClientProfile]
        if launch.driver == "acp" {
            let words = Set(launch.program.split(separator: " ").map { Files.name(String($0)) })
            profiles = ClientProfile.all.filter { !words.isDisjoint(with: $0.programs) }
        } else {
            profiles = ClientProfile.named(launch.driver).map { [$0] } ?? []
        }
        var result: [String: String] = [:]
        for name in profiles.flatMap(\.variables) { result[name] = Environment.value(name) }
        return result
    }

    /// Keeps what the next attempt of a task needs to go on with a session.
    func remember(_ facts: [Fact]) {
        for fact in facts {
            switch fact.body {
            case .agentSessionBegan(let lease, let agent, let name):
                if sessions[lease.task]?.name != name {
                    sessions[lease.task] = Session(agent: agent, name: name, counted: .zero)
                }
            case .usageRecorded(let lease, _, _, let usage, _, true):
                sessions[lease.task]?.counted += usage.tokens
            case .attemptEnded(let lease, .agentFailed(let failure)):
                // Neither comes back by trying the same again.
                if [.session, .context].contains(failure.kind) { sessions[lease.task] = nil }
            case .reviewStarted(let lease, _, _): sessions[lease.task] = nil
            // Who takes a task over starts afresh: that is what a handoff is for.
            // One that died is gone on with where its client can.
            case .handoffPrepared(let lease, let sheet):
                if sheet.rescue == nil { handOver(lease.task) }
            case .handoffBegan(let lease, _, let order):
                if order.resumes { returning.insert(lease.task) } else { returning.remove(lease.task) }
            case .taskLanded(let lease, _, _), .taskCompleted(let lease, _):
                sessions[lease.task] = nil
                earlier[lease.task] = nil
            default: continue
            }
        }
    }

    /// The next session is a fresh one, or the one before.
    private func handOver(_ task: TaskID) {
        let last = sessions[task]
        sessions[task] = returning.remove(task) == nil ? nil : earlier[task]
        earlier[task] = last
    }
}
