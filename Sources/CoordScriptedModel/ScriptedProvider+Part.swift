import CoordHTTP
import CoordJSON
import CoordModel

/// A part that the model plays: words and tools, in the stream of the API that was asked.
extension ScriptedProvider {
    /// Answers with what the part says.
    func play(
        _ sayings: [Saying], _ exchange: HTTPExchange, _ head: HTTPRequestHead, _ body: [UInt8],
        _ number: Int
    ) {
        let path = head.path
        var tokens = Self.tokens(body, number)
        let events: [String]
        if path.hasSuffix("/messages") {
            events = Self.messages(sayings, tokens, number)
        } else {
            tokens.cacheWrite = 0
            events =
                path.hasSuffix("/chat/completions")
                ? Self.chat(sayings, tokens, number)
                : path.hasSuffix("/responses")
                    ? Self.responses(sayings, tokens, number) : Self.gemini(sayings, tokens, number)
        }
        serve(events, exchange, head, body, tokens)
    }

    private static func event(_ text: String) -> String { "data: \(text)\n\n" }

    private static func messages(_ sayings: [Saying], _ tokens: TokenCounts, _ number: Int) -> [String] {
        var events = [start(tokens)]
        var usesTools = false
        for (index, saying) in sayings.enumerated() {
            switch saying {
            case .text(let text):
                events.append(
                    event(
                        #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"text"}}"#))
                events.append(
                    event(
                        #"{"type":"content_block_delta","index":\#(index),"delta":{"type":"text_delta","#
                            + #""text":\#(JSONValue.string(text).text)}}"#))
            case .use(let tool, let arguments):
                usesTools = true
                events.append(
                    event(
                        #"{"type":"content_block_start","index":\#(index),"content_block":{"#
                            + #""type":"tool_use","id":"toolu_\#(number)_\#(index)","#
                            + #""name":\#(JSONValue.string(tool).text),"input":{}}}"#
                    ))
                // Arguments come in pieces that are no JSON by themselves.
                let half = arguments.index(arguments.startIndex, offsetBy: arguments.count / 2)
                for piece in [arguments[..<half], arguments[half...]] {
                    let said = JSONValue.string(String(piece)).text
                    events.append(
                        event(
                            #"{"type":"content_block_delta","index":\#(index),"delta":{"type":"#
                                + #""input_json_delta","partial_json":\#(said)}}"#))
                }
            }
            events.append(event(#"{"type":"content_block_stop","index":\#(index)}"#))
        }
        let reason = usesTools ? "tool_use" : "end_turn"
        events.append(
            event(
                #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)"},"usage":{"output_tokens":"#
                    + "\(tokens.output)}}"))
        return events + [event(#"{"type":"message_stop"}"#)]
    }

    private static func chat(_ sayings: [Saying], _ tokens: TokenCounts, _ number: Int) -> [String] {
        var events: [String] = []
        var calls = 0
        func chunk(_ choice: String) -> String {
            event(#"{"id":"chat-\#(number)","model":"test-model","choices":[\#(choice)]}"#)
        }
        for saying in sayings {
            switch saying {
            case .text(let text):
                events.append(chunk(#"{"index":0,"delta":{"content":\#(JSONValue.string(text).text)}}"#))
            case .use(let tool, let arguments):
                events.append(
                    chunk(
                        #"{"index":0,"delta":{"tool_calls":[{"index":\#(calls),"#
                            + #""id":"call_\#(number)_\#(calls)","type":"function","#
                            + #""function":{"name":\#(JSONValue.string(tool).text),"arguments":""}}]}}"#
                    ))
                events.append(
                    chunk(
                        #"{"index":0,"delta":{"tool_calls":[{"index":\#(calls),"function":{"arguments":"#
                            + JSONValue.string(arguments).text + "}}]}}"))
                calls += 1
            }
        }
        events.append(
            chunk(#"{"index":0,"delta":{},"finish_reason":"\#(calls > 0 ? "tool_calls" : "stop")"}"#))
        events.append(
            event(
                #"{"id":"chat-\#(number)","model":"test-model","choices":[],"usage":{"prompt_tokens":"#
                    + #"\#(tokens.input + tokens.cacheRead),"completion_tokens":\#(tokens.output),"#
                    + #""prompt_tokens_details":{"cached_tokens":\#(tokens.cacheRead)}}}"#))
        return events + [event("[DONE]")]
    }

    private static func responses(_ sayings: [Saying], _ tokens: TokenCounts, _ number: Int) -> [String] {
        let name = #""id":"resp_\#(number)","model":"test-model""#
        func named(_ type: String, _ rest: String) -> String {
            "event: \(type)\n" + event(#"{"type":"\#(type)",\#(rest)}"#)
        }
        var events = [named("response.created", #""response":{\#(name),"usage":null}"#)]
        for (index, saying) in sayings.enumerated() {
            let place = #""output_index":\#(index)"#
            switch saying {
            case .text(let text):
                let said = JSONValue.string(text).text
                events.append(named("response.output_text.delta", #"\#(place),"delta":\#(said)"#))
            case .use(let tool, let arguments):
                func item(_ arguments: String) -> String {
                    #"\#(place),"item":{"type":"function_call","call_id":"call_\#(number)_\#(index)","#
                        + #""name":\#(JSONValue.string(tool).text),"#
                        + #""arguments":\#(JSONValue.string(arguments).text)}"#
                }
                events.append(named("response.output_item.added", item("")))
                events.append(named("response.output_item.done", item(arguments)))
            }
        }
        let usage =
            #"{"input_tokens":\#(tokens.input + tokens.cacheRead),"output_tokens":\#(tokens.output),"#
            + #""input_tokens_details":{"cached_tokens":\#(tokens.cacheRead)}}"#
        events.append(
            named("response.completed", #""response":{\#(name),"status":"completed","usage":\#(usage)}"#))
        return events
    }

    private static func gemini(_ sayings: [Saying], _ tokens: TokenCounts, _ number: Int) -> [String] {
        let parts = sayings.map { saying in
            switch saying {
            case .text(let text): #"{"text":\#(JSONValue.string(text).text)}"#
            case .use(let tool, let arguments):
                #"{"functionCall":{"name":\#(JSONValue.string(tool).text),"args":\#(arguments)},"#
                    + #""thoughtSignature":"sig-\#(number)"}"#
            }
        }
        var events = parts.map {
            event(
                #"{"candidates":[{"content":{"role":"model","parts":[\#($0)]}}],"responseId":"g-\#(number)"}"#
            )
        }
        events.append(
            event(
                #"{"candidates":[{"finishReason":"STOP"}],"responseId":"g-\#(number)","#
                    + #""modelVersion":"test-model","usageMetadata":{"#
                    + #""promptTokenCount":\#(tokens.input + tokens.cacheRead),"#
                    + #""candidatesTokenCount":\#(tokens.output),"#
                    + #""cachedContentTokenCount":\#(tokens.cacheRead)}}"#))
        return events
    }
}
