import CoordModel

/// Every command of coord, in the order of the overview.
package enum CommandTable {
    package static let all = running + looking + acting + checking + settingUp

    /// The command of that name.
    package static func command(_ name: String) -> CommandSpec? { all.first { $0.name == name } }

    // MARK: Flags that several commands share

    private static let run = Flag(
        "run", nil, .text("ID"), "a run other than the latest; the start of its name is enough")
    private static let follow = Flag("follow", "f", "go on as more is written, until the run ends")
    private static let lines = Flag("lines", "n", .number("N", 0...1_000_000), "only the last N lines")
    private static let paging = [
        Flag("limit", nil, .number("N", 1...1_000_000), "at most N tasks"),
        Flag("offset", nil, .number("N", 0...10_000_000), "leave the first N out"),
    ]

    // MARK: Run

    private static let running = [
        CommandSpec(
            "run", .run, "run a mission to its end", arguments: [.maybe("MISSION")],
            flags: [
                Flag("goal", nil, .text("TEXT"), "what is to be reached, in place of the mission's goal"),
                Flag("agent", nil, .text("A"), "auto, rehearsal, command:CMD, or a coding agent's name"),
                Flag("workers", nil, .number("N", 1...256), "how many workers"),
                Flag("budget", nil, .money("USD"), "the most the run may cost, in dollars"),
                Flag("model", nil, .text("M"), "the model of every agent"),
                Flag("target", nil, .text("BRANCH"), "the branch to land on"),
                Flag("gate", nil, .text("CMD"), "what must pass before a task lands", repeats: true),
                Flag("worktrees", nil, .text("DIR"), "where the workers' worktrees lie"),
                Flag(
                    "sandbox", nil, .choice("S", ["auto"] + SandboxMechanism.allCases.map(\.rawValue)),
                    "what confines agents: auto, bwrap, landlock, seatbelt or off"),
                Flag(
                    "sandbox-network", nil, .choice("N", ["on", "off"]), "whether agents reach the network"),
                Flag("sandbox-read", nil, .text("PATH"), "what agents may read besides", repeats: true),
                Flag("sandbox-write", nil, .text("PATH"), "what agents may write besides", repeats: true),
                Flag("resume", nil, "go on with the last run"),
                Flag("dry-run", nil, "show the plan and start nothing"),
                Flag("detach", nil, "go on in the background; `coord serve` starts it again if it dies"),
                Flag("api-server", nil, "serve the run's API", isBuilt: false),
                Flag("api-port", nil, .number("P", 1...65_535), "the API's port", isBuilt: false),
                Flag("api-only", nil, "serve the API and start nothing", isBuilt: false),
            ],
            examples: ["coord run missions/web-app.json", "coord run web-app --resume"],
            body: RunCommand.run),
        CommandSpec("demo", .run, "show a rehearsal in a fresh folder"),
    ]

    // MARK: Look

    private static let looking = [
        CommandSpec(
            "status", .look, "where the run stands",
            flags: [
                run, Flag("watch", "w", "keep the picture up to date until the run ends"),
                Flag("why", nil, .text("TASK"), "say in one sentence what a task waits for"),
            ], body: StatusCommand.run),
        CommandSpec(
            "why", .look, "what a task waits for, and since when", arguments: [.one("TASK")], flags: [run],
            body: WhyCommand.run),
        CommandSpec(
            "tasks", .look, "the tasks of the run",
            subcommands: [
                CommandSpec(
                    "list", .look, "every task",
                    flags: [
                        run,
                        Flag(
                            "status", nil, .choice("S", TasksCommand.filters),
                            "only these, by status or stage", repeats: true),
                    ] + paging, body: TasksCommand.list),
                CommandSpec(
                    "show", .look, "one task with its history", arguments: [.one("TASK")], flags: [run],
                    body: TasksCommand.show),
                CommandSpec(
                    "add", .act, "add a task", arguments: [.one("TASK")],
                    flags: [
                        Flag("prompt", nil, .text("TEXT"), "what is to be done"),
                        Flag("title", nil, .text("TEXT"), "its title"),
                        Flag("role", nil, .text("ROLE"), "whose work it is"),
                        Flag("needs", nil, .text("TASK"), "a task it needs", repeats: true),
                        Flag("priority", nil, .number("N", -100...100), "higher goes first"),
                        Flag("command", nil, .text("CMD"), "a shell command in place of an agent"),
                        Flag(
                            "check", nil, .text("CMD"), "what must pass before it is handed in", repeats: true
                        ),
                    ], body: ActingCommands.addTask),
                CommandSpec(
                    "edit", .act, "change a task nobody works on", arguments: [.one("TASK")],
                    flags: [
                        Flag("prompt", nil, .text("TEXT"), "what is to be done"),
                        Flag("title", nil, .text("TEXT"), "its title"),
                        Flag("role", nil, .text("ROLE"), "whose work it is"),
                        Flag(
                            "needs", nil, .text("TASK"), "the tasks it needs, in place of those it has",
                            repeats: true),
                        Flag("priority", nil, .number("N", -100...100), "higher goes first"),
                    ], body: ActingCommands.editTask),
                CommandSpec(
                    "skip", .act, "leave a task out", arguments: [.some("TASK")], body: ActingCommands.skip),
                CommandSpec(
                    "retry", .act, "try a task again", arguments: [.some("TASK")],
                    body: ActingCommands.retry),
                CommandSpec(
                    "cancel", .act, "end a task", arguments: [.some("TASK")], body: ActingCommands.cancel),
                CommandSpec(
                    "approve", .act, "let a task's work go on", arguments: [.some("TASK")],
                    body: ActingCommands.approve),
                CommandSpec(
                    "reject", .act, "send a task's work back", arguments: [.one("TASK")],
                    flags: [Flag("reason", nil, .text("TEXT"), "why")], body: ActingCommands.reject),
                CommandSpec(
                    "answer", .act, "answer what a task's agent asked",
                    arguments: [.one("TASK"), .one("TEXT")],
                    flags: [
                        Flag("question", nil, .text("ID"), "which of its questions; the oldest by default")
                    ],
                    examples: ["coord tasks answer api \"use PostgreSQL\""], body: ActingCommands.answer),
                CommandSpec(
                    "reassign", .act, "give a task to a worker", arguments: [.one("TASK")],
                    flags: [Flag("to", nil, .text("WORKER"), "the worker; without it, any")],
                    body: ActingCommands.reassign),
            ], defaultSubcommand: "list"),
        CommandSpec(
            "workers", .look, "the workers of the run",
            subcommands: [
                CommandSpec("list", .look, "every worker", flags: [run], body: WorkersCommand.list),
                CommandSpec(
                    "show", .look, "one worker", arguments: [.one("WORKER")], flags: [run],
                    body: WorkersCommand.show),
                CommandSpec(
                    "restart", .act, "replace a worker's process", arguments: [.some("WORKER")],
                    body: ActingCommands.restartWorker),
                CommandSpec(
                    "stop", .act, "take a worker out of the run", arguments: [.some("WORKER")],
                    body: ActingCommands.stopWorker),
            ], defaultSubcommand: "list"),
        CommandSpec(
            "queue", .look, "what waits to land",
            subcommands: [
                CommandSpec(
                    "list", .look, "everything that waits",
                    flags: [run, Flag("explain", nil, "how far it runs ahead, in which order, and why")],
                    body: QueueCommand.list),
                CommandSpec(
                    "show", .look, "by what a task's work was judged", arguments: [.one("TASK")],
                    flags: [run], body: QueueCommand.show),
            ], defaultSubcommand: "list"),
        CommandSpec(
            "cost", .look, "what the run has cost",
            flags: [
                run, Flag("by", nil, .choice("WHAT", CostCommand.groupings), "worker, role, model or task"),
                Flag("sources", nil, "who counted what, and where they do not agree"),
            ],
            body: CostCommand.run),
        CommandSpec(
            "report", .look, "what was done, by whom, at what cost",
            flags: [
                run, Flag("format", nil, .choice("F", ReportCommand.formats), "text, md, html or json"),
                Flag("output", "o", .text("FILE"), "write it to a file"),
            ], body: ReportCommand.run),
        CommandSpec(
            "logs", .look, "what a worker's agents said", arguments: [.maybe("WORKER")],
            flags: [
                run, follow, lines, Flag("raw", nil, "the bytes as they are, control characters included"),
            ],
            body: LogsCommand.run),
        CommandSpec(
            "events", .look, "everything that happened, in order",
            flags: [
                run, follow,
                Flag("since", nil, .number("SEQ", 0...Int(Int64.max >> 1)), "only what follows this number"),
                lines,
                Flag("type", nil, .text("TYPE"), "only this type, as `task` or `task.landed`", repeats: true),
                Flag("jsonl", nil, "JSON lines, as --json"),
            ],
            examples: ["coord events --follow --json", "coord events --type task.landed"],
            body: EventsCommand.run),
        CommandSpec(
            "audit", .look, "whether the branch holds what the journal says was landed",
            arguments: [.maybe("RUN")], examples: ["coord audit", "coord audit --json"],
            body: AuditCommand.run
        ),
        CommandSpec(
            "runs", .look, "the runs of the project",
            subcommands: [
                CommandSpec("list", .look, "every run, the latest first", body: RunsCommand.list),
                CommandSpec("show", .look, "one run", arguments: [.maybe("RUN")], body: RunsCommand.show),
                CommandSpec(
                    "remove", .act, "forget runs: their facts, transcripts and reports",
                    arguments: [.some("RUN")],
                    body: RunsCommand.remove),
            ], defaultSubcommand: "list"),
    ]

    // MARK: Act

    private static let acting = [
        CommandSpec("pause", .act, "grant no more work until `coord resume`", body: ActingCommands.pause),
        CommandSpec("resume", .act, "go on after `coord pause`", body: ActingCommands.resume),
        CommandSpec("drain", .act, "finish and land what runs, then end", body: ActingCommands.drain),
        CommandSpec(
            "stop", .act, "end what runs now; `coord run --resume` goes on", body: ActingCommands.stop),
        CommandSpec(
            "handoff", .act, "have a worker's session hand its task over to a fresh one",
            arguments: [.maybe("WORKER")],
            flags: [
                Flag("to", nil, .text("WORKER"), "to this worker; otherwise to a fresh session at the same"),
                Flag("role", nil, .text("ROLE"), "to a worker of this role"),
                Flag("agent", nil, .text("A"), "to a worker that drives this agent"),
                Flag("push", nil, "push the work so far to a branch of its own, too"),
                Flag("reason", nil, .text("TEXT"), "why, for the next session"),
                Flag("continue", nil, "go on where a failed step stopped it"),
                Flag("no-wait", nil, "do not wait until a new session has it"),
            ],
            examples: ["coord handoff backend-1", "coord handoff backend-1 --to backend-2"],
            body: HandoffCommand.run),
        CommandSpec(
            "handoffs", .look, "what was handed over, and what is owed",
            subcommands: [
                CommandSpec(
                    "list", .look, "every handoff of the run", flags: [run], body: HandoffsCommand.list),
                CommandSpec(
                    "show", .look, "the document of one", arguments: [.one("TASK")], flags: [run],
                    body: HandoffsCommand.show),
            ], defaultSubcommand: "list"),
        CommandSpec(
            "rescue", .act, "work that was kept when an attempt ended",
            subcommands: [
                CommandSpec("list", .act, "what was kept", flags: [run], body: RescueCommand.list),
                CommandSpec(
                    "show", .act, "what one piece of work holds", arguments: [.one("REF")],
                    flags: [Flag("patch", "p", "the work itself, as a patch")], body: RescueCommand.show),
                CommandSpec(
                    "restore", .act, "bring it back as a branch; your checkout stays as it is",
                    arguments: [.one("REF")],
                    flags: [
                        Flag(
                            "branch", "b", .text("NAME"), "the branch's name; otherwise rescue/TASK-ATTEMPT"),
                        Flag("output", "o", .text("FILE"), "write a patch in place of a branch"),
                    ], examples: ["coord rescue restore api", "coord rescue restore api/2 -o api.patch"],
                    body: RescueCommand.restore),
                CommandSpec(
                    "drop", .act, "forget kept work for good", arguments: [.some("REF")],
                    body: RescueCommand.drop),
            ], defaultSubcommand: "list"),
        CommandSpec(
            "slot", .act, "the machine's slots for heavy commands, shared by all runs and shells",
            subcommands: [
                CommandSpec(
                    "run", .act, "run a command when a slot is free", arguments: [.some("CMD")],
                    flags: [
                        Flag("priority", nil, .number("N", -1000...1000), "higher goes first; 0 by default"),
                        Flag(
                            "timeout", nil, .number("S", 0...1_000_000), "wait in line for S seconds at most"),
                    ], examples: ["coord slot run -- make -j8 test"], body: SlotCommands.run),
                CommandSpec("list", .look, "who holds a slot, and who waits", body: SlotCommands.list),
            ], defaultSubcommand: "list"),
    ]

    // MARK: Plan and check

    private static let checking =
        [
            CommandSpec(
                "plan", .check, "a mission's graph and critical path; starts nothing",
                arguments: [.one("MISSION")], examples: ["coord plan missions/web-app.json"],
                body: PlanCommand.run),
            CommandSpec(
                "validate", .check, "check mission, role and skill files", arguments: [.some("FILE")],
                flags: CatalogueTable.validateFlags, body: ValidateCommand.run),
        ] + CatalogueTable.all + [
            CommandSpec(
                "prices", .check, "what models cost",
                subcommands: [
                    CommandSpec("list", .check, "every price, with its date", body: PricesCommand.list),
                    CommandSpec(
                        "update", .check, "take prices over from a file, as LiteLLM publishes it",
                        arguments: [.one("FILE")], body: PricesCommand.update),
                ], defaultSubcommand: "list"),
            CommandSpec(
                "doctor", .check, "whether this machine has what coord needs",
                subcommands: [
                    CommandSpec(
                        "machine", .check, "git, disk, sandbox and the rest", body: DoctorCommand.run),
                    CommandSpec(
                        "agents", .check, "coding agents: which are here, signed in, and what they support",
                        body: AgentsDoctor.run),
                ], defaultSubcommand: "machine"),
        ]

    // MARK: Set up

    private static let settingUp = [
        CommandSpec("init", .setUp, "give a project its `.coord` folder"),
        CommandSpec("config", .setUp, "settings, and where they come from", arguments: [.any("NAME")]),
        CommandSpec("paths", .setUp, "where coord keeps what", body: PathsCommand.run),
        CommandSpec(
            "serve", .setUp, "look after detached runs",
            flags: [
                Flag("until-idle", nil, "end when no detached run is left"),
                Flag("host", nil, .text("H"), "the address to listen on", isBuilt: false),
                Flag("port", nil, .number("P", 1...65_535), "the port", isBuilt: false),
            ], body: DetachedCommands.serve),
        CommandSpec("services", .setUp, "the project's services", arguments: [.any("WORD")]),
        CommandSpec("repos", .setUp, "several repositories as one", arguments: [.any("WORD")]),
        CommandSpec("mcp", .setUp, "an agent's tools, over the Model Context Protocol", body: MCPCommand.run),
        CommandSpec("completions", .setUp, "completions for a shell", arguments: [.maybe("SHELL")]),
        CommandSpec("man", .setUp, "the manual page"),
        CommandSpec("version", .setUp, "the version of coord", body: VersionCommand.run),
        CommandSpec("help", .setUp, "explain a command", arguments: [.any("COMMAND")], body: HelpCommand.run),
    ]
}
