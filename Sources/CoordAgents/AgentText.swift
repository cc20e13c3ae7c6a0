import CoordJSON
import CoordModel
import CoordWire

/// What agents' words are made of, whatever the client.
enum AgentText {
    /// The words of an agent: for the transcript, and the events in them (a verdict, a handoff, a task). What
    /// the words claim to have cost is not believed: the client knows better.
    static func said(_ text: String) -> [AgentAction] {
        guard !text.isEmpty else { return [] }
        var actions: [AgentAction] = [.say(text)]
        guard text.utf8.contains(0x7B) else { return actions }
        for line in text.utf8.split(separator: 0x0A) {
            guard case .report(let report) = AgentEventParser.parse(Array(line)[...]) else { continue }
            switch report {
            case .verdict, .handoff, .handoffWished, .acknowledged, .proposedTask, .progress:
                actions.append(.report(report))
            case .usage, .toolStarted, .toolEnded, .rateLimited, .session, .context, .handoffAsked: break
            }
        }
        return actions
    }

    /// A line, or a whole file, that is one JSON object, with the members that dialogues read. Nil: it is
    /// none.
    static func object(_ bytes: ArraySlice<UInt8>) -> JSONObject? {
        // What is no JSON is a notice of the client's own; whoever asks decides what becomes of it.
        (try? JSONParser.parse(bytes, keeping: ClientMembers.interest))?.objectValue
    }

    static func toolStarted(_ name: String, id: String, _ summary: String) -> AgentAction {
        .report(
            .toolStarted(
                name: cut(name, Limits.nameBytes), id: cut(id, Limits.nameBytes),
                summary: cut(firstLine(summary), summaryBytes)))
    }

    static func toolEnded(
        _ name: String, id: String, succeeded: Bool, _ summary: String = ""
    ) -> AgentAction {
        .report(
            .toolEnded(
                name: cut(name, Limits.nameBytes), id: cut(id, Limits.nameBytes), succeeded: succeeded,
                summary: cut(firstLine(summary), summaryBytes)))
    }

    static func progress(_ text: String) -> AgentAction {
        .report(.progress(cut(text, Limits.textBytes)))
    }

    /// How full the context is: all that was sent with the last call, however it was billed. Nothing: the
    /// client does not say.
    static func context(_ tokens: TokenCounts, window: Int64?) -> [AgentAction] {
        let used = tokens.input + tokens.cacheRead + tokens.cacheWrite
        return used > 0 ? [.report(.context(used: used, window: window))] : []
    }

    private typealias Limits = AgentEventParser.Limits
    private static let summaryBytes = 200

    /// What a tool is used on, in a few words: the member that says most.
    static func summary(of input: JSONValue?) -> String {
        guard case .object(let object)? = input else { return input?.stringValue ?? "" }
        for key in [
            "command", "file_path", "path", "filePath", "pattern", "query", "url", "description",
        ] {
            if let text = object[key]?.stringValue { return text }
            if let words = object[key]?.arrayValue {
                return words.compactMap(\.stringValue).joined(separator: " ")
            }
        }
        return ""
    }

    private static func firstLine(_ text: String) -> String {
        String(text.prefix { !$0.isNewline })
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        AgentEventParser.prefix(text, limit)
    }

    /// A number of tokens as far as it can be believed.
    static func tokens(_ value: JSONValue?) -> Int64 {
        guard let number = value?.integerValue else { return 0 }
        return min(max(number, 0), Limits.tokensPerCall)
    }

    /// An amount as far as it can be believed.
    static func money(_ value: JSONValue?) -> Money? {
        guard let dollars = value?.doubleValue, let money = Money(dollars: dollars) else { return nil }
        return min(money, Money(microDollars: Limits.microDollarsPerCall))
    }
}

extension TokenCounts {
    /// Each class less what is subtracted, and never below zero.
    func lessThan(_ other: TokenCounts) -> TokenCounts {
        TokenCounts(
            input: max(0, input - other.input), output: max(0, output - other.output),
            cacheRead: max(0, cacheRead - other.cacheRead),
            cacheWrite: max(0, cacheWrite - other.cacheWrite))
    }
}
