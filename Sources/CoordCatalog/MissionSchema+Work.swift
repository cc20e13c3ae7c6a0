import CoordJSON
import CoordModel

// What of a mission's schema is about its tasks, and about what becomes of their work.
extension MissionSchema {
    private typealias Part = SchemaPart
    private typealias Range = MissionRange

    static var merge: JSONValue {
        let usual = MergeSettings()
        return Part.object(MergeKey.self, description: "What may land, where, and how it is delivered.") {
            key in
            switch key {
            case .target: Part.reference("line", "The branch; without it, the one checked out.")
            case .gate:
                Part.reference(
                    "texts",
                    "What must pass on the exact tree that lands. Without it, a run takes the one that fits "
                        + "the project, and says which.")
            case .gateTimeoutSeconds:
                Part.reference("seconds", default: Part.seconds(usual.gateTimeout))
            case .review: review
            case .parallel: Part.whole(Range.parallel, default: usual.parallel)
            case .batch: Part.whole(Range.batch, default: usual.batch)
            case .protected:
                Part.reference(
                    "globs",
                    "What no task may change without a person's word, unless its `files` name the path in "
                        + "full. Coord's own files and the scripts that the gate names are always protected.")
            case .deliver:
                Part.choice(
                    Delivery.self,
                    "Land on the local branch only, push it, or push a branch and open a pull request.",
                    default: usual.deliver)
            case .remote:
                Part.reference("line", "Deliver to this remote; by default the upstream's.")
            case .style: Part.choice(MergeStyle.self, default: usual.style)
            }
        }
    }

    private static var review: JSONValue {
        [
            "anyOf": [
                ["enum": .array([Review.none, .human].map { .string($0.description) })],
                ["allOf": [Part.reference("line"), ["pattern": "^role:."]]],
            ],
            "default": .string(Review.none.description),
            "description": """
            Who looks at work before its gate: nobody, a person, or an agent of a role (`role:tech-lead`), \
            which approves or names what has to change.
            """,
        ]
    }

    static var task: JSONValue {
        let usual = TaskSpec(id: "")
        let work: JSONValue = [
            ["required": [.string(TaskKey.prompt.rawValue)]],
            [
                "required": [.string(TaskKey.run.rawValue)],
                "properties": .object(JSONObject([(TaskKey.run.rawValue, ["type": "string"])])),
            ],
        ]
        return Part.object(TaskKey.self, required: [.id], more: [("anyOf", work)]) { key in
            switch key {
            case .id: Part.reference("name")
            case .title: Part.reference("line")
            case .prompt: Part.reference("text", "What an agent shall do.")
            case .role: Part.reference("line", "Whose task it is.")
            case .category: Part.reference("line", "A word by which skills are chosen.")
            case .deps: Part.reference("texts", "Tasks that must have landed before.")
            case .priority: Part.whole(Range.priority, default: usual.priority)
            case .files: Part.reference("globs", "The files it means to change.")
            case .skills: Part.reference("texts", "Skills it gets in any case.")
            case .capabilities: Part.list(of: "capability", "What a worker for it must be able to do.")
            case .run:
                [
                    "anyOf": [Part.reference("text"), ["type": "null"]],
                    "description": "A shell command instead of an agent; no model is called.",
                ]
            case .checks: Part.reference("texts", "What must pass before the work is handed in.")
            case .budgetUSD: Part.reference("money")
            case .maxAttempts: Part.reference("attempts")
            case .timeoutSeconds: Part.reference("seconds")
            case .approval: Part.flag("A person must approve the work.", default: usual.approval)
            case .risk: Part.choice(Risk.self, default: usual.risk)
            case .workspace:
                Part.choice(
                    WorkspaceKind.self, "`none`: an empty scratch folder; nothing lands.",
                    default: usual.workspace)
            }
        }
    }
}
