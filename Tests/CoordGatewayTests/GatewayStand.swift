import CoordCore
import CoordGateway
import CoordModel
import CoordProcess
import CoordScriptedModel
import CoordSystem
import CoordWire
import Synchronization
import Testing

/// A gateway on a thread, with a governor and a ledger in the coordinator's place.
final class GatewayStand: Sendable {
    struct Book: Sendable {
        var usages: [Usage] = []
        var refusals: [Int] = []
        var pauses = 0
        var spent = Money.zero
        /// The most that was spent and held at one time.
        var committedMost = Money.zero
    }

    static let prices = PriceList(
        date: "2026-11-20", source: "test",
        entries: [
            "test-model": .init(
                price: .init(
                    input: 2_000_000, output: 10_000_000, cacheWrite: 2_500_000, cacheRead: 100_000))
        ])

    private let book = Monitor(Book())
    private let threads = BlockingThreads(count: 1, name: "gateway")
    private let stopper = Monitor<Mailbox<Void>?>(nil)
    let port: Int
    var result: Book { book.withLock { $0 } }

    func address(_ worker: Int) -> String { "http://127.0.0.1:\(port)/w/secret-\(worker)/anthropic" }

    init(
        _ configuration: GatewayConfiguration, limits: RateLimits = RateLimits(), budget: Money? = nil,
        silenceSecondsMax: Int = 600
    ) throws {
        let (book, tell, started) = (book, stopper, Monitor<Int?>(nil))
        threads.submit {
            do {
                let loop = try EventLoop()
                let desk = Desk(loop, configuration, limits, budget, silenceSecondsMax) { edit in
                    book.withLock { edit(&$0) }
                }
                let mailbox = try Mailbox<Void>(loop: loop) { loop.stop() }
                tell.withLock { $0 = mailbox }
                try desk.start { port in
                    started.withLock { $0 = port }
                    started.wakeAll()
                }
                loop.run()
                desk.stop()
            } catch {
                started.withLock { $0 = -1 }
                started.wakeAll()
            }
        }
        port = started.withLock(when: { $0 != nil }) { $0 ?? -1 }
        try #require(port > 0)
    }

    func stop() {
        stopper.withLock { $0 }?.post(())
        threads.shutdown()
    }
}

/// What the coordinator does for its gateway, and nothing else of it.
private final class Desk {
    private let loop: EventLoop
    private let clock = RuntimeClock()
    private var governor: ModelGovernor
    private var ledger: CostLedger
    private var calls: [CallID: ModelCall] = [:]
    private var gateway: Gateway?
    private let configuration: GatewayConfiguration
    private let silenceSecondsMax: Int
    private let note: ((inout GatewayStand.Book) -> Void) -> Void
    private var onReady: ((Int) -> Void)?

    init(
        _ loop: EventLoop, _ configuration: GatewayConfiguration, _ limits: RateLimits, _ budget: Money?,
        _ silenceSecondsMax: Int, _ note: @escaping ((inout GatewayStand.Book) -> Void) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.note = note
        self.silenceSecondsMax = silenceSecondsMax
        governor = ModelGovernor(limits, seed: 11)
        ledger = CostLedger(budget: budget)
    }

    func start(_ onReady: @escaping (Int) -> Void) throws {
        self.onReady = onReady
        let gateway = Gateway(
            loop: loop, clock: clock, configuration: configuration, mark: "t",
            silenceSecondsMax: silenceSecondsMax
        ) { [unowned self] in hear($0) }
        self.gateway = gateway
        for number in 0..<64 {
            gateway.obey(.admit(worker: WorkerID("w-\(number)"), secret: "secret-\(number)"))
        }
        loop.alarm = { [unowned self] in decide() }
        try gateway.start(port: 0)
    }

    func stop() { gateway?.stop() }

    private func hear(_ report: GatewayReport) {
        switch report {
        case .ready(let port, _): onReady?(port)
        case .asked(let call):
            calls[call.id] = call
            governor.ask(call, priority: 0, at: clock.now())
        case .withdrawn(let id): governor.withdraw(id)
        case .settled(let id, let outcome, let hints):
            governor.learn(hints, from: id, at: clock.now())
            if governor.settle(id, outcome, at: clock.now()) != nil { note { $0.pauses += 1 } }
            ledger.letGo(of: id)
            guard case .answered(var usage?, _) = outcome, let call = calls[id] else { break }
            usage.id = id.rawValue
            let cost = GatewayStand.prices.cost(of: usage.tokens, model: call.model) ?? .zero
            _ = ledger.record(usage, cost: cost, task: "t", worker: call.worker)
            let spent = ledger.spent
            note {
                $0.usages.append(usage)
                $0.spent = spent
            }
        }
        decide()
    }

    private func decide() {
        while true {
            let ledger = ledger
            let decision = governor.next(at: clock.now()) { call in
                ledger.room(
                    forCall: GatewayStand.prices.costMax(of: call) ?? .zero, task: "t", taskBudget: nil,
                    worker: call.worker, workerBudget: nil)
            }
            switch decision {
            case nil:
                loop.setAlarm(after: governor.nextDeadline.map { $0 - clock.now() })
                return
            case .grant(let call)?:
                self.ledger.hold(
                    GatewayStand.prices.costMax(of: call) ?? .zero, for: call.id, task: "t",
                    worker: call.worker)
                let committed = self.ledger.spent + self.ledger.reserved
                note { $0.committedMost = max($0.committedMost, committed) }
                gateway?.obey(.grant(call.id))
            case .refuse(let call, let status, let reason, _)?:
                note { $0.refusals.append(status) }
                gateway?.obey(.refuse(call.id, status: status, reason: reason))
            }
        }
    }
}
