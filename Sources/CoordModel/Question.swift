/// What an agent asks somebody, while it works or before it ends.
package struct Question: Hashable, Sendable {
    /// Who may answer.
    package enum Addressee: Hashable, Sendable {
        case person
        /// Whoever works on the task.
        case task(TaskID)
    }

    /// An answer and who gave it.
    package struct Answer: Hashable, Sendable {
        package var text: String
        /// The task whose agent answered; nil: a person did.
        package var by: TaskID?

        package init(text: String, by: TaskID?) {
            self.text = text
            self.by = by
        }
    }

    /// `q1`, `q2`, … within the run.
    package var id: String
    /// The attempt that asks.
    package var lease: Lease
    package var addressee: Addressee
    package var text: String
    /// Answers to choose from; empty: any text.
    package var choices: [String]
    package var answer: Answer?

    package init(
        id: String, lease: Lease, addressee: Addressee, text: String, choices: [String] = [],
        answer: Answer? = nil
    ) {
        self.id = id
        self.lease = lease
        self.addressee = addressee
        self.text = text
        self.choices = choices
        self.answer = answer
    }
}

/// A piece of text that the agents of a run share.
package struct SharedNote: Hashable, Sendable {
    package var key: String
    package var text: String
    /// Who wrote it last.
    package var author: Lease

    package init(key: String, text: String, author: Lease) {
        self.key = key
        self.text = text
        self.author = author
    }
}
