package import CoordJSON
package import CoordModel

/// A client whose standard error is for people: it goes to the transcript, and says why the client ended if
/// nothing else does.
package protocol ComplainingDialogue: AgentDialogue {
    /// What was heard of it.
    var complaint: Complaint { get set }
}

extension ComplainingDialogue {
    /// Keeps the line for the transcript, and as what may be why the client ends.
    package mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        complaint.hear(text)
        return [.say(text)]
    }
}

/// A client that tells what it does as JSON objects, one a line. Any other line is words for people.
package protocol JSONLineDialogue: ComplainingDialogue {
    /// Takes in one of them.
    mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction]
}

extension JSONLineDialogue {
    /// Reads the line; one that is no object goes to the transcript.
    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        guard let object = AgentText.object(line) else {
            return [.say(String(decoding: line, as: UTF8.self))]
        }
        return understand(object, at: now)
    }
}

/// The session an agent is in, as far as it is known: told when it is another than before.
struct KnownSession: Hashable, Sendable {
    private(set) var name: String?

    /// `name`: the session that is gone on with. Nil: a new one, whose name the client tells.
    init(_ name: String?) { self.name = name }

    /// Takes in what the client calls it.
    mutating func hear(_ name: String?) -> [AgentAction] {
        guard let name, !name.isEmpty, name != self.name else { return [] }
        self.name = name
        return [.report(.session(name))]
    }
}
