package import CoordModel

/// What coord itself knows of a session, for a handoff that the session did not write, or not wholly.
package struct HandoffFacts: Sendable, Equatable {
    package var task: TaskSpec
    /// The gate's commands.
    package var gate: [String]
    /// Why earlier attempts came back; nil: they did not.
    package var note: String?
    /// What the session called last, the newest at the end: the tool, what for, and whether it went well
    /// (nil: it had not ended).
    package var calls: [Call]
    /// What the session said last, the newest at the end.
    package var words: [String]

    /// One call of a tool.
    package struct Call: Sendable, Equatable {
        package var name: String
        package var summary: String
        package var succeeded: Bool?

        package init(name: String, summary: String, succeeded: Bool?) {
            self.name = name
            self.summary = summary
            self.succeeded = succeeded
        }
    }

    package init(
        task: TaskSpec, gate: [String] = [], note: String? = nil, calls: [Call] = [], words: [String] = []
    ) {
        self.task = task
        self.gate = gate
        self.note = note
        self.calls = calls
        self.words = words
    }
}

/// Fills a handoff document in from facts.
package enum HandoffSynthesis {
    private static let callsMax = 10

    /// The document of a session: its own notes as far as it wrote any, checked, and what coord knows.
    package static func document(
        _ frame: HandoffDocument, notes: HandoffNotes, facts: HandoffFacts, evidence: HandoffEvidence,
        exists: (String) -> Bool
    ) -> HandoffDocument {
        var document = frame
        document.files = evidence.changed
        document.checks = checks(facts, evidence)
        document.done = HandoffVerification.claims(notes, against: evidence, exists: exists)
        document.decisions = notes.items[.decisions] ?? []
        document.remaining = notes.items[.remaining] ?? []
        document.questions = notes.items[.questions] ?? []
        document.pitfalls = notes.items[.pitfalls] ?? []
        document.howToCheck = notes.items[.check] ?? []
        document.origin = notes.isEmpty ? .synthesised : .agent
        if notes.isEmpty { synthesise(&document, facts, evidence) }
        if document.remaining.isEmpty { document.remaining = [whatRemains(facts, evidence)] }
        if document.howToCheck.isEmpty {
            document.howToCheck = document.checks.map { "Run `\($0.command)`." }
        }
        return document
    }

    private static func checks(
        _ facts: HandoffFacts, _ evidence: HandoffEvidence
    ) -> [HandoffDocument.Check] {
        var known = Set(evidence.checks.map(\.command))
        let rest = (facts.task.checks + facts.gate).filter { known.insert($0).inserted }
        return evidence.checks + rest.map { .init($0) }
    }

    private static func synthesise(
        _ document: inout HandoffDocument, _ facts: HandoffFacts, _ evidence: HandoffEvidence
    ) {
        let count = evidence.changed.count
        if count > 0 {
            let files = evidence.changed.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
            let more = count > 12 ? " and \(count - 12) more" : ""
            document.done.append(
                .init(
                    "Changed \(count) \(count == 1 ? "file" : "files"): \(files)\(more)", .confirmed,
                    evidence: "git shows the change"))
        }
        for check in evidence.checks {
            guard let outcome = check.outcome else { continue }
            document.done.append(
                .init("Ran `\(check.command)`: \(outcome.rawValue)", .confirmed, evidence: "coord ran it"))
        }
        let calls = facts.calls.suffix(callsMax)
        if !calls.isEmpty {
            let lines = calls.map { call in
                let end = call.succeeded.map { $0 ? "" : " (failed)" } ?? " (had not ended)"
                return call.name + (call.summary.isEmpty ? "" : ": " + call.summary) + end
            }
            document.done.append(.init("Called last:\n" + lines.joined(separator: "\n")))
        }
        let isQuestion: (String) -> Bool = { HandoffCutting.trimmed($0).hasSuffix("?") }
        document.questions = Array(facts.words.filter(isQuestion).suffix(5))
        if let word = facts.words.last(where: { !isQuestion($0) }) {
            document.done.append(.init("Said last: " + word))
        }
        if let note = facts.note { document.pitfalls.append("The try before came back: " + note) }
        let failed = calls.filter { $0.succeeded == false }
        document.pitfalls += failed.suffix(3).map { "`\($0.name)` failed: \($0.summary)" }
    }

    private static func whatRemains(_ facts: HandoffFacts, _ evidence: HandoffEvidence) -> String {
        let start = evidence.changed.isEmpty ? "Do" : "Compare what is there with the task, and finish"
        return "\(start) `\(facts.task.id)`: \(facts.task.title)"
    }
}
