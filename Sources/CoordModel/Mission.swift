/// A mission, checked and with every default filled in: the team, the limits, the rules of landing and the
/// graph.
package struct Mission: Sendable, Equatable {
    package var id: MissionID
    package var name: String
    package var description: String
    package var goal: String
    package var agent: AgentChoice
    package var team: [TeamMember]
    package var limits: Limits
    package var assignment: AssignmentStrategy
    package var scale: Scale?
    package var merge: MergeSettings
    /// The role that turns the goal into tasks when `tasks` is empty.
    package var planningRole: RoleID?
    package var services: [String]
    package var tasks: [TaskSpec]
    /// The folder with the parts of a rehearsal, as an absolute path; `rehearsal.json` lies in it. Nil: the
    /// mission has none.
    package var rehearsal: String?
    /// What the rehearsal asks of the machine and of the project.
    package var rehearsalTerms: RehearsalTerms

    package init(
        id: MissionID, name: String? = nil, description: String = "", goal: String = "",
        agent: AgentChoice = .automatic, team: [TeamMember] = [], limits: Limits = Limits(),
        assignment: AssignmentStrategy = .capability, scale: Scale? = nil,
        merge: MergeSettings = MergeSettings(), planningRole: RoleID? = nil, services: [String] = [],
        tasks: [TaskSpec] = [], rehearsal: String? = nil,
        rehearsalTerms: RehearsalTerms = RehearsalTerms()
    ) {
        self.id = id
        self.name = name ?? id.rawValue
        self.description = description
        self.goal = goal
        self.agent = agent
        self.team = team
        self.limits = limits
        self.assignment = assignment
        self.scale = scale
        self.merge = merge
        self.planningRole = planningRole
        self.services = services
        self.tasks = tasks
        self.rehearsal = rehearsal
        self.rehearsalTerms = rehearsalTerms
    }
}

/// What a rehearsal asks for before it is played.
package struct RehearsalTerms: Hashable, Sendable {
    /// The project that it plays on.
    package enum Project: Hashable, Sendable {
        /// Whatever is there.
        case any
        /// One without files of its own.
        case empty
        /// A new one, begun with the files of this folder, an absolute path.
        case sample(String)
    }

    /// Programs that must be on the machine.
    package var tools: [String]
    package var project: Project

    package init(tools: [String] = [], project: Project = .any) {
        self.tools = tools
        self.project = project
    }
}

/// Which agent a worker drives.
package enum AgentChoice: Hashable, Sendable, CustomStringConvertible {
    /// `auto`: the first that is installed and signed in, else the rehearsal.
    case automatic
    /// `rehearsal`: plays the parts that lie beside the mission; no model is called.
    case rehearsal
    /// `command:<shell command>`, run through `/bin/sh -c` in the worktree.
    case command(String)
    /// `acp:<command>`: an agent that speaks the Agent Client Protocol.
    case acp(String)
    /// `api:<provider>/<model>`: coord's own agent, which talks with a model by the gateway and has coord's
    /// tools only. The provider is one of the gateway's.
    case direct(provider: String, model: String)
    /// A coding agent that coord knows by name, such as `claude`.
    case named(String)

    /// The names coord reserves for coding agents it knows.
    package static let knownNames = [
        "claude", "codex", "codex-exec", "gemini", "opencode", "aider", "mini-swe-agent", "vibe", "kimi",
        "goose", "qwen",
    ]

    /// Nil when the text is neither a known name nor has a known prefix with something behind it.
    package init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "rehearsal": self = .rehearsal
        case let text where text.hasPrefix("command:") && text.utf8.count > 8:
            self = .command(String(text.dropFirst(8)))
        case let text where text.hasPrefix("acp:") && text.utf8.count > 4:
            self = .acp(String(text.dropFirst(4)))
        case let text where text.hasPrefix("api:"):
            guard let slash = text.firstIndex(of: "/") else { return nil }
            let provider = text[..<slash].dropFirst(4), model = text[slash...].dropFirst()
            // Both stand in an address.
            let isClean = (provider + model).utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3F }
            guard !provider.isEmpty, !model.isEmpty, isClean else { return nil }
            self = .direct(provider: String(provider), model: String(model))
        case let text where Self.knownNames.contains(text): self = .named(text)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .automatic: "auto"
        case .rehearsal: "rehearsal"
        case .command(let command): "command:" + command
        case .acp(let command): "acp:" + command
        case .direct(let provider, let model): "api:\(provider)/\(model)"
        case .named(let name): name
        }
    }
}

/// One line of a mission's team: a role, how many of it, and what they may use.
package struct TeamMember: Hashable, Sendable {
    package var id: String
    package var role: RoleID
    package var count: Int
    package var model: String?
    package var maxModel: String?
    package var agent: AgentChoice?
    package var budget: Money?
    package var skills: [SkillID]
    /// What the member looks after while the mission runs. Nil: only the tasks it is given.
    package var rounds: Rounds?

    package init(
        id: String, role: RoleID, count: Int = 1, model: String? = nil, maxModel: String? = nil,
        agent: AgentChoice? = nil, budget: Money? = nil, skills: [SkillID] = [], rounds: Rounds? = nil
    ) {
        self.id = id
        self.role = role
        self.count = count
        self.model = model
        self.maxModel = maxModel
        self.agent = agent
        self.budget = budget
        self.skills = skills
        self.rounds = rounds
    }
}

/// A task that comes again: a team member looks at what has landed since it looked last.
package struct Rounds: Hashable, Sendable {
    /// A round is due after so many landings. Nil: only at the end.
    package var everyLandings: Int?
    /// Another round is due when nothing else is left to do and something landed since the last one.
    package var atEnd: Bool
    /// How many rounds there are at most, the one at the end included.
    package var most: Int
    /// What the member is to do. Empty: a text that says so in general.
    package var prompt: String

    package init(everyLandings: Int? = nil, atEnd: Bool = false, most: Int = 3, prompt: String = "") {
        self.everyLandings = everyLandings
        self.atEnd = atEnd
        self.most = most
        self.prompt = prompt
    }
}

/// The limits of a run.
package struct Limits: Hashable, Sendable {
    /// How many workers may hold a lease at once. Nil: as many as there are slots.
    package var maxConcurrency: Int?
    package var budget: Money?
    /// When so much is spent, a person is asked before anything new starts. Nil: nobody is.
    package var softBudget: Money?
    package var maxAttempts: Int
    package var taskTimeout: Duration
    package var runTimeout: Duration
    /// An agent that shows no progress for so long is ended; at half of it there is a warning.
    package var progressWithin: Duration
    package var rate: RateLimits
    package var handoff: HandoffSettings

    package init(
        maxConcurrency: Int? = nil, budget: Money? = nil, softBudget: Money? = nil, maxAttempts: Int = 3,
        taskTimeout: Duration = .seconds(1200), runTimeout: Duration = .seconds(36_000),
        progressWithin: Duration = .seconds(600), rate: RateLimits = RateLimits(),
        handoff: HandoffSettings = HandoffSettings()
    ) {
        self.maxConcurrency = maxConcurrency
        self.budget = budget
        self.softBudget = softBudget
        self.maxAttempts = maxAttempts
        self.taskTimeout = taskTimeout
        self.runTimeout = runTimeout
        self.progressWithin = progressWithin
        self.rate = rate
        self.handoff = handoff
    }
}

/// The fleet's shared rates, per minute. Nil: no limit.
package struct RateLimits: Hashable, Sendable {
    package var requestsPerMinute: Int64?
    package var inputTokensPerMinute: Int64?
    package var outputTokensPerMinute: Int64?

    package init(
        requestsPerMinute: Int64? = nil, inputTokensPerMinute: Int64? = nil,
        outputTokensPerMinute: Int64? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.inputTokensPerMinute = inputTokensPerMinute
        self.outputTokensPerMinute = outputTokensPerMinute
    }
}

/// How ready tasks find their worker.
package enum AssignmentStrategy: String, Sendable, CaseIterable {
    /// The most urgent task that an idle worker's role or capabilities fit.
    case capability
    /// Tasks are dealt out in turn; the shares of any two workers differ by at most one.
    case roundRobin = "round-robin"
    /// Dealt out in turn, and an idle worker takes from the longest queue of another.
    case workStealing = "work-stealing"
}

/// How the number of workers follows the queue.
package struct Scale: Hashable, Sendable {
    package var min: Int
    package var max: Int
    package var queueDepth: Int
    package var idle: Duration

    package init(min: Int = 1, max: Int, queueDepth: Int = 4, idle: Duration = .seconds(300)) {
        self.min = min
        self.max = max
        self.queueDepth = queueDepth
        self.idle = idle
    }
}

/// What may land, where, and how it is delivered.
package struct MergeSettings: Hashable, Sendable {
    /// The branch that landings move. Nil: the branch the project has checked out.
    package var target: String?
    package var gate: [String]
    package var gateTimeout: Duration
    package var review: Review
    package var parallel: Int
    package var batch: Int
    package var protected: [String]
    package var deliver: Delivery
    /// The remote to deliver to. Nil: the upstream of the target, else `origin`, else the only one there is.
    package var remote: String?
    package var style: MergeStyle

    package init(
        target: String? = nil, gate: [String] = [], gateTimeout: Duration = .seconds(900),
        review: Review = .none, parallel: Int = 2, batch: Int = 8, protected: [String] = [],
        deliver: Delivery = .branch, remote: String? = nil, style: MergeStyle = .merge
    ) {
        self.target = target
        self.gate = gate
        self.gateTimeout = gateTimeout
        self.review = review
        self.parallel = parallel
        self.batch = batch
        self.protected = protected
        self.deliver = deliver
        self.remote = remote
        self.style = style
    }
}

/// Who looks at a candidate before its gate.
package enum Review: Hashable, Sendable, CustomStringConvertible {
    case none
    case role(RoleID)
    case human

    package init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "human": self = .human
        case let text where text.hasPrefix("role:") && text.utf8.count > 5:
            self = .role(RoleID(String(text.dropFirst(5))))
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .none: "none"
        case .role(let role): "role:\(role)"
        case .human: "human"
        }
    }
}

/// Where landed work goes beyond the local branch.
package enum Delivery: String, Sendable, CaseIterable {
    case branch
    case push
    case pullRequest = "pull-request"
}

/// The shape of a landing commit: two parents, or one.
package enum MergeStyle: String, Sendable, CaseIterable {
    case merge
    case squash
}
