/// How many colours a terminal shows.
package enum ColorDepth: Sendable, Comparable {
    case none
    /// The sixteen of every terminal, by name.
    case sixteen
    case palette
    case direct
}

/// Emphasis and colour, or nothing of it: the same code writes to a terminal and to a file.
package struct Style: Sendable, Hashable {
    package var depth: ColorDepth

    /// No emphasis, no colour.
    package static let plain = Style(depth: .none)

    package init(depth: ColorDepth) { self.depth = depth }

    /// The text in bold.
    package func bold(_ text: String) -> String { wrapped(text, "1") }
    /// The text subdued.
    package func dim(_ text: String) -> String { wrapped(text, "2") }
    /// The text in red.
    package func red(_ text: String) -> String { wrapped(text, "31") }
    /// The text in green.
    package func green(_ text: String) -> String { wrapped(text, "32") }
    /// The text in yellow.
    package func yellow(_ text: String) -> String { wrapped(text, "33") }
    /// The text in cyan.
    package func cyan(_ text: String) -> String { wrapped(text, "36") }

    /// A colour written as `#rrggbb`, as near as the terminal can.
    package func colored(_ text: String, _ hexadecimal: String) -> String {
        guard depth >= .palette, let value = UInt32(hexadecimal.dropFirst(), radix: 16) else { return text }
        let red = Int(value >> 16 & 255), green = Int(value >> 8 & 255), blue = Int(value & 255)
        if depth == .direct { return wrapped(text, "38;2;\(red);\(green);\(blue)") }
        return wrapped(text, "38;5;\(Self.nearestInCube(red, green, blue))")
    }

    private func wrapped(_ text: String, _ code: String) -> String {
        depth == .none || text.isEmpty ? text : "\u{1B}[" + code + "m" + text + "\u{1B}[0m"
    }

    /// The colour of the 6×6×6 cube of 256-colour terminals.
    private static func nearestInCube(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        func step(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
        return 16 + 36 * step(red) + 6 * step(green) + step(blue)
    }
}

/// When to use colour.
package enum ColorChoice: String, Sendable, CaseIterable {
    /// On a terminal that can, unless `NO_COLOR` is set (https://no-color.org).
    case automatic = "auto"
    case always, never

    /// The depth for one stream.
    package func depth(isTerminal: Bool, _ environment: (String) -> String?) -> ColorDepth {
        switch self {
        case .never: return .none
        case .always: return max(.palette, Self.depth(environment))
        case .automatic:
            guard isTerminal, environment("NO_COLOR")?.isEmpty ?? true else { return .none }
            return Self.depth(environment)
        }
    }

    private static func depth(_ environment: (String) -> String?) -> ColorDepth {
        let terminal = environment("TERM") ?? ""
        if terminal.isEmpty || terminal == "dumb" { return .none }
        switch environment("COLORTERM") {
        case "truecolor", "24bit": return .direct
        default: return terminal.contains("256color") ? .palette : .sixteen
        }
    }
}
