import CoordModel

// MARK: - Delivery, and the ends that wait for somebody else

extension CoordinatorStateMachine {
    /// Carries the delivery's answers out into the coordinator's.
    mutating func perform(_ answers: [DeliveryQueue.Effect]) {
        for answer in answers {
            switch answer {
            case .record(let body): record(body)
            case .deliver(let commit):
                let landed = settings.deliver == .pullRequest && commit != nil
                effects.append(
                    .deliver(commit, landed: landed ? tasks.filter { $0.state == .landed }.map(\.spec) : []))
            }
        }
    }

    /// A run that is being stopped or closed begins no delivery; the next coordinator does.
    var wantsDeliveries: Bool {
        switch mode {
        case .running, .paused, .draining: true
        case .stopping, .closing, .ended: false
        }
    }

    /// How a run answers when every task has come to its end and nothing more will be delivered.
    func endingWithoutOpenTasks() -> Ending {
        let failed = counts.failed
        if failed > 0 {
            return Ending(
                status: .failed, exitStatus: 1,
                reason: failed == 1 ? "1 task failed" : "\(failed) tasks failed")
        }
        guard delivery.isPending, let problem = delivery.problem else {
            return Ending(status: .completed, exitStatus: 0, reason: "")
        }
        return Ending(
            status: .stopped, exitStatus: problem.needsPerson ? 3 : 6,
            reason: "all is landed, but not delivered: \(problem.reason)")
    }

    /// How a run ends when all that is open waits for a person, or for a task that does, and nobody can be
    /// asked. Nil: something goes on by itself, or somebody can.
    func endingForPerson() -> Ending? {
        guard !settings.mayAsk, mode == .running, counts.approval + counts.asking > 0, counts.ready == 0,
            counts.retryable == 0, reviewLine.isEmpty,
            queue.isIdle, !delivery.isAwaited
        else { return nil }
        let waiting = tasks.filter(\.isForPerson).map(\.spec.id)
        let names = waiting.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        let more = waiting.count > 5 ? " and \(waiting.count - 5) more" : ""
        return Ending(
            status: .stopped, exitStatus: 3,
            reason: "\(names)\(more) \(waiting.count == 1 ? "waits" : "wait") for a person")
    }
}
