/// A heap of ready nodes, four children to a parent: half the depth of a binary one. Higher priority first,
/// then the longer way to the goal, then the earlier number.
///
/// An entry is one 64-bit number: 8 bits of priority, 24 of weight, 32 of the number turned round. An entry
/// may have become stale (skipped, pinned elsewhere); whoever takes it out checks.
package struct ReadyQueue: Sendable {
    private var heap: [UInt64] = []

    package init() {}

    package var count: Int { heap.count }
    package var isEmpty: Bool { heap.isEmpty }

    /// `priority` is −100 … 100, `weight` counts tasks and is capped at 2^24 − 1.
    package static func key(priority: Int, weight: Int32, node: Int) -> UInt64 {
        let urgency = UInt64(min(max(priority, -128), 127) + 128)
        let heaviness = UInt64(min(max(weight, 0), 0xFF_FFFF))
        return urgency << 56 | heaviness << 32 | UInt64(~UInt32(truncatingIfNeeded: node))
    }

    /// The node an entry stands for.
    package static func node(of key: UInt64) -> Int { Int(~UInt32(truncatingIfNeeded: key)) }

    /// The key of the most urgent entry.
    package var first: UInt64? { heap.first }

    /// Adds an entry.
    package mutating func insert(_ key: UInt64) {
        heap.append(key)
        heap.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / Self.arity
                guard heap[parent] < key else { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = key
        }
    }

    /// Takes the most urgent entry out.
    package mutating func popFirst() -> UInt64? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty { sink(last) }
        return top
    }

    private static let arity = 4

    /// Puts `key` at the top and lets it sink to its place.
    private mutating func sink(_ key: UInt64) {
        heap.withUnsafeMutableBufferPointer { heap in
            var parent = 0
            while true {
                let first = Self.arity * parent + 1
                guard first < heap.count else { break }
                var child = first
                for other in (first + 1)..<max(first + 1, min(first + Self.arity, heap.count))
                where heap[child] < heap[other] {
                    child = other
                }
                guard key < heap[child] else { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = key
        }
    }
}
