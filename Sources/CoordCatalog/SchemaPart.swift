import CoordJSON
import CoordModel

/// What the JSON Schemas of missions, roles and skills are made of. Ranges, words and defaults come from the
/// declarations that the readers check against, so that a schema says nothing else than its reader does.
enum SchemaPart {
    /// A whole document (draft 2020-12).
    static func document(
        _ noun: String, title: String, description: String, _ object: JSONValue,
        definitions: [String: JSONValue]
    ) -> JSONValue {
        var document = JSONObject([
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("$id", .string("urn:coord:schema:\(noun):1")), ("title", .string(title)),
            ("description", .string(description)),
        ])
        for (key, value) in (object.objectValue ?? JSONObject()).members { document[key] = value }
        document["$defs"] = .object(
            JSONObject(definitions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        return .object(document)
    }

    /// An object with the keys of a reader, each of which must have its schema.
    static func object<Key: FieldKey>(
        _: Key.Type, required: [Key] = [], isOpen: Bool = false, more: [(String, JSONValue)] = [],
        description: String? = nil, _ schema: (Key) -> JSONValue
    ) -> JSONValue {
        var object = JSONObject([("type", "object")])
        if let description { object["description"] = .string(description) }
        if !isOpen { object["additionalProperties"] = false }
        if !required.isEmpty { object["required"] = .array(required.map { .string($0.rawValue) }) }
        for (key, value) in more { object[key] = value }
        object["properties"] = .object(JSONObject(Key.allCases.map { ($0.rawValue, schema($0)) }))
        return .object(object)
    }

    /// A definition by its name, with what an editor shows beside it.
    static func reference(
        _ name: String, _ description: String? = nil, default value: JSONValue? = nil
    ) -> JSONValue {
        noted([("$ref", .string("#/$defs/" + name))], description, value)
    }

    /// `Fields.whole`.
    static func whole(
        _ range: ClosedRange<Int>, _ description: String? = nil, default value: Int? = nil
    ) -> JSONValue {
        noted([("type", "integer")] + bounds(range), description, value.map { .integer(Int64($0)) })
    }

    /// `Fields.decimal`, and what is read by it.
    static func decimal(_ range: ClosedRange<Int>, _ description: String? = nil) -> JSONValue {
        noted([("type", "number")] + bounds(range), description, nil)
    }

    /// `Fields.flag`.
    static func flag(_ description: String? = nil, default value: Bool? = nil) -> JSONValue {
        noted([("type", "boolean")], description, value.map { .bool($0) })
    }

    /// `Fields.choice`.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _: Choice.Type, _ description: String? = nil, default value: Choice? = nil
    ) -> JSONValue {
        noted([("enum", words(Choice.self))], description, value.map { .string($0.rawValue) })
    }

    /// The words of a choice.
    static func words<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> JSONValue {
        .array(Choice.allCases.map { .string($0.rawValue) })
    }

    /// `Fields.list`, of a definition.
    static func list(of name: String, _ description: String? = nil) -> JSONValue {
        noted([("type", "array"), ("items", reference(name))], description, nil)
    }

    /// A time as a default.
    static func seconds(_ time: Duration) -> JSONValue { .integer(time.components.seconds) }

    private static func bounds(_ range: ClosedRange<Int>) -> [(String, JSONValue)] {
        [
            ("minimum", .integer(Int64(range.lowerBound))), ("maximum", .integer(Int64(range.upperBound))),
        ]
    }

    private static func noted(
        _ members: [(String, JSONValue)], _ description: String?, _ value: JSONValue?
    ) -> JSONValue {
        var object = JSONObject(members)
        if let value { object["default"] = value }
        if let description { object["description"] = .string(description) }
        return .object(object)
    }

    // MARK: Texts

    /// `StringIdentifier.isValid`.
    static let name: JSONValue = [
        "type": "string", "pattern": "^(?!.*\\.\\.)(?!.*\\.$)(?!.*\\.lock$)[a-z0-9][a-z0-9._-]{0,63}$",
    ]
    /// `Fields.text`.
    static let text: JSONValue = [
        "type": "string", "description": "Never empty, and without the null character.",
        "pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
    ]
    /// `Fields.line`.
    static let line: JSONValue = [
        "type": "string", "description": "One line, never empty, without control characters.",
        "pattern":
            "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$",
    ]
}
