import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// What drives one agent. It reports while it works, and completes once: with nil when all went well, else
/// with how the attempt failed.
protocol AgentDriver: AnyObject {
    /// Begins. `completion` may be called before this returns.
    func start(report: @escaping (AgentReport) -> Void, completion: @escaping (AttemptOutcome?) -> Void)
    /// Says something to the agent while it works. False: it cannot be spoken to.
    func steer(_ text: String) -> Bool
    /// Ends politely; `completion` still comes.
    func terminate()
    /// Ends at once; nothing is called any more.
    func abort()
    /// The coordinator may have taken something.
    func resumeIfPossible()
}

/// One attempt at one task, from its assignment to its outcome: the agent, then the checks, within a time.
final class Attempt {
    let assignment: Assignment
    private let surroundings: StepSurroundings
    private let report: (AgentReport) -> Void
    private let completion: (AttemptOutcome, String) -> Void
    private let tell: (Int64, AgentCall) -> Bool
    /// Where the agent's processes reach us, while it works.
    private(set) var channel: AgentChannel?
    private var agent: (any AgentDriver)?
    private var check: CommandStep?
    /// The place in line before the first check, and the slot that is held for all of them.
    private var wait: SlotWait?
    private var slot: HeldSlot?
    private var timeout: Timers.Token?
    /// Set when somebody else than the agent decided the end.
    private var verdict: AttemptOutcome?
    /// The agent was told to hand over: when it ends well, that is what it did.
    private var isHandingOver = false
    private var hasAgentEnded = false
    private var isOver = false
    /// What the coordinator told the agent, the newest last.
    private var notes = ""

    init(
        _ assignment: Assignment, in surroundings: StepSurroundings,
        report: @escaping (AgentReport) -> Void,
        tell: @escaping (_ call: Int64, AgentCall) -> Bool,
        completion: @escaping (_ outcome: AttemptOutcome, _ tail: String) -> Void
    ) {
        self.tell = tell
        self.assignment = assignment
        self.surroundings = surroundings
        self.report = report
        self.completion = completion
    }

    /// What is not to be told of it.
    var secrets: SecretMask { surroundings.secrets }

    func start() {
        if let limit = assignment.timeout {
            timeout = surroundings.timers.after(limit) { [unowned self] in end(.timedOut(after: limit)) }
        }
        switch assignment.work {
        case .none: return startChecks()
        case .command(let command): agent = CommandAgent(command, in: surroundings)
        case .agent(let launch):
            agent = DialogueAgent(launch, assignment: assignment, in: surroundings) { [unowned self] in
                channel
            }
        case .rehearsal(let folder, let part):
            agent = RehearsalAgent(
                folder: folder, part: part, attempt: assignment.lease.attempt, in: surroundings)
        }
        openChannel()
        agent?.start(report: report) { [unowned self] problem in
            closeChannel()
            hasAgentEnded = true
            if let problem = problem ?? handInPlan() { return finish(problem) }
            if isHandingOver { finish(.handedOff) } else { startChecks() }
        }
    }

    /// Without its tools an agent works all the same.
    private func openChannel() {
        do throws(SystemError) {
            // A reviewer only looks.
            let skills =
                assignment.environment["COORD_REVIEW"] == nil
                ? SkillDesk(assignment.environment, in: surroundings, report: report) : nil
            channel = try AgentChannel(
                assignment, loop: surroundings.loop, timers: surroundings.timers, skills: skills,
                report: report, tell: tell)
        } catch {
            surroundings.transcript.note("[coord: the agent's tools are not there] \(error)")
        }
    }

    private func closeChannel() {
        channel?.close()
        // It may be what calls us: it goes when the turn is over.
        let over = channel
        surroundings.timers.after(.zero) { withExtendedLifetime(over) {} }
        channel = nil
    }

    /// Reports the tasks of the plan that the agent left in its file, where it was to make one. Nil: there is
    /// none, or all went well; else why it cannot be read.
    private func handInPlan() -> AttemptOutcome? {
        guard verdict == nil, let path = assignment.environment[PlanFile.variable] else { return nil }
        do throws(PlanFile.Problem) {
            for task in try PlanFile.read(path) { report(.proposedTask(task)) }
            return nil
        } catch { return .failed(reason: error.description) }
    }

    /// Has the agent write its handoff and end. One that has ended well needs none: it is told of by its end.
    func handOff() {
        guard verdict == nil, !isOver else { return }
        guard let agent, !hasAgentEnded else { return report(.handoffAsked(accepted: true)) }
        let place = assignment.handoffOut.map { " Write them as Markdown to the file `\($0)`." } ?? ""
        isHandingOver = isHandingOver || agent.steer(Self.request + place)
        report(.handoffAsked(accepted: isHandingOver))
    }

    /// What an agent is told that is to hand over.
    private static let request = """
        Your session is about to end, and a fresh one goes on with your task. Stop after the step you are at; \
        begin nothing new. Write down for it, in these sections: Done, Decisions and why, Remaining, Open \
        questions, Pitfalls, How to check. Then end. What is in the worktree is kept; do not commit or push.
        """

    /// Checks are heavy commands: they run in a slot of the machine.
    private func startChecks() {
        guard verdict == nil, !assignment.checks.isEmpty, !MachineSlots.isInside() else { return runCheck(0) }
        let label = "checks of \(assignment.lease.task), run \(assignment.run)"
        do throws(SystemError) {
            wait = try SlotWait(label, loop: surroundings.loop) { [unowned self] slot in
                wait = nil
                self.slot = slot
                runCheck(0)
            }
        } catch {
            runCheck(0)
        }
    }

    private func runCheck(_ index: Int) {
        guard verdict == nil, index < assignment.checks.count else { return finish(.finished) }
        let command = assignment.checks[index]
        surroundings.transcript.note("[coord: check] \(command)")
        do throws(ProcessError) {
            check = try CommandStep(
                .shell(command), in: surroundings, variables: slot?.variables ?? [:]
            ) { [unowned self] exit in
                check = nil
                guard exit == .exited(status: 0) else {
                    return finish(.failed(reason: "the check `\(command)` ended with \(exit)"))
                }
                runCheck(index + 1)
            }
        } catch {
            finish(.failed(reason: "the check `\(command)` could not run: \(error)"))
        }
    }

    /// Ends the attempt with this outcome, politely; the outcome is told when nothing of it runs any more.
    func end(_ outcome: AttemptOutcome) {
        guard verdict == nil, !isOver else { return }
        verdict = outcome
        agent?.terminate()
        check?.terminate()
        guard wait != nil else { return }
        wait = nil
        finish(outcome)
    }

    /// Adds to the file that `COORD_NOTES` names. It is written anew as a whole: the agent can write in its
    /// folder, and nothing it put there is followed.
    func add(note: String) throws(SystemError) {
        guard let path = assignment.notes, notes.utf8.count < Self.notesBytesMax else { return }
        notes += (notes.isEmpty ? "" : "\n") + note + "\n"
        try Files.write(Array(notes.utf8), to: path, permissions: 0o600, step: .handoffIn)
    }

    private static let notesBytesMax = 64 << 10

    /// Kills everything now and tells nobody.
    func abort() {
        isOver = true
        surroundings.timers.cancel(timeout)
        closeChannel()
        agent?.abort()
        check?.abort()
        wait = nil
        slot = nil
    }

    /// Grows whenever the agent says or asks something, and at each look while it waits for an answer.
    func countSigns() -> UInt64 { surroundings.transcript.bytesSeen &+ (channel?.countSigns() ?? 0) }

    /// False: its agent cannot be spoken to, or not any more.
    func tell(_ text: String) -> Bool { check == nil && agent?.steer(text) ?? false }

    func resumeIfPossible() {
        agent?.resumeIfPossible()
        check?.resumeIfPossible()
    }

    private func finish(_ outcome: AttemptOutcome) {
        guard !isOver else { return }
        isOver = true
        surroundings.timers.cancel(timeout)
        if channel != nil { closeChannel() }
        slot = nil
        completion(verdict ?? outcome, surroundings.transcript.tail)
    }
}
