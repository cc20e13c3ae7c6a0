import CoordJSON
import CoordModel

/// How Claude Code is started: printing, with JSON lines both ways, every question put to us.
enum ClaudeCommand {
    /// Instructions of the repository itself are read by the agent on being told: its settings, hooks and
    /// servers are not loaded from the tree, so nothing of it runs before the agent decides to.
    private static let treeRules =
        "If the repository has a CLAUDE.md or an AGENTS.md, read it first: it says how work is done there."

    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        var arguments = [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
            "--include-partial-messages", "--permission-prompt-tool", "stdio", "--permission-mode",
            "default",
            "--setting-sources=", "--strict-mcp-config",
        ]
        if let model = launch.model { arguments += ["--model=" + model] }
        if let session = launch.session {
            arguments += ["--resume=" + session]
        } else if !launch.newSession.isEmpty {
            arguments += ["--session-id=" + launch.newSession]
        }
        var files: [String: String] = [:]
        if !launch.mcpServers.isEmpty, let home = launch.home {
            // Arguments are everybody's to see; the file is its owner's.
            files["servers.json"] = servers(launch.mcpServers)
            arguments += ["--mcp-config=" + home + "/servers.json"]
        } else if !launch.mcpServers.isEmpty {
            arguments += ["--mcp-config=" + servers(launch.mcpServers)]
        }
        let added = [treeRules, launch.systemPrompt].filter { !$0.isEmpty }.joined(separator: "\n\n")
        arguments += ["--append-system-prompt=" + added]
        return AgentCommand(
            .file(launch.program, arguments: arguments), environment: environment(request), files: files,
            folders: launch.home == nil ? [] : ["config"], readsInput: true)
    }

    private static func environment(_ request: AgentRequest) -> [String: String?] {
        var result: [String: String?] = [
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1", "CLAUDECODE": nil,
        ]
        if let home = request.launch.home { result["CLAUDE_CONFIG_DIR"] = home + "/config" }
        if let gateway = request.launch.gateway, let url = gateway.anthropic {
            result["ANTHROPIC_BASE_URL"] = url
            result["ANTHROPIC_API_KEY"] = gateway.key
            result["ANTHROPIC_AUTH_TOKEN"] = .some(nil)
            result["CLAUDE_CODE_OAUTH_TOKEN"] = .some(nil)
        }
        return result
    }

    private static func servers(_ specs: [MCPServerSpec]) -> String {
        let servers = specs.map { spec -> (String, JSONValue) in
            let environment = spec.environment.sorted { $0.key < $1.key }.map {
                ($0.key, JSONValue.string($0.value))
            }
            return (
                spec.name,
                [
                    "type": "stdio", "command": .string(spec.command),
                    "args": .array(spec.arguments.map { .string($0) }),
                    "env": .object(JSONObject(environment)),
                    // Otherwise its tools hide behind a search tool.
                    "alwaysLoad": true,
                ]
            )
        }
        return JSONValue.object(JSONObject([("mcpServers", .object(JSONObject(servers)))])).text
    }
}
