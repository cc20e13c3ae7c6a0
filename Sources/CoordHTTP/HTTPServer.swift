import CoordProcess
import Synchronization

/// An HTTP/1.1 server on a thread of its own, which has never heard of coord. The library under it is known
/// to `ServerCore` alone.
///
/// What clients do is reported on that thread; what is to be answered may be said from any. Bodies stream in
/// both directions. A request whose length is not told beforehand is answered with 411.
package final class HTTPServer: Sendable {
    /// What a client did.
    package enum Event: Sendable {
        case began(HTTPExchange, HTTPRequestHead)
        case received(HTTPExchange, [UInt8])
        /// All of the request is there.
        case requestEnded(HTTPExchange)
        /// The client takes less than it is sent: pause until `drained`.
        case congested(HTTPExchange)
        case drained(HTTPExchange)
        /// The answer was handed to the system as a whole, or the client is gone. The last event.
        case ended(HTTPExchange, isComplete: Bool)
    }

    enum Command: Sendable {
        case respond(UInt64, HTTPResponseHead, length: Int?)
        case send(UInt64, [UInt8])
        case finish(UInt64)
        case abort(UInt64)
        case stop
    }

    /// What the thread and everybody else share. Waking is the one call of the library that other threads may
    /// make.
    final class Inbox: Sendable {
        private struct State {
            var commands: [Command] = []
            /// Has the thread look here; nil: it does not work.
            var wake: (@Sendable () -> Void)?
        }
        private let state = Mutex(State())
        func post(_ command: Command) {
            state.withLock { state in
                state.commands.append(command)
                if state.commands.count == 1 { state.wake?() }
            }
        }
        func takeAll() -> [Command] {
            state.withLock { state in
                defer { state.commands = [] }
                return state.commands
            }
        }
        func open(_ wake: (@Sendable () -> Void)?) { state.withLock { $0.wake = wake } }
    }

    /// The port that is listened on.
    package let port: Int
    private let inbox: Inbox
    private let threads: BlockingThreads

    /// Listens. Port 0: one that is free.
    ///
    /// - Parameter headers: names, in lower case, of headers that `began` tells besides the standard ones;
    ///   others are not looked at. The library finds a header it does not know only by its name.
    package init(
        address: String = "127.0.0.1", port: Int = 0, headers: [String] = [],
        limits: HTTPServerLimits = HTTPServerLimits(), report: @escaping @Sendable (Event) -> Void
    ) throws(HTTPError) {
        let inbox = Inbox()
        let threads = BlockingThreads(count: 1, name: "http-server")
        let bound = Answer<Int>()
        let isStarted = threads.submit {
            let core = ServerCore(headers: headers, limits: limits, inbox: inbox, report: report)
            bound.give(core.listen(address: address, port: port))
            core.work()
        }
        guard isStarted else { throw .noThread }
        let number = bound.take()
        guard number > 0 else { throw .cannotListen(address: address, port: port) }
        self.port = number
        self.inbox = inbox
        self.threads = threads
    }

    deinit { inbox.post(.stop) }

    /// Begins the answer. Without a length it is sent in chunks until `finish`.
    package func respond(_ exchange: HTTPExchange, _ head: HTTPResponseHead, length: Int? = nil) {
        inbox.post(.respond(exchange.number, head, length: length))
    }

    /// Sends more of the answer.
    package func send(_ exchange: HTTPExchange, _ bytes: [UInt8]) {
        inbox.post(.send(exchange.number, bytes))
    }

    /// The answer is complete.
    package func finish(_ exchange: HTTPExchange) { inbox.post(.finish(exchange.number)) }

    /// Closes the connection, so that the client can tell a cut answer from a complete one.
    package func abort(_ exchange: HTTPExchange) { inbox.post(.abort(exchange.number)) }

    /// Answers as a whole.
    package func answer(
        _ exchange: HTTPExchange, status: Int, type: String = "application/json", headers: [HTTPHeader] = [],
        _ body: [UInt8]
    ) {
        respond(
            exchange, HTTPResponseHead(status: status, headers: headers + [HTTPHeader("content-type", type)]),
            length: body.count)
        send(exchange, body)
        finish(exchange)
    }

    /// Closes every connection and returns when the thread is done.
    package func stop() {
        inbox.post(.stop)
        threads.shutdown()
    }
}

/// A value that one thread waits for and another gives.
final class Answer<Value: Sendable>: Sendable {
    private let monitor = Monitor<Value?>(nil)
    func give(_ value: Value) {
        monitor.withLock { $0 = value }
        monitor.wakeAll()
    }
    func take() -> Value { monitor.withLock(when: { $0 != nil }) { $0! } }
}
