import CoordModel

/// What happens next, in the order of time and, at the same time, of planning.
struct Agenda<Happening> {
    private struct Entry {
        var time: Timestamp
        var order: Int
        var happening: Happening

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    private var heap: [Entry] = []
    private var planned = 0

    mutating func plan(_ happening: Happening, at time: Timestamp) {
        let entry = Entry(time: time, order: planned, happening: happening)
        planned += 1
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.isBefore(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    mutating func popFirst() -> (time: Timestamp, happening: Happening)? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
                guard heap[child].isBefore(last) else { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = last
        }
        return (top.time, top.happening)
    }
}
