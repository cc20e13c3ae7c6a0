package import CoordModel

/// The facts worth a line of their own while a run goes on: on a terminal they scroll by above the picture,
/// elsewhere they are all there is.
package enum ProgressLine {
    /// The line of a fact, or nil when it deserves none. `model` must have folded it already. `isDetailed`
    /// adds what the picture on a terminal shows anyway.
    package static func text(
        _ fact: Fact, _ model: ProgressModel, isDetailed: Bool, style: Style
    ) -> String? {
        guard let words = words(fact, model, isDetailed, style) else { return nil }
        let start = model.run?.startedAt ?? fact.time
        let clock = TerminalText.rightAligned(Wording.clock(max(.zero, fact.time - start)), to: 5)
        return style.dim(clock) + "  " + words
    }

    private static func words(
        _ fact: Fact, _ model: ProgressModel, _ isDetailed: Bool, _ style: Style
    ) -> String? {
        switch fact.body {
        case .runStarted, .runResumed, .runStatusChanged, .rateLimited, .budgetWarned, .budgetExhausted,
            .deliveryPushed, .deliveryFailed, .targetFollowed, .targetMoved:
            ofRun(fact, style)
        case .taskLanded, .taskCompleted, .taskRetryable, .taskFailed, .taskQuarantined, .taskSkipped,
            .taskCancelled, .taskRevived, .approvalAsked, .reviewFinished, .landingDelayed,
            .questionAsked, .answerAwaited:
            ofTask(fact, model, style)
        // A conflict and a gate that did not pass are told by the retry or the failure that follows.
        case .leaseGranted(let lease, let worker):
            isDetailed
                ? sign(" ", lease.task) + "begun by \(worker)"
                    + (lease.attempt > 1 ? ", attempt \(lease.attempt)" : "")
                : nil
        case .taskAdded(let spec, let proposer?):
            sign("+", spec.id) + "asked for by the agent of `\(proposer)`"
        case .workerExited(let worker, let outcome, let why) where model.run?.status == .running:
            style.yellow("!") + " \(worker) ended: \(outcome)" + reason(why)
        case .workerOffline(let worker, _, let why): style.red("!") + " \(worker) is offline" + reason(why)
        case .workerStartFailed(let worker, let why):
            style.yellow("!") + " \(worker) could not be started" + reason(why)
        case .staleMessageRefused(let worker, let lease, let method, _):
            style.yellow("!") + " \(worker): a late `\(TerminalText.escaped(method))` of \(lease) was refused"
        default: nil
        }
    }

    private static func ofRun(_ fact: Fact, _ style: Style) -> String? {
        switch fact.body {
        case .runStarted(let start):
            style.bold(TerminalText.escaped(start.missionName)) + ": "
                + Wording.plural(start.slots.count, "worker")
                + ", lands on `\(TerminalText.escaped(start.target))`, "
                + (start.simulated
                    ? "a rehearsal: no model is called" : "agent \(TerminalText.escaped(start.agent))")
        case .runResumed: "the run goes on"
        case .runStatusChanged(let status, let why):
            style.yellow("the run is \(status.rawValue)") + reason(why)
        case .rateLimited(let until, let why):
            style.yellow("!") + " rate limit until \(until.clock) UTC" + reason(why)
        case .deliveryPushed(let commit, let place, let address):
            style.green("↑") + " \(commit.short) delivered to \(TerminalText.escaped(place))"
                + reason(address ?? "")
        case .deliveryFailed(_, let why, _): style.yellow("!") + " not delivered" + reason(why)
        case .targetFollowed(_, let commit, let place):
            "the branch was moved up to \(commit.short) of \(TerminalText.escaped(place))"
        case .targetMoved(_, let name, let times, let since) where times >= TargetMoves.worthTelling:
            style.yellow("!") + " "
                + TerminalText.escaped(Wording.targetMoves(times, since: since, by: name))
        case .budgetWarned(let spent, let budget):
            style.yellow("!") + " \(Wording.money(spent)) of \(Wording.money(budget)) are spent"
        case .budgetExhausted(let spent, let budget, let scope):
            style.red("!") + " the budget of \(TerminalText.escaped(scope)) is used up: "
                + "\(Wording.money(spent)) of \(Wording.money(budget))"
        default: nil
        }
    }

    private static func ofTask(_ fact: Fact, _ model: ProgressModel, _ style: Style) -> String? {
        switch fact.body {
        case .taskLanded(let lease, let commit, _):
            sign(style.green("✓"), lease.task) + "landed as \(commit.short)"
                + byWhom(lease, fact.time, model, style)
        case .taskCompleted(let lease, let note):
            sign(style.green("✓"), lease.task) + "completed" + reason(note)
                + byWhom(lease, fact.time, model, style)
        case .taskRetryable(let lease, let why, let notBefore, _):
            sign(style.yellow("↻"), lease.task) + "failed in attempt \(lease.attempt)" + reason(why)
                + (notBefore - fact.time >= .milliseconds(100)
                    ? "; again in \(Wording.duration(notBefore - fact.time))" : "")
        case .taskFailed(let id, let why, let cause):
            sign(style.red("✗"), id)
                + (cause.map { "failed because `\($0)`, which it needs, failed" } ?? "failed" + reason(why))
        case .taskQuarantined(let id, let why): sign(style.red("✗"), id) + "was set aside" + reason(why)
        case .taskSkipped(let id, let why): sign("–", id) + "skipped" + reason(why)
        case .taskCancelled(let id, let why): sign("–", id) + "cancelled" + reason(why)
        case .taskRevived(let id, let why): sign("+", id) + "is back" + reason(why)
        case .reviewFinished(let lease, let worker, let verdict, let why):
            sign(verdict?.approves == true ? " " : style.yellow("↻"), lease.task) + "\(worker) "
                + (verdict.map { ($0.approves ? "approves" : "asks for changes") + reason($0.gist) }
                    ?? "came to no verdict" + reason(why))
        case .approvalAsked(let lease, let why):
            sign(style.bold("?"), lease.task) + "waits for you: `coord tasks approve \(lease.task)`"
                + reason(why)
        case .questionAsked(let question) where question.addressee == .person:
            sign(style.bold("?"), question.lease.task)
                + "asks you (`coord tasks answer \(question.lease.task) TEXT`)" + reason(question.text)
        case .answerAwaited(let lease, let why):
            sign(style.bold("?"), lease.task)
                + "waits for your answer: `coord tasks answer \(lease.task) TEXT`" + reason(why)
        case .landingDelayed(let lease, let why):
            sign(style.yellow("!"), lease.task) + "cannot land yet" + reason(why)
        default: nil
        }
    }

    private static func sign(_ sign: String, _ task: TaskID) -> String { "\(sign) \(task) " }

    private static func reason(_ text: String) -> String {
        text.isEmpty ? "" : ": " + TerminalText.cut(TerminalText.escaped(text), to: 200)
    }

    private static func byWhom(
        _ lease: Lease, _ time: Timestamp, _ model: ProgressModel, _ style: Style
    ) -> String {
        guard let task = model.task(lease.task), let worker = task.assignedTo.flatMap(model.worker) else {
            return ""
        }
        let slot = worker.slot
        var text = "  " + style.colored(slot.shape + " " + slot.worker.rawValue, slot.color)
        if let begun = task.startedAt { text += style.dim(", " + Wording.duration(max(.zero, time - begun))) }
        return text + (lease.attempt > 1 ? style.dim(", attempt \(lease.attempt)") : "")
    }
}
