import CoordCore
import CoordModel
import CoordProcess
package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Looks after detached runs: one process per user. When a coordinator dies, it starts another that goes on;
/// one that ended by its own decision is let go.
///
/// It may itself be killed and started again at any time: coordinators are in sessions of their own, and are
/// found again by their files, by number and start time. Confined to the loop's thread.
package final class Operator {
    /// One run and what is known of its coordinator.
    private final class Charge {
        var run: DetachedRun
        /// Becomes readable when the coordinator has ended. -1: none is watched.
        var descriptor: Int32 = -1
        /// Set when this operator started it.
        var child: ChildProcess?
        var policy = RestartPolicy()
        var startsAt: Timestamp?

        init(_ run: DetachedRun) { self.run = run }
    }

    private let folder: String
    private let lock: FileLock
    private let loop: EventLoop
    private let clock = RuntimeClock()
    private let say: (String) -> Void
    private let endsWhenIdle: Bool
    private var signals: SignalSource?
    private var listener: Int32 = -1
    private var charges: [RunID: Charge] = [:]
    private var chance = SeededGenerator(seed: UInt64(getpid()))

    /// Where `run --detach` asks the operator to look again.
    package static func socket(in folder: String) -> String { folder + "/operator.sock" }
    private static func lockFile(_ folder: String) -> String { folder + "/operator.lock" }

    /// Takes the operator's lock; nil when another operator has it. `endsWhenIdle`: it goes when no run is
    /// left to look after. `say` is told what happens, a line at a time.
    package init?(
        folder: String, endsWhenIdle: Bool, say: @escaping (String) -> Void
    ) throws(SystemError) {
        try Files.makeFolder(folder, permissions: 0o700)
        let note = "pid \(ProcessTable.own().pid)"
        guard let lock = try FileLock.acquire(Self.lockFile(folder), note: note) else { return nil }
        self.folder = folder
        self.lock = lock
        self.endsWhenIdle = endsWhenIdle
        self.say = say
        loop = try EventLoop()
    }

    /// What the present operator says of itself; nil when there is none.
    package static func holder(in folder: String) -> String? { FileLock.holder(lockFile(folder)) }

    /// Looks after runs until it is told to end.
    package func work() throws(SystemError) {
        signals = try SignalSource(loop: loop, signals: [SIGTERM, SIGINT, SIGHUP]) { [unowned self] _ in
            loop.stop()
        }
        listener = try LocalSocket.listen(Self.socket(in: folder))
        loop.watchReadable(listener) { [unowned self] in answer() }
        loop.alarm = { [unowned self] in startDue() }
        look()
        setAlarm()
        if !isOver { loop.run() }
        // The file is ours: the lock is still held. Gone already is as good.
        try? Files.remove(Self.socket(in: folder), step: .controlSocket)
        // What it started goes on without it.
        for charge in charges.values { charge.child?.disown() }
        withExtendedLifetime((signals, lock)) {}
    }

    private var isOver: Bool { endsWhenIdle && charges.isEmpty }

    /// A caller wants nothing but that the folder is looked at; its answer is the end of the line.
    private func answer() {
        while let caller = LocalSocket.accept(listener) {
            look()
            // One that has gone needs no answer.
            try? Descriptors.writeAll(Array("looked\n".utf8), to: caller)
            Descriptors.close(caller)
        }
        setAlarm()
    }

    // MARK: - Runs

    private func look() {
        for run in DetachedRun.all(in: folder) where charges[run.run] == nil {
            let charge = Charge(run)
            charges[run.run] = charge
            charge.policy.started(at: clock.now())
            say("looks after \(run.run) of \(run.project), pid \(run.process.pid)")
            watch(charge)
        }
    }

    private func watch(_ charge: Charge) {
        guard let descriptor = ProcessTable.exitDescriptor(of: charge.run.process) else {
            return ended(charge)
        }
        charge.descriptor = descriptor
        loop.watchReadable(descriptor) { [unowned self] in
            loop.unwatch(descriptor)
            Descriptors.close(descriptor)
            charge.descriptor = -1
            ended(charge)
        }
    }

    /// The coordinator is gone. If it did not say so itself, another goes on.
    private func ended(_ charge: Charge) {
        let run = charge.run
        if let status = run.end(in: folder) ?? (RunRegistry.isOver(run.run) ? 0 : nil) {
            say("\(run.run) is over, exit status \(status)")
            charges[run.run] = nil
            // A file that stays is looked at again by the next operator, and found to be over again.
            try? run.forget(in: folder)
            if isOver { loop.stop() }
            return
        }
        let now = clock.now()
        switch charge.policy.failed(at: now, chance: &chance) {
        case .now: charge.startsAt = now
        case .after(let time): charge.startsAt = time
        case .offline(let until, let reason):
            charge.startsAt = until
            say("\(run.run): \(reason); tried again at \(until)")
        }
        say("the coordinator of \(run.run), pid \(run.process.pid), died")
        startDue()
    }

    private func startDue() {
        let now = clock.now()
        for charge in charges.values.sorted(by: { $0.run.run < $1.run.run }) {
            guard let time = charge.startsAt, time <= now else { continue }
            charge.startsAt = nil
            start(charge)
        }
        setAlarm()
    }

    private func start(_ charge: Charge) {
        charge.policy.started(at: clock.now())
        do {
            let log = try Descriptors.open(charge.run.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
            defer { Descriptors.close(log) }
            let child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: charge.run.program, arguments: charge.run.arguments,
                    environment: charge.run.environment, workingFolder: charge.run.workingFolder,
                    descriptors: [(1, log), (2, log)], session: true))
            charge.child = child
            charge.run.process = child.identity
            loop.watchExit(of: child) { [unowned self] _ in
                charge.child = nil
                ended(charge)
            }
            try charge.run.write(in: folder)
            say("started \(charge.run.run) again, pid \(child.pid)")
        } catch {
            say("cannot start \(charge.run.run) again: \(error)")
            if charge.child == nil { charge.startsAt = clock.now() + .seconds(10) }
        }
    }

    private func setAlarm() {
        let next = charges.values.compactMap(\.startsAt).min()
        loop.setAlarm(after: next.map { max($0 - clock.now(), .zero) })
    }
}
