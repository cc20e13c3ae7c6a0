import CoordJSON
package import CoordModel
import CoordProcess
package import CoordRuntime
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long ago each worker was last heard of: known to the living coordinator alone, and asked of it in
/// passing.
package enum Heartbeats {
    /// Seconds by worker; empty when nobody answers in time.
    package static func ask(_ state: StateFolder) -> [WorkerID: Double] {
        read(LiveCoordinator.answer(to: "heartbeats", state))
    }

    static func read(_ line: [UInt8]) -> [WorkerID: Double] {
        guard let ages = LiveCoordinator.result(in: line)?.objectValue else { return [:] }
        var result: [WorkerID: Double] = [:]
        for (worker, age) in ages.members {
            if let seconds = age.doubleValue { result[WorkerID(worker)] = seconds }
        }
        return result
    }
}

extension Collision {
    /// What collides now: known to the living coordinator alone. None when nobody answers in time.
    package static func ask(_ state: StateFolder) -> [Collision] {
        read(LiveCoordinator.answer(to: "collisions", state))
    }

    static func read(_ line: [UInt8]) -> [Collision] {
        LiveCoordinator.result(in: line)?.arrayValue?.compactMap { Collision($0) } ?? []
    }

    /// One sentence for people.
    var sentence: String {
        let others = other.map { "`\($0.task)`" } ?? "what landed meanwhile"
        return "`\(lease.task)` collides with \(others) in \(Wording.list(files, atMost: 3))"
    }
}

/// Questions that only the living coordinator can answer, asked in passing.
enum LiveCoordinator {
    private static let patienceMilliseconds: Int32 = 200

    /// What an answer says; nil when it is none.
    static func result(in line: [UInt8]) -> JSONValue? {
        // An answer that is no JSON is no answer.
        (try? JSONParser.parse(line))?["result"]
    }

    /// The line that answers; empty when nobody does in time.
    static func answer(to method: String, _ state: StateFolder) -> [UInt8] {
        guard Files.kind(state.socket) == .other else { return [] }
        do throws(SystemError) {
            let socket = try LocalSocket.connect(state.socket)
            defer { Descriptors.close(socket) }
            let request: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method)]
            try Descriptors.writeAll(request.serialized() + [0x0A], to: socket)
            return line(from: socket)
        } catch {
            // Nobody there, or nobody who answers: it is simply not known.
            return []
        }
    }

    private static func line(from socket: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        let deadline = RuntimeClock.monotonicNanoseconds() + Int64(patienceMilliseconds) * 1_000_000
        while bytes.last != 0x0A, bytes.count < 1 << 20 {
            let left = (deadline - RuntimeClock.monotonicNanoseconds()) / 1_000_000
            var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&wanted, 1, Int32(left)) > 0 else { return [] }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return [] }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
