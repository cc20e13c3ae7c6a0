import CoordModel

/// Reads one journalled fact: the counterpart of the writers in `FactCodec`.
struct FactDecoding {
    let type: FactType
    let members: MemberReader
    let taskColumn: TaskID?
    let workerColumn: WorkerID?

    func body() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .runStarted, .runResumed, .runStatusChanged, .runEnded, .rateLimited, .budgetWarned,
            .budgetExhausted, .reservationChanged, .scaleChanged, .workersAdded, .targetGated, .queuePlanned,
            .deliveryPushed, .deliveryFailed, .targetFollowed, .targetMoved:
            try run()
        case .workerStarted, .workerReady, .workerSuspected, .workerRecovered, .workerExited,
            .workerStartFailed, .workerBackingOff, .workerOffline, .workerStopped, .staleMessageRefused:
            try workerFact()
        case .usageRecorded, .progressReported, .agentSessionBegan, .contentGiven, .skillsRanked,
            .toolStarted,
            .toolCompleted,
            .handoffWritten,
            .taskProposalRefused:
            try agent()
        case .questionAsked, .questionAnswered, .answerAwaited, .filesClaimed, .noteWritten, .callRefused:
            try board()
        case .handoffBegan, .handoffStepEnded, .handoffPrepared, .handoffAcknowledged,
            .handoffUnacknowledged, .handoffWithdrawn:
            try handoff()
        case .leaseGranted, .worktreePrepared, .attemptEnded, .attemptStalled, .workSubmitted, .workRescued,
            .reviewAsked, .reviewStarted, .reviewFinished, .approvalAsked, .approvalGiven, .candidateStaged,
            .candidateConflicted, .gateStarted,
            .gateFinished, .gateFlaked, .landingStarted, .landingDelayed, .candidateBounced,
            .overlapFound, .overlapCleared:
            try attempt()
        case .taskAdded, .taskEdited, .taskReady, .taskLanded, .taskCompleted, .taskRetryable, .taskFailed,
            .taskQuarantined, .taskSkipped, .taskCancelled, .taskRevived, .taskReassigned:
            try taskFact()
        }
    }

    var task: TaskID { get throws(FactCodecError) { try members.need("task", taskColumn) } }
    var worker: WorkerID { get throws(FactCodecError) { try members.need("worker", workerColumn) } }
    var lease: Lease {
        get throws(FactCodecError) { Lease(task: try task, attempt: try members.integer("attempt")) }
    }
    /// Journals of coord 0.1.0 have none: there each landing moved the target to the task's own commit.
    private var tip: ObjectID {
        get throws(FactCodecError) {
            if let tip = try members.findObject("tip") { return tip }
            return try members.objectID("commit")
        }
    }
    private var otherLease: Lease? {
        get throws(FactCodecError) {
            guard let task = try members.findName("otherTask", as: TaskID.self) else { return nil }
            return Lease(task: task, attempt: try members.integer("otherAttempt"))
        }
    }
    var reason: String { get throws(FactCodecError) { try members.string("reason") } }

    private func run() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .runStarted: .runStarted(try RunStart(members))
        case .runResumed: .runResumed(process: try ProcessIdentity(members.members("process")))
        case .runStatusChanged:
            .runStatusChanged(try members.word("status", as: RunStatus.self), reason: try reason)
        case .runEnded:
            .runEnded(
                try members.word("status", as: RunStatus.self),
                exitStatus: try members.small("exitStatus"), reason: try reason)
        case .rateLimited: .rateLimited(until: try members.time("until"), reason: try reason)
        case .budgetWarned:
            .budgetWarned(spent: try members.money("spentUSD"), budget: try members.money("budgetUSD"))
        case .budgetExhausted:
            .budgetExhausted(
                spent: try members.money("spentUSD"), budget: try members.money("budgetUSD"),
                scope: try members.string("scope"))
        case .reservationChanged: .reservationChanged(reserved: try members.money("reservedUSD"))
        case .scaleChanged:
            .scaleChanged(workers: try members.integer("workers"), reason: try reason)
        case .workersAdded:
            .workersAdded(
                try members.objects("slots") { slot throws(FactCodecError) in try SlotSpec(slot) })
        case .targetGated: .targetGated(commit: try members.objectID("commit"), try GateReport(members))
        case .targetMoved:
            .targetMoved(
                commit: try members.objectID("commit"), by: try members.string("by"),
                times: try members.integer("times"), since: try members.time("since"))
        case .queuePlanned:
            .queuePlanned(
                window: try members.integer("window"), batch: try members.integer("batch"),
                reason: try reason)
        case .deliveryPushed, .deliveryFailed, .targetFollowed: try delivery()
        default: preconditionFailure("not a fact of a run: \(type)")
        }
    }

    private func delivery() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .deliveryPushed:
            .deliveryPushed(
                commit: try members.objectID("commit"), to: try members.string("to"),
                address: try members.findString("address"))
        case .deliveryFailed:
            .deliveryFailed(
                commit: try members.findObject("commit"), reason: try reason,
                needsPerson: try members.flag("needsPerson"))
        case .targetFollowed:
            .targetFollowed(
                from: try members.objectID("from"), to: try members.objectID("commit"),
                place: try members.string("place"))
        default: preconditionFailure("not a fact of delivery: \(type)")
        }
    }

    private func taskFact() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .taskAdded:
            .taskAdded(
                try TaskSpec(members.members("spec")),
                proposedBy: try members.findName("proposedBy", as: TaskID.self))
        case .taskEdited: .taskEdited(try TaskSpec(members.members("spec")))
        case .taskReady: .taskReady(try task)
        case .taskLanded:
            .taskLanded(try lease, commit: try members.objectID("commit"), tree: try members.objectID("tree"))
        case .taskCompleted: .taskCompleted(try lease, note: try members.string("note"))
        case .taskRetryable:
            .taskRetryable(
                try lease, reason: try reason, notBefore: try members.time("notBefore"),
                failures: try members.integer("failures"))
        case .taskFailed:
            .taskFailed(
                try task, reason: try reason, cause: try members.findName("cause", as: TaskID.self))
        case .taskQuarantined: .taskQuarantined(try task, reason: try reason)
        case .taskSkipped: .taskSkipped(try task, reason: try reason)
        case .taskCancelled: .taskCancelled(try task, reason: try reason)
        case .taskRevived: .taskRevived(try task, reason: try reason)
        case .taskReassigned: .taskReassigned(try task, worker: workerColumn)
        default: preconditionFailure("not a fact of a task: \(type)")
        }
    }

    private func attempt() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .leaseGranted: .leaseGranted(try lease, worker: try worker)
        case .worktreePrepared:
            .worktreePrepared(
                try lease, branch: try members.string("branch"), base: try members.objectID("base"))
        case .attemptEnded: .attemptEnded(try lease, try AttemptOutcome(members))
        case .attemptStalled: .attemptStalled(try lease, silent: try members.seconds("silentSeconds"))
        case .workSubmitted:
            .workSubmitted(
                try lease, commit: try members.objectID("commit"), base: try members.objectID("base"),
                files: try members.strings("files"))
        case .workRescued:
            .workRescued(
                try lease, commit: try members.objectID("commit"), reference: try members.string("reference"))
        case .reviewAsked:
            .reviewAsked(
                try lease, role: try members.name("reviewRole", as: RoleID.self),
                thenPerson: try members.findString("thenPerson"))
        case .reviewStarted:
            .reviewStarted(try lease, worker: try worker, commit: try members.objectID("commit"))
        case .reviewFinished:
            .reviewFinished(
                try lease, worker: try worker, try ReviewVerdict.find(members), reason: try reason)
        case .approvalAsked: .approvalAsked(try lease, reason: try reason)
        case .approvalGiven: .approvalGiven(try lease)
        case .candidateStaged:
            .candidateStaged(
                try lease, commit: try members.objectID("commit"), tree: try members.objectID("tree"),
                onto: try members.objectID("onto"))
        case .candidateConflicted:
            .candidateConflicted(
                try lease, onto: try members.objectID("onto"), files: try members.strings("files"))
        case .gateStarted:
            .gateStarted(
                try lease, commit: try members.objectID("commit"), tree: try members.objectID("tree"),
                tasks: try members.names("tasks", as: TaskID.self))
        case .gateFlaked:
            .gateFlaked(try lease, tree: try members.objectID("tree"), try GateReport(members))
        case .gateFinished:
            .gateFinished(try lease, tree: try members.objectID("tree"), try GateReport(members))
        case .landingStarted:
            .landingStarted(
                try lease, commit: try members.objectID("commit"), from: try members.findObject("from"),
                tip: try tip)
        case .landingDelayed: .landingDelayed(try lease, reason: try reason)
        case .candidateBounced: .candidateBounced(try lease, reason: try reason)
        case .overlapFound:
            .overlapFound(
                Collision(try lease, with: try otherLease, files: try members.strings("files")))
        case .overlapCleared: .overlapCleared(try lease, other: try otherLease)
        default: preconditionFailure("not a fact of an attempt: \(type)")
        }
    }

    private func workerFact() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .workerStarted: .workerStarted(try worker, try ProcessIdentity(members))
        case .workerReady: .workerReady(try worker)
        case .workerSuspected: .workerSuspected(try worker)
        case .workerRecovered: .workerRecovered(try worker)
        case .workerExited:
            .workerExited(
                try worker, try members.need("exitStatus", ExitOutcome.find(members)), reason: try reason)
        case .workerStartFailed: .workerStartFailed(try worker, reason: try reason)
        case .workerBackingOff: .workerBackingOff(try worker, until: try members.time("until"))
        case .workerOffline:
            .workerOffline(try worker, until: try members.findTime("until"), reason: try reason)
        case .workerStopped: .workerStopped(try worker)
        case .staleMessageRefused:
            .staleMessageRefused(
                try worker, try lease, method: try members.string("method"),
                current: try members.findInteger("current"))
        default: preconditionFailure("not a fact of a worker: \(type)")
        }
    }

    private func agent() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .usageRecorded:
            .usageRecorded(
                try lease, worker: try worker, role: try members.findName("role", as: RoleID.self),
                try Usage(members), cost: try members.money("costUSD"), counted: try members.flag("counted"))
        case .progressReported: .progressReported(try lease, text: try members.string("text"))
        case .agentSessionBegan:
            .agentSessionBegan(
                try lease, agent: try members.string("agent"), session: try members.string("session"))
        case .contentGiven:
            .contentGiven(
                try lease,
                try members.objects("content") { mark throws(FactCodecError) in
                    ContentMark(
                        try mark.need("kind", try mark.findWord("kind", as: ContentMark.Kind.self)),
                        try mark.string("name"), hash: try mark.string("sha256"),
                        isChanged: try mark.flag("changed"))
                })
        case .skillsRanked:
            .skillsRanked(
                try lease,
                SkillsRanking(
                    model: try members.string("model"),
                    skills: try members.objects("skills") { skill throws(FactCodecError) in
                        RankedSkill(
                            id: SkillID(try skill.string("id")), reason: try skill.string("reason"))
                    }, reason: try reason))
        case .toolStarted:
            .toolStarted(
                try lease, name: try members.string("name"), id: try members.string("id"),
                summary: try members.string("summary"))
        case .toolCompleted:
            .toolCompleted(
                try lease, name: try members.string("name"), id: try members.string("id"),
                succeeded: try members.flag("ok"), summary: try members.string("summary"),
                duration: try members.findSeconds("durationSeconds"))
        case .handoffWritten: .handoffWritten(try lease, try Handoff(members))
        case .taskProposalRefused:
            .taskProposalRefused(try lease, id: try members.string("id"), reason: try reason)
        default: preconditionFailure("not a fact of an agent: \(type)")
        }
    }
}
