import CoordJSON
import CoordModel
import CoordSystem

/// Measures coord's own parts; `bench/run` puts the peers beside them. The last line of the output is JSON.
///
///     coord-bench schedule N [--machine]     a graph of N tasks with three needs each, through the pure core
///     coord-bench dispatch [--tasks N] [--workers N] [--durable] [--commands]
///     coord-bench ipc [--messages N]
///     coord-bench respawn [--workers N] [--at-once] [--well SECONDS]
///     coord-bench queue [--parallel N] [--batch N] [--red N] [--clash N] [--conflict N] [--tasks N]
///     coord-bench selection DATA FOLDER [--misses] | selection --manifests N
///     coord-bench simulation [--days N] [--first SEED]
///     coord-bench overlap [--worktrees N] [--files N] [--passes N]
///     coord-bench agents                     reading what clients print; `COORD_CAPTURES` names their output
///     coord-bench failpoints                 the points where `COORD_FAILPOINT` can kill coord, one a line
@main
enum CoordBench {
    static func main() { Bench.run(Array(CommandLine.arguments.dropFirst())) }
}

enum Bench {
    static func run(_ arguments: [String]) {
        let options = Options(arguments)
        switch options.words.first {
        case "schedule": ScheduleBench.run(options)
        case "dispatch": DispatchBench.run(options)
        case "ipc": IPCBench.run(options)
        case "overlap": OverlapBench.run(options)
        case "gateway": GatewayBench.run(options)
        case "queue": QueueBench.run(options)
        case "simulation": SimulationBench.run(options)
        case "selection": SelectionBench.run(options)
        case "respawn": RespawnBench.run(options)
        case "agents": print(AgentsBench.run(folder: Environment.value("COORD_CAPTURES")).text)
        case "ipc-child": IPCBench.child(options)
        case "failpoints": for point in FailPoint.all { print(point) }
        #if COORD_PLANTED_BUGS
            case "bugs": for bug in PlantedBug.allCases { print(bug.rawValue) }
        #endif
        default:
            let benches =
                "schedule N | dispatch | gateway | ipc | overlap | queue | respawn | simulation | agents"
            print("usage: coord-bench " + benches)
        }
    }

    /// Prints the result as the last line.
    static func report(_ members: [(String, JSONValue)]) { print(JSONValue.object(JSONObject(members)).text) }
}

/// `word --name value --flag`, unchecked: a bench is run by scripts.
struct Options {
    private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    init(_ arguments: [String]) {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let name = String(argument.dropFirst(2))
            if index < arguments.count, !arguments[index].hasPrefix("--"), Int(arguments[index]) != nil {
                values[name] = arguments[index]
                index += 1
            } else {
                flags.insert(name)
            }
        }
    }

    func integer(_ name: String, _ fallback: Int) -> Int { values[name].flatMap { Int($0) } ?? fallback }
    func has(_ flag: String) -> Bool { flags.contains(flag) }
}
