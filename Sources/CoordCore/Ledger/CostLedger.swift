package import CoordModel

/// The one ledger of a run: what was spent, what is reserved, and whether there is room for more.
///
/// Whole micro-dollars; the same usage id counts once. Reservations are held by task, one at a time.
package struct CostLedger: Sendable {
    package let budget: Money?
    package private(set) var spent = Money.zero
    package private(set) var reserved = Money.zero
    private var reservations: [TaskID: Money] = [:]
    private var spentByTask: [TaskID: Money] = [:]
    private var spentByWorker: [WorkerID: Money] = [:]
    private var countedIDs: Set<String> = []
    private var hasWarned = false

    /// At this share of the budget the run says so, once.
    package static let warningPercent: Int64 = 80

    package init(budget: Money?) { self.budget = budget }

    /// Takes up what an earlier coordinator recorded.
    package mutating func restore(costs: [CostRecord], usageIDs: Set<String>) {
        countedIDs = usageIDs
        for record in costs { book(record.cost, task: record.key.task, worker: record.key.worker) }
        hasWarned = isAboveWarning
    }

    /// Whether `amount` fits under the budget beside what is spent and reserved.
    package func hasRoom(for amount: Money) -> Bool {
        guard let budget else { return true }
        return spent + reserved + amount <= budget && spent < budget
    }

    /// Whether nothing more may be spent, however little.
    package var isExhausted: Bool { budget.map { spent >= $0 } ?? false }

    /// Holds an amount for a task, in place of what was held for it.
    package mutating func reserve(_ amount: Money, for task: TaskID) {
        release(task)
        guard amount > .zero else { return }
        reservations[task] = amount
        reserved += amount
    }

    /// Gives back what is held for a task.
    package mutating func release(_ task: TaskID) {
        guard let amount = reservations.removeValue(forKey: task) else { return }
        reserved -= amount
    }

    /// Books one usage. False when its id was booked before: then nothing changes. What is spent comes out of
    /// the task's reservation first.
    package mutating func record(_ usage: Usage, cost: Money, task: TaskID, worker: WorkerID) -> Bool {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.usageCountedTwice) {
                book(cost, task: task, worker: worker)
                return true
            }
        #endif
        if let id = usage.id, !countedIDs.insert(id).inserted { return false }
        if let held = reservations[task] {
            let rest = max(held - cost, .zero)
            reserved -= held - rest
            reservations[task] = rest
        }
        book(cost, task: task, worker: worker)
        return true
    }

    /// What the task has cost.
    package func spent(by task: TaskID) -> Money { spentByTask[task] ?? .zero }
    /// What the worker has cost.
    package func spent(by worker: WorkerID) -> Money { spentByWorker[worker] ?? .zero }

    /// True once, when the spending has passed four fifths of the budget.
    package mutating func takeWarning() -> Bool {
        guard !hasWarned, isAboveWarning else { return false }
        hasWarned = true
        return true
    }

    private var isAboveWarning: Bool {
        // Divided before it is multiplied: no sum that somebody reports can overflow.
        budget.map {
            let (hundredths, rest) = $0.microDollars.quotientAndRemainder(dividingBy: 100)
            let percent = Self.warningPercent
            return spent.microDollars >= hundredths * percent + (rest * percent + 99) / 100
        } ?? false
    }

    private mutating func book(_ cost: Money, task: TaskID, worker: WorkerID) {
        spent += cost
        spentByTask[task, default: .zero] += cost
        spentByWorker[worker, default: .zero] += cost
    }
}
