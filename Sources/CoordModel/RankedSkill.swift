/// A skill that the second stage of the choice wants for a task, and why.
package struct RankedSkill: Hashable, Sendable {
    package var id: SkillID
    /// A few words of the model, on one line.
    package var reason: String

    package init(id: SkillID, reason: String) {
        self.id = id
        self.reason = reason
    }
}

/// What came of asking a model to rank candidates.
package struct SkillsRanking: Hashable, Sendable {
    /// As agents are named: `api:PROVIDER/MODEL`.
    package var model: String
    /// Best first; empty: there is no answer, and the ranking by words counts.
    package var skills: [RankedSkill]
    /// Why there is no answer; empty when there is one.
    package var reason: String

    package init(model: String, skills: [RankedSkill] = [], reason: String = "") {
        self.model = model
        self.skills = skills
        self.reason = reason
    }
}
