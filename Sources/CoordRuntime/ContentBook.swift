import CoordModel
import CoordSkills
import CoordSystem

/// Knows by content what has a say in a run: its mission, its roles, and each skill as it was first given.
struct ContentBook {
    private let mission: ContentMark
    private let plan: RunPlan
    private var roles: [RoleID: ContentMark] = [:]
    private var first: [SkillID: String] = [:]

    /// Takes down what the run begins with: mission and roles stay as they are then.
    init(_ plan: RunPlan) {
        // A file that is gone meanwhile has no content; what was read of it counts all the same.
        let bytes = (try? Files.read(plan.missionFile, limitBytes: 16 << 20)) ?? []
        mission = ContentMark(
            .mission, plan.mission.id.rawValue, hash: ContentHash.hexadecimal(bytes))
        self.plan = plan
    }

    private mutating func mark(of id: RoleID) -> ContentMark? {
        guard let role = plan.roles[id] else { return nil }
        if let known = roles[id] { return known }
        let text = role.prose + "\n" + plan.commonRules
        let mark = ContentMark(.role, id.rawValue, hash: ContentHash.hexadecimal(Array(text.utf8)))
        roles[id] = mark
        return mark
    }

    /// What an attempt is given; a skill whose file is another than the first time is marked.
    mutating func marks(role: RoleID?, skills: [Skill]) -> [ContentMark] {
        var marks = [mission]
        if let role, let mark = mark(of: role) { marks.append(mark) }
        for skill in skills {
            let known = first[skill.id] ?? skill.contentHash
            first[skill.id] = known
            marks.append(
                ContentMark(
                    .skill, skill.id.rawValue, hash: skill.contentHash,
                    isChanged: known != skill.contentHash))
        }
        return marks
    }
}
