package import CoordModel

/// What an agent asks to be allowed, as far as a policy tells it apart.
package enum ToolUse: Hashable, Sendable {
    /// Looks at files, or only thinks.
    case read
    /// Changes files.
    case write
    /// Runs commands.
    case execute
    /// Reaches out to the network.
    case fetch
    /// Asks the person at the keyboard.
    case askPerson
    /// A tool of a server that coord gave it.
    case served
    /// Anything else, by its own name.
    case other(String)
}

extension PermissionPolicy {
    /// Nil: it may. Else why not, as a sentence for the agent.
    package func objection(to use: ToolUse) -> String? {
        switch use {
        case .read, .served: return nil
        case .askPerson:
            return
                "Nobody is at the keyboard. Decide yourself, and say in your last message what you assumed."
        case .write:
            guard mayWrite else { return "You look at this work and change no file of it." }
            return allows(["Edit", "Write", "MultiEdit", "NotebookEdit"], "change files")
        case .execute: return allows(["Bash", "Shell"], "run commands")
        case .fetch: return allows(["WebFetch", "WebSearch", "Fetch"], "use the network by a tool")
        case .other(let name): return allows([name], "use `\(name)`")
        }
    }

    private func allows(_ names: [String], _ deed: String) -> String? {
        // A pattern such as `Bash(git *)` names the tool before the bracket.
        let known = tools.map { $0.prefix { $0 != "(" } }
        if tools.isEmpty || names.contains(where: { known.contains($0[...]) }) { return nil }
        return "Your role may not \(deed). Do what you can without, and say what is missing."
    }
}
