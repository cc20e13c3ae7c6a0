import CoordCore
import CoordJSON
import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem

/// P2, P3, P4: N tasks over persistent workers through the real coordinator: machine, journal, pipes,
/// processes.
///
/// Without flags the workers answer at once and the journal lies in memory; `--durable` puts it into SQLite
/// with a synced commit per turn; `--commands` lets each task start `/bin/true`; `--chain` makes each need
/// the one before.
enum DispatchBench {
    static func run(_ options: Options) {
        do { try measure(options) } catch { print("error: \(error)") }
    }

    private static func measure(_ options: Options) throws {
        let count = options.integer("tasks", 1000)
        let workers = options.integer("workers", 4)
        let folder = try Files.temporaryFolder(prefix: "coord-bench-")
        defer { removeQuietly(folder) }
        let state = StateFolder(project: folder)
        try state.make()
        let store: any Store =
            options.has("durable") ? try SQLiteStore(path: state.database, mode: .readWrite) : InMemoryStore()
        let tasks = (0..<count).map { node in
            TaskSpec(
                id: TaskID("t\(node)"),
                dependencies: options.has("chain") && node > 0 ? [TaskID("t\(node - 1)")] : [],
                run: options.has("commands") ? "/bin/true" : "true", workspace: .none)
        }
        let mission = Mission(id: "bench", tasks: tasks)
        let plan = try RunPlan(
            mission: mission, missionFile: "", roles: [:], commonRules: "",
            overrides: RunPlan.Overrides(workers: workers), worktrees: folder)
        let own = Executables.own()
        let program = own.split(separator: "/").dropLast().map(String.init).joined(separator: "/")
        let coordinator = try Coordinator(
            Coordinator.Parts(
                run: "bench", plan: plan, state: state, store: store, workspace: nil,
                workerProgram: "/" + program + "/coord-worker", seed: 1, isNoop: !options.has("commands")))
        let clock = ContinuousClock()
        let begin = clock.now
        var first: ContinuousClock.Instant?
        var last = begin
        coordinator.onFacts = { facts, _ in
            for fact in facts {
                switch fact.body {
                case .leaseGranted: if first == nil { first = clock.now }
                case .taskCompleted: last = clock.now
                default: break
                }
            }
        }
        let start = RunStart(
            run: "bench", mission: "bench", missionName: "bench", missionFile: "", project: folder,
            target: "main", agent: "none", budget: nil, process: ProcessIdentity(pid: 1, startTime: 1),
            head: nil,
            slots: plan.slots, simulated: true)
        let outcome = try coordinator.start(start, tasks: tasks)
        let hot = seconds(last - (first ?? begin))
        Bench.report([
            ("n", .integer(Int64(count))), ("status", .string(outcome.status.rawValue)),
            ("start_s", .number(seconds((first ?? begin) - begin))), ("hot_s", .number(hot)),
            ("tasks_per_s", .number(Double(count) / hot)),
        ])
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// The folder of a finished bench; what cannot be removed is left to the system.
    private static func removeQuietly(_ folder: String) {
        do { try Files.removeTree(folder) } catch { print("left behind: \(folder): \(error)") }
    }
}
