package import CoordJSON
package import CoordModel

/// A request on the control socket, and its answer: JSON-RPC 2.0 lines, as on the workers' pipes.
///
/// Methods: `command` with the members below, `heartbeats` (seconds since each worker was last heard of),
/// `ping`.
package enum CommandCodec {
    /// Why a request's members make no command.
    package struct Failure: Error, Hashable, Sendable {
        package var reason: String
    }

    /// The members of a request for a command.
    package static func encode(_ command: Command) -> JSONValue {
        switch command {
        case .pause: ["command": "pause"]
        case .resume: ["command": "resume"]
        case .drain: ["command": "drain"]
        case .stop: ["command": "stop"]
        case .addTask(let spec): ["command": "add-task", "spec": spec.json]
        case .editTask(let id, let edit): encode(edit, of: id)
        case .skipTask(let id): ["command": "skip-task", "task": .string(id.rawValue)]
        case .retryTask(let id): ["command": "retry-task", "task": .string(id.rawValue)]
        case .cancelTask(let id): ["command": "cancel-task", "task": .string(id.rawValue)]
        case .approveTask(let id): ["command": "approve-task", "task": .string(id.rawValue)]
        case .rejectTask(let id, let reason):
            ["command": "reject-task", "task": .string(id.rawValue), "reason": .string(reason)]
        case .answerTask(let id, let question, let text):
            [
                "command": "answer-task", "task": .string(id.rawValue),
                "question": question.map { .string($0) } ?? .null, "text": .string(text),
            ]
        case .reassignTask(let id, let worker):
            [
                "command": "reassign-task", "task": .string(id.rawValue),
                "worker": worker.map { .string($0.rawValue) } ?? .null,
            ]
        case .restartWorker(let id): ["command": "restart-worker", "worker": .string(id.rawValue)]
        case .stopWorker(let id): ["command": "stop-worker", "worker": .string(id.rawValue)]
        case .handOff(let id, let order):
            ["command": "hand-off", "worker": .string(id.rawValue), "order": order.members]
        case .continueHandoff(let id):
            ["command": "continue-handoff", "worker": id.map { .string($0.rawValue) } ?? .null]
        }
    }

    /// The command that a request's members ask for.
    package static func decode(_ members: JSONValue) throws(Failure) -> Command {
        switch members["command"]?.stringValue {
        case "pause": return .pause
        case "resume": return .resume
        case "drain": return .drain
        case "stop": return .stop
        case "add-task":
            do throws(FactCodecError) { return .addTask(try TaskSpec(json: members["spec"] ?? .null)) } catch
            {
                throw Failure(reason: "\(error)")
            }
        case "edit-task": return .editTask(try task(members), try edit(members))
        case "skip-task": return .skipTask(try task(members))
        case "retry-task": return .retryTask(try task(members))
        case "cancel-task": return .cancelTask(try task(members))
        case "approve-task": return .approveTask(try task(members))
        case "reject-task":
            return .rejectTask(try task(members), reason: members["reason"]?.stringValue ?? "")
        case "answer-task":
            return .answerTask(
                try task(members), question: members["question"]?.stringValue,
                text: members["text"]?.stringValue ?? "")
        case "reassign-task":
            return .reassignTask(try task(members), members["worker"]?.stringValue.map(WorkerID.init))
        case "restart-worker": return .restartWorker(try worker(members))
        case "stop-worker": return .stopWorker(try worker(members))
        case "hand-off":
            return .handOff(try worker(members), try HandoffOrder(members: members["order"] ?? .null))
        case "continue-handoff":
            return .continueHandoff(members["worker"]?.stringValue.map(WorkerID.init))
        case let other: throw Failure(reason: "unknown command `\(other ?? "")`")
        }
    }

    private static func encode(_ edit: TaskEdit, of id: TaskID) -> JSONValue {
        var object = JSONObject([("command", "edit-task"), ("task", .string(id.rawValue))])
        object["title"] = edit.title.map { .string($0) }
        object["prompt"] = edit.prompt.map { .string($0) }
        object["priority"] = edit.priority.map { .integer(Int64($0)) }
        object["role"] = edit.role.map { .string($0.rawValue) }
        object["deps"] = edit.dependencies.map { .array($0.map { .string($0.rawValue) }) }
        return .object(object)
    }

    private static func edit(_ members: JSONValue) throws(Failure) -> TaskEdit {
        var edit = TaskEdit()
        edit.title = members["title"]?.stringValue
        edit.prompt = members["prompt"]?.stringValue
        edit.role = members["role"]?.stringValue.map(RoleID.init)
        if let priority = members["priority"]?.integerValue {
            guard (-100...100).contains(priority) else {
                throw Failure(reason: "a priority lies between -100 and 100")
            }
            edit.priority = Int(priority)
        }
        edit.dependencies = members["deps"]?.arrayValue?.compactMap { $0.stringValue.map(TaskID.init) }
        return edit
    }

    private static func task(_ members: JSONValue) throws(Failure) -> TaskID {
        guard let id = members["task"]?.stringValue else { throw Failure(reason: "`task` is missing") }
        return TaskID(id)
    }

    private static func worker(_ members: JSONValue) throws(Failure) -> WorkerID {
        guard let id = members["worker"]?.stringValue else { throw Failure(reason: "`worker` is missing") }
        return WorkerID(id)
    }

    /// The members of an answer.
    package static func encode(_ reply: CommandReply) -> JSONValue {
        switch reply {
        case .accepted(let text): ["accepted": true, "message": .string(text)]
        case .refused(let reason, let hint):
            ["accepted": false, "message": .string(reason), "hint": .string(hint)]
        }
    }

    /// The reply in an answer; nil when it is none.
    package static func decodeReply(_ value: JSONValue) -> CommandReply? {
        guard let accepted = value["accepted"]?.boolValue, let text = value["message"]?.stringValue else {
            return nil
        }
        return accepted ? .accepted(text) : .refused(reason: text, hint: value["hint"]?.stringValue ?? "")
    }
}
