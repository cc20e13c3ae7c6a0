import CoordCatalog
import CoordJSON
import CoordModel
import CoordSkills
import CoordSystem

/// `coord skills`: what the pool holds, and what is in one.
enum SkillCommands {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).skillShelf()
        show(shelf.sorted, context)
        warn(shelf, context)
        return .done
    }

    /// Skills that share words with the question, the best first.
    static func search(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).skillShelf()
        let sorted = shelf.sorted
        let index = SkillIndex(sorted.map(\.skill))
        let words = Words.stems(of: context.arguments.words.joined(separator: " "))
        let found = index.matches(words).sorted { ($1.score, $0.number) < ($0.score, $1.number) }
        show(found.map { sorted[$0.number] }, context)
        guard found.isEmpty else { return .done }
        context.diagnostics.note("no skill speaks of that")
        return .done
    }

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = MissionPreparation.catalog(context).skillShelf()
        let entry = try find(context.arguments.first ?? "", shelf)
        if context.wantsJSON {
            context.answer(document(entry))
            return .done
        }
        for line in lines(entry, shelf) { context.output.line(line) }
        return .done
    }

    /// The skill of a name, or the failure that says which was probably meant.
    static func find(_ name: String, _ shelf: SkillShelf) throws(CommandFailure) -> SkillShelf.Entry {
        if let entry = shelf.entries[SkillID(name)] { return entry }
        if let broken = shelf.broken[SkillID(name)] {
            throw CommandFailure(
                .wrongInput, "the file of the skill `\(name)` is broken: \(broken.message)", at: broken.place,
                hint: broken.hint)
        }
        let nearest = Suggestion.nearest(to: name, among: shelf.names)
        throw CommandFailure(
            .wrongInput, "there is no skill `\(name)`",
            hint: nearest.map { "did you mean `\($0)`?" } ?? "`coord skills list` names the skills there are")
    }

    private static func show(_ entries: [SkillShelf.Entry], _ context: CommandContext) {
        if context.wantsJSON {
            context.answer(["schema": "coord.skills/1", "skills": .array(entries.map(document))])
            return
        }
        var table = TextTable([
            .left("SKILL"), .left("CATEGORY"), .left("RUNS"), .left("ORIGIN"), .flexible("WHAT IT DOES"),
        ])
        for entry in entries {
            table.append([
                .init(entry.skill.id.rawValue), .init(entry.skill.category),
                .init(entry.skill.handler == nil ? "no" : entry.skill.requiresConfirmation ? "asks" : "yes"),
                .init(entry.origin.description), .init(entry.skill.summary),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
    }

    /// Files that are broken are told with every list: somebody will miss what is in them.
    private static func warn(_ shelf: SkillShelf, _ context: CommandContext) {
        for problem in shelf.problems where problem.isError { context.diagnostics.show(problem) }
        for problem in shelf.relationProblems where problem.isError { context.diagnostics.show(problem) }
    }

    private static func lines(_ entry: SkillShelf.Entry, _ shelf: SkillShelf) -> [String] {
        let skill = entry.skill
        func escaped(_ text: String) -> String { TerminalText.escaped(text, keepsLines: true) }
        func names(_ ids: [SkillID]) -> String { ids.map(\.rawValue).joined(separator: ", ") }
        var lines = [
            "\(skill.id) \(escaped(skill.version)) · \(escaped(skill.name))", "", escaped(skill.description),
            "",
        ]
        func add(_ label: String, _ text: String) {
            guard !text.isEmpty else { return }
            lines.append(label.padded(to: 14) + escaped(text))
        }
        add("category", skill.category)
        add("tags", skill.tags.joined(separator: ", "))
        add("origin", "\(entry.origin): \(skill.path)")
        add("requires", names(shelf.resolver.resolve([skill.id]).skills.filter { $0 != skill.id }))
        add("conflicts", names(skill.conflicts))
        add("enhanced by", names(skill.enhancedBy))
        add("changes", skill.sideEffects.joined(separator: ", "))
        add("asks first", skill.requiresConfirmation ? "yes" : "")
        add("runs", skill.handler.map { $0.command.joined(separator: " ") } ?? "")
        for property in skill.parameters?.properties ?? [] {
            let need = property.isRequired ? "" : " (may be left out)"
            add("  \(property.name)", "\(property.schema.kindName)\(need). \(property.schema.description)")
        }
        add("unknown fields", skill.extra.keys.sorted().joined(separator: ", "))
        for (number, example) in skill.triggerExamples.enumerated() {
            add(number == 0 ? "for tasks like" : "", example)
        }
        if !skill.instructions.isEmpty { lines += ["", escaped(skill.instructions)] }
        return lines
    }

    static func document(_ entry: SkillShelf.Entry) -> JSONValue {
        let skill = entry.skill
        func names(_ ids: [SkillID]) -> JSONValue { .array(ids.map { .string($0.rawValue) }) }
        func words(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
        return [
            "id": .string(skill.id.rawValue), "name": .string(skill.name), "version": .string(skill.version),
            "description": .string(skill.description),
            "shortDescription": .string(skill.shortDescription), "category": .string(skill.category),
            "origin": .string(entry.origin.description), "path": .string(skill.path),
            "contentHash": .string(skill.contentHash), "tags": words(skill.tags),
            "triggerExamples": words(skill.triggerExamples),
            "parameters": skill.parameters?.json ?? .null, "requires": names(skill.requires),
            "conflicts": names(skill.conflicts), "enhancedBy": names(skill.enhancedBy),
            "sideEffects": words(skill.sideEffects),
            "idempotent": skill.idempotent.map { .bool($0) } ?? .null,
            "requiresConfirmation": .bool(skill.requiresConfirmation),
            "handler": skill.handler.map { handler in
                [
                    "command": .array(handler.command.map { .string($0) }),
                    "timeoutSeconds": .integer(handler.timeout.wholeMilliseconds / 1000),
                ]
            } ?? .null,
            "extra": words(skill.extra.keys.sorted()),
        ]
    }
}

extension String {
    /// With spaces behind it up to a width; one at least.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
