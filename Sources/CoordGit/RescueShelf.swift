package import CoordModel
import CoordSystem

/// The work of unfinished attempts that is kept in the hub, seen from the project.
///
/// Nothing of the hub's configuration is read and no checkout is touched. Works while a run goes on.
package struct RescueShelf: Sendable {
    /// One piece of kept work.
    package struct Item: Sendable, Equatable {
        package var run: RunID
        package var lease: Lease
        package var commit: ObjectID
        /// `refs/coord/rescue/<run>/<task>/<attempt>`, with `.2` and so on for more of the same attempt.
        package var reference: String
        /// When it was kept; nil when its commit cannot be read.
        package var keptAt: Timestamp?

        /// What a person calls it: the reference without what all have in common.
        package var name: String { reference.removing(prefix: RescueShelf.prefix + "/") ?? reference }
    }

    static let prefix = "refs/coord/rescue"

    private let runner: GitRunner
    private let project: ProjectState
    private let hub: String
    private let stateFolder: String

    /// - Parameters:
    ///   - hub: `.coord/state/hub.git` of the project; it may be missing.
    ///   - stateFolder: the folder around it.
    package init(git: GitTool, project: ProjectState, hub: String, stateFolder: String) {
        runner = GitRunner(tool: git)
        self.project = project
        self.hub = hub
        self.stateFolder = stateFolder
    }

    /// Everything that is kept, the newest first.
    package func items() throws(GitError) -> [Item] {
        let references = try ReferenceFiles(folder: hub).list(below: Self.prefix)
        var items = references.compactMap { name, commit -> Item? in
            let parts = name.split(separator: "/").map(String.init)
            guard parts.count == 6, let attempt = Int(parts[5].prefix { $0 != "." }) else { return nil }
            return Item(
                run: RunID(parts[3]), lease: Lease(task: TaskID(parts[4]), attempt: attempt), commit: commit,
                reference: name)
        }
        guard !items.isEmpty else { return [] }
        for (index, time) in try times(of: items.map(\.commit)).enumerated() { items[index].keptAt = time }
        let oldest = Timestamp(milliseconds: 0)
        return items.sorted { ($0.keptAt ?? oldest, $0.name) > ($1.keptAt ?? oldest, $1.name) }
    }

    /// The paths in which the work differs from what its attempt started with, sorted.
    package func files(of item: Item) throws(GitError) -> [String] {
        try runner.paths(.difference(try base(of: item), item.commit, kinds: nil), at: place()).sorted()
    }

    /// The work as a patch that `git apply` takes.
    package func patch(of item: Item) throws(GitError) -> [UInt8] {
        try runner.run(.patch(from: try base(of: item), to: item.commit), at: place()).output
    }

    /// Makes a branch of the project that points at the work, with its objects. False: there is such a branch
    /// already, and nothing was changed.
    package func restore(_ item: Item, as branch: String) throws(GitError) -> Bool {
        guard BranchName.isLegal(branch) else { throw .illegalBranchName(branch) }
        let reference = "refs/heads/" + branch
        let place = try place()
        if try runner.run(.resolve(reference), at: place, accepting: 0...1).status == 0 { return false }
        // What the project has already need not be copied.
        let known = try runner.run(.listReferences(["refs/heads"]), at: place).output
        let heads = String(decoding: known, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.map { "^\($0)\n" }
        }
        _ = try runner.run(
            .pack(base: project.commonFolder + "/objects/pack/pack"), at: place,
            input: Array(("\(item.commit)\n" + heads.joined()).utf8))
        var own = place
        own.alternates = []
        _ = try runner.run(
            .createReference(
                reference, item.commit, note: "coord: rescue restore \(item.name)", step: .rescueBranch),
            at: own)
        return true
    }

    /// Forgets a piece of kept work. A person asked for it: it cannot be brought back.
    package func drop(_ item: Item) throws(GitError) {
        try OwnFiles.removeTree(hub + "/" + item.reference, step: .rescueReference)
    }

    // MARK: - Steps

    /// The project's objects and those of the hub, without files.
    private func place() throws(GitError) -> GitPlace {
        try OwnFiles.makeFolder(stateFolder + "/empty")
        return GitPlace(
            gitFolder: project.commonFolder, workTree: stateFolder + "/empty",
            index: stateFolder + "/empty.index", alternates: [hub + "/objects"])
    }

    /// Where the attempt started: the last commit that its work shares with what is checked out, else its
    /// parent.
    private func base(of item: Item) throws(GitError) -> ObjectID {
        let place = try place()
        if let head = project.head {
            let answer = try runner.run(.mergeBase(item.commit, head), at: place, accepting: 0...1)
            if answer.status == 0, let base = PorcelainParser.objectID(answer.output) { return base }
        }
        return try runner.object(.parentOf(item.commit), at: place)
    }

    /// In the order of the commits; nil for one that cannot be read.
    private func times(of commits: [ObjectID]) throws(GitError) -> [Timestamp?] {
        let question = commits.map { $0.rawValue + "\n" }.joined()
        let answer = try runner.run(.readObjects, at: place(), input: Array(question.utf8))
        return PorcelainParser.commitTimes(answer.output, count: commits.count)
    }
}
