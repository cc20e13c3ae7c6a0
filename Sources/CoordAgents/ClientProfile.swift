/// What is known of a client before it is started: how it is found, what it may inherit, how one signs in.
package struct ClientProfile: Hashable, Sendable {
    /// What a client's driver does. Shown by `coord doctor agents`.
    package enum Ability: String, Hashable, Sendable, CaseIterable {
        /// An interrupted session is gone on with.
        case resume
        /// It can be spoken to while it works.
        case steer
        /// It tells tokens; `cost`: it tells money as well.
        case usage, cost
        /// It asks before it acts, and the role's policy answers.
        case permissions
        /// It calls tools of servers that coord gives it.
        case mcp
        /// Its model calls can be sent to an address of ours.
        case gateway
    }

    /// As in `AgentChoice.knownNames`.
    package var name: String
    /// The names of its program, the best first.
    package var programs: [String]
    /// Variables that hold a key or a token: with one of them it is signed in.
    package var keys: [String]
    /// Further variables it may inherit: addresses, and what belongs to them.
    package var settings: [String]
    /// Files below the user's home, one of which is there when somebody signed in.
    package var logins: [String]
    package var abilities: [Ability]
    /// What to do when it is not there, and when nobody signed in.
    package var installing: String
    package var signingIn: String

    /// The variables it may inherit.
    package var variables: [String] { keys + settings }

    /// Which clients `auto` looks for, in this order.
    package static let automatic = ["claude", "codex", "gemini", "opencode"]

    /// The client of that name.
    package static func named(_ name: String) -> ClientProfile? { all.first { $0.name == name } }

    /// All that have a driver, in the order of listings.
    package static let all = [claude]

    private static let proxies = [
        "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
    ]

    private static let claude = ClientProfile(
        name: "claude", programs: ["claude"],
        keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
        settings: [
            "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS", "CLAUDE_CODE_MAX_RETRIES",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL", "ANTHROPIC_DEFAULT_OPUS_MODEL",
        ] + proxies,
        logins: [".claude/.credentials.json"],
        abilities: [.resume, .steer, .usage, .cost, .permissions, .mcp, .gateway],
        installing: "install Claude Code, and see that `claude` is on PATH",
        signingIn: "run `claude` once and sign in, or set ANTHROPIC_API_KEY")
}
