/// Finds what somebody meant to write.
package enum Suggestion {
    /// The candidate nearest to `word` by edit distance, if it is near enough to be a slip: at most a third
    /// of the word's length, at least one, and something of the word must be left. The first in order wins a
    /// tie.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = folded(word)
        let limit = max(1, letters.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            // Bytes bound letters from above: most of a long list falls out here, unread.
            guard candidate.utf8.count >= letters.count - limit else { continue }
            let wanted = best.map { $0.distance - 1 } ?? limit
            guard wanted >= 0 else { break }
            let other = folded(candidate)
            let distance = distance(letters, other, limit: wanted)
            if distance <= wanted, distance < max(letters.count, other.count) { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Optimal string alignment distance: insert, delete, replace, swap of neighbours; the case of ASCII
    /// letters does not count. Words above 64 letters count as far away.
    package static func editDistance(_ left: String, _ right: String) -> Int {
        distance(folded(left), folded(right), limit: .max)
    }

    private static func folded(_ word: String) -> [UInt32] {
        word.unicodeScalars.map { (0x41...0x5A).contains($0.value) ? $0.value + 0x20 : $0.value }
    }

    /// The distance, or `Int.max` as soon as it is known to be above `limit`.
    private static func distance(_ a: [UInt32], _ b: [UInt32], limit: Int) -> Int {
        guard a.count <= 64, b.count <= 64, abs(a.count - b.count) <= limit else { return .max }
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        var row = last
        for i in 1...a.count {
            row[0] = i
            for j in 1...b.count {
                let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(last[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            // A swap reaches back two rows, so both must be past the limit.
            if row.min()! > limit, last.min()! > limit { return .max }
            (beforeLast, last, row) = (last, row, beforeLast)
        }
        return last[b.count]
    }
}
