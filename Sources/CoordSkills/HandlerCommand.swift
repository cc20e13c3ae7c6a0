package import CoordJSON
package import CoordModel

/// Fills a handler's argument list. Each filled argument stays one argument: nothing reads it again.
package enum HandlerCommand {
    /// A piece of an argument.
    enum Piece: Hashable {
        case literal(String)
        case parameter(String)
    }

    /// The words of the command with checked arguments in it.
    ///
    /// An argument with a parameter that was not given is left out. An argument that is nothing but a
    /// parameter whose value is a list becomes one argument per entry. A value at the start of an argument
    /// that begins with `-` would be read as an option: it is refused, unless `--` stands before it or the
    /// author listed it among the choices.
    package static func fill(
        _ handler: SkillProgram, parameters: ParameterSchema?, arguments: JSONValue
    ) throws(ArgumentError) -> [String] {
        var words: [String] = []
        var optionsEnded = false
        for template in handler.command {
            let pieces = pieces(of: template)
            for (text, guarded) in try fill(pieces, parameters, arguments) {
                if let name = guarded, text.hasPrefix("-"), !optionsEnded {
                    throw ArgumentError(
                        place: name, reason: "begins with `-` and would be read as an option",
                        hint: "Write it so that it begins otherwise, such as `./\(text)` for a file")
                }
                words.append(text)
            }
            if template == "--" { optionsEnded = true }
        }
        return words
    }

    /// The arguments that come of one, each with the parameter it begins with if that must be guarded.
    private static func fill(
        _ pieces: [Piece], _ parameters: ParameterSchema?, _ arguments: JSONValue
    ) throws(ArgumentError) -> [(text: String, guarded: String?)] {
        if pieces.count == 1, case .parameter(let name) = pieces[0], case .array(let items)? = arguments[name]
        {
            var result: [(text: String, guarded: String?)] = []
            for item in items { result.append((try text(item, name), name)) }
            return result
        }
        var whole = ""
        var guarded: String?
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .literal(let text): whole += text
            case .parameter(let name):
                guard let value = arguments[name], !value.isNull else { return [] }
                let schema = parameters?.properties.first { $0.name == name }?.schema
                if index == 0, schema?.choices.isEmpty ?? true { guarded = name }
                whole += try text(value, name)
            }
        }
        return [(whole, guarded)]
    }

    private static func text(_ value: JSONValue, _ name: String) throws(ArgumentError) -> String {
        switch value {
        case .string(let text) where !text.utf8.contains(0): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        default: throw ArgumentError(place: name, reason: "cannot stand in one argument of a command")
        }
    }

    /// The parameters an argument names.
    package static func parameters(in template: String) -> [String] {
        guard template.utf8.contains(0x7B) else { return [] }
        return pieces(of: template).compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// `--format={{format}}` as a literal and a parameter. Braces that hold no name are literal.
    static func pieces(of template: String) -> [Piece] {
        guard template.utf8.contains(0x7B) else { return [.literal(template)] }
        var pieces: [Piece] = []
        var literal = ""
        var rest = Substring(template)
        while let start = rest.utf8.firstPair(0x7B) {
            let inner = rest[rest.utf8.index(start, offsetBy: 2)...]
            guard let end = inner.utf8.firstPair(0x7D) else { break }
            let name = inner[..<end]
            literal += rest[..<start]
            if isName(name) {
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.parameter(String(name)))
            } else {
                literal += "{{" + name + "}}"
            }
            rest = inner[inner.utf8.index(end, offsetBy: 2)...]
        }
        literal += rest
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }

    /// Whether the text can be the name of a parameter: letters, digits, `_` and `-`, from a letter.
    package static func isName(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64, isLetter(first) else { return false }
        return name.utf8.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension Substring.UTF8View {
    /// Where a byte stands twice, one behind the other. Nil: nowhere.
    fileprivate func firstPair(_ byte: UInt8) -> Index? {
        var before: Index?
        for index in indices {
            guard self[index] == byte else {
                before = nil
                continue
            }
            if let before { return before }
            before = index
        }
        return nil
    }
}
