import CoordHTTP
import CoordModel
package import CoordProcess
package import CoordSystem
package import CoordWire

/// The gateway between agents and models: takes requests under a worker's secret path, asks the coordinator
/// whether each may go, passes request and answer byte for byte, and tells what was used.
///
/// Decides nothing: when a call goes, and whether it goes again, is the coordinator's. Keys are added here
/// and known nowhere else. Confined to its loop's thread.
package final class Gateway {
    /// One request of an agent.
    private final class Session {
        let exchange: HTTPExchange
        let head: HTTPRequestHead
        let worker: WorkerID
        let isAside: Bool
        let provider: Provider
        /// The path behind the provider's name, with the query.
        let target: String
        var body: [UInt8] = []
        var call: CallID?
        var request: ModelRequest?
        var key: ProviderKey?
        var transfer: HTTPTransfer?
        /// The head of an answer that is passed on; nil: none yet.
        var reader: UsageReader?
        /// An answer that is kept until it is clear whether it is passed on.
        var kept: (head: HTTPResponseHead, body: [UInt8])?
        var hints = RateHints()
        var faults = 0
        var firstFault: Int64?

        init(
            _ exchange: HTTPExchange, _ head: HTTPRequestHead, worker: WorkerID, isAside: Bool,
            provider: Provider, target: String
        ) {
            self.exchange = exchange
            self.head = head
            self.worker = worker
            self.isAside = isAside
            self.provider = provider
            self.target = target
        }
    }

    private let loop: EventLoop
    private let clock: RuntimeClock
    private let configuration: GatewayConfiguration
    private let report: (GatewayReport) -> Void
    private var server: HTTPServer?
    private var client: HTTPClient?
    /// By secret.
    private var callers: [String: (worker: WorkerID, isAside: Bool)] = [:]
    private var sessions: [HTTPExchange: Session] = [:]
    private var byCall: [CallID: Session] = [:]
    private var byTransfer: [HTTPTransfer: Session] = [:]
    /// Events of a transfer whose number is not known here yet.
    private var serverBox: Mailbox<HTTPServer.Event>?
    private var clientBox: Mailbox<HTTPClient.Event>?
    private let mark: String
    private var last = 0
    /// When each provider last answered a call well.
    private var lastAnswer: [String: Int64] = [:]

    /// An answer that is no success is kept up to this to be understood.
    private static let keptBytesMax = 1 << 20
    /// A request that fails so often while others succeed is at fault itself.
    private static let faultsMax = 5
    private let silenceSecondsMax: Int

    /// - Parameters:
    ///   - mark: tells the calls of this gateway from those of another within the run.
    ///   - silenceSecondsMax: how long a provider may say nothing, before its answer or within it. Models
    ///     think for minutes without a byte, and an answer that is cut off has been paid for.
    package init(
        loop: EventLoop, clock: RuntimeClock, configuration: GatewayConfiguration, mark: String,
        silenceSecondsMax: Int = 600,
        report: @escaping (GatewayReport) -> Void
    ) {
        self.loop = loop
        self.clock = clock
        self.configuration = configuration
        self.mark = mark
        self.silenceSecondsMax = silenceSecondsMax
        self.report = report
    }

    /// Listens on loopback; port 0: one that is free. Reports `ready`.
    package func start(port: Int) throws {
        let serverBox = try Mailbox<HTTPServer.Event>(loop: loop) { [unowned self] in handle($0) }
        let clientBox = try Mailbox<HTTPClient.Event>(loop: loop) { [unowned self] in handle($0) }
        (self.serverBox, self.clientBox) = (serverBox, clientBox)
        client = try HTTPClient { clientBox.post($0) }
        let server = try HTTPServer(
            port: port, headers: PassingHeaders.requests + configuration.headers
        ) { serverBox.post($0) }
        self.server = server
        let keys = configuration.providers.filter { $0.key() != nil }.map(\.name)
        report(.ready(port: server.port, keys: keys))
    }

    /// Ends every call.
    package func stop() {
        server?.stop()
        client?.stop()
    }

    /// What the coordinator says.
    package func obey(_ order: GatewayOrder) {
        switch order {
        case .admit(let worker, let secret, let isAside): callers[secret] = (worker, isAside)
        case .grant(let call): if let session = byCall[call] { send(session) }
        case .refuse(let call, let status, let reason):
            guard let session = byCall[call] else { return }
            forget(session)
            refuse(session.exchange, session.request?.dialect, status: status, reason)
        }
    }

    // MARK: Agents

    private func handle(_ event: HTTPServer.Event) {
        switch event {
        case .began(let exchange, let head): begin(exchange, head)
        case .received(let exchange, let bytes): sessions[exchange]?.body += bytes
        case .requestEnded(let exchange): if let session = sessions[exchange] { ask(session) }
        case .congested(let exchange):
            if let transfer = sessions[exchange]?.transfer { client?.pause(transfer) }
        case .drained(let exchange):
            if let transfer = sessions[exchange]?.transfer { client?.resume(transfer) }
        case .ended(let exchange, _): if let session = sessions[exchange] { clientLeft(session) }
        }
    }

    /// `/w/<secret>/<provider>/…`; whoever does not know a secret learns nothing.
    private func begin(_ exchange: HTTPExchange, _ head: HTTPRequestHead) {
        let parts = head.target.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: true)
        guard parts.count == 4, parts[0] == "w", let caller = callers[String(parts[1])] else {
            return refuse(exchange, nil, status: 404, "there is nothing here")
        }
        guard let provider = configuration.providers.first(where: { $0.name == parts[2] }) else {
            return refuse(exchange, nil, status: 404, "there is no provider `\(parts[2])`")
        }
        sessions[exchange] = Session(
            exchange, head, worker: caller.worker, isAside: caller.isAside, provider: provider,
            target: "/" + parts[3])
    }

    private func ask(_ session: Session) {
        let path = String(session.target.prefix { $0 != "?" })
        do throws(ModelRequest.Refusal) {
            session.request = try ModelRequest(
                method: session.head.method, path: path, body: session.body)
        } catch {
            sessions[session.exchange] = nil
            switch error {
            case .unknownPath:
                return refuse(session.exchange, nil, status: 404, "the gateway does not pass `\(path)`")
            case .unreadable(let reason): return refuse(session.exchange, nil, status: 400, reason)
            }
        }
        guard let request = session.request else { return }
        last += 1
        let call = CallID("\(mark)-\(last)")
        session.call = call
        byCall[call] = session
        session.key = session.provider.key()
        report(
            .asked(
                ModelCall(
                    id: call, worker: session.worker,
                    provider: ProviderAccount(provider: session.provider.name, account: account(of: session)),
                    model: request.model, requestBytes: session.body.count,
                    outputTokensMax: request.outputTokensMax, isFree: request.dialect == .free,
                    isAside: session.isAside)))
    }

    /// Tells logins apart by a few digits that lead nowhere.
    private func account(of session: Session) -> String {
        guard session.key == nil else { return "" }
        let names = ["authorization", "x-api-key", "x-goog-api-key"]
        let login = names.lazy.compactMap { session.head.headers.value(of: $0) }.first ?? ""
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in login.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(digest & 0xFFFF_FFFF, radix: 16)
    }

    private func clientLeft(_ session: Session) {
        forget(session)
        guard let call = session.call else { return }
        guard let transfer = session.transfer else { return report(.withdrawn(call)) }
        client?.cancel(transfer)
        settle(session, call, isComplete: false)
    }

    private func forget(_ session: Session) {
        sessions[session.exchange] = nil
        if let call = session.call { byCall[call] = nil }
        if let transfer = session.transfer { byTransfer[transfer] = nil }
    }

    // MARK: Providers

    private func send(_ session: Session) {
        guard let client, let request = session.request else { return }
        // A key that was refused may have been replaced meanwhile.
        session.key = session.provider.key()
        session.kept = nil
        let transfer = client.send(
            HTTPClient.Request(
                method: session.head.method, address: session.provider.base + session.target,
                headers: PassingHeaders.outgoing(session.head.headers, key: session.key),
                body: request.outgoing(session.body),
                idleSecondsMax: silenceSecondsMax))
        session.transfer = transfer
        byTransfer[transfer] = session
    }

    private func handle(_ event: HTTPClient.Event) {
        switch event {
        case .began(let transfer, let head):
            if let session = byTransfer[transfer] { begin(session, head) }
        case .received(let transfer, let bytes):
            if let session = byTransfer[transfer] { pass(bytes, to: session) }
        case .ended(let transfer): if let session = byTransfer[transfer] { end(session, isComplete: true) }
        case .failed(let transfer, _):
            if let session = byTransfer[transfer] { end(session, isComplete: false) }
        }
    }

    private func begin(_ session: Session, _ head: HTTPResponseHead) {
        session.hints = ProviderAnswer.hints(head.headers)
        guard (200..<300).contains(head.status), let request = session.request else {
            session.kept = (head, [])
            return
        }
        lastAnswer[session.provider.name] = loop.nanoseconds
        let type = head.headers.value(of: "content-type") ?? ""
        session.reader = UsageReader(request, isStream: type.hasPrefix("text/event-stream"))
        let length = request.lacksUsage ? nil : head.headers.value(of: "content-length").flatMap { Int($0) }
        server?.respond(
            session.exchange,
            HTTPResponseHead(status: head.status, headers: PassingHeaders.incoming(head.headers)),
            length: length)
    }

    private func pass(_ bytes: [UInt8], to session: Session) {
        if session.reader != nil {
            let passed = session.reader?.feed(bytes) ?? bytes
            if !passed.isEmpty { server?.send(session.exchange, passed) }
        } else if session.kept.map({ $0.body.count + bytes.count <= Self.keptBytesMax }) ?? false {
            session.kept?.body += bytes
        }
    }

    /// The provider has said all, or broke off.
    private func end(_ session: Session, isComplete: Bool) {
        guard let call = session.call, let transfer = session.transfer else { return }
        byTransfer[transfer] = nil
        session.transfer = nil
        if session.reader != nil {
            if let rest = session.reader?.rest(), !rest.isEmpty { server?.send(session.exchange, rest) }
            // The coordinator hears of it first: who sees the end of the answer may ask what it has cost.
            settle(session, call, isComplete: isComplete)
            forget(session)
            if isComplete { server?.finish(session.exchange) } else { server?.abort(session.exchange) }
            return
        }
        let why: CallOutcome.TurnAway?
        if let kept = session.kept, isComplete {
            why = ProviderAnswer.turnAway(
                status: kept.head.status, body: kept.body, ownKey: session.key != nil)
        } else {
            why = .unreachable
        }
        if let why, !isOwnFault(session, why) {
            let retryAfter = session.kept.flatMap {
                ProviderAnswer.retryAfter($0.head.headers, at: clock.now())
            }
            return report(.settled(call, .turnedAway(why, retryAfter: retryAfter), session.hints))
        }
        report(.settled(call, .refused(status: session.kept?.head.status ?? 502), session.hints))
        forget(session)
        guard let kept = session.kept else {
            return refuse(
                session.exchange, session.request?.dialect, status: 502, "the provider cannot be reached")
        }
        server?.respond(
            session.exchange,
            HTTPResponseHead(status: kept.head.status, headers: PassingHeaders.incoming(kept.head.headers)),
            length: kept.body.count)
        server?.send(session.exchange, kept.body)
        server?.finish(session.exchange)
    }

    /// Whether a request fails again and again while the provider answers others.
    private func isOwnFault(_ session: Session, _ why: CallOutcome.TurnAway) -> Bool {
        guard why == .broken else { return false }
        session.faults += 1
        let first = session.firstFault ?? loop.nanoseconds
        session.firstFault = first
        return session.faults >= Self.faultsMax
            && lastAnswer[session.provider.name].map { $0 > first } ?? false
    }

    private func settle(_ session: Session, _ call: CallID, isComplete: Bool) {
        guard session.reader != nil else { return report(.settled(call, .abandoned, session.hints)) }
        let found = session.reader?.finish(isComplete: isComplete, requestBytes: session.body.count)
        let outcome: CallOutcome
        if var usage = found?.usage {
            if usage.model.isEmpty { usage.model = session.request?.model ?? "" }
            outcome = .answered(usage, isCut: found?.isCut ?? false)
        } else {
            outcome = .answered(nil, isCut: !isComplete)
        }
        report(.settled(call, outcome, session.hints))
    }

    /// An answer of the gateway's own, in the words of the API that was asked.
    private func refuse(_ exchange: HTTPExchange, _ dialect: Dialect?, status: Int, _ reason: String) {
        server?.answer(
            exchange, status: status, GatewayError.body(dialect, status: status, "coord: " + reason))
    }
}
