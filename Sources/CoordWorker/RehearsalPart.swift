import CoordJSON
import CoordModel
import CoordSystem
import CoordWire

/// Why a part cannot be played; the sentence names the step.
struct RehearsalError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// One step of a rehearsal's part.
enum RehearsalStep: Hashable {
    case say(String)
    /// A file of the rehearsal's folder, or a text.
    case write(path: String, content: Content, isExecutable: Bool)
    case edit(path: String, find: String, replace: String)
    case delete(path: String)
    case run(command: String, mayFail: Bool)
    case pause(Duration)
    /// A proposed task, a handoff or a verdict, already read as an agent's event would be.
    case report(AgentReport)
    case fail(reason: String)

    enum Content: Hashable {
        case file(String)
        case text(String)
    }
}

/// The steps that one attempt at one task plays, from `rehearsal.json`:
/// `{ "parts": { "<task>": { "attempts": [ [step, …], … ] } } }`. Attempt n plays the nth list, or the last.
enum RehearsalPart {
    private static let fileLimitBytes = 8 << 20

    static func read(folder: String, part: String, attempt: Int) throws(RehearsalError) -> [RehearsalStep] {
        let found = try find(folder, part)
        guard let attempts = found["attempts"]?.arrayValue, !attempts.isEmpty,
            let steps = attempts[min(max(attempt, 1), attempts.count) - 1].arrayValue
        else {
            throw RehearsalError(
                "part `\(part)` of the rehearsal is not `attempts`, a list of lists of steps")
        }
        return try read(steps, of: part)
    }

    /// The steps of `handoff`, which are played in place of what is left when the agent is to hand over; none
    /// when the part has none.
    static func readHandoff(folder: String, part: String) throws(RehearsalError) -> [RehearsalStep] {
        guard let value = try find(folder, part)["handoff"] else { return [] }
        guard let steps = value.arrayValue else {
            throw RehearsalError("`handoff` of part `\(part)` is \(value.kindName), not a list of steps")
        }
        return try read(steps, of: part)
    }

    private static func find(_ folder: String, _ part: String) throws(RehearsalError) -> JSONValue {
        let path = folder + "/rehearsal.json"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limitBytes: fileLimitBytes)
        } catch {
            throw RehearsalError("the rehearsal cannot be read: \(error)")
        }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(bytes)
        } catch {
            throw RehearsalError("`\(path)` is not JSON: \(error) (at byte \(error.offset))")
        }
        guard let found = document["parts"]?[part] else {
            throw RehearsalError("the rehearsal has no part `\(part)`")
        }
        return found
    }

    private static func read(_ steps: [JSONValue], of part: String) throws(RehearsalError) -> [RehearsalStep]
    {
        var result: [RehearsalStep] = []
        for (index, step) in steps.enumerated() {
            do throws(RehearsalError) {
                result.append(try read(step))
            } catch {
                throw RehearsalError("step \(index + 1) of part `\(part)`: \(error)")
            }
        }
        return result
    }

    private static let kinds = [
        "say", "write", "edit", "delete", "run", "pause", "propose", "handoff", "verdict", "ack", "fail",
    ]

    private static func read(_ value: JSONValue) throws(RehearsalError) -> RehearsalStep {
        guard let object = value.objectValue else {
            throw RehearsalError("it is \(value.kindName), not an object")
        }
        let found = kinds.filter { object[$0] != nil }
        guard found.count == 1 else {
            throw RehearsalError("it must have exactly one of \(kinds.joined(separator: ", "))")
        }
        let allowed =
            switch found[0] {
            case "write": ["write", "from", "text", "executable"]
            case "edit": ["edit", "find", "replace"]
            case "run": ["run", "mayFail"]
            default: found
            }
        for key in object.keys where !allowed.contains(key) {
            throw RehearsalError("`\(found[0])` has no member `\(key)`")
        }
        switch found[0] {
        case "say": return .say(try text(object, "say"))
        case "write": return try write(object)
        case "edit":
            let find = try text(object, "find")
            guard !find.isEmpty else { throw RehearsalError("`find` is empty") }
            return .edit(path: try text(object, "edit"), find: find, replace: try text(object, "replace"))
        case "delete": return .delete(path: try text(object, "delete"))
        case "run": return .run(command: try text(object, "run"), mayFail: try flag(object, "mayFail"))
        case "pause":
            guard let pause = object["pause"]?.integerValue, (0...600_000).contains(pause) else {
                throw RehearsalError("`pause` is not a number of milliseconds up to ten minutes")
            }
            return .pause(.milliseconds(pause))
        case "propose": return .report(try event("task", object["propose"]))
        case "handoff": return .report(try event("handoff", object["handoff"]))
        case "verdict": return .report(try event("verdict", object["verdict"]))
        case "ack": return .report(.acknowledged(try text(object, "ack")))
        default: return .fail(reason: try text(object, "fail"))
        }
    }

    private static func write(_ object: JSONObject) throws(RehearsalError) -> RehearsalStep {
        let content: RehearsalStep.Content
        switch (object["from"], object["text"]) {
        case (_?, nil): content = .file(try text(object, "from"))
        case (nil, _?): content = .text(try text(object, "text"))
        default: throw RehearsalError("`write` takes either `from` or `text`")
        }
        let isExecutable = try flag(object, "executable")
        return .write(path: try text(object, "write"), content: content, isExecutable: isExecutable)
    }

    /// Held to the same rules as what an agent says in its output.
    private static func event(_ kind: String, _ value: JSONValue?) throws(RehearsalError) -> AgentReport {
        guard var object = value?.objectValue, object["coord"] == nil else {
            throw RehearsalError("it is no object of its members")
        }
        object.append("coord", .string(kind))
        switch AgentEventParser.parse(JSONValue.object(object).serialized()[...]) {
        case .report(let report): return report
        case .refused(let reason): throw RehearsalError(reason)
        case .transcript: throw RehearsalError("it is no event")
        }
    }

    private static func text(_ object: JSONObject, _ key: String) throws(RehearsalError) -> String {
        guard let text = object[key]?.stringValue else { throw RehearsalError("`\(key)` is not a string") }
        return text
    }

    private static func flag(_ object: JSONObject, _ key: String) throws(RehearsalError) -> Bool {
        guard let value = object[key] else { return false }
        guard let flag = value.boolValue else { throw RehearsalError("`\(key)` is not true or false") }
        return flag
    }
}
