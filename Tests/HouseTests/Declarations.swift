/// One declaration that takes up lines of its own: a type or a function.
struct Declaration {
    enum Kind { case type, function }

    let kind: Kind
    let name: String
    /// Index of its first line, modifiers included.
    let line: Int
    /// How many lines it takes, from there to its closing brace. One when it has no body.
    let lineCount: Int
    let isPackage: Bool
}

extension Declaration {
    /// Types and functions of some lines of code, in the order in which they stand.
    static func all(in code: [String]) -> [Declaration] {
        let types: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        let functions: Set = ["func", "init", "init?", "deinit", "subscript"]
        return code.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { " (<:{=".contains($0) }).map(String.init)
            // `class func` and `class var` are members, not types.
            guard
                let at = words.firstIndex(where: { types.contains($0) || functions.contains($0) }),
                words[..<at].allSatisfy(Self.isModifier)
            else { return nil }
            let word = words[at]
            let isType =
                types.contains(word) && !(at + 1 < words.count && ["func", "var"].contains(words[at + 1]))
            let isNamed = isType || word == "func"
            let name = isNamed ? Self.name(after: word, in: line) : String(word.prefix { $0 != "?" })
            return Declaration(
                kind: isType ? .type : .function, name: name, line: index,
                lineCount: lineCount(from: index, in: code), isPackage: words[..<at].contains("package"))
        }
    }

    private static func isModifier(_ word: String) -> Bool {
        let known: Set = [
            "package", "private", "fileprivate", "internal", "public", "open", "static", "class", "final",
            "mutating",
            "nonmutating", "consuming", "borrowing", "override", "required", "convenience", "indirect",
            "nonisolated",
            "prefix", "postfix", "infix", "lazy", "isolated", "unowned", "unsafe",
        ]
        return known.contains(word) || word.hasPrefix("@") || word == "set)"
    }

    private static func name(after word: String, in line: String) -> String {
        var rest = line[...]
        while let first = rest.split(separator: " ", maxSplits: 1).first, first != word {
            rest = rest.drop { $0 == " " }.dropFirst(first.count)
        }
        rest = rest.drop { $0 == " " }.dropFirst(word.count).drop { $0 == " " }
        let name = rest.prefix { !"(:{ ".contains($0) }
        // An operator such as `<` is all the name there is; of `box<T>` only the word is.
        return name.first.map { $0.isLetter || $0 == "_" || $0 == "`" } == true
            ? String(name.prefix { $0 != "<" }) : String(name)
    }

    /// From a declaration's first line to the brace that closes its body. A body opens on the line where the
    /// brackets of its head are closed again and a brace follows.
    private static func lineCount(from start: Int, in code: [String]) -> Int {
        var brackets = 0
        var braces = 0
        var isOpen = false
        for index in start..<code.count {
            for character in code[index].utf8 {
                switch character {
                case UInt8(ascii: "("), UInt8(ascii: "["): brackets += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): brackets -= 1
                case UInt8(ascii: "{"):
                    braces += 1
                    if brackets <= 0 { isOpen = true }
                case UInt8(ascii: "}"):
                    braces -= 1
                    // The brace of what surrounds a requirement without a body.
                    if braces < 0 { return max(1, index - start) }
                    if braces == 0, isOpen { return index - start + 1 }
                default: break
                }
            }
            let next = index + 1 < code.count ? code[index + 1].trimmed : ""
            let goesOn =
                brackets > 0 || next.hasPrefix("{") || next.hasPrefix("where") || next.hasPrefix(")")
                || next.hasPrefix("->") || next.hasPrefix("throws")
            if !isOpen, !goesOn { return index - start + 1 }
        }
        return code.count - start
    }
}

extension Rules {
    static func declarationsOfThePackageAreExplained(_ file: SwiftText) -> [String] {
        guard House.explainedByTheirProtocol[file.path] == nil else { return [] }
        return file.declarations.filter {
            $0.isPackage && mustBeExplained($0) && !hasDocumentation(file, $0.line)
        }
        .map {
            "\(file.place($0.line)): `\($0.name)` needs `///`: one sentence of what it decides or holds"
        }
    }

    /// Not initialisers, whose parameters are the fields that are explained where they stand, nor operators.
    private static func mustBeExplained(_ declaration: Declaration) -> Bool {
        if declaration.kind == .type { return true }
        guard let first = declaration.name.first, first.isLetter || first == "_" || first == "`" else {
            return false
        }
        return !declaration.name.hasPrefix("init")
            && !["subscript", "deinit", "hash"].contains(declaration.name)
    }

    /// Whether `///` stands above, attributes and conditions in between left aside; or a declaration of one
    /// line that is explained: one sentence may stand over a group.
    private static func hasDocumentation(_ file: SwiftText, _ line: Int) -> Bool {
        if let neighbour = file.declarations.first(where: { $0.line == line - 1 && $0.lineCount == 1 }),
            neighbour.isPackage, neighbour.kind == .function
        {
            return hasDocumentation(file, neighbour.line)
        }
        var above = line - 1
        while above >= 0,
            file.lines[above].trimmed.hasPrefix("@") || file.lines[above].trimmed.hasPrefix("#if")
        {
            above -= 1
        }
        return above >= 0 && file.lines[above].trimmed.hasPrefix("///")
    }

    static func nothingIsTooLongToRead(_ file: SwiftText) -> [String] {
        var findings: [String] = []
        if file.lines.count > House.fileLinesMax, House.longer[file.path] == nil {
            findings.append(
                "\(file.path): \(file.lines.count) lines, at most \(House.fileLinesMax): "
                    + "two nouns in one room?"
            )
        }
        for function in file.declarations where function.kind == .function {
            guard function.lineCount > House.functionLinesMax,
                House.longer["\(file.path) \(function.name)"] == nil
            else { continue }
            findings.append(
                "\(file.place(function.line)): `\(function.name)` has \(function.lineCount) lines, "
                    + "at most \(House.functionLinesMax)")
        }
        return findings
    }

    /// The content of strings does not count: a sentence for people is not broken for the page's sake.
    static func linesFitThePage(_ file: SwiftText) -> [String] {
        file.lines.indices.compactMap { index in
            guard file.lines[index].utf8.count > House.lineColumnsMax else { return nil }
            let columns =
                file.hasComment[index] ? file.lines[index].count : columnsOutsideStrings(file.code[index])
            guard columns > House.lineColumnsMax else { return nil }
            return "\(file.place(index)): \(columns) columns, at most \(House.lineColumnsMax)"
        }
    }

    /// In `code` the content of strings is blank already: it is what stands between two quotes or, of a
    /// string of several lines, the whole line.
    private static func columnsOutsideStrings(_ code: String) -> Int {
        guard !code.trimmed.isEmpty else { return 0 }
        let pieces = code.split(separator: "\"", omittingEmptySubsequences: false)
        let isWithinString = pieces.count > 1
        return pieces.enumerated().reduce(-1) { sum, piece in
            let isContent = isWithinString && piece.element.allSatisfy { $0 == " " }
            return sum + (isContent ? 1 : piece.element.count + 1)
        }
    }

    static func typesHaveNames(_ file: SwiftText) -> [String] {
        file.declarations.filter { $0.kind == .type }.compactMap { type in
            House.vagueEndings.first { type.name.hasSuffix($0) }.map {
                "\(file.place(type.line)): `\(type.name)` ends in `\($0)`: "
                    + "if only such a name fits, it is two things"
            }
        }
    }
}
