import CoordModel

// MARK: - What agents ask for by their tools

extension CoordinatorStateMachine {
    /// Who waits for the answer to a question.
    struct Waiter: Sendable, Equatable {
        var question: String
        var slot: Int
        var lease: Lease
        var call: Int64
    }

    /// Does what is asked, or says why not. A call of an attempt that is over is refused and recorded.
    mutating func agentCalled(_ slot: Int, _ lease: Lease, _ number: Int64, _ call: AgentCall) {
        heard(slot)
        guard let node = living(slot, lease, method: call.tool) else {
            return answer(slot, lease, number, .refused("This attempt is over: another one has the task."))
        }
        if case .refused(let tool, let reason) = call {
            return record(.callRefused(lease, tool: tool, reason: reason))
        }
        progressed(slot)
        if isReviewed(node), !Self.isForReviewers(call) {
            return answer(
                slot, lease, number, .refused("A reviewer only looks: \(call.tool) is not for it."))
        }
        if case .awaitAnswer(let question) = call { return awaitAnswer(question, slot, lease, number) }
        var reply = perform(call, node, slot)
        if !reply.isRefused, case .readInbox = call {} else { mention(inboxOf: node, in: &reply) }
        answer(slot, lease, number, reply)
    }

    private static func isForReviewers(_ call: AgentCall) -> Bool {
        switch call {
        case .readTask, .listTasks, .readNotes, .ask, .awaitAnswer, .readInbox, .answer: true
        case .addTasks, .splitTask, .claimFiles, .releaseFiles, .writeNote, .refused: false
        }
    }

    mutating func answer(_ slot: Int, _ lease: Lease, _ number: Int64, _ reply: CallAnswer) {
        effects.append(.answer(slot: slot, lease, call: number, reply))
    }

    private mutating func perform(_ call: AgentCall, _ node: Int, _ slot: Int) -> CallAnswer {
        switch call {
        case .readTask: return CallAnswer(text(of: node))
        case .listTasks:
            let lines = tasks.indices.map { (spec: tasks[$0].spec, stage: stage(of: $0)) }
            return CallAnswer(BoardText.tasks(lines))
        case .addTasks(let specs): return addTasks(specs, by: node, splitting: false)
        case .splitTask(let specs): return addTasks(specs, by: node, splitting: true)
        case .ask(let to, let text, let choices): return ask(node, to: to, text, choices)
        case .readInbox: return CallAnswer(inbox(of: node))
        case .answer(let question, let text): return answer(question, text, by: node)
        case .claimFiles(let patterns): return claim(patterns, by: node, slot)
        case .releaseFiles(let patterns): return releaseClaims(patterns, of: node)
        case .writeNote(let key, let text): return writeNote(key, text, by: node)
        case .readNotes(let key):
            return CallAnswer(BoardText.notes(board.notes.filter { key == nil || $0.key == key }))
        case .awaitAnswer, .refused: preconditionFailure("\(call.tool) is answered elsewhere")
        }
    }

    /// Records a fact of the board and folds it in.
    mutating func write(_ body: Fact.Body) {
        record(body)
        board.apply(body)
    }

    private func text(of node: Int) -> String {
        let entry = tasks[node]
        let needs = needs(of: node).map { (id: tasks[$0].spec.id, stage: stage(of: $0)) }
        return BoardText.task(
            entry.spec, attempt: entry.attempt, proposer: entry.proposer.map { tasks[$0].spec.id },
            needs: needs, note: entry.note, board: board)
    }

    // MARK: Questions

    private mutating func ask(
        _ node: Int, to name: String?, _ text: String, _ choices: [String]
    ) -> CallAnswer {
        let lease = tasks[node].lease
        let open = board.questions.count { $0.lease == lease && $0.answer == nil }
        guard open < Blackboard.openQuestionsMax, board.questions.count < Blackboard.questionsMax else {
            return .refused("\(open) questions of yours wait for an answer already.")
        }
        var addressee = Question.Addressee.person
        if let name {
            switch taskAtWork(name) {
            case .success(let other) where other == node: return .refused("That is yourself.")
            case .success(let other): addressee = .task(tasks[other].spec.id)
            case .failure(let refusal): return .refused(refusal.reason)
            }
        }
        let question = Question(
            id: "q\(board.questions.count + 1)", lease: lease, addressee: addressee, text: text,
            choices: choices)
        write(.questionAsked(question))
        guard addressee == .person, !settings.mayAsk else {
            return CallAnswer("Asked as question \(question.id).", question: question.id)
        }
        return CallAnswer(Self.nobodyThere(question.id))
    }

    private static func nobodyThere(_ question: String) -> String {
        """
        Question \(question) is kept, but nobody can be asked while this run lasts. If you can go on without \
        the answer, do, and say in your handoff what you assumed. Otherwise end now: the task then waits for \
        the answer, and the next attempt gets it.
        """
    }

    private struct Refusal: Error { var reason: String }

    /// The task that is being worked on under this name of a task or a worker.
    private func taskAtWork(_ name: String) -> Result<Int, Refusal> {
        if let node = numbers[TaskID(name)] {
            if slots.contains(where: { $0.node == node }) { return .success(node) }
            let stage = stage(of: node).rawValue
            return .failure(Refusal(reason: "Nobody works on `\(name)`: it is \(stage)."))
        }
        if let slot = slots.first(where: { $0.spec.worker.rawValue == name }) {
            if let node = slot.node { return .success(node) }
            return .failure(Refusal(reason: "Worker `\(name)` has no task at present."))
        }
        let known = slots.compactMap { slot in slot.node.map { tasks[$0].spec.id.rawValue } }
        return .failure(
            Refusal(
                reason: "There is no task or worker `\(name)`; at work are \(BoardText.names(known)). "
                    + "Leave `to` out to ask a person."))
    }

    private mutating func awaitAnswer(_ id: String, _ slot: Int, _ lease: Lease, _ number: Int64) {
        guard let question = board.question(id), question.lease == lease else {
            return answer(slot, lease, number, .refused("You asked no question `\(id)`."))
        }
        if question.answer != nil {
            answer(slot, lease, number, Self.reply(question))
        } else if question.addressee == .person, !settings.mayAsk {
            answer(slot, lease, number, CallAnswer(Self.nobodyThere(id)))
        } else if case .task(let other) = question.addressee,
            case .failure(let refusal) = taskAtWork(other.rawValue)
        {
            answer(slot, lease, number, .refused(refusal.reason))
        } else {
            // Whoever asks again does not wait twice.
            waiters.removeAll { $0.question == id }
            waiters.append(Waiter(question: id, slot: slot, lease: lease, call: number))
        }
    }

    private static func reply(_ question: Question) -> CallAnswer {
        let isOfPerson = question.answer?.by == nil
        return CallAnswer(
            BoardText.answered(question), words: isOfPerson ? question.answer?.text : nil)
    }

    private mutating func settle(_ question: Question, _ text: String, by author: TaskID?) {
        write(.questionAnswered(question.lease, question: question.id, text: text, by: author))
        guard let answered = board.question(question.id) else { return }
        for waiter in waiters where waiter.question == question.id {
            answer(waiter.slot, waiter.lease, waiter.call, Self.reply(answered))
        }
        waiters.removeAll { $0.question == question.id }
    }

    private mutating func answer(_ id: String, _ text: String, by node: Int) -> CallAnswer {
        let own = tasks[node].spec.id
        guard let question = board.question(id), question.addressee == .task(own) else {
            return .refused("Nobody asked you `\(id)`.")
        }
        guard question.answer == nil else { return .refused("\(id) has an answer already.") }
        guard isAlive(question.lease) else { return .refused("Whoever asked \(id) is gone.") }
        settle(question, text, by: own)
        return CallAnswer("`\(question.lease.task)` has your answer.")
    }

    private func isAlive(_ lease: Lease) -> Bool {
        guard let node = numbers[lease.task], tasks[node].lease == lease else { return false }
        return slots.contains { $0.node == node }
    }

    private func questions(to node: Int) -> [Question] {
        let own = tasks[node].spec.id
        return board.questions.filter { $0.addressee == .task(own) && $0.answer == nil && isAlive($0.lease) }
    }

    private func inbox(of node: Int) -> String {
        let mine = board.questions.filter { $0.lease == tasks[node].lease }
        return BoardText.inbox(questions(to: node), mine)
    }

    private func mention(inboxOf node: Int, in reply: inout CallAnswer) {
        let waiting = questions(to: node).count
        guard waiting > 0 else { return }
        reply.text += "\n\n\(waiting) of the other agents' questions wait for you: see `read_inbox`."
    }

    /// The attempt is over: nobody reads its answers, and nobody answers what it was asked.
    mutating func forgetCalls(of lease: Lease) {
        board.end(lease)
        guard !waiters.isEmpty else { return }
        waiters.removeAll { $0.lease == lease }
        for waiter in waiters where board.question(waiter.question)?.addressee == .task(lease.task) {
            answer(
                waiter.slot, waiter.lease, waiter.call,
                .refused("`\(lease.task)` ended without answering \(waiter.question)."))
        }
        waiters.removeAll { board.question($0.question)?.addressee == .task(lease.task) }
    }

    // MARK: A person's answers

    /// The questions to a person that the present attempt of a task asked and that have no answer.
    func openQuestions(of node: Int) -> [Question] {
        let lease = tasks[node].lease
        return board.questions.filter { $0.lease == lease && $0.addressee == .person && $0.answer == nil }
    }

    mutating func answerByPerson(_ node: Int, _ id: String?, _ text: String) -> CommandReply {
        let name = tasks[node].spec.id
        guard !text.isEmpty else { return .refused(reason: "the answer is empty", hint: "") }
        let isWaiting = tasks[node].state == .asking || isAlive(tasks[node].lease)
        let open = isWaiting ? openQuestions(of: node) : []
        guard let question = id.map({ id in open.first { $0.id == id } }) ?? open.first else {
            let others = open.isEmpty ? "" : "open are " + BoardText.names(open.map(\.id))
            return .refused(
                reason: "task `\(name)` has no open question\(id.map { " `\($0)`" } ?? "")", hint: others)
        }
        settle(question, text, by: nil)
        guard tasks[node].state == .asking else { return .accepted("the agent of `\(name)` has your answer") }
        guard open.count == 1 else {
            return .accepted("task `\(name)` waits for \(open.count - 1) more of your answers")
        }
        comeBack(node)
        return .accepted("task `\(name)` goes on with your answer")
    }

    /// A task whose agent ended with a question to a person open waits for the answer instead of being tried
    /// again in vain. False: it asked none.
    mutating func waitForPerson(_ node: Int) -> Bool {
        let open = openQuestions(of: node)
        guard let first = open.first else { return false }
        setState(node, .asking)
        let more = open.count > 1 ? " (and \(open.count - 1) more)" : ""
        record(.answerAwaited(tasks[node].lease, reason: first.text + more))
        return true
    }

    // MARK: Claims and notes

    private mutating func claim(_ patterns: [String], by node: Int, _ slot: Int) -> CallAnswer {
        let lease = tasks[node].lease
        var mine = board.claims(of: lease)
        var refusals: [String] = []
        for pattern in patterns where !mine.contains(pattern) {
            if let other = other(claiming: PathPattern(claim: pattern), than: node) {
                refusals.append("`\(pattern)`: \(other)")
            } else if mine.count < Blackboard.claimsMax {
                mine.append(pattern)
            } else {
                refusals.append("`\(pattern)`: you hold \(mine.count) claims already")
            }
        }
        if mine != board.claims(of: lease) { write(.filesClaimed(lease, patterns: mine)) }
        guard !refusals.isEmpty else { return CallAnswer("Claimed. You hold " + BoardText.names(mine) + ".") }
        let held = mine.isEmpty ? "" : "\nYou hold " + BoardText.names(mine) + "."
        return CallAnswer(
            "Not claimed, for others work there; leave these files alone or ask them:\n"
                + refusals.joined(separator: "\n") + held, isRefused: true)
    }

    /// Who else claims files of the pattern, or was given them by the mission.
    private func other(claiming glob: PathPattern, than node: Int) -> String? {
        for claim in board.claims where claim.lease != tasks[node].lease {
            if let pattern = claim.patterns.first(where: { PathPattern(claim: $0).overlaps(glob) }) {
                return "`\(pattern)` is claimed by `\(claim.lease.task)`"
            }
        }
        for case let other? in slots.map(\.node) where other != node {
            let spec = tasks[other].spec
            if let pattern = spec.files.first(where: { PathPattern(claim: $0).overlaps(glob) }) {
                return "`\(pattern)` belongs to the task `\(spec.id)`, which is under way"
            }
        }
        return nil
    }

    private mutating func releaseClaims(_ patterns: [String], of node: Int) -> CallAnswer {
        let lease = tasks[node].lease
        let mine = board.claims(of: lease)
        let kept = patterns.isEmpty ? [] : mine.filter { !patterns.contains($0) }
        guard kept != mine else { return .refused("You hold no such claim.") }
        write(.filesClaimed(lease, patterns: kept))
        return CallAnswer(kept.isEmpty ? "You hold no claim." : "You hold " + BoardText.names(kept) + ".")
    }

    private mutating func writeNote(_ key: String, _ text: String, by node: Int) -> CallAnswer {
        if let problem = board.problem(withNote: key, text) { return .refused("Not kept: \(problem).") }
        write(.noteWritten(tasks[node].lease, key: key, text: text))
        return CallAnswer(text.isEmpty ? "The note `\(key)` is gone." : "The note `\(key)` is kept.")
    }
}
