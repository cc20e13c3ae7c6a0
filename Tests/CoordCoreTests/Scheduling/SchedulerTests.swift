import CoordCore
import CoordModel
import Testing

@Suite("Scheduler")
struct SchedulerTests {
    private func key(_ node: Int, priority: Int = 0) -> UInt64 {
        ReadyQueue.key(priority: priority, weight: 1, node: node)
    }

    private func scheduler(_ strategy: AssignmentStrategy, _ slots: [SlotSpec]) -> Scheduler {
        Scheduler(strategy: strategy, slots: slots)
    }

    /// Takes for the workers in the order given, until all get nothing.
    private func takes(_ scheduler: inout Scheduler, for workers: [Int]) -> [[Int]] {
        var taken = workers.map { _ in [Int]() }
        var isMoving = true
        while isMoving {
            isMoving = false
            for (index, worker) in workers.enumerated() {
                if let node = scheduler.take(for: worker, isStillReady: { _ in true }) {
                    taken[index].append(node)
                    isMoving = true
                }
            }
        }
        return taken
    }

    // MARK: - Lanes

    @Test("a task goes to its role, where there is none to the capabilities, where none has them to all")
    func lanes() {
        var team = slots("writer", "coder", "coder", nil)
        team[0].capabilities = [.writesDocs]
        team[3].capabilities = [.writesCode, .runsTests, .writesDocs]
        var scheduler = scheduler(.capability, team)
        func servers(_ role: RoleID?, _ capabilities: [Capability]) -> [Int] {
            let lane = scheduler.lane(role: role, capabilities: capabilities)
            return scheduler.servers(of: lane)
        }
        #expect(servers("coder", []) == [1, 2])
        #expect(servers("tester", [.runsTests]) == [3])
        #expect(servers(nil, [.writesDocs]) == [0, 3])
        #expect(servers(nil, [.writesCode, .writesDocs]) == [3])
        #expect(servers(nil, [.browser]) == [0, 1, 2, 3])
        #expect(servers(nil, []) == [0, 1, 2, 3])
        #expect(
            scheduler.lane(role: nil, capabilities: [.writesDocs, .writesCode])
                == scheduler.lane(role: nil, capabilities: [.writesCode, .writesDocs]))
    }

    @Test("under capability an idle worker takes the most urgent task it can do")
    func capability() {
        var scheduler = scheduler(.capability, slots("writer", "coder"))
        let writing = scheduler.lane(role: "writer", capabilities: [])
        let coding = scheduler.lane(role: "coder", capabilities: [])
        let anything = scheduler.lane(role: nil, capabilities: [])
        scheduler.enqueue(key: key(0), lane: writing)
        scheduler.enqueue(key: key(1), lane: coding)
        scheduler.enqueue(key: key(2, priority: 5), lane: anything)
        scheduler.enqueue(key: key(3, priority: 1), lane: coding)
        #expect(takes(&scheduler, for: [1, 0]) == [[2, 3, 1], [0]])
    }

    // MARK: - Dealing

    @Test(
        "round-robin deals in turn: the shares of two workers differ by at most one", arguments: [1, 2, 3, 7])
    func roundRobin(workers: Int) {
        var scheduler = scheduler(
            .roundRobin, Array(slots(nil, nil, nil, nil, nil, nil, nil).prefix(workers)))
        let lane = scheduler.lane(role: nil, capabilities: [])
        for node in 0..<100 { scheduler.enqueue(key: key(node), lane: lane) }
        let taken = takes(&scheduler, for: Array(0..<workers))
        let shares = taken.map(\.count)
        #expect(shares.reduce(0, +) == 100 && shares.max()! - shares.min()! <= 1)
        #expect(taken[0] == Array(stride(from: 0, to: 100, by: workers)))
    }

    @Test("a task that becomes more urgent while it waits is not dealt twice")
    func dealtOnce() {
        var scheduler = scheduler(.roundRobin, slots(nil, nil))
        let lane = scheduler.lane(role: nil, capabilities: [])
        for node in 0..<4 { scheduler.enqueue(key: key(node), lane: lane) }
        for priority in 1...9 { scheduler.enqueue(key: key(2, priority: priority), lane: lane) }
        scheduler.enqueue(key: key(4), lane: lane)
        scheduler.enqueue(key: key(5), lane: lane)
        #expect(takes(&scheduler, for: [0, 1]) == [[2, 0, 4], [1, 3, 5]])
    }

    @Test(
        "only under work-stealing do the idle take from others, from the longest hand first"
    )
    func stealing() {
        var robin = scheduler(.roundRobin, slots(nil, nil, nil))
        var thief = scheduler(.workStealing, slots(nil, nil, nil))
        let lane = robin.lane(role: nil, capabilities: [])
        #expect(thief.lane(role: nil, capabilities: []) == lane)
        for node in 0..<7 {
            robin.enqueue(key: key(node), lane: lane)
            thief.enqueue(key: key(node), lane: lane)
        }
        // Hands: 0 3 6 · 1 4 · 2 5. Only the second worker is ever idle.
        #expect(takes(&robin, for: [1]) == [[1, 4]])
        #expect(takes(&thief, for: [1]) == [[1, 4, 0, 3, 2, 6, 5]])
    }

    @Test("a thief takes only what it can do")
    func stealingByRole() {
        var scheduler = scheduler(.workStealing, slots("a", "b", "b"))
        let laneA = scheduler.lane(role: "a", capabilities: [])
        let laneB = scheduler.lane(role: "b", capabilities: [])
        for node in 0..<3 { scheduler.enqueue(key: key(node), lane: laneA) }
        for node in 3..<6 { scheduler.enqueue(key: key(node), lane: laneB) }
        #expect(takes(&scheduler, for: [2]) == [[4, 3, 5]])
        #expect(takes(&scheduler, for: [0]) == [[0, 1, 2]])
    }

    @Test("what an absent worker was dealt is dealt to the others, and back to it when it is the only one")
    func absence() {
        var scheduler = scheduler(.roundRobin, slots(nil, nil, nil))
        let lane = scheduler.lane(role: nil, capabilities: [])
        for node in 0..<6 { scheduler.enqueue(key: key(node), lane: lane) }
        scheduler.setAbsent(0)
        #expect(takes(&scheduler, for: [1, 2]) == [[0, 1, 4], [2, 3, 5]])
        scheduler.enqueue(key: key(6), lane: lane)
        scheduler.setAbsent(1)
        scheduler.setAbsent(2)
        scheduler.enqueue(key: key(7), lane: lane)
        scheduler.setPresent(0)
        #expect(takes(&scheduler, for: [0]) == [[6, 7]])
    }

    // MARK: - People

    @Test("what is pinned to a worker nobody else takes, though it was ready for all before")
    func pinning() {
        for strategy in AssignmentStrategy.allCases {
            var scheduler = scheduler(strategy, slots(nil, nil))
            let lane = scheduler.lane(role: nil, capabilities: [])
            scheduler.enqueue(key: key(0), lane: lane)
            scheduler.enqueue(key: key(0), lane: lane, pinnedTo: 1)
            #expect(takes(&scheduler, for: [0, 1]) == [[], [0]], "\(strategy)")
            scheduler.enqueue(key: key(1), lane: lane, pinnedTo: 1)
            scheduler.enqueue(key: key(1), lane: lane)
            scheduler.enqueue(key: key(2), lane: lane)
            #expect(takes(&scheduler, for: [0, 1]).joined().sorted() == [1, 2], "\(strategy)")
        }
    }

    @Test("a task that moved to another lane or urgency is taken there and so, and once")
    func moving() {
        for strategy in AssignmentStrategy.allCases {
            var scheduler = scheduler(strategy, slots("a", "b"))
            let laneA = scheduler.lane(role: "a", capabilities: [])
            let laneB = scheduler.lane(role: "b", capabilities: [])
            scheduler.enqueue(key: key(0), lane: laneA)
            scheduler.enqueue(key: key(1), lane: laneB)
            scheduler.enqueue(key: key(0, priority: -1), lane: laneB)
            #expect(takes(&scheduler, for: [0, 1]) == [[], [1, 0]], "\(strategy)")
            scheduler.enqueue(key: key(2, priority: 9), lane: laneA)
            scheduler.enqueue(key: key(3, priority: 5), lane: laneA)
            scheduler.enqueue(key: key(2, priority: 1), lane: laneA)
            #expect(takes(&scheduler, for: [0, 1]) == [[3, 2], []], "\(strategy)")
        }
    }

    @Test("what is no longer ready is dropped, what is given back is taken again by the same worker")
    func stale() {
        for strategy in AssignmentStrategy.allCases {
            var scheduler = scheduler(strategy, slots(nil))
            let lane = scheduler.lane(role: nil, capabilities: [])
            for node in 0..<3 { scheduler.enqueue(key: key(node), lane: lane) }
            #expect(scheduler.take(for: 0) { $0 != 0 } == 1, "\(strategy)")
            scheduler.putBack(1)
            scheduler.putBack(1)
            #expect(takes(&scheduler, for: [0]) == [[1, 2]], "\(strategy)")
        }
    }

    @Test("a worker that may not call models takes what needs none")
    func withoutModels() {
        for strategy in AssignmentStrategy.allCases {
            var scheduler = scheduler(strategy, slots(nil))
            let model = scheduler.lane(role: nil, capabilities: [], callsModel: true)
            let shell = scheduler.lane(role: nil, capabilities: [], callsModel: false)
            scheduler.enqueue(key: key(0, priority: 9), lane: model)
            scheduler.enqueue(key: key(1), lane: shell)
            #expect(scheduler.take(for: 0, withoutModels: true) { _ in true } == 1, "\(strategy)")
            #expect(scheduler.take(for: 0, withoutModels: true) { _ in true } == nil, "\(strategy)")
            #expect(scheduler.take(for: 0) { _ in true } == 0, "\(strategy)")
            scheduler.enqueue(key: key(0), lane: model, pinnedTo: 0)
            #expect(scheduler.take(for: 0, withoutModels: true) { _ in true } == nil, "\(strategy)")
        }
    }

    @Test("an idle worker does not look through the tasks of others", arguments: AssignmentStrategy.allCases)
    func noScan(strategy: AssignmentStrategy) {
        var scheduler = scheduler(strategy, slots("a", "b", "b"))
        let laneB = scheduler.lane(role: "b", capabilities: [])
        _ = scheduler.lane(role: "a", capabilities: [])
        for node in 0..<20_000 { scheduler.enqueue(key: key(node), lane: laneB) }
        var asked = 0
        for _ in 0..<1000 {
            #expect(
                scheduler.take(for: 0) { _ in
                    asked += 1
                    return true
                } == nil)
        }
        #expect(asked == 0)
    }
}
