package import CoordModel
import CoordSystem

/// What a project says in `.coord/config.json`, as far as coord's catalogue and its choice of skills go. Its
/// other keys belong to others.
package struct ProjectSettings: Sendable, Hashable {
    /// Which model ranks when many skills fit a task.
    package struct Ranking: Sendable, Hashable {
        /// As in `gateway.json`: `anthropic`.
        package var provider: String
        package var model: String
        /// How long an answer may take.
        package var limit: Duration

        package init(provider: String, model: String, limit: Duration = .seconds(20)) {
            self.provider = provider
            self.model = model
            self.limit = limit
        }

        /// As agents are named.
        package var name: String { AgentChoice.direct(provider: provider, model: model).description }
    }

    /// Folders with more missions, roles and skills, as written.
    package var catalogues: [String] = []
    /// Nil: no model is asked.
    package var skillRanking: Ranking?

    /// Reads the file; without one everything is as by default. A broken one is named, and so is each key
    /// that does not fit, which then counts as absent.
    package static func read(
        in project: String
    ) -> (settings: ProjectSettings, problems: [Diagnostic]) {
        var settings = ProjectSettings()
        let path = Files.absolute(".coord/config.json", base: project)
        guard Files.kind(path) != nil else { return (settings, []) }
        let root: LocatedValue
        do throws(Diagnostic) {
            root = try LocatedValue.json(try SourceFile.read(path, .settings), file: path)
        } catch {
            return (settings, [error])
        }
        let problems = ProblemList(file: path)
        guard
            let fields = Fields<SettingsKey>(
                root, subject: "the settings", problems: problems, toleratesUnknown: true)
        else { return (settings, problems.diagnostics) }
        settings.catalogues = fields.strings(.catalogues, of: "folders").map(\.text)
        if let value = fields[.skillRanking] { settings.skillRanking = ranking(value, problems) }
        return (settings, problems.diagnostics)
    }

    private static func ranking(_ value: LocatedValue, _ problems: ProblemList) -> Ranking? {
        guard let fields = Fields<RankingKey>(value, subject: "`skillRanking`", problems: problems),
            fields.require(.model), let text = fields.line(.model)
        else { return nil }
        guard case .direct(let provider, let model)? = AgentChoice(text) else {
            problems.error(
                at: fields.position(of: .model), "`model` of `skillRanking` is `\(text)`, which is no model",
                hint: "Write `api:PROVIDER/MODEL`, as in `api:anthropic/claude-haiku-4-5`")
            return nil
        }
        var ranking = Ranking(provider: provider, model: model)
        guard fields[.seconds] != nil else { return ranking }
        guard let seconds = fields.whole(.seconds, in: rankingSeconds) else { return nil }
        ranking.limit = .seconds(seconds)
        return ranking
    }

    /// The longest time that a task waits for the ranking of its skills.
    private static let rankingSeconds = 1...120
}

private enum SettingsKey: String, FieldKey {
    case catalogues, skillRanking
}

private enum RankingKey: String, FieldKey {
    case model, seconds

    static let synonyms: [String: Self] = ["agent": .model, "timeout": .seconds, "timeoutSeconds": .seconds]
}
