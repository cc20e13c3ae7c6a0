package import CoordModel

/// Nodes that wait for a time, the soonest first: a binary heap.
///
/// An entry may have become stale (tried again earlier, failed meanwhile); whoever takes it out checks.
package struct DueTimes: Sendable {
    private struct Entry {
        var time: Timestamp
        var node: Int32

        static func < (left: Entry, right: Entry) -> Bool {
            (left.time, left.node) < (right.time, right.node)
        }
    }

    private var heap: [Entry] = []

    package init() {}

    package var isEmpty: Bool { heap.isEmpty }

    /// When the soonest entry is due.
    package var first: Timestamp? { heap.first?.time }

    /// Says that a node is due at a time.
    package mutating func insert(_ node: Int, at time: Timestamp) {
        let entry = Entry(time: time, node: Int32(node))
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry < heap[parent] else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes the soonest node out, if its time has come.
    package mutating func popFirst(dueAt now: Timestamp) -> Int? {
        guard let top = heap.first, top.time <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return Int(top.node) }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return Int(top.node)
    }
}
