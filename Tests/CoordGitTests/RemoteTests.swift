import CoordModel
import CoordProcess
import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Remotes")
struct RemoteTests {
    /// A project and a bare repository it knows as `origin`.
    private struct Pair {
        let place: Playground
        let workspace: Workspace
        let remote: RemotePlace
        let start: ObjectID
        var bare: String { place.root + "/remote.git" }

        init() throws {
            place = try Playground()
            start = try place.makeProject()
            try place.git("clone", "-q", "--bare", ".", place.root + "/remote.git")
            try place.git("remote", "add", "origin", place.root + "/remote.git")
            workspace = try place.open()
            remote = try #require(try workspace.remote(nil))
        }

        func push(_ commit: ObjectID, timeout: Duration = .seconds(60)) throws -> RemoteAnswer {
            try workspace.push(commit, to: "main", of: remote, timeout: timeout, cancellation: Cancellation())
        }

        func look() throws -> RemoteLook { try workspace.look(at: remote, cancellation: Cancellation()) }

        /// A commit that somebody else pushed.
        func elsewhere(_ files: [String: String]) throws -> ObjectID {
            let clone = place.root + "/clone"
            if Files.kind(clone) == nil { try place.git("clone", "-q", bare, clone) }
            for (name, text) in files { try place.write(text, clone + "/" + name) }
            try place.git("add", "-A", in: clone)
            try place.git("commit", "-q", "-m", "Elsewhere", in: clone)
            try place.git("push", "-q", "origin", "main", in: clone)
            return try place.head("HEAD", in: clone)
        }

        func hook(_ script: String) throws {
            try place.write("#!/bin/sh\n" + script + "\n", bare + "/hooks/pre-receive", executable: true)
        }
    }

    @Test("A commit is pushed to the branch of the target, and pushing it again is as good")
    func pushing() throws {
        let pair = try Pair()
        let commit = try pair.place.commit(["a.txt": "a\n"], "More")
        #expect(try pair.push(commit) == .holds)
        #expect(try pair.place.head("main", in: pair.bare) == commit)
        #expect(try pair.push(commit) == .holds)
        #expect(try pair.look() == .nothing)
        #expect(try pair.place.git("tag", in: pair.bare) == "")
    }

    @Test("A remote that moved is not overwritten")
    func moved() throws {
        let pair = try Pair()
        let theirs = try pair.elsewhere(["theirs.txt": "t\n"])
        let ours = try pair.place.commit(["ours.txt": "o\n"], "Ours")
        #expect(try pair.push(ours) == .moved)
        #expect(try pair.place.head("main", in: pair.bare) == theirs)
        #expect(try pair.look() == .apart(theirs))
    }

    @Test("A remote that is ahead is seen with the commit to follow")
    func ahead() throws {
        let pair = try Pair()
        let theirs = try pair.elsewhere(["theirs.txt": "t\n"])
        #expect(try pair.look() == .ahead(theirs, from: pair.start))
        #expect(try pair.workspace.land(commit: theirs, from: pair.start) == .landed)
        #expect(try pair.place.read("theirs.txt") == "t\n")
        #expect(try pair.look() == .nothing)
    }

    @Test("A hook that declines is told in its own words")
    func refused() throws {
        let pair = try Pair()
        try pair.hook("echo 'main is protected' >&2; exit 1")
        let commit = try pair.place.commit(["a.txt": "a\n"], "More")
        guard case .refused(let reason) = try pair.push(commit) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("main is protected"), "\(reason)")
        #expect(try pair.place.head("main", in: pair.bare) == pair.start)
    }

    @Test("A remote that hangs ends with the time limit, and at once with a cancellation")
    func hanging() throws {
        let pair = try Pair()
        let begun = pair.place.root + "/begun", never = pair.place.root + "/never"
        for path in [begun, never] { #expect(mkfifo(path, 0o600) == 0) }
        let bell = try Descriptors.open(begun, O_RDWR)
        let held = try Descriptors.open(never, O_RDWR)
        defer {
            Descriptors.close(bell)
            Descriptors.close(held)
        }
        try pair.hook("echo in > '\(begun)'; read line < '\(never)'")
        let commit = try pair.place.commit(["a.txt": "a\n"], "More")
        guard case .unreachable(let reason) = try pair.push(commit, timeout: .milliseconds(1)) else {
            Issue.record("it answered")
            return
        }
        #expect(reason.contains("did not answer"), "\(reason)")
        let cancellation = Cancellation()
        let threads = BlockingThreads(count: 1, name: "canceller")
        threads.submit {
            var byte: UInt8 = 0
            _ = read(bell, &byte, 1)
            cancellation.cancel()
        }
        let answer = try pair.workspace.push(commit, to: "main", of: pair.remote, cancellation: cancellation)
        #expect(answer == .cancelled)
        threads.shutdown()
    }

    @Test("A remote that is not there is unreachable, in git's own words")
    func missing() throws {
        let pair = try Pair()
        try Files.rename(pair.bare, to: pair.bare + ".away")
        let commit = try pair.place.commit(["a.txt": "a\n"], "More")
        for answer in [try pair.push(commit)] {
            guard case .unreachable(let reason) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(reason.contains("remote.git"), "\(reason)")
        }
        guard case .unreachable = try pair.look() else {
            Issue.record("it was seen")
            return
        }
    }

    @Test("An address that runs a program is never followed")
    func programs() throws {
        let pair = try Pair()
        let trace = pair.place.root + "/ran"
        try pair.place.git("remote", "set-url", "origin", "ext::sh -c \"echo>\(trace)\"")
        guard case .unreachable = try pair.push(pair.start) else {
            Issue.record("it answered")
            return
        }
        #expect(Files.kind(trace) == nil)
    }

    @Test("The remote is the one asked for, the upstream, origin, or the only one")
    func choice() throws {
        let pair = try Pair()
        let place = pair.place, workspace = pair.workspace
        #expect(pair.remote == RemotePlace(name: "origin", address: pair.bare, branch: "main"))
        #expect(try workspace.remote("nowhere") == nil)
        try place.git("remote", "add", "mirror", "git@example.org:m.git")
        #expect(try workspace.remote("mirror")?.address == "git@example.org:m.git")
        try place.git("config", "branch.main.remote", "mirror")
        try place.git("config", "branch.main.merge", "refs/heads/trunk")
        #expect(try workspace.remote(nil)?.description == "mirror trunk")
        #expect(try workspace.remote("origin")?.description == "origin main")
        try place.git("config", "--unset", "branch.main.remote")
        #expect(try workspace.remote(nil)?.name == "origin")
        try place.git("remote", "rename", "origin", "upstream")
        #expect(try workspace.remote(nil) == nil)
        try place.git("remote", "remove", "upstream")
        #expect(try workspace.remote(nil)?.name == "mirror")
        try place.git("remote", "remove", "mirror")
        #expect(try workspace.remote(nil) == nil)
    }

    @Test("A landing whose tree is not the gated one is stopped: a hundred of a hundred")
    func corruptedLandings() throws {
        let place = try Playground()
        let base = try place.makeProject(["a.txt": "a\n", "b.txt": "b\n"])
        let workspace = try place.open()
        let gated = try place.tree("main")
        var stopped = 0
        for seed in 0..<100 {
            // One file more, one less, or one changed: files the gate never saw.
            let blob = try place.git("hash-object", "-w", "--stdin", input: "evil \(seed)\n")
            let name = ["a.txt", "evil-\(seed).txt", "sub/x"][seed % 3]
            let kept = seed % 5 == 0 ? "" : "100644 blob \(try place.git("rev-parse", "main:b.txt"))\tb.txt\n"
            let flat = name.split(separator: "/").last.map(String.init) ?? name
            let tree = try place.git("mktree", input: "100644 blob \(blob)\t\(flat)\n" + kept)
            let commit = try #require(
                ObjectID(try place.git("commit-tree", "-p", base.rawValue, "-m", "Land \(seed)", tree)))
            if Self.isStopped(workspace, commit, from: base, gated) { stopped += 1 }
        }
        #expect(stopped == 100)
        #expect(try place.head("main") == base)
        #expect(try place.git("status", "--porcelain") == "")
    }

    /// Whether the landing is refused because of its tree, and for no other reason.
    private static func isStopped(
        _ workspace: Workspace, _ commit: ObjectID, from base: ObjectID, _ gated: ObjectID
    ) -> Bool {
        do throws(GitError) {
            _ = try workspace.land(commit: commit, from: base, expecting: gated)
            return false
        } catch {
            if case .notTheGatedTree = error { return true }
            return false
        }
    }
}
