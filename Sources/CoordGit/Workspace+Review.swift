package import CoordModel

extension Workspace {
    /// Makes the slot's worktree hold a candidate's commit for a reviewer. What is changed there afterwards
    /// is nobody's: the next attempt on the slot removes it and keeps nothing of it.
    package func prepareReview(
        slot: String, lease: Lease, commit: ObjectID
    ) throws(GitError) -> PreparedWorktree {
        let made = try prepareWorktree(slot: slot, lease: lease, base: commit)
        var note = SlotNote(lease: lease, run: run, base: commit, saved: [commit])
        note.state = .reset
        try write(note, of: slot)
        return made
    }

    /// What a commit changes against the base, to be read.
    package func readablePatch(from base: ObjectID, to commit: ObjectID) throws(GitError) -> [UInt8] {
        try runner.run(.readablePatch(from: base, to: commit), at: objects).output
    }
}
