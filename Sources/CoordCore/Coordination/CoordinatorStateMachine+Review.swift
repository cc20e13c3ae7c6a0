import CoordModel

// MARK: - Reviews

/// Between the submission and the merge queue an agent of the reviewing role may look at the work.
///
/// A look is an attempt at the same task with the next number, on a slot's worktree that holds the commit: so
/// a late word of the author or of an earlier reviewer is refused like any other. What the reviewer changes
/// is thrown away. Without a verdict another reviewer is asked once, then a person.
extension CoordinatorStateMachine {
    /// The role whose agents look at every candidate; nil: none does.
    var reviewRole: RoleID? { if case .role(let role) = settings.review { role } else { nil } }

    /// Whether the lease of the task's slot is a reviewer's.
    func isReviewed(_ node: Int) -> Bool {
        if case .reviewing = tasks[node].state { true } else { false }
    }

    mutating func askReview(_ node: Int, _ candidate: Candidate, by role: RoleID, thenPerson wish: String?) {
        setState(node, .reviewing(TaskEntry.Review(candidate: candidate, wish: wish)))
        record(.reviewAsked(candidate.lease, role: role, thenPerson: wish))
        reviewLine.append(node)
    }

    /// Gives the candidates that wait to reviewers, in the order of their submission. Looks are given also
    /// while the run drains: what they are about is under way.
    mutating func grantReviews() {
        guard mode == .running || isDraining, !reviewLine.isEmpty, let role = reviewRole else { return }
        let limit = settings.limits.maxConcurrency ?? slots.count
        var lacksBudget = false
        for node in reviewLine where busyCount < limit && isAwaitingReviewer(node) {
            guard let slot = reviewer(for: node, role) else { continue }
            let admission = admission(of: node, callsModel: settings.callsModels)
            if case .granted = admission {
                beginReview(node, on: slot)
            } else if case .refused(let reason) = admission {
                askPerson(node, reason: reason)
            } else {
                if case .heldByBudget = admission { lacksBudget = true }
                break
            }
        }
        reviewLine.removeAll { [tasks] in !tasks[$0].isAwaitingReviewer }
        if lacksBudget, isQuiet { exhaustBudget() }
        stopIfWorkersAreOutOfBudget()
    }

    private func isAwaitingReviewer(_ node: Int) -> Bool { tasks[node].isAwaitingReviewer }

    /// The idle slot that looks at the work: one of the role, where there is none one that coordinates, else
    /// any; never the author's, unless it is alone. A busy one of a better kind is waited for.
    private func reviewer(for node: Int, _ role: RoleID) -> Int? {
        let there = slots.indices.filter { isThere($0) }
        let others = there.filter { $0 != tasks[node].author }
        let kinds = [
            others.filter { slots[$0].spec.role == role },
            others.filter { slots[$0].spec.kind == .coordination },
            others, there,
        ]
        return kinds.first { !$0.isEmpty }?.first { slots[$0].canTake }
    }

    /// Whether the slot's worker can be expected to take something soon.
    private func isThere(_ slot: Int) -> Bool {
        guard !slots[slot].isStoppedByPerson, !isOutOfBudget(slot) else { return false }
        switch slots[slot].life {
        case .starting, .up, .backingOff: return true
        case .stopping(let thenStart, _): return thenStart
        case .none, .offline: return false
        }
    }

    private mutating func beginReview(_ node: Int, on slot: Int) {
        guard case .reviewing(var review) = tasks[node].state else { return }
        if settings.callsModels { reserve(for: node) }
        tasks[node].attempt += 1
        review.slot = slot
        setState(node, .reviewing(review))
        busyCount += 1
        slots[slot].verdict = nil
        slots[slot].work = .preparing(node, nil)
        let lease = tasks[node].lease
        record(.reviewStarted(lease, worker: slots[slot].spec.worker, commit: review.candidate.commit))
        effects.append(.prepareReview(slot: slot, lease, review.candidate))
    }

    /// The worktree holds the commit, and the diff is written.
    mutating func reviewPrepared(_ slot: Int, _ node: Int, _ cause: SlotEntry.CancelCause?) {
        guard case .reviewing(let review) = tasks[node].state, let role = reviewRole else { return }
        guard cause == nil, slots[slot].life == .up, !slots[slot].isCondemned else {
            return endReview(node, by: slot, .cancelled, cause ?? .workerRestart)
        }
        slots[slot].work = .working(node, base: review.candidate.commit, deadline: turnDeadline(of: node))
        slots[slot].turnBegan = now
        slots[slot].isAskedBack = false
        progressed(slot)
        let order = ReviewOrder(
            task: tasks[node].spec, candidate: review.candidate, role: role, files: tasks[node].files,
            round: tasks[node].rounds + 1)
        effects.append(.review(slot: slot, tasks[node].lease, order))
    }

    /// What a reviewer says beside its verdict counts as for any attempt, but it hands nothing on and adds no
    /// tasks. False: it is to be taken as any other report.
    mutating func reviewerReported(_ slot: Int, _ node: Int, _ report: AgentReport) -> Bool {
        switch report {
        case .verdict(let verdict):
            if isReviewed(node) {
                slots[slot].verdict = verdict
            } else {
                record(.progressReported(tasks[node].lease, text: "gave a verdict; it has nothing to review"))
            }
            return true
        case .proposedTask(let spec) where isReviewed(node):
            let reason = "a reviewer adds no tasks; what has to change belongs into the verdict"
            record(.taskProposalRefused(tasks[node].lease, id: spec.id.rawValue, reason: reason))
            return true
        case .handoff: return isReviewed(node)
        default: return false
        }
    }

    /// A reviewer's attempt is over, by its own word, by its worker's death, or because it was ended.
    mutating func endReview(
        _ node: Int, by slot: Int, _ outcome: AttemptOutcome, _ cause: SlotEntry.CancelCause?
    ) {
        guard case .reviewing(var review) = tasks[node].state else { return }
        let verdict = slots[slot].verdict
        slots[slot].verdict = nil
        release(node, from: slot)
        review.slot = nil
        setState(node, .reviewing(review))
        let lease = tasks[node].lease
        let worker = slots[slot].spec.worker
        if let cause {
            record(.reviewFinished(lease, worker: worker, nil, reason: Self.reason(of: cause)))
            concludeEndedReview(node, review, cause)
        } else if outcome == .finished, let verdict {
            record(.reviewFinished(lease, worker: worker, verdict, reason: ""))
            conclude(node, review, verdict)
        } else if case .agentFailed(let failure) = outcome, accept(failure, of: slot) {
            record(.reviewFinished(lease, worker: worker, nil, reason: failure.description))
            if failure.needsPerson {
                askPerson(node, reason: "no reviewer had its say: \(failure)")
            } else {
                reviewLine.append(node)
            }
        } else {
            let reason = outcome == .finished ? "the reviewer ended without a verdict" : outcome.reason
            record(.reviewFinished(lease, worker: worker, nil, reason: reason))
            askAgain(node, review, reason: reason)
        }
        sendHomeIfStopped(slot)
    }

    private static func reason(of cause: SlotEntry.CancelCause) -> String {
        switch cause {
        case .timeout(let limit): AttemptOutcome.timedOut(after: limit).reason
        case .stalled(let limit): "no progress for \(limit.wholeMilliseconds / 1000) s"
        case .taskBudget: "the task's budget is used up"
        case .taskCancelled, .taskSkipped: "the task is not wanted any more"
        case .stop, .taskReassigned, .workerBudget, .workerRestart, .takenBack, .handedOff:
            "its worker had to end it"
        }
    }

    private mutating func concludeEndedReview(
        _ node: Int, _ review: TaskEntry.Review, _ cause: SlotEntry.CancelCause
    ) {
        switch cause {
        case .taskCancelled, .taskSkipped: cancel(node, reason: "cancelled by a person")
        case .taskBudget: askPerson(node, reason: "the task's budget is used up, and no reviewer had its say")
        case .timeout, .stalled: askAgain(node, review, reason: Self.reason(of: cause))
        case .stop, .taskReassigned, .workerBudget, .workerRestart, .takenBack, .handedOff:
            reviewLine.append(node)
        }
    }

    /// Once; then a person decides.
    private mutating func askAgain(_ node: Int, _ review: TaskEntry.Review, reason: String) {
        var review = review
        review.unanswered += 1
        setState(node, .reviewing(review))
        if review.unanswered < Self.unansweredMax {
            reviewLine.append(node)
        } else {
            askPerson(node, reason: "\(review.unanswered) reviews came to no verdict: \(reason)")
        }
    }

    private static let unansweredMax = 2

    private mutating func conclude(_ node: Int, _ review: TaskEntry.Review, _ verdict: ReviewVerdict) {
        guard !verdict.approves else { return reviewPassed(node, review.candidate, wish: review.wish) }
        tasks[node].rounds += 1
        guard tasks[node].rounds < settings.reviewRoundsMax else {
            let rounds = tasks[node].rounds
            return askPerson(
                node, reason: "reviewers asked for changes in \(rounds) rounds, last: \(verdict.gist)")
        }
        retryOrFail(
            node, reason: "the review asks for changes: \(verdict.gist)",
            note: "A reviewer looked at the work and asks for changes:\n\n" + verdict.text,
            countsAsFailure: false)
    }

    /// On to a person, if one is to be asked as well, or to the merge queue.
    mutating func reviewPassed(_ node: Int, _ candidate: Candidate, wish: String?) {
        guard let wish else { return enterQueue(node, candidate) }
        setState(node, .approval(candidate))
        record(.approvalAsked(candidate.lease, reason: wish))
    }

    private mutating func askPerson(_ node: Int, reason: String) {
        guard case .reviewing(let review) = tasks[node].state else { return }
        let reasons = [reason] + (review.wish.map { [$0] } ?? [])
        reviewPassed(node, review.candidate, wish: reasons.joined(separator: "; "))
    }

    /// Takes up a review that was asked for. One under way ended with its coordinator and does not count.
    mutating func restoreReview(_ node: Int, _ record: TaskRecord, _ candidate: Candidate) {
        setState(
            node, .reviewing(TaskEntry.Review(candidate: candidate, wish: record.approvalReason)))
        if let reviewer = record.reviewer {
            self.record(
                .reviewFinished(record.lease, worker: reviewer, nil, reason: "its coordinator ended"))
        }
        guard reviewRole != nil else {
            return reviewPassed(node, candidate, wish: record.approvalReason)
        }
        reviewLine.append(node)
    }
}
