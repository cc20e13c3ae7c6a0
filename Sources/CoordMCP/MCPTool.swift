package import CoordJSON
import CoordModel
import CoordWire

/// One tool as an agent sees it.
package struct MCPTool: Sendable, Hashable {
    /// 1 to 128 of `A-Z a-z 0-9 _ . -`.
    package var name: String
    package var description: String
    /// Its arguments: names and JSON schemas, in order.
    package var properties: JSONObject
    package var required: [String]
    /// It changes nothing.
    package var isReadOnly: Bool

    package init(
        _ name: String, _ description: String, _ properties: JSONObject = JSONObject(),
        required: [String] = [], isReadOnly: Bool = false
    ) {
        self.name = name
        self.description = description
        self.properties = properties
        self.required = required
        self.isReadOnly = isReadOnly
    }

    /// The JSON Schema of its arguments.
    package var schema: JSONValue {
        var schema = JSONObject([("type", "object"), ("properties", .object(properties))])
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    var json: JSONValue {
        [
            "name": .string(name), "description": .string(description), "inputSchema": schema,
            "annotations": ["readOnlyHint": .bool(isReadOnly), "openWorldHint": false],
            // Some clients put tools behind a search, where nobody looks for them.
            "_meta": ["anthropic/alwaysLoad": true],
        ]
    }

    /// What is wrong with the names of the arguments; nil when nothing is. Their values are the reader's.
    package func problem(with arguments: JSONObject) -> String? {
        if let other = arguments.keys.first(where: { properties[$0] == nil }) {
            let near = Suggestion.nearest(to: other, among: properties.keys)
            return "`\(AgentEventParser.prefix(other, 64))` is no argument of \(name)"
                + (near.map { "; did you mean `\($0)`?" } ?? ".")
        }
        guard let missing = required.first(where: { arguments[$0] == nil }) else { return nil }
        return "`\(missing)` is missing."
    }
}
