import CoordCore
import CoordModel
import Testing

@Suite("Scaling, progress and mass deaths")
struct ScaleTests {
    private func started(_ effects: [Effect]) -> [Int] {
        effects.compactMap { if case .startWorker(let slot) = $0 { slot } else { nil } }
    }

    @Test("only the least number of workers starts; more come as the queue grows")
    func up() {
        var story = Story(RunSettings(slots: slots(nil, nil, nil, nil), Scale(min: 1, max: 4, queueDepth: 2)))
        #expect(started(story.start(graph("a", "b"))) == [0])
        story.bringUp(0)
        #expect(story.stages == "a:leased b:ready")
        #expect(started(story.tell(.commanded(.addTask(task("c")), reply: 7))) == [])
        let more = story.tell(.commanded(.addTask(task("d")), reply: 7))
        #expect(started(more) == [1])
        #expect(facts(more).contains(.scaleChanged(workers: 2, reason: "3 tasks are ready")))
    }

    @Test("a worker that had nothing to do for long goes, never below the least, and comes back")
    func down() {
        var story = Story(
            RunSettings(slots: slots(nil, nil, nil), Scale(min: 1, max: 3, queueDepth: 1, idle: .seconds(20)))
        )
        #expect(started(story.start(graph("a", "b", "c", "d"))) == [0, 1, 2])
        story.bringUp()
        story.prepare(lease("a"))
        for name in ["b", "c", "d"] {
            let slot = name == "c" ? 2 : 1
            story.submit(lease(TaskID(name)), on: slot)
            story.landQueued(lease(TaskID(name)))
        }
        var went: [String] = []
        for second in stride(from: 1.0, through: 60, by: 1) {
            for slot in 0..<3 {
                for act in acts(story.tell(.workerBeat(slot: slot), at: at(second))) {
                    if case .stopWorker(let slot) = act { went.append("w\(slot + 1) at \(second)") }
                }
            }
        }
        #expect(went == ["w3 at 20.0", "w2 at 20.0"])
        for slot in [1, 2] { story.tell(.workerExited(slot: slot, .exited(status: 0))) }
        #expect(story.projection.worker("w3")?.status == .stopped)
        let more = ["x", "y"].flatMap { story.tell(.commanded(.addTask(task($0)), reply: 7)) }
        #expect(started(more) == [1])
    }

    @Test("a role whose only worker was scaled down gets it back for one task")
    func onlyHope() {
        var story = Story(
            RunSettings(slots: slots("coder", "tester"), Scale(min: 1, max: 2, queueDepth: 99)))
        var check = task("t")
        check.role = "tester"
        let effects = story.start([task("a"), check])
        #expect(started(effects) == [0, 1])
        #expect(
            facts(effects).contains(
                .scaleChanged(workers: 2, reason: "a task is ready that no other worker can take")))
    }

    // MARK: - Progress

    @Test("an agent that lives and does nothing is spoken of at half its time, then ended and tried again")
    func stalled() {
        var story = Story(graph("a")) { $0.limits.progressWithin = .seconds(40) }
        story.prepare(lease("a"))
        var said: [String] = []
        for second in stride(from: 2.0, through: 42, by: 2) {
            let effects = story.tell(.workerBeat(slot: 0, hasProgress: second <= 2), at: at(second))
            if facts(effects).contains(where: { if case .attemptStalled = $0 { true } else { false } }) {
                said.append("warned at \(second)")
            }
            let order = Effect.cancelAttempt(slot: 0, lease("a"), reason: "no progress for 40 s")
            if effects.contains(order) { said.append("ended at \(second)") }
        }
        #expect(said == ["warned at 22.0", "ended at 42.0"])
        story.tell(.attemptEnded(slot: 0, lease("a"), .cancelled, tail: "thinking"))
        let over = story.tell(.workTaken(slot: 0, lease("a"), .rescued(oid("5a"), reference: "r")))
        #expect(facts(over).contains(.workRescued(lease("a"), commit: oid("5a"), reference: "r")))
        #expect(story.stages == "a:retryable" || story.stages == "a:leased")
    }

    @Test("a word or a computing tree is progress, and a plain command has only its time")
    func progress() {
        var plain = task("b")
        plain.run = "make"
        var story = Story([task("a"), plain], workers: 2) { $0.limits.progressWithin = .seconds(10) }
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        for second in stride(from: 2.0, through: 60, by: 2) {
            story.tell(.workerBeat(slot: 0, hasProgress: false), at: at(second))
            story.tell(.workerBeat(slot: 1, hasProgress: false))
            if Int(second) % 4 == 0 {
                story.tell(.agentReported(slot: 0, lease("a"), .progress("on it")))
            }
        }
        #expect(story.stages == "a:leased b:leased")
    }

    // MARK: - Deaths of many

    @Test("sixty-four workers that die at once are all back within five seconds, at most twenty in a second")
    func massDeath() {
        let many = (1...64).map { SlotSpec(worker: WorkerID("w\($0)"), number: $0) }
        var story = Story(RunSettings(slots: many))
        _ = story.start(graph("a"))
        story.bringUp()
        for second in stride(from: 2.0, through: 20, by: 2) {
            for slot in many.indices { story.tell(.workerBeat(slot: slot), at: at(second)) }
        }
        var starts: [Double] = []
        for slot in many.indices {
            let effects = story.tell(.workerExited(slot: slot, .signaled(9)))
            starts += started(effects).map { _ in story.now.inSeconds(since: at(20)) }
        }
        while let next = story.machine.nextDeadline, next < at(25) {
            starts += started(story.tell(.elapsed, at: next)).map { _ in next.inSeconds(since: at(20)) }
        }
        #expect(starts.count == 64)
        for start in starts { #expect(starts.count { $0 >= start && $0 < start + 1 } <= 20) }
    }
}

extension RunSettings {
    fileprivate init(slots: [SlotSpec], _ scale: Scale) {
        self.init(slots: slots)
        self.scale = scale
    }
}

extension Timestamp {
    fileprivate func inSeconds(since start: Timestamp) -> Double { (self - start).inSeconds }
}
