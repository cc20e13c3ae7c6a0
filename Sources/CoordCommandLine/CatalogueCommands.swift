import CoordCatalog
import CoordJSON
import CoordModel
import CoordSystem

/// `coord missions` and `coord roles`: what the catalogues hold, and where each came from.
enum CatalogueCommands {
    static func listMissions(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        show(MissionPreparation.catalog(context).missions(), context)
        return .done
    }

    private static func show(_ missions: [MissionEntry], _ context: CommandContext) {
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
            return
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
    }

    /// Missions whose name, title or description has all the words.
    static func searchMissions(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let missions = MissionPreparation.catalog(context).missions()
        let words = context.arguments.words.map { $0.lowercased() }
        show(
            missions.filter { mission in
                let text = "\(mission.id) \(mission.name) \(mission.description)".lowercased()
                return words.allSatisfy { text.contains($0) }
            }, context)
        return .done
    }

    static func showMission(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try PlanCommand.run(context)
    }

    static func listRoles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).roles()
        show(shelf.sorted, context)
        for problem in shelf.problems { context.diagnostics.show(problem) }
        return .done
    }

    /// Roles whose name, description or examples have all the words.
    static func searchRoles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let words = context.arguments.words.map { $0.lowercased() }
        show(
            MissionPreparation.catalog(context).roles().sorted.filter { entry in
                let role = entry.role
                let names = ([role.id] + role.aliases).map(\.rawValue)
                let text = (names + [role.name, role.description] + role.examples).joined(separator: " ")
                return words.allSatisfy { text.lowercased().contains($0) }
            }, context)
        return .done
    }

    private static func show(_ entries: [RoleShelf.Entry], _ context: CommandContext) {
        if context.wantsJSON {
            context.answer(["schema": "coord.roles/1", "roles": .array(entries.map(document))])
        } else {
            var table = TextTable([
                .left("ROLE"), .left("KIND"), .left("ORIGIN"), .flexible("WHAT IT IS FOR"),
            ])
            for entry in entries {
                table.append([
                    .init(entry.role.id.rawValue), .init(entry.role.kind.rawValue),
                    .init(entry.origin.description), .init(entry.role.description),
                ])
            }
            context.output.write(table.text(columns: context.columns, style: context.style))
        }
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
