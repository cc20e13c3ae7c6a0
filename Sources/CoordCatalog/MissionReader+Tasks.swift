import CoordModel

extension MissionReader {
    /// Fills `tasks` with every task that has a usable and new name.
    mutating func readTasks(_ fields: Fields<MissionKey>) {
        var drafts: [TaskDraft] = []
        var places: [TaskID: SourcePosition] = [:]
        var number = 0
        _ = fields.list(.tasks, of: "tasks") { item -> Void? in
            number += 1
            guard let draft = task(item, number: number) else { return nil }
            if let first = places[draft.spec.id] {
                problems.error(
                    at: draft.position, "two tasks are called `\(draft.spec.id)`",
                    hint: "The first one stands at \(first)")
                return nil
            }
            places[draft.spec.id] = draft.position
            drafts.append(draft)
            return nil
        }
        tasks = drafts
    }

    private func task(_ item: LocatedValue, number: Int) -> TaskDraft? {
        guard let fields = fields(item, "task", number: number, named: [TaskKey.id]) else { return nil }
        let id = fields.require(.id) ? name(fields, .id) : nil
        var spec = TaskSpec(id: TaskID(id ?? ""))
        spec.title = fields.line(.title) ?? spec.id.rawValue
        spec.category = fields.line(.category)
        spec.priority = fields.whole(.priority, in: MissionRange.priority) ?? 0
        spec.files = globs(fields, .files)
        spec.skills = skills(fields, .skills)
        spec.capabilities = capabilities(fields)
        spec.checks = fields.strings(.checks, of: "commands").map(\.text)
        spec.budget = fields.money(.budgetUSD, in: MissionRange.money)
        spec.maxAttempts = fields.whole(.maxAttempts, in: MissionRange.attempts)
        spec.timeout = fields.seconds(.timeoutSeconds, in: MissionRange.seconds)
        spec.approval = fields.flag(.approval) ?? false
        spec.risk = fields.choice(.risk, of: Risk.self) ?? .low
        spec.workspace = fields.choice(.workspace, of: WorkspaceKind.self) ?? .worktree
        work(fields, &spec)
        var draft = TaskDraft(
            spec: spec, position: fields.position(of: .id), rolePosition: fields[.role]?.position,
            capabilitiesPosition: fields[.capabilities]?.position, needs: needs(fields))
        if let role = fields.line(.role) {
            draft.spec.role = names.role(
                role, at: fields.position(of: .role), usedBy: fields.subject, problems)
        }
        draft.spec.dependencies = draft.needs.map(\.id)
        return id == nil ? nil : draft
    }

    /// What there is to do: a prompt, or a command (`null` counts as none).
    private func work(_ fields: Fields<TaskKey>, _ spec: inout TaskSpec) {
        let hasRun = fields[.run].map { !$0.isNull } ?? false
        spec.run = hasRun ? fields.text(.run) : nil
        spec.prompt = fields.text(.prompt) ?? ""
        if !hasRun, fields[.prompt] == nil {
            problems.error(
                at: fields.position, "\(fields.subject) has neither `prompt` nor `run`",
                hint: "Say in `prompt` what an agent shall do, or give a shell command in `run`")
        }
        if hasRun, fields[.prompt] != nil {
            problems.warning(
                at: fields.position(of: .prompt),
                "the prompt of \(fields.subject) is not used: `run` is a plain command, no agent works on it"
            )
        }
    }

    private func capabilities(_ fields: Fields<TaskKey>) -> [Capability] {
        fields.strings(.capabilities, of: "capabilities").compactMap { text, position in
            Self.capability(text, at: position, usedBy: fields.subject, problems)
        }
    }

    static func capability(
        _ text: String, at position: SourcePosition, usedBy user: String, _ problems: ProblemList
    ) -> Capability? {
        if let capability = Capability(rawValue: text) { return capability }
        let words = Capability.allCases.map(\.rawValue)
        problems.error(
            at: position, "\(user) names the capability `\(text)`, which does not exist",
            hint: Suggestion.nearest(to: text, among: words).map { "Did you mean `\($0)`?" }
                ?? "Capabilities are " + Fields<TaskKey>.enumeration(words))
        return nil
    }

    private func needs(_ fields: Fields<TaskKey>) -> [(id: TaskID, position: SourcePosition)] {
        // A list of needs is short as a rule; a long one gets a table.
        var seen: Set<String> = []
        var needs: [(id: TaskID, position: SourcePosition)] = []
        for (text, position) in fields.strings(.deps, of: "task ids") {
            if needs.count == 16 { seen.formUnion(needs.map(\.id.rawValue)) }
            let isKnown =
                needs.count < 16 ? needs.contains { $0.id.rawValue == text } : !seen.insert(text).inserted
            if isKnown {
                problems.warning(at: position, "\(fields.subject) names its need `\(text)` twice")
            } else {
                needs.append((TaskID(text), position))
            }
        }
        return needs
    }
}
