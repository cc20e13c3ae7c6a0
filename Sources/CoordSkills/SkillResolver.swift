package import CoordModel

/// What stands in the way of using skills together.
package enum SkillConflict: Hashable, Sendable, CustomStringConvertible {
    /// The skills that require each other in a circle, the first again at the end.
    case cycle([SkillID])
    /// `skill` requires one that there is not.
    case missing(SkillID, requiredBy: SkillID)
    /// Two that exclude each other; `path` leads from a chosen skill to the second.
    case exclusion(SkillID, SkillID)

    package var description: String {
        switch self {
        case .cycle(let path):
            "the skills require each other in a circle: " + path.map { "`\($0)`" }.joined(separator: " → ")
        case .missing(let skill, let user): "`\(user)` requires the skill `\(skill)`, which is not there"
        case .exclusion(let left, let right): "`\(left)` and `\(right)` exclude each other"
        }
    }
}

/// Follows what skills say of each other.
package struct SkillResolver: Sendable {
    private let find: @Sendable (SkillID) -> Skill?

    /// - Parameter find: the skill of a name; nil when there is none.
    package init(_ find: @escaping @Sendable (SkillID) -> Skill?) { self.find = find }

    /// Chosen skills with all they require, required ones before those that require them, and everything
    /// that is wrong with that.
    package struct Resolution: Hashable, Sendable {
        package var skills: [SkillID] = []
        /// Who asked for a skill that was not chosen itself.
        package var requiredBy: [SkillID: SkillID] = [:]
        package var problems: [SkillConflict] = []
        /// Skills that would make the chosen ones better and are not among them, in the order of mention.
        package var suggestions: [SkillID] = []
    }

    /// Follows the chosen skills; nothing is left out, what is wrong is told beside it.
    package func resolve(_ chosen: [SkillID]) -> Resolution {
        var walk = Walk(find: find)
        for id in chosen { walk.visit(id) }
        var resolution = walk.resolution
        let all = Set(resolution.skills)
        for id in resolution.skills {
            guard let skill = find(id) else { continue }
            for other in skill.conflicts where all.contains(other) {
                // Either side may name the other; it is told once.
                let isToldAlready = resolution.problems.contains(.exclusion(other, id))
                if !isToldAlready { resolution.problems.append(.exclusion(id, other)) }
            }
            for other in skill.enhancedBy
            where !all.contains(other) && !resolution.suggestions.contains(other) && find(other) != nil {
                resolution.suggestions.append(other)
            }
        }
        return resolution
    }

    /// Depth first with a stack of its own: a chain may be as long as the catalogue.
    private struct Walk {
        let find: (SkillID) -> Skill?
        var resolution = Resolution()
        private var state: [SkillID: State] = [:]

        private enum State { case open, done }

        init(find: @escaping (SkillID) -> Skill?) { self.find = find }

        mutating func visit(_ root: SkillID) {
            guard state[root] == nil, let skill = find(root) else { return }
            state[root] = .open
            var path: [(skill: Skill, next: Int)] = [(skill, 0)]
            while let last = path.last {
                guard last.next < last.skill.requires.count else {
                    state[last.skill.id] = .done
                    resolution.skills.append(last.skill.id)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let need = last.skill.requires[last.next]
                switch state[need] {
                case .done: break
                case .open:
                    let start = path.firstIndex { $0.skill.id == need } ?? 0
                    resolution.problems.append(.cycle(path[start...].map(\.skill.id) + [need]))
                case nil:
                    guard let skill = find(need) else {
                        resolution.problems.append(.missing(need, requiredBy: last.skill.id))
                        continue
                    }
                    state[need] = .open
                    resolution.requiredBy[need] = last.skill.id
                    path.append((skill, 0))
                }
            }
        }
    }
}
