import CoordJSON
import CoordModel

/// Writes the members of one JSON object straight into bytes, without a tree between: the journal writes
/// several facts a millisecond.
struct MemberWriter {
    private(set) var bytes: [UInt8]

    /// Takes over `bytes` and opens an object at their end.
    init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.append(0x7B)
    }

    /// Closes the object and gives the bytes back.
    consuming func finish() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }

    // MARK: Members. A key is a literal of ours and needs no escaping; a nil value is left out.

    mutating func string(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        self.key(key)
        JSONValue.string(value).write(to: &bytes)
    }

    mutating func integer(_ key: StaticString, _ value: some BinaryInteger) {
        self.key(key)
        digits(Int64(clamping: value))
    }

    mutating func integer(_ key: StaticString, _ value: (some BinaryInteger)?) {
        if let value { integer(key, value) }
    }

    mutating func flag(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Dollars with the six decimals of a micro-dollar, written from the integer.
    mutating func money(_ key: StaticString, _ value: Money?) {
        guard let value else { return }
        self.key(key)
        decimals(value.microDollars, places: 6)
    }

    /// Seconds with the three decimals of a millisecond.
    mutating func seconds(_ key: StaticString, _ value: Duration?) {
        guard let value else { return }
        self.key(key)
        decimals(value.wholeMilliseconds, places: 3)
    }

    mutating func time(_ key: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.key(key)
        JSONValue.string(value.description).write(to: &bytes)
    }

    mutating func strings(_ key: StaticString, _ values: some Sequence<String>) {
        self.key(key)
        bytes.append(0x5B)
        for value in values {
            if bytes.last != 0x5B { bytes.append(0x2C) }
            JSONValue.string(value).write(to: &bytes)
        }
        bytes.append(0x5D)
    }

    mutating func names(_ key: StaticString, _ values: [some StringIdentifier]) {
        strings(key, values.lazy.map(\.rawValue))
    }

    mutating func object(_ key: StaticString, _ members: (inout MemberWriter) -> Void) {
        self.key(key)
        object(members)
    }

    mutating func objects<Item>(
        _ key: StaticString, _ items: [Item], _ members: (Item, inout MemberWriter) -> Void
    ) {
        self.key(key)
        bytes.append(0x5B)
        for item in items {
            if bytes.last != 0x5B { bytes.append(0x2C) }
            object { members(item, &$0) }
        }
        bytes.append(0x5D)
    }

    private mutating func object(_ members: (inout MemberWriter) -> Void) {
        bytes.append(0x7B)
        members(&self)
        bytes.append(0x7D)
    }

    private mutating func key(_ key: StaticString) {
        if bytes.last != 0x7B { bytes.append(0x2C) }
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3A)
    }

    private mutating func digits(_ value: Int64) {
        if value < 0 { bytes.append(0x2D) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func decimals(_ value: Int64, places: Int) {
        if value < 0 { bytes.append(0x2D) }
        var unit: UInt64 = 1
        for _ in 0..<places { unit *= 10 }
        digits(Int64(value.magnitude / unit))
        var fraction = value.magnitude % unit
        guard fraction > 0 else { return }
        bytes.append(0x2E)
        while fraction > 0 {
            unit /= 10
            bytes.append(0x30 + UInt8(fraction / unit))
            fraction %= unit
        }
    }
}

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
