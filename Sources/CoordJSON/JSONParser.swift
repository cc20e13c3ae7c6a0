/// Reads one JSON document from bytes, strictly (RFC 8259): no comments, no trailing commas, no second key of
/// the same name, valid UTF-8 only. Never recurses deeper than `depthLimit`.
package struct JSONParser {
    /// Parses a whole document.
    package static func parse(_ bytes: [UInt8], depthLimit: Int = 128) throws(JSONError) -> JSONValue {
        try parse(bytes[...], depthLimit: depthLimit)
    }

    /// Parses a whole document.
    package static func parse(_ text: String, depthLimit: Int = 128) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), depthLimit: depthLimit)
    }

    /// Parses a whole document. Offsets in errors count from the start of the slice.
    package static func parse(_ bytes: ArraySlice<UInt8>, depthLimit: Int = 128) throws(JSONError)
        -> JSONValue
    {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, depthLimit: depthLimit)
            do throws(JSONError) { return .success(try parser.document()) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Parses a document and tells where each value and each key starts, in the order in which they stand
    /// (an object's own offset, then key, value, key, value …).
    package static func parseWithOffsets(
        _ bytes: [UInt8], depthLimit: Int = 128
    ) throws(JSONError) -> (value: JSONValue, offsets: [Int]) {
        let result: Result<(JSONValue, [Int]), JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, depthLimit: depthLimit)
            parser.recordsOffsets = true
            do throws(JSONError) { return .success((try parser.document(), parser.offsets)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let depthLimit: Int
    var position = 0
    /// What is kept of objects. Nil: all of it.
    var interest: JSONInterest?
    private var recordsOffsets = false
    private var offsets: [Int] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(reason: .byteOrderMark, offset: 0)
        }
        skipSpace()
        guard position < bytes.count else { throw JSONError(reason: .empty, offset: 0) }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else {
            throw JSONError(reason: .trailingContent, offset: position)
        }
        return value
    }

    /// - Parameter isWhole: all below it is kept.
    private mutating func value(depth: Int, isWhole: Bool) throws(JSONError) -> JSONValue {
        guard isWhole, let all = interest else { return try value(depth: depth) }
        interest = nil
        defer { interest = all }
        return try value(depth: depth)
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= depthLimit else {
            throw JSONError(reason: .tooDeep(limit: depthLimit), offset: position)
        }
        guard position < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: position) }
        if recordsOffsets { offsets.append(position) }
        switch bytes[position] {
        case 0x7B: return try object(depth: depth)
        case 0x5B: return try array(depth: depth)
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        case 0x2D, 0x30...0x39: return try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var object = JSONObject()
        var seen: Set<String> = []
        skipSpace()
        if take(0x7D) { return .object(object) }
        while true {
            guard position < bytes.count else {
                throw JSONError(reason: .unexpectedEnd, offset: position)
            }
            guard bytes[position] == 0x22 else { throw unexpected("a key in double quotes") }
            let start = position
            if recordsOffsets { offsets.append(start) }
            let key = try readKey()
            if let key, !isNew(key.name, in: object, &seen) {
                throw JSONError(reason: .duplicateKey(key.name), offset: start)
            }
            skipSpace()
            guard take(0x3A) else { throw unexpected("`:`") }
            skipSpace()
            if let key {
                object.append(key.name, try value(depth: depth + 1, isWhole: key.isWhole))
            } else {
                try skipValue(depth: depth + 1)
            }
            skipSpace()
            if take(0x2C) {
                skipSpace()
                continue
            }
            if take(0x7D) { return .object(object) }
            throw unexpected("`,` or `}`")
        }
    }

    /// A walk for the usual small object; a table beyond, so that a hostile one does not cost its square.
    private func isNew(_ key: String, in object: JSONObject, _ seen: inout Set<String>) -> Bool {
        guard object.count >= 16 else { return object[key] == nil }
        if seen.isEmpty { seen.formUnion(object.keys) }
        return seen.insert(key).inserted
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if take(0x5D) { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take(0x2C) {
                skipSpace()
                continue
            }
            if take(0x5D) { return .array(items) }
            throw unexpected("`,` or `]`")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError)
        -> JSONValue
    {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else {
            throw JSONError(reason: .unexpectedEnd, offset: bytes.count)
        }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] {
            throw unexpected("a value")
        }
        position += count
        return value
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    func unexpected(_ wanted: String) -> JSONError {
        guard position < bytes.count else { return JSONError(reason: .unexpectedEnd, offset: position) }
        return JSONError(reason: .unexpected(found, wanted: wanted), offset: position)
    }

    /// What stands at the position, as a person would name it: a whole word, a character, or a bare byte.
    private var found: String {
        switch bytes[position] {
        case 0x0A, 0x0D: return "the end of the line"
        case 0x09: return "a tab"
        case 0x41...0x5A, 0x61...0x7A:
            let word = bytes[position...].prefix(20).prefix {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
            }
            return "`\(String(decoding: word, as: UTF8.self))`"
        case 0x20..<0x7F: return "`\(Character(Unicode.Scalar(bytes[position])))`"
        case let byte:
            let head = String(decoding: bytes[position...].prefix(4), as: UTF8.self).unicodeScalars.first
            guard byte >= 0x80, let head, head != "\u{FFFD}" else {
                return "a byte \(String(byte, radix: 16))"
            }
            return "`\(Character(head))`"
        }
    }
}

// MARK: - Strings and numbers

extension JSONParser {
    mutating func string() throws(JSONError) -> String {
        let start = position + 1
        position = start
        var isPlain = true
        skipText()
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<position])
                guard !isPlain else {
                    position += 1
                    return String(decoding: slice, as: UTF8.self)
                }
                guard let text = String(validating: slice, as: UTF8.self) else {
                    throw JSONError(reason: .invalidUTF8, offset: start)
                }
                position += 1
                return text
            }
            if byte == 0x5C { return try stringWithEscapes(from: start) }
            if byte < 0x20 { throw JSONError(reason: .controlCharacterInString, offset: position) }
            isPlain = false
            position += 1
            skipText()
        }
        throw JSONError(reason: .unexpectedEnd, offset: position)
    }

    /// Goes on to the next byte that is not plain text in a string: a quote, a backslash, a control
    /// character, or a part of a character beyond ASCII. Eight bytes at a time, as long as there are so many.
    mutating func skipText() {
        let raw = UnsafeRawBufferPointer(bytes)
        while position + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
            // The highest bit of each byte that is wanted (Mycroft): the lowest of them is exact.
            let quote = word ^ (Self.each &* 0x22)
            let slash = word ^ (Self.each &* 0x5C)
            let found =
                (((quote &- Self.each) & ~quote) | ((slash &- Self.each) & ~slash)
                    | ((word &- Self.each &* 0x20) & ~word) | word) & (Self.each &* 0x80)
            if found != 0 {
                position += found.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < raw.count {
            let byte = raw[position]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
            position += 1
        }
    }

    private static var each: UInt64 { 0x0101_0101_0101_0101 }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var collected = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x22:
                guard let text = String(validating: collected, as: UTF8.self) else {
                    throw JSONError(reason: .invalidUTF8, offset: start)
                }
                position += 1
                return text
            case 0x5C: try appendEscape(to: &collected)
            case 0x00..<0x20: throw JSONError(reason: .controlCharacterInString, offset: position)
            default:
                let run = position
                position += 1
                skipText()
                collected.append(contentsOf: bytes[run..<position])
            }
        }
        throw JSONError(reason: .unexpectedEnd, offset: position)
    }

    mutating func appendEscape(to collected: inout [UInt8]) throws(JSONError) {
        let start = position
        guard position + 1 < bytes.count else {
            throw JSONError(reason: .unexpectedEnd, offset: position)
        }
        position += 2
        switch bytes[start + 1] {
        case 0x22, 0x5C, 0x2F: collected.append(bytes[start + 1])
        case 0x62: collected.append(0x08)
        case 0x66: collected.append(0x0C)
        case 0x6E: collected.append(0x0A)
        case 0x72: collected.append(0x0D)
        case 0x74: collected.append(0x09)
        case 0x75:
            var unit = try hexadecimal()
            if (0xD800..<0xDC00).contains(unit) {
                guard position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == 0x75
                else {
                    throw JSONError(reason: .loneSurrogate, offset: start)
                }
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw JSONError(reason: .loneSurrogate, offset: start)
                }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else {
                throw JSONError(reason: .loneSurrogate, offset: start)
            }
            collected.append(contentsOf: UTF8.encode(scalar)!)
        default: throw JSONError(reason: .badEscape, offset: start)
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else {
            throw JSONError(reason: .unexpectedEnd, offset: bytes.count)
        }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw JSONError(reason: .badEscape, offset: position)
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(0x2D)
        let digits = position
        takeDigits()
        guard position > digits, bytes[digits] != 0x30 || position == digits + 1 else {
            throw JSONError(reason: .badNumber, offset: start)
        }
        var isWhole = true
        if take(0x2E) {
            isWhole = false
            let fraction = position
            takeDigits()
            guard position > fraction else { throw JSONError(reason: .badNumber, offset: start) }
        }
        if position < bytes.count, bytes[position] | 0x20 == 0x65 {
            isWhole = false
            position += 1
            if !take(0x2B) { _ = take(0x2D) }
            let exponent = position
            takeDigits()
            guard position > exponent else { throw JSONError(reason: .badNumber, offset: start) }
        }
        if isWhole, let value = wholeNumber(start) { return .integer(value) }
        let text = String(
            decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        guard let value = Double(text) else { throw JSONError(reason: .badNumber, offset: start) }
        guard value.isFinite else { throw JSONError(reason: .numberTooLarge, offset: start) }
        return .number(value)
    }

    private mutating func takeDigits() {
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    }

    /// Nil on overflow: the number then becomes a `Double`.
    private func wholeNumber(_ start: Int) -> Int64? {
        let isNegative = bytes[start] == 0x2D
        var value: Int64 = 0
        for index in (isNegative ? start + 1 : start)..<position {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(bytes[index] - 0x30)
            let (next, overflowedAgain) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflowed || overflowedAgain { return nil }
            value = next
        }
        return value
    }
}
