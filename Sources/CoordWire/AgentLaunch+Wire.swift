import CoordJSON
import CoordModel

// How the launch of a coding agent travels, as the members of `work` in an assignment.

extension AgentLaunch {
    func write(to output: inout [UInt8]) {
        output.member("driver", driver)
        output.member("program", program)
        output.member("model", model)
        if let contextWindow { output.member("contextWindow", contextWindow) }
        output.member("session", session)
        if !newSession.isEmpty { output.member("newSession", newSession) }
        if counted != .zero {
            output.key("counted")
            output.append(0x7B)
            output.member("inputTokens", counted.input)
            output.member("outputTokens", counted.output)
            output.member("cacheReadTokens", counted.cacheRead)
            output.member("cacheWriteTokens", counted.cacheWrite)
            output.append(0x7D)
        }
        if !systemPrompt.isEmpty { output.member("systemPrompt", systemPrompt) }
        if !permissions.tools.isEmpty { output.member("tools", permissions.tools) }
        if !permissions.mayWrite { output.member("mayWrite", false) }
        if !mcpServers.isEmpty { output.member("mcpServers", .array(mcpServers.map(\.json))) }
        if let gateway { output.member("gateway", gateway.json) }
        output.member("home", home)
        output.member("memory", memory)
        if isConfined { output.member("confined", true) }
    }

    init(_ members: Members) throws(WireError) {
        self.init(driver: try members.text("driver"), program: try members.text("program"))
        model = try members.optionalText("model")
        contextWindow = try members.optionalInteger("contextWindow", 1...Int64.max)
        session = try members.optionalText("session")
        newSession = try members.optionalText("newSession") ?? ""
        if let inner = try members.inner("counted") {
            let range = 0...Int64.max
            counted = TokenCounts(
                input: try inner.integer("inputTokens", range),
                output: try inner.integer("outputTokens", range),
                cacheRead: try inner.integer("cacheReadTokens", range),
                cacheWrite: try inner.integer("cacheWriteTokens", range))
        }
        systemPrompt = try members.optionalText("systemPrompt") ?? ""
        permissions = PermissionPolicy(
            tools: try members.texts("tools"), mayWrite: try members.flag("mayWrite", otherwise: true))
        mcpServers = try members.mcpServers()
        if let inner = try members.inner("gateway") {
            gateway = GatewayEndpoint(
                anthropic: try inner.optionalText("anthropic"), openAI: try inner.optionalText("openai"),
                gemini: try inner.optionalText("gemini"), key: try inner.text("key"))
        }
        home = try members.absolutePath("home")
        memory = try members.absolutePath("memory")
        isConfined = try members.flag("confined", otherwise: false)
    }
}

extension MCPServerSpec {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "command": .string(command),
            "arguments": .array(arguments.map { .string($0) }),
            "environment": .object(
                JSONObject(environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }
}

extension GatewayEndpoint {
    fileprivate var json: JSONValue {
        let shapes = [("anthropic", anthropic), ("openai", openAI), ("gemini", gemini)]
        let known = shapes.compactMap { name, url in url.map { (name, JSONValue.string($0)) } }
        return .object(JSONObject(known + [("key", .string(key))]))
    }
}

extension Members {
    /// A member that is an object. Nil: it is not there.
    func inner(_ name: String) throws(WireError) -> Members? {
        switch object[name] {
        case nil, .null: return nil
        case .object(let object): return Members(method: name, object: object)
        default: throw .wrong(member: name, method: method, wanted: "an object")
        }
    }

    fileprivate func mcpServers() throws(WireError) -> [MCPServerSpec] {
        guard let value = object["mcpServers"], !value.isNull else { return [] }
        var servers: [MCPServerSpec] = []
        for item in value.arrayValue ?? [] {
            guard case .object(let object) = item else {
                throw .wrong(member: "mcpServers", method: method, wanted: "a list of objects")
            }
            let inner = Members(method: "mcpServers", object: object)
            guard let command = try inner.absolutePath("command") else {
                throw .missing(member: "command", method: "mcpServers")
            }
            servers.append(
                MCPServerSpec(
                    name: try inner.text("name"), command: command, arguments: try inner.texts("arguments"),
                    environment: try inner.environment()))
        }
        guard servers.count == value.arrayValue?.count else {
            throw .wrong(member: "mcpServers", method: method, wanted: "a list of objects")
        }
        return servers
    }
}
