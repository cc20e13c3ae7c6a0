import CoordJSON
package import CoordModel

/// What a process of an attempt says at its worker's door: it proves to have been started by the attempt, and
/// names the pipes it made. On those everything is MCP, or `coord/slot`.
package struct ChannelHello: Hashable, Sendable {
    package static let method = "coord/hello"
    /// The first line of the answer; any other is a refusal.
    package static let welcome = RPCMessage.notification(method: "coord/welcome", params: nil)
    /// Asks for a slot of the machine, held as long as the connection: `label`, `priority`.
    package static let slotMethod = "coord/slot"
    /// The variables that an attempt's processes find the channel by.
    package static let channelVariable = "COORD_MCP_CHANNEL"
    package static let tokenVariable = "COORD_MCP_TOKEN"

    package var token: String
    /// What the caller's pipes are called.
    package var pipes: String
    /// The attempt that the caller believes to be, for the record; the token decides.
    package var run: String?
    package var lease: Lease?

    package init(token: String, pipes: String, run: String?, lease: Lease?) {
        self.token = token
        self.pipes = pipes
        self.run = run
        self.lease = lease
    }

    /// The hello of a process with this environment. Nil: it has no channel.
    package init?(environment: [String: String], pipes: String = "") {
        guard let token = environment[Self.tokenVariable], environment[Self.channelVariable] != nil else {
            return nil
        }
        let attempt = environment["COORD_ATTEMPT"].flatMap { Int($0) }
        let task = environment["COORD_TASK"].map { TaskID($0) }
        self.init(
            token: token, pipes: pipes, run: environment["COORD_RUN"],
            lease: attempt.flatMap { attempt in task.map { Lease(task: $0, attempt: attempt) } })
    }

    /// Reads a line, given without its end; nil when it is no hello.
    package init?(_ line: ArraySlice<UInt8>) {
        // What is no message is no hello either.
        guard case .notification(Self.method, let params)? = try? RPCMessage.decode(line),
            let token = params?["token"]?.stringValue, let pipes = params?["pipes"]?.stringValue
        else { return nil }
        let attempt = params?["attempt"]?.integerValue.flatMap { (1...1_000_000) ~= $0 ? Int($0) : nil }
        let task = params?["task"]?.stringValue.map { TaskID($0) }.flatMap { $0.isValid ? $0 : nil }
        self.init(
            token: token, pipes: pipes, run: params?["run"]?.stringValue,
            lease: attempt.flatMap { attempt in task.map { Lease(task: $0, attempt: attempt) } })
    }

    /// The whole line, with its end.
    package var line: [UInt8] {
        var object = JSONObject([("token", .string(token)), ("pipes", .string(pipes))])
        object["run"] = run.map { .string($0) }
        object["task"] = lease.map { .string($0.task.rawValue) }
        object["attempt"] = lease.map { .integer(Int64($0.attempt)) }
        return RPCMessage.notification(method: Self.method, params: .object(object)).encoded() + [0x0A]
    }

    /// Compares without telling by its time how much was right.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8), right = Array(right.utf8)
        var difference = UInt8(left.count == right.count ? 0 : 1)
        for index in left.indices { difference |= left[index] ^ (index < right.count ? right[index] : 0) }
        return difference == 0
    }
}
