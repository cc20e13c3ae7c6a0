import CoordJSON
import CoordModel
import CoordStore
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord events`: the facts of a run, in order.
enum EventsCommand {
    private static let followIntervalMicroseconds: UInt32 = 200_000

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let writer = EventWriter(context, run: reading.record.id)
        var pages = FactPages(reading, after: try start(context, reading))
        while true {
            let isOver = context.arguments.has("follow") ? try isOver(reading, context) : true
            try pages.forEach { fact in writer.write(fact) }
            context.output.flush()
            if isOver || context.output.isClosed { return .done }
            usleep(followIntervalMicroseconds)
        }
    }

    /// The number to start after.
    private static func start(_ context: CommandContext, _ reading: RunReading) throws(CommandFailure)
        -> Int64
    {
        let since = Int64(context.arguments.number("since") ?? 0)
        guard let lines = context.arguments.number("lines") else { return since }
        let last = try reading.read { () throws(StoreError) in
            try reading.store.lastSequence(reading.record.id)
        }
        return max(since, last - Int64(lines))
    }

    /// Asked before the facts are read, so that the last ones are not missed.
    private static func isOver(_ reading: RunReading, _ context: CommandContext) throws(CommandFailure)
        -> Bool
    {
        let record = try reading.read { () throws(StoreError) in try reading.store.run(reading.record.id) }
        guard let record else { return true }
        return record.status.isFinal || !context.surroundings.isAlive(record.process)
    }

    /// A fact as the streams show it.
    static func json(_ fact: StoredFact, run: RunID) -> JSONValue {
        // Data that is no JSON is damage; the stream goes on without it.
        let data = (try? JSONParser.parse(fact.data)) ?? .null
        return [
            "seq": .integer(fact.sequence), "time": .time(fact.time), "run": .name(run),
            "type": .string(fact.type), "task": .name(fact.task), "worker": .name(fact.worker), "data": data,
        ]
    }

    /// A fact on one line for people.
    static func line(_ fact: StoredFact, _ style: Style, columns: Int) -> String {
        let subject = [fact.task?.rawValue, fact.worker?.rawValue].compactMap { $0 }.joined(separator: " ")
        var text = TerminalText.rightAligned("\(fact.sequence)", to: 5) + "  " + fact.time.clock + "  "
        text = style.dim(text) + TerminalText.padded(TerminalText.escaped(fact.type), to: 20) + "  "
        let used = 5 + 2 + 8 + 2 + 20 + 2
        let rest = [subject, detail(fact)].filter { !$0.isEmpty }.joined(separator: "  ")
        return text + TerminalText.cut(TerminalText.escaped(rest), to: max(20, columns - used))
    }

    /// What is most worth knowing of a fact's data.
    private static func detail(_ fact: StoredFact) -> String {
        guard let known = try? fact.fact().body else {
            // A fact of a newer coord is shown as it is.
            return String(decoding: fact.data, as: UTF8.self)
        }
        return FactWording.detail(known)
    }
}

/// Writes chosen facts as lines, or as JSON lines.
private struct EventWriter {
    private let context: CommandContext
    private let run: RunID
    private let types: [String]
    private let wantsJSON: Bool

    init(_ context: CommandContext, run: RunID) {
        self.context = context
        self.run = run
        types = context.arguments.values("type")
        wantsJSON = context.wantsJSON || context.arguments.has("jsonl")
    }

    /// False: nobody reads any more.
    func write(_ fact: StoredFact) -> Bool {
        guard types.isEmpty || types.contains(where: { fact.type == $0 || fact.type.hasPrefix($0 + ".") })
        else {
            return true
        }
        if wantsJSON {
            context.output.line(TerminalText.escapedJSON(EventsCommand.json(fact, run: run).text))
        } else {
            context.output.line(EventsCommand.line(fact, context.style, columns: context.columns))
        }
        return !context.output.isClosed
    }
}

/// Goes through the facts of a run page by page, and on from where it stopped.
struct FactPages {
    private static let pageSize = 1000

    private let reading: RunReading
    private var sequence: Int64

    init(_ reading: RunReading, after sequence: Int64 = 0) {
        self.reading = reading
        self.sequence = sequence
    }

    /// Calls `body` with each fact that is there by now, until it answers false.
    mutating func forEach(_ body: (StoredFact) throws(CommandFailure) -> Bool) throws(CommandFailure) {
        while true {
            let after = sequence
            let page = try reading.read { () throws(StoreError) in
                try reading.store.facts(reading.record.id, after: after, limit: Self.pageSize)
            }
            for fact in page {
                sequence = fact.sequence
                guard try body(fact) else { return }
            }
            guard page.count == Self.pageSize else { return }
        }
    }
}
