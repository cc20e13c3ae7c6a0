/// Who needs whom: nodes are numbers from 0 in the order of their addition, edges lead from a need to its
/// dependants.
///
/// Arrays only, four bytes an entry: a million nodes with three needs each take about 60 MB and no hashing.
/// Adding, satisfying and releasing cost time in proportion to the edges touched.
package struct TaskGraph: Sendable {
    /// How many needs of each node are not satisfied yet.
    private var unmet: [Int32] = []
    private var isSatisfied: [Bool] = []
    /// The length of the longest chain of unfinished work from the node to a goal, the node included.
    package private(set) var weights: [Int32] = []
    private var firstEdge: [Int32] = []
    private var edgeTarget: [Int32] = []
    private var nextEdge: [Int32] = []

    /// How many nodes a single addition may re-weigh. Weights are hints of urgency: past this bound they may
    /// be too small until the next `weigh()`, and adding one task never costs time in proportion to the
    /// graph.
    private static let reweighedNodesMax = 128

    package init() {}

    package var count: Int { unmet.count }

    /// Makes room in one go, when the size is known.
    package mutating func reserve(nodes: Int, edges: Int) {
        unmet.reserveCapacity(nodes)
        isSatisfied.reserveCapacity(nodes)
        weights.reserveCapacity(nodes)
        firstEdge.reserveCapacity(nodes)
        edgeTarget.reserveCapacity(edges)
        nextEdge.reserveCapacity(edges)
    }

    /// Adds a node that needs nothing yet.
    @discardableResult
    package mutating func addNode() -> Int {
        unmet.append(0)
        isSatisfied.append(false)
        weights.append(1)
        firstEdge.append(-1)
        return unmet.count - 1
    }

    /// Says that `node` needs `need`. The caller has checked for cycles, see `reaches` and `order`.
    package mutating func addEdge(from need: Int, to node: Int) {
        edgeTarget.append(Int32(node))
        nextEdge.append(firstEdge[need])
        firstEdge[need] = Int32(edgeTarget.count - 1)
        if !isSatisfied[need] { unmet[node] += 1 }
    }

    /// Takes one edge away. Nothing happens when there is none.
    package mutating func removeEdge(from need: Int, to node: Int) {
        var edge = firstEdge[need]
        var previous: Int32 = -1
        while edge >= 0 {
            if edgeTarget[Int(edge)] == Int32(node) {
                if previous < 0 {
                    firstEdge[need] = nextEdge[Int(edge)]
                } else {
                    nextEdge[Int(previous)] = nextEdge[Int(edge)]
                }
                if !isSatisfied[need] { unmet[node] -= 1 }
                return
            }
            previous = edge
            edge = nextEdge[Int(edge)]
        }
    }

    /// Whether everything the node needs is satisfied.
    package func isReady(_ node: Int) -> Bool { unmet[node] == 0 }

    /// How many needs of the node are not satisfied yet.
    package func unmetNeeds(of node: Int) -> Int { Int(unmet[node]) }

    /// Marks a node as satisfied and calls `released` for each dependant that now needs nothing more. Saying
    /// it twice changes nothing.
    package mutating func satisfy(_ node: Int, released: (Int) -> Void) {
        guard !isSatisfied[node] else { return }
        isSatisfied[node] = true
        var edge = firstEdge[node]
        while edge >= 0 {
            let target = Int(edgeTarget[Int(edge)])
            unmet[target] -= 1
            if unmet[target] == 0 { released(target) }
            edge = nextEdge[Int(edge)]
        }
    }

    /// Takes a satisfaction back: a skipped or landed task is wanted again.
    package mutating func unsatisfy(_ node: Int) {
        guard isSatisfied[node] else { return }
        isSatisfied[node] = false
        var edge = firstEdge[node]
        while edge >= 0 {
            unmet[Int(edgeTarget[Int(edge)])] += 1
            edge = nextEdge[Int(edge)]
        }
    }

    /// The direct dependants of a node, the first added first.
    package func dependants(of node: Int) -> [Int] {
        var found: [Int] = []
        var edge = firstEdge[node]
        while edge >= 0 {
            found.append(Int(edgeTarget[Int(edge)]))
            edge = nextEdge[Int(edge)]
        }
        return found.reversed()
    }

    /// Whether a way leads from `start` to `goal` along dependants. Then an edge from `goal` to `start` would
    /// close a cycle.
    package func reaches(from start: Int, to goal: Int) -> Bool {
        var visited = [Bool](repeating: false, count: count)
        var stack = [start]
        while let node = stack.popLast() {
            if node == goal { return true }
            if visited[node] { continue }
            visited[node] = true
            var edge = firstEdge[node]
            while edge >= 0 {
                stack.append(Int(edgeTarget[Int(edge)]))
                edge = nextEdge[Int(edge)]
            }
        }
        return false
    }
}

// MARK: - Order and weights

extension TaskGraph {
    /// An order in which every node stands behind what it needs (Kahn 1962): wave after wave, within a wave
    /// the lowest number first. Nil when the graph has a cycle.
    package func order() -> [Int]? {
        guard let (_, waves) = sorted() else { return nil }
        // A counting sort by wave keeps the numbers within a wave in order.
        var starts = [Int](repeating: 0, count: Int(waves.max() ?? 0) + 2)
        for wave in waves { starts[Int(wave) + 1] += 1 }
        for wave in starts.indices.dropFirst() { starts[wave] += starts[wave - 1] }
        var order = [Int](repeating: 0, count: count)
        for node in 0..<count {
            order[starts[Int(waves[node])]] = node
            starts[Int(waves[node])] += 1
        }
        return order
    }

    /// Nodes behind what they need, in no particular order among equals, and the wave of each node.
    private func sorted() -> (nodes: [Int], waves: [Int32])? {
        var incoming = [Int32](repeating: 0, count: count)
        for node in 0..<count {
            // Along the lists: an edge that was removed is still in the array.
            var edge = firstEdge[node]
            while edge >= 0 {
                incoming[Int(edgeTarget[Int(edge)])] += 1
                edge = nextEdge[Int(edge)]
            }
        }
        var nodes: [Int] = []
        nodes.reserveCapacity(count)
        var waves = [Int32](repeating: 0, count: count)
        for node in 0..<count where incoming[node] == 0 { nodes.append(node) }
        var next = 0
        while next < nodes.count {
            let node = nodes[next]
            next += 1
            var edge = firstEdge[node]
            while edge >= 0 {
                let target = Int(edgeTarget[Int(edge)])
                waves[target] = max(waves[target], waves[node] + 1)
                incoming[target] -= 1
                if incoming[target] == 0 { nodes.append(target) }
                edge = nextEdge[Int(edge)]
            }
        }
        return nodes.count == count ? (nodes, waves) : nil
    }

    /// Weighs every node anew, from the goals back. The graph has no cycle: the catalogue and the commands
    /// refuse one.
    package mutating func weigh() {
        guard let (nodes, _) = sorted() else { preconditionFailure("a task graph with a cycle was accepted") }
        for node in nodes.reversed() {
            var longest: Int32 = 0
            var edge = firstEdge[node]
            while edge >= 0 {
                longest = max(longest, weights[Int(edgeTarget[Int(edge)])])
                edge = nextEdge[Int(edge)]
            }
            weights[node] = longest + 1
        }
    }

    /// Carries the weight of a node that was added alone back to what it needs, at most 128 nodes far.
    /// `needs` names the direct needs of a node; satisfied ones are not walked. Returns the nodes that grew
    /// heavier.
    package mutating func reweigh(from added: Int, needs: (Int) -> [Int]) -> [Int] {
        var heavier: [Int] = []
        var queue = [added]
        var next = 0
        while next < queue.count, queue.count < Self.reweighedNodesMax {
            let node = queue[next]
            next += 1
            for need in needs(node) where !isSatisfied[need] && weights[need] <= weights[node] {
                guard queue.count < Self.reweighedNodesMax else { break }
                weights[need] = weights[node] + 1
                heavier.append(need)
                queue.append(need)
            }
        }
        return heavier
    }

    /// The wave of each node: 0 for those that need nothing, else one more than the latest of its needs.
    package func levels() -> [Int] { sorted()?.waves.map(Int.init) ?? [] }

    /// A longest chain, from its first node to a goal. Call `weigh()` first.
    package func criticalPath() -> [Int] {
        guard let heaviest = weights.max(), var node = weights.firstIndex(of: heaviest) else { return [] }
        var path = [node]
        while let next = dependants(of: node).first(where: { weights[$0] == weights[node] - 1 }) {
            path.append(next)
            node = next
        }
        return path
    }
}
