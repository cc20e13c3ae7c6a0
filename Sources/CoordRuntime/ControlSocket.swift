import CoordCore
import CoordJSON
import CoordModel
import CoordProcess
package import CoordSystem
import CoordWire

/// Where acting commands reach a running coordinator: a socket in its state folder, for the owner alone.
///
/// Confined to the loop's thread. At most 32 callers at once; a line is at most 1 MiB.
package final class ControlSocket {
    private static let callersMax = 32

    private let coordinator: Coordinator
    private let path: String
    private var listener: Int32 = -1
    private var callers: [Int: LineChannel] = [:]
    private var pending: [Int: (caller: Int, id: RPCID)] = [:]
    private var nextCaller = 0
    private var nextReply = 0

    package init(_ coordinator: Coordinator, path: String) {
        self.coordinator = coordinator
        self.path = path
    }

    /// Listens; the caller holds the project's lock.
    package func open() throws(SystemError) {
        listener = try LocalSocket.listen(path)
        coordinator.loop.watchReadable(listener) { [unowned self] in acceptCallers() }
        coordinator.onReply = { [unowned self] number, reply in answer(number, reply) }
    }

    /// Hangs up on every caller and takes the socket away.
    package func close() {
        guard listener >= 0 else { return }
        coordinator.loop.unwatch(listener)
        Descriptors.close(listener)
        listener = -1
        for caller in callers.values {
            caller.close()
        }
        callers = [:]
        // The file is ours: the coordinator's lock is still held. Gone already is as good.
        try? Files.remove(path, step: .controlSocket)
    }

    private func acceptCallers() {
        while let descriptor = LocalSocket.accept(listener) {
            guard callers.count < Self.callersMax else {
                Descriptors.close(descriptor)
                continue
            }
            let number = nextCaller
            nextCaller += 1
            let channel: LineChannel
            do {
                channel = try LineChannel(loop: coordinator.loop, read: descriptor, write: descriptor)
            } catch {
                Descriptors.close(descriptor)
                continue
            }
            callers[number] = channel
            channel.onLine = { [unowned self] line in receive(line, from: number) }
            channel.onClose = { [unowned self] in
                callers[number]?.close()
                callers[number] = nil
            }
        }
    }

    private func receive(_ line: ArraySlice<UInt8>, from caller: Int) {
        let message: RPCMessage
        do { message = try RPCMessage.decode(line) } catch {
            send(.failure(id: nil, code: RPCMessage.Code.parseError, message: "\(error)"), to: caller)
            return
        }
        guard case .request(let id, let method, let params) = message else { return }
        switch method {
        case "ping": send(.response(id: id, result: ["pong": true]), to: caller)
        case "heartbeats":
            let ages = coordinator.heartbeatAges().map { ($0.0.rawValue, JSONValue.number($0.1)) }
            send(.response(id: id, result: .object(JSONObject(ages))), to: caller)
        case "collisions":
            let collisions = coordinator.projection.collisions.map(\.json)
            send(.response(id: id, result: .array(collisions)), to: caller)
        case "command":
            do {
                let command = try CommandCodec.decode(params ?? .null)
                pending[nextReply] = (caller, id)
                coordinator.receive(.commanded(command, reply: nextReply))
                nextReply += 1
            } catch {
                send(.failure(id: id, code: RPCMessage.Code.invalidParams, message: error.reason), to: caller)
            }
        default:
            send(
                .failure(
                    id: id, code: RPCMessage.Code.methodNotFound, message: "there is no method `\(method)`"),
                to: caller)
        }
    }

    private func answer(_ number: Int, _ reply: CommandReply) {
        guard let (caller, id) = pending.removeValue(forKey: number) else { return }
        send(.response(id: id, result: CommandCodec.encode(reply)), to: caller)
    }

    private func send(_ message: RPCMessage, to caller: Int) {
        // A caller that went away needs no answer.
        _ = callers[caller]?.send(line: message.encoded())
    }
}
