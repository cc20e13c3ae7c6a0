import CoordCatalog
import CoordJSON
import CoordModel
import CoordSystem

/// `coord missions|roles|skills import` and `coord roles|skills export`.
enum ImportCommand {
    static let flags = [
        Flag(
            "out", nil, .text("PATH"),
            "where to write: a file, or a folder as the catalogue's; `.coord` otherwise"),
        Flag("force", nil, "replace what is there"),
    ]

    static func missions(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let catalog = MissionPreparation.catalog(context)
        return try run(context) { (path) throws(Diagnostic) in
            try CatalogImport.mission(path, catalog: catalog)
        }
    }

    static func roles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try run(context) { (path) throws(Diagnostic) in try CatalogImport.role(path) }
    }

    static func skills(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        try run(context) { (path) throws(Diagnostic) in try CatalogImport.skill(path) }
    }

    private static func run(
        _ context: CommandContext, _ convert: (String) throws(Diagnostic) -> CatalogImport
    ) throws(CommandFailure) -> ExitStatus {
        let converted: CatalogImport
        let target: String
        do throws(Diagnostic) {
            converted = try convert(context.path(context.arguments.first ?? ""))
            target = try write(converted, context)
        } catch { throw CommandFailure(.wrongInput, error.message, at: error.place, hint: error.hint) }
        if context.wantsJSON {
            context.answer([
                "schema": "coord.import/1", "path": .string(target),
                "assumptions": .array(converted.assumptions.map { .string($0) }),
            ])
            return .done
        }
        context.output.line(TerminalText.escaped(target))
        for assumption in converted.assumptions {
            context.output.line("assumed: " + TerminalText.escaped(assumption))
        }
        return .done
    }

    private static func write(_ converted: CatalogImport, _ context: CommandContext) throws(Diagnostic)
        -> String
    {
        var target = context.surroundings.workingFolder + "/.coord/" + converted.name
        if let project = context.arguments.value("project") {
            target = context.path(project) + "/.coord/" + converted.name
        }
        if let out = context.arguments.value("out") {
            let isFile = [".json", ".md"].contains { out.hasSuffix($0) }
            target = isFile ? context.path(out) : context.path(out) + "/" + converted.name
        }
        try CatalogFiles.write(converted.text, to: target, replaces: context.arguments.has("force"))
        return target
    }

    // MARK: Export

    static let exportFlags = [
        Flag("out", nil, .text("DIR"), "the folder to write to; `.claude` otherwise"),
        Flag("force", nil, "replace what is there"),
    ]

    static func exportRoles(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).roles()
        return try export(context, known: shelf.names) { name in
            shelf[RoleID(name)].map { ("agents/\($0.id).md", CatalogImport.text(of: $0, forOthers: true)) }
        }
    }

    static func exportSkills(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).skillShelf()
        return try export(context, known: shelf.names) { name in
            shelf[SkillID(name)].map { ("skills/\($0.id)/SKILL.md", CatalogImport.manual(of: $0)) }
        }
    }

    private static func export(
        _ context: CommandContext, known: [String], _ convert: (String) -> (name: String, text: String)?
    ) throws(CommandFailure) -> ExitStatus {
        let folder = context.path(context.arguments.value("out") ?? ".claude")
        var paths: [String] = []
        for word in context.arguments.words {
            guard let file = convert(word) else {
                throw CommandFailure(
                    .wrongInput, "there is no `\(word)` in the catalogue",
                    hint: Suggestion.nearest(to: word, among: known).map { "did you mean `\($0)`?" })
            }
            let target = folder + "/" + file.name
            do throws(Diagnostic) {
                try CatalogFiles.write(file.text, to: target, replaces: context.arguments.has("force"))
            } catch { throw CommandFailure(.wrongInput, error.message, at: error.place, hint: error.hint) }
            paths.append(target)
        }
        if context.wantsJSON {
            context.answer(["schema": "coord.export/1", "paths": .array(paths.map { .string($0) })])
        } else {
            for path in paths { context.output.line(TerminalText.escaped(path)) }
        }
        return .done
    }
}
