import CoordModel

/// How Qwen Code is started: for one prompt, with the JSON lines of Claude Code.
enum QwenCommand {
    static func command(_ request: AgentRequest) -> AgentCommand {
        let launch = request.launch
        let policy = launch.permissions
        var arguments = ["--output-format", "stream-json"]
        let mayExecute = policy.objection(to: .execute) == nil
        if policy.objection(to: .write) == nil {
            arguments += mayExecute ? ["--yolo"] : ["--approval-mode", "auto-edit"]
        }
        if let session = launch.session { arguments += ["--resume=" + session] }
        if !launch.systemPrompt.isEmpty {
            arguments += ["--append-system-prompt=" + launch.systemPrompt]
        }
        var environment = OwnHome.environment(launch)
        if let route = OpenAIRoute(request) {
            environment["OPENAI_API_KEY"] = route.key
            environment["OPENAI_BASE_URL"] = route.address
        }
        if let model = ModelName.exact(launch.model) { environment["OPENAI_MODEL"] = model }
        var files: [String: String] = [:]
        if launch.home != nil, !launch.mcpServers.isEmpty {
            files["home/.qwen/settings.json"] = MCPConfig.settings(launch.mcpServers)
        }
        return AgentCommand(
            .file(launch.program, arguments: arguments + ["--prompt=" + request.promptArgument]),
            environment: environment, files: files, folders: OwnHome.folders(launch))
    }
}
