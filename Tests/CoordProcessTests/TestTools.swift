import CoordModel
import CoordProcess
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A folder of its own, gone with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws { path = try Files.temporaryFolder(prefix: "coord-test-") }

    /// What cannot be removed stays for the next cleaning of the temporary folder.
    deinit { try? Files.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
}

func shell(_ script: String, timeout: Duration? = .seconds(20)) -> CommandRequest {
    CommandRequest(
        executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
        timeout: timeout)
}

/// A named pipe into which another process says one line.
final class Fifo: Sendable {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw SystemError.last("make a fifo", path) }
        self.path = path
        // Open both ways: nobody waits for the other side, and the end is never seen.
        descriptor = try Descriptors.open(path, O_RDWR)
    }

    deinit { Descriptors.close(descriptor) }

    /// The next line; nil when none comes within the time.
    func line(seconds: Int32 = 10) -> String? {
        var text: [UInt8] = []
        while true {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, seconds * 1000) == 1 else { return nil }
            var byte: UInt8 = 0
            guard read(descriptor, &byte, 1) == 1 else { return nil }
            if byte == 0x0A { return String(decoding: text, as: UTF8.self) }
            text.append(byte)
        }
    }

    /// The living process whose number is the next line.
    func identity() -> ProcessIdentity? {
        guard let pid = line().flatMap({ Int32($0) }), let start = ProcessTable.startTime(pid) else {
            return nil
        }
        return ProcessIdentity(pid: pid, startTime: start)
    }
}
