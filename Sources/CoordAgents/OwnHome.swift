import CoordJSON
import CoordModel

/// A home of its own, for clients that keep everything below the user's.
enum OwnHome {
    static func environment(_ launch: AgentLaunch) -> [String: String?] {
        guard let home = launch.home else { return [:] }
        var result: [String: String?] = ["HOME": home + "/home"]
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            result.updateValue(nil, forKey: name)
        }
        return result
    }

    static func folders(_ launch: AgentLaunch) -> [String] { launch.home == nil ? [] : ["home"] }
}

/// Servers as most clients have them in their settings: a map of commands.
enum MCPConfig {
    /// A settings file that holds nothing else.
    static func settings(_ servers: [MCPServerSpec]) -> String {
        let settings: JSONValue = ["mcpServers": map(servers)]
        return settings.prettyText
    }

    static func map(_ servers: [MCPServerSpec]) -> JSONValue {
        .object(
            JSONObject(
                servers.map { server in
                    let environment = server.environment.sorted { $0.key < $1.key }.map {
                        ($0.key, JSONValue.string($0.value))
                    }
                    return (
                        server.name,
                        [
                            "command": .string(server.command),
                            "args": .array(server.arguments.map { .string($0) }),
                            "env": .object(JSONObject(environment)),
                        ]
                    )
                }))
    }
}
