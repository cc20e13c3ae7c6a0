package import CoordModel
package import CoordProcess
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A remote of the project, as git's configuration has it.
package struct RemotePlace: Sendable, Hashable {
    package var name: String
    /// What it is fetched from; a page on the web is told from it.
    package var address: String
    /// The branch there that stands for the target.
    package var branch: String

    /// `origin main`, for people.
    package var description: String { "\(name) \(branch)" }
}

/// What came of talking to a remote.
package enum RemoteAnswer: Sendable, Equatable {
    /// Its branch holds the commit now, or held it before.
    case holds
    /// Its branch has commits that the pushed one lacks.
    case moved
    /// It will not have it; the words are its own.
    case refused(reason: String)
    /// It did not answer, or not in time.
    case unreachable(reason: String)
    case cancelled
}

/// What came of following a remote's branch.
package enum RemoteLook: Sendable, Equatable {
    /// The target holds all that the remote's branch has, or there is no such branch.
    case nothing
    /// The target lacks only these commits: it may be moved up to them.
    case ahead(ObjectID, from: ObjectID)
    /// Both have commits that the other lacks.
    case apart(ObjectID)
    case unreachable(reason: String)
    case cancelled
}

extension Workspace {
    /// How long a remote may take: time enough for a first push of a large repository over a slow line.
    package static let remoteTimeout = Duration.seconds(300)

    /// The remote to deliver to: the one asked for, else the upstream of the target, else `origin`, else the
    /// only one there is. Nil: none of these is there.
    package func remote(_ wish: String?) throws(GitError) -> RemotePlace? {
        let answer = try runner.run(.listConfiguration, at: objects)
        var settings: [String: String] = [:]
        for field in PorcelainParser.fields(answer.output) {
            let parts = field.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { settings[String(parts[0])] = String(parts[1]) }
        }
        let names = settings.keys.compactMap { key -> String? in
            guard let rest = key.removing(prefix: "remote."), rest.hasSuffix(".url") else { return nil }
            return String(rest.dropLast(4))
        }.sorted()
        let upstream = settings["branch.\(target).remote"].flatMap { names.contains($0) ? $0 : nil }
        let only = names.count == 1 ? names.first : nil
        let name = wish ?? upstream ?? (names.contains("origin") ? "origin" : only)
        guard let name, names.contains(name) else { return nil }
        let address = settings["remote.\(name).url"] ?? ""
        let merged = settings["branch.\(target).merge"]?.removing(prefix: "refs/heads/")
        return RemotePlace(name: name, address: address, branch: name == upstream ? merged ?? target : target)
    }

    /// Brings a branch of the remote to a commit, never by force.
    package func push(
        _ commit: ObjectID, to branch: String, of remote: RemotePlace, timeout: Duration = remoteTimeout,
        cancellation: Cancellation
    ) throws(GitError) -> RemoteAnswer {
        let command = GitCommand.push(commit, remote: remote.name, branch: branch)
        let result = try runner.contact(command, at: objects, timeout: timeout, cancellation: cancellation)
        if result.cancelled { return .cancelled }
        if result.timedOut { return .unreachable(reason: Self.noAnswer(remote, timeout)) }
        let words = Self.words(result.errorText)
        switch PorcelainParser.pushedReference(result.output) {
        case .updated: return result.exit == .exited(status: 0) ? .holds : .refused(reason: words)
        case .rejected(let summary) where summary.contains("remote rejected"):
            return .refused(reason: words.isEmpty ? summary : words)
        case .rejected(let summary):
            return summary.contains("fetch first") || summary.contains("non-fast-forward")
                ? .moved : .refused(reason: summary)
        case nil: return .unreachable(reason: words.isEmpty ? "git push ended: \(result.exit)" : words)
        }
    }

    /// Looks where the remote's branch stands, and fetches what the target lacks.
    package func look(
        at remote: RemotePlace, timeout: Duration = remoteTimeout, cancellation: Cancellation
    ) throws(GitError) -> RemoteLook {
        let listing = try runner.contact(
            .listRemote(remote.name, branch: remote.branch), at: objects, timeout: timeout,
            cancellation: cancellation)
        if listing.cancelled { return .cancelled }
        if listing.timedOut { return .unreachable(reason: Self.noAnswer(remote, timeout)) }
        guard listing.exit == .exited(status: 0) else {
            return .unreachable(reason: Self.words(listing.errorText))
        }
        let name = listing.outputText.split(separator: "\t").first.map(String.init) ?? ""
        guard let theirs = ObjectID(name) else { return .nothing }
        let ours = try targetHead()
        if theirs == ours { return .nothing }
        if try !hasCommit(theirs) {
            let fetched = try runner.contact(
                .fetchBranch(remote.name, branch: remote.branch), at: objects, timeout: timeout,
                cancellation: cancellation)
            if fetched.cancelled { return .cancelled }
            guard fetched.exit == .exited(status: 0), try hasCommit(theirs) else {
                let words = Self.words(fetched.errorText)
                return .unreachable(reason: words.isEmpty ? Self.noAnswer(remote, timeout) : words)
            }
        }
        if try isAncestor(theirs, of: ours) { return .nothing }
        return try isAncestor(ours, of: theirs) ? .ahead(theirs, from: ours) : .apart(theirs)
    }

    private func hasCommit(_ commit: ObjectID) throws(GitError) -> Bool {
        try runner.run(.resolve(commit.rawValue), at: objects, accepting: 0...1).status == 0
    }

    private func isAncestor(_ commit: ObjectID, of other: ObjectID) throws(GitError) -> Bool {
        try runner.run(.isAncestor(commit, of: other), at: objects, accepting: 0...1).status == 0
    }

    private static func noAnswer(_ remote: RemotePlace, _ timeout: Duration) -> String {
        "`\(remote.name)` did not answer within \(timeout.wholeMilliseconds / 1000) s"
    }

    /// What git and the remote said, without git's own advice: the last three lines.
    private static func words(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { line -> String in
            var line = String(line)
            for prefix in ["remote: ", "fatal: ", "error: "] { line = line.removing(prefix: prefix) ?? line }
            while line.last?.isWhitespace == true { line.removeLast() }
            return line
        }
        // What git adds whatever the reason was.
        let advice: Set = [
            "Could not read from remote repository.", "Please make sure you have the correct access rights",
            "and the repository exists.",
        ]
        let useful = lines.filter {
            !advice.contains($0) && !$0.isEmpty && !$0.hasPrefix("hint:") && !$0.hasPrefix("To ")
                && !$0.hasPrefix("failed to push")
        }
        return useful.suffix(3).joined(separator: "; ")
    }
}

/// What `push --porcelain` says of the one reference.
enum PushedReference: Equatable {
    case updated
    case rejected(summary: String)
}

extension PorcelainParser {
    /// Reads the line of one reference, `<flag>\t<from>:<to>\t<summary>`; nil when git got no further than
    /// the connection.
    static func pushedReference(_ bytes: [UInt8]) -> PushedReference? {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].count == 1, parts[1].contains(":") else { continue }
            return parts[0] == "!" ? .rejected(summary: String(parts[2])) : .updated
        }
        return nil
    }
}

extension GitRunner {
    /// Runs a command that talks to a remote. It is never asked for a password on the terminal, and ends with
    /// the time limit or the cancellation. Every end is in the result.
    func contact(
        _ command: GitCommand, at place: GitPlace, timeout: Duration, cancellation: Cancellation
    ) throws(GitError) -> CommandResult {
        var environment = tool.environment
        environment["SSH_ASKPASS_REQUIRE"] = "never"
        // What the user set for ssh holds; only its questions are off.
        environment["GIT_SSH_COMMAND"] =
            Environment.value("GIT_SSH_COMMAND") ?? sshCommand(at: place) ?? "ssh -o BatchMode=yes"
        tool.counter.increment()
        let request = CommandRequest(
            executable: tool.executable, arguments: GitArguments.list(command, at: place),
            environment: environment, workingFolder: place.workTree, timeout: timeout,
            outputLimitBytes: 1 << 20)
        do { return try CommandRunner.run(request, cancellation: cancellation) } catch {
            throw .process(error)
        }
    }

    private func sshCommand(at place: GitPlace) -> String? {
        // Without the setting, or with one that cannot be read, ssh is used as it comes.
        let answer = try? run(.setting("core.sshCommand"), at: place, accepting: 0...1)
        let text = answer.map { String(decoding: $0.output, as: UTF8.self).split(separator: "\n") }?.first
        return text.map(String.init)
    }
}
