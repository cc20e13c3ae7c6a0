/// The members that somebody reads of documents. The others are checked and left out: of what a client prints
/// most is read by nobody, and making a value of it is nearly all of the work.
package struct JSONInterest: Sendable {
    private struct Entry: Sendable {
        var name: String
        /// Where its bytes stand in `text`.
        var bytes: Range<Int>
        /// All below it is kept, whatever its names.
        var isWhole: Bool
    }

    private var entries: [Entry] = []
    private var text: [UInt8] = []
    /// For each mark the entries that have it.
    private var table = [[Int]](repeating: [], count: 256)

    /// - Parameters:
    ///   - names: members that are read, at whatever depth.
    ///   - whole: members whose value is read or passed on as it is.
    package init(_ names: some Sequence<String>, whole: some Sequence<String>) {
        let whole = Set(whole)
        for name in Set(names).union(whole).sorted() where !name.isEmpty {
            let start = text.count
            text += Array(name.utf8)
            table[Self.mark(text[start...])].append(entries.count)
            entries.append(
                Entry(name: name, bytes: start..<text.count, isWhole: whole.contains(name)))
        }
    }

    /// Equal names have equal marks, and few others have.
    private static func mark(_ bytes: some RandomAccessCollection<UInt8>) -> Int {
        guard let first = bytes.first, let last = bytes.last else { return 0 }
        return (bytes.count &* 37 &+ Int(first) &* 11 &+ Int(last) &* 3) & 255
    }

    /// The member of these bytes, and whether all below it is kept. Nil: nobody reads it.
    func find(_ key: UnsafeBufferPointer<UInt8>) -> (name: String, isWhole: Bool)? {
        guard key.count > 0 else { return nil }
        for index in table[Self.mark(key)] {
            let entry = entries[index]
            guard entry.bytes.count == key.count else { continue }
            let start = entry.bytes.lowerBound
            var offset = 0
            while offset < key.count, text[start + offset] == key[offset] { offset += 1 }
            if offset == key.count { return (entry.name, entry.isWhole) }
        }
        return nil
    }
}
