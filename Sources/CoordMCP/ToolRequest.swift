package import CoordJSON
package import CoordModel
package import CoordWire

/// What the use of a tool asks for, by who can do it.
package enum ToolRequest: Sendable, Hashable {
    /// A report like those in an agent's output; `reply` is what the agent is told.
    case report(AgentReport, reply: String)
    /// The coordinator's to answer. A question's answer is waited for so many seconds.
    case call(AgentCall, waitSeconds: Int)
    /// The worker's: a slot of the machine.
    case takeSlot(label: String, waitSeconds: Int)
    case releaseSlot
    /// The worker's: skills that fit what is about to be done, and one of them at work.
    case findSkills(query: String, limit: Int)
    case useSkill(String, JSONObject)
    /// The worker's: the plan that the attempt is to make.
    case plan(JSONValue)

    /// How long a call waits at most, and when it does not say: a minute is what clients have patience for.
    package static let waitSecondsMax = 600
    package static let waitSecondsUsual = 45

    /// Reads the arguments of a tool of `ToolList`. Nil: it is no tool of coord's.
    package static func read(tool: String, arguments: JSONObject) throws(WireError) -> ToolRequest? {
        switch tool {
        case "report_progress": return try report("progress", arguments, "Noted.")
        case "write_handoff": return try report("handoff", arguments, "Kept.")
        case "hand_over":
            return try report("handoff-wanted", arguments, "Asked for: you are told when to end.")
        case "give_verdict": return try report("verdict", arguments, "Taken down. You may end now.")
        case "take_slot":
            let wait = try waitSeconds(arguments, tool)
            let label = arguments["label"]?.stringValue ?? ""
            return .takeSlot(label: AgentEventParser.prefix(label, 200), waitSeconds: wait)
        case "release_slot": return .releaseSlot
        case ToolList.findSkills.name:
            let query = AgentEventParser.prefix(arguments["query"]?.stringValue ?? "", 1000)
            guard !query.isEmpty else { throw .missing(member: "query", method: tool) }
            let limit = arguments["limit"]?.integerValue ?? 3
            guard (1...8) ~= limit else {
                throw .wrong(member: "limit", method: tool, wanted: "a whole number from 1 to 8")
            }
            return .findSkills(query: query, limit: Int(limit))
        case ToolList.useSkill.name:
            guard let skill = arguments["skill"]?.stringValue else {
                throw .missing(member: "skill", method: tool)
            }
            return .useSkill(skill, arguments["arguments"]?.objectValue ?? JSONObject())
        case "hand_in_plan": return .plan(.object(arguments))
        default:
            let wait = try waitSeconds(arguments, tool)
            var rest = arguments
            rest["wait_seconds"] = nil
            guard let call = try AgentCallCodec.decode(tool: tool, arguments: rest) else { return nil }
            return .call(call, waitSeconds: wait)
        }
    }

    private static func report(
        _ kind: String, _ arguments: JSONObject, _ reply: String
    ) throws(WireError) -> ToolRequest? {
        try AgentEventParser.report(kind: kind, members: arguments).map { .report($0, reply: reply) }
    }

    private static func waitSeconds(_ arguments: JSONObject, _ tool: String) throws(WireError) -> Int {
        guard let value = arguments["wait_seconds"], !value.isNull else { return waitSecondsUsual }
        guard let seconds = value.integerValue, (0...Int64(waitSecondsMax)) ~= seconds else {
            throw .wrong(
                member: "wait_seconds", method: tool, wanted: "a whole number from 0 to \(waitSecondsMax)")
        }
        return Int(seconds)
    }
}
