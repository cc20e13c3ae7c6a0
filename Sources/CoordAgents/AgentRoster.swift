import CoordModel

/// The clients coord drives: by name, how each is started and understood.
package enum AgentRoster {
    /// The name by which price lists know the model that a launch asks for. Nil: the client's own default.
    package static func pricedModel(driver: String, model: String?) -> String? {
        guard driver == "claude" else { return ModelName.openAI(model) }
        return switch model {
        case "haiku": "claude-haiku-5-5"
        case "sonnet": "claude-sonnet-5-5"
        case "opus": "claude-opus-5-5"
        default: model
        }
    }

    /// Nil: no client of that name is driven.
    package static func open(
        _ request: AgentRequest
    ) -> (command: AgentCommand, dialogue: any AgentDialogue)? {
        switch request.launch.driver {
        case "claude": (ClaudeCommand.command(request), ClaudeDialogue(request))
        case "codex": (CodexCommand.server(request), CodexDialogue(request))
        case "codex-exec": (CodexCommand.run(request), CodexExecDialogue(request))
        case "gemini": (GeminiDialogue.command(request), GeminiDialogue(request))
        case "opencode": (OpencodeDialogue.command(request), OpencodeDialogue(request))
        case "aider": (AiderDialogue.command(request), AiderDialogue(request))
        case "mini-swe-agent": (MiniDialogue.command(request), MiniDialogue(request))
        case "vibe": (VibeDialogue.command(request), VibeDialogue(request))
        case "kimi": (KimiDialogue.command(request), KimiDialogue(request))
        case "goose": (GooseDialogue.command(request), GooseDialogue(request))
        case "qwen": (QwenCommand.command(request), ClaudeDialogue(request, isSpokenTo: false))
        case "api": (DirectDialogue.command(request), DirectDialogue(request))
        case "acp": (ACPDialogue.command(request), ACPDialogue(request))
        default: nil
        }
    }
}
