import CoordCore
import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime
import CoordStore
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// P7: workers are killed, one after the other or all at once, and their successors awaited: from the signal
/// until the successor's hello is in the journal on disk. Before that each was well for ten seconds, so the
/// first restart is immediate.
enum RespawnBench {
    static func run(_ options: Options) {
        do { try Measurement(options).run() } catch { print("error: \(error)") }
    }

    private final class Measurement {
        private let count: Int
        private let kills: Int
        private let atOnce: Bool
        private let wellSeconds: Int
        private var pids: [WorkerID: Int32] = [:]
        private var awaited: [WorkerID: Int64] = [:]
        private var samples: [Int64] = []
        private var ready = 0
        private var calm: ChildProcess?
        private var coordinator: Coordinator?
        private var cpuAtKill: Int64 = 0
        private var wallAtKill: Int64 = 0

        init(_ options: Options) {
            kills = options.integer("workers", 50)
            // One more, that holds the run open.
            count = kills + 1
            atOnce = options.has("at-once")
            wellSeconds = options.integer("well", 11)
        }

        func run() throws {
            let folder = try Files.temporaryFolder(prefix: "coord-bench-")
            defer { removeQuietly(folder) }
            let state = StateFolder(project: folder)
            try state.make()
            let store = try SQLiteStore(path: state.database, mode: .readWrite)
            let task = TaskSpec(id: "hold", run: "exec sleep 3600", workspace: .none)
            var mission = Mission(id: "bench", tasks: [task])
            mission.limits.taskTimeout = .seconds(3600)
            let plan = try RunPlan(
                mission: mission, missionFile: "", roles: [:], commonRules: "",
                overrides: RunPlan.Overrides(workers: count), worktrees: folder)
            let program = Files.parent(Executables.own()) + "/coord-worker"
            let coordinator = try Coordinator(
                Coordinator.Parts(
                    run: "bench", plan: plan, state: state, store: store, workspace: nil,
                    workerProgram: program, seed: 1))
            self.coordinator = coordinator
            coordinator.onFacts = { [unowned self] facts, _ in note(facts) }
            let start = RunStart(
                run: "bench", mission: "bench", missionName: "bench", missionFile: "", project: folder,
                target: "main", agent: "none", budget: nil, process: ProcessTable.own(), head: nil,
                slots: plan.slots, simulated: true)
            _ = try coordinator.start(start, tasks: [task])
            report()
        }

        private func note(_ facts: [Fact]) {
            let now = RuntimeClock.monotonicNanoseconds()
            for fact in facts {
                switch fact.body {
                case .workerStarted(let worker, let process): pids[worker] = process.pid
                case .workerReady(let worker):
                    ready += 1
                    if ready == count { startWhenCalm() }
                    guard let killed = awaited.removeValue(forKey: worker) else { continue }
                    samples.append(now - killed)
                    if samples.count == kills { finish() } else if !atOnce { killNext() }
                default: break
                }
            }
        }

        /// A child that ends when everybody was well for long enough: the loop's one alarm is taken.
        private func startWhenCalm() {
            guard let coordinator else { return }
            do {
                let sleep = try ChildProcess.spawn(
                    SpawnRequest(executable: "/bin/sleep", arguments: ["\(wellSeconds)"]))
                calm = sleep
                coordinator.loop.watchExit(of: sleep) { [unowned self] _ in
                    cpuAtKill = Self.processorTime()
                    wallAtKill = RuntimeClock.monotonicNanoseconds()
                    if atOnce { for _ in 0..<kills { killNext() } } else { killNext() }
                }
            } catch { print("error: \(error)") }
        }

        private func killNext() {
            // The first one has the task that holds the run open.
            let number = samples.count + awaited.count + 2
            let worker = WorkerID("worker-\(number)")
            guard let pid = pids[worker] else { return }
            awaited[worker] = RuntimeClock.monotonicNanoseconds()
            kill(pid, SIGKILL)
        }

        private var cpu: Int64 = 0
        private var wall: Int64 = 0

        private func finish() {
            cpu = Self.processorTime() - cpuAtKill
            wall = RuntimeClock.monotonicNanoseconds() - wallAtKill
            coordinator?.receive(.interrupted(exitStatus: 130))
            coordinator?.receive(.interrupted(exitStatus: 130))
        }

        /// Of this process and its ended children.
        private static func processorTime() -> Int64 {
            func read(_ who: Int32) -> Int64 {
                var usage = rusage()
                #if canImport(Glibc)
                    getrusage(__rusage_who_t(who), &usage)
                #else
                    getrusage(who, &usage)
                #endif
                let seconds = Int64(usage.ru_utime.tv_sec) + Int64(usage.ru_stime.tv_sec)
                return seconds * 1_000_000_000
                    + (Int64(usage.ru_utime.tv_usec) + Int64(usage.ru_stime.tv_usec)) * 1000
            }
            return read(0) + read(-1)
        }

        private func report() {
            let sorted = samples.sorted()
            func percentile(_ part: Double) -> Double {
                guard !sorted.isEmpty else { return 0 }
                let index = min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.up)) - 1)
                return Double(sorted[max(0, index)]) / 1e6
            }
            Bench.report([
                ("n", .integer(Int64(samples.count))), ("p50_ms", .number(percentile(0.5))),
                ("p99_ms", .number(percentile(0.99))), ("cpu_s", .number(Double(cpu) / 1e9)),
                ("wall_s", .number(Double(wall) / 1e9)),
                ("samples_ms", .array(samples.map { .number(Double($0) / 1e6) })),
            ])
        }

        private func removeQuietly(_ folder: String) {
            do { try Files.removeTree(folder) } catch { print("left behind: \(folder): \(error)") }
        }
    }
}
