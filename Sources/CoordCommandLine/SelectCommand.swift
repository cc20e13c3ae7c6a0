import CoordCatalog
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSkills
import CoordStore

/// `coord skills select --task TEXT`: which skills a task would be given, and why. It starts nothing.
enum SelectCommand {
    static let flags = [
        Flag("task", nil, .text("TEXT"), "the task's prompt"),
        Flag("role", nil, .text("ROLE"), "the role that works on it"),
        Flag("category", nil, .text("NAME"), "the task's category"),
        Flag("explain", nil, "say also what was left out and what would help"),
    ]

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard let text = context.arguments.value("task") else {
            throw CommandFailure(.wrongInput, "no task is given", hint: "--task 'what is to be done'")
        }
        let catalog = MissionPreparation.catalog(context)
        let role = try role(context, catalog)
        let skills = catalog.skillShelf().sorted.map(\.skill)
        let usage = try usage(context, skills)
        let request = SkillRequest(
            text: text, role: role, category: context.arguments.value("category"), pinned: role?.skills ?? [])
        let choice = SkillSelection(SkillIndex(skills), usage: usage).choose(request)
        let chosen = choice.skills.compactMap { item in skills.first { $0.id == item.id } }
        if context.wantsJSON {
            context.answer(document(choice, chosen, of: skills, ranking: ranking(choice, context)))
        } else {
            write(choice, chosen, of: skills, context)
        }
        return .done
    }

    /// Why it was the words that ranked, and whether a model does in a run: one is asked within the limits of
    /// a run alone.
    private static func ranking(_ choice: SkillSelection.Choice, _ context: CommandContext) -> String {
        let least = SkillSelection.rankedAbove
        guard choice.candidateCount > least else {
            return "ranked by words: up to \(least) candidates no model is asked"
        }
        guard let wish = ProjectSettings.read(in: context.projectFolder).settings.skillRanking else {
            return "ranked by words: `skillRanking` of .coord/config.json names no model"
        }
        return "ranked by words: this command calls no model; in a run `\(wish.name)` is asked, for "
            + "\(wish.limit.components.seconds) seconds at most"
    }

    private static func role(_ context: CommandContext, _ catalog: Catalog) throws(CommandFailure) -> Role? {
        guard let name = context.arguments.value("role") else { return nil }
        let shelf = catalog.roles()
        if let role = shelf[RoleID(name)] { return role }
        throw CommandFailure(
            .wrongInput, "there is no role `\(name)`",
            hint: Suggestion.nearest(to: name, among: shelf.names).map { "did you mean `\($0)`?" })
    }

    /// What the journal of the project tells of skills that were called; nothing where there is no journal.
    private static func usage(
        _ context: CommandContext, _ skills: [Skill]
    ) throws(CommandFailure) -> SkillUsage {
        guard let state = try? context.journalProject() else {
            // Without a run nothing was ever called.
            return SkillUsage()
        }
        let store = try context.openJournal(state, .readOnly)
        let known = Set(skills.map(\.id))
        return try CommandFailure.from { () throws(StoreError) in
            try SkillHistory.usage(in: store) { known.contains($0) }
        }
    }

    private static func document(
        _ choice: SkillSelection.Choice, _ chosen: [Skill], of skills: [Skill], ranking: String
    ) -> JSONValue {
        [
            "schema": "coord.selection/1",
            "skills": .array(
                choice.skills.map {
                    ["id": .string($0.id.rawValue), "score": .number($0.score), "reason": .string($0.reason)]
                }),
            "suggestions": .array(choice.suggestions.map { .string($0.rawValue) }),
            "refused": .array(choice.refused.map { .string($0.description) }),
            "ranking": .string(ranking), "candidates": .count(choice.candidateCount),
            "pool": .count(skills.count),
            "tokens": .count(SkillTools.tokens(offering: chosen)),
            "tokensOfAll": .count(SkillTools.tokens(offering: skills)),
        ]
    }

    private static func write(
        _ choice: SkillSelection.Choice, _ chosen: [Skill], of skills: [Skill], _ context: CommandContext
    ) {
        var table = TextTable([.left("SKILL"), .right("SCORE"), .flexible("WHY")])
        for item in choice.skills {
            table.append([
                .init(item.id.rawValue), .init(String(Int((item.score * 100).rounded()))), .init(item.reason),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        if choice.skills.isEmpty { context.diagnostics.note("no skill speaks of that") }
        guard context.arguments.has("explain") else { return }
        context.output.line(ranking(choice, context))
        for problem in choice.refused { context.output.line("left out: \(problem)") }
        if !choice.suggestions.isEmpty {
            context.output.line("would help: " + choice.suggestions.map(\.rawValue).joined(separator: ", "))
        }
        context.output.line(
            "\(choice.skills.count) of \(choice.candidateCount) candidates in a pool of \(skills.count); "
                + "about \(SkillTools.tokens(offering: chosen)) tokens instead "
                + "of \(SkillTools.tokens(offering: skills))"
        )
    }
}
