/// Text on its way to a terminal: made harmless, measured, cut.
///
/// What agents, files and git say may hold sequences that move the cursor, rename the window or reorder
/// letters. Nothing of that kind reaches a terminal from here.
package enum TerminalText {
    /// The text with every control character, and every invisible one that changes the order or the meaning
    /// of what is read, written out as `\u{…}`. A line feed is written `\n`, unless lines are kept.
    package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
        let isHarmless =
            keepsLines
            ? isPlain(text) { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x09 }
            : isPlain(text) { $0 >= 0x20 && $0 < 0x7F }
        if isHarmless { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += keepsLines ? "\n" : "\\n"
            case "\t": result += keepsLines ? "\t" : "\\t"
            case "\r": result += "\\r"
            case let scalar where isHarmful(scalar):
                result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// JSON text with the same characters written as JSON escapes: the same document, harmless on a terminal.
    package static func escapedJSON(_ text: String) -> String {
        // In JSON text they can only stand inside strings, where an escape means the same.
        guard !isPlain(text, { $0 < 0x80 }) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard scalar.value >= 0x80, isHarmful(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result
    }

    /// The width of text that is nothing but printable ASCII; nil for any other.
    static func plainWidth(_ text: String) -> Int? {
        isPlain(text, { $0 >= 0x20 && $0 < 0x7F }) ? text.utf8.count : nil
    }

    /// How many columns the text takes: two for wide letters and emoji, none for what combines.
    package static func width(_ text: String) -> Int {
        if isPlain(text, { $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// As `width`, for text that carries emphasis and colour of our own.
    package static func visibleWidth(_ text: String) -> Int {
        guard text.utf8.contains(0x1B) else { return width(text) }
        var plain = ""
        var isSequence = false
        for scalar in text.unicodeScalars {
            if isSequence {
                isSequence = scalar != "m"
            } else if scalar == "\u{1B}" {
                isSequence = true
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return width(plain)
    }

    /// The text cut to a number of columns; what was cut ends in `…`.
    package static func cut(_ text: String, to columns: Int) -> String {
        guard columns > 0 else { return "" }
        guard width(text) > columns else { return text }
        var result = ""
        var left = columns - 1
        for character in text {
            let needed = width(character)
            if needed > left { break }
            result.append(character)
            left -= needed
        }
        return result + "…"
    }

    /// The text followed by spaces up to a number of columns.
    package static func padded(_ text: String, to columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - width(text)))
    }

    /// The text after spaces up to a number of columns.
    package static func rightAligned(_ text: String, to columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - width(text))) + text
    }

    /// Whether every byte passes. Nearly all text does, so this is what listings spend their time in.
    @inline(__always)
    private static func isPlain(_ text: String, _ passes: (UInt8) -> Bool) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where !passes(byte) { return false }
            return true
        }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00..<0x20, 0x7F..<0xA0: true
        // Soft hyphen, Arabic letter mark, marks and overrides of direction, isolates, invisible operators.
        case 0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F: true
        // Byte order mark, annotations, tags.
        case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }

    private static func width(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            // The emoji form of a letter that has a text form too, and flags.
            if scalar.value == 0xFE0F || (0x1F1E6...0x1F1FF).contains(scalar.value) { return 2 }
            width = max(width, self.width(scalar))
        }
        return width
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20..<0x7F, 0xA1..<0xAD, 0xAE..<0x300, 0x2010...0x2027, 0x2500...0x25FC: return 1
        // East Asian Wide and Fullwidth, after Unicode Standard Annex 11; emoji that are shown as pictures.
        case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0, 0x23F3,
            0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F, 0x2693, 0x26A1, 0x26AA...0x26AB,
            0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE, 0x26D4, 0x26EA, 0x26F2...0x26F3, 0x26F5, 0x26FA,
            0x26FD, 0x2705, 0x270A...0x270B, 0x2728, 0x274C, 0x274E, 0x2753...0x2755, 0x2757,
            0x2795...0x2797, 0x27B0, 0x27BF, 0x2B1B...0x2B1C, 0x2B50, 0x2B55, 0x2E80...0x303E,
            0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97C,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
            0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F004, 0x1F0CF, 0x1F18E,
            0x1F191...0x1F19A, 0x1F200...0x1F265, 0x1F300...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C,
            0x1F37E...0x1F393, 0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4,
            0x1F3F8...0x1F43E, 0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E,
            0x1F550...0x1F567, 0x1F57A, 0x1F595...0x1F596, 0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5,
            0x1F6CC, 0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF, 0x1F6EB...0x1F6EC,
            0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7EB, 0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945,
            0x1F947...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x2FFFD, 0x30000...0x3FFFD:
            return 2
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator:
                return 0
            default: return 1
            }
        }
    }
}
