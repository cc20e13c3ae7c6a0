import CoordModel

/// A task as the check of the graph sees it: its name, and the names it needs, each with its place.
struct TaskNeeds {
    var id: TaskID
    var needs: [(id: TaskID, position: SourcePosition)]
}

/// Finds needs that are no task of the mission, tasks that need themselves, and circles of needs.
///
/// Linear in tasks and needs; nothing recurses, so a chain of any length is fine.
enum DependencyCheck {
    /// Reports into `problems`. `elsewhere` are names that count as met, such as tasks ticked off in a plan.
    static func check(
        _ tasks: [TaskNeeds], in whole: String = "mission", elsewhere: Set<TaskID> = [], problems: ProblemList
    ) {
        var index: [TaskID: Int] = [:]
        index.reserveCapacity(tasks.count)
        for (number, task) in tasks.enumerated() where index[task.id] == nil { index[task.id] = number }

        // Needs that exist, by task, as indices; the place of each for the messages.
        var edges: [[(need: Int, position: SourcePosition)]] = []
        edges.reserveCapacity(tasks.count)
        var namesLeftToCompare = 1_000_000
        for (number, task) in tasks.enumerated() {
            var kept: [(need: Int, position: SourcePosition)] = []
            for need in task.needs {
                if let target = index[need.id] {
                    if target == number {
                        problems.error(at: need.position, "task `\(task.id)` needs itself")
                    } else {
                        kept.append((target, need.position))
                    }
                } else if !elsewhere.contains(need.id) {
                    // In a huge mission with many such slips only the first ones get a suggestion: finding
                    // one compares the name with every other.
                    let compares = namesLeftToCompare > 0
                    namesLeftToCompare -= tasks.count
                    problems.error(
                        at: need.position,
                        "task `\(task.id)` needs `\(need.id)`, which is not in the \(whole)",
                        hint: compares
                            ? Suggestion.nearest(to: need.id.rawValue, among: tasks.lazy.map(\.id.rawValue))
                                .map { "Did you mean `\($0)`?" } : nil)
                }
            }
            edges.append(kept)
        }
        for circle in circles(edges.map { $0.map(\.need) }) {
            let position = edges[circle[0]].first { $0.need == circle[1 % circle.count] }?.position
            problems.error(
                at: position,
                "these tasks wait for each other: `\(path(circle.map { tasks[$0].id.rawValue }))`",
                hint: "Take one of these needs away, or split a task in two")
        }
    }

    /// Each circle as the indices along it, `i` needing `i + 1`, from its smallest index on; in rising order
    /// of that. Every task that can never start is in one of them or behind one.
    private static func circles(_ needs: [[Int]]) -> [[Int]] {
        let stuck = neverReady(needs)
        var step = [Int](repeating: -1, count: needs.count)
        var walk = 0
        var found: [[Int]] = []
        for start in needs.indices where stuck[start] && step[start] < 0 {
            // A stuck task has a stuck need, so the walk goes on until it meets a task seen before: on this
            // walk, which closes a circle, or on an earlier one.
            let firstStep = walk
            var trail: [Int] = []
            var task = start
            while step[task] < 0 {
                step[task] = walk
                walk += 1
                trail.append(task)
                guard let next = needs[task].first(where: { stuck[$0] }) else {
                    preconditionFailure("a stuck task without a stuck need")
                }
                task = next
            }
            guard step[task] >= firstStep else { continue }
            let circle = trail[(step[task] - firstStep)...]
            let smallest = circle.indices.min { circle[$0] < circle[$1] } ?? circle.startIndex
            found.append(Array(circle[smallest...] + circle[..<smallest]))
        }
        return found.sorted { $0[0] < $1[0] }
    }

    /// Which tasks are in a circle or behind one: those that are left when every task whose needs are done is
    /// done (Kahn's order).
    private static func neverReady(_ needs: [[Int]]) -> [Bool] {
        var waitsFor = needs.map(\.count)
        var offsets = [Int](repeating: 0, count: needs.count + 1)
        for list in needs { for need in list { offsets[need + 1] += 1 } }
        for number in needs.indices { offsets[number + 1] += offsets[number] }
        var next = offsets
        var dependents = [Int](repeating: 0, count: offsets[needs.count])
        for (number, list) in needs.enumerated() {
            for need in list {
                dependents[next[need]] = number
                next[need] += 1
            }
        }
        var ready = needs.indices.filter { waitsFor[$0] == 0 }
        var stuck = [Bool](repeating: true, count: needs.count)
        while let task = ready.popLast() {
            stuck[task] = false
            for dependent in dependents[offsets[task]..<offsets[task + 1]] {
                waitsFor[dependent] -= 1
                if waitsFor[dependent] == 0 { ready.append(dependent) }
            }
        }
        return stuck
    }

    /// `a → b → a`; the middle of a long circle is left out.
    private static func path(_ names: [String]) -> String {
        let closed = names + [names[0]]
        guard closed.count > 12 else { return closed.joined(separator: " → ") }
        let left = closed.count - 10
        return (closed.prefix(6) + ["… \(left) more …"] + closed.suffix(4)).joined(separator: " → ")
    }
}
