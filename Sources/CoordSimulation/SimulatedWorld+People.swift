import CoordCore
import CoordModel

// MARK: - People

extension SimulatedWorld {
    mutating func personActs() {
        plan(.personActs, in: chance.milliseconds(100...8000))
        guard machine != nil else { return }
        if strikes(.targetMoves) { targetMoves() }
        if strikes(.allDie) { killAll() }
        if strikes(.endings) {
            switch chance.number(0...3) {
            case 0: ask(.drain)
            case 1: ask(.stop)
            default: tell(.interrupted(exitStatus: 130), after: .zero)
            }
        } else if strikes(.commands) {
            ask(command())
        }
    }

    /// With faults gone, people put right what people did: they resume, restart, approve and unpin.
    mutating func heal() {
        guard machine != nil, let run = projection.run else { return }
        if run.status == .paused { ask(.resume) }
        // What the run itself sent home must come back by itself.
        for worker in projection.workers
        where worker.status == .stopped && stoppedByPeople.contains(worker.slot.worker) {
            ask(.restartWorker(worker.slot.worker))
        }
        for task in projection.tasks where task.pinnedTo != nil && !task.status.isFinal {
            ask(.reassignTask(task.spec.id, nil))
        }
        for task in projection.tasks where task.stage == .approval { ask(.approveTask(task.spec.id)) }
    }

    private mutating func killAll() {
        note("every worker dies")
        for worker in workers {
            plan(.worker(pid: worker.pid, .dies(.signaled(9))), in: chance.milliseconds(0...20))
        }
    }

    private mutating func ask(_ command: Command) {
        if case .stopWorker(let worker) = command { stoppedByPeople.insert(worker) }
        unanswered.insert(nextReply)
        tell(.commanded(command, reply: nextReply), after: chance.milliseconds(0...20))
        nextReply += 1
    }

    private mutating func command() -> Command {
        let worker = chance.happens(perMille: 20) ? "nobody" : chance.pick(settings.slots).worker
        switch chance.number(0...22) {
        case 0: return .pause
        case 1, 2: return .resume
        case 3:
            nextProposal += 1
            let earlier = projection.tasks.map(\.spec.id)
            return .addTask(scenario.newTask(named: "h\(nextProposal)", after: earlier, &chance))
        case 4, 5, 6: return .editTask(task(where: \.isPending), edit())
        case 7, 8: return .skipTask(task(where: { !$0.status.isFinal || $0.status == .failed }))
        case 9, 10, 11, 12: return .retryTask(task(where: { $0.status.isFinal && $0.status != .completed }))
        case 13: return .cancelTask(task(where: { !$0.status.isFinal }))
        case 14: return .approveTask(task(where: { $0.stage == .approval }))
        case 15: return .rejectTask(task(where: { $0.stage == .approval }), reason: "no")
        case 16: return .reassignTask(task(where: \.isPending), chance.happens(perMille: 500) ? nil : worker)
        case 17: return .reassignTask(task(where: { $0.stage == .leased }), worker)
        case 18: return .restartWorker(worker)
        case 19, 20: return .handOff(worker, handoffOrder())
        case 21: return .continueHandoff(chance.happens(perMille: 500) ? nil : worker)
        default: return .stopWorker(worker)
        }
    }

    private mutating func handoffOrder() -> HandoffOrder {
        let other = chance.pick(settings.slots).worker
        let target = chance.pick([
            HandoffTarget.sameWorker, .sameWorker, .anyWorker, .worker(other), .role("coder"),
        ])
        return HandoffOrder(to: target, push: chance.happens(perMille: 300), reason: "wanted")
    }

    /// Mostly one for which the command makes sense.
    private mutating func task(where makesSense: (TaskRecord) -> Bool) -> TaskID {
        if chance.happens(perMille: 20) { return "nowhere" }
        let sensible = chance.happens(perMille: 800) ? projection.tasks.filter(makesSense) : []
        return chance.pick(sensible.isEmpty ? projection.tasks : sensible).spec.id
    }

    private mutating func edit() -> TaskEdit {
        var edit = TaskEdit()
        if chance.happens(perMille: 300) { edit.title = "new" }
        if chance.happens(perMille: 300) { edit.priority = chance.number(-9...9) }
        if chance.happens(perMille: 300) { edit.role = chance.pick(["coder", "tester", "nobody"]) }
        if chance.happens(perMille: 600) {
            edit.dependencies = (0..<chance.number(0...3)).map { _ in chance.pick(projection.tasks).spec.id }
        }
        return edit
    }
}

extension TaskRecord {
    fileprivate var isPending: Bool { status == .pending }
}
