import CWeb

/// The part of the server that lives on its thread. The only file that knows libwebsockets.
final class ServerCore {
    /// One request and its answer.
    final class Exchange {
        let socket: OpaquePointer
        let isHead: Bool
        var bodyBytes = 0
        var head: HTTPResponseHead?
        var length: Int?
        var isHeadSent = false
        var waiting: [UInt8] = []
        /// Of the answer's body, what was handed over so far.
        var givenBytes = 0
        /// Nothing more will be handed over.
        var isFinished = false
        var isCongested = false
        /// Whether the whole request has come.
        var hasCome = false
        /// What is left of the request will not be read: the connection cannot serve another.
        var closesAfter = false

        init(socket: OpaquePointer, isHead: Bool) {
            self.socket = socket
            self.isHead = isHead
        }

        var isChunked: Bool { length == nil && !isBodiless }
        var isBodiless: Bool { isHead || head.map { $0.status == 204 || $0.status == 304 } ?? false }
    }

    private let names: [String]
    private let limits: HTTPServerLimits
    private let inbox: HTTPServer.Inbox
    private let report: (HTTPServer.Event) -> Void
    private var context: OpaquePointer?
    private var exchanges: [UInt64: Exchange] = [:]
    private var last: UInt64 = 0
    private var isStopped = false
    /// Room for one write, behind the head room that the library wants.
    private let room: UnsafeMutablePointer<UInt8>
    private static let pieceBytesMax = 64 << 10
    private static let headRoom = Int(COORD_LWS_PRE)

    init(
        headers: [String], limits: HTTPServerLimits, inbox: HTTPServer.Inbox,
        report: @escaping (HTTPServer.Event) -> Void
    ) {
        names = headers.map { $0 + ":" }
        self.limits = limits
        self.inbox = inbox
        self.report = report
        room = .allocate(capacity: Self.headRoom + Self.pieceBytesMax + limits.headBytesMax)
    }

    deinit { room.deallocate() }

    // MARK: The thread

    /// The port; 0: it could not be had.
    func listen(address: String, port: Int) -> Int {
        lws_set_log_level(0, nil)
        var settings = lws_context_creation_info()
        settings.port = Int32(port)
        settings.options =
            UInt64(1) << 30  // LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND
            | UInt64(1) << 5  // LWS_SERVER_OPTION_DISABLE_IPV6
        settings.user = Unmanaged.passUnretained(self).toOpaque()
        settings.fd_limit_per_thread = UInt32(limits.exchangesMax * 2 + 16)
        settings.max_http_header_data2 = UInt32(limits.headBytesMax)
        settings.max_http_header_pool2 = UInt32(limits.exchangesMax * 2)
        settings.keepalive_timeout = Int32(limits.idleSecondsMax)
        settings.timeout_secs = UInt32(limits.stallSecondsMax)
        // The library would take a request that is held for longer for one that hangs.
        settings.timeout_secs_ah_idle = 7 * 86_400
        context = address.withCString { address in
            settings.iface = address
            settings.protocols = serverProtocols.baseAddress
            return lws_create_context(&settings)
        }
        guard let context, let host = lws_get_vhost_by_name(context, "default") else { return 0 }
        let address = UInt(bitPattern: context)
        inbox.open { if let context = OpaquePointer(bitPattern: address) { lws_cancel_service(context) } }
        return Int(lws_get_vhost_listen_port(host))
    }

    /// Serves until it is told to stop.
    func work() {
        guard let context else { return }
        apply(inbox.takeAll())
        while !isStopped, lws_service(context, 0) >= 0 {}
        inbox.open(nil)
        self.context = nil
        lws_context_destroy(context)
    }

    private func apply(_ commands: [HTTPServer.Command]) {
        for command in commands {
            switch command {
            case .respond(let number, let head, let length):
                guard let exchange = exchanges[number], exchange.head == nil else { continue }
                (exchange.head, exchange.length) = (head, length)
                exchange.isFinished = exchange.isBodiless || length == 0
                lws_callback_on_writable(exchange.socket)
            case .send(let number, let bytes):
                guard let exchange = exchanges[number], !exchange.isFinished else { continue }
                append(bytes, to: exchange, number)
            case .finish(let number):
                guard let exchange = exchanges[number] else { continue }
                exchange.isFinished = true
                lws_callback_on_writable(exchange.socket)
            case .abort(let number):
                guard let exchange = exchanges[number] else { continue }
                end(exchange, number)
            case .stop: isStopped = true
            }
        }
    }

    private func append(_ bytes: [UInt8], to exchange: Exchange, _ number: UInt64) {
        guard !exchange.isBodiless else { return }
        if exchange.waiting.isEmpty { exchange.waiting = bytes } else { exchange.waiting += bytes }
        exchange.givenBytes += bytes.count
        // A client that has as much as it was told of may send its next request, and must find us ready.
        if let length = exchange.length, exchange.givenBytes >= length { exchange.isFinished = true }
        if exchange.waiting.count > limits.backlogBytesMax { return end(exchange, number) }
        if exchange.waiting.count > limits.backlogBytes, !exchange.isCongested {
            exchange.isCongested = true
            report(.congested(HTTPExchange(number: number)))
        }
        lws_callback_on_writable(exchange.socket)
    }

    /// Has the library close the connection at its next look; `closed` tells.
    private func end(_ exchange: Exchange, _ number: UInt64) {
        lws_set_timeout(exchange.socket, PENDING_TIMEOUT_USER_OK, -1)
    }

    // MARK: What the library tells

    /// - Parameter mark: the number of the exchange that the connection is at, kept by the library.
    func called(
        _ socket: OpaquePointer, _ reason: lws_callback_reasons, _ mark: UnsafeMutablePointer<UInt64>?,
        _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_EVENT_WAIT_CANCELLED: apply(inbox.takeAll())
        case LWS_CALLBACK_HTTP: if let mark { return begin(socket, mark) }
        case LWS_CALLBACK_HTTP_BODY:
            guard let mark, let exchange = exchanges[mark.pointee], let bytes else { return 0 }
            exchange.bodyBytes += count
            guard exchange.bodyBytes <= limits.bodyBytesMax else {
                refuse(exchange, status: 413)
                return 0
            }
            guard exchange.head == nil || !exchange.closesAfter else { return 0 }
            let copy = [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
            report(.received(HTTPExchange(number: mark.pointee), copy))
        case LWS_CALLBACK_HTTP_BODY_COMPLETION:
            guard let mark, let exchange = exchanges[mark.pointee], !exchange.closesAfter else { return 0 }
            // Told again when a client sends on before it is answered. The library would tell so for ever and
            // hear nothing else; and it takes the head of a request that waited for its body. So such a
            // client is cut off, for which one that pipelines must be prepared (RFC 9112, 9.3.2).
            guard !exchange.hasCome else { return -1 }
            exchange.hasCome = true
            lws_set_timeout(socket, NO_PENDING_TIMEOUT, 0)
            report(.requestEnded(HTTPExchange(number: mark.pointee)))
        case LWS_CALLBACK_HTTP_WRITEABLE:
            guard let mark, let exchange = exchanges[mark.pointee] else { return 0 }
            return write(exchange, mark)
        case LWS_CALLBACK_CLOSED_HTTP:
            guard let mark, exchanges.removeValue(forKey: mark.pointee) != nil else { return 0 }
            report(.ended(HTTPExchange(number: mark.pointee), isComplete: false))
            mark.pointee = 0
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return -1
        default: break
        }
        return 0
    }

    private func begin(_ socket: OpaquePointer, _ mark: UnsafeMutablePointer<UInt64>) -> Int32 {
        guard let (head, isMeasured) = readHead(socket) else { return -1 }
        lws_set_timeout(socket, NO_PENDING_TIMEOUT, 0)
        last += 1
        mark.pointee = last
        let exchange = Exchange(socket: socket, isHead: head.method == "HEAD")
        exchanges[last] = exchange
        if exchanges.count > limits.exchangesMax {
            refuse(exchange, status: 503)
        } else if !isMeasured {
            refuse(exchange, status: 411)
        } else if head.length > limits.bodyBytesMax {
            refuse(exchange, status: 413)
        } else {
            report(.began(HTTPExchange(number: last), head))
            if head.length == 0 { report(.requestEnded(HTTPExchange(number: last))) }
        }
        return 0
    }

    /// An answer of the server's own, after which the connection is closed. Nobody was told of the request,
    /// or is told of its end.
    private func refuse(_ exchange: Exchange, status: Int) {
        guard exchange.head == nil else { return }
        exchange.head = HTTPResponseHead(status: status, headers: [HTTPHeader("connection", "close")])
        (exchange.length, exchange.isFinished, exchange.closesAfter) = (0, true, true)
        lws_callback_on_writable(exchange.socket)
    }

    // MARK: Writing

    private func write(_ exchange: Exchange, _ mark: UnsafeMutablePointer<UInt64>) -> Int32 {
        guard let head = exchange.head else { return 0 }
        if !exchange.isHeadSent {
            guard send(head, exchange) else { return -1 }
            exchange.isHeadSent = true
            if exchange.isBodiless { exchange.waiting = [] }
        } else if !exchange.waiting.isEmpty {
            guard sendPiece(exchange, mark.pointee) else { return -1 }
        } else if exchange.isFinished, exchange.isChunked {
            let end: StaticString = "0\r\n\r\n"
            (room + Self.headRoom).update(from: end.utf8Start, count: end.utf8CodeUnitCount)
            guard put(end.utf8CodeUnitCount, exchange, LWS_WRITE_HTTP) else { return -1 }
            return complete(exchange, mark)
        }
        if exchange.isFinished, exchange.waiting.isEmpty, !exchange.isChunked {
            return complete(exchange, mark)
        }
        if exchange.isFinished || !exchange.waiting.isEmpty { lws_callback_on_writable(exchange.socket) }
        return 0
    }

    private func complete(_ exchange: Exchange, _ mark: UnsafeMutablePointer<UInt64>) -> Int32 {
        let number = mark.pointee
        exchanges[number] = nil
        mark.pointee = 0
        report(.ended(HTTPExchange(number: number), isComplete: !exchange.closesAfter))
        if exchange.closesAfter { return -1 }
        return lws_http_transaction_completed(exchange.socket) == 0 ? 0 : -1
    }

    private func send(_ head: HTTPResponseHead, _ exchange: Exchange) -> Bool {
        var text = "HTTP/1.1 \(head.status) \(head.reason)\r\n"
        for header in head.headers { text += "\(header.name): \(header.value)\r\n" }
        if exchange.isChunked {
            text += "transfer-encoding: chunked\r\n"
        } else if let length = exchange.length, head.status != 204 {
            text += "content-length: \(length)\r\n"
        }
        text += "\r\n"
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.pieceBytesMax else { return false }
        (room + Self.headRoom).update(from: bytes, count: bytes.count)
        return put(bytes.count, exchange, LWS_WRITE_HTTP_HEADERS)
    }

    private func sendPiece(_ exchange: Exchange, _ number: UInt64) -> Bool {
        let count = min(exchange.waiting.count, Self.pieceBytesMax)
        var start = room + Self.headRoom
        var total = count
        if exchange.isChunked {
            let size = Array((String(count, radix: 16) + "\r\n").utf8)
            start.update(from: size, count: size.count)
            start += size.count
            total += size.count + 2
            start[count] = 0x0D
            start[count + 1] = 0x0A
        }
        start.update(from: exchange.waiting, count: count)
        if count == exchange.waiting.count {
            exchange.waiting = []
        } else {
            exchange.waiting.removeFirst(count)
        }
        guard put(total, exchange, LWS_WRITE_HTTP) else { return false }
        if exchange.isCongested, exchange.waiting.count <= limits.backlogBytes / 4 {
            exchange.isCongested = false
            report(.drained(HTTPExchange(number: number)))
        }
        return true
    }

    private func put(_ count: Int, _ exchange: Exchange, _ kind: lws_write_protocol) -> Bool {
        guard lws_write(exchange.socket, room + Self.headRoom, count, kind) >= count else { return false }
        // A client that takes nothing more is cut off; one that has all is waited for.
        if exchange.waiting.isEmpty, lws_send_pipe_choked(exchange.socket) == 0 {
            lws_set_timeout(exchange.socket, NO_PENDING_TIMEOUT, 0)
        } else {
            lws_set_timeout(
                exchange.socket, PENDING_TIMEOUT_HTTP_CONTENT, Int32(limits.stallSecondsMax))
        }
        return true
    }

    // MARK: Reading the head

    /// Nil: not a request that can be answered. `isMeasured`: the length of its body is known.
    private func readHead(_ socket: OpaquePointer) -> (HTTPRequestHead, isMeasured: Bool)? {
        let methods = [
            (WSI_TOKEN_GET_URI, "GET"), (WSI_TOKEN_POST_URI, "POST"), (WSI_TOKEN_PUT_URI, "PUT"),
            (WSI_TOKEN_PATCH_URI, "PATCH"), (WSI_TOKEN_DELETE_URI, "DELETE"), (WSI_TOKEN_HEAD_URI, "HEAD"),
            (WSI_TOKEN_OPTIONS_URI, "OPTIONS"),
        ]
        guard let (token, method) = methods.first(where: { lws_hdr_total_length(socket, $0.0) > 0 }),
            var target = text(socket, token)
        else { return nil }
        var parts: [String] = []
        while let part = fragment(socket, WSI_TOKEN_HTTP_URI_ARGS, parts.count) { parts.append(part) }
        if !parts.isEmpty { target += "?" + parts.map(HTTPRequestHead.escaped).joined(separator: "&") }
        var headers: [HTTPHeader] = []
        for index in WSI_TOKEN_HOST.rawValue..<UInt32(COORD_LWS_TOKENS) {
            let token = lws_token_indexes(rawValue: index)
            guard lws_hdr_total_length(socket, token) > 0, let label = lws_token_to_string(token) else {
                continue
            }
            let name = String(cString: UnsafeRawPointer(label).assumingMemoryBound(to: CChar.self))
            guard name.hasSuffix(":"), !name.hasPrefix(":"), let value = text(socket, token) else { continue }
            headers.append(HTTPHeader(String(name.dropLast()), value))
        }
        for name in names {
            guard let value = customText(socket, name) else { continue }
            headers.append(HTTPHeader(String(name.dropLast()), value))
        }
        let told = headers.value(of: "content-length")
        let length = told.flatMap { Int($0) } ?? 0
        let isBodyCut = headers.value(of: "transfer-encoding") != nil
        let mayHaveBody = ["POST", "PUT", "PATCH"].contains(method)
        let isMeasured = !isBodyCut && length >= 0 && (told == nil ? !mayHaveBody : Int(told!) != nil)
        return (HTTPRequestHead(method: method, target: target, headers: headers, length: length), isMeasured)
    }

    private func text(_ socket: OpaquePointer, _ token: lws_token_indexes) -> String? {
        let length = Int(lws_hdr_total_length(socket, token))
        return copy(length) { lws_hdr_copy(socket, $0, Int32(length + 1), token) }
    }

    private func fragment(_ socket: OpaquePointer, _ token: lws_token_indexes, _ index: Int) -> String? {
        let length = Int(lws_hdr_fragment_length(socket, token, Int32(index)))
        guard length > 0 else { return nil }
        return copy(length) { lws_hdr_copy_fragment(socket, $0, Int32(length + 1), token, Int32(index)) }
    }

    private func customText(_ socket: OpaquePointer, _ name: String) -> String? {
        let size = Int32(name.utf8.count)
        let length = Int(lws_hdr_custom_length(socket, name, size))
        guard length > 0 else { return nil }
        return copy(length) { lws_hdr_custom_copy(socket, $0, Int32(length + 1), name, size) }
    }

    private func copy(_ length: Int, _ fill: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            guard fill(buffer.baseAddress!) >= 0 else { return nil }
            return String(
                decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]),
                as: UTF8.self)
        }
    }
}

private func serverCallback(
    _ socket: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
    guard let socket, let context = lws_get_context(socket), let owner = lws_context_user(context) else {
        return 0
    }
    let core = Unmanaged<ServerCore>.fromOpaque(owner).takeUnretainedValue()
    return core.called(socket, reason, user?.assumingMemoryBound(to: UInt64.self), bytes, count)
}

/// The table of protocols that the library reads, ended by an empty one. It is never changed.
nonisolated(unsafe) private let serverProtocols: UnsafeBufferPointer<lws_protocols> = {
    let table = UnsafeMutableBufferPointer<lws_protocols>.allocate(capacity: 2)
    let name: StaticString = "http"
    table.initialize(repeating: lws_protocols())
    table[0].name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    table[0].callback = serverCallback
    table[0].per_session_data_size = MemoryLayout<UInt64>.size
    table[0].rx_buffer_size = 16 << 10
    return UnsafeBufferPointer(table)
}()
