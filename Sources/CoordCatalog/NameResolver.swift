import CoordModel

/// Answers whether the roles and skills that a mission names exist, and under which name. It reads the
/// catalogue when the first name is asked for, and only once; a mission that names none costs nothing.
///
/// Not thread-safe: it belongs to one reading.
final class NameResolver {
    private let loadRoles: () -> RoleShelf
    private let loadSkills: () -> [SkillEntry]
    private(set) lazy var roles: RoleShelf = loadRoles()
    private lazy var skills: Set<SkillID> = Set(loadSkills().map(\.id))

    init(roles: @escaping () -> RoleShelf, skills: @escaping () -> [SkillEntry]) {
        loadRoles = roles
        loadSkills = skills
    }

    convenience init(catalog: Catalog) {
        self.init(roles: catalog.roles, skills: catalog.skills)
    }

    /// The role that `name` means, aliases resolved. Nil, and an error, when there is none or its file is
    /// broken.
    func role(
        _ name: String, at position: SourcePosition, usedBy user: String, _ problems: ProblemList
    ) -> RoleID? {
        if let role = roles.id(of: RoleID(name)) { return role }
        if let broken = roles.broken[RoleID(name)] {
            let place = broken.position.map { "\(broken.file):\($0)" } ?? broken.file
            problems.error(
                at: position, "\(user) names the role `\(name)`, whose file is broken",
                hint: "\(place) says: \(broken.message)")
            return nil
        }
        problems.error(
            at: position, "\(user) names the role `\(name)`, which is not in the catalogue",
            hint: Suggestion.nearest(to: name, among: roles.names).map { "Did you mean `\($0)`?" }
                ?? "`coord roles list` names the roles there are")
        return nil
    }

    /// The skill that `name` means. Nil, and an error, when there is none.
    func skill(
        _ name: String, at position: SourcePosition, usedBy user: String, _ problems: ProblemList
    ) -> SkillID? {
        let skill = SkillID(name)
        if skills.contains(skill) { return skill }
        problems.error(
            at: position, "\(user) names the skill `\(name)`, which is not in the catalogue",
            hint: Suggestion.nearest(to: name, among: skills.map(\.rawValue).sorted())
                .map { "Did you mean `\($0)`?" } ?? "`coord skills list` names the skills there are")
        return nil
    }
}
