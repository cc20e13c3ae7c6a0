package import CoordJSON
package import CoordModel

extension ParameterSchema {
    /// The schema as JSON Schema (draft 2020-12), for tools that are offered to agents and for export.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = []
        switch kind {
        case .object(let properties, let allowsOthers):
            members.append(("type", "object"))
            members.append(("properties", .object(JSONObject(properties.map { ($0.name, $0.schema.json) }))))
            let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members.append(("required", .array(required))) }
            if !allowsOthers { members.append(("additionalProperties", false)) }
        case .list(let items, let counts, let isUnique):
            members.append(("type", "array"))
            if let items { members.append(("items", items.json)) }
            Self.add(counts, least: "minItems", most: "maxItems", floor: 0, ceiling: .max, to: &members)
            if isUnique { members.append(("uniqueItems", true)) }
        case .text(let lengths, let isPath):
            members.append(("type", "string"))
            Self.add(lengths, least: "minLength", most: "maxLength", floor: 0, ceiling: .max, to: &members)
            if isPath { members.append(("format", "path")) }
        case .whole(let range):
            members.append(("type", "integer"))
            if range.lowerBound > .min { members.append(("minimum", .integer(range.lowerBound))) }
            if range.upperBound < .max { members.append(("maximum", .integer(range.upperBound))) }
        case .number(let range):
            members.append(("type", "number"))
            if range.lowerBound.isFinite { members.append(("minimum", .number(range.lowerBound))) }
            if range.upperBound.isFinite { members.append(("maximum", .number(range.upperBound))) }
        case .flag: members.append(("type", "boolean"))
        case .any: break
        }
        if !choices.isEmpty { members.append(("enum", .array(choices.map(\.json)))) }
        if !description.isEmpty { members.append(("description", .string(description))) }
        if let fallback { members.append(("default", fallback.json)) }
        return .object(JSONObject(members))
    }

    private static func add(
        _ range: ClosedRange<Int>, least: String, most: String, floor: Int, ceiling: Int,
        to members: inout [(String, JSONValue)]
    ) {
        if range.lowerBound > floor { members.append((least, .integer(Int64(range.lowerBound)))) }
        if range.upperBound < ceiling { members.append((most, .integer(Int64(range.upperBound)))) }
    }
}

extension ParameterValue {
    /// The value as JSON.
    package var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .whole(let number): .integer(number)
        case .number(let number): .number(number)
        case .flag(let flag): .bool(flag)
        }
    }

    /// Nil for what is no plain value.
    package init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .integer(let number): self = .whole(number)
        case .number(let number): self = .number(number)
        case .bool(let flag): self = .flag(flag)
        case .null, .array, .object: return nil
        }
    }
}
