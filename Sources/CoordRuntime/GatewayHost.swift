import CoordCore
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The model gateway seen from the coordinator: its process, the pipes to it, and what agents are told of it.
///
/// Confined to the loop's thread. It reports by events and decides nothing. A gateway that died is started
/// again on the same port, so that agents find it where it was.
package final class GatewayHost {
    /// What is needed to start one.
    package struct Plan: Sendable, Equatable {
        /// `coord-gateway`, absolute.
        package var program: String
        /// The user's `gateway.json`, absolute; it need not exist.
        package var configuration: String

        package init(program: String, configuration: String) {
            self.program = program
            self.configuration = configuration
        }
    }

    private let plan: Plan
    private let run: RunID
    private let log: String
    private let loop: EventLoop
    private let report: (Event) -> Void
    private let secrets: [(worker: WorkerID, secret: String, isAside: Bool)]
    private var child: ChildProcess?
    private var channel: LineChannel?
    private var port = 0
    /// The providers whose keys the gateway holds.
    private var keys: Set<String> = []
    private var starts = 0
    private var isEnding = false

    /// What stands for a key in an agent's environment: worth nothing anywhere.
    static let placeholder = "coord-gateway"
    private static let readyWithin: Int32 = 20_000
    private static let startsMax = 20

    /// Starts the gateway and waits until it listens.
    init(
        _ plan: Plan, run: RunID, workers: [WorkerID], log: String, loop: EventLoop,
        report: @escaping (Event) -> Void
    ) throws(SystemError) {
        self.plan = plan
        self.run = run
        self.log = log
        self.loop = loop
        self.report = report
        secrets = workers.flatMap { [($0, Self.secret(), false), ($0, Self.secret(), true)] }
        do { try start() } catch let error as SystemError { throw error } catch {
            throw SystemError(operation: "start coord-gateway: \(error)", path: plan.program, code: EIO)
        }
    }

    /// 128 bits that nobody guesses.
    private static func secret() -> String {
        var chance = SystemRandomNumberGenerator()
        let digits = [chance.next(), chance.next()].map { String($0, radix: 16) }
        return digits.map { String(repeating: "0", count: 16 - $0.utf8.count) + $0 }.joined()
    }

    /// What a coding agent that coord drives by name is told. Only of providers whose key the gateway holds:
    /// with the others it keeps its own login, and finds the gateway in its environment.
    func endpoint(for worker: WorkerID) -> GatewayEndpoint? {
        let found = environment(for: worker)
        guard !keys.isDisjoint(with: GatewayEndpoint.providers) else { return nil }
        return GatewayEndpoint(
            anthropic: keys.contains("anthropic") ? found["ANTHROPIC_BASE_URL"] : nil,
            openAI: keys.contains("openai") ? found["OPENAI_BASE_URL"] : nil,
            gemini: keys.contains("gemini") ? found["GOOGLE_GEMINI_BASE_URL"] : nil, key: Self.placeholder)
    }

    /// By what the workers' calls are told apart.
    var callerSecrets: [String] { secrets.map(\.secret) }

    /// What the agent of a worker finds in its environment. A stand-in for a key is given only where the
    /// gateway holds the real one, for it would keep a client from its own login, and only where an address
    /// leads there: who calls the provider itself would be turned away with it.
    func environment(for worker: WorkerID) -> [String: String] {
        guard let base = base(for: worker, isAside: false) else { return [:] }
        var result = [
            "COORD_GATEWAY_URL": base,
            "ANTHROPIC_BASE_URL": base + "/anthropic",
            "OPENAI_BASE_URL": base + "/openai/v1", "OPENAI_API_BASE": base + "/openai/v1",
            "GOOGLE_GEMINI_BASE_URL": base + "/gemini", "GEMINI_API_BASE": base + "/gemini",
        ]
        for provider in ModelProvider.known
        where keys.contains(provider.name) && GatewayEndpoint.providers.contains(provider.name) {
            for name in provider.keyNames { result[name] = Self.placeholder }
        }
        return result
    }

    /// Where coord's own calls beside the work of a worker's agent go. Nil: the gateway holds no key for the
    /// provider, and coord has no other.
    func address(aside worker: WorkerID, provider: String) -> String? {
        keys.contains(provider) ? base(for: worker, isAside: true) : nil
    }

    private func base(for worker: WorkerID, isAside: Bool) -> String? {
        secrets.first { $0.worker == worker && $0.isAside == isAside }
            .map { "http://127.0.0.1:\(port)/w/\($0.secret)" }
    }

    /// Says something; a gateway that is gone hears nothing, and its end is an event.
    func send(_ order: GatewayOrder) { _ = channel?.send { order.write(to: &$0) } }

    /// Ends the gateway and every call.
    func end() {
        isEnding = true
        channel?.close()
        channel = nil
        child?.killTree()
    }

    // MARK: The process

    private func start() throws {
        starts += 1
        let orders = try Descriptors.makePipe()
        let reports = try Descriptors.makePipe()
        let errors = try Descriptors.open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
        defer { for end in [orders.read, reports.write, errors] { Descriptors.close(end) } }
        let child: ChildProcess
        do {
            child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: plan.program,
                    arguments: [
                        "--port", String(port), "--configuration", plan.configuration,
                        "--mark", "\(run.rawValue.suffix(4))-\(Self.secret().prefix(6))",
                    ], environment: Self.ownEnvironment,
                    descriptors: [(0, orders.read), (1, reports.write), (2, errors)], session: true))
        } catch {
            for end in [orders.write, reports.read] { Descriptors.close(end) }
            throw error
        }
        self.child = child
        let ready = firstLine(reports.read)
        let channel = try LineChannel(
            loop: loop, read: reports.read, write: orders.write, writeLimitBytes: 16 << 20)
        self.channel = channel
        channel.onLine = { [unowned self] in hear($0) }
        loop.watchExit(of: child) { [unowned self] _ in lost() }
        // Whatever else it said, it is not ready; its log says why.
        guard case .ready(let port, let keys)? = try? GatewayReport.decode(ready[...]) else {
            throw SystemError(operation: "start coord-gateway (see \(log))", path: plan.program, code: EIO)
        }
        self.port = port
        self.keys = Set(keys)
        for (worker, secret, isAside) in secrets {
            send(.admit(worker: worker, secret: secret, isAside: isAside))
        }
        channel.flush()
    }

    /// It and what it may know: keys, addresses, proxies, where certificates are.
    static var ownEnvironment: [String: String] {
        let accounts = ModelProvider.known.flatMap { $0.keyNames + $0.baseNames }
        let network = [
            "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
            "no_proxy", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
        ]
        var result = AgentEnvironment.inherited()
        for name in accounts + network { result[name] = Environment.value(name) }
        result["SWIFT_BACKTRACE"] = "enable=no"
        return result
    }

    /// Reads byte by byte, so that nothing behind the line is taken from the channel.
    private func firstLine(_ descriptor: Int32) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 64 << 10 {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&wait, 1, Self.readyWithin)
            if count < 0, errno == EINTR { continue }
            guard count > 0, read(descriptor, &byte, 1) == 1, byte != 0x0A else { break }
            line.append(byte)
        }
        return line
    }

    private func hear(_ line: ArraySlice<UInt8>) {
        // The gateway is coord's own: a line that is no report is one of a newer version.
        guard let said = try? GatewayReport.decode(line) else { return }
        switch said {
        case .ready: break
        case .asked(let call): report(.callAsked(call))
        case .settled(let call, let outcome, let hints): report(.callSettled(call, outcome, hints))
        case .withdrawn(let call): report(.callWithdrawn(call))
        }
    }

    private func lost() {
        channel?.drain()
        channel?.close()
        channel = nil
        child = nil
        guard !isEnding else { return }
        report(.gatewayLost)
        guard starts < Self.startsMax else { return }
        // One that cannot start is lost for good: its agents' calls fail, and their tasks say so.
        try? start()
    }
}
