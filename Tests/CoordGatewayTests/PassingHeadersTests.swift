import CoordGateway
import CoordHTTP
import CoordModel
import Synchronization
import Testing

@Suite("Headers that pass the gateway")
struct PassingHeadersTests {
    /// What clients send, by the libraries that they are made with; beside it `custom`.
    private static let sent = [
        ("anthropic-beta", "one,two"), ("anthropic-version", "2023-06-01"), ("x-app", "cli"),
        ("x-claude-code-session-id", "s"), ("x-stainless-lang", "js"), ("x-stainless-retry-count", "0"),
        ("x-stainless-helper-method", "stream"), ("openai-organization", "o"), ("openai-project", "p"),
        ("originator", "codex"), ("session_id", "t"), ("x-goog-api-client", "g"), ("x-msh-platform", "k"),
        ("http-referer", "https://example.org"), ("x-title", "goose"), ("traceparent", "00-1-2-01"),
        ("user-agent", "client/1.0"), ("accept", "text/event-stream"), ("content-type", "application/json"),
    ]

    private func reply(
        of provider: @escaping @Sendable (HTTPServer, HTTPExchange, TestServer.Request) -> Void,
        key: Bool, sent: [HTTPHeader]
    ) async throws -> HTTPRequestHead {
        let upstream = try TestServer(
            headers: PassingHeaders.requests + ["x-mine", "x-other"], answer: provider)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("sk-real\n", to: "key", permissions: 0o600)
        try folder.write(
            #"""
            { "headers": ["X-Mine"], "providers": { "anthropic": { "base": "\#(upstream.address(""))"\#
            \#(key ? #", "keyFile": "key""# : #", "keyEnvironment": "COORD_TEST_NO_KEY""#) } } }
            """#, to: "gateway.json", permissions: 0o600)
        let stand = try GatewayStand(GatewayConfiguration.read(folder.path + "/gateway.json"))
        defer { stand.stop() }
        let body = Array(#"{"model":"test-model","max_tokens":8}"#.utf8)
        let reply = try await TestClient().post(stand.address(1) + "/v1/messages", body, headers: sent)
        #expect(reply.status == 200)
        return try #require(upstream.seen.withLock { $0.first }?.head)
    }

    @Test(
        "what clients send reaches the provider as it was sent, and so does what the user named",
        arguments: [true, false])
    func passes(withKey: Bool) async throws {
        let sent =
            Self.sent + [
                ("x-api-key", "own"), ("x-mine", "m"), ("x-other", "not named"), ("te", "trailers"),
                ("accept-encoding", "br"), ("proxy-authorization", "secret"),
            ]
        let head = try await reply(
            of: { server, exchange, _ in server.answer(exchange, status: 200, Array("{}".utf8)) },
            key: withKey, sent: sent.map { HTTPHeader($0.0, $0.1) })
        for (name, value) in Self.sent + [("x-mine", "m")] {
            #expect(head.headers.value(of: name) == value, "\(name)")
        }
        #expect(head.headers.value(of: "x-api-key") == (withKey ? "sk-real" : "own"))
        #expect(head.headers.value(of: "accept-encoding") == "identity")
        for name in ["x-other", "te", "proxy-authorization"] {
            #expect(head.headers.value(of: name) == nil, "\(name)")
        }
    }

    @Test("no name stands twice, and all are as the server looks for them")
    func list() {
        let names = PassingHeaders.requests
        #expect(Set(names).count == names.count)
        #expect(names.filter { $0 != $0.lowercased() }.isEmpty)
    }

    @Test(
        "names that are none are refused",
        arguments: [#""x""#, "[1]", #"["a b"]"#, #"["a:"]"#, #"[""]"#, #"["ä"]"#])
    func refused(headers: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("{ \"headers\": \(headers) }", to: "gateway.json", permissions: 0o600)
        #expect(throws: GatewayConfiguration.Problem.self) {
            try GatewayConfiguration.read(folder.path + "/gateway.json")
        }
    }
}
