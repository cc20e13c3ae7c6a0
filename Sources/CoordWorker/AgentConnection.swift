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
    private var desk: ToolDesk?
    /// A slot for as long as the connection lasts.
    private var slot: HeldSlot?
    private var slotWait: SlotWait?

    init(
        _ channel: LineChannel, loop: EventLoop, timers: Timers, on owner: AgentChannel,
        onClosed: @escaping () -> Void
    ) {
        self.channel = channel
        self.loop = loop
        self.timers = timers
        self.owner = owner
        self.onClosed = onClosed
        session = MCPSession(
            tools: owner.tools, instructions: ToolList.instructions, version: "0.1.0",
            listChanges: owner.skills != nil)
        desk = ToolDesk(owner, loop: loop, timers: timers) { [unowned self] id, result in
            if let message = session.answer(id, result) { send(message) }
        }
        channel.onLine = { [unowned self] in receive($0) }
        channel.onOversizedLine = { [unowned self] in send(MCPSession.refusal(ofBytes: $0)) }
        channel.onClose = { [unowned self] in endOfInput() }
        send(ChannelHello.welcome)
    }

    /// Nothing more is answered.
    func close() {
        guard state != .closed else { return }
        state = .closed
        desk?.close()
        slotWait = nil
        slot = nil
        channel.close()
    }

    var isWaitingForSlot: Bool { slotWait != nil || desk?.isWaitingForSlot ?? false }

    /// The list of tools is another: the other side may want to see it.
    func toolsChanged() {
        session.tools = owner.tools
        send(MCPSession.listChanged)
    }

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
            case .call(let id, let tool, let arguments): desk?.use(tool, arguments, id)
            case .cancelled(let id): desk?.drop(id)
            }
        }
    }

    // MARK: - Slots

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
            slotWait = try SlotWait(owner.slotLabel(words), priority: min(priority, 0), loop: loop) {
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
