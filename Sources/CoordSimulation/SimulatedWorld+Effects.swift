import CoordCore
import CoordModel

// MARK: - Obeying the coordinator

extension SimulatedWorld {
    /// Something is told to this coordinator after a while; it is lost if that one dies before.
    mutating func tell(_ event: Event, after delay: Duration) { plan(.told(event, epoch: epoch), in: delay) }

    mutating func perform(_ effect: Effect) {
        note("    → \(effect)")
        watch(effect)
        switch effect {
        case .record: preconditionFailure("facts are recorded before the acts")
        case .startWorker(let slot): startWorker(slot)
        case .stopWorker(let slot): order(slot, .stop)
        case .killWorker(let slot): killWorker(slot)
        case .assign(let slot, let lease, let spec, _, _): order(slot, .assign(lease, spec, isReview: false))
        case .review(let slot, let lease, let order): review(slot, lease, order)
        case .prepareReview(let slot, let lease, let candidate):
            prepareWorktree(slot, lease, holding: candidate.commit)
        case .cancelAttempt(let slot, let lease, _): order(slot, .cancel(lease))
        case .answer: break
        case .withdraw(let slot, let lease): order(slot, .withdraw(lease))
        case .prepareWorktree(let slot, let lease, _):
            watchBeginning(lease)
            prepareWorktree(slot, lease)
        case .continueWorktree(let slot, let lease, let base, let content):
            continueWorktree(slot, lease, base: base, content: content)
        case .askForHandoff(let slot, let lease): order(slot, .handOff(lease))
        case .handOff(let slot, let lease, let step, _): handOff(slot, lease, step)
        case .takeHandoff(let slot, let lease, let job): takeHandoff(slot, lease, job)
        case .takeWork(let slot, let lease, _, let base, let rescue):
            takeWork(slot, lease, base: base, rescue: rescue)
        case .stage(let ticket, let candidates, _, let onto): stage(ticket, candidates, onto: onto)
        case .gate(let ticket, let commit): gate(ticket, commit)
        case .advance(let ticket, let commit, _, let from): advance(ticket, commit, from)
        case .grantCall, .refuseCall: preconditionFailure("no model is called in the simulated world")
        case .deliver: preconditionFailure("nothing is delivered in the simulated world")
        case .notice: break
        case .lookForOverlap(let attempts): lookForOverlap(attempts)
        case .lookAtTarget: plan(.look(epoch: epoch), in: chance.milliseconds(1...50))
        // A gate that is ended has no verdict, or had one just before.
        case .cancelGate: break
        case .reply(let number, _): unanswered.remove(number)
        case .finish(let status, let exitStatus, let reason):
            finishRun(Finish(status: status, exitStatus: exitStatus, reason: reason))
        }
    }

    // MARK: - Git

    private mutating func lookForOverlap(_ attempts: [OverlapRadar.Attempt]) {
        var sighting = OverlapRadar.Sighting()
        for (number, attempt) in attempts.enumerated() {
            sighting.touched[attempt.lease] = [chance.pick(["f", "g", "h/i"])]
            for other in attempts.dropFirst(number + 1) where chance.happens(perMille: 200) {
                sighting.collisions.append(Collision(attempt.lease, with: other.lease, files: ["f"]))
            }
            if chance.happens(perMille: 100) {
                sighting.collisions.append(Collision(attempt.lease, with: nil, files: ["f"]))
            }
        }
        tell(.overlapSeen(sighting), after: chance.milliseconds(5...400))
    }

    mutating func prepareWorktree(_ slot: Int, _ lease: Lease, holding commit: ObjectID? = nil) {
        let delay = chance.milliseconds(5...400)
        if strikes(.worktreeFails) {
            tell(.worktreeFailed(slot: slot, lease, reason: "no space left"), after: delay)
        } else {
            if let left = leftBy[slot] {
                // Nothing is overwritten: what an attempt left that nobody asked for is kept and told.
                tell(
                    .workFound(left, project.newObject(), reference: "refs/coord/rescue/\(left)"),
                    after: delay)
            }
            leftBy[slot] = nil
            tell(
                .worktreePrepared(slot: slot, lease, branch: "b", base: commit ?? project.head), after: delay)
        }
    }

    /// A reviewer works in a folder, and leaves nothing there that anybody wants.
    private mutating func review(_ slot: Int, _ lease: Lease, _ review: ReviewOrder) {
        var spec = review.task
        (spec.run, spec.workspace) = (nil, .none)
        order(slot, .assign(lease, spec, isReview: true))
    }

    private mutating func takeWork(_ slot: Int, _ lease: Lease, base: ObjectID, rescue: Bool) {
        let work: TakenWork
        if strikes(.takingFails) {
            work = .failed(reason: "no space left")
        } else if let commit = taken[lease], !rescue {
            work = .commit(commit, base: base, files: ["f"])
        } else if leftBy[slot] == nil {
            work = .nothing
        } else if rescue {
            work = .rescued(project.newObject(), reference: "refs/coord/rescue/\(lease)")
        } else {
            let commit = project.handIn(lease, base: base, isRedAlone: strikes(.gateFails))
            taken[lease] = commit
            work = .commit(commit, base: base, files: ["f"])
        }
        // What could not be taken over still lies there.
        if case .failed = work {} else { leftBy[slot] = nil }
        tell(.workTaken(slot: slot, lease, work), after: chance.milliseconds(5...400))
    }

    private mutating func stage(_ ticket: Int, _ candidates: [Candidate], onto: ObjectID?) {
        let start = onto ?? project.head
        var built: [BuiltCommit] = []
        var staging: MergeQueue.Staging?
        if strikes(.stagingFails) { staging = .failed(reason: "git broke") }
        for candidate in candidates where staging == nil {
            if strikes(.conflicts) {
                staging = .conflict(after: built, onto: start, files: ["f"], excerpt: "<<<")
            } else {
                built.append(project.build(candidate, onto: built.last?.commit ?? start))
            }
        }
        tell(.staged(ticket, staging ?? .staged(built, onto: start)), after: chance.milliseconds(5...100))
    }

    private mutating func gate(_ ticket: Int, _ commit: ObjectID) {
        var outcome = project.isRed(commit) ? GateOutcome.failed : .passed
        if strikes(.gateFlakes) {
            outcome = .failed
        } else if strikes(.gateCannotRun) {
            outcome = .couldNotRun
        }
        if outcome == .passed { project.gatePassed(commit) }
        let duration = chance.milliseconds(50...scenario.gateLongest)
        let report = GateReport(
            outcome: outcome, command: "make", exit: nil, duration: duration, reason: outcome.rawValue,
            tail: "")
        tell(.gated(ticket, report), after: duration)
    }

    private mutating func advance(_ ticket: Int, _ commit: ObjectID, _ from: ObjectID) {
        if strikes(.targetMoves) { plan(.targetMoves, in: chance.milliseconds(0...60)) }
        if strikes(.checkoutIsDirty) { project.dirtyUntil = now + chance.milliseconds(10...5000) }
        pendingLanding = (ticket, commit, from)
        plan(.landing(epoch: epoch), in: chance.milliseconds(5...50))
    }

    mutating func land() {
        guard let (ticket, commit, from) = pendingLanding else { return }
        pendingLanding = nil
        let fails = strikes(.landingFails)
        // Git may break before it moved the target, or after.
        let isDone = !fails || chance.happens(perMille: 500)
        var answer = MergeQueue.Advance.failed(reason: "git broke")
        if isDone {
            let truth = project.land(commit, from: from, at: now)
            if case .landed = truth { watchLanding(commit, from: from) }
            if !fails { answer = truth }
        }
        if fails { safety.unknown.insert(commit) } else { safety.unknown.remove(commit) }
        // What was done is told at once or a little later; a coordinator may die in between.
        tell(.advanced(ticket, answer), after: chance.milliseconds(0...20))
    }

    mutating func targetMoves() {
        note("a person moves the target")
        project.move(takesBack: chance.happens(perMille: 300))
    }

    // MARK: - Workers

    private mutating func startWorker(_ slot: Int) {
        if strikes(.flaps) { flapsUntil[slot] = now + chance.milliseconds(5000...90_000) }
        if strikes(.startFails) {
            tell(.workerStartFailed(slot: slot, reason: "EAGAIN"), after: .zero)
            return
        }
        var worker = SimulatedWorker(pid: nextPID, slot: slot)
        nextPID += 1
        worker.ignoresOrders = strikes(.ignoresOrders)
        worker.lastWordAt = now
        workers.append(worker)
        tell(.workerStarted(slot: slot, ProcessIdentity(pid: worker.pid, startTime: 1)), after: .zero)
        if !strikes(.noHello) {
            plan(.worker(pid: worker.pid, .hello), in: chance.milliseconds(1...800))
        }
        if flapsUntil[slot].map({ now < $0 }) ?? false {
            plan(.worker(pid: worker.pid, .dies(.exited(status: 1))), in: chance.milliseconds(1...2000))
        }
    }

    private mutating func killWorker(_ slot: Int) {
        guard let index = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[index].isDoomed = true
        plan(.worker(pid: workers[index].pid, .dies(.signaled(9))), in: chance.milliseconds(0...30))
    }

    /// Writes to the pipe of the slot's worker. Nobody reads it when there is none.
    private mutating func order(_ slot: Int, _ order: SimulatedWorker.Order) {
        guard let index = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[index].unheard.append(order)
        plan(.worker(pid: workers[index].pid, .reads), in: chance.milliseconds(0...5))
    }
}
