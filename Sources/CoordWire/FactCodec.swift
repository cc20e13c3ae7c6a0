package import CoordJSON
package import CoordModel

/// Why a journalled fact cannot be read.
package struct FactCodecError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Problem: Hashable, Sendable {
        /// A newer coord wrote it.
        case unknownType
        case missing(member: String)
        case malformed(member: String, wanted: String)
        case notJSON(JSONError)
    }

    /// The fact's type name.
    package var type: String
    package var problem: Problem

    package init(type: String, problem: Problem) {
        self.type = type
        self.problem = problem
    }

    package var description: String {
        switch problem {
        case .unknownType: "`\(type)` is a fact this version of coord does not know"
        case .missing(let member): "a fact `\(type)` has no `\(member)`"
        case .malformed(let member, let wanted): "in a fact `\(type)`, `\(member)` is not \(wanted)"
        case .notJSON(let error): "a fact `\(type)` is not JSON: \(error)"
        }
    }
}

/// Facts to and from their journalled form: a type name, the task and worker they are about, and JSON data.
///
/// The data never repeats the task and the worker; they are columns and stream members of their own.
/// Durations are kept in whole milliseconds, money in micro-dollars (exact up to nine billion dollars).
package enum FactCodec {
    /// The type name and the data as a tree. For few facts; `write` is the quick way.
    package static func encode(_ body: Fact.Body) -> (type: String, data: JSONValue) {
        (body.type.rawValue, MemberWriter.tree { members(of: body, to: &$0) })
    }

    /// Appends the data, one JSON object, to `bytes`.
    package static func write(_ body: Fact.Body, to bytes: inout [UInt8]) {
        MemberWriter.append(to: &bytes) { members(of: body, to: &$0) }
    }

    /// Reads a fact. `task` and `worker` are what the journal has beside the data.
    package static func decode(
        type: String, data: JSONValue, task: TaskID?, worker: WorkerID?
    ) throws(FactCodecError) -> Fact.Body {
        guard let known = FactType(rawValue: type) else {
            throw FactCodecError(type: type, problem: .unknownType)
        }
        let decoding = FactDecoding(
            type: known, members: try MemberReader(data, type: type), taskColumn: task, workerColumn: worker)
        return try decoding.body()
    }

    /// Reads a fact whose data is JSON text.
    package static func decode(
        type: String, bytes: [UInt8], task: TaskID?, worker: WorkerID?
    ) throws(FactCodecError) -> Fact.Body {
        let data: JSONValue
        do throws(JSONError) { data = try JSONParser.parse(bytes) } catch {
            throw FactCodecError(type: type, problem: .notJSON(error))
        }
        return try decode(type: type, data: data, task: task, worker: worker)
    }
}

// MARK: - Members of each fact

extension FactCodec {
    private static func members(of body: Fact.Body, to writer: inout MemberWriter) {
        if let lease = body.lease { writer.integer("attempt", lease.attempt) }
        switch body {
        case .runStarted, .runResumed, .runStatusChanged, .runEnded, .rateLimited, .budgetWarned,
            .budgetExhausted, .reservationChanged, .scaleChanged, .workersAdded, .targetGated, .queuePlanned,
            .deliveryPushed, .deliveryFailed, .targetFollowed, .targetMoved:
            runMembers(of: body, to: &writer)
        case .workerStarted, .workerReady, .workerSuspected, .workerRecovered, .workerExited,
            .workerStartFailed, .workerBackingOff, .workerOffline, .workerStopped, .staleMessageRefused:
            workerMembers(of: body, to: &writer)
        case .usageRecorded, .progressReported, .agentSessionBegan, .contentGiven, .skillsRanked,
            .toolStarted,
            .toolCompleted,
            .handoffWritten,
            .taskProposalRefused:
            agentMembers(of: body, to: &writer)
        case .questionAsked, .questionAnswered, .answerAwaited, .filesClaimed, .noteWritten, .callRefused:
            boardMembers(of: body, to: &writer)
        case .handoffBegan, .handoffStepEnded, .handoffPrepared, .handoffAcknowledged,
            .handoffUnacknowledged, .handoffWithdrawn:
            handoffMembers(of: body, to: &writer)
        case .leaseGranted, .worktreePrepared, .attemptEnded, .attemptStalled, .workSubmitted, .workRescued,
            .reviewAsked, .reviewStarted, .reviewFinished, .approvalAsked, .approvalGiven, .candidateStaged,
            .candidateConflicted, .gateStarted,
            .gateFinished, .gateFlaked, .landingStarted, .landingDelayed, .candidateBounced,
            .overlapFound, .overlapCleared:
            attemptMembers(of: body, to: &writer)
        case .taskAdded, .taskEdited, .taskReady, .taskLanded, .taskCompleted, .taskRetryable, .taskFailed,
            .taskQuarantined, .taskSkipped, .taskCancelled, .taskRevived, .taskReassigned:
            taskMembers(of: body, to: &writer)
        }
    }

    private static func runMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .runStarted(let start): start.write(to: &writer)
        case .runResumed(let process): writer.object("process") { process.write(to: &$0) }
        case .runStatusChanged(let status, let reason):
            writer.string("status", status.rawValue)
            writer.string("reason", reason)
        case .runEnded(let status, let exitStatus, let reason):
            writer.string("status", status.rawValue)
            writer.integer("exitStatus", exitStatus)
            writer.string("reason", reason)
        case .rateLimited(let until, let reason):
            writer.time("until", until)
            writer.string("reason", reason)
        case .budgetWarned(let spent, let budget):
            writer.money("spentUSD", spent)
            writer.money("budgetUSD", budget)
        case .budgetExhausted(let spent, let budget, let scope):
            writer.money("spentUSD", spent)
            writer.money("budgetUSD", budget)
            writer.string("scope", scope)
        case .reservationChanged(let reserved): writer.money("reservedUSD", reserved)
        case .scaleChanged(let workers, let reason):
            writer.integer("workers", workers)
            writer.string("reason", reason)
        case .workersAdded(let slots): writer.objects("slots", slots) { $0.write(to: &$1) }
        case .targetGated(let commit, let report):
            writer.string("commit", commit.rawValue)
            report.write(to: &writer)
        case .targetMoved(let commit, let name, let times, let since):
            writer.string("commit", commit.rawValue)
            writer.string("by", name)
            writer.integer("times", times)
            writer.time("since", since)
        case .queuePlanned(let window, let batch, let reason):
            writer.integer("window", window)
            writer.integer("batch", batch)
            writer.string("reason", reason)
        case .deliveryPushed, .deliveryFailed, .targetFollowed: deliveryMembers(of: body, to: &writer)
        default: preconditionFailure("not a fact of a run: \(body.type)")
        }
    }

    private static func deliveryMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .deliveryPushed(let commit, let place, let address):
            writer.string("commit", commit.rawValue)
            writer.string("to", place)
            writer.string("address", address)
        case .deliveryFailed(let commit, let reason, let needsPerson):
            writer.string("commit", commit?.rawValue)
            writer.string("reason", reason)
            writer.flag("needsPerson", needsPerson)
        case .targetFollowed(let from, let commit, let place):
            writer.string("from", from.rawValue)
            writer.string("commit", commit.rawValue)
            writer.string("place", place)
        default: preconditionFailure("not a fact of delivery: \(body.type)")
        }
    }

    private static func taskMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .taskAdded(let spec, let proposedBy):
            writer.object("spec") { spec.write(to: &$0) }
            writer.string("proposedBy", proposedBy?.rawValue)
        case .taskEdited(let spec): writer.object("spec") { spec.write(to: &$0) }
        case .taskLanded(_, let commit, let tree):
            writer.string("commit", commit.rawValue)
            writer.string("tree", tree.rawValue)
        case .taskCompleted(_, let note): writer.string("note", note)
        case .taskRetryable(_, let reason, let notBefore, let failures):
            writer.string("reason", reason)
            writer.time("notBefore", notBefore)
            writer.integer("failures", failures)
        case .taskFailed(_, let reason, let cause):
            writer.string("reason", reason)
            writer.string("cause", cause?.rawValue)
        case .taskQuarantined(_, let reason), .taskSkipped(_, let reason), .taskCancelled(_, let reason),
            .taskRevived(_, let reason):
            writer.string("reason", reason)
        case .taskReady, .taskReassigned: break
        default: preconditionFailure("not a fact of a task: \(body.type)")
        }
    }

    private static func attemptMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .worktreePrepared(_, let branch, let base):
            writer.string("branch", branch)
            writer.string("base", base.rawValue)
        case .attemptEnded(_, let outcome): outcome.write(to: &writer)
        case .attemptStalled(_, let silent): writer.seconds("silentSeconds", silent)
        case .workSubmitted(_, let commit, let base, let files):
            writer.string("commit", commit.rawValue)
            writer.string("base", base.rawValue)
            writer.strings("files", files)
        case .workRescued(_, let commit, let reference):
            writer.string("commit", commit.rawValue)
            writer.string("reference", reference)
        case .reviewAsked(_, let role, let wish):
            writer.string("reviewRole", role.rawValue)
            writer.string("thenPerson", wish)
        case .reviewStarted(_, _, let commit): writer.string("commit", commit.rawValue)
        case .reviewFinished(_, _, let verdict, let reason):
            verdict?.write(to: &writer)
            writer.string("reason", reason)
        case .overlapFound(let collision):
            writer.string("otherTask", collision.other?.task.rawValue)
            if let other = collision.other { writer.integer("otherAttempt", other.attempt) }
            writer.strings("files", collision.files)
        case .overlapCleared(_, let other):
            writer.string("otherTask", other?.task.rawValue)
            if let other { writer.integer("otherAttempt", other.attempt) }
        case .approvalAsked(_, let reason), .landingDelayed(_, let reason), .candidateBounced(_, let reason):
            writer.string("reason", reason)
        case .candidateStaged(_, let commit, let tree, let onto):
            writer.string("commit", commit.rawValue)
            writer.string("tree", tree.rawValue)
            writer.string("onto", onto.rawValue)
        case .candidateConflicted(_, let onto, let files):
            writer.string("onto", onto.rawValue)
            writer.strings("files", files)
        case .gateStarted(_, let commit, let tree, let tasks):
            writer.string("commit", commit.rawValue)
            writer.string("tree", tree.rawValue)
            writer.strings("tasks", tasks.map(\.rawValue))
        case .gateFinished(_, let tree, let report), .gateFlaked(_, let tree, let report):
            writer.string("tree", tree.rawValue)
            report.write(to: &writer)
        case .landingStarted(_, let commit, let from, let tip):
            writer.string("commit", commit.rawValue)
            writer.string("from", from?.rawValue)
            writer.string("tip", tip.rawValue)
        case .leaseGranted, .approvalGiven: break
        default: preconditionFailure("not a fact of an attempt: \(body.type)")
        }
    }

    private static func workerMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .workerStarted(_, let process): process.write(to: &writer)
        case .workerExited(_, let outcome, let reason):
            outcome.write(to: &writer)
            writer.string("reason", reason)
        case .workerStartFailed(_, let reason): writer.string("reason", reason)
        case .workerBackingOff(_, let until): writer.time("until", until)
        case .workerOffline(_, let until, let reason):
            writer.time("until", until)
            writer.string("reason", reason)
        case .staleMessageRefused(_, _, let method, let current):
            writer.string("method", method)
            writer.integer("current", current)
        case .workerReady, .workerSuspected, .workerRecovered, .workerStopped: break
        default: preconditionFailure("not a fact of a worker: \(body.type)")
        }
    }

    private static func agentMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .usageRecorded(_, _, let role, let usage, let cost, let counted):
            writer.string("role", role?.rawValue)
            usage.write(to: &writer)
            writer.money("costUSD", cost)
            writer.flag("counted", counted)
        case .progressReported(_, let text): writer.string("text", text)
        case .agentSessionBegan(_, let agent, let session):
            writer.string("agent", agent)
            writer.string("session", session)
        case .contentGiven(_, let marks):
            writer.objects("content", marks) { mark, writer in
                writer.string("kind", mark.kind.rawValue)
                writer.string("name", mark.name)
                writer.string("sha256", mark.hash)
                writer.flag("changed", mark.isChanged)
            }
        case .skillsRanked(_, let ranking):
            writer.string("model", ranking.model)
            writer.objects("skills", ranking.skills) { skill, writer in
                writer.string("id", skill.id.rawValue)
                writer.string("reason", skill.reason)
            }
            writer.string("reason", ranking.reason)
        case .toolStarted(_, let name, let id, let summary):
            writer.string("name", name)
            writer.string("id", id)
            writer.string("summary", summary)
        case .toolCompleted(_, let name, let id, let succeeded, let summary, let duration):
            writer.string("name", name)
            writer.string("id", id)
            writer.flag("ok", succeeded)
            writer.string("summary", summary)
            writer.seconds("durationSeconds", duration)
        case .handoffWritten(_, let handoff): handoff.write(to: &writer)
        case .taskProposalRefused(_, let id, let reason):
            writer.string("id", id)
            writer.string("reason", reason)
        default: preconditionFailure("not a fact of an agent: \(body.type)")
        }
    }
}
