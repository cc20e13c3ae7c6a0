import CoordCatalog
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSkills
import CoordSystem

/// `coord skills run ID --arg name=value…` and `coord skills allow ID`.
enum RunSkillCommand {
    static let flags = [
        Flag("arg", nil, .text("NAME=VALUE"), "an argument; a list takes words with commas", repeats: true),
        Flag("args", nil, .text("JSON"), "all arguments as one JSON object"),
        Flag("yes", "y", "agree to a skill that asks first"),
    ]

    static let allowFlags = [Flag("revoke", nil, "take the agreement back")]

    /// Runs the program in the current folder, or in the project that is named.
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let (skill, isApproved) = try skill(context)
        let folder =
            context.arguments.value("project").map(context.path) ?? context.surroundings.workingFolder
        let arguments = try arguments(of: skill, context)
        let call: SkillCall
        do throws(SkillCallError) {
            call = try SkillCall(skill, arguments: arguments, isApproved: isApproved)
        } catch {
            let status: ExitStatus = if case .needsPerson = error { .needsDecision } else { .wrongInput }
            throw CommandFailure(status, error.description, hint: error.hint)
        }
        let answer = SkillRunner.run(call, in: folder, environment: environment(context))
        if context.wantsJSON {
            context.answer([
                "schema": "coord.skill-call/1", "skill": .string(skill.id.rawValue),
                "succeeded": .bool(answer.succeeded), "text": .string(answer.text),
            ])
        } else {
            context.output.line(TerminalText.escaped(answer.text, keepsLines: true))
        }
        return answer.succeeded ? .done : .tasksFailed
    }

    /// Notes that a person agrees to a skill as its file is now.
    static func allow(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard !isInsideAttempt(context) else {
            throw CommandFailure(.needsDecision, "an agent cannot agree in a person's place")
        }
        let shelf = MissionPreparation.catalog(context).skillShelf()
        let state = StateFolder(project: project(context))
        try CommandFailure.fromSystem { () throws(SystemError) in try state.make() }
        for word in context.arguments.words {
            let (name, hash) = try subject(word, shelf, project: state.project)
            let isRevoked = context.arguments.has("revoke")
            do throws(Diagnostic) {
                var approvals = try Approvals(stateFolder: state.root)
                try approvals.set(name, isRevoked ? nil : hash)
            } catch { throw CommandFailure(.wrongInput, error.message, at: error.place, hint: error.hint) }
            context.output.line(
                isRevoked
                    ? "\(word): asks again"
                    : "\(word): allowed as it is now (\(hash.prefix(12)))")
        }
        return .done
    }

    /// What is agreed to, and its content: a skill, or with `mcp:` a server of the project's `.mcp.json`.
    private static func subject(
        _ word: String, _ shelf: SkillShelf, project: String
    ) throws(CommandFailure) -> (name: String, hash: String) {
        guard word.hasPrefix("mcp:") else {
            let skill = try SkillCommands.find(word, shelf).skill
            return ("skill:" + skill.id.rawValue, skill.contentHash)
        }
        let (servers, problems) = ProjectServer.all(in: project)
        if let server = servers.first(where: { $0.approvalName == word }) {
            return (server.approvalName, server.contentHash)
        }
        let names = servers.map(\.approvalName)
        throw CommandFailure(
            .wrongInput, "the project's `.mcp.json` has no server `\(word.dropFirst(4))` that can be started",
            hint: problems.first?.message
                ?? Suggestion.nearest(to: word, among: names).map { "did you mean `\($0)`?" })
    }

    // MARK: What is meant

    /// Whether an agent types this: it is not the person who may agree to things.
    private static func isInsideAttempt(_ context: CommandContext) -> Bool {
        context.surroundings.environment("COORD_TASK") != nil
    }

    private static func project(_ context: CommandContext) -> String {
        context.arguments.value("project").map(context.path)
            ?? context.surroundings.environment("COORD_PROJECT") ?? context.surroundings.workingFolder
    }

    /// The skill, and whether it may run: an agent's are those it was given, with the agreements that counted
    /// then.
    private static func skill(_ context: CommandContext) throws(CommandFailure) -> (Skill, Bool) {
        let name = context.arguments.first ?? ""
        if let file = context.surroundings.environment("COORD_SKILLS_FILE"), isInsideAttempt(context) {
            // A file that cannot be read gives nothing; the catalogue is asked then.
            let bytes = (try? Files.read(file, limitBytes: 4 << 20)) ?? []
            let given = (try? GivenSkills.decoded(bytes)) ?? []
            if let entry = given.first(where: { $0.skill.id.rawValue == name }) {
                return (entry.skill, entry.isApproved)
            }
        }
        let entry = try SkillCommands.find(name, MissionPreparation.catalog(context).skillShelf())
        if isInsideAttempt(context) { return (entry.skill, false) }
        if context.arguments.has("yes") { return (entry.skill, true) }
        do throws(Diagnostic) {
            let approvals = try Approvals(stateFolder: StateFolder(project: project(context)).root)
            return (entry.skill, approvals.allows(entry.skill))
        } catch { throw CommandFailure(.wrongInput, error.message, at: error.place, hint: error.hint) }
    }

    private static func arguments(
        of skill: Skill, _ context: CommandContext
    ) throws(CommandFailure) -> JSONValue {
        var object = JSONObject()
        if let text = context.arguments.value("args") {
            let value: JSONValue
            do throws(JSONError) { value = try JSONParser.parse(text) } catch {
                throw CommandFailure(.wrongInput, "`--args` is not valid JSON: \(error.description)")
            }
            guard case .object(let given) = value else {
                throw CommandFailure(.wrongInput, "`--args` must be a JSON object")
            }
            object = given
        }
        let properties = skill.parameters?.properties ?? []
        for text in context.arguments.values("arg") {
            guard let equals = text.firstIndex(of: "=") else {
                throw CommandFailure(
                    .wrongInput, "`--arg \(text)` has no `=`", hint: "write `--arg name=value`")
            }
            let name = String(text[..<equals])
            let typed = String(text[text.index(after: equals)...])
            let schema = properties.first { $0.name == name }?.schema
            guard let value = schema.map({ $0.value(typed: typed) }) ?? .string(typed) else {
                throw CommandFailure(
                    .wrongInput,
                    "`\(typed)` cannot be the value of `\(name)`, which is \(schema?.kindName ?? "another kind")"
                )
            }
            object[name] = value
        }
        return .object(object)
    }

    /// What a program gets of our variables: what an agent gets, and what the connection of a database needs.
    private static func environment(_ context: CommandContext) -> [String: String] {
        var environment = AgentEnvironment.inherited()
        for (name, value) in Environment.all where name.hasPrefix("PG") || name.hasPrefix("COORD_") {
            environment[name] = value
        }
        return environment
    }
}
