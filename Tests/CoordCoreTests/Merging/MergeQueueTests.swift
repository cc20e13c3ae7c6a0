import CoordCore
import CoordModel
import Testing

/// A queue in a test: candidates a, b, c … whose landing commits are named after what they contain.
struct QueueDesk {
    var queue: MergeQueue
    /// The newest wish for each group, by the tasks in it, as `a+b`.
    private(set) var wishes: [String: MergeQueue.Ticket] = [:]
    private(set) var log: [String] = []
    private var onto: [MergeQueue.Ticket: ObjectID] = [:]
    private var members: [MergeQueue.Ticket: [Candidate]] = [:]
    private var commits: [ObjectID: String] = [:]
    private var names: [String: ObjectID] = [:]
    /// Where the target stands.
    private(set) var head = "0"

    init(parallel: Int = 1, batch: Int = 1, gateTime: Duration? = nil) {
        queue = MergeQueue(parallel: parallel, batch: batch, gateTime: gateTime)
        names["0"] = oid("4ead")
        commits[oid("4ead")] = "0"
    }

    static func candidate(_ task: TaskID, _ attempt: Int = 1) -> Candidate {
        Candidate(lease: Lease(task: task, attempt: attempt), commit: oid("a"), base: oid("ba5e"))
    }

    mutating func commit(_ name: String) -> ObjectID {
        if let known = names[name] { return known }
        let id = oid(String(names.count + 0x100, radix: 16))
        names[name] = id
        commits[id] = name
        return id
    }

    /// Hands candidates in, in their order.
    mutating func submit(_ tasks: TaskID...) {
        for task in tasks { note(queue.submitted(Self.candidate(task))) }
    }

    /// The open building is done: all candidates unite. A person may have moved the target to `head`.
    mutating func build(_ tasks: String, head: String? = nil) {
        guard let ticket = wishes["stage " + tasks] else { return log.append("nobody builds \(tasks)") }
        let start = onto[ticket] ?? commit(head ?? self.head)
        var name = commits[start] ?? "?"
        let links = (members[ticket] ?? []).map { candidate -> BuiltCommit in
            name += candidate.lease.task.rawValue
            let id = commit(name)
            return BuiltCommit(commit: id, tree: id)
        }
        note(queue.staged(ticket, .staged(links, onto: start)))
    }

    mutating func stage(_ tasks: String, _ staging: MergeQueue.Staging) {
        note(queue.staged(wishes["stage " + tasks] ?? -1, staging))
    }

    mutating func gate(_ commit: String, _ outcome: GateOutcome, after seconds: Double = 1) {
        note(queue.gated(wishes["gate " + commit] ?? -1, Self.report(outcome, seconds)))
    }

    /// The target is looked at and stands there.
    mutating func look(_ head: String) { note(queue.targetSeen(at: commit(head))) }

    mutating func advance(_ commit: String, _ advance: MergeQueue.Advance = .landed, at time: Double = 0) {
        if advance == .landed || advance == .alreadyLanded { head = commit }
        note(queue.advanced(wishes["advance " + commit] ?? -1, advance, at: at(time)))
    }

    static func report(_ outcome: GateOutcome, _ seconds: Double = 1) -> GateReport {
        GateReport(
            outcome: outcome, command: "make", exit: nil, duration: .milliseconds(seconds * 1000), reason: "",
            tail: "")
    }

    /// Hands all candidates in at once.
    mutating func submitTogether(_ tasks: [TaskID]) {
        _ = queue.hold(true)
        for task in tasks { _ = queue.submitted(Self.candidate(task)) }
        note(queue.hold(false))
    }

    /// Answers every wish until nothing is left; a commit is red when it contains a task of `reds`. Returns
    /// how often the gate ran, what landed and what bounced.
    mutating func play(reds: Set<String>) -> (gates: Int, landed: [String], bounced: [String]) {
        var answer = (gates: 0, landed: [String](), bounced: [String]())
        var todo = take()
        while !todo.isEmpty {
            let words = todo.removeFirst().split(separator: " ").map(String.init)
            switch words[0] {
            case "stage": build(words[1])
            case "gate":
                answer.gates += 1
                gate(words[1], words[1].contains { reds.contains(String($0)) } ? .failed : .passed, after: 60)
            case "advance": advance(words[1])
            case "landed": answer.landed.append(words[1])
            case "bounced": answer.bounced.append(words[1])
            default: break
            }
            todo += take()
        }
        return answer
    }

    /// What was wished since the last look.
    mutating func take() -> [String] {
        defer { log = [] }
        return log
    }

    mutating func note(_ effects: [MergeQueue.Effect]) {
        for effect in effects {
            switch effect {
            case .stage(let ticket, let candidates, let onto):
                let tasks = candidates.map(\.lease.task.rawValue).joined(separator: "+")
                self.onto[ticket] = onto
                members[ticket] = candidates
                wish("stage " + tasks, ticket, onto.map { " on " + (commits[$0] ?? "?") } ?? "")
            case .gate(let ticket, let commit): wish("gate " + (commits[commit] ?? "?"), ticket)
            case .cancelGate(let ticket):
                let name = wishes.first { $0.value == ticket }?.key ?? "?"
                log.append("cancel " + name)
            case .advance(let ticket, let commit, _, let from):
                wish("advance " + (commits[commit] ?? "?"), ticket, " from " + (commits[from] ?? "?"))
            case .landed(let candidate, let commit):
                log.append("landed \(candidate.lease.task) as \(commits[commit] ?? "?")")
            case .bounced(let candidate, let why): log.append("bounced \(candidate.lease.task) \(why.word)")
            case .record: break
            }
        }
    }

    private mutating func wish(_ name: String, _ ticket: MergeQueue.Ticket, _ detail: String = "") {
        wishes[name] = ticket
        log.append(name + detail)
    }
}

extension MergeQueue.Bounce {
    fileprivate var word: String {
        switch self {
        case .conflict(let files, _): "conflict in \(files.joined(separator: ","))"
        case .gateFailed(_, let onTarget): "red, target \(onTarget.rawValue)"
        case .gateCouldNotRun(_, let onTarget): "could not run, target \(onTarget.rawValue)"
        case .failed(let reason): reason
        case .fewerTests(let loss): loss
        }
    }
}

@Suite("Merge queue: one gate at a time")
struct SerialMergeQueueTests {
    private var desk = QueueDesk()

    @Test("a candidate is built, gated, landed; the next is built on it meanwhile, and gated after it")
    mutating func passed() {
        desk.submit("a", "b")
        #expect(desk.take() == ["stage a"])
        desk.build("a")
        #expect(desk.take() == ["stage b on 0a", "gate 0a"])
        desk.build("b")
        #expect(desk.take() == [])
        desk.gate("0a", .passed)
        #expect(desk.take() == ["advance 0a from 0", "gate 0ab"])
        desk.advance("0a")
        #expect(desk.take() == ["landed a as 0a"])
        desk.gate("0ab", .passed)
        #expect(desk.take() == ["advance 0ab from 0a"])
        desk.advance("0ab")
        #expect(desk.queue.isIdle)
    }

    @Test("only what passed lands: red on a second look, and shown not to have been red before")
    mutating func red() {
        desk.submit("a")
        desk.build("a")
        desk.gate("0a", .failed)
        desk.gate("0a", .failed)
        #expect(desk.take() == ["stage a", "gate 0a", "gate 0a", "gate 0"])
        desk.gate("0", .passed)
        #expect(desk.take() == ["bounced a red, target passed"] && desk.queue.isIdle)
    }

    @Test("the target is not tested again for the next culprit on the same commit")
    mutating func knownTarget() {
        desk.submit("a")
        desk.build("a")
        for commit in ["0a", "0a"] { desk.gate(commit, .failed) }
        desk.gate("0", .failed)
        #expect(desk.take().last == "bounced a red, target failed")
        desk.submit("b")
        desk.build("b")
        for commit in ["0b", "0b"] { desk.gate(commit, .failed) }
        #expect(desk.take() == ["stage b", "gate 0b", "gate 0b", "bounced b red, target failed"])
    }

    @Test("a gate that could not run is compared with the target and never lands anything")
    mutating func couldNotRun() {
        desk.submit("a")
        desk.build("a")
        desk.gate("0a", .couldNotRun)
        desk.gate("0", .couldNotRun)
        #expect(
            desk.take() == ["stage a", "gate 0a", "gate 0", "bounced a could not run, target could-not-run"])
    }

    @Test("a conflict with the target bounces at once; what cannot be built, with its reason")
    mutating func notBuilt() {
        desk.submit("a", "b")
        desk.stage("a", .conflict(after: [], onto: oid("4ead"), files: ["x"], excerpt: "<<<"))
        #expect(desk.take() == ["stage a", "bounced a conflict in x", "stage b"])
        desk.stage("b", .failed(reason: "no git"))
        #expect(desk.take() == ["bounced b no git"] && desk.queue.isIdle)
    }

    @Test("a target that moved sends everything built on it back to be built, in the same order")
    mutating func moved() {
        desk.submit("a", "b")
        desk.build("a")
        desk.build("b")
        desk.gate("0a", .passed)
        _ = desk.take()
        desk.advance("0a", .moved)
        #expect(desk.take() == ["stage a"])
        desk.build("a", head: "1")
        #expect(desk.take() == ["cancel gate 0ab", "stage b on 1a", "gate 1a"])
    }

    @Test("a target that is seen elsewhere has everything built anew at once, but not during a landing")
    mutating func seenMoved() {
        desk.submit("a", "b")
        desk.look("9")
        desk.build("a")
        desk.build("b")
        _ = desk.take()
        desk.look("0")
        #expect(desk.take() == [])
        desk.look("1")
        #expect(desk.take() == ["cancel gate 0a", "stage a"])
        desk.build("a", head: "1")
        #expect(desk.take() == ["stage b on 1a", "gate 1a"])
        desk.gate("1a", .passed)
        _ = desk.take()
        desk.look("2")
        #expect(desk.take() == [])
    }

    @Test("a delayed landing is tried again after a second, and not before")
    mutating func delayed() {
        desk.submit("a")
        desk.build("a")
        desk.gate("0a", .passed)
        _ = desk.take()
        desk.advance("0a", .delayed(reason: "dirty"), at: 5)
        #expect(desk.queue.nextDeadline == at(6) && !desk.queue.isBusy && !desk.queue.isIdle)
        #expect(desk.queue.elapsed(at: at(5.999)) == [])
        desk.note(desk.queue.elapsed(at: at(6)))
        #expect(desk.take() == ["advance 0a from 0"])
        #expect(desk.queue.elapsed(at: at(7)) == [] && desk.queue.nextDeadline == nil)
    }

    @Test("a landing nobody knows the outcome of is tried until somebody does, and told once")
    mutating func unknownLanding() {
        desk.submit("a")
        desk.build("a")
        desk.gate("0a", .passed)
        let ticket = desk.wishes["advance 0a"] ?? -1
        let failed = MergeQueue.Advance.failed(reason: "disk")
        #expect(
            desk.queue.advanced(ticket, failed, at: at(0))
                == [.record(.landingDelayed(Lease(task: "a", attempt: 1), reason: "could not land: disk"))])
        _ = desk.queue.elapsed(at: at(1))
        #expect(desk.queue.advanced(ticket, failed, at: at(1)) == [])
        _ = desk.queue.elapsed(at: at(2))
        desk.advance("0a", .alreadyLanded)
        #expect(desk.take().last == "landed a as 0a")
    }

    @Test("an interruption puts what is being gated back, first in line; a landing is heard to its end")
    mutating func interruption() {
        desk.submit("a", "b", "c")
        desk.build("a")
        desk.gate("0a", .passed)
        desk.build("b")
        _ = desk.take()
        desk.note(desk.queue.interrupt())
        #expect(desk.take() == ["cancel gate 0ab"])
        #expect(desk.queue.isBusy)
        #expect(desk.queue.candidates.map(\.lease.task) == ["a", "b", "c"])
        desk.gate("0ab", .passed)
        #expect(desk.take() == [])
        desk.advance("0a")
        #expect(desk.take() == ["landed a as 0a"] && !desk.queue.isBusy)
        desk.note(desk.queue.hold(false))
        #expect(desk.take() == ["stage b"])
    }

    @Test("a landing that moved or was delayed after an interruption waits again", arguments: [true, false])
    mutating func heldLanding(moved: Bool) {
        desk.submit("a")
        desk.build("a")
        desk.gate("0a", .passed)
        desk.note(desk.queue.interrupt())
        desk.advance("0a", moved ? .moved : .delayed(reason: "dirty"))
        #expect(!desk.queue.isBusy && desk.queue.nextDeadline == nil && desk.queue.candidates.count == 1)
    }

    @Test("what is not being landed can be withdrawn, and what stood on it is built anew")
    mutating func withdrawal() {
        desk.submit("a", "b", "c")
        desk.build("a")
        desk.build("b")
        _ = desk.take()
        let waiting = desk.queue.withdraw("c")
        let unknown = desk.queue.withdraw("x")
        #expect(waiting == [] && unknown == nil)
        desk.note(desk.queue.withdraw("a") ?? [])
        #expect(desk.take() == ["cancel gate 0a", "stage b"])
        desk.build("b")
        desk.gate("0b", .passed)
        let landing = desk.queue.withdraw("b")
        #expect(landing == nil)
    }

    @Test("answers about a wish that was given up change nothing")
    mutating func late() {
        desk.submit("a")
        desk.build("a")
        let before = desk.queue
        #expect(desk.queue.staged(1, .failed(reason: "")) == [])
        #expect(desk.queue.staged(2, .failed(reason: "")) == [])
        #expect(desk.queue.gated(2, QueueDesk.report(.passed)) == [])
        #expect(desk.queue.advanced(3, .landed, at: at(0)) == [])
        #expect(desk.queue == before)
    }

    @Test("a long line moves on, and gives any of its candidates back, without looking through the rest")
    mutating func longLine() {
        let count = 20_000
        for number in 0..<count { _ = desk.queue.submitted(QueueDesk.candidate(TaskID("t\(number)"))) }
        for number in (10_000..<count).reversed() where desk.queue.withdraw(TaskID("t\(number)")) == nil {
            Issue.record("t\(number) should wait")
        }
        var bounced = 0
        var ticket = 2
        while !desk.queue.isIdle {
            for effect in desk.queue.staged(ticket, .failed(reason: "")) {
                if case .bounced = effect { bounced += 1 }
                if case .stage(let next, _, _) = effect { ticket = next }
            }
        }
        #expect(bounced == 10_000)
    }
}
