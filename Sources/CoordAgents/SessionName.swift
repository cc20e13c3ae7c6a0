package import CoordModel

/// Names for sessions, chosen before the client starts: then it is known what to go on with even if the
/// client dies at once.
package enum SessionName {
    /// The same attempt always gives the same name; a UUID in lower case, of the kind whose bits are
    /// anybody's (version 8).
    package static func make(run: RunID, lease: Lease) -> String {
        let text = "\(run)/\(lease.task)/\(lease.attempt)"
        var digits =
            hexadecimal(hash(text, 0xcbf2_9ce4_8422_2325))
            + hexadecimal(hash(text, 0x9ae1_6a3b_2f90_404f))
        digits[12] = "8"
        digits[16] = "a"
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
        return parts.joined(separator: "-")
    }

    /// FNV-1a, stirred once more so that near texts are far apart.
    private static func hash(_ text: String, _ seed: UInt64) -> UInt64 {
        var value = seed
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        value ^= value >> 32
        value = value &* 0xd6e8_feb8_6659_fd93
        return value ^ value >> 32
    }

    private static func hexadecimal(_ value: UInt64) -> [Character] {
        let text = String(value, radix: 16)
        return Array(String(repeating: "0", count: 16 - text.count) + text)
    }
}
