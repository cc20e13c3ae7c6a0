/// A pattern of paths as missions write them: `*` and `?` within a name, `**` for any folders. A pattern that
/// names a folder means all below it. Brackets and braces are read generously: as any letter, and any text.
package struct PathGlob: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case anyFolders
        case name([Letter])
    }

    private enum Letter: Sendable, Hashable {
        case any, one
        case byte(UInt8)
    }

    private let parts: [Part]
    /// Whether it names one path and what is below.
    package let isLiteral: Bool

    /// Reads a pattern; every text is one.
    package init(_ pattern: String) {
        var parts: [Part] = []
        for name in pattern.utf8.split(separator: UInt8(ascii: "/")) where !name.elementsEqual(".".utf8) {
            parts.append(name.elementsEqual("**".utf8) ? .anyFolders : .name(Self.letters(of: name)))
        }
        self.parts = parts + [.anyFolders]
        isLiteral = parts.allSatisfy { part in
            guard case .name(let letters) = part else { return false }
            return letters.allSatisfy { if case .byte = $0 { true } else { false } }
        }
    }

    /// One file, whatever letters are in its path.
    package init(path: String) {
        parts = path.utf8.split(separator: UInt8(ascii: "/")).map { .name($0.map { .byte($0) }) }
        isLiteral = true
    }

    private static func letters(of name: Substring.UTF8View) -> [Letter] {
        var letters: [Letter] = []
        var closing: UInt8?
        for byte in name {
            if let end = closing {
                if byte == end { closing = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "*"): letters.append(.any)
            case UInt8(ascii: "?"): letters.append(.one)
            case UInt8(ascii: "["):
                letters.append(.one)
                closing = UInt8(ascii: "]")
            case UInt8(ascii: "{"):
                letters.append(.any)
                closing = UInt8(ascii: "}")
            default: letters.append(.byte(byte))
            }
        }
        return letters
    }

    /// Whether some path fits both. May say yes where none does, never no where one does.
    package func overlaps(_ other: PathGlob) -> Bool {
        Self.unite(parts, other.parts, isAny: { $0 == .anyFolders }) { left, right in
            guard case .name(let left) = left, case .name(let right) = right else { return true }
            return Self.unite(left, right, isAny: { $0 == .any }) {
                $0 == $1 || $0 == .one || $1 == .one
            }
        }
    }

    /// Whether the path is one of those that are meant.
    package func matches(_ path: String) -> Bool { overlaps(PathGlob(path: path)) }

    /// Whether two lists can stand for the same, where an element that is *any* stands for none or several.
    private static func unite<Element>(
        _ left: [Element], _ right: [Element], isAny: (Element) -> Bool, _ fits: (Element, Element) -> Bool
    ) -> Bool {
        // Row by row from the ends: whether what is left of one from `row` and of the other from `column`
        // can be the same.
        var below = [Bool](repeating: false, count: right.count + 1)
        for row in stride(from: left.count, through: 0, by: -1) {
            var current = [Bool](repeating: false, count: right.count + 1)
            for column in stride(from: right.count, through: 0, by: -1) {
                if row == left.count, column == right.count {
                    current[column] = true
                } else if row < left.count, isAny(left[row]) {
                    current[column] = below[column] || column < right.count && current[column + 1]
                } else if column < right.count, isAny(right[column]) {
                    current[column] = current[column + 1] || row < left.count && below[column]
                } else if row < left.count, column < right.count {
                    current[column] = below[column + 1] && fits(left[row], right[column])
                }
            }
            below = current
        }
        return below[0]
    }
}
