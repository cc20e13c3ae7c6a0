package import CoordModel

/// Skills by the words they are described with: an inverted index that scores by BM25
/// (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with a weight per field and none
/// for the length: manuals of skills are of like size, and the weights were tuned on the labelled tasks.
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
    /// Every word of every skill, numbered.
    private let words: [String: Int32]
    /// By word.
    private var postings: [[Posting]]
    /// How much a word tells, by word: rare ones more.
    private let rarities: [Double]
    /// The words of each trigger example, each once, by skill.
    private var examples: [[[Int32]]]

    private static let saturation = 1.2

    /// - Parameter skills: in the order that breaks ties.
    package init(_ skills: [Skill]) {
        self.skills = skills
        numbers = Dictionary(skills.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var stemmer = Words.Stemmer()
        postings = []
        examples = []
        for (number, skill) in skills.enumerated() {
            var weights: [Int32: Float] = [:]
            func add(_ words: [Int32], _ weight: Float) {
                for word in words { weights[word, default: 0] += weight }
            }
            add(stemmer.numbers(of: skill.id.rawValue), 1)
            if skill.name != skill.id.rawValue { add(stemmer.numbers(of: skill.name), 1) }
            for tag in skill.tags { add(stemmer.numbers(of: tag), 1) }
            add(stemmer.numbers(of: skill.category), 1)
            add(stemmer.numbers(of: skill.shortDescription), 1.5)
            add(stemmer.numbers(of: skill.description), 0.6)
            let phrases = skill.triggerExamples.map { stemmer.numbers(of: $0) }
            for phrase in phrases { add(phrase, 1.5) }
            while postings.count < stemmer.count { postings.append([]) }
            for (word, weight) in weights {
                postings[Int(word)].append(Posting(number: Int32(number), weight: weight))
            }
            examples.append(phrases.map { Array(Set($0)).sorted() })
        }
        words = stemmer.words
        let count = Double(skills.count)
        rarities = postings.map { Self.logarithm(1 + (count + 0.5) / (Double($0.count) + 0.5)) }
    }

    /// The numbers of the words that any skill has; others are of no use here.
    func known(_ words: [String]) -> [Int32] { words.compactMap { self.words[$0] } }

    /// The number of a skill in `skills`.
    package func number(of id: SkillID) -> Int? { numbers[id] }

    /// Every skill that shares a word with `words`, unsorted.
    package func matches(_ words: [String]) -> [Match] { matches(known(words)) }

    func matches(_ words: [Int32]) -> [Match] {
        var counts: [Int32: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        var scores = [Double](repeating: 0, count: skills.count)
        var touched: [Int] = []
        // In order: sums of fractions depend on it, and hash tables have none.
        for (word, count) in counts.sorted(by: { $0.key < $1.key }) {
            let value = rarities[Int(word)] * (1 + Self.logarithm(Double(count)))
            for posting in postings[Int(word)] {
                let number = Int(posting.number)
                let weight = Double(posting.weight)
                if scores[number] == 0 { touched.append(number) }
                scores[number] += value * weight * (Self.saturation + 1) / (weight + Self.saturation)
            }
        }
        return touched.map { Match(number: $0, score: scores[$0]) }
    }

    /// How near words come to the nearest example of a skill: the share of the example's weight that they
    /// cover, and which example that is.
    func nearestExample(_ number: Int, _ words: Set<Int32>) -> (share: Double, example: Int?) {
        var best: (share: Double, example: Int?) = (0, nil)
        for (place, example) in examples[number].enumerated() {
            var shared = 0.0
            var size = 0.0
            for word in example {
                size += rarities[Int(word)]
                if words.contains(word) { shared += rarities[Int(word)] }
            }
            if size > 0, shared / size > best.share { best = (shared / size, place) }
        }
        return best
    }

    /// The words of the question that the skill is known by, the telling ones first.
    func sharedWords(_ number: Int, _ words: [String]) -> [String] {
        var seen: Set<String> = []
        let shared = words.compactMap { word -> (word: String, rarity: Double)? in
            guard seen.insert(word).inserted, let id = self.words[word],
                postings[Int(id)].contains(where: { $0.number == Int32(number) })
            else { return nil }
            return (word, rarities[Int(id)])
        }
        return shared.sorted { ($1.rarity, $0.word) < ($0.rarity, $1.word) }.map(\.word)
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
