import CoordModel

// What the agents of a run share, as it is journalled: handoffs, questions, claims, notes.

extension Handoff {
    func write(to writer: inout MemberWriter) {
        writer.string("summary", summary)
        writer.strings("remaining", remaining)
        if !decisions.isEmpty { writer.strings("decisions", decisions) }
        if !pitfalls.isEmpty { writer.strings("pitfalls", pitfalls) }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            summary: try reader.string("summary"), decisions: try reader.strings("decisions"),
            remaining: try reader.strings("remaining"), pitfalls: try reader.strings("pitfalls"))
    }
}

extension FactCodec {
    static func boardMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .questionAsked(let question):
            writer.string("question", question.id)
            writer.string("text", question.text)
            if case .task(let task) = question.addressee { writer.string("to", task.rawValue) }
            if !question.choices.isEmpty { writer.strings("choices", question.choices) }
        case .questionAnswered(_, let question, let text, let author):
            writer.string("question", question)
            writer.string("text", text)
            writer.string("by", author?.rawValue)
        case .answerAwaited(_, let reason): writer.string("reason", reason)
        case .filesClaimed(_, let patterns): writer.strings("patterns", patterns)
        case .noteWritten(_, let key, let text):
            writer.string("key", key)
            writer.string("text", text)
        case .callRefused(_, let tool, let reason):
            writer.string("tool", tool)
            writer.string("reason", reason)
        default: preconditionFailure("not a fact of what agents share: \(body.type)")
        }
    }
}

extension FactDecoding {
    func board() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .questionAsked:
            let to = try members.findName("to", as: TaskID.self)
            return .questionAsked(
                Question(
                    id: try members.string("question"), lease: try lease,
                    addressee: to.map { .task($0) } ?? .person, text: try members.string("text"),
                    choices: try members.strings("choices")))
        case .questionAnswered:
            return .questionAnswered(
                try lease, question: try members.string("question"), text: try members.string("text"),
                by: try members.findName("by", as: TaskID.self))
        case .answerAwaited: return .answerAwaited(try lease, reason: try reason)
        case .filesClaimed: return .filesClaimed(try lease, patterns: try members.strings("patterns"))
        case .noteWritten:
            return .noteWritten(try lease, key: try members.string("key"), text: try members.string("text"))
        case .callRefused:
            return .callRefused(try lease, tool: try members.string("tool"), reason: try reason)
        default: preconditionFailure("not a fact of what agents share: \(type)")
        }
    }
}
