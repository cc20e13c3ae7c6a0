package import CoordJSON

/// A tool as an agent sees it that coord itself speaks with.
package struct AgentTool: Hashable, Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`: what all model APIs take.
    package var name: String
    package var description: String
    /// The JSON Schema of its arguments, an object.
    package var schema: JSONValue

    package init(name: String, description: String, schema: JSONValue) {
        self.name = name
        self.description = description
        self.schema = schema
    }
}

/// What is needed of a model API to hold a conversation with tools over it.
///
/// Sources: https://docs.anthropic.com/en/api/messages, https://platform.openai.com/docs/api-reference/chat,
/// https://platform.openai.com/docs/api-reference/responses, https://ai.google.dev/api/generate-content
enum ModelAPI: String, Hashable, Sendable, CaseIterable {
    /// Anthropic: `/v1/messages`.
    case messages
    /// OpenAI: `/v1/responses`.
    case responses
    /// All that are like OpenAI was: `/v1/chat/completions`.
    case chat
    /// Gemini: `:streamGenerateContent`.
    case gemini

    /// What a provider speaks, by its name in `gateway.json`. One that nobody knows speaks as most do.
    init(provider: String) {
        switch provider {
        case "anthropic": self = .messages
        case "openai": self = .responses
        case "gemini": self = .gemini
        default: self = .chat
        }
    }

    /// The longest answer that is asked for, in tokens: so much money is set apart for each call.
    static let outputTokensMax: Int64 = 8192

    /// Behind the provider's base.
    func path(model: String) -> String {
        switch self {
        case .messages: "/v1/messages"
        case .responses: "/v1/responses"
        case .chat: "/v1/chat/completions"
        case .gemini: "/v1beta/models/\(model):streamGenerateContent?alt=sse"
        }
    }

    func headers(key: String) -> [(String, JSONValue)] {
        let named: [(String, JSONValue)] =
            switch self {
            case .messages: [("x-api-key", .string(key)), ("anthropic-version", "2023-06-01")]
            case .responses, .chat: [("authorization", .string("Bearer " + key))]
            case .gemini: [("x-goog-api-key", .string(key))]
            }
        return [("content-type", "application/json")] + named
    }
}

/// One turn of a conversation.
enum ModelTurn: Hashable, Sendable {
    case user(String)
    case model(String, [ModelToolCall])
    case results([ModelToolResult])
}

/// A tool that the model wants used.
struct ModelToolCall: Hashable, Sendable {
    /// The API's own name for the call.
    var id: String
    var tool: String
    /// As the model wrote them; nil: what it wrote is no object.
    var arguments: JSONObject?
    /// What Gemini wants back with the call, as it came.
    var signature: String?
}

/// What came of one.
struct ModelToolResult: Hashable, Sendable {
    var call: ModelToolCall
    var text: String
    var isError: Bool
}

/// What is asked of a model: a conversation, as the body of a request.
struct ModelQuestion {
    var model: String
    var system: String
    var tools: [AgentTool]
    var turns: [ModelTurn]

    /// The body for an API.
    func body(_ api: ModelAPI) -> JSONValue {
        switch api {
        case .messages: messages
        case .responses: responses
        case .chat: chat
        case .gemini: gemini
        }
    }

    // MARK: Anthropic

    private var messages: JSONValue {
        let cached: JSONValue = ["type": "ephemeral"]
        var body = JSONObject([
            ("model", .string(model)), ("max_tokens", .integer(ModelAPI.outputTokensMax)), ("stream", true),
            // Tools and system prompt stay as they are from call to call: they are paid for once.
            ("system", [["type": "text", "text": .string(system), "cache_control": cached]]),
        ])
        var list = turns.map { messagesTurn($0) }
        // So does what was said before.
        if var last = list.popLast() {
            if var content = last["content"]?.arrayValue, var block = content.popLast()?.objectValue {
                block["cache_control"] = cached
                last["content"] = .array(content + [.object(block)])
            }
            list.append(last)
        }
        body["messages"] = .array(list.map { .object($0) })
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map {
                    [
                        "name": .string($0.name), "description": .string($0.description),
                        "input_schema": $0.schema,
                    ]
                })
        }
        return .object(body)
    }

    private func messagesTurn(_ turn: ModelTurn) -> JSONObject {
        switch turn {
        case .user(let text):
            return JSONObject([("role", "user"), ("content", [["type": "text", "text": .string(text)]])])
        case .model(let text, let calls):
            var content: [JSONValue] = text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
            content += calls.map {
                [
                    "type": "tool_use", "id": .string($0.id), "name": .string($0.tool),
                    "input": .object($0.arguments ?? JSONObject()),
                ]
            }
            return JSONObject([("role", "assistant"), ("content", .array(content))])
        case .results(let results):
            let content: [JSONValue] = results.map {
                [
                    "type": "tool_result", "tool_use_id": .string($0.call.id), "content": .string($0.text),
                    "is_error": .bool($0.isError),
                ]
            }
            return JSONObject([("role", "user"), ("content", .array(content))])
        }
    }

    // MARK: OpenAI

    /// The whole conversation goes along each time: the provider is asked to keep none of it.
    private var responses: JSONValue {
        var body = JSONObject([
            ("model", .string(model)), ("max_output_tokens", .integer(ModelAPI.outputTokensMax)),
            ("stream", true), ("store", false), ("instructions", .string(system)),
            ("input", .array(turns.flatMap { responsesTurn($0) })),
        ])
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map {
                    [
                        "type": "function", "name": .string($0.name), "description": .string($0.description),
                        // The strict form takes a part of JSON Schema only.
                        "parameters": $0.schema, "strict": false,
                    ]
                })
        }
        return .object(body)
    }

    private func responsesTurn(_ turn: ModelTurn) -> [JSONValue] {
        func message(_ role: String, _ kind: String, _ text: String) -> JSONValue {
            [
                "type": "message", "role": .string(role),
                "content": [["type": .string(kind), "text": .string(text)]],
            ]
        }
        switch turn {
        case .user(let text): return [message("user", "input_text", text)]
        case .model(let text, let calls):
            return (text.isEmpty ? [] : [message("assistant", "output_text", text)])
                + calls.map {
                    [
                        "type": "function_call", "call_id": .string($0.id), "name": .string($0.tool),
                        "arguments": .string(JSONValue.object($0.arguments ?? JSONObject()).text),
                    ]
                }
        case .results(let results):
            return results.map {
                [
                    "type": "function_call_output", "call_id": .string($0.call.id),
                    "output": .string($0.text),
                ]
            }
        }
    }

    private var chat: JSONValue {
        var body = JSONObject([
            ("model", .string(model)), ("max_tokens", .integer(ModelAPI.outputTokensMax)), ("stream", true),
            ("stream_options", ["include_usage": true]),
            (
                "messages",
                .array([["role": "system", "content": .string(system)]] + turns.flatMap { chatTurn($0) })
            ),
        ])
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map {
                    [
                        "type": "function",
                        "function": [
                            "name": .string($0.name), "description": .string($0.description),
                            "parameters": $0.schema,
                        ],
                    ]
                })
        }
        return .object(body)
    }

    private func chatTurn(_ turn: ModelTurn) -> [JSONValue] {
        switch turn {
        case .user(let text): return [["role": "user", "content": .string(text)]]
        case .model(let text, let calls):
            var said = JSONObject([("role", "assistant"), ("content", text.isEmpty ? .null : .string(text))])
            if !calls.isEmpty {
                said["tool_calls"] = .array(
                    calls.map {
                        let arguments = JSONValue.object($0.arguments ?? JSONObject()).text
                        return [
                            "id": .string($0.id), "type": "function",
                            "function": ["name": .string($0.tool), "arguments": .string(arguments)],
                        ]
                    })
            }
            return [.object(said)]
        case .results(let results):
            return results.map {
                ["role": "tool", "tool_call_id": .string($0.call.id), "content": .string($0.text)]
            }
        }
    }

    // MARK: Gemini

    private var gemini: JSONValue {
        var body = JSONObject([
            ("systemInstruction", ["parts": [["text": .string(system)]]]),
            ("contents", .array(turns.map { geminiTurn($0) })),
            ("generationConfig", ["maxOutputTokens": .integer(ModelAPI.outputTokensMax)]),
        ])
        if !tools.isEmpty {
            let list: [JSONValue] = tools.map {
                [
                    "name": .string($0.name), "description": .string($0.description),
                    "parametersJsonSchema": $0.schema,
                ]
            }
            body["tools"] = [["functionDeclarations": .array(list)]]
        }
        return .object(body)
    }

    private func geminiTurn(_ turn: ModelTurn) -> JSONValue {
        switch turn {
        case .user(let text): return ["role": "user", "parts": [["text": .string(text)]]]
        case .model(let text, let calls):
            var parts: [JSONValue] = text.isEmpty ? [] : [["text": .string(text)]]
            for call in calls {
                var part = JSONObject([
                    (
                        "functionCall",
                        ["name": .string(call.tool), "args": .object(call.arguments ?? JSONObject())]
                    )
                ])
                part["thoughtSignature"] = call.signature.map { .string($0) }
                parts.append(.object(part))
            }
            return ["role": "model", "parts": .array(parts)]
        case .results(let results):
            let parts: [JSONValue] = results.map {
                [
                    "functionResponse": [
                        "name": .string($0.call.tool),
                        "response": .object(
                            JSONObject([($0.isError ? "error" : "output", .string($0.text))])),
                    ]
                ]
            }
            return ["role": "user", "parts": .array(parts)]
        }
    }
}
