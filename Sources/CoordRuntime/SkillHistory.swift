package import CoordModel
package import CoordSkills
package import CoordStore
import CoordWire

/// Reads from a journal which skills agents called in which kind of task.
package enum SkillHistory {
    /// How many runs are looked at, the latest ones.
    static let runsMax = 20

    /// Folds the facts of the latest runs that tell about calls. A run in which no tool was called costs one
    /// indexed look.
    package static func usage(
        in store: any Store, isSkill: (SkillID) -> Bool
    ) throws(StoreError) -> SkillUsage {
        var usage = SkillUsage()
        for run in try store.runs().sorted(by: { $0.id > $1.id }).prefix(runsMax) {
            var facts = try store.facts(run.id, ofType: FactType.toolStarted.rawValue)
            guard !facts.isEmpty else { continue }
            for type in [FactType.runStarted, .taskAdded, .taskEdited, .leaseGranted] {
                facts += try store.facts(run.id, ofType: type.rawValue)
            }
            for stored in facts.sorted(by: { $0.sequence < $1.sequence }) {
                // A fact of a newer version tells nothing here that is needed.
                guard let fact = try? stored.fact() else { continue }
                usage.take(fact.body, isSkill: isSkill)
            }
        }
        return usage
    }
}
