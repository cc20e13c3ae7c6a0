import CoordGateway
import CoordHTTP
import CoordModel
import Testing

@Suite("What a provider's answer says")
struct ProviderAnswerTests {
    @Test("a wish to be left alone is read in every form, and nonsense is none")
    func retryAfter() {
        let now = Timestamp("2026-11-21T10:00:00.000Z")!
        let table: [([HTTPHeader], Duration?)] = [
            ([HTTPHeader("Retry-After", "30")], .seconds(30)),
            ([HTTPHeader("retry-after", "1.5")], .milliseconds(1500)),
            ([HTTPHeader("retry-after-ms", "250"), HTTPHeader("retry-after", "9")], .milliseconds(250)),
            ([HTTPHeader("retry-after", "-1")], .zero),
            ([HTTPHeader("retry-after", "1000000000")], .seconds(1_000_000_000)),
            ([HTTPHeader("retry-after", "nan")], nil),
            ([HTTPHeader("retry-after", "soon")], nil),
            ([HTTPHeader("retry-after", "Sat, 21 Nov 2026 10:00:20 GMT")], .seconds(20)),
            ([HTTPHeader("retry-after", "Fri, 20 Nov 2026 10:00:20 GMT")], .zero),
            ([], nil),
        ]
        for (headers, wanted) in table {
            #expect(ProviderAnswer.retryAfter(headers, at: now) == wanted, "\(headers)")
        }
    }

    @Test("what should be sent again is told from what is the client's")
    func turnAway() {
        let quota = Array(#"{"error":{"code":"insufficient_quota"}}"#.utf8)
        let table: [(Int, [UInt8], Bool, CallOutcome.TurnAway?)] = [
            (429, [], true, .limited), (429, [], false, .limited), (429, quota, true, .spent),
            (429, quota, false, nil), (529, [], true, .overloaded), (503, [], false, .overloaded),
            (500, [], true, .broken), (504, [], true, .broken), (401, [], true, .unauthorized),
            (401, [], false, nil), (403, [], true, .unauthorized), (400, [], true, nil), (404, [], true, nil),
            (400, Array(#"{"error":{"type":"billing_error"}}"#.utf8), true, .spent), (413, [], true, nil),
        ]
        for (status, body, ownKey, wanted) in table {
            let found = ProviderAnswer.turnAway(status: status, body: body, ownKey: ownKey)
            #expect(found == wanted, "\(status) \(ownKey)")
        }
    }

    @Test("limits are read from both families of headers")
    func hints() {
        #expect(
            ProviderAnswer.hints([
                HTTPHeader("anthropic-ratelimit-requests-limit", "50"),
                HTTPHeader("anthropic-ratelimit-requests-remaining", "49"),
                HTTPHeader("anthropic-ratelimit-output-tokens-limit", "8000"),
            ]) == RateHints(requestsPerMinute: 50, requestsLeft: 49, outputTokensPerMinute: 8000))
        #expect(
            ProviderAnswer.hints([
                HTTPHeader("x-ratelimit-limit-tokens", "30000"),
                HTTPHeader("x-ratelimit-remaining-tokens", "-3"),
                HTTPHeader("x-ratelimit-limit-requests", "many"),
            ]) == RateHints(inputTokensPerMinute: 30_000))
    }

    @Test("what a sender calls a matter of its own connection goes no further, either way")
    func connection() {
        let said = [
            HTTPHeader("X-Custom", "1"), HTTPHeader("x-hop", "2"), HTTPHeader("Connection", "close, X-Hop"),
            HTTPHeader("TE", "trailers"), HTTPHeader("Keep-Alive", "timeout=5"),
        ]
        #expect(PassingHeaders.incoming(said) == [HTTPHeader("X-Custom", "1")])
        #expect(
            PassingHeaders.outgoing(said, key: nil) == [
                HTTPHeader("X-Custom", "1"), HTTPHeader("accept-encoding", "identity"),
            ])
    }

    @Test("with a key of coord's own no other secret passes; without one everything does")
    func secrets() {
        let sent = [
            HTTPHeader("Authorization", "Bearer agent"), HTTPHeader("x-api-key", "agent"),
            HTTPHeader("anthropic-version", "1"), HTTPHeader("Connection", "keep-alive"),
            HTTPHeader("host", "127.0.0.1"), HTTPHeader("accept-encoding", "gzip"),
        ]
        #expect(
            PassingHeaders.outgoing(sent, key: ProviderKey(header: HTTPHeader("x-api-key", "real"))) == [
                HTTPHeader("anthropic-version", "1"), HTTPHeader("accept-encoding", "identity"),
                HTTPHeader("x-api-key", "real"),
            ])
        #expect(
            PassingHeaders.outgoing(sent, key: nil) == sent.prefix(3) + [
                HTTPHeader("accept-encoding", "identity")
            ])
    }
}
