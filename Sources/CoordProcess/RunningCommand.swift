import CPosix
import CoordModel
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A command between its start and its result. Owns the child and our ends of its pipes.
final class RunningCommand {
    private let request: CommandRequest
    private let mark: String
    private let cancellation: Cancellation?
    private let cancellationDescriptor: Int32
    private let child: ChildProcess
    private let startedAt: Int64
    private let streams: CommandStreams
    private var timedOut = false
    private var cancelled = false
    /// When the polite signal was not enough.
    private var killAt: Int64?
    private var endedAt: Int64?

    init(_ request: CommandRequest, mark: String, cancellation: Cancellation?) throws(ProcessError) {
        self.request = request
        self.mark = "COORD_COMMAND=" + mark
        self.cancellation = cancellation
        do throws(SystemError) {
            cancellationDescriptor = try cancellation?.descriptor() ?? -1
            streams = try CommandStreams(request)
        } catch {
            throw .system(error)
        }
        var environment = request.environment
        environment["COORD_COMMAND"] = mark
        child = try ChildProcess.spawn(
            SpawnRequest(
                executable: request.executable, arguments: request.arguments, environment: environment,
                workingFolder: request.workingFolder, descriptors: streams.childDescriptors,
                session: request.isolatesSession, launcher: request.launcher))
        streams.closeChildEnds()
        request.whenStarted?()
        startedAt = coord_monotonic_now()
    }

    func finish() -> CommandResult {
        while true {
            let now = coord_monotonic_now()
            if let endedAt {
                if !streams.isOpen || now >= endedAt + CommandRunner.drain.wholeNanoseconds { break }
            } else if let killAt, now >= killAt {
                child.killTree()
            } else if killAt == nil, let limit = request.timeout, now >= startedAt + limit.wholeNanoseconds {
                timedOut = true
                terminate(now)
            }
            wait(now)
        }
        let exit = child.wait()
        streams.closeAll()
        return CommandResult(
            exit: exit, timedOut: timedOut, cancelled: cancelled, output: streams.output.bytes,
            errorOutput: streams.error.bytes, duration: .nanoseconds(coord_monotonic_now() - startedAt),
            droppedBytes: streams.output.dropped + streams.error.dropped)
    }

    private func terminate(_ now: Int64) {
        child.signalTree(SIGTERM)
        // A stopped process sees the signal only when it goes on.
        child.signalTree(SIGCONT)
        killAt = now + CommandRunner.grace.wholeNanoseconds
    }

    /// Waits for the next thing to happen and takes it in.
    private func wait(_ now: Int64) {
        var waited = streams.waited
        let watchesEnd = endedAt == nil
        if watchesEnd {
            waited.append(pollfd(fd: child.exitDescriptor, events: Int16(POLLIN), revents: 0))
        }
        let watchesCancellation = cancellationDescriptor >= 0 && killAt == nil && watchesEnd
        if watchesCancellation {
            waited.append(pollfd(fd: cancellationDescriptor, events: Int16(POLLIN), revents: 0))
        }
        let count = pollCall(&waited, timeout(now))
        guard count > 0 else { return }
        streams.handle(waited)
        var index = streams.waitedCount
        if watchesEnd {
            if waited[index].revents != 0 { handleEnd() }
            index += 1
        }
        if watchesCancellation, waited[index].revents != 0, endedAt == nil {
            cancelled = true
            terminate(coord_monotonic_now())
        }
    }

    private func handleEnd() {
        guard child.hasEnded else { return }
        endedAt = coord_monotonic_now()
        guard request.endsLeftovers || killAt != nil else { return child.signalGroup(SIGKILL) }
        if ProcessTable.isSubreaper {
            child.signalGroup(SIGKILL)
            ProcessTable.endAdopted(mark: mark, session: child.pid)
        } else {
            child.killTree()
        }
    }

    private func timeout(_ now: Int64) -> Int32 {
        var deadline: Int64?
        if let endedAt {
            deadline = endedAt + CommandRunner.drain.wholeNanoseconds
        } else if let killAt {
            // Killed already and not gone yet: the end will be told; look again now and then all the same.
            deadline = now < killAt ? killAt : now + 100_000_000
        } else if let limit = request.timeout {
            deadline = startedAt + limit.wholeNanoseconds
        }
        guard let deadline else { return -1 }
        return Int32(clamping: max(0, (deadline - now + 999_999) / 1_000_000))
    }
}

/// The three streams of a command: what is still to be fed, and what was said so far.
final class CommandStreams {
    private(set) var output: TailBuffer
    private(set) var error: TailBuffer
    private let input: [UInt8]
    private var fed = 0
    private var inputEnd: Int32 = -1
    private var outputEnd: Int32 = -1
    private var errorEnd: Int32 = -1
    private var childEnds: [(child: Int32, parent: Int32)] = []
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)
    private(set) var waitedCount = 0

    init(_ request: CommandRequest) throws(SystemError) {
        output = TailBuffer(limit: request.outputLimitBytes)
        error = TailBuffer(limit: request.outputLimitBytes)
        input = request.input
        do throws(SystemError) {
            let out = try pipe(child: 1, ours: \.read)
            outputEnd = out
            if request.mergesErrorIntoOutput {
                childEnds.append((2, childEnds[0].parent))
            } else {
                errorEnd = try pipe(child: 2, ours: \.read)
            }
            if !input.isEmpty { inputEnd = try pipe(child: 0, ours: \.write) }
        } catch {
            closeAll()
            throw error
        }
    }

    deinit { closeAll() }

    private func pipe(
        child: Int32, ours: KeyPath<(read: Int32, write: Int32), Int32>
    ) throws(SystemError) -> Int32 {
        let ends = try Descriptors.makePipe()
        let mine = ends[keyPath: ours]
        childEnds.append((child, mine == ends.read ? ends.write : ends.read))
        do throws(SystemError) {
            try Descriptors.setNonBlocking(mine)
        } catch {
            Descriptors.close(mine)
            throw error
        }
        return mine
    }

    var childDescriptors: [(child: Int32, parent: Int32)] { childEnds }

    /// Whether anything may still be said.
    var isOpen: Bool { outputEnd >= 0 || errorEnd >= 0 }

    func closeChildEnds() {
        for number in Set(childEnds.map(\.parent)) { Descriptors.close(number) }
        childEnds = []
    }

    func closeAll() {
        closeChildEnds()
        close(&inputEnd)
        close(&outputEnd)
        close(&errorEnd)
    }

    private func close(_ descriptor: inout Int32) {
        Descriptors.close(descriptor)
        descriptor = -1
    }

    /// What to wait for; `handle` takes the same list back with the answers in front.
    var waited: [pollfd] {
        var result: [pollfd] = []
        if outputEnd >= 0 { result.append(pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0)) }
        if errorEnd >= 0 { result.append(pollfd(fd: errorEnd, events: Int16(POLLIN), revents: 0)) }
        if inputEnd >= 0 { result.append(pollfd(fd: inputEnd, events: Int16(POLLOUT), revents: 0)) }
        waitedCount = result.count
        return result
    }

    func handle(_ answered: [pollfd]) {
        for entry in answered.prefix(waitedCount) where entry.revents != 0 {
            switch entry.fd {
            case outputEnd: read(&outputEnd, into: &output)
            case errorEnd: read(&errorEnd, into: &error)
            case inputEnd: feed()
            default: break
            }
        }
    }

    private func read(_ descriptor: inout Int32, into buffer: inout TailBuffer) {
        let count = readCall(descriptor, &scratch)
        if count > 0 {
            buffer.append(scratch[..<count])
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close(&descriptor)
        }
    }

    private func feed() {
        let count = input[fed...].withUnsafeBytes { writeCall(inputEnd, $0) }
        if count > 0 { fed += count }
        // A command that does not want its input closes it; that is no error.
        if fed == input.count || (count < 0 && errno != EAGAIN && errno != EINTR) { close(&inputEnd) }
    }
}

/// Keeps the last bytes of a stream.
package struct TailBuffer: Sendable {
    private let limit: Int
    private var kept: [UInt8] = []
    private var trimmed = 0

    package init(limit: Int) { self.limit = max(0, limit) }

    /// How many bytes are gone.
    package var dropped: Int { trimmed + max(0, kept.count - limit) }

    /// The last bytes, at most `limit`.
    package var bytes: [UInt8] { kept.count <= limit ? kept : Array(kept.suffix(limit)) }

    /// Holds up to twice the limit between two trimmings, so that each byte is moved about once.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        kept.append(contentsOf: bytes)
        guard kept.count > 2 * limit else { return }
        trimmed += kept.count - limit
        kept.removeFirst(kept.count - limit)
    }
}
