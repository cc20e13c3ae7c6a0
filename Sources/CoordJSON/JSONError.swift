/// Why bytes are not a JSON document, and where.
package struct JSONError: Error, Hashable, Sendable {
    /// What is wrong, with what was found.
    package enum Reason: Hashable, Sendable {
        case empty, unexpectedEnd, trailingContent
        case tooDeep(limit: Int)
        case invalidUTF8, byteOrderMark
        case unexpected(String, wanted: String)
        case badEscape, loneSurrogate, controlCharacterInString, badNumber, numberTooLarge
        case duplicateKey(String)
    }

    package var reason: Reason
    /// From the start of the input, in bytes.
    package var offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        switch reason {
        case .empty: "the document is empty"
        case .unexpectedEnd: "the document ends too early"
        case .trailingContent: "there is more after the end of the document"
        case .tooDeep(let limit): "values are nested more than \(limit) deep"
        case .invalidUTF8: "the text is not valid UTF-8"
        case .byteOrderMark: "the document starts with a byte order mark; save it as UTF-8 without one"
        case .unexpected(let found, let wanted): "found \(found) where \(wanted) was expected"
        case .badEscape: "unknown escape in a string"
        case .loneSurrogate: "half of a surrogate pair in a string"
        case .controlCharacterInString: "a control character stands in a string; write it as an escape"
        case .badNumber: "this is not a JSON number"
        case .numberTooLarge: "the number is too large"
        case .duplicateKey(let key): "the key `\(key)` stands twice in one object"
        }
    }
}
