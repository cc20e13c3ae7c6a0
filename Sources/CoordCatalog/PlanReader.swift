import CoordModel

/// Turns a Markdown plan into a mission.
///
/// Phases follow one another, unless one is marked `[PARALLEL]`: it then runs alongside the phase before it.
/// The tasks of a phase run side by side, unless the phase, or a task, is marked `[SEQUENTIAL]`. A `VERIFY`
/// line waits for everything before it in its phase, and everything behind waits for it: as a plain command
/// when all it says is code in backticks, else as a task for the self-reviewer. Ticked tasks are done and
/// left out.
struct PlanReader {
    private let document: PlanDocument
    private let problems: ProblemList
    private let names: NameResolver
    /// The tasks that are left to do, with their places, in the order of the plan.
    private var drafts: [Draft] = []
    private var ids: [[TaskID]] = []
    private var done: Set<TaskID> = []

    private struct Draft {
        var spec: TaskSpec
        var position: SourcePosition
        var needs: [(id: TaskID, position: SourcePosition)] = []
    }

    static func mission(_ text: String, file: String, names: NameResolver) -> MissionReading {
        var reader = PlanReader(document: PlanDocument(text, file: file), names: names)
        let mission = reader.mission(file: file)
        let diagnostics = reader.problems.diagnostics
        return MissionReading(mission: reader.problems.hasErrors ? nil : mission, diagnostics: diagnostics)
    }

    private init(document: PlanDocument, names: NameResolver) {
        self.document = document
        self.names = names
        problems = document.problems
    }

    private mutating func mission(file: String) -> Mission {
        ids = assignIDs()
        let extra = sequencesFromNotes()
        build(extra)
        DependencyCheck.check(
            drafts.map { TaskNeeds(id: $0.spec.id, needs: $0.needs) }, in: "plan", elsewhere: done,
            problems: problems)
        refuseEmpty()
        let stem = file.split(separator: "/").last.map { $0.prefix(while: { $0 != "." }) } ?? ""
        let id = Self.slug(String(stem)) ?? "plan"
        var mission = Mission(id: MissionID(id), name: document.title.isEmpty ? id : document.title)
        mission.description = document.introduction
        mission.goal = goal()
        mission.merge.gate = document.gate
        mission.tasks = drafts.map { draft in
            var spec = draft.spec
            var seen: Set<TaskID> = []
            spec.dependencies = draft.needs.map(\.id).filter {
                !done.contains($0) && seen.insert($0).inserted
            }
            return spec
        }
        return mission
    }

    private func refuseEmpty() {
        guard drafts.isEmpty else { return }
        if done.isEmpty {
            problems.error(
                at: nil, "the plan has no tasks",
                hint: "A task is a line such as `- [ ] Write the parser`, at the margin")
        } else {
            problems.error(at: nil, "every task of the plan is ticked off; nothing is left to do")
        }
    }

    private func goal() -> String {
        var parts = [document.title, document.introduction].filter { !$0.isEmpty }
        if !document.criteria.isEmpty {
            parts.append("Done when:\n" + document.criteria.map { "- \($0)" }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    // MARK: Names

    /// The name of every item, phase by phase: its own where it has one, else made from its words. Names that
    /// were made give way to names that were given.
    private mutating func assignIDs() -> [[TaskID]] {
        var taken: [String: SourcePosition] = [:]
        for item in document.phases.flatMap(\.items) {
            guard let word = item.line.id else { continue }
            if let first = taken[word.text] {
                problems.error(
                    at: word.position, "two tasks are called `\(word.text)`",
                    hint: "The first one stands at \(first)")
            } else {
                taken[word.text] = word.position
            }
        }
        var count = 0
        return document.phases.map { phase in
            phase.items.map { item in
                count += 1
                let id = TaskID(item.line.id?.text ?? Self.madeName(item, count: count, &taken))
                if item.isDone { done.insert(id) }
                return id
            }
        }
    }

    private static func madeName(
        _ item: PlanDocument.Item, count: Int, _ taken: inout [String: SourcePosition]
    ) -> String {
        var base = slug(item.line.text) ?? "task-\(count)"
        if case .verify(let label) = item.kind {
            base = "verify" + (label.flatMap(slug).map { "-" + $0 } ?? "")
        }
        var name = base
        var number = 2
        while taken[name] != nil {
            name = "\(base)-\(number)"
            number += 1
        }
        taken[name] = item.position
        return name
    }

    /// The first words of a text as a name of at most 40 letters; nil when it has no ASCII letter or digit.
    static func slug(_ text: String) -> String? {
        var name = ""
        for word in text.lowercased().utf8.split(whereSeparator: {
            !(0x61...0x7A).contains($0) && !(0x30...0x39).contains($0)
        }) {
            guard name.utf8.count + word.count < 40 || name.isEmpty else { break }
            name += (name.isEmpty ? "" : "-") + String(decoding: word.prefix(40), as: UTF8.self)
        }
        return name.isEmpty ? nil : name
    }

    // MARK: Execution notes

    /// `Tasks 1.1-1.3 are [SEQUENTIAL]` as needs: each task of the range, and the one it follows.
    private func sequencesFromNotes() -> [TaskID: [(id: TaskID, position: SourcePosition)]] {
        var extra: [TaskID: [(id: TaskID, position: SourcePosition)]] = [:]
        let order = ids.flatMap { $0 }
        var places: [TaskID: Int] = [:]
        for (index, id) in order.enumerated() { places[id] = index }
        for note in document.notes where !note.isAboutPhases && !note.isParallel {
            var chain: [Int] = []
            for (first, last) in note.ranges {
                guard let start = place(of: first, places), let end = place(of: last, places) else {
                    continue
                }
                chain += Array(min(start, end)...max(start, end))
            }
            for (before, after) in zip(chain, chain.dropFirst()) {
                extra[order[after], default: []].append((order[before], note.ranges[0].first.position))
            }
        }
        return extra
    }

    private func place(of word: PlanDocument.Word, _ places: [TaskID: Int]) -> Int? {
        if let place = places[TaskID(word.text)] { return place }
        problems.error(
            at: word.position, "the note names the task `\(word.text)`, which is not in the plan",
            hint: Suggestion.nearest(to: word.text, among: places.keys.map(\.rawValue).sorted())
                .map { "Did you mean `\($0)`?" })
        return nil
    }

    /// Which phases run alongside the one before them.
    private func parallelPhases() -> [Bool] {
        var result = document.phases.map(\.isParallel)
        for note in document.notes where note.isAboutPhases && note.isParallel {
            for (first, last) in note.ranges {
                guard let start = phase(of: first), let end = phase(of: last), start < end else { continue }
                for index in (start + 1)...end { result[index] = true }
            }
        }
        return result
    }

    private func phase(of word: PlanDocument.Word) -> Int? {
        if let index = document.phases.firstIndex(where: { $0.number == word.text }) { return index }
        problems.error(at: word.position, "the note names the phase `\(word.text)`, which is not in the plan")
        return nil
    }

    // MARK: The graph

    private mutating func build(_ extra: [TaskID: [(id: TaskID, position: SourcePosition)]]) {
        var entry: [Int] = []
        var exits: [Int] = []
        let isParallel = parallelPhases()
        for (number, phase) in document.phases.enumerated() {
            if !isParallel[number] {
                if !exits.isEmpty { entry = exits }
                exits = []
            }
            let open = phase.items.count { !$0.isDone }
            // Every task of a phase waits for every one before: with many of both, one task in between keeps
            // the graph small.
            if entry.count * open > 4096 { entry = [addBarrier(number, after: entry)] }
            exits += build(phase, ids: ids[number], entry: entry, extra)
        }
    }

    private mutating func addBarrier(_ number: Int, after entry: [Int]) -> Int {
        var spec = TaskSpec(id: TaskID("phase-\(number + 1)-start"), title: "Start of phase \(number + 1)")
        spec.run = "true"
        spec.workspace = .none
        let position = document.phases[number].position
        drafts.append(
            Draft(spec: spec, position: position, needs: entry.map { (drafts[$0].spec.id, position) }))
        return drafts.count - 1
    }

    /// Adds the open items of a phase, and gives those that the next phase must wait for.
    private mutating func build(
        _ phase: PlanDocument.Phase, ids: [TaskID], entry: [Int],
        _ extra: [TaskID: [(id: TaskID, position: SourcePosition)]]
    ) -> [Int] {
        var wait = entry
        // The tasks since the last check, and, for those that follow one another, the last step and the one
        // before.
        var segment: [Int] = []
        var step: [Int] = []
        var stepBefore = wait
        for (item, id) in zip(phase.items, ids) where !item.isDone {
            let index = drafts.count
            var waitsFor = wait
            if item.kind == .task {
                if phase.isSequential && item.line.isParallel {
                    waitsFor = stepBefore
                    step.append(index)
                } else {
                    if (phase.isSequential || item.line.isSequential) && !step.isEmpty { waitsFor = step }
                    stepBefore = waitsFor
                    step = [index]
                }
                segment.append(index)
            } else {
                waitsFor = segment.isEmpty ? wait : sinks(of: segment)
                wait = [index]
                (segment, step, stepBefore) = ([], [], wait)
            }
            var draft = item.kind == .task ? task(item, id, in: phase) : check(item, id, in: phase)
            draft.needs += (extra[id] ?? []) + waitsFor.map { (drafts[$0].spec.id, item.position) }
            drafts.append(draft)
        }
        if !segment.isEmpty { return sinks(of: segment) }
        return wait == entry ? [] : wait
    }

    /// Those that no other of them needs; all of them when they wait for each other in a circle.
    private func sinks(of segment: [Int]) -> [Int] {
        let needed = Set(segment.flatMap { drafts[$0].needs.map(\.id) })
        let free = segment.filter { !needed.contains(drafts[$0].spec.id) }
        return free.isEmpty ? segment : free
    }

    // MARK: Tasks

    private func task(_ item: PlanDocument.Item, _ id: TaskID, in phase: PlanDocument.Phase) -> Draft {
        let line = item.line
        var spec = TaskSpec(id: id)
        var draft = Draft(spec: spec, position: item.position)
        if line.text.isEmpty { problems.error(at: item.position, "the task `\(id)` says nothing") }
        spec.title = Self.title(line.text, id)
        spec.files = line.files
        var needs = line.depends
        var role = line.role
        var text: [String] = []
        for detail in item.details {
            switch detail {
            case .text(let line): text.append(line)
            case .blank: text.append("")
            case .depends(let words): needs += words
            case .role(let word): role = word
            case .files(let words): spec.files += words.map(\.text).filter { Glob.problem($0) == nil }
            case .skills(let words):
                spec.skills += words.compactMap {
                    names.skill($0.text, at: $0.position, usedBy: "task `\(id)`", problems)
                }
            case .checks(let commands): spec.checks += commands
            case .run(let command): spec.run = command
            }
        }
        spec.role = role.flatMap { names.role($0.text, at: $0.position, usedBy: "task `\(id)`", problems) }
        spec.prompt = Self.prompt(line.text, text, phase)
        draft.spec = spec
        draft.needs = needs.map { (TaskID($0.text), $0.position) }
        return draft
    }

    /// A `VERIFY` line: a plain command, or words for somebody who looks and changes nothing.
    private func check(_ item: PlanDocument.Item, _ id: TaskID, in phase: PlanDocument.Phase) -> Draft {
        var spec = TaskSpec(id: id)
        let text = item.line.text
        if text.isEmpty { problems.error(at: item.position, "the check `\(id)` says nothing") }
        spec.title = Self.title("Verify: " + text, id)
        let details = item.details.compactMap { if case .text(let line) = $0 { line } else { nil } }
        if details.isEmpty, let commands = PlanText(text[...], line: 1).commands {
            spec.run = commands.joined(separator: " && ")
            return Draft(spec: spec, position: item.position)
        }
        spec.prompt = Self.prompt(
            "Verify that this holds, and change nothing: " + text, details, phase)
        spec.role = names.roles["self-reviewer"]?.id
        return Draft(spec: spec, position: item.position)
    }

    private static func title(_ text: String, _ id: TaskID) -> String {
        let plain = text.filter { $0 != "`" && $0 != "*" }
        if plain.isEmpty { return id.rawValue }
        return plain.count <= 100 ? plain : plain.prefix(99) + "…"
    }

    private static func prompt(_ text: String, _ details: [String], _ phase: PlanDocument.Phase) -> String {
        var prompt = text
        if !details.isEmpty { prompt += "\n" + details.joined(separator: "\n") }
        if !phase.title.isEmpty || !phase.objective.isEmpty {
            prompt +=
                "\n\nThis is part of: "
                + [phase.title, phase.objective].filter { !$0.isEmpty }
                .joined(separator: ". ")
        }
        return prompt
    }
}
