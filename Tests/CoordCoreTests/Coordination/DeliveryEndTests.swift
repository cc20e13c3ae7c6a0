import CoordCore
import CoordModel
import Testing

@Suite("Ends that wait for a person or a remote")
struct DeliveryEndTests {
    private func finish(_ effects: [Effect]) -> (status: RunStatus, exitStatus: Int32, reason: String)? {
        for case .finish(let status, let exitStatus, let reason) in effects {
            return (status, exitStatus, reason)
        }
        return nil
    }

    /// Sends the workers home and answers how the run ended.
    private func goHome(_ story: inout Story) -> (status: RunStatus, exitStatus: Int32, reason: String)? {
        finish(story.tell(.workerExited(slot: 0, .exited(status: 0))))
    }

    @Test("With nobody to ask, a run ends with 3 once all that is open waits for a person")
    func nobody() {
        var specs = graph("a", "b", "c <- a")
        specs[0].approval = true
        var story = Story(specs) { $0.mayAsk = false }
        story.submit(lease("a"))
        #expect(story.stages == "a:approval b:leased c:waiting")
        story.land(lease("b"))
        #expect(story.stages == "a:approval b:landed c:waiting")
        let end = goHome(&story)
        #expect(end?.status == .stopped && end?.exitStatus == 3)
        #expect(end?.reason == "`a` waits for a person")
    }

    @Test("While somebody can be asked the run waits")
    func somebody() {
        var specs = graph("a")
        specs[0].approval = true
        var story = Story(specs)
        let effects = story.submit(lease("a"))
        #expect(!effects.contains(.stopWorker(slot: 0)))
        #expect(story.stages == "a:approval")
    }

    @Test("A run ends when what landed was delivered")
    func delivered() {
        var story = Story(graph("a")) { $0.deliver = .push }
        story.tell(.delivered(nil, .unchanged))
        let landing = story.land(lease("a"))
        #expect(landing.contains(.deliver(oid("ca"), landed: [])))
        #expect(!landing.contains(.stopWorker(slot: 0)))
        let end = story.tell(.delivered(oid("ca"), .delivered(place: "origin main", address: nil)))
        #expect(end.contains(.stopWorker(slot: 0)))
        #expect(goHome(&story)?.exitStatus == 0)
        #expect(story.projection.run?.delivery == DeliveryRecord(commit: oid("ca"), place: "origin main"))
    }

    @Test(
        "What cannot be delivered is told by the exit status: 6 for a remote that is away, 3 for a person",
        arguments: [
            (DeliveryQueue.Outcome.unreachable(reason: "no route"), 3, 6),
            (.refused(reason: "protected"), 1, 3),
        ]
            as [(DeliveryQueue.Outcome, Int, Int32)])
    func undelivered(_ outcome: DeliveryQueue.Outcome, tries: Int, status: Int32) {
        var story = Story(graph("a")) { $0.deliver = .push }
        story.tell(.delivered(nil, .unchanged))
        story.land(lease("a"))
        var effects: [Effect] = []
        for number in 1...tries {
            effects = story.tell(.delivered(oid("ca"), outcome))
            guard number < tries, let deadline = story.machine.nextDeadline else { continue }
            story.tell(.elapsed, at: deadline)
        }
        #expect(effects.contains(.stopWorker(slot: 0)))
        let end = goHome(&story)
        #expect(end?.status == .stopped && end?.exitStatus == status)
        #expect(end?.reason.contains("not delivered") == true)
        // The next coordinator delivers it.
        #expect(story.restart().contains(.deliver(oid("ca"), landed: [])))
    }

    @Test("A pull request tells every task that landed so far")
    func letter() {
        let specs = graph("a", "b <- a")
        var story = Story(specs) { $0.deliver = .pullRequest }
        let first = story.land(lease("a"))
        #expect(first.contains(.deliver(oid("ca"), landed: [specs[0]])))
    }
}
