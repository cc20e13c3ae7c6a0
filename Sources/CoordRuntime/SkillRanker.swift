import CoordAgents
import CoordCatalog
import CoordJSON
import CoordModel
import CoordProcess
import CoordSkills
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks a model which of many candidate skills an attempt needs, before the attempt is handed out.
///
/// Confined to the loop's thread. Each question is one call of coord's own agent through the gateway: the
/// governor paces it, the ledger is charged for it, and its carrier ends itself when its time is over. What
/// goes wrong is told and changes nothing but who ranks.
final class SkillRanker {
    /// What is asked for an attempt.
    struct Question {
        var slot: Int
        var worker: WorkerID
        var lease: Lease
        var request: SkillRequest
        var candidates: [Skill]
    }

    /// A question whose answer is still to come.
    private final class Talk {
        let question: Question
        let conclude: (SkillsRanking) -> Void
        var dialogue: DirectDialogue
        var child: ChildProcess?
        var channel: LineChannel?

        init(
            _ question: Question, _ dialogue: DirectDialogue, conclude: @escaping (SkillsRanking) -> Void
        ) {
            self.question = question
            self.dialogue = dialogue
            self.conclude = conclude
        }
    }

    private let wish: ProjectSettings.Ranking
    private let program: String?
    private let gateway: GatewayHost?
    private let log: String
    private let loop: EventLoop
    private let clock: RuntimeClock
    private var talks: [Int: Talk] = [:]

    /// - Parameters:
    ///   - program: `coord-gateway`. Nil: there is no gateway, and every answer says so.
    ///   - log: where its complaints go.
    init(
        _ wish: ProjectSettings.Ranking, program: String?, gateway: GatewayHost?, log: String,
        loop: EventLoop, clock: RuntimeClock
    ) {
        self.wish = wish
        self.program = program
        self.gateway = gateway
        self.log = log
        self.loop = loop
        self.clock = clock
    }

    /// Asks; `conclude` is called once, now or later, unless the question is dropped.
    func ask(_ question: Question, conclude: @escaping (SkillsRanking) -> Void) {
        guard let program, let gateway else {
            return conclude(unanswered("the run has no model gateway"))
        }
        guard let address = gateway.address(aside: question.worker, provider: wish.provider) else {
            return conclude(unanswered("the gateway holds no key for `\(wish.provider)`"))
        }
        let tool = AgentTool(
            name: SkillRanking.toolName, description: SkillRanking.toolDescription,
            schema: SkillRanking.arguments(question.candidates).json)
        let launch = AgentLaunch(
            driver: "api", program: program, model: "\(wish.provider)/\(wish.model)",
            systemPrompt: SkillRanking.systemPrompt)
        let prompt = SkillRanking.prompt(question.request, question.candidates)
        let request = AgentRequest(
            launch: launch, prompt: prompt, promptFile: "", worktree: "",
            environment: ["COORD_GATEWAY_URL": address], tools: [tool])
        let talk = Talk(question, DirectDialogue(request), conclude: conclude)
        do {
            try start(talk, program)
        } catch {
            return conclude(unanswered("coord-gateway could not be started: \(error)"))
        }
        talks[question.slot] = talk
        act(talk.dialogue.begin(), talk)
    }

    /// Something else is to be said to the slot's worker: it gets its attempt at once.
    func hurry(_ slot: Int) {
        guard let talk = talks[slot] else { return }
        finish(talk, unanswered("something else came first"))
    }

    /// The slot's worker is gone: nobody waits for the answer any more.
    func drop(_ slot: Int) {
        guard let talk = talks.removeValue(forKey: slot) else { return }
        leave(talk)
    }

    /// Drops every question.
    func end() { for slot in Array(talks.keys) { drop(slot) } }

    private func unanswered(_ reason: String) -> SkillsRanking {
        SkillsRanking(model: wish.name, reason: reason)
    }

    // MARK: The carrier

    private func start(_ talk: Talk, _ program: String) throws {
        let toCarrier = try Descriptors.makePipe()
        let fromCarrier = try Descriptors.makePipe()
        defer { for end in [toCarrier.read, fromCarrier.write] { Descriptors.close(end) } }
        let child: ChildProcess
        do {
            let errors = try Descriptors.open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
            defer { Descriptors.close(errors) }
            child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: program,
                    arguments: ["--carry", "--within", String(wish.limit.components.seconds)],
                    environment: AgentEnvironment.inherited().merging(["SWIFT_BACKTRACE": "enable=no"]) {
                        $1
                    },
                    descriptors: [(0, toCarrier.read), (1, fromCarrier.write), (2, errors)], session: true))
        } catch {
            for end in [toCarrier.write, fromCarrier.read] { Descriptors.close(end) }
            throw error
        }
        let channel = try LineChannel(
            loop: loop, read: fromCarrier.read, write: toCarrier.write, lineLimitBytes: 32 << 20)
        (talk.child, talk.channel) = (child, channel)
        channel.onLine = { [unowned self, unowned talk] line in
            act(talk.dialogue.hear(line, at: clock.now()), talk)
        }
        loop.watchExit(of: child) { [unowned self] exit in
            channel.drain()
            channel.close()
            guard talks[talk.question.slot] === talk else { return }
            let failure = talk.dialogue.end(exit, files: [:]).failure?.description
            finish(talk, unanswered(failure ?? "it did not call `\(SkillRanking.toolName)`"))
        }
    }

    private func act(_ actions: [AgentAction], _ talk: Talk) {
        for action in actions where talks[talk.question.slot] === talk {
            switch action {
            case .send(let line): talk.channel?.send(line: line)
            case .closeInput: talk.channel?.finishWriting()
            case .use(_, let tool, let arguments): judge(tool, arguments, talk)
            // What the call used is measured by the gateway; the rest is talk.
            case .report, .say, .access, .keep, .turnEnded: break
            }
        }
    }

    private func judge(_ tool: String, _ arguments: JSONObject, _ talk: Talk) {
        guard tool == SkillRanking.toolName else {
            return finish(talk, unanswered("it called `\(tool)`, which is no tool it was given"))
        }
        switch SkillRanking.verdict(arguments, talk.question.candidates) {
        case .success(let ranked): finish(talk, SkillsRanking(model: wish.name, skills: ranked))
        case .failure(let refusal): finish(talk, unanswered(refusal.reason))
        }
    }

    private func finish(_ talk: Talk, _ ranking: SkillsRanking) {
        talks[talk.question.slot] = nil
        leave(talk)
        talk.conclude(ranking)
    }

    /// Ends the carrier and the call it may have under way; its exit is still waited for.
    private func leave(_ talk: Talk) { talk.child?.killTree() }
}
