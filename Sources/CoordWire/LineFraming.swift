#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cuts a stream of bytes into lines: only LF ends a line, one CR before it is trimmed. A line above the
/// limit is dropped as a whole and told by its size; the next line is read as if nothing had been. Does no
/// I/O.
package struct LineFraming: Sendable {
    /// What stands next in the stream.
    package enum Piece: Sendable, Equatable {
        /// A line without its end. Shares the buffer: keep a copy, not the slice, for longer than a moment.
        case line(ArraySlice<UInt8>)
        /// A line above the limit was dropped; so many bytes.
        case oversized(bytes: Int)
    }

    private let limit: Int
    private var buffer: [UInt8] = []
    /// Before this index everything was handed out.
    private var start = 0
    /// Before this index there is no LF.
    private var searched = 0
    /// How many bytes of an oversized line were dropped so far. Nil: the present line is within the limit.
    private var dropped: Int?

    package init(limitBytes: Int = 1 << 20) { limit = limitBytes }

    /// Takes in bytes as they came. At most `limit` bytes and one append stay in memory.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        compact()
        buffer.append(contentsOf: bytes)
    }

    /// Takes in bytes as they came.
    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// The next whole line, or the size of one that was too long; nil until more bytes come.
    package mutating func next() -> Piece? {
        while true {
            guard let end = indexOfLineFeed() else {
                searched = buffer.count
                dropIfTooLong()
                return nil
            }
            let line = start..<end
            start = end + 1
            searched = start
            if let before = dropped {
                dropped = nil
                return .oversized(bytes: before + line.count)
            }
            if line.count > limit { return .oversized(bytes: line.count) }
            if let last = buffer[line].last, last == 0x0D { return .line(buffer[line.dropLast()]) }
            return .line(buffer[line])
        }
    }

    /// What stands behind the last line feed; at the end of a stream this is a line that was never finished.
    package var unfinished: ArraySlice<UInt8> { buffer[start...] }

    private func indexOfLineFeed() -> Int? {
        buffer.withUnsafeBytes { bytes -> Int? in
            UnsafeRawBufferPointer(bytes).index(of: 0x0A, from: searched)
        }
    }

    private mutating func dropIfTooLong() {
        let pending = buffer.count - start
        guard dropped != nil || pending > limit else { return }
        dropped = (dropped ?? 0) + pending
        start = buffer.count
    }

    /// Called before more bytes come, when no slice is in use as a rule; if one is, the array copies itself.
    private mutating func compact() {
        guard start > 0 else { return }
        if start == buffer.count {
            // One huge line must not hold its room for ever.
            if buffer.capacity > 256 << 10 { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        } else {
            buffer.removeSubrange(..<start)
        }
        searched -= start
        start = 0
    }
}

extension UnsafeRawBufferPointer {
    /// The first place of a byte at or behind an index.
    func index(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress else { return nil }
        guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
