package import CoordModel

/// Brings ready tasks and idle workers together, by one of three strategies.
///
/// Tasks that the same workers can do share a *lane*. Under `capability` a worker takes the most urgent task of the
/// lanes it serves. Under `round-robin` a ready task is dealt at once to the server of its lane that was dealt the
/// fewest; under `work-stealing` likewise, and a worker with nothing left takes from the longest hand.
package struct Scheduler: Sendable {
    private let strategy: AssignmentStrategy
    private let slots: [SlotSpec]
    private var laneNumbers: [LaneKey: Int] = [:]
    private var lanes: [Lane] = []
    /// The lane of each node that was ever ready.
    private var laneOfNode: [Int32] = []
    /// What a person gave to each worker; nobody else takes it.
    private var pinned: [ReadyQueue]
    /// What each worker was dealt.
    private var hands: [ReadyQueue]
    private var dealt: [Int]
    /// The lanes each worker serves, in the order of their making.
    private var served: [[Int]]

    private struct LaneKey: Hashable {
        var role: RoleID?
        var capabilities: [Capability]
    }

    private struct Lane {
        var queue = ReadyQueue()
        var servers: [Int]
    }

    /// Where a worker's next task lies.
    private enum Source { case pinned, hand, lane(Int) }

    package init(strategy: AssignmentStrategy, slots: [SlotSpec]) {
        self.strategy = strategy
        self.slots = slots
        pinned = Array(repeating: ReadyQueue(), count: slots.count)
        hands = pinned
        dealt = Array(repeating: 0, count: slots.count)
        served = Array(repeating: [], count: slots.count)
    }

    /// The lane of a task, made at its first need. A task with a role goes to workers of that role; where the team
    /// has none, and for a task without a role, to workers with the capabilities; where none has them, to all.
    package mutating func lane(role: RoleID?, capabilities: [Capability]) -> Int {
        let key = LaneKey(role: role, capabilities: capabilities.sorted())
        if let number = laneNumbers[key] { return number }
        var servers = role == nil ? [] : slots.indices.filter { slots[$0].role == role }
        if servers.isEmpty {
            servers = slots.indices.filter { slot in
                capabilities.allSatisfy { slots[slot].capabilities.contains($0) }
            }
        }
        if servers.isEmpty { servers = Array(slots.indices) }
        lanes.append(Lane(servers: servers))
        laneNumbers[key] = lanes.count - 1
        for server in servers { served[server].append(lanes.count - 1) }
        return lanes.count - 1
    }

    /// The slots that may take a task of this lane.
    package func servers(of lane: Int) -> [Int] { lanes[lane].servers }

    /// Makes a ready task available; `slot` is the one a person chose.
    package mutating func enqueue(key: UInt64, lane: Int, pinnedTo slot: Int? = nil) {
        let node = ReadyQueue.node(of: key)
        while laneOfNode.count <= node { laneOfNode.append(-1) }
        laneOfNode[node] = Int32(lane)
        if let slot {
            pinned[slot].insert(key)
        } else if strategy == .capability {
            lanes[lane].queue.insert(key)
        } else if let server = lanes[lane].servers.min(by: { dealt[$0] < dealt[$1] }) {
            dealt[server] += 1
            hands[server].insert(key)
        }
    }

    /// Takes the most urgent task this worker may have, or nil. Entries for which `isStillReady` says no are dropped.
    package mutating func take(for worker: Int, isStillReady: (Int) -> Bool) -> Int? {
        var best: (key: UInt64, source: Source)?
        if let key = Self.top(of: &pinned[worker], isStillReady) { best = (key, .pinned) }
        if let key = Self.top(of: &hands[worker], isStillReady), key > best?.key ?? 0 { best = (key, .hand) }
        for lane in served[worker] where !lanes[lane].queue.isEmpty {
            if let key = Self.top(of: &lanes[lane].queue, isStillReady), key > best?.key ?? 0 {
                best = (key, .lane(lane))
            }
        }
        guard let best else {
            return strategy == .workStealing ? steal(for: worker, isStillReady) : nil
        }
        switch best.source {
        case .pinned: _ = pinned[worker].popFirst()
        case .hand: _ = hands[worker].popFirst()
        case .lane(let lane): _ = lanes[lane].queue.popFirst()
        }
        return ReadyQueue.node(of: best.key)
    }

    /// Takes the most urgent task that this worker can do from the longest hand of another.
    private mutating func steal(for worker: Int, _ isStillReady: (Int) -> Bool) -> Int? {
        let victims = slots.indices.filter { $0 != worker && !hands[$0].isEmpty }
            .sorted { hands[$0].count > hands[$1].count }
        for victim in victims {
            var passedOver: [UInt64] = []
            defer { for key in passedOver { hands[victim].insert(key) } }
            while let key = Self.top(of: &hands[victim], isStillReady) {
                _ = hands[victim].popFirst()
                let node = ReadyQueue.node(of: key)
                if lanes[Int(laneOfNode[node])].servers.contains(worker) {
                    dealt[victim] -= 1
                    dealt[worker] += 1
                    return node
                }
                passedOver.append(key)
            }
        }
        return nil
    }

    private static func top(of queue: inout ReadyQueue, _ isStillReady: (Int) -> Bool) -> UInt64? {
        while let key = queue.first {
            if isStillReady(ReadyQueue.node(of: key)) { return key }
            _ = queue.popFirst()
        }
        return nil
    }
}
