import CoordJSON
import CoordModel
import CoordStore
import CoordWire

/// What agents asked a person and wait to be told.
enum OpenQuestions {
    /// The questions without an answer whose attempts still want one, the oldest first.
    static func read(_ reading: RunReading) throws(CommandFailure) -> [Question] {
        let (asked, answered) = try reading.read { () throws(StoreError) in
            (
                try reading.store.facts(reading.record.id, ofType: FactType.questionAsked.rawValue),
                try reading.store.facts(reading.record.id, ofType: FactType.questionAnswered.rawValue)
            )
        }
        guard !asked.isEmpty else { return [] }
        var settled: Set<String> = []
        for stored in answered {
            // One that a newer coord wrote otherwise settles nothing here.
            if case .questionAnswered(_, let id, _, _)? = try? stored.fact().body { settled.insert(id) }
        }
        var open: [Question] = []
        for stored in asked {
            // One that cannot be read cannot be shown.
            guard case .questionAsked(let question)? = try? stored.fact().body,
                question.addressee == .person, !settled.contains(question.id),
                try isWanted(question, reading)
            else { continue }
            open.append(question)
        }
        return open
    }

    private static func isWanted(
        _ question: Question, _ reading: RunReading
    ) throws(CommandFailure) -> Bool {
        let task = try reading.task(question.lease.task.rawValue)
        guard task.attempt == question.lease.attempt else { return false }
        switch task.stage {
        case .asking, .leased, .reviewing: return true
        default: return false
        }
    }

    static func json(_ question: Question) -> JSONValue {
        [
            "id": .string(question.id), "task": .name(question.lease.task),
            "attempt": .count(question.lease.attempt), "text": .string(question.text),
            "choices": .array(question.choices.map { .string($0) }),
        ]
    }

    /// One question as a line, with the command that answers it.
    static func sentence(_ question: Question) -> String {
        let choices = question.choices.isEmpty ? "" : " [\(question.choices.joined(separator: " | "))]"
        return "\(question.lease.task) asks: \(question.text)\(choices) "
            + "(`coord tasks answer \(question.lease.task) TEXT`)"
    }
}
