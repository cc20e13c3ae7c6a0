import CoordModel
import CoordSystem

/// Checks the play that lies beside a mission: that it is there, and that its parts are for tasks of the
/// mission. What the steps of a part mean is the worker's to know.
struct RehearsalCheck {
    /// The folder with the play as an absolute path; nil when the mission has none or its place is not
    /// usable.
    private(set) var folder: String?
    private(set) var diagnostics: [Diagnostic] = []
    /// What it asks of the machine and of the project.
    private(set) var terms = RehearsalTerms()

    private enum PlayKey: String, FieldKey { case parts, needs, project }
    private enum PartKey: String, FieldKey { case attempts }
    private enum StepKey: String, FieldKey { case from }

    /// `problems` receives what is wrong with the mission's own line; `diagnostics` what is wrong with the
    /// play.
    init(
        _ fields: Fields<MissionKey>, tasks: [TaskSpec], missionFile: String, problems: ProblemList
    ) {
        guard let text = fields.line(.rehearsal) else { return }
        let position = fields.position(of: .rehearsal)
        if let reason = Glob.problem(text) {
            problems.error(
                at: position,
                "`rehearsal` of the mission is `\(text)`, which is no folder beside it: \(reason)")
            return
        }
        let place = Files.absolute(text, base: Files.parent(Files.absolute(missionFile)))
        guard Files.isFolder(place) else {
            problems.error(
                at: position, "`rehearsal` of the mission names the folder `\(text)`, which is not there",
                hint: "The folder is looked for beside the mission file")
            return
        }
        folder = place
        readPlay(place, tasks)
    }

    private mutating func readPlay(_ folder: String, _ tasks: [TaskSpec]) {
        let path = folder + "/rehearsal.json"
        let list = ProblemList(file: path)
        do throws(Diagnostic) {
            let root = try LocatedValue.json(try SourceFile.read(path, .rehearsal), file: path)
            if let play = Fields<PlayKey>(
                root, subject: "the rehearsal", problems: list, toleratesUnknown: true),
                play.require(.parts), let parts = play[.parts]
            {
                readParts(parts, folder, tasks, list)
                terms.tools = play.strings(.needs, of: "programs").map(\.text)
                terms.project = project(play, folder, list)
            }
            diagnostics = list.diagnostics
        } catch {
            diagnostics = [error]
        }
    }

    /// `any`, `empty`, or a folder of the play whose files begin a new project.
    private func project(_ play: Fields<PlayKey>, _ folder: String, _ list: ProblemList)
        -> RehearsalTerms
        .Project
    {
        guard let text = play.line(.project), text != "any" else { return .any }
        if text == "empty" { return .empty }
        let place = folder + "/" + text
        if Glob.problem(text) == nil, Files.isFolder(place) { return .sample(place) }
        list.error(
            at: play.position(of: .project),
            "`project` of the rehearsal is `\(text)`, which is no folder of it",
            hint:
                "`any`, `empty`, or a folder beside rehearsal.json with the files that a new project begins with"
        )
        return .any
    }

    private func readParts(
        _ value: LocatedValue, _ folder: String, _ tasks: [TaskSpec], _ list: ProblemList
    ) {
        guard case .object(let parts) = value.content else {
            list.error(
                at: value.position, "`parts` of the rehearsal must be an object, found \(value.kindName)")
            return
        }
        // Each task may have a second part: that of its reviewer.
        var known = Set(tasks.flatMap { [$0.id.rawValue, $0.id.rawValue + ".review"] })
        // What a part proposes has a part of its own, and so has a round, `<member>-round-<n>`.
        for part in parts { known.formUnion(proposed(by: part.value)) }
        for part in parts {
            if !tasks.isEmpty, !known.contains(part.key), !part.key.contains("-round-") {
                list.warning(
                    at: part.position,
                    "the rehearsal has a part for `\(part.key)`, which is no task of the mission",
                    hint: Suggestion.nearest(to: part.key, among: tasks.map(\.id.rawValue))
                        .map { "Did you mean `\($0)`?" })
            }
            guard
                let fields = Fields<PartKey>(
                    part.value, subject: "part `\(part.key)`", problems: list, toleratesUnknown: true),
                fields.require(.attempts)
            else { continue }
            let attempts = fields.list(.attempts, of: "attempts") { $0 } ?? []
            if attempts.isEmpty, fields[.attempts]?.kindName == "a list" {
                list.error(at: fields.position(of: .attempts), "part `\(part.key)` has no attempt to play")
            }
            for attempt in attempts { readAttempt(attempt, part.key, folder, list) }
        }
        let played = Set(parts.map(\.key))
        for task in tasks where task.run == nil && !played.contains(task.id.rawValue) {
            list.warning(at: value.position, "the rehearsal has no part for the task `\(task.id)`")
        }
    }

    /// The names that the part's steps propose, as they stand.
    private func proposed(by part: LocatedValue) -> [String] {
        func member(_ value: LocatedValue, _ key: String) -> LocatedValue? {
            guard case .object(let members) = value.content else { return nil }
            return members.first { $0.key == key }?.value
        }
        guard case .list(let attempts)? = member(part, "attempts")?.content else { return [] }
        let steps = attempts.flatMap { attempt -> [LocatedValue] in
            if case .list(let steps) = attempt.content { steps } else { [] }
        }
        let names = steps.compactMap { step in
            member(step, "propose").flatMap { member($0, "id") }?.string
        }
        return names.flatMap { [$0, $0 + ".review"] }
    }

    /// The files that steps write from must be there.
    private func readAttempt(_ attempt: LocatedValue, _ part: String, _ folder: String, _ list: ProblemList) {
        guard case .list(let steps) = attempt.content else {
            list.error(
                at: attempt.position,
                "an attempt of part `\(part)` must be a list of steps, found \(attempt.kindName)")
            return
        }
        for step in steps {
            guard
                let fields = Fields<StepKey>(
                    step, subject: "a step of part `\(part)`", problems: list, toleratesUnknown: true),
                let from = fields.line(.from)
            else { continue }
            let position = fields.position(of: .from)
            if let reason = Glob.problem(from) {
                list.error(at: position, "`from` of a step of part `\(part)` is `\(from)`: \(reason)")
            } else if Files.kind(folder + "/" + from) != .file {
                list.error(
                    at: position,
                    "a step of part `\(part)` writes from `\(from)`, which is no file of the rehearsal")
            }
        }
    }
}
