/// How a coding agent is started for one attempt: all that its driver needs beside the assignment's own
/// folder, prompt and handoff files.
package struct AgentLaunch: Hashable, Sendable {
    /// The driver's name, one of `AgentChoice.knownNames`, or `acp`.
    package var driver: String
    /// The client's program, absolute; for `acp` the shell command instead.
    package var program: String
    /// What the role or the mission asks for. Nil: the client's own default.
    package var model: String?
    /// How many tokens that model's context holds, by the price list. Nil: it is not known.
    package var contextWindow: Int64?
    /// The session to go on with. Nil: a new one.
    package var session: String?
    /// The name the new session gets where the client lets one choose; a UUID in lower case.
    package var newSession: String
    /// What was counted of `session` before, where the client reports totals of the whole session.
    package var counted: TokenCounts
    /// Added to the client's own system prompt; empty adds nothing.
    package var systemPrompt: String
    package var permissions: PermissionPolicy
    /// The servers it may call tools of.
    package var mcpServers: [MCPServerSpec]
    /// Where it sends its model calls. Nil: to the provider, or where the environment says.
    package var gateway: GatewayEndpoint?
    /// The client's own folder for this task, absolute: settings, sessions and caches. It outlives the
    /// attempt. Nil: the user's own folders, which hold the login.
    package var home: String?
    /// Where the worker keeps the conversations of coord's own agent on this task, absolute. Its processes
    /// cannot see it. Nil: none is kept.
    package var memory: String?
    /// Whether coord's sandbox confines it, so that its own need not.
    package var isConfined: Bool

    package init(
        driver: String, program: String, model: String? = nil, contextWindow: Int64? = nil,
        session: String? = nil, newSession: String = "", counted: TokenCounts = .zero,
        systemPrompt: String = "",
        permissions: PermissionPolicy = PermissionPolicy(), mcpServers: [MCPServerSpec] = [],
        gateway: GatewayEndpoint? = nil, home: String? = nil, memory: String? = nil,
        isConfined: Bool = false
    ) {
        self.driver = driver
        self.program = program
        self.model = model
        self.contextWindow = contextWindow
        self.session = session
        self.newSession = newSession
        self.counted = counted
        self.systemPrompt = systemPrompt
        self.permissions = permissions
        self.mcpServers = mcpServers
        self.gateway = gateway
        self.home = home
        self.memory = memory
        self.isConfined = isConfined
    }
}

/// What an agent is allowed when it asks. What it cannot do whatever it asks is the sandbox's matter.
package struct PermissionPolicy: Hashable, Sendable {
    /// The tools of its role, by the names roles use (`Read`, `Edit`, `Bash` …); empty: every tool.
    package var tools: [String]
    /// Whether it may change files.
    package var mayWrite: Bool

    package init(tools: [String] = [], mayWrite: Bool = true) {
        self.tools = tools
        self.mayWrite = mayWrite
    }
}

/// A server of tools that an agent starts and speaks MCP with over its standard streams.
package struct MCPServerSpec: Hashable, Sendable {
    package var name: String
    /// An absolute path.
    package var command: String
    package var arguments: [String]
    package var environment: [String: String]

    package init(
        name: String, command: String, arguments: [String] = [], environment: [String: String] = [:]
    ) {
        self.name = name
        self.command = command
        self.arguments = arguments
        self.environment = environment
    }
}

/// The model gateway as one worker sees it: a base URL for each shape of provider, without a slash at the
/// end, and a key that is worth nothing elsewhere.
package struct GatewayEndpoint: Hashable, Sendable {
    /// What goes before `/v1/messages`.
    package var anthropic: String?
    /// What goes before `/responses` and `/chat/completions`; ends in `/v1` as a rule.
    package var openAI: String?
    /// What goes before `/v1beta/models`.
    package var gemini: String?
    package var key: String

    /// The providers that it can lead to.
    package static let providers = ["anthropic", "openai", "gemini"]

    package init(
        anthropic: String? = nil, openAI: String? = nil, gemini: String? = nil, key: String
    ) {
        self.anthropic = anthropic
        self.openAI = openAI
        self.gemini = gemini
        self.key = key
    }
}
