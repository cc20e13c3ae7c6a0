import CoordJSON
package import CoordModel
import CoordProcess
package import CoordRuntime
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long ago each worker was last heard of: known to the living coordinator alone, and asked of it in
/// passing.
package enum Heartbeats {
    private static let patienceMilliseconds: Int32 = 200

    /// Seconds by worker; empty when nobody answers in time.
    package static func ask(_ state: StateFolder) -> [WorkerID: Double] {
        guard Files.kind(state.socket) == .other else { return [:] }
        do throws(SystemError) {
            let socket = try LocalSocket.connect(state.socket)
            defer { Descriptors.close(socket) }
            let request: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "heartbeats"]
            try Descriptors.writeAll(request.serialized() + [0x0A], to: socket)
            return read(line(from: socket))
        } catch {
            // Nobody there, or nobody who answers: the ages are simply not known.
            return [:]
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

    static func read(_ line: [UInt8]) -> [WorkerID: Double] {
        // An answer that is no JSON is no answer.
        guard let answer = try? JSONParser.parse(line), let ages = answer["result"]?.objectValue else {
            return [:]
        }
        var result: [WorkerID: Double] = [:]
        for (worker, age) in ages.members {
            if let seconds = age.doubleValue { result[WorkerID(worker)] = seconds }
        }
        return result
    }
}
