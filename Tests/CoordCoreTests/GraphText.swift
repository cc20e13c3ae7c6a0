import CoordCore
import CoordModel

/// Tasks as text: `graph("collect", "write <- collect", "ship <- write, test")`. `now!` is the most urgent of
/// all.
func graph(_ lines: String...) -> [TaskSpec] { lines.map(task) }

/// One task as text: its name and, behind an arrow, its needs.
func task(_ line: String) -> TaskSpec {
    let parts = line.split(separator: "<-", maxSplits: 1)
    let needs = parts.count < 2 ? [] : parts[1].split(whereSeparator: { $0 == "," || $0 == " " })
    let name = word(parts[0])
    return TaskSpec(
        id: TaskID(name.hasSuffix("!") ? String(name.dropLast()) : name),
        dependencies: needs.map { TaskID(String($0)) }, priority: name.hasSuffix("!") ? 100 : 0)
}

private func word(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.prefix { $0 != " " })
}

/// The graph of tasks as the core holds it, and the tasks' names by number.
func taskGraph(_ specs: [TaskSpec]) -> (graph: TaskGraph, names: [TaskID]) {
    var graph = TaskGraph()
    var numbers: [TaskID: Int] = [:]
    for spec in specs { numbers[spec.id] = graph.addNode() }
    for (node, spec) in specs.enumerated() {
        for need in spec.dependencies { graph.addEdge(from: numbers[need]!, to: node) }
    }
    return (graph, specs.map(\.id))
}

/// A git object's name out of a few digits.
func oid(_ digits: String) -> ObjectID {
    ObjectID(String(repeating: "0", count: 40 - digits.utf8.count) + digits)!
}

/// A time in seconds after the start of the test.
func at(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64((seconds * 1000).rounded())) }

func dollars(_ amount: Double) -> Money { Money(dollars: amount)! }

/// Workers w1, w2, … of one role or of given ones.
func slots(_ roles: RoleID?...) -> [SlotSpec] {
    roles.enumerated().map {
        SlotSpec(worker: WorkerID("w\($0.offset + 1)"), number: $0.offset + 1, role: $0.element)
    }
}
