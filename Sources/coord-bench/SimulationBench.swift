import CoordJSON
import CoordModel
import CoordSimulation
import CoordSystem

/// Days of the simulation out of consecutive seeds, until one of them finds a fault or all are lived through.
enum SimulationBench {
    /// The seed is said before its day begins: a day may end the program.
    static func run(_ options: Options) {
        #if COORD_PLANTED_BUGS
            PlantedBug.active = Environment.value("COORD_PLANTED_BUG").flatMap(PlantedBug.init(rawValue:))
        #endif
        let first = options.integer("first", 0)
        let count = options.integer("days", 500)
        for seed in first..<(first + count) {
            print("day \(seed)")
            var simulation = Simulation(seed: UInt64(seed))
            let violations = simulation.run().violations
            guard violations.isEmpty else {
                Bench.report([
                    ("days", .integer(Int64(seed - first + 1))), ("seed", .integer(Int64(seed))),
                    ("found", .string(violations.joined(separator: "; "))),
                ])
                return
            }
        }
        Bench.report([("days", .integer(Int64(count))), ("found", .null)])
    }
}
