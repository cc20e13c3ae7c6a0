import CoordJSON
import CoordMCP
import CoordModel
import CoordProcess
import CoordSkills
import CoordSystem
import CoordWire

/// Does what an agent's use of a tool asks for: here what is the worker's, by the coordinator what is its.
/// One for each MCP connection, and one for an agent that has its tools from coord itself.
final class ToolDesk {
    private let loop: EventLoop
    private let timers: Timers
    private unowned let owner: AgentChannel
    /// What came of a use; once for each, unless it is dropped before.
    private let answer: (RPCID, MCPSession.Result) -> Void
    /// What each use under way waits for besides the coordinator.
    private var waits: [RPCID: Wait] = [:]

    private struct Wait {
        var timer: Timers.Token?
        var call: Int64?
        var slot: SlotWait?
    }

    init(
        _ owner: AgentChannel, loop: EventLoop, timers: Timers,
        answer: @escaping (RPCID, MCPSession.Result) -> Void
    ) {
        self.owner = owner
        self.loop = loop
        self.timers = timers
        self.answer = answer
    }

    /// Whether it waits for a slot of the machine.
    var isWaitingForSlot: Bool { waits.values.contains { $0.slot != nil } }

    /// Nothing more is answered.
    func close() { for id in Array(waits.keys) { drop(id) } }

    /// Begins what the tool does.
    func use(_ tool: String, _ arguments: JSONObject, _ id: RPCID) {
        guard owner.admitsCall() else { return finish(id, "Too many calls at once; wait a second.", true) }
        if let skill = owner.skills?.skill(tool) { return use(skill, arguments, id) }
        let request: ToolRequest?
        do throws(WireError) { request = try ToolRequest.read(tool: tool, arguments: arguments) } catch {
            return finish(id, "\(error).", true)
        }
        switch request {
        case .report(let report, let reply):
            owner.pass(report)
            finish(id, reply)
        case .takeSlot(let label, let seconds): takeSlot(for: id, label, seconds)
        case .releaseSlot:
            let isHeld = owner.heldSlot != nil
            owner.releaseSlot()
            finish(id, isHeld ? "Given back." : "You hold no slot.", !isHeld)
        case .findSkills(let query, let limit):
            guard let skills = owner.skills else { return finish(id, "There are no skills here.", true) }
            let before = skills.tools.count
            let text = skills.find(query, limit: limit)
            if skills.tools.count != before { owner.toolsChanged() }
            finish(id, text)
        case .useSkill(let name, let arguments):
            guard let skill = owner.skills?.skill(name) else {
                return finish(id, "There is no skill `\(name)`; look for one with discover_skills.", true)
            }
            use(skill, arguments, id)
        case .plan(let plan):
            let problem = owner.handIn(plan: plan)
            finish(
                id, problem ?? "Taken down. You may end now, or hand in another in its place.", problem != nil
            )
        case .call(let call, let seconds): hand(call, seconds, id)
        case nil: finish(id, "There is no tool `\(tool)`.", true)
        }
    }

    private func hand(_ call: AgentCall, _ seconds: Int, _ id: RPCID) {
        if case .awaitAnswer(let question) = call { return awaitAnswer(question, seconds, id) }
        waits[id] = Wait()
        waits[id]?.call = owner.call(call) { [unowned self] answer in
            guard let question = answer.question, seconds > 0 else {
                return finish(id, answer.text, answer.isRefused)
            }
            awaitAnswer(question, seconds, id)
        }
        // Answered at once, when the coordinator does not read.
        if waits[id]?.call == nil { waits[id] = nil }
    }

    private func awaitAnswer(_ question: String, _ seconds: Int, _ id: RPCID) {
        var wait = Wait()
        wait.timer = timers.after(.seconds(seconds)) { [unowned self] in
            finish(
                id,
                "No answer to \(question) yet. Go on with what does not depend on it, and look again with "
                    + "await_answer.")
        }
        waits[id] = wait
        let number = owner.call(.awaitAnswer(question: question)) { [unowned self] answer in
            finish(id, answer.text, answer.isRefused)
        }
        waits[id]?.call = number
    }

    private func finish(_ id: RPCID, _ text: String, _ isError: Bool = false) {
        drop(id)
        answer(id, MCPSession.Result(text, isError: isError))
    }

    /// Nobody waits any more for what the call waits for.
    func drop(_ id: RPCID) {
        guard let wait = waits.removeValue(forKey: id) else { return }
        timers.cancel(wait.timer)
        owner.forget(wait.call)
        wait.slot?.cancel()
        // The wait may be what calls us: it goes when the turn is over.
        if let slot = wait.slot { timers.after(.zero) { withExtendedLifetime(slot) {} } }
    }

    // MARK: - Slots

    private func takeSlot(for id: RPCID, _ label: String, _ seconds: Int) {
        guard owner.heldSlot == nil, !isWaitingForSlot else {
            return finish(id, "You hold a slot, or wait for one, already.", true)
        }
        guard !MachineSlots.isInside() else {
            return finish(id, "The whole run has a slot already; go on.")
        }
        var wait = Wait()
        wait.timer = timers.after(.seconds(seconds)) { [unowned self] in
            finish(id, "All slots are taken; ask again, or do something lighter first.", true)
        }
        waits[id] = wait
        do throws(SystemError) {
            waits[id]?.slot = try SlotWait(owner.slotLabel(label), loop: loop) { [unowned self] slot in
                if let slot { owner.hold(slot) }
                finish(id, slot == nil ? "No slot can be had here; go on without." : "You have a slot.")
            }
        } catch {
            finish(id, "No slot can be had here; go on without.")
        }
    }

    // MARK: - Skills

    /// How long a person is waited for before a skill runs that asks.
    private static let agreementWait = Duration.seconds(600)
    /// What a person says to agree.
    private static let agreements = ["yes", "y", "run", "allow", "ok"]

    private func use(_ skill: Skill, _ arguments: JSONObject, _ id: RPCID, isAgreed: Bool = false) {
        guard let skills = owner.skills else { return }
        let call: SkillCall
        do throws(SkillCallError) {
            call = try skills.call(skill.id, arguments, isAgreed: isAgreed)
        } catch {
            if case .needsPerson = error { return askPerson(skill, arguments, id) }
            return finish(id, error.description + (error.hint.map { " (\($0))" } ?? ""), true)
        }
        // A coding agent tells of its tools itself; of a plain command's nobody else does.
        let tells = if case .command = owner.assignment.work { true } else { false }
        let name = "\(id)"
        if tells { skills.tell(.toolStarted(name: skill.id.rawValue, id: name, summary: "")) }
        waits[id] = Wait()
        skills.run(call) { [unowned self] text, succeeded in
            if tells {
                skills.tell(
                    .toolEnded(name: skill.id.rawValue, id: name, succeeded: succeeded, summary: ""))
            }
            guard waits[id] != nil else { return }
            finish(id, text, !succeeded)
        }
    }

    private func askPerson(_ skill: Skill, _ arguments: JSONObject, _ id: RPCID) {
        guard let skills = owner.skills else { return }
        if let question = skills.openQuestion(skill.id, arguments) {
            return awaitAgreement(question, skill, arguments, id)
        }
        waits[id] = Wait()
        let ask = AgentCall.ask(
            to: nil, text: skills.question(skill.id, arguments), choices: ["yes", "no"])
        waits[id]?.call = owner.call(ask) { [unowned self] answer in
            guard let question = answer.question else { return finish(id, answer.text, true) }
            skills.note(question: question, skill.id, arguments)
            awaitAgreement(question, skill, arguments, id)
        }
        if waits[id]?.call == nil { waits[id] = nil }
    }

    private func awaitAgreement(
        _ question: String, _ skill: Skill, _ arguments: JSONObject, _ id: RPCID
    ) {
        var wait = Wait()
        wait.timer = timers.after(Self.agreementWait) { [unowned self] in
            finish(id, "Nobody has said yet whether `\(skill.id)` may run. Call it again later.", true)
        }
        waits[id] = wait
        let number = owner.call(.awaitAnswer(question: question)) { [unowned self] answer in
            drop(id)
            guard let words = answer.words else { return finish(id, answer.text, true) }
            owner.skills?.note(question: nil, skill.id, arguments)
            let isYes = Self.agreements.contains(
                words.lowercased().split { !$0.isLetter }.first.map(String.init) ?? "")
            guard isYes else { return finish(id, "It does not run. A person said: \(words)", true) }
            use(skill, arguments, id, isAgreed: true)
        }
        waits[id]?.call = number
    }
}
