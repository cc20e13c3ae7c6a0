import CoordModel

/// The clients coord drives: by name, how each is started and understood.
package enum AgentRoster {
    /// Nil: no client of that name is driven.
    package static func open(
        _ request: AgentRequest
    ) -> (command: AgentCommand, dialogue: any AgentDialogue)? {
        switch request.launch.driver {
        case "claude": (ClaudeCommand.command(request), ClaudeDialogue(request))
        default: nil
        }
    }
}
