/// The commands of the three catalogues: `missions`, `roles`, `skills`.
enum CatalogueTable {
    static let all = [missions, roles, skills]

    static let validateFlags = [
        Flag("format", nil, .choice("F", ValidateCommand.formats), "text, json, or github for pull requests")
    ]

    private static let missions = catalogue(
        "missions", "MISSION", list: CatalogueCommands.listMissions, show: CatalogueCommands.showMission,
        search: CatalogueCommands.searchMissions, add: AddCommand.missions,
        more: [
            CommandSpec(
                "import", .check, "take one over from another form", arguments: [.one("FILE")],
                flags: ImportCommand.flags, body: ImportCommand.missions)
        ])

    private static let roles = catalogue(
        "roles", "ROLE", list: CatalogueCommands.listRoles, show: CatalogueCommands.showRole,
        search: CatalogueCommands.searchRoles, add: AddCommand.roles,
        more: [
            CommandSpec(
                "import", .check, "take one over from another form", arguments: [.one("FILE")],
                flags: ImportCommand.flags, body: ImportCommand.roles),
            CommandSpec(
                "export", .check, "write as `.claude/agents/*.md`", arguments: [.some("ROLE")],
                flags: ImportCommand.exportFlags, body: ImportCommand.exportRoles),
        ])

    private static let skills = catalogue(
        "skills", "SKILL", list: SkillCommands.list, show: SkillCommands.show, search: SkillCommands.search,
        add: AddCommand.skills,
        more: [
            CommandSpec(
                "run", .check, "run a skill's program here", arguments: [.one("SKILL")],
                flags: RunSkillCommand.flags,
                examples: ["coord skills run git-log --arg count=5 --arg paths=docs,README.md"],
                body: RunSkillCommand.run),
            CommandSpec(
                "allow", .check, "agree to skills that ask first, as they are now",
                arguments: [.some("SKILL")], flags: RunSkillCommand.allowFlags, body: RunSkillCommand.allow),
            CommandSpec(
                "select", .check, "which skills a task would be given, and why", flags: SelectCommand.flags,
                examples: ["coord skills select --task 'Write the release notes' --explain"],
                body: SelectCommand.run),
            CommandSpec(
                "import", .check, "take one over from another form", arguments: [.one("FILE")],
                flags: ImportCommand.flags, body: ImportCommand.skills),
            CommandSpec(
                "export", .check, "write as folders with a `SKILL.md`", arguments: [.some("SKILL")],
                flags: ImportCommand.exportFlags, body: ImportCommand.exportSkills),
        ])

    private static func catalogue(
        _ name: String, _ one: String, list: @escaping CommandSpec.Body, show: @escaping CommandSpec.Body,
        search: @escaping CommandSpec.Body, add: @escaping CommandSpec.Body, more: [CommandSpec]
    ) -> CommandSpec {
        CommandSpec(
            name, .check, "the \(name) that coord finds here",
            subcommands: [
                CommandSpec("list", .check, "every one, with its origin", body: list),
                CommandSpec("show", .check, "one", arguments: [.one(one)], body: show),
                CommandSpec(
                    "validate", .check, "check files and folders", arguments: [.some("FILE")],
                    flags: validateFlags, body: ValidateCommand.run),
                CommandSpec(
                    "add", .check, "take in a file or a folder, or start a new one",
                    arguments: [.one(one)], flags: AddCommand.flags, body: add),
                CommandSpec(
                    "search", .check, "find by words", arguments: [.some("WORD")], body: search),
            ] + more, defaultSubcommand: "list")
    }
}
