import CoordJSON

/// A conversation as it is kept for an attempt that goes on with it.
struct DirectConversation: Hashable, Sendable {
    var turns: [ModelTurn]

    private static let schema = "coord.conversation/1"

    init(_ turns: [ModelTurn]) { self.turns = turns }

    // MARK: Writing

    var bytes: [UInt8] {
        let document: JSONValue = [
            "schema": .string(Self.schema), "turns": .array(turns.map(Self.json)),
        ]
        return document.serialized()
    }

    private static func json(_ turn: ModelTurn) -> JSONValue {
        switch turn {
        case .user(let text): ["user": .string(text)]
        case .model(let text, let calls): ["model": .string(text), "calls": .array(calls.map(json))]
        case .results(let results):
            [
                "results": .array(
                    results.map {
                        ["call": json($0.call), "text": .string($0.text), "isError": .bool($0.isError)]
                    })
            ]
        }
    }

    private static func json(_ call: ModelToolCall) -> JSONValue {
        var object = JSONObject([("id", .string(call.id)), ("tool", .string(call.tool))])
        object["arguments"] = call.arguments.map { .object($0) }
        object["signature"] = call.signature.map { .string($0) }
        return .object(object)
    }

    // MARK: Reading

    /// Nil: these are no conversation, or one of another version.
    init?(_ bytes: [UInt8]) {
        guard let document = try? JSONParser.parse(bytes),
            document["schema"]?.stringValue == Self.schema,
            let list = document["turns"]?.arrayValue, !list.isEmpty
        else { return nil }
        turns = list.compactMap(Self.turn)
        guard turns.count == list.count else { return nil }
    }

    private static func turn(_ value: JSONValue) -> ModelTurn? {
        if let text = value["user"]?.stringValue { return .user(text) }
        if let text = value["model"]?.stringValue {
            let calls = (value["calls"]?.arrayValue ?? []).compactMap(call)
            return calls.count == value["calls"]?.arrayValue?.count ? .model(text, calls) : nil
        }
        guard let list = value["results"]?.arrayValue else { return nil }
        let results = list.compactMap { result -> ModelToolResult? in
            guard let call = result["call"].flatMap(call), let text = result["text"]?.stringValue,
                let isError = result["isError"]?.boolValue
            else { return nil }
            return ModelToolResult(call: call, text: text, isError: isError)
        }
        return results.count == list.count ? .results(results) : nil
    }

    private static func call(_ value: JSONValue) -> ModelToolCall? {
        guard let id = value["id"]?.stringValue, let tool = value["tool"]?.stringValue else { return nil }
        return ModelToolCall(
            id: id, tool: tool, arguments: value["arguments"]?.objectValue,
            signature: value["signature"]?.stringValue)
    }

    // MARK: Going on

    /// Said of a tool whose result nobody heard.
    private static let unheard =
        "The session ended while this tool was used: it may have done its work or not. Look before you use "
        + "it again."

    /// The conversation with what is asked now behind it. Every call of a tool has a result: model APIs want
    /// that.
    func going(onWith prompt: String) -> [ModelTurn] {
        guard case .model(_, let calls)? = turns.last, !calls.isEmpty else {
            return turns + [.user(prompt)]
        }
        let results = calls.map { ModelToolResult(call: $0, text: Self.unheard, isError: true) }
        return turns + [.results(results), .user(prompt)]
    }
}
