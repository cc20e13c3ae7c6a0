package import CoordModel

extension ProjectState {
    /// The commits of a branch after `start` along first parents, the oldest first. Without a start, all of
    /// them. Throws `noSuchBranch` when the branch is gone.
    package func chain(of branch: String, after start: ObjectID?, git: GitTool) throws(GitError)
        -> [ChainCommit]
    {
        let runner = GitRunner(tool: git)
        let place = GitPlace(gitFolder: commonFolder, workTree: path, index: nil, kind: .users)
        let found = try runner.run(.resolve("refs/heads/" + branch), at: place, accepting: 0...1)
        guard let head = PorcelainParser.objectID(found.output) else {
            throw .noSuchBranch(branch, repository: path, nearest: nil)
        }
        let answer = try runner.run(.chain(from: start, to: head), at: place)
        guard let commits = PorcelainParser.chain(answer.output) else {
            throw .unexpectedOutput(
                arguments: GitCommand.chain(from: start, to: head).arguments,
                excerpt: String(decoding: answer.output.prefix(200), as: UTF8.self))
        }
        return commits
    }
}

extension PorcelainParser {
    /// Reads `log -z` in the format of `GitCommand.chain`: eight fields a commit. Nil when some are missing.
    static func chain(_ bytes: [UInt8]) -> [ChainCommit]? {
        let parts = fields(bytes)
        guard parts.count % 8 == 0 else { return nil }
        var commits: [ChainCommit] = []
        for start in stride(from: 0, to: parts.count, by: 8) {
            guard let commit = ObjectID(parts[start]), let tree = ObjectID(parts[start + 1]) else {
                return nil
            }
            commits.append(
                ChainCommit(
                    commit: commit, tree: tree,
                    parents: parts[start + 2].split(separator: " ").compactMap { ObjectID($0) },
                    subject: parts[start + 3], run: parts[start + 4], task: parts[start + 5],
                    attempt: parts[start + 6], worker: parts[start + 7]))
        }
        return commits
    }
}
