import CPosix
package import CoordModel
import CoordSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program to start, to the last detail: nothing is inherited but what is written here.
package struct SpawnRequest: Sendable {
    /// An absolute path.
    package var executable: String
    /// What the program is told that it is called; nil, or under a launcher: the last part of
    /// `executable`.
    package var name: String?
    /// Without the program's own name.
    package var arguments: [String]
    /// The whole environment of the child.
    package var environment: [String: String]
    package var workingFolder: String?
    /// What the child has open: its number, and ours. At most 16, numbers below 16. 0, 1 and 2 are the null
    /// device when they are not listed.
    package var descriptors: [(child: Int32, parent: Int32)]
    /// A session of its own; otherwise a process group of its own.
    package var session: Bool
    /// In place of either it stays in the caller's process group, so that the terminal's keys reach it too.
    package var staysInGroup: Bool
    /// What the program is started through.
    package var launcher: Launcher

    package init(
        executable: String, name: String? = nil, arguments: [String] = [],
        environment: [String: String] = [:], workingFolder: String? = nil,
        descriptors: [(child: Int32, parent: Int32)] = [], session: Bool = true, staysInGroup: Bool = false,
        launcher: Launcher = .none
    ) {
        self.executable = executable
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        self.descriptors = descriptors
        self.session = session
        self.staysInGroup = staysInGroup
        self.launcher = launcher
    }

    /// The program that is really started, what it is told that it is called, and its arguments.
    fileprivate var words: (executable: String, name: String, arguments: [String]) {
        guard let first = launcher.words.first else {
            return (executable, name ?? Files.name(executable), arguments)
        }
        return (first, Files.name(first), Array(launcher.words.dropFirst()) + [executable] + arguments)
    }
}

/// A child of this process, from its start until it is reaped. May be used from any thread.
///
/// As long as the child is not reaped its number cannot be given to another process, so every signal sent
/// through this type reaches the right one; after that, signals are dropped. A child that is forgotten
/// unreaped is killed and reaped.
package final class ChildProcess: Sendable {
    package let identity: ProcessIdentity
    /// Becomes readable when the child has ended. Belongs to this object: never close it, and do not watch it
    /// after the child was reaped.
    package let exitDescriptor: Int32
    private let outcome = Mutex<ExitOutcome?>(nil)
    private let isDisowned = Mutex(false)
    /// The child is a launcher that stays: its end would be the sudden end of what it launched.
    private let isLauncher: Bool

    private init(identity: ProcessIdentity, exitDescriptor: Int32, isLauncher: Bool) {
        self.identity = identity
        self.exitDescriptor = exitDescriptor
        self.isLauncher = isLauncher
    }

    deinit {
        if outcome.withLock({ $0 == nil }), !isDisowned.withLock({ $0 }) {
            signalGroup(SIGKILL)
            _ = wait()
        }
        Descriptors.close(exitDescriptor)
    }

    package var pid: Int32 { identity.pid }

    /// Lets the child go on when this object is gone, and when this process has ended.
    package func disown() { isDisowned.withLock { $0 = true } }

    /// Starts a program. From any thread.
    package static func spawn(_ request: SpawnRequest) throws(ProcessError) -> ChildProcess {
        coord_prepare_signals()
        let words = request.words
        for text in [words.executable, request.workingFolder ?? ""] + words.arguments
        where text.utf8.contains(0) {
            throw .cannotStart(executable: request.executable, code: EINVAL)
        }
        var pid: pid_t = 0
        let code = ChildRegistry.shared.spawn(&pid) { SpawnCall.perform(request, &$0) }
        guard code == 0 else {
            if let folder = request.workingFolder, let folderCode = SpawnCall.trouble(with: folder) {
                throw .noWorkingFolder(folder, code: folderCode)
            }
            throw .cannotStart(executable: request.executable, code: code)
        }
        let identity = ProcessIdentity(pid: pid, startTime: ProcessTable.startTime(pid) ?? 0)
        let descriptor = coord_exit_descriptor(pid)
        guard descriptor >= 0 else {
            let error = SystemError.last("watch a process")
            kill(-pid, SIGKILL)
            kill(pid, SIGKILL)
            var value: Int32 = 0
            _ = coord_wait(pid, 1, 1, &value)
            _ = ChildRegistry.shared.reap(pid, &value)
            throw .system(error)
        }
        return ChildProcess(
            identity: identity, exitDescriptor: descriptor, isLauncher: request.launcher.staysAsParent)
    }

    /// Whether the child has ended. Does not reap it.
    package var hasEnded: Bool {
        outcome.withLock { outcome in
            var value: Int32 = 0
            return outcome != nil || coord_wait(identity.pid, 0, 1, &value) != COORD_RUNNING
        }
    }

    /// How the child ended, nil while it runs. Reaps it.
    package func poll() -> ExitOutcome? {
        outcome.withLock { outcome in
            if let outcome { return outcome }
            var value: Int32 = 0
            let found: ExitOutcome
            switch Int(ChildRegistry.shared.reap(identity.pid, &value)) {
            case Int(COORD_RUNNING): return nil
            case Int(COORD_EXITED): found = .exited(status: value)
            case Int(COORD_SIGNALED): found = .signaled(value)
            // Somebody else took the status (a debugger, foreign code): it ended, and that is all there is.
            default: found = .exited(status: -1)
            }
            outcome = found
            return found
        }
    }

    /// Waits for the end of the child and reaps it.
    package func wait() -> ExitOutcome {
        while true {
            if let found = poll() { return found }
            // Not under the lock: signals must get through meanwhile.
            var value: Int32 = 0
            _ = coord_wait(identity.pid, 1, 1, &value)
        }
    }

    /// Signals the child alone. Nothing happens once the child was reaped.
    package func signalProcess(_ signal: Int32) {
        outcome.withLock { outcome in
            guard outcome == nil else { return }
            // Ended and not reaped: the signal goes nowhere.
            _ = kill(identity.pid, signal)
        }
    }

    /// Signals the child's process group. Nothing happens once the child was reaped.
    package func signalGroup(_ signal: Int32) {
        outcome.withLock { outcome in
            guard outcome == nil else { return }
            // The child may have moved into another group.
            if kill(-identity.pid, signal) != 0 { kill(identity.pid, signal) }
        }
    }

    /// Signals the child, its group, its session and everything that descends from it, but not a launcher
    /// that stays, which ends after what it launched. Nothing happens once the child was reaped.
    package func signalTree(_ signal: Int32) {
        outcome.withLock { outcome in
            guard outcome == nil else { return }
            if isLauncher {
                ProcessTable.signalBelow(identity, signal)
            } else {
                ProcessTable.signalTree(identity, signal)
            }
        }
    }

    /// Kills whatever is left of the child's group, session and descendants, the child included, and waits
    /// until it is gone: at most about a second. Nothing happens once the child was reaped.
    package func killTree() {
        outcome.withLock { outcome in
            guard outcome == nil else { return }
            ProcessTable.killTree(identity)
        }
    }
}

/// The call itself: arguments in the shape C wants.
private enum SpawnCall {
    static func perform(_ request: SpawnRequest, _ pid: inout pid_t) -> Int32 {
        let words = request.words
        let arguments = CStrings([words.name] + words.arguments)
        let environment = CStrings(request.environment.map { $0.key + "=" + $0.value })
        defer {
            arguments.free()
            environment.free()
        }
        let pairs = request.descriptors.flatMap { [$0.child, $0.parent] }
        return words.executable.withCString { executable in
            pairs.withUnsafeBufferPointer { pairs in
                func call(_ folder: UnsafePointer<CChar>?) -> Int32 {
                    var plain = coord_spawn_request(
                        executable: executable, arguments: arguments.pointer,
                        environment: environment.pointer,
                        folder: folder, descriptors: pairs.baseAddress, descriptor_count: pairs.count / 2,
                        session: request.staysInGroup ? 2 : request.session ? 1 : 0)
                    return coord_spawn(&plain, &pid)
                }
                guard let folder = request.workingFolder else { return call(nil) }
                return folder.withCString { call($0) }
            }
        }
    }

    /// The system does not say which of folder and program it did not find.
    static func trouble(with folder: String) -> Int32? {
        if !Files.isFolder(folder) { return Files.kind(folder) == nil ? ENOENT : ENOTDIR }
        return access(folder, X_OK) == 0 ? nil : EACCES
    }
}

/// A null-terminated array of C strings, made by hand because `posix_spawn` wants them mutable.
private struct CStrings {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointer = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (pointer + index).initialize(to: strdup(text)) }
        (pointer + count).initialize(to: nil)
    }

    func free() {
        for index in 0..<count { releaseString(pointer[index]) }
        pointer.deallocate()
    }

    private func releaseString(_ text: UnsafeMutablePointer<CChar>?) {
        #if canImport(Glibc)
            Glibc.free(text)
        #else
            Darwin.free(text)
        #endif
    }
}

/// Which children were started here, as opposed to orphans that a sub-reaper adopted.
final class ChildRegistry: Sendable {
    static let shared = ChildRegistry()
    private let pids = Mutex<Set<Int32>>([])

    /// The start happens under the lock: nobody may see a child that is not registered yet.
    func spawn(_ pid: inout pid_t, _ start: (inout pid_t) -> Int32) -> Int32 {
        pids.withLock { pids in
            let code = start(&pid)
            if code == 0 { pids.insert(pid) }
            return code
        }
    }

    /// As `coord_wait` without waiting. Under the lock too: once reaped, the number may be the next child's.
    func reap(_ pid: Int32, _ value: inout Int32) -> Int32 {
        pids.withLock { pids in
            let result = coord_wait(pid, 0, 0, &value)
            if result != COORD_RUNNING { pids.remove(pid) }
            return result
        }
    }

    /// Looks at the children of this process while none is started; hands on those not started here.
    func strangers(among children: () -> [Int32]) -> [Int32] {
        pids.withLock { pids in children().filter { !pids.contains($0) } }
    }
}
