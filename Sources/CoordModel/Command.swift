/// Everything a person, or a program for them, may ask of a running coordinator.
package enum Command: Hashable, Sendable {
    case pause, resume
    /// Grant no more leases; finish what runs, land what is queued, then end.
    case drain
    /// End what runs now; the work is kept, `--resume` goes on.
    case stop
    case addTask(TaskSpec)
    case editTask(TaskID, TaskEdit)
    case skipTask(TaskID)
    case retryTask(TaskID)
    case cancelTask(TaskID)
    case approveTask(TaskID)
    case rejectTask(TaskID, reason: String)
    /// A person's answer to what the task's agent asked; nil: to its oldest open question.
    case answerTask(TaskID, question: String?, text: String)
    /// Nil gives the task back to any worker.
    case reassignTask(TaskID, WorkerID?)
    case restartWorker(WorkerID)
    /// Have a worker's session hand its task over to a new one.
    case handOff(WorkerID, HandoffOrder)
    /// Go on with a handoff of the worker's that a failed step stopped; nil: with all there are.
    case continueHandoff(WorkerID?)
    case stopWorker(WorkerID)
}

/// What to change of a task that no worker has yet. Nil keeps the field.
package struct TaskEdit: Hashable, Sendable {
    package var title: String?
    package var prompt: String?
    package var priority: Int?
    package var role: RoleID?
    package var dependencies: [TaskID]?

    package init(
        title: String? = nil, prompt: String? = nil, priority: Int? = nil, role: RoleID? = nil,
        dependencies: [TaskID]? = nil
    ) {
        self.title = title
        self.prompt = prompt
        self.priority = priority
        self.role = role
        self.dependencies = dependencies
    }
}

/// The answer to a command.
package enum CommandReply: Hashable, Sendable {
    /// Done, or on its way; the sentence says what.
    case accepted(String)
    /// Nothing changed; why, and what would help.
    case refused(reason: String, hint: String)
}
