import CoordModel
import CoordStore
import CoordWire

/// `coord cost`: what a run has cost, and who or what cost it.
enum CostCommand {
    static let groupings = CostGrouping.allCases.map(\.rawValue)

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        if context.wantsJSON {
            try answer(reading, context)
            return .done
        }
        let record = reading.record
        let grouping = context.arguments.value("by").flatMap(CostGrouping.init(rawValue:)) ?? .worker
        let sums = try sums(reading, grouping)
        var table = TextTable(
            [
                .left(grouping.rawValue.uppercased()), .right("COST"), .right("CALLS"), .right("IN"),
                .right("OUT"), .right("FROM CACHE"), .right("TO CACHE"),
            ], rows: sums.count)
        for sum in sums {
            table.append(sum.id.isEmpty ? "(no role)" : sum.id)
            table.append(Wording.money(sum.cost))
            table.append(String(sum.calls))
            table.append(Wording.count(sum.tokens.input))
            table.append(Wording.count(sum.tokens.output))
            table.append(Wording.count(sum.tokens.cacheRead))
            table.append(Wording.count(sum.tokens.cacheWrite))
        }
        table.write(to: context.output, columns: context.columns, style: context.style)
        var text = "total \(Wording.money(record.spent))"
        if let budget = record.budget { text += " of \(Wording.money(budget))" }
        if record.reserved > .zero { text += ", \(Wording.money(record.reserved)) reserved" }
        if let average = perLandedTask(record) { text += ", \(Wording.money(average)) a landed task" }
        if record.simulated { text += "; simulated, no model is called" }
        context.output.line(context.style.bold(text))
        if context.arguments.has("sources") { UsageSources.show(try UsageSources.read(reading), context) }
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

    private static let listed: [(name: StaticString, grouping: CostGrouping)] = [
        ("byWorker", .worker), ("byRole", .role), ("byModel", .model), ("byTask", .task),
    ]

    /// The document of `coord cost --json`.
    private static func answer(_ reading: RunReading, _ context: CommandContext) throws(CommandFailure) {
        let record = reading.record
        var groups: [(name: StaticString, sums: [CostSum])] = []
        for (name, grouping) in listed { groups.append((name, try sums(reading, grouping))) }
        let sources = context.arguments.has("sources") ? try UsageSources.read(reading) : nil
        context.answer { writer in
            writer.string("schema", "coord.cost/1")
            writer.money("totalUSD", record.spent)
            writer.money("reservedUSD", record.reserved)
            writer.moneyOrNull("budgetUSD", record.budget)
            write(record.tokens, to: &writer)
            for (name, sums) in groups {
                writer.objects(name, sums) { sum, writer in
                    writer.string("id", sum.id)
                    writer.money("costUSD", sum.cost)
                    write(sum.tokens, to: &writer)
                    writer.integer("calls", sum.calls)
                }
            }
            writer.moneyOrNull("perLandedTaskUSD", perLandedTask(record))
            writer.flag("simulated", record.simulated)
            if let sources { UsageSources.write(sources, to: &writer) }
        }
    }

    private static func write(_ tokens: TokenCounts, to writer: inout MemberWriter) {
        writer.object("tokens") {
            $0.integer("input", tokens.input)
            $0.integer("output", tokens.output)
            $0.integer("cacheRead", tokens.cacheRead)
            $0.integer("cacheWrite", tokens.cacheWrite)
        }
    }
}
