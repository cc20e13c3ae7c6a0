/// What an agent asks of the coordinator through one of its tools. Each call is about the attempt that it
/// comes from; none names another attempt, runs a command or takes a path to read.
package enum AgentCall: Hashable, Sendable {
    /// The own task, and what its needs passed on.
    case readTask
    /// Every task of the run, a line each.
    case listTasks
    /// More tasks; all of them or none.
    case addTasks([TaskSpec])
    /// Tasks that are done after this one and before what needs it.
    case splitTask([TaskSpec])
    /// A question to whoever works on a task or as a worker; nil: to a person.
    case ask(to: String?, text: String, choices: [String])
    /// The answer to a question, once it is there.
    case awaitAnswer(question: String)
    /// Questions to this attempt, and the answers to its own.
    case readInbox
    case answer(question: String, text: String)
    /// These files are about to be changed, as patterns.
    case claimFiles([String])
    /// No patterns: everything that was claimed.
    case releaseFiles([String])
    /// An empty text takes the note away.
    case writeNote(key: String, text: String)
    /// Nil: all of them.
    case readNotes(key: String?)
    /// The worker refused a call: it did not prove to come from the attempt.
    case refused(tool: String, reason: String)

    /// The tool's name, as agents and facts have it.
    package var tool: String {
        switch self {
        case .readTask: "read_task"
        case .listTasks: "list_tasks"
        case .addTasks: "add_tasks"
        case .splitTask: "split_task"
        case .ask: "ask"
        case .awaitAnswer: "await_answer"
        case .readInbox: "read_inbox"
        case .answer: "answer"
        case .claimFiles: "claim_files"
        case .releaseFiles: "release_files"
        case .writeNote: "write_note"
        case .readNotes: "read_notes"
        case .refused(let tool, _): tool
        }
    }
}

/// The coordinator's answer to a call.
package struct CallAnswer: Hashable, Sendable {
    /// For the agent to read. What others wrote is fenced in it.
    package var text: String
    /// Nothing was done; the text says why.
    package var isRefused: Bool
    /// The question that was asked and may be awaited.
    package var question: String?
    /// What a person answered, word for word.
    package var words: String?

    package init(
        _ text: String, isRefused: Bool = false, question: String? = nil, words: String? = nil
    ) {
        self.words = words
        self.text = text
        self.isRefused = isRefused
        self.question = question
    }

    /// Nothing was done, for this reason.
    package static func refused(_ reason: String) -> CallAnswer { CallAnswer(reason, isRefused: true) }
}
