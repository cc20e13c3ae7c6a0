import CoordJSON
import CoordModel

/// How Codex is started: as an app server, or, under the name `codex-exec`, for one run with JSON lines.
enum CodexCommand {
    private static let defaultAddress = "https://api.openai.com/v1"

    static func server(_ request: AgentRequest) -> AgentCommand {
        command(request, switches(request) + ["app-server"], readsInput: true)
    }

    static func run(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        // What stands before the name of a subcommand does not reach it.
        var arguments = ["exec"]
        if let session = launch.session { arguments += ["resume", session] }
        arguments += switches(request) + ["--json", "--skip-git-repo-check"]
        arguments += ["-c", "sandbox_mode=" + quoted(sandbox(launch))]
        if let model = model(launch) { arguments += ["-c", "model=" + quoted(model)] }
        if !launch.systemPrompt.isEmpty {
            arguments += ["-c", "developer_instructions=" + quoted(launch.systemPrompt)]
        }
        return command(request, arguments + ["--", request.promptArgument], readsInput: false)
    }

    private static func command(
        _ request: AgentRequest, _ arguments: [String], readsInput: Bool
    ) -> AgentCommand {
        var environment: [String: String?] = [:]
        var files: [String: String] = [:]
        if let home = request.launch.home {
            environment["CODEX_HOME"] = home + "/codex"
            files["codex/config.toml"] = settings(request).joined(separator: "\n") + "\n"
        }
        if let gateway = request.launch.gateway, gateway.openAI != nil {
            environment["OPENAI_API_KEY"] = gateway.key
            environment["CODEX_API_KEY"] = .some(nil)
        }
        return AgentCommand(
            .file(request.launch.program, arguments: arguments), environment: environment, files: files,
            folders: request.launch.home == nil ? [] : ["codex"], readsInput: readsInput,
            results: ["rollout": "codex/sessions/*/.jsonl"])
    }

    /// Settings as arguments where they cannot stand in a file: arguments are everybody's to see, and an
    /// address of the gateway's or the environment of a server may hold a secret.
    private static func switches(_ request: AgentRequest) -> [String] {
        let values = request.launch.home == nil ? settings(request) : []
        return values.flatMap { ["-c", $0] } + ["--disable", "plugins", "--disable", "apps"]
    }

    /// What holds for both ways, as lines of TOML: quiet, our address, our servers.
    private static func settings(_ request: AgentRequest) -> [String] {
        var values = ["analytics.enabled=false", "check_for_update_on_startup=false"]
        if let provider = provider(request) {
            values += ["model_provider=\"coord\"", "model_providers.coord=" + provider]
        }
        for server in request.launch.mcpServers {
            let environment = server.environment.sorted { $0.key < $1.key }.map {
                quoted($0.key) + "=" + quoted($0.value)
            }
            values.append(
                "mcp_servers.\(server.name)={command=\(quoted(server.command)),"
                    + "args=[\(server.arguments.map(quoted).joined(separator: ","))],"
                    + "env={\(environment.joined(separator: ","))},required=true,"
                    + "default_tools_approval_mode=\"approve\"}")
        }
        return values
    }

    /// A provider of its own wherever there is a key: the built-in one ignores addresses and tries a second
    /// protocol first. Nil: it is signed in by its own login.
    private static func provider(_ request: AgentRequest) -> String? {
        var address = request.environment["OPENAI_BASE_URL"] ?? defaultAddress
        var key = ["OPENAI_API_KEY", "CODEX_API_KEY"].first { request.environment[$0] != nil }
        if let gateway = request.launch.gateway, let url = gateway.openAI {
            (address, key) = (url, "OPENAI_API_KEY")
        }
        guard let key else { return nil }
        return "{name=\"coord\",base_url=\(quoted(address)),env_key=\"\(key)\",wire_api=\"responses\"}"
    }

    /// Codex's own sandbox does not work within ours.
    static func sandbox(_ launch: AgentLaunch) -> String {
        launch.isConfined ? "danger-full-access" : "workspace-write"
    }

    static func model(_ launch: AgentLaunch) -> String? { ModelName.openAI(launch.model) }

    /// A basic string of TOML: the escapes are those of JSON.
    private static func quoted(_ text: String) -> String { JSONValue.string(text).text }
}
