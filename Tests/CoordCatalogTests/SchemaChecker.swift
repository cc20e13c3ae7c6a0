import CoordJSON

/// Checks documents against a JSON Schema, as far as coord's own schemas use the language (draft 2020-12). A
/// keyword it does not know is a fault of the schema, so that nothing is written that no test reads.
struct SchemaChecker {
    private let root: JSONValue
    private let patterns: [String: Regex<AnyRegexOutput>]
    private let memory = Memory()

    /// What was matched before: matching is slow, and documents are alike.
    private final class Memory {
        var matches: [String: [String: Bool]] = [:]
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$defs", "title", "description", "default",
    ]
    private static let assertions: Set<String> = [
        "$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf",
        "allOf",
        "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "uniqueItems",
    ]

    init(_ text: String) throws {
        root = try JSONParser.parse(text)
        var patterns: [String: Regex<AnyRegexOutput>] = [:]
        var open = [root]
        while let value = open.popLast() {
            open += value.arrayValue ?? value.objectValue?.values ?? []
            if let pattern = value["pattern"]?.stringValue { patterns[pattern] = try Regex(pattern) }
        }
        self.patterns = patterns
    }

    /// Why the document does not fit, as `path: keyword`; empty when it fits.
    func faults(_ document: JSONValue) -> [String] { faults(document, root, "") }

    /// The schema below `path`, such as `["$defs", "task"]`.
    func part(_ path: String...) -> JSONValue? { path.reduce(root) { $0?[$1] } }

    /// Keywords anywhere in the schema that this checker does not know.
    var unknownKeywords: [String] { unknownKeywords(root) }

    private func unknownKeywords(_ schema: JSONValue) -> [String] {
        var found: [String] = []
        for (keyword, value) in schema.objectValue?.members ?? JSONObject().members {
            switch keyword {
            case "properties", "$defs":
                found +=
                    value.objectValue?.values.flatMap { unknownKeywords($0) } ?? ["\(keyword) is no object"]
            case "anyOf", "allOf": found += value.arrayValue?.flatMap { unknownKeywords($0) } ?? []
            case "items": found += unknownKeywords(value)
            case let word where !Self.annotations.contains(word) && !Self.assertions.contains(word):
                found.append(word)
            default: break
            }
        }
        return found
    }

    // MARK: Checking

    private func faults(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        guard let object = schema.objectValue else { return ["\(path): the schema is no object"] }
        var found: [String] = []
        for (keyword, argument) in object.members {
            found += fault(value, keyword, argument, schema, path)
        }
        return found
    }

    private func fault(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ schema: JSONValue, _ path: String
    ) -> [String] {
        let isFit: Bool
        switch keyword {
        case "$ref":
            let parts = (argument.stringValue ?? "").split(separator: "/").dropFirst().map(String.init)
            guard let target = parts.reduce(Optional(root), { $0?[$1] }) else {
                return ["\(path): no \(argument.text)"]
            }
            return faults(value, target, path)
        case "properties":
            return (value.objectValue?.members ?? JSONObject().members).flatMap { key, member in
                argument[key].map { faults(member, $0, "\(path)/\(key)") } ?? []
            }
        case "items":
            return (value.arrayValue ?? []).enumerated().flatMap { faults($1, argument, "\(path)/\($0)") }
        case "allOf": return (argument.arrayValue ?? []).flatMap { faults(value, $0, path) }
        case "anyOf": isFit = (argument.arrayValue ?? []).contains { faults(value, $0, path).isEmpty }
        case "type": isFit = argument.stringValue.map { Self.isOf(value, $0) } ?? false
        case "enum": isFit = argument.arrayValue?.contains(value) ?? false
        case "const": isFit = argument == value
        case "required":
            isFit =
                value.objectValue.map { object in
                    (argument.arrayValue ?? []).allSatisfy { object[$0.stringValue ?? ""] != nil }
                } ?? true
        case "additionalProperties":
            if argument.objectValue != nil {
                let known = schema["properties"]?.objectValue?.keys ?? []
                return (value.objectValue?.members ?? JSONObject().members)
                    .filter { !known.contains($0.0) }
                    .flatMap { faults($0.1, argument, "\(path)/\($0.0)") }
            }
            isFit = value.objectValue?.keys.allSatisfy { schema["properties"]?[$0] != nil } ?? true
        case "pattern":
            isFit =
                value.stringValue.map { matches($0, argument.stringValue ?? "") } ?? true
        case "minimum": isFit = value.doubleValue.map { $0 >= argument.doubleValue ?? .nan } ?? true
        case "maximum": isFit = value.doubleValue.map { $0 <= argument.doubleValue ?? .nan } ?? true
        case "minLength":
            isFit = value.stringValue.map { $0.unicodeScalars.count >= argument.integerValue ?? 0 } ?? true
        case "maxLength":
            isFit = value.stringValue.map { $0.unicodeScalars.count <= argument.integerValue ?? 0 } ?? true
        case "minItems": isFit = value.arrayValue.map { $0.count >= argument.integerValue ?? 0 } ?? true
        case "uniqueItems": isFit = value.arrayValue.map { Set($0).count == $0.count } ?? true
        default: return []
        }
        return isFit ? [] : ["\(path): \(keyword)"]
    }

    private func matches(_ text: String, _ pattern: String) -> Bool {
        if let known = memory.matches[pattern]?[text] { return known }
        let isMatch = patterns[pattern].map { text.contains($0) } ?? false
        memory.matches[pattern, default: [:]][text] = isMatch
        return isMatch
    }

    private static func isOf(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "object": value.objectValue != nil
        case "array": value.arrayValue != nil
        case "string": value.stringValue != nil
        case "integer": value.integerValue != nil
        case "number": value.doubleValue != nil
        case "boolean": value.boolValue != nil
        case "null": value.isNull
        default: false
        }
    }
}
