import CoordCore
import CoordModel
import Testing

/// Workers, a provider with limits and moods, and the governor between them, on a virtual clock, out of a
/// seed.
private struct Fleet {
    struct Settings {
        var workers = 16
        var callsPerWorker = 8
        var limits = RateLimits()
        /// How many of a hundred answers turn the call away.
        var refusalsPercent: UInt64 = 0
        /// The first worker asks for so many calls at a time, the others for one.
        var greed = 1
        var until: Duration = .seconds(36_000)
    }

    let settings: Settings
    var chance: SeededGenerator
    var governor: ModelGovernor
    var now = Timestamp(milliseconds: 5_000_000)
    let start: Timestamp
    /// What is to happen, the last first.
    private var agenda: [(at: Timestamp, id: CallID, outcome: CallOutcome)] = []
    private var asked: [Int]
    private var number = 0
    private var owners: [CallID: Int] = [:]
    private(set) var grants: [(at: Timestamp, worker: Int)] = []
    private(set) var done: [Int]
    private(set) var refused = 0
    private(set) var pauses: [(from: Timestamp, until: Timestamp)] = []

    init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        chance = SeededGenerator(seed: seed)
        governor = ModelGovernor(settings.limits, seed: seed)
        start = now
        asked = Array(repeating: 0, count: settings.workers)
        done = Array(repeating: 0, count: settings.workers)
    }

    private mutating func ask(_ worker: Int) {
        guard asked[worker] < settings.callsPerWorker else { return }
        asked[worker] += 1
        number += 1
        owners[CallID("c\(number)")] = worker
        governor.ask(
            ModelCall(
                id: CallID("c\(number)"), worker: WorkerID("w-\(worker)"),
                provider: ProviderAccount(provider: "p"), model: "m",
                requestBytes: 1000 + Int(chance.next() % 4000), outputTokensMax: 400),
            priority: 0, at: now)
    }

    private mutating func look() {
        while let decision = governor.next(at: now, room: { _ in .enough }) {
            guard case .grant(let call) = decision else {
                refused += 1
                continue
            }
            let worker = Int(call.worker.rawValue.dropFirst(2)) ?? 0
            grants.append((now, worker))
            let took = Duration.milliseconds(50 + Int64(chance.next() % 2000))
            let isTurnedAway = chance.next() % 100 < settings.refusalsPercent
            let why = CallOutcome.TurnAway.allCases[Int(chance.next() % 4)]
            let wish: Duration? = chance.next() % 2 == 0 ? .seconds(Int64(chance.next() % 20)) : nil
            let usage = Usage(
                model: "m", tokens: TokenCounts(input: 100 + Int64(chance.next() % 1500), output: 200))
            let outcome: CallOutcome =
                isTurnedAway ? .turnedAway(why, retryAfter: wish) : .answered(usage, isCut: false)
            let place = agenda.firstIndex { $0.at <= now + took } ?? agenda.count
            agenda.insert((now + took, call.id, outcome), at: place)
        }
    }

    mutating func run() {
        for worker in 0..<settings.workers {
            for _ in 0..<(worker == 0 ? settings.greed : 1) { ask(worker) }
        }
        while now - start < settings.until {
            look()
            let deadline = governor.nextDeadline
            guard let next = [agenda.last?.at, deadline].compactMap({ $0 }).min() else { return }
            precondition(next >= now, "time went back")
            now = next
            while let event = agenda.last, event.at <= now {
                agenda.removeLast()
                let worker = owners[event.id] ?? 0
                if let pause = governor.settle(event.id, event.outcome, at: now) {
                    pauses.append((now, pause.until))
                }
                guard case .answered = event.outcome else { continue }
                done[worker] += 1
                ask(worker)
            }
        }
    }

}

@Suite("A fleet of agents under the governor, simulated")
struct ModelFleetSimulationTests {
    @Test("with refusals of every kind each call is answered in the end, and nobody goes during a pause")
    func everyCallEnds() {
        for seed in 1...40 {
            var settings = Fleet.Settings()
            settings.refusalsPercent = UInt64(seed % 60)
            var fleet = Fleet(settings, seed: UInt64(seed))
            fleet.run()
            #expect(fleet.done.reduce(0, +) == 16 * 8, "seed \(seed)")
            #expect(fleet.refused == 0, "seed \(seed)")
            for pause in fleet.pauses {
                let early = fleet.grants.filter { $0.at > pause.from && $0.at < pause.until }
                #expect(early.isEmpty, "seed \(seed)")
            }
        }
    }

    @Test("after a pause no second sees more than a fifth above the rate")
    func noBurst() {
        for seed in 1...6 {
            var settings = Fleet.Settings()
            settings.workers = 64
            settings.callsPerWorker = 20
            settings.limits = RateLimits(requestsPerMinute: 1200)
            settings.refusalsPercent = 1
            settings.until = .seconds(300)
            var fleet = Fleet(settings, seed: UInt64(seed))
            fleet.run()
            guard let pause = fleet.pauses.first else { continue }
            let after = fleet.grants.filter { $0.at >= pause.until }
            for (index, first) in after.enumerated() {
                let within = after[index...].prefix { $0.at - first.at < .seconds(1) }
                #expect(within.count <= 24, "seed \(seed) at \(first.at)")
            }
        }
    }

    @Test("one greedy worker takes nothing from the others' share")
    func fairness() {
        var settings = Fleet.Settings()
        settings.workers = 64
        settings.callsPerWorker = 1000
        settings.limits = RateLimits(requestsPerMinute: 640)
        settings.greed = 400
        settings.until = .seconds(120)
        var fleet = Fleet(settings, seed: 3)
        fleet.run()
        // At first the bucket is full and there is enough for all.
        let later = fleet.grants.filter { $0.at - fleet.start >= .seconds(60) }
        let share = later.count / 64
        #expect(share >= 9)
        for worker in 1..<64 {
            let had = later.count { $0.worker == worker }
            #expect(had * 10 >= share * 8, "worker \(worker): \(had) of \(share)")
        }
    }
}
