import CoordJSON
import CoordMCP
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// One process of an attempt that proved to be one: it speaks MCP, or waits for a slot.
final class AgentConnection {
    private enum State {
        /// Can become: `ending`, `closed`.
        case open
        /// The other side said all it will; what it asked for is still answered. Can become: `closed`.
        case ending
        case closed
    }

    /// How long answers are still worked on for one who says nothing more.
    private static let lastWords = Duration.seconds(2)

    private let channel: LineChannel
    private let timers: Timers
    private let loop: EventLoop
    private unowned let owner: AgentChannel
    private let onClosed: () -> Void
    private var state = State.open
    private var session: MCPSession
    /// What each call under way waits for besides the coordinator.
    private var waits: [RPCID: Wait] = [:]
    /// A slot for as long as the connection lasts.
    private var slot: HeldSlot?
    private var slotWait: SlotWait?

    private struct Wait {
        var timer: Timers.Token?
        var call: Int64?
        var slot: SlotWait?
    }

    init(
        _ channel: LineChannel, loop: EventLoop, timers: Timers, on owner: AgentChannel,
        onClosed: @escaping () -> Void
    ) {
        self.channel = channel
        self.loop = loop
        self.timers = timers
        self.owner = owner
        self.onClosed = onClosed
        session = MCPSession(tools: owner.tools, instructions: ToolList.instructions, version: "0.1.0")
        channel.onLine = { [unowned self] in receive($0) }
        channel.onOversizedLine = { [unowned self] in send(MCPSession.refusal(ofBytes: $0)) }
        channel.onClose = { [unowned self] in endOfInput() }
        send(ChannelHello.welcome)
    }

    /// Nothing more is answered.
    func close() {
        guard state != .closed else { return }
        state = .closed
        for id in Array(waits.keys) { dropWait(id) }
        slotWait = nil
        slot = nil
        channel.close()
    }

    var isWaitingForSlot: Bool { slotWait != nil || waits.values.contains { $0.slot != nil } }

    private func hangUp() {
        close()
        onClosed()
    }

    private func endOfInput() {
        guard state == .open, session.isWaiting else { return hangUp() }
        state = .ending
        timers.after(Self.lastWords) { [weak self] in self?.hangUpUnlessClosed() }
    }

    private func hangUpUnlessClosed() { if state != .closed { hangUp() } }

    private func send(_ message: RPCMessage) {
        guard state != .closed else { return }
        if !channel.send({ message.write(to: &$0) }) { return hangUp() }
        if state == .ending, !session.isWaiting { hangUp() }
    }

    // MARK: - Messages

    private func receive(_ line: ArraySlice<UInt8>) {
        let message: RPCMessage
        do throws(WireError) { message = try RPCMessage.decode(line) } catch {
            return send(MCPSession.refusal(of: error))
        }
        if case .request(let id, ChannelHello.slotMethod, let params) = message {
            return takeSlot(id, params)
        }
        for action in session.receive(message) {
            switch action {
            case .send(let message): send(message)
            case .call(let id, let tool, let arguments): use(tool, arguments, id)
            case .cancelled(let id): dropWait(id)
            }
        }
    }

    // MARK: - Tools

    private func use(_ tool: String, _ arguments: JSONObject, _ id: RPCID) {
        guard owner.admitsCall() else { return finish(id, "Too many calls at once; wait a second.", true) }
        let request: ToolRequest?
        do throws(WireError) { request = try ToolRequest.read(tool: tool, arguments: arguments) } catch {
            return finish(id, "\(error).", true)
        }
        switch request {
        case .report(let report, let reply):
            owner.pass(report)
            finish(id, reply)
        case .takeSlot(let label, let seconds): takeSlot(for: id, label, seconds)
        case .releaseSlot:
            let isHeld = owner.heldSlot != nil
            owner.releaseSlot()
            finish(id, isHeld ? "Given back." : "You hold no slot.", !isHeld)
        case .call(let call, let seconds): hand(call, seconds, id)
        case nil: finish(id, "There is no tool `\(tool)`.", true)
        }
    }

    private func hand(_ call: AgentCall, _ seconds: Int, _ id: RPCID) {
        if case .awaitAnswer(let question) = call { return awaitAnswer(question, seconds, id) }
        waits[id] = Wait()
        waits[id]?.call = owner.call(call) { [unowned self] answer in
            guard let question = answer.question, seconds > 0 else {
                return finish(id, answer.text, answer.isRefused)
            }
            awaitAnswer(question, seconds, id)
        }
        // Answered at once, when the coordinator does not read.
        if waits[id]?.call == nil { waits[id] = nil }
    }

    private func awaitAnswer(_ question: String, _ seconds: Int, _ id: RPCID) {
        var wait = Wait()
        wait.timer = timers.after(.seconds(seconds)) { [unowned self] in
            finish(
                id,
                "No answer to \(question) yet. Go on with what does not depend on it, and look again with "
                    + "await_answer.")
        }
        waits[id] = wait
        let number = owner.call(.awaitAnswer(question: question)) { [unowned self] answer in
            finish(id, answer.text, answer.isRefused)
        }
        waits[id]?.call = number
    }

    private func finish(_ id: RPCID, _ text: String, _ isError: Bool = false) {
        dropWait(id)
        if let message = session.answer(id, MCPSession.Result(text, isError: isError)) { send(message) }
    }

    /// Nobody waits any more for what the call waits for.
    private func dropWait(_ id: RPCID) {
        guard let wait = waits.removeValue(forKey: id) else { return }
        timers.cancel(wait.timer)
        owner.forget(wait.call)
        wait.slot?.cancel()
        // The wait may be what calls us: it goes when the turn is over.
        if let slot = wait.slot { timers.after(.zero) { withExtendedLifetime(slot) {} } }
    }

    // MARK: - Slots

    private func takeSlot(for id: RPCID, _ label: String, _ seconds: Int) {
        guard owner.heldSlot == nil, !waits.values.contains(where: { $0.slot != nil }) else {
            return finish(id, "You hold a slot, or wait for one, already.", true)
        }
        guard !MachineSlots.isInside() else {
            return finish(id, "The whole run has a slot already; go on.")
        }
        var wait = Wait()
        wait.timer = timers.after(.seconds(seconds)) { [unowned self] in
            finish(id, "All slots are taken; ask again, or do something lighter first.", true)
        }
        waits[id] = wait
        do throws(SystemError) {
            waits[id]?.slot = try SlotWait(name(of: label), loop: loop) { [unowned self] slot in
                if let slot { owner.hold(slot) }
                finish(id, slot == nil ? "No slot can be had here; go on without." : "You have a slot.")
            }
        } catch {
            finish(id, "No slot can be had here; go on without.")
        }
    }

    private func name(of text: String) -> String {
        let lease = owner.assignment.lease
        return "agent of \(lease.task), run \(owner.assignment.run)" + (text.isEmpty ? "" : ": " + text)
    }

    /// For `coord slot run` within a sandbox: answered when the slot is held, given back with the connection.
    private func takeSlot(_ id: RPCID, _ params: JSONValue?) {
        guard slot == nil, slotWait == nil, owner.admitsCall() else {
            return send(
                .failure(
                    id: id, code: RPCMessage.Code.invalidRequest, message: "a slot is asked for already"))
        }
        guard !MachineSlots.isInside() else { return send(.response(id: id, result: ["slot": "1"])) }
        let words = AgentEventParser.prefix(params?["label"]?.stringValue ?? "", 200)
        let priority = params?["priority"]?.integerValue.map { Int(clamping: $0) } ?? 0
        do throws(SystemError) {
            slotWait = try SlotWait(name(of: words), priority: min(priority, 0), loop: loop) {
                [unowned self] slot in
                let over = slotWait
                slotWait = nil
                timers.after(.zero) { withExtendedLifetime(over) {} }
                self.slot = slot
                let number = slot.map { JSONValue.string("\($0.number)") } ?? .null
                send(.response(id: id, result: ["slot": number]))
            }
        } catch {
            send(.response(id: id, result: ["slot": .null]))
        }
    }
}
