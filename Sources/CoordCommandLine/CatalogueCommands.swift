import CoordCatalog
import CoordJSON
import CoordModel
import CoordSystem

/// `coord validate FILE…`: every problem of every file, and exit status 2 when one is an error.
enum ValidateCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let catalog = MissionPreparation.catalog(context)
        var all: [Diagnostic] = []
        for word in context.arguments.words {
            let found = diagnostics(of: context.path(word), catalog)
            all += found
            if !context.wantsJSON {
                for diagnostic in found { context.diagnostics.show(diagnostic) }
                if !found.contains(where: \.isError) {
                    context.output.line("\(TerminalText.escaped(word)): ok")
                }
            }
        }
        if context.wantsJSON { context.answer(document(all)) }
        return all.contains(where: \.isError) ? .wrongInput : .done
    }

    /// Role files end in `.md` and lie in a folder `roles`; every other file is read as a mission.
    private static func diagnostics(of path: String, _ catalog: Catalog) -> [Diagnostic] {
        if path.hasSuffix(".md"), Files.parent(path).hasSuffix("/roles") { return RoleShelf.check(path) }
        return MissionFile.read(path, catalog: catalog).diagnostics
    }

    private static func document(_ diagnostics: [Diagnostic]) -> JSONValue {
        [
            "schema": "coord.diagnostics/1",
            "diagnostics": .array(
                diagnostics.map {
                    [
                        "severity": .string($0.severity.rawValue), "file": .string($0.file),
                        "line": .count($0.line), "column": .count($0.column), "message": .string($0.message),
                        "hint": .optional($0.hint),
                    ]
                }),
        ]
    }
}

/// `coord missions` and `coord roles`: what the catalogues hold, and where each came from.
enum CatalogueCommands {
    static func listMissions(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let missions = MissionPreparation.catalog(context).missions()
        if context.wantsJSON {
            context.answer([
                "schema": "coord.missions/1",
                "missions": .array(
                    missions.map {
                        [
                            "id": .string($0.id.rawValue), "name": .string($0.name),
                            "description": .string($0.description), "origin": .string($0.origin.description),
                            "path": .string($0.path), "tasks": .count($0.taskCount),
                            "workers": .count($0.workerCount),
                            "problem": .optional($0.problem?.message),
                        ]
                    }),
            ])
            return .done
        }
        var table = TextTable([
            .left("MISSION"), .right("TASKS"), .right("WORKERS"), .left("ORIGIN"), .flexible("WHAT IT DOES"),
        ])
        for mission in missions {
            table.append([
                .init(mission.id.rawValue), .init(String(mission.taskCount)),
                .init(String(mission.workerCount)),
                .init(mission.origin.description), .init(mission.problem?.message ?? mission.description),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        return .done
    }

    static func showMission(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try PlanCommand.run(context)
    }

    static func listRoles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).roles()
        if context.wantsJSON {
            context.answer(["schema": "coord.roles/1", "roles": .array(shelf.sorted.map(document))])
        } else {
            var table = TextTable([
                .left("ROLE"), .left("KIND"), .left("ORIGIN"), .flexible("WHAT IT IS FOR"),
            ])
            for entry in shelf.sorted {
                table.append([
                    .init(entry.role.id.rawValue), .init(entry.role.kind.rawValue),
                    .init(entry.origin.description), .init(entry.role.description),
                ])
            }
            context.output.write(table.text(columns: context.columns, style: context.style))
        }
        for problem in shelf.problems { context.diagnostics.show(problem) }
        return .done
    }

    static func showRole(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).roles()
        let name = context.arguments.first ?? ""
        guard let role = shelf[RoleID(name)], let entry = shelf.entries[role.id] else {
            throw CommandFailure(
                .wrongInput, "there is no role `\(name)`",
                hint: Suggestion.nearest(to: name, among: shelf.names).map { "did you mean `\($0)`?" }
                    ?? "`coord roles list` names the roles there are")
        }
        if context.wantsJSON {
            context.answer(document(entry))
        } else {
            context.output.line(TerminalText.escaped(role.prose, keepsLines: true))
        }
        return .done
    }

    private static func document(_ entry: RoleShelf.Entry) -> JSONValue {
        let role = entry.role
        return [
            "id": .string(role.id.rawValue), "name": .string(role.name),
            "description": .string(role.description),
            "origin": .string(entry.origin.description), "path": .string(role.origin),
            "kind": .string(role.kind.rawValue), "model": .optional(role.model),
            "maxModel": .optional(role.maxModel),
            "capabilities": .array(role.capabilities.map { .string($0.rawValue) }),
            "owns": .array(role.owns.map { .string($0) }),
            "aliases": .array(role.aliases.map { .string($0.rawValue) }),
            "examples": .array(role.examples.map { .string($0) }),
        ]
    }
}
