package import CoordJSON
package import CoordModel

/// Why arguments do not fit a skill's parameters.
package struct ArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where: `count`, `paths[2]`; empty for the arguments as a whole.
    package var place: String
    /// What must be, as the end of a sentence.
    package var reason: String
    package var hint: String?

    package init(place: String, reason: String, hint: String? = nil) {
        self.place = place
        self.reason = reason
        self.hint = hint
    }

    package var description: String { place.isEmpty ? "the arguments \(reason)" : "`\(place)` \(reason)" }
}

extension ParameterSchema {
    /// Checks arguments and fills in the defaults. Every fault is told, in the order of the parameters.
    package func checked(_ arguments: JSONValue) -> (arguments: JSONValue, errors: [ArgumentError]) {
        var errors: [ArgumentError] = []
        let result = check(arguments, "", &errors)
        return (result, errors)
    }

    private func check(_ value: JSONValue, _ place: String, _ errors: inout [ArgumentError]) -> JSONValue {
        func refuse(_ reason: String, hint: String? = nil) {
            errors.append(ArgumentError(place: place, reason: reason, hint: hint))
        }
        let before = errors.count
        var value = value
        switch (kind, value) {
        case (.object(let properties, let allowsOthers), .object(let object)):
            value = .object(members(object, properties, allowsOthers, place, &errors))
        case (.list(let items, let counts, let isUnique), .array(let list)):
            if !counts.contains(list.count) {
                refuse("has \(list.count) entries, but must have \(Self.words(counts))")
            }
            if isUnique, Set(list).count != list.count { refuse("holds an entry twice") }
            if let items {
                value = .array(
                    list.enumerated().map { items.check($1, "\(place)[\($0)]", &errors) })
            }
        case (.text(let lengths, let isPath), .string(let text)):
            let count = text.unicodeScalars.count
            if !lengths.contains(count) {
                refuse("has \(count) letters, but must have \(Self.words(lengths))")
            }
            if text.utf8.contains(0) { refuse("holds a null character") }
            if isPath, let problem = Self.pathProblem(text) { refuse(problem) }
        case (.whole(let range), _):
            guard let number = value.integerValue else {
                refuse("must be a whole number, found \(value.kindName)"); break
            }
            if !range.contains(number) { refuse("is \(number), but must be \(Self.words(range))") }
            value = .integer(number)
        case (.number(let range), _):
            guard let number = value.doubleValue else {
                refuse("must be a number, found \(value.kindName)"); break
            }
            if !range.contains(number) {
                refuse("is \(number), but must be from \(range.lowerBound) to \(range.upperBound)")
            }
        case (.flag, .bool), (.any, _): break
        default: refuse("must be \(kindName), found \(value.kindName)")
        }
        if errors.count == before { checkChoice(value, place, &errors) }
        return value
    }

    private func members(
        _ object: JSONObject, _ properties: [ParameterProperty], _ allowsOthers: Bool, _ place: String,
        _ errors: inout [ArgumentError]
    ) -> JSONObject {
        var result = JSONObject()
        func path(_ name: String) -> String { place.isEmpty ? name : place + "." + name }
        for property in properties {
            if let value = object[property.name] {
                result[property.name] = property.schema.check(value, path(property.name), &errors)
            } else if let fallback = property.schema.fallback {
                result[property.name] = fallback.json
            } else if property.isRequired {
                errors.append(ArgumentError(place: path(property.name), reason: "is missing"))
            }
        }
        let known = properties.map(\.name)
        for (name, value) in object.members where !known.contains(name) {
            if allowsOthers {
                result[name] = value
            } else {
                let nearest = Suggestion.nearest(to: name, among: known).map { "Did you mean `\($0)`?" }
                errors.append(
                    ArgumentError(
                        place: path(name), reason: "is no parameter of it",
                        hint: nearest
                            ?? (known.isEmpty
                                ? "It takes none"
                                : "It takes " + known.map { "`\($0)`" }.joined(separator: ", "))))
            }
        }
        return result
    }

    private func checkChoice(_ value: JSONValue, _ place: String, _ errors: inout [ArgumentError]) {
        guard !choices.isEmpty, !choices.contains(where: { $0.json == value }) else { return }
        let words = choices.map { $0.json.stringValue ?? $0.json.text }
        let shown = value.stringValue ?? value.text
        errors.append(
            ArgumentError(
                place: place,
                reason: "is `\(shown.prefix(80))`, but must be one of "
                    + words.map { "`\($0)`" }.joined(separator: ", "),
                hint: Suggestion.nearest(to: shown, among: words).map { "Did you mean `\($0)`?" }))
    }

    /// Why the text is no path below the folder it is taken from; nil when it is one.
    package static func pathProblem(_ text: String) -> String? {
        if text.hasPrefix("/") || text.hasPrefix("~") { return "must be a path from the project's root" }
        if text.split(separator: "/").contains("..") { return "must not lead out of the project by `..`" }
        return nil
    }

    /// The kind as people call it.
    package var kindName: String {
        switch kind {
        case .object: "an object"
        case .list: "a list"
        case .text: "a string"
        case .whole: "a whole number"
        case .number: "a number"
        case .flag: "true or false"
        case .any: "anything"
        }
    }

    private static func words<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> String {
        if range.upperBound == .max { return "at least \(range.lowerBound)" }
        if range.lowerBound == .min { return "at most \(range.upperBound)" }
        return "from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension ParameterSchema {
    /// What a person typed for a parameter, as the value it was meant to be: `3` is a number where one is
    /// wanted, and a list takes words separated by commas. Nil: it cannot be read so.
    package func value(typed text: String) -> JSONValue? {
        switch kind {
        case .text: return .string(text)
        case .whole: return Int64(text).map { .integer($0) }
        case .number: return Double(text).map { .number($0) }
        case .flag: return ["true": true, "yes": true, "false": false, "no": false][text].map { .bool($0) }
        case .list(let items, _, _):
            // A text that is no JSON is a list of words.
            if text.hasPrefix("["), let value = try? JSONParser.parse(text) {
                return value
            }
            let words = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
            let values = words.map { word in
                items.map { $0.value(typed: String(word)) } ?? .string(String(word))
            }
            return values.contains { $0 == nil } ? nil : .array(values.compactMap { $0 })
        case .object, .any:
            // What is no JSON is no value of these kinds.
            return try? JSONParser.parse(text)
        }
    }
}
