import CoordJSON
import CoordModel

/// Reads the members of one JSON object that a `MemberWriter` wrote. Unknown members are left alone: a newer
/// coord may have written them.
struct MemberReader {
    let type: String
    private let object: JSONObject

    init(_ value: JSONValue, type: String) throws(FactCodecError) {
        guard case .object(let object) = value else {
            throw FactCodecError(type: type, problem: .malformed(member: "data", wanted: "an object"))
        }
        self.type = type
        self.object = object
    }

    // MARK: Members that may be missing

    func find<Value>(
        _ key: String, _ wanted: String, _ read: (JSONValue) -> Value?
    ) throws(FactCodecError) -> Value? {
        guard let value = object[key], !value.isNull else { return nil }
        guard let read = read(value) else { throw malformed(key, wanted) }
        return read
    }

    func findString(_ key: String) throws(FactCodecError) -> String? {
        try find(key, "a string", \.stringValue)
    }
    func findInteger(_ key: String) throws(FactCodecError) -> Int? {
        try find(key, "a whole number") { $0.integerValue.flatMap { Int(exactly: $0) } }
    }
    func findMoney(_ key: String) throws(FactCodecError) -> Money? {
        try find(key, "an amount of dollars") {
            Self.whole($0, unit: 1_000_000).map { Money(microDollars: $0) }
        }
    }
    func findSeconds(_ key: String) throws(FactCodecError) -> Duration? {
        try find(key, "a number of seconds") { Self.whole($0, unit: 1000).map { .milliseconds($0) } }
    }
    func findTime(_ key: String) throws(FactCodecError) -> Timestamp? {
        try find(key, "a time") { $0.stringValue.flatMap { Timestamp($0) } }
    }
    func findObject(_ key: String) throws(FactCodecError) -> ObjectID? {
        try find(key, "the name of a git object") { $0.stringValue.flatMap { ObjectID($0) } }
    }
    func findName<Name: StringIdentifier>(_ key: String, as: Name.Type) throws(FactCodecError) -> Name? {
        try findString(key).map(Name.init(_:))
    }
    func findMembers(_ key: String) throws(FactCodecError) -> MemberReader? {
        guard let value = object[key], !value.isNull else { return nil }
        return try MemberReader(value, type: type)
    }

    // MARK: Members that must be there

    func need<Value>(_ key: String, _ value: Value?) throws(FactCodecError) -> Value {
        guard let value else { throw FactCodecError(type: type, problem: .missing(member: key)) }
        return value
    }
    func string(_ key: String) throws(FactCodecError) -> String { try need(key, findString(key)) }
    func integer(_ key: String) throws(FactCodecError) -> Int { try need(key, findInteger(key)) }
    func small(_ key: String) throws(FactCodecError) -> Int32 {
        guard let value = Int32(exactly: try integer(key)) else { throw malformed(key, "a 32-bit number") }
        return value
    }
    func flag(_ key: String) throws(FactCodecError) -> Bool {
        try need(key, find(key, "true or false", \.boolValue))
    }
    func money(_ key: String) throws(FactCodecError) -> Money { try need(key, findMoney(key)) }
    func seconds(_ key: String) throws(FactCodecError) -> Duration { try need(key, findSeconds(key)) }
    func time(_ key: String) throws(FactCodecError) -> Timestamp { try need(key, findTime(key)) }
    func objectID(_ key: String) throws(FactCodecError) -> ObjectID { try need(key, findObject(key)) }
    func members(_ key: String) throws(FactCodecError) -> MemberReader { try need(key, findMembers(key)) }
    func name<Name: StringIdentifier>(_ key: String, as: Name.Type) throws(FactCodecError) -> Name {
        Name(try string(key))
    }
    func findWord<Word: RawRepresentable>(_ key: String, as: Word.Type) throws(FactCodecError) -> Word?
    where Word.RawValue == String {
        try find(key, "a word coord knows") { $0.stringValue.flatMap(Word.init(rawValue:)) }
    }
    func word<Word: RawRepresentable>(_ key: String, as type: Word.Type) throws(FactCodecError) -> Word
    where Word.RawValue == String {
        try need(key, findWord(key, as: type))
    }

    // MARK: Lists; a missing one is empty

    func strings(_ key: String) throws(FactCodecError) -> [String] {
        guard let items = try find(key, "a list", \.arrayValue) else { return [] }
        var strings: [String] = []
        strings.reserveCapacity(items.count)
        for item in items {
            guard let text = item.stringValue else { throw malformed(key, "a list of strings") }
            strings.append(text)
        }
        return strings
    }
    func names<Name: StringIdentifier>(_ key: String, as: Name.Type) throws(FactCodecError) -> [Name] {
        try strings(key).map(Name.init(_:))
    }
    func words<Word: RawRepresentable>(_ key: String, as: Word.Type) throws(FactCodecError) -> [Word]
    where Word.RawValue == String {
        var words: [Word] = []
        for text in try strings(key) {
            guard let word = Word(rawValue: text) else { throw malformed(key, "words coord knows") }
            words.append(word)
        }
        return words
    }
    func objects<Item>(
        _ key: String, _ read: (MemberReader) throws(FactCodecError) -> Item
    ) throws(FactCodecError) -> [Item] {
        guard let items = try find(key, "a list", \.arrayValue) else { return [] }
        var results: [Item] = []
        for item in items { results.append(try read(MemberReader(item, type: type))) }
        return results
    }

    func malformed(_ key: String, _ wanted: String) -> FactCodecError {
        FactCodecError(type: type, problem: .malformed(member: key, wanted: wanted))
    }

    /// The number in units of `1 / unit`; exact below 2⁵³ of them.
    private static func whole(_ value: JSONValue, unit: Int64) -> Int64? {
        if case .integer(let whole) = value {
            let (product, overflowed) = whole.multipliedReportingOverflow(by: unit)
            return overflowed ? nil : product
        }
        return value.doubleValue.flatMap { Int64(exactly: ($0 * Double(unit)).rounded()) }
    }
}
