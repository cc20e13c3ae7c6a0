import CoordCore
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One worker seen from the coordinator: its process and the pipe to it.
///
/// Confined to the loop's thread. It reports by events and decides nothing.
final class WorkerHost {
    private let slot: Int
    private let worker: WorkerID
    private let run: RunID
    private let loop: EventLoop
    private let report: (Event) -> Void
    private var child: ChildProcess?
    private var channel: LineChannel?
    private var hasStarted = false
    private var ladder: [Int32] = []

    /// The newest sign of life, on the monotonic clock of the loop's owner. Nil: none yet.
    private(set) var lastHeard: Timestamp?
    private let clock: RuntimeClock

    init(
        slot: Int, worker: WorkerID, run: RunID, loop: EventLoop, clock: RuntimeClock,
        report: @escaping (Event) -> Void
    ) {
        self.slot = slot
        self.worker = worker
        self.run = run
        self.loop = loop
        self.clock = clock
        self.report = report
    }

    /// Starts the process. Its outcome is an event.
    func start(program: String, arguments: [String], environment: [String: String], log: String) {
        do {
            try FailPoint.pass(.workerStart, .before)
            let toWorker = try Descriptors.makePipe()
            let fromWorker = try Descriptors.makePipe()
            defer {
                Descriptors.close(toWorker.read)
                Descriptors.close(fromWorker.write)
            }
            // Without a free descriptor nobody could be found when the last one ended.
            if hasStarted { ProcessTable.endAdopted(mark: "COORD_WORKER=\(worker)") }
            hasStarted = true
            let errors = try Descriptors.open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
            defer { Descriptors.close(errors) }
            let child: ChildProcess
            do {
                child = try ChildProcess.spawn(
                    SpawnRequest(
                        executable: program, arguments: arguments, environment: environment,
                        descriptors: [(0, toWorker.read), (1, fromWorker.write), (2, errors)], session: true))
            } catch {
                Descriptors.close(toWorker.write)
                Descriptors.close(fromWorker.read)
                throw error
            }
            try listen(to: child, read: fromWorker.read, write: toWorker.write)
            FailPoint.passOrDie(.workerStart, .after)
            report(.workerStarted(slot: slot, child.identity))
        } catch {
            report(.workerStartFailed(slot: slot, reason: "\(error)"))
        }
    }

    private func listen(to child: ChildProcess, read: Int32, write: Int32) throws(SystemError) {
        self.child = child
        let channel = try LineChannel(loop: loop, read: read, write: write)
        self.channel = channel
        channel.onLine = { [unowned self] line in receive(line) }
        channel.onOversizedLine = { [unowned self] _ in report(.workerFlooded(slot: slot)) }
        loop.watchExit(of: child) { [unowned self] exit in
            // What the worker said before it ended counts.
            channel.drain()
            channel.close()
            self.channel = nil
            self.child = nil
            // Nothing of a dead worker's agent runs on: what it left came to us as its foster parent.
            ProcessTable.endAdopted(mark: "COORD_WORKER=\(worker)")
            report(.workerExited(slot: slot, exit))
        }
    }

    private func receive(_ line: ArraySlice<UInt8>) {
        lastHeard = clock.now()
        let said: (run: RunID?, message: WorkerMessage)?
        do { said = try WorkerMessage.decode(line) } catch {
            // A line that is no message proves life and nothing else; it is text somebody printed to stdout.
            report(.workerBeat(slot: slot))
            return
        }
        // Work of another run is nobody's here.
        if let other = said?.run, other != run { return }
        switch said?.message {
        case .hello: report(.workerReady(slot: slot))
        case .heartbeat(_, let hasProgress): report(.workerBeat(slot: slot, hasProgress: hasProgress))
        case .report(let lease, let said): report(.agentReported(slot: slot, lease, said))
        case .call(let lease, let number, let call):
            report(.agentCalled(slot: slot, lease, call: number, call))
        case .finished(let lease, let outcome, let tail):
            report(.attemptEnded(slot: slot, lease, outcome, tail: tail))
        case nil: report(.workerBeat(slot: slot))
        }
    }

    func send(_ message: CoordinatorMessage) {
        // A pipe that is full or closed belongs to a worker that hangs or died: heartbeat and exit tell, not
        // the write.
        _ = channel?.send { message.write(run: run, to: &$0) }
    }

    /// Asks the worker to end. Its own ladder ends the agent; the coordinator's ends the worker.
    func stop() { send(.shutdown) }

    func terminate() { child?.signalGroup(SIGTERM) }

    /// Ends the worker and everything below it at once.
    func kill() {
        child?.killTree()
    }

    var isAlive: Bool { child != nil }
}
