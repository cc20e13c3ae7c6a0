import CoordCore
import CoordModel
import Testing

@Suite("Merge queue: several gates side by side")
struct SpeculationTests {
    private var desk = QueueDesk(parallel: 3)

    /// Three candidates whose gates all run.
    private mutating func threeAtTheGate() {
        desk.submit("a", "b", "c")
        for task in ["a", "b", "c"] { desk.build(task) }
        _ = desk.take()
    }

    @Test("each candidate is tested on top of those ahead of it, and they land in their order")
    mutating func sideBySide() {
        desk.submit("a", "b", "c")
        for task in ["a", "b", "c"] { desk.build(task) }
        #expect(
            desk.take() == [
                "stage a", "stage b on 0a", "gate 0a", "stage c on 0ab", "gate 0ab", "gate 0abc",
            ])
        desk.gate("0abc", .passed)
        desk.gate("0ab", .passed)
        #expect(desk.take() == [])
        desk.gate("0a", .passed)
        #expect(desk.take() == ["advance 0a from 0"])
        desk.advance("0a")
        #expect(desk.take() == ["landed a as 0a", "advance 0ab from 0a"])
        desk.advance("0ab")
        #expect(desk.take() == ["landed b as 0ab", "advance 0abc from 0ab"])
    }

    @Test("a failure builds again only what stood behind it, on the nearest that may land")
    mutating func reparenting() {
        threeAtTheGate()
        desk.gate("0ab", .failed)
        #expect(desk.take() == ["cancel gate 0abc", "stage c on 0a", "gate 0ab"])
        desk.build("c")
        #expect(desk.take() == ["gate 0ac"])
        desk.gate("0a", .passed)
        desk.advance("0a")
        desk.gate("0ac", .passed)
        #expect(
            desk.take() == [
                "advance 0a from 0", "landed a as 0a", "advance 0ac from 0a",
            ])
        // `b` was red twice on `a`, which landed and had passed: there is nothing to compare with.
        desk.gate("0ab", .failed)
        #expect(desk.take() == ["bounced b red, target passed"])
    }

    @Test("a verdict on top of one that then bounces counts for nothing: it is tested anew")
    mutating func verdictOnSand() {
        threeAtTheGate()
        desk.gate("0ab", .failed)
        desk.build("c")
        desk.gate("0ab", .failed)
        _ = desk.take()
        desk.gate("0a", .failed)
        #expect(desk.take() == ["stage b", "gate 0a"])
        desk.build("b")
        #expect(desk.take() == ["cancel gate 0ac", "stage c on 0b", "gate 0b"])
    }

    @Test("a conflict with one that has not landed waits until that is decided")
    mutating func conflictAhead() {
        desk.submit("a", "b")
        desk.build("a")
        desk.stage("b", .conflict(after: [], onto: desk.commit("0a"), files: ["x"], excerpt: ""))
        _ = desk.take()
        desk.gate("0a", .passed)
        desk.advance("0a")
        #expect(desk.take() == ["advance 0a from 0", "landed a as 0a", "bounced b conflict in x"])
    }

    @Test("a conflict with one that then bounces is none")
    mutating func conflictWithNothing() {
        desk.submit("a", "b")
        desk.build("a")
        desk.stage("b", .conflict(after: [], onto: desk.commit("0a"), files: ["x"], excerpt: ""))
        desk.gate("0a", .failed)
        #expect(desk.take() == ["stage a", "stage b on 0a", "gate 0a", "stage b", "gate 0a"])
        desk.build("b")
        desk.gate("0b", .passed)
        desk.advance("0b")
        #expect(desk.queue.candidates.map(\.lease.task) == ["a"])
    }

    @Test("a flake is passed over while it is looked at again, and lands after all")
    mutating func flake() {
        threeAtTheGate()
        desk.gate("0a", .failed)
        #expect(desk.take() == ["cancel gate 0ab", "stage b", "gate 0a"])
        desk.gate("0a", .passed)
        _ = desk.take()
        desk.advance("0a")
        #expect(desk.take().first == "landed a as 0a")
    }

    @Test("the window halves when a group turns red, to half of the gates at least, and grows by landings")
    mutating func window() {
        var pace = QueuePace(parallel: 4, batch: 1)
        #expect(pace.window == 4)
        pace.turnedRed()
        #expect(pace.window == 2)
        pace.turnedRed()
        #expect(pace.window == 2)
        pace.landed(1)
        #expect(pace.window == 3)
        pace.landed(9)
        #expect(pace.window == 4)
    }
}

@Suite("Merge queue: candidates tested together")
struct BatchTests {
    private static let tasks: [TaskID] = ["a", "b", "c", "d", "e", "f", "g", "h"]

    private func desk(parallel: Int = 1, batch: Int) -> QueueDesk {
        QueueDesk(parallel: parallel, batch: batch, gateTime: .seconds(60))
    }

    @Test("with slow gates and a line they are tested together, one commit each, and land at once")
    func together() {
        var desk = desk(batch: 4)
        desk.submitTogether(["a", "b", "c", "d", "e"])
        #expect(desk.take() == ["stage a+b+c+d"])
        desk.build("a+b+c+d")
        #expect(desk.take() == ["gate 0abcd"])
        desk.gate("0abcd", .passed, after: 60)
        #expect(desk.take() == ["advance 0abcd from 0", "stage e on 0abcd"])
        desk.advance("0abcd")
        #expect(
            desk.take() == [
                "landed a as 0a", "landed b as 0ab", "landed c as 0abc", "landed d as 0abcd",
            ])
    }

    @Test(
        "the size follows the gate's time, the red candidates seen, and the line",
        arguments: [
            (1, 60.0, 20, 0, 1), (8, 1.0, 20, 0, 1), (8, 60.0, 1, 0, 1), (8, 60.0, 20, 0, 4),
            (8, 60.0, 2, 0, 2),
            (2, 60.0, 20, 0, 2), (8, 60.0, 20, 30, 1),
        ])
    func size(batch: Int, seconds: Double, waiting: Int, reds: Int, expected: Int) {
        var pace = QueuePace(parallel: 1, batch: batch, gateTime: .milliseconds(seconds * 1000))
        for _ in 0..<reds { pace.foundCulprit() }
        #expect(pace.size(waiting: waiting, free: 1) == expected)
        #expect(pace.reason(waiting: waiting, free: 1).contains(expected == 1 ? "each" : "together"))
    }

    @Test("a red group is halved until the culprit is alone; the innocent land", arguments: 0..<4)
    func bisection(culprit: Int) {
        let bad = Self.tasks[culprit].rawValue
        var desk = desk(batch: 4)
        desk.submitTogether(Array(Self.tasks.prefix(4)))
        let (gates, landed, bounced) = desk.play(reds: [bad])
        #expect(bounced == [bad] && landed.count == 3 && desk.queue.isIdle)
        // The group twice, ⌈log₂ 4⌉ halves, the culprit's second look, the target for comparison, and those
        // released behind the culprit.
        #expect(gates <= 7)
    }

    @Test("every set of culprits among eight is found, whatever the window", arguments: [1, 2, 3, 8])
    func allCulprits(parallel: Int) {
        for mask in 0..<256 {
            let reds = Set(Self.tasks.indices.filter { mask >> $0 & 1 == 1 }.map { Self.tasks[$0].rawValue })
            var desk = desk(parallel: parallel, batch: 8)
            desk.submitTogether(Self.tasks)
            let (_, landed, bounced) = desk.play(reds: reds)
            let innocent = Set(Self.tasks.map(\.rawValue)).subtracting(reds)
            #expect(Set(bounced) == reds && Set(landed) == innocent && desk.queue.isIdle, "\(reds)")
        }
    }

    @Test("a flake of a whole group sends nobody back")
    func flake() {
        var desk = desk(batch: 4)
        desk.submitTogether(["a", "b", "c", "d"])
        desk.build("a+b+c+d")
        desk.gate("0abcd", .failed, after: 60)
        _ = desk.take()
        desk.gate("0abcd", .passed, after: 60)
        #expect(desk.take() == ["advance 0abcd from 0"])
    }

    @Test("with several gates a red group is tested part by part, and as a whole again: no culprit, a flake")
    func flakeInParts() {
        var group = desk(parallel: 2, batch: 2)
        group.submitTogether(["a", "b", "c", "d", "e", "f"])
        group.build("a+b")
        #expect(group.take().prefix(2) == ["stage a+b", "stage c+d on 0ab"])
        group.gate("0ab", .failed, after: 60)
        #expect(group.take().filter { $0.hasPrefix("gate") } == ["gate 0a", "gate 0ab"])
        group.gate("0a", .passed, after: 60)
        group.gate("0ab", .passed, after: 60)
        group.advance("0a")
        group.advance("0ab")
        #expect(group.take().filter { $0.hasPrefix("landed") } == ["landed a as 0a", "landed b as 0ab"])
    }

    @Test("in a group, one that does not unite with those before it stands alone; the rest waits again")
    func conflictWithin() {
        var desk = desk(batch: 4)
        desk.submitTogether(["a", "b", "c", "d"])
        _ = desk.take()
        let links = ["0a", "0ab"].map { BuiltCommit(commit: desk.commit($0), tree: desk.commit($0)) }
        desk.stage("a+b+c+d", .conflict(after: links, onto: oid("4ead"), files: ["x"], excerpt: ""))
        #expect(desk.take() == ["gate 0ab"])
        desk.gate("0ab", .passed, after: 60)
        desk.advance("0ab")
        #expect(
            desk.take() == [
                "advance 0ab from 0", "stage d on 0ab", "landed a as 0a", "landed b as 0ab",
                "bounced c conflict in x",
            ])
    }
}
