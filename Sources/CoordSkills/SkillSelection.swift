package import CoordModel

/// What skills are chosen for.
package struct SkillRequest: Hashable, Sendable {
    /// What is to be done, in the task's words.
    package var text: String
    package var role: Role?
    /// The task's own category.
    package var category: String?
    /// Skills that the task, the team member or the role names: they come in any case.
    package var pinned: [SkillID]
    /// How many are chosen at least, when so many fit at all, and at most, required ones included.
    package var counts: ClosedRange<Int>

    package init(
        text: String, role: Role? = nil, category: String? = nil, pinned: [SkillID] = [],
        counts: ClosedRange<Int> = SkillSelection.counts
    ) {
        self.text = text
        self.role = role
        self.category = category
        self.pinned = pinned
        self.counts = counts
    }
}

/// One chosen skill, and why.
package struct ChosenSkill: Hashable, Sendable {
    package var id: SkillID
    /// The best fit is 1; a skill that is there by order or need has none of its own and shows 1 or 0.
    package var score: Double
    /// One sentence without a full stop.
    package var reason: String

    package init(id: SkillID, score: Double, reason: String) {
        self.id = id
        self.score = score
        self.reason = reason
    }
}

/// Chooses few skills out of many, in two stages: words, tags and category find candidates; then, above ten,
/// somebody ranks them. Without a model, a deterministic ranking does, which needs no network.
///
/// Pure: the same skills, request and usage give the same choice.
package struct SkillSelection: Sendable {
    /// How many a task is given.
    package static let counts = 3...8
    /// Above so many candidates the second stage ranks.
    package static let rankedAbove = 10
    /// How many candidates the second stage looks at.
    package static let candidatesMax = 30

    /// What was chosen, and what came of it.
    package struct Choice: Hashable, Sendable {
        package var skills: [ChosenSkill] = []
        /// What was left out because it excludes another, or requires what is not there.
        package var refused: [SkillConflict] = []
        /// What would make the chosen ones better.
        package var suggestions: [SkillID] = []
        /// How many candidates the first stage found.
        package var candidateCount = 0
    }

    private let index: SkillIndex
    private let usage: SkillUsage
    private let resolver: SkillResolver

    package init(_ index: SkillIndex, usage: SkillUsage = SkillUsage()) {
        self.index = index
        self.usage = usage
        resolver = SkillResolver { id in index.number(of: id).map { index.skills[$0] } }
    }

    /// What the second stage ranks: the best candidates of the first. Empty: there are so few that nobody is
    /// asked.
    package func candidates(for request: SkillRequest) -> [Skill] {
        let found = scored(request, Words.stems(of: request.text))
        guard found.count > Self.rankedAbove else { return [] }
        return found.prefix(Self.candidatesMax).map { index.skills[$0.number] }
    }

    /// The skills for a request, best first; what they require follows where it is needed first.
    ///
    /// - Parameter ranked: what the second stage said, best first; what it left out is not chosen, and what
    ///   is no candidate is not believed. Nil: it has no answer, and the deterministic ranking counts.
    package func choose(_ request: SkillRequest, ranked: [RankedSkill]? = nil) -> Choice {
        let words = Words.stems(of: request.text)
        let found = scored(request, words)
        var choice = Choice()
        choice.candidateCount = found.count
        var collector = Collector(limit: request.counts.upperBound, resolver: resolver)
        for id in request.pinned where index.number(of: id) != nil {
            collector.add(ChosenSkill(id: id, score: 1, reason: Self.reasonOfPinned(id, request)))
        }
        if found.count > Self.rankedAbove, let ranked {
            let known = Set(found.prefix(Self.candidatesMax).map { index.skills[$0.number].id })
            for (place, item) in ranked.enumerated() where known.contains(item.id) {
                collector.add(
                    ChosenSkill(
                        id: item.id, score: 1 / Double(place + 1), reason: "the model says: " + item.reason))
            }
        } else if let best = found.first?.score {
            for match in found {
                let share = match.score / best
                let isNeeded = collector.skills.count < request.counts.lowerBound && share >= Self.leastShare
                guard isNeeded || share >= Self.goodShare else { continue }
                collector.add(
                    ChosenSkill(
                        id: index.skills[match.number].id, score: share,
                        reason: reason(match.number, words, request)))
            }
        }
        choice.skills = collector.skills
        choice.refused = collector.refused
        let chosen = choice.skills.map(\.id)
        choice.suggestions = resolver.resolve(chosen).suggestions
        return choice
    }

    /// The share of the best score that earns a place of itself, and the least that fills up to the fewest.
    private static let goodShare = 0.3
    private static let leastShare = 0.2

    // MARK: Stage one

    /// Every candidate, best first. Only the best of the plain search are looked at more closely.
    private func scored(_ request: SkillRequest, _ words: [String]) -> [SkillIndex.Match] {
        let known = index.known(words)
        let set = Set(known)
        let category = request.category.map { Words.stems(of: $0) } ?? []
        let affinity = request.role.map(Self.categories) ?? []
        // The number breaks ties: the order is the same every time.
        func isBetter(_ left: SkillIndex.Match, _ right: SkillIndex.Match) -> Bool {
            (right.score, left.number) < (left.score, right.number)
        }
        var matches = index.matches(known).sorted(by: isBetter)
        for at in matches.indices.prefix(Self.closeLooks) {
            let number = matches[at].number
            let skill = index.skills[number]
            var score = matches[at].score
            score *= 1 + Self.exampleShare * index.nearestExample(number, set).share
            if category.contains(Words.stem(Array(skill.category.utf8))) { score *= Self.categoryGain }
            if affinity.contains(skill.category) { score *= Self.roleGain }
            score *= usage.gain(of: skill.id, role: request.role?.id, category: request.category)
            matches[at].score = score
        }
        return matches.sorted(by: isBetter)
    }

    /// How many candidates are looked at closely.
    private static let closeLooks = 64
    private static let exampleShare = 0.5
    private static let categoryGain = 1.3
    private static let roleGain = 1.15

    /// The categories that suit what a role can do.
    private static func categories(_ role: Role) -> Set<String> {
        var categories: Set<String> = []
        for capability in role.capabilities {
            switch capability {
            case .writesCode: categories.formUnion(["code", "build"])
            case .readsTests, .runsTests: categories.insert("test")
            case .readsDocs, .writesDocs: categories.insert("docs")
            case .gitOperations: categories.insert("git")
            case .database: categories.formUnion(["database", "data"])
            case .browser, .network: categories.insert("web")
            case .fileSystem: break
            }
        }
        return categories
    }

    // MARK: Reasons

    private func reason(_ number: Int, _ words: [String], _ request: SkillRequest) -> String {
        let skill = index.skills[number]
        let nearest = index.nearestExample(number, Set(index.known(words)))
        var reason =
            if nearest.share >= 0.5, let example = nearest.example {
                "the task is like “\(skill.triggerExamples[example])”"
            } else {
                "the task speaks of "
                    + index.sharedWords(number, words).prefix(4).map { "`\($0)`" }.joined(separator: ", ")
            }
        let count = usage.calls(of: skill.id, role: request.role?.id, category: request.category)
        if count > 0 { reason += "; called \(count)× in such tasks" }
        return reason
    }

    private static func reasonOfPinned(_ id: SkillID, _ request: SkillRequest) -> String {
        request.role.map {
            $0.skills.contains(id) ? "the role `\($0.id)` always has it" : "the mission names it"
        }
            ?? "the mission names it"
    }

    /// Takes skills in the order of their worth, each with all it requires, as long as there is room.
    private struct Collector {
        let limit: Int
        let resolver: SkillResolver
        var skills: [ChosenSkill] = []
        var refused: [SkillConflict] = []

        init(limit: Int, resolver: SkillResolver) {
            self.limit = limit
            self.resolver = resolver
        }

        mutating func add(_ chosen: ChosenSkill) {
            let have = Set(skills.map(\.id))
            guard !have.contains(chosen.id), skills.count < limit else { return }
            let together = resolver.resolve(skills.map(\.id) + [chosen.id])
            guard together.problems.isEmpty else {
                for problem in together.problems where !refused.contains(problem) { refused.append(problem) }
                return
            }
            let added = together.skills.filter { !have.contains($0) }
            guard skills.count + added.count <= limit else { return }
            skills.append(chosen)
            for id in added where id != chosen.id {
                let user = together.requiredBy[id] ?? chosen.id
                skills.append(ChosenSkill(id: id, score: 0, reason: "`\(user)` requires it"))
            }
        }
    }
}
