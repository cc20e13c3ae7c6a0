package import CoordJSON
package import CoordModel

/// Reads the events of CONTRACT section 5 out of an agent's output. Does no I/O and keeps no state.
///
/// Numbers are believed only within limits, texts are cut to theirs: an agent may be wrong, or lie.
package enum AgentEventParser {
    /// What a line of output is.
    package enum Reading: Hashable, Sendable {
        case report(AgentReport)
        /// Anything that is no event.
        case transcript
        /// It wants to be an event and is not; the reason as a sentence without a full stop.
        case refused(reason: String)
    }

    /// What an event may hold.
    package enum Limits {
        package static let tokensPerCall: Int64 = 1_000_000_000
        /// A hundred thousand dollars.
        package static let microDollarsPerCall: Int64 = 100_000_000_000
        package static let retryAfterSeconds: Double = 86_400
        package static let textBytes = 4 << 10
        package static let nameBytes = 256
        package static let handoffSummaryBytes = 12 << 10
        package static let handoffRemainingBytes = 4 << 10
        package static let promptBytes = 64 << 10
        package static let listItems = 100
    }

    /// Reads one line, given without its end.
    package static func parse(_ line: ArraySlice<UInt8>) -> Reading {
        guard mayBeEvent(line) else { return .transcript }
        // What is not JSON is an agent's own business, even if it looks like an event from afar.
        guard case .object(let object)? = try? JSONParser.parse(line), let kind = object["coord"] else {
            return .transcript
        }
        guard case .string(let name) = kind else { return .refused(reason: "`coord` is not a string") }
        do throws(WireError) {
            let event = Members(method: name, object: object)
            guard let report = try report(event) else {
                return .refused(reason: "`\(prefix(name, Limits.nameBytes))` is no event that coord knows")
            }
            return .report(report)
        } catch {
            return .refused(reason: error.description)
        }
    }

    /// Most output is prose or another tool's JSON; it is told apart without being parsed.
    private static func mayBeEvent(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }), first == 0x7B else { return false }
        return line.withUnsafeBytes { bytes in
            var position = 0
            while let quote = bytes.index(of: 0x22, from: position) {
                if bytes[quote...].starts(with: key) { return true }
                position = quote + 1
            }
            return false
        }
    }

    private static let key = Array("\"coord\"".utf8)

    private static func report(_ event: Members) throws(WireError) -> AgentReport? {
        switch event.method {
        case "usage": return .usage(try usage(event))
        case "progress": return .progress(prefix(try event.text("text"), Limits.textBytes))
        case "tool": return try tool(event)
        case "handoff": return .handoff(try handoff(event))
        case "task": return .proposedTask(try proposal(event))
        case "verdict": return .verdict(try event.verdict())
        case "rate-limited": return .rateLimited(retryAfter: try retryAfter(event))
        case "ack", "context", "handoff-wanted": return try event.handoffReport()
        default: return nil
        }
    }

    private static func usage(_ event: Members) throws(WireError) -> Usage {
        let range = 0...Limits.tokensPerCall
        let tokens = TokenCounts(
            input: try event.optionalInteger("inputTokens", range) ?? 0,
            output: try event.optionalInteger("outputTokens", range) ?? 0,
            cacheRead: try event.optionalInteger("cacheReadTokens", range) ?? 0,
            cacheWrite: try event.optionalInteger("cacheWriteTokens", range) ?? 0)
        let id = try event.optionalText("id")
        if let id, id.utf8.count > Limits.nameBytes {
            throw .wrong(member: "id", method: event.method, wanted: "at most \(Limits.nameBytes) bytes long")
        }
        var cost: Money?
        if let value = event.object["costUSD"], !value.isNull {
            cost = value.doubleValue.flatMap(Money.init(dollars:))
            guard let cost, cost.microDollars <= Limits.microDollarsPerCall else {
                throw .wrong(member: "costUSD", method: event.method, wanted: "an amount of dollars")
            }
        }
        let model = try event.optionalText("model") ?? "unknown"
        return Usage(
            id: id?.isEmpty == true ? nil : id, model: prefix(model, Limits.nameBytes), tokens: tokens,
            cost: cost)
    }

    private static func tool(_ event: Members) throws(WireError) -> AgentReport {
        let name = prefix(try event.text("name"), Limits.nameBytes)
        let id = prefix(try event.optionalText("id") ?? "", Limits.nameBytes)
        let summary = prefix(try event.optionalText("summary") ?? "", Limits.textBytes)
        switch try event.text("phase") {
        case "start": return .toolStarted(name: name, id: id, summary: summary)
        case "end":
            let succeeded = try event.flag("ok", otherwise: true)
            return .toolEnded(name: name, id: id, succeeded: succeeded, summary: summary)
        default: throw .wrong(member: "phase", method: event.method, wanted: "`start` or `end`")
        }
    }

    private static func handoff(_ event: Members) throws(WireError) -> Handoff {
        var left = Limits.handoffRemainingBytes
        // What is still to be done is kept first when not all fits.
        let remaining = cut(try event.texts("remaining"), &left)
        let decisions = cut(try event.texts("decisions"), &left)
        let pitfalls = cut(try event.texts("pitfalls"), &left)
        return Handoff(
            summary: prefix(try event.text("summary"), Limits.handoffSummaryBytes), decisions: decisions,
            remaining: remaining, pitfalls: pitfalls)
    }

    /// One of the events by its name, for those who have its members from elsewhere. Nil: there is none.
    package static func report(kind: String, members: JSONObject) throws(WireError) -> AgentReport? {
        try report(Members(method: kind, object: members))
    }

    static func proposal(_ event: Members) throws(WireError) -> TaskSpec {
        let spec = try event.proposal()
        let isSmall =
            spec.title.utf8.count <= Limits.textBytes && spec.prompt.utf8.count <= Limits.promptBytes
            && [spec.dependencies.count, spec.files.count, spec.checks.count].allSatisfy {
                $0 <= Limits.listItems
            }
            && (spec.files + spec.checks + spec.dependencies.map(\.rawValue))
                .allSatisfy { $0.utf8.count <= Limits.textBytes }
        guard isSmall else {
            throw .wrong(member: "prompt", method: event.method, wanted: "of a size that coord takes")
        }
        return spec
    }

    private static func retryAfter(_ event: Members) throws(WireError) -> Duration? {
        guard let value = event.object["retryAfterSeconds"], !value.isNull else { return nil }
        guard let seconds = value.doubleValue, seconds >= 0, seconds <= Limits.retryAfterSeconds else {
            throw .wrong(
                member: "retryAfterSeconds", method: event.method, wanted: "a number of seconds up to a day")
        }
        return .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }

    private static func cut(_ items: [String], _ left: inout Int) -> [String] {
        var kept: [String] = []
        for item in items.prefix(Limits.listItems) where left > 0 {
            kept.append(prefix(item, left))
            left -= kept[kept.count - 1].utf8.count
        }
        return kept
    }

    /// The longest beginning of whole characters within so many bytes.
    package static func prefix(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var bytes = Array(text.utf8.prefix(max(0, limit)))
        while true {
            if let whole = String(validating: bytes, as: UTF8.self) { return whole }
            bytes.removeLast()
        }
    }
}
