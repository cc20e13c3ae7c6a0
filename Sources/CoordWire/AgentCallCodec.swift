package import CoordJSON
package import CoordModel

/// The calls of agents to and from a tool's name and its arguments: the same on the pipe to the coordinator
/// as in MCP. Texts above their limits are refused, not cut: whoever calls is there to say it shorter.
package enum AgentCallCodec {
    /// What a call may hold.
    package enum Limits {
        package static let questionBytes = 4 << 10
        package static let choices = 10
        package static let noteBytes = 8 << 10
        /// Tasks in one call; how many a task may add in all is the coordinator's to say.
        package static let tasks = 100
    }

    /// Reads a call. Nil: no tool that the coordinator answers.
    package static func decode(
        tool: String, arguments: JSONObject
    ) throws(WireError) -> AgentCall? {
        let members = Members(method: tool, object: arguments)
        switch tool {
        case "read_task":
            try members.allow([])
            return .readTask
        case "list_tasks":
            try members.allow([])
            return .listTasks
        case "add_tasks": return .addTasks(try members.tasks())
        case "split_task": return .splitTask(try members.tasks())
        case "ask": return try members.ask()
        case "await_answer":
            try members.allow(["question"])
            return .awaitAnswer(question: try members.text("question", atMost: 64))
        case "read_inbox":
            try members.allow([])
            return .readInbox
        case "answer":
            try members.allow(["question", "text"])
            return .answer(
                question: try members.text("question", atMost: 64),
                text: try members.text("text", atMost: Limits.questionBytes))
        case "claim_files": return .claimFiles(try members.patterns(atLeast: 1))
        case "release_files": return .releaseFiles(try members.patterns(atLeast: 0))
        case "write_note":
            try members.allow(["key", "text"])
            return .writeNote(
                key: try members.noteKey(), text: try members.text("text", atMost: Limits.noteBytes))
        case "read_notes":
            try members.allow(["key"])
            return .readNotes(key: arguments["key"] == nil ? nil : try members.noteKey())
        default: return nil
        }
    }

    /// The arguments of a call, as `decode` reads them.
    package static func arguments(of call: AgentCall) -> JSONObject {
        switch call {
        case .readTask, .listTasks, .readInbox: JSONObject()
        case .addTasks(let specs), .splitTask(let specs):
            JSONObject([("tasks", .array(specs.map(\.proposal)))])
        case .ask(let to, let text, let choices): question(to, text, choices)
        case .awaitAnswer(let question): JSONObject([("question", .string(question))])
        case .answer(let question, let text):
            JSONObject([("question", .string(question)), ("text", .string(text))])
        case .claimFiles(let patterns), .releaseFiles(let patterns):
            JSONObject([("patterns", list(patterns))])
        case .writeNote(let key, let text): JSONObject([("key", .string(key)), ("text", .string(text))])
        case .readNotes(let key): JSONObject(key.map { [("key", .string($0))] } ?? [])
        case .refused(_, let reason): JSONObject([("reason", .string(reason))])
        }
    }

    private static func question(_ to: String?, _ text: String, _ choices: [String]) -> JSONObject {
        var object = JSONObject([("question", .string(text))])
        if let to { object["to"] = .string(to) }
        if !choices.isEmpty { object["choices"] = list(choices) }
        return object
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension TaskSpec {
    fileprivate var proposal: JSONValue {
        var bytes: [UInt8] = [0x7B]
        writeProposal(to: &bytes)
        bytes.append(0x7D)
        do throws(JSONError) { return try JSONParser.parse(bytes) } catch {
            preconditionFailure("what was written is not JSON: \(error)")
        }
    }
}

extension Members {
    /// Refuses members that are none of these: a misspelt one would be left out without a word.
    func allow(_ names: [String]) throws(WireError) {
        guard let other = object.keys.first(where: { !names.contains($0) }) else { return }
        let near = Suggestion.nearest(to: other, among: names)
        let wanted = near.map { "known; did you mean `\($0)`?" } ?? "known"
        throw .wrong(member: AgentEventParser.prefix(other, 64), method: method, wanted: wanted)
    }

    func text(_ name: String, atMost limit: Int) throws(WireError) -> String {
        let text = try text(name)
        guard text.utf8.count <= limit else {
            throw .wrong(member: name, method: method, wanted: "at most \(limit) bytes long")
        }
        return text
    }

    fileprivate func noteKey() throws(WireError) -> String {
        let key = try text("key", atMost: 64)
        guard TaskID(key).isValid else {
            throw .wrong(
                member: "key", method: method, wanted: "a name of lower-case letters, digits, `.`, `_`, `-`")
        }
        return key
    }

    fileprivate func ask() throws(WireError) -> AgentCall {
        try allow(["question", "to", "choices"])
        let text = try text("question", atMost: AgentCallCodec.Limits.questionBytes)
        guard !text.isEmpty else { throw .wrong(member: "question", method: method, wanted: "a question") }
        let choices = try texts("choices")
        guard choices.count <= AgentCallCodec.Limits.choices,
            choices.allSatisfy({ (1...AgentEventParser.Limits.nameBytes) ~= $0.utf8.count })
        else {
            throw .wrong(
                member: "choices", method: method,
                wanted: "at most \(AgentCallCodec.Limits.choices) short texts")
        }
        let to = try optionalText("to")
        if let to, to.utf8.count > 64 {
            throw .wrong(member: "to", method: method, wanted: "the name of a task or a worker")
        }
        return .ask(to: to == "person" || to == "" ? nil : to, text: text, choices: choices)
    }

    fileprivate func patterns(atLeast minimum: Int) throws(WireError) -> [String] {
        try allow(["patterns"])
        let patterns = try texts("patterns")
        guard (minimum...AgentEventParser.Limits.listItems) ~= patterns.count,
            patterns.allSatisfy({ (1...AgentEventParser.Limits.nameBytes) ~= $0.utf8.count })
        else {
            throw .wrong(
                member: "patterns", method: method,
                wanted: "a list of \(minimum) to \(AgentEventParser.Limits.listItems) patterns of files")
        }
        return patterns
    }

    fileprivate func tasks() throws(WireError) -> [TaskSpec] {
        try allow(["tasks"])
        guard let items = object["tasks"]?.arrayValue, (1...AgentCallCodec.Limits.tasks) ~= items.count else {
            throw .wrong(
                member: "tasks", method: method,
                wanted: "a list of 1 to \(AgentCallCodec.Limits.tasks) tasks")
        }
        var specs: [TaskSpec] = []
        for (index, item) in items.enumerated() {
            guard case .object(let object) = item else {
                throw .wrong(member: "tasks", method: method, wanted: "a list of objects")
            }
            let task = Members(method: "tasks[\(index)]", object: object)
            try task.allow([
                "id", "title", "prompt", "role", "category", "deps", "priority", "files", "checks",
            ])
            specs.append(try AgentEventParser.proposal(task))
        }
        return specs
    }
}
