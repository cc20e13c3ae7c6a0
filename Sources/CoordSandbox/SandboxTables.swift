/// What is known of machines in general: where secrets, tools and the agents' own files lie. Paths without a
/// leading slash are below the user's home.
enum SandboxTables {
    /// Folders of the system that hold other people's files, sockets of services, or what passes between
    /// programs.
    static let hiddenFolders = [
        "/run", "/home", "/root", "/var/tmp", "/var/run", "/var/lib/docker", "/var/spool", "/var/mail",
        "/var/log",
        "/etc/ssl/private", "/etc/sudoers.d", "/etc/wireguard", "/etc/openvpn", "/etc/NetworkManager",
        "/etc/kubernetes", "/etc/rancher", "/Users",
    ]
    static let hiddenFiles = [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab",
        "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key",
    ]
    /// What hidden folders hold that programs cannot do without: names of servers, programs of NixOS.
    static let neededInside = [
        "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/run/current-system",
        "/run/opengl-driver", "/run/nscd",
    ]

    /// Tool chains people install into their home. Readable; what they would write there is lost.
    static let tools = [
        ".cargo", ".rustup", ".nvm", ".fnm", ".volta", ".npm-global", ".bun", ".deno", ".pyenv", ".rbenv",
        ".rvm", ".asdf", ".mise", ".sdkman", ".jenv", ".ghcup", ".cabal", ".stack", ".opam", ".elan",
        ".juliaup",
        ".dotnet", ".swiftly", ".swiftenv", ".swiftpm", ".local/bin", ".local/lib", ".local/pipx",
        ".local/share/pipx", ".local/share/uv", ".local/share/mise", ".local/share/swiftly",
        ".local/share/claude", ".local/share/fnm", ".local/share/pnpm", ".nix-profile", ".nix-defexpr",
        "go", "miniconda3", "anaconda3", "miniforge3", "mambaforge",
    ]

    /// Secrets within what is shown. They stay hidden whatever shows the folder around them, but for what the
    /// user names.
    static let secrets = [
        ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".netrc", ".npmrc", ".pypirc", ".pgpass",
        ".my.cnf", ".git-credentials", ".vault-token", ".password-store", ".config/gh", ".config/glab-cli",
        ".config/gcloud", ".config/git/credentials", ".config/op", ".config/hub", ".config/rclone",
        ".config/doctl", ".config/coord",
        ".config/fly", ".config/containers", ".config/google-chrome", ".config/chromium",
        ".config/BraveSoftware", ".mozilla", ".thunderbird", ".cargo/credentials", ".cargo/credentials.toml",
        ".gem/credentials", ".terraform.d", ".terraformrc", ".local/share/keyrings", ".m2/settings.xml",
        ".gradle/gradle.properties", ".bundle/config", ".swiftpm/configuration", ".netlify", ".vercel",
        ".bash_history", ".zsh_history", ".python_history", "Library/Keychains",
        "Library/Application Support/coord",
        "Library/Application Support/Google/Chrome", "Library/Application Support/Firefox", "Library/Cookies",
    ]

    /// What an agent's own program needs to sign in and to keep its sessions. What decides about its rights
    /// (settings, hooks, commands) is not writable.
    struct AgentFiles {
        var readable: [String]
        var writable: [String]
    }

    /// By the name of the agent's program.
    static let agents: [String: AgentFiles] = [
        "claude": AgentFiles(
            readable: [".claude", ".claude.json"],
            writable: [
                ".claude/.credentials.json", ".claude/projects", ".claude/todos", ".claude/statsig",
                ".claude/shell-snapshots", ".claude/session-env", ".claude/debug", ".claude/file-history",
            ]),
        "codex": AgentFiles(
            readable: [".codex"], writable: [".codex/auth.json", ".codex/sessions", ".codex/log"]),
        "gemini": AgentFiles(
            readable: [".gemini"], writable: [".gemini/oauth_creds.json", ".gemini/tmp"]),
        "opencode": AgentFiles(
            readable: [".config/opencode", ".local/share/opencode", ".opencode"],
            writable: [".local/share/opencode/storage", ".local/share/opencode/log"]),
        "aider": AgentFiles(readable: [".aider.conf.yml", ".aider"], writable: []),
        "goose": AgentFiles(readable: [".config/goose"], writable: [".local/share/goose"]),
        "qwen": AgentFiles(readable: [".qwen"], writable: [".qwen/tmp"]),
        "kimi": AgentFiles(readable: [".kimi"], writable: [".kimi/sessions"]),
        "vibe": AgentFiles(readable: [".vibe"], writable: [".vibe/logs"]),
        "mini": AgentFiles(readable: [".config/mini-swe-agent"], writable: []),
    ]

    /// Files at the top of a worktree that tell agents and editors what they may do or run. An agent that
    /// could write them would widen the rights of the next one, and of the user's own.
    static let protectedFolders = [".claude", ".codex", ".gemini", ".cursor", ".vscode", ".idea", ".qwen"]
    static let protectedFiles = [".mcp.json"]
}
