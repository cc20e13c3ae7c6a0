import CoordCore
import CoordModel
import Testing

@Suite("Ready queue")
struct ReadyQueueTests {
    @Test(
        "priority goes first, then weight, then the earlier number",
        arguments: [
            ((0, 1, 0), (0, 1, 1)),
            ((0, 2, 9), (0, 1, 1)),
            ((1, 1, 9), (0, 9, 1)),
            ((-99, 1, 0), (-100, 1, 0)),
            ((100, 1, 0), (99, 1, 0)),
            ((0, 0x100_0000, 3), (0, 0xFF_FFFF, 4)),
        ] as [((Int, Int32, Int), (Int, Int32, Int))])
    func order(first: (Int, Int32, Int), second: (Int, Int32, Int)) {
        let left = ReadyQueue.key(priority: first.0, weight: first.1, node: first.2)
        let right = ReadyQueue.key(priority: second.0, weight: second.1, node: second.2)
        #expect(left > right)
        #expect(ReadyQueue.node(of: left) == first.2 && ReadyQueue.node(of: right) == second.2)
    }

    @Test("what is put in comes out in order, whatever the order it was put in", arguments: 1...20)
    func heap(seed: Int) {
        var chance = SeededGenerator(seed: UInt64(seed))
        var queue = ReadyQueue()
        var keys: [UInt64] = []
        for node in 0..<(seed * 7) {
            let key = ReadyQueue.key(
                priority: Int(chance.next() % 5), weight: Int32(chance.next() % 9), node: node)
            queue.insert(key)
            keys.append(key)
        }
        #expect(queue.count == keys.count && queue.first == keys.max())
        var taken: [UInt64] = []
        while let key = queue.popFirst() { taken.append(key) }
        #expect(taken == keys.sorted(by: >))
        #expect(queue.isEmpty && queue.first == nil)
    }
}

@Suite("Due times")
struct DueTimesTests {
    @Test("nodes come out when they are due, the soonest first", arguments: 1...10)
    func order(seed: Int) {
        var chance = SeededGenerator(seed: UInt64(seed))
        var due = DueTimes()
        var expected: [(Timestamp, Int)] = []
        for node in 0..<(seed * 11) {
            let time = at(Double(chance.next() % 10))
            due.insert(node, at: time)
            expected.append((time, node))
        }
        expected.sort { $0 < $1 }
        #expect(due.first == expected.first?.0)
        #expect(due.popFirst(dueAt: at(-1)) == nil)
        var taken: [Int] = []
        for second in 0..<10 {
            while let node = due.popFirst(dueAt: at(Double(second))) { taken.append(node) }
            #expect(due.first.map { $0 > at(Double(second)) } ?? due.isEmpty)
        }
        #expect(taken == expected.map(\.1))
    }
}
