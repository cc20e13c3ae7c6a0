import CoordGateway
import CoordHTTP
import CoordModel
import Synchronization
import Testing

@Suite("A provider that says nothing more")
struct SilentProviderTests {
    private static let start =
        #"{"type":"message_start","message":{"model":"test-model","usage":{"input_tokens":50,"output_tokens":1}}}"#

    /// Silent before its first answer, within its second, and well from then on.
    private func provider() throws -> TestServer {
        let count = Mutex(0)
        return try TestServer { server, exchange, _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number > 1 else { return }
            server.respond(
                exchange,
                HTTPResponseHead(status: 200, headers: [HTTPHeader("content-type", "text/event-stream")]))
            server.send(exchange, Array("data: \(Self.start)\n\n".utf8))
            guard number > 2 else { return }
            server.send(exchange, Array("data: {\"type\":\"message_stop\"}\n\n".utf8))
            server.finish(exchange)
        }
    }

    @Test("it is tried again before its answer, and cut off within it; what it told is charged")
    func silence() async throws {
        let upstream = try provider()
        let stand = try GatewayStand(
            GatewayConfiguration(providers: [
                Provider(name: "anthropic", base: upstream.address(""), style: .anthropic, keyNames: [])
            ]), silenceSecondsMax: 1)
        let client = try TestClient()
        let body = Array(#"{"model":"test-model","stream":true,"max_tokens":8}"#.utf8)
        let first = await client.post(stand.address(1) + "/v1/messages", body)
        // The first try came to nothing and cost nothing; the second began to answer.
        #expect(first.status == 200 && first.failure != nil)
        let second = await client.post(stand.address(1) + "/v1/messages", body)
        #expect(second.status == 200 && second.failure == nil)
        stand.stop()
        #expect(upstream.seen.withLock { $0.count } == 3)
        #expect(stand.result.usages.map(\.isEstimated) == [true, false])
        #expect(stand.result.usages.allSatisfy { $0.tokens.input == 50 })
    }

    @Test("what is given up for its silence is told as that")
    func reason() async throws {
        let server = try TestServer { _, _, _ in }
        let reply = try await TestClient().reply(
            to: HTTPClient.Request(address: server.address(), headers: [], body: [1], idleSecondsMax: 1))
        #expect(reply.head == nil)
        #expect(reply.failure?.stage == .silence)
    }
}
