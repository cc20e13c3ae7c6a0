import CoordCore
package import CoordModel
import CoordStore

/// The handoffs of a run, folded from its facts, in the order of their beginning.
package struct HandoffHistory: Sendable, Equatable {
    /// One handoff of a task.
    package struct Entry: Sendable, Equatable {
        package var task: TaskID
        package var record: HandoffRecord
        /// Who has it now, or had it.
        package var taker: WorkerID?
        /// When a new session got it.
        package var takenAt: Timestamp?
        /// The later run that went on with it. Nil: nobody did, or a session of this run.
        package var heir: RunID?
        /// The steps that ended, with their times.
        package var steps: [(step: HandoffStep, outcome: HandoffStepOutcome, time: Timestamp)] = []

        package static func == (left: Entry, right: Entry) -> Bool {
            left.task == right.task && left.record == right.record && left.taker == right.taker
                && left.takenAt == right.takenAt && left.heir == right.heir
                && left.steps.count == right.steps.count
        }

        /// Whether it is begun and in nobody's hands.
        package var isOwed: Bool { record.state.isDebt && heir == nil }

        /// How far it is, in a word or a few.
        package var stateText: String {
            if let heir { return "taken in \(heir)" }
            return record.state == .failed ? "failed at \(record.step.rawValue)" : record.state.rawValue
        }

        /// From its beginning until a new session had it, or until now.
        package func age(at now: Timestamp) -> Duration {
            let end = takenAt ?? (isOwed ? now : record.since)
            return max(.zero, end - record.beganAt)
        }

        /// The last part of the document's name; empty while there is none.
        package var name: String {
            record.sheet?.file.split(separator: "/").last.map { String($0.dropLast(3)) } ?? ""
        }
    }

    private static let types = [
        "handoff.began", "handoff.step-ended", "handoff.prepared", "handoff.acknowledged",
        "handoff.unacknowledged", "handoff.withdrawn", "work.submitted", "task.skipped", "task.cancelled",
    ]

    package private(set) var entries: [Entry] = []
    private var last: [TaskID: Int] = [:]

    /// Reads what the journal has; nothing is read of a run without handoffs but that it has none.
    package init(_ reading: RunReading) throws(CommandFailure) {
        let store = reading.store, run = reading.record.id
        var facts = try reading.read { () throws(StoreError) in
            try store.facts(run, ofType: Self.types[0])
        }
        guard !facts.isEmpty else { return }
        for type in Self.types.dropFirst() {
            facts += try reading.read { () throws(StoreError) in try store.facts(run, ofType: type) }
        }
        for stored in facts.sorted(by: { $0.sequence < $1.sequence }) {
            // A fact of a newer coord is left out; the others still tell.
            if let fact = try? stored.fact() { fold(fact) }
        }
        let heirs = try reading.heirs()
        for index in entries.indices {
            heirs[entries[index].record.sheet?.file ?? ""].map { entries[index].heir = $0 }
        }
    }

    private mutating func fold(_ fact: Fact) {
        guard let task = fact.body.task else { return }
        let known = last[task]
        let folded = HandoffRecord.folding(
            fact.body, into: known.map { entries[$0].record }, at: fact.time)
        guard let folded else { return }
        if case .handoffBegan = fact.body {
            last[task] = entries.count
            entries.append(Entry(task: task, record: folded))
            return
        }
        guard let known else { return }
        entries[known].record = folded
        if case .handoffStepEnded(_, let step, let outcome) = fact.body {
            entries[known].steps.append((step, outcome, fact.time))
            if step == .start, case .done(let text) = outcome {
                entries[known].taker = WorkerID(String(text.dropFirst("worker ".count)))
                entries[known].takenAt = entries[known].takenAt ?? fact.time
            }
        }
    }
}
