import CoordJSON
import CoordMCP
import CoordModel
import CoordProcess
import CoordSkills
import CoordSystem

/// The skills of one attempt as tools: those it was given, and those it finds in the middle of its task.
///
/// What it was given is read before the agent begins, from a file that the agent's sandbox does not let it
/// write. The pool is read when the agent first looks for more.
final class SkillDesk {
    /// The variables of an assignment that name the two files; the agent is told of the first only.
    static let givenVariable = "COORD_SKILLS_FILE"
    static let poolVariable = "COORD_SKILLS_POOL"
    /// Programs of skills at once; beyond, the agent is told to wait.
    private static let stepsMax = 4
    private static let fileBytesMax = 16 << 20

    private let surroundings: StepSurroundings
    private let poolFile: String?
    private let report: (AgentReport) -> Void
    private var known: [SkillID: GivenSkills.Entry] = [:]
    private var held: SkillSet
    private var index: SkillIndex?
    private var steps: [Int: SkillStep] = [:]
    private var nextStep = 0
    /// Questions to a person that wait: what is to be run, and the question's name.
    private var questions: [String: String] = [:]

    /// Nil: the attempt has no skills, and no pool to look in.
    init?(
        _ environment: [String: String], in surroundings: StepSurroundings,
        report: @escaping (AgentReport) -> Void
    ) {
        poolFile = environment[Self.poolVariable]
        let file = environment[Self.givenVariable]
        guard file != nil || poolFile != nil else { return nil }
        self.surroundings = surroundings
        self.report = report
        let given = file.map(Self.read) ?? []
        for entry in given { known[entry.skill.id] = entry }
        let pinned = given.filter(\.isPinned).map(\.skill.id)
        held = SkillSet(given.map(\.skill.id), pinned: Set(pinned))
    }

    /// A file that cannot be read gives nothing: the agent works all the same.
    private static func read(_ path: String) -> [GivenSkills.Entry] {
        let bytes = (try? Files.read(path, limitBytes: fileBytesMax)) ?? []
        return (try? GivenSkills.decoded(bytes)) ?? []
    }

    // MARK: The list

    /// The tools of the skills that are there now, in the order they came; those by which more are found
    /// and used stand first.
    var tools: [MCPTool] {
        let programs = held.skills.compactMap { known[$0]?.skill }.filter { $0.handler != nil }
        return (poolFile == nil ? [] : [ToolList.findSkills, ToolList.useSkill]) + programs.map(Self.tool)
    }

    private static func tool(_ skill: Skill) -> MCPTool {
        let schema = (skill.parameters ?? ParameterSchema(.object([], allowsOthers: false))).json
        var text = skill.description
        if skill.requiresConfirmation { text += " A person is asked before it runs." }
        return MCPTool(
            skill.id.rawValue, text, schema["properties"]?.objectValue ?? JSONObject(),
            required: schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            isReadOnly: skill.sideEffects.isEmpty)
    }

    /// The skill that a tool's name means; nil: it is none of this attempt's.
    func skill(_ name: String) -> Skill? { known[SkillID(name)]?.skill }

    /// The agent ended a turn in which it called these tools: what it has not called for long goes.
    func turnEnded(called: [String]) { _ = held.turnEnded(called: Set(called.map { SkillID($0) })) }

    /// Looks for skills in the pool and takes the best into the list. What the agent is told of them.
    func find(_ query: String, limit: Int) -> String {
        if index == nil {
            let pool = poolFile.map(Self.read) ?? []
            index = SkillIndex(pool.map(\.skill))
            for entry in pool where known[entry.skill.id] == nil { known[entry.skill.id] = entry }
        }
        guard let index else { return "There is no skill here." }
        let request = SkillRequest(text: query, counts: 1...limit)
        let found = SkillSelection(index).choose(request).skills.compactMap { known[$0.id]?.skill }
        guard !found.isEmpty else { return "No skill fits that; say it in other words." }
        _ = held.add(found.filter { $0.handler != nil }.map(\.id))
        return found.map(Self.description).joined(separator: "\n\n")
            + "\n\nCall one by its name; where your list of tools does not show it, by use_skill."
    }

    private static let textBytesMax = 8 << 10

    private static func description(_ skill: Skill) -> String {
        guard skill.handler != nil else {
            let text = skill.instructions.isEmpty ? skill.description : skill.instructions
            return "## \(skill.name)\n\n" + String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
        }
        let schema = skill.parameters ?? ParameterSchema(.object([], allowsOthers: false))
        return "`\(skill.id)`: \(skill.description)\nArguments: \(schema.json.text)"
    }

    // MARK: Programs

    /// Checks and fills a call.
    func call(
        _ skill: SkillID, _ arguments: JSONObject, isAgreed: Bool
    ) throws(SkillCallError) -> SkillCall {
        guard let entry = known[skill] else { throw .noProgram(skill) }
        return try SkillCall(
            entry.skill, arguments: .object(arguments), isApproved: isAgreed || entry.isApproved)
    }

    /// Runs a call to its end beside the agent: in its folder, in its sandbox, without a shell. `completion`
    /// is called once, unless the desk is closed before.
    func run(_ call: SkillCall, _ completion: @escaping (_ text: String, _ succeeded: Bool) -> Void) {
        guard steps.count < Self.stepsMax else {
            return completion("\(Self.stepsMax) skills run already; wait for one of them.", false)
        }
        let number = nextStep
        nextStep += 1
        steps[number] = SkillStep(call, in: surroundings) { [unowned self] text, succeeded in
            // It is still on the stack: let go of it when the turn is over.
            let over = steps.removeValue(forKey: number)
            surroundings.timers.after(.zero) { withExtendedLifetime(over) {} }
            completion(text, succeeded)
        }
        steps[number]?.start()
    }

    /// Tells the coordinator that a skill is used, for agents that do not tell of their tools themselves.
    func tell(_ report: AgentReport) { self.report(report) }

    /// Ends what runs.
    func close() {
        for step in steps.values { step.abort() }
        steps = [:]
    }

    // MARK: Agreement

    private func key(_ skill: SkillID, _ arguments: JSONObject) -> String {
        "\(skill) \(JSONValue.object(arguments).text)"
    }

    /// What a person is asked before a skill runs.
    func question(_ skill: SkillID, _ arguments: JSONObject) -> String {
        let effects = known[skill]?.skill.sideEffects ?? []
        let what = effects.isEmpty ? "" : " It " + effects.joined(separator: ", ") + "."
        let words = JSONValue.object(arguments).text.utf8.prefix(1000)
        return "May the skill `\(skill)` run with \(String(decoding: words, as: UTF8.self))?" + what
    }

    /// The question about this very call that waits already.
    func openQuestion(_ skill: SkillID, _ arguments: JSONObject) -> String? {
        questions[key(skill, arguments)]
    }

    /// A question was asked, or is answered: nil.
    func note(question: String?, _ skill: SkillID, _ arguments: JSONObject) {
        questions[key(skill, arguments)] = question
    }
}

/// One run of a skill's program, beside the agent.
private final class SkillStep {
    private let call: SkillCall
    private let surroundings: StepSurroundings
    private let completion: (String, Bool) -> Void
    private var step: CommandStep?
    private var output = Tail()
    private var errors = Tail()
    private var timer: Timers.Token?
    private var isLate = false

    /// The end of a stream, as far as it is given on.
    private struct Tail {
        var bytes: [UInt8] = []
        var dropped = 0

        mutating func add(_ line: ArraySlice<UInt8>) {
            bytes += line
            bytes.append(0x0A)
            // Cut now and then, not with each line.
            if bytes.count > 2 * SkillCall.outputBytesMax { cut() }
        }

        mutating func cut() {
            let more = bytes.count - SkillCall.outputBytesMax
            guard more > 0 else { return }
            bytes.removeFirst(more)
            dropped += more
        }
    }

    init(
        _ call: SkillCall, in surroundings: StepSurroundings, completion: @escaping (String, Bool) -> Void
    ) {
        self.call = call
        self.surroundings = surroundings
        self.completion = completion
    }

    func start() {
        guard let program = call.programFile(path: surroundings.environment["PATH"]) else {
            return finish(.missing)
        }
        surroundings.transcript.note("[coord: skill \(call.id)]")
        let lines = StepLines(
            output: { [unowned self] in output.add($0) }, error: { [unowned self] in errors.add($0) },
            oversized: { [unowned self] in output.dropped += $0 }, isTranscript: false)
        do throws(ProcessError) {
            step = try CommandStep(
                .file(program, arguments: call.arguments), in: surroundings, lines: lines, isAlone: false
            ) { [unowned self] in conclude($0) }
        } catch { return finish(.failed(error.description)) }
        timer = surroundings.timers.after(call.timeout) { [unowned self] in
            isLate = true
            step?.terminate()
        }
    }

    func abort() {
        surroundings.timers.cancel(timer)
        step?.abort()
    }

    private func conclude(_ exit: ExitOutcome) {
        surroundings.timers.cancel(timer)
        if isLate { return finish(.timedOut) }
        switch exit {
        case .exited(let status): finish(.exited(status))
        case .signaled(let signal): finish(.signaled(signal))
        }
    }

    private func finish(_ end: SkillCall.End) {
        output.cut()
        errors.cut()
        let answer = call.answer(
            end, output: output.bytes, errors: errors.bytes, dropped: output.dropped + errors.dropped)
        completion(answer.text, answer.succeeded)
    }
}

extension SkillCall {
    /// The program as a file. Nil: it is not installed here.
    fileprivate func programFile(path: String?) -> String? {
        if program.hasPrefix("./") { return Executables.find(Files.absolute(program, base: home)) }
        return Executables.find(program, path: path)
    }
}
