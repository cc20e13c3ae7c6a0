extension JSONValue {
    /// The document on one line, without spaces. Text from outside is safe in it: every control character and
    /// U+2028/U+2029 is escaped. A number that is not finite becomes `null`.
    package func serialized() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(to: &output)
        return output
    }

    package var text: String { String(decoding: serialized(), as: UTF8.self) }

    /// The document for people: two spaces a level, a line feed at the end.
    package var prettyText: String {
        var output: [UInt8] = []
        write(to: &output, indentation: 0)
        output.append(0x0A)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the document on one line, as `serialized` gives it.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .array(let items):
            output.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(0x2C) }
                item.write(to: &output)
            }
            output.append(0x5D)
        case .object(let object):
            output.append(0x7B)
            for index in object.keys.indices {
                if index > 0 { output.append(0x2C) }
                Self.write(string: object.keys[index], to: &output)
                output.append(0x3A)
                object.values[index].write(to: &output)
            }
            output.append(0x7D)
        default: writeScalar(to: &output)
        }
    }

    private func write(to output: inout [UInt8], indentation: Int) {
        func newLine(_ depth: Int) {
            output.append(0x0A)
            output.append(contentsOf: repeatElement(0x20, count: depth * 2))
        }
        switch self {
        case .array(let items) where !items.isEmpty:
            output.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(0x2C) }
                newLine(indentation + 1)
                item.write(to: &output, indentation: indentation + 1)
            }
            newLine(indentation)
            output.append(0x5D)
        case .object(let object) where !object.isEmpty:
            output.append(0x7B)
            for index in object.keys.indices {
                if index > 0 { output.append(0x2C) }
                newLine(indentation + 1)
                Self.write(string: object.keys[index], to: &output)
                output.append(contentsOf: [0x3A, 0x20])
                object.values[index].write(to: &output, indentation: indentation + 1)
            }
            newLine(indentation)
            output.append(0x7D)
        default: write(to: &output)
        }
    }

    private func writeScalar(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .number(let value):
            output.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let text): Self.write(string: text, to: &output)
        case .array, .object: preconditionFailure("a container is not a scalar")
        }
    }

    /// A string in its quotes, escaped as `serialized` does; for writers that need no tree.
    package static func write(string: String, to output: inout [UInt8]) {
        output.append(0x22)
        var string = string
        string.withUTF8 { bytes in
            var plain = 0
            var index = 0
            while index < bytes.count {
                guard let length = escapedLength(bytes, index) else {
                    index += 1
                    continue
                }
                output.append(contentsOf: bytes[plain..<index])
                escape(bytes[index..<index + length], to: &output)
                index += length
                plain = index
            }
            output.append(contentsOf: bytes[plain..<bytes.count])
        }
        output.append(0x22)
    }

    /// How many bytes from `index` must not stand in a string as they are: control characters of both sets
    /// (the second, U+0080 to U+009F, drives old terminals) and the line separators of JavaScript. Nil: none.
    private static func escapedLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int? {
        switch bytes[index] {
        case 0x00..<0x20, 0x22, 0x5C, 0x7F: return 1
        case 0xC2: return bytes[index + 1] < 0xA0 ? 2 : nil
        case 0xE2: return bytes[index + 1] == 0x80 && bytes[index + 2] & 0xFE == 0xA8 ? 3 : nil
        default: return nil
        }
    }

    private static func escape(_ character: Slice<UnsafeBufferPointer<UInt8>>, to output: inout [UInt8]) {
        output.append(0x5C)
        switch character.first! {
        case 0x22, 0x5C: output.append(character.first!)
        case 0x0A: output.append(0x6E)
        case 0x0D: output.append(0x72)
        case 0x09: output.append(0x74)
        default:
            let digits = Array("0123456789abcdef".utf8)
            let unit = Int(String(decoding: character, as: UTF8.self).unicodeScalars.first!.value)
            output.append(0x75)
            for shift in [12, 8, 4, 0] { output.append(digits[unit >> shift & 15]) }
        }
    }
}
