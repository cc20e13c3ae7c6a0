import CoordJSON
import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord-worker mcp`, what an agent starts as its MCP server: connects standard input and output with the
/// attempt's channel. The protocol itself is the worker's, who answers at the other end.
///
/// Ends when the agent closes its side, or the worker the channel.
enum ChannelRelay {
    /// How long answers may still come for an agent that says nothing more.
    private static let lastWordsMilliseconds: Int32 = 3000

    static func run(_ environment: [String: String] = AttemptChannel.environment()) -> Int32 {
        guard let door = environment[ChannelHello.channelVariable],
            ChannelHello(environment: environment) != nil
        else {
            WorkerLog.write("this server is for agents that coord started; this one it did not")
            return 2
        }
        do throws(SystemError) {
            let ends = try NamedPipes.call(door) { pipes in
                ChannelHello(environment: environment, pipes: pipes)?.line ?? []
            }
            guard let rest = try greeting(ends.read) else { return 1 }
            try Descriptors.writeAll(rest, to: 1)
            return try relay(ends.read, ends.write)
        } catch {
            WorkerLog.write("the worker cannot be reached: \(error)")
            return 1
        }
    }

    /// Waits for the first line; what came behind it. Nil: refused.
    private static func greeting(_ descriptor: Int32) throws(SystemError) -> ArraySlice<UInt8>? {
        var bytes: [UInt8] = []
        while true {
            if let end = bytes.firstIndex(of: 0x0A) {
                // Anything but the welcome is a refusal, whatever it is.
                if (try? RPCMessage.decode(bytes[..<end])) == ChannelHello.welcome {
                    return bytes[(end + 1)...]
                }
                WorkerLog.write("the worker refused the token of this attempt")
                return nil
            }
            guard wait(for: [descriptor], milliseconds: -1) != nil, let more = try read(descriptor) else {
                WorkerLog.write("the worker hung up")
                return nil
            }
            bytes += more
        }
    }

    private static func relay(_ input: Int32, _ output: Int32) throws(SystemError) -> Int32 {
        var isAgentThere = true
        while true {
            let ready = wait(
                for: isAgentThere ? [input, 0] : [input],
                milliseconds: isAgentThere ? -1 : lastWordsMilliseconds)
            guard let ready else { return 0 }
            if ready[0] {
                guard let bytes = try read(input) else { return 0 }
                try Descriptors.writeAll(bytes, to: 1)
            }
            if ready.count > 1, ready[1] {
                if let bytes = try read(0) {
                    try Descriptors.writeAll(bytes, to: output)
                } else {
                    isAgentThere = false
                    Descriptors.close(output)
                }
            }
        }
    }

    /// Which can be read; nil: none in time.
    private static func wait(for descriptors: [Int32], milliseconds: Int32) -> [Bool]? {
        var wanted = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var count: Int32
        repeat { count = poll(&wanted, nfds_t(wanted.count), milliseconds) } while count < 0 && errno == EINTR
        return count > 0 ? wanted.map { $0.revents != 0 } : nil
    }

    /// What is there; nil at the end.
    private static func read(_ descriptor: Int32) throws(SystemError) -> [UInt8]? {
        var isOver = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            repeat { count = readSome(descriptor, buffer) } while count < 0 && errno == EINTR
            isOver = count == 0 || count < 0 && errno != EAGAIN
            count = max(0, count)
        }
        return isOver ? nil : bytes
    }

    private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
        #else
            Darwin.read(descriptor, buffer.baseAddress!, buffer.count)
        #endif
    }
}
