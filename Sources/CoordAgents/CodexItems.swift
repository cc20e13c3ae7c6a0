import CoordJSON
import CoordModel

/// What Codex does, as it tells it both ways: the names differ in their spelling only.
enum CodexItems {
    static func started(_ item: JSONValue?) -> [AgentAction] {
        guard let (name, summary) = tool(item) else { return [] }
        return [AgentText.toolStarted(name, id: item?["id"]?.stringValue ?? "", summary)]
    }

    static func completed(_ item: JSONValue?) -> [AgentAction] {
        switch kind(item) {
        case "agentmessage": return AgentText.said(item?["text"]?.stringValue ?? "")
        case "error": return [AgentText.progress(item?["message"]?.stringValue ?? "a warning")]
        case "contextcompaction": return [AgentText.progress("the conversation was compacted")]
        default: break
        }
        guard let (name, _) = tool(item) else { return [] }
        let hasFailed = item?["status"]?.stringValue != "completed" || (exitCode(item) ?? 0) != 0
        let words = hasFailed ? item?["error"]?["message"]?.stringValue : nil
        return [
            AgentText.toolEnded(
                name, id: item?["id"]?.stringValue ?? "", succeeded: !hasFailed, words ?? "")
        ]
    }

    private static func exitCode(_ item: JSONValue?) -> Int64? {
        (item?["exit_code"] ?? item?["exitCode"])?.integerValue
    }

    private static func kind(_ item: JSONValue?) -> String {
        (item?["type"]?.stringValue ?? "").filter { $0 != "_" }.lowercased()
    }

    private static func tool(_ item: JSONValue?) -> (name: String, summary: String)? {
        switch kind(item) {
        case "commandexecution": return ("shell", item?["command"]?.stringValue ?? "")
        case "filechange":
            let paths = (item?["changes"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }
            return ("edit", paths.joined(separator: " "))
        case "mcptoolcall":
            let server = item?["server"]?.stringValue ?? ""
            return ("\(server).\(item?["tool"]?.stringValue ?? "tool")", "")
        case "websearch": return ("web search", item?["query"]?.stringValue ?? "")
        case "collabtoolcall", "dynamictoolcall": return (item?["tool"]?.stringValue ?? "tool", "")
        default: return nil
        }
    }

    /// Input counts contain what was cached.
    static func tokens(
        input: JSONValue?, cached: JSONValue?, cacheWrite: JSONValue?, output: JSONValue?
    ) -> TokenCounts {
        let read = AgentText.tokens(cached)
        let written = AgentText.tokens(cacheWrite)
        return TokenCounts(
            input: max(0, AgentText.tokens(input) - read - written), output: AgentText.tokens(output),
            cacheRead: read, cacheWrite: written)
    }

    /// The snake-case spelling.
    static func tokens(_ usage: JSONValue?) -> TokenCounts {
        tokens(
            input: usage?["input_tokens"], cached: usage?["cached_input_tokens"],
            cacheWrite: usage?["cache_write_input_tokens"], output: usage?["output_tokens"])
    }
}
