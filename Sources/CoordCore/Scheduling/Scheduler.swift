package import CoordModel

/// Brings ready tasks and idle workers together, by one of three strategies.
///
/// Tasks that the same workers can do share a *lane*. Under `capability` a worker takes the most urgent task
/// of the lanes it serves. Under `round-robin` a ready task is dealt at once to the server of its lane that
/// was dealt the fewest; under `work-stealing` likewise, and a worker with nothing left takes from the
/// longest hand. What was dealt to a worker that is absent is dealt anew among the others.
///
/// A task has one valid entry at most: whatever was queued for it earlier is stale and is dropped when it is
/// met. Taking costs time in proportion to workers times lanes, never to tasks.
package struct Scheduler: Sendable {
    private let strategy: AssignmentStrategy
    private let slots: [SlotSpec]
    private var laneNumbers: [LaneKey: Int] = [:]
    private var lanes: [Lane] = []
    /// The valid entry of each node that was ever ready.
    private var entries: [Entry] = []
    /// What a person gave to each worker; nobody else takes it.
    private var pinned: [ReadyQueue]
    /// How many valid entries lie in each worker's hand, over all lanes.
    private var handSizes: [Int]
    /// How many valid entries a person gave to each worker.
    private var pinnedSizes: [Int]
    private var dealt: [Int]
    private var isAbsent: [Bool]
    /// The lanes each worker serves, in the order of their making.
    private var served: [[Int]]

    private struct LaneKey: Hashable {
        var role: RoleID?
        var capabilities: [Capability]
        var callsModel: Bool
    }

    private struct Lane {
        var servers: [Int]
        var isServer: [Bool]
        var callsModel: Bool
        /// One for all servers under `capability`, else the hands: one for each slot.
        var queues: [ReadyQueue]
        /// How many valid entries wait in it, without those a person gave to one worker.
        var waiting = 0
    }

    /// Where a task waits.
    private enum Place: Equatable {
        case lane
        case hand(Int)
        case pinned(Int)
    }

    private struct Entry {
        var key: UInt64 = 0
        var lane = 0
        var place = Place.lane
        /// False once it was taken, or found to be no longer ready.
        var isWaiting = false
    }

    package init(strategy: AssignmentStrategy, slots: [SlotSpec]) {
        self.strategy = strategy
        self.slots = slots
        pinned = Array(repeating: ReadyQueue(), count: slots.count)
        handSizes = Array(repeating: 0, count: slots.count)
        pinnedSizes = handSizes
        dealt = handSizes
        isAbsent = Array(repeating: false, count: slots.count)
        served = Array(repeating: [], count: slots.count)
    }

    /// The lane of a task, made at its first need. A task with a role goes to workers of that role; where the
    /// team has none, and for a task without a role, to workers with the capabilities; where none has them,
    /// to all.
    package mutating func lane(role: RoleID?, capabilities: [Capability], callsModel: Bool = true) -> Int {
        let key = LaneKey(role: role, capabilities: capabilities.sorted(), callsModel: callsModel)
        if let number = laneNumbers[key] { return number }
        var servers = role == nil ? [] : slots.indices.filter { slots[$0].role == role }
        if servers.isEmpty {
            servers = slots.indices.filter { slot in
                capabilities.allSatisfy { slots[slot].capabilities.contains($0) }
            }
        }
        if servers.isEmpty { servers = Array(slots.indices) }
        var isServer = Array(repeating: false, count: slots.count)
        for server in servers { isServer[server] = true }
        let queues = strategy == .capability ? 1 : slots.count
        lanes.append(
            Lane(
                servers: servers, isServer: isServer, callsModel: callsModel,
                queues: Array(repeating: ReadyQueue(), count: queues)))
        laneNumbers[key] = lanes.count - 1
        for server in servers { served[server].append(lanes.count - 1) }
        return lanes.count - 1
    }

    /// The slots that may take a task of this lane.
    package func servers(of lane: Int) -> [Int] { lanes[lane].servers }

    /// Makes a ready task available; `slot` is the one a person chose. Said again, it moves the task to its
    /// new lane, worker or urgency.
    package mutating func enqueue(key: UInt64, lane: Int, pinnedTo slot: Int? = nil) {
        let node = ReadyQueue.node(of: key)
        while entries.count <= node { entries.append(Entry()) }
        let place = place(of: node, lane: lane, pinnedTo: slot)
        guard !isValid(key, lane: lane, place) else { return }
        forget(node)
        entries[node] = Entry(key: key, lane: lane, place: place)
        insert(node)
    }

    /// Takes the most urgent task this worker may have, or nil. Entries for which `isStillReady` says no are
    /// dropped. `mayRob`: under `work-stealing`, also out of another's hand.
    package mutating func take(
        for worker: Int, withoutModels: Bool = false, mayRob: Bool = true, isStillReady: (Int) -> Bool
    ) -> Int? {
        var best: UInt64?
        if let key = topOfPinned(worker, isStillReady),
            !(withoutModels && lanes[entries[ReadyQueue.node(of: key)].lane].callsModel)
        {
            best = key
        }
        let own: Place = strategy == .capability ? .lane : .hand(worker)
        for lane in served[worker] where !(withoutModels && lanes[lane].callsModel) {
            if let key = top(of: lane, own, isStillReady), key > best ?? 0 { best = key }
        }
        if let best { return remove(ReadyQueue.node(of: best)) }
        guard strategy == .workStealing, mayRob else { return nil }
        return steal(for: worker, withoutModels: withoutModels, isStillReady)
    }

    /// Gives back what was just taken, to the place it came from.
    package mutating func putBack(_ node: Int) {
        guard !entries[node].isWaiting else { return }
        insert(node)
    }

    /// The worker will take nothing for a while: what it was dealt is dealt to the others, as far as they
    /// may.
    package mutating func setAbsent(_ worker: Int) {
        guard !isAbsent[worker] else { return }
        isAbsent[worker] = true
        for lane in served[worker] { dealAnew(.hand(worker), of: lane) }
    }

    /// The worker takes tasks again, also those that were dealt to nobody else in the meantime.
    package mutating func setPresent(_ worker: Int) {
        guard isAbsent[worker] else { return }
        isAbsent[worker] = false
        for lane in served[worker] {
            for server in lanes[lane].servers where isAbsent[server] { dealAnew(.hand(server), of: lane) }
        }
    }

    /// Whether something waits that the worker might take, were it there.
    package func hasWaiting(for worker: Int) -> Bool {
        pinnedSizes[worker] > 0 || served[worker].contains { lanes[$0].waiting > 0 }
    }

    /// Whether something waits that only this worker can take, or that all who can are absent.
    package func isOnlyHope(_ worker: Int) -> Bool {
        if pinnedSizes[worker] > 0 { return true }
        return served[worker].contains { lane in
            lanes[lane].waiting > 0 && lanes[lane].servers.allSatisfy { isAbsent[$0] }
        }
    }

    // MARK: - Dealing

    private mutating func place(of node: Int, lane: Int, pinnedTo slot: Int?) -> Place {
        if let slot { return .pinned(slot) }
        if strategy == .capability { return .lane }
        // A task that waits in a hand stays there: it is not dealt a second time because its urgency changed.
        if entries[node].isWaiting, entries[node].lane == lane, case .hand = entries[node].place {
            return entries[node].place
        }
        let server = nextServer(of: lane)
        dealt[server] += 1
        return .hand(server)
    }

    private func nextServer(of lane: Int) -> Int {
        let servers = lanes[lane].servers
        var next: Int?
        for server in servers where !isAbsent[server] {
            if next.map({ dealt[server] < dealt[$0] }) ?? true { next = server }
        }
        return next ?? servers[0]
    }

    private mutating func dealAnew(_ place: Place, of lane: Int) {
        guard strategy != .capability, case .hand(let holder) = place,
            lanes[lane].servers.contains(where: { !isAbsent[$0] })
        else { return }
        var hand = ReadyQueue()
        swap(&hand, &lanes[lane].queues[holder])
        while let key = hand.popFirst() {
            let node = ReadyQueue.node(of: key)
            guard isValid(key, lane: lane, place) else { continue }
            forget(node)
            let server = nextServer(of: lane)
            dealt[holder] -= 1
            dealt[server] += 1
            entries[node].place = .hand(server)
            insert(node)
        }
    }

    /// Takes the most urgent task that this worker can do from the longest hand of another.
    private mutating func steal(
        for worker: Int, withoutModels: Bool, _ isStillReady: (Int) -> Bool
    ) -> Int? {
        var victims = slots.indices.filter { $0 != worker && handSizes[$0] > 0 }
        // Equal hands in the order of the slots: nothing is left to the sorting.
        victims.sort { (-handSizes[$0], $0) < (-handSizes[$1], $1) }
        for victim in victims {
            var best: UInt64?
            for lane in served[victim]
            where lanes[lane].isServer[worker] && !(withoutModels && lanes[lane].callsModel) {
                if let key = top(of: lane, .hand(victim), isStillReady), key > best ?? 0 { best = key }
            }
            guard let best else { continue }
            let node = remove(ReadyQueue.node(of: best))
            dealt[victim] -= 1
            dealt[worker] += 1
            entries[node].place = .hand(worker)
            return node
        }
        return nil
    }

    // MARK: - Entries

    private func isValid(_ key: UInt64, lane: Int, _ place: Place) -> Bool {
        let entry = entries[ReadyQueue.node(of: key)]
        return entry.isWaiting && entry.key == key && entry.lane == lane && entry.place == place
    }

    private mutating func insert(_ node: Int) {
        let entry = entries[node]
        entries[node].isWaiting = true
        switch entry.place {
        case .lane:
            lanes[entry.lane].waiting += 1
            lanes[entry.lane].queues[0].insert(entry.key)
        case .pinned(let slot):
            pinnedSizes[slot] += 1
            pinned[slot].insert(entry.key)
        case .hand(let slot):
            handSizes[slot] += 1
            lanes[entry.lane].waiting += 1
            lanes[entry.lane].queues[slot].insert(entry.key)
        }
    }

    /// What lies in a queue for the node is stale from now on.
    private mutating func forget(_ node: Int) {
        guard entries[node].isWaiting else { return }
        entries[node].isWaiting = false
        switch entries[node].place {
        case .lane: lanes[entries[node].lane].waiting -= 1
        case .pinned(let slot): pinnedSizes[slot] -= 1
        case .hand(let slot):
            handSizes[slot] -= 1
            lanes[entries[node].lane].waiting -= 1
        }
    }

    /// Takes the entry at the top of its queue out.
    private mutating func remove(_ node: Int) -> Int {
        let entry = entries[node]
        forget(node)
        switch entry.place {
        case .lane: _ = lanes[entry.lane].queues[0].popFirst()
        case .hand(let slot): _ = lanes[entry.lane].queues[slot].popFirst()
        case .pinned(let slot): _ = pinned[slot].popFirst()
        }
        return node
    }

    private mutating func top(of lane: Int, _ place: Place, _ isStillReady: (Int) -> Bool) -> UInt64? {
        let queue = if case .hand(let slot) = place { slot } else { 0 }
        while let key = lanes[lane].queues[queue].first {
            let node = ReadyQueue.node(of: key)
            if isValid(key, lane: lane, place) {
                if isStillReady(node) { return key }
                forget(node)
            }
            _ = lanes[lane].queues[queue].popFirst()
        }
        return nil
    }

    private mutating func topOfPinned(_ worker: Int, _ isStillReady: (Int) -> Bool) -> UInt64? {
        while let key = pinned[worker].first {
            let node = ReadyQueue.node(of: key)
            if isValid(key, lane: entries[node].lane, .pinned(worker)) {
                if isStillReady(node) { return key }
                forget(node)
            }
            _ = pinned[worker].popFirst()
        }
        return nil
    }
}
