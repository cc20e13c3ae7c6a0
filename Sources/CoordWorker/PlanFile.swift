import CoordJSON
import CoordModel
import CoordSystem
import CoordWire

/// The file in which a planner's agent leaves its plan: `{ "tasks": [ … ] }`, or the list alone.
///
/// Each task is held to the rules of the event `task`; a member that coord does not know is refused, because
/// a need under a wrong name would be no need.
enum PlanFile {
    /// The environment variable that names the file. Set for the planning task only.
    static let variable = "COORD_PLAN_OUT"
    static let bytesMax = 2 << 20
    /// One more than any run takes, so that the run can say so.
    static let tasksMax = 1000

    /// Why a plan cannot be read: a sentence for the next attempt.
    struct Problem: Error, CustomStringConvertible {
        var description: String
        init(_ reason: String) { description = "the plan is refused: " + reason }
    }

    /// The tasks in the file. Empty when there is no file: the agent may have said them one by one.
    static func read(_ path: String) throws(Problem) -> [TaskSpec] {
        guard Files.kind(path) != nil else { return [] }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.readUntrusted(
                Files.name(path), in: Files.parent(path), firstBytes: bytesMax + 1)
        } catch { throw Problem("its file cannot be read: \(error.reason)") }
        guard bytes.count <= bytesMax else { throw Problem("its file is larger than \(bytesMax >> 20) MiB") }
        let document: JSONValue
        do throws(JSONError) { document = try JSONParser.parse(bytes) } catch {
            throw Problem("its file is not JSON: \(error) (at byte \(error.offset))")
        }
        return try read(document)
    }

    /// The tasks of a plan.
    static func read(_ document: JSONValue) throws(Problem) -> [TaskSpec] {
        guard let list = (document["tasks"] ?? document).arrayValue else {
            throw Problem("it must be an object with `tasks`, a list; it is \(document.kindName)")
        }
        guard list.count <= tasksMax else { throw Problem("it has more than \(tasksMax) tasks") }
        var tasks: [TaskSpec] = []
        for (index, value) in list.enumerated() {
            do throws(Problem) { tasks.append(try task(value)) } catch {
                let name = value["id"]?.stringValue.map { "task `\($0)`" } ?? "task \(index + 1)"
                throw Problem("\(name): \(error.description)")
            }
        }
        return tasks
    }

    private static let members = [
        "id", "title", "prompt", "role", "category", "deps", "priority", "files", "checks",
    ]

    /// What people and agents write instead.
    private static let synonyms = [
        "needs": "deps", "dependencies": "deps", "dependsOn": "deps", "depends_on": "deps", "name": "title",
        "description": "prompt", "instructions": "prompt", "agent": "role", "verify": "checks",
    ]

    private static func task(_ value: JSONValue) throws(Problem) -> TaskSpec {
        guard var object = value.objectValue else { throw .bare("it is \(value.kindName), not an object") }
        for key in object.keys where !members.contains(key) {
            throw .bare(
                "`\(key)` is no member of a task; "
                    + ((synonyms[key] ?? Suggestion.nearest(to: key, among: members)).map {
                        "did you mean `\($0)`?"
                    }
                        ?? "there is " + members.joined(separator: ", ")))
        }
        object.append("coord", .string("task"))
        switch AgentEventParser.parse(JSONValue.object(object).serialized()[...]) {
        case .report(.proposedTask(let spec)): return spec
        case .refused(let reason): throw .bare(reason)
        case .report, .transcript: throw .bare("it is no task")
        }
    }
}

extension PlanFile.Problem {
    /// Without the words that the whole begins with.
    fileprivate static func bare(_ reason: String) -> Self {
        var problem = Self("")
        problem.description = reason
        return problem
    }
}
