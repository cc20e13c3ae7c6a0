/// What an attempt passes on: to the tasks that need it, and to the next attempt when it did not land.
package struct Handoff: Hashable, Sendable {
    package var summary: String
    /// What was decided, and why.
    package var decisions: [String]
    /// What is still to be done.
    package var remaining: [String]
    /// What whoever comes next should beware of.
    package var pitfalls: [String]

    package init(
        summary: String, decisions: [String] = [], remaining: [String] = [], pitfalls: [String] = []
    ) {
        self.summary = summary
        self.decisions = decisions
        self.remaining = remaining
        self.pitfalls = pitfalls
    }

    /// The whole of it as Markdown.
    package var text: String {
        [("Decisions", decisions), ("Remaining", remaining), ("Pitfalls", pitfalls)]
            .filter { !$0.1.isEmpty }
            .reduce(summary) { text, part in
                text + "\n\n\(part.0):\n" + part.1.map { "- " + $0 }.joined(separator: "\n")
            }
    }
}
