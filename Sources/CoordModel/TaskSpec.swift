/// What is to be done: one node of the graph as its author wrote it, defaults filled in.
package struct TaskSpec: Hashable, Sendable {
    package var id: TaskID
    package var title: String
    package var prompt: String
    package var role: RoleID?
    package var category: String?
    package var dependencies: [TaskID]
    /// Higher goes first among ready tasks; −100 … 100.
    package var priority: Int
    /// Globs of the files the task means to change.
    package var files: [String]
    package var skills: [SkillID]
    package var capabilities: [Capability]
    /// A plain shell command instead of an agent.
    package var run: String?
    /// Commands that must pass in the worktree before the work is handed in.
    package var checks: [String]
    package var budget: Money?
    package var maxAttempts: Int?
    package var timeout: Duration?
    /// A person must approve the work before it is queued.
    package var approval: Bool
    package var risk: Risk
    /// Whether the task works in a git worktree. Without one it has a scratch folder and nothing to land.
    package var workspace: WorkspaceKind

    package init(
        id: TaskID, title: String? = nil, prompt: String = "", role: RoleID? = nil, category: String? = nil,
        dependencies: [TaskID] = [], priority: Int = 0, files: [String] = [], skills: [SkillID] = [],
        capabilities: [Capability] = [], run: String? = nil, checks: [String] = [], budget: Money? = nil,
        maxAttempts: Int? = nil, timeout: Duration? = nil, approval: Bool = false, risk: Risk = .low,
        workspace: WorkspaceKind = .worktree
    ) {
        self.id = id
        self.title = title ?? id.rawValue
        self.prompt = prompt
        self.role = role
        self.category = category
        self.dependencies = dependencies
        self.priority = priority
        self.files = files
        self.skills = skills
        self.capabilities = capabilities
        self.run = run
        self.checks = checks
        self.budget = budget
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.approval = approval
        self.risk = risk
        self.workspace = workspace
    }
}

/// How much harm a task could do; `high` asks for a person before it lands.
package enum Risk: String, Sendable, CaseIterable {
    case low, medium, high
}

/// Where a task works.
package enum WorkspaceKind: String, Sendable, CaseIterable {
    /// The worker's git worktree; what changes there is committed, gated and landed.
    case worktree
    /// An empty scratch folder outside git; nothing is landed.
    case none
}

/// What a role can do, or a task needs done.
package enum Capability: String, Sendable, CaseIterable, Comparable {
    case writesCode = "writes-code"
    case readsTests = "reads-tests"
    case runsTests = "runs-tests"
    case readsDocs = "reads-docs"
    case writesDocs = "writes-docs"
    case gitOperations = "git-operations"
    case fileSystem = "file-system"
    case database
    case browser
    case network

    package static func < (left: Capability, right: Capability) -> Bool { left.rawValue < right.rawValue }
}

/// Who an agent is: the front matter and the prose of `roles/<id>.md`.
package struct Role: Hashable, Sendable {
    /// Whether the role changes files of the project, or plans, reviews and reports.
    package enum Kind: String, Sendable, CaseIterable { case code, coordination }

    package var id: RoleID
    package var name: String
    package var description: String
    package var kind: Kind
    package var model: String?
    package var maxModel: String?
    package var tools: [String]
    package var capabilities: [Capability]
    package var owns: [String]
    package var skills: [SkillID]
    package var aliases: [RoleID]
    package var examples: [String]
    /// The text given to the agent, `_common.md` not included.
    package var prose: String
    /// The file it came from.
    package var origin: String

    package init(
        id: RoleID, name: String? = nil, description: String = "", kind: Kind = .code, model: String? = nil,
        maxModel: String? = nil, tools: [String] = [], capabilities: [Capability] = [], owns: [String] = [],
        skills: [SkillID] = [], aliases: [RoleID] = [], examples: [String] = [], prose: String = "",
        origin: String = ""
    ) {
        self.id = id
        self.name = name ?? id.rawValue
        self.description = description
        self.kind = kind
        self.model = model
        self.maxModel = maxModel
        self.tools = tools
        self.capabilities = capabilities
        self.owns = owns
        self.skills = skills
        self.aliases = aliases
        self.examples = examples
        self.prose = prose
        self.origin = origin
    }
}
