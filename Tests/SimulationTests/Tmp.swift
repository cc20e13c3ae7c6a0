import CoordModel
import CoordSimulation
import Testing
@Test func stats() {
    var strikes: [Fault: Int] = [:]; var turns = 0, restarts = 0, landed = 0, facts = 0, seconds = 0.0
    var kinds: [String: Int] = [:]; var ends: [String: Int] = [:]; var maxs = 0.0
    for seed in 0..<500 {
        var s = Simulation(seed: UInt64(seed)); let r = s.run()
        for (k, v) in r.strikes { strikes[k, default: 0] += v }
        turns += r.turns; restarts += r.restarts; landed += r.landed; facts += r.facts.count; seconds += r.elapsed.inSeconds
        maxs = max(maxs, r.elapsed.inSeconds)
        for f in r.facts { kinds[String("\(f.body)".prefix { $0 != "(" }), default: 0] += 1
          if case .runEnded(let st, let ex, _) = f.body { ends["\(st) \(ex)", default: 0] += 1 } }
    }
    print("turns \(turns) restarts \(restarts) landed \(landed) facts \(facts) seconds \(seconds) max \(maxs)")
    for k in Fault.allCases { print("\(k) \(strikes[k] ?? 0)") }
    for (k, v) in kinds.sorted(by: { $0.key < $1.key }) { print(k, v) }
    print(ends)
}
