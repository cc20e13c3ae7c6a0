package import CoordJSON

/// Why a line is not a message. What to do about it is the reader's decision: count it, warn, end the other
/// side.
package enum WireError: Error, Hashable, Sendable {
    case notJSON(JSONError)
    /// It is JSON, but no JSON-RPC 2.0 message; the reason as a clause.
    case notAMessage(String)
    case missing(member: String, method: String)
    /// The wanted kind as people call it.
    case wrong(member: String, method: String, wanted: String)
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON(let error): "the line is not JSON: \(error) (at byte \(error.offset))"
        case .notAMessage(let reason): "the line is not a JSON-RPC 2.0 message: \(reason)"
        case .missing(let member, let method): "`\(method)` lacks `\(member)`"
        case .wrong(let member, let method, let wanted): "`\(member)` of `\(method)` is not \(wanted)"
        }
    }
}
