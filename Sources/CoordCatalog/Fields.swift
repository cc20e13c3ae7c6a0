import CoordModel

/// The keys an object of a file may have: the validator, the messages and the tests of the JSON Schema all
/// read the same list.
protocol FieldKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// Words people use for a key, beside slips of the finger.
    static var synonyms: [String: Self] { get }
}

extension FieldKey {
    static var synonyms: [String: Self] { [:] }

    static func nearest(to word: String) -> Self? {
        if let known = synonyms[word] { return known }
        return Suggestion.nearest(to: word, among: allCases.map(\.rawValue)).flatMap(Self.init(rawValue:))
    }
}

/// Reads the members of one object and reports what does not fit; a member that does not fit reads as absent.
struct Fields<Key: FieldKey> {
    /// What the object is, for messages: `task \`api\``, `\`limits\``.
    let subject: String
    let position: SourcePosition
    let problems: ProblemList
    /// The known members: their keys, and beside them their values, so that a look-up touches no value.
    private let keys: [Key]
    private let values: [LocatedValue]
    /// Members whose key is not among the known ones.
    let unknown: [LocatedMember]

    /// Nil, and an error, when the value is no object. Unknown keys are errors unless `toleratesUnknown`.
    init?(
        _ value: LocatedValue, subject: String, problems: ProblemList, toleratesUnknown: Bool = false
    ) {
        guard case .object(let members) = value.content else {
            problems.error(at: value.position, "\(subject) must be an object, found \(value.kindName)")
            return nil
        }
        self.subject = subject
        self.position = value.position
        self.problems = problems
        var keys: [Key] = []
        var values: [LocatedValue] = []
        var unknown: [LocatedMember] = []
        for member in members {
            if let key = Key(rawValue: member.key) {
                keys.append(key)
                values.append(member.value)
            } else {
                unknown.append(member)
            }
        }
        (self.keys, self.values) = (keys, values)
        self.unknown = unknown
        guard !toleratesUnknown else { return }
        for member in unknown {
            problems.error(
                at: member.position, "unknown key `\(member.key)` in \(subject)",
                hint: Key.nearest(to: member.key).map { "Did you mean `\($0.rawValue)`?" }
                    ?? "Known keys are \(Key.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))")
        }
    }

    subscript(_ key: Key) -> LocatedValue? {
        keys.firstIndex(of: key).map { values[$0] }
    }

    func position(of key: Key) -> SourcePosition { self[key]?.position ?? position }

    /// Reports that a member has the wrong kind, and gives nil.
    func wrongKind<T>(_ key: Key, _ value: LocatedValue, wanted: String) -> T? {
        problems.error(
            at: value.position, "`\(key.rawValue)` of \(subject) must be \(wanted), found \(value.kindName)",
            hint: value.isNull ? "Leave the key out instead" : nil)
        return nil
    }

    func require(_ key: Key) -> Bool {
        if self[key] != nil { return true }
        problems.error(at: position, "\(subject) has no `\(key.rawValue)`")
        return false
    }

    // MARK: Text

    /// Text of any number of lines; never empty.
    func text(_ key: Key) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else { return wrongKind(key, value, wanted: "a string") }
        guard Self.check(text, at: value.position, "`\(key.rawValue)` of \(subject)", problems) else {
            return nil
        }
        return text
    }

    /// Text of one line; never empty.
    func line(_ key: Key) -> String? {
        guard let text = text(key) else { return nil }
        return Self.checkLine(text, at: position(of: key), "`\(key.rawValue)` of \(subject)", problems)
            ? text : nil
    }

    /// A non-empty text without the null character: it may become an argument of a program.
    static func check(
        _ text: String, at position: SourcePosition, _ name: @autoclosure () -> String,
        _ problems: ProblemList
    ) -> Bool {
        if !text.beginsPlainly, text.allSatisfy(\.isWhitespace) {
            problems.error(at: position, "\(name()) is empty")
            return false
        }
        if text.utf8.contains(0) {
            problems.error(at: position, "\(name()) holds a null character")
            return false
        }
        return true
    }

    static func checkLine(
        _ text: String, at position: SourcePosition, _ name: @autoclosure () -> String,
        _ problems: ProblemList
    ) -> Bool {
        guard text.unicodeScalars.contains(where: \.isControl) else { return true }
        problems.error(at: position, "\(name()) must be one line without control characters")
        return false
    }

    // MARK: Numbers and flags

    func whole(_ key: Key, in range: ClosedRange<Int>) -> Int? {
        guard let value = self[key] else { return nil }
        let number: Int
        switch value.content {
        case .integer(let whole): number = Int(whole)
        case .number(let fraction):
            guard let whole = Int(exactly: fraction) else {
                return outOfRange(
                    key, "\(fraction)", "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            number = whole
        default: return wrongKind(key, value, wanted: "a whole number")
        }
        guard range.contains(number) else {
            return outOfRange(key, "\(number)", "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func decimal(_ key: Key, in range: ClosedRange<Int>) -> Double? {
        guard let value = self[key] else { return nil }
        let number: Double
        switch value.content {
        case .integer(let whole): number = Double(whole)
        case .number(let fraction): number = fraction
        default: return wrongKind(key, value, wanted: "a number")
        }
        guard number >= Double(range.lowerBound), number <= Double(range.upperBound) else {
            let shown = if case .integer(let whole) = value.content { "\(whole)" } else { "\(number)" }
            return outOfRange(key, shown, "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func outOfRange<T>(_ key: Key, _ shown: String, _ wanted: String) -> T? {
        problems.error(
            at: position(of: key), "`\(key.rawValue)` of \(subject) is \(shown), but must be \(wanted)")
        return nil
    }

    func seconds(_ key: Key, in range: ClosedRange<Int>) -> Duration? {
        decimal(key, in: range).map { .milliseconds(Int64(($0 * 1000).rounded())) }
    }

    func money(_ key: Key, in range: ClosedRange<Int>) -> Money? {
        decimal(key, in: range).flatMap { Money(dollars: $0) }
    }

    func flag(_ key: Key) -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value.content else {
            return wrongKind(key, value, wanted: "true or false")
        }
        return flag
    }

    // MARK: Choices and lists

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: Key, of: Choice.Type) -> Choice? {
        guard let value = self[key] else { return nil }
        guard let word = value.string else { return wrongKind(key, value, wanted: "a string") }
        if let choice = Choice(rawValue: word) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        problems.error(
            at: value.position,
            "`\(key.rawValue)` of \(subject) is `\(word)`, but must be one of \(Self.enumeration(words))",
            hint: Suggestion.nearest(to: word, among: words).map { "Did you mean `\($0)`?" })
        return nil
    }

    /// The entries of a list, each read by `entry`; nil entries are left out. Nil when there is no such list.
    func list<Entry>(
        _ key: Key, of wanted: String, hint: (LocatedValue) -> String? = { _ in nil },
        entry: (LocatedValue) -> Entry?
    ) -> [Entry]? {
        guard let value = self[key] else { return nil }
        guard case .list(let items) = value.content else {
            problems.error(
                at: value.position,
                "`\(key.rawValue)` of \(subject) must be a list of \(wanted), found \(value.kindName)",
                hint: hint(value))
            return nil
        }
        return items.compactMap(entry)
    }

    /// A list of non-empty strings, with the place of each.
    func strings(_ key: Key, of wanted: String = "strings") -> [(text: String, position: SourcePosition)] {
        let asList = { (value: LocatedValue) in value.string.map { "Write `[\"\($0)\"]`" } }
        return list(key, of: wanted, hint: asList) { item in
            guard let text = item.string else {
                problems.error(
                    at: item.position,
                    "`\(key.rawValue)` of \(subject) must be a list of \(wanted), "
                        + "found \(item.kindName) in it"
                )
                return nil
            }
            let isFit = Self.check(
                text, at: item.position, "an entry of `\(key.rawValue)` of \(subject)", problems)
            return isFit ? (text, item.position) : nil
        } ?? []
    }

    static func enumeration(_ words: [String]) -> String {
        words.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension String {
    /// Whether its first letter is one of ASCII that can be seen: so begin most texts, and none of them is
    /// empty.
    fileprivate var beginsPlainly: Bool { utf8.first.map { (0x21...0x7E).contains($0) } ?? false }
}

extension Unicode.Scalar {
    /// Whether it is of one of the two sets of control characters: it may drive a terminal, and ends lines.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
