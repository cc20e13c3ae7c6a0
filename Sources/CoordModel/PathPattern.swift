/// A file pattern of a mission or a role: `*` and `?` stay within a folder, `**` goes through any number of
/// them. Everything else is itself; the case of letters does not count, for there are file systems that do
/// not tell it apart.
package struct PathPattern: Sendable, Hashable {
    private let parts: [[UInt8]]

    /// - Parameter text: relative to the project's root; a leading `./` is left out, and a trailing `/` means
    ///   everything below.
    package init(_ text: String) {
        var parts = text.lowercased().split(separator: "/").filter { $0 != "." }.map { Array($0.utf8) }
        if text.hasSuffix("/") { parts.append(Array("**".utf8)) }
        self.parts = parts
    }

    /// Whether the path is one that the pattern means.
    package func matches(_ path: String) -> Bool {
        let names = path.lowercased().split(separator: "/").map { Array($0.utf8) }
        return Self.matches(parts[...], names[...])
    }

    private static func matches(_ parts: ArraySlice<[UInt8]>, _ names: ArraySlice<[UInt8]>) -> Bool {
        guard let part = parts.first else { return names.isEmpty }
        let rest = parts.dropFirst()
        if part == [0x2A, 0x2A] {
            // Behind the last `**` anything may stand; several one after the other mean one.
            if rest.isEmpty { return !names.isEmpty }
            if rest.first == part { return matches(rest, names) }
            return (names.startIndex...names.endIndex).contains { matches(rest, names[$0...]) }
        }
        guard let name = names.first, matches(name, part) else { return false }
        return matches(rest, names.dropFirst())
    }

    /// One name against one part: goes back to the last `*` only, so that no pattern costs more than the
    /// product of the lengths.
    private static func matches(_ name: [UInt8], _ part: [UInt8]) -> Bool {
        var at = 0
        var want = 0
        var star: (want: Int, at: Int)?
        while at < name.count {
            if want < part.count, part[want] == 0x2A {
                star = (want, at)
                want += 1
            } else if want < part.count, part[want] == 0x3F || part[want] == name[at] {
                at += 1
                want += 1
            } else if let last = star {
                star = (last.want, last.at + 1)
                at = last.at + 1
                want = last.want + 1
            } else {
                return false
            }
        }
        return part[want...].allSatisfy { $0 == 0x2A }
    }
}
