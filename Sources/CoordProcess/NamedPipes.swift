package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Connections by named pipes (fifo(7)) in a folder that both sides may write, where a sandbox allows no
/// sockets. A door is one pipe into which callers put lines; a caller makes a pair of pipes of its own beside
/// it and says their name there.
package enum NamedPipes {
    /// What `PIPE_BUF` is on Linux; on macOS less. Lines up to here arrive whole, whoever else writes.
    package static let doorLineBytesMax = 512

    /// Makes a door (0600) and opens it: readable when somebody has put a line in, never at its end. Whatever
    /// had the name is gone.
    package static func makeDoor(_ path: String) throws(SystemError) -> Int32 {
        _ = unlink(path)
        guard mkfifo(path, 0o600) == 0 else { throw .last("make a pipe", path) }
        return try open(path, O_RDWR)
    }

    /// Opens the pair of a caller that it made beside the door, the other way round than the caller has it.
    /// `name` comes from outside: it is one of `makeName`, or nothing is opened; a link is not followed.
    package static func answer(
        _ name: String, in folder: String
    ) throws(SystemError) -> (read: Int32, write: Int32) {
        guard isName(name) else { throw SystemError(operation: "open a pipe", path: nil, code: EINVAL) }
        let read = try open(folder + "/" + name + ".in", O_RDONLY)
        do throws(SystemError) {
            return (read, try open(folder + "/" + name + ".out", O_WRONLY))
        } catch {
            Descriptors.close(read)
            throw error
        }
    }

    /// Calls at a door: makes a pair of pipes, says their name in the line, and gives their ends. ENOENT and
    /// ENXIO mean that nobody is there. The line has at most `doorLineBytesMax` bytes with its end.
    package static func call(
        _ door: String, line: (_ name: String) -> [UInt8]
    ) throws(SystemError) -> (read: Int32, write: Int32) {
        let entry = try open(door, O_WRONLY)
        defer { Descriptors.close(entry) }
        let name = "pipe-" + (try RandomToken.make())
        let base = Files.parent(door) + "/" + name
        defer { for end in [".in", ".out"] { _ = unlink(base + end) } }
        for end in [".in", ".out"] {
            guard mkfifo(base + end, 0o600) == 0 else { throw .last("make a pipe", base + end) }
        }
        let read = try open(base + ".out", O_RDONLY)
        do throws(SystemError) {
            // Open both ways: it can be opened before the other side has, and is never at its end.
            let write = try open(base + ".in", O_RDWR)
            do throws(SystemError) {
                try Descriptors.writeAll(line(name), to: entry)
                try waitForAnswer(read)
                // Now there is who reads: this one waits for room.
                let waiting = try Descriptors.open(base + ".in", O_WRONLY)
                Descriptors.close(write)
                return (read, waiting)
            } catch {
                Descriptors.close(write)
                throw error
            }
        } catch {
            Descriptors.close(read)
            throw error
        }
    }

    /// How long who opens the door may take; a worker answers between two events.
    private static let patienceMilliseconds: Int32 = 30_000

    /// Until the other side has opened the pair and said something, or is gone.
    private static func waitForAnswer(_ descriptor: Int32) throws(SystemError) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var count: Int32
        repeat { count = poll(&wanted, 1, patienceMilliseconds) } while count < 0 && errno == EINTR
        guard count > 0 else { throw SystemError(operation: "reach the worker", path: nil, code: ETIMEDOUT) }
    }

    private static func isName(_ name: String) -> Bool {
        guard name.hasPrefix("pipe-"), name.utf8.count == 37 else { return false }
        return name.utf8.dropFirst(5).allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
        }
    }

    /// Opens without waiting and without following a link; what is no pipe is refused.
    private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        let descriptor = try Descriptors.open(path, flags | O_NONBLOCK | O_NOFOLLOW)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            Descriptors.close(descriptor)
            throw SystemError(operation: "open a pipe", path: path, code: ENXIO)
        }
        return descriptor
    }
}
