import CoordCore
import CoordModel
import Testing

@Suite("Delivery queue")
struct DeliveryQueueTests {
    private static let start = Timestamp(milliseconds: 1_000_000)
    private static func commit(_ digit: String) -> ObjectID {
        ObjectID(String(repeating: digit, count: 40))!
    }
    private let a = commit("a"), b = commit("b"), c = commit("c")
    private let delivered = DeliveryQueue.Outcome.delivered(place: "origin main", address: nil)

    /// A pushing queue that has had its first look.
    private func ready() -> DeliveryQueue {
        var queue = DeliveryQueue(mode: .push)
        #expect(queue.begin(last: nil) == [.deliver(nil)])
        #expect(queue.answered(nil, .unchanged, at: Self.start) == [])
        return queue
    }

    @Test("A local branch is delivered nowhere, and nothing waits for it")
    func branch() {
        var queue = DeliveryQueue(mode: .branch)
        #expect(queue.begin(last: a) == [])
        #expect(queue.landed(b) == [])
        #expect(!queue.isAwaited && !queue.isPending && queue.nextDeadline == nil)
    }

    @Test("What lands while a push is under way goes with one push after it")
    func coalescing() {
        var queue = ready()
        #expect(queue.landed(a) == [.deliver(a)])
        #expect(queue.landed(b) == [])
        #expect(queue.landed(c) == [])
        #expect(
            queue.answered(a, delivered, at: Self.start) == [
                .record(.deliveryPushed(commit: a, to: "origin main", address: nil)), .deliver(c),
            ])
        #expect(queue.isAwaited)
        _ = queue.answered(c, delivered, at: Self.start)
        #expect(!queue.isPending && !queue.isAwaited)
    }

    @Test("A remote that is away is tried again after growing pauses, and its reason is recorded once")
    func backoff() {
        var queue = ready()
        var now = Self.start
        _ = queue.landed(a)
        var recorded = 0
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            let effects = queue.answered(a, .unreachable(reason: "no route"), at: now)
            recorded += effects.count
            #expect(queue.nextDeadline == now + .seconds(pause))
            #expect(queue.elapsed(at: now + .seconds(pause) + .milliseconds(-1)) == [])
            now = now + .seconds(pause)
            #expect(queue.elapsed(at: now) == [.deliver(a)])
        }
        #expect(recorded == 1)
        #expect(queue.problem == DeliveryQueue.Problem(reason: "no route", needsPerson: false))
        _ = queue.answered(a, delivered, at: now)
        #expect(queue.problem == nil && !queue.isPending)
    }

    @Test("The end of a run waits for three tries, and not at all for a person")
    func end() {
        var queue = ready()
        _ = queue.landed(a)
        #expect(queue.isAwaited)
        var now = Self.start
        for isAwaited in [true, true, false] {
            _ = queue.answered(a, .unreachable(reason: "no route"), at: now)
            #expect(queue.isAwaited == isAwaited)
            now = queue.nextDeadline ?? now
            if isAwaited { #expect(queue.elapsed(at: now) == [.deliver(a)]) }
        }
        var other = ready()
        _ = other.landed(a)
        #expect(
            other.answered(a, .refused(reason: "went apart"), at: now) == [
                .record(.deliveryFailed(commit: a, reason: "went apart", needsPerson: true))
            ])
        #expect(!other.isAwaited && other.isPending)
        #expect(other.nextDeadline == now + .seconds(60))
    }

    @Test("An idle queue looks at the remote now and then, and follows it")
    func following() {
        var queue = ready()
        #expect(queue.nextDeadline == Self.start + .seconds(30))
        #expect(queue.elapsed(at: Self.start + .seconds(30)) == [.deliver(nil)])
        #expect(
            queue.answered(
                nil, .followed(from: a, to: b, place: "origin main"), at: Self.start + .seconds(31))
                == [.record(.targetFollowed(from: a, to: b, place: "origin main"))])
        #expect(!queue.isPending)
    }

    @Test("A run that goes on delivers what an earlier coordinator landed; a pull request needs no looks")
    func resuming() {
        var queue = DeliveryQueue(mode: .push)
        #expect(queue.begin(last: a) == [.deliver(a)])
        var request = DeliveryQueue(mode: .pullRequest)
        #expect(request.begin(last: nil) == [])
        #expect(request.landed(a) == [.deliver(a)])
        _ = request.answered(a, .delivered(place: "origin coord/r", address: "https://x/1"), at: Self.start)
        #expect(request.nextDeadline == nil)
    }

    @Test("An answer that is not awaited changes nothing")
    func stale() {
        var queue = ready()
        let before = queue
        #expect(queue.answered(a, delivered, at: Self.start) == [])
        #expect(queue == before)
        _ = queue.landed(a)
        #expect(queue.answered(b, delivered, at: Self.start) == [])
        #expect(queue.answered(a, .cancelled, at: Self.start) == [])
    }
}

@Suite("Addresses of remotes")
struct RemoteAddressTests {
    @Test(
        "The page to open a pull request is told from the address",
        arguments: [
            (
                "https://github.com/ada/notes.git",
                "https://github.com/ada/notes/compare/main...coord/r?expand=1"
            ),
            ("git@github.com:ada/notes.git", "https://github.com/ada/notes/compare/main...coord/r?expand=1"),
            (
                "ssh://git@github.com:22/ada/notes",
                "https://github.com/ada/notes/compare/main...coord/r?expand=1"
            ),
            (
                "https://ada:secret@github.com/ada/notes/",
                "https://github.com/ada/notes/compare/main...coord/r?expand=1"
            ),
            (
                "git@gitlab.example.org:team/sub/notes.git",
                "https://gitlab.example.org/team/sub/notes/-/merge_requests/new"
                    + "?merge_request[source_branch]=coord/r&merge_request[target_branch]=main"
            ),
            (
                "https://bitbucket.org/ada/notes",
                "https://bitbucket.org/ada/notes/pull-requests/new?source=coord/r&dest=main"
            ),
        ])
    func addresses(_ remote: String, _ page: String) {
        #expect(RemoteAddress(remote)?.compare(branch: "coord/r", with: "main") == page)
    }

    @Test(
        "What has no host has no page",
        arguments: [
            "", "/srv/notes.git", "../notes", "./a:b", "file:///srv/notes", "https://github.com", ":x",
            "C/x:y", "ext::sh",
        ])
    func none(_ remote: String) {
        let address = RemoteAddress(remote)
        // `ext::sh` reads as a host to git's own eyes; what matters is that nothing runs.
        #expect(address == nil || remote.hasPrefix("ext"))
    }

    @Test("Names of branches are escaped")
    func escaping() {
        let page = RemoteAddress("git@github.com:a/b")?.compare(branch: "x&y#z%", with: "ü")
        #expect(page == "https://github.com/a/b/compare/%C3%BC...x%26y%23z%25?expand=1")
    }
}
