import CoordCore
import CoordModel
import Testing

@Suite("Task graph")
struct TaskGraphTests {
    private func names(_ nodes: [Int]?, _ specs: [TaskSpec]) -> String? {
        nodes.map { $0.map { specs[$0].id.rawValue }.joined(separator: " ") }
    }

    @Test(
        "Kahn's order goes wave by wave, within a wave in the order of writing",
        arguments: [
            (graph("a", "b", "c"), "a b c"),
            (graph("ship <- write", "write <- collect", "collect"), "collect write ship"),
            (graph("a", "c <- a", "b <- a", "d <- b, c"), "a c b d"),
            (graph("d <- b, c", "b <- a", "c <- a", "a"), "a b c d"),
            // `late` needs only `a`, and so does not wait for the second wave.
            (graph("a", "b <- a", "c <- b", "late <- a"), "a b late c"),
            (graph(), ""),
        ])
    func order(specs: [TaskSpec], expected: String) {
        #expect(names(taskGraph(specs).graph.order(), specs) == expected)
    }

    @Test(
        "a cycle has no order",
        arguments: [
            graph("a <- b", "b <- a"), graph("a <- a"), graph("a", "b <- a, d", "c <- b", "d <- c", "e"),
        ])
    func cycle(specs: [TaskSpec]) {
        #expect(taskGraph(specs).graph.order() == nil)
        #expect(taskGraph(specs).graph.levels() == [])
    }

    @Test(
        "a task weighs as much as the longest chain from it to a goal",
        arguments: [
            (graph("a"), [1]),
            (graph("collect", "write <- collect", "ship <- write", "aside"), [3, 2, 1, 1]),
            (graph("root", "l <- root", "r <- root", "r2 <- r", "goal <- l, r2"), [4, 2, 3, 2, 1]),
        ] as [([TaskSpec], [Int32])])
    func weights(specs: [TaskSpec], expected: [Int32]) {
        var graph = taskGraph(specs).graph
        graph.weigh()
        #expect(graph.weights == expected)
    }

    @Test("the critical path is the longest chain, the first written wins a tie")
    func criticalPath() {
        let specs = graph("root", "l <- root", "r <- root", "r2 <- r", "goal <- l, r2", "twin <- r2")
        var graph = taskGraph(specs).graph
        graph.weigh()
        #expect(names(graph.criticalPath(), specs) == "root r r2 goal")
        #expect(graph.levels() == [0, 1, 1, 2, 3, 3])
        #expect(TaskGraph().criticalPath() == [])
    }

    @Test("a node is released once, by the last of its needs")
    func satisfaction() {
        var graph = taskGraph(CoordCoreTests.graph("a", "b", "c <- a, b", "d <- c")).graph
        var released: [Int] = []
        #expect(graph.unmetNeeds(of: 2) == 2)
        graph.satisfy(0) { released.append($0) }
        #expect(released == [] && !graph.isReady(2))
        graph.satisfy(0) { released.append($0) }
        graph.satisfy(1) { released.append($0) }
        #expect(released == [2] && graph.isReady(2) && !graph.isReady(3))
        graph.unsatisfy(1)
        graph.unsatisfy(1)
        #expect(graph.unmetNeeds(of: 2) == 1)
    }

    @Test("an edge behind a satisfied need is no obstacle, and a removed one none any more")
    func edges() {
        var graph = taskGraph(CoordCoreTests.graph("a", "b", "c <- b")).graph
        graph.satisfy(0) { _ in }
        graph.addEdge(from: 0, to: 2)
        #expect(graph.unmetNeeds(of: 2) == 1)
        graph.removeEdge(from: 0, to: 2)
        graph.removeEdge(from: 0, to: 2)
        #expect(graph.unmetNeeds(of: 2) == 1 && graph.dependants(of: 0) == [])
        graph.removeEdge(from: 1, to: 2)
        #expect(graph.isReady(2))
        graph.addEdge(from: 1, to: 0)
        graph.addEdge(from: 1, to: 2)
        graph.removeEdge(from: 1, to: 0)
        #expect(graph.dependants(of: 1) == [2])
        #expect(graph.order() == [0, 1, 2])
    }

    @Test("a way along dependants is found, and only along them")
    func reaches() {
        let graph = taskGraph(CoordCoreTests.graph("a", "b <- a", "c <- b", "d")).graph
        #expect(graph.reaches(from: 0, to: 2))
        #expect(!graph.reaches(from: 2, to: 0))
        #expect(!graph.reaches(from: 0, to: 3))
    }

    @Test("a node that is added alone makes what it needs heavier")
    func reweigh() {
        let specs = graph("a", "b <- a", "x", "c <- b", "d <- c, x")
        var graph = taskGraph(Array(specs.dropLast(2))).graph
        graph.weigh()
        var needs = specs.map { spec in spec.dependencies.map { need in specs.firstIndex { $0.id == need }! }
        }
        func add(_ node: Int) -> [Int] {
            graph.addNode()
            for need in needs[node] { graph.addEdge(from: need, to: node) }
            return graph.reweigh(from: node) { needs[$0] }
        }
        #expect(add(3) == [1, 0])
        #expect(graph.weights == [3, 2, 1, 1])
        #expect(add(4) == [3, 2, 1, 0])
        #expect(graph.weights == [4, 3, 2, 2, 1])
        needs.append([2])
        // It hangs on `x`, which is as heavy as it makes it: nothing is carried further.
        #expect(add(5) == [])
    }

    @Test("a long chain carries new weight only so far")
    func boundedReweigh() {
        let count = 20_000
        var graph = TaskGraph()
        for _ in 0..<count { graph.addNode() }
        for node in 1..<count { graph.addEdge(from: node - 1, to: node) }
        graph.weigh()
        #expect(graph.weights[0] == 20_000)
        graph.addNode()
        graph.addEdge(from: count - 1, to: count)
        var asked = 0
        let heavier = graph.reweigh(from: count) {
            asked += 1
            return $0 == 0 ? [] : [$0 - 1]
        }
        #expect(heavier.count == asked && asked < 200)
        #expect(graph.weights[count - 1] == 2 && graph.weights[0] == 20_000)
    }

    @Test("many nodes are ordered and weighed along their edges")
    func size() {
        var graph = TaskGraph()
        let count = 50_000
        graph.reserve(nodes: count, edges: 2 * count)
        for node in 0..<count {
            graph.addNode()
            if node > 0 { graph.addEdge(from: node / 2, to: node) }
            if node > 2 { graph.addEdge(from: node / 3, to: node) }
        }
        graph.weigh()
        #expect(graph.weights[0] > 15)
        #expect(graph.order()?.first == 0)
    }
}
