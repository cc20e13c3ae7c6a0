package import CoordJSON
package import CoordModel

/// Writes the members of one JSON object straight into bytes, without a tree between: the journal writes
/// several facts a millisecond.
package struct MemberWriter {
    private var bytes: [UInt8]

    /// Appends one object to bytes, without copying them.
    package static func append(to bytes: inout [UInt8], _ members: (inout MemberWriter) -> Void) {
        // The buffer is moved in and out so that it is never copied.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var writer = MemberWriter(appendingTo: taken)
        members(&writer)
        bytes = writer.finish()
    }

    /// One object as a tree. For few objects: it is written and read again.
    package static func tree(_ members: (inout MemberWriter) -> Void) -> JSONValue {
        var bytes: [UInt8] = []
        append(to: &bytes, members)
        do throws(JSONError) { return try JSONParser.parse(bytes) } catch {
            preconditionFailure("what the writer wrote is not JSON: \(error)")
        }
    }

    /// Takes over `bytes` and opens an object at their end.
    private init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.append(0x7B)
    }

    /// Closes the object and gives the bytes back.
    private consuming func finish() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }

    // MARK: Members
    //
    // A key is a literal of ours and needs no escaping. A nil value is left out, or written as `null` where
    // the function's name ends so.

    /// Text.
    package mutating func string(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        self.key(key)
        JSONValue.write(string: value, to: &bytes)
    }

    /// A whole number.
    package mutating func integer(_ key: StaticString, _ value: Int) {
        self.key(key)
        digits(Int64(value))
    }

    /// A whole number.
    package mutating func integer(_ key: StaticString, _ value: some BinaryInteger) {
        self.key(key)
        digits(Int64(clamping: value))
    }

    /// A whole number.
    package mutating func integer(_ key: StaticString, _ value: (some BinaryInteger)?) {
        if let value { integer(key, value) }
    }

    /// True or false.
    package mutating func flag(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Dollars with the six decimals of a micro-dollar, written from the integer.
    package mutating func money(_ key: StaticString, _ value: Money?) {
        guard let value else { return }
        self.key(key)
        decimals(value.microDollars, places: 6)
    }

    /// Seconds with the three decimals of a millisecond.
    package mutating func seconds(_ key: StaticString, _ value: Duration?) {
        guard let value else { return }
        self.key(key)
        decimals(value.wholeMilliseconds, places: 3)
    }

    /// A time, as RFC 3339 text.
    package mutating func time(_ key: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.key(key)
        JSONValue.write(string: value.description, to: &bytes)
    }

    /// A text, or null.
    package mutating func stringOrNull(_ key: StaticString, _ value: String?) {
        if let value { string(key, value) } else { null(key) }
    }

    /// A whole number, or null.
    package mutating func integerOrNull(_ key: StaticString, _ value: (some BinaryInteger)?) {
        if let value { integer(key, value) } else { null(key) }
    }

    /// A time, or null.
    package mutating func timeOrNull(_ key: StaticString, _ value: Timestamp?) {
        if let value { time(key, value) } else { null(key) }
    }

    /// Dollars, or null.
    package mutating func moneyOrNull(_ key: StaticString, _ value: Money?) {
        if let value { money(key, value) } else { null(key) }
    }

    /// Seconds, or null.
    package mutating func secondsOrNull(_ key: StaticString, _ value: Duration?) {
        if let value { seconds(key, value) } else { null(key) }
    }

    private mutating func null(_ key: StaticString) {
        self.key(key)
        bytes.append(contentsOf: "null".utf8)
    }

    /// A list of texts.
    package mutating func strings(_ key: StaticString, _ values: [String]) {
        self.key(key)
        bytes.append(0x5B)
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            JSONValue.write(string: value, to: &bytes)
        }
        bytes.append(0x5D)
    }

    /// A list of texts.
    package mutating func strings(_ key: StaticString, _ values: some Sequence<String>) {
        self.key(key)
        bytes.append(0x5B)
        for value in values {
            if bytes.last != 0x5B { bytes.append(0x2C) }
            JSONValue.write(string: value, to: &bytes)
        }
        bytes.append(0x5D)
    }

    /// A list of names.
    package mutating func names(_ key: StaticString, _ values: [some StringIdentifier]) {
        strings(key, values.lazy.map { $0.rawValue })
    }

    /// An object in the object.
    package mutating func object(_ key: StaticString, _ members: (inout MemberWriter) -> Void) {
        self.key(key)
        object(members)
    }

    /// A list of objects.
    package mutating func objects<Item>(
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
