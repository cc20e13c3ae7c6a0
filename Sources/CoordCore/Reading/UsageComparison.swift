package import CoordModel

/// Who counted what of a run, and where an agent's own figures differ from what the gateway measured.
package struct UsageComparison: Sendable {
    /// Sums of one source.
    package struct Sum: Sendable, Equatable {
        package var calls = 0
        package var estimated = 0
        package var tokens = TokenCounts.zero
        package var cost = Money.zero

        package init() {}
    }

    /// What was counted of one attempt by either.
    package struct Difference: Sendable, Equatable {
        package var lease: Lease
        package var measured: Sum
        package var reported: Sum
    }

    /// What the gateway measured, and what agents reported that nobody measured: together the run's cost.
    package private(set) var measured = Sum()
    package private(set) var reported = Sum()
    private var byLease: [Lease: (measured: Sum, reported: Sum)] = [:]

    package init() {}

    /// Takes a fact in; any but `usage.recorded` is nothing.
    package mutating func add(_ body: Fact.Body) {
        guard case .usageRecorded(let lease, _, _, let usage, let cost, let counted) = body else { return }
        var entry = byLease[lease] ?? (Sum(), Sum())
        switch usage.source {
        case .gateway:
            guard counted else { return }
            Self.add(usage, cost, to: &measured)
            Self.add(usage, cost, to: &entry.measured)
        case .agent:
            if counted { Self.add(usage, cost, to: &reported) }
            Self.add(usage, cost, to: &entry.reported)
        }
        byLease[lease] = entry
    }

    private static func add(_ usage: Usage, _ cost: Money, to sum: inout Sum) {
        sum.calls += 1
        if usage.isEstimated { sum.estimated += 1 }
        sum.tokens += usage.tokens
        sum.cost += cost
    }

    /// Attempts that both counted, and whose tokens or costs differ by more than a hundredth, by name.
    package var differences: [Difference] {
        byLease.compactMap { lease, entry -> Difference? in
            guard entry.measured.calls > 0, entry.reported.calls > 0 else { return nil }
            let tokens = Self.differs(entry.measured.tokens.total, entry.reported.tokens.total)
            let costs = Self.differs(
                entry.measured.cost.microDollars, entry.reported.cost.microDollars)
            return tokens || costs
                ? Difference(lease: lease, measured: entry.measured, reported: entry.reported) : nil
        }
        .sorted { ($0.lease.task, $0.lease.attempt) < ($1.lease.task, $1.lease.attempt) }
    }

    private static func differs(_ measured: Int64, _ reported: Int64) -> Bool {
        (measured - reported).magnitude > measured.magnitude / 100
    }
}
