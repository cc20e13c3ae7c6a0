// What nobody reads is checked like the rest, and nothing is made of it.

extension JSONParser {
    /// Parses a whole document and keeps of its objects the members that somebody reads. What is left out is
    /// checked as strictly, but for its names: of two that are equal neither is missed.
    package static func parse(
        _ bytes: ArraySlice<UInt8>, keeping interest: JSONInterest, depthLimit: Int = 128
    ) throws(JSONError) -> JSONValue {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, depthLimit: depthLimit)
            parser.interest = interest
            do throws(JSONError) { return .success(try parser.document()) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads the key at the position. Nil: nobody reads its value. In a value that is kept as a whole every
    /// key is read.
    mutating func readKey() throws(JSONError) -> (name: String, isWhole: Bool)? {
        guard let interest else { return (try string(), false) }
        let start = position + 1
        position = start
        skipText()
        if position < bytes.count, bytes[position] == 0x22 {
            let key = UnsafeBufferPointer(rebasing: bytes[start..<position])
            position += 1
            return interest.find(key)
        }
        // Odd, but a key may be written like this.
        position = start - 1
        var key = try string()
        return key.withUTF8 { interest.find($0) }
    }

    /// Goes behind the value at the position.
    mutating func skipValue(depth: Int) throws(JSONError) {
        guard depth <= depthLimit else {
            throw JSONError(reason: .tooDeep(limit: depthLimit), offset: position)
        }
        guard position < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: position) }
        switch bytes[position] {
        case 0x22: try skipString()
        case 0x7B: try skipItems(until: 0x7D, depth: depth, areMembers: true)
        case 0x5B: try skipItems(until: 0x5D, depth: depth, areMembers: false)
        // Words and numbers are as quickly read.
        default: _ = try value(depth: depth)
        }
    }

    private mutating func skipItems(until end: UInt8, depth: Int, areMembers: Bool) throws(JSONError) {
        position += 1
        skipSpace()
        if take(end) { return }
        while true {
            if areMembers {
                guard position < bytes.count else {
                    throw JSONError(reason: .unexpectedEnd, offset: position)
                }
                guard bytes[position] == 0x22 else { throw unexpected("a key in double quotes") }
                try skipString()
                skipSpace()
                guard take(0x3A) else { throw unexpected("`:`") }
                skipSpace()
            }
            try skipValue(depth: depth + 1)
            skipSpace()
            if take(0x2C) {
                skipSpace()
                continue
            }
            if take(end) { return }
            throw unexpected(areMembers ? "`,` or `}`" : "`,` or `]`")
        }
    }

    private mutating func skipString() throws(JSONError) {
        let start = position
        position += 1
        while true {
            skipText()
            guard position < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: position) }
            switch bytes[position] {
            case 0x22:
                position += 1
                return
            case 0x5C:
                guard position + 1 < bytes.count else {
                    throw JSONError(reason: .unexpectedEnd, offset: position)
                }
                switch bytes[position + 1] {
                case 0x22, 0x2F, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: position += 2
                default:
                    var character: [UInt8] = []
                    try appendEscape(to: &character)
                }
            case 0x00..<0x20: throw JSONError(reason: .controlCharacterInString, offset: position)
            default: try skipCharacters(of: start)
            }
        }
    }

    /// Goes behind the characters beyond ASCII at the position (Unicode 16, table 3-7).
    private mutating func skipCharacters(of start: Int) throws(JSONError) {
        while position < bytes.count, bytes[position] >= 0x80 {
            let first = bytes[position]
            let count: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: count = 2
            case 0xE0...0xEF:
                count = 3
                if first == 0xE0 { second = 0xA0...0xBF } else if first == 0xED { second = 0x80...0x9F }
            case 0xF0...0xF4:
                count = 4
                if first == 0xF0 { second = 0x90...0xBF } else if first == 0xF4 { second = 0x80...0x8F }
            default: throw JSONError(reason: .invalidUTF8, offset: start + 1)
            }
            guard position + count <= bytes.count else {
                throw JSONError(reason: .invalidUTF8, offset: start + 1)
            }
            for index in 1..<count {
                let wanted = index == 1 ? second : 0x80...0xBF
                guard wanted.contains(bytes[position + index]) else {
                    throw JSONError(reason: .invalidUTF8, offset: start + 1)
                }
            }
            position += count
        }
    }
}
