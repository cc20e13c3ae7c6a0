import CoordCore
import CoordModel

/// What the facts said of the sessions that are at work, as far as a handoff may need it. Confined to the
/// loop's thread.
struct HandoffMemory {
    /// What is kept of one task's session, and of its gates.
    struct Session: Sendable {
        var attempt = 0
        var calls: [HandoffFacts.Call] = []
        var words: [String] = []
        var notes = HandoffNotes()
        /// The last verdict of each command, and the tree it was about.
        var gates: [String: (outcome: GateOutcome, tree: ObjectID)] = [:]
        var handoff: HandoffRecord?
    }

    private static let kept = 20
    private(set) var sessions: [TaskID: Session] = [:]

    /// Takes the last handoffs of a run that is taken up again.
    mutating func adopt(_ records: [TaskRecord]) {
        for record in records where record.handoff != nil && !record.status.isFinal {
            sessions[record.spec.id, default: Session()].handoff = record.handoff
        }
    }

    mutating func remember(_ facts: [Fact]) {
        for fact in facts { remember(fact) }
    }

    private mutating func remember(_ fact: Fact) {
        switch fact.body {
        case .toolStarted(let lease, let name, _, let summary):
            change(lease) { Self.keep(.init(name: name, summary: summary, succeeded: nil), in: &$0.calls) }
        case .toolCompleted(let lease, let name, _, let succeeded, let summary, _):
            change(lease) { session in
                if session.calls.last?.name == name, session.calls.last?.succeeded == nil {
                    session.calls[session.calls.count - 1].succeeded = succeeded
                } else {
                    Self.keep(.init(name: name, summary: summary, succeeded: succeeded), in: &session.calls)
                }
            }
        case .progressReported(let lease, let text): change(lease) { Self.keep(text, in: &$0.words) }
        case .handoffWritten(let lease, let handoff):
            // The file is read when it is needed; only what was said beside it is kept here.
            change(lease) { $0.notes.merge(HandoffNotes(handoff)) }
        case .gateFinished(let lease, let tree, let report):
            change(lease, isOfSession: false) { $0.gates[report.command] = (report.outcome, tree) }
        case .handoffBegan, .handoffStepEnded, .handoffPrepared, .handoffAcknowledged, .handoffUnacknowledged,
            .handoffWithdrawn, .workSubmitted:
            guard let lease = fact.body.lease else { return }
            change(lease, isOfSession: false) {
                $0.handoff = HandoffRecord.folding(fact.body, into: $0.handoff, at: fact.time)
            }
        case .taskLanded(let lease, _, _), .taskCompleted(let lease, _): sessions[lease.task] = nil
        case .taskSkipped(let task, _), .taskCancelled(let task, _): sessions[task] = nil
        default: return
        }
    }

    private mutating func change(_ lease: Lease, isOfSession: Bool = true, _ body: (inout Session) -> Void) {
        var session = sessions[lease.task] ?? Session()
        if isOfSession, session.attempt != lease.attempt {
            (session.attempt, session.calls, session.words) = (lease.attempt, [], [])
            session.notes = HandoffNotes()
        }
        body(&session)
        sessions[lease.task] = session
    }

    private static func keep<Item>(_ item: Item, in items: inout [Item]) {
        if items.count == kept { items.removeFirst() }
        items.append(item)
    }
}
