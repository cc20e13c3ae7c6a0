/// A name that is safe as a file name, a branch component and a URL path segment.
///
/// The alphabet is `[a-z0-9][a-z0-9._-]{0,63}`: nothing of it can leave a folder, start an option or need
/// escaping. `init(_:)` does not check; `isValid` does, and the catalogue refuses a mission whose names are
/// not valid.
package protocol StringIdentifier: Hashable, Sendable, Comparable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    var rawValue: String { get }
    init(_ rawValue: String)
}

extension StringIdentifier {
    package init(stringLiteral value: String) { self.init(value) }
    package var description: String { rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Whether the name keeps to `[a-z0-9][a-z0-9._-]{0,63}`, without `..` and not ending in `.lock` or `.`
    /// (git refuses those in a branch name).
    package var isValid: Bool {
        let bytes = rawValue.utf8
        guard let first = bytes.first, bytes.count <= 64, Self.isLetterOrDigit(first) else { return false }
        guard bytes.allSatisfy({ Self.isLetterOrDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }) else {
            return false
        }
        return !rawValue.hasSuffix(".") && !rawValue.hasSuffix(".lock") && !Self.hasDoubledDot(bytes)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static func hasDoubledDot(_ bytes: String.UTF8View) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { $0 == 0x2E && $1 == 0x2E }
    }
}

/// One execution of a mission.
package struct RunID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// One node of a mission's graph.
package struct TaskID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// One worker, named after its team member and number, as in `backend-1`.
package struct WorkerID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A role of the catalogue.
package struct RoleID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A skill of the catalogue.
package struct SkillID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A mission of the catalogue.
package struct MissionID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The full hexadecimal name of a git object: 40 digits (SHA-1) or 64 (SHA-256).
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil unless the text is 40 or 64 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        let count = text.utf8.count
        guard count == 40 || count == 64,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        rawValue = String(text)
    }

    /// As the general one, without its cost: journals hold tens of thousands.
    package init?(_ text: String) {
        var text = text
        let isValid = text.withUTF8 { bytes in
            guard bytes.count == 40 || bytes.count == 64 else { return false }
            for byte in bytes where !((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)) {
                return false
            }
            return true
        }
        guard isValid else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }

    /// The first twelve digits, for people.
    package var short: String { String(rawValue.prefix(12)) }
}

/// One try at one task. The attempt number fences: a message that names an older one is refused.
package struct Lease: Hashable, Sendable, CustomStringConvertible {
    package let task: TaskID
    package let attempt: Int

    package init(task: TaskID, attempt: Int) {
        self.task = task
        self.attempt = attempt
    }

    package var description: String { "\(task)#\(attempt)" }
}
