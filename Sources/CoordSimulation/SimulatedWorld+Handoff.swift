import CoordCore
import CoordModel

// MARK: - Handing over

extension SimulatedWorld {
    /// A step beside the living session: written, committed or pushed, or not.
    mutating func handOff(_ slot: Int, _ lease: Lease, _ step: HandoffStep) {
        safety.expect(handoffSteps[slot] == nil, "slot \(slot) does two steps of a handoff at once")
        handoffSteps[slot] = lease
        let outcome: HandoffStepOutcome = strikes(.handoffFails) ? .failed("no space left") : .done("")
        tell(.handoffStepEnded(slot: slot, lease, step, outcome), after: chance.milliseconds(5...2000))
    }

    /// The session has ended: what it left becomes a commit, on top of what it began with.
    mutating func takeHandoff(_ slot: Int, _ lease: Lease, _ job: HandoffJob) {
        watchFolder(of: slot, lease)
        safety.expect(handoffSteps[slot] == nil, "the files of slot \(slot) are taken over during a step")
        let delay = chance.milliseconds(5...400)
        if strikes(.takingFails) {
            let work: TakenWork =
                leftBy[slot] == nil || chance.happens(perMille: 500)
                ? .failed(reason: "no space left")
                : .rescued(project.newObject(), reference: "refs/coord/rescue/\(lease)")
            if case .rescued = work { leftBy[slot] = nil }
            return tell(.workTaken(slot: slot, lease, work), after: delay)
        }
        if job.hasDied {
            var work = TakenWork.nothing
            if leftBy[slot] != nil {
                let reference = "refs/coord/rescue/\(lease)"
                work = .rescued(
                    project.newObject(), reference: reference,
                    document: HandoffSheet(
                        file: "\(lease).md", origin: .synthesised, remaining: ["finish"], rescue: reference))
            }
            leftBy[slot] = nil
            return tell(.workTaken(slot: slot, lease, work), after: delay)
        }
        let earlier = projection.task(lease.task)?.handoff?.sheet
        let hasNew = leftBy[slot] != nil
        let commit = hasNew ? handedOver[lease] ?? project.newObject() : earlier?.commit
        if hasNew { handedOver[lease] = commit }
        leftBy[slot] = nil
        let sheet = HandoffSheet(
            file: "\(lease).md", origin: .synthesised, commit: commit, base: commit == nil ? nil : job.base,
            remaining: ["finish"])
        tell(.workTaken(slot: slot, lease, .handedOff(sheet)), after: delay)
    }

    mutating func continueWorktree(_ slot: Int, _ lease: Lease, base: ObjectID, content: ObjectID) {
        watchFolder(of: slot, lease)
        let sheet = projection.task(lease.task)?.handoff?.sheet
        safety.expect(
            sheet?.commit == content, "\(lease) goes on with \(content.short), which was not handed over")
        prepareWorktree(slot, lease, holding: base)
    }

    /// The agent is told to hand over: it cannot be told, or writes and ends.
    mutating func hearHandoff(_ index: Int, _ lease: Lease) {
        let worker = workers[index]
        guard worker.work == lease else { return }
        let listens = chance.happens(perMille: 600)
        say(index, .agentReported(slot: worker.slot, lease, .handoffAsked(accepted: listens)))
        guard listens, !worker.ignoresOrders else { return }
        plan(
            .worker(pid: worker.pid, .act(.finishes(.handedOff, times: 1), lease)),
            in: chance.milliseconds(1...90_000))
    }

    /// What is handed over is not left behind: who begins anew has nothing to go on with.
    mutating func watchBeginning(_ lease: Lease) {
        guard let record = projection.task(lease.task)?.handoff, record.state.isCarried else { return }
        safety.expect(record.sheet?.commit == nil, "\(lease) begins anew although work was handed over")
    }
}
