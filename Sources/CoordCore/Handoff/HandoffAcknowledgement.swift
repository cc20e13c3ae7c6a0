/// Whether a new session has understood its handoff: it says in its own words what it does next, and that
/// names something of what remains.
package enum HandoffAcknowledgement {
    /// Why the words are no acknowledgement; nil: they are one.
    package static func problem(_ words: String, remaining: [String]) -> String? {
        let said = Set(significant(words))
        guard !said.isEmpty else { return "it says nothing" }
        let wanted = remaining.map { Set(significant($0)) }.filter { !$0.isEmpty }
        if wanted.isEmpty { return nil }
        // Half of an item's words, or three of a long one, are no accident.
        let isNamed = wanted.contains { item in
            item.intersection(said).count >= min(3, max(1, (item.count + 1) / 2))
        }
        return isNamed ? nil : "it names nothing of what remains"
    }

    private static let fillers: Set<String> = [
        "the", "and", "for", "with", "that", "this", "next", "step", "will", "now", "then", "from", "into",
        "its", "are", "was", "not", "but", "all", "you", "have", "has", "what", "there", "work", "task",
        "continue", "done", "todo", "remaining",
    ]

    /// The words that carry meaning, in lower case and without endings that only bend them.
    private static func significant(_ text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
            .filter { $0.count > 2 && !fillers.contains($0) }.map { word in
                for ending in ["ing", "ed", "es", "s"]
                where word.hasSuffix(ending) && word.count > ending.count + 3 {
                    return String(word.dropLast(ending.count))
                }
                return word.count > 4 && word.hasSuffix("e") ? String(word.dropLast()) : word
            }
    }
}
