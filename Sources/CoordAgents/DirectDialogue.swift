import CoordJSON
package import CoordModel
package import CoordWire

/// Coord's own agent: a conversation with a model over the gateway, with tools of coord's and no others. It
/// reads no file and runs no command; it plans, judges, ranks and sums up.
///
/// Its program only carries: a request goes out as a line, the answer comes back line by line
/// (`CoordGateway.CallCarrier`). Nothing is tried again here: that is the gateway's.
package struct DirectDialogue: AgentDialogue {
    private enum State: Hashable {
        /// A request is out. Can become: `using`, `asking`, `over`.
        case asking
        /// Tools are used; the results so far, by the number of the call. Can become: `turning`, `over`.
        case using([Int: ModelToolResult])
        /// A turn is over, and which tools there are now is not known yet. Can become: `asking`, `over`.
        case turning
        case over
    }

    private let request: AgentRequest
    private let provider: String
    private let model: String
    private let api: ModelAPI
    private var tools: [AgentTool]
    private var state = State.asking
    private var turns: [ModelTurn] = []
    private var answer: ModelAnswer
    /// The status of the answer that comes in; 0: none yet.
    private var status: Int64 = 0
    private var retryAfter: Duration?
    /// What the answer used is told.
    private var isCounted = false
    private var calls: [ModelToolCall] = []
    /// What it was told while it was busy.
    private var told: [String] = []
    private var asked = 0
    private var isInterrupted = false
    private var failure: AgentFailure?
    private var complaint = Complaint()

    /// A conversation that takes longer goes in circles.
    static let callsMax = 64

    /// `launch.model` names the provider as well: `anthropic/claude-…`.
    package init(_ request: AgentRequest) {
        self.request = request
        tools = request.tools
        let name = request.launch.model ?? ""
        provider = String(name.prefix { $0 != "/" })
        model = String(name.dropFirst(provider.count + 1))
        api = ModelAPI(provider: provider)
        answer = ModelAnswer(api)
    }

    /// How its carrier is started.
    package static func command(_ request: AgentRequest) -> AgentCommand {
        AgentCommand(.file(request.launch.program, arguments: ["--carry"]), readsInput: true)
    }

    package mutating func begin() -> [AgentAction] {
        guard request.launch.session != nil else {
            turns = [.user(request.prompt)]
            let name = request.launch.newSession
            guard request.launch.memory != nil, !name.isEmpty else { return ask() }
            return [keep(), .report(.session(name))] + ask()
        }
        guard let conversation = request.kept.flatMap(DirectConversation.init) else {
            return finish(AgentFailure(.session, "the conversation to go on with cannot be read"))
        }
        turns = conversation.going(onWith: request.prompt)
        return [keep()] + ask()
    }

    /// What an attempt that goes on with the session finds.
    private func keep() -> AgentAction { .keep(DirectConversation(turns).bytes) }

    // MARK: Asking

    private mutating func ask() -> [AgentAction] {
        guard asked < Self.callsMax else {
            return finish(AgentFailure(.limit, "it called the model \(Self.callsMax) times without an end"))
        }
        guard let base = request.environment["COORD_GATEWAY_URL"] else {
            return finish(AgentFailure(.setup, "there is no model gateway to call a model through"))
        }
        asked += 1
        (state, answer, status, retryAfter, isCounted) = (.asking, ModelAnswer(api), 0, nil, false)
        let question = ModelQuestion(
            model: model, system: request.launch.systemPrompt, tools: tools, turns: turns)
        let key = request.launch.gateway?.key ?? "none"
        let line: JSONValue = [
            "post": .string("\(base)/\(provider)\(api.path(model: model))"),
            "headers": .object(JSONObject(api.headers(key: key))), "body": question.body(api),
        ]
        return [.send(line.serialized())]
    }

    private mutating func finish(_ failure: AgentFailure? = nil) -> [AgentAction] {
        state = .over
        self.failure = self.failure ?? failure
        return [.closeInput]
    }

    // MARK: Listening

    package mutating func hear(_ line: ArraySlice<UInt8>, at now: Timestamp) -> [AgentAction] {
        guard state == .asking, let object = AgentText.object(line) else { return [] }
        if let text = object["line"]?.stringValue {
            answer.hear(text)
            return []
        }
        if let status = object["status"]?.integerValue {
            self.status = status
            retryAfter = object["retryAfterSeconds"]?.integerValue.map { .seconds(min(max($0, 0), 86_400)) }
            return []
        }
        if let reason = object["failed"]?.stringValue {
            return usage() + finish(AgentFailure(.unreachable, AgentFailure.sentence(reason)))
        }
        return object["end"] == nil ? [] : conclude()
    }

    package mutating func hearError(_ line: ArraySlice<UInt8>) -> [AgentAction] {
        let text = String(decoding: line, as: UTF8.self)
        complaint.hear(text)
        return [.say(text)]
    }

    /// The answer is complete.
    private mutating func conclude() -> [AgentAction] {
        guard status == 200 else {
            return finish(
                AgentFailure.read(status: status, answer.complaint, retryAfter: retryAfter))
        }
        let used = usage()
        if let failure = answer.failure { return used + finish(failure) }
        let said = AgentText.said(answer.text)
        switch answer.stop {
        case nil:
            return used + said + finish(AgentFailure(.unreachable, "the answer broke off before its end"))
        case .length:
            let reason = "its answer was longer than \(ModelAPI.outputTokensMax) tokens"
            return used + said + finish(AgentFailure(.limit, reason))
        case .refused:
            return used + said + finish(AgentFailure(.other, "the model would not answer"))
        case .done: break
        }
        calls = answer.toolCalls
        // A turn without a word is none: it would be refused.
        guard !answer.text.isEmpty || !calls.isEmpty else { return used + said + goOn() }
        turns.append(.model(answer.text, calls))
        return used + said + [keep()] + (calls.isEmpty ? goOn() : useTools())
    }

    /// What the call used, and how much of the context that is. An answer that told nothing costs what the
    /// gateway makes of it.
    private mutating func usage() -> [AgentAction] {
        let tokens = answer.tokens
        guard tokens != .zero, !isCounted else { return [] }
        isCounted = true
        let usage = Usage(id: answer.id, model: answer.model ?? model, tokens: tokens)
        let context = tokens.input + tokens.cacheRead + tokens.cacheWrite + tokens.output
        return [
            .report(.usage(usage)), .report(.context(used: context, window: request.launch.contextWindow)),
        ]
    }

    /// The model said all it wants to say; somebody may have told it something meanwhile.
    private mutating func goOn() -> [AgentAction] {
        guard !told.isEmpty else { return finish() }
        turns.append(.user(told.joined(separator: "\n\n")))
        told = []
        return [keep()] + turn()
    }

    private mutating func turn() -> [AgentAction] {
        state = .turning
        return [.turnEnded(called: calls.map(\.tool))]
    }

    package mutating func begin(turnWith tools: [AgentTool]) -> [AgentAction] {
        guard state == .turning else { return [] }
        self.tools = tools
        return ask()
    }

    // MARK: Tools

    private mutating func useTools() -> [AgentAction] {
        state = .using([:])
        var actions: [AgentAction] = []
        for (number, call) in calls.enumerated() {
            let summary = AgentText.summary(of: call.arguments.map { .object($0) })
            actions.append(AgentText.toolStarted(call.tool, id: call.id, summary))
            let id = RPCID.number(Int64(number))
            if let arguments = call.arguments {
                actions.append(.use(id, tool: call.tool, arguments: arguments))
            } else {
                actions += used(id, "The arguments are not a JSON object.", isError: true)
            }
        }
        return actions
    }

    package mutating func used(_ id: RPCID, _ text: String, isError: Bool) -> [AgentAction] {
        guard case .using(var results) = state, case .number(let number) = id,
            let index = Int(exactly: number), calls.indices.contains(index), results[index] == nil
        else { return [] }
        let call = calls[index]
        results[index] = ModelToolResult(call: call, text: text, isError: isError)
        state = .using(results)
        let ended = AgentText.toolEnded(call.tool, id: call.id, succeeded: !isError, isError ? text : "")
        guard results.count == calls.count else { return [ended] }
        turns.append(.results(results.sorted { $0.key < $1.key }.map(\.value)))
        if !told.isEmpty {
            turns.append(.user(told.joined(separator: "\n\n")))
            told = []
        }
        return [ended, keep()] + turn()
    }

    // MARK: The other side

    package mutating func steer(_ text: String) -> [AgentAction]? {
        guard state != .over else { return nil }
        told.append(text)
        return []
    }

    package mutating func interrupt() -> [AgentAction]? {
        isInterrupted = true
        return finish()
    }

    package mutating func end(_ exit: ExitOutcome, files: [String: [UInt8]]) -> AgentEnding {
        // What the answer told until then was used all the same.
        let rest = usage()
        if isInterrupted { return AgentEnding(rest, failure: AgentFailure(.interrupted, "")) }
        if let failure { return AgentEnding(rest, failure: failure) }
        return AgentEnding(rest, failure: state == .over ? nil : complaint.failure(exit))
    }
}
