import CoordModel

extension MissionReader {
    /// The team, in the order of the file. Names are unique, and all members together keep to the limit of
    /// workers.
    func team(_ fields: Fields<MissionKey>) -> [TeamMember] {
        var places: [String: SourcePosition] = [:]
        var workers = 0
        var number = 0
        let members = fields.list(.team, of: "members") { item -> TeamMember? in
            number += 1
            guard let (member, position) = member(item, number: number) else { return nil }
            if let first = places[member.id] {
                problems.error(
                    at: position, "two team members are called `\(member.id)`",
                    hint: "The first one stands at \(first); give one another `id`, or use `count`")
            } else {
                places[member.id] = position
            }
            workers += member.count
            return member
        }
        if workers > MissionRange.members.upperBound {
            problems.error(
                at: fields.position(of: .team),
                "the team has \(workers) workers, but at most \(MissionRange.members.upperBound) are allowed")
        }
        return members ?? []
    }

    private func member(_ item: LocatedValue, number: Int) -> (TeamMember, SourcePosition)? {
        guard let fields = fields(item, "team member", number: number, named: [TeamKey.id, .role]) else {
            return nil
        }
        let id = name(fields, .id)
        if let id, id.utf8.count > teamMemberNameLimit {
            problems.error(
                at: fields.position(of: .id),
                "`id` of \(fields.subject) is longer than \(teamMemberNameLimit) letters, "
                    + "and its workers get a number behind it")
        }
        guard fields.require(.role), let roleName = fields.line(.role) else { return nil }
        let position = fields.position(of: .role)
        let role = names.role(roleName, at: position, usedBy: fields.subject, problems)
        var member = TeamMember(id: id ?? roleName, role: role ?? RoleID(roleName))
        member.count = fields.whole(.count, in: MissionRange.members) ?? 1
        member.model = model(fields, .model)
        member.maxModel = model(fields, .maxModel)
        if let model = member.model, let most = member.maxModel, ModelRank.isBelow(most, model) {
            problems.error(
                at: fields.position(of: .maxModel),
                "`maxModel` of \(fields.subject) is `\(most)`, below its `model`, `\(model)`")
        }
        member.agent = agent(fields, .agent)
        member.budget = fields.money(.budgetUSD, in: MissionRange.money)
        member.skills = skills(fields, .skills)
        member.rounds = fields[.rounds].flatMap { rounds($0, of: fields.subject) }
        // A member without an id of its own is known by its role, if that is a name at all.
        guard id != nil || fields[.id] == nil else { return nil }
        return (member, fields[.id]?.position ?? position)
    }

    /// When the member looks at what landed. Without a time at which it would, there is a mistake.
    private func rounds(_ value: LocatedValue, of member: String) -> Rounds? {
        guard
            let fields = Fields<RoundsKey>(value, subject: "`rounds` of \(member)", problems: problems)
        else { return nil }
        var rounds = Rounds()
        rounds.everyLandings = fields.whole(.everyLandings, in: MissionRange.landings)
        rounds.atEnd = fields.flag(.atEnd) ?? false
        rounds.most = fields.whole(.max, in: MissionRange.rounds) ?? rounds.most
        rounds.prompt = fields.text(.prompt) ?? ""
        if fields[.everyLandings] == nil, !rounds.atEnd {
            problems.error(
                at: value.position, "`rounds` of \(member) never come",
                hint: "Give `everyLandings`, a number, or `\"atEnd\": true`, or both")
        }
        return rounds
    }

    /// The members of one entry of a list, spoken of by the first of the keys `named` that is a name, else by
    /// its number.
    func fields<Key: FieldKey>(
        _ item: LocatedValue, _ noun: String, number: Int, named: [Key]
    ) -> Fields<Key>? {
        var subject = "\(noun) \(number)"
        if case .object(let members) = item.content {
            let words = named.compactMap { key in
                members.first { $0.key == key.rawValue }?.value.string
            }
            if let name = words.first(where: { MissionID($0).isValid }) { subject = "\(noun) `\(name)`" }
        }
        return Fields(item, subject: subject, problems: problems)
    }
}

/// The order of the models that coord knows by family; nothing is said of others.
enum ModelRank {
    private static let families = ["haiku", "sonnet", "opus"]

    static func isBelow(_ left: String, _ right: String) -> Bool {
        guard let left = rank(left), let right = rank(right) else { return false }
        return left < right
    }

    private static func rank(_ model: String) -> Int? {
        families.firstIndex { model == $0 || model.contains("-\($0)") }
    }
}
