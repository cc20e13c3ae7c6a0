/// A pattern of paths as missions and roles write them: `*` and `?` stay within a name, `**` goes through any
/// number of folders. Read in one of two ways, by who asks.
package struct PathPattern: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case anyFolders
        case name([Letter])
    }

    private enum Letter: Sendable, Hashable {
        case any, one
        case byte(UInt8)
    }

    private let parts: [Part]
    /// Whether it names one path (and, as a claim, what is below).
    package let isLiteral: Bool
    private let foldsCase: Bool

    private init(_ parts: [Part], foldsCase: Bool = false) {
        self.parts = parts
        self.foldsCase = foldsCase
        isLiteral = parts.allSatisfy { part in
            guard case .name(let letters) = part else { return false }
            return letters.allSatisfy { if case .byte = $0 { true } else { false } }
        }
    }

    /// What a task means to change, read generously, for a clash foreseen in vain costs little: a name means
    /// all below it as well, brackets stand for any letter and braces for any text. Every text is one.
    package init(claim: String) {
        let named = PathPattern(
            claim.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
                .map { $0.elementsEqual("**".utf8) ? .anyFolders : .name(Self.generous($0)) })
        parts = named.parts + [.anyFolders]
        isLiteral = named.isLiteral
        foldsCase = false
    }

    /// What a rule speaks of, read to the letter: brackets and braces are themselves. The case of letters
    /// does not count, for there are file systems that do not tell it apart.
    ///
    /// - Parameter rule: relative to the project's root; a leading `./` is left out, and a `/` or `**` at the
    ///   end means everything below.
    package init(rule: String) {
        var parts: [Part] = rule.lowercased().split(separator: "/").filter { $0 != "." }
            .map { $0 == "**" ? .anyFolders : .name(Self.plain($0.utf8)) }
        if rule.hasSuffix("/") { parts.append(.anyFolders) }
        // Below a folder is not the folder itself.
        if parts.last == .anyFolders { parts.append(.name([.any])) }
        self.init(parts, foldsCase: true)
    }

    private static func plain(_ name: Substring.UTF8View) -> [Letter] {
        name.map { byte in
            switch byte {
            case UInt8(ascii: "*"): .any
            case UInt8(ascii: "?"): .one
            default: .byte(byte)
            }
        }
    }

    private static func generous(_ name: Substring.UTF8View) -> [Letter] {
        var letters: [Letter] = []
        var closing: UInt8?
        for (byte, letter) in zip(name, plain(name)) {
            if let end = closing {
                if byte == end { closing = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "["):
                letters.append(.one)
                closing = UInt8(ascii: "]")
            case UInt8(ascii: "{"):
                letters.append(.any)
                closing = UInt8(ascii: "}")
            default: letters.append(letter)
            }
        }
        return letters
    }

    /// Whether some path fits both. Of claims: may say yes where none does, never no where one does.
    package func overlaps(_ other: PathPattern) -> Bool {
        Self.unite(parts, other.parts, isAny: { $0 == .anyFolders }) { left, right in
            guard case .name(let left) = left, case .name(let right) = right else { return true }
            return Self.unite(left, right, isAny: { $0 == .any }) {
                $0 == $1 || $0 == .one || $1 == .one
            }
        }
    }

    /// Whether the path is one of those that are meant; whatever letters are in it are only themselves.
    package func matches(_ path: String) -> Bool {
        let path = foldsCase ? path.lowercased() : path
        return overlaps(
            PathPattern(
                path.utf8.split(separator: UInt8(ascii: "/")).map { .name($0.map { .byte($0) }) }))
    }

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
