package import CoordModel

/// What the agents of a run share, folded from its facts: handoffs, notes, questions, claims. Holds the
/// limits of each; who may write what is the machine's to say.
package struct Blackboard: Sendable, Equatable {
    /// Notes of a run, and their bytes together.
    package static let notesMax = 200
    package static let notesBytesMax = 128 << 10
    package static let questionsMax = 1000
    /// Questions of one attempt without an answer.
    package static let openQuestionsMax = 5
    package static let claimsMax = 100

    /// The files one attempt means to change.
    package struct Claim: Sendable, Equatable {
        package var lease: Lease
        package var patterns: [String]
    }

    package private(set) var handoffs: [TaskID: Handoff] = [:]
    /// In the order in which they were first written.
    package private(set) var notes: [SharedNote] = []
    /// In the order in which they were asked.
    package private(set) var questions: [Question] = []
    /// Of living attempts, in the order of their first claim.
    package private(set) var claims: [Claim] = []

    package init() {}

    /// Folds one fact in; most are none of its business.
    package mutating func apply(_ body: Fact.Body) {
        switch body {
        case .handoffWritten(let lease, let handoff): handoffs[lease.task] = handoff
        case .noteWritten(let lease, let key, let text): write(key, text, lease)
        case .questionAsked(let question): questions.append(question)
        case .questionAnswered(_, let id, let text, let author):
            guard let index = questions.firstIndex(where: { $0.id == id }) else { return }
            questions[index].answer = Question.Answer(text: text, by: author)
        case .filesClaimed(let lease, let patterns): claim(patterns, lease)
        default: break
        }
    }

    private mutating func write(_ key: String, _ text: String, _ author: Lease) {
        let index = notes.firstIndex { $0.key == key }
        if text.isEmpty {
            if let index { notes.remove(at: index) }
        } else if let index {
            notes[index] = SharedNote(key: key, text: text, author: author)
        } else {
            notes.append(SharedNote(key: key, text: text, author: author))
        }
    }

    private mutating func claim(_ patterns: [String], _ lease: Lease) {
        let index = claims.firstIndex { $0.lease == lease }
        if patterns.isEmpty {
            if let index { claims.remove(at: index) }
        } else if let index {
            claims[index].patterns = patterns
        } else {
            claims.append(Claim(lease: lease, patterns: patterns))
        }
    }

    /// The attempt is over: what it claimed is free.
    package mutating func end(_ lease: Lease) { claims.removeAll { $0.lease == lease } }

    /// The question of that name.
    package func question(_ id: String) -> Question? { questions.first { $0.id == id } }
    /// The patterns that an attempt holds.
    package func claims(of lease: Lease) -> [String] {
        claims.first { $0.lease == lease }?.patterns ?? []
    }

    /// What a person said to the agents of a task.
    package func answers(to task: TaskID) -> [Question] {
        questions.filter { $0.lease.task == task && $0.addressee == .person && $0.answer != nil }
    }

    /// Why the note cannot be written; nil when it can.
    package func problem(withNote key: String, _ text: String) -> String? {
        let known = notes.first { $0.key == key }
        if known == nil, !text.isEmpty, notes.count >= Self.notesMax {
            return "there are \(Self.notesMax) notes already; take one away by writing an empty text"
        }
        let bytes = notes.reduce(0) { $0 + $1.text.utf8.count } - (known?.text.utf8.count ?? 0)
        guard bytes + text.utf8.count > Self.notesBytesMax else { return nil }
        return "the notes of a run hold at most \(Self.notesBytesMax >> 10) KiB together"
    }
}
