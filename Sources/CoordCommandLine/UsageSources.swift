import CoordCore
import CoordModel
import CoordStore
import CoordWire

/// `coord cost --sources`: which figure came from where, and where two sources do not agree.
enum UsageSources {
    static func read(_ reading: RunReading) throws(CommandFailure) -> UsageComparison {
        let stored = try reading.read { () throws(StoreError) in
            try reading.store.facts(reading.record.id, ofType: FactType.usageRecorded.rawValue)
        }
        var comparison = UsageComparison()
        // One that a newer coord wrote otherwise is left out.
        for fact in stored { if let body = try? fact.fact().body { comparison.add(body) } }
        return comparison
    }

    static func show(_ comparison: UsageComparison, _ context: CommandContext) {
        for (name, sum) in [
            ("measured by the gateway", comparison.measured), ("reported by agents", comparison.reported),
        ] {
            var text = "\(name): \(sum.calls) calls, \(Wording.money(sum.cost))"
            if sum.estimated > 0 { text += ", \(sum.estimated) estimated" }
            context.output.line(text)
        }
        for difference in comparison.differences {
            context.output.line(
                "\(difference.lease): measured \(wording(difference.measured)), "
                    + "its agent reports \(wording(difference.reported))")
        }
    }

    private static func wording(_ sum: UsageComparison.Sum) -> String {
        "\(Wording.count(sum.tokens.total)) tokens and \(Wording.money(sum.cost))"
    }

    static func write(_ comparison: UsageComparison, to writer: inout MemberWriter) {
        writer.object("sources") { writer in
            writer.object("gateway") { write(comparison.measured, to: &$0) }
            writer.object("agents") { write(comparison.reported, to: &$0) }
        }
        writer.objects("differences", comparison.differences) { difference, writer in
            writer.string("task", difference.lease.task.rawValue)
            writer.integer("attempt", difference.lease.attempt)
            writer.object("measured") { write(difference.measured, to: &$0) }
            writer.object("reported") { write(difference.reported, to: &$0) }
        }
    }

    private static func write(_ sum: UsageComparison.Sum, to writer: inout MemberWriter) {
        writer.integer("calls", sum.calls)
        writer.integer("estimated", sum.estimated)
        writer.integer("tokens", sum.tokens.total)
        writer.money("costUSD", sum.cost)
    }
}
