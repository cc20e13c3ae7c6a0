import CoordModel

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
    /// The version that its driver was tried with. Nil: none, it follows the client's documentation.
    package var tried: String?

    /// Whether the driver was tried with a version of the same first number. Nil: nobody can tell.
    package func isTried(_ version: String) -> Bool? {
        func major(_ text: String) -> Int? { Int(text.prefix { $0.isNumber }) }
        guard let tried = tried.flatMap(major), let found = major(version) else { return nil }
        return tried == found
    }

    /// The variables it may inherit.
    package var variables: [String] { keys + settings }

    /// The providers whose calls it sends to the gateway, the best first: a key that the gateway holds signs
    /// it in.
    package var providers: [String] {
        guard abilities.contains(.gateway) else { return [] }
        return keys.compactMap { key in
            ModelProvider.known.first { $0.keyNames.contains(key) }?.name
        }.filter(GatewayEndpoint.providers.contains)
    }

    /// Which clients `auto` looks for, in this order.
    package static let automatic = ["claude", "codex", "gemini", "opencode"]

    /// The client of that name.
    package static func named(_ name: String) -> ClientProfile? { all.first { $0.name == name } }

    /// All that have a driver, in the order of listings.
    package static let all = [
        claude, codex, codexExec, gemini, opencode, aider, mini, vibe, kimi, goose, qwen,
    ]

    /// Coord's own agent, which calls models itself.
    package static let direct = ClientProfile(
        name: "api", programs: ["coord-gateway"], keys: ModelProvider.known.flatMap(\.keyNames),
        settings: [], logins: [], abilities: [.resume, .steer, .usage, .gateway],
        installing: "build the whole package: `swift build -c release`",
        signingIn: "set the key of a provider, such as ANTHROPIC_API_KEY, or name a file with it in "
            + "`gateway.json` of your configuration folder")

    private static let proxies = [
        "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
    ]

    private static let claude = ClientProfile(
        name: "claude", programs: ["claude"],
        keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
        settings: [
            "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS", "CLAUDE_CODE_MAX_RETRIES",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL",
            "ANTHROPIC_DEFAULT_OPUS_MODEL",
        ] + proxies,
        logins: [".claude/.credentials.json"],
        abilities: [.resume, .steer, .usage, .cost, .permissions, .mcp, .gateway],
        installing: "install Claude Code, and see that `claude` is on PATH",
        signingIn: "run `claude` once and sign in, or set ANTHROPIC_API_KEY", tried: "2.1.329")

    private static let openAIKeys = ["OPENAI_API_KEY"]
    private static let openAISettings = ["OPENAI_BASE_URL", "OPENAI_API_BASE"] + proxies

    private static let codex = ClientProfile(
        name: "codex", programs: ["codex"], keys: ["OPENAI_API_KEY", "CODEX_API_KEY"],
        settings: openAISettings, logins: [".codex/auth.json"],
        abilities: [.resume, .steer, .usage, .permissions, .mcp, .gateway],
        installing: "install Codex, and see that `codex` is on PATH",
        signingIn: "run `codex login`, or set OPENAI_API_KEY", tried: "0.163.0")

    private static let codexExec: ClientProfile = {
        var profile = codex
        profile.name = "codex-exec"
        profile.abilities = [.resume, .usage, .mcp, .gateway]
        return profile
    }()

    private static let gemini = ClientProfile(
        name: "gemini", programs: ["gemini"], keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        settings: ["GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT"]
            + proxies,
        logins: [".gemini/oauth_creds.json"], abilities: [.resume, .usage, .mcp, .gateway],
        installing: "install Gemini CLI (`npm install -g @google/gemini-cli`)",
        signingIn: "run `gemini` once and sign in, or set GEMINI_API_KEY")

    private static let opencode = ClientProfile(
        name: "opencode", programs: ["opencode"],
        keys: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"],
        settings: openAISettings, logins: [".local/share/opencode/auth.json"],
        abilities: [.resume, .usage, .cost, .permissions, .mcp, .gateway],
        installing: "install opencode, and see that `opencode` is on PATH",
        signingIn: "run `opencode auth login`, or set the key of a provider")

    private static let aider = ClientProfile(
        name: "aider", programs: ["aider"],
        keys: [
            "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY",
            "OPENROUTER_API_KEY",
        ],
        settings: openAISettings, logins: [".aider/oauth-keys.env"],
        abilities: [.resume, .usage, .cost, .gateway],
        installing: "install Aider (`python3 -m pip install aider-chat` in an environment on PATH)",
        signingIn: "set the key of a provider, such as OPENAI_API_KEY", tried: "0.86.2")

    private static let mini = ClientProfile(
        name: "mini-swe-agent", programs: ["mini", "mini-swe-agent"],
        keys: ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MSWEA_MODEL_API_KEY"],
        settings: openAISettings + ["MSWEA_MODEL_NAME", "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT"],
        logins: [".config/mini-swe-agent/.env"], abilities: [.usage, .cost, .gateway],
        installing: "install mini-swe-agent (`python3 -m pip install mini-swe-agent`)",
        signingIn: "run `mini-extra config setup`, or set OPENAI_API_KEY", tried: "2.4.6")

    private static let vibe = ClientProfile(
        name: "vibe", programs: ["vibe", "vibe-acp"], keys: ["MISTRAL_API_KEY"] + openAIKeys,
        settings: openAISettings, logins: [".vibe/.env"],
        abilities: [.resume, .usage, .cost, .mcp, .gateway],
        installing: "install Mistral Vibe (`python3 -m pip install mistral-vibe`)",
        signingIn: "run `vibe` once, or set MISTRAL_API_KEY", tried: "3.0.2")

    private static let kimi = ClientProfile(
        name: "kimi", programs: ["kimi"], keys: ["KIMI_API_KEY", "MOONSHOT_API_KEY"] + openAIKeys,
        settings: openAISettings + ["KIMI_BASE_URL"],
        logins: [".kimi/config.json", ".kimi/credentials"],
        abilities: [.resume, .usage, .mcp, .gateway],
        installing: "install Kimi CLI 1.51 (1.52 is only a notice of its successor)",
        signingIn: "run `kimi login`, or set KIMI_API_KEY", tried: "1.51.0")

    private static let goose = ClientProfile(
        name: "goose", programs: ["goose"],
        keys: ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY"],
        settings: openAISettings + ["GOOSE_PROVIDER", "GOOSE_MODEL", "OPENAI_HOST", "ANTHROPIC_HOST"],
        logins: [".config/goose/config.yaml"], abilities: [.resume, .usage, .mcp, .gateway],
        installing: "install Goose, and see that `goose` is on PATH",
        signingIn: "run `goose configure`, or set GOOSE_PROVIDER and its key")

    private static let qwen = ClientProfile(
        name: "qwen", programs: ["qwen"], keys: openAIKeys,
        settings: openAISettings + ["OPENAI_MODEL"], logins: [".qwen/oauth_creds.json"],
        abilities: [.resume, .usage, .mcp, .gateway],
        installing: "install Qwen Code (`npm install -g @qwen-code/qwen-code`)",
        signingIn: "run `qwen` once and sign in, or set OPENAI_API_KEY")
}
