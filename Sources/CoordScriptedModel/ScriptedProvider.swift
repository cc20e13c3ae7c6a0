package import CoordHTTP
package import CoordModel
import Synchronization

/// A provider of models out of a script, for tests and benches: it answers on loopback like Anthropic, and
/// keeps a log. What it says it used is made from the request, so that every figure is another.
package final class ScriptedProvider: Sendable {
    /// What was asked, with which key, and what was answered.
    package struct Served: Sendable {
        package var key: String?
        package var tokens: TokenCounts
        package var request: [UInt8]
        package var answer: [UInt8]
    }

    private let server: HTTPServer
    private let log = Mutex<[Served]>([])
    /// Every answered request, in the order of its answer.
    package var served: [Served] { log.withLock { $0 } }
    /// Where it is, without a slash at the end.
    package var address: String { "http://127.0.0.1:\(server.port)" }

    /// What a model says in a played part.
    package enum Saying: Sendable {
        case text(String)
        /// `arguments` is a JSON text.
        case use(tool: String, arguments: String)
    }

    /// What is said instead of an answer.
    package struct Refusal: Sendable {
        var status: Int
        var retryAfterMilliseconds: Int?

        package init(_ status: Int, retryAfterMilliseconds: Int? = nil) {
            self.status = status
            self.retryAfterMilliseconds = retryAfterMilliseconds
        }
    }

    /// - Parameters:
    ///   - pieces: how many events with text an answer has, of a hundred bytes about.
    ///   - mood: what is said to the request of that number, from 1, instead of an answer.
    ///   - part: what the model says to a request, given by its path and its body; nil: text of no meaning.
    package init(
        pieces: Int = 20, mood: @escaping @Sendable (Int) -> Refusal? = { _ in nil },
        part: @escaping @Sendable (_ path: String, _ body: [UInt8]) -> [Saying]? = { _, _ in nil }
    ) throws(HTTPError) {
        let bodies = Mutex<[HTTPExchange: (HTTPRequestHead, [UInt8])]>([:])
        let count = Mutex(0)
        let box = Mutex<(@Sendable (HTTPExchange, HTTPRequestHead, [UInt8]) -> Void)?>(nil)
        server = try HTTPServer(headers: ["x-api-key", "authorization", "x-goog-api-key"]) { event in
            switch event {
            case .began(let exchange, let head): bodies.withLock { $0[exchange] = (head, []) }
            case .received(let exchange, let bytes): bodies.withLock { $0[exchange]?.1 += bytes }
            case .requestEnded(let exchange):
                guard let (head, body) = bodies.withLock({ $0.removeValue(forKey: exchange) }) else { return }
                box.withLock { $0 }?(exchange, head, body)
            case .congested, .drained, .ended: break
            }
        }
        box.withLock {
            $0 = { [unowned self] exchange, head, body in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                if let refusal = mood(number) {
                    let headers = refusal.retryAfterMilliseconds.map {
                        [HTTPHeader("retry-after-ms", "\($0)")]
                    }
                    return server.answer(
                        exchange, status: refusal.status, headers: headers ?? [], [0x7B, 0x7D])
                }
                let path = String(head.path)
                if let sayings = part(path, body) {
                    return play(sayings, exchange, head, body, number)
                }
                answer(exchange, head, body, number, pieces)
            }
        }
    }

    private func answer(
        _ exchange: HTTPExchange, _ head: HTTPRequestHead, _ body: [UInt8], _ number: Int, _ pieces: Int
    ) {
        let tokens = Self.tokens(body, number)
        var events = [Self.start(tokens)]
        for piece in 0..<pieces {
            events.append(
                "event: content_block_delta\ndata: {\"delta\":{\"text\":\"\(number)/\(piece) ✓\"}}\n\n")
        }
        events.append(
            "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":\(tokens.output)}}\n\n")
        events.append("data: {\"type\":\"message_stop\"}\n\n")
        serve(events, exchange, head, body, tokens)
    }

    /// Every figure is another, so that none can stand for another.
    static func tokens(_ body: [UInt8], _ number: Int) -> TokenCounts {
        TokenCounts(
            input: Int64(body.count) / 5, output: Int64(number % 37) + 1, cacheRead: Int64(number % 11),
            cacheWrite: Int64(number % 3))
    }

    static func start(_ tokens: TokenCounts) -> String {
        let start =
            #"{"type":"message_start","message":{"model":"test-model","usage":"#
            + #"{"input_tokens":\#(tokens.input),"#
            + #""cache_read_input_tokens":\#(tokens.cacheRead),"#
            + #""cache_creation_input_tokens":\#(tokens.cacheWrite),"output_tokens":1}}}"#
        return "event: message_start\ndata: \(start)\n\n"
    }

    /// Sends an answer, and keeps it in the log.
    func serve(
        _ events: [String], _ exchange: HTTPExchange, _ head: HTTPRequestHead, _ body: [UInt8],
        _ tokens: TokenCounts
    ) {
        log.withLock {
            $0.append(
                Served(
                    key: Self.key(head), tokens: tokens, request: body,
                    answer: Array(events.joined().utf8)))
        }
        server.respond(
            exchange,
            HTTPResponseHead(status: 200, headers: [HTTPHeader("content-type", "text/event-stream")]))
        for event in events { server.send(exchange, Array(event.utf8)) }
        server.finish(exchange)
    }

    private static func key(_ head: HTTPRequestHead) -> String? {
        head.headers.value(of: "x-api-key") ?? head.headers.value(of: "x-goog-api-key")
            ?? head.headers.value(of: "authorization").map { String($0.dropFirst("Bearer ".count)) }
    }

    /// Ends the server.
    package func stop() { server.stop() }
}
