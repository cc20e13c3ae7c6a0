package import CoordJSON
import CoordModel

/// The JSON Schema of a mission, for the completion of editors: made from the keys, ranges, words and
/// defaults that the reader checks, so that the two cannot part.
package enum MissionSchema {
    private typealias Part = SchemaPart
    private typealias Range = MissionRange

    /// The document that lies in `missions/mission.schema.json`.
    package static var document: JSONValue {
        Part.document(
            "mission", title: "Mission",
            description: """
                A team of coding agents, their limits, and the graph of tasks they work on. `coord validate` \
                checks more than this schema can: that roles and skills exist, that needs are tasks, that \
                nothing waits in a circle.
                """,
            Part.object(MissionKey.self, required: [.id]) { schema(of: $0) }, definitions: definitions)
    }

    private static var definitions: [String: JSONValue] {
        [
            "name": Part.name, "text": Part.text, "line": Part.line,
            "model": ["type": "string", "pattern": "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$"],
            "agent": agent, "member": member, "limits": limits, "scale": scale, "merge": merge, "task": task,
            "globs": Part.list(
                of: "text", "Patterns of files, from the project's root, as in `src/server/**`."),
            "texts": Part.list(of: "text"), "capability": ["enum": Part.words(Capability.self)],
            "money": Part.decimal(Range.money, "US dollars."),
            "attempts": Part.whole(Range.attempts), "seconds": Part.decimal(Range.seconds),
        ]
    }

    private static func schema(of key: MissionKey) -> JSONValue {
        switch key {
        case .schema: Part.reference("text", "Where an editor finds this schema.")
        case .id: Part.reference("name", "The mission's name; best the file's name too.")
        case .name: Part.reference("line", "What people call it.")
        case .description: Part.reference("text", "What it is for, in listings.")
        case .goal: Part.reference("text", "What shall be reached; a planner turns it into tasks.")
        case .agent: Part.reference("agent", default: .string(AgentChoice.automatic.description))
        case .team: Part.list(of: "member", "Who works on it. Without a team, any worker takes any task.")
        case .limits: Part.reference("limits")
        case .assignment:
            Part.choice(
                AssignmentStrategy.self, "How ready tasks find their worker.", default: .capability)
        case .scale: Part.reference("scale")
        case .merge: Part.reference("merge")
        case .planning:
            Part.object(
                PlanningKey.self, required: [.role],
                description: "Who turns the goal into tasks when there are none."
            ) { key in
                switch key {
                case .role: Part.reference("line", "A role of the catalogue, such as `producer`.")
                }
            }
        case .services:
            Part.list(of: "name", "Services of services.yaml that must be up while the mission runs.")
        case .rehearsal:
            Part.reference(
                "line", "The folder beside this file with the parts that the rehearsal agent plays.")
        case .tasks: Part.list(of: "task")
        }
    }

    // MARK: Team

    private static var agent: JSONValue {
        let names = [AgentChoice.automatic.description, AgentChoice.rehearsal.description]
        return [
            "description":
                "Which agent works: a coding agent by name, any command, or the rehearsal that needs no key.",
            "anyOf": [
                ["enum": .array((names + AgentChoice.knownNames).map { .string($0) })],
                ["type": "string", "pattern": "^(command|acp):[^\\u0000]+$"],
                ["type": "string", "pattern": "^api:[!-.0->@-~]+/[!->@-~]+$"],
            ],
        ]
    }

    private static var member: JSONValue {
        Part.object(TeamKey.self, required: [.role]) { key in
            switch key {
            case .id:
                [
                    "allOf": [Part.reference("name"), ["maxLength": .integer(Int64(teamMemberNameLimit))]],
                    "description": "Names its workers, as in `backend-1`. Without it, the role does.",
                ]
            case .role: Part.reference("line", "A role of the catalogue, or an alias of one.")
            case .count: Part.whole(Range.members, default: 1)
            case .model: Part.reference("model")
            case .maxModel: Part.reference("model", "The dearest model it may go up to.")
            case .agent: Part.reference("agent")
            case .budgetUSD: Part.reference("money")
            case .skills: Part.reference("texts", "Skills it always has at hand.")
            case .rounds: rounds
            }
        }
    }

    private static var rounds: JSONValue {
        let times: JSONValue = [
            ["required": [.string(RoundsKey.everyLandings.rawValue)]],
            [
                "required": [.string(RoundsKey.atEnd.rawValue)],
                "properties": .object(JSONObject([(RoundsKey.atEnd.rawValue, ["const": true])])),
            ],
        ]
        return Part.object(
            RoundsKey.self, more: [("anyOf", times)],
            description:
                "It looks at what landed, again and again: after so many landings, at the end, or both."
        ) { key in
            switch key {
            case .everyLandings: Part.whole(Range.landings)
            case .atEnd: Part.flag("Once more when nothing else is left.", default: Rounds().atEnd)
            case .max: Part.whole(Range.rounds, default: Rounds().most)
            case .prompt: Part.reference("text", "What it shall do in each round.")
            }
        }
    }

    // MARK: Limits

    private static var limits: JSONValue {
        let usual = Limits()
        return Part.object(LimitsKey.self) { key in
            switch key {
            case .maxConcurrency: Part.whole(Range.concurrency, "How many tasks are worked on at once.")
            case .budgetUSD: Part.reference("money", "The run ends when so much is spent.")
            case .softBudgetUSD:
                Part.reference("money", "The run pauses and asks when so much is spent.")
            case .maxAttempts:
                Part.reference("attempts", default: .integer(Int64(usual.maxAttempts)))
            case .taskTimeoutSeconds:
                Part.reference("seconds", default: Part.seconds(usual.taskTimeout))
            case .runTimeoutSeconds:
                Part.reference("seconds", default: Part.seconds(usual.runTimeout))
            case .progressSeconds:
                Part.reference(
                    "seconds", "An agent that shows no progress for so long is ended.",
                    default: Part.seconds(usual.progressWithin))
            case .rate:
                Part.object(RateKey.self, description: "What the whole fleet may use in a minute.") { key in
                    switch key {
                    case .requestsPerMinute, .inputTokensPerMinute, .outputTokensPerMinute:
                        Part.whole(Range.rate)
                    }
                }
            case .handoff: handoff
            }
        }
    }

    private static var handoff: JSONValue {
        let usual = HandoffSettings()
        return Part.object(
            HandoffKey.self, description: "When a session hands its task over to a fresh one by itself."
        ) { key in
            switch key {
            case .softPercent:
                Part.whole(
                    Range.percent, "So full is its context, and it hands over when its step is finished.",
                    default: usual.softPercent)
            case .hardPercent:
                Part.whole(
                    Range.percent, "So full, and it hands over now.", default: usual.hardPercent)
            case .contextTokens:
                Part.whole(Range.rate, "How much a session can hold, where the agent does not say.")
            case .max:
                Part.whole(
                    Range.handoffs, "How often a task is handed over without being asked for.",
                    default: usual.automaticMax)
            case .askSeconds:
                Part.reference(
                    "seconds", "How long a session may take to write its handoff.",
                    default: Part.seconds(usual.askWithin))
            case .acknowledgeSeconds:
                Part.reference(
                    "seconds", "How long a new session may take to say what it does next.",
                    default: Part.seconds(usual.acknowledgeWithin))
            }
        }
    }

    private static var scale: JSONValue {
        let usual = Scale(max: 1)
        return Part.object(
            ScaleKey.self, required: [.max], description: "How the number of workers follows the queue."
        ) { key in
            switch key {
            case .min: Part.whole(Range.members, default: usual.min)
            case .max: Part.whole(Range.members)
            case .queueDepth: Part.whole(Range.queueDepth, default: usual.queueDepth)
            case .idleSeconds: Part.reference("seconds", default: Part.seconds(usual.idle))
            }
        }
    }
}
