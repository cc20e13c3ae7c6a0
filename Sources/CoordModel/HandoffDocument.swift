/// What one session of an agent leaves for the next: who, where, and what is known of the work.
///
/// Every text in it may come from an agent: it informs and grants nothing. The claims among it carry what
/// coord found when it looked.
package struct HandoffDocument: Hashable, Sendable {
    /// Who wrote the sections.
    package enum Origin: String, Sendable, CaseIterable {
        /// The session itself.
        case agent
        /// Coord, from facts: the session did not write, or could not.
        case synthesised
    }

    /// The parts of the text, in their order.
    package enum Section: String, Sendable, CaseIterable {
        case done, decisions, remaining, questions, pitfalls, check
    }

    package var run: RunID
    package var lease: Lease
    package var from: WorkerID
    package var to: HandoffTarget
    package var reason: String
    package var origin: Origin
    package var time: Timestamp
    /// What the task's first session started from. Nil: the task has no worktree.
    package var base: ObjectID?
    /// The work so far. Nil: nothing was changed, or it is not committed yet.
    package var commit: ObjectID?
    package var cost: Money
    /// What the work changes against the base, as coord found it.
    package var files: [String]
    /// Commands that decide about the work, and how the last try of each ended.
    package var checks: [Check]
    /// Done: each with what coord found.
    package var done: [Claim]
    /// The other sections, by item.
    package var decisions: [String]
    package var remaining: [String]
    package var questions: [String]
    package var pitfalls: [String]
    package var howToCheck: [String]
    /// How many items were left out to keep to the size, by `files` and the names of sections.
    package var omitted: [String: Int]

    package init(
        run: RunID, lease: Lease, from: WorkerID, to: HandoffTarget = .sameWorker, reason: String,
        origin: Origin, time: Timestamp, base: ObjectID? = nil, commit: ObjectID? = nil, cost: Money = .zero,
        files: [String] = [], checks: [Check] = [], done: [Claim] = [], decisions: [String] = [],
        remaining: [String] = [], questions: [String] = [], pitfalls: [String] = [],
        howToCheck: [String] = [], omitted: [String: Int] = [:]
    ) {
        self.run = run
        self.lease = lease
        self.from = from
        self.to = to
        self.reason = reason
        self.origin = origin
        self.time = time
        self.base = base
        self.commit = commit
        self.cost = cost
        self.files = files
        self.checks = checks
        self.done = done
        self.decisions = decisions
        self.remaining = remaining
        self.questions = questions
        self.pitfalls = pitfalls
        self.howToCheck = howToCheck
        self.omitted = omitted
    }

    /// Something the session says it did.
    package struct Claim: Hashable, Sendable {
        package var text: String
        package var finding: Finding
        /// What the finding rests on, in a few words; empty when there is nothing to say.
        package var evidence: String

        package init(_ text: String, _ finding: Finding = .unchecked, evidence: String = "") {
            self.text = text
            self.finding = finding
            self.evidence = evidence
        }
    }

    /// What coord found of a claim in git and in the gate's record.
    package enum Finding: String, Sendable, CaseIterable {
        case confirmed, refuted, unchecked
    }

    /// A command and how it ended when coord ran it last.
    package struct Check: Hashable, Sendable {
        package var command: String
        /// Nil: coord did not run it on this work.
        package var outcome: GateOutcome?

        package init(_ command: String, _ outcome: GateOutcome? = nil) {
            self.command = command
            self.outcome = outcome
        }
    }
}

/// Whom a handoff is for.
package enum HandoffTarget: Hashable, Sendable, CustomStringConvertible {
    /// A fresh session at the same worker.
    case sameWorker
    /// Whoever may take the task.
    case anyWorker
    case worker(WorkerID)
    case role(RoleID)
    /// Any worker that drives this agent.
    case agent(AgentChoice)

    package var description: String {
        switch self {
        case .sameWorker: "the same worker"
        case .anyWorker: "any worker"
        case .worker(let worker): "worker \(worker)"
        case .role(let role): "role \(role)"
        case .agent(let agent): "agent \(agent)"
        }
    }

    /// Reads what `description` writes.
    package init?(_ text: String) {
        switch text {
        case "the same worker": self = .sameWorker
        case "any worker": self = .anyWorker
        case let text where text.hasPrefix("worker "): self = .worker(WorkerID(String(text.dropFirst(7))))
        case let text where text.hasPrefix("role "): self = .role(RoleID(String(text.dropFirst(5))))
        case let text where text.hasPrefix("agent "):
            guard let agent = AgentChoice(String(text.dropFirst(6))) else { return nil }
            self = .agent(agent)
        default: return nil
        }
    }
}
