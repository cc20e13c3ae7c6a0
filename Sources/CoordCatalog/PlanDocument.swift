import CoordModel

/// A Markdown plan as its author wrote it: phases with tasks and checks, nothing resolved yet.
///
/// What counts: headings are phases; `- [ ]` at the margin is a task; lines indented below it belong to it; a
/// line `VERIFY: …` is a check; `Gate: …`, `**Objective:** …` and `**Execution Note:** …` say what they say.
/// Fenced code and HTML comments hold no tasks. All the rest is prose.
struct PlanDocument {
    /// A word of the file and where it stands.
    struct Word: Equatable {
        var text: String
        var position: SourcePosition
    }

    struct Phase {
        var title = ""
        /// From `Phase 2: …`; nil when the heading has no number.
        var number: String?
        var position = SourcePosition.start
        /// Runs alongside the phase before it.
        var isParallel = false
        /// Its tasks follow one another.
        var isSequential = false
        var objective = ""
        var items: [Item] = []
    }

    struct Item {
        enum Kind: Equatable {
            case task
            /// A check of everything before it in the phase.
            case verify(label: String?)
        }

        var kind: Kind
        var line: PlanLine
        var details: [PlanDetail] = []
        var isDone = false
        var position: SourcePosition
    }

    /// `Tasks 1.1-1.3 are [SEQUENTIAL]`, `Phases 2-3 are [PARALLEL]`.
    struct ExecutionNote {
        var isAboutPhases: Bool
        var isParallel: Bool
        /// Single names, or the two ends of a range.
        var ranges: [(first: Word, last: Word)]
    }

    private(set) var title = ""
    private(set) var introduction = ""
    private(set) var criteria: [String] = []
    private(set) var gate: [String] = []
    private(set) var phases: [Phase] = []
    private(set) var notes: [ExecutionNote] = []
    let problems: ProblemList

    /// How many tasks are not ticked off.
    var openTaskCount: Int {
        phases.reduce(0) { $0 + $1.items.count { $0.kind == .task && !$0.isDone } }
    }

    init(_ text: String, file: String) {
        problems = ProblemList(file: file)
        var number = 0
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let plain = line.last == 0x0D ? line.dropLast() : line
            read(PlanText(Substring(plain), line: number))
        }
        close()
    }

    // MARK: Reading line by line

    private enum Section { case tasks, criteria, introduction, prose }

    private var section = (kind: Section.tasks, level: 0)
    private var item: Item?
    /// An empty line stands between the item and what comes.
    private var hasGap = false
    private var fence: (mark: String, indentation: Int)?
    private var isInComment = false
    private var isInFrontMatter = false
    private var introductionIsOpen = true

    private mutating func read(_ line: PlanText) {
        if line.number == 1, line.trimmed == "---" { isInFrontMatter = true; return }
        if isInFrontMatter { isInFrontMatter = line.trimmed != "---"; return }
        if isInComment { isInComment = !line.trimmed.contains("-->"); return }
        if let fence { readFenced(line, fence); return }
        if line.isBlank {
            hasGap = true
            if !introduction.isEmpty { introductionIsOpen = false }
            return
        }
        if line.trimmed.hasPrefix("<!--") {
            isInComment = !line.trimmed.contains("-->")
            return
        }
        defer { hasGap = false }
        if let mark = line.fenceMark {
            fence = (mark, line.indentation)
            if item != nil, line.indentation >= 2 { addDetail(line) } else { close() }
            return
        }
        if item != nil, line.indentation >= 2 { addDetail(line); return }
        readAtMargin(line)
    }

    private mutating func readFenced(_ line: PlanText, _ fence: (mark: String, indentation: Int)) {
        if item != nil, fence.indentation >= 2 { addDetail(line) }
        if let mark = line.fenceMark, mark.hasPrefix(fence.mark), line.trimmed == mark { self.fence = nil }
    }

    private mutating func readAtMargin(_ line: PlanText) {
        if let heading = line.heading {
            close()
            startSection(heading.level, heading.text, line)
        } else if section.kind == .introduction || section.kind == .prose {
            if section.kind == .introduction { addIntroduction(line) }
        } else if let box = line.checkbox {
            close()
            startItem(box, line)
        } else if let verify = line.verify {
            close()
            start(.verify(label: verify.label), verify.rest, line)
        } else if let note = line.note("execution note") {
            readExecutionNote(note)
        } else if let gates = line.note("gate") ?? line.note("gates") {
            gate += gates.commands ?? [String(gates.trimmed)]
        } else if let objective = line.note("objective") ?? line.note("goal") {
            addObjective(String(objective.trimmed))
        } else if item != nil, !hasGap, !line.startsList, !line.isRule {
            addDetail(line)
        } else {
            close()
            if phases.isEmpty { addIntroduction(line) }
        }
    }

    /// The first paragraph of a plan says what it is for.
    private mutating func addIntroduction(_ line: PlanText) {
        guard introductionIsOpen, !line.startsList, !line.isRule else { return }
        introduction += (introduction.isEmpty ? "" : " ") + line.trimmed
    }

    private mutating func startSection(_ level: Int, _ text: PlanText, _ line: PlanText) {
        if !introduction.isEmpty { introductionIsOpen = false }
        if level == 1, title.isEmpty, phases.isEmpty {
            title = text.withoutMarks
            return
        }
        if let kind = Self.sectionKind(text.withoutMarks) {
            section = (kind, level)
            return
        }
        // What stands deeper below `Success criteria` belongs to it.
        if section.kind != .tasks, level > section.level { return }
        section = (.tasks, level)
        var phase = Phase(position: line.position)
        let (rest, flags) = text.takingFlags()
        phase.isParallel = flags.contains("PARALLEL")
        phase.isSequential = flags.contains("SEQUENTIAL")
        phase.title = rest.withoutMarks
        phase.number = rest.phaseNumber
        phases.append(phase)
    }

    /// Sections that hold no tasks, whatever boxes stand in them.
    private static func sectionKind(_ title: String) -> Section? {
        let words = title.lowercased()
        let criteria = ["success criteria", "acceptance criteria", "definition of done"]
        if criteria.contains(where: words.hasPrefix) { return .criteria }
        let prose = [
            "out of scope", "non-goals", "notes", "risks", "references", "appendix", "dependencies",
            "future work",
        ]
        if ["overview", "background", "summary", "introduction"].contains(words) { return .introduction }
        return prose.contains(words) ? .prose : nil
    }

    private mutating func startItem(_ box: (mark: Character, rest: PlanText), _ line: PlanText) {
        guard section.kind == .tasks else {
            criteria.append(box.rest.withoutMarks)
            return
        }
        if !"xX ".contains(box.mark) {
            problems.error(
                at: line.position, "`[\(box.mark)]` is no box of a task",
                hint: "Write `[ ]` for open and `[x]` for done")
        }
        if let verify = box.rest.verify {
            start(.verify(label: verify.label), verify.rest, line)
        } else {
            start(.task, box.rest, line)
        }
        item?.isDone = box.mark == "x" || box.mark == "X"
    }

    private mutating func start(_ kind: Item.Kind, _ text: PlanText, _ line: PlanText) {
        item = Item(kind: kind, line: PlanLine(text, readsNotes: kind == .task), position: line.position)
    }

    private mutating func close() {
        guard let done = item else { return }
        item = nil
        if phases.isEmpty { phases.append(Phase(position: done.position)) }
        phases[phases.count - 1].items.append(done)
    }

    private mutating func addDetail(_ line: PlanText) {
        if hasGap, !(item?.details.isEmpty ?? true) { item?.details.append(.blank) }
        let note = fence == nil && item?.kind == .task ? PlanDetail.note(in: line) : nil
        item?.details.append(note ?? .text(line.dedented(2)))
    }

    private mutating func addObjective(_ text: String) {
        close()
        if phases.isEmpty {
            introduction += (introduction.isEmpty ? "" : " ") + text
        } else {
            phases[phases.count - 1].objective = text
        }
    }

    private mutating func readExecutionNote(_ note: PlanText) {
        close()
        let (rest, flags) = note.takingFlags()
        guard let flag = flags.first else { return }
        let words = rest.names(upTo: ["are", "is"])
        guard let kind = words.first?.text.lowercased(), ["task", "tasks", "phase", "phases"].contains(kind)
        else {
            return
        }
        let ranges = words.dropFirst().filter { $0.text.lowercased() != "and" }.map { word in
            let ends = word.text.split(separator: "-", maxSplits: 1).map(String.init)
            return (
                first: Word(text: ends.first ?? word.text, position: word.position),
                last: Word(text: ends.last ?? word.text, position: word.position)
            )
        }
        notes.append(
            ExecutionNote(
                isAboutPhases: kind.hasPrefix("phase"), isParallel: flag == "PARALLEL", ranges: ranges))
    }
}
