package import CoordJSON
package import CoordModel

/// Codex for one run: JSON lines on standard output, nothing said back.
///
/// Accounting: a completed turn tells the total of the whole thread; what was counted of it before is taken
/// off. A turn that fails tells nothing: the thread's own file does.
package struct CodexExecDialogue: JSONLineDialogue {
    private let request: AgentRequest
    private var thread: KnownSession
    private var isComplete = false
    private var hasUsage = false
    private var failure: AgentFailure?
    /// What was heard on standard error.
    package var complaint = Complaint()

    package init(_ request: AgentRequest) {
        self.request = request
        thread = KnownSession(request.launch.session)
    }

    package mutating func understand(_ object: JSONObject, at now: Timestamp) -> [AgentAction] {
        switch object["type"]?.stringValue {
        case "thread.started": return thread.hear(object["thread_id"]?.stringValue)
        case "item.started": return CodexItems.started(object["item"])
        case "item.completed": return CodexItems.completed(object["item"])
        case "turn.completed":
            isComplete = true
            failure = nil
            return usage(CodexItems.tokens(object["usage"]))
        case "turn.failed":
            failure = AgentFailure.read(status: nil, object["error"]?["message"]?.stringValue ?? "")
            return []
        case "error":
            // Progress, as a rule; the turn's own end says whether it was the end.
            return retry(object["message"]?.stringValue ?? "")
        default: return []
        }
    }

    private mutating func retry(_ words: String) -> [AgentAction] {
        let found = AgentFailure.read(status: nil, words)
        failure = found
        let progress = AgentText.progress(AgentFailure.sentence(words))
        guard found.kind == .rateLimit || found.kind == .overload else { return [progress] }
        return [progress, .report(.rateLimited(retryAfter: .seconds(1)))]
    }

    package mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        if !text.hasPrefix("Reading additional input") { complaint.hear(text) }
        return [.say(text)]
    }

    private mutating func usage(_ total: TokenCounts) -> [AgentAction] {
        let rest = total.lessThan(request.launch.counted)
        guard !hasUsage, rest != .zero else { return [] }
        hasUsage = true
        let id = "codex:\(thread.name ?? ""):\(total.total)"
        let model = CodexCommand.model(request.launch) ?? "codex"
        return [.report(.usage(Usage(id: id, model: model, tokens: rest)))]
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        var actions: [AgentAction] = []
        if !hasUsage, let rollout = files["rollout"] { actions = usage(Self.total(in: rollout)) }
        if isComplete, failure == nil {
            guard exit == .exited(status: 0) else {
                return AgentEnding(
                    actions, failure: AgentFailure(.other, "it said it was done and ended with \(exit)"))
            }
            return AgentEnding(actions)
        }
        return AgentEnding(actions, failure: failure ?? complaint.failure(exit))
    }

    /// The last total that the thread's own file tells.
    private static func total(in rollout: [UInt8]) -> TokenCounts {
        for line in rollout.split(separator: 0x0A).reversed() {
            // Lines of other kinds, and one that was being written, say nothing of it.
            let payload = AgentText.object(line[...])?["payload"]
            if let total = payload?["thread_token_usage"] ?? payload?["info"]?["total_token_usage"],
                !total.isNull
            {
                return CodexItems.tokens(total)
            }
        }
        return .zero
    }
}
