package import CoordJSON
package import CoordWire

/// The server's side of one MCP connection over stdio, in both of the protocol's eras: the one that begins
/// with `initialize` and is spoken until the end, and the one in which each request names its version. Does
/// no I/O; what a tool does is its caller's to know.
///
/// Source: https://modelcontextprotocol.io/specification
package struct MCPSession: Sendable {
    /// What a message asks of the one who holds the session.
    package enum Action: Sendable, Hashable {
        case send(RPCMessage)
        /// Use a tool that is on the list; `answer` or `fail` with the id later.
        case call(RPCID, tool: String, arguments: JSONObject)
        /// Nobody wants the answer any more.
        case cancelled(RPCID)
    }

    /// What came of a tool.
    package struct Result: Sendable, Hashable {
        package var text: String
        package var isError: Bool

        package init(_ text: String, isError: Bool = false) {
            self.text = text
            self.isError = isError
        }
    }

    /// The versions that begin with `initialize`, the newest last.
    package static let legacyVersions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
    /// The versions that each request names.
    package static let modernVersions = ["2026-07-28"]
    /// Calls without an answer yet.
    package static let callsMax = 64
    /// The code for a version that is not spoken.
    package static let unsupportedVersion: Int64 = -32022

    private static let versionKey = "io.modelcontextprotocol/protocolVersion"
    private static let serverKey = "io.modelcontextprotocol/serverInfo"
    /// The list of tools of an attempt without skills does not change.
    private static let listLivesMilliseconds: Int64 = 3_600_000

    /// What may be called; whoever holds the session changes it where `listChanges`.
    package var tools: [MCPTool]
    private let listChanges: Bool
    private let instructions: String
    private let version: String
    /// Calls under way, and whether they were asked for in the modern way.
    private var open: [RPCID: Bool] = [:]

    /// - Parameter listChanges: the list of tools may grow while the session lasts.
    package init(tools: [MCPTool], instructions: String, version: String, listChanges: Bool = false) {
        self.listChanges = listChanges
        self.tools = tools
        self.instructions = instructions
        self.version = version
    }

    /// Whether a call waits for its answer.
    package var isWaiting: Bool { !open.isEmpty }

    // MARK: Receiving

    /// Takes a message in. Everything but a tool is answered at once.
    package mutating func receive(_ message: RPCMessage) -> [Action] {
        switch message {
        case .request(let id, let method, let params): receive(id, method, params?.objectValue)
        case .notification("notifications/cancelled", let params): cancel(params)
        case .notification, .response, .failure: []
        }
    }

    /// The answer to a line that is no message.
    package static func refusal(of error: WireError) -> RPCMessage {
        switch error {
        case .notJSON:
            .failure(id: nil, code: RPCMessage.Code.parseError, message: error.description)
        case .notAMessage, .missing, .wrong:
            .failure(id: nil, code: RPCMessage.Code.invalidRequest, message: error.description)
        }
    }

    /// The answer to a line above the limit.
    package static func refusal(ofBytes count: Int) -> RPCMessage {
        .failure(
            id: nil, code: RPCMessage.Code.invalidRequest,
            message: "a line of \(count) bytes was dropped; a line has at most 1 MiB")
    }

    private mutating func receive(_ id: RPCID, _ method: String, _ params: JSONObject?) -> [Action] {
        let named = params?["_meta"]?[Self.versionKey]
        if let named, !Self.modernVersions.contains(named.stringValue ?? "") {
            return [.send(unsupported(id, named))]
        }
        let isModern = named != nil
        switch method {
        case "initialize" where !isModern: return respond(id, initialized(params))
        case "server/discover": return respond(id, discovered)
        case "ping" where !isModern: return respond(id, [:])
        case "tools/list": return list(id, params, isModern)
        case "tools/call": return call(id, params, isModern)
        default:
            let message = "there is no method `\(AgentEventParser.prefix(method, 128))`"
            return [.send(.failure(id: id, code: RPCMessage.Code.methodNotFound, message: message))]
        }
    }

    private func respond(_ id: RPCID, _ result: JSONValue) -> [Action] {
        [.send(.response(id: id, result: result))]
    }

    private func invalid(_ id: RPCID, _ message: String) -> [Action] {
        [.send(.failure(id: id, code: RPCMessage.Code.invalidParams, message: message))]
    }

    private func unsupported(_ id: RPCID, _ requested: JSONValue) -> RPCMessage {
        .failure(
            id: id, code: Self.unsupportedVersion, message: "this version of the protocol is not spoken",
            data: [
                // The older era too, so that a client of a later one can fall back to it.
                "supported": .array((Self.modernVersions + Self.legacyVersions).map { .string($0) }),
                "requested": .string(AgentEventParser.prefix(requested.stringValue ?? "", 64)),
            ])
    }

    private mutating func cancel(_ params: JSONValue?) -> [Action] {
        let id: RPCID
        switch params?["requestId"] {
        case .integer(let number)?: id = .number(number)
        case .string(let text)?: id = .string(text)
        default: return []
        }
        return open.removeValue(forKey: id) == nil ? [] : [.cancelled(id)]
    }

    // MARK: Answering

    private var server: JSONValue { ["name": "coord", "version": .string(version)] }
    private var capabilities: JSONValue { ["tools": listChanges ? ["listChanged": true] : [:]] }
    private var listLives: JSONValue { .integer(listChanges ? 0 : Self.listLivesMilliseconds) }

    /// Told when the list has grown.
    package static let listChanged = RPCMessage.notification(
        method: "notifications/tools/list_changed", params: nil)

    private func initialized(_ params: JSONObject?) -> JSONValue {
        let wanted = params?["protocolVersion"]?.stringValue ?? ""
        let spoken = Self.legacyVersions.contains(wanted) ? wanted : Self.legacyVersions.last!
        return [
            "protocolVersion": .string(spoken), "capabilities": capabilities, "serverInfo": server,
            "instructions": .string(instructions),
        ]
    }

    private var discovered: JSONValue {
        [
            "resultType": "complete", "supportedVersions": .array(Self.modernVersions.map { .string($0) }),
            "capabilities": capabilities, "instructions": .string(instructions),
            "ttlMs": listLives, "cacheScope": "private",
            "_meta": .object(JSONObject([(Self.serverKey, server)])),
        ]
    }

    private func list(_ id: RPCID, _ params: JSONObject?, _ isModern: Bool) -> [Action] {
        if let cursor = params?["cursor"], !cursor.isNull {
            return invalid(id, "there is one page, and no cursor")
        }
        var result = JSONObject([("tools", .array(tools.map(\.json)))])
        if isModern {
            result["resultType"] = "complete"
            result["ttlMs"] = listLives
            result["cacheScope"] = "private"
        }
        return respond(id, .object(result))
    }

    private mutating func call(_ id: RPCID, _ params: JSONObject?, _ isModern: Bool) -> [Action] {
        guard let name = params?["name"]?.stringValue else { return invalid(id, "`name` is missing") }
        guard let tool = tools.first(where: { $0.name == name }) else {
            return invalid(id, "there is no tool `\(AgentEventParser.prefix(name, 128))`")
        }
        let arguments: JSONObject
        switch params?["arguments"] {
        case nil, .null: arguments = JSONObject()
        case .object(let object): arguments = object
        default: return invalid(id, "`arguments` is not an object")
        }
        guard open[id] == nil else {
            return [
                .send(
                    .failure(
                        id: id, code: RPCMessage.Code.invalidRequest, message: "the id is in use already"))
            ]
        }
        open[id] = isModern
        if let problem = tool.problem(with: arguments) {
            return answer(id, Result(problem, isError: true)).map { [.send($0)] } ?? []
        }
        guard open.count <= Self.callsMax else {
            let text = "\(Self.callsMax) calls wait for their answers already."
            return answer(id, Result(text, isError: true)).map { [.send($0)] } ?? []
        }
        return [.call(id, tool: name, arguments: arguments)]
    }

    /// The answer to a call; nil when nobody wants it any more.
    package mutating func answer(_ id: RPCID, _ result: Result) -> RPCMessage? {
        guard let isModern = open.removeValue(forKey: id) else { return nil }
        var object = JSONObject([
            ("content", [["type": "text", "text": .string(result.text)]]), ("isError", .bool(result.isError)),
        ])
        if isModern { object["resultType"] = "complete" }
        return .response(id: id, result: .object(object))
    }
}
