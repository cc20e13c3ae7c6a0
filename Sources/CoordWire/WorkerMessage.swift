import CoordJSON
package import CoordModel

/// What a worker says to its coordinator.
package enum WorkerMessage: Hashable, Sendable {
    /// The first message of a worker.
    case hello(protocol: Int, pid: Int32, build: String, worker: WorkerID)
    /// It lives; nil: it is idle. `hasProgress`: the agent said or computed something since the last one.
    case heartbeat(Lease?, hasProgress: Bool = true)
    case report(Lease, AgentReport)
    /// An agent used a tool of the coordinator's; `number` connects the answer with it.
    case call(Lease, number: Int64, AgentCall)
    /// The attempt is over and nothing of it runs any more. `tail`: the last of its transcript, at most 4
    /// KiB.
    case finished(Lease, AttemptOutcome, tail: String)

    /// The version that `hello` tells.
    package static let protocolVersion = 1
}

extension WorkerMessage {
    /// Appends the message as one line, without its end.
    package func write(run: RunID, to output: inout [UInt8]) {
        switch self {
        case .hello(let version, let pid, let build, let worker):
            output.beginNotification("hello")
            output.member("protocol", version)
            output.member("pid", pid)
            output.member("build", build)
            output.member("worker", worker.rawValue)
        case .heartbeat(let lease, let hasProgress):
            output.beginNotification("heartbeat")
            if let lease { output.members(run, lease) }
            if !hasProgress { output.member("progress", false) }
        case .report(let lease, let report):
            report.write(run, lease, to: &output)
        case .call(let lease, let number, let call):
            output.beginNotification("call")
            output.members(run, lease)
            output.member("call", number)
            output.member("tool", call.tool)
            if case .refused = call { output.member("refused", true) }
            output.member("arguments", .object(AgentCallCodec.arguments(of: call)))
        case .finished(let lease, let outcome, let tail):
            output.beginNotification("finished")
            output.members(run, lease)
            output.member("outcome", outcome.kind)
            switch outcome {
            case .failed(let reason), .workerLost(let reason): output.member("reason", reason)
            case .agentFailed(let failure):
                output.member("failure", failure.kind.rawValue)
                output.member("reason", failure.reason)
                if let wait = failure.retryAfter {
                    output.member("retryAfterMilliseconds", wait.wholeMilliseconds)
                }
            case .timedOut(let limit): output.member("afterMilliseconds", limit.wholeMilliseconds)
            case .finished, .cancelled, .handedOff, .interrupted, .notBegun: break
            }
            output.member("tail", tail)
        }
        output.endNotification()
    }

    /// The message as one line, without its end.
    package func encoded(run: RunID) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(run: run, to: &output)
        return output
    }

    /// Reads one line, given without its end. Nil: a method that this version does not know; ignore and count
    /// it. `run` is what the message says of itself; `hello` and an idle heartbeat say none.
    package static func decode(
        _ line: ArraySlice<UInt8>
    ) throws(WireError) -> (run: RunID?, message: WorkerMessage)? {
        let members = try Members.ofNotification(line)
        switch members.method {
        case "heartbeat":
            if members.object["task"] == nil { return (nil, .heartbeat(nil)) }
            // A worker that does not say is believed to get on.
            let hasProgress = try members.flag("progress", otherwise: true)
            return (try members.run(), .heartbeat(try members.lease(), hasProgress: hasProgress))
        case "hello":
            let version = Int(try members.integer("protocol", 0...1_000_000))
            let pid = Int32(try members.integer("pid", 1...Int64(Int32.max)))
            let build = try members.text("build")
            return (
                nil, .hello(protocol: version, pid: pid, build: build, worker: try members.name("worker"))
            )
        case "finished":
            let outcome = try members.outcome()
            let tail = try members.optionalText("tail") ?? ""
            return (try members.run(), .finished(try members.lease(), outcome, tail: tail))
        case "call":
            let number = try members.integer("call", 0...Int64.max)
            return (try members.run(), .call(try members.lease(), number: number, try members.call()))
        default:
            guard let report = try members.report() else { return nil }
            return (try members.run(), .report(try members.lease(), report))
        }
    }
}

extension Members {
    fileprivate func call() throws(WireError) -> AgentCall {
        let tool = try text("tool", atMost: AgentEventParser.Limits.nameBytes)
        let arguments = object["arguments"]?.objectValue ?? JSONObject()
        if try flag("refused", otherwise: false) {
            let reason = arguments["reason"]?.stringValue ?? ""
            return .refused(
                tool: tool, reason: AgentEventParser.prefix(reason, AgentEventParser.Limits.nameBytes))
        }
        guard let call = try AgentCallCodec.decode(tool: tool, arguments: arguments) else {
            throw .wrong(member: "tool", method: method, wanted: "a known tool")
        }
        return call
    }

    fileprivate func outcome() throws(WireError) -> AttemptOutcome {
        switch try text("outcome") {
        case "finished": return .finished
        case "failed": return .failed(reason: try text("reason"))
        case "agent-failed":
            guard let kind = AgentFailure.Kind(rawValue: try text("failure")) else {
                throw .wrong(member: "failure", method: method, wanted: "a kind of failure")
            }
            return .agentFailed(
                AgentFailure(
                    kind, try text("reason"), retryAfter: try milliseconds("retryAfterMilliseconds")))
        case "timed-out": return .timedOut(after: try milliseconds("afterMilliseconds") ?? .zero)
        case "cancelled": return .cancelled
        case "handed-off": return .handedOff
        case "worker-lost": return .workerLost(reason: try text("reason"))
        case "interrupted": return .interrupted
        case "not-begun": return .notBegun
        default: throw .wrong(member: "outcome", method: method, wanted: "an outcome")
        }
    }
}
