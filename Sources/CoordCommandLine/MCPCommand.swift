import CoordProcess
import CoordSystem
import CoordWire

/// `coord mcp`: the tools of an agent that coord started, as an MCP server on standard input and output. The
/// worker's program is it; a run names that to its agents directly.
enum MCPCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard Environment.value(ChannelHello.channelVariable) != nil else {
            throw CommandFailure(
                .wrongInput, "`coord mcp` serves agents that coord started, and none did",
                hint: "`coord run` gives every agent that speaks MCP these tools by itself")
        }
        let program = Files.parent(Executables.own()) + "/coord-worker"
        // Returns only when it could not.
        try CommandFailure.fromSystem { () throws(SystemError) in
            try Confinement.execute([program, "mcp"])
        }
    }
}
