package import CoordModel

/// Skills by the words they are described with: an inverted index that scores by BM25
/// (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with a weight per field.
///
/// Built once from a shelf and then only read; asking costs time in proportion to the skills that share a
/// word with the question.
package struct SkillIndex: Sendable {
    /// A skill and how well it fits some words.
    package struct Match: Hashable, Sendable {
        package var number: Int
        package var score: Double
    }

    private struct Posting {
        var number: Int32
        var weight: Float
    }

    package let skills: [Skill]
    private let numbers: [SkillID: Int]
    private var postings: [String: [Posting]] = [:]
    private var lengths: [Float] = []
    private var meanLength: Float = 1
    /// The words of each trigger example, as sets.
    private(set) var examples: [[Set<String>]] = []

    private static let saturation = 1.2
    private static let lengthShare = 0.4

    /// - Parameter skills: in the order that breaks ties.
    package init(_ skills: [Skill]) {
        self.skills = skills
        numbers = Dictionary(skills.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        lengths.reserveCapacity(skills.count)
        for (number, skill) in skills.enumerated() {
            var weights: [String: Float] = [:]
            var length: Float = 0
            func add(_ text: String, _ weight: Float) {
                for word in Words.stems(of: text) {
                    weights[word, default: 0] += weight
                    length += weight
                }
            }
            add(skill.id.rawValue, 3)
            if skill.name != skill.id.rawValue { add(skill.name, 2) }
            add(skill.tags.joined(separator: " "), 2)
            add(skill.category, 1)
            add(skill.shortDescription, 1.5)
            add(skill.description, 1)
            for example in skill.triggerExamples { add(example, 1.5) }
            for (word, weight) in weights {
                postings[word, default: []].append(Posting(number: Int32(number), weight: weight))
            }
            lengths.append(length)
            examples.append(skill.triggerExamples.map { Set(Words.stems(of: $0)) })
        }
        if !lengths.isEmpty { meanLength = max(1, lengths.reduce(0, +) / Float(lengths.count)) }
    }

    /// The number of a skill in `skills`.
    package func number(of id: SkillID) -> Int? { numbers[id] }

    /// How much a word tells: rare ones more.
    func rarity(_ word: String) -> Double {
        Self.logarithm(1 + (Double(skills.count) + 0.5) / (Double(postings[word]?.count ?? 0) + 0.5))
    }

    /// Every skill that shares a word with `words`, unsorted.
    package func matches(_ words: some Collection<String>) -> [Match] {
        var counts: [String: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        var scores = [Double](repeating: 0, count: skills.count)
        var touched: [Int] = []
        // In order: sums of fractions depend on it, and hash tables have none.
        for (word, count) in counts.sorted(by: { $0.key < $1.key }) {
            guard let list = postings[word] else { continue }
            let value = rarity(word) * (1 + Self.logarithm(Double(count)))
            for posting in list {
                let number = Int(posting.number)
                let weight = Double(posting.weight)
                let share = Double(lengths[number] / meanLength)
                let norm = Self.saturation * (1 - Self.lengthShare + Self.lengthShare * share)
                if scores[number] == 0 { touched.append(number) }
                scores[number] += value * weight * (Self.saturation + 1) / (weight + norm)
            }
        }
        return touched.map { Match(number: $0, score: scores[$0]) }
    }

    /// The words of the question that the skill is known by, the telling ones first.
    package func sharedWords(_ number: Int, _ words: [String]) -> [String] {
        var seen: Set<String> = []
        let shared = words.filter { word in
            seen.insert(word).inserted
                && postings[word]?.contains { $0.number == Int32(number) } ?? false
        }
        return shared.map { (word: $0, rarity: rarity($0)) }
            .sorted { ($1.rarity, $0.word) < ($0.rarity, $1.word) }.map(\.word)
    }

    /// The natural logarithm, to the few digits that ranking needs: the pure floors have no library.
    static func logarithm(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        let exponent = Double(value.exponent)
        let mantissa = value.significand
        let ratio = (mantissa - 1) / (mantissa + 1)
        let square = ratio * ratio
        var term = ratio
        var sum = 0.0
        for divisor in stride(from: 1.0, through: 15, by: 2) {
            sum += term / divisor
            term *= square
        }
        return exponent * 0.693_147_180_559_945_3 + 2 * sum
    }
}
