package import CoordModel

/// What a fact says to people, beside its type, task and worker.
package enum FactWording {
    /// The data worth reading on a line; empty when the type says it all.
    package static func detail(_ body: Fact.Body) -> String {
        switch body {
        case .runStarted, .runResumed, .runStatusChanged, .runEnded, .rateLimited, .budgetWarned,
            .budgetExhausted, .reservationChanged, .scaleChanged, .workersAdded, .targetGated, .queuePlanned,
            .deliveryPushed, .deliveryFailed, .targetFollowed, .targetMoved:
            ofRun(body)
        case .workerStarted, .workerReady, .workerSuspected, .workerRecovered, .workerExited,
            .workerStartFailed, .workerBackingOff, .workerOffline, .workerStopped, .staleMessageRefused:
            ofWorker(body)
        case .usageRecorded, .progressReported, .agentSessionBegan, .contentGiven, .skillsRanked,
            .toolStarted,
            .toolCompleted,
            .handoffWritten, .taskProposalRefused, .questionAsked, .questionAnswered, .answerAwaited,
            .filesClaimed, .noteWritten, .callRefused:
            ofAgent(body)
        default: ofTask(body)
        }
    }

    private static func ofRun(_ body: Fact.Body) -> String {
        switch body {
        case .runStarted(let start): "\(start.mission) on \(start.target), agent \(start.agent)"
        case .runResumed(let process): "by pid \(process.pid)"
        case .runStatusChanged(let status, let reason): joined(status.rawValue, reason)
        case .runEnded(let status, let exitStatus, let reason):
            joined("\(status.rawValue), exit status \(exitStatus)", reason)
        case .rateLimited(let until, let reason): "until \(until.clock): \(reason)"
        case .budgetWarned(let spent, let budget): "\(Wording.money(spent)) of \(Wording.money(budget))"
        case .budgetExhausted(let spent, let budget, let scope):
            "\(scope): \(Wording.money(spent)) of \(Wording.money(budget))"
        case .reservationChanged(let reserved): Wording.money(reserved)
        case .scaleChanged(let workers, let reason): joined(Wording.plural(workers, "worker"), reason)
        case .workersAdded(let slots): slots.map(\.worker.rawValue).joined(separator: ", ")
        case .targetGated(let commit, let report):
            joined("\(commit.short) \(report.outcome.rawValue)", report.reason)
        case .targetMoved(let commit, let name, let times, let since):
            Wording.targetMoves(times, since: since, by: name) + ", now at \(commit.short)"
        case .queuePlanned(let window, let batch, let reason):
            joined("\(Wording.plural(window, "group")) of \(batch) ahead", reason)
        case .deliveryPushed(let commit, let place, let address):
            joined("\(commit.short) to \(place)", address ?? "")
        case .deliveryFailed(let commit, let reason, _): joined(commit?.short ?? "", reason)
        case .targetFollowed(let from, let commit, let place):
            "from \(from.short) to \(commit.short) of \(place)"
        default: ""
        }
    }

    private static func ofTask(_ body: Fact.Body) -> String {
        switch body {
        case .taskAdded(let spec, let proposer):
            joined(spec.title, proposer.map { "asked for by \($0)" } ?? "")
        case .taskEdited(let spec): spec.title
        case .leaseGranted(let lease, _), .approvalGiven(let lease): "attempt \(lease.attempt)"
        case .reviewAsked(_, let role, let wish):
            joined("by \(role)", wish.map { "then a person, for \($0)" } ?? "")
        case .reviewStarted(_, _, let commit): commit.short
        case .reviewFinished(_, _, let verdict, let reason):
            verdict.map { joined($0.approves ? "approved" : "asks for changes", $0.gist) }
                ?? joined("no verdict", reason)
        case .worktreePrepared(_, let branch, let base): "\(branch) at \(base.short)"
        case .attemptEnded(let lease, let outcome): "attempt \(lease.attempt): \(outcome.reason)"
        case .attemptStalled(_, let silent): "no progress for \(Wording.duration(silent))"
        case .workSubmitted(_, let commit, _, let files):
            "\(commit.short), \(Wording.plural(files.count, "file"))"
        case .workRescued(_, let commit, let reference): "\(commit.short) as \(reference)"
        case .candidateStaged(_, let commit, _, let onto): "\(commit.short) onto \(onto.short)"
        case .candidateConflicted(_, let onto, let files):
            "with \(onto.short) in " + files.prefix(3).joined(separator: ", ")
        case .gateFinished(_, let tree, let report):
            joined(
                "\(report.outcome.rawValue) in \(Wording.duration(report.duration)), tree \(tree.short)",
                report.reason)
        case .gateStarted(_, let commit, let tree, let tasks):
            joined(
                "\(commit.short), tree \(tree.short)",
                tasks.count > 1 ? "with " + tasks.dropLast().map(\.rawValue).joined(separator: ", ") : "")
        case .gateFlaked(_, let tree, let report):
            joined("tree \(tree.short) failed, then passed", report.reason)
        case .overlapFound(let collision):
            "with \(collision.other?.task.rawValue ?? "what landed") in "
                + collision.files.prefix(3).joined(separator: ", ")
        case .overlapCleared(_, let other): "with \(other?.task.rawValue ?? "what landed")"
        case .candidateBounced(_, let reason): reason
        case .landingStarted(_, let commit, _, _): commit.short
        case .taskLanded(_, let commit, _): commit.short
        case .taskCompleted(_, let note): note
        case .taskRetryable(_, let reason, let notBefore, _): "\(reason); again at \(notBefore.clock)"
        case .taskFailed(_, let reason, let cause): joined(reason, cause.map { "because of \($0)" } ?? "")
        case .approvalAsked(_, let reason), .landingDelayed(_, let reason), .taskQuarantined(_, let reason),
            .taskSkipped(_, let reason), .taskCancelled(_, let reason), .taskRevived(_, let reason):
            reason
        default: ""
        }
    }

    private static func ofWorker(_ body: Fact.Body) -> String {
        switch body {
        case .workerStarted(_, let process): "pid \(process.pid)"
        case .workerExited(_, let outcome, let reason): joined("\(outcome)", reason)
        case .workerStartFailed(_, let reason): reason
        case .workerBackingOff(_, let until): "until \(until.clock)"
        case .workerOffline(_, let until, let reason): joined(reason, until.map { "until \($0.clock)" } ?? "")
        case .staleMessageRefused(_, let lease, let method, let current):
            "\(method) of attempt \(lease.attempt)" + (current.map { ", now at \($0)" } ?? "")
        default: ""
        }
    }

    /// What is another than before, else all of it.
    private static func content(_ marks: [ContentMark]) -> String {
        let changed = marks.filter(\.isChanged)
        guard changed.isEmpty else {
            let names = changed.map { "\($0.kind.rawValue) `\($0.name)`" }.joined(separator: ", ")
            return names + " changed since the run first used " + (changed.count == 1 ? "it" : "them")
        }
        return marks.map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")
    }

    private static func ofAgent(_ body: Fact.Body) -> String {
        switch body {
        case .usageRecorded(_, _, _, let usage, let cost, let counted):
            "\(usage.model), \(Wording.tokens(usage.tokens)), \(Wording.money(cost))"
                + (counted ? "" : ", counted before")
        case .progressReported(_, let text): text
        case .agentSessionBegan(_, let agent, let session): "\(agent), session \(session)"
        case .contentGiven(_, let marks): content(marks)
        case .skillsRanked(_, let ranking):
            joined(
                ranking.model,
                ranking.skills.isEmpty
                    ? "no answer (\(ranking.reason)): the ranking by words counts"
                    : ranking.skills.map { "\($0.id): \($0.reason)" }.joined(separator: "; "))
        case .toolStarted(_, let name, _, let summary): joined(name, summary)
        case .toolCompleted(_, let name, _, let succeeded, let summary, _):
            joined(name + (succeeded ? "" : " failed"), summary)
        case .handoffWritten(_, let handoff): handoff.summary
        case .questionAsked(let question): joined(question.id, question.text)
        case .questionAnswered(_, let id, let text, let author):
            joined("\(id), by " + (author.map { "the agent of \($0)" } ?? "a person"), text)
        case .answerAwaited(_, let reason): reason
        case .filesClaimed(_, let patterns): patterns.joined(separator: ", ")
        case .noteWritten(_, let key, let text): joined(key, text.isEmpty ? "taken away" : text)
        case .callRefused(_, let tool, let reason): joined(tool, reason)
        case .taskProposalRefused(_, let id, let reason): joined(id, reason)
        case .handoffBegan(_, _, let order): "to \(order.to): \(order.reason)"
        case .handoffStepEnded(_, let step, let outcome):
            joined("\(step.rawValue) \(outcome.kind)", outcome.detail)
        case .handoffPrepared(_, let sheet):
            joined(sheet.file, sheet.commit.map { "commit \($0.short)" } ?? "nothing was changed")
        case .handoffAcknowledged(_, let text): text
        case .handoffUnacknowledged(_, let reason), .handoffWithdrawn(_, let reason): reason
        default: ""
        }
    }

    private static func joined(_ left: String, _ right: String) -> String {
        left.isEmpty || right.isEmpty ? left + right : left + ": " + right
    }
}
