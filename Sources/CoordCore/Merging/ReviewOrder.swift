package import CoordModel

/// What a reviewer is to look at.
package struct ReviewOrder: Sendable, Equatable {
    package var task: TaskSpec
    package var candidate: Candidate
    package var role: RoleID
    /// What the work changed.
    package var files: [String]
    /// From 1: how often the task's work came to a reviewer.
    package var round: Int

    package init(task: TaskSpec, candidate: Candidate, role: RoleID, files: [String], round: Int) {
        self.task = task
        self.candidate = candidate
        self.role = role
        self.files = files
        self.round = round
    }
}
