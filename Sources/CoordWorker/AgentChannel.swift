import CoordJSON
import CoordMCP
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// The door by which the processes of one attempt reach their worker: MCP for agents, and slots for their
/// shells. It is a named pipe and lies in the attempt's own folder, which its sandbox lets it see; whoever
/// speaks there proves by the attempt's token to belong to it.
///
/// Open from the agent's start to its end. Confined to the loop's thread.
final class AgentChannel {
    /// Connections at once; one more is hung up on.
    private static let connectionsMax = 16
    /// Refused callers that are told of; the rest is only refused.
    private static let refusalsTold = 10

    let assignment: Assignment
    /// The skills of the attempt. Nil: it has none.
    let skills: SkillDesk?
    private let ownTools: [MCPTool]
    private let loop: EventLoop
    private let timers: Timers
    private let path: String
    private let token: String
    private let report: (AgentReport) -> Void
    /// Tells the coordinator; false: it does not read.
    private let tell: (_ number: Int64, AgentCall) -> Bool
    private var door: LineChannel?
    private var connections: [Int: AgentConnection] = [:]
    private var nextConnection = 0
    private var desk: ToolDesk?
    private var pending: [Int64: (CallAnswer) -> Void] = [:]
    private var nextCall: Int64 = 1
    private var refusals = 0
    private var pace = CallPace()
    private var signs: UInt64 = 0
    /// What the tool `take_slot` holds.
    private var slot: HeldSlot?

    /// Opens the door. Nil: the attempt has no channel.
    init?(
        _ assignment: Assignment, loop: EventLoop, timers: Timers, skills: SkillDesk?,
        report: @escaping (AgentReport) -> Void,
        tell: @escaping (_ number: Int64, AgentCall) -> Bool
    ) throws(SystemError) {
        guard let path = assignment.environment[ChannelHello.channelVariable],
            let token = assignment.environment[ChannelHello.tokenVariable], !token.isEmpty
        else { return nil }
        self.assignment = assignment
        self.loop = loop
        self.timers = timers
        self.path = path
        self.token = token
        self.report = report
        self.tell = tell
        self.skills = skills
        ownTools = ToolList.tools(
            isReview: assignment.environment["COORD_REVIEW"] != nil,
            isPlan: assignment.environment[PlanFile.variable] != nil)
        let door = try LineChannel(
            loop: loop, read: try NamedPipes.makeDoor(path), write: -1,
            lineLimitBytes: NamedPipes.doorLineBytesMax)
        self.door = door
        try Files.write(Array(token.utf8), to: AttemptChannel.tokenFile(of: path), permissions: 0o600)
        door.onLine = { [unowned self] in receive($0) }
        door.onOversizedLine = { [unowned self] _ in refuse(nil) }
    }

    deinit { close() }

    /// What the agent may call now. What is found comes behind what there was.
    var tools: [MCPTool] { ownTools + (skills?.tools ?? []) }

    /// Whoever serves tools over a connection is told that there are more.
    func toolsChanged() { for connection in connections.values { connection.toolsChanged() } }

    /// Hangs up on everybody and takes the door away.
    func close() {
        guard let door else { return }
        door.close()
        self.door = nil
        for connection in connections.values { connection.close() }
        connections = [:]
        desk?.close()
        skills?.close()
        pending = [:]
        slot = nil
        // The agent may have taken it away itself; gone is gone.
        try? Files.remove(path)
        try? Files.remove(AttemptChannel.tokenFile(of: path))
    }

    // MARK: - Who calls

    private func receive(_ line: ArraySlice<UInt8>) {
        signs &+= 1
        let hello = ChannelHello(line)
        guard let hello, ChannelHello.isSame(hello.token, token) else { return refuse(hello) }
        guard connections.count < Self.connectionsMax, let channel = pipes(of: hello) else { return }
        let number = nextConnection
        nextConnection += 1
        connections[number] = AgentConnection(channel, loop: loop, timers: timers, on: self) {
            [unowned self] in
            // It is still on the stack: let go of it when the turn is over.
            let gone = connections.removeValue(forKey: number)
            timers.after(.zero) { withExtendedLifetime(gone) {} }
        }
    }

    /// Nil: they are not there, or are something else.
    private func pipes(of hello: ChannelHello) -> LineChannel? {
        guard let ends = try? NamedPipes.answer(hello.pipes, in: Files.parent(path)) else { return nil }
        do throws(SystemError) {
            return try LineChannel(loop: loop, read: ends.read, write: ends.write)
        } catch {
            for end in [ends.read, ends.write] { Descriptors.close(end) }
            return nil
        }
    }

    /// The caller does not belong to the attempt, whatever it says. The coordinator is told.
    private func refuse(_ hello: ChannelHello?) {
        if let channel = hello.flatMap({ pipes(of: $0) }) {
            let refusal = RPCMessage.failure(
                id: nil, code: RPCMessage.Code.invalidRequest, message: "the token is not this attempt's")
            channel.send(line: refusal.encoded())
            channel.close()
        }
        refusals += 1
        guard refusals <= Self.refusalsTold else { return }
        let claimed = hello?.lease.map { "`\($0)`" } ?? "nobody"
        _ = tell(0, .refused(tool: ChannelHello.method, reason: "a wrong token, said to be of \(claimed)"))
    }

    // MARK: - What they ask

    /// Whether one more call may come now.
    func admitsCall() -> Bool {
        signs &+= 1
        return pace.take(at: loop.nanoseconds)
    }

    func pass(_ report: AgentReport) { self.report(report) }

    /// Hands a call to the coordinator; the answer comes once, or never when the attempt ends before. The
    /// number is for `forget`.
    @discardableResult
    func call(_ call: AgentCall, _ completion: @escaping (CallAnswer) -> Void) -> Int64 {
        let number = nextCall
        nextCall += 1
        pending[number] = completion
        if !tell(number, call) { take(.refused("The coordinator does not read at present."), of: number) }
        return number
    }

    /// The answer to a call is not wanted any more.
    func forget(_ number: Int64?) {
        if let number { pending[number] = nil }
    }

    /// The coordinator answered. What nobody waits for any more is dropped.
    func take(_ answer: CallAnswer, of number: Int64) {
        signs &+= 1
        pending.removeValue(forKey: number)?(answer)
    }

    /// Holds the slot of the tool, in place of none.
    func hold(_ slot: HeldSlot) { self.slot = slot }

    var heldSlot: HeldSlot? { slot }

    func releaseSlot() { slot = nil }

    /// What a slot of this attempt is called in listings.
    func slotLabel(_ text: String) -> String {
        "agent of \(assignment.lease.task), run \(assignment.run)" + (text.isEmpty ? "" : ": " + text)
    }

    /// Keeps a plan where the attempt's end looks for it. Nil: it is good; else why not.
    func handIn(plan: JSONValue) -> String? {
        guard let path = assignment.environment[PlanFile.variable] else {
            return "No plan is asked for here."
        }
        do throws(PlanFile.Problem) { _ = try PlanFile.read(plan) } catch { return error.description }
        do throws(SystemError) {
            try Files.write(plan.serialized(), to: path, permissions: 0o600)
        } catch { return "The plan could not be kept: \(error)." }
        return nil
    }

    // MARK: - An agent that has its tools from here

    /// Opens the way for an agent that coord itself speaks with. `answer` is called once for each use.
    func openDesk(answer: @escaping (RPCID, MCPSession.Result) -> Void) {
        desk = ToolDesk(self, loop: loop, timers: timers, answer: answer)
    }

    /// Uses a tool for that agent. Nil: it is under way; else what is wrong with it.
    func use(_ id: RPCID, tool name: String, arguments: JSONObject) -> String? {
        guard let tool = tools.first(where: { $0.name == name }) else { return "There is no tool `\(name)`." }
        if let problem = tool.problem(with: arguments) { return problem }
        desk?.use(name, arguments, id)
        return nil
    }

    /// Grows with every message, and at each look while somebody waits for an answer: who waits gets on.
    func countSigns() -> UInt64 {
        let waits = connections.values.contains(where: \.isWaitingForSlot) || desk?.isWaitingForSlot ?? false
        if !pending.isEmpty || waits { signs &+= 1 }
        return signs
    }
}

/// How often an attempt's processes may call: 100 at once, and 20 a second.
struct CallPace {
    private static let burst: Int64 = 100
    private static let nanosecondsEach: Int64 = 50_000_000

    /// When all that was taken will have been paid for.
    private var paidAt: Int64 = 0

    mutating func take(at now: Int64) -> Bool {
        paidAt = max(paidAt, now)
        guard paidAt - now < Self.burst * Self.nanosecondsEach else { return false }
        paidAt += Self.nanosecondsEach
        return true
    }
}
