import CoordCore
import CoordJSON
import CoordModel

/// P1: a layered graph of N tasks with up to three needs each, added, ordered, leased and completed in the
/// core.
enum ScheduleBench {
    static func run(_ options: Options) {
        let count = options.words.dropFirst().first.flatMap { Int($0) } ?? 10_000
        let clock = ContinuousClock()
        let start = clock.now
        let result = options.has("machine") ? machine(count) : graph(count)
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.attoseconds) / 1e18 + Double(elapsed.components.seconds)
        Bench.report([
            ("n", .integer(Int64(count))), ("completed", .integer(Int64(result))),
            ("hot_s", .number(seconds)),
            ("us_per_task", .number(seconds / Double(count) * 1e6)),
            ("tasks_per_s", .number(Double(count) / seconds)),
        ])
    }

    /// The needs of a node: three earlier ones, by a seed.
    private static func needs(_ node: Int, _ chance: inout SeededGenerator) -> [Int] {
        guard node >= 64 else { return [] }
        var found: [Int] = []
        while found.count < 3 {
            let need = max(0, node - 1 - Int(chance.next() % 4096))
            if !found.contains(need) { found.append(need) }
        }
        return found
    }

    private static func graph(_ count: Int) -> Int {
        var chance = SeededGenerator(seed: 1)
        var graph = TaskGraph()
        graph.reserve(nodes: count, edges: count * 3)
        let slots = (1...4).map { SlotSpec(worker: WorkerID("worker-\($0)"), number: $0) }
        var scheduler = Scheduler(strategy: .capability, slots: slots)
        let lane = scheduler.lane(role: nil, capabilities: [])
        for node in 0..<count {
            graph.addNode()
            for need in needs(node, &chance) { graph.addEdge(from: need, to: node) }
        }
        graph.weigh()
        func enqueue(_ node: Int) {
            scheduler.enqueue(
                key: ReadyQueue.key(priority: 0, weight: graph.weights[node], node: node), lane: lane)
        }
        for node in 0..<count where graph.isReady(node) { enqueue(node) }
        var completed = 0
        var leased: [Int] = []
        while true {
            for slot in slots.indices {
                if let node = scheduler.take(for: slot, isStillReady: { _ in true }) { leased.append(node) }
            }
            if leased.isEmpty { return completed }
            for node in leased {
                var released: [Int] = []
                graph.satisfy(node) { released.append($0) }
                for next in released { enqueue(next) }
            }
            completed += leased.count
            leased.removeAll(keepingCapacity: true)
        }
    }

    /// The same through the whole coordinator: every lease, fact and counter, but no store and no process.
    private static func machine(_ count: Int) -> Int {
        var chance = SeededGenerator(seed: 1)
        let slots = (1...4).map { SlotSpec(worker: WorkerID("worker-\($0)"), number: $0) }
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        var machine = CoordinatorStateMachine(settings: RunSettings(slots: slots), at: now)
        let specs = (0..<count).map { node in
            TaskSpec(
                id: TaskID("t\(node)"), dependencies: needs(node, &chance).map { TaskID("t\($0)") },
                run: "true",
                workspace: .none)
        }
        var pending: [Event] = []
        func absorb(_ effects: [Effect]) {
            for effect in effects {
                switch effect {
                case .startWorker(let slot):
                    pending.append(.workerStarted(slot: slot, ProcessIdentity(pid: 1, startTime: 1)))
                    pending.append(.workerReady(slot: slot))
                case .assign(let slot, let lease, _, _, _):
                    pending.append(.attemptEnded(slot: slot, lease, .finished, tail: ""))
                case .stopWorker(let slot): pending.append(.workerExited(slot: slot, .exited(status: 0)))
                case .record(.taskCompleted): completed += 1
                default: break
                }
            }
        }
        var completed = 0
        absorb(machine.start(specs, at: now))
        while !pending.isEmpty {
            let events = pending
            pending.removeAll(keepingCapacity: true)
            now = now + .milliseconds(1)
            for event in events { absorb(machine.handle(event, at: now)) }
        }
        return completed
    }
}
