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

/// Waits for a file to say something; for facts that only the file system tells.
func waitForText(_ path: String, seconds: Int = 10) -> String? {
    for _ in 0..<(seconds * 500) {
        if let text = try? Files.readText(path), text.hasSuffix("\n") { return String(text.dropLast()) }
        usleep(2000)
    }
    return nil
}

/// Waits until exactly this process is gone.
func waitForEnd(of identity: ProcessIdentity, seconds: Int = 5) -> Bool {
    for _ in 0..<(seconds * 500) {
        if !ProcessTable.isAlive(identity) { return true }
        usleep(2000)
    }
    return false
}

func identity(ofPidIn path: String) -> ProcessIdentity? {
    guard let pid = waitForText(path).flatMap({ Int32($0) }), let start = ProcessTable.startTime(pid) else {
        return nil
    }
    return ProcessIdentity(pid: pid, startTime: start)
}
