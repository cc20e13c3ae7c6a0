import CoordJSON
import CoordModel
import CoordStore

/// `coord cost`: what a run has cost, and who or what cost it.
enum CostCommand {
    static let groupings = CostGrouping.allCases.map(\.rawValue)

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        if context.wantsJSON {
            context.answer(try document(reading))
            return .done
        }
        let record = reading.record
        let grouping = context.arguments.value("by").flatMap(CostGrouping.init(rawValue:)) ?? .worker
        let sums = try sums(reading, grouping)
        var table = TextTable([
            .left(grouping.rawValue.uppercased()), .right("COST"), .right("CALLS"), .right("IN"),
            .right("OUT"),
            .right("FROM CACHE"), .right("TO CACHE"),
        ])
        for sum in sums {
            table.append([
                .init(sum.id.isEmpty ? "(no role)" : sum.id), .init(Wording.money(sum.cost)),
                .init("\(sum.calls)"),
                .init(Wording.count(sum.tokens.input)), .init(Wording.count(sum.tokens.output)),
                .init(Wording.count(sum.tokens.cacheRead)), .init(Wording.count(sum.tokens.cacheWrite)),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        var text = "total \(Wording.money(record.spent))"
        if let budget = record.budget { text += " of \(Wording.money(budget))" }
        if record.reserved > .zero { text += ", \(Wording.money(record.reserved)) reserved" }
        if let average = perLandedTask(record) { text += ", \(Wording.money(average)) a landed task" }
        if record.simulated { text += "; simulated, no model is called" }
        context.output.line(context.style.bold(text))
        return .done
    }

    private static func sums(
        _ reading: RunReading, _ grouping: CostGrouping
    ) throws(CommandFailure) -> [CostSum] {
        try reading.read { () throws(StoreError) in
            try reading.store.costSums(reading.record.id, by: grouping)
        }
    }

    private static func perLandedTask(_ record: RunRecord) -> Money? {
        record.landed > 0 ? Money(microDollars: record.spent.microDollars / Int64(record.landed)) : nil
    }

    /// The document of `coord cost --json`.
    static func document(_ reading: RunReading) throws(CommandFailure) -> JSONValue {
        let record = reading.record
        func entries(_ grouping: CostGrouping) throws(CommandFailure) -> JSONValue {
            .array(
                try sums(reading, grouping).map {
                    [
                        "id": .string($0.id), "costUSD": .dollars($0.cost), "tokens": .tokens($0.tokens),
                        "calls": .count($0.calls),
                    ]
                })
        }
        return [
            "schema": "coord.cost/1", "totalUSD": .dollars(record.spent),
            "reservedUSD": .dollars(record.reserved),
            "budgetUSD": .dollars(record.budget), "tokens": .tokens(record.tokens),
            "byWorker": try entries(.worker), "byRole": try entries(.role), "byModel": try entries(.model),
            "byTask": try entries(.task), "perLandedTaskUSD": .dollars(perLandedTask(record)),
            "simulated": .bool(record.simulated),
        ]
    }
}
