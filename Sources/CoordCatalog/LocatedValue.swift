import CoordJSON

/// A document as a tree whose every value and key knows where it stands. JSON and YAML both become one, so
/// that one set of rules checks missions, role files and manifests.
package struct LocatedValue: Sendable, Equatable {
    /// What the value is. Numbers that are whole and fit stay whole.
    package enum Content: Sendable, Equatable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case list([LocatedValue])
        case object([LocatedMember])
    }

    package var content: Content
    package var position: SourcePosition

    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// The kind as people call it, for messages.
    package var kindName: String {
        switch content {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a string"
        case .list: "a list"
        case .object: "an object"
        }
    }

    var string: String? { if case .string(let text) = content { text } else { nil } }
    var isNull: Bool { content == .null }
}

/// A member of an object: its key, where the key stands, its value. Keys of one object are unique.
package struct LocatedMember: Sendable, Equatable {
    package var key: String
    package var position: SourcePosition
    package var value: LocatedValue

    package init(key: String, position: SourcePosition, value: LocatedValue) {
        self.key = key
        self.position = position
        self.value = value
    }
}

// MARK: - From JSON

extension LocatedValue {
    /// Reads a JSON document. A document that cannot be read gives the one diagnostic that says where.
    package static func json(_ bytes: [UInt8], file: String) throws(Diagnostic) -> LocatedValue {
        do throws(JSONError) {
            let (value, offsets) = try JSONParser.parseWithOffsets(bytes)
            var positions = PositionWalk(bytes)
            var next = offsets.makeIterator()
            return located(value, &next, &positions)
        } catch {
            var walk = PositionWalk(bytes)
            let hint: String? =
                switch error.reason {
                case .unexpected("`'`", wanted: "a key in double quotes"),
                    .unexpected("`'`", wanted: "a value"):
                    "JSON takes double quotes only"
                case .unexpected("`]`", wanted: "a value"),
                    .unexpected("`}`", wanted: "a key in double quotes"):
                    "JSON allows no comma after the last entry"
                case .unexpected("`/`", wanted: _), .unexpected("`#`", wanted: _): "JSON has no comments"
                case .unexpectedEnd: "A closing `}`, `]` or `\"` may be missing"
                default: nil
                }
            throw Diagnostic(
                file: file, position: walk.position(at: error.offset),
                message: "This is not valid JSON: \(error.description)", hint: hint)
        }
    }

    /// The offsets come in the order in which this walk meets values and keys. No deeper than the parser's
    /// limit.
    private static func located(
        _ value: JSONValue, _ offsets: inout IndexingIterator<[Int]>, _ positions: inout PositionWalk
    ) -> LocatedValue {
        func place() -> SourcePosition {
            guard let offset = offsets.next() else { preconditionFailure("a value without an offset") }
            return positions.position(at: offset)
        }
        let position = place()
        let content: Content
        switch value {
        case .null: content = .null
        case .bool(let flag): content = .bool(flag)
        case .integer(let number): content = .integer(number)
        case .number(let number): content = .number(number)
        case .string(let text): content = .string(text)
        case .array(let items):
            content = .list(items.map { located($0, &offsets, &positions) })
        case .object(let object):
            content = .object(
                object.members.map { key, value in
                    let position = place()
                    let value = located(value, &offsets, &positions)
                    return LocatedMember(key: key, position: position, value: value)
                })
        }
        return LocatedValue(content, at: position)
    }
}

/// Turns byte offsets, asked for in rising order, into lines and columns in one pass over the text.
struct PositionWalk {
    private let bytes: [UInt8]
    private var offset = 0
    private var current = SourcePosition.start

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func position(at wanted: Int) -> SourcePosition {
        precondition(wanted >= offset, "offsets must rise")
        let end = min(wanted, bytes.count)
        while offset < end {
            let byte = bytes[offset]
            if byte == 0x0A {
                current.line += 1
                current.column = 1
            } else if byte & 0xC0 != 0x80 {
                // A continuation byte belongs to the scalar before it.
                current.column += 1
            }
            offset += 1
        }
        return current
    }
}
