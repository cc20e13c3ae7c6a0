import CoordModel
import CoordSkills

/// The keywords of JSON Schema that coord checks, and those it knows as remarks.
enum SchemaKeyword: String, FieldKey {
    case type, properties, required, additionalProperties, items, minItems, maxItems, uniqueItems
    case minLength, maxLength, format, minimum, maximum, `enum`, `default`
    case title, description, examples, schema = "$schema", comment = "$comment"

    static let synonyms: [String: Self] = ["enums": .enum, "optional": .required, "choices": .enum]
}

/// Reads the `parameters` of a skill: the subset of JSON Schema that `ParameterSchema` checks. Everything
/// else is refused, so that no keyword stands in a manifest that nothing heeds.
struct ParameterReader {
    let problems: ProblemList
    /// Schemas nest no deeper.
    static let depthLimit = 8
    static let types = ["object", "array", "string", "integer", "number", "boolean"]

    /// The schema of all arguments. Nil, and errors, when it is none that can be checked.
    func parameters(_ value: LocatedValue) -> ParameterSchema? {
        guard let schema = schema(value, "`parameters`", depth: 0) else { return nil }
        guard case .object(let properties, _) = schema.kind else {
            problems.error(
                at: value.position, "`parameters` must have the type `object`",
                hint: #"Write `{ "type": "object", "properties": { … } }`"#)
            return nil
        }
        for property in properties where !HandlerCommand.isName(property.name) {
            problems.error(
                at: value.position, "`\(property.name)` in `parameters` is no name of a parameter",
                hint: "A name has letters, digits, `_` and `-`, and begins with a letter")
        }
        return schema
    }

    private func schema(_ value: LocatedValue, _ subject: String, depth: Int) -> ParameterSchema? {
        guard depth <= Self.depthLimit else {
            problems.error(at: value.position, "\(subject) is nested more than \(Self.depthLimit) deep")
            return nil
        }
        guard let fields = fields(value, subject) else { return nil }
        var schema = ParameterSchema(.any)
        schema.description = fields.text(.description) ?? ""
        let properties = fields[.properties] != nil
        let word = fields[.type] == nil ? (properties ? "object" : nil) : type(fields)
        if let word {
            schema.kind = kind(word, fields, subject, depth: depth)
        } else if fields[.type] == nil {
            schema.kind = .any
        }
        heed(fields, word, subject)
        schema.choices = choices(fields, schema, subject)
        if let value = fields[.default] {
            guard let fallback = plain(value) else {
                problems.error(
                    at: value.position, "`default` of \(subject) must be a string, a number, true or false")
                return schema
            }
            let faults = schema.checked(fallback.json).errors
            if let fault = faults.first {
                problems.error(
                    at: value.position, "`default` of \(subject) does not fit: it \(fault.reason)",
                    hint: fault.hint)
            }
            schema.fallback = fallback
        }
        return schema
    }

    /// Unknown keywords are named one by one: the usual answer "known keys are …" would hide what is missing.
    private func fields(_ value: LocatedValue, _ subject: String) -> Fields<SchemaKeyword>? {
        guard
            let fields = Fields<SchemaKeyword>(
                value, subject: subject, problems: problems, toleratesUnknown: true)
        else { return nil }
        for member in fields.unknown {
            problems.error(
                at: member.position, "`\(member.key)` in \(subject) is a keyword coord does not check",
                hint: SchemaKeyword.nearest(to: member.key).map { "Did you mean `\($0.rawValue)`?" }
                    ?? Self.advice[member.key])
        }
        return fields
    }

    private static let advice: [String: String] = [
        "pattern": "Use `enum`, `minLength`, `maxLength`, or `\"format\": \"path\"`",
        "anyOf": "Give the parameter one type", "oneOf": "Give the parameter one type",
        "allOf": "Give the parameter one type", "$ref": "Write the schema where it is used",
        "const": "Use `enum` with one value", "nullable": "Leave the parameter out of `required` instead",
        "exclusiveMinimum": "Use `minimum`", "exclusiveMaximum": "Use `maximum`",
    ]

    private func type(_ fields: Fields<SchemaKeyword>) -> String? {
        guard let value = fields[.type], let word = value.string else {
            return fields[.type].flatMap {
                fields.wrongKind(.type, $0, wanted: "one of " + Fields<SchemaKeyword>.enumeration(Self.types))
            }
        }
        if Self.types.contains(word) { return word }
        problems.error(
            at: value.position,
            "`type` of \(fields.subject) is `\(word)`, but must be one of "
                + Fields<SchemaKeyword>.enumeration(Self.types),
            hint: ([
                "int": "integer", "bool": "boolean", "float": "number", "list": "array", "text": "string",
            ][word]
                ?? Suggestion.nearest(to: word, among: Self.types)).map { "Did you mean `\($0)`?" })
        return nil
    }

    private func kind(
        _ word: String, _ fields: Fields<SchemaKeyword>, _ subject: String, depth: Int
    ) -> ParameterSchema.Kind {
        switch word {
        case "object": return object(fields, subject, depth: depth)
        case "array":
            let items = fields[.items].flatMap { schema($0, "`items` of \(subject)", depth: depth + 1) }
            return .list(
                of: items, counts: range(fields, .minItems, .maxItems, subject),
                isUnique: fields.flag(.uniqueItems) ?? false)
        case "string":
            // Formats are remarks in JSON Schema; this one is checked here.
            let format = fields.line(.format)
            return .text(lengths: range(fields, .minLength, .maxLength, subject), isPath: format == "path")
        case "integer":
            let least = fields.whole(.minimum, in: Int.min...Int.max)
            let most = fields.whole(.maximum, in: Int.min...Int.max)
            return .whole(
                ordered(least.map(Int64.init) ?? .min, most.map(Int64.init) ?? .max, fields, subject))
        case "number":
            let least = decimal(fields, .minimum) ?? -.infinity
            let most = decimal(fields, .maximum) ?? .infinity
            return .number(ordered(least, most, fields, subject))
        default: return .flag
        }
    }

    private func object(
        _ fields: Fields<SchemaKeyword>, _ subject: String, depth: Int
    ) -> ParameterSchema.Kind {
        var properties: [ParameterProperty] = []
        if let value = fields[.properties] {
            if case .object(let members) = value.content {
                properties = members.compactMap { member in
                    schema(member.value, "the parameter `\(member.key)`", depth: depth + 1).map {
                        ParameterProperty(name: member.key, schema: $0, isRequired: false)
                    }
                }
            } else {
                let _: Bool? = fields.wrongKind(.properties, value, wanted: "an object")
            }
        }
        let names = properties.map(\.name)
        for (name, position) in fields.strings(.required, of: "names of parameters") {
            if let index = names.firstIndex(of: name) {
                properties[index].isRequired = true
            } else {
                problems.error(
                    at: position, "`required` of \(subject) names `\(name)`, which is not in `properties`",
                    hint: Suggestion.nearest(to: name, among: names).map { "Did you mean `\($0)`?" })
            }
        }
        return .object(properties, allowsOthers: fields.flag(.additionalProperties) ?? false)
    }

    /// Says when a keyword stands beside a type that it means nothing to.
    private func heed(_ fields: Fields<SchemaKeyword>, _ word: String?, _ subject: String) {
        let meaning: [(SchemaKeyword, [String])] = [
            (.properties, ["object"]), (.required, ["object"]), (.additionalProperties, ["object"]),
            (.items, ["array"]), (.minItems, ["array"]), (.maxItems, ["array"]), (.uniqueItems, ["array"]),
            (.minLength, ["string"]), (.maxLength, ["string"]), (.format, ["string"]),
            (.minimum, ["integer", "number"]), (.maximum, ["integer", "number"]),
        ]
        guard fields[.type] == nil || word != nil else { return }
        for (key, types) in meaning {
            guard let value = fields[key], !types.contains(word ?? "") else { continue }
            problems.error(
                at: value.position,
                "`\(key.rawValue)` of \(subject) means nothing "
                    + (word.map { "for the type `\($0)`" } ?? "without a type"),
                hint: "It belongs to " + types.map { "`\($0)`" }.joined(separator: " and "))
        }
    }

    // MARK: Values

    private func choices(
        _ fields: Fields<SchemaKeyword>, _ schema: ParameterSchema, _ subject: String
    ) -> [ParameterValue] {
        let choices = fields.list(.enum, of: "values") { item -> ParameterValue? in
            guard let value = plain(item) else {
                problems.error(
                    at: item.position,
                    "`enum` of \(subject) must be a list of strings, numbers, true or false")
                return nil
            }
            if let fault = schema.checked(value.json).errors.first {
                problems.error(at: item.position, "an entry in `enum` of \(subject) \(fault.reason)")
            }
            return value
        }
        if let choices, choices.isEmpty {
            problems.error(at: fields.position(of: .enum), "`enum` of \(subject) is empty")
        }
        return choices ?? []
    }

    private func plain(_ value: LocatedValue) -> ParameterValue? {
        switch value.content {
        case .string(let text): .text(text)
        case .integer(let number): .whole(number)
        case .number(let number): .number(number)
        case .bool(let flag): .flag(flag)
        case .null, .list, .object: nil
        }
    }

    private func decimal(_ fields: Fields<SchemaKeyword>, _ key: SchemaKeyword) -> Double? {
        guard let value = fields[key] else { return nil }
        switch value.content {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: return fields.wrongKind(key, value, wanted: "a number")
        }
    }

    private func range(
        _ fields: Fields<SchemaKeyword>, _ least: SchemaKeyword, _ most: SchemaKeyword, _ subject: String
    ) -> ClosedRange<Int> {
        let from = fields.whole(least, in: 0...1_000_000) ?? 0
        let to = fields.whole(most, in: 0...1_000_000) ?? .max
        guard from > to else { return from...to }
        problems.error(
            at: fields.position(of: least),
            "`\(least.rawValue)` of \(subject) is \(from), above its `\(most.rawValue)`, \(to)")
        return from...from
    }

    private func ordered<Number: Comparable>(
        _ least: Number, _ most: Number, _ fields: Fields<SchemaKeyword>, _ subject: String
    ) -> ClosedRange<Number> {
        guard least > most else { return least...most }
        problems.error(
            at: fields.position(of: .minimum),
            "`minimum` of \(subject) is \(least), above its `maximum`, \(most)")
        return least...least
    }
}
