/// One commit of a branch's first-parent chain, as git has it.
package struct ChainCommit: Sendable, Hashable {
    package var commit: ObjectID
    package var tree: ObjectID
    package var parents: [ObjectID]
    package var subject: String
    /// The values of coord's trailers; empty where a commit has none.
    package var run: String
    package var task: String
    package var attempt: String
    package var worker: String

    package init(
        commit: ObjectID, tree: ObjectID, parents: [ObjectID], subject: String, run: String = "",
        task: String = "", attempt: String = "", worker: String = ""
    ) {
        self.commit = commit
        self.tree = tree
        self.parents = parents
        self.subject = subject
        self.run = run
        self.task = task
        self.attempt = attempt
        self.worker = worker
    }
}
