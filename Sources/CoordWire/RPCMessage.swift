package import CoordJSON

/// What connects an answer with its request.
package enum RPCID: Hashable, Sendable {
    case number(Int64)
    case string(String)

    package var json: JSONValue {
        switch self {
        case .number(let number): .integer(number)
        case .string(let text): .string(text)
        }
    }
}

/// One message of JSON-RPC 2.0 (https://www.jsonrpc.org/specification): one line of JSON. The same for worker
/// pipes, for MCP and for ACP. A batch (a list of messages) is refused, as MCP does.
package enum RPCMessage: Hashable, Sendable {
    /// Wants an answer with the same id.
    case request(id: RPCID, method: String, params: JSONValue?)
    case notification(method: String, params: JSONValue?)
    case response(id: RPCID, result: JSONValue)
    /// `id` is nil when the request could not be understood far enough to name it.
    case failure(id: RPCID?, code: Int64, message: String, data: JSONValue? = nil)

    /// The codes that the specification names.
    package enum Code {
        package static let parseError: Int64 = -32700
        package static let invalidRequest: Int64 = -32600
        package static let methodNotFound: Int64 = -32601
        package static let invalidParams: Int64 = -32602
        package static let internalError: Int64 = -32603
    }

    // MARK: Reading

    /// Reads one line, given without its end.
    package static func decode(_ line: ArraySlice<UInt8>) throws(WireError) -> RPCMessage {
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(line) } catch { throw .notJSON(error) }
        return try decode(value)
    }

    /// Reads one line, given without its end.
    package static func decode(_ line: [UInt8]) throws(WireError) -> RPCMessage { try decode(line[...]) }

    private static func decode(_ value: JSONValue) throws(WireError) -> RPCMessage {
        guard case .object(let object) = value else {
            throw .notAMessage("it is \(value.kindName), not an object")
        }
        guard case .string("2.0")? = object["jsonrpc"] else { throw .notAMessage("`jsonrpc` is not \"2.0\"") }
        let id = try identifier(object["id"])
        if let method = object["method"] {
            guard case .string(let name) = method else { throw .notAMessage("`method` is not a string") }
            let params = object["params"]
            switch params {
            case nil, .object, .array: break
            default: throw .notAMessage("`params` is neither an object nor a list")
            }
            switch id {
            case .absent: return .notification(method: name, params: params)
            case .named(let id): return .request(id: id, method: name, params: params)
            case .null: throw .notAMessage("the id of a request is null")
            }
        }
        if let result = object["result"] {
            guard object["error"] == nil else { throw .notAMessage("it has a result and an error") }
            guard case .named(let id) = id else { throw .notAMessage("a result without an id") }
            return .response(id: id, result: result)
        }
        guard let error = object["error"] else { throw .notAMessage("no `method`, `result` or `error`") }
        guard let code = error["code"]?.integerValue, let message = error["message"]?.stringValue else {
            throw .notAMessage("`error` lacks a whole `code` and a `message`")
        }
        return .failure(id: id.value, code: code, message: message, data: error["data"])
    }

    private enum Identifier {
        case absent, null
        case named(RPCID)

        var value: RPCID? { if case .named(let id) = self { id } else { nil } }
    }

    private static func identifier(_ value: JSONValue?) throws(WireError) -> Identifier {
        switch value {
        case nil: return .absent
        case .null: return .null
        case .integer(let number): return .named(.number(number))
        case .string(let text): return .named(.string(text))
        default: throw .notAMessage("`id` is neither a whole number nor a string")
        }
    }

    // MARK: Writing

    /// Appends the message as one line, without its end.
    package func write(to output: inout [UInt8]) {
        output.append(contentsOf: #"{"jsonrpc":"2.0""#.utf8)
        switch self {
        case .request(let id, let method, let params):
            output.member("id", id.json)
            output.member("method", method)
            if let params { output.member("params", params) }
        case .notification(let method, let params):
            output.member("method", method)
            if let params { output.member("params", params) }
        case .response(let id, let result):
            output.member("id", id.json)
            output.member("result", result)
        case .failure(let id, let code, let message, let data):
            output.member("id", id?.json ?? .null)
            output.append(contentsOf: #","error":{"#.utf8)
            output.member("code", code)
            output.member("message", message)
            if let data { output.member("data", data) }
            output.append(0x7D)
        }
        output.append(0x7D)
    }

    /// The message as one line, without its end.
    package func encoded() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(to: &output)
        return output
    }
}
