import CoordJSON
package import CoordModel

/// Reads what a call used out of the answer that passes by. Does no I/O.
///
/// Only what can hold a figure is parsed. The four classes of tokens are kept apart as providers bill them:
/// OpenAI and Gemini count what came from the cache among the input, Anthropic does not.
package struct UsageReader: Sendable {
    private let dialect: Dialect
    private let isStream: Bool
    private let hidesUsage: Bool
    private var buffer: [UInt8] = []
    private var tokens: TokenCounts?
    private var model: String?
    /// The answer said itself that it is complete.
    private var hasEnded = false
    /// Bytes of the events that carry text: what an answer that broke off is judged by.
    private var textBytes: Int64 = 0

    /// An answer that is not a stream, or one line of a stream, is not read beyond this.
    private static let bufferMax = 64 << 20
    private static let tokensMax: Int64 = 1_000_000_000

    /// - Parameter request: what was asked. What is kept from its client is left out of `feed`'s answer.
    package init(_ request: ModelRequest, isStream: Bool) {
        dialect = request.dialect
        self.isStream = isStream
        hidesUsage = request.lacksUsage && isStream
    }

    /// Takes the next bytes of the answer, and gives back those to pass on.
    package mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        guard dialect != .free else { return bytes }
        guard buffer.count + bytes.count <= Self.bufferMax else {
            buffer = []
            return bytes
        }
        buffer += bytes
        guard isStream else { return bytes }
        var passed: [UInt8] = []
        var start = 0
        while let end = buffer[start...].firstIndex(of: 0x0A) {
            let isKept = read(line: buffer[start..<end])
            if hidesUsage, !isKept { passed += buffer[start...end] }
            start = end + 1
        }
        buffer.removeFirst(start)
        return hidesUsage ? passed : bytes
    }

    /// What is left to pass on once the answer has ended.
    package mutating func rest() -> [UInt8] {
        defer { if isStream { buffer = [] } }
        return hidesUsage ? buffer : []
    }

    /// What was used. Nil: the answer said nothing. An answer that broke off before its end, or that never
    /// told its output, is judged by its length.
    package mutating func finish(isComplete: Bool, requestBytes: Int) -> (usage: Usage, isCut: Bool)? {
        guard dialect != .free else { return nil }
        if !isStream, !buffer.isEmpty, let value = try? JSONParser.parse(buffer) {
            read(value)
            hasEnded = true
        }
        let isCut = !isComplete || (isStream && !hasEnded)
        guard var counts = tokens ?? (textBytes > 0 ? TokenCounts(input: Int64(requestBytes) / 4) : nil)
        else { return nil }
        let isEstimated = tokens == nil || isCut
        if isCut || tokens == nil { counts.output = max(counts.output, textBytes / 4) }
        return (
            Usage(model: model ?? "", tokens: counts, source: .gateway, isEstimated: isEstimated),
            isCut
        )
    }

    /// True: the line is kept from the client.
    private mutating func read(line: ArraySlice<UInt8>) -> Bool {
        guard line.starts(with: "data:".utf8) else { return false }
        let data = line.dropFirst(5)
        if data.count < 16, data.contains(0x5B), String(decoding: data, as: UTF8.self).contains("[DONE]") {
            hasEnded = true
            return false
        }
        // What is not JSON holds no figures; it passes as it is.
        guard Self.mayHoldFigures(data), let value = try? JSONParser.parse(data) else {
            textBytes += Int64(data.count)
            return false
        }
        let before = tokens
        read(value)
        if tokens == before { textBytes += Int64(data.count) }
        return hidesUsage && value["usage"]?.objectValue != nil && value["choices"]?.arrayValue == []
    }

    private static let marks = ["\"usage", "\"message_st", "finish_reason", "finishReason"].map {
        Array($0.utf8)
    }

    /// Text deltas, which are nearly all of a stream, are not parsed.
    private static func mayHoldFigures(_ data: ArraySlice<UInt8>) -> Bool {
        marks.contains { mark in
            var rest = data
            while let start = rest.firstIndex(of: mark[0]) {
                if rest[start...].starts(with: mark) { return true }
                rest = rest[(start + 1)...]
            }
            return false
        }
    }

    private mutating func read(_ value: JSONValue) {
        switch dialect {
        case .messages: readMessages(value)
        case .chat:
            note(model: value["model"])
            if let usage = value["usage"], usage.objectValue != nil {
                tokens = Self.inclusive(
                    usage, input: "prompt_tokens", output: "completion_tokens",
                    details: usage["prompt_tokens_details"])
            }
        case .responses:
            let response = value["response"] ?? value
            note(model: response["model"])
            if let type = value["type"]?.stringValue {
                if ["response.completed", "response.incomplete", "response.failed"].contains(type) {
                    hasEnded = true
                }
            }
            if let usage = response["usage"], usage.objectValue != nil {
                tokens = Self.inclusive(
                    usage, input: "input_tokens", output: "output_tokens",
                    details: usage["input_tokens_details"])
            }
        case .gemini: readGemini(value)
        case .free: break
        }
    }

    private mutating func readMessages(_ value: JSONValue) {
        let message = value["message"] ?? value
        note(model: message["model"])
        if value["type"]?.stringValue == "message_stop" { hasEnded = true }
        guard let usage = message["usage"] ?? value["usage"], usage.objectValue != nil else { return }
        var counts = tokens ?? .zero
        // Each figure is cumulative: the last word counts, and what is not said again stays.
        counts.input = Self.count(usage["input_tokens"]) ?? counts.input
        counts.cacheWrite = Self.count(usage["cache_creation_input_tokens"]) ?? counts.cacheWrite
        counts.cacheRead = Self.count(usage["cache_read_input_tokens"]) ?? counts.cacheRead
        counts.output = Self.count(usage["output_tokens"]) ?? counts.output
        tokens = counts
    }

    private mutating func readGemini(_ value: JSONValue) {
        // A stream asked for without `alt=sse` is a list.
        if let items = value.arrayValue {
            for item in items { readGemini(item) }
            return
        }
        note(model: value["modelVersion"])
        let candidates = value["candidates"]?.arrayValue ?? []
        if candidates.contains(where: { $0["finishReason"]?.stringValue != nil }) { hasEnded = true }
        guard let usage = value["usageMetadata"], usage.objectValue != nil else { return }
        let cached = Self.count(usage["cachedContentTokenCount"]) ?? 0
        let prompt =
            (Self.count(usage["promptTokenCount"]) ?? 0) + (Self.count(usage["toolUsePromptTokenCount"]) ?? 0)
        tokens = TokenCounts(
            input: max(prompt - cached, 0),
            output: (Self.count(usage["candidatesTokenCount"]) ?? 0)
                + (Self.count(usage["thoughtsTokenCount"]) ?? 0),
            cacheRead: cached)
    }

    /// Where the input includes what came from the cache and what was written to it.
    private static func inclusive(
        _ usage: JSONValue, input: String, output: String, details: JSONValue?
    ) -> TokenCounts {
        let read = count(details?["cached_tokens"]) ?? count(usage["prompt_cache_hit_tokens"]) ?? 0
        let written = count(details?["cache_write_tokens"]) ?? 0
        return TokenCounts(
            input: max((count(usage[input]) ?? 0) - read - written, 0), output: count(usage[output]) ?? 0,
            cacheRead: read, cacheWrite: written)
    }

    private mutating func note(model value: JSONValue?) {
        guard let name = value?.stringValue, !name.isEmpty, name.utf8.count <= 200 else { return }
        model = name
    }

    private static func count(_ value: JSONValue?) -> Int64? {
        value?.integerValue.map { min(max($0, 0), tokensMax) }
    }
}
