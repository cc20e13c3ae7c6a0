import CoordHTTP
import Synchronization

/// A server whose answers a test writes down as a closure, called once a request is there as a whole.
final class TestServer: Sendable {
    /// A request with its body.
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8]
    }

    let server: HTTPServer
    let seen: Mutex<[Request]>

    init(
        headers: [String] = [], limits: HTTPServerLimits = HTTPServerLimits(),
        told: (@Sendable (HTTPServer.Event) -> Void)? = nil,
        answer: @escaping @Sendable (HTTPServer, HTTPExchange, Request) -> Void
    ) throws {
        let box = Box()
        let requests = Mutex<[HTTPExchange: Request]>([:])
        let server = try HTTPServer(headers: headers, limits: limits) { event in
            told?(event)
            switch event {
            case .began(let exchange, let head):
                requests.withLock { $0[exchange] = Request(head: head, body: []) }
            case .received(let exchange, let bytes): requests.withLock { $0[exchange]?.body += bytes }
            case .requestEnded(let exchange):
                guard let request = requests.withLock({ $0.removeValue(forKey: exchange) }),
                    let owner = box.server.withLock({ $0 })
                else { return }
                owner.note(request)
                answer(owner.server, exchange, request)
            case .congested, .drained, .ended: break
            }
        }
        self.server = server
        seen = Mutex([])
        box.server.withLock { [weak self] in $0 = self }
    }

    deinit { server.stop() }

    private func note(_ request: Request) { seen.withLock { $0.append(request) } }

    private final class Box: Sendable { let server = Mutex<TestServer?>(nil) }

    func address(_ path: String = "/") -> String { "http://127.0.0.1:\(server.port)\(path)" }
}

/// A client whose answers are awaited whole.
final class TestClient: Sendable {
    /// An answer; `failure` says why it is not whole.
    struct Reply: Sendable {
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        var failure: HTTPClient.Failure?
        var status: Int? { head?.status }
    }

    private struct State {
        var replies: [HTTPTransfer: Reply] = [:]
        var waiting: [HTTPTransfer: CheckedContinuation<Reply, Never>] = [:]
        var done: Set<HTTPTransfer> = []
    }

    private final class Book: Sendable {
        let state = Mutex(State())

        func note(_ event: HTTPClient.Event) {
            switch event {
            case .began(let transfer, let head): change(transfer) { $0.head = head }
            case .received(let transfer, let bytes): change(transfer) { $0.body += bytes }
            case .ended(let transfer): end(transfer)
            case .failed(let transfer, let failure):
                change(transfer) { $0.failure = failure }
                end(transfer)
            }
        }

        private func change(_ transfer: HTTPTransfer, _ edit: (inout Reply) -> Void) {
            state.withLock { edit(&$0.replies[transfer, default: Reply()]) }
        }

        private func end(_ transfer: HTTPTransfer) {
            let waiter = state.withLock { state -> CheckedContinuation<Reply, Never>? in
                state.done.insert(transfer)
                return state.waiting.removeValue(forKey: transfer)
            }
            waiter?.resume(returning: state.withLock { $0.replies[transfer] ?? Reply() })
        }
    }

    private let book = Book()
    let client: HTTPClient

    init() throws {
        let book = book
        client = try HTTPClient { book.note($0) }
    }

    deinit { client.stop() }

    func get(_ address: String, headers: [HTTPHeader] = []) async -> Reply {
        await reply(to: .init(method: "GET", address: address, headers: headers))
    }

    func post(_ address: String, _ body: [UInt8], headers: [HTTPHeader] = []) async -> Reply {
        await reply(to: .init(address: address, headers: headers, body: body))
    }

    func reply(to request: HTTPClient.Request) async -> Reply {
        let transfer = client.send(request)
        return await withCheckedContinuation { waiter in
            let early = book.state.withLock { state -> Reply? in
                guard state.done.contains(transfer) else {
                    state.waiting[transfer] = waiter
                    return nil
                }
                return state.replies[transfer] ?? Reply()
            }
            if let early { waiter.resume(returning: early) }
        }
    }
}
