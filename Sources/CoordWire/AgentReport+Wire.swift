import CoordModel

// How the reports of an agent travel: the method is the kind of report.

extension AgentReport {
    func write(_ run: RunID, _ lease: Lease, to output: inout [UInt8]) {
        switch self {
        case .usage(let usage):
            output.beginNotification("usage")
            output.members(run, lease)
            output.member("id", usage.id)
            output.member("model", usage.model)
            output.member("inputTokens", usage.tokens.input)
            output.member("outputTokens", usage.tokens.output)
            output.member("cacheReadTokens", usage.tokens.cacheRead)
            output.member("cacheWriteTokens", usage.tokens.cacheWrite)
            if let cost = usage.cost { output.member("costMicroUSD", cost.microDollars) }
        case .progress(let text):
            output.beginNotification("progress")
            output.members(run, lease)
            output.member("text", text)
        case .toolStarted(let name, let id, let summary):
            output.beginNotification("tool")
            output.members(run, lease)
            output.member("phase", "start")
            output.member("name", name)
            output.member("id", id)
            output.member("summary", summary)
        case .toolEnded(let name, let id, let succeeded, let summary):
            output.beginNotification("tool")
            output.members(run, lease)
            output.member("phase", "end")
            output.member("name", name)
            output.member("id", id)
            output.member("ok", succeeded)
            output.member("summary", summary)
        case .handoff(let handoff):
            output.beginNotification("handoff")
            output.members(run, lease)
            output.member("summary", handoff.summary)
            output.member("remaining", handoff.remaining)
            if !handoff.decisions.isEmpty { output.member("decisions", handoff.decisions) }
            if !handoff.pitfalls.isEmpty { output.member("pitfalls", handoff.pitfalls) }
        case .proposedTask(let spec):
            output.beginNotification("task")
            output.members(run, lease)
            spec.writeProposal(to: &output)
        case .verdict(let verdict):
            output.beginNotification("verdict")
            output.members(run, lease)
            verdict.write(to: &output)
        case .handoffAsked, .handoffWished, .acknowledged, .context: writeHandoff(run, lease, to: &output)
        case .rateLimited(let retryAfter):
            output.beginNotification("rate-limited")
            output.members(run, lease)
            if let retryAfter { output.member("retryAfterMilliseconds", retryAfter.wholeMilliseconds) }
        case .session(let session):
            output.beginNotification("session")
            output.members(run, lease)
            output.member("session", session)
        }
    }
}

extension TaskSpec {
    /// The members an agent may propose. `task` is the proposing task; the new one's name is `id`.
    func writeProposal(to output: inout [UInt8]) {
        output.member("id", id.rawValue)
        output.member("title", title)
        output.member("prompt", prompt)
        output.member("role", role?.rawValue)
        output.member("category", category)
        output.member("deps", dependencies.map(\.rawValue))
        if priority != 0 { output.member("priority", priority) }
        if !files.isEmpty { output.member("files", files) }
        if !checks.isEmpty { output.member("checks", checks) }
    }
}

extension Members {
    /// Nil: no kind of report that this version knows.
    func report() throws(WireError) -> AgentReport? {
        switch method {
        case "usage": return .usage(try usage())
        case "progress": return .progress(try text("text"))
        case "tool": return try tool()
        case "handoff":
            return .handoff(
                Handoff(
                    summary: try text("summary"), decisions: try texts("decisions"),
                    remaining: try texts("remaining"), pitfalls: try texts("pitfalls")))
        case "task": return .proposedTask(try proposal())
        case "verdict": return .verdict(try verdict())
        case "rate-limited": return .rateLimited(retryAfter: try milliseconds("retryAfterMilliseconds"))
        case "session":
            return .session(AgentEventParser.prefix(try text("session"), AgentEventParser.Limits.nameBytes))
        default: return try handoffReport()
        }
    }

    private func usage() throws(WireError) -> Usage {
        let range = 0...AgentEventParser.Limits.tokensPerCall
        let tokens = TokenCounts(
            input: try integer("inputTokens", range), output: try integer("outputTokens", range),
            cacheRead: try integer("cacheReadTokens", range),
            cacheWrite: try integer("cacheWriteTokens", range))
        let cost = try optionalInteger("costMicroUSD", 0...AgentEventParser.Limits.microDollarsPerCall)
        return Usage(
            id: try optionalText("id"), model: try text("model"), tokens: tokens,
            cost: cost.map(Money.init(microDollars:)))
    }

    private func tool() throws(WireError) -> AgentReport {
        let name = try text("name"), id = try text("id"), summary = try text("summary")
        switch try text("phase") {
        case "start": return .toolStarted(name: name, id: id, summary: summary)
        case "end":
            let succeeded = try flag("ok", otherwise: true)
            return .toolEnded(name: name, id: id, succeeded: succeeded, summary: summary)
        default: throw .wrong(member: "phase", method: method, wanted: "`start` or `end`")
        }
    }

    /// The members an agent may propose, as `TaskSpec` with everything else at its default.
    func proposal() throws(WireError) -> TaskSpec {
        TaskSpec(
            id: try name("id"), title: try optionalText("title"), prompt: try text("prompt"),
            role: try optionalText("role").map { RoleID($0) }, category: try optionalText("category"),
            dependencies: try texts("deps").map { TaskID($0) },
            priority: Int(try optionalInteger("priority", -100...100) ?? 0), files: try texts("files"),
            checks: try texts("checks"))
    }
}
