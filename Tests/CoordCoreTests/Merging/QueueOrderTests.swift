import CoordCore
import CoordModel
import Testing

@Suite("Merge queue: which candidate is taken up next")
struct QueueOrderTests {
    /// The tasks in the order in which the queue has them, when all were handed in before it began.
    private func order(_ candidates: [(TaskID, [String])], parallel: Int) -> [TaskID] {
        var queue = MergeQueue(parallel: parallel)
        _ = queue.hold(true)
        for (task, files) in candidates { _ = queue.submitted(QueueDesk.candidate(task), files: files) }
        _ = queue.hold(false)
        return queue.candidates.map(\.lease.task)
    }

    @Test("a candidate that conflicted before goes before those that are new")
    func returned() {
        var queue = MergeQueue()
        for task in ["a", "b", "c"] as [TaskID] { _ = queue.submitted(QueueDesk.candidate(task)) }
        _ = queue.submitted(QueueDesk.candidate("d"), isReturned: true)
        #expect(queue.candidates.map(\.lease.task) == ["a", "b", "d", "c"])
    }

    @Test("one that shares no file with what is on its way goes before one that does")
    func apart() {
        #expect(
            order([("a", ["f"]), ("b", ["f", "h"]), ("c", ["g"]), ("d", [])], parallel: 2)
                == ["a", "c", "d", "b"])
        #expect(order([("a", ["f"]), ("b", ["f"]), ("c", ["f"])], parallel: 2) == ["a", "b", "c"])
        #expect(order([("a", []), ("b", []), ("c", [])], parallel: 2) == ["a", "b", "c"])
    }

    @Test("nobody is passed over more than four times in a row")
    func bound() {
        let others = (1...8).map { (TaskID("x\($0)"), ["g\($0)"]) }
        #expect(
            order([("a", ["f"]), ("b", ["f"])] + others, parallel: 8).prefix(6)
                == ["a", "x1", "x2", "x3", "x4", "b"])
    }
}
