#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Hides secrets in what an agent says, before anything of it is kept or passed on: exact values, wherever
/// they stand. What is no exact value (encoded, or cut in two by the agent itself) is not found. Does no I/O.
package struct SecretMask: Sendable {
    /// What stands in a secret's place.
    package static let replacement: [UInt8] = Array("***".utf8)
    /// A shorter value would be found by chance.
    package static let bytesMin = 8
    /// A variable is a secret when its name has one of these among its words.
    private static let words: Set<Substring> = [
        "KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "CREDENTIALS",
    ]
    /// In the addresses of a gateway: the part behind this is whose the call is.
    private static let ownerPath = "/w/"

    /// Longest first: one may begin another.
    private let values: [[UInt8]]

    /// Values shorter than `bytesMin` are left out.
    package init(_ values: some Sequence<String>) {
        self.values = Set(values).map { Array($0.utf8) }.filter { $0.count >= Self.bytesMin }
            .sorted { ($1.count, $1[0]) < ($0.count, $0[0]) }
    }

    /// The secrets of an environment: keys and tokens by their names, and who a call is from in the addresses
    /// of a gateway. And those of `others`.
    package init(environment: [String: String], and others: [String] = []) {
        var found = others
        for (name, value) in environment {
            if !Self.words.isDisjoint(with: name.uppercased().split(separator: "_")) {
                found.append(value)
            } else if value.hasPrefix("http://"), let range = value.firstRange(of: Self.ownerPath) {
                found.append(String(value[range.upperBound...].prefix { $0 != "/" }))
            }
        }
        self.init(found)
    }

    /// Whether there is nothing to hide.
    package var isEmpty: Bool { values.isEmpty }

    /// The text without the secrets.
    package func masked(_ text: String) -> String {
        var bytes = Array(text.utf8)
        return mask(&bytes) ? String(decoding: bytes, as: UTF8.self) : text
    }

    /// Hides what stands behind `start`. False: nothing did.
    @discardableResult
    package func mask(_ bytes: inout [UInt8], from start: Int = 0) -> Bool {
        var hidden: [UInt8]?
        bytes.withUnsafeBytes {
            let text = UnsafeRawBufferPointer(rebasing: $0[start...])
            if first(in: text, isWhole: true) != nil { hidden = scan(text, isWhole: true).passed }
        }
        guard let hidden else { return false }
        bytes.replaceSubrange(start..., with: hidden)
        return true
    }

    /// Where a secret stands, or may begin.
    fileprivate struct Place {
        var start: Int
        /// Zero: the text ends within it.
        var count: Int
    }

    /// The text up to the place where it may go on as a secret, and what stands there.
    ///
    /// - Parameter isWhole: nothing follows, so that no secret is begun at its end.
    fileprivate func scan(
        _ text: UnsafeRawBufferPointer, isWhole: Bool
    ) -> (passed: [UInt8], open: [UInt8]) {
        var passed: [UInt8] = []
        var from = 0
        var places = values.map { Self.find($0, in: text, from: 0, isWhole: isWhole) }
        while true {
            var next: Place?
            for (index, value) in values.enumerated() {
                if let known = places[index], known.start < from {
                    places[index] = Self.find(value, in: text, from: from, isWhole: isWhole)
                }
                // At the same place the longer one, which comes first, decides.
                if let place = places[index], place.start < next?.start ?? Int.max { next = place }
            }
            guard let next else { return (passed + text[from...], []) }
            passed += text[from..<next.start]
            if next.count == 0 { return (passed, Array(text[next.start...])) }
            passed += Self.replacement
            from = next.start + next.count
        }
    }

    /// Where the first secret stands or may begin, to know whether anything is to be done.
    fileprivate func first(in text: UnsafeRawBufferPointer, isWhole: Bool) -> Place? {
        for value in values {
            if let place = Self.find(value, in: text, from: 0, isWhole: isWhole) { return place }
        }
        return nil
    }

    private static func find(
        _ value: [UInt8], in text: UnsafeRawBufferPointer, from start: Int, isWhole: Bool
    ) -> Place? {
        guard let base = text.baseAddress else { return nil }
        var from = start
        while from < text.count, let found = memchr(base + from, Int32(value[0]), text.count - from) {
            let place = UnsafeRawPointer(found) - base
            let count = min(value.count, text.count - place)
            if memcmp(found, value, count) == 0, count == value.count || !isWhole {
                return Place(start: place, count: count == value.count ? count : 0)
            }
            from = place + 1
        }
        return nil
    }
}

/// A stream of bytes without the secrets, also where one comes in two pieces.
package struct MaskedStream {
    private let mask: SecretMask
    /// The end of what came, where it may be the beginning of a secret. Shorter than the longest of them.
    private var open: [UInt8] = []

    package init(_ mask: SecretMask) { self.mask = mask }

    /// Hands on what came, as soon as it is known not to be a part of a secret. Where none stands nothing is
    /// copied.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, to body: (UnsafeRawBufferPointer) -> Void) {
        if open.isEmpty, mask.first(in: bytes, isWhole: false) == nil { return body(bytes) }
        let text = open + bytes
        let (passed, rest) = text.withUnsafeBytes { mask.scan($0, isWhole: false) }
        open = rest
        if !passed.isEmpty { passed.withUnsafeBytes(body) }
    }

    /// The stream is over: what was held back is no more than a part of a secret, or one that begins another.
    package mutating func finish(to body: (UnsafeRawBufferPointer) -> Void) {
        guard !open.isEmpty else { return }
        let (passed, _) = open.withUnsafeBytes { mask.scan($0, isWhole: true) }
        open = []
        passed.withUnsafeBytes(body)
    }
}
