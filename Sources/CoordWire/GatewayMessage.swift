import CoordJSON
package import CoordModel

/// What the coordinator says to its gateway.
package enum GatewayOrder: Hashable, Sendable {
    /// The worker that speaks under the secret is known, also after a restart of the gateway. `isAside`: what
    /// comes under it are calls of coord's own for that worker.
    case admit(worker: WorkerID, secret: String, isAside: Bool = false)
    /// The call may be sent.
    case grant(CallID)
    /// The call is answered with a status and a reason.
    case refuse(CallID, status: Int, reason: String)
}

/// What the gateway says to its coordinator.
package enum GatewayReport: Hashable, Sendable {
    /// It listens; for the providers that are named it holds a key.
    case ready(port: Int, keys: [String])
    case asked(ModelCall)
    case settled(CallID, CallOutcome, RateHints)
    /// The client of a call that waits is gone.
    case withdrawn(CallID)
}

extension GatewayOrder {
    /// Appends the message as one line, without its end.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .admit(let worker, let secret, let isAside):
            output.beginNotification("admit")
            output.member("worker", worker.rawValue)
            output.member("secret", secret)
            if isAside { output.member("aside", true) }
        case .grant(let call):
            output.beginNotification("grant")
            output.member("call", call.rawValue)
        case .refuse(let call, let status, let reason):
            output.beginNotification("refuse")
            output.member("call", call.rawValue)
            output.member("status", status)
            output.member("reason", reason)
        }
        output.endNotification()
    }

    /// Reads one line, given without its end. Nil: a method that this version does not know.
    package static func decode(_ line: ArraySlice<UInt8>) throws(WireError) -> GatewayOrder? {
        let members = try Members.ofNotification(line)
        switch members.method {
        case "admit":
            return .admit(
                worker: try members.name("worker"), secret: try members.text("secret"),
                isAside: try members.flag("aside", otherwise: false))
        case "grant": return .grant(try members.name("call"))
        case "refuse":
            return .refuse(
                try members.name("call"), status: Int(try members.integer("status", 400...599)),
                reason: try members.text("reason"))
        default: return nil
        }
    }
}

extension GatewayReport {
    /// Appends the message as one line, without its end.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .ready(let port, let keys):
            output.beginNotification("ready")
            output.member("port", port)
            output.member("keys", keys)
        case .asked(let call):
            output.beginNotification("ask")
            output.member("call", call.id.rawValue)
            output.member("worker", call.worker.rawValue)
            output.member("provider", call.provider.provider)
            output.member("account", call.provider.account)
            output.member("model", call.model)
            output.member("bytes", call.requestBytes)
            if let most = call.outputTokensMax { output.member("outputMax", most) }
            if call.isFree { output.member("free", true) }
            if call.isAside { output.member("aside", true) }
        case .settled(let call, let outcome, let hints):
            output.beginNotification("settled")
            output.member("call", call.rawValue)
            outcome.write(to: &output)
            hints.write(to: &output)
        case .withdrawn(let call):
            output.beginNotification("withdrawn")
            output.member("call", call.rawValue)
        }
        output.endNotification()
    }

    /// Reads one line, given without its end. Nil: a method that this version does not know.
    package static func decode(_ line: ArraySlice<UInt8>) throws(WireError) -> GatewayReport? {
        let members = try Members.ofNotification(line)
        switch members.method {
        case "ready":
            return .ready(
                port: Int(try members.integer("port", 1...65_535)), keys: try members.texts("keys"))
        case "ask":
            return .asked(
                ModelCall(
                    id: try members.name("call"), worker: try members.name("worker"),
                    provider: ProviderAccount(
                        provider: try members.text("provider"),
                        account: try members.optionalText("account") ?? ""),
                    model: try members.text("model"),
                    requestBytes: Int(try members.integer("bytes", 0...(1 << 40))),
                    outputTokensMax: try members.optionalInteger("outputMax", 0...(1 << 40)),
                    isFree: try members.flag("free", otherwise: false),
                    isAside: try members.flag("aside", otherwise: false)))
        case "settled":
            return .settled(
                try members.name("call"), try members.callOutcome(), try members.rateHints())
        case "withdrawn": return .withdrawn(try members.name("call"))
        default: return nil
        }
    }
}

extension CallOutcome {
    fileprivate func write(to output: inout [UInt8]) {
        switch self {
        case .answered(let usage, let isCut):
            output.member("outcome", "answered")
            if isCut { output.member("cut", true) }
            guard let usage else { return }
            output.member("usedModel", usage.model)
            output.member("inputTokens", usage.tokens.input)
            output.member("outputTokens", usage.tokens.output)
            output.member("cacheReadTokens", usage.tokens.cacheRead)
            output.member("cacheWriteTokens", usage.tokens.cacheWrite)
            if usage.isEstimated { output.member("estimated", true) }
        case .refused(let status):
            output.member("outcome", "refused")
            output.member("status", status)
        case .abandoned: output.member("outcome", "abandoned")
        case .turnedAway(let why, let retryAfter):
            output.member("outcome", "turned-away")
            output.member("why", why.rawValue)
            if let retryAfter { output.member("retryAfterMilliseconds", retryAfter.wholeMilliseconds) }
        }
    }
}

extension RateHints {
    fileprivate func write(to output: inout [UInt8]) {
        if let requestsPerMinute { output.member("requestsPerMinute", requestsPerMinute) }
        if let requestsLeft { output.member("requestsLeft", requestsLeft) }
        if let inputTokensPerMinute { output.member("inputTokensPerMinute", inputTokensPerMinute) }
        if let inputTokensLeft { output.member("inputTokensLeft", inputTokensLeft) }
        if let outputTokensPerMinute { output.member("outputTokensPerMinute", outputTokensPerMinute) }
        if let outputTokensLeft { output.member("outputTokensLeft", outputTokensLeft) }
    }
}

extension Members {
    fileprivate func callOutcome() throws(WireError) -> CallOutcome {
        switch try text("outcome") {
        case "answered":
            let isCut = try flag("cut", otherwise: false)
            guard let model = try optionalText("usedModel") else { return .answered(nil, isCut: isCut) }
            let range = 0...AgentEventParser.Limits.tokensPerCall
            let tokens = TokenCounts(
                input: try integer("inputTokens", range), output: try integer("outputTokens", range),
                cacheRead: try integer("cacheReadTokens", range),
                cacheWrite: try integer("cacheWriteTokens", range))
            let usage = Usage(
                model: model, tokens: tokens, source: .gateway,
                isEstimated: try flag("estimated", otherwise: false))
            return .answered(usage, isCut: isCut)
        case "refused": return .refused(status: Int(try integer("status", 0...999)))
        case "abandoned": return .abandoned
        case "turned-away":
            guard let why = CallOutcome.TurnAway(rawValue: try text("why")) else {
                throw .wrong(member: "why", method: method, wanted: "a known reason")
            }
            return .turnedAway(why, retryAfter: try milliseconds("retryAfterMilliseconds"))
        default: throw .wrong(member: "outcome", method: method, wanted: "a known outcome")
        }
    }

    fileprivate func rateHints() throws(WireError) -> RateHints {
        func number(_ name: String) throws(WireError) -> Int64? { try optionalInteger(name, 0...(1 << 50)) }
        return RateHints(
            requestsPerMinute: try number("requestsPerMinute"), requestsLeft: try number("requestsLeft"),
            inputTokensPerMinute: try number("inputTokensPerMinute"),
            inputTokensLeft: try number("inputTokensLeft"),
            outputTokensPerMinute: try number("outputTokensPerMinute"),
            outputTokensLeft: try number("outputTokensLeft"))
    }
}
