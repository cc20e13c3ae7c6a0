import CoordCore
import CoordModel
import Testing

@Suite("The run: pause, drain, stop, end")
struct RunTests {
    /// The workers that were told to end, end.
    private func sendHome(_ story: inout Story) -> [Effect] {
        story.settings.slots.indices.reduce(into: []) { effects, slot in
            effects += story.tell(.workerExited(slot: slot, .exited(status: 0)))
        }
    }

    private func finish(_ effects: [Effect]) -> [Effect] {
        effects.filter { if case .finish = $0 { true } else { false } }
    }

    @Test("when everything has landed the workers go home, and the run ends with 0")
    func completed() {
        var story = Story(graph("a"), workers: 2)
        #expect(story.land(lease("a")).suffix(2) == [.stopWorker(slot: 0), .stopWorker(slot: 1)])
        #expect(
            sendHome(&story) == [
                .record(.workerStopped("w1")), .record(.workerStopped("w2")),
                .record(.runEnded(.completed, exitStatus: 0, reason: "")),
                .finish(.completed, exitStatus: 0, reason: ""),
            ])
        #expect(story.machine.nextDeadline == nil)
    }

    @Test("a run with failed tasks ends with 1, one with cancelled and skipped tasks with 0")
    func failed() {
        var story = Story(graph("a", "b <- a", "c")) { $0.limits.maxAttempts = 1 }
        story.prepare(lease("a"))
        story.end(lease("a"), .failed(reason: "x"))
        story.ask(.cancelTask("c"))
        story.prepare(lease("c"))
        #expect(finish(sendHome(&story)) == [.finish(.failed, exitStatus: 1, reason: "2 tasks failed")])

        var mild = Story(graph("x!", "a", "b <- a", "c"))
        mild.ask(.cancelTask("a"))
        mild.ask(.skipTask("c"))
        mild.land(lease("x"))
        #expect(finish(sendHome(&mild)) == [.finish(.completed, exitStatus: 0, reason: "")])
    }

    @Test("after the end nothing is decided any more, and who asks is told so")
    func afterTheEnd() {
        var story = Story(graph("a"))
        story.land(lease("a"))
        _ = sendHome(&story)
        #expect(story.tell(.elapsed, at: at(1e6)) == [])
        #expect(story.tell(.interrupted(exitStatus: 130)) == [])
        #expect(
            story.tell(.commanded(.pause, reply: 3)) == [
                .reply(
                    3, .refused(reason: "the run is ending", hint: "start it again with `coord run --resume`")
                )
            ])
    }

    @Test("while paused nothing new starts, what runs goes on and lands")
    func pause() {
        var story = Story(graph("a", "b", "c"))
        story.prepare(lease("a"))
        #expect(
            story.tell(.commanded(.pause, reply: 7)) == [
                .record(.runStatusChanged(.paused, reason: "paused by a person")),
                .reply(7, .accepted("no new task starts until `coord resume`")),
            ])
        #expect(story.ask(.pause) == .accepted("the run is paused already"))
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: []))
        story.landQueued(lease("a"))
        #expect(story.stages == "a:landed b:ready c:ready")
        #expect(
            story.tell(.commanded(.resume, reply: 7)) == [
                .record(.runStatusChanged(.running, reason: "")), .reply(7, .accepted("the run goes on")),
                .record(.leaseGranted(lease("b"), worker: "w1")),
                .prepareWorktree(slot: 0, lease("b"), base: nil),
            ])
        #expect(story.ask(.resume) == .accepted("the run is not paused"))
    }

    @Test("draining finishes and lands what is under way, then ends")
    func drain() {
        var story = Story(graph("a", "b"), workers: 1)
        story.prepare(lease("a"))
        #expect(
            facts(story.tell(.commanded(.drain, reply: 7))) == [
                .runStatusChanged(.stopping, reason: "draining: drained by a person")
            ])
        story.end(lease("a"), .finished, .commit(oid("c1"), base: oid("ba5e"), files: []))
        #expect(story.ask(.pause) == .refused(reason: "the run is ending", hint: ""))
        #expect(story.landQueued(lease("a")).last == .stopWorker(slot: 0))
        #expect(story.stages == "a:landed b:ready")
        #expect(
            finish(sendHome(&story)) == [.finish(.stopped, exitStatus: 0, reason: "drained by a person")])
    }

    @Test("a drained run that finished everything is completed")
    func drainToTheEnd() {
        var story = Story(graph("a"))
        story.ask(.drain)
        story.land(lease("a"))
        #expect(finish(sendHome(&story)) == [.finish(.completed, exitStatus: 0, reason: "")])
    }

    @Test("resuming a draining run starts the workers that ended meanwhile")
    func resumeDraining() {
        var story = Story(graph("a", "b", "c"), workers: 2)
        story.prepare(lease("a"))
        story.prepare(lease("b"), on: 1)
        story.ask(.drain)
        story.tell(.workerExited(slot: 1, .signaled(9)))
        story.tell(.workTaken(slot: 1, lease("b"), .nothing))
        #expect(story.stages == "a:leased b:ready c:ready")
        #expect(
            acts(story.tell(.commanded(.resume, reply: 7)))
                == [.startWorker(slot: 1), .reply(7, .accepted("the run no longer drains"))])
        story.bringUp(1)
        #expect(story.stages == "a:leased b:leased c:ready")
    }

    @Test("stopping ends what runs, keeps it, and answers `stopped`")
    func stop() {
        var story = Story(graph("a", "b", "c"), workers: 3)
        story.prepare(lease("a"))
        story.submit(lease("c"), on: 2)
        #expect(
            story.tell(.commanded(.stop, reply: 7)) == [
                .record(.runStatusChanged(.stopping, reason: "stopped by a person")),
                .cancelAttempt(slot: 0, lease("a"), reason: "the run is being stopped"),
                .reply(7, .accepted("the run is being stopped; `coord run --resume` goes on")),
            ])
        #expect(story.ask(.stop) == .refused(reason: "the run is being stopped already", hint: ""))
        story.end(lease("a"), .cancelled, .rescued(oid("5a"), reference: "r"))
        // The worktree of `b` is made when nobody wants it any more.
        #expect(acts(story.prepare(lease("b"), on: 1)).count == 3)
        #expect(story.stages == "a:ready b:ready c:queued")
        #expect(
            finish(sendHome(&story)) == [.finish(.stopped, exitStatus: 0, reason: "stopped by a person")])
    }

    @Test("a landing that was begun is waited for, and recorded, before a stopped run ends")
    func stopWhileLanding() {
        var story = Story(graph("a", "b <- a"))
        story.submit(lease("a"))
        story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
        story.tell(.gated(lease("a"), Story.passed))
        #expect(acts(story.tell(.commanded(.stop, reply: 7))).count == 1)
        #expect(acts(story.tell(.advanced(lease("a"), .landed))) == [.stopWorker(slot: 0)])
        #expect(story.stages == "a:landed b:ready")
    }

    @Test("a delayed landing is left to the next coordinator, and not tried while the workers go home")
    func stopWhileDelayed() {
        for command in [Command.stop, .drain] {
            var story = Story(graph("a"))
            story.submit(lease("a"))
            story.tell(.staged(lease("a"), .staged(commit: oid("ca"), tree: oid("7e"), onto: oid("4ead"))))
            story.tell(.gated(lease("a"), Story.passed))
            story.tell(.advanced(lease("a"), .delayed(reason: "dirty")))
            #expect(acts(story.tell(.commanded(command, reply: 7))).last == .stopWorker(slot: 0))
            #expect(acts(story.wait(until: at(5))) == [])
            #expect(finish(sendHome(&story)).count == 1)
        }
    }

    @Test("the first Ctrl-C drains, the second stops, a third changes nothing")
    func interrupts() {
        var story = Story(graph("a", "b"))
        story.prepare(lease("a"))
        #expect(
            story.tell(.interrupted(exitStatus: 130))
                == [.record(.runStatusChanged(.stopping, reason: "draining: interrupted"))])
        #expect(
            story.tell(.interrupted(exitStatus: 143)) == [
                .record(.runStatusChanged(.stopping, reason: "interrupted")),
                .cancelAttempt(slot: 0, lease("a"), reason: "the run is being stopped"),
            ])
        #expect(story.tell(.interrupted(exitStatus: 130)) == [])
        story.end(lease("a"), .cancelled)
        #expect(finish(sendHome(&story)) == [.finish(.stopped, exitStatus: 143, reason: "interrupted")])
    }

    @Test("a run whose time is over is stopped with 124")
    func timeout() {
        var story = Story(graph("a")) {
            $0.limits.runTimeout = .seconds(5)
        }
        #expect(story.machine.nextDeadline == at(5))
        #expect(
            story.tell(.elapsed, at: at(5)).first
                == .record(.runStatusChanged(.stopping, reason: "the run's time is over")))
        story.prepare(lease("a"))
        #expect(
            finish(sendHome(&story)) == [.finish(.stopped, exitStatus: 124, reason: "the run's time is over")]
        )
    }

    @Test("a run of no tasks is complete at once")
    func empty() {
        var story = Story(RunSettings(slots: slots(nil)))
        #expect(story.start([]) == [.startWorker(slot: 0), .stopWorker(slot: 0)])
        #expect(finish(sendHome(&story)) == [.finish(.completed, exitStatus: 0, reason: "")])
    }
}
