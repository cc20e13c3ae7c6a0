import CoordJSON
import CoordModel
import CoordSimulation

/// P12: how many tasks the merge queue lands in the time of one gate, under a virtual clock.
enum QueueBench {
    static func run(_ options: Options) {
        let parallel = options.integer("parallel", 8)
        var conditions = QueueSimulation.Conditions(
            tasks: options.integer("tasks", 2000), workers: options.integer("workers", 64),
            parallel: parallel,
            batch: options.integer("batch", 1))
        conditions.redPerMille = options.integer("red", 50)
        conditions.clashPerMille = options.integer("clash", 0)
        conditions.conflictPerMille = options.integer("conflict", 0)
        conditions.workTime = .seconds(options.integer("work", 1))
        conditions.workersWait = options.integer("wait", 0) == 1
        var simulation = QueueSimulation(seed: UInt64(options.integer("seed", 1)), conditions)
        let result = simulation.run()
        Bench.report([
            ("parallel", .integer(Int64(parallel))), ("landed", .integer(Int64(result.landed))),
            ("bounced", .integer(Int64(result.bounced))), ("gates", .integer(Int64(result.gates))),
            ("red", .integer(Int64(result.redLandings + result.untestedLandings))),
            ("landed_per_gate_time", .number(result.landedPerGateTime)),
            ("of_best", .number(result.landedPerGateTime / Double(parallel))),
        ])
    }
}
