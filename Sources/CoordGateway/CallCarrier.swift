import CoordHTTP
import CoordJSON
import CoordProcess
import CoordSystem
import CoordWire

/// `coord-gateway --carry`: carries the model calls of coord's own agent, one after another, between its
/// dialogue and the gateway of the run. So the worker holds no HTTP, and what calls out can be confined.
///
/// In comes a line for each call: `{"post":ADDRESS,"headers":{…},"body":{…}}`. Out goes for each
/// `{"status":N}` (with `retryAfterSeconds` where it is named), `{"line":TEXT}` for each line of the answer
/// that is not empty, and at last `{"end":true}` or `{"failed":REASON}`. The end of the input ends it, and
/// what it carries; so does the end of its time, when it has one.
final class CallCarrier {
    /// A conversation may hold whole diffs; a line of an answer is a piece of a message.
    private static let lineBytesMax = 32 << 20
    /// The gateway holds a call until it may go, up to 25 minutes.
    private static let silenceSecondsMax = 1800

    private let loop: EventLoop
    private let channel: LineChannel
    private var client: HTTPClient?
    private var box: Mailbox<HTTPClient.Event>?
    private var transfer: HTTPTransfer?
    private var framing = LineFraming(limitBytes: lineBytesMax)

    init(loop: EventLoop) throws {
        self.loop = loop
        channel = try LineChannel(
            loop: loop, read: 0, write: 1, lineLimitBytes: Self.lineBytesMax, writeLimitBytes: 64 << 20)
        let box = try Mailbox<HTTPClient.Event>(loop: loop) { [unowned self] in handle($0) }
        self.box = box
        client = try HTTPClient { box.post($0) }
        channel.onLine = { [unowned self] in send($0) }
        channel.onClose = { [unowned self] in self.loop.stop() }
    }

    static func run(within limit: Duration?) throws -> Int32 {
        let loop = try EventLoop()
        let carrier = try CallCarrier(loop: loop)
        if let limit {
            loop.alarm = {
                carrier.say(["failed": .string("no answer within \(limit.components.seconds) s")])
                carrier.channel.flush()
                loop.stop()
            }
            loop.setAlarm(after: limit)
        }
        loop.run()
        carrier.client?.stop()
        return 0
    }

    private func say(_ value: JSONValue) { channel.send { value.write(to: &$0) } }

    private func send(_ line: ArraySlice<UInt8>) {
        // The dialogue is coord's own; a line that is no call is one of another version.
        guard transfer == nil, let call = try? JSONParser.parse(line),
            let address = call["post"]?.stringValue, let body = call["body"]
        else { return say(["failed": "this is no call, or one is under way"]) }
        let headers = (call["headers"]?.objectValue ?? JSONObject()).members.compactMap { name, value in
            value.stringValue.map { HTTPHeader(name, $0) }
        }
        framing = LineFraming(limitBytes: Self.lineBytesMax)
        transfer = client?.send(
            HTTPClient.Request(
                address: address, headers: headers, body: body.serialized(),
                idleSecondsMax: Self.silenceSecondsMax))
    }

    private func handle(_ event: HTTPClient.Event) {
        switch event {
        case .began(_, let head):
            var status = JSONObject([("status", .integer(Int64(head.status)))])
            let wait = ProviderAnswer.retryAfter(head.headers, at: RuntimeClock().now())
            status["retryAfterSeconds"] = wait.map { .integer($0.components.seconds) }
            say(.object(status))
        case .received(_, let bytes): pass(bytes)
        case .ended: conclude(["end": true])
        case .failed(_, let failure): conclude(["failed": .string(failure.reason)])
        }
    }

    private func pass(_ bytes: [UInt8]) {
        framing.append(bytes)
        while let piece = framing.next() {
            // A line beyond the limit is no event of any API.
            if case .line(let line) = piece { pass(line) }
        }
    }

    private func pass(_ line: ArraySlice<UInt8>) {
        if !line.isEmpty { say(["line": .string(String(decoding: line, as: UTF8.self))]) }
    }

    private func conclude(_ end: JSONValue) {
        pass(framing.unfinished)
        transfer = nil
        say(end)
    }
}
