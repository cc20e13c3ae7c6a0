import CoordHTTP
import CoordProcess
import CoordSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("HTTP server and client")
struct HTTPServerTests {
    @Test("a request and its answer pass byte for byte, whatever they hold")
    func roundTrip() async throws {
        let server = try TestServer { server, exchange, request in
            server.answer(exchange, status: 200, type: "application/octet-stream", request.body)
        }
        let client = try TestClient()
        for size in [0, 1, 65_535, 65_536, 1 << 20] {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let reply = await client.post(server.address("/echo"), body)
            #expect(reply.failure == nil)
            #expect(reply.status == 200)
            #expect(reply.body == body)
        }
    }

    @Test("head, path, query and headers arrive as they were sent")
    func heads() async throws {
        let server = try TestServer(headers: ["x-api-key", "anthropic-beta"]) { server, exchange, _ in
            server.respond(
                exchange,
                HTTPResponseHead(
                    status: 429, headers: [HTTPHeader("retry-after", "7"), HTTPHeader("X-Odd", "a: b")]),
                length: 0)
            server.finish(exchange)
        }
        let client = try TestClient()
        let reply = await client.post(
            server.address("/w/s3cret/v1/messages?beta=true&name=a%20b"), [1],
            headers: [
                HTTPHeader("X-Api-Key", "k-1"), HTTPHeader("anthropic-beta", "one,two"),
                HTTPHeader("Authorization", "Bearer t"), HTTPHeader("Content-Type", "application/json"),
                HTTPHeader("x-unknown", "dropped"),
            ])
        #expect(reply.status == 429)
        #expect(reply.head?.headers.value(of: "retry-after") == "7")
        #expect(reply.head?.headers.value(of: "x-odd") == "a: b")
        let seen = try #require(server.seen.withLock { $0.first })
        #expect(seen.head.method == "POST")
        #expect(seen.head.target == "/w/s3cret/v1/messages?beta=true&name=a%20b")
        #expect(seen.head.path == "/w/s3cret/v1/messages")
        #expect(seen.head.headers.value(of: "x-api-key") == "k-1")
        #expect(seen.head.headers.value(of: "anthropic-beta") == "one,two")
        #expect(seen.head.headers.value(of: "authorization") == "Bearer t")
        #expect(seen.head.headers.value(of: "content-type") == "application/json")
        #expect(seen.head.headers.value(of: "x-unknown") == nil)
    }

    @Test("an answer without a length streams in pieces and the connection serves the next request")
    func streams() async throws {
        let server = try TestServer { server, exchange, _ in
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []))
            for number in 0..<100 { server.send(exchange, Array("piece \(number)\n".utf8)) }
            server.finish(exchange)
        }
        let client = try TestClient()
        let expected = (0..<100).map { "piece \($0)\n" }.joined()
        for _ in 0..<3 {
            let reply = await client.get(server.address())
            #expect(String(decoding: reply.body, as: UTF8.self) == expected)
            #expect(reply.failure == nil)
        }
    }

    @Test("sixty-four streams at once are kept apart")
    func manyStreams() async throws {
        let server = try TestServer { server, exchange, request in
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []))
            for _ in 0..<50 { server.send(exchange, request.body) }
            server.finish(exchange)
        }
        let client = try TestClient()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let line = Array("client \(number);".utf8)
                    let reply = await client.post(server.address(), line)
                    return reply.body == Array(repeating: line, count: 50).joined().map { $0 }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("what a server must refuse, it refuses, and goes on")
    func refusals() async throws {
        var limits = HTTPServerLimits()
        limits.bodyBytesMax = 1000
        let server = try TestServer(limits: limits) { server, exchange, _ in
            server.answer(exchange, status: 200, [0x6F, 0x6B])
        }
        let table = [
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "413"),
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "411"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "411"
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
                "411"
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\n", "411"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "411"),
        ]
        for (request, status) in table {
            let answer = try Self.talk(to: server.server.port, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request.debugDescription): \(answer)")
        }
        // Nonsense gets no answer of ours, and does no harm.
        for nonsense in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", String(repeating: "A", count: 100_000)] {
            let answer = try Self.talk(to: server.server.port, nonsense, endsAfterwards: true)
            #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
        }
        let client = try TestClient()
        #expect(await client.get(server.address()).body == [0x6F, 0x6B])
        #expect(server.seen.withLock { $0.count } == 1)
    }

    @Test("a cut answer is told from a complete one")
    func cutAnswer() async throws {
        let server = try TestServer { server, exchange, _ in
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []))
            server.send(exchange, Array("half".utf8))
            server.abort(exchange)
        }
        let client = try TestClient()
        let reply = await client.get(server.address())
        #expect(reply.failure != nil)
    }

    @Test("nobody there, no such name and no such scheme are told apart")
    func failures() async throws {
        let client = try TestClient()
        let table: [(String, HTTPClient.Failure.Stage)] = [
            ("http://127.0.0.1:1/", .connection), ("gopher://127.0.0.1/", .address),
            ("http://[nonsense/", .address),
        ]
        for (address, stage) in table {
            let reply = await client.get(address)
            #expect(reply.failure?.stage == stage, "\(address): \(String(describing: reply.failure))")
        }
    }

    @Test("a client that does not read is told of, and the others are served meanwhile")
    func slowClient() async throws {
        let (events, say) = AsyncStream.makeStream(of: Bool.self)
        var limits = HTTPServerLimits()
        // However busy the machine is: this client comes back.
        limits.stallSecondsMax = 3600
        let server = try TestServer(
            limits: limits,
            told: { event in
                if case .congested = event { say.yield(true) }
                if case .drained = event { say.yield(false) }
            }
        ) { server, exchange, request in
            guard request.head.path == "/flood" else { return server.answer(exchange, status: 200, [1]) }
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []))
            for _ in 0..<80 { server.send(exchange, [UInt8](repeating: 7, count: 100_000)) }
            server.finish(exchange)
        }
        let socket = try Self.connect(to: server.server.port)
        Self.write("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n", to: socket)
        var states = events.makeAsyncIterator()
        #expect(await states.next() == true)
        let client = try TestClient()
        for _ in 0..<10 { #expect(await client.get(server.address("/")).body == [1]) }
        // It reads after all: everything is there.
        let total = Self.readAll(socket, until: "\r\n0\r\n\r\n").count
        #expect(total > 8_000_000)
        #expect(await states.next() == false)
        close(socket)
    }

    @Test("a paused client takes nothing, and everything once it goes on")
    func pausedClient() async throws {
        let server = try TestServer { server, exchange, _ in
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []), length: 4_000_000)
            for _ in 0..<40 { server.send(exchange, [UInt8](repeating: 9, count: 100_000)) }
            server.finish(exchange)
        }
        let (events, say) = AsyncStream.makeStream(of: HTTPClient.Event.self)
        let client = try HTTPClient { say.yield($0) }
        let transfer = client.send(.init(method: "GET", address: server.address(), headers: []))
        var total = 0
        var hasPaused = false
        loop: for await event in events {
            switch event {
            case .received(_, let bytes):
                total += bytes.count
                if !hasPaused {
                    hasPaused = true
                    client.pause(transfer)
                    client.resume(transfer)
                }
            case .ended: break loop
            case .failed(_, let failure):
                Issue.record("\(failure)")
                break loop
            case .began: break
            }
        }
        #expect(total == 4_000_000)
        client.stop()
    }

    @Test("an answer is complete with its last byte: the next request may follow it at once")
    func lastByte() async throws {
        let server = try TestServer { server, exchange, _ in
            server.respond(exchange, HTTPResponseHead(status: 200, headers: []), length: 2)
            server.send(exchange, [1, 2])
            // That nothing more comes is told late, or never.
        }
        let client = try TestClient()
        for _ in 0..<20 { #expect(await client.post(server.address(), [7, 7, 7]).body == [1, 2]) }
    }

    @Test("who sends the next request before it is answered is cut off, and the others are served")
    func pipelining() async throws {
        let (requests, say) = AsyncStream.makeStream(of: Bool.self)
        let server = try TestServer { server, exchange, request in
            say.yield(true)
            guard request.head.method == "GET" else { return }
            server.respond(exchange, HTTPResponseHead(status: 204, headers: []))
        }
        let socket = try Self.connect(to: server.server.port)
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        Self.write(request + request, to: socket)
        var seen = requests.makeAsyncIterator()
        _ = await seen.next()
        #expect(Self.readAll(socket) == [])
        #expect(try await TestClient().get(server.address()).status == 204)
        close(socket)
    }

    // MARK: A client made of nothing but a socket

    static func connect(to port: Int) throws -> Int32 {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connectCall(descriptor, $0, size)
            }
        }
        try #require(result == 0)
        return descriptor
    }

    private static func connectCall(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t
    ) -> Int32 {
        #if canImport(Glibc)
            Glibc.connect(descriptor, address, size)
        #else
            Darwin.connect(descriptor, address, size)
        #endif
    }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    static func readAll(_ descriptor: Int32, until end: String? = nil) -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return result }
            result += buffer[..<count]
            if let end, result.suffix(end.utf8.count).elementsEqual(end.utf8) { return result }
        }
    }

    /// Sends the text, and reads what is answered until the server closes.
    static func talk(to port: Int, _ text: String, endsAfterwards: Bool = false) throws -> String {
        let descriptor = try connect(to: port)
        defer { close(descriptor) }
        write(text, to: descriptor)
        if endsAfterwards { shutdown(descriptor, Int32(SHUT_WR)) }
        return String(decoding: readAll(descriptor), as: UTF8.self)
    }
}
