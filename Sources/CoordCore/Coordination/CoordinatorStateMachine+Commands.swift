import CoordModel

// MARK: - What people ask for

extension CoordinatorStateMachine {
    /// Does what is asked, or says why not. Nothing is half done.
    mutating func obey(_ command: Command) -> CommandReply {
        switch mode {
        case .closing, .ended:
            return .refused(reason: "the run is ending", hint: "start it again with `coord run --resume`")
        case .running, .paused, .draining, .stopping: break
        }
        switch command {
        case .pause: return pause()
        case .resume: return resume()
        case .drain:
            guard mode == .running || mode == .paused else {
                return .refused(reason: "the run is ending already", hint: "")
            }
            beginDraining(Ending(status: .stopped, exitStatus: 0, reason: "drained by a person"))
            return .accepted("no new task starts; the run ends when what is under way has landed")
        case .stop:
            if case .stopping = mode { return .refused(reason: "the run is being stopped already", hint: "") }
            beginStopping(Ending(status: .stopped, exitStatus: 0, reason: "stopped by a person"))
            return .accepted("the run is being stopped; `coord run --resume` goes on")
        case .addTask(let spec):
            if let problem = problem(withNew: spec) { return .refused(reason: problem, hint: "") }
            addTasks([spec])
            return .accepted("task `\(spec.id)` was added")
        case .editTask(let id, let edit): return onTask(id) { $0.edit($1, edit) }
        case .skipTask(let id): return onTask(id) { $0.skipByPerson($1) }
        case .retryTask(let id): return onTask(id) { $0.retryByPerson($1) }
        case .cancelTask(let id): return onTask(id) { $0.cancelByPerson($1) }
        case .approveTask(let id): return onTask(id) { $0.approve($1) }
        case .rejectTask(let id, let reason): return onTask(id) { $0.reject($1, reason) }
        case .answerTask(let id, let question, let text):
            return onTask(id) { $0.answerByPerson($1, question, text) }
        case .reassignTask(let id, let worker): return onTask(id) { $0.reassign($1, to: worker) }
        case .restartWorker(let worker):
            return onWorker(worker) { $0.restartByPerson($1) }
        case .stopWorker(let worker): return onWorker(worker) { $0.stopByPerson($1) }
        case .handOff(let worker, let order): return onWorker(worker) { $0.handOffByPerson($1, order) }
        case .continueHandoff(let worker): return continueHandoffs(of: worker)
        }
    }

    private mutating func pause() -> CommandReply {
        switch mode {
        case .running:
            mode = .paused
            record(.runStatusChanged(.paused, reason: "paused by a person"))
            for index in slots.indices { askBackAll(of: index, reason: "no new task starts") }
            return .accepted("no new task starts until `coord resume`")
        case .paused: return .accepted("the run is paused already")
        case .draining, .stopping, .closing, .ended:
            return .refused(reason: "the run is ending", hint: "")
        }
    }

    private mutating func resume() -> CommandReply {
        switch mode {
        case .paused:
            mode = .running
            record(.runStatusChanged(.running, reason: ""))
            return .accepted("the run goes on")
        case .running: return .accepted("the run is not paused")
        case .draining:
            mode = .running
            record(.runStatusChanged(.running, reason: ""))
            // Workers that ended meanwhile were not replaced.
            startAllWorkers()
            return .accepted("the run no longer drains")
        case .stopping, .closing, .ended:
            return .refused(reason: "the run is being stopped", hint: "`coord run --resume` goes on later")
        }
    }

    private mutating func onTask(
        _ id: TaskID, _ body: (inout CoordinatorStateMachine, Int) -> CommandReply
    ) -> CommandReply {
        guard let node = numbers[id] else {
            let near = suggestion(for: id)
            return .refused(
                reason: "there is no task `\(id)` in this run",
                hint: near.map { "did you mean `\($0)`?" } ?? "`coord tasks` lists them")
        }
        return body(&self, node)
    }

    private mutating func onWorker(
        _ id: WorkerID, _ body: (inout CoordinatorStateMachine, Int) -> CommandReply
    ) -> CommandReply {
        guard let slot = slots.firstIndex(where: { $0.spec.worker == id }) else {
            let near = Suggestion.nearest(to: id.rawValue, among: slots.map(\.spec.worker.rawValue))
            return .refused(
                reason: "there is no worker `\(id)` in this run",
                hint: near.map { "did you mean `\($0)`?" } ?? "`coord workers` lists them")
        }
        return body(&self, slot)
    }

    private mutating func stopByPerson(_ slot: Int) -> CommandReply {
        let worker = slots[slot].spec.worker
        slots[slot].isStoppedByPerson = true
        cancelWork(of: slot, .workerRestart, reason: "the worker is being stopped")
        if case .cancelling = slots[slot].work {
            // It goes home when its attempt has ended.
        } else {
            sendHome(slot)
        }
        return .accepted(
            "worker `\(worker)` is being stopped; `coord workers restart \(worker)` brings it back")
    }

    private mutating func restartByPerson(_ slot: Int) -> CommandReply {
        let worker = slots[slot].spec.worker
        guard wantsWorkers else { return .refused(reason: "the run is ending", hint: "") }
        if isOutOfBudget(slot) {
            return .refused(
                reason: "the budget of worker `\(worker)` is used up: \(ledger.spent(by: worker)) spent",
                hint: "")
        }
        restartWorker(slot)
        return .accepted("worker `\(worker)` is being restarted")
    }

    // MARK: - Tasks

    private mutating func skipByPerson(_ node: Int) -> CommandReply {
        let id = tasks[node].spec.id
        switch tasks[node].state {
        case .waiting, .ready, .retryable, .asking, .failed, .quarantined:
            skip(node, reason: "skipped by a person")
            return .accepted("task `\(id)` is skipped; what needs it goes on")
        case .leased(let slot):
            cancelAttempt(node, of: slot, .taskSkipped, reason: "the task is skipped")
            return .accepted("task `\(id)` is being ended and skipped; its work is kept")
        case .reviewing, .approval, .queued, .landed, .completed, .skipped, .cancelled:
            return refusal(node, "be skipped")
        }
    }

    private mutating func retryByPerson(_ node: Int) -> CommandReply {
        let id = tasks[node].spec.id
        switch tasks[node].state {
        case .failed, .quarantined, .skipped, .cancelled:
            if let need = cause(of: node) ?? deadNeed(of: node).map({ cause(of: $0) ?? $0 }) {
                let name = tasks[need].spec.id
                return .refused(
                    reason: "`\(id)` cannot start: `\(name)` is \(stage(of: need).rawValue)",
                    hint: "retry `\(name)`; this task comes back with it")
            }
            if let reason = budgetRefusal(of: node) { return .refused(reason: reason, hint: "") }
            revive(node, reason: "brought back by a person")
            return .accepted("task `\(id)` will be tried again")
        case .retryable, .asking:
            comeBack(node)
            return .accepted("task `\(id)` is tried again now")
        case .waiting, .ready, .leased, .reviewing, .approval, .queued, .landed, .completed:
            return refusal(node, "be retried")
        }
    }

    private mutating func cancelByPerson(_ node: Int) -> CommandReply {
        let id = tasks[node].spec.id
        switch tasks[node].state {
        case .waiting, .ready, .retryable, .approval, .asking: cancel(node, reason: "cancelled by a person")
        case .leased(let slot):
            cancelAttempt(node, of: slot, .taskCancelled, reason: "the task is cancelled")
            return .accepted("task `\(id)` is being ended; its work is kept")
        case .reviewing(let review):
            guard let slot = review.slot else {
                cancel(node, reason: "cancelled by a person")
                break
            }
            cancelAttempt(node, of: slot, .taskCancelled, reason: "the task is cancelled")
            return .accepted("task `\(id)` is being ended; its work is kept")
        case .queued:
            guard let consequences = queue.withdraw(id) else {
                return refusal(node, "be cancelled: its candidate is being landed")
            }
            cancel(node, reason: "cancelled by a person")
            perform(consequences)
        case .landed, .completed, .failed, .quarantined, .skipped, .cancelled:
            return refusal(node, "be cancelled")
        }
        return .accepted("task `\(id)` is cancelled, and what needs it")
    }

    private mutating func approve(_ node: Int) -> CommandReply {
        guard case .approval(var candidate) = tasks[node].state else {
            return refusal(node, "be approved: it does not wait for a person")
        }
        record(.approvalGiven(candidate.lease))
        tasks[node].conflicts = 0
        candidate.isApproved = true
        enterQueue(node, candidate)
        return .accepted("task `\(tasks[node].spec.id)` is in the merge queue")
    }

    private mutating func reject(_ node: Int, _ reason: String) -> CommandReply {
        guard case .approval = tasks[node].state else {
            return refusal(node, "be rejected: it does not wait for a person")
        }
        retryOrFail(node, reason: "rejected by a person: \(reason)", note: reason)
        return .accepted("task `\(tasks[node].spec.id)` was sent back")
    }

    private mutating func reassign(_ node: Int, to worker: WorkerID?) -> CommandReply {
        var slot: Int?
        if let worker {
            slot = slots.firstIndex { $0.spec.worker == worker }
            if slot == nil { return onWorker(worker) { _, _ in .accepted("") } }
        }
        guard tasks[node].isOpen || { if case .leased = tasks[node].state { true } else { false } }() else {
            return refusal(node, "be reassigned")
        }
        tasks[node].pinned = slot
        record(.taskReassigned(tasks[node].spec.id, worker: worker))
        if case .leased(let holder) = tasks[node].state, holder != slot {
            cancelAttempt(node, of: holder, .taskReassigned, reason: "the task goes to another worker")
        } else if tasks[node].state == .ready {
            enqueue(node)
        }
        return .accepted("task `\(tasks[node].spec.id)` goes to \(worker.map { "`\($0)`" } ?? "any worker")")
    }

    private mutating func edit(_ node: Int, _ edit: TaskEdit) -> CommandReply {
        guard tasks[node].isOpen else { return refusal(node, "be edited") }
        var spec = tasks[node].spec
        spec.title = edit.title ?? spec.title
        spec.prompt = edit.prompt ?? spec.prompt
        spec.priority = edit.priority ?? spec.priority
        spec.role = edit.role ?? spec.role
        spec.dependencies = edit.dependencies.map { distinct($0) } ?? spec.dependencies
        if let problem = problem(withRole: edit.role) ?? problem(withNeeds: edit.dependencies ?? [], of: node)
        {
            return .refused(reason: problem, hint: "")
        }
        replaceNeeds(of: node, with: spec.dependencies)
        tasks[node].spec = spec
        tasks[node].lane = lane(of: spec)
        record(.taskEdited(spec))
        reweigh(from: node)
        switch tasks[node].state {
        case .ready where graph.isReady(node): enqueue(node)
        case .ready: wait(node)
        case .waiting where graph.isReady(node): becomeReady(node)
        default: break
        }
        return .accepted("task `\(spec.id)` was changed")
    }

    private func problem(withNeeds needs: [TaskID], of node: Int) -> String? {
        let id = tasks[node].spec.id
        for need in needs {
            guard let number = numbers[need] else {
                return "it would need `\(need)`, which is not in the run"
            }
            if number == node { return "`\(id)` would need itself" }
            switch tasks[number].state {
            case .failed, .quarantined, .cancelled:
                return "it would need `\(need)`, which is \(stage(of: number).rawValue)"
            default: break
            }
            if graph.reaches(from: node, to: number) {
                return "`\(need)` needs `\(id)`: the two would wait for each other"
            }
        }
        return nil
    }

    mutating func replaceNeeds(of node: Int, with needs: [TaskID]) {
        let old = distinct(tasks[node].spec.dependencies)
        for need in old where !needs.contains(need) { graph.removeEdge(from: number(of: need), to: node) }
        for need in needs where !old.contains(need) { graph.addEdge(from: number(of: need), to: node) }
    }

    private func refusal(_ node: Int, _ what: String) -> CommandReply {
        .refused(
            reason: "task `\(tasks[node].spec.id)` is \(stage(of: node).rawValue) and cannot \(what)",
            hint: "")
    }

    /// The stage as listings call it.
    func stage(of node: Int) -> TaskStage {
        switch tasks[node].state {
        case .waiting: .waiting
        case .ready: .ready
        case .retryable: .retryable
        case .leased: .leased
        case .reviewing: .reviewing
        case .approval: .approval
        case .asking: .asking
        case .queued: .queued
        case .landed: .landed
        case .completed: .completed
        case .failed: .failed
        case .quarantined: .quarantined
        case .skipped: .skipped
        case .cancelled: .cancelled
        }
    }
}
