package import CoordModel

/// Which skills were called in which kind of task, folded from the facts of earlier runs; later choices
/// prefer what was of use.
package struct SkillUsage: Sendable, Equatable {
    /// What kind of task: the role that worked and the task's category.
    private struct Kind: Hashable {
        var role: RoleID?
        var category: String?
    }

    /// In how many attempts each skill was called.
    private var counts: [Kind: [SkillID: Int]] = [:]
    private var kinds: [TaskID: Kind] = [:]
    private var roles: [WorkerID: RoleID] = [:]
    /// Attempts that were seen to call a skill: a second call in one attempt tells nothing new.
    private var seen: Set<Call> = []

    private struct Call: Hashable {
        var lease: Lease
        var skill: SkillID
    }

    package init() {}

    /// Whether anything was ever called.
    package var isEmpty: Bool { counts.isEmpty }

    /// Takes one fact in. `isSkill` says which tools are skills: others are of no interest.
    package mutating func take(_ fact: Fact.Body, isSkill: (SkillID) -> Bool) {
        switch fact {
        case .runStarted(let start):
            // Tasks of another run bear the same names.
            kinds.removeAll()
            seen.removeAll()
            roles = Dictionary(
                start.slots.compactMap { slot in slot.role.map { (slot.worker, $0) } },
                uniquingKeysWith: { first, _ in first })
        case .taskAdded(let spec, _), .taskEdited(let spec):
            kinds[spec.id] = Kind(role: spec.role, category: spec.category)
        case .leaseGranted(let lease, let worker):
            if kinds[lease.task]?.role == nil { kinds[lease.task, default: Kind()].role = roles[worker] }
        case .toolStarted(let lease, let name, _, _):
            guard let skill = Self.skill(ofTool: name), isSkill(skill),
                seen.insert(Call(lease: lease, skill: skill)).inserted
            else { return }
            counts[kinds[lease.task] ?? Kind(), default: [:]][skill, default: 0] += 1
        default: break
        }
    }

    /// In how many attempts at such tasks the skill was called.
    package func calls(of skill: SkillID, role: RoleID?, category: String?) -> Int {
        counts[Kind(role: role, category: category)]?[skill] ?? 0
    }

    /// What earlier calls are worth: a factor from 1 to 1.5 that grows ever more slowly.
    package func gain(of skill: SkillID, role: RoleID?, category: String?) -> Double {
        let calls = Double(calls(of: skill, role: role, category: category))
        return 1 + 0.5 * calls / (calls + 5)
    }

    /// Every kind of task with the skills called in it, most often first.
    package var table: [(role: RoleID?, category: String?, skill: SkillID, calls: Int)] {
        counts.flatMap { kind, skills in
            skills.map { (role: kind.role, category: kind.category, skill: $0.key, calls: $0.value) }
        }.sorted {
            ($1.calls, $0.skill, $0.role?.rawValue ?? "", $0.category ?? "")
                < ($0.calls, $1.skill, $1.role?.rawValue ?? "", $1.category ?? "")
        }
    }

    /// The skill a tool's name means: agents put the server's name before it, as in `mcp__coord__git-status`.
    package static func skill(ofTool name: String) -> SkillID? {
        var word = Substring(name)
        if name.hasPrefix("mcp__"), let end = name.dropFirst(5).firstRange(of: "__") {
            word = name[end.upperBound...]
        }
        let skill = SkillID(String(word))
        return skill.isValid ? skill : nil
    }
}
