import CoordCore
import CoordModel

// MARK: - People

extension SimulatedWorld {
    mutating func personActs() {
        plan(.personActs, in: chance.milliseconds(500...15_000))
        guard machine != nil else { return }
        if strikes(.targetMoves) { targetMoves() }
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
        for worker in projection.workers where worker.status == .stopped { ask(.restartWorker(worker.slot.worker)) }
        for task in projection.tasks where task.pinnedTo != nil && !task.status.isFinal {
            ask(.reassignTask(task.spec.id, nil))
        }
        for task in projection.tasks where task.stage == .approval { ask(.approveTask(task.spec.id)) }
    }

    private mutating func ask(_ command: Command) {
        unanswered.insert(nextReply)
        tell(.commanded(command, reply: nextReply), after: chance.milliseconds(0...20))
        nextReply += 1
    }

    private mutating func command() -> Command {
        let task = chance.happens(perMille: 20) ? "nowhere" : chance.pick(projection.tasks).spec.id
        let worker = chance.happens(perMille: 20) ? "nobody" : chance.pick(settings.slots).worker
        switch chance.number(0...15) {
        case 0: return .pause
        case 1, 2: return .resume
        case 3:
            nextProposal += 1
            let earlier = projection.tasks.map(\.spec.id)
            return .addTask(scenario.newTask(named: "h\(nextProposal)", after: earlier, &chance))
        case 4, 5: return .editTask(task, edit())
        case 6: return .skipTask(task)
        case 7, 8, 9: return .retryTask(task)
        case 10: return .cancelTask(task)
        case 11: return .approveTask(task)
        case 12: return .rejectTask(task, reason: "no")
        case 13: return .reassignTask(task, chance.happens(perMille: 500) ? nil : worker)
        case 14: return .restartWorker(worker)
        default: return .stopWorker(worker)
        }
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
