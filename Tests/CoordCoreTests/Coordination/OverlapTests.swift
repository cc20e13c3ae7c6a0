import CoordCore
import CoordModel
import Testing

@Suite("Overlap between attempts at work")
struct OverlapTests {
    private static func story(
        _ specs: [TaskSpec], workers: Int = 2, every: Duration? = .seconds(10),
        _ change: (inout RunSettings) -> Void = { _ in }
    ) -> Story {
        Story(specs, workers: workers) {
            change(&$0)
            $0.overlapEvery = every
            // Nobody beats in these stories.
            $0.suspectAfter = .seconds(1000)
            $0.deadAfter = .seconds(1000)
        }
    }

    /// A task with patterns of files.
    private static func task(_ id: TaskID, _ files: String..., priority: Int = 0) -> TaskSpec {
        TaskSpec(id: id, priority: priority, files: files)
    }

    private func looks(_ effects: [Effect]) -> [[OverlapRadar.Attempt]] {
        effects.compactMap { if case .lookForOverlap(let attempts) = $0 { attempts } else { nil } }
    }

    private func granted(_ effects: [Effect]) -> [TaskID] {
        facts(effects).compactMap { if case .leaseGranted(let lease, _) = $0 { lease.task } else { nil } }
    }

    private func notices(_ effects: [Effect]) -> [Int] {
        effects.compactMap { if case .notice(let slot, _, _) = $0 { slot } else { nil } }
    }

    private static let collision = Collision(lease("a"), with: lease("b"), files: ["f"])

    /// Two attempts at work that were looked at.
    private func twoAtWork() -> Story {
        var story = Self.story(graph("a", "b", "c <- a"))
        story.prepare(lease("a"), on: 0)
        story.prepare(lease("b"), on: 1)
        return story
    }

    // MARK: - Looking

    @Test("attempts in worktrees are looked at every ten seconds, and one look at a time")
    func pace() {
        var story = twoAtWork()
        #expect(looks(story.tell(.elapsed, at: at(9))).isEmpty)
        let attempts = (0...1).map {
            OverlapRadar.Attempt(
                slot: $0, lease: lease($0 == 0 ? "a" : "b"), base: oid("ba5e"), isFresh: true)
        }
        #expect(looks(story.tell(.elapsed, at: at(10))) == [attempts])
        story.tell(.workerBeat(slot: 0), at: at(12))
        story.tell(.workerBeat(slot: 1), at: at(12))
        #expect(looks(story.tell(.elapsed, at: at(20))).isEmpty, "the first is still on its way")
        #expect(looks(story.tell(.overlapSeen(.init()))) == [attempts])
    }

    @Test("without a distance, or with one worker, nobody looks", arguments: [(1, true), (2, false)])
    func off(workers: Int, hasDistance: Bool) {
        var story = Self.story(graph("a", "b"), workers: workers, every: hasDistance ? .seconds(10) : nil)
        story.prepare(lease("a"))
        #expect(looks(story.wait(until: at(60))).isEmpty)
    }

    @Test("a landing brings the next look forward")
    func afterLanding() {
        var story = Self.story(graph("a", "b"))
        story.prepare(lease("b"), on: 1)
        story.land(lease("a"))
        #expect(looks(story.tell(.elapsed, at: at(2.4))).isEmpty)
        #expect(looks(story.tell(.elapsed, at: at(2.5))).map { $0.map(\.lease) } == [[lease("b")]])
    }

    @Test("those of whom something was heard are read with each look, the others two at a time in turn")
    func turns() {
        var radar = OverlapRadar(every: .seconds(10))
        radar.began(at: at(0))
        func living(_ heard: [Double]) -> [(attempt: OverlapRadar.Attempt, progress: Timestamp)] {
            heard.enumerated().map { number, time in
                let lease = lease(TaskID("t\(number)"))
                return (.init(slot: number, lease: lease, base: oid("ba5e"), isFresh: true), at(time))
            }
        }
        func look(_ time: Double, _ heard: [Double]) -> [Int]? {
            let attempts = radar.look(at: at(time)) { living(heard) }
            let leases = Set(living(heard).map(\.attempt.lease))
            _ = radar.seen(.init(), living: leases, held: leases)
            return attempts.map { $0.filter(\.isFresh).map(\.slot) }
        }
        #expect(look(9, [0, 0, 0, 0, 0, 0]) == nil)
        #expect(look(10, [0, 0, 0, 0, 0, 0]) == [0, 1, 2, 3, 4, 5])
        #expect(look(20, [0, 0, 15, 0, 0, 0]) == [0, 1, 2])
        #expect(look(30, [0, 0, 15, 0, 0, 0]) == [3, 4])
        #expect(look(40, [0, 0, 15, 0, 0, 0]) == [0, 5])
    }

    // MARK: - Telling

    @Test("a collision is recorded and told to both, once; other files are recorded and not told")
    func found() {
        var story = twoAtWork()
        story.tell(.elapsed, at: at(10))
        let seen = story.tell(.overlapSeen(.init(collisions: [Self.collision])))
        #expect(facts(seen) == [.overlapFound(Self.collision)])
        #expect(notices(seen) == [0, 1])
        #expect(story.projection.collisions == [Self.collision])
        story.tell(.elapsed, at: at(20))
        #expect(story.tell(.overlapSeen(.init(collisions: [Self.collision]))).isEmpty)
        var more = Self.collision
        more.files = ["f", "g"]
        story.tell(.elapsed, at: at(30))
        let again = story.tell(.overlapSeen(.init(collisions: [more])))
        #expect(facts(again) == [.overlapFound(more)] && notices(again).isEmpty)
        story.tell(.elapsed, at: at(40))
        #expect(
            facts(story.tell(.overlapSeen(.init()))) == [.overlapCleared(lease("a"), other: lease("b"))])
        #expect(story.projection.collisions.isEmpty)
    }

    @Test("a collision ends with either attempt, and one that is over is not found any more")
    func ended() {
        var story = twoAtWork()
        story.tell(.elapsed, at: at(10))
        story.tell(.overlapSeen(.init(collisions: [Self.collision])))
        story.tell(.elapsed, at: at(20))
        let end = story.tell(.attemptEnded(slot: 1, lease("b"), .finished, tail: ""))
        #expect(facts(end).first == .overlapCleared(lease("a"), other: lease("b")))
        #expect(facts(story.tell(.overlapSeen(.init(collisions: [Self.collision])))).isEmpty)
    }

    @Test("after a conflict the next attempt is told what was seen while the last one worked")
    func noticeInNote() {
        var story = twoAtWork()
        story.tell(.elapsed, at: at(10))
        story.tell(.overlapSeen(.init(collisions: [Collision(lease("a"), with: nil, files: ["f"])])))
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["f"]))
        story.tell(.staged(lease("a"), .conflict(onto: oid("4ead"), files: ["f"], excerpt: "<<<")))
        let assigned = acts(story.prepare(lease("a", 2)))
        guard case .assign(_, _, _, _, let note?) = assigned.first else {
            Issue.record("\(assigned)")
            return
        }
        #expect(note.contains("does not unite with your changes in `f`"))
    }

    // MARK: - Holding back

    @Test(
        "a ready task waits for one under way that names the same file, and not for one that may do so",
        arguments: [
            (["f"], ["f"], ["a"]), (["f"], ["g"], ["a", "b"]), (["src/**"], ["src/x"], ["a", "b"]),
            (["src"], ["src"], ["a"]), ([], ["f"], ["a", "b"]),
        ])
    func named(files: [String], others: [String], expected: [TaskID]) {
        let specs = [TaskSpec(id: "a", files: files), TaskSpec(id: "b", files: others)]
        #expect(Self.story(specs).leased == expected)
    }

    @Test("of two ready tasks the one that overlaps only by patterns goes second")
    func order() {
        let specs = [
            Self.task("a", "src/**", priority: 9), Self.task("b", "src/x.*", priority: 5),
            Self.task("c", "docs/**"),
        ]
        #expect(Self.story(specs).leased == ["a", "c"])
    }

    @Test(
        "where a task names no files, what its role owns puts it behind others, and never holds it back",
        arguments: [
            // What is under way, what is ready, what the free worker takes.
            (["src/x"], [String](), ["a", "c"]), ([], ["src/x"], ["a", "c"]), ([], [], ["a", "b"]),
            (["docs/y"], [], ["a", "b"]),
        ])
    func owned(files: [String], others: [String], expected: [TaskID]) {
        let story = Self.story([
            TaskSpec(id: "a", role: "dev", priority: 9, files: files),
            TaskSpec(id: "b", role: "dev", priority: 5, files: others), TaskSpec(id: "c", role: "scribe"),
        ]) {
            $0.roles = [
                "dev": Role(id: "dev", name: "dev", owns: ["src/**"]),
                "scribe": Role(id: "scribe", name: "s"),
            ]
        }
        #expect(story.leased == expected)
        let alone = Self.story([
            TaskSpec(id: "a", role: "dev", files: files), TaskSpec(id: "b", role: "dev", files: others),
        ]) { $0.roles = ["dev": Role(id: "dev", name: "dev", owns: ["src/**"])] }
        #expect(alone.leased == ["a", "b"])
    }

    @Test("a file that is really touched counts more than patterns")
    func touched() {
        var story = Self.story([Self.task("a", "src/**"), Self.task("b", "docs"), Self.task("c", "src/x")])
        story.prepare(lease("a"), on: 0)
        story.prepare(lease("b"), on: 1)
        story.tell(.elapsed, at: at(10))
        story.tell(.overlapSeen(.init(touched: [lease("a"): ["src/x"]])))
        #expect(granted(story.end(lease("b"), on: 1, .finished)).isEmpty)
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: ["src/x"]))
        #expect(!story.leased.contains("c"), "it waits in the queue still")
        #expect(granted(story.landQueued(lease("a"))) == ["c"])
    }

    @Test("the task that waited starts when the other has landed")
    func released() {
        var story = Self.story([Self.task("a", "f"), Self.task("b", "f")])
        story.submit(lease("a"))
        #expect(story.leased == ["a"], "it waits in the queue still")
        story.landQueued(lease("a"))
        #expect(story.leased == ["a", "b"])
    }

    @Test("no task is held back for longer than a minute, however often it is passed over")
    func patience() {
        var story = Self.story([Self.task("a", "f"), Self.task("b", "f", priority: -1)])
        story.prepare(lease("a"))
        #expect(granted(story.wait(until: at(59.9))).isEmpty)
        #expect(granted(story.wait(until: at(60))) == ["b"])
    }

    @Test("tasks that conflicted in the same file follow each other to the target, however long one takes")
    func afterConflict() {
        var story = Self.story(graph("a", "b", "c", "d"), workers: 3)
        for (slot, id) in (["a", "b", "c"] as [TaskID]).enumerated() { story.submit(lease(id), on: slot) }
        story.landQueued(lease("a"))
        let conflict = MergeQueue.Staging.conflict(onto: oid("ca"), files: ["f"], excerpt: "")
        #expect(!granted(story.tell(.staged(lease("b"), conflict))).contains("b"), "`c` will be in its way")
        let effects = story.tell(.staged(lease("c"), conflict))
        #expect(granted(effects) == ["b"])
        #expect(!granted(story.wait(until: at(500))).contains("c"))
        guard case .prepareWorktree(let slot, lease("b", 2), _)? = acts(effects).first else {
            Issue.record("\(effects)")
            return
        }
        #expect(!granted(story.submit(lease("b", 2), on: slot)).contains("c"))
        #expect(granted(story.landQueued(lease("b", 2))) == ["c"])
    }

    @Test("what a person gave to a worker is not held back")
    func pinned() {
        var story = Self.story([Self.task("a", "f"), Self.task("b", "f")])
        story.ask(.reassignTask("b", "w2"))
        #expect(story.leased == ["a", "b"])
    }
}

extension Story {
    /// The tasks that were ever given to a worker, in the order of the graph.
    fileprivate var leased: [TaskID] {
        projection.tasks.filter { $0.attempt > 0 }.map(\.spec.id)
    }
}
