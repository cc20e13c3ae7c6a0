import CPosix
import CoordModel
import CoordSystem
import Testing

/// One thing a hostile agent tries, as a shell script in its worktree.
///
/// The script is told `$H`, the user's home, `$P`, the project, `$S`, coord's state, `$R`, a folder outside
/// all of them, and `$COORD`, the program. It calls `broke` when it got its way; or it leaves its mark in a
/// file, and that file is looked for when all is over.
struct Attack: Sendable, CustomTestStringConvertible {
    /// The row of the threat table.
    let row: String
    let name: String
    let script: String
    /// A file that is there, with the mark in it, when the attack got its way; below the test's folder.
    let mark: String?
    /// What does not hold it back, and is known not to.
    let passes: Set<SandboxMechanism>

    init(
        _ row: String, _ name: String, _ script: String, mark: String? = nil,
        passes: Set<SandboxMechanism> = []
    ) {
        self.row = row
        self.name = name
        self.script = script
        self.mark = mark
        self.passes = passes
    }

    var testDescription: String { "\(row) \(name)" }
    /// The task that carries it out.
    var task: String {
        (row + " " + name).lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    func isHeld(by mechanism: SandboxMechanism) -> Bool { !passes.contains(mechanism) }

    /// What the attacks look for.
    static let secret = "do-not-read-this"

    /// Where secrets are planted, below the home.
    static let secrets = [
        ".ssh/id_ed25519", ".aws/credentials", ".netrc", ".gnupg/secring.gpg", ".config/gh/hosts.yml",
        ".docker/config.json", ".kube/config", ".npmrc", ".git-credentials", ".claude/.credentials.json",
        ".mozilla/firefox/logins.json", ".bash_history", "notes/diary.txt", ".cargo/credentials.toml",
    ]
}

/// The attacks, by row of the threat table.
enum AttackTable {
    static let all = settings + history + state + agents + secrets + escapes + persistence

    private static let settings = [
        Attack(
            "X13", "a setting of the hub", "git config --file \"$S/hub.git/config\" core.fsmonitor x && broke"
        ),
        Attack("X13", "a setting through the worktree", "git config core.fsmonitor x && broke"),
        Attack(
            "X13", "a setting of the project", "git config --file \"$P/.git/config\" core.pager x && broke"),
        // Landlock cannot except a file from a folder that may be written; what coord reads is not there.
        Attack(
            "X14", "another git file", "rm .git && echo \"gitdir: $R/elsewhere\" > .git && broke",
            passes: [.landlock]),
        Attack(
            "X15", "a hook of the hub",
            // Coord takes hooks away again for the next attempt, maybe at this very moment.
            "for i in 1 2 3 4 5 6 7 8 9; do mkdir -p \"$S/hub.git/hooks\" "
                + "&& : > \"$S/hub.git/hooks/update\" && broke && break; done"),
        Attack("X15", "a hook of the project", "echo x > \"$P/.git/hooks/post-merge\" && broke"),
        Attack(
            "X16", "attributes of the project",
            "mkdir -p \"$P/.git/info\" && echo '* filter=x' > \"$P/.git/info/attributes\" && broke"),
        Attack("X16", "attributes of the hub", "echo '* filter=x' > \"$S/hub.git/info/attributes\" && broke"),
    ]

    private static let history = [
        Attack(
            "X17", "a reference that is an option",
            "git --git-dir=\"$P/.git\" update-ref refs/heads/--upload-pack=x $COORD_BASE && broke"),
        Attack(
            "X17", "a branch of the project", "git --git-dir=\"$P/.git\" branch planted $COORD_BASE && broke"),
        Attack(
            "X24", "objects of the project", "for f in \"$P\"/.git/objects/??; do : > \"$f/x\" && broke; done"
        ),
        // Confined by namespaces it writes to objects of its own, which stand in the place of the hub's.
        Attack(
            "X24", "objects of the hub", "echo evil > \"$S/hub.git/objects/x\"",
            mark: "my project/.coord/state/hub.git/objects/x"),
    ]

    private static let state = [
        Attack("X24", "the journal", "[ -w \"$S/state.db\" ] && : >> \"$S/state.db\" && broke"),
        Attack("X24", "the journal read", "head -c 15 \"$S/state.db\" | grep -q SQLite && broke"),
        Attack(
            "X38", "the skills it was given",
            "grep -q given-skills \"$COORD_SKILLS_FILE\" && echo x >> \"$COORD_SKILLS_FILE\" && broke"),
        Attack(
            "X38", "the pool of skills",
            "for f in \"$S\"/given/*/pool.json; do [ -e \"$f\" ] && echo x >> \"$f\" && broke; done"),
        Attack("X24", "the lock", ": >> \"$S/run/coordinator.lock\" && broke"),
        Attack(
            "X24", "the project's settings",
            "mkdir -p \"$P/.coord\" && echo {} > \"$P/.coord/x.json\" && broke"),
        Attack(
            "X24", "a command to the coordinator",
            "\"$COORD\" tasks add sneaked --command true --project \"$P\" && broke"),
        Attack("X24", "other transcripts", "cat \"$S\"/transcripts/*/*.log > /dev/null && broke"),
        Attack(
            "X24", "other prompts",
            "for d in \"$S\"/attempts/*/*; do [ \"$d/prompt.md\" = \"$COORD_PROMPT_FILE\" ] "
                + "|| { cat \"$d/prompt.md\" > /dev/null && broke; }; done"),
        Attack("X33", "the user's checkout", "cat \"$P/untracked.env\" | grep -q \(Attack.secret) && broke"),
    ]

    private static let agents = [
        Attack(
            "X25", "settings that are missing",
            "mkdir -p .claude && echo {} > .claude/settings.json && broke",
            passes: [.landlock]),
        Attack("X25", "a file that is missing", "echo {} > .mcp.json && broke", passes: [.landlock]),
        Attack(
            "X25", "settings that are there", "echo {} > .vscode/settings.json && broke", passes: [.landlock]),
        Attack(
            "X25", "a folder put aside",
            "mv .vscode aside && mkdir .vscode && : > .vscode/settings.json && broke",
            passes: [.landlock]),
        Attack(
            "X25", "a hard link", "ln .vscode/settings.json same && echo {} > same && broke",
            passes: [.landlock]),
        Attack(
            "X25", "a sibling's worktree",
            "for w in \"$P\"/worktrees/*; do [ \"$w\" = \"$PWD\" ] || "
                + "{ echo x > \"$w/planted\" && broke; }; done"),
        Attack(
            "X25", "a sibling's work read",
            "for w in \"$P\"/worktrees/*; do [ \"$w\" = \"$PWD\" ] || "
                + "{ ls \"$w\" | grep -q . && broke; }; done"),
        Attack("X25", "the shell's start", "echo evil >> \"$H/.bashrc\"", mark: "home/.bashrc"),
        Attack(
            "X25", "settings in the home", "mkdir -p \"$H/.codex\" && echo evil > \"$H/.codex/config.toml\"",
            mark: "home/.codex/config.toml"),
    ]

    private static let secrets =
        [
            Attack(
                "X30", "the environment of others",
                "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -q '^SECRET_TOKEN=' && broke"),
            Attack(
                "X30", "arguments of others",
                "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -q '^--sandbox$' && broke",
                passes: [.landlock]),
        ]
        + Attack.secrets.map {
            Attack(
                "X33", "reads " + $0.split(separator: "/").joined(separator: " "),
                "grep -q \(Attack.secret) \"$H/\($0)\" && broke")
        }

    private static let escapes = [
        Attack("X33", "a link out", "ln -s \"$R\" out && echo evil > out/escaped", mark: "outside/escaped"),
        Attack(
            "X33", "a secret through a link",
            "ln -s \"$H/.ssh\" keys && grep -q \(Attack.secret) keys/* && broke"),
        Attack(
            "X33", "a secret through the root of a process",
            "for p in /proc/[0-9]*; do grep -q \(Attack.secret) \"$p/root$H/.ssh/id_ed25519\" && broke && break; done"
        ),
        Attack("X33", "rights by executing", "grep -q 'NoNewPrivs:.0' /proc/self/status && broke"),
        Attack(
            "X33", "a signal to the coordinator",
            "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" = coord ] && kill -CONT ${p#/proc/} && broke && break; done",
            passes: coord_landlock_version() >= 6 ? [] : [.landlock]),
        Attack(
            "X33", "processes of others", "cat /proc/[0-9]*/comm | grep -qx coord && broke",
            passes: [.landlock]),
        Attack("X33", "a stranger's temporary file", "grep -q \(Attack.secret) \"$TEMPORARY/left\" && broke"),
    ]

    private static let persistence = [
        Attack("X39", "outside the worktree", "echo evil > \"$R/left\"", mark: "outside/left"),
        Attack(
            "X39", "a service of the user",
            "mkdir -p \"$H/.config/systemd/user\" && "
                + "echo evil > \"$H/.config/systemd/user/x.service\"",
            mark: "home/.config/systemd/user/x.service"),
        Attack("X39", "a temporary file that stays", "echo evil > \"$TEMPORARY/stays\"", mark: "tmp/stays"),
        Attack(
            "X39", "a program for the user", "mkdir -p \"$H/bin\" && echo evil > \"$H/bin/git\"",
            mark: "home/bin/git"),
    ]
}
