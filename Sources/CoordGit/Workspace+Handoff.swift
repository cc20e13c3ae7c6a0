package import CoordModel
package import CoordProcess

extension Workspace {
    /// Makes the slot's worktree hold the work of a session that handed over, on the new attempt's own
    /// branch, as `prepareWorktree` does with the base. What changes there later is told against the base.
    /// Ignored files of the same task stay: what was built there need not be built again.
    package func continueWorktree(
        slot: String, lease: Lease, base: ObjectID, content: ObjectID
    ) throws(GitError) -> PreparedWorktree {
        try giveBack(content)
        return try prepareWorktree(slot: slot, lease: lease, base: base, content: content)
    }

    /// Whether handed-over work is there still, and the target holds what it began with.
    package func offers(_ commit: ObjectID, from base: ObjectID) throws(GitError) -> Bool {
        _ = try tree(of: commit)
        let head = try targetHead()
        let common = try runner.run(.mergeBase(base, head), at: objects, accepting: 0...1).output
        return PorcelainParser.objectID(common) == base
    }

    /// The commits of some work, the newest first, at most 500.
    package func commits(from base: ObjectID, to commit: ObjectID) throws(GitError) -> [ObjectID] {
        let answer = try runner.run(.log(from: base, to: commit, limit: 500), at: objects)
        return PorcelainParser.log(answer.output)?.map(\.commit) ?? []
    }

    /// Brings handed-over work to a branch of the remote that is coord's own: `coord/<run>/<task>/<attempt>`.
    /// Answers with the place, or with why not.
    package func pushHandoff(
        _ commit: ObjectID, of lease: Lease, to wish: String?, cancellation: Cancellation
    ) throws(GitError) -> Result<String, HandoffPushProblem> {
        guard let remote = try remote(wish) else {
            return .failure(.init(reason: "the project has no remote to push to"))
        }
        let branch = branch(of: lease)
        switch try push(commit, to: branch, of: remote, timeout: .seconds(60), cancellation: cancellation) {
        case .holds: return .success("\(remote.name) \(branch)")
        case .moved: return .failure(.init(reason: "`\(branch)` of `\(remote.name)` holds other work"))
        case .refused(let reason):
            return .failure(.init(reason: "`\(remote.name)` refuses it: \(reason)"))
        case .unreachable(let reason): return .failure(.init(reason: reason))
        case .cancelled: return .failure(.init(reason: "coord ended"))
        }
    }
}

/// Why handed-over work is not at the remote.
package struct HandoffPushProblem: Error, Hashable, Sendable {
    package var reason: String
}
