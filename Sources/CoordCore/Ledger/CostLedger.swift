package import CoordModel

/// The one ledger of a run: what was spent, what is reserved, and whether there is room for more.
///
/// Whole micro-dollars; the same usage id counts once. Reservations are held by task, one at a time.
package struct CostLedger: Sendable {
    package let budget: Money?
    package private(set) var spent = Money.zero
    package private(set) var reserved = Money.zero
    private var reservations: [TaskID: Money] = [:]
    /// What is held for calls that are on their way, by call, and its sums.
    private var calls: [CallID: Held] = [:]
    private var callsByTask: [TaskID: Money] = [:]
    private var callsByWorker: [WorkerID: Money] = [:]
    private var spentByTask: [TaskID: Money] = [:]
    private var spentByWorker: [WorkerID: Money] = [:]
    private var countedIDs: Set<String> = []
    private var hasWarned = false
    private let softBudget: Money?
    private var hasReachedSoft = false

    /// At this share of the budget the run says so, once.
    package static let warningPercent: Int64 = 80

    /// - Parameter softBudget: a person is asked when so much is spent.
    package init(budget: Money?, softBudget: Money? = nil) {
        self.budget = budget
        self.softBudget = softBudget
    }

    /// Takes up what an earlier coordinator recorded.
    package mutating func restore(costs: [CostRecord], usageIDs: Set<String>) {
        countedIDs = usageIDs
        for record in costs { book(record.cost, task: record.key.task, worker: record.key.worker) }
        hasWarned = isAboveWarning
        // Whoever took the run up again knew of it.
        hasReachedSoft = isAboveSoft
    }

    /// Whether `amount` fits under the budget beside what is spent and reserved.
    package func hasRoom(for amount: Money) -> Bool {
        guard let budget else { return true }
        return spent + reserved + amount <= budget && spent < budget
    }

    /// What is held for a call that is on its way.
    private struct Held: Sendable {
        var amount: Money
        var task: TaskID
        var worker: WorkerID
    }

    /// Whether the worst that a call may cost fits under the budgets of the run, the task and the worker,
    /// beside what is spent and held. `.none` when it would not even fit alone.
    package func room(
        forCall amount: Money, task: TaskID, taskBudget: Money?, worker: WorkerID, workerBudget: Money?
    ) -> ModelGovernor.Room {
        var room = ModelGovernor.Room.enough
        func check(
            _ scope: ModelGovernor.BudgetScope, _ budget: Money?, _ spent: Money, _ held: Money,
            _ name: String
        ) {
            guard let budget, spent + held + amount > budget else { return }
            if spent + amount > budget {
                room = .none(
                    scope,
                    reason: "a call that may cost \(amount) does not fit the budget of \(budget) of \(name): "
                        + "\(spent) spent")
            } else if room == .enough {
                room = .later
            }
        }
        // What is set apart for the task as a whole is there for its calls.
        let setApart = reservations[task] ?? .zero
        let held = callsByTask[task] ?? .zero
        check(.worker, workerBudget, spent(by: worker), callsByWorker[worker] ?? .zero, "worker `\(worker)`")
        check(.task, taskBudget, spent(by: task), held, "task `\(task)`")
        check(.run, budget, spent, reserved - max(setApart, held) + held, "the run")
        return room
    }

    /// Holds the worst that a call may cost until it is settled.
    package mutating func hold(_ amount: Money, for call: CallID, task: TaskID, worker: WorkerID) {
        letGo(of: call)
        guard amount > .zero else { return }
        calls[call] = Held(amount: amount, task: task, worker: worker)
        change(task) { $0.callsByTask[task, default: .zero] += amount }
        callsByWorker[worker, default: .zero] += amount
    }

    /// Gives back what is held for a call. Returns it.
    @discardableResult
    package mutating func letGo(of call: CallID) -> Money {
        guard let held = calls.removeValue(forKey: call) else { return .zero }
        change(held.task) { $0.callsByTask[held.task, default: .zero] -= held.amount }
        callsByWorker[held.worker, default: .zero] -= held.amount
        return held.amount
    }

    /// Of what is held for a task as a whole and for its calls, the greater counts.
    private mutating func change(_ task: TaskID, _ edit: (inout CostLedger) -> Void) {
        let before = max(reservations[task] ?? .zero, callsByTask[task] ?? .zero)
        edit(&self)
        if callsByTask[task] == .zero { callsByTask[task] = nil }
        reserved += max(reservations[task] ?? .zero, callsByTask[task] ?? .zero) - before
    }

    /// Whether nothing more may be spent, however little.
    package var isExhausted: Bool { budget.map { spent >= $0 } ?? false }

    /// Holds an amount for a task, in place of what was held for it.
    package mutating func reserve(_ amount: Money, for task: TaskID) {
        change(task) { $0.reservations[task] = amount > .zero ? amount : nil }
    }

    /// Gives back what is held for a task.
    package mutating func release(_ task: TaskID) {
        change(task) { $0.reservations[task] = nil }
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
            change(task) { $0.reservations[task] = max(held - cost, .zero) }
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

    /// The soft limit, once, when the spending has reached it.
    package mutating func takeSoftLimit() -> Money? {
        guard !hasReachedSoft, isAboveSoft else { return nil }
        hasReachedSoft = true
        return softBudget
    }

    private var isAboveSoft: Bool { softBudget.map { spent >= $0 } ?? false }

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
