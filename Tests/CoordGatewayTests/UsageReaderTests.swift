import CoordGateway
import CoordModel
import Testing

@Suite("Usage read in passing")
struct UsageReaderTests {
    /// A stream, and what it must come to.
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var path: String
        var body = #"{"model":"asked","stream":true,"stream_options":{"include_usage":true}}"#
        var answer: String
        var isStream = true
        var tokens: TokenCounts
        var model: String
        var isCut = false
        var isEstimated = false
        var testDescription: String { name }
    }

    static let samples: [Sample] = [
        Sample(
            name: "Anthropic, a stream", path: "/v1/messages",
            answer: """
                event: message_start
                data: {"type":"message_start","message":{"id":"m","model":"claude-x","usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":50,"output_tokens":1}}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello \\"usage\\": no"}}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":40}}

                event: message_stop
                data: {"type":"message_stop"}


                """, tokens: TokenCounts(input: 12, output: 40, cacheRead: 50, cacheWrite: 3),
            model: "claude-x"),
        Sample(
            name: "Anthropic, whole", path: "/v1/messages",
            answer: """
                {"id":"m","type":"message","model":"claude-x","content":[],"usage":{"input_tokens":7,"output_tokens":9}}
                """, isStream: false, tokens: TokenCounts(input: 7, output: 9), model: "claude-x"),
        Sample(
            name: "Chat, a stream", path: "/v1/chat/completions",
            answer: """
                data: {"model":"gpt-x","choices":[{"delta":{"content":"Hi"}}],"usage":null}

                data: {"model":"gpt-x","choices":[{"delta":{},"finish_reason":"stop"}]}

                data: {"model":"gpt-x","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":60}}}

                data: [DONE]


                """, tokens: TokenCounts(input: 40, output: 20, cacheRead: 60), model: "gpt-x"),
        Sample(
            name: "Responses, a stream", path: "/v1/responses",
            answer: """
                event: response.created
                data: {"type":"response.created","response":{"model":"gpt-y","usage":null}}

                event: response.completed
                data: {"type":"response.completed","response":{"model":"gpt-y","usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":600,"cache_write_tokens":100},"output_tokens":52,"total_tokens":1052}}}


                """, tokens: TokenCounts(input: 300, output: 52, cacheRead: 600, cacheWrite: 100),
            model: "gpt-y"),
        Sample(
            name: "Gemini, a stream", path: "/v1beta/models/gemini-z:streamGenerateContent",
            answer: """
                data: {"candidates":[{"content":{}}],"usageMetadata":{"promptTokenCount":50},"modelVersion":"gemini-z"}

                data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":50,"cachedContentTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7},"modelVersion":"gemini-z"}


                """, tokens: TokenCounts(input: 40, output: 12, cacheRead: 10), model: "gemini-z"),
        Sample(
            name: "an answer that broke off is judged by what was told and by its length",
            path: "/v1/messages",
            answer: """
                data: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":12}}}

                data: {"type":"content_block_delta","delta":{"text":"\(String(repeating: "word ", count: 100))"}}


                """, tokens: TokenCounts(input: 12, output: 137), model: "claude-x", isCut: true,
            isEstimated: true),
        Sample(
            name: "figures that cannot be are none, or are cut", path: "/v1/messages",
            answer: """
                {"model":"claude-x","usage":{"input_tokens":-5,"output_tokens":99999999999999,"cache_read_input_tokens":"many"}}
                """, isStream: false, tokens: TokenCounts(input: 0, output: 1_000_000_000), model: "claude-x"),
    ]

    private func read(_ sample: Sample, pieces: Int) throws -> (Usage, isCut: Bool, passed: [UInt8]) {
        let request = try ModelRequest(method: "POST", path: sample.path, body: Array(sample.body.utf8))
        var reader = UsageReader(request, isStream: sample.isStream)
        var passed: [UInt8] = []
        var rest = Array(sample.answer.utf8)[...]
        while !rest.isEmpty {
            passed += reader.feed(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        passed += reader.rest()
        let told = reader.finish(isComplete: true, requestBytes: 400)
        let found = try #require(told)
        return (found.usage, found.isCut, passed)
    }

    @Test("is the same however the answer is cut into pieces, and every byte passes", arguments: samples)
    func everyDialect(_ sample: Sample) throws {
        for pieces in [1, 7, 64, 100_000] {
            let (usage, isCut, passed) = try read(sample, pieces: pieces)
            #expect(usage.tokens == sample.tokens, "\(pieces)")
            #expect(usage.model == sample.model)
            #expect(isCut == sample.isCut)
            #expect(usage.isEstimated == sample.isEstimated)
            #expect(usage.source == .gateway)
            #expect(passed == Array(sample.answer.utf8))
        }
    }

    @Test("is asked for where a client did not, and kept from it")
    func hiddenUsage() throws {
        var sample = Self.samples[2]
        sample.body = #"{"model":"asked","stream":true}"#
        let request = try ModelRequest(method: "POST", path: sample.path, body: Array(sample.body.utf8))
        #expect(
            String(decoding: request.outgoing(Array(sample.body.utf8)), as: UTF8.self)
                == #"{"stream_options":{"include_usage":true},"model":"asked","stream":true}"#)
        let (usage, _, passed) = try read(sample, pieces: 11)
        #expect(usage.tokens == sample.tokens)
        let text = String(decoding: passed, as: UTF8.self)
        #expect(!text.contains("prompt_tokens") && text.contains("[DONE]") && text.contains("Hi"))
    }

    @Test("of a stream without a word of it is estimated, of a plain answer unknown")
    func nothingTold() throws {
        let request = try ModelRequest(
            method: "POST", path: "/v1/chat/completions",
            body: Array(#"{"model":"a","stream":true,"stream_options":{}}"#.utf8))
        var stream = UsageReader(request, isStream: true)
        _ = stream.feed(
            Array("data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: [DONE]\n\n".utf8))
        let told = stream.finish(isComplete: true, requestBytes: 400)
        let found = try #require(told)
        #expect(found.usage.isEstimated && !found.isCut)
        #expect(found.usage.tokens.input == 100 && found.usage.tokens.output > 0)
        var whole = UsageReader(request, isStream: false)
        _ = whole.feed(Array("not json".utf8))
        #expect(whole.finish(isComplete: true, requestBytes: 400) == nil)
    }

    @Test("what is no model call is refused by name")
    func refusals() {
        let table: [(String, String, String, ModelRequest.Refusal?)] = [
            ("POST", "/v1/files", "{}", .unknownPath), ("DELETE", "/v1/models/x", "", .unknownPath),
            ("GET", "/v1/organization/api_keys", "", .unknownPath), ("GET", "/v1/models", "", nil),
            ("POST", "/v1/messages", "{}", .unreadable(reason: "the body names no model")),
            ("POST", "/v1/messages", "[]", .unreadable(reason: "the body is not an object")),
            ("POST", "/v1/messages/count_tokens", #"{"model":"a"}"#, nil),
        ]
        for (method, path, body, wanted) in table {
            var found: ModelRequest.Refusal?
            do throws(ModelRequest.Refusal) {
                _ = try ModelRequest(method: method, path: path, body: Array(body.utf8))
            } catch { found = error }
            #expect(found == wanted, "\(method) \(path)")
        }
    }
}
