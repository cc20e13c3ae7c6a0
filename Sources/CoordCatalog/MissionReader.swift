import CoordModel

/// Turns the tree of a mission file into a `Mission`, reporting everything that does not fit CONTRACT 3.4.
///
/// Pure but for the names of roles and skills, which come from a resolver. One reader reads one file.
struct MissionReader {
    let problems: ProblemList
    let names: NameResolver
    /// The whole of what the file says about each task, kept for the checks across tasks.
    var tasks: [TaskDraft] = []
    /// What is wrong with the play beside the mission.
    private var rehearsalDiagnostics: [Diagnostic] = []

    init(file: String, names: NameResolver) {
        problems = ProblemList(file: file)
        self.names = names
    }

    /// A task as far as it could be read, with the places that later checks speak of.
    struct TaskDraft {
        var spec: TaskSpec
        var position: SourcePosition
        var rolePosition: SourcePosition?
        var capabilitiesPosition: SourcePosition?
        var needs: [(id: TaskID, position: SourcePosition)]
    }

    /// Everything wrong or doubtful: of the mission by place, then of its rehearsal.
    var diagnostics: [Diagnostic] { problems.diagnostics + rehearsalDiagnostics }

    /// Nil when anything is wrong; `diagnostics` then says what.
    mutating func mission(_ root: LocatedValue, file: String) -> Mission? {
        guard let fields = Fields<MissionKey>(root, subject: "the mission", problems: problems) else {
            return nil
        }
        let id = fields.require(.id) ? name(fields, .id) : nil
        // The schema's address is for editors; what it says is theirs, but it must be a string.
        _ = fields.text(.schema)
        var mission = Mission(id: MissionID(id ?? "mission"))
        mission.name = fields.line(.name) ?? mission.id.rawValue
        mission.description = fields.text(.description) ?? ""
        mission.goal = fields.text(.goal) ?? ""
        mission.agent = agent(fields, .agent) ?? .automatic
        mission.limits = limits(fields[.limits])
        mission.assignment = fields.choice(.assignment, of: AssignmentStrategy.self) ?? .capability
        mission.scale = scale(fields[.scale])
        mission.merge = merge(fields[.merge])
        mission.planningRole = planning(fields[.planning])
        mission.services = services(fields)
        mission.team = team(fields)
        readTasks(fields)
        mission.tasks = tasks.map(\.spec)
        checkAcrossTasks(mission, fields)
        let rehearsal = RehearsalCheck(
            fields, tasks: mission.tasks, missionFile: file, problems: problems)
        mission.rehearsal = rehearsal.folder
        mission.rehearsalTerms = rehearsal.terms
        rehearsalDiagnostics = rehearsal.diagnostics
        warn(mission, fields)
        return diagnostics.contains(where: \.isError) ? nil : mission
    }

    // MARK: Parts with rules of their own

    /// A value that must be a name, such as an id.
    func name<Key>(_ fields: Fields<Key>, _ key: Key) -> String? {
        guard let text = fields.text(key) else { return nil }
        guard MissionID(text).isValid else {
            problems.error(
                at: fields.position(of: key),
                "`\(key.rawValue)` of \(fields.subject) is `\(text)`, which is no name",
                hint: NameRule.hint(text))
            return nil
        }
        return text
    }

    func agent<Key>(_ fields: Fields<Key>, _ key: Key) -> AgentChoice? {
        guard let text = fields.text(key) else { return nil }
        if let choice = AgentChoice(text) { return choice }
        let words = ["auto", "rehearsal", "command:…", "acp:…", "api:…"] + AgentChoice.knownNames
        let hint =
            if text.hasPrefix("api:") {
                "Write `api:PROVIDER/MODEL`, as in `api:anthropic/claude-haiku-4-5`"
            } else if text == "acp:" || text == "command:" { "Write the command behind `\(text)`" } else {
                Suggestion.nearest(to: text, among: words).map { "Did you mean `\($0)`?" }
                    ?? "Agents are \(Fields<Key>.enumeration(words))"
            }
        problems.error(
            at: fields.position(of: key),
            "`\(key.rawValue)` of \(fields.subject) is `\(text)`, which is no agent coord knows", hint: hint)
        return nil
    }

    func model<Key>(_ fields: Fields<Key>, _ key: Key) -> String? {
        guard let text = fields.line(key) else { return nil }
        guard !text.contains(where: \.isWhitespace) else {
            problems.error(
                at: fields.position(of: key),
                "`\(key.rawValue)` of \(fields.subject) is `\(text)`, but a model's name has no spaces")
            return nil
        }
        return text
    }

    func globs<Key>(_ fields: Fields<Key>, _ key: Key) -> [String] {
        fields.strings(key, of: "file patterns").compactMap { text, position in
            guard let reason = Glob.problem(text) else { return text }
            problems.error(
                at: position,
                "`\(text)` in `\(key.rawValue)` of \(fields.subject) is no file pattern: \(reason)",
                hint: "Write it from the project's root, as in `src/server/**`")
            return nil
        }
    }

    func skills<Key>(_ fields: Fields<Key>, _ key: Key) -> [SkillID] {
        fields.strings(key, of: "skills").compactMap { text, position in
            names.skill(text, at: position, usedBy: fields.subject, problems)
        }
    }

    // MARK: Limits, scale, planning, services

    private func limits(_ value: LocatedValue?) -> Limits {
        var limits = Limits()
        guard let value,
            let fields = Fields<LimitsKey>(value, subject: "`limits`", problems: problems)
        else { return limits }
        limits.maxConcurrency = fields.whole(.maxConcurrency, in: MissionRange.concurrency)
        limits.budget = fields.money(.budgetUSD, in: MissionRange.money)
        limits.softBudget = fields.money(.softBudgetUSD, in: MissionRange.money)
        if let soft = limits.softBudget, let hard = limits.budget, soft > hard {
            problems.error(
                at: fields.position(of: .softBudgetUSD),
                "`softBudgetUSD` of `limits` is \(soft), above its `budgetUSD`, \(hard)",
                hint: "At the first a person is asked, at the second the run ends")
        }
        limits.maxAttempts = fields.whole(.maxAttempts, in: MissionRange.attempts) ?? limits.maxAttempts
        limits.taskTimeout =
            fields.seconds(.taskTimeoutSeconds, in: MissionRange.seconds) ?? limits.taskTimeout
        limits.runTimeout = fields.seconds(.runTimeoutSeconds, in: MissionRange.seconds) ?? limits.runTimeout
        limits.progressWithin =
            fields.seconds(.progressSeconds, in: MissionRange.seconds) ?? limits.progressWithin
        if let rate = fields[.rate],
            let fields = Fields<RateKey>(rate, subject: "`limits.rate`", problems: problems)
        {
            limits.rate.requestsPerMinute = fields.whole(.requestsPerMinute, in: MissionRange.rate).map(
                Int64.init)
            limits.rate.inputTokensPerMinute =
                fields.whole(.inputTokensPerMinute, in: MissionRange.rate).map(Int64.init)
            limits.rate.outputTokensPerMinute =
                fields.whole(.outputTokensPerMinute, in: MissionRange.rate).map(Int64.init)
        }
        limits.handoff = handoff(fields[.handoff])
        return limits
    }

    private func handoff(_ value: LocatedValue?) -> HandoffSettings {
        var settings = HandoffSettings()
        guard let value,
            let fields = Fields<HandoffKey>(value, subject: "`limits.handoff`", problems: problems)
        else { return settings }
        let percent = MissionRange.percent
        settings.hardPercent = fields.whole(.hardPercent, in: percent) ?? settings.hardPercent
        settings.softPercent =
            fields.whole(.softPercent, in: percent) ?? min(settings.softPercent, settings.hardPercent)
        if settings.softPercent > settings.hardPercent {
            problems.error(
                at: fields.position(of: .softPercent),
                "`softPercent` of `limits.handoff` is \(settings.softPercent), above its `hardPercent`, "
                    + "\(settings.hardPercent)")
        }
        settings.contextTokens = fields.whole(.contextTokens, in: MissionRange.rate).map(Int64.init)
        settings.automaticMax = fields.whole(.max, in: MissionRange.handoffs) ?? settings.automaticMax
        settings.askWithin = fields.seconds(.askSeconds, in: MissionRange.seconds) ?? settings.askWithin
        settings.acknowledgeWithin =
            fields.seconds(.acknowledgeSeconds, in: MissionRange.seconds) ?? settings.acknowledgeWithin
        return settings
    }

    private func scale(_ value: LocatedValue?) -> Scale? {
        guard let value, let fields = Fields<ScaleKey>(value, subject: "`scale`", problems: problems) else {
            return nil
        }
        let least = fields.whole(.min, in: MissionRange.members) ?? 1
        guard fields.require(.max), let most = fields.whole(.max, in: MissionRange.members) else {
            return nil
        }
        if least > most {
            problems.error(
                at: fields.position(of: .min), "`min` of `scale` is \(least), above its `max`, \(most)")
        }
        var scale = Scale(min: least, max: most)
        scale.queueDepth = fields.whole(.queueDepth, in: MissionRange.queueDepth) ?? scale.queueDepth
        scale.idle = fields.seconds(.idleSeconds, in: MissionRange.seconds) ?? scale.idle
        return scale
    }

    private func planning(_ value: LocatedValue?) -> RoleID? {
        guard let value, let fields = Fields<PlanningKey>(value, subject: "`planning`", problems: problems),
            fields.require(.role), let role = fields.line(.role)
        else { return nil }
        return names.role(role, at: fields.position(of: .role), usedBy: "`planning`", problems)
    }

    private func services(_ fields: Fields<MissionKey>) -> [String] {
        fields.strings(.services, of: "service names").compactMap { text, position in
            if MissionID(text).isValid { return text }
            problems.error(at: position, "`\(text)` in `services` is no name of a service")
            return nil
        }
    }
}

/// The rules of names (`StringIdentifier.isValid`) in words.
enum NameRule {
    /// What to say of a text that is no name.
    static func hint(_ text: String) -> String {
        let hasPlainLetters = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "._-".utf8.contains($0)
        }
        let startsWell = text.first.map { $0.isLetter || $0.isNumber } ?? false
        return hasPlainLetters && startsWell && text.utf8.count <= 64
            ? "A name neither holds `..` nor ends in `.` or `.lock`"
            : "A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit"
    }
}

/// The rules of file patterns: relative to the project's root, and not out of it.
enum Glob {
    /// Why the text is no such pattern; nil when it is one.
    static func problem(_ text: String) -> String? {
        if text.utf8.count > 512 { return "it is longer than 512 bytes" }
        if text.hasPrefix("/") || text.hasPrefix("~") { return "it starts outside the project" }
        if text.split(separator: "/").contains("..") { return "`..` leads out of a folder" }
        if text.contains("\\") { return "folders are separated by `/`" }
        if text.unicodeScalars.contains(where: \.isControl) {
            return "it holds a control character"
        }
        return nil
    }
}
