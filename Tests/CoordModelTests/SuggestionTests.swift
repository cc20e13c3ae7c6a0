import CoordModel
import Testing

@Suite("Did you mean")
struct SuggestionTests {
    @Test(
        "distance counts insertions, deletions, replacements and swaps of neighbours",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("Same", "sAME", 0),
            ("colect", "collect", 1), ("collectt", "collect", 1), ("cellect", "collect", 1),
            ("locate", "olcate", 1), ("kitten", "sitting", 3), ("ca", "abc", 3), ("a", "z", 1),
        ])
    func distance(_ left: String, _ right: String, _ distance: Int) {
        #expect(Suggestion.editDistance(left, right) == distance)
        #expect(Suggestion.editDistance(right, left) == distance)
    }

    @Test(
        "only a slip is corrected",
        arguments: [
            ("colect", "collect"), ("COLLECT", "collect"), ("backend_dev", "backend-dev"),
            ("ui-dve", "ui-dev"),
            ("q-engineer", "qa-engineer"), ("producr", "producer"), ("ap", "api"),
            ("frontend", nil), ("x", nil), ("", nil), ("zz", nil),
        ] as [(String, String?)])
    func nearest(_ word: String, _ wanted: String?) {
        let known = ["collect", "backend-dev", "ui-dev", "qa-engineer", "producer", "api"]
        #expect(Suggestion.nearest(to: word, among: known) == wanted)
    }

    @Test("the nearest wins, and among equals the first")
    func best() {
        #expect(Suggestion.nearest(to: "tests", among: ["text", "test", "tent"]) == "test")
        #expect(Suggestion.nearest(to: "bat", among: ["cat", "hat"]) == "cat")
        #expect(Suggestion.nearest(to: "bat", among: ["hat", "cat", "bat"]) == "bat")
    }

    @Test("very long words are far from everything")
    func long() {
        let word = String(repeating: "a", count: 65)
        #expect(Suggestion.editDistance(word, word + "b") == .max)
        #expect(Suggestion.nearest(to: word, among: [word + "b", "a"]) == nil)
    }

    @Test("the short way gives what the long way gives, on ten thousand random words")
    func equivalence() {
        var chance = SplitMix(state: 11)
        func word() -> String {
            String(
                (0..<Int.random(in: 0...9, using: &chance)).map { _ in "abcd".randomElement(using: &chance)! }
            )
        }
        for _ in 0..<2000 {
            let wanted = word(), candidates = (0..<5).map { _ in word() }
            let limit = max(1, wanted.count / 3)
            let best = candidates.enumerated()
                .map { (distance: Suggestion.editDistance(wanted, $1), index: $0, text: $1) }
                .filter { $0.distance <= limit && $0.distance < max(wanted.count, $0.text.count) }
                .min { ($0.distance, $0.index) < ($1.distance, $1.index) }
            let emptyMatch = wanted.isEmpty && candidates.contains("")
            #expect(Suggestion.nearest(to: wanted, among: candidates) == best?.text || emptyMatch)
        }
    }
}
