import CoordCore
import CoordGit
import CoordModel
import CoordProcess
import Synchronization

/// Passes on what landed, on a thread of its own: a remote that hangs holds up nothing but itself.
final class DeliveryCrew: Sendable {
    /// What a pull request says of the run.
    struct Letter: Sendable {
        var title: String
        var text: String
    }

    private let workspace: Workspace
    private let merge: MergeSettings
    private let run: RunID
    private let post: @Sendable (Event) -> Void
    /// Moves the target on the thread on which everything else moves it.
    private let land: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let thread = BlockingThreads(count: 1, name: "coord-deliver")
    private let cancellation = Cancellation()
    private let requests = PullRequests()

    init(
        workspace: Workspace, merge: MergeSettings, run: RunID, post: @escaping @Sendable (Event) -> Void,
        land: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        self.workspace = workspace
        self.merge = merge
        self.run = run
        self.post = post
        self.land = land
    }

    /// Passes the commit on, or, for nil, looks at the remote and follows it. Answers with one event.
    func deliver(_ commit: ObjectID?, _ letter: Letter) {
        thread.submit { [self] in
            let outcome: DeliveryQueue.Outcome
            do throws(GitError) {
                guard let remote = try workspace.remote(merge.remote) else {
                    return post(.delivered(commit, missing))
                }
                guard let commit else { return try look(remote) }
                outcome =
                    merge.deliver == .pullRequest
                    ? try request(commit, remote, letter) : try push(commit, remote)
            } catch {
                outcome = .unreachable(reason: "\(error)")
            }
            post(.delivered(commit, outcome))
        }
    }

    private var missing: DeliveryQueue.Outcome {
        .refused(
            reason: merge.remote.map { "the project has no remote `\($0)`" }
                ?? "the project has no remote to deliver to; `git remote add origin ADDRESS` adds one")
    }

    // MARK: - Push

    private func push(_ commit: ObjectID, _ remote: RemotePlace) throws(GitError) -> DeliveryQueue.Outcome {
        let answer = try workspace.push(commit, to: remote.branch, of: remote, cancellation: cancellation)
        switch answer {
        case .holds: return .delivered(place: remote.description, address: nil)
        case .moved: return .refused(reason: apart(remote))
        case .refused(let reason): return .refused(reason: "`\(remote.name)` refuses it: \(reason)")
        case .unreachable(let reason): return .unreachable(reason: reason)
        case .cancelled: return .cancelled
        }
    }

    private func apart(_ remote: RemotePlace) -> String {
        "`\(workspace.target)` and `\(remote.branch)` of `\(remote.name)` went apart: each has commits "
            + "the other lacks. A person must bring them together: "
            + "`git pull --no-rebase \(remote.name) \(remote.branch)`"
    }

    // MARK: - Following

    private func look(_ remote: RemotePlace) throws(GitError) {
        let post = post
        switch try workspace.look(at: remote, cancellation: cancellation) {
        case .nothing: post(.delivered(nil, .unchanged))
        case .apart: post(.delivered(nil, .refused(reason: apart(remote))))
        case .unreachable(let reason): post(.delivered(nil, .unreachable(reason: reason)))
        case .cancelled: post(.delivered(nil, .cancelled))
        case .ahead(let theirs, let ours):
            land { [workspace] in
                var outcome: DeliveryQueue.Outcome
                do throws(GitError) {
                    outcome =
                        switch try workspace.land(commit: theirs, from: ours) {
                        case .landed: .followed(from: ours, to: theirs, place: remote.description)
                        // Somebody landed meanwhile; the next look sees it.
                        case .alreadyLanded, .moved: .unchanged
                        case .delayed(let reason): .unreachable(reason: reason)
                        }
                } catch { outcome = .unreachable(reason: "\(error)") }
                post(.delivered(nil, outcome))
            }
        }
    }

    // MARK: - Pull requests

    private func request(
        _ commit: ObjectID, _ remote: RemotePlace, _ letter: Letter
    ) throws(GitError) -> DeliveryQueue.Outcome {
        let branch = "coord/\(run)"
        switch try workspace.push(commit, to: branch, of: remote, cancellation: cancellation) {
        case .holds: break
        case .moved:
            return .refused(
                reason: "somebody pushed to `\(branch)` of `\(remote.name)`; coord does not overwrite it")
        case .refused(let reason): return .refused(reason: "`\(remote.name)` refuses it: \(reason)")
        case .unreachable(let reason): return .unreachable(reason: reason)
        case .cancelled: return .cancelled
        }
        let order = PullRequests.Order(
            folder: workspace.project.path, address: remote.address, branch: branch, base: remote.branch,
            title: letter.title, text: letter.text)
        let address = requests.bring(order, cancellation: cancellation)
        return .delivered(place: "\(remote.name) \(branch)", address: address)
    }

    /// Ends what is under way.
    func end() {
        cancellation.cancel()
        thread.shutdown()
    }
}
