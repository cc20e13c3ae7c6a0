package import CoordModel

extension HandoffRecord {
    /// What a fact makes of the last handoff of its task. The machine and the read model fold alike.
    package static func folding(
        _ body: Fact.Body, into last: HandoffRecord?, at time: Timestamp
    ) -> HandoffRecord? {
        if case .handoffBegan(let lease, let worker, let order) = body {
            return HandoffRecord(
                number: (last?.number ?? 0) + 1,
                automatic: (last?.automatic ?? 0) + (order.isAutomatic ? 1 : 0),
                order: order, attempt: lease.attempt, from: worker, at: time)
        }
        guard var record = last else { return nil }
        record.apply(body)
        if record.state != last?.state { record.since = time }
        return record
    }

    private mutating func apply(_ body: Fact.Body) {
        switch body {
        case .handoffStepEnded(_, let step, let outcome): ended(step, outcome)
        case .handoffPrepared(_, let sheet):
            self.sheet = sheet
            state = .prepared
            step = .start
            problem = nil
        case .handoffAcknowledged:
            state = .acknowledged
            problem = nil
        case .handoffUnacknowledged(_, let reason):
            state = .unacknowledged
            problem = reason
        case .handoffWithdrawn: state = .withdrawn
        // A task that failed may be tried again, and then begins with what was handed over.
        case .workSubmitted, .taskLanded, .taskCompleted, .taskSkipped, .taskCancelled:
            if state.isDebt, state != .prepared {
                state = .withdrawn
            } else if state.isCarried {
                state = .over
            }
        default: break
        }
    }

    private mutating func ended(_ step: HandoffStep, _ outcome: HandoffStepOutcome) {
        if case .failed(let reason) = outcome {
            self.step = step
            state = .failed
            problem = reason
        } else if step == .start {
            state = .taken
        } else if state == .underway || state == .failed {
            state = .underway
            problem = nil
            self.step = HandoffStep.allCases.first { $0.index == step.index + 1 } ?? .start
        }
    }
}

extension HandoffStep {
    /// Its place in the chain, from 0.
    package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
