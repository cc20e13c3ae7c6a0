import CoordCatalog
import CoordJSON
import CoordModel
import CoordSystem

/// `coord missions|roles|skills add`: takes a file or a folder into a catalogue, or writes a filled template.
enum AddCommand {
    static let flags = [
        Flag("new", nil, "write a filled template of that name"),
        Flag("category", nil, .text("NAME"), "the folder of a skill"),
        Flag("to", nil, .choice("WHERE", ["project", "user"]), "whose catalogue; the project's by default"),
        Flag("force", nil, "replace one of the same name"),
    ]

    static func missions(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try run(.missions, context)
    }

    static func roles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try run(.roles, context)
    }

    static func skills(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try run(.skills, context)
    }

    private static func run(
        _ kind: CatalogKind, _ context: CommandContext
    ) throws(CommandFailure) -> ExitStatus {
        let word = context.arguments.first ?? ""
        let addition = CatalogAddition(
            kind, to: try folder(context), replaces: context.arguments.has("force"))
        let catalog = MissionPreparation.catalog(context)
        let category = context.arguments.value("category")
        let result: CatalogAddition.Result
        do throws(Diagnostic) {
            if context.arguments.has("new") {
                result = try addition.addNew(word, category: category, catalog: catalog)
            } else {
                result = try addition.add(context.path(word), category: category, catalog: catalog)
            }
        } catch {
            let isMissing = !context.arguments.has("new") && Files.kind(context.path(word)) == nil
            throw CommandFailure(
                .wrongInput, error.message, at: error.place,
                hint: isMissing
                    ? "`coord \(kind) add \(word) --new` writes a template of that name" : error.hint)
        }
        for warning in result.warnings { context.diagnostics.show(warning) }
        if context.wantsJSON {
            context.answer([
                "schema": "coord.added/1", "kind": .string(kind.rawValue),
                "paths": .array(result.paths.map { .string($0) }),
            ])
        } else {
            for path in result.paths { context.output.line(TerminalText.escaped(path)) }
        }
        return .done
    }

    /// The folder of the catalogue that is added to.
    static func folder(_ context: CommandContext) throws(CommandFailure) -> String {
        if context.arguments.value("to") == "user" {
            guard let folder = CatalogLocations.userFolder else {
                throw CommandFailure(.notReachable, "there is no home folder", hint: "set HOME")
            }
            return folder
        }
        let project =
            context.arguments.value("project").map(context.path) ?? context.surroundings.workingFolder
        return project + "/.coord"
    }
}

extension CatalogKind: CustomStringConvertible {
    package var description: String { rawValue }
}
