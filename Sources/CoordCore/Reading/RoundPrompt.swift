import CoordModel

/// What the agent of a round is asked to do.
package enum RoundPrompt {
    /// How many landings are named; the newest count.
    static let landingsMax = 20

    static func text(_ rule: RoundRule, number: Int, landed: [TaskSpec]) -> String {
        let wish =
            rule.rounds.prompt.isEmpty
            ? "Look at what has landed since the last round as one change: whether it is true, whole and of one "
                + "mind. What has to be done about it, propose as tasks; change nothing yourself unless your "
                + "role says so. When all is well, say so in a line."
            : rule.rounds.prompt
        guard !landed.isEmpty else { return wish }
        let list = landed.suffix(landingsMax).map { "- `\($0.id)`: \($0.title)" }.joined(separator: "\n")
        return wish + "\n\nThis is round \(number). Landed since the last one:\n\n" + list
    }
}
