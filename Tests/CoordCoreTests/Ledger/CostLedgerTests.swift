import CoordCore
import CoordModel
import Testing

@Suite("Cost ledger")
struct CostLedgerTests {
    private func usage(_ id: String?) -> Usage { Usage(id: id, model: "m", tokens: .zero) }

    @Test("the same usage id counts once; without an id every report counts")
    func usageIDs() {
        var ledger = CostLedger(budget: nil)
        func record(_ id: String?) -> Bool {
            ledger.record(usage(id), cost: dollars(1), task: "a", worker: "w1")
        }
        #expect(
            [record("1"), record("1"), record("2"), record(nil), record(nil)] == [
                true, false, true, true, true,
            ])
        #expect(ledger.spent == dollars(4))
        #expect(ledger.spent(by: "a" as TaskID) == dollars(4))
        #expect(ledger.spent(by: "b" as TaskID) == .zero)
        #expect(ledger.spent(by: "w1" as WorkerID) == dollars(4))
    }

    @Test("room is what spending and reservations leave, and nothing when all is spent")
    func room() {
        var ledger = CostLedger(budget: dollars(10))
        ledger.reserve(dollars(4), for: "a")
        #expect(ledger.hasRoom(for: dollars(6)) && !ledger.hasRoom(for: dollars(6.000001)))
        ledger.reserve(dollars(5), for: "a")
        #expect(ledger.reserved == dollars(5))
        _ = ledger.record(usage(nil), cost: dollars(2), task: "a", worker: "w1")
        #expect(ledger.spent == dollars(2) && ledger.reserved == dollars(3))
        _ = ledger.record(usage(nil), cost: dollars(7), task: "a", worker: "w1")
        #expect(ledger.reserved == .zero && ledger.hasRoom(for: dollars(1)) && !ledger.isExhausted)
        _ = ledger.record(usage(nil), cost: dollars(1), task: "b", worker: "w1")
        #expect(ledger.isExhausted && !ledger.hasRoom(for: .zero))
    }

    @Test("a released reservation is gone, also when it was used up")
    func release() {
        var ledger = CostLedger(budget: dollars(10))
        ledger.reserve(dollars(1), for: "a")
        ledger.reserve(.zero, for: "b")
        _ = ledger.record(usage(nil), cost: dollars(3), task: "a", worker: "w1")
        ledger.release("a")
        ledger.release("a")
        ledger.release("b")
        #expect(ledger.reserved == .zero)
    }

    @Test("the warning comes once, at four fifths to the micro-dollar")
    func warning() {
        var ledger = CostLedger(budget: Money(microDollars: 1001))
        func spend(_ amount: Int64) -> Bool {
            _ = ledger.record(usage(nil), cost: Money(microDollars: amount), task: "a", worker: "w1")
            return ledger.takeWarning()
        }
        // Four fifths of 1001 are 800.8.
        #expect([spend(800), spend(1), spend(1)] == [false, true, false])
    }

    @Test("sums that nobody could mean do not overflow")
    func extremes() {
        var ledger = CostLedger(budget: Money(microDollars: 1_000_000_000_000_000))
        for _ in 0..<9000 {
            _ = ledger.record(
                usage(nil), cost: Money(microDollars: 1_000_000_000_000_000), task: "a", worker: "w1")
        }
        let warns = ledger.takeWarning()
        #expect(warns && ledger.isExhausted)
    }

    @Test("a restored ledger knows sums and ids and does not warn again")
    func restoration() {
        var ledger = CostLedger(budget: dollars(10))
        ledger.restore(
            costs: [
                CostRecord(key: .init(task: "a", worker: "w1", role: nil, model: "m"), cost: dollars(3)),
                CostRecord(key: .init(task: "a", worker: "w2", role: nil, model: "m"), cost: dollars(5)),
            ], usageIDs: ["1"])
        #expect(ledger.spent == dollars(8))
        #expect(ledger.spent(by: "a" as TaskID) == dollars(8))
        #expect(ledger.spent(by: "w2" as WorkerID) == dollars(5))
        let warns = ledger.takeWarning()
        let counts = ledger.record(usage("1"), cost: dollars(1), task: "a", worker: "w1")
        #expect(!warns && !counts)
    }
}
